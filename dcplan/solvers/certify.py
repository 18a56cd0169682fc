"""Make a certificate of a bound: take over the leaves of a search, and prove what they leave open.

The multipliers come from HiGHS and are believed in nothing: rounded to a grid, repaired where a column
without a bound needs the right sign of its reduced cost, and valued in exact arithmetic (`dcplan.lp.exact`).
A leaf whose exact bound is below what is wanted gets multipliers of its own relaxation, and is split if these
do not reach it either.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np
from highspy import HighsModelStatus

from dcplan.errors import SolverError
from dcplan.lp.certificate import BOUND, EMPTY, NONE, Certificate, Leaf, Node, box_of, fingerprint
from dcplan.lp.exact import Box, ExactProgram, Whole, on_grid
from dcplan.lp.labels import Floats, Ints
from dcplan.lp.matrix import Matrix
from dcplan.solvers import engine
from dcplan.solvers.tree import Leaf as SearchLeaf
from dcplan.solvers.tree import SearchTree

POWER = -44
"""Multipliers are rounded to multiples of 2 ** -44, about 6e-14."""
_TINY = 1e-9
_WHOLE = 1e-6
_REPAIRS = 40


@dataclass(frozen=True)
class Limits:
    """When a certificate that does not prove what is wanted is good enough.

    Attributes:
        seconds: wall time for relaxations of its own; None for no limit.
        should_stop: asked before each relaxation.
    """

    seconds: float | None = None
    should_stop: Callable[[], bool] = lambda: False


class _Relaxed(NamedTuple):
    kind: str
    multipliers: Floats
    values: Floats | None


class Relaxation:
    """The relaxation of a program in HiGHS, solved again and again between other bounds of its columns."""

    def __init__(self, matrix: Matrix) -> None:
        arrays = {name: getattr(matrix, name) for name in engine.ARRAYS}
        arrays["integrality"] = np.zeros(matrix.columns, dtype=np.bool_)
        self._highs = engine.loaded(matrix.name, matrix.offset, arrays, {"threads": 1, "presolve": "off"})
        self._first = True
        self._matrix = matrix

    def solve(self, lower: Floats, upper: Floats) -> _Relaxed | None:
        """Multipliers of the optimum, or a ray where there is none; None where HiGHS has neither."""
        columns = np.arange(lower.size, dtype=np.int32)
        self._highs.changeColsBounds(columns.size, columns, lower, upper)
        if self._first:
            self._highs.setOptionValue("solver", "ipm")
        self._highs.run()
        if self._first:
            self._first = False
            self._highs.setOptionValue("solver", "simplex")
        status = self._highs.getModelStatus()
        if status == HighsModelStatus.kOptimal:
            found = self._highs.getSolution()
            values = np.array(found.col_value, dtype=np.float64)
            return _Relaxed(BOUND, np.array(found.row_dual, dtype=np.float64), values)
        if status in (HighsModelStatus.kInfeasible, HighsModelStatus.kUnboundedOrInfeasible):
            return self._ray()
        raise SolverError(f"a relaxation ended as {status.name}")

    def _ray(self) -> _Relaxed | None:
        _, exists, ray = self._highs.getDualRay()
        if not exists:
            self._highs.clearSolver()
            self._highs.run()
            _, exists, ray = self._highs.getDualRay()
        return _Relaxed(EMPTY, np.array(ray, dtype=np.float64), None) if exists else None


class _Maker:
    """A certificate in the making."""

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self.program = ExactProgram(matrix)
        self.relaxation: Relaxation | None = None
        self.nodes: list[Node] = [Node(NONE, NONE, at_most=False, value=0)]
        self.leaves: dict[int, Leaf] = {}
        missing = ~self.program.box.has_lower, ~self.program.box.has_upper
        self._unbounded = np.flatnonzero(missing[0] | missing[1])

    def start(self, tree: SearchTree | None) -> None:
        """Take over the nodes of a search and what its leaves prove; a leaf that proves nothing gets zeros.

        Raises:
            SolverError: without multipliers, nothing can be said of the cost of a leaf.
        """
        proofs = {0: None} if tree is None else self._taken_over(tree)
        for node, proof in proofs.items():
            taken = proof is not None and self.take(node, proof.kind, proof.multipliers)
            if not taken and not self.take(node, BOUND, np.zeros(self.matrix.rows)):
                raise SolverError("no bound of the cost can be proven: a column that earns has no bound")

    def _taken_over(self, tree: SearchTree) -> dict[int, SearchLeaf | None]:
        """Number the nodes of a search anew, parents first, and return its proofs by their new numbers."""
        proofs = {leaf.node: leaf for leaf in tree.leaves}
        found: dict[int, SearchLeaf | None] = {}
        waiting = [(0, 0)]
        while waiting:
            old, new = waiting.pop()
            column, value = int(tree.column[old]), int(tree.split[old])
            if column == NONE:
                found[new] = proofs.get(old)
                continue
            for child, at_most, cut in ((tree.low[old], True, value), (tree.high[old], False, value + 1)):
                self.nodes.append(Node(new, column, at_most, cut))
                waiting.append((int(child), len(self.nodes) - 1))
        return found

    def take(self, node: int, kind: str, multipliers: Floats) -> bool:
        """Keep what multipliers prove of a node, if it is more than what is known of it."""
        box = box_of(self.program, self.nodes, node)
        found = self._valued(kind, multipliers, box)
        if found is None:
            return False
        known = self.leaves.get(node)
        if known is None or kind == EMPTY or (known.kind == BOUND and found[0] > known.proves):
            self.leaves[node] = Leaf(node, kind, *found)
        return True

    def solve(self, node: int) -> Floats | None:
        """Prove what the relaxation of a node gives; its values, None where it has none."""
        if self.relaxation is None:
            self.relaxation = Relaxation(self.matrix)
        lower, upper = self._bounds(node)
        found = self.relaxation.solve(lower, upper)
        if found is not None:
            self.take(node, found.kind, found.multipliers)
        return None if found is None else found.values

    def split(self, node: int, column: int, value: int) -> tuple[int, int]:
        """Split a leaf; its children start with its proof."""
        known = self.leaves.pop(node)
        first = len(self.nodes)
        for at_most, cut in ((True, value), (False, value + 1)):
            self.nodes.append(Node(node, column, at_most, cut))
            number = len(self.nodes) - 1
            box = box_of(self.program, self.nodes, number)
            proves = self.program.bound(known.multipliers, POWER, box)
            held = known.proves if proves is None else proves
            self.leaves[number] = Leaf(number, BOUND, held, known.multipliers)
        return first, first + 1

    def fractional(self, node: int, values: Floats | None) -> tuple[int, int] | None:
        """Where to split a node: the column whose value is farthest from whole, and the whole number below.

        Without values, the first column that is still open; None if there is none.
        """
        whole = np.flatnonzero(self.matrix.integrality)
        if values is None:
            lower, upper = self._bounds(node)
            still = whole[np.ceil(lower[whole]) < np.floor(upper[whole])]
            return (int(still[0]), int(np.ceil(lower[still[0]]))) if still.size else None
        away = np.abs(values[whole] - np.round(values[whole]))
        if away.max(initial=0.0) <= _WHOLE:
            return None
        column = int(whole[np.argmax(away)])
        return column, int(np.floor(values[column]))

    def certificate(self) -> Certificate:
        """The certificate of what is proven by now."""
        leaves = [self.leaves[node] for node in sorted(self.leaves)]
        bound = min((leaf.proves for leaf in leaves if leaf.kind == BOUND), default=None)
        return Certificate(fingerprint(self.matrix), POWER, self.nodes, leaves, bound)

    def _bounds(self, node: int) -> tuple[Floats, Floats]:
        lower, upper = self.matrix.col_lower.copy(), self.matrix.col_upper.copy()
        while node != 0:
            each = self.nodes[node]
            if each.at_most:
                upper[each.column] = min(upper[each.column], each.value)
            else:
                lower[each.column] = max(lower[each.column], each.value)
            node = each.parent
        return lower, upper

    def _valued(self, kind: str, multipliers: Floats, box: Box) -> tuple[Fraction, Whole] | None:
        """What multipliers prove, exactly, and as they were rounded and repaired; None if it is nothing."""
        matrix, costs = self.matrix, kind == BOUND
        missing = np.where(multipliers > 0, np.isinf(matrix.row_lower), np.isinf(matrix.row_upper))
        clean = np.where(missing | ~np.isfinite(multipliers), 0.0, multipliers)
        largest = np.abs(clean).max(initial=0.0)
        if not costs:
            if largest == 0.0:
                return None
            clean = np.where(np.abs(clean) < _TINY * largest, 0.0, clean / largest)
        candidates = (clean,) if costs else (clean, -clean)
        valued = [
            (self.program.bound(each, POWER, box, costs=costs), each)
            for each in (self._repaired(one, costs=costs) for one in candidates)
        ]
        proven = [(bound, each) for bound, each in valued if bound is not None and (costs or bound > 0)]
        return max(proven, key=lambda pair: pair[0], default=None)

    def _repaired(self, multipliers: Floats, *, costs: bool) -> Whole:
        """Multipliers on the grid whose reduced costs ask for no bound that is not there.

        A share of them closer to 0, where reduced costs are the costs; where that does not help, 0 on the
        rows that are in the way.
        """
        share = 0.0
        for _ in range(_REPAIRS):
            rounded = on_grid(multipliers * (1.0 - share), POWER)
            wrong = self._wrong(rounded, costs=costs)
            if not wrong.size:
                return rounded
            if costs and share < _TINY * 1e3:
                share = max(2 * share, 2.0**POWER)
                continue
            multipliers = multipliers.copy()
            multipliers[self._in_the_way(wrong, multipliers)] = 0.0
        return rounded

    def _wrong(self, multipliers: Whole, *, costs: bool) -> Ints:
        """Columns whose reduced cost asks for a bound that is not there."""
        reduced = self.program.reduced_costs(multipliers, POWER, costs=costs).number[self._unbounded]
        box = self.program.box
        rising = (reduced > 0) & ~box.has_lower[self._unbounded]
        falling = (reduced < 0) & ~box.has_upper[self._unbounded]
        return self._unbounded[rising | falling]

    def _in_the_way(self, columns: Ints, multipliers: Floats) -> Ints:
        """Rows that pull the reduced costs of columns to the wrong side."""
        matrix, box = self.matrix, self.program.box
        held = np.flatnonzero(np.isin(matrix.column_of, columns))
        pull = matrix.data[held] * multipliers[matrix.indices[held]]
        falls = ~box.has_upper[matrix.column_of[held]]
        return np.unique(matrix.indices[held][np.where(falls, pull > 0, pull < 0)])


def certify(
    matrix: Matrix, wanted: float, tree: SearchTree | None = None, limits: Limits | None = None
) -> Certificate:
    """Prove a bound of a program, leaf by leaf, in exact arithmetic.

    Args:
        matrix: the program.
        wanted: the bound to prove; leaves that prove as much are left alone.
        tree: the leaves of a search of the same program, to start from; None to start at the root.
        limits: when to stop short of it.

    Returns:
        A certificate. It proves less than is wanted if a limit came first, or where `wanted` is above the
        optimum.

    Raises:
        SolverError: a relaxation failed, or nothing at all can be proven of a leaf.
    """
    limits, began = limits or Limits(), time.perf_counter()
    maker = _Maker(matrix)
    maker.start(tree)
    waiting = [(leaf.proves, leaf.node) for leaf in maker.leaves.values() if leaf.kind == BOUND]
    heapq.heapify(waiting)
    while waiting and waiting[0][0] < wanted:
        late = limits.seconds is not None and time.perf_counter() - began > limits.seconds
        if late or limits.should_stop():
            break
        node = heapq.heappop(waiting)[1]
        values = maker.solve(node)
        leaf = maker.leaves[node]
        if leaf.kind == EMPTY or leaf.proves >= wanted:
            continue
        place = maker.fractional(node, values)
        if place is None:  # the relaxation is a solution: no bound is above its cost
            wanted = wanted if values is None else min(wanted, matrix.objective(values))
            continue
        for child in maker.split(node, *place):
            heapq.heappush(waiting, (maker.leaves[child].proves, child))
    return maker.certificate()
