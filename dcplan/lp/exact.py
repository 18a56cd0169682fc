r"""Bounds in exact arithmetic: what a vector of row multipliers proves of a program, to the last digit.

A float is a whole number times a power of two, so that sums and products of floats are whole numbers again
once a common power is taken out. Nothing here rounds but where a rounding is outward and says so, and nothing
solves: multipliers y, from wherever they come, prove by weak duality that no point between the bounds l and u
that keeps the rows costs less than

$$ L(y) = c_0 + \sum_i \min(y_i r^l_i, y_i r^u_i)
          + \sum_j \min_{l_j \le x_j \le u_j} (c_j - A_j^\top y)\, x_j $$
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from dcplan.lp.labels import Bools, Floats, Ints
from dcplan.lp.matrix import Matrix

Whole: TypeAlias = NDArray[np.object_]
"""Python integers of any size."""

_MANTISSA = 53
_ROUNDS = 50


@dataclass(frozen=True, eq=False)
class Dyadic:
    """Numbers that are whole multiples of one power of two: ``number * 2 ** power``.

    Attributes:
        number: the multiples.
        power: the exponent, at most 0.
    """

    number: Whole
    power: int

    def to_power(self, power: int) -> Whole:
        """The multiples of a smaller power of two."""
        scaled: Whole = self.number * 2 ** (self.power - power)
        return scaled


def dyadic(values: Floats) -> Dyadic:
    """Floats as they are, without rounding; infinite ones as 0."""
    finite = np.where(np.isfinite(values), values, 0.0)
    mantissa, exponent = np.frexp(finite)
    whole = np.ldexp(mantissa, _MANTISSA).astype(np.int64)
    low_bit = np.where(whole == 0, 1, whole & -whole)
    whole = whole // low_bit
    shift = exponent - _MANTISSA + np.log2(low_bit.astype(np.float64)).astype(np.int64)
    power = min(0, int(shift[whole != 0].min(initial=0)))
    scale = np.where(whole == 0, 0, shift - power).astype(object)
    return Dyadic(whole.astype(object) * np.power(np.full(scale.shape, 2, dtype=object), scale), power)


@dataclass(frozen=True, eq=False)
class Box:
    """Bounds of the columns, exactly.

    Attributes:
        lower: (columns) lower bounds; any number where there is none.
        upper: (columns) upper bounds, likewise.
        has_lower: (columns) whether there is a lower bound.
        has_upper: (columns) whether there is an upper bound.
        power: the power of two that both count.
    """

    lower: Whole
    upper: Whole
    has_lower: Bools
    has_upper: Bools
    power: int

    def within(self, column: int, lower: int | None = None, upper: int | None = None) -> Box:
        """The part of the box where a column is at least or at most a whole number."""
        low, high = self.lower.copy(), self.upper.copy()
        has_low, has_high = self.has_lower.copy(), self.has_upper.copy()
        unit = 2**-self.power
        if lower is not None:
            low[column] = max(lower * unit, low[column]) if has_low[column] else lower * unit
            has_low[column] = True
        if upper is not None:
            high[column] = min(upper * unit, high[column]) if has_high[column] else upper * unit
            has_high[column] = True
        return Box(low, high, has_low, has_high, self.power)

    @property
    def empty(self) -> bool:
        """Whether no point is between the bounds."""
        return bool((self.has_lower & self.has_upper & (self.lower > self.upper)).any())


class ExactProgram:
    """A matrix in exact numbers.

    Columns that the matrix leaves without a bound take the one that the rows and the other bounds imply,
    rounded outward to a whole number: every point that keeps the rows keeps them.
    """

    def __init__(self, matrix: Matrix) -> None:
        self.matrix = matrix
        self._data = dyadic(matrix.data)
        self._cost = dyadic(matrix.cost)
        sides = dyadic(np.concatenate([matrix.row_lower, matrix.row_upper]))
        self._sides = Dyadic(sides.number.reshape(2, -1), sides.power)
        self._has_side = np.isfinite(np.stack([matrix.row_lower, matrix.row_upper]))
        self._offset = Fraction(matrix.offset)

    @cached_property
    def box(self) -> Box:
        """The bounds of all points that keep the rows."""
        lower, upper = self.matrix.col_lower, self.matrix.col_upper
        both = dyadic(np.concatenate([lower, upper]))
        low, high = both.number.reshape(2, -1)
        box = Box(low, high, np.isfinite(lower), np.isfinite(upper), both.power)
        for _ in range(_ROUNDS):
            wider = self._implied(box)
            if wider is None:
                break
            box = wider
        return box

    def bound(self, multipliers: Whole, power: int, box: Box, *, costs: bool = True) -> Fraction | None:
        """L(y) of the module's formula, exactly.

        Args:
            multipliers: (rows) y, as multiples of 2 ** power.
            power: their power of two, at most 0.
            box: the bounds of the columns.
            costs: false leaves the costs and the offset out: above 0 the box then holds no solution.

        Returns:
            The bound; None where it needs a side of a row or a bound of a column that is not there.
        """
        from_rows = self._from_rows(multipliers)
        if from_rows is None:
            return None
        reduced, reduced_power = self._reduced(multipliers, power, costs)
        rising, falling = reduced > 0, reduced < 0
        if (rising & ~box.has_lower).any() or (falling & ~box.has_upper).any():
            return None
        from_columns = (reduced[rising] * box.lower[rising]).sum() + (
            reduced[falling] * box.upper[falling]
        ).sum()
        total = _fraction(from_rows, self._sides.power + power)
        total += _fraction(from_columns, reduced_power + box.power)
        return total + self._offset if costs else total

    def reduced_costs(self, multipliers: Whole, power: int, *, costs: bool = True) -> Dyadic:
        """(columns) c - A'y, exactly, or -A'y."""
        return Dyadic(*self._reduced(multipliers, power, costs))

    def _from_rows(self, multipliers: Whole) -> int | None:
        """The sum over the rows; a positive multiplier takes the lower side, a negative one the upper."""
        total = 0
        for side, taken in enumerate((multipliers > 0, multipliers < 0)):
            if (taken & ~self._has_side[side]).any():
                return None
            total += (multipliers[taken] * self._sides.number[side, taken]).sum()
        return int(total)

    def _reduced(self, multipliers: Whole, power: int, costs: bool) -> tuple[Whole, int]:
        """(columns) c - A'y as multiples of a power of two, or -A'y."""
        matrix = self.matrix
        held = np.flatnonzero((multipliers != 0)[matrix.indices])
        terms = self._data.number[held] * multipliers[matrix.indices[held]]
        pulled = _sums(terms, matrix.column_of[held], matrix.columns)
        common = min(self._data.power + power, self._cost.power) if costs else self._data.power + power
        reduced = -pulled * 2 ** (self._data.power + power - common)
        return (reduced + self._cost.to_power(common) if costs else reduced), common

    def _implied(self, box: Box) -> Box | None:
        """The box with bounds where the rows imply one that was missing; None if they imply no more."""
        power = min(self._data.power + box.power, self._sides.power)
        if box.has_lower.all() and box.has_upper.all():
            return None
        found = [
            self._candidates(box, power, sign, side)
            for sign, side in ((1, 1), (-1, 0))  # rows as sum <= upper, and -sum <= -lower
        ]
        column = np.concatenate([each[0] for each in found])
        above = np.concatenate([each[1] for each in found])
        limit = np.concatenate([each[2] for each in found])
        if not column.size:
            return None
        unit = 2**-box.power
        lower, upper = box.lower.copy(), box.upper.copy()
        has_lower, has_upper = box.has_lower.copy(), box.has_upper.copy()
        for side, known, taken, best in (
            (upper, has_upper, above, np.minimum),
            (lower, has_lower, ~above, np.maximum),
        ):
            order = np.argsort(column[taken], kind="stable")
            columns, starts = np.unique(column[taken][order], return_index=True)
            if columns.size:
                side[columns] = best.reduceat(limit[taken][order], starts) * unit
                known[columns] = True
        return Box(lower, upper, has_lower, has_upper, box.power)

    def _candidates(self, box: Box, power: int, sign: int, side: int) -> tuple[Ints, Bools, Whole]:
        """Missing bounds that rows imply: column, whether it is an upper bound, the whole number.

        A row sum_j a_j x_j <= b with the least value m_j of each other term gives
        a_j x_j <= b - sum_{k != j} m_k.
        """
        matrix = self.matrix
        coefficient = self._data.number * sign
        rising = coefficient > 0
        known = np.where(rising, box.has_lower[matrix.column_of], box.has_upper[matrix.column_of])
        at = np.where(rising, box.lower[matrix.column_of], box.upper[matrix.column_of])
        least = np.where(known, coefficient * at, 0) * 2 ** (self._data.power + box.power - power)
        order = np.argsort(matrix.indices, kind="stable")
        total = _sums(least[order], matrix.indices[order], matrix.rows)
        unknown = np.bincount(matrix.indices, weights=~known, minlength=matrix.rows)
        wanted = np.where(rising, ~box.has_upper[matrix.column_of], ~box.has_lower[matrix.column_of])
        alone = unknown[matrix.indices] - ~known == 0
        held = np.flatnonzero(wanted & alone & self._has_side[side][matrix.indices])
        rows = matrix.indices[held]
        right = self._sides.number[side, rows] * sign * 2 ** (self._sides.power - power)
        slack = right - (total[rows] - least[held])
        divisor = coefficient[held] * 2 ** (self._data.power - power)
        # a_j x_j <= slack: x_j <= ceil(slack / a_j) above 0, x_j >= floor(slack / a_j) below
        limit = np.where(rising[held], -(-slack // divisor), slack // divisor) if held.size else slack
        return matrix.column_of[held], rising[held], limit


def on_grid(multipliers: Floats, power: int) -> Whole:
    """Floats rounded to multiples of 2 ** power, as whole numbers.

    Raises:
        ValueError: one of them is not finite.
    """
    if not np.isfinite(multipliers).all():
        raise ValueError("a multiplier is not finite")
    return np.array([int(each) for each in np.rint(np.ldexp(multipliers, -power))], dtype=object)


def rounded_down(value: Fraction) -> float:
    """The largest float that is not above a fraction."""
    near = float(value)
    return near if Fraction(near) <= value else math.nextafter(near, -math.inf)


def _sums(terms: Whole, places: Ints, size: int) -> Whole:
    """Sums of terms by place; equal places stand together."""
    sums: Whole = np.zeros(size, dtype=object)
    if terms.size:
        starts = np.concatenate([[0], np.flatnonzero(np.diff(places)) + 1])
        sums[places[starts]] = np.add.reduceat(terms, starts)
    return sums


def _fraction(number: int, power: int) -> Fraction:
    return Fraction(int(number), 2**-power)
