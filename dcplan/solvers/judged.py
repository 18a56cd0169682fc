"""From HiGHS's own words to a `Solution`: every word translated, every number checked against the matrix."""

from __future__ import annotations

import math
import platform
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status, relative_gap
from dcplan.solvers.engine import Look, Raw, new_highs
from dcplan.solvers.options import Progress, SolveOptions
from dcplan.solvers.verify import honest_bound, refuse_faults, refuse_other_cost, refuse_unbounded, rounded

STATUS = {
    "kOptimal": Status.OPTIMAL,
    "kModelEmpty": Status.OPTIMAL,
    "kInfeasible": Status.INFEASIBLE,
    "kUnbounded": Status.UNBOUNDED,
    "kInterrupt": Status.INTERRUPTED,
    "kTimeLimit": Status.FEASIBLE,
    "kIterationLimit": Status.FEASIBLE,
    "kSolutionLimit": Status.FEASIBLE,
    "kMemoryLimit": Status.FEASIBLE,
    "kObjectiveBound": Status.FEASIBLE,
    "kObjectiveTarget": Status.FEASIBLE,
}
"""Every status of HiGHS that means something; a limit without a solution becomes `Status.NO_SOLUTION`."""

NAME = "HiGHS"
PROGRESS_SECONDS = 0.5
"""Least time between two looks that a caller is told of."""
POLISH_SECONDS, LEAST_POLISH_SECONDS = 60.0, 1.0
"""How long a linear program may take to make the rest of a solution fit its exact whole numbers."""
Solve: TypeAlias = Callable[[Matrix, SolveOptions], Solution]


@dataclass
class Heard:
    """What was heard of a solve while it ran, and how it was stopped.

    Attributes:
        look: the newest look.
        incumbent: the newest better solution.
        first_incumbent: wall seconds to the first one.
        late: it was stopped for its time limit, which it did not keep by itself.
        stopped: ``should_stop`` stopped it.
    """

    look: Look | None = None
    incumbent: Floats | None = None
    first_incumbent: float | None = None
    late: bool = False
    stopped: bool = False

    def improved(self, look: Look, values: Floats, seconds: float) -> None:
        """Hear of a better solution, so many wall seconds after the start."""
        self.look, self.incumbent = look, values
        if self.first_incumbent is None:
            self.first_incumbent = seconds


def native_options(options: SolveOptions) -> dict[str, Any]:
    """The options in the words of HiGHS."""
    return {
        "log_file": None if options.log_file is None else str(options.log_file),
        "mip_rel_gap": options.gap,
        "time_limit": options.time_limit,
        "threads": options.threads,
        "random_seed": options.seed,
        "mip_max_nodes": options.node_limit,
        "mip_feasibility_tolerance": options.integrality,
        **options.extra,
    }


def progress_of(look: Look, seconds: float) -> Progress:
    """A look of HiGHS as progress."""
    gap = relative_gap(look.incumbent, look.bound)
    return Progress(seconds, look.incumbent, look.bound, gap, look.solutions, look.nodes)


def judged(
    matrix: Matrix, options: SolveOptions, raw: Raw, heard: Heard, seconds: float, solve: Solve
) -> Solution:
    """The answer of HiGHS as a solution that is one.

    Args:
        matrix: the program.
        options: what HiGHS was told.
        raw: what it answered.
        heard: what it said before.
        seconds: wall time of the solve.
        solve: solves a linear program, for the best continuous values at exact whole numbers.

    Raises:
        SolverError: the status means nothing, or the answer is not what it claims to be.
    """
    status = _status(raw, heard)
    values, objective, bound = _answer(matrix, options, raw, status, solve)
    if values is None and status in {Status.OPTIMAL, Status.FEASIBLE}:
        if status is Status.OPTIMAL:
            raise SolverError("HiGHS claims an optimum and has no solution")
        status = Status.NO_SOLUTION
    if status is Status.UNBOUNDED:
        refuse_unbounded(matrix, NAME)
    if status is Status.OPTIMAL and not _within_gap(objective, bound, options, raw):
        status = Status.FEASIBLE
    found = Solution(
        status=status,
        objective=objective,
        bound=bound,
        values=values,
        seconds=seconds,
        nodes=raw.nodes,
        simplex_iterations=raw.iterations,
        first_incumbent_seconds=heard.first_incumbent,
        versions={"highspy": raw.version, "python": platform.python_version()},
        options={"solver": "highs", **options.told()},
        stopped_by_caller=heard.stopped,
    )
    _refuse_worse(matrix, found, heard)
    return found


