"""Bounds that follow along columns, by hand and on drawn ones, and proofs that hold between the given bounds.

a <= b <= c, all whole, by a row of either sense: c <= 0 leaves a and b at 0, a >= 1 lifts b and c to 1.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from dcplan.lp.links import linked
from dcplan.lp.program import Program
from dcplan.solvers.tree import weak_bound


@pytest.fixture
def matrix():
    p = Program("by hand")
    a, b, c = (p.variable(name, upper=3.0, integer=True) for name in "abc")
    d = p.variable("d", upper=3.0)
    p.limit("b_above_a", b * 2.0 - a * 2.0 >= 0.0)
    p.limit("b_below_c", b - c <= 0.0)
    p.limit("not_whole", d - c >= 0.0)
    p.limit("not_alike", c * 2.0 - a >= 0.0)
    p.limit("not_at_0", c - a >= -1.0)
    p.limit("not_two", a + b - c <= 5.0)
    p.minimize(cost=a * -3.0 - b * 1.0 + c * 2.0 + d)
    return p.matrix()


def test_rows_of_two_whole_columns_with_opposite_coefficients_are_links(matrix):
    found = linked(matrix)
    seen = {
        (*(matrix.col_name(int(column)) for column in (low, high)), matrix.row_name(int(row)), weight)
        for step in found.falling
        for low, high, row, weight in zip(*step, strict=True)
    }
    assert seen == {("a", "b", "b_above_a", 2.0), ("b", "c", "b_below_c", -1.0)}


@pytest.mark.parametrize(
    "lower, upper, least, most",
    [
        ([0, 0, 0, 0], [3, 3, 0, 3], [0, 0, 0, 0], [0, 0, 0, 3]),
        ([1, 0, 0, 0], [3, 3, 3, 3], [1, 1, 1, 0], [3, 3, 3, 3]),
        ([0, 1, 0, 0], [3, 2, 3, 3], [0, 1, 1, 0], [2, 2, 3, 3]),
        ([2, 0, 0, 0], [3, 3, 1, 3], [2, 0, 0, 0], [3, 3, 1, 3]),  # nothing is left: as given
    ],
)
def test_bounds_follow_along_the_links(matrix, lower, upper, least, most):
    found = linked(matrix).tightened(np.array(lower, dtype=float), np.array(upper, dtype=float))
    assert [side.tolist() for side in found] == [least, most]


def test_what_a_column_pays_at_a_bound_that_follows_is_handed_on(matrix):
    """With c <= 1: -3 a - b + 2 c is least at a = b = c = 1, which costs -2.

    a hands -3 to b by the row of 2 b - 2 a (3 / 2 on it), b hands -4 to c by that of b - c (-4 on it): c then
    pays 2 - 4 = -2 at 1. Without a hand a would pay 3 times 3.
    """
    upper = np.array([3.0, 3.0, 1.0, 3.0])
    nothing = np.zeros(matrix.rows)
    assert weak_bound(matrix, matrix.col_lower, upper, nothing) == pytest.approx(-12.0)
    found = linked(matrix).proven(nothing, matrix.col_lower, upper)
    assert found.tolist() == [1.5, -4.0, 0.0, 0.0, 0.0, 0.0]
    assert weak_bound(matrix, matrix.col_lower, upper, found) == pytest.approx(-2.0)


def test_given_bounds_from_below_are_handed_on_the_other_way():
    """a >= 2 lifts b, which costs 5: the row b - a >= 0 takes 5, and a pays it at 2."""
    p = Program("from below")
    a, b = (p.variable(name, upper=3.0, integer=True) for name in "ab")
    p.limit("b_above_a", b - a >= 0.0)
    p.minimize(cost=b * 5.0)
    matrix = p.matrix()
    lower = np.array([2.0, 0.0])
    found = linked(matrix).proven(np.zeros(1), lower, matrix.col_upper)
    assert found.tolist() == [5.0]
    assert weak_bound(matrix, lower, matrix.col_upper, found) == pytest.approx(10.0)


def test_a_ray_is_handed_on_without_costs(matrix):
    """c <= 0 with a + b - c >= 1: whatever the costs, the ray of that row proves it with the links."""
    p = Program("empty")
    a, b, c = (p.variable(name, upper=3.0, integer=True) for name in "abc")
    p.limit("b_above_a", b - a >= 0.0)
    p.limit("c_above_b", c - b >= 0.0)
    p.limit("one", a + b - c >= 1.0)
    p.minimize(cost=a * 7.0)
    matrix = p.matrix()
    upper, ray = np.array([3.0, 3.0, 0.0]), np.array([0.0, 0.0, 1.0])
    assert weak_bound(matrix, matrix.col_lower, upper, ray, costs=False) < 0.0
    found = linked(matrix).proven(ray, matrix.col_lower, upper, costs=False)
    assert weak_bound(matrix, matrix.col_lower, upper, found, costs=False) == pytest.approx(1.0)


def test_links_that_run_in_a_circle_are_none():
    p = Program("circle")
    a, b = (p.variable(name, upper=3.0, integer=True) for name in "ab")
    p.limit("b_above_a", b - a >= 0.0)
    p.limit("a_above_b", a - b >= 0.0)
    p.minimize(cost=a)
    assert not linked(p.matrix()).falling


@pytest.mark.parametrize("seed", range(30))
def test_drawn_multipliers_prove_at_least_as_much_between_the_given_bounds(seed: int):
    random = np.random.default_rng(seed)
    p, count = Program("drawn"), 7
    columns = [p.variable(f"x{number}", upper=4.0, integer=True) for number in range(count)]
    for number in range(9):
        low, high = sorted(random.choice(count, 2, replace=False).tolist())
        weight = float(random.integers(1, 4))
        difference = columns[high] * weight - columns[low] * weight
        p.limit(f"link{number}", difference >= 0.0 if random.random() < 0.5 else difference * -1.0 <= 0.0)
    p.limit("some", sum(columns[1:], columns[0]) >= 6.0)
    p.minimize(cost=sum((x * float(random.integers(-5, 6)) for x in columns[1:]), columns[0]))
    matrix = p.matrix()
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    for _ in range(2):
        lower[random.integers(count)] = float(random.integers(0, 3))
        upper[random.integers(count)] = float(random.integers(2, 5))
    found = linked(matrix)
    least, most = found.tightened(lower, upper)
    signs = np.where(np.isfinite(matrix.row_lower), 1.0, -1.0)
    multipliers = signs * random.integers(0, 3, matrix.rows)
    between = weak_bound(matrix, least, most, multipliers)
    assert weak_bound(matrix, lower, upper, found.proven(multipliers, lower, upper)) >= between - 1e-9


def test_nothing_is_changed_where_nothing_follows(matrix):
    multipliers = np.arange(matrix.rows) * 1.0
    found = linked(matrix)
    assert found.proven(multipliers, matrix.col_lower, matrix.col_upper) is multipliers
    free = replace(matrix, integrality=np.zeros_like(matrix.integrality))
    assert sum(step.low.size for step in linked(free).falling) == 0
