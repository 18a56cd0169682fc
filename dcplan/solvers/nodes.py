"""What a branch and bound over steps is made of: groups of columns, nodes, splits, the tree as it grows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from dcplan.solvers.tree import NONE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.arrays import Floats, Ints
    from dcplan.solvers.relaxation import Relaxed


@dataclass(frozen=True, eq=False)
class Group:
    """Columns whose values do not fall along the group: the steps of one decision.

    Attributes:
        columns: positions, in the order in which values rise.
        priority: groups of a smaller number are split and rounded first.
        order: of the same priority, groups of a smaller number are split first.
    """

    columns: Ints
    priority: int
    order: int = 0


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
        self.relaxed.append(relaxed.bare())
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


def singles(whole: Ints, groups: Sequence[Group]) -> list[Group]:
    """Return a group of its own for every whole-number column that is in none."""
    known = np.concatenate([group.columns for group in groups]) if groups else np.empty(0, dtype=np.int64)
    last = max((group.priority for group in groups), default=0)
    return [
        Group(np.array([column], dtype=np.int64), last) for column in whole.tolist() if column not in known
    ]
