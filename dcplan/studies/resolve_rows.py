"""Rows and objectives that a question adds to a program: caps, a bound on cost, another objective."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.lp.extend import extended
from dcplan.lp.matrix import Rows
from dcplan.lp.terms import CONSTANT

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.terms import Expr

    Columns = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Row:
    """A sum of columns that must stay within bounds.

    Attributes:
        name: what it is about.
        columns: (terms) positions of its columns, each once.
        coefs: (terms) their coefficients.
        lower: the least.
        upper: the most.
    """

    name: str
    columns: Columns
    coefs: Floats
    lower: float = -np.inf
    upper: float = np.inf


def dense(expr: Expr, columns: int) -> tuple[Floats, float]:
    """Return the coefficient of every column in an expression summed over its labels, and its constant."""
    constant = expr.col == CONSTANT
    coefs = np.bincount(expr.col[~constant], weights=expr.coef[~constant], minlength=columns)
    return coefs.astype(np.float64), float(expr.coef[constant].sum())


def row_of(name: str, expr: Expr, columns: int, lower: float = -np.inf, upper: float = np.inf) -> Row:
    """Return the row that keeps an expression, summed over its labels, within bounds."""
    coefs, constant = dense(expr, columns)
    places = np.flatnonzero(coefs)
    return Row(name, places, coefs[places], lower - constant, upper - constant)


def cost_row(matrix: Matrix, upper: float) -> Row:
    """Return the row that keeps the cost of a program at most at a value."""
    places = np.flatnonzero(matrix.cost)
    return Row("cost", places, matrix.cost[places], upper=upper - matrix.offset)


def minimising(matrix: Matrix, expr: Expr, sign: float = 1.0) -> Matrix:
    """Return the program with an expression (times a sign) as its only cost."""
    coefs, constant = dense(expr, matrix.columns)
    return replace(matrix, cost=sign * coefs, offset=sign * constant)


def with_rows(matrix: Matrix, rows: Sequence[Row]) -> Matrix:
    """Return the program with more rows, below its own."""
    for row in rows:
        one = Rows(np.array([0, row.columns.size]), row.columns, row.coefs)
        name = f"asked_{row.name}"
        matrix = extended(matrix, name, one, np.array([row.lower]), np.array([row.upper]))
    return matrix
