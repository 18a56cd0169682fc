"""An Excel workbook of tidy tables: one a sheet, labelled, with units, and the same bytes each time.

Row 1 of a sheet holds labels, row 2 units, in a book with clauses row 3 the clause that a column answers to,
the last row of the head the machine names: they are the header of an Excel Table object, whose rows follow,
so that `pandas.read_excel(file, sheet_name=..., header=2)` (3 with clauses) reads it back. Rows and key
columns are frozen. No merged cells; text never becomes a formula or a link, whatever it begins with.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.report.pack_labels import unit_label

if TYPE_CHECKING:
    from xlsxwriter.format import Format
    from xlsxwriter.workbook import Workbook
    from xlsxwriter.worksheet import Worksheet

    from dcplan.report.dictionary import Field, Sheet

HEAD = 3
"""Rows above the data; one more in a book with clauses."""
PICTURE_ROWS = 38
PAGE_WIDTH = 200.0
"""Characters of a table that a printed page shows in a size that can be read."""
NARROWEST, WIDEST, WIDEST_TEXT = 9.0, 22.0, 70.0
FONT = {"en": "Calibri", "ja": "Yu Gothic"}
INK, HEAD_FILL, KEY_FILL, GOOD, BAD = "#1F3864", "#D9E2F3", "#F2F2F2", "#E2F0D9", "#F8CBAD"
FORMATS: Mapping[str, str] = {
    "M JPY": "#,##0.0;[Red]-#,##0.0",
    "JPY": "#,##0;[Red]-#,##0",
    "-": "0.0000",
    "%": "0.0%;[Red]-0.0%",
    "% per year": "0.0%;[Red]-0.0%",
    "years": "0.00",
    "by row": "#,##0.00##;[Red]-#,##0.00##",
    "months": "0",
    "MWh": "#,##0",
    "kW": "#,##0",
    "racks": "#,##0",
    "tCO2e": "#,##0.0;[Red]-#,##0.0",
    "kg/kWh": "0.0000",
    "kL": "#,##0.0",
    "percent": "0.0;[Red]-0.0",
}
"""Number formats by unit; the value below is always the full one."""
SAFE = {
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
    "nan_inf_to_errors": False,
    "in_memory": True,
}


@dataclass(frozen=True)
class Line:
    """A line of the first sheet: a heading (no text), or a name with its text; `mark` colours a result."""

    name: str
    text: str = ""
    mark: str = ""


@dataclass(frozen=True)
class Book:
    """What a workbook holds: the lines of its first sheet, PNG pictures, then (sheet, table) in order."""

    title: str
    lines: Sequence[Line]
    sheets: Sequence[tuple[Sheet, pd.DataFrame]]
    lang: str
    created: datetime
    read_me: str = "Read me"
    footer: str = ""
    pictures: Sequence[bytes] = ()
    picture_sheet: str = "Charts"
    colours: Mapping[str, str] = field(default_factory=dict)
    clauses: bool = False

    @property
    def head(self) -> int:
        """Rows above the data of a sheet."""
        return HEAD + self.clauses


def write_workbook(book: Book, path: Path) -> None:
    """Write a workbook; the same book gives the same bytes.

    Raises:
        LookupError: a table holds a column that its dictionary does not.
    """
    import xlsxwriter

    with xlsxwriter.Workbook(str(path), SAFE) as made:
        made.set_properties({"title": book.title, "author": "dcplan", "created": book.created})
        looks = _Looks(made, FONT[book.lang])
        _write_lines(made.add_worksheet(book.read_me), book, looks)
        if book.pictures:
            _place_pictures(made.add_worksheet(book.picture_sheet), book)
        for sheet, table in book.sheets:
            page = made.add_worksheet(sheet.title)
            _write_table(page, sheet, sheet.arranged(table), book, looks)
            if sheet.code in book.colours:
                page.set_tab_color(book.colours[sheet.code])


class _Looks:
    """The cell formats of a workbook, made once each."""

    def __init__(self, book: Workbook, font: str) -> None:
        self._book, self._font = book, font
        self._made: dict[tuple[tuple[str, Any], ...], Format] = {}

    def __call__(self, **settings: Any) -> Format:
        name = tuple(sorted(settings.items()))
        if name not in self._made:
            self._made[name] = self._book.add_format({"font_name": self._font, "font_size": 10, **settings})
        return self._made[name]


def _write_lines(page: Worksheet, book: Book, looks: _Looks) -> None:
    """Write the first sheet: a title, then names and texts, wrapped."""
    page.hide_gridlines(2)
    page.set_column(0, 0, 30, looks(valign="top"))
    page.set_column(1, 1, 110, looks(valign="top", text_wrap=True))
    page.write_string(0, 0, book.title, looks(bold=True, font_size=14, font_color=INK))
    for row, line in enumerate(book.lines, start=2):
        if not line.text:
            page.write_string(row, 0, line.name, looks(bold=True, font_color=INK, bottom=1, bottom_color=INK))
            page.write_blank(row, 1, None, looks(bottom=1, bottom_color=INK))
            continue
        page.write_string(row, 0, line.name, looks(valign="top", text_wrap=True))
        fill = {"good": GOOD, "bad": BAD}.get(line.mark)
        colour = {"bg_color": fill} if fill else {}
        page.write_string(row, 1, line.text, looks(valign="top", text_wrap=True, **colour))
        page.set_row(row, 14.0 * max(_lines(line.text, 105.0), _lines(line.name, 29.0)))
    _print_setup(page, book, landscape=False)


def _place_pictures(page: Worksheet, book: Book) -> None:
    """Put the pictures one below the other."""
    page.hide_gridlines(2)
    for place, picture in enumerate(book.pictures):
        options = {"image_data": BytesIO(picture), "object_position": 3}
        page.insert_image(1 + place * PICTURE_ROWS, 1, f"picture-{place + 1}.png", options)
    _print_setup(page, book, landscape=True)


def _write_table(page: Worksheet, sheet: Sheet, table: pd.DataFrame, book: Book, looks: _Looks) -> None:
    keys = len(sheet.key)
    head = {"bg_color": HEAD_FILL, "font_color": INK}
    names = {"font_color": INK, "align": "left"}  # a filter button stands at the right end
    sides = [_side(each) for each in sheet.fields]
    widths = [_column_width(each, table[each.name], book.lang) for each in sheet.fields]
    for place, each in enumerate(sheet.fields):
        side = sides[place]
        label = looks(bold=True, text_wrap=True, valign="bottom", **head, **side)
        unit = looks(italic=True, **head, **side)
        page.write_string(0, place, each.label(book.lang), label)
        page.write_string(1, place, unit_label(each.unit, book.lang), unit)
        if book.clauses:
            clause = looks(font_size=8, text_wrap=True, valign="top", **head, **side)
            page.write_string(2, place, each.clause, clause)
        look: dict[str, Any] = {"num_format": number_format(each), "valign": "top"}
        look |= side | ({"text_wrap": True} if each.kind == "text" else {})
        look |= {"bg_color": KEY_FILL} if place < keys else {}
        page.set_column(place, place, widths[place], looks(valign="top"))
        _write_column(page, (book.head, place), each, table[each.name], looks(**look))
    page.set_row(0, 14.0 * max(map(_lines, (each.label(book.lang) for each in sheet.fields), widths)))
    if book.clauses:
        page.set_row(
            2, 11.0 * max(_lines(each.clause, 1.2 * w) for each, w in zip(sheet.fields, widths, strict=True))
        )
    page.add_table(
        book.head - 1,
        0,
        max(book.head, book.head + len(table) - 1),
        len(sheet.fields) - 1,
        {
            "name": f"{sheet.code.replace('.', '_')}_{sheet.name}",
            "style": "Table Style Light 1",
            "banded_rows": False,
            "columns": [{"header": each.name, "header_format": looks(**names)} for each in sheet.fields],
        },
    )
    page.freeze_panes(book.head, keys)
    page.repeat_rows(0, book.head - 1)
    _print_setup(page, book, landscape=True, pages=max(1, round(sum(widths) / PAGE_WIDTH)))
    page.repeat_columns(0, keys - 1)


def _write_column(
    page: Worksheet, at: tuple[int, int], each: Field, values: pd.Series[Any], look: Format
) -> None:
    """Write the cells of a column by their type; a missing value is an empty cell, never a zero."""
    first, place = at
    for row, value in enumerate(values, start=first):
        if pd.isna(value) or value == "":
            page.write_blank(row, place, None, look)
        elif each.kind == "text":
            page.write_string(row, place, str(value), look)
        elif each.kind == "bool":
            page.write_boolean(row, place, bool(value), look)
        elif each.kind == "date":
            day = value if isinstance(value, date) else date.fromisoformat(str(value))
            page.write_datetime(row, place, datetime(day.year, day.month, day.day), look)
        else:
            page.write_number(row, place, float(value), look)


def _side(each: Field) -> dict[str, Any]:
    return {"align": "right"} if each.kind in {"int", "float"} else {"align": "left", "indent": 1}


def number_format(each: Field) -> str:
    """Return the Excel number format of a column."""
    if each.kind == "date":
        return "yyyy-mm-dd"
    if each.kind == "bool":
        return '"TRUE";"TRUE";"FALSE"'
    if each.kind == "text":
        return "General"
    if each.unit in FORMATS:
        return FORMATS[each.unit]
    if each.unit.startswith("JPY/"):
        return "#,##0;[Red]-#,##0" if "kWh" not in each.unit else "0.00"
    return "0" if each.kind == "int" else "#,##0.0"


def _column_width(each: Field, values: pd.Series[Any], lang: str) -> float:
    """Return a width in characters that shows every number, and wraps long labels and texts."""
    if each.kind in {"int", "float"}:
        numbers = pd.to_numeric(values, errors="coerce").dropna()
        largest = float(numbers.abs().max()) if len(numbers) else 0.0
        longest = len(f"{largest:,.4f}" if each.unit == "by row" else f"{largest:,.1f}") + 2
    else:
        longest = max((_width(str(value)) for value in values if value is not None), default=0) + 1
    filter_button = 3
    heads = [len(each.name) + filter_button, _width(unit_label(each.unit, lang)) + 1]
    words = max((_width(word) for word in each.label(lang).split()), default=0) + 1
    widest = WIDEST_TEXT if each.kind == "text" else 40.0
    return float(min(max([NARROWEST, longest, *heads, min(words, WIDEST)]), widest))


def _lines(text: str, width: float) -> int:
    """Return how many lines a wrapped text takes; a Japanese text breaks anywhere, others between words."""
    words = text.split() if text.isascii() else list(text)
    count, used = 1, 0.0
    for word in words:
        needed = _width(word) + (1 if text.isascii() else 0)
        if used and used + needed > width:
            count, used = count + 1, 0.0
        used += needed
    return count


def _width(text: str) -> int:
    """Return how many half-width characters a text takes."""
    return sum(2 if unicodedata.east_asian_width(sign) in "WFA" else 1 for sign in text)


def _print_setup(page: Worksheet, book: Book, *, landscape: bool, pages: int = 1) -> None:
    """Set paper, footer and how many pages a sheet is wide; a wide table would be too small on one."""
    if landscape:
        page.set_landscape()
    page.set_paper(9)
    page.fit_to_pages(pages, 0)
    words = book.footer.replace("&", "&&")
    page.set_footer(f"&L&8{words}&R&8&A  &P/&N")
