"""Our own search for programs whose hints say what their steps are: small ones in this process.

A large one belongs in `dcplan.solvers.child`, under its watchdog and with processes of its own, as `search`
and `BySteps` have it. Ctrl-C stops the search here too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dcplan.lp.solution import Status
from dcplan.solvers import engine, highs
from dcplan.solvers.interrupts import first_interrupt
from dcplan.solvers.judged import PROGRESS_SECONDS, Heard, judged, native_options, progress_of
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.searching import Searching, steps_arrays
from dcplan.solvers.verify import checked_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcplan.lp.hints import Steps
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.solution import Solution
    from dcplan.solvers.engine import Look
    from dcplan.solvers.options import Progress
    from dcplan.solvers.tree import SearchTree

SMALL = 2_000
"""Columns up to which a program is searched in the caller's process: another one takes 0.2 s to start."""


def search(
    matrix: Matrix,
    steps: Sequence[Steps],
    options: SolveOptions,
    progress: Callable[[Progress], None] | None = None,
    start: Floats | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_solution: Callable[[Floats], None] | None = None,
    on_tree: Callable[[SearchTree], None] | None = None,
) -> Solution:
    """Minimise by branch and bound over steps: a small program here, a large one in a process of its own.

    Arguments, answer and errors are those of `dcplan.solvers.child.solve`, which also has the second solve of
    a claim that there is no solution.
    """
    if is_small(matrix):
        found = solve(
            matrix,
            steps,
            options,
            start,
            on_tree=on_tree,
            should_stop=should_stop,
            progress=progress,
            on_solution=on_solution,
        )
        if found.status is not Status.INFEASIBLE or not matrix.columns:
            return found
        from dcplan.solvers.child import confirmed

        return confirmed(matrix, options, found, should_stop)
    from dcplan.solvers import child

    return child.solve(matrix, options, progress, start, should_stop, on_solution, steps, on_tree)


def is_small(matrix: Matrix) -> bool:
    """Whether a program is searched, or solved without a search, in the caller's process."""
    return matrix.columns <= SMALL or not matrix.integrality.any()


def solve(
    matrix: Matrix,
    steps: Sequence[Steps],
    options: SolveOptions | None = None,
    start: Floats | None = None,
    on_tree: Callable[[SearchTree], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
    progress: Callable[[Progress], None] | None = None,
    on_solution: Callable[[Floats], None] | None = None,
) -> Solution:
    """Minimise by branch and bound over steps; without a whole number to decide, with HiGHS.

    Args:
        matrix: the program.
        steps: columns that rise together (`dcplan.lp.hints.steps_of`).
        options: how to solve.
        start: (columns) values whose whole numbers are tried first.
        on_tree: called with the record of the search, which proves its bound.
        should_stop: called about 20 times a second; true stops the search.
        progress: called with the incumbent, bound and gap, at most twice a second.
        on_solution: called with the values of every better solution.

    Raises:
        SolverError: the search failed, or its answer is not a solution at its cost.
        ValueError: a limit of memory is asked for.
    """
    options = options or SolveOptions()
    options.refuse_memory_limit("in the caller's own process")
    began = time.perf_counter()
    if not matrix.integrality.any():
        return highs.solve(matrix, options, progress, None, should_stop, on_solution)
    job = {
        "name": matrix.name,
        "offset": matrix.offset,
        "options": native_options(options),
        "gap": options.gap,
        "node_limit": options.node_limit,
    }
    arrays = {name: getattr(matrix, name) for name in engine.ARRAYS} | steps_arrays(steps)
    if start is not None:
        arrays["start"] = checked_start(matrix, start)
    engine.fresh_scheduler()  # else HiGHS refuses where the thread has run it with another number of threads
    listener = _Listener(began, progress, on_solution)
    searching = Searching(job, arrays, listener.looked, listener.improved)
    searching.ask(should_stop)
    try:
        with first_interrupt(searching.cancel):
            raw = searching.run(options.time_limit)
    finally:
        engine.fresh_scheduler()  # and the caller's own HiGHS likewise
    if raw is None:
        return highs.solve(matrix, options, progress, start, should_stop, on_solution)
    if on_tree is not None:
        on_tree(searching.tree())
    listener.heard.stopped = searching.stopped_by_caller
    return judged(matrix, options, raw, listener.heard, listener.elapsed(), highs.solve)


class _Listener:
    """Hears a search, and passes on what its caller wants to hear."""

    def __init__(
        self,
        began: float,
        progress: Callable[[Progress], None] | None,
        on_solution: Callable[[Floats], None] | None,
    ) -> None:
        self.heard = Heard()
        self._began, self._next_progress = began, 0.0
        self._progress, self._on_solution = progress, on_solution

    def elapsed(self) -> float:
        return time.perf_counter() - self._began

    def looked(self, look: Look) -> None:
        self.heard.look, now = look, self.elapsed()
        if self._progress is not None and now >= self._next_progress:
            self._next_progress = now + PROGRESS_SECONDS
            self._progress(progress_of(look, now))

    def improved(self, look: Look, values: Floats) -> None:
        self.heard.improved(look, values, self.elapsed())
        if self._on_solution is not None:
            self._on_solution(values)


@dataclass(frozen=True)
class BySteps:
    """A solver as `dcplan.solvers.highs.solve` is one, for programs with these steps; processes can take it.

    Both children of a node of a large program are solved at once, however many threads are asked for: the
    answer is the same.

    Attributes:
        steps: columns that rise together.
    """

    steps: tuple[Steps, ...]

    def __call__(
        self,
        matrix: Matrix,
        options: SolveOptions | None = None,
        start: Floats | None = None,
        should_stop: Callable[[], bool] | None = None,
    ) -> Solution:
        """Minimise by branch and bound over the steps."""
        if not is_small(matrix):
            from dcplan.solvers import child

            asked = replace(options or SolveOptions(), threads=None)
            return child.solve(matrix, asked, None, start, should_stop, steps=self.steps, confirm=False)
        return solve(matrix, self.steps, options, start, should_stop=should_stop)
