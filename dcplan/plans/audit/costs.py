"""Every cost term of a plan in nominal M JPY and in present value, by site and period.

Flows are discounted at the middle of their period, events at their date, and what is settled by fiscal year
at the middle of that year. The last row of a term's table is the fleet, for costs that belong to no site.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from dcplan.plans.audit.analyst import PREFIX
from dcplan.plans.audit.onsite import upkeep
from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.ppas import ppa_cost
from dcplan.plans.audit.project_money import (
    annuity,
    asset_tax,
    bought_units,
    capex_events,
    payments,
    remaining,
    shield_after_end,
    tax_shield,
    value_at_end,
    value_of,
)
from dcplan.plans.audit.promised import changed_commitments
from dcplan.plans.audit.promises_leases import base_racks, release_day
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.world import World, by_period, overlap_periods, service_date_of

NOT_CASH = (
    "restoration_accrual",
    "shadow_carbon",
    "target_misses",
    "unserved",
    "commitment_change",
    "terminal_capex",
    "terminal_moves",
    "terminal_restoration",
    "deferred_relief",
    "terminal_tax_shield",
)
CAPEX = ("capex", "onsite_capex", "onsite_replacement")
NOT_DEDUCTED = (*CAPEX, "tax_relief", "tax_shield")
RULES = ("annuity", "book", "none")
SPREAD = ("restoration_accrual", "terminal_moves", "terminal_restoration")
TERMS = (
    "energy_owned",
    "energy_leased",
    "demand_charge",
    "rent",
    "staff",
    "maintenance",
    "operations",
    "onsite_maintenance",
    "moves",
    "overlap_rent",
    "break_fee",
    "restoration",
    *CAPEX,
    "asset_tax",
    "instruments",
    "ppa",
    "tax_relief",
    "tax_shield",
    *NOT_CASH,
)


@dataclass(frozen=True)
class Bill:
    """Costs by term: nominal and present value, each (site and fleet, period) in M JPY."""

    nominal: dict[str, Floats]
    present: dict[str, Floats]

    @property
    def total(self) -> float:
        """The objective: the sum of all present values."""
        return float(sum(table.sum() for table in self.present.values()))

    @property
    def largest(self) -> float:
        """The largest single present value."""
        return max((float(np.abs(table).max()) for table in self.present.values()), default=0.0)


def make_bills(world: World, rules: Iterable[str]) -> dict[str, Bill]:
    """Return all costs of a plan under each rule for terminal value; what no rule touches is the same."""
    return {rule: _under(world, rule, *same) for same in [_before_the_end(world)] for rule in rules}


def _before_the_end(world: World) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Return the costs that are the same under every rule for terminal value: nominal and present."""
    clock, sites = world.case.clock, len(world.case.sites.rows)
    nominal = {term: np.zeros((sites + 1, clock.size)) for term in TERMS}
    present = {term: np.zeros((sites + 1, clock.size)) for term in TERMS}
    middle = clock.middle_factors()
    for term, table in _flows(world):
        nominal[term][: len(table)] += table
        present[term][: len(table)] += table * middle
    last, of_years = clock.last_of_years(), clock.year_factors()
    for term, table in _settled_by_year(world):
        nominal[term][:, last] += table
        present[term][:, last] += table * of_years
    for term, site, t, amount, factor in _events(world):
        nominal[term][site, t] += amount
        present[term][site, t] += amount * factor
    return nominal, present


def _under(world: World, rule: str, nominal: dict[str, Floats], present: dict[str, Floats]) -> Bill:
    """Return all costs under a rule: what is accrued and what is left at the end are added."""
    clock = world.case.clock
    nominal, present = ({term: each.copy() for term, each in of.items()} for of in (nominal, present))
    accrued = _accrued(world, rule)
    nominal["restoration_accrual"][:-1] += accrued
    present["restoration_accrual"][:-1] += accrued * clock.middle_factors()
    end = clock.factor_at(clock.end)
    for term, site, amount in _terminal(world, rule):
        nominal[term][site, -1] += amount
        present[term][site, -1] += amount * end
    if world.after_tax:
        _relieve(world, nominal)
        _relieve(world, present)
    for term, (added, worth) in world.analyst.items():
        nominal[term], present[term] = added, worth
    return Bill(nominal, present)


def is_cash(term: str) -> bool:
    """Return whether a term is paid."""
    return term not in NOT_CASH and not term.startswith(PREFIX)


