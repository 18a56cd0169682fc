from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.data.calendar import make_calendar
from dcplan.errors import InputError
from dcplan.physics.tariff import bill, coefficients, demand_price, energy_price


def test_a_bill_by_hand():
    # 300 MWh at 20 JPY/kWh = 6 M JPY; 500 kW x 1,700 JPY x 3 months = 2.55 M JPY.
    assert bill(300_000.0, 500.0, 20.0, 1_700.0, 3.0) == (6.0, 2.55)


def test_a_bill_of_arrays_is_the_bill_of_each():
    both = bill(
        *(np.array(pair) for pair in ([1e6, 2e6], [500.0, 0.0], [20.0, 10.0], [1700.0, 1.0], [3.0, 1.0]))
    )
    assert both.energy_mjpy.tolist() == [20.0, 20.0]
    assert both.demand_mjpy.tolist() == [2.55, 0.0]


def test_readings_with_other_labels_are_refused():
    here = pd.Series([1.0, 2.0], index=["a", "b"])
    with pytest.raises(ValueError, match="same labels"):
        bill(here, here, here.iloc[::-1], here, here)


@given(
    st.floats(0, 1e7),
    st.floats(0, 1e5),
    st.floats(0, 60),
    st.floats(0, 4000),
    st.integers(1, 12),
    st.floats(0, 3),
)
def test_a_bill_is_proportional_to_the_readings(kwh, kw, energy, demand, months, factor):
    one = bill(kwh, kw, energy, demand, float(months))
    more = bill(factor * kwh, factor * kw, energy, demand, float(months))
    assert more == pytest.approx((factor * one.energy_mjpy, factor * one.demand_mjpy), rel=1e-12)


def test_tutorial_prices_by_hand(toy):
    calendar = make_calendar(toy.info)
    assert energy_price(toy, calendar)["Campus", "FY2022"] == 20.0
    assert demand_price(toy, calendar)["Campus", "FY2022"] == pytest.approx(1_700.0)
    unit = coefficients(toy, calendar).loc[("Campus", "FY2022")]
    assert unit.tolist() == pytest.approx([0.02, 1_700.0 * 12 / 1e6])


def test_every_site_and_period_has_a_price(iij):
    calendar = make_calendar(iij.info)
    table = coefficients(iij, calendar)
    assert len(table) == len(iij["sites"]) * len(calendar.periods)
    assert not table.isna().to_numpy().any()
    assert list(table.index.unique("site")) == iij["sites"]["site"].tolist()


def test_a_plain_loop_over_the_default_case_agrees(iij):
    calendar = make_calendar(iij.info)
    rows = {(row.tariff, row.fiscal_year): row for row in iij["tariffs"].itertuples()}
    table = coefficients(iij, calendar)
    for site in iij["sites"].itertuples():
        for period in calendar.periods.itertuples():
            row = rows[site.tariff, min(period.fiscal_year, 2027)]
            energy = row.energy_jpy_per_kwh + row.fuel_adjustment_jpy_per_kwh + row.surcharge_jpy_per_kwh
            demand = row.demand_jpy_per_kw_month * (1 - row.power_factor_discount)
            expected = [energy * 1000 / 1e6, demand * period.months / 1e6]
            assert table.loc[(site.site, period.period)].tolist() == pytest.approx(expected, rel=1e-12)


def test_the_tail_holds_the_last_price(toy, edited):
    longer = replace(toy, info=replace(toy.info, tail_years=2))
    dearer = edited(
        longer,
        "tariffs",
        lambda rows: rows.assign(
            energy_jpy_per_kwh=rows["energy_jpy_per_kwh"] + (rows["fiscal_year"] == 2024) * 5.0
        ),
    )
    price = energy_price(dearer, make_calendar(dearer.info))["Campus"]
    assert price.to_dict() == {"FY2022": 20.0, "FY2023": 20.0, "FY2024": 25.0, "FY2025": 25.0, "FY2026": 25.0}


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_a_missing_year_is_an_error(toy, edited, year):
    holed = edited(toy, "tariffs", lambda rows: rows[rows["fiscal_year"] != year])
    with pytest.raises(InputError, match=r"fiscal year|no price"):
        energy_price(holed, make_calendar(holed.info))


def test_cost_coefficients_and_bills_agree(iij):
    calendar = make_calendar(iij.info)
    unit = coefficients(iij, calendar).loc["Shiroi"]
    months = calendar.periods.set_index("period")["months"].astype(float)
    kwh = pd.Series(4.2e6, index=months.index)
    kw = pd.Series(3_000.0, index=months.index)
    energy, demand = energy_price(iij, calendar)["Shiroi"], demand_price(iij, calendar)["Shiroi"]
    paid = bill(kwh, kw, energy, demand, months)
    assert paid.energy_mjpy.to_numpy() == pytest.approx((unit["energy"] * 4_200.0).to_numpy(), rel=1e-12)
    assert paid.demand_mjpy.to_numpy() == pytest.approx((unit["demand"] * 3_000.0).to_numpy(), rel=1e-12)
