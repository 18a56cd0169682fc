"""HiGHS in a process of its own, under a watchdog: what cannot hang, cannot crash its caller, and ends.

The arrays of the program go through a temporary folder, better solutions come back through it as they are
found; words go through pipes (`dcplan.solvers.engine` has both ends of the protocol). The process costs
about 0.2 s; for many small programs there is `dcplan.solvers.highs`.
"""

from __future__ import annotations

import contextlib
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.hints import Steps
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import engine
from dcplan.solvers.engine import Look, Raw
from dcplan.solvers.interrupts import first_interrupt
from dcplan.solvers.judged import PROGRESS_SECONDS, Heard, judged, left_behind, progress_of
from dcplan.solvers.options import Progress, SolveOptions
from dcplan.solvers.process import Message, Process
from dcplan.solvers.tree import SearchTree

START_SECONDS = 60.0
POLL_SECONDS = 0.05
LATE_SECONDS = 1.0
PATIENCE_SECONDS = 0.3
CONFIRM_SECONDS = 5.0
UNCONFIRMED = "infeasible by one solve; a second one, without presolve and costs, did not end in time"


def solve(
    matrix: Matrix,
    options: SolveOptions | None = None,
    progress: Callable[[Progress], None] | None = None,
    start: Floats | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_solution: Callable[[Floats], None] | None = None,
    steps: Sequence[Steps] | None = None,
    on_tree: Callable[[SearchTree], None] | None = None,
    *,
    confirm: bool = True,
) -> Solution:
    """Minimise with HiGHS in a process of its own; the answer is a solution at the cost that it states.

    With ``steps`` an integer program is searched by our own branch and bound over HiGHS's relaxations
    (`dcplan.solvers.branching`), without them by HiGHS's own.

    Ctrl-C in the main thread stops the solve and returns the incumbent with `Status.INTERRUPTED`; a second
    one raises KeyboardInterrupt at once. A caller that has a handler of SIGINT of its own keeps it. Who is
    asked to stop and does not within 0.3 s is killed; what it had found and proven is kept. A time limit that
    HiGHS does not keep ends in the same way, 1.3 s after it at the latest. The process ends with its parent.

    A claim that there is no solution is put to a second solve, without presolve and costs and with another
    seed, for at most the larger of 5 s and twice the first; a claim that it did not confirm is noted.

    Args:
        matrix: the program.
        options: how to solve.
        progress: called with the incumbent, bound and gap of an integer program, at most twice a second.
        start: (columns) a solution to start an integer program from.
        should_stop: called about 20 times a second; true stops the solve as Ctrl-C does.
        on_solution: called with the values of the newest better solution of an integer program.
        steps: columns that rise together, for our own search; None for HiGHS's.
        on_tree: called with the record of our own search, which proves its bound, once it has answered.
        confirm: false leaves out the second solve of a claim that there is no solution.

    Raises:
        SolverError: HiGHS failed, crashed or said what cannot be understood, ended in an unknown way, or its
            answer is not a solution at its cost.
    """
    options = options or SolveOptions()
    found = _once(matrix, options, progress, start, should_stop, on_solution, steps, on_tree)
    if confirm and found.status is Status.INFEASIBLE and matrix.columns:
        return confirmed(matrix, options, found, should_stop)
    return found


def _once(
    matrix: Matrix,
    options: SolveOptions,
    progress: Callable[[Progress], None] | None = None,
    start: Floats | None = None,
    should_stop: Callable[[], bool] | None = None,
    on_solution: Callable[[Floats], None] | None = None,
    steps: Sequence[Steps] | None = None,
    on_tree: Callable[[SearchTree], None] | None = None,
) -> Solution:
    with Process(matrix, options, start, steps) as child:
        watch = _Watch(child, options.time_limit, progress, should_stop, on_solution)
        raw = watch.run()
        tree = None if raw is None or on_tree is None else child.tree()
        if tree is not None and on_tree is not None:
            on_tree(tree)
    if raw is None:
        return left_behind(matrix, options, watch.heard, watch.elapsed(), _once)
    return judged(matrix, options, raw, watch.heard, watch.elapsed(), _once)


