"""Every hour of a fixed plan: by the model's linear curve, with the load's daily shape, and by full physics.

The linear replay holds the IT load of a period at its mean, as the model does, and gives the plan's energy
and peaks to rounding. The shaped one lets the load vary over the day. The full one runs the same shaped load
through the part-load curves of UPS, fans and chillers (`physics.plant`), and so shows what the linear curve
leaves out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import demand_by_period
from dcplan.data.spread import by_period
from dcplan.physics import plant as machines
from dcplan.physics.shapes import Clock, clock_of, hourly_shapes
from dcplan.physics.weather import site_temperatures
from dcplan.studies.plan_case import reopened
from dcplan.studies.replay_battery import battery_years
from dcplan.studies.replay_bill import replayed_bills
from dcplan.studies.replay_matching import matching
from dcplan.studies.replay_tables import duration_table, site_years, worst_periods

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

Array = npt.NDArray[np.float64]
KW_PER_MW = 1e3


class Loads(NamedTuple):
    """What stands where, by hall and period of the horizon."""

    mean_kw: Array
    """(class, hall, period) mean IT load."""
    peak_kw: Array
    """(hall, period) coincident peak IT load."""
    in_service: Array
    """(hall, period) 1 for an owned hall in service."""


@dataclass(frozen=True, eq=False)
class Hours:
    """Power of every site in every hour of the horizon [kW], each (site, hour)."""

    sites: list[str]
    clock: Clock
    it: Array
    linear: Array
    shaped_it: Array
    shaped: Array
    full: Array
    linear_peak: Array
    """Facility power while every rack draws its peak, by the linear curve: what demand charges look at."""
    full_peak: Array


@dataclass(frozen=True, eq=False)
class Replay:
    """A replayed plan.

    Attributes:
        hours: power by site and hour.
        site_years: one row a site and fiscal year: energy, PUE and peaks by each replay, and their errors.
        duration: site, fiscal_year, share_of_hours, kw (full physics), highest first.
        linear_error: largest relative difference of the linear replay to the plan: `energy` by hall and
            period, `peak` by owned site and period.
        worst: periods of owned sites whose energy full physics moves by more than a hundredth.
        matching: yearly and hourly renewable share and carbon-free score of owned sites
            (`replay_matching.matching`).
        batteries: what the batteries of the case cut (`replay_battery.battery_years`).
        battery_kw: power of the battery of a site in every hour, discharge positive [kW].
        bills: the bill of owned sites by the plan and by full physics (`replay_bill.replayed_bills`).
        owned: the owned sites.
    """

    hours: Hours
    site_years: pd.DataFrame
    duration: pd.DataFrame
    linear_error: dict[str, float]
    worst: pd.DataFrame
    matching: pd.DataFrame
    batteries: pd.DataFrame
    battery_kw: dict[str, Array]
    bills: pd.DataFrame
    owned: list[str]


def replay(plan: Plan, which: str = "", grid_share: float = 0.0) -> Replay:
    """Replay every hour of the horizon of a plan at every site; the tail is no part of a plan.

    Args:
        plan: a saved plan.
        which: a reference plan of the folder; '' for the optimised one.
        grid_share: carbon-free share of grid power in the carbon-free score (-).

    Raises:
        InputError: the plan was not saved, or its inputs are refused.
    """
    case, calendar = reopened(plan)
    tables = plan.references[which] if which else plan.tables
    loads = loads_of(case, calendar, tables)
    hours, energy = run(case, calendar, loads)
    peaks = np.maximum.reduceat(hours.linear_peak, hours.clock.first, axis=1)
    error = {
        "energy": _difference(energy, _planned(tables["energy"], "facility_mwh", energy)),
        "peak": _difference(*_owned_peaks(case, calendar, tables, peaks)),
    }
    batteries, battery_kw = battery_years(case, calendar, hours, tables)
    return Replay(
        hours=hours,
        batteries=batteries,
        battery_kw=battery_kw,
        bills=replayed_bills(case, calendar, tables, hours),
        site_years=site_years(hours, case["sites"]),
        duration=duration_table(hours),
        linear_error=error,
        worst=worst_periods(hours, case["sites"], calendar),
        matching=matching(case, calendar, tables, hours, grid_share),
        owned=case["sites"].loc[case["sites"]["ownership"] == "owned", "site"].tolist(),
    )


def loads_of(case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame]) -> Loads:
    """Return the IT load of a plan's racks and the halls in service, by period of the horizon."""
    classes, halls = case["classes"]["class"].tolist(), case["halls"]["hall"].tolist()
    horizon = calendar.periods[~calendar.periods["tail"]]
    periods = horizon["period"].tolist()
    shape = (len(classes), len(halls), len(periods))
    mean_kw, peak_kw = (_by_class(case, calendar, name, classes, periods) for name in ("mean_kw", "peak_kw"))
    racks = np.zeros(shape)
    rows = tables["racks"][tables["racks"]["period"].isin(periods)]
    at = [
        pd.Index(labels).get_indexer(rows[name])
        for name, labels in (("class", classes), ("hall", halls), ("period", periods))
    ]
    racks[tuple(at)] = rows["racks"].to_numpy(dtype=np.float64)
    demand = demand_by_period(case, calendar).set_index(["class", "period"])["mean_share"]
    grid = pd.MultiIndex.from_product([classes, periods])
    share = demand.reindex(grid).to_numpy(dtype=np.float64).reshape(len(classes), len(periods))
    served = tables["halls"].pivot(index="hall", columns="period", values="in_service")
    on = served.reindex(index=halls, columns=periods).fillna(0.0)  # a leased hall has no row
    diversity = case.settings["peak_diversity"]
    return Loads(
        mean_kw=racks * (mean_kw * share)[:, np.newaxis, :],
        peak_kw=np.einsum("kht,kt->ht", racks, peak_kw) * diversity,
        in_service=on.to_numpy(dtype=np.float64),
    )


