"""One re-solve, wherever it runs: in this process or in one of a pool."""

from __future__ import annotations

import math
import multiprocessing
import multiprocessing.process
import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.solution import Status
from dcplan.solvers import highs
from dcplan.studies.resolve_interval import Proof

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.solution import Solution
    from dcplan.solvers.options import SolveOptions
    from dcplan.studies.resolve_changes import Patch

Solver = Callable[..., "Solution"]
"""As `dcplan.solvers.highs.solve`."""

CONFIRM_SECONDS = 10.0
PROOF_ONLY = {
    "mip_heuristic_run_rins": False,
    "mip_heuristic_run_rens": False,
    "mip_heuristic_run_root_reduced_cost": False,
    "mip_heuristic_run_feasibility_jump": False,
    "mip_heuristic_effort": 0.0,
    "mip_allow_restart": False,
}
"""Options of a solve that starts from a good plan: on the default case the proof then takes half the time."""
GUESS, LOOSEST_GAP, WITHOUT_START_GAP = 0.1, 1e-3, 2e-4
"""The first gap is a tenth of the difference between the start and the base, and at most the loosest.

Where the decisions of the base cannot be repaired, the change is large, and a coarse gap comes first.
"""
FAILED = "the solver failed twice, the second time with another seed: {error}"
UNCONFIRMED = "infeasible by one solve; a second one, without presolve and costs, did not end in time"


@dataclass(frozen=True, eq=False)
class Task:
    """One re-solve.

    Attributes:
        patch: what is changed; None for the program as it stands.
        options: how to solve.
        start: (columns) a solution to start from.
        hint: (columns) whole numbers of a plan of the unchanged program, NaN elsewhere; repaired, the change
            made, it is the start where ``start`` is not given.
        base_cost: cost of the unchanged program, to choose the gap by; NaN leaves that of the options.
        finest_gap: the smallest gap to choose.
        coarse: the loosest gap to choose, where the decisions of the base cannot be repaired as well; NaN for
            those that resolve a difference at once.
        enough: share of the base cost up to which the start is the answer, nothing proven but the base.
    """

    patch: Patch | None
    options: SolveOptions
    start: Floats | None = None
    hint: Floats | None = None
    base_cost: float = math.nan
    finest_gap: float = 0.0
    coarse: float = math.nan
    enough: float = -math.inf


@dataclass(frozen=True, eq=False)
class Outcome:
    """What one re-solve found.

    Attributes:
        status: how it ended; `Status.OPTIMAL`, `FEASIBLE`, `NO_SOLUTION` or `INFEASIBLE`.
        proof: the cost found and the bound proven.
        values: (columns) the solution; None when there is none.
        seconds: wall time.
        nodes: branch-and-bound nodes.
        note: what a reader must know before trusting it.
        asked: the gap that it was solved to.
    """

    status: Status
    proof: Proof
    values: Floats | None = None
    seconds: float = 0.0
    nodes: int = 0
    note: str = ""
    asked: float = math.inf


class StoppedError(Exception):
    """The solve was told to stop: nobody waits for its answer."""


_ANSWERS = {Status.OPTIMAL, Status.FEASIBLE, Status.NO_SOLUTION, Status.INFEASIBLE}


def outcome(
    matrix: Matrix, task: Task, solve: Solver = highs.solve, stop: Callable[[], bool] | None = None
) -> Outcome:
    """Re-solve a program after a change.

    Only a status that is understood is an answer. A solve that fails is tried once more, with another seed
    and without what speeds up a proof; one that fails again has no solution, and says so. That there is no
    plan is put to a second solve without presolve and costs and with another seed; one that does not end in
    time is noted.

    Raises:
        SolverError: a status is no answer, or two claims of the solver contradict each other.
        StoppedError: ``stop`` said so, or Ctrl-C did.
    """
    began = time.perf_counter()
    if task.patch is not None and task.patch.crossed:
        return Outcome(Status.INFEASIBLE, Proof())
    changed = matrix if task.patch is None else task.patch.applied(matrix)
    try:
        start, options = _prepared(changed, task, solve, stop)
        if start is not None and changed.objective(start) <= task.base_cost * (1.0 + task.enough):
            seconds = time.perf_counter() - began
            return Outcome(Status.FEASIBLE, Proof(cost=changed.objective(start)), start, seconds)
        found = solve(changed, options, start=start, should_stop=stop)
    except SolverError:
        options = replace(task.options, seed=task.options.seed + 1)
        try:
            found = solve(changed, options, should_stop=stop)
        except SolverError as error:
            seconds = time.perf_counter() - began
            return Outcome(Status.NO_SOLUTION, Proof(), None, seconds, note=FAILED.format(error=error))
    if found.status is Status.INTERRUPTED:
        raise StoppedError
    if found.status not in _ANSWERS:
        raise SolverError(f"a re-solve ended with {found.status.value}, which is no answer")
    note = _confirmed(changed, task.options, found, solve, stop) if _no_plan(found) else ""
    cost = np.inf if found.values is None else found.objective
    seconds = time.perf_counter() - began
    return Outcome(
        found.status, Proof(found.bound, cost), found.values, seconds, found.nodes, note, options.gap
    )


