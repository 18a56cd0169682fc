"""Electricity unit prices of every site and period, without consumption tax."""

import pandas as pd

from dcplan.data.calendar import Calendar
from dcplan.data.case import Case
from dcplan.data.spread import columns_by_period
from dcplan.errors import InputError, Problem

ENERGY_PARTS = ("energy_jpy_per_kwh", "fuel_adjustment_jpy_per_kwh", "surcharge_jpy_per_kwh")
PRICES = (*ENERGY_PARTS, "demand_jpy_per_kw_month", "power_factor_discount")
"""Columns of the unit prices: three per kWh, the list price of a kW-month, and its discount (-)."""

RATED_POWER_FACTOR = 85.0


def power_factor_discount(power_factor: float) -> float:
    r"""Part of the demand charge that a power factor takes off.

    $$ \varphi = (\cos\phi - 85) / 100 $$

    One percent of the demand charge for each point above 85 %; below it the discount is negative.

    Args:
        power_factor: monthly mean power factor [%], 0 to 100.

    Returns:
        The discount (-), 0.15 at 100 %.

    Raises:
        ValueError: the power factor is not a percentage.

    >>> power_factor_discount(100.0), power_factor_discount(80.0)
    (0.15, -0.05)
    """
    if not 0.0 <= power_factor <= 100.0:
        raise ValueError(f"a power factor lies between 0 and 100 %, got {power_factor:g}")
    return (power_factor - RATED_POWER_FACTOR) / 100.0


def unit_prices(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Prices of every site in every period: the columns `PRICES` by (site, period), sites in table order.

    A tail period after the last fiscal year of a tariff holds that year's prices.

    Raises:
        InputError: a tariff has no row for a fiscal year of the calendar.
    """
    prices = columns_by_period(case["tariffs"], ["tariff"], PRICES, calendar).reset_index()
    sites = case["sites"][["site", "tariff"]].merge(calendar.periods[["period"]], how="cross")
    spread = sites.merge(prices, on=["tariff", "period"], how="left", validate="m:1")
    missing = spread[spread["energy_jpy_per_kwh"].isna()]
    if not missing.empty:
        tariff, period = missing[["tariff", "period"]].iloc[0]
        rule = f"tariff {tariff} has no price in {period}"
        raise InputError([Problem("tariffs.csv", None, "fiscal_year", None, rule, "Add the missing years.")])
    return spread.set_index(["site", "period"])[list(PRICES)]
