"""Tables of what is built: upgrades in service, every payment of a started project, and the asset roll.

All follow from the projects that start; depreciation, books and cash flow are computed from them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.rules_projects import asset_name
from dcplan.model.schedule import START
from dcplan.plans.onsite import bought_assets, bought_payments
from dcplan.plans.whole import whole

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.model import PlanningModel


def upgrades_table(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return the upgrades of grid connections by period: project, site, period, in_service (0 or 1)."""
    m, schedule = model.context.tables, model.context.schedule
    upgrades = schedule.upgrades[["project", "site"]]
    grid = upgrades.merge(m.periods[["period"]], how="cross")
    state = model.program.table("upgraded", values)
    found = grid.merge(state, how="left", on=["project", "period"])["upgraded"]
    # no variable: the project cannot be in service yet
    return grid.assign(in_service=whole(found.fillna(0.0)).to_numpy())


def started(model: PlanningModel, decisions: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the projects that start within the optimised span: project, start_period, in input order."""
    schedule = model.context.schedule
    halls = decisions["halls"].merge(schedule.hall_project, on="hall")
    columns = ["project", "period", "in_service"]
    state = pd.concat([halls[columns], decisions["upgrades"][columns]], ignore_index=True)
    first = state[state["in_service"] == 1].groupby("project", sort=False)["period"].first()
    rows = schedule.projects[["project"]].assign(start_period=schedule.projects["project"].map(first))
    rows = rows.astype({"start_period": object})  # also where nothing starts
    return rows[rows["start_period"].notna()].reset_index(drop=True)


def payments_table(model: PlanningModel, starts: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return every milestone of what starts or is bought.

    Columns: project, day, period, fiscal_year, mjpy, sunk, term (its cost term). `sunk` was paid before
    `as_of`. `period` is empty for what is sunk and for what falls due after the optimised span: a started
    project is finished. The amounts of a project sum to its cost.
    """
    rows = starts.merge(model.context.schedule.payments, on=START)
    columns = ["project", "day", "period", "fiscal_year", "mjpy", "sunk", "term"]
    rows = rows.assign(place=rows.groupby("project", sort=False).ngroup())
    paid = rows.sort_values(["place", "day"], kind="stable")[columns].reset_index(drop=True)
    return paid if found.empty else pd.concat([paid, bought_payments(model, found)], ignore_index=True)


def assets_table(model: PlanningModel, starts: pd.DataFrame, found: pd.DataFrame) -> pd.DataFrame:
    """Return the asset roll: assets at the opening, of the projects that start, and of what is bought.

    Columns: asset, project (empty at the opening), site, asset_class, cost_mjpy (nominal, what is sunk
    included), service_date, life_years, tax_life_years, opening.
    """
    case = model.context.tables.case
    built = starts.merge(model.context.assets.rows, on=START)
    names = zip(built["project"], built["asset_class"], strict=True)
    built = built.assign(
        asset=[asset_name(project, kind) for project, kind in names],
        cost_mjpy=built["cost"] * built["share"],
        opening=False,
    )
    columns = ["asset", "project", "site", "asset_class", "cost_mjpy", "service_date"]
    columns += ["life_years", "tax_life_years", "opening"]
    lives = model.context.assets.lives
    standing = case["opening_assets"].merge(lives, on="asset_class").assign(project="", opening=True)
    parts = [standing, built] if found.empty else [standing, built, bought_assets(model, found)]
    parts = [part[columns] for part in parts if not part.empty]
    return pd.concat(parts, ignore_index=True) if parts else built[columns]
