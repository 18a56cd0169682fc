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
