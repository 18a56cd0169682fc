"""Faults of a workbook: what is edited, the cell that is named, and words of what is said about it."""

import datetime
from collections.abc import Callable
from typing import Any

Edit = Callable[[Any], object]


def place(book: Any, table: str, column: str, row: int = 3) -> Any:
    names = [cell.value for cell in book[table][1]]
    return book[table].cell(row, names.index(column) + 1)


def put(table: str, column: str, value: object, row: int = 3) -> Edit:
    return lambda book: setattr(place(book, table, column, row), "value", value)


REFUSED: dict[str, tuple[Edit, str, str]] = {
    "word": (put("leases", "renewal", "automatik"), "leases!", "Did you mean automatic?"),
    "negative": (put("halls", "it_kw", -20), "halls!G3", "must be more than 0 kW"),
    "error cell": (put("halls", "pue", "#N/A"), "halls!J3", "Excel error"),
    "date for a number": (put("halls", "pue", datetime.date(2026, 1, 3)), "halls!J3", "must be a number"),
    "time of day": (put("leases", "term_end", datetime.datetime(2024, 3, 31, 9)), "leases!", "a date"),
    "era": (put("leases", "term_end", "R6.3.31"), "leases!", "is this 2024-03-31?"),
    "eight digits": (put("leases", "term_end", "20240331"), "leases!", "Is this 2024-03-31?"),
    "number for a flag": (put("classes", "movable", 1), "classes!", "true or false"),
    "unknown name": (put("halls", "site", "Kampus"), "halls!B3", "Did you mean Campus?"),
    "empty": (put("halls", "status", None), "halls!D3", "must not be empty"),
    "unit": (put("halls", "it_kw", "MW", 2), "halls!G2", "must be kW"),
    "column": (put("halls", "it_kw", "it_mw", 1), "halls!G1", "Did you mean it_kw?"),
    "units row gone": (lambda book: book["halls"].delete_rows(2), "halls!A2", "must be the units row"),
    "value outside": (lambda book: book["halls"].cell(3, 40, 7), "halls!AN3", "lies outside the table"),
    "merged": (lambda book: book["halls"].merge_cells("A3:A4"), "halls!A3", "merged cells (A3:A4)"),
    "formula": (put("halls", "it_kw", "=400*2"), "halls!G3", "never calculated"),
    "formula in case": (lambda book: book["case"].__setitem__("B7", "=1+2"), "case!B7", "never calculated"),
    "sheet gone": (lambda book: book.remove(book["halls"]), "halls", "is a missing sheet"),
    "case gone": (lambda book: book.remove(book["case"]), "case", "is a missing sheet"),
    "sheet misspelt": (lambda book: setattr(book["budgets"], "title", "budget"), "budget", "mean budgets?"),
    "own sheet": (lambda book: book.create_sheet("memo").append(["x"]), "memo", "Call it _memo"),
    "no rows": (lambda book: book["halls"].delete_rows(3, 9), "halls", "has no rows"),
    "case value": (lambda book: book["case"].__setitem__("B5", "April"), "case!B5", "must be a date"),
    "case key": (lambda book: book["case"].__setitem__("A3", "titel"), "case!B3", "Did you mean title?"),
    "key twice": (lambda book: book["case"].append(["name", "x"]), "case!A", "stands twice"),
    "no case header": (lambda book: book["case"].delete_rows(1), "case!A1", "headers key and value"),
    "hour": (lambda book: book["weather"].__setitem__("B100", "hot"), "weather!B100", "must be a number"),
    "fahrenheit": (lambda book: book["weather"].__setitem__("B100", 77), "weather!B100", "from -40 to 50"),
    "hours missing": (lambda book: book["weather"].delete_rows(100), "weather!A100", "must be 97"),
    "weather gone": (lambda book: book["weather"].delete_cols(2), "stations!B3", "is not in weather/"),
    "rule": (put("occupancy", "racks", 90), "", "demand"),
    "repeated key": (put("occupancy", "hall", "A", 4), "occupancy!A4", "repeats the key of row 3"),
}  # fmt: skip


# Faults of different sheets or cells are reported of one workbook, and none hides another. Most are faults of
# the sheet halls, which is refused once a workbook.
TOGETHER = [
    ("word", "negative", "error cell", "time of day", "number for a flag", "empty"),
    ("date for a number", "era", "formula", "formula in case", "case value"),
    ("unknown name", "own sheet", "case key", "repeated key"),
    ("sheet gone", "sheet misspelt", "key twice"),
    ("no rows", "no case header"),
    ("units row gone", "case gone"),
    ("hour", "unit"),
    ("fahrenheit", "column"),
    ("hours missing", "merged"),
    ("weather gone", "value outside"),
]
OF_THE_WEATHER = {"hour", "fahrenheit", "hours missing", "weather gone"}
ALONE = [(name,) for name in REFUSED if name not in sum(TOGETHER, ())]
