"""Our own search for programs whose hints say what their steps are: small ones in this process.

A large one belongs in `dcplan.solvers.child`, under its watchdog and with processes of its own, as `BySteps`
has it. Ctrl-C stops the search here too.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from dcplan.solvers import child, engine, highs
from dcplan.solvers.interrupts import first_interrupt
from dcplan.solvers.judged import Heard, judged, native_options
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.searching import Searching, steps_arrays
from dcplan.solvers.verify import checked_start

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcplan.lp.hints import Steps
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.solution import Solution
    from dcplan.solvers.tree import SearchTree


def solve(
    matrix: Matrix,
    steps: Sequence[Steps],
    options: SolveOptions | None = None,
    start: Floats | None = None,
    on_tree: Callable[[SearchTree], None] | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Minimise by branch and bound over steps; without a whole number to decide, with HiGHS.

    Args:
        matrix: the program.
        steps: columns that rise together (`dcplan.lp.hints.steps_of`).
        options: how to solve.
        start: (columns) values whose whole numbers are tried first.
        on_tree: called with the record of the search, which proves its bound.
        should_stop: called about 20 times a second; true stops the search.

    Raises:
        SolverError: the search failed, or its answer is not a solution at its cost.
        ValueError: a limit of memory is asked for.
    """
    options = options or SolveOptions()
    options.refuse_memory_limit("in the caller's own process")
    began = time.perf_counter()
    if not matrix.integrality.any():
        return highs.solve(matrix, options, should_stop=should_stop)
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
    searching = Searching(job, arrays, lambda _: None, lambda _look, _values: None)
    searching.ask(should_stop)
    try:
        with first_interrupt(searching.cancel):
            raw = searching.run(options.time_limit)
    finally:
        engine.fresh_scheduler()  # and the caller's own HiGHS likewise
    if raw is None:
        return highs.solve(matrix, options, should_stop=should_stop)
    if on_tree is not None:
        on_tree(searching.tree())
    heard = Heard(stopped=searching.stopped_by_caller)
    return judged(matrix, options, raw, heard, time.perf_counter() - began, highs.solve)


SMALL = 2_000
"""Columns up to which a program is searched in the caller's process: another one takes 0.2 s to start."""


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
        if matrix.columns > SMALL and matrix.integrality.any():
            asked = replace(options or SolveOptions(), threads=None)
            return child.solve(matrix, asked, None, start, should_stop, steps=self.steps, confirm=False)
        return solve(matrix, self.steps, options, start, should_stop=should_stop)
