"""Faults that can be planted in any table of a case, by name: where they lie and how they are reported."""

import csv
import io
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from dcplan.data.schema import Column, Table
from dcplan.data.tables import TABLES


class NotHereError(Exception):
    """The table has no place for this fault."""


@dataclass
class Sheet:
    """The cells of one CSV file, to be damaged: `rows[0]` is spreadsheet row 2."""

    table: Table
    header: list[str]
    rows: list[list[str]]
    needs: set[str] = field(default_factory=set)  # tables that must stay whole for the fault to show
    raw: bytes | None = None

    @classmethod
    def read(cls, folder: Path, name: str) -> "Sheet":
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        return cls(TABLES[name], header, rows)

    def text(self) -> str:
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows([self.header, *self.rows])
        return out.getvalue()

    def lines(self) -> list[str]:
        if any("\n" in cell for row in self.rows for cell in row):
            raise NotHereError
        return self.text().splitlines()

    def write(self, folder: Path) -> None:
        content = self.text().encode() if self.raw is None else self.raw
        (folder / self.table.file).write_bytes(content)

    def pick(
        self, dice: random.Random, fits: Callable[[Column], bool], *, filled: bool = True
    ) -> tuple[int, Column]:
        """Return the position of a row and a column that fits; the cell holds something if `filled`."""
        names = [c for c in self.table.all_columns if c.name in self.header and fits(c)]
        places = [
            (at, column)
            for column in names
            for at, row in enumerate(self.rows)
            if row[self.header.index(column.name)] or not filled
        ]
        if not places:
            raise NotHereError
        return dice.choice(places)

    def put(self, at: int, column: str, value: str) -> None:
        self.rows[at][self.header.index(column)] = value

    def get(self, at: int, column: str) -> str:
        return self.rows[at][self.header.index(column)]


@dataclass(frozen=True)
class Expected:
    """Where a planted fault must be reported, and a word of the rule or the remedy."""

    row: int | None
    column: str | None
    word: str


Plant = Callable[[Sheet, random.Random], Expected]
FAULTS: dict[str, Plant] = {}


def fault(plant: Plant) -> Plant:
    FAULTS[plant.__name__.replace("_", " ")] = plant
    return plant


def numeric(column: Column) -> bool:
    return column.kind in {"int", "float"}


def free(column: Column) -> bool:
    return column.kind == "text" and not column.references


def named(sheet: Sheet) -> Callable[[Column], bool]:
    return lambda c: c.kind == "text" and c.name in sheet.table.key and not c.references


# ---- the file as a whole --------------------------------------------------------------------------------


