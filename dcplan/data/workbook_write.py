"""Writes a case as one workbook: a sheet a table, with units, notes and drop-downs from the dictionary."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from dcplan.data.case import Case
from dcplan.data.docs import allowed
from dcplan.data.irradiance import irradiance_of
from dcplan.data.schema import Column, Table
from dcplan.data.tables import CASE_KEYS, SETTINGS, TABLES
from dcplan.data.templates import STARTS
from dcplan.data.weather_file import Hourly, Irradiance
from dcplan.data.workbook_guard import column_name
from dcplan.data.workbook_layout import (
    CASE_SHEET,
    FIRST_ROW,
    HOUR,
    NOTICES_SHEET,
    README_SHEET,
    WEATHER_SHEET,
    light_columns,
    unit_text,
)
from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

ROWS_TO_FILL: Final = 1_000
"""Drop-downs reach at least so far down, so that rows can be added."""

_CREATED: Final = datetime.datetime(2000, 1, 1)
_LONGEST_LIST: Final = 255
_WIDEST: Final = 48
_OPTIONS: Final = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}

README: Final = (
    "One sheet holds one table: column names in row 1, units in row 2, data from row 3.",
    "Rest the pointer on a column name to read what the column means and what it takes.",
    "Change, add and delete rows from row 3 on; keep rows 1 and 2. Blank rows are skipped.",
    "Cells with a fixed set of answers, or with names of another sheet, have a drop-down list.",
    "Rates are fractions (5 % is 0.05). Dates are dates, or text like 2026-04-01 or 2026/4/1.",
    "Formulas are welcome: the value that Excel or LibreOffice saved is read.",
    "Do not merge cells. Hidden rows and filtered rows are read like all others.",
    "A sheet whose name starts with _ is your own and is not read. Other new sheets are refused.",
    "The sheet of an optional table may stay empty or be deleted.",
    "The sheet weather holds hourly temperatures, and irradiance, of each file that stations names.",
    "Then:  dcplan check FILE.xlsx  and  dcplan solve FILE.xlsx",
)


class _Styles:
    """The cell formats of a workbook."""

    def __init__(self, book: Workbook) -> None:
        base = {"font_size": 10, "valign": "top"}
        self.name = book.add_format(base | {"bold": True, "bg_color": "#D9E2F3", "bottom": 1})
        self.key = book.add_format(base | {"bold": True, "bg_color": "#A9C0E6", "bottom": 1})
        self.optional = book.add_format(base | {"bold": True, "bg_color": "#EDEDED", "bottom": 1})
        self.unit = book.add_format(base | {"italic": True, "font_color": "#595959", "bottom": 1})
        self.title = book.add_format({"bold": True, "font_size": 14})
        self.wrap = book.add_format(base | {"text_wrap": True})
        self.text = book.add_format(base | {"num_format": "@"})
        self.date = book.add_format(base | {"num_format": "yyyy-mm-dd"})
        self.number = book.add_format(base)

    def of(self, column: Column) -> Format:
        """Return the format of the cells of a column: what is typed into a text column stays text."""
        if column.kind in {"text", "choice"}:
            return self.text
        return self.date if column.kind == "date" else self.number


def write_workbook(
    path: str | Path, case: Case | None = None, notices: Mapping[str, str] | None = None
) -> None:
    """Write a case as one .xlsx workbook; without a case, empty tables to fill in.

    The workbook is the whole case: keys, tables, hourly temperatures, and `notices` (texts by file name, e.g.
    licences of the data). Texts are never written as formulas or links. The same case gives the same bytes.

    Raises:
        InputError: the file is there already.
    """
    import xlsxwriter

    path = Path(path)
    if path.exists():
        rule, remedy = "is there already", "Choose another name; nothing was written."
        raise InputError([Problem(str(path), None, None, None, rule, remedy)])
    book = xlsxwriter.Workbook(str(path), _OPTIONS)
    book.set_properties({"created": _CREATED, "title": case.info.title if case else "New case"})
    styles = _Styles(book)
    written = [table for table in TABLES.values() if not _left_out(table, case)]
    sheets = {name: book.add_worksheet(name) for name in (README_SHEET, CASE_SHEET)}
    sheets |= {table.name: book.add_worksheet(table.name) for table in written}
    _readme(sheets[README_SHEET], styles, written, case)
    _case_sheet(sheets[CASE_SHEET], styles, case)
    for table in written:
        _table_sheet(sheets[table.name], styles, table, case)
    _weather_sheet(book.add_worksheet(WEATHER_SHEET), styles, _weather_by_file(case), _light_by_file(case))
    if notices:
        _notices_sheet(book.add_worksheet(NOTICES_SHEET), styles, notices)
    book.close()


def write_shipped(folder: str | Path, source: Path | None) -> Path:
    """Write the case of a folder as `<name>.xlsx` into a folder, which is made if needed; return the file.

    Licences and notes beside the tables (.md, .MIT) go into the sheet `notices`. Without a source it is
    `new-case.xlsx` with empty tables.

    Raises:
        InputError: the case is refused, or the workbook is there already.
    """
    from dcplan.data.load import load

    case = None if source is None else load(source)
    texts = [] if source is None else [*source.rglob("*.md"), *source.rglob("*.MIT")]
    notices = {path.relative_to(source).as_posix(): path.read_text("utf-8") for path in texts if source}
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    target = folder / f"{case.info.name if case else STARTS['name']}.xlsx"
    write_workbook(target, case, notices)
    return target


def _left_out(table: Table, case: Case | None) -> bool:
    """An absent carbon price means price 0, which an empty sheet must not say: it has no sheet."""
    return case is not None and table.name == "carbon_prices" and case[table.name].empty


def _readme(sheet: Worksheet, styles: _Styles, tables: Iterable[Table], case: Case | None) -> None:
    sheet.set_column(0, 0, 24)
    sheet.set_column(1, 1, 100)
    sheet.write_string(0, 0, case.info.title if case else "New case", styles.title)
    row = 2
    for line in README:
        sheet.write_string(row, 0, line)
        row += 1
    row += 1
    for name, doc in [(CASE_SHEET, "Name, dates and choices of the case.")] + [
        (table.name, table.doc + (" Optional." if table.optional_file else "")) for table in tables
    ]:
        sheet.write_url(row, 0, f"internal:'{name}'!A1", string=name)
        sheet.write_string(row, 1, doc, styles.wrap)
        row += 1
    if case is not None and case.info.notice:
        sheet.write_string(row + 1, 0, "Note")
        sheet.write_string(row + 1, 1, case.info.notice, styles.wrap)


def _case_sheet(sheet: Worksheet, styles: _Styles, case: Case | None) -> None:
    """Write the keys of case.toml, one a row."""
    for at, name in enumerate(("key", "value", "unit", "meaning")):
        sheet.write_string(0, at, name, styles.name)
    sheet.set_column(0, 0, 18, styles.text)
    sheet.set_column(1, 1, 40)
    sheet.set_column(2, 2, 12)
    sheet.set_column(3, 3, 90)
    sheet.freeze_panes(1, 1)
    for row, (key, column) in enumerate(CASE_KEYS.items(), start=1):
        sheet.write_string(row, 0, key, styles.name)
        _write(sheet, row, 1, getattr(case.info, key) if case else STARTS[key], column, styles)
        sheet.write_string(row, 2, unit_text(column), styles.unit)
        sheet.write_string(row, 3, column.doc + (" Optional." if column.optional else ""), styles.wrap)
        _drop_down(sheet, column, row, row, 1)


def _table_sheet(sheet: Worksheet, styles: _Styles, table: Table, case: Case | None) -> None:
    frame = case[table.name] if case is not None else None
    rows = 0 if frame is None else len(frame)
    if frame is None and table.name == "settings":
        rows = len(SETTINGS)
    last = FIRST_ROW - 2 + max(rows + 200, ROWS_TO_FILL)
    sheet.freeze_panes(FIRST_ROW - 1, len(table.key))
    for at, column in enumerate(table.all_columns):
        values: list[Any] = [] if frame is None else frame[column.name].tolist()
        if frame is None and table.name == "settings":
            values = _setting_texts(column.name)
        style = styles.key if column.name in table.key else styles.name
        sheet.write_string(0, at, column.name, styles.optional if column.optional else style)
        sheet.write_comment(0, at, _note(column), {"x_scale": 2, "y_scale": 1.2, "author": ""})
        sheet.write_string(1, at, unit_text(column), styles.unit)
        longest = max((len(str(value)) for value in values if _shown(value)), default=0)
        width = max(9, min(_WIDEST, max(longest, len(column.name) + 2, len(unit_text(column)) + 2)))
        sheet.set_column(at, at, width, styles.of(column))
        for row, value in enumerate(values, start=FIRST_ROW - 1):
            _write(sheet, row, at, value, column, styles)
        _drop_down(sheet, column, FIRST_ROW - 1, last, at)


def _setting_texts(column: str) -> list[Any]:
    """Return the settings' names and units for an empty case."""
    if column == "setting":
        return list(SETTINGS)
    return [setting.unit for setting in SETTINGS.values()] if column == "unit" else []


