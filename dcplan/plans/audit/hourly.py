"""The hourly carbon-free share of a plan, hour by hour: the lower of load and supply of every site."""

from __future__ import annotations

from datetime import date

import numpy as np

from dcplan.plans.audit.contracts import Target
from dcplan.plans.audit.physics import hall_overheads
from dcplan.plans.audit.promises_onsite import panels_kw
from dcplan.plans.audit.reading import Codes, Flags, Floats, UnreadableError
from dcplan.plans.audit.sun import typical_hours
from dcplan.plans.audit.world import World

METRIC = "hourly_carbon_free_share"


def matched(world: World, target: Target, member: Flags) -> tuple[float, float]:
    """Return what the sites of a boundary match in the hour of use, and what they draw [MWh]."""
    case, clock = world.case, world.case.clock
    y = clock.years.index(target.year)
    whole = typical_hours(date(target.year, 4, 1), date(target.year + 1, 4, 1))
    panels, overhead = panels_kw(world), hall_overheads(case)
    claimed = world.decisions.claimed_mwh.sum(axis=0)[:, y]
    met = drawn = 0.0
    for t in np.flatnonzero(clock.year_of == y).tolist():
        hours = typical_hours(clock.starts[t], clock.ends[t])
        it = world.energy.hall_it[:, t] * 1000 / clock.hours[t]
        standing = world.physics.a0_kw * world.decisions.in_service[:, t]
        power = it[:, None] * (1 + world.physics.a1[:, None] + overhead[:, hours]) + standing[:, None]
        for s in np.flatnonzero(member).tolist():
            load = power[case.halls.site == s].sum(axis=0)
            supply = np.zeros(load.shape)
            if case.sites.owned[s]:
                supply = _panels(world, panels, s, t, hours)
                if claimed[s] > 0:
                    supply = supply + claimed[s] * 1000 * _shape(world, target, s, hours, whole)
            met += float(np.minimum(load, supply).sum()) / 1000
            drawn += float(load.sum()) / 1000
    return met, drawn


def _panels(world: World, panels: Floats, s: int, t: int, hours: Codes) -> Floats:
    """Return what panels give in the hours of a period [kW]: by the sun, or evenly where it is not known."""
    sun = world.case.sites.sun[s]
    if np.isnan(sun).any():
        even = world.case.sites.onsite_mwh[s, t] * 1000 / world.case.clock.hours[t]
        return np.full(len(hours), even)
    return np.asarray(panels[s, t] * sun[hours])


def _shape(world: World, target: Target, s: int, hours: Codes, whole: Codes) -> Floats:
    """Return the share of a claimed MWh of the year that comes in each hour."""
    if target.profile == "flat":
        return np.full(len(hours), 1 / len(whole))
    sun = world.case.sites.sun[s]
    if np.isnan(sun).any():
        raise UnreadableError("targets.csv", f"the sun at {world.sites[1][s]} is not known")
    return np.asarray(sun[hours] / sun[whole].sum())
