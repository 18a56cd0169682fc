"""Promises about leases: releases, fees' dates, steps, the committed minimum, option tranches."""

from __future__ import annotations

from datetime import date

import numpy as np

from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World

RULE = "lease_state"


def tranches(world: World, whole: bool) -> Floats:
    """Return racks under option tranches by (lease, period); with `whole` only where they last through."""
    leases, clock, added = world.contracts.leases, world.case.clock, world.decisions.added
    found = np.zeros(added.shape)
    for lease, start in np.argwhere(added > 0).tolist():
        end = leases.tranche_end[lease][start] or clock.starts[start]
        for t in range(start, clock.size):
            if clock.ends[t] <= end or (not whole and clock.starts[t] < end):
                found[lease, t] += added[lease, start]
    return found


def base_racks(world: World) -> Floats:
    """Return the racks under the lease itself, tranches apart: (lease, period)."""
    return np.asarray(world.decisions.leased - tranches(world, whole=True))


def release_day(world: World, lease: int, t: int) -> date:
    """Return the day on which racks released in a period go: its free date, else the period's start."""
    return world.contracts.leases.release[lease][t] or world.case.clock.starts[t]


def check_leases(world: World, ledger: Ledger) -> None:
    """Check the state of every lease in every period."""
    _state(world, ledger)
    _releases(world, ledger)
    _options(world, ledger)


def _state(world: World, ledger: Ledger) -> None:
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    axes = (world.leases, world.periods)
    base = base_racks(world)
    before = np.concatenate([leases.racks[:, None], base[:, :-1]], axis=1)
    message = "leased racks are not those before less released"
    ledger.equal(RULE, axes, before - plan.released, base, largest(before), message)
    ledger.at_least(RULE, axes, base, 0.0, 1.0, "leased racks are negative")
    over = np.arange(clock.size)[None, :] >= leases.forced[:, None]
    ledger.equal(RULE, axes, 0.0, base, 1.0, "the lease has ended without renewal", over)
    kept = plan.kept[leases.site]
    room = leases.racks[:, None] * kept
    ledger.at_most(RULE, axes, base, room, largest(room), "racks are leased at a site that was left")
    least = leases.least[:, None] * kept
    message = "fewer racks than the committed minimum are leased at a site that is kept"
    ledger.at_least("committed_minimum", axes, base, least, largest(least), message, ~over)


def _releases(world: World, ledger: Ledger) -> None:
    """Racks go on free dates or where a break is possible, in steps; a frozen plan gives none back."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    axes = (world.leases, world.periods)
    ledger.at_least(RULE, axes, plan.released, 0.0, 1.0, "released racks are negative")
    free = np.array([[day is not None for day in days] for days in leases.release], dtype=np.bool_)
    free = free.reshape(plan.released.shape)
    closed = ~free & np.isnan(leases.fee_months)
    message = "racks are released on a date that the contract does not allow or notice cannot reach"
    ledger.equal(RULE, axes, 0.0, plan.released, 1.0, message, closed)
    step = leases.step[:, None]
    for name, racks in (("released", plan.released), ("added", plan.added)):
        message = f"{name} racks are not a multiple of the smallest step"
        ledger.equal("lease_steps", axes, np.round(racks / step) * step, racks, 0.0, message)
    if world.reference:
        before_end = leases.forced[:, None] > np.arange(clock.size)[None, :]
        kept_back = before_end if world.plan == "frozen" else ~free
        message = "a frozen plan gives back no racks, an announced one none before its term"
        ledger.equal(RULE, axes, 0.0, plan.released, 1.0, message, kept_back)
        ledger.equal(RULE, axes, 0.0, plan.added, 1.0, "a reference plan takes no option")


def _options(world: World, ledger: Ledger) -> None:
    leases, plan = world.contracts.leases, world.decisions
    axes = (world.leases, world.periods)
    ledger.at_least("lease_options", axes, plan.added, 0.0, 1.0, "added racks are negative")
    closed = np.array([[day is None for day in days] for days in leases.tranche_end], dtype=np.bool_)
    message = "a tranche starts when the option or its notice does not allow it"
    ledger.equal("lease_options", axes, 0.0, plan.added, 1.0, message, closed.reshape(plan.added.shape))
    most = leases.option[:, None] * plan.kept[leases.site]
    active = tranches(world, whole=False)
    message = "more racks are under tranches than the option allows at a site that is kept"
    ledger.at_most("lease_options", axes, active, most, largest(most), message)
