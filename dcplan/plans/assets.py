"""Tables of what is built: upgrades in service, every payment of a started project, and the asset roll.

All follow from the projects that start; depreciation, books and cash flow are computed from them. A start is
known by its row in `Schedule.starts`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.data.rules_projects import asset_name
from dcplan.lp.placed import placed
from dcplan.model.once import once
from dcplan.model.schedule import START
from dcplan.plans.evaluate import CENT, Outline
from dcplan.plans.whole import whole

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints
    from dcplan.lp.program import Program
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context

NONE = -1
"""In the place of a start: there is none."""
PAYMENT = ["project", "day", "period", "fiscal_year", "mjpy", "sunk", "term"]


@dataclass(frozen=True, eq=False)
class Consequences:
    """Rows that follow from starts: a table, and the start of each row (`NONE`: there in every plan)."""

    rows: pd.DataFrame
    start: Ints

    def of(self, begun: Ints) -> pd.DataFrame:
        """Return the rows of some starts, in the order of the table."""
        return self.rows[np.isin(self.start, [NONE, *begun])].reset_index(drop=True)


@once
def _upgraded(p: Program, c: Context) -> Outline:
    """Return upgrades by period; no variable: the project cannot be in service yet."""
    upgrades, labels = c.schedule.upgrades, c.tables.period_labels
    grid = c.tables.grid(project=list(upgrades["project"]), period=labels)
    grid.insert(1, "site", np.repeat(upgrades["site"].to_numpy(), len(labels)))
    return Outline(grid, placed(grid[["project", "period"]], in_service=p["upgraded"]))


def upgrades_table(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return the upgrades of grid connections by period: project, site, period, in_service (0 or 1)."""
    upgrades = _upgraded(model.program, model.context)
    return upgrades.labels.assign(in_service=whole(upgrades.at(values)["in_service"]))


@once_of_first
def _start_places(c: Context) -> dict[tuple[str, str], int]:
    """Return the row of each (project, start_period) in `Schedule.starts`."""
    starts = c.schedule.starts
    return {key: at for at, key in enumerate(zip(*(starts[name] for name in START), strict=True))}


def _of_starts(c: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows that follow from the start of a project, with the start of each in the column start."""
    places = _start_places(c)
    start = [places.get(key, NONE) for key in zip(*(rows[name] for name in START), strict=True)]
    rows = rows.assign(start=np.array(start, dtype=np.int64))
    return rows if NONE not in start else rows[rows["start"] != NONE]  # a unit that is bought is none of them


@once_of_first
def _start_rows(c: Context) -> tuple[Ints, Ints]:
    """Return where the state of each project stands and which start it is when it comes: (project, period).

    The state stands in the rows of the table of halls and those of upgrades after them.
    """
    schedule, labels = c.schedule, c.tables.period_labels
    halls = {hall: at for at, hall in enumerate(c.tables.owned_halls)}
    upgrades = {project: len(halls) + at for at, project in enumerate(schedule.upgrades["project"])}
    projects = zip(schedule.projects["project"], schedule.projects["hall"], strict=True)
    block = [halls[hall] if hall else upgrades[project] for project, hall in projects]
    state = np.array(block, dtype=np.int64)[:, None] * len(labels) + np.arange(len(labels))
    known, names = _start_places(c), schedule.projects["project"]
    pairs = [[known.get((each, label), NONE) for label in labels] for each in names]
    return state, np.array(pairs, dtype=np.int64).reshape(state.shape)


def started(model: PlanningModel, decisions: dict[str, pd.DataFrame]) -> Ints:
    """Return the starts within the optimised span, as rows of `Schedule.starts`, in order."""
    state, start = _start_rows(model.context)
    both = [decisions[name]["in_service"].to_numpy() for name in ("halls", "upgrades")]
    there = np.concatenate(both)[state] == 1
    first = start[there & (np.cumsum(there, axis=1) == 1)]
    begun: Ints = first[first != NONE]
    return begun


@once_of_first
def _payments(c: Context) -> Consequences:
    """Return the payments of every start, day by day."""
    rows = _of_starts(c, c.schedule.payments)
    rows = rows.sort_values(["start", "day"], kind="stable", ignore_index=True)
    return Consequences(rows[PAYMENT], rows["start"].to_numpy())


def payments_table(model: PlanningModel, begun: Ints, bought: pd.DataFrame | None) -> pd.DataFrame:
    """Return every milestone of what starts or is bought (`bought_payments`).

    Columns: project, day, period, fiscal_year, mjpy, sunk, term (its cost term). `sunk` was paid before
    `as_of`. `period` is empty for what is sunk and for what falls due after the optimised span: a started
    project is finished. The amounts of a project sum to its cost.
    """
    paid = _payments(model.context).of(begun)
    return paid if bought is None else pd.concat([paid, bought], ignore_index=True)


@once_of_first
def _capex(c: Context) -> Consequences:
    payments = _payments(c)
    rows = _yearly(payments.rows.assign(start=payments.start), ["start"])
    return Consequences(rows.drop(columns="start"), rows["start"].to_numpy())


def capex_table(model: PlanningModel, begun: Ints, bought: pd.DataFrame | None) -> pd.DataFrame:
    """Return cash CAPEX by project and fiscal year: the payments within the optimised span."""
    spent = _capex(model.context).of(begun)
    return spent if bought is None else pd.concat([spent, _yearly(bought, [])], ignore_index=True)


def _yearly(payments: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    paid = payments[payments["period"] != ""]
    table = paid.groupby([*keys, "project", "fiscal_year"], sort=False)["mjpy"].sum().reset_index()
    return table[table["mjpy"].abs() > CENT].reset_index(drop=True)


@once_of_first
def _assets(c: Context) -> Consequences:
    """Return the assets at the opening and those of every start."""
    built = _of_starts(c, c.assets.rows).sort_values("start", kind="stable")
    names = zip(built["project"], built["asset_class"], strict=True)
    built = built.assign(
        asset=[asset_name(project, kind) for project, kind in names],
        cost_mjpy=built["cost"] * built["share"],
        opening=False,
    )
    columns = ["asset", "project", "site", "asset_class", "cost_mjpy", "service_date"]
    columns += ["life_years", "tax_life_years", "opening", "start"]
    standing = c.tables.case["opening_assets"].merge(c.assets.lives, on="asset_class")
    standing = standing.assign(project="", opening=True, start=NONE)
    parts = [part[columns] for part in (standing, built) if not part.empty]
    rows = pd.concat(parts, ignore_index=True) if parts else built[columns]
    return Consequences(rows.drop(columns="start"), rows["start"].to_numpy())


def assets_table(model: PlanningModel, begun: Ints, bought: pd.DataFrame | None) -> pd.DataFrame:
    """Return the asset roll: assets at the opening, of what starts, and what is bought (`bought_assets`).

    Columns: asset, project (empty at the opening), site, asset_class, cost_mjpy (nominal, what is sunk
    included), service_date, life_years, tax_life_years, opening.
    """
    roll = _assets(model.context).of(begun)
    if bought is None:
        return roll
    bought = bought[list(roll.columns)]
    return bought if roll.empty else pd.concat([roll, bought], ignore_index=True)
