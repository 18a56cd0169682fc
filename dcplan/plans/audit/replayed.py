"""The hourly table of a replay, where a plan has one: every hour of every owned site, from the raw weather.

Load and power of the linear curve are recomputed. The part-load curves of full physics, the daily shape of
the load and the hours of the sun are not: they enter no promise and no cost of a plan.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.plans.audit.physics import hall_overheads
from dcplan.plans.audit.reading import Codes, Sheet, read_sheet
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World, over_years

HOURS, YEARS = "hours.csv", "site_years.csv"
_MONTH_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def check_replay(world: World, folder: Path, ledger: Ledger) -> None:
    """Check the tables of a replay beside a plan; a plan without one has nothing to check."""
    if not folder.is_dir():
        return
    _check_years(world, read_sheet(folder / YEARS), ledger)
    if (folder / HOURS).is_file():
        _check_hours(world, read_sheet(folder / HOURS, ("start", "site", "it_kw", "linear_kw")), ledger)


def _check_years(world: World, sheet: Sheet, ledger: Ledger) -> None:
    """Compare the yearly energy of every site with the plan's decisions."""
    clock = world.case.clock
    years = clock.horizon_years
    places = {name: s for s, name in enumerate(world.case.sites.rows)}
    at, year = sheet.codes("site", places), sheet.whole("fiscal_year")
    axes = (world.sites, ("fiscal_year", [str(y) for y in years]))
    for column, energy in (("it_mwh", world.energy.it), ("linear_mwh", world.energy.facility)):
        expected = over_years(world, energy)[:, : len(years)]
        found = np.full(expected.shape, np.nan)
        for s, y, value in zip(at, year, sheet.numbers(column), strict=True):
            if s >= 0 and int(y) in years:
                found[s, years.index(int(y))] = value
        message = f"{column} of the replay is not the plan's energy"
        ledger.equal("replay_years", axes, expected, found, largest(expected), message)


def _check_hours(world: World, sheet: Sheet, ledger: Ledger) -> None:
    """Recompute load and facility power of owned sites in every hour of the horizon."""
    case, clock = world.case, world.case.clock
    typical, period = _hours_of(world)
    it = world.energy.hall_it * 1000 / clock.hours
    overhead = hall_overheads(case)
    names = list(case.sites.rows)
    starts = np.arange(np.datetime64(clock.as_of, "h"), np.datetime64(clock.horizon_end, "h"))
    labels = [str(start) for start in starts]
    of_row = np.array(sheet.text("site"))
    for s in np.flatnonzero(case.sites.owned).tolist():
        rows = np.flatnonzero(of_row == names[s])
        here = [sheet.text("start")[row] for row in rows.tolist()]
        where = {"site": names[s]}
        rule = "the hours of the horizon in order"
        if not ledger.require("replay_hours", here == labels, where, rule, f"{len(here)} hours", rule):
            continue
        halls = case.halls.site == s
        load = it[halls][:, period]
        slope = 1 + world.physics.a1[halls, None] + overhead[halls][:, typical]
        standing = (world.physics.a0_kw[:, None] * world.decisions.in_service)[halls][:, period]
        for column, expected in (
            ("it_kw", load.sum(axis=0)),
            ("linear_kw", (load * slope + standing).sum(axis=0)),
        ):
            found = sheet.numbers(column)[rows]
            axes = (("hour", labels),)
            message = f"{column} of {names[s]} is not what its racks draw"
            ledger.equal("replay_hours", axes, expected, found, largest(expected), message)


def _hours_of(world: World) -> tuple[Codes, Codes]:
    """Return the place in the typical year and the period of every hour of the horizon."""
    clock = world.case.clock
    days = np.arange(np.datetime64(clock.as_of), np.datetime64(clock.horizon_end))
    firsts = days.astype("datetime64[M]")
    month = firsts.astype(np.int64) % 12
    in_month = np.minimum((days - firsts).astype(np.int64), np.where(month == 1, 27, 30))
    of_year = _MONTH_STARTS[month] + in_month
    typical = (of_year[:, None] * 24 + np.arange(24)).ravel()
    period = np.repeat(np.arange(clock.size), clock.hours)[: typical.size]
    return typical, period
