"""Promises about the fleet: moves, contract power, claims, targets, CAPEX budget, caps and pins."""

from __future__ import annotations

import numpy as np

from dcplan.plans.audit.contracts import Pin, Target
from dcplan.plans.audit.dates import plus_months
from dcplan.plans.audit.hourly import METRIC, matched
from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.ppas import check_ppas
from dcplan.plans.audit.project_money import capex_by_year
from dcplan.plans.audit.reading import Flags, Floats
from dcplan.plans.audit.report import TOLERANCE, Axis, Ledger, largest
from dcplan.plans.audit.world import World, over_years


def check_fleet(world: World, ledger: Ledger) -> None:
    """Check every promise that ties sites, years and the whole fleet together."""
    _move_limit(world, ledger)
    _demand_charge(world, ledger)
    _claims(world, ledger)
    check_ppas(world, ledger)
    _targets(world, ledger)
    _capex_budget(world, ledger)
    _caps(world, ledger)
    for pin in world.contracts.pins:
        _pin(world, ledger, pin)


def move_limits(world: World) -> tuple[Floats, Floats]:
    """Return the most racks that may move in each period, in the fleet and from one site."""
    case = world.case
    fleet = case.setting("move_limit_fleet_racks_per_month") * case.clock.months
    site = case.setting("move_limit_site_racks_per_month") * case.clock.months
    return np.floor(fleet + 1e-9), np.asarray(site, dtype=np.float64)


def _move_limit(world: World, ledger: Ledger) -> None:
    case, moved = world.case, world.decisions.moved_out
    fleet, site = move_limits(world)
    total = moved.sum(axis=(0, 1))
    ledger.at_most("move_limit", (world.periods,), total, fleet, largest(fleet), "too many racks move")
    of_site = by_site(case, moved.sum(axis=0))
    axes = (world.sites, world.periods)
    ledger.at_most("move_limit", axes, of_site, site, largest(site), "too many racks leave one site")
    of_class = over_years(world, moved.sum(axis=1))
    limit = (case.classes.yearly_move_share * case.classes.opening.sum(axis=1))[:, None]
    by_year = (world.classes, world.years)
    message = "too many racks of the class move in a year"
    ledger.at_most("move_limit", by_year, of_class, limit, largest(limit), message)


def billing_window(world: World, site: int, t: int) -> list[int]:
    """Return the periods whose peaks bind the contract power of a site in period t.

    `agreed`: the same fiscal year. `ratchet`: itself and what has a day in the 11 months before its
    start, which with its own first month make twelve; in the tail itself only. `none`: no period.
    """
    clock, rule = world.case.clock, world.case.sites.demand_rule[site]
    if rule == "agreed":
        return [p for p in range(clock.size) if clock.year_of[p] == clock.year_of[t]]
    if rule != "ratchet":
        return []
    since = plus_months(clock.starts[t], -11)
    return [p for p in range(t + 1) if p == t or (not clock.tail[t] and clock.ends[p] > since)]


def _demand_charge(world: World, ledger: Ledger) -> None:
    case, clock, peak = world.case, world.case.clock, world.energy.peak_kw
    needed, drawn = np.zeros(peak.shape), peak - world.decisions.peak_cut_kw
    remembered = plus_months(clock.as_of, 11)
    for s in np.flatnonzero(case.sites.owned).tolist():
        for t in range(clock.size):
            needed[s, t] = max((drawn[s, p] for p in billing_window(world, s, t)), default=0.0)
            if case.sites.demand_rule[s] == "ratchet" and clock.starts[t] < remembered and not clock.tail[t]:
                needed[s, t] = max(needed[s, t], case.sites.opening_peak_kw[s])
    axes = (world.sites, world.periods)
    found = world.decisions.contract_kw
    message = "contract_kw is below the peak that the demand rule looks at"
    ledger.at_least("demand_charge", axes, found, needed, largest(needed), message, case.sites.owned[:, None])


def _claims(world: World, ledger: Ledger) -> None:
    """A claimed MWh is imported at the site where it is claimed and sold by the instrument in that year."""
    claimed, instruments = world.decisions.claimed_mwh, world.contracts.instruments
    axes: tuple[Axis, ...] = (("instrument", list(instruments.rows)), world.sites, world.years)
    ledger.at_least("claims", axes, claimed, 0.0, 1.0, "the claim is negative")
    imported = over_years(world, world.energy.imported)
    used = claimed.sum(axis=0)
    pair = (world.sites, world.years)
    ledger.at_most("claims", pair, used, imported, largest(imported), "more is claimed than imported")
    volume = instruments.volume_mwh
    sold = np.where(instruments.ppa[:, None], 0.0, claimed.sum(axis=1))
    both = (axes[0], world.years)
    ledger.at_most("claims", both, sold, volume, largest(volume), "claims exceed the volume")


def inside(world: World, target: Target) -> Flags:
    """Return which sites (S) a target's boundary holds."""
    owned = world.case.sites.owned
    return owned if target.boundary == "owned" else np.ones_like(owned)


def location_t(world: World) -> Floats:
    """Return location-based tCO2e by site and period: imports of owned, all energy of leased sites."""
    sites, energy = world.case.sites, world.energy
    counted = np.where(sites.owned[:, None], energy.imported, energy.facility)
    return np.asarray(sites.kg_per_kwh[:, world.case.clock.year_of] * counted)


def renewable_claims(world: World) -> Floats:
    """Return the renewable MWh claimed by site and fiscal year."""
    renewable = world.contracts.instruments.renewable.astype(np.float64)
    return np.asarray(np.einsum("isy,i->sy", world.decisions.claimed_mwh, renewable))


