"""Promises about batteries and panels, hour by hour over every day of every period."""

from __future__ import annotations

from datetime import date

import numpy as np

from dcplan.plans.audit.onsite import aged, may_come
from dcplan.plans.audit.physics import hall_overheads
from dcplan.plans.audit.reading import Flags, Floats
from dcplan.plans.audit.report import TOLERANCE, Ledger, largest
from dcplan.plans.audit.sun import period_mwh, typical_hours
from dcplan.plans.audit.world import World


def check_onsite(world: World, ledger: Ledger) -> None:
    """Check what is bought, that panels feed the site alone, and that batteries hold what they cut to."""
    onsite = world.contracts.onsite
    if onsite.options:
        _bought(world, ledger)
    if not (onsite.with_battery.any() or onsite.options):
        return
    overhead = hall_overheads(world.case)
    panels = panels_kw(world)
    for s in np.flatnonzero(world.case.sites.owned).tolist():
        for t in range(world.case.clock.size):
            if world.decisions.bought["pv_kw"][s, world.case.clock.year_of[t]] > 0:
                _self_use(world, ledger, overhead, panels, (s, t))
            if onsite.with_battery[s]:
                _holds(world, ledger, overhead, panels, (s, t))


def _bought(world: World, ledger: Ledger) -> None:
    """What is bought comes when it may, stays, and is no more than there is room for."""
    clock = world.case.clock
    for option in world.contracts.onsite.options:
        held = world.decisions.bought[option.kind][option.site]
        before = np.concatenate([[0.0], held[:-1]])
        scale = max(option.most, 1.0)
        for y, year in enumerate(clock.years):
            where = {"unit": option.name, "fiscal_year": str(year)}
            most = option.most if may_come(option, year, clock) else before[y]
            low, high = before[y] - held[y], held[y] - most
            ledger.require("onsite_stays", low <= TOLERANCE * scale, where, before[y], held[y], "it is sold")
            message = "more is bought than may come"
            ledger.require("onsite_stays", high <= TOLERANCE * scale, where, most, held[y], message)


def panels_kw(world: World) -> Floats:
    """Return panels, standing and bought, in kW that give what the irradiance says: (site, period)."""
    clock, sites = world.case.clock, world.case.sites
    per_kw = period_mwh(sites.sun, clock)
    lit = np.nan_to_num(per_kw) > 0
    standing = np.divide(sites.onsite_mwh, per_kw, out=np.zeros_like(per_kw), where=lit)
    return np.asarray(standing + aged(world.bought, "pv_kw", len(sites.rows), clock)[:, clock.year_of])


def _days(start: date, end: date) -> Floats:
    return np.asarray(typical_hours(start, end).reshape(-1, 24))


def _self_use(world: World, ledger: Ledger, overhead: Floats, panels: Floats, at: tuple[int, int]) -> None:
    """Panels give less than the site draws at its mean load, in every hour."""
    s, t = at
    case, clock = world.case, world.case.clock
    hours = typical_hours(clock.starts[t], clock.ends[t])
    halls = case.halls.site == s
    load = world.energy.hall_it[halls, t] * 1000 / clock.hours[t]
    drawn = _power(world, halls, t, load, overhead[halls][:, hours])
    given = panels[s, t] * case.sites.sun[s, hours]
    worst = float((given - drawn).max())
    where = _where(world, s, t)
    tolerance = TOLERANCE * float(drawn.max(initial=1.0))
    ledger.require("self_use", worst <= tolerance, where, 0.0, worst, "panels give more than the site draws")


def _power(world: World, halls: Flags, t: int, it_kw: Floats, overhead: Floats) -> Floats:
    """Return the power of a site in every hour: its halls' IT load held, the overhead that of the hour."""
    slope = 1 + world.physics.a1[halls, None] + overhead
    standing = (world.physics.a0_kw[halls] * world.decisions.in_service[halls, t]).sum()
    return np.asarray((it_kw[:, None] * slope).sum(axis=0) + standing)


def _holds(world: World, ledger: Ledger, overhead: Floats, panels: Floats, at: tuple[int, int]) -> None:
    """On every day the batteries hold the peak less its cut, and are charged again by midnight."""
    s, t = at
    case, clock, onsite = world.case, world.case.clock, world.contracts.onsite
    y, cut, where = clock.year_of[t], float(world.decisions.peak_cut_kw[s, t]), _where(world, s, t)
    days = _days(clock.starts[t], clock.ends[t])
    halls = case.halls.site == s
    peak_kw = world.case.classes.peak_kw[:, clock.year_of[t]]
    it = case.setting("peak_diversity") * (world.decisions.racks[:, halls, t] * peak_kw[:, None]).sum(axis=0)
    sun = np.nan_to_num(case.sites.sun[s])
    load = _power(world, halls, t, it, overhead[halls][:, days.ravel()]) - panels[s, t] * sun[days.ravel()]
    load = load.reshape(days.shape)
    level = world.energy.peak_kw[s, t] - cut
    own = (float(onsite.power_kw[s, y]), float(onsite.usable_kwh[s, y]))
    kwh = aged(world.bought, "battery_kwh", len(case.sites.rows), clock)
    new = (float(world.decisions.bought["battery_kw"][s, y]), float(kwh[s, y]))
    power, energy = own[0] + new[0], own[1] + new[1]
    tolerance = TOLERANCE * float(largest(world.energy.peak_kw[s, t]))
    above = np.maximum(load - level, 0.0)
    above = np.where(above > tolerance, above, 0.0)
    need = above.sum(axis=1)
    ledger.require("battery_cut", cut >= -tolerance, where, 0.0, cut, "the cut is negative", tolerance)
    message = "the cut is above the power of the batteries"
    ledger.require("battery_cut", cut <= power + tolerance, where, power, cut, message, tolerance)
    worst = float(need.max(initial=0.0))
    message = "the cut needs more energy than the batteries hold"
    ledger.require("battery_cut", worst <= energy + 24 * tolerance, where, energy, worst, message, tolerance)
    for mine, other in ((own, new), (new, own)):  # what one battery has no power for falls to the other
        beyond = float(np.maximum(above - other[0], 0.0).sum(axis=1).max(initial=0.0))
        message = "what one battery leaves open needs more energy than the other holds"
        ledger.require(
            "battery_cut", beyond <= mine[1] + 24 * tolerance, where, mine[1], beyond, message, tolerance
        )
    last = 23 - np.argmax((above > 0)[:, ::-1], axis=1)
    after = (np.arange(24) > last[:, None]) & (need > 0)[:, None]
    room = np.where(after, np.clip(level - load, 0.0, power), 0.0).sum(axis=1)
    short = float((need - onsite.round_trip[s] * room).max(initial=0.0))
    message = "the batteries are not charged again by midnight"
    ledger.require("battery_cut", short <= 24 * tolerance, where, 0.0, short, message, tolerance)


def _where(world: World, s: int, t: int) -> dict[str, str]:
    return {"site": world.sites[1][s], "period": world.case.clock.labels[t]}
