"""The plans at the edges of a cost margin: least CAPEX, latest build, fewest sites, fewest moves."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.solution import Solution, Status
from dcplan.model.caps import measure
from dcplan.model.variables import kept, units
from dcplan.plans.plan import refuse_existing
from dcplan.plans.publish import publish
from dcplan.solvers.options import SolveOptions
from dcplan.studies.changed_plan import SMALL, save_plan
from dcplan.studies.measures import as_model
from dcplan.studies.resolve import Pool
from dcplan.studies.resolve_changes import Patch, Question, compiled
from dcplan.studies.resolve_rows import cost_row, dense
from dcplan.studies.resolve_workers import Task

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcplan.lp.labels import Floats
    from dcplan.lp.terms import Expr
    from dcplan.plans.plan import Plan
    from dcplan.studies.resolve import Answers, Limits, Tell
    from dcplan.studies.resolve_case import Opened
    from dcplan.studies.resolve_workers import Outcome

GAP, NODES = 5e-3, 8
"""An edge is looked for to this gap, and in a large program in so many nodes; what is not proven then stands
beside it. At 60 nodes two edges of the default case had not ended after 240 s CPU each."""
EDGES = {
    "least CAPEX": "M JPY",
    "latest build": "hall-months in service",
    "fewest sites": "leased sites at the end",
    "fewest moves": "racks",
}


@dataclass(frozen=True, eq=False)
class Edge:
    """A plan at an edge of the margin.

    Attributes:
        name: what is least.
        value: of the plan found.
        bound: no plan within the margin has less.
        plan_value: of the plan that the question is about.
        cost: its present value [M JPY], racks divisible.
        decisions: its starts and exits, in words.
        folder: its plan folder, where it was kept.
    """

    name: str
    value: float
    bound: float
    plan_value: float
    cost: float
    decisions: str
    folder: Path | None = None

    def row(self) -> dict[str, Any]:
        """Return the edge as one row of a table."""
        return {
            "edge": self.name,
            "value": self.value,
            "bound": self.bound,
            "unit": EDGES[self.name],
            "plan_value": self.plan_value,
            "cost_mjpy": self.cost,
            "decisions": self.decisions,
            "folder": str(self.folder) if self.folder else "",
        }


def edge_expressions(opened: Opened) -> dict[str, Expr]:
    """Return what is least at each edge, over the columns of a model."""
    p, c = opened.model.program, opened.model.context
    m = c.tables
    inside = m.periods.loc[~m.periods["tail"]]
    last = inside[["period"]].tail(1)
    return {
        "least CAPEX": measure(p, c, "capex_mjpy"),
        "latest build": (units(p, c).where(inside[["period"]]) * m.per_period("months")).or_zero(),
        "fewest sites": kept(p, c).where(last).or_zero(),
        "fewest moves": measure(p, c, "moved_racks"),
    }


def edges_of(
    plan: Plan,
    opened: Opened,
    answers: Answers,
    within: float,
    limits: Limits,
    output: str | Path | None,
    tell: Tell | None,
) -> tuple[Edge, ...]:
    """Return the plans at the edges of a margin around the least cost.

    Args:
        plan: the saved plan.
        opened: its model.
        answers: opposites of its decisions that were priced: each edge is looked for from the nearest of
            their plans.
        within: the margin, a share of the least cost.
        limits: how far to solve.
        output: a new folder for the plan folders; None to keep none.
        tell: called with short texts of progress.

    Raises:
        InputError: the output folder exists.
        SolverError: a solve failed.
    """
    home = Path(output) if output is not None else None
    if home is not None:
        refuse_existing(home)
    base = answers.base
    most = base.proof.cost * (1.0 + within)
    empty = compiled(opened.matrix, Question("", ()))
    tasks, patches, exprs = {}, {}, edge_expressions(opened)
    nodes = limits.nodes or (None if opened.matrix.columns <= SMALL else NODES)
    options = replace(limits.options(limits.gaps[0]), gap=GAP, node_limit=nodes)
    for place, expr in enumerate(exprs.values()):
        objective = dense(expr, opened.matrix.columns)
        patches[place] = replace(empty, extra=(cost_row(opened.matrix, most),), objective=objective)
        tasks[place] = Task(patches[place], options, start=_nearest(answers, opened, expr, most))
    found: dict[int, Outcome] = {}
    with Pool(opened.matrix, limits, opened.solver) as pool:
        for place, outcome in pool.run(tasks):
            found[place] = outcome
            if tell:
                tell(f"edge: {list(exprs)[place]}")
    edges = [_Found(name, expr, found[at], patches[at]) for at, (name, expr) in enumerate(exprs.items())]
    for each in edges:
        if each.outcome.values is None or base.values is None:
            raise SolverError(f"the plan with the {each.name} was not found in time: raise the time limit")
    whole = _published(opened, edges, max(1, limits.workers)) if home is not None else {}
    return tuple(_edge(plan, opened, each, base, within, home, whole) for each in edges)


class _Found(NamedTuple):
    """What was found of an edge: its name, what is least there, the answer, and the change of the program."""

    name: str
    expr: Expr
    outcome: Outcome
    patch: Patch


def _published(opened: Opened, edges: Sequence[_Found], workers: int) -> dict[str, Floats]:
    """Return the plans at the edges in whole racks, by name, made side by side.

    In threads: nearly all of the time is the solver's, outside of Python, and the model is at hand.

    Raises:
        SolverError: an edge has no plan in whole racks.
    """
    stopped = threading.Event()

    def publish_one(edge: _Found) -> Floats:
        asked = edge.patch.applied(opened.matrix)
        model = as_model(opened.model, asked) if edge.name == "fewest moves" else opened.model
        options = SolveOptions(gap=GAP, threads=1)
        return publish(model, edge.outcome.values, options, stopped.is_set).found

    with ThreadPoolExecutor(workers) as pool:
        try:
            return dict(zip([edge.name for edge in edges], pool.map(publish_one, edges), strict=True))
        except BaseException:
            stopped.set()
            raise


def _nearest(answers: Answers, opened: Opened, expr: Expr, most: float) -> Floats | None:
    """Return the plan within the margin that has least of an edge, among those of priced opposites."""
    known = [answer.values for answer in answers.answers if answer.question.restriction]
    plans = [values for values in (answers.base.values, *known) if values is not None]
    inside = [values for values in plans if opened.matrix.objective(values) <= most]
    coefs, _ = dense(expr, opened.matrix.columns)
    return min(inside, key=lambda values: float(coefs @ values), default=None)


def _edge(
    plan: Plan,
    opened: Opened,
    edge: _Found,
    base: Outcome,
    within: float,
    home: Path | None,
    whole: Mapping[str, Floats],
) -> Edge:
    name, expr, found, _ = edge
    assert found.values is not None  # noqa: S101 - refused before
    assert base.values is not None  # noqa: S101 - refused before
    folder = None
    if home is not None:
        folder = home / name.replace(" ", "-")
        _saved(plan, opened, name, whole[name], found, base, within, folder)
    coefs, constant = dense(expr, opened.matrix.columns)
    return Edge(
        name,
        float(coefs @ found.values) + constant,
        found.proof.bound,
        float(coefs @ base.values) + constant,
        opened.matrix.objective(found.values),
        decisions_in_words(opened, found.values),
        folder,
    )


def _saved(
    plan: Plan,
    opened: Opened,
    name: str,
    whole: Floats,
    found: Outcome,
    base: Outcome,
    within: float,
    folder: Path,
) -> None:
    """Save an edge in whole racks; its cost gap is that to the least cost."""
    assert plan.folder is not None  # noqa: S101 - the model was opened from it
    note = f"The plan with the {name} within {100 * within:g} % of the least cost; it is not the cheapest."
    proven = Solution(status=Status.OPTIMAL, bound=base.proof.bound, values=whole, seconds=found.seconds)
    save_plan(
        opened, whole, proven, plan, plan.folder / "inputs", folder, notes=[note], requested_gap=within + 1e-3
    )


def decisions_in_words(opened: Opened, values: Floats) -> str:
    """Return the starts and exits of a solution: `start B FY2024; leave City FY2023`."""
    p, c = opened.model.program, opened.model.context
    m = c.tables
    inside = set(m.periods.loc[~m.periods["tail"], "period"])
    said = []
    for variable, key, dim, on, verb in (
        ("in_service", "hall", "period", True, "start"),
        ("upgraded", "project", "period", True, "start"),
        ("kept", "site", "term", False, "leave"),
    ):
        if not p.has(variable) or not len(p.blocks.variables[variable]):
            continue
        table = p.table(variable, np.asarray(values))
        table = table[(table[variable] > 0.5) == on]
        first = table.groupby(key, sort=False)[dim].first()
        said += [f"{verb} {name} {label}" for name, label in first.items() if label in inside]
    return "; ".join(said)
