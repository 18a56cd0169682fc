"""What is forced, what is preferred and what is free: the cost of the opposite of every large decision.

The opposite of a start is not to start within the horizon, that of an exit to keep the site to its end, that
of a move to leave the class in its hall; and the other way round for what the plan does not do. All else is
planned anew, so that the price is what the decision is worth.
"""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.studies.alternatives_edges import Edge, edges_of
from dcplan.studies.place_changes import exits, horizon, starts
from dcplan.studies.resolve import Answer, Answers, Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Bound, Question
from dcplan.studies.resolve_interval import Verdict

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

GAPS = (1e-4,)
"""Gap proven of each question: a tenth of the smallest margin that makes sense."""
COARSE, ENOUGH = 0.3, 0.8
"""A question begins at this share of the margin as its gap; it ends where its start costs this share of the
gap of the plan (the rest is left to the proof of the base): the decision is free."""
LARGE_SHARE, LARGE_RACKS = 0.02, 10.0
"""A move is large from this share of the fleet's racks on, and from so many racks on."""


class Standing(enum.Enum):
    """How firm a decision is."""

    FORCED = "forced"
    """No plan within the margin does the opposite; where it is impossible, none at all."""
    PREFERRED = "preferred"
    """The opposite costs more than the gap, and there is a plan with it within the margin."""
    FREE = "free"
    """The opposite costs no more than the gap of the plan."""
    UNSETTLED = "preferred or forced"
    """The opposite costs more, and the margin lies inside the interval."""
    UNKNOWN = "not settled"
    """The proof is wider than the gap of the plan: whether the opposite costs anything is not known."""


@dataclass(frozen=True)
class Alternative:
    """A decision and its opposite.

    Attributes:
        kind: start, exit or move.
        name: the project, the site, or class and hall.
        decided: what the plan does, in words.
        opposite: what it was asked to do instead.
        question: that as a change of the model.
    """

    kind: str
    name: str
    decided: str
    opposite: str
    question: Question


@dataclass(frozen=True, eq=False)
class Alternatives:
    """Every alternative of a plan with its price, and the plans at the edges of the margin.

    Attributes:
        within: the margin, a share of the least cost.
        asked: the alternatives.
        answers: their prices.
        gap: share of the cost up to which an opposite is free: the gap that the plan was solved to.
        edges: the plans at the edges; empty where they were not asked for.
    """

    within: float
    asked: tuple[Alternative, ...]
    answers: Answers
    gap: float
    edges: tuple[Edge, ...]

    def standing(self, answer: Answer) -> Standing:
        """Return how firm the decision is whose opposite was asked for."""
        return standing(answer, self.answers.base.proof.cost, self.within, self.gap)

    def frame(self) -> pd.DataFrame:
        """Return kind, name, decision, opposite, standing, verdict, low_mjpy, high_mjpy, note by decision."""
        rows = []
        for each, answer in zip(self.asked, self.answers.answers, strict=True):
            interval = answer.interval
            rows.append(
                {
                    "kind": each.kind,
                    "name": each.name,
                    "decision": each.decided,
                    "opposite": each.opposite,
                    "standing": self.standing(answer).value,
                    "verdict": answer.verdict.value,
                    "low_mjpy": interval.low if interval else None,
                    "high_mjpy": interval.high if interval else None,
                    "note": answer.note,
                }
            )
        return pd.DataFrame(rows, columns=COLUMNS)

    def edge_frame(self) -> pd.DataFrame:
        """Return edge, value, bound, unit, plan_value, cost_mjpy, decisions, folder by edge."""
        return pd.DataFrame([each.row() for each in self.edges], columns=EDGE_COLUMNS)


SETTLED = (Standing.FORCED, Standing.PREFERRED, Standing.FREE)


def standing(answer: Answer, cost: float, within: float, gap: float) -> Standing:
    """Return how firm a decision is from the price of its opposite, the least cost, the margin, the gap."""
    if answer.interval is None or answer.interval.low > within * cost:
        return Standing.FORCED
    if answer.interval.high <= gap * cost:
        return Standing.FREE
    if answer.verdict is Verdict.OPEN:
        return Standing.UNKNOWN
    return Standing.PREFERRED if answer.interval.high <= within * cost else Standing.UNSETTLED


COLUMNS = ["kind", "name", "decision", "opposite", "standing", "verdict", "low_mjpy", "high_mjpy", "note"]
EDGE_COLUMNS = ["edge", "value", "bound", "unit", "plan_value", "cost_mjpy", "decisions", "folder"]