def _relieve(world: World, table: dict[str, Floats]) -> None:
    """Add what tax gives back of cash costs but CAPEX, and of costs that are spread over time."""
    rate = world.case.setting("tax_rate")
    paid = (term for term in TERMS if term not in NOT_CASH and term not in NOT_DEDUCTED)
    for term in paid:
        table["tax_relief"] -= rate * table[term]
    for term in SPREAD:
        table["deferred_relief"] -= rate * table[term]


def _flows(world: World) -> Iterator[tuple[str, Floats]]:
    """Yield costs that run through a period: (site, period), or with the fleet as last row."""
    case, plan, clock = world.case, world.decisions, world.case.clock
    sites, halls, leases = case.sites, case.halls, world.contracts.leases
    owned = sites.owned[:, None]
    price = by_period(world, sites.energy_jpy_per_kwh)
    yield "energy_owned", np.where(owned, price * world.energy.imported / 1000, 0.0)
    pue = np.concatenate([leases.contract_pue, np.zeros(1)])[halls.lease]
    yield "energy_leased", price * by_site(case, world.energy.hall_it * pue[:, None]) / 1000
    demand = by_period(world, sites.demand_jpy_per_kw_month)
    yield "demand_charge", plan.contract_kw * demand * clock.months / 1e6
    yield "rent", _rent(world)
    part = clock.months / 12
    staff = case.setting("staff_mjpy_per_fte_year") * part
    on = np.where(halls.owned[:, None], plan.in_service, 0.0)
    fte = sites.staff_fte[:, None] * plan.kept + by_site(case, halls.staff_fte[:, None] * on)
    yield "staff", fte * staff
    yield "maintenance", by_site(case, halls.maintenance_mjpy[:, None] * on) * part
    present = np.einsum("kht,kt->ht", plan.racks, case.classes.mean_share)
    monthly = case.setting("operations_jpy_per_rack_month") * clock.months / 1e6
    yield "operations", by_site(case, present) * monthly
    kept_up = upkeep(world.bought, len(sites.rows), clock)
    yield "onsite_maintenance", by_period(world, kept_up) * clock.months / 12
    yield "moves", by_site(case, move_cost(world))
    _, rest = overlap_periods(world)
    rent = np.concatenate([leases.rate, np.zeros((1, clock.size))])[halls.lease]
    yield "overlap_rent", by_site(case, rent * plan.moved_out.sum(axis=0)) * rest / 1e6
    counted = np.where(owned, world.energy.imported, world.energy.facility)
    carbon = by_period(world, case.carbon_jpy_per_t) * by_period(world, sites.kg_per_kwh)
    yield "shadow_carbon", carbon * counted / 1e6
    unserved = case.classes.unserved_mjpy @ plan.unserved * part
    yield "unserved", np.concatenate([np.zeros((len(sites.rows), clock.size)), unserved[None]])


def _accrued(world: World, rule: str) -> Floats:
    """Return what is set aside for restoration while racks are leased: (site, period)."""
    clock, leases, leased = world.case.clock, world.contracts.leases, world.decisions.leased
    rate = 0.0 if rule == "book" else clock.rate
    spread = 0.0 if rule == "none" else annuity(rate, world.case.setting("restoration_life_years"))
    return _lease_sites(world, leases.restoration_mjpy[:, None] * leased * spread * clock.months / 12)


def move_cost(world: World) -> Floats:
    """Return the cost of moving racks out of each hall: (hall, period)."""
    return np.asarray(np.einsum("kht,k->ht", world.decisions.moved_out, world.case.classes.move_mjpy))


def _lease_sites(world: World, table: Floats) -> Floats:
    found = np.zeros((len(world.case.sites.rows), table.shape[1]))
    np.add.at(found, world.contracts.leases.site, table)
    return found


