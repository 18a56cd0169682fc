"""Labels of tables, their products, and dated rows over periods."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from dcplan.model.labelled import dated, labels_of, product, records, series

STARTS = {"t1": date(2022, 4, 1), "t2": date(2023, 4, 1), "t3": date(2024, 4, 1)}


def test_a_product_has_every_combination_in_order():
    grid = product({"hall": ["b", "a"], "fiscal_year": [2022, 2023]})
    assert grid.values.tolist() == [["b", 2022], ["b", 2023], ["a", 2022], ["a", 2023]]
    assert grid.dtypes.astype(str).tolist() == ["object", "int64"]
    assert product({"hall": [], "period": ["t1"]}).shape == (0, 2)


def test_numbers_are_labelled_by_columns():
    rows = pd.DataFrame({"hall": ["b", "a"], "period": ["t1", "t1"], "racks": [3, 4]})
    assert series(rows, ["hall"], "racks").to_dict() == {"b": 3.0, "a": 4.0}
    assert series(rows, ["hall", "period"], "racks").index.tolist() == [("b", "t1"), ("a", "t1")]
    assert labels_of(rows, ["hall", "period"]).names == ["hall", "period"]


def test_records_hold_the_columns_asked_for():
    rows = pd.DataFrame({"hall": ["b", "a"], "racks": [3, 4], "note": ["", ""]})
    assert records(rows, ["racks", "hall"]) == [{"racks": 3, "hall": "b"}, {"racks": 4, "hall": "a"}]


def test_dated_rows_hold_from_the_first_whole_period():
    rows = pd.DataFrame(
        {
            "site": ["east", "east", "west"],
            "from_date": [date(2023, 4, 1), date(2022, 4, 1), date(2022, 4, 2)],
            "kw": [20, 10, 5],
        }
    )
    found = dated(rows, "kw", STARTS)
    assert found.to_dict() == {
        ("east", "t1"): 10.0,
        ("east", "t2"): 20.0,
        ("east", "t3"): 20.0,
        ("west", "t2"): 5.0,
        ("west", "t3"): 5.0,
    }
    assert found.dtype == np.float64
    assert dated(rows.iloc[:0], "kw", STARTS).empty
