"""Promises about racks: demand, flow and churn, pinned racks, the lasting shares of a site and a region."""

from __future__ import annotations

import numpy as np

from dcplan.plans.audit.bookings import check_bookings
from dcplan.plans.audit.physics import sites_of
from dcplan.plans.audit.reading import Flags, Floats
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World


def check_racks(world: World, ledger: Ledger) -> None:
    """Check every promise about where racks are and how they come and go."""
    _eligible(world, ledger)
    _whole_racks(world, ledger)
    _meet_demand(world, ledger)
    _flow(world, ledger)
    _whole_churn(world, ledger)
    _pinned_racks(world, ledger)
    check_bookings(world, ledger)
    _shares(world, ledger)


def _eligible(world: World, ledger: Ledger) -> None:
    """Racks of a class stand only in its regions and in halls that can feed them, at the opening too."""
    opening = world.case.classes.opening
    axes = (world.classes, world.halls)
    message = "opening racks in a hall not open to them"
    ledger.at_most("eligible", axes, opening, 0.0, 0.0, message, ~world.case.classes.eligible)


def _whole_racks(world: World, ledger: Ledger) -> None:
    plan, tail = world.decisions, world.case.clock.tail
    axes = (world.classes, world.halls, world.periods)
    named = {
        "racks": plan.racks,
        "moved_out": plan.moved_out,
        "churned": plan.churned,
        "placed": plan.placed,
    }
    for name, table in named.items():
        ledger.whole("whole_racks", axes, table, f"{name} is not whole", ~tail)
        ledger.at_least("whole_racks", axes, table, 0.0, np.where(tail, 1.0, 0.0), f"{name} is negative")
    two = (world.classes, world.periods)
    ledger.at_least("whole_racks", two, plan.unserved, 0.0, 1.0, "unserved is negative")


def _meet_demand(world: World, ledger: Ledger) -> None:
    plan, demand = world.decisions, world.case.classes.demand
    axes = (world.classes, world.periods)
    met = plan.racks.sum(axis=1) + plan.unserved
    scale = np.where(world.case.clock.tail, largest(demand), 0.0)
    ledger.equal("meet_demand", axes, demand, met, scale, "racks and unserved racks are not the demand")
    if not (world.reference or world.soft):
        ledger.equal("meet_demand", axes, 0.0, plan.unserved, 0.0, "an optimised plan serves all demand")


def previous_racks(world: World) -> Floats:
    """Return the racks at the end of the period before: (class, hall, period)."""
    opening = world.case.classes.opening[:, :, None]
    return np.concatenate([opening, world.decisions.racks[:, :, :-1]], axis=2)


def _flow(world: World, ledger: Ledger) -> None:
    plan, tail = world.decisions, world.case.clock.tail
    axes = (world.classes, world.halls, world.periods)
    before = previous_racks(world)
    after = before - plan.churned - plan.moved_out + plan.placed
    size = largest(before, plan.racks, plan.churned, plan.moved_out, plan.placed)
    scale = np.where(tail, size, 0.0)
    message = "racks are not what was there, less gone, plus placed"
    ledger.equal("flow", axes, after, plan.racks, scale, message)
    left = before - plan.churned - plan.moved_out
    ledger.at_least("flow", axes, left, 0.0, scale, "more racks leave than were there")
    fixed = ~world.case.classes.movable[:, None, None]
    ledger.equal("flow", axes, 0.0, plan.moved_out, 0.0, "racks of this class may not move", fixed)
    placed = plan.placed.sum(axis=1, keepdims=True)
    elsewhere = placed - plan.placed
    by_class = np.where(tail, largest(placed), 0.0)
    ledger.at_most("flow", axes, plan.moved_out, elsewhere, by_class, "moved racks are not placed elsewhere")
    two = (world.classes, world.periods)
    moved = plan.moved_out.sum(axis=1)
    ledger.at_most("flow", two, moved, placed[:, 0], by_class[:, 0], "more racks are moved than placed")


def _whole_churn(world: World, ledger: Ledger) -> None:
    """A hall churns the due share of its racks at the turn of a fiscal year, rounded down to whole racks."""
    axes = (world.classes, world.halls, world.periods)
    tail = world.case.clock.tail
    due = world.case.classes.churn[:, None, :] * previous_racks(world)
    whole = np.where(tail, due, np.floor(due + 1e-9))
    scale = np.where(tail, np.maximum(due, 1.0), 0.0)
    message = "not the share of the racks that is due, rounded down"
    ledger.equal("whole_churn", axes, whole, world.decisions.churned, scale, message)


def _pinned_racks(world: World, ledger: Ledger) -> None:
    racks, clock = world.decisions.racks, world.case.clock
    for k, h, count, until in world.case.classes.pinned:
        active = np.array([until is None or start < until for start in clock.starts], dtype=np.bool_)
        here = (("class", [world.classes[1][k]]), ("hall", [world.halls[1][h]]))
        scale = np.where(clock.tail, max(count, 1.0), 0.0)
        found = racks[k, h][None, None, :]
        ledger.at_least(
            "pinned_racks", (*here, world.periods), found, count, scale, "pinned racks have left", active
        )


def _shares(world: World, ledger: Ledger) -> None:
    """A site or region holds at most its share of a class, or what survives of the opening racks there."""
    case = world.case
    of_site = sites_of(case)
    ledger_axes = (world.classes, world.sites, world.periods)
    limit = _share_limit(world, of_site, case.classes.max_site_share)
    held = np.einsum("kht,hs->kst", world.decisions.racks, of_site.astype(np.float64))
    ledger.at_most("site_share", ledger_axes, held, limit, largest(limit), "too large a share at one site")
    names = list(dict.fromkeys(case.sites.region))
    place = np.array([names.index(case.sites.region[s]) for s in case.halls.site], dtype=np.int64)
    of_region = np.asarray(place[:, None] == np.arange(len(names))[None, :])
    limit = _share_limit(world, of_region, case.classes.max_region_share)
    held = np.einsum("kht,hr->krt", world.decisions.racks, of_region.astype(np.float64))
    axes = (world.classes, ("region", names), world.periods)
    ledger.at_most("region_share", axes, held, limit, largest(limit), "too large a share in one region")


def _share_limit(world: World, member: Flags, share: Floats) -> Floats:
    classes = world.case.classes
    survival = np.cumprod(1 - classes.churn, axis=1)
    group = member.astype(np.float64)
    opening = classes.opening @ group
    halls = (classes.opening > 0).astype(np.float64) @ group
    turns = np.cumsum(np.diff(world.case.clock.year_of, prepend=world.case.clock.year_of[0]) > 0)
    kept = opening[:, :, None] * survival[:, None, :] + halls[:, :, None] * turns
    return np.maximum(share[:, None, None] * classes.demand[:, None, :], kept)
