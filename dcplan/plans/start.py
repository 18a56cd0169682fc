"""A first solution for the search: announced projects are built, every site is kept, the rest is an LP."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.solution import Status
from dcplan.plans.reference import announced_dates, announced_states
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.model import PlanningModel


def first_solution(model: PlanningModel) -> Floats | None:
    """Return a solution of the search model that follows the latest announcements and keeps every site.

    None where budgets, targets or pins forbid it: the search then finds its own.
    """
    case, blocks = model.context.tables.case, model.program.blocks.variables
    days = sorted(set(case["announcements"]["known_on_date"]))
    matrix = model.program.matrix()
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    for name, state in announced_states(model, announced_dates(case, days[-1] if days else None)).items():
        block = blocks[name]
        rows = block.frame().merge(state.rename("on").reset_index(), how="left")
        on = rows["on"].to_numpy(dtype=float)
        lower[block.start : block.stop] = upper[block.start : block.stop] = on
    kept = blocks["kept"]
    lower[kept.start : kept.stop] = upper[kept.start : kept.stop] = 1.0
    if (lower < matrix.col_lower).any() or (upper > matrix.col_upper).any():
        return None
    relaxed = np.zeros_like(matrix.integrality)
    found = highs.solve(
        replace(matrix, col_lower=lower, col_upper=upper, integrality=relaxed), SolveOptions(threads=1)
    )
    return found.values if found.status is Status.OPTIMAL else None


def relaxed_bound(model: PlanningModel) -> float:
    """Return the optimum of the relaxation: the bound of a search that was stopped before it proved one.

    Raises:
        SolverError: the relaxation was not solved.
    """
    matrix = model.program.matrix()
    free = replace(matrix, integrality=np.zeros_like(matrix.integrality))
    found = highs.solve(free, SolveOptions(threads=1, extra={"solver": "ipm"}))
    if found.status is not Status.OPTIMAL:
        raise SolverError(f"the relaxation was not solved ({found.status.value})")
    return found.objective
