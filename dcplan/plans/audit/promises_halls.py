"""Promises about halls: places, power, what is in service, and which sites are kept."""

from __future__ import annotations

import numpy as np

from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.promises_projects import receiving_kw
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World, by_period, overlap_racks


def check_halls(world: World, ledger: Ledger) -> None:
    """Check every promise about places, power, what is in service and which sites are kept."""
    occupied = world.decisions.racks + overlap_racks(world)
    _rack_places(world, ledger, occupied)
    _power(world, ledger, occupied)
    _start_once(world, ledger)
    _kept(world, ledger)


def leased_by_hall(world: World) -> Floats:
    """Return the leased racks of every hall (hall, period); owned halls have none."""
    lease = world.case.halls.lease
    rows = np.concatenate([world.decisions.leased, np.zeros((1, world.case.clock.size))])
    return rows[lease]


def hall_places(world: World) -> Floats:
    """Return the rack places that may be filled in each hall and period."""
    halls = world.case.halls
    own = halls.places[:, None] * world.decisions.in_service
    return np.asarray(
        halls.largest_fill[:, None] * np.where(halls.owned[:, None], own, leased_by_hall(world))
    )


def _rack_places(world: World, ledger: Ledger, occupied: Floats) -> None:
    places = hall_places(world)
    axes = (world.halls, world.periods)
    scale = largest(occupied.max(axis=0), places)
    message = "racks with overlap exceed the places"
    ledger.at_most("rack_places", axes, occupied.sum(axis=0), places, scale, message)


def _it_peak(world: World, occupied: Floats) -> Floats:
    """Return peak IT kW with diversity: (class, hall, period)."""
    peak_kw = by_period(world, world.case.classes.peak_kw)[:, None, :]
    return np.asarray(world.case.setting("peak_diversity") * peak_kw * occupied)


def design_kw(world: World) -> Floats:
    """Return peak kW at the design temperature, racks still in overlap included: (site, period)."""
    peak = _it_peak(world, world.decisions.racks + overlap_racks(world)).sum(axis=0)
    fixed = world.physics.a0_kw[:, None] * world.decisions.in_service
    return by_site(world.case, peak * (1 + world.physics.a1 + world.physics.extreme)[:, None] + fixed)


def _power(world: World, ledger: Ledger, occupied: Floats) -> None:
    case, halls = world.case, world.case.halls
    contract = by_period(world, case.classes.contract_kw)[:, None, :] * occupied
    per_place = (halls.it_kw / np.where(halls.places > 0, halls.places, 1.0))[:, None]
    owned = halls.owned[:, None]
    terms = np.where(owned[None], _it_peak(world, occupied), contract)
    own = halls.it_kw[:, None] * world.decisions.in_service
    limit = np.where(owned, own, per_place * leased_by_hall(world))
    scale = largest(terms.max(axis=0), limit)
    message = "peak IT kW exceeds the hall's power"
    ledger.at_most("hall_power", (world.halls, world.periods), terms.sum(axis=0), limit, scale, message)
    received = receiving_kw(world)
    ledger.at_most(
        "site_power",
        (world.sites, world.periods),
        design_kw(world),
        received,
        largest(received),
        "peak kW on the hottest design day exceeds the receiving kW",
        case.sites.owned[:, None],
    )


def _start_once(world: World, ledger: Ledger) -> None:
    """A hall is in service or not, and once in service it stays; existing halls always are."""
    halls, on = world.case.halls, world.decisions.in_service
    axes = (world.halls, world.periods)
    ledger.whole("start_once", axes, on, "in_service is neither 0 nor 1", halls.owned[:, None])
    ledger.at_most("start_once", axes, np.abs(on - 0.5), 0.5, 0.0, "in_service is neither 0 nor 1")
    opening = np.where(halls.candidate, 0.0, 1.0)[:, None]
    before = np.concatenate([opening, on[:, :-1]], axis=1)
    ledger.at_least("start_once", axes, on, before, 0.0, "a hall leaves service")
    has_project = {project.hall for project in world.contracts.projects}
    orphan = np.array([c and h not in has_project for h, c in enumerate(halls.candidate)], dtype=np.bool_)
    ledger.equal("start_once", axes, 0.0, on, 0.0, "a hall starts without a project", orphan[:, None])


def _kept(world: World, ledger: Ledger) -> None:
    """A site is kept or left; once left it stays left, and an owned site is always kept."""
    kept, owned = world.decisions.kept, world.case.sites.owned[:, None]
    axes = (world.sites, world.periods)
    off = np.abs(np.abs(kept - 0.5) - 0.5)
    ledger.at_most("kept_monotone", axes, off, 0.0, 0.0, "kept is neither 0 nor 1")
    ledger.equal("kept_monotone", axes, 1.0, kept, 0.0, "an owned site is left", owned)
    before = np.concatenate([np.ones((kept.shape[0], 1)), kept[:, :-1]], axis=1)
    ledger.at_most("kept_monotone", axes, kept, before, 0.0, "a site that was left is kept again")
