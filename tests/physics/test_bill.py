"""Bills worked by hand: a year of months, every rule."""

from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.data.calendar import Calendar, add_months, make_calendar
from dcplan.physics.bill import (
    CONSUMPTION_TAX,
    LINES,
    bill,
    billing_window,
    charges,
    coefficients,
    leased_kwh,
    opening_peaks,
    read_meter,
)
from dcplan.physics.tariff import PRICES, unit_prices

MONTHS = 24


def months(count: int = MONTHS) -> pd.DataFrame:
    """Months from April 2022, without a tail."""
    starts = [add_months(date(2022, 4, 1), i) for i in range(count)]
    ends = [add_months(day, 1) for day in starts]
    days = [(end - start).days for start, end in zip(starts, ends, strict=True)]
    return pd.DataFrame(
        {
            "period": [f"{day:%Y-%m}" for day in starts],
            "start": pd.Series(starts, dtype=object),
            "end": pd.Series(ends, dtype=object),
            "fiscal_year": [2022 + i // 12 for i in range(count)],
            "hours": [24 * n for n in days],
            "months": 1,
            "tail": False,
        }
    )


def site(rule: str, opening_peak_kw: float = 0.0) -> pd.DataFrame:
    return pd.DataFrame({"site": ["S"], "demand_rule": [rule], "opening_peak_kw": [opening_peak_kw]})


def billed(kwh: list[float], peak_kw: list[float], rule: str, opening: float = 0.0, agreed=None):
    """A bill at 15 + 2 + 3 JPY/kWh and 2,000 JPY/kW-month less 15 %."""
    periods = months(len(kwh))
    index = pd.MultiIndex.from_product([["S"], periods["period"]], names=["site", "period"])
    prices = pd.DataFrame([[15.0, 2.0, 3.0, 2_000.0, 0.15]] * len(kwh), index=index, columns=list(PRICES))
    readings = pd.DataFrame({"kwh": kwh, "peak_kw": peak_kw}, index=index)
    return bill(readings, periods, site(rule, opening), prices, agreed).reset_index()


def test_a_month_by_hand():
    # 300 MWh: 4.5 + 0.6 + 0.9 M JPY; 500 kW x 2,000 = 1.0 M less 15 % = 0.85; 6.85 net, 0.685 tax.
    row = billed([300_000.0], [500.0], "agreed").iloc[0]
    assert row[list(LINES)].tolist() == pytest.approx([4.5, 0.6, 0.9, 1.0, -0.15, 0.0])
    assert row["net_mjpy"] == pytest.approx(6.85)
    assert row["consumption_tax_mjpy"] == pytest.approx(0.685)
    assert row["invoice_mjpy"] == pytest.approx(7.535)


def test_agreed_power_covers_the_highest_peak_of_its_fiscal_year():
    peaks = [100.0] * 4 + [180.0] + [100.0] * 7 + [120.0] * 12
    table = billed([0.0] * 24, peaks, "agreed")
    assert table["billed_kw"].tolist() == [180.0] * 12 + [120.0] * 12
    assert table["net_mjpy"].sum() == pytest.approx((180 + 120) * 12 * 1_700 / 1e6)


def test_excess_over_the_agreed_power_costs_half_as_much_again():
    # 150 kW are agreed: August draws 180, so 30 kW more at 1.5 x 1,700 JPY for that month.
    peaks = [100.0] * 4 + [180.0] + [100.0] * 7
    agreed = pd.Series([150.0], index=pd.MultiIndex.from_tuples([("S", 2022)]))
    table = billed([0.0] * 12, peaks, "agreed", agreed=agreed)
    assert table["billed_kw"].unique().tolist() == [150.0]
    assert table["excess_mjpy"].tolist() == pytest.approx([0.0] * 4 + [30 * 1_700 * 1.5 / 1e6] + [0.0] * 7)
    assert table["net_mjpy"].sum() == pytest.approx((150 * 12 + 30 * 1.5) * 1_700 / 1e6)


def test_a_year_without_an_agreed_power_has_agreed_on_its_peak():
    agreed = pd.Series([150.0], index=pd.MultiIndex.from_tuples([("S", 2023)]))
    table = billed([0.0] * 24, [100.0] * 23 + [200.0], "agreed", agreed=agreed)
    assert table["billed_kw"].tolist() == [100.0] * 12 + [150.0] * 12
    assert table["excess_kw"].tolist() == [0.0] * 23 + [50.0]


def test_a_ratchet_bills_a_peak_for_twelve_months_with_its_own():
    peaks = [100.0] * 3 + [180.0] + [100.0] * 20
    assert billed([0.0] * 24, peaks, "ratchet")["billed_kw"].tolist() == (
        [100.0] * 3 + [180.0] * 12 + [100.0] * 9
    )


def test_the_peak_of_the_month_before_the_opening_is_billed_for_eleven_months():
    table = billed([0.0] * 13, [100.0] * 13, "ratchet", opening=150.0)
    assert table["billed_kw"].tolist() == [150.0] * 11 + [100.0] * 2
    assert billed([0.0], [100.0], "agreed", opening=150.0)["billed_kw"].tolist() == [100.0]
    assert billed([0.0], [170.0], "ratchet", opening=150.0)["billed_kw"].tolist() == [170.0]


def test_a_leased_site_pays_for_energy_alone():
    # 1,000 MWh of IT at a contract PUE of 1.7 and 20 JPY/kWh.
    row = billed([leased_kwh(1e6, 1.7)], [400.0], "none").iloc[0]
    assert row["billed_kw"] == 0.0
    assert row["net_mjpy"] == pytest.approx(34.0)


@pytest.mark.parametrize("granularity, back", [("year", 1), ("half", 2), ("quarter", 4), ("month", 11)])
def test_the_window_of_a_ratchet_by_granularity(toy, granularity, back):
    periods = make_calendar(toy.info, granularity).periods
    window = billing_window(periods, site("ratchet"))
    last = periods.loc[~periods["tail"], "period"].iloc[-1]
    assert len(window[window["period"] == last]) == back + 1
    young = len(opening_peaks(periods, site("ratchet", 1.0)))
    assert young == {"year": 1, "half": 2, "quarter": 4, "month": 11}[granularity]


def meter(kw: np.ndarray) -> pd.DataFrame:
    return read_meter(pd.DataFrame({"S": kw}), months(2))


def test_an_hourly_meter_by_hand():
    # April has 720 hours, May 744: 100 kW throughout, one hour of 250 kW in May.
    kw = np.full(720 + 744, 100.0)
    kw[1_000] = 250.0
    found = meter(kw)
    assert found["kwh"].tolist() == [72_000.0, 74_400.0 + 150.0]
    assert found["peak_kw"].tolist() == [100.0, 250.0]


def test_an_hourly_meter_with_a_missing_hour_is_refused():
    with pytest.raises(ValueError, match="1,464 hours"):
        meter(np.ones(1_463))


@settings(max_examples=15)
@given(st.lists(st.floats(0, 1e4), min_size=24, max_size=24), st.sampled_from(["agreed", "ratchet"]))
def test_hours_and_months_make_the_same_bill(levels, rule):
    """A meter that stands at one level in each month reads that level as its peak."""
    periods = months()
    hours = periods["hours"].to_numpy()
    found = read_meter(pd.DataFrame({"S": np.repeat(levels, hours)}), periods)
    whole = billed(list(np.array(levels) * hours), levels, rule)
    again = billed(found["kwh"].tolist(), found["peak_kw"].tolist(), rule)
    assert again["net_mjpy"].to_numpy() == pytest.approx(whole["net_mjpy"].to_numpy(), rel=1e-9, abs=1e-12)


def test_quantities_with_other_labels_are_refused():
    one = pd.DataFrame({"kwh": [1.0], "billed_kw": 1.0, "excess_kw": 0.0, "months": 1.0}, index=["a"])
    prices = pd.DataFrame([[1.0] * 5], columns=list(PRICES), index=["b"])
    with pytest.raises(ValueError, match="same labels"):
        charges(one, prices)


def test_a_bill_is_the_objective_of_its_quantities(iij):
    calendar: Calendar = make_calendar(iij.info)
    unit = coefficients(iij, calendar).loc[["Shiroi"]]
    prices = unit_prices(iij, calendar).loc[["Shiroi"]]
    readings = pd.DataFrame({"kwh": 4.2e6, "peak_kw": 3_000.0}, index=prices.index)
    paid = bill(readings, calendar.periods, iij["sites"], prices)
    expected = unit["energy"] * 4_200.0 + unit["demand"] * 3_000.0
    assert paid["net_mjpy"].to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-12)
    assert (paid["consumption_tax_mjpy"] == paid["net_mjpy"] * CONSUMPTION_TAX).all()
