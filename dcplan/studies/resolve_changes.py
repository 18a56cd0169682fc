"""Changes of a program that a question asks about: tighter bounds, more rows, rows that no longer hold."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.lp.extend import extended, picked
from dcplan.lp.labels import LabelError, some
from dcplan.studies.resolve_rows import Row, with_rows

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dcplan.lp.labels import Bools, Floats
    from dcplan.lp.matrix import Block, Matrix

    Columns = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Bound:
    """A variable that must also stay within bounds, at the labels named.

    Attributes:
        variable: name of the variable.
        where: (dimension, labels) pairs; a column is meant when each of its labels is listed.
        lower: the new lower bound; a higher one that the program has stays.
        upper: the new upper bound; a lower one that the program has stays.
    """

    variable: str
    where: tuple[tuple[str, tuple[str, ...]], ...]
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True)
class Without:
    """Rows that hold no longer.

    Attributes:
        rows: name of a block of rows.
    """

    rows: str


@dataclass(frozen=True, eq=False)
class Also:
    """Rows that must hold as well: those of another program with the same columns.

    Attributes:
        matrix: the other program.
        rows: positions of the rows there.
    """

    matrix: Matrix
    rows: Columns


@dataclass(frozen=True)
class Shift:
    """Rows whose sides move.

    Attributes:
        rows: name of a block of rows.
        where: (dimension, labels) pairs; a row is meant when each of its labels is listed.
        by: what is added to both sides, in the unit of the rows.
    """

    rows: str
    where: tuple[tuple[str, tuple[str, ...]], ...]
    by: float


Change = Bound | Without | Also | Shift | Row


@dataclass(frozen=True)
class Question:
    """A change of the program whose price is asked.

    Attributes:
        name: what is asked, in a planner's words.
        changes: what is changed, all at once.
    """

    name: str
    changes: tuple[Change, ...]

    @property
    def restriction(self) -> bool:
        """Whether every plan after the change is one before it, so that the optimum cannot fall."""
        return all(isinstance(change, Bound | Also | Row) for change in self.changes)

    @property
    def relaxation(self) -> bool:
        """Whether every plan before the change is one after it, so that the optimum cannot rise."""
        return all(isinstance(change, Without) for change in self.changes)


@dataclass(frozen=True, eq=False)
class Patch:
    """A question as arrays: what it changes in a matrix.

    Attributes:
        columns: (changed columns) their positions.
        lower: (changed columns) lower bounds after the change.
        upper: (changed columns) upper bounds after the change.
        rows: (changed rows) positions of rows that hold no longer or otherwise.
        row_lower: (changed rows) lower sides after the change.
        row_upper: (changed rows) upper sides after the change.
        extra: rows that are added.
        more: rows of another program that must hold as well.
        objective: what is minimised instead: coefficient of every column, and a constant.
    """

    columns: Columns
    lower: Floats
    upper: Floats
    rows: Columns
    row_lower: Floats
    row_upper: Floats
    extra: tuple[Row, ...] = ()
    more: tuple[Also, ...] = ()
    objective: tuple[Floats, float] | None = None

    @property
    def crossed(self) -> bool:
        """Whether a lower bound lies above its upper bound: there is no plan."""
        return bool((self.lower > self.upper).any())

    def applied(self, matrix: Matrix) -> Matrix:
        """Return the matrix with the changes."""
        lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
        lower[self.columns], upper[self.columns] = self.lower, self.upper
        row_lower, row_upper = matrix.row_lower.copy(), matrix.row_upper.copy()
        row_lower[self.rows], row_upper[self.rows] = self.row_lower, self.row_upper
        found = replace(matrix, col_lower=lower, col_upper=upper, row_lower=row_lower, row_upper=row_upper)
        if self.objective is not None:
            found = replace(found, cost=self.objective[0], offset=self.objective[1])
        found = with_rows(found, self.extra)
        for place, also in enumerate(self.more):
            rows, least, most = picked(also.matrix, also.rows)
            found = extended(found, f"also_{place}", rows, least, most)
        return found

    def kept_by(self, matrix: Matrix, values: Floats) -> bool:
        """Whether a solution of the program keeps what is changed."""
        return not self.applied(matrix).check(values)


def compiled(matrix: Matrix, question: Question) -> Patch:
    """Return a question as arrays.

    Raises:
        LabelError: a change names no column or no row: it would ask for nothing.
    """
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    row_lower, row_upper = matrix.row_lower.copy(), matrix.row_upper.copy()
    touched = np.zeros(matrix.columns, dtype=np.bool_)
    moved = np.zeros(matrix.rows, dtype=np.bool_)
    more: list[Also] = []
    for change in question.changes:
        if isinstance(change, Also):
            _refuse_other_columns(matrix, change, question.name)
            more.append(change)
            continue
        if isinstance(change, Without):
            block = _named(matrix.blocks.rows, change.rows, question.name)
            row_lower[block.start : block.stop], row_upper[block.start : block.stop] = -np.inf, np.inf
            moved[block.start : block.stop] = True
        elif isinstance(change, Shift):
            block = _named(matrix.blocks.rows, change.rows, question.name)
            rows = _places(block, change.where, question.name, change.rows, "row")
            row_lower[rows] += change.by
            row_upper[rows] += change.by
            moved[rows] = True
        elif isinstance(change, Bound):
            columns = _columns(matrix, change, question.name)
            lower[columns] = np.maximum(lower[columns], change.lower)
            upper[columns] = np.minimum(upper[columns], change.upper)
            touched[columns] = True
    columns, rows = np.flatnonzero(touched), np.flatnonzero(moved)
    extra = tuple(change for change in question.changes if isinstance(change, Row))
    return Patch(
        columns, lower[columns], upper[columns], rows, row_lower[rows], row_upper[rows], extra, tuple(more)
    )


def _refuse_other_columns(matrix: Matrix, change: Also, question: str) -> None:
    """Refuse rows of a program with other columns, and a change that adds none.

    Raises:
        LabelError: no row, or the columns differ.
    """
    ours, theirs = matrix.blocks.variables, change.matrix.blocks.variables
    same = list(ours) == list(theirs) and all(
        (ours[name].start, ours[name].stop) == (theirs[name].start, theirs[name].stop) for name in ours
    )
    if not same or not change.rows.size:
        why = "no rows are added" if same else "rows of a program with other columns"
        raise LabelError(f"{question}: {why}")


def _columns(matrix: Matrix, change: Bound, question: str) -> Columns:
    block = _named(matrix.blocks.variables, change.variable, question)
    return _places(block, change.where, question, change.variable, "column")


def _places(
    block: Block, where: tuple[tuple[str, tuple[str, ...]], ...], question: str, name: str, kind: str
) -> Columns:
    frame = block.frame()
    wanted: Bools = np.ones(len(frame), dtype=np.bool_)
    for dim, labels in where:
        if dim not in frame:
            raise LabelError(f"{question}: {name} has no dimension {dim}")
        wanted &= frame[dim].isin(labels).to_numpy()
    if not wanted.any():
        said = ", ".join(f"{dim} = {some(labels)}" for dim, labels in where)
        raise LabelError(f"{question}: {name} has no {kind} with {said}")
    return block.start + np.flatnonzero(wanted)


def _named(blocks: Mapping[str, Block], name: str, question: str) -> Block:
    if name not in blocks:
        raise LabelError(f"{question}: the program has no {name!r}")
    return blocks[name]
