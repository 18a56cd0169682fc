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


# ---- numbers --------------------------------------------------------------------------------------------


def number_fault(name: str, word: str, *values: str) -> None:
    def plant(sheet: Sheet, dice: random.Random) -> Expected:
        at, column = sheet.pick(dice, numeric)
        sheet.put(at, column.name, dice.choice(values))
        return Expected(at + 2, column.name, word)

    FAULTS[name] = plant


number_fault("letters for a number", "must be a number", "abc", "twelve", "O", "十二")
number_fault("not a number", "finite", "nan", "NaN", "-nan")
number_fault("infinity", "finite", "inf", "-Infinity", "INF")
number_fault("number too large", "finite", "1e400", "-9e999", "1" * 400)
number_fault("percent", "0.05", "5%", "5 %", "５％")
number_fault("currency sign", "currency", "¥100", "$5", "￥1,000")
number_fault("currency word", "currency", "100円", "3千円", "1億円")
number_fault("formula for a number", "formula", "=1+1", "=SUM(A1:A3)", "＝A1")
number_fault("circled digit", "must be a number", "①", "㉑")
number_fault("underscored digits", "must be a number", "1_000", "1_0")
number_fault("other bases", "must be a number", "0x10", "0b1", "017o")
number_fault("digits of another script", "must be a number", "١٢", "१२")
number_fault("blank inside a number", "must be a number", "1 000", "1\u00a0000", "- 5")
number_fault("decimal comma", "groups of three", "1,5", "0,25")
number_fault("wrong grouping", "groups of three", "12,34,567", "1,2345")
number_fault("two points", "must be a number", "1.2.3", "1..2")
number_fault("signs without a number", "must be a number", "+", "-", "--1", ".", "e5")
number_fault("unit beside a number", "must be a number", "5kW", "12 racks", "3 MW")
number_fault("fraction", "must be a number", "1/2", "½", "3/4")
number_fault("list of numbers", "must be a number", "1;2", "1 2", "[1]", "1、2")
number_fault("Roman numeral", "must be a number", "Ⅷ", "XIV")
number_fault("word for a number", "must be a number", "true", "none", "null", "-", "n/a", "TBD")
number_fault("range for a number", "must be a number", "5-7", "5~7", "約5")


@fault
def below_the_bound(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: numeric(c) and (c.lower is not None or c.above is not None))
    low = column.lower if column.lower is not None else column.above
    assert low is not None
    sheet.put(at, column.name, str(int(low) - dice.randint(1, 9)))
    return Expected(at + 2, column.name, "must be")


@fault
def above_the_bound(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: numeric(c) and (c.upper is not None or c.below is not None))
    high = column.upper if column.upper is not None else column.below
    assert high is not None
    sheet.put(at, column.name, str(int(high) + dice.randint(1, 9)))
    return Expected(at + 2, column.name, "must be")


@fault
def half_of_a_whole_number(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: c.kind == "int")
    sheet.put(at, column.name, dice.choice(["12.5", "2024.1", "1e-3"]))
    return Expected(at + 2, column.name, "whole number")


@fault
def excel_error(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: True)
    sheet.put(at, column.name, dice.choice(["#N/A", "#REF!", "#DIV/0!", "#VALUE!", "#NAME?", "#SPILL!"]))
    return Expected(at + 2, column.name, "Excel error")


# ---- dates, flags, words --------------------------------------------------------------------------------


def kind_fault(name: str, kind: str, word: str, *values: str) -> None:
    def plant(sheet: Sheet, dice: random.Random) -> Expected:
        at, column = sheet.pick(dice, lambda c: c.kind == kind and c.name != "known_on", filled=False)
        sheet.put(at, column.name, dice.choice(values))
        return Expected(at + 2, column.name, word)

    FAULTS[name] = plant


kind_fault("day that does not exist", "date", "day that exists", "2023-02-29", "2026-13-01", "2026/4/31")
kind_fault("Japanese era", "date", "is this 2026-04-01?", "R8.4.1", "令和8年4月1日", "Ｒ８．４．１")
kind_fault("day number", "date", "day number of 2026-04-01", "46113", "４６１１３")
kind_fault("compact date", "date", "Is this 2026-04-01?", "20260401", "2026年4月1日", "2026.4.1")
kind_fault("day first", "date", "must be a date", "1/4/2026", "01-04-2026", "4/1/26")
kind_fault("time of day", "date", "must be a date", "2026-04-01 09:00", "2026-04-01T00:00:01Z")
kind_fault("year out of range", "date", "Check the year", "1899-12-31", "3026-04-01", "0026-04-01")
kind_fault("mixed separators", "date", "must be a date", "2026-4/1", "2026/04-01")
kind_fault("words for a date", "date", "must be a date", "April 2026", "soon", "2026", "2026-04")
kind_fault("words for a flag", "bool", "true or false", "yes", "no", "〇", "T", "はい")
kind_fault("digits for a flag", "bool", "true or false", "1", "0", "-1")
kind_fault("unknown word", "choice", "must be one of", "zzz", "その他", "?")


@fault
def word_in_other_letters(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: c.kind == "choice" and all(len(w) > 3 for w in c.choices))
    word = sheet.get(at, column.name)
    sheet.put(at, column.name, word.upper() if word.upper() != word else word.lower())
    return Expected(at + 2, column.name, f"Did you mean {word}?")


# ---- names and texts ------------------------------------------------------------------------------------


