"""A smaller program by hand, and on drawn ones: the same optimum, and proofs that hold for the whole one.

min 2 a + 3 b + c, a and b whole: b is 1 by a row, a is at least 2 by a row, c at most 4 by a row of fixed b,
a + b + c >= 6 decides, a + c <= 100 never binds.
"""

from __future__ import annotations

import numpy as np
import pytest

from dcplan.lp.program import Program
from dcplan.lp.reduce import reduced
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.tree import weak_bound

EXACT = SolveOptions(gap=0.0, threads=1)


@pytest.fixture(scope="module")
def matrix():
    p = Program("by hand")
    a = p.variable("a", upper=10.0, integer=True)
    b = p.variable("b", upper=3.0, integer=True)
    c = p.variable("c")
    p.limit("one", b * 2.0 == 2.0)
    p.limit("some", a * 3.0 >= 6.0)
    p.limit("few", c + b <= 5.0)
    p.limit("enough", a + b + c >= 6.0)
    p.limit("never", a + c <= 100.0)
    p.minimize(cost=a * 2.0 + b * 3.0 + c)
    return p.matrix()


def test_rows_become_bounds_and_fixed_columns_are_left_out(matrix):
    found = reduced(matrix)
    assert found.columns.tolist() == [0, 2]
    assert [matrix.row_name(row) for row in found.rows] == ["enough"]
    smaller = found.arrays
    assert (smaller.col_lower.tolist(), smaller.col_upper.tolist()) == ([2.0, 0.0], [10.0, 4.0])
    assert (smaller.row_lower.tolist(), smaller.offset) == ([5.0], 3.0)
    assert found.values(np.array([2.0, 3.0])).tolist() == [2.0, 1.0, 3.0]


def test_its_multipliers_prove_the_same_bound_of_the_whole_program(matrix):
    """y = 1 on a + c >= 5: 3 + 5 + (2 - 1) 2 = 10, which a = 2, b = 1, c = 3 costs.

    In the whole program b costs 3 - 1 = 2 at b = 1 and a costs 1 at a = 2, which their rows pay:
    1 x 6 + (2 / 2) 2 + (1 / 3) 6 = 10.
    """
    found = reduced(matrix)
    multipliers = found.multipliers(np.array([1.0]), matrix.col_lower, matrix.col_upper)
    assert multipliers.tolist() == pytest.approx([1.0, 1.0 / 3.0, 0.0, 1.0, 0.0])
    assert weak_bound(matrix, matrix.col_lower, matrix.col_upper, multipliers) == pytest.approx(10.0)
    assert highs.solve(matrix, EXACT).objective == pytest.approx(10.0)


def test_a_tighter_bound_of_a_search_is_not_paid_by_a_row(matrix):
    """With a >= 4 the bound is 3 + 5 + 4 = 12: the row a >= 2 would prove 10 again."""
    lower = np.array([4.0, 0.0, 0.0])
    multipliers = reduced(matrix).multipliers(np.array([1.0]), lower, matrix.col_upper)
    assert weak_bound(matrix, lower, matrix.col_upper, multipliers) == pytest.approx(12.0)


def test_a_row_between_two_whole_numbers_stays():
    p = Program("half")
    a = p.variable("a", upper=3.0, integer=True)
    p.limit("half", a * 2.0 >= 1.0)
    p.minimize(cost=a)
    assert reduced(p.matrix()).rows.tolist() == [0]


def test_bounds_that_leave_a_fixed_column_are_seen(matrix):
    found = reduced(matrix)
    assert found.inside(matrix.col_lower, matrix.col_upper)
    assert not found.inside(matrix.col_lower, np.array([10.0, 0.0, 5.0]))


