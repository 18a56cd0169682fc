"""HiGHS: the default solver. Arrays go in, a verified solution comes out."""

from __future__ import annotations

import atexit
import math
import platform
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import highspy
import numpy as np
from highspy import HighsModelStatus, cb

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status, relative_gap
from dcplan.solvers.options import Progress, SolveOptions
from dcplan.solvers.verify import honest_bound, refuse_faults, refuse_other_cost, rounded

STATUS = {
    HighsModelStatus.kOptimal: Status.OPTIMAL,
    HighsModelStatus.kModelEmpty: Status.OPTIMAL,
    HighsModelStatus.kInfeasible: Status.INFEASIBLE,
    HighsModelStatus.kUnbounded: Status.UNBOUNDED,
    HighsModelStatus.kInterrupt: Status.INTERRUPTED,
    HighsModelStatus.kTimeLimit: Status.FEASIBLE,
    HighsModelStatus.kIterationLimit: Status.FEASIBLE,
    HighsModelStatus.kSolutionLimit: Status.FEASIBLE,
    HighsModelStatus.kMemoryLimit: Status.FEASIBLE,
    HighsModelStatus.kObjectiveBound: Status.FEASIBLE,
    HighsModelStatus.kObjectiveTarget: Status.FEASIBLE,
}
"""Every status of HiGHS that means something; a limit without a solution becomes `Status.NO_SOLUTION`."""

_FEASIBLE_POINT = 2  # kSolutionStatusFeasible, not named in Python
_POLL_SECONDS = 0.05
_PROGRESS_SECONDS = 0.5
_LATE_SECONDS = 1.0
_PATIENCE_SECONDS = 0.3
_ABANDONED: list[threading.Thread] = []
"""Solves that were told to stop and not waited for: they end by themselves, before the interpreter does."""


@atexit.register
def _wait_for_abandoned() -> None:
    for thread in _ABANDONED:
        thread.join()


_INTERRUPTS = (
    cb.HighsCallbackType.kCallbackMipInterrupt,
    cb.HighsCallbackType.kCallbackSimplexInterrupt,
    cb.HighsCallbackType.kCallbackIpmInterrupt,
)
_LOOKS = (cb.HighsCallbackType.kCallbackMipLogging, cb.HighsCallbackType.kCallbackMipImprovingSolution)


def solve(
    matrix: Matrix,
    options: SolveOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Floats | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_solution: Callable[[Floats], None] | None = None,
) -> Solution:
    """Minimise with HiGHS; the answer is a solution of the matrix at the cost that it states.

    The solve runs in a thread of its own; ``progress`` and ``should_stop`` are called from the caller's
    thread, the former at most twice a second. Ctrl-C in the main thread stops the solve and returns the
    incumbent with `Status.INTERRUPTED`; a second Ctrl-C raises KeyboardInterrupt at once.

    Args:
        matrix: the program.
        options: how to solve.
        progress: called with the incumbent, bound and gap of an integer program.
        start: (columns) a solution to start an integer program from.
        should_stop: called about 20 times a second; true stops the solve as Ctrl-C does.
        on_solution: called with the values of the newest better solution of an integer program.

    Raises:
        SolverError: HiGHS failed, ended in an unknown way, or its answer is not a solution at its cost.
    """
    options = options or SolveOptions()
    run = _Run(_loaded(matrix, options), options.time_limit)
    run.on_solution = on_solution
    if start is not None and matrix.integrality.any():
        _start_from(run.highs, matrix, start)
    run.go(progress, should_stop)
    if run.abandoned:
        return _left_behind(matrix, options, run)
    status = _ended(run)
    values, objective, bound = _answer(matrix, options, run, status)
    if values is None and status in {Status.OPTIMAL, Status.FEASIBLE}:
        if status is Status.OPTIMAL:
            raise SolverError("HiGHS claims an optimum and has no solution")
        status = Status.NO_SOLUTION
    if status is Status.OPTIMAL and not _within_gap(objective, bound, options, run.highs):
        status = Status.FEASIBLE
    info = run.highs.getInfo()
    return Solution(
        status=status,
        objective=objective,
        bound=bound,
        values=values,
        seconds=run.elapsed(),
        nodes=max(0, int(info.mip_node_count)),
        simplex_iterations=max(0, int(info.simplex_iteration_count)),
        first_incumbent_seconds=run.first_incumbent,
        versions={"highspy": run.highs.version(), "python": platform.python_version()},
        options={"solver": "highs", **options.told()},
        stopped_by_caller=run.stopped,
    )


