"""Reads a workbook as a case: the same tables, the same typed reader and rules as a folder of CSV files."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from dcplan.data.cells import did_you_mean
from dcplan.data.places import CASE_FILE, WEATHER, Places
from dcplan.data.reader import RawTable, read_bytes
from dcplan.data.schema import Column, Table
from dcplan.data.tables import CASE_KEYS, TABLES
from dcplan.data.weather_file import Hourly, Irradiance, implausible, plausible, read_hours
from dcplan.data.workbook_cells import Book, SheetRows, cell_text, open_book, text_rows
from dcplan.data.workbook_guard import RefusedError, column_name
from dcplan.data.workbook_layout import (
    CASE_SHEET,
    FIRST_ROW,
    HOUR,
    NAME_ROW,
    NOTICES_SHEET,
    README_SHEET,
    SCRATCH_MARK,
    UNIT_ROW,
    WEATHER_SHEET,
    light_columns,
    unit_text,
)
from dcplan.errors import Problem

_OWN: Final = (CASE_SHEET, WEATHER_SHEET, NOTICES_SHEET, README_SHEET)
_SAVE: Final = "Open the file in Excel or LibreOffice, save it, and try again."
_LISTED: Final = 8
_CASE_HEADER: Final = ["key", "value"]


class BookSource:
    """A workbook with the sheets that `dcplan init --excel` writes."""

    noun = "sheet"

    def __init__(self, path: Path, book: Book, sha256: str) -> None:
        """Keep the sheets; `open` reads them from a file."""
        self.book = book
        self.folder = path.parent
        self.file = path.name
        self.hashes = {path.name: sha256}
        self.encodings: dict[str, str] = {}
        self.headers = {name: _header(book, name) for name in (*TABLES, WEATHER_SHEET)}
        columns = {
            sheet: {name: column_name(at) for at, name in reversed(list(enumerate(header, start=1)))}
            for sheet, header in self.headers.items()
        }
        self.places: Places | None = Places(path.name, columns, _key_rows(book))
        self.notes = [note for sheet in book.sheets.values() for note in self._notes(sheet)]

    @classmethod
    def open(cls, path: Path) -> tuple[BookSource | None, list[Problem]]:
        """Return the opened workbook, or why it is refused; what is too large is never parsed."""
        content, problems = read_bytes(path, path.name)
        if problems:
            return None, problems
        try:
            book = open_book(content)
        except RefusedError as error:
            return None, [Problem(path.name, None, None, None, error.rule, error.remedy)]
        return cls(path, book, hashlib.sha256(content).hexdigest()), []

    def document(self) -> tuple[Mapping[str, object] | None, list[Problem]]:
        """Return the keys of the sheet `case` with their values, or None, and its problems."""
        sheet = self.book.sheets.get(CASE_SHEET)
        if sheet is None:
            remedy = "Add it: one row a key, the key in column A and its value in column B."
            return None, [Problem(CASE_FILE, None, None, None, "is a missing sheet", remedy)]
        problems = self._unsound(sheet)
        if _header(self.book, CASE_SHEET)[:2] != _CASE_HEADER:
            rule, remedy = "must hold the headers key and value", "Keep row 1; the keys start in row 2."
            problems.append(
                Problem(self.file, NAME_ROW, None, None, rule, remedy, f"{CASE_SHEET}!A{NAME_ROW}")
            )
        values: dict[str, object] = {}
        for number, cells in sheet.rows:
            if number == NAME_ROW:
                continue
            key = cell_text(cells[0], None, self.book.epoch).strip()
            value = cells[1] if len(cells) > 1 else None
            text = cell_text(value, CASE_KEYS.get(key), self.book.epoch)
            place = f"{CASE_SHEET}!A{number}"
            if key in values:
                rule = "stands twice"
                problems.append(Problem(self.file, number, "key", key, rule, "Keep one row.", place))
            elif key:
                values[key] = text
            elif text.strip():
                rule = "has a value without a key"
                problems.append(Problem(self.file, number, None, text, rule, "Name the key.", place))
        optional = {name for name, column in CASE_KEYS.items() if column.optional}
        return {
            key: text for key, text in values.items() if str(text).strip() or key not in optional
        }, problems

    def table(self, table: Table) -> RawTable | None:
        """Return the text cells of a sheet; the empty sheet of an optional table counts as absent."""
        sheet = self.book.sheets.get(table.name)
        if sheet is None:
            return None
        header = self.headers[table.name]
        raw = RawTable(table.file, header=header, problems=self._unsound(sheet))
        if not header:
            raw.problems.append(
                Problem(table.file, None, None, None, "has no header row", "Write the column names in row 1.")
            )
            return raw
        known = {column.name: column for column in table.all_columns}
        columns = [known.get(name) for name in header]
        raw.problems += self._units(sheet, table.file, columns)
        for number, cells in text_rows(sheet, columns, FIRST_ROW, self.book.epoch):
            raw.rows.append((number, cells[: len(header)] + [""] * (len(header) - len(cells))))
            raw.problems += self._beyond(sheet, number, cells, len(header))
        if not raw.rows and not raw.problems and table.optional_file and table.name != "carbon_prices":
            return None
        return raw

    def weather_files(self) -> list[str]:
        """Return the column names of the weather sheet but for the hour."""
        light = {column for name in self.headers[WEATHER_SHEET] for column in light_columns(name)}
        return [name for name in self.headers[WEATHER_SHEET] if name and name != HOUR and name not in light]

    def irradiance(self) -> tuple[dict[str, Irradiance], list[Problem]]:
        """Return the irradiance of the weather sheet, by weather file, and its problems."""
        found: dict[str, Irradiance] = {}
        problems: list[Problem] = []
        if WEATHER_SHEET not in self.book.sheets:  # told where temperatures are read
            return found, problems
        sheet, header = self.book.sheets[WEATHER_SHEET], self.headers[WEATHER_SHEET]
        for name in self.weather_files():
            columns = light_columns(name)
            if not set(columns) <= set(header):
                continue
            at = [header.index(column) for column in columns]
            cells = [[row[place] for place in at] for number, row in sheet.rows if number >= FIRST_ROW]
            kept = [pair for pair in cells if pair != [None, None]]
            sound = all(type(value) in {int, float} for pair in kept for value in pair)
            values = np.array(kept if sound else [], dtype=np.float64).reshape(-1, 2)
            more = implausible(values, f"{WEATHER}/{name}")
            problems += more
            if not more:
                found[name] = values
        return found, problems

    def weather(self, name: str) -> tuple[Hourly | None, list[Problem]]:
        """Return the hourly temperatures [degC] of a column of the weather sheet, and its problems."""
        sheet, header = self.book.sheets[WEATHER_SHEET], self.headers[WEATHER_SHEET]
        file = f"{WEATHER}/{name}"
        problems = self._unsound(sheet)
        if header.count(HOUR) != 1 or header.count(name) != 1:
            rule = f"must have one column {HOUR} and one column {name}"
            problems.append(Problem(file, NAME_ROW, None, None, rule, "Name each column once."))
        if problems:
            return None, problems
        at_hour, at = header.index(HOUR), header.index(name)
        rows = [(number, cells) for number, cells in sheet.rows if number >= FIRST_ROW]
        picked = [
            (number, (cells[at_hour], cells[at]))
            for number, cells in rows
            if cells[at_hour] is not None or cells[at] is not None
        ]
        if all(type(value) in {int, float} for _, pair in picked for value in pair):
            hourly = plausible(*np.array([pair for _, pair in picked], dtype=np.float64).reshape(-1, 2).T)
            if hourly is not None:
                return hourly, []
        raw = RawTable(file, header=[HOUR, "temp_c"])
        raw.rows = [(n, [cell_text(value, None, self.book.epoch) for value in pair]) for n, pair in picked]
        return read_hours(raw)

    def strangers(self) -> list[Problem]:
        """Report sheets that no table is read from, but for the planner's own (`_name`) and empty ones."""
        problems = []
        for name, sheet in self.book.sheets.items():
            if name in TABLES or name in _OWN or name.startswith(SCRATCH_MARK) or not sheet.rows:
                continue
            missing = [
                known for known in (*TABLES, CASE_SHEET, WEATHER_SHEET) if known not in self.book.sheets
            ]
            remedy = (
                did_you_mean(name, missing) or f"Call it {SCRATCH_MARK}{name} to keep it as your own sheet."
            )
            problems.append(Problem(self.file, None, None, None, "is not a table of a case", remedy, name))
        return problems

    def _unsound(self, sheet: SheetRows) -> list[Problem]:
        """Report merged cells, and formulas whose value was not saved."""
        problems = []
        for merged in sheet.extent.merged:
            rule, remedy = f"has merged cells ({merged})", "Unmerge them and fill in each cell."
            place = f"{sheet.name}!{merged.partition(':')[0]}"
            problems.append(Problem(self.file, None, None, None, rule, remedy, place))
        for place in sheet.extent.uncalculated:
            rule = "holds a formula that was never calculated"
            problems.append(Problem(self.file, None, None, None, rule, _SAVE, f"{sheet.name}!{place}"))
        if self.book.recalculates and sheet.extent.formulas and not sheet.extent.uncalculated:
            rule = "holds formulas that the program which wrote it left to be calculated"
            problems.append(Problem(self.file, None, None, None, rule, _SAVE, sheet.name))
        return problems

    def _units(self, sheet: SheetRows, file: str, columns: Sequence[Column | None]) -> list[Problem]:
        """Compare the units row with the dictionary: a number in another unit must not pass."""
        cells = [cell_text(value, None, self.book.epoch).strip() for value in sheet.row(UNIT_ROW)]
        cells += [""] * (len(columns) - len(cells))
        pairs = [(at, column, cells[at]) for at, column in enumerate(columns) if column is not None]
        wrong = [(at, column, cell) for at, column, cell in pairs if cell != unit_text(column)]
        if wrong and len(wrong) == len(pairs):
            rule, remedy = "must be the units row", "Keep row 2 for the units; the data start in row 3."
            return [Problem(file, UNIT_ROW, None, None, rule, remedy)]
        remedy = "Give the numbers in this unit, and write it here."
        return [
            Problem(file, UNIT_ROW, column.name, cell, f"must be {unit_text(column)}, its unit", remedy)
            for _, column, cell in wrong
        ]

    def _beyond(self, sheet: SheetRows, number: int, cells: list[str], width: int) -> list[Problem]:
        """Report values right of the last named column."""
        return [
            Problem(
                self.file,
                number,
                None,
                cells[at],
                "lies outside the table: its column has no name in row 1",
                "Clear it, or move it to a sheet of your own.",
                f"{sheet.name}!{column_name(at + 1)}{number}",
            )
            for at in range(width, len(cells))
            if cells[at].strip()
        ]

    def _notes(self, sheet: SheetRows) -> list[Problem]:
        """Say what a planner may not see: hidden values are read like all others, formulas as saved."""
        if sheet.name.startswith(SCRATCH_MARK) or not sheet.rows:
            return []
        found = []
        if sheet.hidden:
            found.append("is a hidden sheet, and is read")
        if sheet.extent.hidden:
            listed = ", ".join(map(str, sheet.extent.hidden[:8]))
            found.append(
                f"has hidden rows, which are read: {listed}{', ...' * (len(sheet.extent.hidden) > 8)}"
            )
        if sheet.extent.hidden_columns:
            found.append("has hidden columns, which are read")
        if sheet.extent.formulas:
            found.append(f"holds {sheet.extent.formulas:,} formulas, of which the saved values are read")
        remedy = "Check that this is meant."
        return [Problem(self.file, None, None, None, rule, remedy, sheet.name) for rule in found]


def _header(book: Book, name: str) -> list[str]:
    """Return the names in row 1 of a sheet without empty ones at the end."""
    sheet = book.sheets.get(name)
    cells = [] if sheet is None else [cell_text(v, None, book.epoch).strip() for v in sheet.row(NAME_ROW)]
    while cells and not cells[-1]:
        cells.pop()
    return cells


def _key_rows(book: Book) -> dict[str, int]:
    """Return the row of each key in the sheet `case`."""
    sheet = book.sheets.get(CASE_SHEET)
    rows = [] if sheet is None else sheet.rows
    return {cell_text(cells[0], None, book.epoch).strip(): number for number, cells in reversed(rows)}
