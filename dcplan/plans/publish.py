"""Publish a solution: binaries fixed, racks whole, solved again, evaluated; or all decided in whole racks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.solution import Status
from dcplan.model.once import once
from dcplan.plans.decisions import decision_tables, settled
from dcplan.plans.derived import derived_tables
from dcplan.plans.hourly import until_met
from dcplan.solvers import highs

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date

    import numpy.typing as npt
    import pandas as pd

    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.program import Program
    from dcplan.lp.solution import Solution
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.solvers.options import SolveOptions

    Columns = npt.NDArray[np.int64]

BINARIES = ("in_service", "upgraded", "kept")
WHOLE_RACKS = ("racks", "moved_out")
LEASE_STEPS = ("released_steps", "added_steps")
MOST_NODES = 1_000
"""Nodes of a step for each year in it, where the options name no limit and where a step found no whole plan
within theirs: counted and not timed, so that the plan does not depend on the speed of the machine."""
PATIENT = 3
"""Years decided together for which a plan is looked for in as many nodes: fewer take another year first. Two
years of the default case found a plan after 50 s and 666 nodes, three at their first node."""
STEP_WORDS = {"mip_heuristic_run_root_reduced_cost": False}
"""This heuristic of HiGHS solves a program of its own at the root: it took half and more of the time of a
step, and the other heuristics find solutions within 2 M JPY of its."""


def publish(
    model: PlanningModel,
    searched: Floats | None,
    options: SolveOptions,
    should_stop: Callable[[], bool] | None = None,
    longest: int | None = None,
) -> Solution:
    """Solve for whole racks with the binaries fixed to a searched solution, fiscal year by fiscal year.

    Each step asks for whole racks, moves and releases in one fiscal year, with the years after it still
    continuous, and then fixes them: a rolling horizon whose loss is part of the published gap. A year that
    finds no whole plan, or none in its nodes, takes the year before it back and both are decided together.
    Racks of the tail are never whole, for the tail is never published; what its leases release is.

    Args:
        model: a built model.
        searched: (columns) a solution whose binaries hold; None where the model has fixed them itself.
        options: solver options of each step, its limit of nodes for each year in it; no limit of time is
            heard.
        should_stop: asked while a step runs; true gives up.
        longest: the most years that are decided together, each within the nodes of the options and no
            more; None for all.

    Raises:
        SolverError: there is no plan in whole racks with these binaries, or none that ``longest`` years at a
            time lead to.
        GivenUpError: ``should_stop`` said so.
    """
    matrix = model.program.matrix()
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    binary = _binaries(model)
    if searched is not None:
        lower[binary] = upper[binary] = np.round(searched[binary])
    matrix = replace(matrix, col_lower=lower, col_upper=upper)
    years = _years(model)
    decided: dict[int, Floats] = {}
    first = last = 0
    while True:
        window = range(first, last + 1)
        patient = longest is None and (first == 0 or len(window) >= PATIENT)
        solution = _step(matrix, years, window, decided, options, should_stop, patient)
        if solution.stopped_by_caller:
            raise GivenUpError
        if solution.values is not None:
            decided |= {year: np.round(solution.values[years[year]]) for year in range(first, last + 1)}
            if last == len(years) - 1:
                whole = _fixed(matrix, years, decided)
                met = until_met(model, whole, solution, options, should_stop)
                if met.stopped_by_caller:
                    raise GivenUpError
                return met
            first = last = last + 1
        elif first == 0 or last - first + 1 == longest:
            message = f"no plan in whole racks with these decisions ({solution.status.value})"
            raise SolverError(message)
        else:
            first -= 1


def publish_open(
    model: PlanningModel, options: SolveOptions, should_stop: Callable[[], bool] | None = None
) -> Solution:
    """Decide everything in whole racks at once, for a model whose searched decisions have no such plan.

    A search counts racks as divisible; what it decides may leave no room for whole ones, although other
    decisions do.

    Args:
        model: a built model.
        options: solver options; a limit of nodes gives way to `MOST_NODES` for each year.
        should_stop: asked while it runs; true gives up.

    Raises:
        SolverError: there is no plan in whole racks, or none that was found.
        GivenUpError: ``should_stop`` said so.
    """
    matrix, years = model.program.matrix(), _years(model)
    integrality = matrix.integrality.copy()
    for columns in years:
        integrality[columns] = True
    most = replace(options, extra={**options.extra, **STEP_WORDS}, time_limit=None)
    most = replace(most, node_limit=MOST_NODES * len(years))
    found = highs.solve(replace(matrix, integrality=integrality), most, should_stop=should_stop)
    if found.stopped_by_caller:
        raise GivenUpError
    if found.values is None:
        raise SolverError(f"no plan in whole racks ({found.status.value})")
    binary = _binaries(model)
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    lower[binary] = upper[binary] = np.round(found.values[binary])
    decided = {year: np.round(found.values[columns]) for year, columns in enumerate(years)}
    whole = _fixed(replace(matrix, col_lower=lower, col_upper=upper), years, decided)
    met = until_met(model, whole, found, options, should_stop)
    if met.stopped_by_caller:
        raise GivenUpError
    return met


class GivenUpError(Exception):
    """A publication was given up because something better came in."""


def _step(
    matrix: Matrix,
    years: list[Columns],
    window: range,
    decided: dict[int, Floats],
    options: SolveOptions,
    should_stop: Callable[[], bool] | None,
    patient: bool = True,
) -> Solution:
    """Solve with whole numbers in a window of years and the years before it as decided.

    A step stops at its gap or at the nodes of its options for each year; one that has no plan by then is
    solved again with `MOST_NODES`, if it is ``patient``. The gap of years that are decided together grows
    with the square of their number: three of the default case take 27 s to three times the gap of one, 13 s
    and 2.6 M JPY more to nine times.
    """
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    whole_columns = np.zeros_like(matrix.integrality)
    for year in range(window.start):
        lower[years[year]] = upper[years[year]] = decided[year]
    for year in window:
        whole_columns[years[year]] = True
    step = replace(matrix, col_lower=lower, col_upper=upper, integrality=whole_columns)
    words = {**options.extra, **STEP_WORDS}
    gap = options.gap * len(window) ** 2
    most = replace(options, gap=gap, extra=words, time_limit=None, node_limit=MOST_NODES * len(window))
    if options.node_limit is not None:
        limited = replace(most, node_limit=options.node_limit * len(window))
        solution = highs.solve(step, limited, should_stop=should_stop)
        if solution.status is not Status.NO_SOLUTION or not patient:
            return solution
    return highs.solve(step, most, should_stop=should_stop)


def _fixed(matrix: Matrix, years: list[Columns], decided: dict[int, Floats]) -> Matrix:
    """Return the program with every whole number as decided."""
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    for year, columns in enumerate(years):
        lower[columns] = upper[columns] = decided[year]
    return replace(matrix, col_lower=lower, col_upper=upper, integrality=np.zeros_like(matrix.integrality))


def _years(model: PlanningModel) -> list[Columns]:
    """Return the columns that are whole, by fiscal year; the tail comes last, with its releases alone."""
    return _whole_columns(model.program, model.context)


@once
def _whole_columns(p: Program, c: Context) -> list[Columns]:
    periods = c.tables.periods
    tail = set(periods.loc[periods["tail"], "period"])
    groups = periods[~periods["tail"]].groupby("fiscal_year", sort=True)["period"]
    years = [set(labels) for _, labels in groups]
    found: list[list[Columns]] = [[] for _ in [*years, tail]]
    for name in (*WHOLE_RACKS, *LEASE_STEPS):
        block = p.blocks.variables[name]
        when = block.frame()["start_period" if name == "added_steps" else "period"]
        for part, labels in zip(found, [*years, tail if name in LEASE_STEPS else set()], strict=True):
            part.append(block.start + np.flatnonzero(when.isin(labels)))
    columns = [np.concatenate(parts) for parts in found]
    return columns if tail else columns[:-1]


def _binaries(model: PlanningModel) -> Columns:
    blocks = model.program.blocks.variables
    return np.concatenate([np.arange(blocks[name].start, blocks[name].stop) for name in BINARIES])


def tables_of(
    model: PlanningModel, values: np.ndarray, announced: dict[str, date | None]
) -> dict[str, pd.DataFrame]:
    """Return the decision tables and the derived tables of a whole-rack solution."""
    values = settled(model, values)
    decisions = decision_tables(model, values)
    return decisions | derived_tables(model, values, decisions, announced)
