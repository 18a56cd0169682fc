"""Yearly tables spread over years and periods."""

import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.spread import by_fiscal_year, by_period, columns_by_period
from dcplan.errors import InputError
from tests.data.test_calendar import info


def prices(years: dict[tuple[str, int], float]) -> pd.DataFrame:
    frame = pd.DataFrame(
        [(*key, value) for key, value in years.items()], columns=["tariff", "fiscal_year", "price"]
    )
    return frame.astype({"tariff": object})


def test_series_are_held_in_the_tail_only() -> None:
    calendar = make_calendar(info(years=2, tail=2, granularity="half"))
    table = prices({("a", 2022): 1.0, ("a", 2023): 2.0, ("b", 2022): 3.0, ("b", 2023): 4.0, ("b", 2024): 5.0})
    yearly = by_fiscal_year(table, ["tariff"], "price", calendar)
    assert yearly["a"].to_dict() == {2022: 1.0, 2023: 2.0, 2024: 2.0, 2025: 2.0}
    assert yearly["b"].to_dict() == {2022: 3.0, 2023: 4.0, 2024: 5.0, 2025: 5.0}
    by = by_period(table, ["tariff"], "price", calendar)
    assert by.index.names == ["tariff", "period"]
    assert by["a"].to_dict() == {
        "FY2022H1": 1.0, "FY2022H2": 1.0, "FY2023H1": 2.0, "FY2023H2": 2.0, "FY2024": 2.0, "FY2025": 2.0,
    }  # fmt: skip


def test_a_series_may_start_later_but_has_no_gap() -> None:
    calendar = make_calendar(info(years=3, tail=1))
    late = by_fiscal_year(prices({("a", 2024): 1.0}), ["tariff"], "price", calendar)
    assert late["a"].to_dict() == {2024: 1.0, 2025: 1.0}
    for years in ({("a", 2022): 1.0, ("a", 2024): 2.0}, {("a", 2022): 1.0, ("a", 2023): 2.0}):
        with pytest.raises(InputError, match="price of a: there is no value for fiscal year"):
            by_fiscal_year(prices(years), ["tariff"], "price", calendar)


def test_a_series_without_key_and_an_empty_one() -> None:
    calendar = make_calendar(info(years=1, tail=1))
    table = pd.DataFrame({"fiscal_year": [2022], "price": [7.0]})
    assert by_fiscal_year(table, [], "price", calendar).to_dict() == {2022: 7.0, 2023: 7.0}
    assert by_period(table.iloc[:0], [], "price", calendar).empty
    assert by_period(prices({}), ["tariff"], "price", calendar).empty


def test_an_empty_value_is_kept_empty() -> None:
    calendar = make_calendar(info(years=1, tail=1))
    table = prices({("a", 2022): float("nan")})
    assert by_fiscal_year(table, ["tariff"], "price", calendar).isna().tolist() == [True, True]


def test_spread_keeps_the_order_of_the_table(iij_case: Case) -> None:
    calendar = make_calendar(iij_case.info)
    power = by_period(iij_case["class_years"], ["class"], "mean_kw", calendar)
    classes = list(dict.fromkeys(iij_case["class_years"]["class"]))
    assert list(power.index) == [(k, t) for k in classes for t in calendar.labels]


def test_several_columns_are_spread_like_one(iij_case: Case) -> None:
    calendar = make_calendar(iij_case.info)
    names = ["mean_kw", "peak_kw"]
    both = columns_by_period(iij_case["class_years"], ["class"], names, calendar)
    assert list(both.columns) == names
    for name in names:
        pd.testing.assert_series_equal(
            both[name], by_period(iij_case["class_years"], ["class"], name, calendar)
        )
