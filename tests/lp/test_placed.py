"""Expressions on the rows of a table, by hand."""

import numpy as np
import pandas as pd
import pytest

from dcplan.lp.labels import LabelError
from dcplan.lp.placed import placed


def test_terms_stand_at_the_rows_of_their_labels(p, halls_periods):
    """2 x + 1 at B, with rows in another order and hall A, which has no terms: 0."""
    expr = p["x"].where(halls_periods[halls_periods["hall"] == "B"]) * 2 + 1
    found = placed(halls_periods[["period", "hall"]].iloc[::-1], racks=expr, more=expr + expr)
    values = np.arange(6.0)
    assert found["racks"].sums(values).tolist() == [11.0, 9.0, 7.0, 0.0, 0.0, 0.0]
    assert found["racks"].sums(values + 1.0).tolist() == [13.0, 11.0, 9.0, 0.0, 0.0, 0.0]
    assert found["more"].sums(values).tolist() == [22.0, 18.0, 14.0, 0.0, 0.0, 0.0]
    assert found["racks"].known.tolist() == [True, True, True, False, False, False]


def test_terms_without_a_row_are_refused(p, halls_periods):
    with pytest.raises(LabelError, match="racks: the table has no row for hall, period = A,t1, B,t1"):
        placed(halls_periods[halls_periods["period"] != "t1"], racks=p["x"])
    with pytest.raises(LabelError, match=r"racks: dims \(hall, period\) are not \(hall\)"):
        placed(pd.DataFrame({"hall": ["A", "B"]}), racks=p["x"])
    with pytest.raises(LabelError, match="racks: repeated labels"):
        placed(pd.concat([halls_periods, halls_periods]), racks=p["x"])
