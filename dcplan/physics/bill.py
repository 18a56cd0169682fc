r"""The electricity bill of a site: one function for meter readings and for the objective's coefficients.

$$ B = \frac{(p^{energy} + p^{fuel} + p^{surcharge})\, E
     + d\,(1 - \varphi)\, m\, (K + 1.5\, X)}{10^6} \qquad [\mathrm{M\,JPY}] $$

E is the energy taken [kWh], K the billed demand and X the excess over it [kW], d the list price of demand
[JPY/kW-month], \(\varphi\) the power-factor discount, m the months. The form is that of the standard Japanese
high-voltage and special high-voltage supply terms: a basic charge on contract power, an energy charge, the
fuel adjustment and the renewable energy surcharge on each kWh.

**Tax.** Prices and bills are net of consumption tax. A company credits the tax on its power against the tax
on its sales, so that it is no cost of a plan; the bill states it beside the net amount for the invoice.

**Leased sites** have the rule `none`: their landlord bills metered IT energy times the contract PUE at an
all-in price (`leased_kwh`), or bills no power at all where it lies within rent (all prices 0).
"""

from typing import TypeVar

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import Calendar, add_months
from dcplan.data.case import Case
from dcplan.physics.tariff import ENERGY_PARTS, PRICES, unit_prices

EXCESS_FACTOR = 1.5
"""Price of a kW over the agreed power, against one within it."""

CONSUMPTION_TAX = 0.10
"""Standard rate since October 2019: 7.8 % national and 2.2 % local."""

LINES = (
    "energy_mjpy",
    "fuel_adjustment_mjpy",
    "surcharge_mjpy",
    "demand_mjpy",
    "power_factor_mjpy",
    "excess_mjpy",
)
"""Lines of a bill [M JPY]; the first three are energy, the others demand. They sum to `net_mjpy`."""
ENERGY_LINES, DEMAND_LINES = LINES[:3], LINES[3:]

_JPY_PER_MJPY = 1e6
_KWH_PER_MWH = 1e3
_BACK = 11
"""Months before the first month of a period that a ratchet looks at: twelve with that month."""

Quantity = TypeVar("Quantity", float, npt.NDArray[np.float64])


def leased_kwh(it_kwh: Quantity, contract_pue: Quantity) -> Quantity:
    """Energy that a landlord bills: metered IT energy times the contract PUE [kWh]."""
    return it_kwh * contract_pue


def read_meter(hourly_kw: pd.DataFrame, periods: pd.DataFrame) -> pd.DataFrame:
    """Readings of a meter over each period, from its hourly means.

    Utilities bill the highest half hour; an hourly mean is its lower bound.

    Args:
        hourly_kw: every hour of all periods in time order by site [kW].
        periods: period and hours, in time order, without gap.

    Returns:
        kwh and peak_kw by (site, period).

    Raises:
        ValueError: the number of hours is not that of the periods.
    """
    hours = periods["hours"].to_numpy(dtype=np.int64)
    if len(hourly_kw) != hours.sum():
        raise ValueError(f"the periods have {hours.sum():,} hours, the readings {len(hourly_kw):,}")
    first = np.concatenate(([0], np.cumsum(hours)[:-1]))
    kw = hourly_kw.to_numpy(dtype=np.float64)
    index = pd.MultiIndex.from_product([hourly_kw.columns, periods["period"]], names=["site", "period"])
    return pd.DataFrame(
        {
            "kwh": np.add.reduceat(kw, first, axis=0).T.ravel(),
            "peak_kw": np.maximum.reduceat(kw, first, axis=0).T.ravel(),
        },
        index=index,
    )


