"""What the batteries of a case would cut off the hours of a plan, and what that is worth."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import HOURS_PER_DAY, fiscal_year_start, years_between
from dcplan.model.onsite import Onsite
from dcplan.model.tables import Tables
from dcplan.physics.battery import Battery, dispatch, least_level, usable_kwh
from dcplan.physics.bill import demand_price
from dcplan.physics.tariff import unit_prices
from dcplan.studies.bills import cut_kw

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.studies.replay import Hours

Array = npt.NDArray[np.float64]
KW_PER_MW = 1e3
JPY_PER_MJPY = 1e6
COLUMNS = [
    "site", "fiscal_year", "power_kw", "usable_kwh", "peak_kw", "cut_kw", "cut_share", "days",
    "discharged_mwh", "loss_mwh", "full_cycles", "worth_mjpy", "plan_cut_kw",
]  # fmt: skip


def battery_years(
    case: Case, calendar: Calendar, hours: Hours, tables: Mapping[str, pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, Array]]:
    """Return what each battery cuts off the highest hour of its site, year by year, and its hours.

    The load is the full-physics facility power with its daily shape, on-site generation not taken off. One
    level holds all year: the least that every day allows. A battery counts from the first fiscal year that it
    is there for; its fade counts to the middle of the year. What stands at a site and what the plan buys run
    as one.

    Args:
        case: the plan's inputs.
        calendar: the plan's periods.
        hours: the replayed plan.
        tables: the plan's tables; `onsite` and `battery_cuts` where there are any.

    Returns:
        site, fiscal_year, power_kw, usable_kwh, peak_kw (without it), cut_kw, cut_share (of the peak), days
        (on which it runs), discharged_mwh, loss_mwh, full_cycles, worth_mjpy (demand charge of the cut at the
        prices of the year), plan_cut_kw (what the plan takes off the highest peak that it is billed for);
        and by site its power in every hour [kW], discharge
        positive.
    """
    prices = demand_price(unit_prices(case, calendar))
    months = calendar.periods.set_index("period")["months"]
    labels = calendar.periods.set_index("period")["fiscal_year"]
    rows: list[dict[str, Any]] = []
    power: dict[str, Array] = {}
    onsite = Onsite(Tables(case, calendar))
    for site in dict.fromkeys([*case["batteries"]["site"], *onsite.battery_sites]):
        load = hours.full[hours.sites.index(site)]
        power[site] = np.zeros_like(load)
        own: Any = prices[site]
        for year in np.unique(hours.clock.fiscal_year).tolist():
            battery = together(standing(case, site, year), bought(onsite, tables, site, year))
            inside = hours.clock.fiscal_year == year
            days = load[inside].reshape(-1, HOURS_PER_DAY)
            if battery is None or not days.any():
                continue
            level = float(least_level(days, battery).max())
            run = dispatch(days, level, battery)
            power[site][inside] = run.ravel()
            paid = own[labels[own.index] == year]
            worth = float((paid * months[paid.index]).sum()) / JPY_PER_MJPY
            figures = _figures(days, level, run, battery, worth)
            planned = planned_cut(tables, site, labels[labels == year].index)
            rows.append({"site": site, "fiscal_year": year, **figures, "plan_cut_kw": planned})
    return pd.DataFrame(rows, columns=COLUMNS), power


def standing(case: Case, site: str, year: int) -> Battery | None:
    """Return the battery of a site in a fiscal year, with its energy after fade; None when none is there."""
    start = fiscal_year_start(year)
    middle = date(year, 10, 1)
    table = case["batteries"]
    there = table[(table["site"] == site) & (table["from_date"] <= start)]
    if there.empty:
        return None
    row = there.sort_values("from_date", kind="stable").iloc[-1]
    left = usable_kwh(row["energy_kwh"], row["fade_per_year"], years_between(row["from_date"], middle))
    return Battery(row["power_kw"], left, row["round_trip"])


def bought(onsite: Onsite, tables: Mapping[str, pd.DataFrame], site: str, year: int) -> Battery | None:
    """Return the battery that a plan has bought for a site by a fiscal year, after fade; None for none."""
    options = onsite.tables.case["battery_options"]
    option = options[options["site"] == site]
    if option.empty or "onsite" not in tables:
        return None
    held = tables["onsite"][tables["onsite"]["site"] == site].set_index("fiscal_year")
    aged = onsite.aged("battery_kwh")
    left = aged[(aged["site"] == site) & (aged["fiscal_year"] == year)].set_index("installed")["left"]
    added = held["battery_kwh"].diff().fillna(held["battery_kwh"]).reindex(left.index)
    power, energy = float(held["battery_kw"].get(year, 0.0)), float((added * left).sum())
    return Battery(power, energy, float(option["round_trip"].iloc[0])) if power > 0.0 else None


def together(first: Battery | None, second: Battery | None) -> Battery | None:
    """Return two batteries of a site as one, at the lower of their efficiencies."""
    if first is None or second is None:
        return first or second
    trip = min(first.round_trip, second.round_trip)
    return Battery(first.power_kw + second.power_kw, first.usable_kwh + second.usable_kwh, trip)


def planned_cut(tables: Mapping[str, pd.DataFrame], site: str, periods: pd.Index[str]) -> float:
    """Return what a plan takes off the highest peak of some periods that a site is billed for [kW]."""
    index = pd.MultiIndex.from_product([[site], periods], names=["site", "period"])
    peaks = tables["site_energy"].set_index(["site", "period"])["peak_kw"].reindex(index)
    return float(peaks.max() - (peaks - cut_kw(tables, index)).max())


def _figures(days: Array, level: float, run: Array, battery: Battery, worth: float) -> dict[str, float]:
    peak = float(days.max())
    given, taken = np.maximum(run, 0.0).sum(), np.maximum(-run, 0.0).sum()
    return {
        "power_kw": battery.power_kw,
        "usable_kwh": battery.usable_kwh,
        "peak_kw": peak,
        "cut_kw": peak - level,
        "cut_share": (peak - level) / peak,
        "days": int((run > 0.0).any(axis=1).sum()),
        "discharged_mwh": given / KW_PER_MW,
        "loss_mwh": (taken - given) / KW_PER_MW,
        "full_cycles": given / battery.usable_kwh if battery.usable_kwh > 0.0 else 0.0,
        "worth_mjpy": (peak - level) * worth,
    }
