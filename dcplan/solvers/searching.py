"""Our own search as the process of a solver runs it: from arrays to an answer in the words of HiGHS."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.lp.arrays import Arrays
from dcplan.solvers import engine
from dcplan.solvers.branching import Search
from dcplan.solvers.nodes import Group
from dcplan.solvers.relaxation import Relaxation
from dcplan.solvers.tree import Leaf, SearchTree, write_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    import numpy.typing as npt

    from dcplan.lp.hints import Steps
    from dcplan.solvers.forked import Forked

ABSOLUTE_GAP = 1e-6


def steps_arrays(steps: Sequence[Steps]) -> dict[str, Any]:
    """Steps as the arrays that `Searching` reads."""
    return {
        "steps": np.concatenate([each.columns for each in steps] or [np.empty(0, dtype=np.int64)]),
        "steps_length": np.array([each.columns.size for each in steps], dtype=np.int64),
        "steps_priority": np.array([each.priority for each in steps], dtype=np.int64),
        "steps_order": np.array([each.order for each in steps], dtype=np.int64),
    }


class Searching:
    """A search that can be told to stop."""

    def __init__(
        self,
        job: Mapping[str, Any],
        arrays: Mapping[str, Any],
        looked: Callable[[engine.Look], None],
        improved: Callable[[engine.Look, npt.NDArray[np.float64]], None],
        *,
        alone: bool = False,
    ) -> None:
        """Load the program; ``alone`` says that this process does nothing else and may be forked."""
        # The clock of HiGHS counts all of its solves together; the search keeps its own.
        options = {key: value for key, value in job["options"].items() if key != "time_limit"}
        program = Arrays(offset=float(job["offset"]), **{name: arrays[name] for name in engine.ARRAYS})
        self._relaxation: Relaxation | Forked = Relaxation(job["name"], program, options)
        if alone:
            from dcplan.solvers.forked import POSSIBLE, Forked

            if POSSIBLE:
                self._relaxation = Forked(self._relaxation, together=options.get("threads") != 1)
        ends = np.cumsum(arrays["steps_length"])[:-1]
        groups = [
            Group(columns.astype(np.int64), int(priority), int(order))
            for columns, priority, order in zip(
                np.split(arrays["steps"], ends),
                arrays["steps_priority"],
                arrays["steps_order"],
                strict=False,
            )
        ]
        self._search = Search(self._relaxation, groups, job["gap"], job["node_limit"], looked, improved)
        self._start = arrays.get("start")
        self._late = False

    @property
    def cancelled(self) -> bool:
        """Whether it was told to stop."""
        return self._relaxation.stopping.cancelled

    @cancelled.setter
    def cancelled(self, stop: bool) -> None:
        self._relaxation.stopping.cancelled = stop

    def cancel(self) -> None:
        """Stop the search."""
        self._relaxation.stopping.cancelled = True

    @property
    def stopped_by_caller(self) -> bool:
        """Whether the one who was asked stopped it."""
        return self._relaxation.stopping.by_caller

    def ask(self, should_stop: Callable[[], bool] | None) -> None:
        """Ask now and then whether to stop."""
        self._relaxation.stopping.should_stop = should_stop

    def run(self, seconds: float | None, record: Path | None = None) -> engine.Raw | None:
        """Search for at most so many seconds, write the record, and answer; None without a relaxation."""
        clock = threading.Timer(0.0 if seconds is None else seconds, self._ring)
        clock.daemon = True
        if seconds is not None:
            clock.start()
        try:
            status = self._search.run(self._start)
        finally:
            clock.cancel()
            self._relaxation.close()
        if status == "kInterrupt" and self._late:
            status = "kTimeLimit"
        search = self._search
        if not search.records.column and not self.cancelled:
            return None
        if record is not None and search.records.column:
            write_tree(self.tree(), record)
        return engine.Raw(
            status=status,
            values=search.best,
            objective=float(search.incumbent),
            bound=float(search.bound),
            nodes=search.nodes,
            iterations=self._relaxation.iterations,
            absolute_gap=ABSOLUTE_GAP,
            version=self._relaxation.version,
        )

    def _ring(self) -> None:
        self._late = self._relaxation.stopping.cancelled = True

    def tree(self) -> SearchTree:
        """The record of the search."""
        records = self._search.records
        column, split, low, high = (
            np.array(numbers, dtype=np.int64)
            for numbers in (records.column, records.split, records.low, records.high)
        )
        leaves = tuple(
            Leaf(node, each.kind, each.claim, each.multipliers)
            for node, each in enumerate(records.relaxed)
            if each is not None
        )
        return SearchTree(column, split, low, high, leaves, records.bound())
