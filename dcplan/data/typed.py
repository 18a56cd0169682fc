"""Turns the text cells of one file into typed columns, and lists every cell that is wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property, lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.cells import CellError, Value, did_you_mean, empty_value, is_missing, parse
from dcplan.data.reader import RawTable
from dcplan.data.schema import Column, Table
from dcplan.errors import Problem

MOST_PROBLEMS: Final = 100
"""So many wrong cells of a column are listed one by one."""
MOST_KEPT_ROWS: Final = 2_000
"""A table of more rows is typed anew each time that it is read."""

_NUMPY: Final = {"int": np.int64, "float": np.float64, "bool": np.bool_}


@dataclass(eq=False)
class TypedTable:
    """The values of one table. `values[column]` has one entry a row, None where the cell is wrong.

    `numbers` are the spreadsheet rows; `clean` says that every cell could be read. Nothing in it is changed
    after reading: the same cells, read again in the same process, are the same object.
    """

    table: Table
    values: dict[str, list[Value]] = field(default_factory=dict)
    wrong: dict[str, set[int]] = field(default_factory=dict)
    numbers: list[int] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    present: bool = True
    complete: bool = True
    """False when a row, or the whole file, could not be read."""

    @property
    def clean(self) -> bool:
        """Whether the whole file could be read."""
        return not self.problems

    def good(self, position: int, columns: tuple[str, ...]) -> bool:
        """Say whether the cells of a row (0-based position) could be read in these columns."""
        return all(position not in self.wrong.get(column, ()) for column in columns)

    def column_complete(self, column: str) -> bool:
        """Say whether every value of a column is known."""
        return self.complete and not self.wrong.get(column)

    def key(self, position: int) -> tuple[Value, ...]:
        """Return the key of a row."""
        return tuple(self.values[column][position] for column in self.table.key)

    def frame(self) -> pd.DataFrame:
        """Return the typed frame, for the caller to keep; only of a clean table."""
        return self._frame.copy(deep=False)  # a change of one is no change of the other

    @cached_property
    def _frame(self) -> pd.DataFrame:
        return _frame(self.table, self.values) if self.numbers else _empty(self.table)


@cache
def _empty(table: Table) -> pd.DataFrame:
    """Return a table without rows, made once: most optional tables of a case are absent."""
    return _frame(table, {name: [] for name in table.column_names})


def _frame(table: Table, values: Mapping[str, list[Value]]) -> pd.DataFrame:
    # one index for all: columns with one of their own each would be aligned
    index = pd.RangeIndex(len(values[table.all_columns[0].name]))
    columns = {column.name: _typed(column, values[column.name], index) for column in table.all_columns}
    return pd.DataFrame(columns, index=index)


def _typed(column: Column, values: list[Value], index: pd.Index) -> pd.Series | npt.NDArray[np.generic]:
    dtype = _NUMPY.get(column.kind)
    return pd.Series(values, index, dtype=object) if dtype is None else np.array(values, dtype=dtype)


@cache
def absent(table: Table) -> TypedTable:
    """Return the empty table that stands for an optional file that is not there."""
    return TypedTable(table, {name: [] for name in table.column_names}, present=False)


def type_table(table: Table, raw: RawTable) -> TypedTable:
    """Read every cell of a file by the declaration of its table; wrong cells become problems."""
    if raw.problems or len(raw.rows) > MOST_KEPT_ROWS:
        return _type_table(table, raw)
    rows = tuple((number, tuple(cells)) for number, cells in raw.rows)
    return _kept(table, raw.file, tuple(raw.header), rows)


@lru_cache(maxsize=512)
def _kept(
    table: Table, file: str, header: tuple[str, ...], rows: tuple[tuple[int, tuple[str, ...]], ...]
) -> TypedTable:
    """Type a table once for the same cells: commands and studies read a case again with few changes."""
    return _type_table(table, RawTable(file, list(header), [(number, list(cells)) for number, cells in rows]))


def _type_table(table: Table, raw: RawTable) -> TypedTable:
    typed = TypedTable(table, {name: [] for name in table.column_names}, problems=list(raw.problems))
    positions = _positions(table, raw, typed.problems)
    typed.complete = positions is not None and not raw.problems
    if positions is None:
        return typed
    width = len(raw.header)
    rows = [
        (number, cells) for number, cells in raw.rows if _fits(raw.file, number, cells, width, typed.problems)
    ]
    typed.numbers = [number for number, _ in rows]
    typed.complete = typed.complete and len(rows) == len(raw.rows)
    for column in table.all_columns:
        _read_column(typed, column, rows, positions.get(column.name))
    return typed


def _read_column(
    typed: TypedTable, column: Column, rows: list[tuple[int, list[str]]], position: int | None
) -> None:
    """Fill one column of the typed table."""
    values = typed.values[column.name]
    if position is None:
        values += [empty_value(column)] * len(rows)
        return
    is_key = column.name in typed.table.key or bool(column.references)
    known: dict[str, Value | CellError] = {}
    wrong: set[int] = set()
    for at, (number, cells) in enumerate(rows):
        cell = cells[position]
        if cell not in known:
            try:
                known[cell] = parse(cell, column, key=is_key)
            except CellError as error:
                known[cell] = error
        value = known[cell]
        if isinstance(value, CellError):
            wrong.add(at)
            if len(wrong) <= MOST_PROBLEMS:
                typed.problems.append(_problem(typed.table, number, column, cell, value))
        values.append(None if isinstance(value, CellError) else value)
    if wrong:
        typed.wrong[column.name] = wrong
    if len(wrong) > MOST_PROBLEMS:
        rule = f"is wrong in {len(wrong) - MOST_PROBLEMS:,} more cells of this column"
        remedy = "Mend those that are listed first; their cause is often one."
        typed.problems.append(Problem(typed.table.file, None, column.name, None, rule, remedy))


def _problem(table: Table, number: int, column: Column, cell: str, error: CellError) -> Problem:
    value = "" if is_missing(cell) else cell.strip()
    remedy = error.remedy
    if not value and not remedy:
        remedy = f"Fill in: {column.doc[:1].lower()}{column.doc[1:]}" if column.doc else ""
    return Problem(table.file, number, column.name, value, error.rule, remedy)


def _positions(table: Table, raw: RawTable, problems: list[Problem]) -> dict[str, int] | None:
    """Return the position of every declared column, or None when the rows cannot be read."""
    if not raw.header or any(problem.row == 1 and "separated by" in problem.rule for problem in raw.problems):
        return None
    file = table.file
    known = table.column_names
    counted = Counter(raw.header)
    for name, count in counted.items():
        if not name:
            rule = "has a column without a name"
            problems.append(Problem(file, 1, None, None, rule, "Name the column or remove it."))
        elif name not in known:
            near = did_you_mean(name, [k for k in known if k not in counted])
            remedy = near or f"The columns are {', '.join(known)}."
            problems.append(Problem(file, 1, name, None, "is not a column of this table", remedy))
        elif count > 1:
            problems.append(Problem(file, 1, name, None, f"stands {count} times in the header", "Keep one."))
    for column in table.all_columns:
        if column.name not in counted and not column.optional:
            remedy = f"Add it: {column.doc[:1].lower()}{column.doc[1:]}"
            problems.append(Problem(file, 1, column.name, None, "is a missing column", remedy))
    found = {name: raw.header.index(name) for name in counted if name in known}
    return found if all(c.optional or c.name in found for c in table.all_columns) else None


def _fits(file: str, number: int, cells: list[str], width: int, problems: list[Problem]) -> bool:
    """Say whether a row has as many cells as the header; empty cells beyond it do not count."""
    count = len(cells)
    while count > width and not cells[count - 1].strip():
        count -= 1
    if count == width:
        return True
    few = count < width
    rule = f"has {count} cells where the header has {width}"
    remedy = (
        "Add the missing commas." if few else 'Put a text or number that holds a comma into quotes: "1,234".'
    )
    problems.append(Problem(file, number, None, None, rule, remedy))
    return False