def _note(column: Column) -> str:
    takes = allowed(column).replace("`", "")
    return "\n".join(part for part in (column.doc, f"Unit: {unit_text(column)}", takes) if part)


def _shown(value: object) -> bool:
    return not (value is None or value == "" or (isinstance(value, float) and np.isnan(value)))


def _write(sheet: Worksheet, row: int, at: int, value: Any, column: Column, styles: _Styles) -> None:
    """Write one value; a number that a spreadsheet would round is written as its digits."""
    style = styles.of(column)
    if not _shown(value):
        return
    if isinstance(value, bool | np.bool_):
        sheet.write_boolean(row, at, bool(value), style)
    elif isinstance(value, datetime.date):
        sheet.write_datetime(row, at, datetime.datetime(value.year, value.month, value.day), styles.date)
    elif isinstance(value, int | float | np.integer | np.floating):
        number = float(value)
        if float(f"{number:.15g}") == number:
            sheet.write_number(row, at, number, style)
        else:
            sheet.write_string(row, at, repr(number), styles.text)
    else:
        sheet.write_string(row, at, str(value), style)


def _drop_down(sheet: Worksheet, column: Column, first: int, last: int, at: int) -> None:
    """Offer the answers of a column; a list too long for a spreadsheet is left to the note and the check."""
    options: dict[str, Any] = {"validate": "list", "error_title": column.name[:32]}
    if column.parent is not None:
        table, name = column.parent
        letter = column_name(TABLES[table].column_names.index(name) + 1)
        source = f"='{table}'!${letter}${FIRST_ROW}:${letter}${FIRST_ROW - 1 + ROWS_TO_FILL}"
        message = f"This name is not in the sheet {table}."
        options |= {"source": source, "error_type": "warning", "error_message": message}
        sheet.data_validation(first, at, last, at, options)
        return
    words = ["TRUE", "FALSE"] if column.kind == "bool" else list(column.choices)
    if words and len(",".join(words)) <= _LONGEST_LIST:
        message = "Choose one of the words of the list."
        options |= {"source": words, "error_type": "stop", "error_message": message}
        sheet.data_validation(first, at, last, at, options)


