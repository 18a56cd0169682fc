"""The tutorial case with every start and exit tried in turn, racks whole: what answers must equal."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Status
from dcplan.model import PlanningModel
from dcplan.solvers import highs
from dcplan.studies.resolve_rows import Row, with_rows
from tests.random_cases.solving import EXACT, whole


def decided_plans(model: PlanningModel, rows: Sequence[Row] = ()) -> Iterator[tuple[np.ndarray, Matrix]]:
    """Yield every choice of the yes-or-no decisions, with the program in which racks alone are left open."""
    matrix = with_rows(whole(model), rows)
    yes_or_no = np.flatnonzero(model.program.matrix().integrality)
    for choice in itertools.product((0.0, 1.0), repeat=yes_or_no.size):
        lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
        lower[yes_or_no] = upper[yes_or_no] = choice
        if (lower >= matrix.col_lower).all() and (upper <= matrix.col_upper).all():
            yield np.array(choice), replace(matrix, col_lower=lower, col_upper=upper)


def cheapest(model: PlanningModel, rows: Sequence[Row] = ()) -> float:
    """Return the least cost over all plans; infinite where there is none."""
    best = np.inf
    for _, matrix in decided_plans(model, rows):
        found = highs.solve(matrix, EXACT)
        assert found.status in {Status.OPTIMAL, Status.INFEASIBLE}
        best = min(best, found.objective) if found.values is not None else best
    return float(best)
