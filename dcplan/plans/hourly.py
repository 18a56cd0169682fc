"""Hourly targets of a plan in whole racks: its own hours are asked for until they are met."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.extend import extended
from dcplan.lp.matrix import Rows
from dcplan.lp.terms import CONSTANT
from dcplan.model.hourly import hourly_targets
from dcplan.solvers import highs

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcplan.lp.matrix import Matrix
    from dcplan.lp.solution import Solution
    from dcplan.lp.terms import Expr
    from dcplan.model import PlanningModel
    from dcplan.solvers.options import SolveOptions

MET = 1e-7
"""Share of the load by which an hourly target may be missed: rounding of a solver."""
ROUNDS = 50


def until_met(
    model: PlanningModel,
    matrix: Matrix,
    solution: Solution,
    options: SolveOptions,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Return the solution whose hourly targets hold, solved again with the hours that it left open.

    Args:
        model: the model.
        matrix: its program with all whole numbers fixed.
        solution: a solution of it.
        options: solver options.
        should_stop: asked while a solve runs.

    Raises:
        SolverError: no plan with these whole numbers meets the targets, or not within `ROUNDS`.
    """
    for turn in range(ROUNDS):
        more = open_cuts(model, solution.found)
        if not more:
            return solution
        for place, cut in enumerate(more):
            matrix = extended(matrix, f"hourly_{turn}_{place}", *_row(cut))
        solution = highs.solve(matrix, options, should_stop=should_stop)
        if solution.stopped_by_caller:
            return solution
        if solution.values is None:
            message = "these decisions cannot meet the hourly targets: claims and panels are used up"
            raise SolverError(message)
    raise SolverError(f"the hourly targets are not met after {ROUNDS} rounds")


def open_cuts(model: PlanningModel, values: np.ndarray) -> list[Expr]:
    """Return the cut of every hourly target that a solution breaks."""
    found = []
    for hours in hourly_targets(model.program, model.context):
        _, drawn, sets = hours.measured(values)
        cut = hours.cut(sets)
        if float(np.asarray(cut.value(values))) < -MET * max(drawn, 1.0):
            found.append(cut)
    return found


def _row(cut: Expr) -> tuple[Rows, np.ndarray, np.ndarray]:
    """Return an expression at least 0 as one row."""
    constant = cut.col == CONSTANT
    columns, where = np.unique(cut.col[~constant], return_inverse=True)
    numbers = np.bincount(where, weights=cut.coef[~constant], minlength=columns.size)
    kept = numbers != 0.0
    rows = Rows(np.array([0, int(kept.sum())]), columns[kept], numbers[kept])
    return rows, np.array([-float(cut.coef[constant].sum())]), np.array([np.inf])
