"""A certificate by hand: min 3 a + 2 b, 2 a + 2 b >= 3, a + b <= 3, a and b whole from 0 to 2; optimum 4."""

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest

from dcplan.lp.certificate import BOUND, EMPTY, NONE, Certificate, Leaf, Node, check, fingerprint
from dcplan.lp.program import Program

ROOT = Node(NONE, NONE, at_most=False, value=0)
A, B = 0, 1


def program(price=3.0, *, whole=True):
    p = Program("by hand")
    a, b = (p.variable(name, upper=2.0, integer=whole) for name in "ab")
    p.limit("enough", a * 2.0 + b * 2.0 >= 3.0)
    p.limit("together", a + b <= 3.0)
    p.minimize(cost=a * price + b * 2.0)
    return p.matrix()


@pytest.fixture(scope="module")
def matrix():
    return program()


def multipliers(*numbers):
    return np.array(numbers, dtype=object)


def by_hand(matrix) -> Certificate:
    """The root splits b at 1, its low child splits a at 0; multiples of 1/2.

    b >= 2 costs at least 4, without multipliers; a <= 0 and b <= 1 leave 2 a + 2 b at most 2, 1 short;
    a >= 1 and b <= 1 cost 3 + (3 - 2) 1 + (2 - 2) b = 4 at the price of 1 for "enough".
    """
    nodes = (ROOT, Node(0, B, True, 1), Node(0, B, False, 2), Node(1, A, True, 0), Node(1, A, False, 1))
    leaves = (
        Leaf(2, BOUND, Fraction(4), multipliers(0, 0)),
        Leaf(3, EMPTY, Fraction(1), multipliers(2, 0)),
        Leaf(4, BOUND, Fraction(4), multipliers(2, 0)),
    )
    return Certificate(fingerprint(matrix), -1, nodes, leaves, Fraction(4))


def faults(matrix, certificate):
    found = check(matrix, certificate)
    assert found.bound is None or found.faults
    return "\n".join(found.faults)


def test_the_certificate_proves_the_optimum(matrix):
    found = check(matrix, by_hand(matrix))
    assert (found.leaves, found.empty, found.bound, found.faults) == (3, 1, 4, ())


def test_a_tampered_multiplier_is_refused(matrix):
    """1/2 instead of 1 for "enough" proves 3/2 + 2 a + b >= 3.5 of a >= 1."""
    sound = by_hand(matrix)
    bad = replace(sound, leaves=(*sound.leaves[:2], sound.leaves[2]._replace(multipliers=multipliers(1, 0))))
    assert faults(matrix, bad) == "leaf 4: its multipliers prove 3.5, not 4 as stated"


def test_a_claim_of_a_leaf_without_its_proof_is_refused(matrix):
    sound = by_hand(matrix)
    bad = replace(sound, leaves=(sound.leaves[0]._replace(proves=Fraction(5)), *sound.leaves[1:]))
    assert "leaf 2: its multipliers prove 4, not 5 as stated" in faults(matrix, bad)


def test_a_wrong_claim_is_refused(matrix):
    bad = replace(by_hand(matrix), bound=Fraction(4) + Fraction(1, 2**90))
    assert faults(matrix, bad) == "the leaves prove 4, the certificate states 4"
    assert "states nothing" in faults(matrix, replace(by_hand(matrix), bound=None))


def test_a_missing_leaf_is_refused(matrix):
    """Without its proof; without its node; without either, the node renumbered."""
    sound = by_hand(matrix)
    assert faults(matrix, replace(sound, leaves=sound.leaves[:2])) == "node 4: neither split nor proven"
    shorter = replace(sound, nodes=sound.nodes[:4], leaves=sound.leaves[:2])
    assert faults(matrix, shorter) == "node 1: its part a >= 1 is missing"
    alone = replace(sound, nodes=(ROOT,), leaves=())
    assert faults(matrix, alone) == "node 0: neither split nor proven"


