"""What a project pays and when, how its assets are written off for tax, and what is left at the end.

Straight-line rates are 1 / life rounded up to three decimals; an asset is charged from the month of its
service until 1 yen is left. Amounts are M JPY.
"""

from __future__ import annotations

import math
from datetime import date

import numpy as np

from dcplan.plans.audit.dates import days_of_fiscal_year, fiscal_year, plus_months
from dcplan.plans.audit.onsite import as_projects
from dcplan.plans.audit.project_contracts import Project
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.world import World, service_date_of, started_in

ONE_YEN = 1e-6


def cost_at(project: Project, service: date) -> float:
    """Return the cost of a project for service on a date; a committed cost does not escalate."""
    if project.committed:
        return project.cost_mjpy
    years = (service - project.price_date).days / 365.25
    return float(project.cost_mjpy * (1 + project.escalation) ** years)


def milestones_of(world: World, project: Project, service: date) -> list[tuple[date, float, bool]]:
    """Return every payment of a project for service on a date: (date, amount, sunk).

    A committed project has paid what fell due before the opening; an open one pays that on the opening day.
    """
    opening, cost = world.case.clock.as_of, cost_at(project, service)
    paid = []
    for months, share in project.milestones:
        due = plus_months(service, -months)
        sunk = project.committed and due < opening
        paid.append((due if sunk else max(due, opening), share * cost, sunk))
    return paid


def payments(world: World, project: Project, service: date) -> list[tuple[date, float]]:
    """Return what a project pays from the opening to the end for service on a date: (date, amount)."""
    end = world.case.clock.end
    due = milestones_of(world, project, service)
    return [(day, amount) for day, amount, sunk in due if not sunk and day < end]


def capex_events(world: World, project: Project) -> list[tuple[date, float]]:
    """Return the payments of a project from the opening to the end: (date, amount).

    A committed project pays whether or not it comes into service within the plan's time.
    """
    service = project.service_date if project.committed else service_date_of(world, project)
    return [] if service is None else payments(world, project, service)


def capex_by_year(world: World) -> Floats:
    """Return cash CAPEX by fiscal year of every project, then of what is bought for sites."""
    years = world.case.clock.years
    spent = [capex_events(world, project) for project in world.contracts.projects]
    spent += [payments(world, unit, day) for _, unit, day in bought_units(world)]
    found = np.zeros((len(spent), len(years)))
    for place, paid in enumerate(spent):
        for day, amount in paid:
            found[place, years.index(fiscal_year(day))] += amount
    return found


def bought_units(world: World) -> list[tuple[str, Project, date]]:
    """Return what is bought for sites and what replaces it: the cost term, the unit as a project, its day."""
    units = [unit for each in world.bought for unit in as_projects(each)]
    return [(term, unit, unit.service_date) for term, unit in units if unit.service_date]


def owed_at_end(world: World, project: Project, service: date) -> float:
    """Return what falls due after the end, discounted to it: a started project is finished."""
    clock = world.case.clock
    late = [(day, amount) for day, amount, _ in milestones_of(world, project, service) if day >= clock.end]
    return sum(amount * clock.factor_at(day) for day, amount in late) / clock.factor_at(clock.end)


def value_at_end(world: World, project: Project, rule: str) -> float:
    """Return what the assets of a started project are worth at the end, less what is still owed for them.

    The value is that of the part of the cost which later years bear: of the cost that is not sunk, after tax
    less the present value at service of all tax that depreciation saves.
    """
    service = service_date_of(world, project)
    if service is None or started_in(world, project) is None:
        return 0.0
    return value_of(world, project, service, rule)


def value_of(world: World, project: Project, service: date, rule: str) -> float:
    """Return the value at the end of what came into service on a day, as `value_at_end`."""
    clock = world.case.clock
    cost, age = cost_at(project, service), (clock.end - service).days / 365.25
    value = 0.0
    for kind, share in project.assets:
        base = (cost - project.spent_mjpy) * share
        if world.after_tax:
            saved = tax_saved(world, cost * share, kind.tax_life, service)
            base -= sum(saved.values()) / clock.factor_at(service)
        value += base * remaining(rule, clock.rate, kind.life, age)
    return value - owed_at_end(world, project, service)


def tax_saved(world: World, cost: float, life: float, service: date) -> dict[int, float]:
    """Return the present value at the opening of the tax that an asset's depreciation saves, by year."""
    clock = world.case.clock
    saved = {}
    year = fiscal_year(service)
    while written_off(cost, life, service, year - 1) < written_off(cost, life, service, year):
        middle = (date(year, 4, 1) - clock.as_of).days + days_of_fiscal_year(year) / 2
        saved[year] = tax_in(world, cost, life, service, year) * clock.factor(middle)
        year += 1
    return saved


def tax_in(world: World, cost: float, life: float, service: date, year: int) -> float:
    """Return the tax that an asset's depreciation saves in a fiscal year."""
    charge = written_off(cost, life, service, year) - written_off(cost, life, service, year - 1)
    return world.case.setting("tax_rate") * charge


def written_off(cost: float, life: float, service: date, year: int) -> float:
    """Return what of an asset is written off by the end of a fiscal year."""
    months = 12 * (year + 1 - service.year) + 4 - service.month
    rate = math.ceil(round(1000 / life, 6)) / 1000
    return float(min(cost * rate * max(0, months) / 12, max(0.0, cost - ONE_YEN)))


def tax_shield(world: World, project: Project, service: date) -> Floats:
    """Return the tax that depreciation of a project's assets saves, by fiscal year of the plan."""
    cost = cost_at(project, service)
    return np.array(
        [
            sum(tax_in(world, cost * share, kind.tax_life, service, year) for kind, share in project.assets)
            for year in world.case.clock.years
        ]
    )


def shield_after_end(world: World, project: Project, service: date) -> float:
    """Return the tax that depreciation saves after the end, discounted to the end."""
    clock, cost = world.case.clock, cost_at(project, service)
    later = 0.0
    for kind, share in project.assets:
        saved = tax_saved(world, cost * share, kind.tax_life, service)
        later += sum(amount for year, amount in saved.items() if year > clock.years[-1])
    return later / clock.factor_at(clock.end)


def asset_tax(world: World, project: Project, service: date) -> Floats:
    """Return the tax on the book value of each 1 January after service, paid over the year that follows."""
    clock = world.case.clock
    cost = cost_at(project, service)
    tax = np.zeros(len(clock.years))
    for place, year in enumerate(clock.years):
        if date(year, 1, 1) <= service or date(year + 1, 4, 1) > clock.end:
            continue
        age = (year - service.year) * 12 + 1 - service.month
        book = sum(cost * share * max(0.0, 1 - age / (12 * kind.life)) for kind, share in project.assets)
        tax[place] = world.case.setting("asset_tax_rate") * book
    return tax


def annuity(rate: float, life_years: float) -> float:
    """Return the yearly payment that repays 1 over its life: w / (1 - (1 + w)^-N), 1/N at no interest."""
    return 1 / life_years if rate == 0 else rate / (1 - (1 + rate) ** -life_years)


def remaining(rule: str, rate: float, life_years: float, age_years: float) -> float:
    """Return the share of a cost that is not yet used up at an age, by annuity or straight line."""
    if rule == "none" or age_years >= life_years:
        return 0.0
    if rule == "book" or rate == 0:
        return 1 - age_years / life_years
    return float((1 - (1 + rate) ** -(life_years - age_years)) / (1 - (1 + rate) ** -life_years))
