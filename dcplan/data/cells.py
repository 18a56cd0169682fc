"""Turns the text of one cell into a value, or says what is wrong with it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterable
from datetime import date, timedelta
from math import isfinite
from typing import Final

from dcplan.data.schema import MISSING, Column

Value = str | int | float | bool | date | None

FULL_WIDTH: Final = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)} | {0x3000: 0x20, 0x2212: 0x2D}
"""Full-width forms and the minus sign U+2212 to ASCII. Narrower than NFKC, which also reads a circled 1 as
1."""

_NUMBER: Final = re.compile(r"[+-]?(?:\d{1,3}(?:,\d{3})+|\d+)?(?:\.\d*)?(?:[eE][+-]?\d+)?", re.ASCII)
_DATE: Final = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?: 0?0:00(?::00)?)?", re.ASCII)
FORMULA_STARTS: Final = ("=", "+", "-", "@")
"""What a spreadsheet takes for the start of a formula; in text an apostrophe before it is an escape."""

_ERRORS: Final = (
    "#N/A", "#REF!", "#VALUE!", "#DIV/0!", "#NAME?", "#NUM!", "#NULL!", "#SPILL!", "#CALC!", "#FIELD!",
    "#BLOCKED!", "#CONNECT!", "#BUSY!", "#UNKNOWN!", "#GETTING_DATA",
)  # fmt: skip
_ERAS: Final = {"R": 2019, "令和": 2019, "H": 1989, "平成": 1989, "S": 1926, "昭和": 1926}
_ERA: Final = re.compile(r"(R|H|S|令和|平成|昭和)(\d{1,2}|元)[./年-](\d{1,2})[./月-](\d{1,2})日?", re.ASCII)
_COMPACT: Final = re.compile(r"(\d{4})[.年]?(\d{1,2})[.月]?(\d{1,2})日?", re.ASCII)
_LARGEST_INT: Final = 2**53
_EARLIEST: Final = date(1950, 1, 1)
_LATEST: Final = date(2150, 12, 31)
_SERIALS: Final = (20_000, 80_000)
_TEXT_LIMIT: Final = 4000
_KEY_LIMIT: Final = 64
_CONTROL: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufffd\ufffe\uffff]")
_BIDI: Final = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069]")


class CellError(ValueError):
    """A cell that cannot be read: the rule that it breaks and the remedy."""

    def __init__(self, rule: str, remedy: str = "") -> None:
        """Keep rule and remedy."""
        super().__init__(rule, remedy)
        self.rule = rule
        self.remedy = remedy


def is_missing(cell: str) -> bool:
    """Say whether a cell holds no value: empty, blank or NA."""
    return cell.strip() in MISSING


def ascii_digits(cell: str) -> str:
    """Return the cell with full-width forms as ASCII and without surrounding blanks."""
    return cell.translate(FULL_WIDTH).strip()


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `Did you mean X?` for the nearest known word, else ''."""
    words = [str(item) for item in known]
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if not near:
        folded = {item.casefold(): item for item in words}
        near = [folded[word.casefold()]] if word.casefold() in folded else []
    return f"Did you mean {near[0]}?" if near else ""


def parse_float(cell: str) -> float:
    """Return a finite number; thousands separators (1,234) and full-width digits are read.

    Raises:
        CellError: the text is not a number, or not a finite one.
    """
    text = ascii_digits(cell)
    if not _NUMBER.fullmatch(text) or not any(c.isdigit() for c in text):
        raise _not_a_number(text)
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        raise _not_a_number(text) from None
    if not isfinite(value):
        raise CellError("must be a finite number", "It is too large to be read: check the exponent.")
    return value


def _not_a_number(text: str) -> CellError:
    word = text.lstrip("+-").casefold()
    if word in {"nan", "inf", "infinity"}:
        return CellError("must be a finite number", "Leave the cell empty only where the column is optional.")
    if text.endswith("%"):
        return CellError("must be a plain number", "Write a rate as a fraction: 5 % is 0.05.")
    if text.startswith(("=", "@")):
        return CellError("must be a number, not a formula", "Replace the formula by its value.")
    if text[:1] in {"¥", "￥", "$", "€"} or text.endswith(("円", "千円", "万円", "億円")):
        return CellError(
            "must be a plain number", "Remove the currency sign; the unit is in the column's name."
        )
    if re.fullmatch(r"[+-]?\d+(?:,\d*)+(?:\.\d*)?", text):
        return CellError(
            "must be a number", "A comma separates groups of three digits; decimals take a point."
        )
    return CellError("must be a number", "Write digits with a decimal point and no unit.")


def parse_int(cell: str) -> int:
    """Return a whole number; 12.0 is read as 12.

    Raises:
        CellError: the text is not a whole number.
    """
    value = parse_float(cell)
    if value != int(value):
        raise CellError("must be a whole number", "Remove the decimals.")
    if abs(value) > _LARGEST_INT:
        raise CellError("must be a whole number of at most 15 digits", "Check the number of zeros.")
    return int(value)


