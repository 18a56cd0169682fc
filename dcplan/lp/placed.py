"""Expressions tied to the rows of a table: evaluated at one solution after the other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.lp.labels import Bools, Floats, Ints


@dataclass(frozen=True, eq=False)
class Placed:
    """The terms of an expression, each at a row of a table (`Expr.on`).

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
