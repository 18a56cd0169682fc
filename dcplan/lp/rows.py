"""From a relation to rows: every term finds its row, every row its terms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from dcplan.lp.labels import (
    Bools,
    Floats,
    InfeasibleRowError,
    Ints,
    LabelError,
    Labels,
    ProgramError,
    match,
    some,
)
from dcplan.lp.terms import CONSTANT, Expr, Relation, Sense

_ROUNDING = 1e-9


@dataclass(frozen=True, eq=False)
class Over:
    """What rows are stated over: one row per column of ``codes`` (dims, rows)."""

    name: str
    labels: Labels
    dims: tuple[str, ...]
    codes: Ints

    @property
    def size(self) -> int:
        """Number of rows asked for."""
        return int(self.codes.shape[1])

    def places(self, chosen: Bools) -> str:
        """Some of the chosen rows by their labels, for a message."""
        if not self.dims:
            return "its only row"
        return f"{', '.join(self.dims)} = {some(self.labels.names(self.dims, self.codes[:, chosen]))}"


class Terms(NamedTuple):
    """Rows as sparse terms: repeated ones added up, no zeros, by row and then by column.

    ``live`` (rows asked for) says which rows remain; ``row`` counts the remaining ones only.
    """

    live: Bools
    row: Ints
    col: Ints
    coef: Floats
    lower: Floats
    upper: Floats


def state(relation: Relation, over: Over, columns: int) -> Terms:
    """The rows of a relation; rows whose variables all cancel are dropped if their constants keep them.

    Raises:
        LabelError: a term has no row, or a row has no variable or no right side.
        InfeasibleRowError: a row without variables is broken by its constants.
        ProgramError: a coefficient or constant is not finite.
    """
    expr, number = relation.difference()
    place = _row_of(expr, over)
    if not expr.zero_ok:
        _refuse_gaps(relation, place[expr.col != CONSTANT], over)
    constant = expr.col == CONSTANT
    given = np.bincount(place[constant], weights=expr.coef[constant], minlength=over.size)
    rhs: Floats = number - given.astype(np.float64)
    row, col, coef = _merged(place[~constant], expr.col[~constant], expr.coef[~constant], columns)
    if not (np.isfinite(coef).all() and np.isfinite(rhs).all()):
        raise ProgramError(f"{over.name}: a coefficient or a constant is not finite")
    live = np.bincount(row, minlength=over.size) > 0
    scale: Floats = np.full(over.size, max(1.0, abs(number)))
    np.maximum.at(scale, place[constant], np.abs(expr.coef[constant]))
    broken = ~live & _broken(relation.sense, rhs, _ROUNDING * scale)
    if broken.any():
        raise InfeasibleRowError(f"{over.name}: no variable can keep this promise at {over.places(broken)}")
    free = np.full(over.size, np.inf)
    lower = -free if relation.sense == "<=" else rhs
    upper = free if relation.sense == ">=" else rhs
    return Terms(live, (np.cumsum(live) - 1)[row], col, coef, lower[live], upper[live])


def _broken(sense: Sense, rhs: Floats, slack: Floats) -> Bools:
    """Whether ``0 sense rhs`` fails by more than rounding."""
    above, below = rhs > slack, rhs < -slack
    return {"<=": below, ">=": above, "==": above | below}[sense]


def _row_of(expr: Expr, over: Over) -> Ints:
    """(terms) the row that each term belongs to."""
    dims = over.dims
    if set(expr.dims) != set(dims):
        theirs = f"the relation is over ({', '.join(expr.dims)}), the rows over ({', '.join(dims)})"
        raise LabelError(f"{over.name}: {theirs}")
    mine = expr.codes[[expr.dims.index(dim) for dim in dims]]
    labels = over.labels
    left, row, count = match(labels.keys(dims, mine), labels.keys(dims, over.codes))
    if left.size < expr.size:
        lost = dict.fromkeys(labels.names(dims, mine[:, count == 0]))
        raise LabelError(f"{over.name}: no row for the terms at {', '.join(dims)} = {some(lost)}")
    return row


def _refuse_gaps(relation: Relation, variable_rows: Ints, over: Over) -> None:
    """Every row has a variable, and its constant where the right side is a table."""
    empty = np.bincount(variable_rows, minlength=over.size) == 0
    if empty.any():
        raise LabelError(f"{over.name}: no variable at {over.places(empty)}; say .or_zero() if that is meant")
    table = relation.table
    if table is not None:
        empty = np.bincount(_row_of(table, over), minlength=over.size) == 0
        if empty.any():
            raise LabelError(f"{over.name}: the right side says nothing at {over.places(empty)}")


def _merged(row: Ints, col: Ints, coef: Floats, columns: int) -> tuple[Ints, Ints, Floats]:
    if not row.size:
        return row, col, coef
    keys = row * columns + col
    order = np.argsort(keys, kind="stable")
    keys = keys[order]
    first = np.flatnonzero(np.concatenate([[True], keys[1:] != keys[:-1]]))
    totals = np.add.reduceat(coef[order], first)
    live = totals != 0.0
    keys = keys[first][live]
    return keys // columns, keys % columns, totals[live]