def _weather_by_file(case: Case | None) -> dict[str, Hourly]:
    """Return the temperatures of each file that a station names."""
    if case is None:
        return {}
    stations = case["stations"][["station", "file"]].itertuples(index=False)
    return {str(file): case.weather[str(station)] for station, file in stations}


def _light_by_file(case: Case | None) -> dict[str, Irradiance]:
    """Return the irradiance of each file that a station names and that has any."""
    if case is None:
        return {}
    known = {str(file): irradiance_of(case, str(file)) for file in dict.fromkeys(case["stations"]["file"])}
    return {file: values for file, values in known.items() if values is not None}


def _weather_sheet(
    sheet: Worksheet, styles: _Styles, weather: Mapping[str, Hourly], light: Mapping[str, Irradiance]
) -> None:
    sheet.freeze_panes(FIRST_ROW - 1, 1)
    sheet.write_string(0, 0, HOUR, styles.key)
    sheet.write_string(1, 0, "hour", styles.unit)
    sheet.write_comment(0, 0, "0 to 8759 in order: a typical year without 29 February.", {"author": ""})
    sheet.set_column(0, 0, 14)
    columns = [(file, "degC", hourly) for file, hourly in weather.items()]
    for file, values in light.items():
        columns += [(name, "W/m2", values[:, at]) for at, name in enumerate(light_columns(file))]
    for at, (name, unit, hourly) in enumerate(columns, start=1):
        sheet.set_column(at, at, max(9, len(name) + 2))
        sheet.write_string(0, at, name, styles.name)
        sheet.write_string(1, at, unit, styles.unit)
        sheet.write_column(FIRST_ROW - 1, at, hourly.tolist())
    hours = len(next(iter(weather.values()))) if weather else 0
    sheet.write_column(FIRST_ROW - 1, 0, list(range(hours)))


def _notices_sheet(sheet: Worksheet, styles: _Styles, notices: Mapping[str, str]) -> None:
    """Write the texts that must go with the data, a line a row."""
    sheet.set_column(0, 0, 120)
    row = 0
    for name, text in sorted(notices.items()):
        sheet.write_string(row, 0, name, styles.title)
        for line in text.splitlines():
            row += 1
            if line:
                sheet.write_string(row, 0, line[:32_000])
        row += 2
