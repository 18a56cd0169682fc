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
    prices = columns_by_period(case["tariffs"], ["tariff"], PRICES, calendar)
    row = {label: place for place, label in enumerate(prices.index)}
    sites, periods = case["sites"], calendar.labels
    wanted = [(tariff, period) for tariff in sites["tariff"] for period in periods]
    for tariff, period in wanted:
        if (tariff, period) not in row:
            rule, remedy = f"tariff {tariff} has no price in {period}", "Add the missing years."
            raise InputError([Problem("tariffs.csv", None, "fiscal_year", None, rule, remedy)])
    index = pd.MultiIndex.from_product([sites["site"], periods], names=["site", "period"])
    return prices.take([row[label] for label in wanted]).set_axis(index)
