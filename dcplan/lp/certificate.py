"""A proof that no solution costs less than a bound, and its check in exact arithmetic, without a solver.

A certificate is a tree of boxes and a vector of row multipliers for each leaf. A node that is split has two
children, one with a whole-number column at most k and one with it at least k + 1, so that every solution of
the node is in one of them; the root holds every solution. So the smallest bound of the leaves is a bound of
the program. The multipliers of a leaf prove its bound, or that it holds no solution, by weak duality
(`dcplan.lp.exact`): whoever found them need not be believed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import NamedTuple

import numpy as np

from dcplan.lp.exact import Box, ExactProgram, Whole
from dcplan.lp.matrix import Matrix

NONE = -1
BOUND, EMPTY = "bound", "empty"
_ARRAYS = (
    "cost", "col_lower", "col_upper", "integrality", "row_lower", "row_upper", "indptr", "indices", "data",
)  # fmt: skip


class Node(NamedTuple):
    """A box of the tree: the box of its parent, cut at one bound of one column.

    Attributes:
        parent: number of the parent; -1 for the root, whose cut is none.
        column: the column of the cut; -1 for the root.
        at_most: whether the column is at most `value` here, else at least.
        value: a whole number.
    """

    parent: int
    column: int
    at_most: bool
    value: int


class Leaf(NamedTuple):
    """The proof of a node that is not split.

    Attributes:
        node: number of the node.
        kind: ``bound``: no solution in it costs less than `proves`; ``empty``: it holds no solution.
        proves: the exact value of the sum of weak duality, for ``empty`` that without costs, above 0.
        multipliers: (rows) multiples of the certificate's power of two.
    """

    node: int
    kind: str
    proves: Fraction
    multipliers: Whole


@dataclass(frozen=True, eq=False)
class Certificate:
    """A proof of a bound of one program.

    Attributes:
        program: `fingerprint` of its matrix.
        power: the multipliers are whole multiples of 2 ** power.
        nodes: the tree; node 0 is the root and parents stand before their children.
        leaves: one for each node that is not split.
        bound: the bound proven; None if every leaf is empty, so that there is no solution at all.
    """

    program: str
    power: int
    nodes: Sequence[Node]
    leaves: Sequence[Leaf]
    bound: Fraction | None


@dataclass(frozen=True)
class Checked:
    """What a certificate proves.

    Attributes:
        leaves: leaves whose proof was recomputed.
        empty: those among them that hold no solution.
        bound: the bound that the certificate proves; None if it proves none.
        faults: what is wrong with it, one a line; none where it is right.
    """

    leaves: int
    empty: int
    bound: Fraction | None
    faults: tuple[str, ...]

    @property
    def passed(self) -> bool:
        """Whether it proves what it states."""
        return not self.faults


def fingerprint(matrix: Matrix) -> str:
    """SHA-256 of every number of a matrix and the names of its blocks."""
    digest = hashlib.sha256()
    for name in _ARRAYS:
        array = np.ascontiguousarray(getattr(matrix, name))
        kind = "<f8" if array.dtype.kind == "f" else "<i8"
        digest.update(f"{name} {array.size}\n".encode())
        digest.update(array.astype(kind).tobytes())
    digest.update(np.array([matrix.offset], dtype="<f8").tobytes())
    for kind_of, blocks in zip(("columns", "rows"), matrix.blocks, strict=True):
        for block in blocks.values():
            digest.update(f"{kind_of} {block.name} {block.start} {block.stop}\n".encode())
    return digest.hexdigest()


def check(matrix: Matrix, certificate: Certificate) -> Checked:
    """Prove a certificate again: the program, the cover, every leaf, the bound.

    Args:
        matrix: the program, made again from its inputs.
        certificate: what is stated of it.
    """
    if certificate.program != fingerprint(matrix):
        fault = "the certificate is of another program than the inputs of this plan make"
        return Checked(0, 0, None, (fault,))
    faults = list(_uncovered(matrix, certificate))
    if faults:
        return Checked(0, 0, None, tuple(faults))
    program = ExactProgram(matrix)
    bounds: list[Fraction] = []
    for leaf, box in zip(certificate.leaves, boxes(program, certificate), strict=True):
        found = _proven(program, leaf, box, certificate.power)
        if isinstance(found, str):
            faults.append(f"leaf {leaf.node}: {found}")
        elif found is not None:
            bounds.append(found)
    bound = None if faults else min(bounds, default=None)
    if not faults and bound != certificate.bound:
        faults.append(f"the leaves prove {_shown(bound)}, the certificate states {_shown(certificate.bound)}")
    count = len(certificate.leaves)
    return Checked(count, sum(leaf.kind == EMPTY for leaf in certificate.leaves), bound, tuple(faults))


def boxes(program: ExactProgram, certificate: Certificate) -> Iterator[Box]:
    """The box of each leaf, in their order."""
    for leaf in certificate.leaves:
        yield box_of(program, certificate.nodes, leaf.node)


def box_of(program: ExactProgram, nodes: Sequence[Node], number: int) -> Box:
    """The bounds of all columns in a node."""
    box = program.box
    while nodes[number].parent != NONE:
        node = nodes[number]
        cut = {"upper" if node.at_most else "lower": node.value}
        box, number = box.within(node.column, **cut), node.parent
    return box


def _proven(program: ExactProgram, leaf: Leaf, box: Box, power: int) -> Fraction | str | None:
    """The bound of a leaf, None if it holds no solution, or what is wrong with its proof."""
    if leaf.kind not in (BOUND, EMPTY):
        return f"a proof of an unknown kind, {leaf.kind!r}"
    if leaf.multipliers.shape != (program.matrix.rows,):
        return f"{leaf.multipliers.size:,} multipliers for {program.matrix.rows:,} rows"
    found = program.bound(leaf.multipliers, power, box, costs=leaf.kind == BOUND)
    if found is None:
        return "its multipliers need a bound that the program has not: they prove nothing"
    if found != leaf.proves:
        return f"its multipliers prove {_shown(found)}, not {_shown(leaf.proves)} as stated"
    if leaf.kind == EMPTY and found <= 0:
        return f"it may hold solutions: its ray proves {_shown(found)}, which is not above 0"
    return found if leaf.kind == BOUND else None


def _uncovered(matrix: Matrix, certificate: Certificate) -> Iterator[str]:
    """What part of the solutions the leaves leave out, or what is wrong with the tree."""
    nodes, leaves = certificate.nodes, certificate.leaves
    if not nodes or nodes[0].parent != NONE:
        yield "the tree has no root"
        return
    children: list[list[int]] = [[] for _ in nodes]
    for number, node in enumerate(nodes[1:], start=1):
        if not 0 <= node.parent < number:
            yield f"node {number}: its parent {node.parent} does not stand before it"
            return
        if not 0 <= node.column < matrix.columns or not matrix.integrality[node.column]:
            yield f"node {number}: column {node.column} is not one of whole numbers"
            return
        children[node.parent].append(number)
    proven = [leaf.node for leaf in leaves]
    for number, below in enumerate(children):
        if below:
            yield from _split(matrix, nodes, number, below)
        elif number not in proven:
            yield f"node {number}: neither split nor proven"
    if len(set(proven)) != len(proven):
        yield "a leaf is proven twice"
    yield from (f"leaf {each}: there is no such node" for each in proven if not 0 <= each < len(nodes))


def _split(matrix: Matrix, nodes: Sequence[Node], number: int, below: Sequence[int]) -> Iterator[str]:
    """What the children of a node leave out of it."""
    column, at_most, value = nodes[below[0]][1:]
    other = Node(number, column, not at_most, value + 1 if at_most else value - 1)
    if len(below) == 1:
        yield f"node {number}: its part {_cut(matrix, other)} is missing"
    elif len(below) > 2 or nodes[below[1]] != other:
        listed = ", ".join(_cut(matrix, nodes[each]) for each in below)
        yield f"node {number}: its parts ({listed}) are not the two sides of one split"


def _cut(matrix: Matrix, node: Node) -> str:
    return f"{matrix.col_name(node.column)} {'<=' if node.at_most else '>='} {node.value}"


def _shown(value: Fraction | None) -> str:
    return "nothing" if value is None else f"{float(value):.12g}"