def _rent(world: World) -> Floats:
    """Return rent by site and period; racks given back pay until their release date, tranches by days."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    part = np.array(
        [
            [(day - clock.starts[t]).days if day else 0 for t, day in enumerate(days)]
            for days in leases.release
        ],
        dtype=np.float64,
    ).reshape(plan.leased.shape)
    before = leases.rate_before * plan.released * part / clock.days
    paid = leases.rate * base_racks(world) + before
    for lease, start in np.argwhere(plan.added > 0).tolist():
        end = leases.tranche_end[lease][start] or clock.starts[start]
        for t in range(start, clock.size):
            inside = max(0, (min(end, clock.ends[t]) - clock.starts[t]).days) / clock.days[t]
            paid[lease, t] += leases.option_rate[lease, t] * plan.added[lease, start] * inside
    return _lease_sites(world, paid * clock.months / 1e6)


def _settled_by_year(world: World) -> Iterator[tuple[str, Floats]]:
    """Yield costs of a whole fiscal year: (site and fleet, year)."""
    case, years = world.case, world.case.clock.years
    rows = len(case.sites.rows) + 1
    price = world.contracts.instruments.price_jpy_per_kwh
    bought = np.einsum("isy,iy->sy", world.decisions.claimed_mwh, price) / 1000
    yield "instruments", np.concatenate([bought, np.zeros((1, len(years)))])
    yield "ppa", np.concatenate([ppa_cost(world), np.zeros((1, len(years)))])
    missed = np.zeros((rows, len(years)))
    for place, target in enumerate(world.contracts.targets):
        if not target.hard:
            unit = 1e6 if target.metric == "location_tco2e" else 1.0
            missed[-1, years.index(target.year)] += target.price * world.decisions.miss[place] / unit
    yield "target_misses", missed
    tax, shield = np.zeros((rows, len(years))), np.zeros((rows, len(years)))
    for project in world.contracts.projects:
        service = service_date_of(world, project)
        if service is not None:
            tax[project.site] += asset_tax(world, project, service)
            shield[project.site] -= tax_shield(world, project, service)
    for _, owned, day in bought_units(world):
        tax[owned.site] += asset_tax(world, owned, day)
        shield[owned.site] -= tax_shield(world, owned, day)
    yield "asset_tax", tax
    if world.after_tax:
        yield "tax_shield", shield


def _events(world: World) -> Iterator[tuple[str, int, int, float, float]]:
    """Yield what is paid on a date: term, site, period, amount and discount factor."""
    yield from changed_commitments(world)
    clock = world.case.clock
    for project in world.contracts.projects:
        for day, amount in capex_events(world, project):
            t = clock.holding(day)
            if t is not None:
                yield "capex", project.site, t, amount, clock.factor_at(day)
    for term, unit, service in bought_units(world):
        for day, amount in payments(world, unit, service):
            if (t := clock.holding(day)) is not None:
                yield term, unit.site, t, amount, clock.factor_at(day)
    for lease, t, day, amount in _restorations(world):
        yield "restoration", int(world.contracts.leases.site[lease]), t, amount, clock.factor_at(day)
    fees = break_fees(world)
    for lease, t in np.argwhere(fees > 0).tolist():
        factor = clock.factor_at(clock.starts[t])
        yield "break_fee", int(world.contracts.leases.site[lease]), t, float(fees[lease, t]), factor


def _restorations(world: World) -> Iterator[tuple[int, int, date, float]]:
    """Yield restoration at release and at a tranche's end: lease, period, date and amount."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    for lease, t in np.argwhere(plan.released != 0).tolist():
        amount = float(leases.restoration_mjpy[lease] * plan.released[lease, t])
        yield lease, t, release_day(world, lease, t), amount
    for lease, start in np.argwhere(plan.added > 0).tolist():
        end = leases.tranche_end[lease][start]
        last = clock.holding(end) if end else None
        if end and last is not None:
            yield lease, last, end, float(leases.restoration_mjpy[lease] * plan.added[lease, start])


def break_fees(world: World) -> Floats:
    """Return the fee for racks given back before their term ends: (lease, period) M JPY."""
    leases = world.contracts.leases
    return np.asarray(np.nan_to_num(leases.fee_months) * leases.rate * world.decisions.released / 1e6)


def _terminal(world: World, rule: str) -> Iterator[tuple[str, int, float]]:
    """Yield what is still worth something at the end, as negative cost: term, site and amount."""
    case, clock = world.case, world.case.clock
    rate, end = clock.rate, clock.end
    for project in world.contracts.projects:
        yield "terminal_capex", project.site, -value_at_end(world, project, rule)
        service = service_date_of(world, project)
        if world.after_tax and rule != "none" and service is not None:
            yield "terminal_tax_shield", project.site, -shield_after_end(world, project, service)
    for _, unit, day in bought_units(world):
        yield "terminal_capex", unit.site, -value_of(world, unit, day, rule)
        if world.after_tax and rule != "none":
            yield "terminal_tax_shield", unit.site, -shield_after_end(world, unit, day)
    ages = ((end - clock.as_of).days - clock.middle()) / 365.25
    life = case.setting("move_life_years")
    kept = np.array([remaining(rule, rate, life, age) for age in ages])
    for site, amount in enumerate((by_site(case, move_cost(world)) * kept).sum(axis=1)):
        yield "terminal_moves", site, -float(amount)
    life = case.setting("restoration_life_years")
    for lease, _, day, amount in _restorations(world):
        left = remaining(rule, rate, life, (end - day).days / 365.25)
        yield "terminal_restoration", int(world.contracts.leases.site[lease]), -amount * left