def _prepared(
    matrix: Matrix, task: Task, solve: Solver, stop: Callable[[], bool] | None
) -> tuple[Floats | None, SolveOptions]:
    """Return a solution to start from, if there is one, and options that suit it."""
    start, gap = task.start, task.options.gap
    if start is None and task.hint is not None:
        start = repaired(matrix, task.hint, task.options, solve, stop)
        if start is not None and math.isfinite(task.base_cost):
            cost = matrix.objective(start)
            guess = GUESS * max(0.0, cost - task.base_cost) / max(1.0, abs(cost))
            loosest = LOOSEST_GAP if math.isnan(task.coarse) else task.coarse
            gap = min(loosest, max(guess, task.finest_gap))
        elif start is None and math.isfinite(task.base_cost):
            gap = max(gap, WITHOUT_START_GAP if math.isnan(task.coarse) else task.coarse)
    if start is None:
        return None, replace(task.options, gap=gap)
    return start, replace(task.options, gap=gap, extra={**PROOF_ONLY, **task.options.extra})


def repaired(
    matrix: Matrix, hint: Floats, options: SolveOptions, solve: Solver, stop: Callable[[], bool] | None = None
) -> Floats | None:
    """Return the best solution with the whole numbers of a hint within the bounds; None without one."""
    known = matrix.integrality & np.isfinite(hint)
    if not known.any():
        return None
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    lower[known] = upper[known] = np.round(np.clip(hint[known], lower[known], upper[known]))
    fixed = replace(matrix, col_lower=lower, col_upper=upper, integrality=matrix.integrality & ~known)
    found = solve(fixed, options, should_stop=stop)
    if found.status is Status.INTERRUPTED:
        raise StoppedError
    return found.values


def _no_plan(found: Solution) -> bool:
    return found.status is Status.INFEASIBLE


def _confirmed(
    matrix: Matrix, options: SolveOptions, found: Solution, solve: Solver, stop: Callable[[], bool] | None
) -> str:
    """Put the claim that there is no plan to a second solve; return a note when that one did not end."""
    free = replace(matrix, cost=np.zeros(matrix.columns), offset=0.0)
    limit = max(CONFIRM_SECONDS, 2.0 * found.seconds)
    other = replace(
        options, seed=options.seed + 1, time_limit=limit, extra={**options.extra, "presolve": "off"}
    )
    again = solve(free, other, should_stop=stop)
    if again.status is Status.INTERRUPTED:
        raise StoppedError
    if again.has_values:
        raise SolverError("the solver claims that there is no plan; without presolve it finds one")
    return "" if again.status is Status.INFEASIBLE else UNCONFIRMED


_HELD: dict[str, Any] = {}
"""What a worker process was given when it started: the matrix, the solver and the stop sign."""


def belong_to_parent() -> None:
    """Leave Ctrl-C to the process that started this one, and end when that one is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    parent = multiprocessing.parent_process()
    if parent is not None:
        threading.Thread(target=_end_after, args=(parent,), daemon=True).start()


def _end_after(parent: multiprocessing.process.BaseProcess) -> None:
    parent.join()
    os._exit(1)


def start_worker(matrix: Matrix, solve: Solver, stopped: Any) -> None:
    """Take the program once, when a process of the pool starts."""
    belong_to_parent()
    _HELD.update(matrix=matrix, solve=solve, stop=stopped.is_set)


def work(task: Task) -> Outcome:
    """Re-solve in a worker process."""
    return outcome(_HELD["matrix"], task, _HELD["solve"], _HELD["stop"])