class _Run:
    """One HiGHS in a thread of its own.

    HiGHS keeps its thread pool per calling thread, so that solves with different thread counts never meet,
    and the caller stays free to hear Ctrl-C.
    """

    def __init__(self, highs: Any, time_limit: float | None) -> None:
        self.highs = highs
        self.began = time.perf_counter()
        self.time_limit = time_limit
        self.cancelled = False
        self.late = False
        self.solutions = 0
        self.first_incumbent: float | None = None
        self.latest: Progress | None = None
        self.on_solution: Callable[[Floats], None] | None = None
        self.stopped = False
        self.abandoned = False
        self.incumbent: Floats | None = None
        self._handed_over: Floats | None = None
        self._failure: BaseException | None = None
        highs.setCallback(self._listen, None)
        for kind in (*_INTERRUPTS, *_LOOKS):
            highs.startCallback(kind)

    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    def go(self, progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool] | None) -> None:
        self.cancelled = False
        latest = math.inf if self.time_limit is None else self.time_limit + _LATE_SECONDS
        thread = threading.Thread(target=self._work, name="HiGHS", daemon=True)
        next_look, patience = 0.0, math.inf
        with _first_interrupt(self.cancel):
            thread.start()
            try:
                while thread.is_alive():
                    thread.join(_POLL_SECONDS)
                    if should_stop is not None and not self.cancelled and should_stop():
                        self.stopped = True
                        self.cancel()
                    self._hand_over()
                    if self.cancelled:
                        patience = min(patience, self.elapsed() + _PATIENCE_SECONDS)
                    if self.elapsed() > patience and self.latest is not None:
                        self.abandoned = True
                        _ABANDONED.append(thread)
                        break
                    if not self.cancelled and self.elapsed() > latest:
                        self.late = True
                        self.cancel()
                    if progress and self.latest is not None and self.elapsed() >= next_look:
                        next_look = self.elapsed() + _PROGRESS_SECONDS
                        progress(replace(self.latest, seconds=self.elapsed()))
                self._hand_over()
            finally:
                self.cancel()  # an error in a callback of ours must not leave the solver running
        if self._failure is not None:
            raise SolverError(f"HiGHS failed: {self._failure}") from self._failure

    def _hand_over(self) -> None:
        found = self.incumbent
        if self.on_solution is not None and found is not None and found is not self._handed_over:
            self._handed_over = found
            self.on_solution(found)

    def cancel(self) -> None:
        self.cancelled = True

    def _work(self) -> None:
        try:
            self.highs.run()
            highspy.Highs.resetGlobalScheduler(False)
        except BaseException as error:
            self._failure = error

    def _listen(self, kind: Any, _message: str, out: Any, into: Any, _data: Any) -> None:
        if kind in _INTERRUPTS:
            if self.cancelled:
                into.user_interrupt = True
            return
        if kind == cb.HighsCallbackType.kCallbackMipImprovingSolution:
            self.solutions += 1
            self.incumbent = np.array(out.mip_solution, dtype=np.float64)
            self.first_incumbent = self.elapsed() if self.first_incumbent is None else self.first_incumbent
        incumbent, bound = float(out.mip_primal_bound), float(out.mip_dual_bound)
        gap = relative_gap(incumbent, bound)
        self.latest = Progress(self.elapsed(), incumbent, bound, gap, self.solutions, int(out.mip_node_count))


