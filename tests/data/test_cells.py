from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.data.cells import CellError, did_you_mean, parse, parse_bool, parse_date, parse_float, parse_int
from dcplan.data.schema import Column, Hint

TO_FULL_WIDTH = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}


@pytest.mark.parametrize(
    "cell, value",
    [
        ("12", 12.0),
        (" 12.5 ", 12.5),
        ("1,234", 1234.0),
        ("1,234,567.5", 1234567.5),
        ("１２．５", 12.5),
        ("−3", -3.0),
        ("－３", -3.0),
        ("　7　", 7.0),
        ("+0.5", 0.5),
        (".5", 0.5),
        ("5.", 5.0),
        ("1e3", 1000.0),
        ("1.5E-3", 0.0015),
    ],
)
def test_numbers_that_are_read(cell: str, value: float) -> None:
    assert parse_float(cell) == value


@pytest.mark.parametrize(
    "cell, rule, remedy",
    [
        ("nan", "finite", "optional"),
        ("-inf", "finite", ""),
        ("Infinity", "finite", ""),
        ("1e400", "finite", "exponent"),
        ("①", "must be a number", "digits"),
        ("1_000", "must be a number", "digits"),
        ("0x10", "must be a number", ""),
        ("5%", "plain number", "0.05"),
        ("¥100", "plain number", "currency"),
        ("100円", "plain number", "currency"),
        ("=1+1", "formula", "value"),
        ("1,23", "must be a number", "groups of three"),
        ("12,34,567", "must be a number", "groups of three"),
        ("1.2.3", "must be a number", ""),
        ("--1", "must be a number", ""),
        (".", "must be a number", ""),
        ("e5", "must be a number", ""),
        ("١٢", "must be a number", ""),
        ("1 000", "must be a number", ""),
    ],
)
def test_numbers_that_are_refused(cell: str, rule: str, remedy: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_float(cell)
    assert rule in caught.value.rule
    assert remedy in caught.value.remedy


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_every_number_survives_its_text(value: float) -> None:
    assert parse_float(repr(value)) == value
    assert parse_float(repr(value).translate(TO_FULL_WIDTH)) == value


@given(st.integers(-(10**15), 10**15))
def test_every_integer_survives_separators_and_width(value: int) -> None:
    assert parse_int(str(value)) == value
    assert parse_int(f"{value:,}") == value
    assert parse_int(f"{value:,}".translate(TO_FULL_WIDTH)) == value


@given(st.text(max_size=20))
def test_any_text_is_a_finite_number_or_a_named_fault(cell: str) -> None:
    try:
        value = parse_float(cell)
    except CellError as error:
        named = bool(error.rule and error.remedy)
    else:
        named = abs(value) < float("inf")
    assert named


@pytest.mark.parametrize("cell", ["12.5", "1e-3", "1e20"])
def test_integers_that_are_refused(cell: str) -> None:
    with pytest.raises(CellError, match="whole number"):
        parse_int(cell)


def test_an_integer_with_zero_decimals_is_read() -> None:
    assert parse_int("12.0") == 12


@given(st.dates(date(1950, 1, 1), date(2150, 12, 31)))
def test_every_date_is_read_in_both_notations(day: date) -> None:
    assert parse_date(day.isoformat()) == day
    assert parse_date(f"{day.year}/{day.month}/{day.day}") == day
    assert parse_date(f"{day.isoformat()} 00:00:00".translate({0x30: 0xFF10})) == day


@pytest.mark.parametrize(
    "cell, rule, remedy",
    [
        ("2026-02-30", "exists", "month and day"),
        ("2026-13-01", "exists", ""),
        ("46113", "must be a date", "2026-04-01?"),
        ("R8.4.1", "must be a date", "era"),
        ("令和8年4月1日", "must be a date", "era"),
        ("4/1/2026", "must be a date", "2026-04-01"),
        ("2026-4/1", "must be a date", ""),
        ("2026", "must be a date", ""),
        ("2026-04-01 09:00", "must be a date", ""),
        ("1900-01-01", "from 1950", "year"),
    ],
)
def test_dates_that_are_refused(cell: str, rule: str, remedy: str) -> None:
    with pytest.raises(CellError) as caught:
        parse_date(cell)
    assert rule in caught.value.rule
    assert remedy in caught.value.remedy


@pytest.mark.parametrize(
    "cell, value", [("true", True), ("TRUE", True), ("False", False), ("ｔｒｕｅ", True)]
)
def test_flags_that_are_read(cell: str, value: bool) -> None:
    assert parse_bool(cell) is value


@pytest.mark.parametrize("cell", ["1", "yes", "0", "〇"])
def test_flags_that_are_refused(cell: str) -> None:
    with pytest.raises(CellError, match="true or false"):
        parse_bool(cell)


@pytest.mark.parametrize("cell", ["=SUM(A1)", "+81 3", "-", "@home", "＝１"])
def test_text_that_looks_like_a_formula_stays_text(cell: str) -> None:
    assert parse(cell, Column("note", "text")) == cell


@pytest.mark.parametrize(
    "cell, rule",
    [("a" * 65, "at most 64"), ("a\nb", "one line"), ("a\tb", "one line"), ("a\u202eb", "direction")],
)
def test_names_that_are_refused(cell: str, rule: str) -> None:
    with pytest.raises(CellError, match=rule):
        parse(cell, Column("site", "text"), key=True)


def test_a_long_text_is_refused() -> None:
    with pytest.raises(CellError, match="4000"):
        parse("x" * 4001, Column("reason", "text"))


@pytest.mark.parametrize(
    "value, rule",
    [("-1", "at least 0 kW"), ("0", "more than 0 kW"), ("11", "at most 10 kW"), ("10", "less than 10 kW")],
)
def test_bounds(value: str, rule: str) -> None:
    inclusive = Column("x", "float", "kW", lower=0, upper=10)
    exclusive = Column("x", "float", "kW", above=0, below=10)
    with pytest.raises(CellError, match=rule) as caught:
        parse(value, inclusive if "at" in rule else exclusive)
    assert caught.value.remedy == "Write a value from 0 to 10."


def test_a_hint_replaces_the_range() -> None:
    column = Column("x", "float", upper=100, hints=(Hint("Yen per MWh?", above=100),))
    with pytest.raises(CellError) as caught:
        parse("18200", column)
    assert caught.value.remedy == "Yen per MWh?"


@pytest.mark.parametrize("cell", ["", "  ", "NA", "　"])
def test_missing_cells(cell: str) -> None:
    assert parse(cell, Column("until", "date", optional=True)) is None
    assert parse(cell, Column("lag", "int", optional=True, default=0)) == 0
    with pytest.raises(CellError, match="must not be empty"):
        parse(cell, Column("day", "date"))


@pytest.mark.parametrize("cell", ["#N/A", "#REF!", "#DIV/0!"])
def test_excel_errors_are_named(cell: str) -> None:
    with pytest.raises(CellError, match="Excel error"):
        parse(cell, Column("note", "text", optional=True))


def test_did_you_mean() -> None:
    assert did_you_mean("Shiroy", ["Shiroi", "Matsue"]) == "Did you mean Shiroi?"
    assert did_you_mean("SHIROI", ["Shiroi", "Matsue"]) == "Did you mean Shiroi?"
    assert did_you_mean("zzz", ["Shiroi"]) == ""
