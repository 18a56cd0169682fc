"""Straight-line depreciation against the statutory table and charges worked by hand."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dcplan.finance import depreciation
from dcplan.finance.depreciation import MEMO_MJPY, book_value, statutory_rate, straight_line

STATUTORY = {
    2: 0.5, 3: 0.334, 4: 0.25, 5: 0.2, 6: 0.167, 7: 0.143, 8: 0.125, 9: 0.112, 10: 0.1, 11: 0.091, 12: 0.084,
    13: 0.077, 14: 0.072, 15: 0.067, 17: 0.059, 20: 0.05, 22: 0.046, 24: 0.042, 27: 0.038, 31: 0.033,
    34: 0.030, 38: 0.027, 39: 0.026, 41: 0.025, 45: 0.023, 47: 0.022, 50: 0.02,
}  # fmt: skip
"""Useful life -> rate, as printed in appended table 8 of the ordinance."""


def test_rates_are_those_of_the_statutory_table() -> None:
    """1 / life rounded up to three decimals gives every printed rate."""
    assert statutory_rate(list(STATUTORY)).tolist() == list(STATUTORY.values())


def test_part_years_count_by_month_from_the_month_of_service() -> None:
    """600 over 6 years (0.167): service on 3 July 2023 charges 9 of 12 months first, the month of July whole.

    FY2023 600 x 0.167 x 9/12 = 75.15, then 100.2 a year; FY2029 is left with 600 - 75.15 - 5 x 100.2 = 23.85,
    less the memo yen.
    """
    charges = straight_line([600.0], [6.0], [date(2023, 7, 3)], range(2022, 2031))[0]
    expected = [0, 75.15, 100.2, 100.2, 100.2, 100.2, 100.2, 23.85 - MEMO_MJPY, 0]
    assert charges == pytest.approx(expected, abs=1e-9)


def test_the_book_ends_at_one_yen() -> None:
    """An asset of 10 years that began on 1 April has ten charges of a tenth, the last one yen short."""
    books = book_value([100.0], [10.0], [date(2020, 4, 1)], range(2019, 2032))[0]
    assert books[0] == 0.0  # still in construction
    assert books[1:11] == pytest.approx([90, 80, 70, 60, 50, 40, 30, 20, 10, MEMO_MJPY], abs=1e-9)
    assert books[11:].tolist() == pytest.approx([MEMO_MJPY, MEMO_MJPY], abs=1e-12)


def test_years_may_be_given_in_any_order_and_alone() -> None:
    """A charge does not depend on which other years are asked for."""
    service = [date(2023, 7, 3), date(2021, 1, 31)]
    every = straight_line([600.0, 50.0], [6.0, 15.0], service, range(2020, 2045))
    some = straight_line([600.0, 50.0], [6.0, 15.0], service, [2029, 2024])
    assert some.tolist() == every[:, [9, 4]].tolist()


@pytest.mark.parametrize("life", [1.0, 6.0, 10.0, 15.0, 38.0, 50.0])
def test_opening_plus_additions_less_charges_is_closing(life: float) -> None:
    """The roll closes in every year, and charges sum to the cost less one yen by `last_fiscal_year`."""
    service = [date(2022, month, 15) for month in range(1, 13)]
    cost = np.linspace(1.0, 7000.0, 12)
    lives = np.full(12, life)
    last = depreciation.last_fiscal_year(lives, service)
    years = np.arange(2021, last.max() + 2)
    charges, books = (f(cost, lives, service, years) for f in (straight_line, book_value))
    added = np.array([[cost[i] if y == (d.year if d.month > 3 else d.year - 1) else 0.0 for y in years]
                      for i, d in enumerate(service)])  # fmt: skip
    before = np.hstack([np.zeros((12, 1)), books[:, :-1]])
    assert np.abs(before + added - charges - books).max() < 1e-9
    assert np.abs(charges.sum(axis=1) - cost).max() == pytest.approx(MEMO_MJPY, rel=1e-3)
    final = years[None, :] == last[:, None]
    assert (charges[final] > 0).all()
    assert (charges[years[None, :] > last[:, None]] == 0).all()


def test_months_in_use_count_whole_months() -> None:
    """Service on 31 January: one month by 1 February, three by 1 April, none the day before."""
    days = [date(2023, 1, 31), date(2023, 2, 1), date(2023, 2, 28), date(2023, 4, 1), date(2022, 4, 1)]
    assert depreciation.months_in_use([date(2023, 1, 31)], days).tolist() == [[0, 1, 1, 3, 0]]


def test_nothing_is_charged_on_nothing() -> None:
    """A cost of 0 has no memo value below zero; no assets give an empty table."""
    assert straight_line([0.0], [10.0], [date(2022, 4, 1)], [2022]).tolist() == [[0.0]]
    assert straight_line([], [], [], [2022, 2023]).shape == (0, 2)


@pytest.mark.parametrize(
    "cost, life, message",
    [([1.0], [0.0], "life"), ([-1.0], [5.0], "cost"), ([1.0, 2.0], [5.0], "each")],
)
def test_what_cannot_be_depreciated_is_refused(cost: list[float], life: list[float], message: str) -> None:
    """No life, a negative cost, or lists of different length."""
    with pytest.raises(ValueError, match=message):
        straight_line(cost, life, [date(2022, 4, 1)], [2022])
