"""Tables of text read with the standard library, and the cells turned into numbers and dates.

The audit reads the saved files itself, so that a fault in the loader cannot hide a fault in a plan. A cell
that cannot be read stops the audit with an [UnreadableError][dcplan.plans.audit.reading.UnreadableError].
"""

from __future__ import annotations

import csv
import io
import math
import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Codes = NDArray[np.int64]

LARGEST_KEPT = 2**20
"""A file of more bytes is read anew each time."""

_TRUE = {"true": True, "false": False, "1": True, "0": False}


class UnreadableError(Exception):
    """A saved file cannot be read as what it should be; `file` and `where` say which cell."""

    def __init__(self, file: str, message: str, **where: str) -> None:
        """Keep the file, the message and the labels of the cell."""
        self.file = file
        self.message = message
        self.where = {"file": file, **where}
        super().__init__(f"{file}: {message}")


@dataclass(frozen=True)
class Sheet:
    """One CSV table as columns of stripped text, in file order; nothing in it is changed after reading."""

    file: str
    columns: dict[str, list[str]]
    size: int

    def text(self, column: str) -> list[str]:
        """Return a column as text."""
        if column not in self.columns:
            raise UnreadableError(self.file, f"the column {column} is missing", column=column)
        return self.columns[column]

    def numbers(self, column: str, *, optional: bool = False) -> Floats:
        """Return a column as finite numbers; an empty cell of an optional column is NaN."""
        try:
            values = np.array(list(map(float, self.text(column))), dtype=np.float64)
        except ValueError:
            values = np.array([self._number(column, i, optional) for i in range(self.size)], dtype=np.float64)
        if not optional and not np.isfinite(values).all():
            self._refuse(column, int(np.flatnonzero(~np.isfinite(values))[0]), "is not a finite number")
        return values

    def whole(self, column: str) -> Codes:
        """Return a column as whole numbers; a fiscal year may be written FY2022."""
        cells = [cell.removeprefix("FY") for cell in self.text(column)]
        values = Sheet(self.file, {column: cells}, self.size).numbers(column)
        if (values != np.round(values)).any():
            self._refuse(column, int(np.flatnonzero(values != np.round(values))[0]), "is not a whole number")
        return values.astype(np.int64)

    def flags(self, column: str) -> Flags:
        """Return a column of true and false."""
        cells = [_TRUE.get(cell.lower()) for cell in self.text(column)]
        if None in cells:
            self._refuse(column, cells.index(None), "is neither true nor false")
        return np.array(cells, dtype=np.bool_)

    def days(self, column: str) -> list[date]:
        """Return a column of dates; every cell is filled."""
        values = self.optional_days(column)
        if None in values:
            self._refuse(column, values.index(None), "is not a date")
        return [value for value in values if value is not None]

    def optional_days(self, column: str) -> list[date | None]:
        """Return a column of dates; an empty cell is None."""
        return [self._day(column, i, cell) for i, cell in enumerate(self.text(column))]

    def index(self, column: str) -> dict[str, int]:
        """Return the row of each label of a key column; a repeated label is refused."""
        labels = self.text(column)
        rows = {label: i for i, label in enumerate(labels)}
        if len(rows) != self.size:
            raise UnreadableError(self.file, f"the column {column} repeats a label", column=column)
        return rows

    def codes(self, column: str, known: dict[str, int]) -> Codes:
        """Return the place of each cell's label in `known`; an unknown label is -1."""
        return np.array([known.get(label, -1) for label in self.text(column)], dtype=np.int64)

    def _number(self, column: str, row: int, optional: bool) -> float:
        cell = unicodedata.normalize("NFKC", self.columns[column][row]).replace(",", "").strip()
        if not cell and optional:
            return math.nan
        try:
            return float(cell)
        except ValueError:
            self._refuse(column, row, "is not a number")
            raise

    def _day(self, column: str, row: int, cell: str) -> date | None:
        if not cell:
            return None
        try:
            return date.fromisoformat(cell.replace("/", "-")[:10])
        except ValueError:
            self._refuse(column, row, "is not a date")
            raise

    def _refuse(self, column: str, row: int, rule: str) -> None:
        cell = self.columns[column][row]
        raise UnreadableError(self.file, f"row {row + 2}, {column} = {cell!r} {rule}", column=column)


def read_sheet(path: Path, columns: tuple[str, ...] | None = None) -> Sheet:
    """Return the table of a CSV file in UTF-8 or, as Japanese Excel writes it, in code page 932.

    Args:
        path: The file.
        columns: The columns to keep; all of them by default.

    Raises:
        UnreadableError: The file is missing, is not text, or has a row of another width than its header.
    """
    try:
        data = path.read_bytes()
    except OSError:
        raise UnreadableError(path.name, "the file is missing") from None
    return parsed(path.name, data, columns) if len(data) > LARGEST_KEPT else kept(path.name, data, columns)


@lru_cache(maxsize=128)
def kept(file: str, data: bytes, columns: tuple[str, ...] | None) -> Sheet:
    """Return the table of some bytes, once: the plans of a folder have the same inputs."""
    return parsed(file, data, columns)


def parsed(file: str, data: bytes, columns: tuple[str, ...] | None) -> Sheet:
    """Return the table of the bytes of a CSV file, as `read_sheet`."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("cp932", errors="replace")
    rows = [row for row in csv.reader(io.StringIO(text, newline="")) if row]
    if not rows:
        raise UnreadableError(file, "the file is empty")
    header = [name.strip() for name in rows[0]]
    if len(set(header)) != len(header):
        raise UnreadableError(file, "a column name is repeated")
    for number, row in enumerate(rows[1:], start=2):
        if len(row) != len(header):
            raise UnreadableError(file, f"row {number} has {len(row)} cells, the header {len(header)}")
    kept = [i for i, name in enumerate(header) if columns is None or name in columns]
    by_column = list(zip(*rows[1:], strict=True)) or [()] * len(header)
    table = {header[i]: list(map(str.strip, by_column[i])) for i in kept}
    return Sheet(file, table, len(rows) - 1)


def read_optional(path: Path) -> Sheet | None:
    """Return the table of a CSV file, or None where the file does not exist or has no rows."""
    if not path.exists():
        return None
    sheet = read_sheet(path)
    return sheet if sheet.size else None