def test_of_two_rows_that_bound_a_column_the_one_that_says_more_takes_its_cost():
    """a >= 5 proves 5, whichever row comes first; a >= 3 would prove 3."""
    for first, second in ((5.0, 3.0), (3.0, 5.0)):
        p = Program("two")
        a = p.variable("a", upper=9.0)
        p.limit("first", a >= first)
        p.limit("second", a >= second)
        p.minimize(cost=a)
        matrix = p.matrix()
        found = reduced(matrix)
        assert found.rows.size == 0
        multipliers = found.multipliers(np.empty(0), matrix.col_lower, matrix.col_upper)
        assert weak_bound(matrix, matrix.col_lower, matrix.col_upper, multipliers) == pytest.approx(5.0)


def test_bounds_that_cross_a_single_row_are_proven_empty():
    """b = 2 by a row, then a + b <= 5 keeps a at 3: a >= 4 leaves nothing, nor does a <= 0 with a >= 1."""
    p = Program("crossed")
    a = p.variable("a", upper=9.0, integer=True)
    b = p.variable("b", upper=9.0)
    p.limit("b_is_2", b == 2.0)
    p.limit("together", a + b <= 5.0)
    p.limit("least", a >= 1.0)
    p.minimize(cost=a)
    matrix = p.matrix()
    found = reduced(matrix)
    assert found.inside(matrix.col_lower, matrix.col_upper)
    assert found.crossed(matrix.col_lower, matrix.col_upper) is None
    for low, high in ((4.0, 9.0), (0.0, 0.0)):
        lower, upper = np.array([low, 0.0]), np.array([high, 9.0])
        assert not found.inside(lower, upper)
        ray = found.crossed(lower, upper)
        assert ray is not None
        assert weak_bound(matrix, lower, upper, ray, costs=False) > 0.0


def test_a_row_that_no_point_keeps_proves_it():
    """a + b >= 7 with a at most 4 and b at most 2."""
    p = Program("broken")
    a, b = p.variable("a", upper=4.0, integer=True), p.variable("b", upper=3.0)
    p.limit("sum", a + b >= 7.0)
    p.limit("difference", a - b >= 0.0)
    p.minimize(cost=a)
    matrix = p.matrix()
    found = reduced(matrix)
    assert not found.broken(matrix.col_lower, matrix.col_upper)
    lower, upper = matrix.col_lower, np.array([3.0, 3.0])
    (ray,) = found.broken(lower, upper)
    assert weak_bound(matrix, lower, upper, ray, costs=False) > 0.0


@pytest.mark.parametrize("seed", range(20))
def test_drawn_programs_keep_their_optimum(seed: int):
    random = np.random.default_rng(seed)
    p, variables = Program("drawn"), []
    for number in range(6):
        low, high = sorted(random.integers(0, 4, 2).tolist())
        kind = {"lower": float(low), "upper": float(high), "integer": bool(random.random() < 0.5)}
        variables.append(p.variable(f"x{number}", **kind))
    for number in range(8):
        chosen = random.choice(6, int(random.integers(1, 4)), replace=False).tolist()
        expr = sum((variables[i] * float(random.integers(1, 4)) for i in chosen[1:]), variables[chosen[0]])
        side = float(random.integers(1, 9))
        p.limit(f"r{number}", expr >= 0.4 * side if random.random() < 0.6 else expr <= 2.0 * side)
    p.minimize(cost=sum((each * float(random.integers(-3, 4)) for each in variables[1:]), variables[0]))
    matrix = p.matrix()
    found = reduced(matrix)
    want, got = highs.solve(matrix, EXACT), None
    if found.columns.size:
        from dataclasses import replace

        from dcplan.lp.matrix import Blocks

        names = {"name": "smaller", "blocks": Blocks({}, {})}
        numbers = {name: getattr(found.arrays, name) for name in found.arrays.__dataclass_fields__}
        got = highs.solve(replace(matrix, **numbers, **names), EXACT)
        assert got.status is want.status
        if got.values is not None:
            assert got.objective == pytest.approx(want.objective, abs=1e-7)
            assert not matrix.check(found.values(got.values))
