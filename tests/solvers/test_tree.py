"""A tree by hand: min 3 a + 2 b, 2 a + 2 b >= 3, a and b whole between 0 and 2."""

import numpy as np
import pytest

from dcplan.lp.program import Program
from dcplan.solvers.tree import BOUND, EMPTY, NONE, Leaf, SearchTree, weak_bound


@pytest.fixture(scope="module")
def matrix():
    p = Program("by hand")
    a, b = (p.variable(name, upper=2.0, integer=True) for name in "ab")
    p.limit("enough", a * 2.0 + b * 2.0 >= 3.0)
    p.limit("together", a + b <= 3.0)
    p.minimize(cost=a * 3.0 + b * 2.0)
    return p.matrix()


def tree() -> SearchTree:
    """The root splits b at 1, its low child splits a at 0."""
    array = lambda *numbers: np.array(numbers, dtype=np.int64)  # noqa: E731
    leaves = (
        Leaf(2, BOUND, 4.0, np.array([0.0, 0.0])),
        Leaf(3, EMPTY, np.inf, np.array([1.0, 0.0])),
        Leaf(4, BOUND, 4.0, np.array([1.0, 0.0])),
    )
    return SearchTree(
        column=array(1, 0, NONE, NONE, NONE),
        split=array(1, 0, 0, 0, 0),
        low=array(1, 3, NONE, NONE, NONE),
        high=array(2, 4, NONE, NONE, NONE),
        leaves=leaves,
        bound=4.0,
    )


def test_the_bounds_of_a_node_are_the_splits_on_its_path(matrix):
    told = [[bound.tolist() for bound in tree().bounds(matrix, node)] for node in range(5)]
    assert told == [
        [[0, 0], [2, 2]],
        [[0, 0], [2, 1]],
        [[0, 2], [2, 2]],
        [[0, 0], [0, 1]],
        [[1, 0], [2, 1]],
    ]
    assert tree().parents().tolist() == [NONE, 0, 0, 1, 1]


def test_every_leaf_proves_its_claim(matrix):
    """b >= 2 costs at least 4; with a = 0 and b <= 1, 2 a + 2 b is 2 at most, 1 short; with a >= 1 and y = 1:

    3 y + (3 - 2) 1 + (2 - 2) b = 4.
    """
    for leaf in tree().leaves:
        bounds = tree().bounds(matrix, leaf.node)
        found = weak_bound(matrix, *bounds, leaf.multipliers, costs=leaf.kind == BOUND)
        assert found == pytest.approx(1.0 if leaf.kind == EMPTY else leaf.claim, abs=1e-9)
        assert found <= (1.0 if leaf.kind == EMPTY else leaf.claim)


def test_a_multiplier_of_the_wrong_sign_proves_nothing(matrix):
    root = tree().bounds(matrix, 0)
    assert weak_bound(matrix, *root, np.array([-1.0, 0.0])) == -np.inf
    assert weak_bound(matrix, *root, np.array([0.0, 1.0])) == -np.inf
    assert weak_bound(matrix, *root, np.array([0.0, -1.0])) == pytest.approx(-3.0)
