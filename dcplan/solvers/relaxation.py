"""The linear relaxation of a program in HiGHS, solved again and again between other bounds.

The first solve is by interior point with crossover; every later one by the dual simplex, from where the last
one ended or from the basis of an earlier one, until it is optimal, past the cut-off or infeasible. Every end
carries its proof: row multipliers whose weak duality bound is computed here, from the arrays, and is all that
is ever claimed. HiGHS holds the smaller program of `dcplan.lp.reduce`, and bounds that follow from the given
ones (`dcplan.lp.links`); bounds, values and multipliers are those of the whole one.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import highspy
import numpy as np
from highspy import HighsModelStatus as Native

from dcplan.lp.links import linked
from dcplan.lp.reduce import reduced
from dcplan.solvers import engine
from dcplan.solvers.tree import BOUND, EMPTY, weak_bound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dcplan.lp.arrays import Arrays, Floats, Ints

SLACK = 1e-12
"""By how much a reduced cost is kept on the right side where its column has no bound."""
CLOSE = 1e-7
"""How far (relative) the bound of the multipliers may stay below what HiGHS says before it is asked again."""
ROUNDS = 30
ASK_SECONDS = 0.05


class StoppedError(Exception):
    """The caller, the clock or a limit stopped a solve."""


@dataclass(eq=False)
class Stopping:
    """Whether to stop: told so, or by who may ask for it and is asked about 20 times a second.

    Attributes:
        cancelled: whether it is to stop.
        should_stop: who is asked.
        by_caller: whether the one who was asked stopped it.
    """

    cancelled: bool = False
    should_stop: Callable[[], bool] | None = None
    by_caller: bool = False
    _next_ask: float = 0.0

    def told(self) -> bool:
        """Whether to stop."""
        now = time.monotonic()
        if self.should_stop is not None and not self.cancelled and now >= self._next_ask:
            self._next_ask = now + ASK_SECONDS
            self.cancelled = self.by_caller = self.should_stop()
        return self.cancelled

    def obey(self) -> None:
        """Raise `StoppedError` if it is to stop."""
        if self.told():
            raise StoppedError


@dataclass(frozen=True, eq=False)
class Relaxed:
    """How the relaxation between some bounds ended.

    Attributes:
        kind: ``bound`` or ``empty``, as `dcplan.solvers.tree.Leaf`.
        claim: what the multipliers prove; infinite where it is empty.
        multipliers: (rows) the proof.
        values: (columns) the optimum; None where it is past the cut-off or empty.
        place: where a child is solved from; None likewise.
    """

    kind: str
    claim: float
    multipliers: Floats = field(repr=False)
    values: Floats | None = field(default=None, repr=False)
    place: Any = field(default=None, repr=False)

    @property
    def optimal(self) -> bool:
        """Whether it has an optimum to go on from."""
        return self.values is not None

    def bare(self) -> Relaxed:
        """What it proves, without its optimum."""
        return Relaxed(self.kind, self.claim, self.multipliers)


class Relaxation:
    """A HiGHS that holds the relaxation; only the bounds of whole-number columns are ever changed."""

    def __init__(self, name: str, arrays: Arrays, options: Mapping[str, Any]) -> None:
        """Load the program."""
        self.arrays = arrays
        self.iterations = self.solves = 0
        self.stopping = Stopping()
        self._stands: Any = None
        self.whole: Ints = np.flatnonzero(arrays.integrality)
        self._smaller, self._linked = reduced(arrays), linked(arrays)
        inner = self._smaller.arrays
        self._open = np.flatnonzero(inner.integrality)
        self._native = self._open.astype(np.int32)
        self._open_above = np.isinf(arrays.col_upper)
        self._open_below = np.isinf(arrays.col_lower)
        native = {key: getattr(inner, key) for key in engine.ARRAYS}
        native["integrality"] = np.zeros(inner.columns, dtype=np.bool_)
        self.highs = engine.loaded(name, inner.offset, native, {**options, "threads": 1})
        self.highs.setCallback(self._interrupt, None)
        for kind in engine.INTERRUPTS:
            self.highs.startCallback(kind)

    def first(self) -> tuple[str, Relaxed | None]:
        """Solve the relaxation itself; its status in HiGHS's words, and the end if it has one."""
        self._set("solver", "ipm")
        self.highs.run()
        status = self.highs.getModelStatus()
        self._set("solver", "simplex")
        self._set("presolve", "off")
        self._count()
        if status == Native.kOptimal:
            return status.name, self._optimal(self.arrays.col_lower, self.arrays.col_upper)
        if status in {Native.kInfeasible, Native.kUnboundedOrInfeasible}:
            self.highs.run()  # without presolve there is a ray
            status = self.highs.getModelStatus()
            if status == Native.kInfeasible:
                return status.name, self._empty(self.arrays.col_lower, self.arrays.col_upper)
        return str(status.name), None

    @property
    def version(self) -> str:
        """That of HiGHS."""
        return str(self.highs.version())

    def solve(
        self, lower: Floats, upper: Floats, place: Any, cutoff: float = np.inf, *, proof: bool = True
    ) -> Relaxed:
        """Solve between other bounds of the whole-number columns.

        Args:
            lower: (columns) lower bounds.
            upper: (columns) upper bounds.
            place: where to start: the basis of a relaxation; None starts where the last one ended.
            cutoff: cost past which the rest does not matter.
            proof: false where only an optimum is of use.

        Returns:
            How it ended; with a claim of -inf where HiGHS ended three times in a way that proves nothing.

        Raises:
            StoppedError: it was stopped.
        """
        if not self._smaller.inside(lower, upper):
            ray = self._smaller.crossed(lower, upper)
            return self._proven_empty([] if ray is None else [ray], lower, upper)
        outer = self._smaller.columns[self._open]
        least, most = self._linked.tightened(lower, upper)
        if not self._smaller.inside(least, most):
            least, most = lower, upper
        least = np.maximum(least, self._smaller.lower)[outer]
        most = np.minimum(most, self._smaller.upper)[outer]
        self.highs.changeColsBounds(self._native.size, self._native, least, most)
        for attempt in range(3):
            if attempt == 2:
                self.highs.clearSolver()
            elif attempt or place is not None:
                self.highs.setBasis(self._stands if place is None else place)
            self._set("objective_bound", cutoff if attempt == 0 else np.inf)
            self.highs.run()
            self._count()
            found = self._ended(lower, upper, cutoff, last=attempt == 2, proof=proof)
            if found is not None:
                return found
        return Relaxed(BOUND, -np.inf, np.zeros(self.arrays.rows))

    def children(
        self, sides: Sequence[tuple[Floats, Floats]], place: Any, cutoff: float = np.inf
    ) -> list[Relaxed]:
        """Solve the children of a node."""
        return [self.solve(*side, place, cutoff) for side in sides]

    def release(self, place: Any) -> None:
        """Nothing to give back: a basis is no more than numbers."""

    def close(self) -> None:
        """Nothing to end."""

    def _ended(
        self, lower: Floats, upper: Floats, cutoff: float, *, last: bool, proof: bool
    ) -> Relaxed | None:
        """The end of a solve with its proof; None if it has to be solved again."""
        status = self.highs.getModelStatus()
        if status == Native.kInterrupt:
            raise StoppedError
        self.stopping.obey()
        if status == Native.kOptimal:
            found = self._optimal(lower, upper)
            told = float(self.highs.getInfo().objective_function_value)
            return found if last or told - found.claim <= CLOSE * max(1.0, abs(told)) else None
        if status == Native.kObjectiveBound:
            found = self._bound(lower, upper)
            return found if cutoff - found.claim <= CLOSE * max(1.0, abs(cutoff)) else None
        if status == Native.kInfeasible:
            found = self._empty(lower, upper)
            return found if found.kind == EMPTY or not proof else None
        return None

    def _optimal(self, lower: Floats, upper: Floats) -> Relaxed:
        found = self._bound(lower, upper)
        values = self._smaller.values(np.array(self.highs.getSolution().col_value, dtype=np.float64))
        self._stands = self.highs.getBasis()
        return Relaxed(BOUND, found.claim, found.multipliers, values, self._stands)

    def _bound(self, lower: Floats, upper: Floats) -> Relaxed:
        solution = self.highs.getSolution()
        if not solution.dual_valid:
            return Relaxed(BOUND, -np.inf, np.zeros(self.arrays.rows))
        found = self._smaller.multipliers(np.array(solution.row_dual, dtype=np.float64), lower, upper)
        multipliers = self._supported(self._linked.proven(found, lower, upper))
        return Relaxed(BOUND, weak_bound(self.arrays, lower, upper, multipliers), multipliers)

    def _empty(self, lower: Floats, upper: Floats) -> Relaxed:
        """An empty end if the ray proves it, whichever way it points."""
        ray = self.highs.getDualRay()[-1]
        rays = self._smaller.broken(lower, upper)
        if ray is not None and np.size(ray) == self._smaller.rows.size:
            sides = (side * np.array(ray) for side in (1.0, -1.0))
            rays += [self._smaller.multipliers(side, lower, upper, costs=False) for side in sides]
        return self._proven_empty(rays, lower, upper)

    def _proven_empty(self, rays: Sequence[Floats], lower: Floats, upper: Floats) -> Relaxed:
        """An empty end if one of the rays proves it, else one that proves nothing."""
        for ray in rays:
            multipliers = self._supported(self._linked.proven(ray, lower, upper, costs=False), costs=False)
            if weak_bound(self.arrays, lower, upper, multipliers, costs=False) > 0.0:
                return Relaxed(EMPTY, np.inf, multipliers)
        return Relaxed(BOUND, -np.inf, np.zeros(self.arrays.rows))

    def _supported(self, multipliers: Floats, *, costs: bool = True) -> Floats:
        """Multipliers of the right sign, moved a little where a reduced cost needs a missing bound."""
        a = self.arrays
        wrong = ((multipliers > 0.0) & np.isinf(a.row_lower)) | ((multipliers < 0.0) & np.isinf(a.row_upper))
        multipliers = np.where(wrong, 0.0, multipliers)
        for _ in range(ROUNDS):
            reduced = a.reduced_costs(multipliers, costs=costs)
            bad = np.flatnonzero((self._open_above & (reduced < 0.0)) | (self._open_below & (reduced > 0.0)))
            if not bad.size:
                break
            for column in bad.tolist():
                self._lean(multipliers, column, float(reduced[column]))
        return multipliers

    def _lean(self, multipliers: Floats, column: int, reduced: float) -> None:
        """Bring a column's reduced cost to 0 or past it, by those of its rows that may take it."""
        a = self.arrays
        span = slice(int(a.indptr[column]), int(a.indptr[column + 1]))
        wanted = -reduced * 2.0 + np.copysign(SLACK, -reduced)
        for row, coefficient in zip(a.indices[span].tolist(), a.data[span].tolist(), strict=True):
            now = float(multipliers[row])
            moved = now - wanted / coefficient
            if (moved >= 0.0 or np.isfinite(a.row_upper[row])) and (
                moved <= 0.0 or np.isfinite(a.row_lower[row])
            ):
                multipliers[row] = moved
                return
            if now * coefficient * wanted > 0.0:
                multipliers[row] = 0.0
                wanted -= now * coefficient

    def _count(self) -> None:
        self.solves += 1
        info = self.highs.getInfo()
        self.iterations += max(0, int(info.simplex_iteration_count)) + max(
            0, int(info.crossover_iteration_count)
        )

    def _set(self, option: str, value: Any) -> None:
        if self.highs.setOptionValue(option, value) != highspy.HighsStatus.kOk:
            raise engine.RefusedError(f"HiGHS refuses the option {option} = {value!r}")

    def _interrupt(self, _kind: Any, _message: str, _out: Any, into: Any, _data: Any) -> None:
        if self.stopping.told():
            into.user_interrupt = True
