"""Expressions tied to the rows of a table: evaluated at one solution after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dcplan.lp.labels import LabelError, match, some

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.lp.labels import Bools, Floats, Ints
    from dcplan.lp.terms import Expr


@dataclass(frozen=True, eq=False)
class Placed:
    """The terms of an expression, each at a row of a table.

    Attributes:
        row: (terms) rows of the table.
        col: (terms) columns of the program; -1 for a constant.
        coef: (terms) coefficients.
        size: number of rows of the table.
    """

    row: Ints
    col: Ints
    coef: Floats
    size: int

    def sums(self, values: Floats) -> Floats:
        """The sum of the terms of each row at a solution; 0 where a row has none."""
        terms = self.coef * np.append(values, 1.0)[self.col]  # column -1 is the appended 1
        return np.bincount(self.row, weights=terms, minlength=self.size).astype(np.float64, copy=False)

    @property
    def known(self) -> Bools:
        """Which rows have terms."""
        return np.bincount(self.row, minlength=self.size) > 0


def placed(table: pd.DataFrame, **named: Expr) -> dict[str, Placed]:
    """Tie every term of some expressions to the row of a table of labels that holds its labels.

    Args:
        table: labels: its columns are the dims of the expressions and its rows are unique.
        named: expressions of one program.

    Raises:
        LabelError: the dims are others, or a term has no row.
    """
    found: dict[str, Placed] = {}
    rows: tuple[tuple[str, ...], Ints] | None = None
    for name, expr in named.items():
        dims, codes = rows = rows or expr.labels.rows(table, name)
        if set(dims) != set(expr.dims):
            raise LabelError(f"{name}: dims ({', '.join(expr.dims)}) are not ({', '.join(dims)})")
        mine = expr.codes[[expr.dims.index(dim) for dim in dims]]
        _, row, count = match(expr.labels.keys(dims, mine), expr.labels.keys(dims, codes))
        if not count.all():
            lost = dict.fromkeys(expr.labels.names(dims, mine[:, count == 0]))
            raise LabelError(f"{name}: the table has no row for {', '.join(dims)} = {some(lost)}")
        found[name] = Placed(row, expr.col, expr.coef, codes.shape[1])
    return found