def _by_class(case: Case, calendar: Calendar, column: str, classes: list[str], periods: list[str]) -> Array:
    values = by_period(case["class_years"], ["class"], column, calendar)
    grid = pd.MultiIndex.from_product([classes, periods])
    found = values.reindex(grid).to_numpy(dtype=np.float64)
    return np.asarray(found.reshape(len(classes), len(periods)))


def run(case: Case, calendar: Calendar, loads: Loads) -> tuple[Hours, Array]:
    """Return the power of every site in every hour, and the linear energy by hall and period [MWh]."""
    clock = clock_of(calendar)
    plant = machines.plants(case)
    stations = case["halls"][["site"]].merge(case["sites"][["site", "station"]], on="site", how="left")
    temperatures = site_temperatures(case)
    temperature = np.stack([temperatures[name] for name in stations["station"]])[:, clock.typical]
    on = loads.in_service[:, clock.period]
    flat = loads.mean_kw.sum(axis=0)[:, clock.period]
    shaped = shaped_kw(loads, hourly_shapes(case, clock), clock)
    peak = loads.peak_kw[:, clock.period]
    linear = machines.linear_kw(plant, flat, temperature, on)
    sites = case["sites"]["site"].tolist()
    member = np.asarray(stations["site"].to_numpy()[np.newaxis, :] == np.array(sites)[:, np.newaxis]) * 1.0
    hours = Hours(
        sites=sites,
        clock=clock,
        it=member @ flat,
        linear=member @ linear,
        shaped_it=member @ shaped,
        shaped=member @ machines.linear_kw(plant, shaped, temperature, on),
        full=member @ machines.full_kw(plant, shaped, temperature, on),
        linear_peak=member @ machines.linear_kw(plant, peak, temperature, on),
        full_peak=member @ machines.full_kw(plant, peak, temperature, on),
    )
    return hours, np.add.reduceat(linear, clock.first, axis=1) / KW_PER_MW


def shaped_kw(loads: Loads, shapes: Array, clock: Clock) -> Array:
    """Return the IT load of every hall in every hour with the daily shape of its classes: (hall, hour)."""
    found: Array = np.zeros((loads.mean_kw.shape[1], clock.period.size))
    for mean, shape in zip(loads.mean_kw, shapes, strict=True):
        found += mean[:, clock.period] * shape
    return found


def _planned(table: pd.DataFrame, column: str, like: Array) -> Array:
    """Return a (hall, period) column of the plan in table order, periods of the horizon."""
    halls, periods = like.shape
    values = table[column].to_numpy(dtype=np.float64).reshape(halls, -1)
    return np.asarray(values[:, :periods])


def _owned_peaks(
    case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame], peaks: Array
) -> tuple[Array, Array]:
    owned = (case["sites"]["ownership"] == "owned").to_numpy()
    grid = pd.MultiIndex.from_product([case["sites"]["site"], calendar.labels[: peaks.shape[1]]])
    planned = tables["site_energy"].set_index(["site", "period"])["peak_kw"].reindex(grid)
    return peaks[owned], planned.to_numpy(dtype=np.float64).reshape(peaks.shape)[owned]


def _difference(found: Array, expected: Array) -> float:
    """Return the largest difference relative to what is expected; where that is nothing, in its unit."""
    scale = np.where(np.abs(expected) > 0.0, np.abs(expected), 1.0)
    return float((np.abs(found - expected) / scale).max(initial=0.0))