def alternatives(
    plan: Plan,
    *,
    within: float = 0.01,
    edges: bool = True,
    output: str | Path | None = None,
    limits: Limits | None = None,
    tell: Tell | None = None,
) -> Alternatives:
    """Return how firm each phase, exit and large move of a plan is, and the plans at the edges of a margin.

    Args:
        plan: a saved plan.
        within: the margin, a share of the least cost.
        edges: whether to look for the plans at the edges.
        output: a new folder for the edge plans as plan folders; None to keep none.
        limits: how far to solve.
        tell: called with short texts of progress.

    Raises:
        InputError: the plan's inputs are refused, or it was not saved.
        InfeasibleError: the plan's case has no plan.
        SolverError: a solve failed.
    """
    opened, limits = opened_plan(plan), limits or Limits(gaps=GAPS)
    asked = tuple(opposites(plan, opened))
    free = float(plan.manifest["requested_gap"])
    found = resolve(
        opened.matrix,
        [each.question for each in asked],
        limits=replace(limits, coarse=COARSE * within, enough=ENOUGH * free),
        tell=tell,
        hint=decided(opened, plan),
        solve=opened.solver,
        settled=lambda answer, cost: standing(answer, cost, within, free) in SETTLED,
    )
    made: tuple[Edge, ...] = ()
    if edges:
        made = edges_of(plan, opened, found, within, limits, output, tell)
    return Alternatives(within, asked, found, free, made)


def opposites(plan: Plan, opened: Opened) -> Iterator[Alternative]:
    """Yield the opposite of every phase, exit and large move of a plan."""
    yield from _starts(plan, opened)
    yield from _exits(plan, opened)
    yield from _moves(plan)


def _last_allowed(opened: Opened, variable: str, key: str, dim: str) -> pd.Series[Any]:
    """Return the last period of the horizon for which a yes-or-no decision exists, by its key."""
    m = opened.model.context.tables
    rows = opened.matrix.blocks.variables[variable].frame()
    order = {label: place for place, label in enumerate(m.period_labels)}
    inside = set(m.periods.loc[~m.periods["tail"], "period"])
    rows = rows[rows[dim].isin(inside)]
    rows = rows.sort_values(dim, key=lambda labels: labels.map(order), kind="stable")
    return rows.groupby(key, sort=False)[dim].last()


def _starts(plan: Plan, opened: Opened) -> Iterator[Alternative]:
    projects = opened.case["projects"]
    begun, inside = starts(plan.tables), tuple(horizon(plan.tables))
    service = plan.tables["starts"].set_index("project")["service_date"]
    for row in projects[~projects["committed"].astype(bool)].to_dict("records"):
        project, hall = str(row["project"]), str(row["hall"])
        variable, key, unit = ("in_service", "hall", hall) if hall else ("upgraded", "project", project)
        last = _last_allowed(opened, variable, key, "period")
        if unit not in last.index:
            continue
        name = hall or project
        if project in begun:
            question = Bound(
                variable, ((key, (unit,)), ("period", _existing(opened, variable, inside))), upper=0.0
            )
            words = f"start {name} on {service[project]}", f"not start {name} within the horizon"
        else:
            at = (last[unit],)
            question = Bound(variable, ((key, (unit,)), ("period", at)), lower=1.0)
            words = f"not start {name}", f"start {name} by {at[0]}"
        yield Alternative("start", project, *words, Question(words[1], (question,)))


def _existing(opened: Opened, variable: str, periods: tuple[str, ...]) -> tuple[str, ...]:
    known = set(opened.matrix.blocks.variables[variable].frame()["period"])
    return tuple(period for period in periods if period in known)


def _exits(plan: Plan, opened: Opened) -> Iterator[Alternative]:
    gone, last = exits(plan.tables), _last_allowed(opened, "kept", "site", "term")
    days = plan.tables["exits"].set_index("site")["date"]
    for site, term in last.items():
        where = (("site", (str(site),)), ("term", (str(term),)))
        if site in gone:
            words = f"leave {site} on {days[site]}", f"keep {site} to the end of the horizon"
            question = Bound("kept", where, lower=1.0)
        else:
            words = f"keep {site}", f"leave {site} within the horizon"
            question = Bound("kept", where, upper=0.0)
        yield Alternative("exit", str(site), *words, Question(words[1], (question,)))


def _moves(plan: Plan) -> Iterator[Alternative]:
    inside = horizon(plan.tables)
    rows = plan.tables["racks"]
    rows = rows[rows["period"].isin(inside)]
    fleet = rows.groupby("period")["racks"].sum().max()
    moved = rows.groupby(["class", "hall"], sort=False)["moved_out"].sum()
    least = max(LARGE_RACKS, LARGE_SHARE * float(fleet))
    for name, hall, racks in moved[moved >= least].reset_index().itertuples(index=False):
        where = (("class", (name,)), ("hall", (hall,)), ("period", tuple(inside)))
        words = f"move {racks:,.0f} {name} racks out of {hall}", f"move no {name} racks out of {hall}"
        question = Question(words[1], (Bound("moved_out", where, upper=0.0),))
        yield Alternative("move", f"{name} {hall}", *words, question)
