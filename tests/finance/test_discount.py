"""Discounting: numbers that can be worked out on paper, and properties that always hold."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.finance import discount as d

YEARS = [0.0, 1.0, 2.0]
rates = st.floats(-0.5, 2.0)
amounts = st.lists(st.floats(-1000, 1000), min_size=1, max_size=12)


def test_present_value_by_hand():
    """110 after a year and 121 after two are 100 each today at 10 %."""
    assert d.present_value(0.1, [-150, 110, 121], YEARS) == pytest.approx(50.0)


def test_dates_count_in_years_of_365_25_days():
    as_of = date(2022, 4, 1)
    assert d.years_after(as_of, [as_of, date(2023, 4, 1), date(2022, 3, 31)]) == pytest.approx(
        [0.0, 365 / 365.25, -1 / 365.25]
    )
    quarter = d.middle_years(as_of, [date(2022, 4, 1)], [date(2022, 7, 1)])
    assert quarter == pytest.approx([45.5 / 365.25])


def test_annuity_by_hand():
    """A battery of 100 at 6 % costs 20.336 a year over six years; plant over fifteen 10.296."""
    assert 100 * d.annuity(0.06, [6, 15]) == pytest.approx([20.336, 10.296], abs=1e-3)
    assert d.annuity(0.0, 8) == pytest.approx(1 / 8)


@given(rates, st.integers(1, 60))
def test_an_annuity_repays_one(rate: float, life: int):
    payments = [float(d.annuity(rate, life))] * life
    assert d.present_value(rate, payments, np.arange(1, life + 1)) == pytest.approx(1.0, rel=1e-6)


@given(st.floats(0.001, 0.5), st.floats(1, 60), st.floats(0, 80))
def test_the_remaining_share_is_what_future_annuities_are_worth(rate: float, life: float, age: float):
    share = float(d.remaining_share(rate, life, age))
    left = max(life - age, 0.0)
    assert share == pytest.approx(float(d.annuity(rate, life)) * (1 - (1 + rate) ** -left) / rate, abs=1e-9)
    assert 0.0 <= share <= 1.0 + 1e-12


def test_the_remaining_share_without_interest_is_a_straight_line():
    assert d.remaining_share(0.0, [10, 10, 10], [0, 4, 12]) == pytest.approx([1.0, 0.6, 0.0])


def test_one_rate_of_return():
    found = d.internal_rate_of_return([-100, 60, 60], YEARS)
    assert found.flag == "unique"
    assert found.rate == pytest.approx(0.130662, abs=1e-6)


def test_two_rates_of_return_are_flagged_and_both_named():
    """-1,000 + 2,300 - 1,320: the pump problem; the present value is 0 at 10 % and at 20 %."""
    found = d.internal_rate_of_return([-1000, 2300, -1320], YEARS)
    assert (found.rate, found.flag) == (None, "multiple")
    assert found.roots == pytest.approx([0.1, 0.2])


def test_a_double_root_is_found_once():
    """-100 (1 - 1.1 x)^2 touches 0 at 10 % and does not cross it."""
    found = d.internal_rate_of_return([-100, 220, -121], YEARS)
    assert found.flag == "unique"
    assert found.rate == pytest.approx(0.1, abs=1e-6)


def test_no_rate_of_return():
    assert d.internal_rate_of_return([5, 6, 7], YEARS).flag == "no_sign_change"
    assert d.internal_rate_of_return([0, 0, 0], YEARS).flag == "no_sign_change"
    assert d.internal_rate_of_return([100, -200, 150], YEARS).flag == "no_root"


def test_half_years_and_odd_dates_agree():
    """100 now, 110 in a year and a half: (1.1)^(2/3) - 1; the same with a flow that is off the grid."""
    assert d.internal_rate_of_return([-100, 110], [0.5, 2.0]).rate == pytest.approx(1.1 ** (2 / 3) - 1)
    odd = d.internal_rate_of_return([-100, 110], [0.25, 2.0])
    assert odd.rate == pytest.approx(1.1 ** (1 / 1.75) - 1)
    assert odd.flag == "unique"


def test_odd_dates_name_both_roots():
    found = d.internal_rate_of_return([-1000, 2300, -1320], [0.3, 1.3, 2.31])
    assert found.flag == "multiple"
    assert len(found.roots) == 2


@given(st.lists(st.floats(-1000, 1000), min_size=2, max_size=9))
def test_every_root_has_no_present_value(flows: list[float]):
    times = np.arange(len(flows)) + 0.5
    for rate in d.internal_rate_of_return(flows, times).roots:
        size = np.abs(flows) @ d.discount_factor(rate, times - 0.5)
        assert abs(d.present_value(rate, flows, times - 0.5)) <= 1e-5 * max(size, 1e-9)


def test_modified_rate_of_return_by_hand():
    """-100, then 60 and 60 reinvested at 10 %: 126 after two years, the square root of 1.26."""
    found = d.modified_rate_of_return([-100, 60, 60], YEARS, 0.08, 0.1)
    assert found == pytest.approx(1.26**0.5 - 1)
    assert d.modified_rate_of_return([1, 2, 3], YEARS, 0.08, 0.1) is None
    assert d.modified_rate_of_return([-1, 2], [1.0, 1.0], 0.08, 0.1) is None


@given(st.floats(-0.3, 1.0))
def test_the_modified_rate_of_one_payment_and_one_return_is_its_rate(rate: float):
    """With one flow each way nothing is reinvested."""
    found = d.modified_rate_of_return([-100, 100 * (1 + rate) ** 3], [1.0, 4.0], 0.5, 0.02)
    assert found == pytest.approx(rate)


def test_payback_is_interpolated():
    assert d.payback_years([-100, 60, 60], YEARS) == pytest.approx(1 + 40 / 60)
    assert d.payback_years([-100, 60, 20], YEARS) is None
    assert d.payback_years([10, 60, 20], YEARS) == 0.0
    assert d.payback_years([], []) == 0.0


def test_payback_counts_the_last_time_that_money_is_out():
    """+20 after a year, but 50 more are spent in the third: back after 3.5 years."""
    assert d.payback_years([-100, 120, -50, 60], [0, 1, 2, 3]) == pytest.approx(2.5)


def test_discounted_payback_by_hand():
    """-100, 110 after a year at 10 % is paid back after exactly that year."""
    assert d.discounted_payback_years(0.1, [-100, 110, 50], YEARS) == pytest.approx(1.0)
    assert d.discounted_payback_years(0.1, [-100, 60, 60], YEARS) == pytest.approx(
        1 + (100 - 60 / 1.1) / (60 / 1.21)
    )


@given(amounts, st.floats(0.0, 1.0))
def test_discounting_costs_never_raises_them(flows: list[float], rate: float):
    size = np.abs(flows)
    assert d.present_value(rate, size, np.arange(len(size))) <= size.sum() * (1 + 1e-12)


@pytest.mark.parametrize(
    "call",
    [
        lambda: d.discount_factor(-1.0, 1),
        lambda: d.present_value(0.1, [1, 2], [0]),
        lambda: d.present_value(0.1, [np.nan], [0]),
        lambda: d.annuity(0.05, 0),
        lambda: d.internal_rate_of_return([[1.0]], [[1.0]]),
    ],
)
def test_what_cannot_be_discounted_is_refused(call):
    with pytest.raises(ValueError, match=r"rate|amount|life"):
        call()
