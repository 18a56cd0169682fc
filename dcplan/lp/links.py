r"""Whole-number columns of which one is never above another: a bound of one bounds the other.

$$ a\, x_k - a\, x_j \ge 0,\ a > 0 \quad\Rightarrow\quad x_j \le x_k:\qquad
   u_j \le u_k,\quad l_k \ge l_j $$

A row of two columns says so. Bounds that follow spare a simplex the way along the columns; what it then
proves of them is proven between the given bounds as well: the row takes what the column pays at a bound that
follows, and hands it on to the column from which it follows.
"""

from __future__ import annotations

from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from dcplan.lp.arrays import Arrays, Bools, Floats, Ints


class Links(NamedTuple):
    """Some links.

    Attributes:
        low: the columns that are never above.
        high: the columns that are never below.
        row: the rows that say so.
        weight: the coefficients of ``high`` there; those of ``low`` are the opposite.
    """

    low: Ints
    high: Ints
    row: Ints
    weight: Floats

    def some(self, which: Bools) -> Links:
        """Some of them."""
        return Links(self.low[which], self.high[which], self.row[which], self.weight[which])


@dataclass(frozen=True, eq=False)
class Linked:
    """The links of a program, in the order in which bounds follow.

    Attributes:
        arrays: the program.
        falling: what bounds from above: the links of a step have their ``high`` done by the steps before.
        rising: what bounds from below: the links of a step have their ``low`` done by the steps before.
    """

    arrays: Arrays
    falling: tuple[Links, ...]
    rising: tuple[Links, ...]

    def tightened(self, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
        """(columns) both bounds with those that follow; as given where these leave a column no value."""
        least, most = lower.copy(), upper.copy()
        for links in self.falling:
            np.minimum.at(most, links.low, most[links.high])
        for links in self.rising:
            np.maximum.at(least, links.high, least[links.low])
        return (least, most) if (least <= most).all() else (lower, upper)

    def proven(self, multipliers: Floats, lower: Floats, upper: Floats, *, costs: bool = True) -> Floats:
        """(rows) multipliers that prove between given bounds what these prove with those that follow.

        Args:
            multipliers: (rows) what proves it.
            lower: (columns) the given bounds.
            upper: likewise.
            costs: false for a ray, which proves that there is no solution.
        """
        least, most = self.tightened(lower, upper)
        follows_above, follows_below = most < upper, least > lower
        if not follows_above.any() and not follows_below.any():
            return multipliers
        found = multipliers.copy()
        pays = self.arrays.reduced_costs(found, costs=costs)
        for links in reversed(self.falling):
            paying = (pays[links.low] < 0.0) & follows_above[links.low]
            due = links.some(paying & (most[links.low] == most[links.high]))
            _hand_on(found, pays, due, due.low, due.high, -due.weight)
        for links in reversed(self.rising):
            paying = (pays[links.high] > 0.0) & follows_below[links.high]
            due = links.some(paying & (least[links.high] == least[links.low]))
            _hand_on(found, pays, due, due.high, due.low, due.weight)
        return found


def _hand_on(found: Floats, pays: Floats, due: Links, giver: Ints, taker: Ints, weight: Floats) -> None:
    """Let rows take what columns pay, and other columns pay it; changed in place."""
    _, once = np.unique(giver, return_index=True)
    giver, taker, weight, row = giver[once], taker[once], weight[once], due.row[once]
    amount = pays[giver]
    found[row] += amount / weight
    np.add.at(pays, taker, amount)
    pays[giver] = 0.0


def linked(arrays: Arrays) -> Linked:
    """Return the links of a program; none where they run in a circle."""
    links = _links(arrays)
    sorter: TopologicalSorter[int] = TopologicalSorter()
    for low, high in zip(links.low.tolist(), links.high.tolist(), strict=True):
        sorter.add(low, high)
    try:
        sorter.prepare()
    except CycleError:
        return Linked(arrays, (), ())
    depth, steps = np.zeros(arrays.columns, dtype=np.int64), 0
    while sorter.is_active():
        ready = sorter.get_ready()
        depth[list(ready)] = steps
        sorter.done(*ready)
        steps += 1
    falling = tuple(links.some(depth[links.low] == step) for step in range(1, steps))
    rising = tuple(links.some(depth[links.high] == step) for step in reversed(range(steps - 1)))
    return Linked(arrays, falling, rising)


def _links(arrays: Arrays) -> Links:
    """Rows of two whole-number columns with opposite coefficients and the side 0, on one side only."""
    order = np.argsort(arrays.indices, kind="stable")
    counts = np.bincount(arrays.indices, minlength=arrays.rows)
    starts = np.concatenate([[0], np.cumsum(counts)])
    at_least = (arrays.row_lower == 0.0) & np.isinf(arrays.row_upper)
    at_most = (arrays.row_upper == 0.0) & np.isinf(arrays.row_lower)
    rows = np.flatnonzero((counts == 2) & (at_least | at_most))
    one, two = order[starts[rows]], order[starts[rows] + 1]
    whole = arrays.integrality[arrays.column_of[one]] & arrays.integrality[arrays.column_of[two]]
    kept = whole & (arrays.data[one] == -arrays.data[two])
    rows, one, two = rows[kept], one[kept], two[kept]
    first_high = (arrays.data[one] > 0.0) == at_least[rows]
    high, low = np.where(first_high, one, two), np.where(first_high, two, one)
    return Links(arrays.column_of[low], arrays.column_of[high], rows, arrays.data[high])