def parse_bool(cell: str) -> bool:
    """Return true or false, in any letter case.

    Raises:
        CellError: the text is another word.
    """
    word = ascii_digits(cell).casefold()
    if word not in {"true", "false"}:
        raise CellError("must be true or false", "Write true or false.")
    return word == "true"


def parse_date(cell: str) -> date:
    """Return a date written 2026-04-01 or 2026/4/1 (Excel's midnight after it is dropped).

    Raises:
        CellError: another notation, or a day that does not exist.
    """
    text = ascii_digits(cell)
    found = _DATE.fullmatch(text)
    if not found:
        raise CellError("must be a date", _date_remedy(text))
    try:
        day = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        raise CellError("must be a day that exists", "Check month and day.") from None
    if not _EARLIEST <= day <= _LATEST:
        raise CellError(f"must be a date from {_EARLIEST} to {_LATEST}", "Check the year.")
    return day


def _date_remedy(text: str) -> str:
    """Say how a date is written, and which day another notation probably means."""
    remedy = "Write it as 2026-04-01 or 2026/4/1."
    if text.isascii() and text.isdigit() and _SERIALS[0] <= int(text) <= _SERIALS[1]:
        return f"{remedy} Is this Excel's day number of {date(1899, 12, 30) + timedelta(days=int(text))}?"
    era = _ERA.fullmatch(text)
    day = _COMPACT.fullmatch(text)
    try:
        if era:
            year = _ERAS[era[1]] + (1 if era[2] == "元" else int(era[2])) - 1
            return (
                f"{remedy} Japanese era years are not read: is this {date(year, int(era[3]), int(era[4]))}?"
            )
        if day:
            return f"{remedy} Is this {date(int(day[1]), int(day[2]), int(day[3]))}?"
    except ValueError:
        return remedy
    return remedy


def parse_text(cell: str) -> str:
    """Return the text without surrounding blanks; what looks like a formula stays text.

    Line ends inside the text become line feeds. An apostrophe that keeps a spreadsheet from taking the text
    for a formula (`'=1+1`) is taken away.

    Raises:
        CellError: the text is too long, or holds control characters or marks that hide what it says.
    """
    text = cell.strip().replace("\r\n", "\n").replace("\r", "\n")
    if text[:1] == "'" and text[1:].startswith(FORMULA_STARTS):
        text = text[1:]
    if len(text) > _TEXT_LIMIT:
        raise CellError(f"must have at most {_TEXT_LIMIT} characters", "Shorten the text.")
    if _CONTROL.search(text):
        raise CellError("must not hold control characters", "Type the text again.")
    if _BIDI.search(text):
        raise CellError("must not hold text-direction marks", "Type the text again without them.")
    return text


def parse_key(cell: str) -> str:
    """Return a name that other tables refer to: one line, at most 64 characters.

    Raises:
        CellError: control characters, or too long.
    """
    text = parse_text(cell)
    if len(text) > _KEY_LIMIT:
        raise CellError(f"must have at most {_KEY_LIMIT} characters", "Choose a shorter name.")
    if not text.isprintable():
        raise CellError("must be one line of printable characters", "Remove line breaks and tabs.")
    if text.startswith(FORMULA_STARTS):
        raise CellError("must not start like a formula (= + - @)", "Begin the name with a letter or a digit.")
    return text


def parse_choice(cell: str, choices: tuple[str, ...]) -> str:
    """Return one of the words.

    Raises:
        CellError: another word.
    """
    word = cell.strip()
    if word not in choices:
        rule = f"must be one of {', '.join(choices)}"
        raise CellError(rule, did_you_mean(word, choices) or "Choose one of these words.")
    return word


_PARSERS: Final[dict[str, Callable[[str], Value]]] = {
    "float": parse_float,
    "int": parse_int,
    "bool": parse_bool,
    "date": parse_date,
    "text": parse_text,
}

EMPTY: Final[dict[str, Value]] = {
    "float": float("nan"), "int": 0, "bool": False, "date": None, "text": "", "choice": "",
}  # fmt: skip
"""What an optional empty cell reads as when its column declares no default."""


def empty_value(column: Column) -> Value:
    """Return what an empty cell of an optional column reads as."""
    return EMPTY[column.kind] if column.default is None else column.default


def parse(cell: str, column: Column, *, key: bool = False) -> Value:
    """Return the value of a cell of a column, within the column's bounds.

    `key` marks a column whose text names something (a key or a foreign key).

    Raises:
        CellError: the cell cannot be read, is empty although it is required, or lies out of bounds.
    """
    if is_missing(cell):
        if column.optional:
            return empty_value(column)
        raise CellError("must not be empty", column.remedy)
    if cell.strip() in _ERRORS:
        raise CellError("is an Excel error", "Mend the formula and save the file again.")
    if column.kind == "choice":
        return parse_choice(cell, column.choices)
    if key and column.kind == "text":
        return parse_key(cell)
    value = _PARSERS[column.kind](cell)
    if isinstance(value, int | float) and not isinstance(value, bool):
        rule = column.breach(value)
        if rule:
            raise CellError(rule, column.hint(value))
    return value
