"""Branch and bound over the linear relaxation, on steps: whole-number columns that only rise along a group.

It knows columns, groups of columns and rows, nothing of what they mean. A node splits one column into two
bounds (`dcplan.solvers.tree`). Nothing prunes but a proof: an empty relaxation, or one past the cut-off,
which is the cost of the incumbent less the gap; what ends otherwise keeps the bound of its parent. The same
inputs, seed and options give the same tree.
"""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dcplan.solvers.engine import Look
from dcplan.solvers.relaxation import Relaxation, Relaxed, StoppedError
from dcplan.solvers.tree import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    import numpy.typing as npt

    from dcplan.solvers.forked import Forked

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]

WHOLE = 1e-6
"""How far from a whole number a relaxation may leave one."""
EXACT = 1e-9
SOLUTION = 1e-7
"""How far (relative) a given solution may be from one to be taken as it is."""
LEAST_GAP = 1e-9
LEAST_MOVE = 1e-3
ROUND_EVERY = 4
"""Nodes without a fraction in the first priority between two that are rounded, once a solution was found."""
LEVELS = (0.3, 0.5)
"""Thresholds above which a column is rounded up, of all priorities but the first, which rounds at 0.5."""
NEAR = 0.01
"""How far (relative) a given solution may lie above the root's bound to get better continuous values."""


@dataclass(frozen=True, eq=False)
class Group:
    """Columns whose values do not fall along the group: the steps of one decision.

    Attributes:
        columns: positions, in the order in which values rise.
        priority: groups of a smaller number are split and rounded first.
    """

    columns: Ints
    priority: int


@dataclass(frozen=True, eq=False)
class Node:
    """An open or inner node: its relaxation, and its bounds on the whole-number columns."""

    number: int
    relaxed: Relaxed
    lower: Floats
    upper: Floats


@dataclass(eq=False)
class Records:
    """The tree as it grows."""

    column: list[int] = field(default_factory=list)
    split: list[int] = field(default_factory=list)
    low: list[int] = field(default_factory=list)
    high: list[int] = field(default_factory=list)
    relaxed: list[Relaxed | None] = field(default_factory=list)

    def add(self, relaxed: Relaxed) -> int:
        """Add a node and return its number."""
        for numbers, empty in ((self.column, NONE), (self.split, 0), (self.low, NONE), (self.high, NONE)):
            numbers.append(empty)
        self.relaxed.append(Relaxed(relaxed.kind, relaxed.claim, relaxed.multipliers))
        return len(self.column) - 1

    def divide(self, node: int, column: int, split: int, low: int, high: int) -> None:
        """Make a leaf an inner node."""
        self.column[node], self.split[node], self.low[node], self.high[node] = column, split, low, high
        self.relaxed[node] = None

    def bound(self) -> float:
        """The smallest claim of a leaf."""
        return min((each.claim for each in self.relaxed if each is not None), default=-np.inf)


@dataclass(frozen=True, eq=False)
class Split:
    """A way to split a node: a column at a whole number, and the group it belongs to.

    Attributes:
        group: number of the group.
        column: the column.
        at: it is at most this in the low child and more in the high one.
        moved: by how much the values of the whole group have to move at least, in the low and the high child.
        promise: the product of what both children are expected to gain.
    """

    group: int
    column: int
    at: int
    moved: tuple[float, float]
    promise: float


