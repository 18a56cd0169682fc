"""Every cost term of a plan in nominal M JPY and in present value, by site and period.

Flows are discounted at the middle of their period, events at their date, and what is settled by fiscal year
at the middle of that year. The last row of a term's table is the fleet, for costs that belong to no site.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from dcplan.plans.audit.contracts import Project
from dcplan.plans.audit.dates import fiscal_year, plus_months
from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.world import World, by_period, overlap_periods, service_date_of, started_in

NOT_CASH = (
    "restoration_accrual",
    "shadow_carbon",
    "target_misses",
    "unserved",
    "terminal_capex",
    "terminal_moves",
    "terminal_restoration",
)
TERMS = (
    "energy_owned",
    "energy_leased",
    "demand_charge",
    "rent",
    "staff",
    "maintenance",
    "operations",
    "moves",
    "overlap_rent",
    "restoration",
    "capex",
    "asset_tax",
    "instruments",
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


def make_bill(world: World, rule: str | None = None) -> Bill:
    """Return all costs of a plan; `rule` replaces the plan's rule for terminal value."""
    rule = world.terminal_value if rule is None else rule
    clock, sites = world.case.clock, len(world.case.sites.rows)
    nominal = {term: np.zeros((sites + 1, clock.size)) for term in TERMS}
    present = {term: np.zeros((sites + 1, clock.size)) for term in TERMS}
    for term, table in _flows(world, rule):
        nominal[term][: len(table)] += table
        present[term][: len(table)] += table * clock.middle_factors()
    last = clock.last_of_years()
    for term, table in _settled_by_year(world):
        nominal[term][:, last] += table
        present[term][:, last] += table * clock.year_factors()
    end = clock.factor_at(clock.end)
    for term, site, t, amount, factor in _events(world):
        nominal[term][site, t] += amount
        present[term][site, t] += amount * factor
    for term, site, amount in _terminal(world, rule):
        nominal[term][site, -1] += amount
        present[term][site, -1] += amount * end
    return Bill(nominal, present)


def _flows(world: World, rule: str) -> Iterator[tuple[str, Floats]]:
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
    yield "moves", by_site(case, move_cost(world))
    _, rest = overlap_periods(world)
    rent = np.concatenate([leases.rate, np.zeros((1, clock.size))])[halls.lease]
    yield "overlap_rent", by_site(case, rent * plan.moved_out.sum(axis=0)) * rest / 1e6
    if rule != "none":
        rate = 0.0 if rule == "book" else clock.rate
        spread = annuity(rate, case.setting("restoration_life_years"))
        accrued = leases.restoration_mjpy[:, None] * plan.leased * spread * part
        yield "restoration_accrual", _lease_sites(world, accrued)
    counted = np.where(owned, world.energy.imported, world.energy.facility)
    carbon = by_period(world, case.carbon_jpy_per_t) * by_period(world, sites.kg_per_kwh)
    yield "shadow_carbon", carbon * counted / 1e6
    unserved = case.classes.unserved_mjpy @ plan.unserved * part
    yield "unserved", np.concatenate([np.zeros((len(sites.rows), clock.size)), unserved[None]])


def move_cost(world: World) -> Floats:
    """Return the cost of moving racks out of each hall: (hall, period)."""
    return np.asarray(np.einsum("kht,k->ht", world.decisions.moved_out, world.case.classes.move_mjpy))


def _lease_sites(world: World, table: Floats) -> Floats:
    found = np.zeros((len(world.case.sites.rows), table.shape[1]))
    np.add.at(found, world.contracts.leases.site, table)
    return found


