"""HiGHS in this process: for many small programs. One long solve belongs in `dcplan.solvers.child`."""

from __future__ import annotations

import atexit
import math
import threading
import time
from collections.abc import Callable
from typing import Any

import highspy

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution
from dcplan.solvers import engine
from dcplan.solvers.engine import Listener, Look, RefusedError
from dcplan.solvers.interrupts import first_interrupt
from dcplan.solvers.judged import (
    PROGRESS_SECONDS,
    Heard,
    judged,
    left_behind,
    native_options,
    progress_of,
)
from dcplan.solvers.options import Progress, SolveOptions
from dcplan.solvers.verify import checked_start

_POLL_SECONDS = 0.05
_LATE_SECONDS = 1.0
_PATIENCE_SECONDS = 0.3
_ABANDONED: list[threading.Thread] = []
"""Solves that were told to stop and not waited for: they end by themselves, before the interpreter does."""


@atexit.register
def _wait_for_abandoned() -> None:
    for thread in _ABANDONED:
        thread.join()


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
    incumbent with `Status.INTERRUPTED`; a second Ctrl-C raises KeyboardInterrupt at once. A caller that has
    a handler of SIGINT of its own keeps it.

    Args:
        matrix: the program.
        options: how to solve.
        progress: called with the incumbent, bound and gap of an integer program.
        start: (columns) a solution to start an integer program from.
        should_stop: called about 20 times a second; true stops the solve as Ctrl-C does.
        on_solution: called with the values of the newest better solution of an integer program.

    Raises:
        SolverError: HiGHS failed, ended in an unknown way, or its answer is not a solution at its cost.
        ValueError: a limit of memory is asked for.
    """
    options = options or SolveOptions()
    options.refuse_memory_limit("in the caller's own process")
    run = _Run(_loaded(matrix, options), options.time_limit, on_solution)
    if start is not None and matrix.integrality.any():
        engine.start_from(run.highs, checked_start(matrix, start))
    run.go(progress, should_stop)
    if run.abandoned:
        return left_behind(matrix, options, run.heard, run.elapsed(), solve)
    raw = engine.answer(run.highs, run.status)
    return judged(matrix, options, raw, run.heard, run.elapsed(), solve)


class _Run:
    """One HiGHS in a thread of its own.

    HiGHS keeps its thread pool per calling thread, so that solves with different thread counts never meet,
    and the caller stays free to hear Ctrl-C.
    """

    def __init__(
        self, highs: Any, time_limit: float | None, on_solution: Callable[[Floats], None] | None = None
    ) -> None:
        self.highs = highs
        self.began = time.perf_counter()
        self.time_limit = time_limit
        self.heard = Heard()
        self.status = ""
        self.abandoned = False
        self._on_solution = on_solution
        self._handed_over: Floats | None = None
        self._failure: BaseException | None = None
        self._listener = Listener(highs, self._looked, self._improved)

    def elapsed(self) -> float:
        return time.perf_counter() - self.began

    def go(self, progress: Callable[[Progress], None] | None, should_stop: Callable[[], bool] | None) -> None:
        latest = math.inf if self.time_limit is None else self.time_limit + _LATE_SECONDS
        thread = threading.Thread(target=self._work, name="HiGHS", daemon=True)
        next_look, patience = 0.0, math.inf
        with first_interrupt(self.cancel):
            thread.start()
            try:
                while thread.is_alive():
                    thread.join(_POLL_SECONDS)
                    if should_stop is not None and not self.cancelled and should_stop():
                        self.heard.stopped = True
                        self.cancel()
                    self._hand_over()
                    if not self.cancelled and self.elapsed() > latest:
                        self.heard.late = True
                        self.cancel()
                    if self.cancelled:
                        patience = min(patience, self.elapsed() + _PATIENCE_SECONDS)
                    if self.elapsed() > patience and self.heard.look is not None:
                        self.abandoned = True
                        _ABANDONED.append(thread)
                        break
                    if progress and self.heard.look is not None and self.elapsed() >= next_look:
                        next_look = self.elapsed() + PROGRESS_SECONDS
                        progress(progress_of(self.heard.look, self.elapsed()))
                self._hand_over()
            finally:
                self.cancel()  # an error in a callback of ours must not leave the solver running
        if self._failure is not None:
            raise SolverError(f"HiGHS failed: {self._failure}") from self._failure

    @property
    def cancelled(self) -> bool:
        return self._listener.cancelled

    def cancel(self) -> None:
        self._listener.cancelled = True

    def _hand_over(self) -> None:
        found = self.heard.incumbent
        if self._on_solution is not None and found is not None and found is not self._handed_over:
            self._handed_over = found
            self._on_solution(found)

    def _work(self) -> None:
        try:
            self.status = engine.run(self.highs)
            highspy.Highs.resetGlobalScheduler(False)
        except BaseException as error:
            self._failure = error

    def _looked(self, look: Look) -> None:
        self.heard.look = look

    def _improved(self, look: Look, values: Floats) -> None:
        self.heard.improved(look, values, self.elapsed())


def _loaded(matrix: Matrix, options: SolveOptions) -> Any:
    """A HiGHS with the options set and the matrix passed as arrays."""
    arrays = {name: getattr(matrix, name) for name in engine.ARRAYS}
    try:
        return engine.loaded(matrix.name, matrix.offset, arrays, native_options(options))
    except RefusedError as error:
        raise SolverError(str(error)) from error
