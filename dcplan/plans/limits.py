"""Scarce things of a plan: what they hold, how much is used, and the budgets that stop an earlier start."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.model.once import once
from dcplan.model.power import receiving_kw, site_design_kw
from dcplan.model.variables import in_service, occupied
from dcplan.plans.evaluate import Outline, outline, summed
from dcplan.plans.reached import BINDING

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints
    from dcplan.lp.program import Program
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.model.schedule import Schedule

LIMITS = ["capex_budget", "move_limit_fleet", "move_limit_site", "rack_places", "site_power"]


@dataclass(frozen=True, eq=False)
class _Scarce:
    """What is the same in the limits of every plan: rows of budgets, moves, places and connections.

    Attributes:
        labels: limit, scope and period of every row.
        years: fiscal years of the budgets.
        fleet: the place of the fleet's limit of moves of each row of the table of racks.
        site: the place of its site's limit of moves, likewise.
        given: what budgets and limits of moves hold.
        halls: places that are used and available, of every hall.
        places: the hall and period of every limit of places: of owned halls first, then of leases.
        fill: the share of its racks that may be filled, of every row of the table of leases.
        sites: power that is used and available, of every owned site.
        connections: the site and period of every limit of power.
    """

    labels: pd.DataFrame
    years: list[int]
    fleet: Ints
    site: Ints
    given: Floats
    halls: Outline
    places: Ints
    fill: Floats
    sites: Outline
    connections: Ints


def limits_table(
    model: PlanningModel, values: Floats, decisions: dict[str, pd.DataFrame], spent: dict[int, float]
) -> pd.DataFrame:
    """Return what the scarce things hold and how much is used: budgets, moves, places, grid connections.

    ``spent`` is the CAPEX by fiscal year.
    """
    scarce = _scarce(model.program, model.context)
    budgets = np.array([spent.get(year, 0.0) for year in scarce.years], dtype=float)
    moved = decisions["racks"]["moved_out"].to_numpy()
    moves = [summed(place, place.max(initial=-1) + 1, moved)[0] for place in (scarce.fleet, scarce.site)]
    halls, sites = scarce.halls.at(values), scarce.sites.at(values)
    leased = decisions["leases"]["leased_racks"].to_numpy() * scarce.fill
    owned = halls["available"][scarce.places][: scarce.places.size - leased.size]
    power = {name: numbers[scarce.connections] for name, numbers in sites.items()}
    used = np.concatenate([budgets, *moves, halls["used"][scarce.places], power["used"]])
    available = np.concatenate([scarce.given, owned, leased, power["available"]])
    reached = available - used <= BINDING * np.maximum(np.abs(available), 1.0)
    binding = reached & (available > 0)
    return scarce.labels.assign(used=used, available=available, binding=binding)


@once
def _scarce(p: Program, c: Context) -> _Scarce:
    m = c.tables
    budgets, periods, leases = m.case["budgets"], m.period_labels, c.leases.leases
    at, months, settings = np.arange(len(periods)), m.per_period("months").to_numpy(), m.case.settings
    site, moving = pd.factorize(m.eligible["site"])
    fleet, each = (settings[f"move_limit_{of}_racks_per_month"] * months for of in ("fleet", "site"))
    halls = m.grid(hall=list(m.halls["hall"]), period=periods)
    place = {hall: number for number, hall in enumerate(m.halls["hall"])}
    scopes = [*m.owned_halls, *leases["hall"]]
    sites = m.grid(period=periods, site=m.owned_sites)
    power = outline(sites, used=site_design_kw(p, c), available=receiving_kw(p, c))
    known = power.numbers["used"].known & power.numbers["available"].known
    racks = outline(halls, used=occupied(p, m).sum("class"), available=in_service(p, m) * m.usable_places)
    years = [int(year) for year in budgets["fiscal_year"]]
    rows = [
        pd.DataFrame({"scope": "fleet", "period": [f"FY{year}" for year in years]}),
        m.grid(scope=["fleet", *moving, *scopes], period=periods),
        sites[known].rename(columns={"site": "scope"}),
    ]
    counts = [len(years), at.size, len(moving) * at.size, len(scopes) * at.size, int(known.sum())]
    labels = pd.concat(rows, ignore_index=True)
    labels.insert(0, "limit", np.repeat(LIMITS, counts))
    return _Scarce(
        labels=labels,
        years=years,
        fleet=np.tile(at, site.size),
        site=(site[:, None] * at.size + at).ravel(),
        given=np.concatenate(
            [budgets["capex_mjpy"].to_numpy(dtype=float), fleet, np.tile(each, len(moving))]
        ),
        halls=racks,
        places=(np.array([place[hall] for hall in scopes], dtype=np.int64)[:, None] * at.size + at).ravel(),
        fill=np.repeat(m.hall_number("largest_fill").loc[leases["hall"]].to_numpy(), at.size),
        sites=power,
        connections=np.flatnonzero(known),
    )


def spent_by_year(capex: pd.DataFrame) -> dict[int, float]:
    """Return the CAPEX of every fiscal year in which there is some."""
    spent = capex.groupby("fiscal_year")["mjpy"].sum()
    return dict(zip(spent.index.tolist(), spent.tolist(), strict=True))


@once_of_first
def _cash_of_starts(schedule: Schedule) -> dict[tuple[str, str], dict[int, float]]:
    """Return what each start of a project pays in each fiscal year."""
    paid: dict[tuple[str, str], dict[int, float]] = {}
    yearly = schedule.cash.groupby(["project", "start_period", "fiscal_year"], sort=False)["mjpy"].sum()
    for project, start, year, mjpy in yearly.reset_index().itertuples(index=False, name=None):
        paid.setdefault((project, start), {})[year] = mjpy
    return paid


def earlier_table(model: PlanningModel, started: pd.DataFrame, spent: dict[int, float]) -> pd.DataFrame:
    """Return the budgets that stop an open project from starting one period earlier, all else as planned.

    Columns: project, period (the earlier start), fiscal_year, used, available (M JPY). CAPEX comes in
    lumps, so that a budget that decides a date is seldom used up. ``spent`` is the CAPEX by fiscal year.
    """
    m, schedule = model.context.tables, model.context.schedule
    before = dict(zip(m.period_labels[1:], m.period_labels[:-1], strict=True))
    committed = zip(schedule.projects["project"], schedule.projects["committed"], strict=True)
    fixed = {project for project, known in committed if known}
    paid = _cash_of_starts(schedule)
    budget = dict(zip(m.case["budgets"]["fiscal_year"], m.case["budgets"]["capex_mjpy"], strict=True))
    rows = []
    for project, period in zip(started["project"], started["period"], strict=True):
        earlier = before.get(period, "")
        if project in fixed or (project, earlier) not in paid:  # no earlier start that build time allows
            continue
        now, then = paid.get((project, period), {}), paid[project, earlier]
        for year in dict.fromkeys([*then, *now]):  # reference plans heed no budget: one may be broken anyway
            change = then.get(year, 0.0) - now.get(year, 0.0)
            used, available = spent.get(year, 0.0) + change, budget.get(year)
            if available is not None and used > available + BINDING * max(abs(available), 1.0):
                rows.append((project, earlier, year, used, available))
    return pd.DataFrame(rows, columns=["project", "period", "fiscal_year", "used", "available"])