def billing_window(periods: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Relation (site, period, earlier): whose peaks the billed demand of a period looks at.

    Rule `agreed`: every period of the fiscal year. `ratchet`: each period with a day in the twelve months
    that end with the first month of the period; in the tail, whose periods are years, the period itself.
    `none`: no period.

    Args:
        periods: period, start, end, fiscal_year, tail, in time order.
        sites: site, demand_rule.
    """
    names, years = periods["period"], periods["fiscal_year"].to_numpy()
    start, end = (np.array([day.toordinal() for day in periods[each]]) for each in ("start", "end"))
    back = np.array([add_months(day, -_BACK).toordinal() for day in periods["start"]])
    trailing = (end[None, :] > back[:, None]) & (start[None, :] <= start[:, None])
    trailing = np.where(periods["tail"].to_numpy()[:, None], np.eye(len(periods), dtype=bool), trailing)
    found = []
    for rule, seen in (("agreed", years[:, None] == years[None, :]), ("ratchet", trailing)):
        charged = sites["site"][sites["demand_rule"] == rule]
        row, earlier = np.nonzero(seen)
        site, pair = (each.ravel() for each in np.indices((len(charged), len(row))))
        columns = {"site": charged.take(site), "period": names.take(row[pair])}
        columns["earlier"] = names.take(earlier[pair])
        found.append(pd.DataFrame({name: part.array for name, part in columns.items()}, dtype=object))
    return pd.concat(found, ignore_index=True)


def opening_peaks(periods: pd.DataFrame, sites: pd.DataFrame) -> "pd.Series[float]":
    """Peak before the first period that a ratchet still bills: (site, period) [kW].

    It may have come in the last month before the opening, so that it counts in the eleven months after it.

    Args:
        periods: period, start; the first one opens.
        sites: site, demand_rule, opening_peak_kw.
    """
    rows = sites[sites["demand_rule"] == "ratchet"]
    young = periods["period"][periods["start"] < add_months(periods["start"].iloc[0], _BACK)]
    index = pd.MultiIndex.from_product([rows["site"], young], names=["site", "period"])
    peaks = rows["opening_peak_kw"].to_numpy(dtype=float).repeat(len(young))
    return pd.Series(peaks, index=index, name="opening_peak_kw")


def billed_demand(
    peak_kw: "pd.Series[float]",
    periods: pd.DataFrame,
    sites: pd.DataFrame,
    agreed_kw: "pd.Series[float] | None" = None,
) -> pd.DataFrame:
    """Billed demand and the excess over it, by each site's rule.

    Args:
        peak_kw: highest demand by (site, period) [kW].
        periods: as for `billing_window`.
        sites: site, demand_rule, opening_peak_kw.
        agreed_kw: agreed power by (site, fiscal_year) [kW]; a site and year without a value has agreed on its
            highest peak, so that nothing is in excess.

    Returns:
        billed_kw and excess_kw by (site, period), in the order of the readings; 0 under the rule `none`.
    """
    window = billing_window(periods, sites)
    seen = window.merge(peak_kw.rename("kw").reset_index().rename(columns={"period": "earlier"}))
    billed = seen.groupby(["site", "period"], sort=False)["kw"].max().reindex(peak_kw.index)
    opening = opening_peaks(periods, sites).reindex(peak_kw.index)
    billed = billed.where(~(opening > billed), opening)
    excess = pd.Series(0.0, index=peak_kw.index)
    if agreed_kw is not None:
        years = periods.set_index("period")["fiscal_year"].to_dict()
        keys = [(site, years[period]) for site, period in peak_kw.index]
        limit = pd.Series(agreed_kw.reindex(pd.MultiIndex.from_tuples(keys)).to_numpy(), index=peak_kw.index)
        billed = limit.where(limit.notna(), billed)
        excess = (peak_kw - limit).clip(lower=0.0).where(limit.notna(), 0.0)
    charged = peak_kw.index.get_level_values("site").isin(
        sites.loc[sites["demand_rule"] != "none", "site"].tolist()
    )
    return pd.DataFrame({"billed_kw": billed.where(charged, 0.0), "excess_kw": excess.where(charged, 0.0)})


def energy_price(prices: pd.DataFrame) -> "pd.Series[float]":
    """Price of a kWh, all parts [JPY/kWh]."""
    first, second, third = (prices[name] for name in ENERGY_PARTS)
    return first + second + third


def demand_price(prices: pd.DataFrame) -> "pd.Series[float]":
    """Price of a kW-month, net of the power-factor discount [JPY/kW-month]."""
    return prices["demand_jpy_per_kw_month"] * (1.0 - prices["power_factor_discount"])


def charges(quantities: pd.DataFrame, prices: pd.DataFrame) -> pd.DataFrame:
    """Lines of the bill of given quantities.

    Args:
        quantities: kwh, billed_kw, excess_kw and months.
        prices: the columns `PRICES`, with the same labels in the same order.

    Returns:
        The columns `LINES` [M JPY]; the power-factor line is a discount, and so not positive where the
        power factor is above 85 %.

    Raises:
        ValueError: the labels differ: pandas would align them and fill with NaN.
    """
    if not quantities.index.equals(prices.index):
        raise ValueError("readings and prices must carry the same labels in the same order")
    energy, fuel, surcharge, demand, discount = (prices[name] for name in PRICES)
    kwh, months = quantities["kwh"], quantities["months"]
    listed = quantities["billed_kw"] * demand * months
    excess = quantities["excess_kw"] * demand_price(prices) * months * EXCESS_FACTOR
    lines = (kwh * energy, kwh * fuel, kwh * surcharge, listed, -listed * discount, excess)
    return pd.DataFrame({name: line / _JPY_PER_MJPY for name, line in zip(LINES, lines, strict=True)})


def bill(
    readings: pd.DataFrame,
    periods: pd.DataFrame,
    sites: pd.DataFrame,
    prices: pd.DataFrame,
    agreed_kw: "pd.Series[float] | None" = None,
) -> pd.DataFrame:
    """Electricity bill of sites from their readings, hourly ones by way of `read_meter`.

    Args:
        readings: kwh and peak_kw by (site, period).
        periods: period, start, end, fiscal_year, months, tail, in time order.
        sites: site, demand_rule, opening_peak_kw.
        prices: the columns `PRICES` by (site, period), as `unit_prices` returns them.
        agreed_kw: as for `billed_demand`.

    Returns:
        By (site, period) in the order of the readings: kwh, peak_kw, billed_kw, excess_kw, the lines `LINES`,
        net_mjpy (their sum), consumption_tax_mjpy (stated, no cost) and invoice_mjpy (both) [M JPY].

    Raises:
        ValueError: readings and prices have different labels.
    """
    demand = billed_demand(readings["peak_kw"], periods, sites, agreed_kw)
    months = periods.set_index("period")["months"].astype(float)
    length = months.reindex(readings.index.get_level_values("period")).to_numpy()
    quantities = readings[["kwh", "peak_kw"]].join(demand)
    lines = charges(quantities.assign(months=length), prices)
    net = lines.sum(axis="columns")
    tax = net * CONSUMPTION_TAX
    return quantities.join(lines).assign(net_mjpy=net, consumption_tax_mjpy=tax, invoice_mjpy=net + tax)


def coefficients(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Cost of one MWh and of one kW held over the whole period: what an objective multiplies.

    They are the prices of the bill's lines in the model's units, so that costs and bills agree to rounding.

    Returns:
        Columns energy [M JPY/MWh] and demand [M JPY/kW and period] by (site, period).

    Raises:
        InputError: a tariff has no row for a fiscal year of the calendar.
    """
    prices = unit_prices(case, calendar)
    months = calendar.periods.set_index("period")["months"].astype(float)
    length = months.reindex(prices.index.get_level_values("period")).to_numpy()
    energy = _KWH_PER_MWH * energy_price(prices) / _JPY_PER_MJPY
    return pd.DataFrame({"energy": energy, "demand": demand_price(prices) * length / _JPY_PER_MJPY})