def confirmed(
    matrix: Matrix, options: SolveOptions, found: Solution, should_stop: Callable[[], bool] | None
) -> Solution:
    """The claim that there is no solution, put to a second solve without presolve and costs.

    Raises:
        SolverError: the second solve found a solution.
    """
    seconds = max(CONFIRM_SECONDS, 2 * found.seconds)
    if options.time_limit is not None:
        seconds = min(seconds, max(POLL_SECONDS, options.time_limit - found.seconds))
    free = replace(matrix, cost=np.zeros(matrix.columns), offset=0.0)
    other = replace(
        options, seed=options.seed + 1, time_limit=seconds, extra={**options.extra, "presolve": "off"}
    )
    again = _once(free, other, should_stop=should_stop)
    if again.has_values:
        raise SolverError("HiGHS claims that there is no solution; without presolve it finds one")
    total = found.seconds + again.seconds
    notes = () if again.status is Status.INFEASIBLE else (UNCONFIRMED,)
    return replace(found, seconds=total, notes=notes)


class _Watch:
    """Attends to a running process until it answers, or until it is ended."""

    def __init__(
        self,
        child: Process,
        time_limit: float | None,
        progress: Callable[[Progress], None] | None,
        should_stop: Callable[[], bool] | None,
        on_solution: Callable[[Floats], None] | None,
    ) -> None:
        self.heard = Heard()
        self._child = child
        self._time_limit = time_limit
        self._progress, self._should_stop, self._on_solution = progress, should_stop, on_solution
        self._ready = self._cancelled = self._asked = False
        self._patience = math.inf
        self._next_poll = self._next_progress = 0.0

    def elapsed(self) -> float:
        return time.perf_counter() - self._child.began

    def run(self) -> Raw | None:
        """The answer; None if the process was ended before it gave one."""
        with first_interrupt(self._cancel):
            while True:
                message = self._child.hear(POLL_SECONDS)
                raw = None if message is None else self._taken(message)
                if raw is not None:
                    return raw
                self._look_around()
                if self.elapsed() > self._patience:
                    self._child.kill()
                    return self._last_words()

    def _cancel(self) -> None:
        self._cancelled = True

    def _look_around(self) -> None:
        """Ask the caller and the clock, and pass on to the process what they say."""
        now = self.elapsed()
        if not self._ready and now > START_SECONDS:
            raise SolverError(f"the process of HiGHS did not start within {START_SECONDS:.0f} s")
        if now >= self._next_poll and not self._cancelled:
            self._next_poll = now + POLL_SECONDS
            if self._should_stop is not None and self._should_stop():
                self.heard.stopped = self._cancelled = True
            elif self._time_limit is not None and now > self._time_limit + LATE_SECONDS:
                self.heard.late = self._cancelled = True
        if self._cancelled and not self._asked:
            self._asked = True
            self._child.stop()
            self._patience = now + PATIENCE_SECONDS
        look = self.heard.look
        if self._progress is not None and look is not None and now >= self._next_progress:
            self._next_progress = now + PROGRESS_SECONDS
            self._progress(progress_of(look, now))

    def _taken(self, message: Message) -> Raw | None:
        """Take a message in; an answer is returned.

        Raises:
            SolverError: it cannot be understood.
        """
        try:
            match message["kind"]:
                case "ready":
                    self._ready = True
                    limit = self._time_limit
                    self._child.go(None if limit is None else max(POLL_SECONDS, limit - self.elapsed()))
                case "look":
                    self.heard.look = _look(message)
                case "incumbent":
                    self._improved(message)
                case "answer":
                    return self._raw(message)
                case _:
                    raise ValueError(message.get("text", message["kind"]))
        except (KeyError, TypeError, ValueError) as error:
            raise SolverError(f"the process of HiGHS says what cannot be understood: {error}") from error
        return None

    def _improved(self, message: Message) -> None:
        values = self._child.values(f"incumbent-{int(message['number'])}.npy")
        if not np.isfinite(values).all():
            raise SolverError("HiGHS found a better solution with values that are not finite")
        self.heard.improved(_look(message), values, self.elapsed())
        if self._on_solution is not None:
            self._on_solution(values)

    def _raw(self, message: Message) -> Raw:
        return Raw(
            status=str(message["status"]),
            values=self._child.values(engine.ANSWER) if message["values"] else None,
            objective=float(message["objective"]),
            bound=float(message["bound"]),
            nodes=int(message["nodes"]),
            iterations=int(message["iterations"]),
            absolute_gap=float(message["absolute_gap"]),
            version=str(message["version"]),
        )

    def _last_words(self) -> Raw | None:
        """What an ended process had still said: an answer after all, or better solutions."""
        self._on_solution = None
        with contextlib.suppress(SolverError):
            while (message := self._child.hear(0.0)) is not None:
                raw = self._taken(message)
                if raw is not None:
                    return raw
        return None


def _look(message: Message) -> Look:
    return Look(
        float(message["incumbent"]), float(message["bound"]), int(message["solutions"]), int(message["nodes"])
    )