def left_behind(
    matrix: Matrix, options: SolveOptions, heard: Heard, seconds: float, solve: Solve
) -> Solution:
    """What was heard of a solve that was ended before it answered: its incumbent, verified, and its bound.

    Raises:
        SolverError: the incumbent is not a solution, or the bound is above its cost.
    """
    look, values = heard.look, heard.incumbent
    bound = -math.inf if look is None or math.isnan(look.bound) else look.bound
    objective = math.nan
    if values is not None:
        values = _whole(matrix, rounded(matrix, values, NAME), options, solve)
        objective = matrix.objective(values)
        bound = honest_bound(objective, bound, NAME)
    limited = Status.NO_SOLUTION if values is None else Status.FEASIBLE
    return Solution(
        status=limited if heard.late else Status.INTERRUPTED,
        objective=objective,
        bound=bound,
        values=values,
        seconds=seconds,
        nodes=0 if look is None else look.nodes,
        first_incumbent_seconds=heard.first_incumbent,
        versions={"highspy": new_highs().version(), "python": platform.python_version()},
        options={"solver": "highs", **options.told()},
        stopped_by_caller=heard.stopped,
    )


def _status(raw: Raw, heard: Heard) -> Status:
    """How the run ended; a status of HiGHS that is not listed is a failure, never an answer."""
    if raw.status not in STATUS:
        raise SolverError(f"HiGHS ended with {raw.status}, which is no answer")
    status = STATUS[raw.status]
    return Status.FEASIBLE if heard.late and status is Status.INTERRUPTED else status


def _answer(
    matrix: Matrix, options: SolveOptions, raw: Raw, status: Status, solve: Solve
) -> tuple[Floats | None, float, float]:
    """Verified values, their cost and the proven bound."""
    if not matrix.columns:
        return np.empty(0), matrix.offset, matrix.offset
    whole = bool(matrix.integrality.any())
    bound = raw.bound if whole else -math.inf
    if status in {Status.INFEASIBLE, Status.UNBOUNDED} or raw.values is None:
        unproven = status in {Status.INFEASIBLE, Status.UNBOUNDED} or math.isnan(bound)
        return None, math.nan, -math.inf if unproven else bound
    values = rounded(matrix, raw.values, NAME)
    if status is Status.OPTIMAL or not _better_than_handed_over(matrix, raw):
        refuse_other_cost(matrix, raw.values, raw.objective, NAME)
    values = _whole(matrix, values, options, solve)
    objective = matrix.objective(values)
    if not whole and status is Status.OPTIMAL:
        bound = objective
    return values, objective, honest_bound(objective, bound, NAME)


def _better_than_handed_over(matrix: Matrix, raw: Raw) -> bool:
    """Whether HiGHS claims less than what its values cost.

    Stopped at a limit, HiGHS 1.16 may have counted a better solution that it has not handed over. The values
    that it did hand over are then checked and count at their own cost; an optimum is never taken like that.
    """
    return raw.values is not None and raw.objective < matrix.objective(raw.values)


def _whole(matrix: Matrix, values: Floats, options: SolveOptions, solve: Solve) -> Floats:
    """Values that keep every row with their whole numbers exact; refused if there are none."""
    if matrix.integrality.any() and matrix.check(values):
        values = polished(matrix, values, options, solve)
    refuse_faults(matrix, values, NAME)
    return values


def polished(matrix: Matrix, values: Floats, options: SolveOptions, solve: Solve) -> Floats:
    """The best continuous values for these exact whole numbers: rounding alone can break rows."""
    lower = np.where(matrix.integrality, values, matrix.col_lower)
    upper = np.where(matrix.integrality, values, matrix.col_upper)
    fixed = replace(
        matrix, col_lower=lower, col_upper=upper, integrality=np.zeros(matrix.columns, dtype=np.bool_)
    )
    limit = None if options.time_limit is None else max(LEAST_POLISH_SECONDS, 0.05 * options.time_limit)
    seconds = POLISH_SECONDS if limit is None else min(POLISH_SECONDS, limit)
    found = solve(fixed, SolveOptions(threads=options.threads, seed=options.seed, time_limit=seconds))
    if found.status is not Status.OPTIMAL or found.values is None:
        raise SolverError("the answer of HiGHS is not a solution once its whole numbers are exact")
    return found.values


def _refuse_worse(matrix: Matrix, found: Solution, heard: Heard) -> None:
    """Raise `SolverError` where HiGHS answers less than it had found before."""
    unbounded = found.status is Status.UNBOUNDED  # below every solution there is a better one
    if unbounded or heard.incumbent is None or matrix.check(heard.incumbent):
        return
    had = matrix.objective(heard.incumbent)
    if not found.has_values:
        raise SolverError(f"HiGHS claims {found.status.value!r}, and had found a solution at {had:,.6f}")
    if found.objective - had > 1e-6 * max(1.0, abs(had)):
        raise SolverError(f"HiGHS answers {found.objective:,.6f}, and had found {had:,.6f}")


def _within_gap(objective: float, bound: float, options: SolveOptions, raw: Raw) -> bool:
    near = objective - bound <= raw.absolute_gap + 1e-9
    return near or relative_gap(objective, bound) <= options.gap + 1e-9
