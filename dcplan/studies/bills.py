"""The electricity bill of a saved plan, from the readings that its tables hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.physics import bill
from dcplan.physics.tariff import unit_prices
from dcplan.studies.plan_case import reopened

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

KWH_PER_MWH = 1e3


def plan_bills(plan: Plan, which: str = "") -> pd.DataFrame:
    """Return the electricity bill of every site in every period of a plan, tail included.

    The readings are the plan's: imported energy and highest peak of an owned site, metered IT energy times
    the contract PUE of a leased one. The sums of the lines are the cost terms `energy_owned` and
    `demand_charge`, or `energy_leased`.

    Args:
        plan: a saved plan.
        which: a reference plan of the folder; '' for the optimised one.

    Returns:
        site, period, fiscal_year, ownership, demand_rule, tail, and the columns of `physics.bill.bill`.

    Raises:
        InputError: the plan was not saved, or its inputs are refused.
    """
    case, calendar = reopened(plan)
    tables = plan.references[which] if which else plan.tables
    sites, periods = case["sites"], calendar.periods
    bills = bill.bill(readings(case, calendar, tables), periods, sites, unit_prices(case, calendar))
    table = bills.reset_index().merge(periods[["period", "fiscal_year", "tail"]], on="period")
    table = table.merge(sites[["site", "ownership", "demand_rule"]], on="site")
    order = ["site", "period", "fiscal_year", "ownership", "demand_rule", "tail", *bills.columns]
    return table[order]


def yearly_bills(bills: pd.DataFrame) -> pd.DataFrame:
    """Return bills by site and fiscal year of the horizon, and their sum over all sites.

    Args:
        bills: as `plan_bills` returns them.

    Returns:
        site (and `all`), fiscal_year, kwh, billed_kw (the highest of the year; of all sites their sum) and
        the lines of the bill with their sums [M JPY].
    """
    keys, money = ["site", "fiscal_year"], [*bill.LINES, "net_mjpy", "consumption_tax_mjpy", "invoice_mjpy"]
    horizon = bills[~bills["tail"]].groupby(keys, sort=False)
    yearly = horizon[["kwh", *money]].sum().join(horizon["billed_kw"].max()).reset_index()
    total = yearly.drop(columns="site").groupby("fiscal_year", sort=False).sum().reset_index()
    both = pd.concat([yearly, total.assign(site="all")], ignore_index=True)
    return both[[*keys, "kwh", "billed_kw", *money]]


def readings(case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return what the meters of a plan read: kwh and peak_kw by (site, period), sites in table order.

    The peak is that of the load less what batteries cut off it.
    """
    index = pd.MultiIndex.from_product([case["sites"]["site"], calendar.labels], names=["site", "period"])
    owned = tables["site_energy"].set_index(["site", "period"])
    grid = owned["imported_mwh"].reindex(index).to_numpy() * KWH_PER_MWH
    contracts = case["leases"][["hall", "contract_pue"]].merge(case["halls"][["hall", "site"]], on="hall")
    metered = tables["energy"].merge(contracts, on="hall")
    kwh = bill.leased_kwh(
        metered["it_mwh"].to_numpy(dtype=np.float64) * KWH_PER_MWH,
        metered["contract_pue"].to_numpy(dtype=np.float64),
    )
    landlord = metered.assign(kwh=kwh).groupby(["site", "period"])["kwh"].sum().reindex(index)
    leased = index.get_level_values("site").isin(
        case["sites"].loc[case["sites"]["ownership"] == "leased", "site"]
    )
    peaks = owned["peak_kw"].reindex(index).to_numpy() - cut_kw(tables, index).to_numpy()
    return pd.DataFrame(
        {
            # no lease at a leased site: nothing is metered there
            "kwh": np.where(leased, landlord.fillna(0.0).to_numpy(), grid),
            "peak_kw": np.where(leased, 0.0, peaks),
        },
        index=index,
    )


def cut_kw(tables: Mapping[str, pd.DataFrame], index: pd.Index[Any]) -> pd.Series[float]:
    """Return what batteries cut off the peak of a site: (site, period) [kW]; 0 where there is none."""
    if "battery_cuts" not in tables:
        return pd.Series(0.0, index=index)
    known = tables["battery_cuts"].set_index(["site", "period"])["peak_cut_kw"]
    return known.reindex(index).fillna(0.0)