@contextmanager
def _first_interrupt(cancel: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C into ``cancel()``; the second one is handled as before the solve."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGINT)

    def first(_number: int, _frame: FrameType | None) -> None:
        cancel()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _loaded(matrix: Matrix, options: SolveOptions) -> Any:
    """A HiGHS with the options set and the matrix passed as arrays."""
    highs = highspy.Highs()
    highs.setOptionValue("output_flag", options.log_file is not None)
    highs.setOptionValue("log_to_console", False)
    told = {
        "log_file": None if options.log_file is None else str(options.log_file),
        "mip_rel_gap": options.gap,
        "time_limit": options.time_limit,
        "threads": options.threads,
        "random_seed": options.seed,
        "mip_max_nodes": options.node_limit,
        "mip_feasibility_tolerance": options.integrality,
        **options.extra,
    }
    for name, value in told.items():
        if value is not None and highs.setOptionValue(name, value) != highspy.HighsStatus.kOk:
            raise SolverError(f"HiGHS refuses the option {name} = {value!r}")
    lp = highspy.HighsLp()
    lp.model_name_ = matrix.name
    lp.num_col_, lp.num_row_ = matrix.columns, matrix.rows
    lp.col_cost_, lp.offset_ = matrix.cost, matrix.offset
    lp.col_lower_, lp.col_upper_ = matrix.col_lower, matrix.col_upper
    lp.row_lower_, lp.row_upper_ = matrix.row_lower, matrix.row_upper
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.indptr.astype(np.int32)
    lp.a_matrix_.index_ = matrix.indices.astype(np.int32)
    lp.a_matrix_.value_ = matrix.data
    if matrix.integrality.any():
        kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
        lp.integrality_ = [kinds[whole] for whole in matrix.integrality.tolist()]
    # A warning says that coefficients below 1e-9 were dropped; the answer is checked against all of them.
    if highs.passModel(lp) == highspy.HighsStatus.kError:
        raise SolverError(f"HiGHS refuses the program {matrix.name}")
    return highs


def _start_from(highs: Any, matrix: Matrix, start: Floats) -> None:
    values = np.asarray(start, dtype=np.float64)
    if values.shape != (matrix.columns,) or not np.isfinite(values).all():
        raise ValueError(f"start: {matrix.columns:,} finite values are wanted")
    solution = highspy.HighsSolution()
    solution.col_value = values.tolist()
    highs.setSolution(solution)


def _ended(run: _Run) -> Status:
    """How the run ended; a status of HiGHS that is not listed is a failure, never an answer."""
    native = run.highs.getModelStatus()
    if native == HighsModelStatus.kUnboundedOrInfeasible:
        # Solved again without costs, what has a solution is unbounded.
        columns = np.arange(run.highs.getNumCol(), dtype=np.int32)
        run.highs.changeColsCost(columns.size, columns, np.zeros(columns.size))
        run.go(None, None)
        feasible = run.highs.getModelStatus() == HighsModelStatus.kOptimal
        if feasible or run.highs.getModelStatus() == HighsModelStatus.kInfeasible:
            return Status.UNBOUNDED if feasible else Status.INFEASIBLE
    if native not in STATUS:
        raise SolverError(f"HiGHS ended with {native.name}, which is no answer")
    if run.late and STATUS[native] is Status.INTERRUPTED:
        return Status.FEASIBLE
    return STATUS[native]


def _answer(
    matrix: Matrix, options: SolveOptions, run: _Run, status: Status
) -> tuple[Floats | None, float, float]:
    """Verified values, their cost and the proven bound."""
    if not matrix.columns:
        return np.empty(0), matrix.offset, matrix.offset
    info, solution = run.highs.getInfo(), run.highs.getSolution()
    whole = bool(matrix.integrality.any())
    bound = float(info.mip_dual_bound) if whole else -math.inf
    found = solution.value_valid and info.primal_solution_status == _FEASIBLE_POINT
    if status in {Status.INFEASIBLE, Status.UNBOUNDED} or not found:
        unproven = status in {Status.INFEASIBLE, Status.UNBOUNDED} or math.isnan(bound)
        return None, math.nan, -math.inf if unproven else bound
    raw = np.array(solution.col_value, dtype=np.float64)
    values = rounded(matrix, raw, "HiGHS")
    refuse_other_cost(matrix, raw, float(info.objective_function_value), "HiGHS")
    if matrix.check(values) and whole:
        values = _polished(matrix, values, options)
    refuse_faults(matrix, values, "HiGHS")
    objective = matrix.objective(values)
    if not whole and status is Status.OPTIMAL:
        bound = objective
    return values, objective, honest_bound(objective, bound, "HiGHS")


def _left_behind(matrix: Matrix, options: SolveOptions, run: _Run) -> Solution:
    """Answer from what HiGHS last said, without waiting until its heuristics hear that they should stop."""
    latest, values = run.latest, run.incumbent
    bound = -math.inf if latest is None or math.isnan(latest.bound) else latest.bound
    objective = math.nan
    if values is not None:
        values = rounded(matrix, values, "HiGHS")
        if matrix.check(values):
            values = _polished(matrix, values, options)
        objective = matrix.objective(values)
        bound = honest_bound(objective, bound, "HiGHS")
    return Solution(
        status=Status.FEASIBLE if run.late and values is not None else Status.INTERRUPTED,
        objective=objective,
        bound=bound,
        values=values,
        seconds=run.elapsed(),
        nodes=0 if latest is None else latest.nodes,
        first_incumbent_seconds=run.first_incumbent,
        versions={"highspy": highspy.Highs().version(), "python": platform.python_version()},
        options={"solver": "highs", **options.told()},
        stopped_by_caller=run.stopped,
    )


def _polished(matrix: Matrix, values: Floats, options: SolveOptions) -> Floats:
    """The best continuous values for these exact whole numbers: rounding alone can break rows."""
    lower = np.where(matrix.integrality, values, matrix.col_lower)
    upper = np.where(matrix.integrality, values, matrix.col_upper)
    fixed = replace(
        matrix, col_lower=lower, col_upper=upper, integrality=np.zeros(matrix.columns, dtype=np.bool_)
    )
    polished = solve(fixed, SolveOptions(threads=options.threads, seed=options.seed))
    if polished.status is not Status.OPTIMAL or polished.values is None:
        raise SolverError("the answer of HiGHS is not a solution once its whole numbers are exact")
    return polished.values


def _within_gap(objective: float, bound: float, options: SolveOptions, highs: Any) -> bool:
    _, absolute = highs.getOptionValue("mip_abs_gap")
    return relative_gap(objective, bound) <= options.gap + 1e-9 or objective - bound <= absolute + 1e-9
