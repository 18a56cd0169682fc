"""Faults of single cells, keys, references, provenance and settings; importing it adds them to `FAULTS`."""

import random
from collections.abc import Callable

from .faults import FAULTS, Expected, NotHereError, Sheet, fault, named, numeric

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
