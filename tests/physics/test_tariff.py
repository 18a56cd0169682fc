from dataclasses import replace

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.errors import InputError
from dcplan.physics.bill import coefficients
from dcplan.physics.tariff import ENERGY_PARTS, power_factor_discount, unit_prices


@pytest.mark.parametrize("percent, discount", [(100.0, 0.15), (85.0, 0.0), (80.0, -0.05)])
def test_a_point_of_power_factor_is_a_percent_of_the_demand_charge(percent, discount):
    assert power_factor_discount(percent) == pytest.approx(discount)


@pytest.mark.parametrize("percent", [-1.0, 100.1, float("nan")])
def test_a_power_factor_is_a_percentage(percent):
    with pytest.raises(ValueError, match="between 0 and 100"):
        power_factor_discount(percent)


def test_tutorial_prices_by_hand(toy):
    calendar = make_calendar(toy.info)
    prices = unit_prices(toy, calendar).loc[("Campus", "FY2022")]
    assert prices[list(ENERGY_PARTS)].tolist() == [15.0, 2.0, 3.0]
    assert prices["demand_jpy_per_kw_month"] == 2_000.0
    assert prices["power_factor_discount"] == 0.15
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
    price = unit_prices(dearer, make_calendar(dearer.info)).loc["Campus"]["energy_jpy_per_kwh"]
    assert price.to_dict() == {"FY2022": 15.0, "FY2023": 15.0, "FY2024": 20.0, "FY2025": 20.0, "FY2026": 20.0}


@pytest.mark.parametrize("year", [2022, 2023, 2024])
def test_a_missing_year_is_an_error(toy, edited, year):
    holed = edited(toy, "tariffs", lambda rows: rows[rows["fiscal_year"] != year])
    with pytest.raises(InputError, match=r"fiscal year|no price"):
        unit_prices(holed, make_calendar(holed.info))
