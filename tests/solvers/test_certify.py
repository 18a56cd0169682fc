"""Certificates of small programs whose optimum is known, from nothing and from the tree of a search."""

import numpy as np
import pytest

from dcplan.lp.certificate import check
from dcplan.lp.program import Program
from dcplan.solvers import highs
from dcplan.solvers.certify import Limits, certify
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.tree import BOUND, EMPTY, NONE, Leaf, SearchTree


def random_program(seed: int):
    """Whole and real columns, some without an upper bound but with a cost, rows of every kind."""
    rng = np.random.default_rng(seed)
    columns, rows = 8, 6
    whole = rng.random(columns) < 0.6
    point = rng.integers(0, 4, columns).astype(float)
    p = Program(f"random {seed}")
    x = [
        p.variable(f"x{j}", upper=4.0 if whole[j] or rng.random() < 0.5 else np.inf, integer=bool(whole[j]))
        for j in range(columns)
    ]
    table = np.where(rng.random((rows, columns)) < 0.6, rng.integers(-9, 10, (rows, columns)) / 7.0, 0.0)
    for i in np.flatnonzero(table.any(axis=1)):
        terms = sum((x[j] * table[i, j] for j in range(1, columns)), x[0] * table[i, 0])
        side = float(table[i] @ point)
        p.limit(f"r{i}", (terms >= side - 0.5, terms <= side + 0.5, terms >= side - 0.1)[i % 3])
    cost = rng.integers(1, 20, columns) / 3.0
    p.minimize(cost=sum((x[j] * cost[j] for j in range(1, columns)), x[0] * cost[0]), fixed=7.0)
    return p.matrix()


@pytest.mark.parametrize("seed", range(25))
def test_the_certificate_proves_the_optimum(seed):
    matrix = random_program(seed)
    optimum = highs.solve(matrix, SolveOptions(gap=0.0)).objective
    made = certify(matrix, wanted=optimum + 100.0)
    found = check(matrix, made)
    assert found.faults == ()
    assert float(found.bound) == pytest.approx(optimum, abs=1e-6)


def test_some_of_them_need_a_tree_and_rays():
    made = [certify(random_program(seed), wanted=1e9) for seed in range(25)]
    assert sum(len(each.leaves) > 1 for each in made) >= 10
    assert sum(any(leaf.kind == EMPTY for leaf in each.leaves) for each in made) >= 5


def test_it_stops_at_what_is_wanted():
    matrix = max(map(random_program, range(25)), key=lambda each: len(certify(each, 1e9).leaves))
    full = certify(matrix, 1e9)
    low = certify(matrix, -1e9)
    assert len(full.leaves) > len(low.leaves) == 1
    assert check(matrix, low).passed
    assert low.bound < full.bound
    stopped = certify(matrix, 1e9, limits=Limits(should_stop=lambda: True))
    assert check(matrix, stopped).passed
    assert len(stopped.leaves) == 1


def test_an_infeasible_program_gets_rays_alone():
    p = Program("none")
    a, b = (p.variable(name, upper=3.0, integer=True) for name in "ab")
    p.limit("odd", a * 2.0 + b * 2.0 == 5.0)
    p.minimize(cost=a + b)
    made = certify(p.matrix(), 0.0)
    assert made.bound is None or made.bound >= 0
    made = certify(p.matrix(), 1e9)
    assert made.bound is None
    assert check(p.matrix(), made).passed


def by_hand():
    p = Program("by hand")
    a, b = (p.variable(name, upper=2.0, integer=True) for name in "ab")
    p.limit("enough", a * 2.0 + b * 2.0 >= 3.0)
    p.limit("together", a + b <= 3.0)
    p.minimize(cost=a * 3.0 + b * 2.0)
    return p.matrix()


def tree(last: float) -> SearchTree:
    """The root splits b at 1, its low child splits a at 0; `last` prices "enough" in the last leaf."""
    array = lambda *numbers: np.array(numbers, dtype=np.int64)  # noqa: E731
    leaves = (
        Leaf(2, BOUND, 4.0, np.array([0.0, 0.0])),
        Leaf(3, EMPTY, np.inf, np.array([1.0, 0.0])),
        Leaf(4, BOUND, 4.0, np.array([last, 0.0])),
    )
    none = (NONE, NONE, NONE)
    return SearchTree(
        array(1, 0, *none), array(1, 0, 0, 0, 0), array(1, 3, *none), array(2, 4, *none), leaves, 4.0
    )


def test_the_leaves_of_a_search_are_taken_over():
    made = certify(by_hand(), 4.0, tree(1.0), Limits(should_stop=lambda: True))
    assert (len(made.nodes), len(made.leaves), made.bound) == (5, 3, 4)
    assert check(by_hand(), made).passed


@pytest.mark.parametrize("last", [0.5, -3.0, np.nan, 0.0], ids=["weak", "wrong side", "no number", "zero"])
def test_a_leaf_that_does_not_prove_enough_is_proven_anew(last):
    early = certify(by_hand(), 4.0, tree(last), Limits(should_stop=lambda: True))
    assert early.bound < 4
    assert check(by_hand(), early).passed
    made = certify(by_hand(), 4.0, tree(last))
    assert (len(made.nodes), made.bound) == (5, 4)
    assert check(by_hand(), made).passed


def test_a_column_without_a_bound_gets_the_right_sign():
    """Rounded to the grid, the prices of c >= a / 3 and c >= b / 7 may ask a hair more of c than it costs.

    c has no upper bound, so that they would prove nothing; a share less proves a hair less.
    """
    p = Program("peaks")
    a, b, c = p.variable("a", upper=5.0), p.variable("b", upper=5.0), p.variable("c")
    p.limit("first", c - a * (1.0 / 3.0) >= 0.0)
    p.limit("second", c - b * (1.0 / 7.0) >= 0.0)
    p.limit("enough", a + b >= 4.0)
    p.minimize(cost=c * 0.1)
    matrix = p.matrix()
    made = certify(matrix, 1e9)
    assert check(matrix, made).passed
    optimum = highs.solve(matrix, SolveOptions()).objective
    assert optimum - 1e-9 < float(made.bound) <= optimum + 1e-12
