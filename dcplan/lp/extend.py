"""More rows for a program that stands as arrays."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.lp.labels import ProgramError
from dcplan.lp.matrix import Block, Blocks, Matrix, Rows

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints


def extended(matrix: Matrix, name: str, rows: Rows, lower: Floats, upper: Floats) -> Matrix:
    """Return the matrix with more rows at its end, as a block without labels of its own.

    Args:
        matrix: the program.
        name: of the new block.
        rows: the new rows over the columns of the program.
        lower: (new rows) lower bounds.
        upper: (new rows) upper bounds.

    Raises:
        ProgramError: the program has rows of that name.
    """
    if name in matrix.blocks.rows:
        raise ProgramError(f"{matrix.name}: rows {name} exist already")
    count = len(rows.indptr) - 1
    places = matrix.rows + np.repeat(np.arange(count, dtype=np.int64), np.diff(rows.indptr))
    column = np.concatenate([matrix.column_of, rows.indices])
    row = np.concatenate([matrix.indices, places])
    data = np.concatenate([matrix.data, rows.data])
    order = np.lexsort((row, column))
    counts = np.bincount(column, minlength=matrix.columns)
    codes = np.empty((0, count), dtype=np.int64)
    block = Block(name, (), matrix.rows, matrix.rows + count, codes=codes)
    return replace(
        matrix,
        row_lower=np.concatenate([matrix.row_lower, lower]),
        row_upper=np.concatenate([matrix.row_upper, upper]),
        indptr=np.concatenate([[0], np.cumsum(counts)]),
        indices=row[order],
        data=data[order],
        blocks=Blocks(matrix.blocks.variables, {**matrix.blocks.rows, name: block}),
    )


def picked(matrix: Matrix, rows: Ints) -> tuple[Rows, Floats, Floats]:
    """Return some rows of a matrix with their lower and upper bounds."""
    whole = matrix.csr()
    counts = np.diff(whole.indptr)[rows]
    starts = np.repeat(whole.indptr[rows], counts)
    inside = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    places = starts + inside
    indptr = np.concatenate([[0], np.cumsum(counts)])
    found = Rows(indptr, whole.indices[places], whole.data[places])
    return found, matrix.row_lower[rows], matrix.row_upper[rows]