class Search:
    """One search; `run` returns how it ended, in words of HiGHS."""

    def __init__(
        self,
        relaxation: Relaxation | Forked,
        groups: Sequence[Group],
        gap: float,
        node_limit: int | None = None,
        looked: Callable[[Look], None] = lambda _: None,
        improved: Callable[[Look, Floats], None] = lambda _look, _values: None,
    ) -> None:
        """Prepare it; ``looked`` and ``improved`` are called as the search goes on."""
        self.relaxation = relaxation
        self.groups = [*groups, *_singles(relaxation.whole, groups)]
        self.gap, self.node_limit = gap, node_limit
        self.records = Records()
        self.incumbent: float = np.inf
        self.best: Floats | None = None
        self.nodes = self.solutions = 0
        self._bound: float = -np.inf
        self._lost: float = np.inf
        self._looked, self._improved = looked, improved
        self._gains: dict[tuple[int, int], list[float]] = {}
        self._tried: set[bytes] = set()
        self._open: list[tuple[float, int, Node]] = []
        self._left: set[int] = set()
        self._deeper: Node | None = None
        self._whole_seen = 0

    @property
    def cutoff(self) -> float:
        """Cost past which a node cannot lower the incumbent by more than the gap."""
        if not np.isfinite(self.incumbent):
            return np.inf
        return self.incumbent - max(self.gap * abs(self.incumbent), LEAST_GAP * max(1.0, abs(self.incumbent)))

    @property
    def bound(self) -> float:
        """What is proven of every solution."""
        return min(self._bound, self.incumbent)

    def run(self, start: Floats | None = None) -> str:
        """Search until the gap is proven, a limit is reached or it is stopped.

        Args:
            start: (columns) values whose whole numbers are tried first.

        Returns:
            kOptimal, kInfeasible, kSolutionLimit, kInterrupt, or what the relaxation itself ended with.
        """
        status, root = self.relaxation.first()
        if self.relaxation.stopping.cancelled:
            return "kInterrupt"
        if root is None:
            return status
        whole = self.relaxation.whole
        lower, upper = self.relaxation.arrays.col_lower[whole], self.relaxation.arrays.col_upper[whole]
        try:
            number = self.records.add(root)
            self._bound = root.claim
            if root.optimal:
                node = Node(number, root, np.ceil(lower - WHOLE), np.floor(upper + WHOLE))
                if start is not None:
                    self._begin(node, start)
                self._keep(node)
            return self._loop()
        except StoppedError:
            self._bound = max(self._bound, self.records.bound())
            return "kInterrupt"

    def _loop(self) -> str:
        while (node := self._next()) is not None:
            if self.node_limit is not None and self.nodes >= self.node_limit:
                self._bound = max(self._bound, self.records.bound())
                return "kSolutionLimit"
            self.nodes += 1
            self._round(node)
            self._branch(node)
            self._looked(self._seen())
        self._bound = max(self._bound, self.records.bound())
        if self.best is not None:
            return "kOptimal"
        return "kInfeasible" if self.records.bound() == np.inf else "kSolveError"

    def _next(self) -> Node | None:
        """The open node to go on with: down from the last one until there is a solution, then the lowest."""
        deeper, self._deeper = self._deeper, None
        if deeper is not None and not self.solutions and deeper.relaxed.claim < self.cutoff:
            self._left.add(deeper.number)
            return deeper
        while self._open:
            claim, number, node = heapq.heappop(self._open)
            if number in self._left:
                continue
            if not self._left_open(claim):
                return None
            return node
        return None

    def _left_open(self, claim: float) -> bool:
        """Whether the lowest open node is below the cut-off; its claim is what is proven so far."""
        self._bound = max(self._bound, min(claim, self.incumbent, self.cutoff, self._lost))
        return claim < self.cutoff

    def _lose(self, leaf: Relaxed) -> None:
        """Remember what is proven of a leaf that cannot be split, as one whose solve proved nothing."""
        if leaf.claim < self.cutoff:
            self._lost = min(self._lost, leaf.claim)

    def _keep(self, node: Node) -> None:
        """Take a node with an optimum among the open ones, its optimum as an incumbent if it is whole."""
        values = self._values(node)
        if np.abs(values - np.round(values)).max(initial=0.0) <= WHOLE:
            self._try(node, np.round(values))
            if node.relaxed.claim >= self.cutoff or not any(self._splits(node, EXACT)):
                self.relaxation.release(node.relaxed.place)
                self._lose(node.relaxed)
                return
        heapq.heappush(self._open, (node.relaxed.claim, node.number, node))

    def _values(self, node: Node) -> Floats:
        return self._all_values(node)[self.relaxation.whole]

    def _all_values(self, node: Node) -> Floats:
        if node.relaxed.values is None:
            raise ValueError("a node without an optimum")
        return node.relaxed.values

    # -- branching -------------------------------------------------------------------------------------------

    def _branch(self, node: Node) -> None:
        splits = list(self._splits(node, WHOLE)) or list(self._splits(node, EXACT))
        ranked = [(self.groups[each.group].priority, -each.promise, each.column) for each in splits]
        split = splits[min(range(len(splits)), key=ranked.__getitem__)]
        children = self._children(node, split)
        self._learn(node, split, children)
        self._divide(node, split, children)

    def _splits(self, node: Node, tolerance: float) -> Iterator[Split]:
        """The most promising place of every group that has a fraction."""
        values = self._all_values(node)
        for number, group in enumerate(self.groups):
            part = values[group.columns]
            below = np.floor(part + tolerance)
            places = np.flatnonzero(part - below > tolerance)
            if not places.size:
                continue
            # what does not rise above a place is at most as high before it, and at least as high behind it
            order = np.arange(part.size)[None, :]
            over = np.maximum(part[None, :] - below[places, None], 0.0)
            under = np.maximum(below[places, None] + 1.0 - part[None, :], 0.0)
            down = np.where(order <= places[:, None], over, 0.0).sum(axis=1)
            up = np.where(order >= places[:, None], under, 0.0).sum(axis=1)
            promise = np.maximum(self._expected(number, 0) * down, LEAST_GAP)
            promise *= np.maximum(self._expected(number, 1) * up, LEAST_GAP)
            best = int(np.argmax(promise))
            place, moved = int(places[best]), (float(down[best]), float(up[best]))
            yield Split(number, int(group.columns[place]), int(below[place]), moved, float(promise[best]))

    def _expected(self, group: int, side: int) -> float:
        """What a child of a group is expected to gain for each unit that its values move."""
        gain, count = self._gains.get((group, side), (0.0, 0))
        if count:
            return gain / count
        every = [gain / count for gain, count in self._gains.values() if count]
        return sum(every) / len(every) if every else 1.0

    def _children(self, node: Node, split: Split) -> list[Relaxed | Node]:
        found: list[Relaxed | Node] = []
        number = int(np.searchsorted(self.relaxation.whole, split.column))
        most, least = node.upper.copy(), node.lower.copy()
        most[number], least[number] = split.at, split.at + 1.0
        sides = [(node.lower, most), (least, node.upper)]
        every = [self._bounds(*side) for side in sides]
        ends = self.relaxation.children(every, node.relaxed.place, self.cutoff)
        for (lower, upper), end in zip(sides, ends, strict=True):
            relaxed = end
            if relaxed.claim == -np.inf:  # nothing is known of it but what its parent proves, so it stays
                known = node.relaxed
                relaxed = Relaxed(known.kind, known.claim, known.multipliers)
            found.append(Node(NONE, relaxed, lower, upper) if relaxed.optimal else relaxed)
        return found

    def _gain(self, node: Node, child: Relaxed | Node) -> float:
        """What a child gains over its parent; what is past the cut-off gains up to it."""
        claim = _relaxed(child).claim
        most = self.cutoff if np.isfinite(self.cutoff) else node.relaxed.claim + abs(node.relaxed.claim)
        return max(0.0, min(claim, most) - node.relaxed.claim)

    def _learn(self, node: Node, split: Split, children: list[Relaxed | Node]) -> None:
        for side, moved in enumerate(split.moved):
            if np.isfinite(_relaxed(children[side]).claim):
                record = self._gains.setdefault((split.group, side), [0.0, 0])
                record[0] += self._gain(node, children[side]) / max(moved, LEAST_MOVE)
                record[1] += 1

    def _divide(self, node: Node, split: Split, children: list[Relaxed | Node]) -> None:
        numbers = [self.records.add(_relaxed(child)) for child in children]
        self.records.divide(node.number, split.column, split.at, *numbers)
        for number, child in zip(numbers, children, strict=True):
            if not isinstance(child, Node):
                self._lose(child)
            elif child.relaxed.claim >= self.cutoff:
                self.relaxation.release(child.relaxed.place)
            else:
                kept = Node(number, child.relaxed, child.lower, child.upper)
                self._keep(kept)
                if self._deeper is None or kept.relaxed.claim < self._deeper.relaxed.claim:
                    self._deeper = kept

    # -- incumbents ------------------------------------------------------------------------------------------

    def _round(self, node: Node) -> None:
        """Try a node's optimum rounded at several levels, once what comes first in it is whole."""
        values = self._all_values(node)
        first = min((group.priority for group in self.groups), default=0)
        leading = [values[group.columns] for group in self.groups if group.priority == first]
        if any(np.abs(part - np.round(part)).max(initial=0.0) > WHOLE for part in leading):
            return
        self._whole_seen += 1
        if self.solutions and self._whole_seen % ROUND_EVERY:
            return
        for level in LEVELS:
            rounded = np.array(values)
            for group in self.groups:
                part = values[group.columns]
                threshold = 0.5 if group.priority == first else level
                rounded[group.columns] = np.floor(part + (1.0 - threshold))
            self._try(node, rounded[self.relaxation.whole])

    def _begin(self, root: Node, start: Floats) -> None:
        """Take a solution that is given, with the best continuous values if its cost is near the bound."""
        arrays = self.relaxation.arrays
        cost = self._cost(start)
        known = max(float(part.max(initial=0.0)) for part in arrays.faults(start)) <= SOLUTION
        if known and cost - root.relaxed.claim > NEAR * abs(cost):
            whole = self.relaxation.whole
            start = start.copy()
            start[whole] = np.round(start[whole])
            self._take(cost, start)  # others will cost less soon
        else:
            self._try(root, np.round(start[self.relaxation.whole]))

    def _try(self, node: Node, whole: Floats) -> None:
        """Take the best continuous values for these whole numbers as incumbent, if they cost less."""
        whole = np.clip(whole, node.lower, node.upper) + 0.0
        key = whole.tobytes()
        if key in self._tried:
            return
        self._tried.add(key)
        bounds = self._bounds(whole, whole)
        found = self.relaxation.solve(*bounds, node.relaxed.place, self.incumbent, proof=False)
        if found.values is None:
            return
        values = found.values.copy()
        values[self.relaxation.whole] = whole
        cost = self._cost(values)
        if cost < self.incumbent - LEAST_GAP * max(1.0, abs(cost)):
            self._take(cost, values)

    def _cost(self, values: Floats) -> float:
        arrays = self.relaxation.arrays
        return float(arrays.cost @ values) + arrays.offset

    def _take(self, cost: float, values: Floats) -> None:
        self.incumbent, self.best = cost, values
        self.solutions += 1
        self._improved(self._seen(), values)

    def _bounds(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """Bounds of the whole-number columns among those of all."""
        whole, arrays = self.relaxation.whole, self.relaxation.arrays
        low, high = arrays.col_lower.copy(), arrays.col_upper.copy()
        low[whole], high[whole] = lower, upper
        return low, high

    def _seen(self) -> Look:
        return Look(float(self.incumbent), float(self.bound), self.solutions, self.nodes)


def _relaxed(child: Relaxed | Node) -> Relaxed:
    return child.relaxed if isinstance(child, Node) else child


def _singles(whole: Ints, groups: Sequence[Group]) -> list[Group]:
    """A group of its own for every whole-number column that is in none."""
    known = np.concatenate([group.columns for group in groups]) if groups else np.empty(0, dtype=np.int64)
    last = max((group.priority for group in groups), default=0)
    return [
        Group(np.array([column], dtype=np.int64), last) for column in whole.tolist() if column not in known
    ]
