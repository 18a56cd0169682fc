"""Reference plans: what happens without optimising, so that every report can lead with the difference.

*As announced*: phases come on their announced dates, racks are placed by the case's stated policy, nothing
moves early, leased racks that stand empty are given back at their term (never for a fee, and no option is
taken), no battery and no panel is bought, green menus go on. *Frozen*: the same with every lease kept as it
is. Targets, budgets and build times are not imposed; what they break is reported as misses.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.calendar import first_whole_period
from dcplan.model import FAMILIES
from dcplan.model.build import STRENGTHENING, relaxed
from dcplan.model.building import build_time, precedence, start_once
from dcplan.model.caps import caps
from dcplan.model.hourly import hourly_target
from dcplan.model.moves import move_limit
from dcplan.model.onsite import KINDS
from dcplan.model.pins import pins
from dcplan.model.racks import reserved_racks
from dcplan.model.targets import capex_budget, targets

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.model import PlanningModel

NOT_IMPOSED = {
    build_time,
    capex_budget,
    caps,
    hourly_target,
    move_limit,
    pins,
    precedence,
    reserved_racks,
    start_once,
    targets,
} | STRENGTHENING
RANK_COST = 1.0
UNSERVED_COST = 1000.0
CLAIM_REWARD = 0.01
"""M JPY per MWh: above any price of a green menu, far below what moves a rack to another site."""


@dataclass(frozen=True)
class Reference:
    """A reference plan: its name, the day whose announcements it follows, whether leases stay as they are."""

    name: str
    known_on: date | None
    frozen: bool = False


def references(case: Case) -> list[Reference]:
    """Return the reference plans of a case, by what was announced on the first and on the last known day."""
    days = sorted(set(case["announcements"]["known_on_date"]))
    latest = days[-1] if days else None
    plans = [Reference("as_announced", latest), Reference("frozen", latest, frozen=True)]
    if len(days) > 1:
        plans.append(Reference("as_announced_2022", days[0]))
    return plans


def announced_dates(case: Case, known_on: date | None) -> dict[str, date | None]:
    """Return the service date of each project as announced on a day; None where none was announced.

    Committed projects keep their fixed date. A case without announcements announces its service dates.
    """
    told = case["announcements"]
    rows = zip(told["known_on_date"], told["project"], told["service_date"], strict=True)
    announced = {project: service for day, project, service in rows if day == known_on}
    projects = case["projects"]
    fixed = zip(projects["project"], projects["committed"], projects["service_date"], strict=True)
    return {
        project: service if committed or told.empty else announced.get(project)
        for project, committed, service in fixed
    }


def reference_base(model: PlanningModel) -> PlanningModel:
    """Return what the models of all reference plans share: racks by policy, no moves, nothing bought.

    The policy is a cost: a million yen per rack, period and rank of its site in the class's stated order,
    above any difference in real cost between sites, and far more for a rack that finds no place. A reward
    makes the plan go on with the green menus that stand in the case; certificates are bought for targets
    alone, so that it buys none. All this steers the solve and is no part of the plan's cost table.

    Args:
        model: the model of the case as it was built, with nothing added or fixed since.
    """
    case = model.context.tables.case
    base = relaxed(model, [family for family in FAMILIES if family not in NOT_IMPOSED])
    p = base.program
    p.fix("moved_out", 0.0)
    p.fix("kept", 1.0)
    p.fix("added_steps", 0.0)
    if p.has("contracted_mw"):
        p.fix("contracted_mw", 0.0)  # nobody announced a contract
    for name in KINDS:
        if p.has(name):
            p.fix(name, 0.0)
    placed = (p["racks"] * (policy_ranks(base) * RANK_COST)).sum("hall")
    p.minimize(policy=placed + p["unserved"] * UNSERVED_COST)
    kinds = case["instruments"]
    menus = kinds.loc[kinds["kind"] == "green_menu", ["instrument"]]
    if not menus.empty:
        p.minimize(existing_menus=p["claimed_mwh"].where(menus) * -CLAIM_REWARD)
    return base


def reference_model(base: PlanningModel, reference: Reference) -> PlanningModel:
    """Return the model of a reference plan: starts as announced, leases kept or given back at their term."""
    model = replace(base, program=base.program.copy())
    p, case = model.program, model.context.tables.case
    for name, state in announced_states(model, announced_dates(case, reference.known_on)).items():
        p.fix(name, state)
    windows = model.context.leases.windows
    kinds = ["break", "term_end"] if reference.frozen else ["break"]
    stays = windows[windows["kind"].isin(kinds)]
    if not stays.empty:
        none = pd.Series(0.0, index=pd.MultiIndex.from_frame(stays[["lease", "period"]]))
        p.fix("released_steps", none)
    return model


def announced_states(model: PlanningModel, dates: dict[str, date | None]) -> dict[str, pd.Series[float]]:
    """Return 0 or 1 for every state of a unit when projects come on these dates, by variable."""
    m, schedule = model.context.tables, model.context.schedule
    state = schedule.allowed.copy()
    order = {t: i for i, t in enumerate(m.period_labels)}
    never = len(order)
    first = {}
    for project in schedule.projects["project"]:
        day = dates[project]
        period = None if day is None else first_whole_period(day, m.calendar)
        first[project] = never if period is None else order[period]
    state["on"] = (state["period"].map(order) >= state["project"].map(first)).astype(float)
    halls = schedule.hall_project.merge(state, on="project")
    upgrades = state[state["project"].isin(schedule.upgrades["project"])]
    states = {
        "in_service": halls.set_index(["hall", "period"])["on"],
        "upgraded": upgrades.set_index(["project", "period"])["on"],
    }
    return {name: state for name, state in states.items() if len(state)}


def policy_ranks(model: PlanningModel) -> pd.Series[float]:
    """Return the rank of each hall for each class: (class, hall); sites the policy leaves out come last."""
    m = model.context.tables
    policy = m.case["policy"][["class", "rank", "site"]]
    rows = m.eligible.merge(policy, how="left", on=["class", "site"])
    last = float(policy["rank"].max()) + 1.0 if len(policy) else 1.0
    rows["rank"] = rows["rank"].astype(float).fillna(last)
    return rows.set_index(["class", "hall"])["rank"]