def target_sides(world: World, target: Target) -> tuple[float, float]:
    """Return what a target compares: (achieved, base), with achieved = share x base at the limit.

    renewable_share: renewable MWh and facility MWh; the hourly share: MWh matched in the hour of use and
    facility MWh; pue: facility MWh and IT MWh; location_tco2e: t and 1.
    """
    member = inside(world, target)
    y = world.case.clock.years.index(target.year)
    facility = float(over_years(world, world.energy.facility)[member, y].sum())
    if target.metric == "renewable_share":
        onsite = over_years(world, world.energy.onsite)[member, y].sum()
        return float(renewable_claims(world)[member, y].sum() + onsite), facility
    if target.metric == METRIC:
        return matched(world, target, member)
    if target.metric == "pue":
        return facility, float(over_years(world, world.energy.it)[member, y].sum())
    return float(over_years(world, location_t(world))[member, y].sum()), 1.0


def shortfall(world: World, target: Target) -> float:
    """Return by how much a target is missed in its unit (MWh or t); negative where it is more than met."""
    achieved, base = target_sides(world, target)
    gap = target.value * base - achieved
    return gap if target.metric in {"renewable_share", METRIC} else -gap


def _targets(world: World, ledger: Ledger) -> None:
    """A target holds with its published miss; a hard one has none.

    A reference plan is not held to targets. The miss that it publishes is 0, or what it falls short by.
    """
    for place, target in enumerate(world.contracts.targets):
        where = {"target": target.name, "fiscal_year": str(target.year)}
        miss, short = float(world.decisions.miss[place]), shortfall(world, target)
        achieved, base = target_sides(world, target)
        tolerance = TOLERANCE * float(largest(achieved, target.value * base))
        told = world.reference and abs(miss - max(short, 0.0)) <= tolerance
        message = f"{target.metric} of {target.boundary} sites is missed by more than the published miss"
        if world.reference or target.hard:
            ledger.require("targets", short <= tolerance, where, 0.0, short, message, tolerance)
            holds = told or miss == 0
            ledger.require("target_misses", holds, where, 0.0, miss, "a miss that is not one", tolerance)
            continue
        ledger.require("target_misses", miss >= short - tolerance, where, short, miss, message, tolerance)
        ledger.require("target_misses", miss >= -tolerance, where, 0.0, miss, "a negative miss", tolerance)


def _capex_budget(world: World, ledger: Ledger) -> None:
    budget = world.case.budget_mjpy
    spent = capex_by_year(world).sum(axis=0)
    bound = np.isfinite(budget)
    limit = np.where(bound, budget, 0.0)
    message = "cash CAPEX exceeds the budget"
    ledger.at_most("capex_budget", (world.years,), spent, limit, largest(limit), message, bound)


def _caps(world: World, ledger: Ledger) -> None:
    """A measure summed over the horizon keeps within its cap."""
    for cap in world.contracts.caps:
        found = _over_horizon(world, cap.measure)
        tolerance = TOLERANCE * float(largest(cap.value, found))
        message = f"{cap.measure} of the horizon exceeds its cap"
        ledger.require("caps", found <= cap.value + tolerance, {"cap": cap.name}, cap.value, found, message,
                       tolerance)  # fmt: skip


def _over_horizon(world: World, measure: str) -> float:
    clock = world.case.clock
    years = np.isin(np.array(clock.years), np.array(clock.horizon_years))
    if measure == "capex_mjpy":
        return float(capex_by_year(world)[:, years].sum())
    if measure == "moved_racks":
        return float(world.decisions.moved_out[:, :, ~np.asarray(clock.tail)].sum())
    located = float(over_years(world, location_t(world))[:, years].sum())
    if measure == "location_tco2e":
        return located
    return located - float((world.case.sites.kg_per_kwh * renewable_claims(world))[:, years].sum())


def _pin(world: World, ledger: Ledger, pin: Pin) -> None:
    clock = world.case.clock
    values = _pinned_values(world, pin)
    for t in range(clock.size):
        if clock.starts[t] < pin.period_from or (pin.period_to and clock.starts[t] >= pin.period_to):
            continue
        value = float(values[t])
        tolerance = 1e-6 * max(abs(pin.value), 1.0)
        excess = {"<=": value - pin.value, ">=": pin.value - value}.get(pin.sense, abs(value - pin.value))
        where = {"pin": pin.name, "period": clock.labels[t]}
        message = f"{pin.decision} is not {pin.sense} the pinned value"
        ledger.require("pins", excess <= tolerance, where, pin.value, value, message, tolerance)


def _pinned_values(world: World, pin: Pin) -> Floats:
    """Return the pinned decision by period, summed over the labels that the pin leaves open."""
    case, plan = world.case, world.decisions
    at_site = np.array([pin.site in {"", name} for name in case.sites.rows], dtype=np.bool_)
    at_hall = np.array([pin.hall in {"", name} for name in case.halls.rows], dtype=np.bool_)
    at_hall &= at_site[case.halls.site]
    if pin.decision == "kept":
        return np.asarray(plan.kept[at_site].sum(axis=0))
    if pin.decision == "in_service":
        return np.asarray(plan.in_service[at_hall].sum(axis=0))
    if pin.decision == "upgraded":
        named = [project.name == pin.project for project in world.contracts.projects]
        return np.asarray(plan.upgraded[np.array(named, dtype=np.bool_)].sum(axis=0))
    if pin.decision == "leased_racks":
        rented = [pin.lease in {"", name} for name in world.contracts.leases.rows]
        return np.asarray(plan.leased[np.array(rented, dtype=np.bool_)].sum(axis=0))
    of_class = np.array([pin.klass in {"", name} for name in case.classes.rows], dtype=np.bool_)
    table = plan.racks if pin.decision == "racks" else plan.moved_out
    return np.asarray(table[of_class][:, at_hall].sum(axis=(0, 1)))