def name_fault(label: str, word: str, change: Callable[[str], str]) -> None:
    def plant(sheet: Sheet, dice: random.Random) -> Expected:
        at, column = sheet.pick(dice, named(sheet))
        sheet.put(at, column.name, change(sheet.get(at, column.name)))
        return Expected(at + 2, column.name, word)

    FAULTS[label] = plant


name_fault("name too long", "at most 64", lambda s: s + "x" * 64)
name_fault("line break in a name", "one line", lambda s: f"{s}\nx")
name_fault("tab in a name", "one line", lambda s: f"{s}\tx")
name_fault("direction mark in a name", "text-direction", lambda s: f"{s}\u202ex")
name_fault("control character in a name", "control characters", lambda s: f"{s}\x07x")
name_fault("formula for a name", "like a formula", lambda s: f"=1+{s}")


@fault
def text_too_long(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: c.name == "reason", filled=False)
    sheet.put(at, column.name, "long " * 1_000)
    return Expected(at + 2, column.name, "4000 characters")


@fault
def control_character_in_a_text(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: c.name == "reason", filled=False)
    sheet.put(at, column.name, "a\x1bb")
    return Expected(at + 2, column.name, "control characters")


# ---- what must be there, keys and references ------------------------------------------------------------


@fault
def empty_cell(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: not c.optional and c.name not in sheet.table.key)
    sheet.put(at, column.name, dice.choice(["", " ", "NA", "　"]))
    return Expected(at + 2, column.name, "must not be empty")


@fault
def empty_key(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: c.name in sheet.table.key and not c.optional)
    sheet.put(at, column.name, "")
    return Expected(at + 2, column.name, "must not be empty")


@fault
def repeated_key(sheet: Sheet, dice: random.Random) -> Expected:
    sheet.rows.append(list(dice.choice(sheet.rows)))
    return Expected(len(sheet.rows) + 1, ", ".join(sheet.table.key), "repeats the key of row")


@fault
def key_in_another_width(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, named(sheet))
    row = list(sheet.rows[at])
    place = sheet.header.index(column.name)
    row[place] = row[place].translate({code: code + 0xFEE0 for code in range(0x30, 0x7B)})
    if row[place] == sheet.rows[at][place]:
        raise NotHereError
    sheet.rows.append(row)
    return Expected(len(sheet.rows) + 1, ", ".join(sheet.table.key), "only by width or letter case")


@fault
def unknown_reference(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = sheet.pick(dice, lambda c: bool(c.references))
    assert column.parent is not None
    sheet.needs.add(column.parent[0])
    sheet.put(at, column.name, "nowhere")
    return Expected(at + 2, column.name, "is not in")


@fault
def missing_year(sheet: Sheet, dice: random.Random) -> Expected:
    if not sheet.table.series or len(sheet.rows) < 3:
        raise NotHereError
    place = sheet.header.index("fiscal_year")
    del sheet.rows[next(at for at, row in enumerate(sheet.rows) if row[place] == "2023")]
    return Expected(None, None, "no row for FY2023")


# ---- provenance -----------------------------------------------------------------------------------------


def assumption(sheet: Sheet, dice: random.Random, *, measured: bool) -> int:
    if not sheet.table.provenance or (measured and not sheet.table.measure):
        raise NotHereError
    at = dice.randrange(len(sheet.rows))
    if sheet.get(at, "basis") != "assumption":
        raise NotHereError
    return at


@fault
def assumption_without_reason(sheet: Sheet, dice: random.Random) -> Expected:
    at = assumption(sheet, dice, measured=False)
    sheet.put(at, "reason", "")
    return Expected(at + 2, "reason", "says why")


@fault
def assumption_without_range(sheet: Sheet, dice: random.Random) -> Expected:
    at, column = assumption(sheet, dice, measured=True), dice.choice(["low", "high"])
    sheet.put(at, column, "")
    return Expected(at + 2, column, "states the range")


@fault
def range_upside_down(sheet: Sheet, dice: random.Random) -> Expected:
    at = assumption(sheet, dice, measured=True)
    sheet.put(at, "low", str(float(sheet.get(at, sheet.table.measure)) + 1))
    return Expected(at + 2, "low", "at most the value")


@fault
def range_of_a_fact(sheet: Sheet, dice: random.Random) -> Expected:
    at = assumption(sheet, dice, measured=True)
    sheet.put(at, "basis", "public")
    return Expected(at + 2, "low", "only assumptions")


# ---- settings -------------------------------------------------------------------------------------------


@fault
def unknown_setting(sheet: Sheet, dice: random.Random) -> Expected:
    at = settings_row(sheet, dice)
    sheet.put(at, "setting", "wishes")
    return Expected(at + 2, "setting", "not a setting")


@fault
def setting_left_out(sheet: Sheet, dice: random.Random) -> Expected:
    at = settings_row(sheet, dice)
    name = sheet.get(at, "setting")
    del sheet.rows[at]
    return Expected(None, None, f"no row for the setting {name}")


@fault
def setting_in_another_unit(sheet: Sheet, dice: random.Random) -> Expected:
    at = settings_row(sheet, dice)
    sheet.put(at, "unit", "furlongs")
    return Expected(at + 2, "unit", "must be")


def settings_row(sheet: Sheet, dice: random.Random) -> int:
    if sheet.table.name != "settings":
        raise NotHereError
    return dice.randrange(len(sheet.rows))