def _rent(world: World) -> Floats:
    """Return rent by site and period; racks given back pay until their release date."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    part = np.array(
        [
            [(day - clock.starts[t]).days if day else 0 for t, day in enumerate(days)]
            for days in leases.release
        ],
        dtype=np.float64,
    ).reshape(plan.leased.shape)
    before = leases.rate_before * plan.released * part / clock.days
    return _lease_sites(world, (leases.rate * plan.leased + before) * clock.months / 1e6)


def _settled_by_year(world: World) -> Iterator[tuple[str, Floats]]:
    """Yield costs of a whole fiscal year: (site and fleet, year)."""
    case, years = world.case, world.case.clock.years
    rows = len(case.sites.rows) + 1
    price = world.contracts.instruments.price_jpy_per_kwh
    bought = np.einsum("isy,iy->sy", world.decisions.claimed_mwh, price) / 1000
    yield "instruments", np.concatenate([bought, np.zeros((1, len(years)))])
    missed = np.zeros((rows, len(years)))
    for place, target in enumerate(world.contracts.targets):
        if not target.hard:
            unit = 1e6 if target.metric == "location_tco2e" else 1.0
            missed[-1, years.index(target.year)] += target.price * world.decisions.miss[place] / unit
    yield "target_misses", missed
    tax = np.zeros((rows, len(years)))
    for project in world.contracts.projects:
        service = service_date_of(world, project)
        if service is not None:
            tax[case.halls.site[project.hall]] += _asset_tax(world, project, service)
    yield "asset_tax", tax


def _asset_tax(world: World, project: Project, service: date) -> Floats:
    """Return the tax on the book value of each 1 January after service, paid over the year that follows."""
    clock = world.case.clock
    cost = cost_at(project, service)
    tax = np.zeros(len(clock.years))
    for place, year in enumerate(clock.years):
        if date(year, 1, 1) <= service or date(year + 1, 4, 1) > clock.end:
            continue
        age = (year - service.year) * 12 + 1 - service.month
        book = sum(cost * share * max(0.0, 1 - age / (12 * life)) for life, share in project.assets)
        tax[place] = world.case.setting("asset_tax_rate") * book
    return tax


def cost_at(project: Project, service: date) -> float:
    """Return the cost of a project for service on a date; a committed cost does not escalate."""
    if project.committed:
        return project.cost_mjpy
    years = (service - project.price_date).days / 365.25
    return float(project.cost_mjpy * (1 + project.escalation) ** years)


def capex_events(world: World, project: Project) -> list[tuple[date, float]]:
    """Return the payments of a project from the opening to the end: (date, M JPY).

    A committed project pays whether or not its hall comes into service within the plan's time.
    """
    service = project.service_date if project.committed else service_date_of(world, project)
    if service is None:
        return []
    return payments(world, project, service)


def payments(world: World, project: Project, service: date) -> list[tuple[date, float]]:
    """Return what a project would pay from the opening to the end for service on a date: (date, M JPY)."""
    cost, clock = cost_at(project, service), world.case.clock
    events = [(plus_months(service, -months), share * cost) for months, share in project.milestones]
    return [(day, amount) for day, amount in events if clock.as_of <= day < clock.end]


def capex_by_year(world: World) -> Floats:
    """Return cash CAPEX by project and fiscal year."""
    years = world.case.clock.years
    found = np.zeros((len(world.contracts.projects), len(years)))
    for place, project in enumerate(world.contracts.projects):
        for day, amount in capex_events(world, project):
            found[place, years.index(fiscal_year(day))] += amount
    return found


def _events(world: World) -> Iterator[tuple[str, int, int, float, float]]:
    """Yield what is paid on a date: term, site, period, amount and discount factor."""
    clock, case = world.case.clock, world.case
    for project in world.contracts.projects:
        site = int(case.halls.site[project.hall])
        for day, amount in capex_events(world, project):
            t = clock.holding(day)
            if t is not None:
                yield "capex", site, t, amount, clock.factor_at(day)
    for lease, t, day, amount in _restorations(world):
        yield "restoration", int(world.contracts.leases.site[lease]), t, amount, clock.factor_at(day)


def _restorations(world: World) -> Iterator[tuple[int, int, date, float]]:
    """Yield restoration at release: lease, period, date and amount."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    for lease, t in np.argwhere(plan.released != 0).tolist():
        day = leases.release[lease][t] or clock.starts[t]
        yield lease, t, day, float(leases.restoration_mjpy[lease] * plan.released[lease, t])


def _terminal(world: World, rule: str) -> Iterator[tuple[str, int, float]]:
    """Yield what is still worth something at the end, as negative cost: term, site and amount."""
    if rule == "none":
        return
    case, clock = world.case, world.case.clock
    rate, end = clock.rate, clock.end
    for project in world.contracts.projects:
        service = service_date_of(world, project)
        if service is None or started_in(world, project) is None:
            continue
        base, age = cost_at(project, service) - project.spent_mjpy, (end - service).days / 365.25
        left = sum(share * remaining(rule, rate, life, age) for life, share in project.assets)
        yield "terminal_capex", int(case.halls.site[project.hall]), -base * left
    ages = ((end - clock.as_of).days - clock.middle()) / 365.25
    life = case.setting("move_life_years")
    kept = np.array([remaining(rule, rate, life, age) for age in ages])
    for site, amount in enumerate((by_site(case, move_cost(world)) * kept).sum(axis=1)):
        yield "terminal_moves", site, -float(amount)
    life = case.setting("restoration_life_years")
    for lease, _, day, amount in _restorations(world):
        left = remaining(rule, rate, life, (end - day).days / 365.25)
        yield "terminal_restoration", int(world.contracts.leases.site[lease]), -amount * left


def annuity(rate: float, life_years: float) -> float:
    """Return the yearly payment that repays 1 over its life: w / (1 - (1 + w)^-N), 1/N at no interest."""
    return 1 / life_years if rate == 0 else rate / (1 - (1 + rate) ** -life_years)


def remaining(rule: str, rate: float, life_years: float, age_years: float) -> float:
    """Return the share of a cost that is not yet used up at an age, by annuity or straight line."""
    if age_years >= life_years:
        return 0.0
    if rule == "book" or rate == 0:
        return 1 - age_years / life_years
    return float((1 - (1 + rate) ** -(life_years - age_years)) / (1 - (1 + rate) ** -life_years))
