"""A column that a question adds to a program: by how much some rows give way."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.lp.matrix import Block, Blocks

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix

    Places = npt.NDArray[np.int64]


def with_give(matrix: Matrix, rows: Places, weights: Floats) -> Matrix:
    r"""Return the program that minimises how far some rows give way, all by the same amount.

    $$ \min g \ge 0 \quad \text{s.t.} \quad r^l - w g \le A x \le r^u + w g \ \text{(those rows)} $$

    A row with one side gives way on it; a row with equal sides (demand) gives way below and is free above.

    Args:
        matrix: the program.
        rows: positions of the rows.
        weights: (rows) how much of each row one unit given is.
    """
    below = np.isfinite(matrix.row_lower[rows])
    row_upper = matrix.row_upper.copy()
    row_upper[rows[below]] = np.inf
    coefs = np.where(below, weights, -weights)
    order = np.argsort(rows, kind="stable")
    count = matrix.columns
    variables = dict(matrix.blocks.variables) | {"given": Block("given", (), count, count + 1)}
    return replace(
        matrix,
        cost=np.append(np.zeros(count), 1.0),
        offset=0.0,
        col_lower=np.append(matrix.col_lower, 0.0),
        col_upper=np.append(matrix.col_upper, np.inf),
        integrality=np.append(matrix.integrality, False),
        row_upper=row_upper,
        indptr=np.append(matrix.indptr, matrix.indptr[-1] + rows.size),
        indices=np.concatenate([matrix.indices, rows[order]]),
        data=np.concatenate([matrix.data, coefs[order]]),
        blocks=Blocks(variables, matrix.blocks.rows),
    )
