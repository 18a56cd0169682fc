"""A smaller program with the same solutions, and the way back for its values and its row multipliers.

Two passes, in turns until nothing changes: rows that the bounds of their columns keep are left out
(`idle_rows`), and rows with one column that is not fixed become its bounds (`single_rows`). In the end fixed
columns are left out. Every point between the bounds that keeps the rows of one program keeps those of the
other, so that bounds may be tightened further, as a search does, on either. Multipliers of the smaller
program prove the same bound of the larger one: a row that became a bound takes what its column pays there.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from dcplan.lp.arrays import Arrays

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.arrays import Bools, Floats, Ints

SLACK = 1e-9
"""By how much (relative) a row may seem to be broken at the bounds and still be one that they keep."""
WHOLE = 1e-9
MOST_ROUNDS = 20


class Bound(NamedTuple):
    """A row that became a bound: its column, its coefficient there, and between what it keeps the column."""

    row: int
    column: int
    coefficient: float
    least: float
    most: float


@dataclass(frozen=True, eq=False)
class Reduction:
    """A program, a smaller one, and the way back.

    Attributes:
        whole: the program as it was.
        arrays: the smaller one.
        columns: (columns of the smaller one) their positions in the whole one.
        rows: (rows of the smaller one) likewise.
        fixed: (columns of the whole one) their values where they are left out.
        lower: (columns of the whole one) bounds with what single rows say.
        upper: likewise.
        bounds: rows that became bounds, in the order in which they did.
    """

    whole: Arrays
    arrays: Arrays
    columns: Ints
    rows: Ints
    fixed: Floats
    lower: Floats
    upper: Floats
    bounds: tuple[Bound, ...]

    def values(self, values: Floats) -> Floats:
        """(columns of the whole program) the values of a point of the smaller one."""
        found = self.fixed.copy()
        found[self.columns] = values
        return found

    def multipliers(self, multipliers: Floats, lower: Floats, upper: Floats, *, costs: bool = True) -> Floats:
        """(rows of the whole program) what proves there what these prove of the smaller one.

        Args:
            multipliers: (rows of the smaller one).
            lower: (columns of the whole one) the bounds between which it is proven.
            upper: likewise.
            costs: false for a ray, which proves that there is no solution.
        """
        found = np.zeros(self.whole.rows)
        found[self.rows] = multipliers
        return self._with_bounds(found, self.bounds, lower, upper, costs=costs)

    def _with_bounds(
        self, found: Floats, bounds: Sequence[Bound], lower: Floats, upper: Floats, *, costs: bool
    ) -> Floats:
        """Give rows that became bounds what their columns pay there, the last one first; changed in place."""
        whole = self.whole
        for bound in reversed(bounds):
            span = slice(int(whole.indptr[bound.column]), int(whole.indptr[bound.column + 1]))
            cost = float(whole.cost[bound.column]) if costs else 0.0
            reduced = cost - float(whole.data[span] @ found[whole.indices[span]])
            least, most = self.lower[bound.column], self.upper[bound.column]  # another row may say more
            if (reduced > 0.0 and bound.least >= least and bound.least > lower[bound.column]) or (
                reduced < 0.0 and bound.most <= most and bound.most < upper[bound.column]
            ):
                found[bound.row] = reduced / bound.coefficient
        return found

    def inside(self, lower: Floats, upper: Floats) -> bool:
        """Whether bounds of the whole program leave each column a value that the single rows leave it."""
        return bool((lower <= self.upper).all() and (self.lower <= upper).all())

    def crossed(self, lower: Floats, upper: Floats) -> Floats | None:
        """What proves that nothing lies between bounds that cross what a row says which became a bound.

        Args:
            lower: (columns of the whole program) bounds.
            upper: likewise.

        Returns:
            (rows of the whole program) a ray; None where nothing is crossed.
        """
        for sign, outside in ((-1.0, lower > self.upper), (1.0, upper < self.lower)):
            for column in np.flatnonzero(outside).tolist():
                side = float(self.upper[column] if sign < 0.0 else self.lower[column])
                for place, bound in enumerate(self.bounds):
                    if bound.column == column and side == (bound.most if sign < 0.0 else bound.least):
                        found = np.zeros(self.whole.rows)
                        found[bound.row] = sign / bound.coefficient
                        return self._with_bounds(found, self.bounds[:place], lower, upper, costs=False)
        return None

    def broken(self, lower: Floats, upper: Floats) -> list[Floats]:
        """What proves that nothing lies between bounds, by one row that no point between them keeps.

        Args:
            lower: (columns of the whole program) bounds.
            upper: likewise.

        Returns:
            Rays, (rows of the whole program) each: of the row that is missed by most on either side.
        """
        small = self.arrays
        terms = Terms(small.indices, small.column_of, small.data)
        low, high = np.maximum(lower, self.lower)[self.columns], np.minimum(upper, self.upper)[self.columns]
        least, most = _ranges(small.rows, terms, low, high)
        rays = []
        for sign, missed in ((-1.0, least - small.row_upper), (1.0, small.row_lower - most)):
            if missed.max(initial=0.0) > 0.0:
                ray = np.zeros(small.rows)
                ray[int(np.argmax(missed))] = sign
                rays.append(self.multipliers(ray, lower, upper, costs=False))
        return rays


def reduced(whole: Arrays) -> Reduction:
    """Return the smaller program of one."""
    order = np.argsort(whole.indices, kind="stable")
    terms = Terms(whole.indices[order], whole.column_of[order], whole.data[order])
    lower, upper = whole.col_lower.copy(), whole.col_upper.copy()
    live, bounds = np.ones(whole.rows, dtype=np.bool_), []
    for _ in range(MOST_ROUNDS):
        idle = live & idle_rows(whole, terms, lower, upper)
        live &= ~idle
        single = single_rows(whole, terms, lower, upper, live)
        live[[each.row for each in single]] = False
        bounds += single
        if not idle.any() and not single:
            break
    open_ = lower < upper
    fixed = np.where(open_, 0.0, lower)
    columns, rows = np.flatnonzero(open_), np.flatnonzero(live)
    kept = live[whole.indices] & open_[whole.column_of]
    shift = np.bincount(whole.indices, weights=whole.data * fixed[whole.column_of], minlength=whole.rows)
    counts = np.bincount(whole.column_of[kept], minlength=whole.columns)[columns]
    smaller = Arrays(
        cost=whole.cost[columns],
        offset=whole.offset + float(whole.cost @ fixed),
        col_lower=lower[columns],
        col_upper=upper[columns],
        integrality=whole.integrality[columns],
        row_lower=(whole.row_lower - shift)[rows],
        row_upper=(whole.row_upper - shift)[rows],
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        indices=(np.cumsum(live) - 1)[whole.indices[kept]],
        data=whole.data[kept],
    )
    return Reduction(whole, smaller, columns, rows, fixed, lower, upper, tuple(bounds))


class Terms(NamedTuple):
    """The coefficients of a program by rows."""

    row: Ints
    column: Ints
    data: Floats


def idle_rows(whole: Arrays, terms: Terms, lower: Floats, upper: Floats) -> Bools:
    """(rows) whether the bounds of its columns keep a row, whatever their values."""
    least, most = _ranges(whole.rows, terms, lower, upper)
    below = whole.row_lower - SLACK * np.maximum(1.0, np.abs(whole.row_lower))
    above = whole.row_upper + SLACK * np.maximum(1.0, np.abs(whole.row_upper))
    return (least >= np.where(np.isfinite(below), below, -np.inf)) & (
        most <= np.where(np.isfinite(above), above, np.inf)
    )


def _ranges(rows: int, terms: Terms, lower: Floats, upper: Floats) -> tuple[Floats, Floats]:
    """(rows) the least and the most that a row can be between bounds of its columns."""
    up = terms.data > 0.0
    at_lower, at_upper = terms.data * lower[terms.column], terms.data * upper[terms.column]
    least = np.bincount(terms.row, weights=np.where(up, at_lower, at_upper), minlength=rows)
    most = np.bincount(terms.row, weights=np.where(up, at_upper, at_lower), minlength=rows)
    return least.astype(np.float64, copy=False), most.astype(np.float64, copy=False)


def single_rows(whole: Arrays, terms: Terms, lower: Floats, upper: Floats, live: Bools) -> list[Bound]:
    """Turn rows with one column that is not fixed into its bounds, which are changed in place.

    A row that would bound a column of whole numbers between two of them, or leave it no value, stays.
    """
    open_ = lower < upper
    count = np.bincount(terms.row, weights=open_[terms.column], minlength=whole.rows)
    given = np.where(open_[terms.column], 0.0, terms.data * np.where(open_, 0.0, lower)[terms.column])
    rest = np.bincount(terms.row, weights=given, minlength=whole.rows)
    found = []
    for term in np.flatnonzero(open_[terms.column] & live[terms.row] & (count[terms.row] == 1)).tolist():
        row, column, coefficient = int(terms.row[term]), int(terms.column[term]), float(terms.data[term])
        sides = [
            (float(side[row]) - float(rest[row])) / coefficient for side in (whole.row_lower, whole.row_upper)
        ]
        least, most = sorted(sides)
        if whole.integrality[column]:
            near = _rounded(least), _rounded(most)
            if any(abs(a - b) > WHOLE for a, b in zip(near, (least, most), strict=True) if np.isfinite(a)):
                continue
            least, most = near
        if max(least, lower[column]) <= min(most, upper[column]):
            found.append(Bound(row, column, coefficient, least, most))
            lower[column], upper[column] = max(least, lower[column]), min(most, upper[column])
    return found


def _rounded(side: float) -> float:
    return float(round(side)) if np.isfinite(side) else side