def test_two_parts_that_leave_a_gap_between_them_are_refused(matrix):
    sound = by_hand(matrix)
    gap = (*sound.nodes[:4], Node(1, A, False, 2))
    assert "(a <= 0, a >= 2) are not the two sides of one split" in faults(matrix, replace(sound, nodes=gap))
    mixed = (*sound.nodes[:4], Node(1, B, False, 1))
    assert "(a <= 0, b >= 1) are not the two sides of one split" in faults(
        matrix, replace(sound, nodes=mixed)
    )
    twice = (*sound.nodes[:4], Node(1, A, True, 0))
    assert "not the two sides" in faults(matrix, replace(sound, nodes=twice))


def test_a_split_of_a_column_that_need_not_be_whole_is_refused():
    matrix = program(whole=False)
    assert "column 1 is not one of whole numbers" in faults(matrix, by_hand(matrix))


def test_a_ray_that_leaves_room_is_refused(matrix):
    """The part a <= 0, b >= 2 holds b = 2: no ray empties it, and a claim of one is no proof."""
    nodes = (ROOT, Node(0, A, True, 0), Node(0, A, False, 1))
    leaves = (Leaf(1, EMPTY, Fraction(-1), multipliers(2, 0)), Leaf(2, BOUND, Fraction(4), multipliers(2, 0)))
    bad = Certificate(fingerprint(matrix), -1, nodes, leaves, Fraction(4))
    assert "leaf 1: it may hold solutions: its ray proves -1" in faults(matrix, bad)


def test_another_program_is_refused(matrix):
    assert "another program" in faults(program(price=3.0000000000000004), by_hand(matrix))


@pytest.mark.parametrize(
    "parent, expected", [(3, "does not stand before it"), (-1, "does not stand before it"), (9, "before it")]
)
def test_a_tree_that_is_none_is_refused(matrix, parent, expected):
    sound = by_hand(matrix)
    nodes = (*sound.nodes[:3], Node(parent, A, True, 0), sound.nodes[4])
    assert expected in faults(matrix, replace(sound, nodes=nodes))
    assert faults(matrix, replace(sound, nodes=())) == "the tree has no root"


def test_leaves_of_no_node_and_unknown_proofs_are_refused(matrix):
    sound = by_hand(matrix)
    assert "there is no such node" in faults(
        matrix, replace(sound, leaves=(*sound.leaves, Leaf(7, BOUND, Fraction(4), multipliers(0, 0))))
    )
    assert "proven twice" in faults(matrix, replace(sound, leaves=(*sound.leaves, sound.leaves[0])))
    trusted = replace(sound, leaves=(*sound.leaves[:2], sound.leaves[2]._replace(kind="trusted")))
    assert "leaf 4: a proof of an unknown kind, 'trusted'" in faults(matrix, trusted)
    short = replace(sound, leaves=(*sound.leaves[:2], sound.leaves[2]._replace(multipliers=multipliers(2))))
    assert "leaf 4: 1 multipliers for 2 rows" in faults(matrix, short)
    wrong = replace(
        sound, leaves=(*sound.leaves[:2], sound.leaves[2]._replace(multipliers=multipliers(-2, 0)))
    )
    assert "prove nothing" in faults(matrix, wrong)


def test_a_program_without_solutions_has_a_certificate_without_a_bound():
    p = Program("none")
    a = p.variable("a", upper=2.0, integer=True)
    p.limit("even", a * 2.0 == 3.0)
    p.minimize(cost=a)
    matrix = p.matrix()
    nodes = (ROOT, Node(0, 0, True, 1), Node(0, 0, False, 2))
    leaves = (Leaf(1, EMPTY, Fraction(1), multipliers(1)), Leaf(2, EMPTY, Fraction(1), multipliers(-1)))
    found = check(matrix, Certificate(fingerprint(matrix), 0, nodes, leaves, None))
    assert (found.passed, found.empty, found.bound) == (True, 2, None)
