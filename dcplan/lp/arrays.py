r"""A minimisation problem as arrays alone: what a search in a process of its own needs, without labels.

$$ \min\, c^\top x + c_0 \quad \text{s.t.} \quad r^l \le A x \le r^u,\ l \le x \le u,
   \ x_j \in \mathbb{Z}\ (j \in I) $$

It imports numpy alone, so that the process starts in no time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import numpy.typing as npt

    Floats = npt.NDArray[np.float64]
    Ints = npt.NDArray[np.int64]
    Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Arrays:
    """The numbers of a program; the matrix is stored by columns (CSC).

    Attributes:
        cost: (columns) objective coefficients.
        offset: constant part of the objective.
        col_lower: (columns) lower bounds.
        col_upper: (columns) upper bounds.
        integrality: (columns) true for whole numbers.
        row_lower: (rows) lower bounds.
        row_upper: (rows) upper bounds.
        indptr: (columns + 1) start of each column in ``indices`` and ``data``.
        indices: (nonzeros) rows.
        data: (nonzeros) coefficients; finite and not 0.
    """

    cost: Floats
    offset: float
    col_lower: Floats
    col_upper: Floats
    integrality: Bools
    row_lower: Floats
    row_upper: Floats
    indptr: Ints
    indices: Ints
    data: Floats

    @property
    def columns(self) -> int:
        """Number of columns."""
        return int(self.cost.size)

    @property
    def rows(self) -> int:
        """Number of rows."""
        return int(self.row_lower.size)

    @cached_property
    def column_of(self) -> Ints:
        """(nonzeros) the column of each coefficient."""
        return np.repeat(np.arange(self.columns), np.diff(self.indptr))

    def activity(self, values: Floats) -> Floats:
        """(rows) the rows at a solution."""
        terms = self.data * values[self.column_of]
        return np.bincount(self.indices, weights=terms, minlength=self.rows).astype(np.float64)

    def reduced_costs(self, multipliers: Floats, *, costs: bool = True) -> Floats:
        """(columns) what each column costs less what the rows pay for it; without costs as for a ray."""
        terms = self.data * multipliers[self.indices]
        paid = np.bincount(self.column_of, weights=terms, minlength=self.columns)
        return np.asarray((self.cost if costs else 0.0) - paid)

    def residuals(self, values: Floats) -> Floats:
        """(rows) how far each row is broken, in its own unit; 0 where it holds."""
        activity = self.activity(values)
        return np.maximum(np.maximum(self.row_lower - activity, activity - self.row_upper), 0.0)

    def faults(self, values: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """How far values are from a solution.

        Returns:
            (columns) below and above their bounds, relative to max(1, the value), and from a whole number
            where they must be one; (rows) how far each is broken, relative to its largest term, its bounds
            or 1.
        """
        terms = np.abs(self.data * values[self.column_of])
        largest = np.ones(self.rows)
        np.maximum.at(largest, self.indices, terms)
        for bound in (self.row_lower, self.row_upper):
            largest = np.maximum(largest, np.where(np.isfinite(bound), np.abs(bound), 0.0))
        below = (self.col_lower - values) / np.maximum(1.0, np.abs(values))
        above = (values - self.col_upper) / np.maximum(1.0, np.abs(values))
        fraction = np.where(self.integrality, np.abs(values - np.round(values)), 0.0)
        return below, above, fraction, self.residuals(values) / largest