@fault
def not_text(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = b"\x81\xff\xfe\x00" + dice.randbytes(64)
    return Expected(None, None, "neither UTF-8 nor Shift_JIS")


@fault
def broken_utf_8(sheet: Sheet, dice: random.Random) -> Expected:
    content = bytearray(sheet.text().encode())
    content[dice.randrange(len(content)) : 0] = b"\xff\xff"
    sheet.raw = bytes(content)
    return Expected(None, None, "neither UTF-8 nor Shift_JIS")


@fault
def no_bytes(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = b""
    return Expected(None, None, "no header row")


@fault
def blank_rows_alone(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = b"\n" * dice.randint(1, 9) + b",,,\n"
    return Expected(None, None, "no header row")


@fault
def header_alone(sheet: Sheet, dice: random.Random) -> Expected:
    if sheet.table.optional_file and sheet.table.name != "carbon_prices":
        raise NotHereError
    sheet.rows = []
    return Expected(None, None, "has no rows")


@fault
def semicolons(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = sheet.text().replace(",", ";").encode()
    return Expected(1, None, "separated by semicolons")


@fault
def tabs(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = sheet.text().replace(",", "\t").encode()
    return Expected(1, None, "separated by tabs")


@fault
def utf_16_without_mark(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.raw = sheet.text().encode("utf-16-le")
    return Expected(None, None, "")


@fault
def too_many_columns(sheet: Sheet, dice: random.Random) -> Expected:
    extra = 200 + dice.randint(1, 50)
    sheet.header = sheet.header + [f"x{i}" for i in range(extra)]
    sheet.rows = [row + [""] * extra for row in sheet.rows]
    return Expected(1, None, "more than 200")


@fault
def endless_line(sheet: Sheet, dice: random.Random) -> Expected:
    lines = sheet.lines()
    at = dice.randrange(1, len(lines) + 1)
    sheet.raw = "\n".join([*lines[:at], "1" * 1_100_000, *lines[at:]]).encode()
    return Expected(at + 1, None, "a line of more than 1,000,000")


# ---- quoting and the shape of rows ----------------------------------------------------------------------


@fault
def nul_character(sheet: Sheet, dice: random.Random) -> Expected:
    lines = sheet.lines()
    at = dice.randrange(1, len(lines))
    lines[at] = lines[at].replace(",", ",\0", 1)
    sheet.raw = "\n".join(lines).encode()
    return Expected(at + 1, None, "NUL")


@fault
def open_quote(sheet: Sheet, dice: random.Random) -> Expected:
    lines = sheet.lines()
    lines[-1] = '"' + lines[-1].replace('"', "")
    sheet.raw = "\n".join(lines).encode()
    return Expected(len(lines), None, "not valid CSV")


@fault
def text_after_quote(sheet: Sheet, dice: random.Random) -> Expected:
    lines = sheet.lines()
    at = dice.randrange(1, len(lines))
    lines[at] = '"a"b,' + lines[at]
    sheet.raw = "\n".join(lines).encode()
    return Expected(at + 1, None, "not valid CSV")


@fault
def huge_cell(sheet: Sheet, dice: random.Random) -> Expected:
    at = dice.randrange(len(sheet.rows))
    sheet.rows[at][0] = "x" * 200_000
    return Expected(at + 2, None, "field larger")


@fault
def short_row(sheet: Sheet, dice: random.Random) -> Expected:
    at = dice.randrange(len(sheet.rows))
    sheet.rows[at] = sheet.rows[at][: -dice.randint(1, 3)]
    return Expected(at + 2, None, "Add the missing commas")


@fault
def long_row(sheet: Sheet, dice: random.Random) -> Expected:
    at = dice.randrange(len(sheet.rows))
    sheet.rows[at] = sheet.rows[at] + ["7"] * dice.randint(1, 3)
    return Expected(at + 2, None, "cells where the header has")


@fault
def unquoted_thousands(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, numeric)
    place = sheet.header.index(column.name)
    sheet.rows[at][place : place + 1] = ["1", "234", "567"]
    return Expected(at + 2, None, '"1,234"')


# ---- the header -----------------------------------------------------------------------------------------


@fault
def repeated_header(sheet: Sheet, dice: random.Random) -> Expected:
    name = dice.choice(sheet.header)
    sheet.header = [*sheet.header, name]
    sheet.rows = [[*row, row[-1]] for row in sheet.rows]
    return Expected(1, name, "2 times in the header")


@fault
def unknown_column(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.header = [*sheet.header, "colour"]
    sheet.rows = [[*row, "red"] for row in sheet.rows]
    return Expected(1, "colour", "not a column")


@fault
def misspelt_column(sheet: Sheet, dice: random.Random) -> Expected:
    column = dice.choice([c for c in sheet.table.all_columns if len(c.name) > 4 and c.name in sheet.header])
    wrong = column.name[:-1] + ("x" if column.name[-1] != "x" else "y")
    sheet.header[sheet.header.index(column.name)] = wrong
    return Expected(1, wrong, f"Did you mean {column.name}?")


@fault
def missing_column(sheet: Sheet, dice: random.Random) -> Expected:
    column = dice.choice([c for c in sheet.table.all_columns if not c.optional])
    place = sheet.header.index(column.name)
    del sheet.header[place]
    for row in sheet.rows:
        del row[place]
    return Expected(1, column.name, "missing column")


@fault
def unnamed_column(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.header.insert(1, "")
    sheet.rows = [[row[0], "7", *row[1:]] for row in sheet.rows]
    return Expected(1, None, "without a name")
