"""Turns the sheets of a workbook into rows of text cells, the form that CSV files are read in.

The workbook has passed the guard before; numbers, dates and flags become the texts that the typed reader
takes, so that one set of rules reads both. Nothing is dropped: what has no text is a problem with its cell.
"""

from __future__ import annotations

import datetime
import io
import re
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

from dcplan.data.schema import Column
from dcplan.data.workbook_guard import Extent, RefusedError, inspect
from dcplan.data.workbook_layout import NOTICES_SHEET

if TYPE_CHECKING:
    from openpyxl.worksheet._read_only import ReadOnlyWorksheet

_SERIALS: Final = (20_000, 80_000)
_ESCAPE: Final = re.compile(r"_x([0-9A-Fa-f]{4})_")
_MOST_EXACT: Final = 2**53

Row = tuple[Any, ...]


@dataclass
class SheetRows:
    """The values of one sheet by spreadsheet row, as openpyxl gives them."""

    name: str
    rows: list[tuple[int, Row]]
    extent: Extent
    hidden: bool = False

    def row(self, number: int) -> Row:
        """Return the values of a row by its spreadsheet number; a row without values is empty."""
        return next((values for at, values in self.rows if at == number), ())


@dataclass
class Book:
    """The sheets of a workbook in their order, and the epoch of its day numbers."""

    sheets: dict[str, SheetRows] = field(default_factory=dict)
    epoch: datetime.datetime = datetime.datetime(1899, 12, 30)
    recalculates: bool = False


@lru_cache(maxsize=2)
def open_book(content: bytes) -> Book:
    """Return every sheet of a workbook, given as the bytes of its file; nothing in it is changed later.

    A command asks for the same bytes twice: for the case, and for its notices.

    Raises:
        RefusedError: the guard or the parser refuses it.
    """
    found = inspect(content)
    import openpyxl

    book = Book(recalculates=found.recalculates)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of extensions that hold no data: styles, validations, themes
        try:
            parsed = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
            book.epoch = parsed.epoch
            for sheet in parsed.worksheets:
                book.sheets[sheet.title] = _sheet(sheet, found.extents)
            parsed.close()
        except RefusedError:
            raise
        except Exception as error:  # whatever a library makes of a file that is not what it says
            what = str(error).splitlines()[0][:120] if str(error) else type(error).__name__
            raise RefusedError(f"cannot be read as a workbook ({what})") from None
    if not book.sheets:
        raise RefusedError("holds no sheet")
    return book


def _sheet(sheet: ReadOnlyWorksheet, extents: dict[str, Extent]) -> SheetRows:
    part = str(sheet._worksheet_path).lstrip("/")
    if part not in extents:
        raise RefusedError(f"keeps the sheet {sheet.title} in an unusual part ({part})")
    extent = extents[part]
    rows: list[tuple[int, Row]] = []
    if extent.last_row:
        sheet.reset_dimensions()
        values = sheet.iter_rows(max_row=extent.last_row, max_col=extent.last_column, values_only=True)
        rows = [(number, row) for number, row in enumerate(values, start=1) if any(map(_filled, row))]
    return SheetRows(sheet.title, rows, extent, hidden=sheet.sheet_state != "visible")


def notices_of(content: bytes) -> str:
    """Return the lines of the sheet `notices` of a workbook that was read before; '' when it has none."""
    book = open_book(content)
    sheet = book.sheets.get(NOTICES_SHEET)
    last = sheet.rows[-1][0] if sheet is not None and sheet.rows else 0
    lines = {number: cell_text(row[0], None, book.epoch) for number, row in sheet.rows} if sheet else {}
    return "".join(f"{lines.get(number, '')}\n" for number in range(1, last + 1))


def _filled(value: object) -> bool:
    return value is not None and value != ""


def cell_text(value: object, column: Column | None, epoch: datetime.datetime) -> str:
    """Return a cell as the text that the typed reader takes.

    A date (or, in a date column, a day number) becomes 2026-04-01; a moment keeps its time of day, which no
    column takes. A flag becomes true or false, a number its shortest exact digits.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime.datetime):
        midnight = (value.hour, value.minute, value.second, value.microsecond) == (0, 0, 0, 0)
        return value.date().isoformat() if midnight else value.isoformat(" ", "seconds")
    if isinstance(value, int | float):
        if column is not None and column.kind == "date" and _is_day_number(value):
            return (epoch + datetime.timedelta(days=int(value))).date().isoformat()
        whole = value == int(value) and abs(value) <= _MOST_EXACT if abs(value) < 1e300 else False
        return str(int(value)) if whole else repr(value)
    if isinstance(value, str):
        return _ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)
    return str(value)


def _is_day_number(value: float) -> bool:
    return _SERIALS[0] <= value <= _SERIALS[1] and value == int(value)


def text_rows(
    sheet: SheetRows, columns: Sequence[Column | None], first: int, epoch: datetime.datetime
) -> Iterator[tuple[int, list[str]]]:
    """Yield number and text cells of every row from `first` on that holds a value.

    `columns` declares each position (None where unknown); cells beyond them are kept as they are.
    """
    width = len(columns)
    for number, values in sheet.rows:
        if number < first:
            continue
        cells = [
            cell_text(value, columns[at] if at < width else None, epoch) for at, value in enumerate(values)
        ]
        if any(cell.strip() for cell in cells):
            yield number, cells
