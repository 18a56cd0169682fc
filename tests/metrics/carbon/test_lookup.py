"""Factors in force are found by area and year; what has none says so, and two for one place are refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.errors import InputError
from dcplan.metrics.carbon.lookup import Factors

COLUMNS = ["factor_id", "factor_type", "factor_set", "subject", "applies_to_fy", "value", "in_force"]
ROWS = [
    ("grid-A-24", "grid_location", "national", "A", 2024, 0.4, True),
    ("grid-A-25", "grid_location", "national", "A", 2025, 0.3, True),
    ("zone-A-24", "grid_location", "zone", "A", 2024, 0.5, True),
    ("late-B-24", "grid_location", "national", "B", 2024, 0.6, False),
    ("jp-24", "national_average", "", "JP", 2024, 0.43, True),
    ("diesel", "fuel", "", "diesel", None, 2.62, True),
]


def register(*more: tuple[object, ...]) -> pd.DataFrame:
    return pd.DataFrame([*ROWS, *more], columns=COLUMNS).astype({"applies_to_fy": "Int64"})


def test_each_row_gets_the_factor_of_its_area_and_year():
    factors = Factors(register())
    rows = pd.DataFrame(
        {"grid_area": ["A", "A", "B", "C", "A"], "fiscal_year": [2025, 2024, 2024, 2024, 2030]}
    )
    places = factors.of_year("grid_location", rows, "national")
    assert factors.ids(places).tolist() == ["grid-A-25", "grid-A-24", None, None, None]
    np.testing.assert_array_equal(factors.values(places), [0.3, 0.4, np.nan, np.nan, np.nan])
    zone = factors.of_year("grid_location", rows, "zone")
    assert factors.ids(zone).tolist() == [None, "zone-A-24", None, None, None]
    assert factors.ids(factors.of_nation(rows)).tolist() == [None, "jp-24", "jp-24", "jp-24", None]
    assert factors.location_sets == ["national", "zone"]


def test_factors_without_a_year_are_found_by_their_subject():
    factors = Factors(register())
    places = factors.of_subject("fuel", pd.Series(["diesel", "", "gas"]))
    assert factors.ids(places).tolist() == ["diesel", None, None]
    assert factors.one("fuel", "diesel") == ("diesel", 2.62)
    name, value = factors.one("grid_loss", "electricity")
    assert name is None
    assert np.isnan(value)


def test_two_factors_of_one_area_and_year_are_refused():
    factors = Factors(register(("again", "grid_location", "national", "A", 2024, 0.41, True)))
    rows = pd.DataFrame({"grid_area": ["A"], "fiscal_year": [2024]})
    with pytest.raises(InputError, match="same subject and year"):
        factors.of_year("grid_location", rows, "national")
    assert factors.ids(factors.of_year("grid_location", rows, "zone")).tolist() == ["zone-A-24"]
