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
    from dcplan.model.tables import Tables


@dataclass(frozen=True, eq=False)
class _Moves:
    """Limits of moves, of the fleet and then by site, and the place among them of each row of `racks`."""

    fleet: Ints
    site: Ints
    most: Floats

    def used(self, moved: Floats) -> Floats:
        """Return the racks that move under each limit."""
        size = self.fleet.max(initial=-1) + 1
        (fleet,) = summed(self.fleet, size, moved)
        (site,) = summed(self.site, self.most.size - size, moved)
        return np.concatenate([fleet, site])


@dataclass(frozen=True, eq=False)
class _Rows:
    """Limits that are rows of an outline: what is used and available there."""

    outline: Outline
    rows: Ints

    def at(self, values: Floats) -> tuple[Floats, Floats]:
        """Return what is used and what is available."""
        found = self.outline.at(values)
        return found["used"][self.rows], found["available"][self.rows]


@dataclass(frozen=True, eq=False)
class _Scarce:
    """What is the same in the limits of every plan.

    Attributes:
        labels: limit, scope and period of every row.
        budgets: CAPEX by fiscal year.
        moves: limits of moves.
        places: limits of places: of owned halls first, then of leases.
        fill: the share of its racks that may be filled, of every row of the table of leases.
        power: limits of grid connections.
    """

    labels: pd.DataFrame
    budgets: dict[int, float]
    moves: _Moves
    places: _Rows
    fill: Floats
    power: _Rows


def limits_table(
    model: PlanningModel, values: Floats, decisions: dict[str, pd.DataFrame], spent: dict[int, float]
) -> pd.DataFrame:
    """Return what the scarce things hold and how much is used: budgets, moves, places, grid connections.

    ``spent`` is the CAPEX by fiscal year.
    """
    scarce = _scarce(model.program, model.context)
    capex = [spent.get(year, 0.0) for year in scarce.budgets]
    moved = scarce.moves.used(decisions["racks"]["moved_out"].to_numpy())
    racks, places = scarce.places.at(values)
    leased = decisions["leases"]["leased_racks"].to_numpy() * scarce.fill
    places[places.size - leased.size :] = leased
    drawn, received = scarce.power.at(values)
    used = np.concatenate([capex, moved, racks, drawn])
    available = np.concatenate([list(scarce.budgets.values()), scarce.moves.most, places, received])
    reached = available - used <= BINDING * np.maximum(np.abs(available), 1.0)
    binding = reached & (available > 0)
    return scarce.labels.assign(used=used, available=available, binding=binding)


@once
def _scarce(p: Program, c: Context) -> _Scarce:
    m, leases = c.tables, c.leases.leases
    budgets, periods = m.case["budgets"], m.period_labels
    capex = {
        int(year): float(most)
        for year, most in zip(budgets["fiscal_year"], budgets["capex_mjpy"], strict=True)
    }
    moving, moves = _moves(m)
    scopes = [*m.owned_halls, *leases["hall"]]
    sites = m.grid(period=periods, site=m.owned_sites)
    power = outline(sites, used=site_design_kw(p, c), available=receiving_kw(p, c))
    connected = np.flatnonzero(power.numbers["used"].known & power.numbers["available"].known)
    parts = {
        "capex_budget": pd.DataFrame({"scope": "fleet", "period": [f"FY{year}" for year in capex]}),
        "move_limit_fleet": m.grid(scope=["fleet"] if moving else [], period=periods),
        "move_limit_site": m.grid(scope=moving, period=periods),
        "rack_places": m.grid(scope=scopes, period=periods),
        "site_power": sites.take(connected).rename(columns={"site": "scope"}),
    }
    labels = pd.concat(parts.values(), ignore_index=True)
    labels.insert(0, "limit", np.repeat(list(parts), [len(part) for part in parts.values()]))
    most = m.hall_number("largest_fill").loc[leases["hall"]].to_numpy()
    fill = np.repeat(most, len(periods)).astype(np.float64)
    return _Scarce(labels, capex, moves, _places(p, m, scopes), fill, _Rows(power, connected))


def _moves(m: Tables) -> tuple[list[str], _Moves]:
    """Return the sites that racks may leave, and the limits of moves."""
    at, months, settings = np.arange(len(m.period_labels)), m.per_period("months").to_numpy(), m.case.settings
    site, moving = pd.factorize(m.eligible["site"])
    fleet, each = (settings[f"move_limit_{of}_racks_per_month"] * months for of in ("fleet", "site"))
    most = np.concatenate([fleet, np.tile(each, len(moving))]) if site.size else np.empty(0)
    return list(moving), _Moves(np.tile(at, site.size), (site[:, None] * at.size + at).ravel(), most)


def _places(p: Program, m: Tables, scopes: list[str]) -> _Rows:
    """Return the limits of places of some halls, in every period."""
    halls, periods = list(m.halls["hall"]), m.period_labels
    grid = m.grid(hall=halls, period=periods)
    place = {hall: at for at, hall in enumerate(halls)}
    rows = np.array([place[hall] for hall in scopes], dtype=np.int64)[:, None] * len(periods)
    racks, room = occupied(p, m).sum("class"), in_service(p, m) * m.usable_places
    return _Rows(outline(grid, used=racks, available=room), (rows + np.arange(len(periods))).ravel())


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
