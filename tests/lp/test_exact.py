"""Exact bounds: by hand, against a plain sum of fractions, and where floats would not tell the truth."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.lp.exact import ExactProgram, dyadic, on_grid, rounded_down
from dcplan.lp.program import Program

NUMBERS = st.floats(-1e6, 1e6, allow_nan=False).map(lambda x: 0.0 if abs(x) < 1e-6 else x)


def by_hand():
    """Min 3 a + 2 b + c + 10, 2 a + 2 b >= 3, a + b <= 3, c >= a; a, b within 0..2, c without upper bound."""
    p = Program("by hand")
    a, b = (p.variable(name, upper=2.0, integer=True) for name in "ab")
    c = p.variable("c")
    p.limit("enough", a * 2.0 + b * 2.0 >= 3.0)
    p.limit("together", a + b <= 3.0)
    p.limit("above", c - a >= 0.0)
    p.minimize(cost=a * 3.0 + b * 2.0 + c, fixed=10.0)
    return ExactProgram(p.matrix())


def whole(*numbers):
    return np.array([int(each) for each in numbers], dtype=object)


@given(st.lists(NUMBERS, max_size=30))
def test_a_float_is_a_whole_number_of_powers_of_two(values):
    found = dyadic(np.array(values, dtype=float))
    assert found.power <= 0
    assert [Fraction(int(n)) * Fraction(2) ** found.power for n in found.number] == list(
        map(Fraction, values)
    )


def test_tiny_and_huge_numbers_stay_exact():
    values = np.array([5e-324, 1.7976931348623157e308, 0.1, -0.0, np.inf])
    found = dyadic(values)
    told = [Fraction(int(n)) * Fraction(2) ** found.power for n in found.number]
    assert told == [Fraction(5e-324), Fraction(1.7976931348623157e308), Fraction(0.1), 0, 0]


def test_a_bound_by_hand():
    """y = (1, 0, 1): 10 + 3 + (3 - 2 + 1) 0 + (2 - 2) b + (1 - 1) c = 13; b and c may be anything.

    y = (1, 0, 0) leaves c its cost and a (3 - 2): 13 again; a >= 1 makes that 14.
    """
    program = by_hand()
    assert program.bound(whole(1, 0, 1), 0, program.box) == 13
    assert program.bound(whole(1, 0, 0), 0, program.box) == 13
    assert program.bound(whole(1, 0, 0), 0, program.box.within(0, lower=1)) == 14
    assert program.bound(whole(1, 0, 0), 0, program.box.within(0, lower=1), costs=False) == 3 - 4 - 4
    assert program.bound(whole(1, 0, 0), -1, program.box) == Fraction(23, 2)


def test_what_proves_nothing():
    """A multiplier on a side that a row has not; a reduced cost below 0 on a column without upper bound."""
    program = by_hand()
    assert program.bound(whole(-1, 0, 0), 0, program.box) is None
    assert program.bound(whole(0, 1, 0), 0, program.box) is None
    assert program.bound(whole(0, 0, 2), 0, program.box) is None
    assert program.bound(whole(0, -1, 0), 0, program.box) == 10 - 3


def test_bounds_that_the_rows_imply():
    """c - a <= 1/3 with a <= 2 gives c <= 7/3, outward to 3; d + c = 5, d >= 2 with c >= 1, and d <= 4."""
    p = Program("implied")
    a = p.variable("a", upper=2.0)
    c = p.variable("c", lower=1.0)
    d = p.variable("d", lower=-np.inf)
    e = p.variable("e")
    p.limit("near", c * 3.0 - a * 3.0 <= 1.0)
    p.limit("sum", d + c == 5.0)
    p.limit("free", e - a >= 0.0)
    p.minimize(cost=a)
    box = ExactProgram(p.matrix()).box
    assert box.has_upper.tolist() == [True, True, True, False]
    assert box.has_lower.all()
    assert box.upper[:3].tolist() == [2, 3, 4]
    assert box.lower.tolist() == [0, 1, 2, 0]


@pytest.mark.parametrize("seed", range(20))
def test_implied_bounds_hold_at_every_point_that_keeps_the_rows(seed):
    rng = np.random.default_rng(seed)
    columns, rows = 6, 8
    table = np.where(rng.random((rows, columns)) < 0.5, rng.normal(size=(rows, columns)).round(2), 0.0)
    point = rng.uniform(-3.0, 3.0, columns)
    p = Program("random")
    ends = [
        (v - 1.0 if r < 0.6 else -np.inf, v + 1.0 if s < 0.6 else np.inf)
        for v, r, s in zip(point, rng.random(columns), rng.random(columns), strict=True)
    ]
    x = [p.variable(f"x{j}", lower=low, upper=high) for j, (low, high) in enumerate(ends)]
    for i in np.flatnonzero(table.any(axis=1)):
        terms = sum((x[j] * table[i, j] for j in range(1, columns)), x[0] * table[i, 0])
        p.limit(
            f"r{i}",
            terms <= float(table[i] @ point) + 1e-9 if i % 2 else terms >= float(table[i] @ point) - 1e-9,
        )
    p.minimize(cost=x[0])
    box = ExactProgram(p.matrix()).box
    exact = [Fraction(float(v)) / Fraction(2) ** box.power for v in point]
    assert all(low <= v for low, v, known in zip(box.lower, exact, box.has_lower, strict=True) if known)
    assert all(v <= high for high, v, known in zip(box.upper, exact, box.has_upper, strict=True) if known)
    assert box.has_lower.sum() + box.has_upper.sum() >= sum(np.isfinite(ends).ravel())


def test_a_box_without_a_point_says_so():
    box = by_hand().box
    assert not box.empty
    assert box.within(0, lower=1).within(0, upper=0).empty


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_the_bound_is_the_plain_sum_of_fractions(data):
    """And it is never above the cost of a point that keeps the rows."""
    columns, rows = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    grid = data.draw(st.lists(NUMBERS, min_size=columns * rows, max_size=columns * rows))
    table = np.array(grid).reshape(rows, columns)
    cost = np.array(data.draw(st.lists(NUMBERS, min_size=columns, max_size=columns)))
    point = np.array(data.draw(st.lists(st.integers(0, 5), min_size=columns, max_size=columns)), dtype=float)
    p = Program("random")
    x = [p.variable(f"x{j}", upper=5.0) for j in range(columns)]
    for i in range(rows):
        side = float(table[i] @ point)
        terms = sum((x[j] * table[i, j] for j in range(1, columns)), x[0] * table[i, 0])
        if table[i].any():
            p.limit(f"r{i}", terms >= np.nextafter(side - 1e-3 * abs(side), -np.inf))
    p.minimize(cost=sum((x[j] * cost[j] for j in range(1, columns)), x[0] * cost[0]))
    matrix = p.matrix()
    y = whole(*data.draw(st.lists(st.integers(0, 2**30), min_size=matrix.rows, max_size=matrix.rows)))
    program = ExactProgram(matrix)
    found = program.bound(y, -20, program.box)
    assert found == plain_bound(matrix, [Fraction(int(each), 2**20) for each in y])
    assert found <= sum(
        (Fraction(float(c)) * Fraction(v) for c, v in zip(cost, point, strict=True)), Fraction()
    )


def plain_bound(matrix, y):
    """The formula of the module, term by term."""
    reduced = [Fraction(float(each)) for each in matrix.cost]
    for column, row, number in zip(matrix.column_of, matrix.indices, matrix.data, strict=True):
        reduced[column] -= Fraction(float(number)) * y[row]
    total = Fraction(matrix.offset) + sum(
        (each * Fraction(float(side)) for each, side in zip(y, matrix.row_lower, strict=True)), Fraction()
    )
    ends = zip(reduced, matrix.col_lower, matrix.col_upper, strict=True)
    return total + sum(
        (each * Fraction(float(low if each > 0 else high)) for each, low, high in ends), Fraction()
    )


def test_a_bound_is_told_rounded_down():
    assert rounded_down(Fraction(1, 3)) <= Fraction(1, 3) < np.nextafter(rounded_down(Fraction(1, 3)), 1)
    assert rounded_down(Fraction(3, 4)) == 0.75
    assert Fraction(rounded_down(Fraction(-1, 3))) < Fraction(-1, 3)


def test_multipliers_go_to_the_grid_and_nan_goes_nowhere():
    assert on_grid(np.array([0.3, -1.26]), -2).tolist() == [1, -5]
    with pytest.raises(ValueError, match="not finite"):
        on_grid(np.array([np.nan]), -2)
