"""The bill of the hours: what full physics would cost beside what the plan pays."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.physics.bill import bill, read_meter
from dcplan.physics.tariff import unit_prices
from dcplan.studies.bills import cut_kw, readings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.studies.replay import Hours

KWH_PER_MWH = 1e3


def replayed_bills(
    case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame], hours: Hours
) -> pd.DataFrame:
    """Return the bill of every owned site and fiscal year by the plan and by full physics.

    Energy is that of the hours with the daily shape of the load, less the plan's on-site generation of the
    period; the peak is that of the hours with all racks at their peak, less the plan's cut by batteries.

    Returns:
        site (and `owned`), fiscal_year, plan_mjpy, full_mjpy, difference_mjpy, energy_mjpy and demand_mjpy
        (its two parts) [M JPY, without consumption tax].
    """
    sites = case["sites"][case["sites"]["ownership"] == "owned"]
    periods = calendar.periods[~calendar.periods["tail"]]
    at = [hours.sites.index(site) for site in sites["site"]]
    metered = read_meter(pd.DataFrame(hours.full[at].T, columns=sites["site"]), periods)
    highest = read_meter(pd.DataFrame(hours.full_peak[at].T, columns=sites["site"]), periods)
    index = metered.index
    onsite = tables["site_energy"].set_index(["site", "period"])["onsite_mwh"].reindex(index)
    cut = cut_kw(tables, index)
    full = pd.DataFrame(
        {"kwh": metered["kwh"] - onsite * KWH_PER_MWH, "peak_kw": highest["peak_kw"] - cut}, index=index
    )
    planned = readings(case, calendar, tables).loc[index]
    prices = unit_prices(case, calendar).loc[index]
    bills = [bill(found, periods, sites, prices) for found in (planned, full)]
    lines = ["energy_mjpy", "fuel_adjustment_mjpy", "surcharge_mjpy"]
    before, after = (table["net_mjpy"] for table in bills)
    energy = bills[1][lines].sum(axis=1) - bills[0][lines].sum(axis=1)
    table = pd.DataFrame({"plan_mjpy": before, "full_mjpy": after, "energy_mjpy": energy}).reset_index()
    table = table.merge(periods[["period", "fiscal_year"]], on="period")
    yearly = table.drop(columns="period").groupby(["site", "fiscal_year"], sort=False).sum().reset_index()
    total = yearly.drop(columns="site").groupby("fiscal_year", sort=False).sum().reset_index()
    both = pd.concat([yearly, total.assign(site="owned")], ignore_index=True)
    both["difference_mjpy"] = both["full_mjpy"] - both["plan_mjpy"]
    both["demand_mjpy"] = both["difference_mjpy"] - both["energy_mjpy"]
    columns = ["site", "fiscal_year", "plan_mjpy", "full_mjpy", "difference_mjpy"]
    return both[[*columns, "energy_mjpy", "demand_mjpy"]]
