r"""The record of a branch and bound: how it split the columns, and what each leaf proves.

Node 0 is the root. An inner node splits one whole-number column j at a whole number k: its low child holds
\(x_j \le k\), its high child \(x_j \ge k + 1\), so that together they hold every solution of their parent.
A leaf is a node that was not split: a vector of row multipliers proves its bound, or that it holds no
solution, by weak duality over the rows of the matrix and the bounds of the leaf, so that no solver need be
believed:

$$ L(y) = c_0 + \sum_i \min(y_i r^l_i, y_i r^u_i)
          + \sum_j \min_{l_j \le x_j \le u_j} (c_j - A_j^\top y)\, x_j $$

is at most the cost of every solution between the bounds l and u; where the same sum without costs (c = 0, no
offset) is above 0, there is no solution at all.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.lp.arrays import Arrays, Floats, Ints
    from dcplan.lp.matrix import Matrix

NONE = -1
BOUND, EMPTY = "bound", "empty"
ROUNDING = 1e-12
"""Relative to the sum of the absolute terms of a bound."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A node that was not split, and its proof.

    Attributes:
        node: its number.
        kind: ``bound``: `multipliers` prove that no solution in it costs less than ``claim``; ``empty``: they
            prove that there is no solution in it.
        claim: the bound claimed; infinite where it is empty.
        multipliers: (rows) y of the formula, at least 0 on a row bounded below alone, at most 0 on a row
            bounded above alone; for an empty leaf a ray.
    """

    node: int
    kind: str
    claim: float
    multipliers: Floats = field(repr=False)


@dataclass(frozen=True, eq=False)
class SearchTree:
    """A tree of bounds on whole-number columns with a proof at every leaf.

    Attributes:
        column: (nodes) the column that a node splits; -1 at a leaf.
        split: (nodes) k: the low child has column <= k, the high child column >= k + 1; 0 at a leaf.
        low: (nodes) number of the low child; -1 at a leaf.
        high: (nodes) number of the high child; -1 at a leaf.
        leaves: the leaves, in order of their nodes.
        bound: the smallest claim of the leaves: what the tree proves of every solution.
    """

    column: Ints
    split: Ints
    low: Ints
    high: Ints
    leaves: tuple[Leaf, ...]
    bound: float

    @property
    def nodes(self) -> int:
        """Number of nodes, leaves included."""
        return int(self.column.size)

    def parents(self) -> Ints:
        """(nodes) the parent of each node; -1 for the root."""
        parent = np.full(self.nodes, NONE, dtype=np.int64)
        inner = np.flatnonzero(self.column != NONE)
        parent[self.low[inner]] = inner
        parent[self.high[inner]] = inner
        return parent

    def bounds(self, matrix: Matrix, node: int) -> tuple[Floats, Floats]:
        """(columns) lower and upper bounds of a node: those of the matrix, and the splits on its path."""
        parent = self.parents()
        lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
        while (above := int(parent[node])) != NONE:
            column, split = int(self.column[above]), float(self.split[above])
            if node == self.low[above]:
                upper[column] = min(upper[column], split)
            else:
                lower[column] = max(lower[column], split + 1.0)
            node = above
        return lower, upper


def write_tree(tree: SearchTree, path: Path) -> None:
    """Write a tree to an .npz file."""
    np.savez(
        path,
        allow_pickle=False,
        **{name: getattr(tree, name) for name in ("column", "split", "low", "high", "bound")},
        leaf_node=np.array([leaf.node for leaf in tree.leaves], dtype=np.int64),
        leaf_empty=np.array([leaf.kind == EMPTY for leaf in tree.leaves], dtype=np.bool_),
        leaf_claim=np.array([leaf.claim for leaf in tree.leaves], dtype=np.float64),
        multipliers=np.array([leaf.multipliers for leaf in tree.leaves], dtype=np.float64),
    )


def read_tree(path: Path) -> SearchTree:
    """Read a tree that `write_tree` wrote."""
    with np.load(path, allow_pickle=False) as file:
        leaves = tuple(
            Leaf(int(node), EMPTY if empty else BOUND, float(claim), multipliers)
            for node, empty, claim, multipliers in zip(
                file["leaf_node"], file["leaf_empty"], file["leaf_claim"], file["multipliers"], strict=True
            )
        )
        column, split, low, high = (file[name] for name in ("column", "split", "low", "high"))
        return SearchTree(column, split, low, high, leaves, float(file["bound"]))


def weak_bound(
    matrix: Arrays, lower: Floats, upper: Floats, multipliers: Floats, *, costs: bool = True
) -> float:
    """L(y) of the module's formula in floating point, less what rounding may have added.

    Args:
        matrix: the program.
        lower: (columns) lower bounds of the node.
        upper: (columns) upper bounds of the node.
        multipliers: (rows) y.
        costs: false leaves the costs and the offset out, as for a ray.

    Returns:
        The bound; -inf where a bound of a row or a column that it needs is missing.
    """
    reduced = matrix.reduced_costs(multipliers, costs=costs)
    terms = np.concatenate(
        [
            [matrix.offset if costs else 0.0],
            _least(multipliers, matrix.row_lower, matrix.row_upper),
            _least(reduced, lower, upper),
        ]
    )
    if not np.isfinite(terms).all():
        return -np.inf
    return float(terms.sum() - ROUNDING * np.abs(terms).sum())


def _least(slope: npt.NDArray[Any], lower: Floats, upper: Floats) -> Floats:
    """The least of slope x value over values between the bounds, one by one."""
    at = np.where(slope > 0.0, lower, np.where(slope < 0.0, upper, 0.0))
    return np.asarray(slope * at)
