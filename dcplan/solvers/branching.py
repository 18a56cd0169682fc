"""Branch and bound over the linear relaxation, on steps: whole-number columns that only rise along a group.

It knows columns, groups of columns and rows, not what they mean. A node splits one column into two bounds
(`dcplan.solvers.tree`). Nothing prunes but a proof: an empty relaxation, or one past the cut-off, which is
the cost of the incumbent less the gap; what ends otherwise keeps the bound of its parent. The same inputs,
seed and options give the same tree.
"""

from __future__ import annotations

import heapq
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.solvers.engine import Look
from dcplan.solvers.nodes import Node, Records, Split, singles
from dcplan.solvers.relaxation import CLOSE, StoppedError
from dcplan.solvers.tree import NONE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dcplan.lp.arrays import Floats
    from dcplan.solvers.forked import Forked
    from dcplan.solvers.nodes import Group
    from dcplan.solvers.relaxation import Relaxation

WHOLE = 1e-6
"""How far from a whole number a relaxation may leave one."""
EXACT = 1e-9
SOLUTION = 1e-7
"""How far (relative) a given solution may be from one to be taken as it is."""
LEAST_GAP = 1e-9
LEAST_MOVE = 1e-3
ROUND_EVERY = 4
"""Nodes without a fraction in the first priority between two that are rounded, once a solution was found."""
LEVELS = (0.05, 0.3)
"""Thresholds above which a column is rounded up, of all priorities but the first, which rounds at 0.5."""
FAR = 0.2
"""How far (relative) above the root a relaxation is solved before there is a solution: one without a point
may take ten times the iterations of another before it says so, while its cost rises beyond all measure."""
NEAR = 0.01
"""How far (relative) a given solution may lie above the root's bound to get better continuous values."""


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
        self.groups = [*groups, *singles(relaxation.whole, groups)]
        self._first = min((group.priority for group in self.groups), default=0)
        self.gap, self.node_limit = gap, node_limit
        self.records = Records()
        self.incumbent: float = np.inf
        self.best: Floats | None = None
        self.nodes = self.solutions = 0
        self._bound: float = -np.inf
        self._far: float = np.inf
        self._lost: float = np.inf
        self._aside: list[Node] = []
        self._root: Node | None = None
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
                node = self._root = Node(number, root, np.ceil(lower - WHOLE), np.floor(upper + WHOLE))
                self._far = root.claim + FAR * max(1.0, abs(root.claim))
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
        node = self._lowest()
        return self._lowest() if node is None and self._reopened() else node

    def _lowest(self) -> Node | None:
        """The open node of the lowest bound; None if it is past the cut-off. Its claim is what is proven."""
        while self._open:
            claim, number, node = heapq.heappop(self._open)
            if number not in self._left:
                aside = min((each.relaxed.claim for each in self._aside), default=np.inf)
                proven = min(claim, self.incumbent, self.cutoff, self._lost, aside)
                self._bound = max(self._bound, proven)
                return node if claim < self.cutoff else None
        return None

    def _lose(self, node: Node) -> None:
        """Remember what is proven of a leaf that cannot be split, for its solve proved no more."""
        if node.relaxed.claim < self.cutoff:
            self._lost = min(self._lost, node.relaxed.claim)

    def _reopened(self) -> bool:
        """Solve what was laid aside as far above the root up to the cut-off; whether a node is open now."""
        aside, self._aside, self._far = self._aside, [], np.inf
        for node in aside:
            if self._root is None or node.relaxed.claim >= self.cutoff:
                continue
            bounds = self._bounds(node.lower, node.upper)
            end = self.relaxation.solve(*bounds, self._root.relaxed.place, self.cutoff, proof=True)
            kept = node if end.claim == -np.inf else replace(node, relaxed=end)
            self.records.relaxed[node.number] = kept.relaxed.bare()
            if kept.relaxed.optimal:
                self._keep(kept)
            else:
                self._lose(kept)
        return bool(self._open)

    def _keep(self, node: Node) -> None:
        """Take a node with an optimum among the open ones, its optimum as an incumbent if it is whole."""
        values = self._values(node)
        if np.abs(values - np.round(values)).max(initial=0.0) <= WHOLE:
            self._try(node, np.round(values))
            if node.relaxed.claim >= self.cutoff or not any(self._splits(node, EXACT)):
                self.relaxation.release(node.relaxed.place)
                self._lose(node)
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
        split = min(splits, key=self._rank)
        children = self._children(node, split)
        self._learn(node, split, children)
        self._divide(node, split, children)

    def _rank(self, split: Split) -> tuple[int, int, float, int]:
        """What is split first: groups in their order, and what promises most."""
        group = self.groups[split.group]
        return group.priority, group.order, -split.promise, split.column

    def _splits(self, node: Node, tolerance: float) -> Iterator[Split]:
        """A place of every group with a fraction: the one in the middle of what comes first, else the best.

        What comes first decides most of the cost, which bends along a group: what was gained for a unit at
        one place says little of another.
        """
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
            middle = -np.abs(part[places] - below[places] - 0.5)
            best = int(np.argmax(middle if group.priority == self._first else promise))
            place, moved = int(places[best]), (float(down[best]), float(up[best]))
            yield Split(number, int(group.columns[place]), int(below[place]), moved, float(promise[best]))

    def _expected(self, group: int, side: int) -> float:
        """What a child of a group is expected to gain for each unit that its values move."""
        gain, count = self._gains.get((group, side), (0.0, 0))
        if count:
            return gain / count
        every = [gain / count for gain, count in self._gains.values() if count]
        return sum(every) / len(every) if every else 1.0

    def _children(self, node: Node, split: Split) -> list[Node]:
        number = int(np.searchsorted(self.relaxation.whole, split.column))
        most, least = node.upper.copy(), node.lower.copy()
        most[number], least[number] = split.at, split.at + 1.0
        sides = [(node.lower, most), (least, node.upper)]
        every = [self._bounds(*side) for side in sides]
        limit = self.cutoff if self.solutions else self._far
        ends = self.relaxation.children(every, node.relaxed.place, limit)
        # where nothing is known of a child but what its parent proves, that stays
        known = [node.relaxed.bare() if end.claim == -np.inf else end for end in ends]
        return [Node(NONE, end, *side) for end, side in zip(known, sides, strict=True)]

    def _gain(self, node: Node, child: Node) -> float:
        """What a child gains over its parent; what is past the cut-off gains up to it."""
        claim = child.relaxed.claim
        most = self.cutoff if np.isfinite(self.cutoff) else node.relaxed.claim + abs(node.relaxed.claim)
        return max(0.0, min(claim, most) - node.relaxed.claim)

    def _learn(self, node: Node, split: Split, children: Sequence[Node]) -> None:
        for side, moved in enumerate(split.moved):
            if np.isfinite(children[side].relaxed.claim):
                record = self._gains.setdefault((split.group, side), [0.0, 0])
                record[0] += self._gain(node, children[side]) / max(moved, LEAST_MOVE)
                record[1] += 1

    def _divide(self, node: Node, split: Split, children: Sequence[Node]) -> None:
        numbers = [self.records.add(child.relaxed) for child in children]
        self.records.divide(node.number, split.column, split.at, *numbers)
        for number, child in zip(numbers, children, strict=True):
            kept = replace(child, number=number)
            claim = kept.relaxed.claim
            if not kept.relaxed.optimal and self._far - CLOSE * max(1.0, abs(self._far)) <= claim < np.inf:
                self._aside.append(kept)
            elif not kept.relaxed.optimal:
                self._lose(kept)
            elif claim >= self.cutoff:
                self.relaxation.release(kept.relaxed.place)
            else:
                self._keep(kept)
                if self._deeper is None or kept.relaxed.claim < self._deeper.relaxed.claim:
                    self._deeper = kept

    # -- incumbents ------------------------------------------------------------------------------------------

    def _round(self, node: Node) -> None:
        """Try a node's optimum rounded at several levels, once what comes first in it is whole."""
        values = self._all_values(node)
        leading = [values[group.columns] for group in self.groups if group.priority == self._first]
        if any(np.abs(part - np.round(part)).max(initial=0.0) > WHOLE for part in leading):
            return
        self._whole_seen += 1
        if self.solutions and self._whole_seen % ROUND_EVERY:
            return
        for level in LEVELS:
            rounded = np.array(values)
            for group in self.groups:
                part = values[group.columns]
                threshold = 0.5 if group.priority == self._first else level
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
