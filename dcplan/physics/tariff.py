"""Electricity unit prices of every site, and the bill that they make.

A bill from meter readings and the objective's coefficients come from the same two numbers: the energy price
[JPY/kWh] and the demand price [JPY/kW-month], net of the power-factor discount.
"""

from typing import Generic, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import Calendar, by_period
from dcplan.data.case import Case
from dcplan.errors import InputError, Problem

Quantity = TypeVar("Quantity", float, npt.NDArray[np.float64], "pd.Series[float]")

ENERGY_PARTS = ("energy_jpy_per_kwh", "fuel_adjustment_jpy_per_kwh", "surcharge_jpy_per_kwh")

_KWH_PER_MWH = 1e3
_JPY_PER_MJPY = 1e6


class Bill(NamedTuple, Generic[Quantity]):
    """What a site pays for electricity in a period [M JPY]."""

    energy_mjpy: Quantity
    demand_mjpy: Quantity


def bill(
    imported_kwh: Quantity,
    contract_kw: Quantity,
    energy_price: Quantity,
    demand_price: Quantity,
    months: Quantity,
) -> Bill[Quantity]:
    r"""Electricity bill of a period from its readings.

    $$ B_{energy} = p\,E / 10^6, \qquad B_{demand} = d\,K\,m / 10^6 \qquad [\mathrm{M\,JPY}] $$

    Args:
        imported_kwh: energy E drawn from the grid in the period [kWh].
        contract_kw: billed demand K [kW].
        energy_price: p, all parts per kWh, as `energy_price` returns it [JPY/kWh].
        demand_price: d, net of the power-factor discount, as `demand_price` returns it [JPY/kW-month].
        months: length m of the period [months].

    Returns:
        The energy and the demand part [M JPY], in the shape of the readings: numbers, arrays, or series with
        equal labels. Consumption tax is not part of the bill.

    Raises:
        ValueError: series whose labels differ.

    >>> bill(1_000_000.0, 500.0, 20.0, 1_700.0, 3.0)
    Bill(energy_mjpy=20.0, demand_mjpy=2.55)
    """
    _same_labels(imported_kwh, contract_kw, energy_price, demand_price, months)
    return Bill(
        energy_mjpy=imported_kwh * energy_price / _JPY_PER_MJPY,
        demand_mjpy=contract_kw * demand_price * months / _JPY_PER_MJPY,
    )


def _same_labels(*quantities: object) -> None:
    """Refuse series whose labels differ: pandas would align them and fill with NaN."""
    labels = [quantity.index for quantity in quantities if isinstance(quantity, pd.Series)]
    if any(not index.equals(labels[0]) for index in labels[1:]):
        raise ValueError("readings and prices must carry the same labels in the same order")


def energy_price(case: Case, calendar: Calendar) -> "pd.Series[float]":
    """Price of a kWh at every site in every period: energy + fuel adjustment + surcharge.

    A tail period after the last fiscal year of a tariff holds that year's price.

    Returns:
        The price by (site, period) [JPY/kWh], without consumption tax.

    Raises:
        InputError: a tariff has no row for a fiscal year of the calendar.
    """
    parts = [by_period(case["tariffs"], ["tariff"], part, calendar) for part in ENERGY_PARTS]
    return _by_site(sum(parts[1:], parts[0]), case, calendar).rename("energy_jpy_per_kwh")


def demand_price(case: Case, calendar: Calendar) -> "pd.Series[float]":
    r"""Price of a kW of billed demand at every site in every period, net of the power-factor discount.

    $$ d = d_0\,(1 - \varphi) \qquad [\mathrm{JPY/kW\,month}] $$

    with the list price d0 and the discount \(\varphi\) (0.15 at a power factor of 100 %). A tail period after
    the last fiscal year of a tariff holds that year's price.

    Returns:
        The price by (site, period) [JPY/kW-month], without consumption tax.

    Raises:
        InputError: a tariff has no row for a fiscal year of the calendar.
    """
    listed = by_period(case["tariffs"], ["tariff"], "demand_jpy_per_kw_month", calendar)
    discount = by_period(case["tariffs"], ["tariff"], "power_factor_discount", calendar)
    return _by_site(listed * (1.0 - discount), case, calendar).rename("demand_jpy_per_kw_month")


def coefficients(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Cost of one MWh and of one kW held over the whole period: what an objective multiplies.

    Each is the `bill` of one unit, so a cost table built from them and a bill from readings agree.

    Returns:
        Columns energy [M JPY/MWh] and demand [M JPY/kW and period] by (site, period).

    Raises:
        InputError: a tariff has no row for a fiscal year of the calendar.
    """
    energy, demand = energy_price(case, calendar), demand_price(case, calendar)
    months = calendar.periods.set_index("period")["months"].astype(float)
    one = pd.Series(1.0, index=energy.index)
    length = pd.Series(months.reindex(energy.index.get_level_values("period")).to_numpy(), index=energy.index)
    unit = bill(one * _KWH_PER_MWH, one, energy, demand, length)
    return pd.DataFrame({"energy": unit.energy_mjpy, "demand": unit.demand_mjpy})


def _by_site(price: "pd.Series[float]", case: Case, calendar: Calendar) -> "pd.Series[float]":
    """Give every site the price of its tariff: (tariff, period) to (site, period), sites in table order."""
    sites = case["sites"][["site", "tariff"]].merge(calendar.periods[["period"]], how="cross")
    spread = sites.merge(
        price.rename("price").reset_index(), on=["tariff", "period"], how="left", validate="m:1"
    )
    missing = spread[spread["price"].isna()]
    if not missing.empty:
        tariff, period = missing[["tariff", "period"]].iloc[0]
        rule = f"tariff {tariff} has no price in {period}"
        raise InputError([Problem("tariffs.csv", None, "fiscal_year", None, rule, "Add the missing years.")])
    return spread.set_index(["site", "period"])["price"]
