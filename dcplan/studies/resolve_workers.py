"""One re-solve, wherever it runs: in this process or in one of a pool."""

from __future__ import annotations

import signal
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
UNCONFIRMED = "infeasible by one solve; a second one, without presolve and costs, did not end in time"


@dataclass(frozen=True, eq=False)
class Task:
    """One re-solve.

    Attributes:
        patch: what is changed; None for the program as it stands.
        options: how to solve.
        start: (columns) a solution to start from.
    """

    patch: Patch | None
    options: SolveOptions
    start: Floats | None = None


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
    """

    status: Status
    proof: Proof
    values: Floats | None = None
    seconds: float = 0.0
    nodes: int = 0
    note: str = ""


class StoppedError(Exception):
    """The solve was told to stop: nobody waits for its answer."""


_ANSWERS = {Status.OPTIMAL, Status.FEASIBLE, Status.NO_SOLUTION, Status.INFEASIBLE}


def outcome(
    matrix: Matrix, task: Task, solve: Solver = highs.solve, stop: Callable[[], bool] | None = None
) -> Outcome:
    """Re-solve a program after a change.

    Only a status that is understood is an answer. That there is no plan is put to a second solve without
    presolve and costs and with another seed; one that does not end in time is noted.

    Raises:
        SolverError: the solver failed, or its two claims contradict each other.
        StoppedError: ``stop`` said so, or Ctrl-C did.
    """
    began = time.perf_counter()
    if task.patch is not None and task.patch.crossed:
        return Outcome(Status.INFEASIBLE, Proof())
    changed = matrix if task.patch is None else task.patch.applied(matrix)
    found = solve(changed, task.options, start=task.start, should_stop=stop)
    if found.status is Status.INTERRUPTED:
        raise StoppedError
    if found.status not in _ANSWERS:
        raise SolverError(f"a re-solve ended with {found.status.value}, which is no answer")
    note = _confirmed(changed, task.options, found, solve, stop) if _no_plan(found) else ""
    cost = np.inf if found.values is None else found.objective
    seconds = time.perf_counter() - began
    return Outcome(found.status, Proof(found.bound, cost), found.values, seconds, found.nodes, note)


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


def start_worker(matrix: Matrix, solve: Solver, stopped: Any) -> None:
    """Take the program once, when a process of the pool starts; Ctrl-C is its parent's business."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _HELD.update(matrix=matrix, solve=solve, stop=stopped.is_set)


def work(task: Task) -> Outcome:
    """Re-solve in a worker process."""
    return outcome(_HELD["matrix"], task, _HELD["solve"], _HELD["stop"])
