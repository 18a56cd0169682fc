"""The workbook: what was written is what is read back, and no text of a planner turns into a formula."""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

from dcplan.report.dictionary import Field, Sheet
from dcplan.report.workbook import HEAD, Book, Line, number_format, write_workbook

PAYLOADS = [
    "=1+1",
    "=HYPERLINK(\"http://example.org\",\"x\")",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    "\t=1+1",
    "\r=1+1",
    "{=1+1}",
    "http://example.org",
    "mailto:a@example.org",
    "internal:Sheet1!A1",
]  # fmt: skip


def fields() -> tuple[Field, ...]:
    return (
        Field("name", "text", "", "Name", "名称", "A name."),
        Field("fiscal_year", "int", "FY", "Fiscal year", "年度", "A year."),
        Field(
            "cost_mjpy", "float", "M JPY", "Cost with a label that is long enough to wrap", "費用", "A cost."
        ),
        Field("share", "float", "%", "Share", "比率", "A share.", "a / b"),
        Field("service_date", "date", "", "Service", "稼働日", "A day."),
        Field("committed", "bool", "", "Committed", "着手済", "A flag."),
    )


def sheet(**changes: object) -> Sheet:
    made = {"code": "T20", "name": "probe", "key": ("name", "fiscal_year"), "en": "Probe", "ja": "試験"}
    return Sheet(**{**made, "doc_en": "Probes.", "doc_ja": "試験。", "fields": fields(), **changes})


def table(names: list[str]) -> pd.DataFrame:
    count = len(names)
    return pd.DataFrame(
        {
            "name": names,
            "fiscal_year": [2022 + i for i in range(count)],
            "cost_mjpy": [1234.56789, *[np.nan] * (count - 1)],
            "share": np.linspace(0, 1, count),
            "service_date": [date(2023, 7, 3), *[None] * (count - 1)],
            "committed": [i == 0 for i in range(count)],
        }
    )


def write(path: Path, frame: pd.DataFrame, lang: str = "en", **changes: object) -> Path:
    book = Book(
        "A & B", [Line("Plan"), Line("Gap", "=1+1", "good")], [(sheet(**changes), frame)], lang,
        datetime(2026, 1, 2, 3, 4, 5), footer="a & b",
    )  # fmt: skip
    write_workbook(book, path)
    return path


def test_values_come_back_with_their_types(tmp_path: Path):
    path = write(tmp_path / "a.xlsx", table(["one", "two"]))
    page = openpyxl.load_workbook(path)["T20 probe"]
    rows = list(page.iter_rows(values_only=True))
    assert rows[0][:2] == ("Name", "Fiscal year")
    assert rows[1] == ("", "FY", "M JPY", "%", "", "")
    assert rows[2] == ("name", "fiscal_year", "cost_mjpy", "share", "service_date", "committed")
    assert rows[3] == ("one", 2022, 1234.56789, 0, datetime(2023, 7, 3), True)
    assert rows[4] == ("two", 2023, None, 1, None, False)  # a missing figure is no zero
    frame = pd.read_excel(path, sheet_name="T20 probe", header=HEAD - 1)
    assert frame["cost_mjpy"].sum() == pytest.approx(1234.56789)


def test_a_sheet_is_one_table_frozen_below_its_head_and_beside_its_keys(tmp_path: Path):
    page = openpyxl.load_workbook(write(tmp_path / "a.xlsx", table(["one", "two"])))["T20 probe"]
    assert page.freeze_panes == "C4"
    assert [each.ref for each in page.tables.values()] == ["A3:F5"]
    assert list(page.tables) == ["T20_probe"]
    assert not page.merged_cells.ranges
    assert page.cell(4, 3).number_format.startswith("#,##0.0")
    assert page.cell(4, 2).number_format == "0"  # a year has no thousands separator
    assert page.cell(4, 5).number_format == "yyyy-mm-dd"


def test_japanese_heads_and_units(tmp_path: Path):
    rows = list(
        openpyxl.load_workbook(write(tmp_path / "a.xlsx", table(["one"]), "ja"))["T20 probe"].iter_rows(
            values_only=True
        )
    )
    assert rows[0][:3] == ("名称", "年度", "費用")
    assert rows[1][2] == "百万円"
    assert rows[2][0] == "name"


def test_no_text_becomes_a_formula_or_a_link(tmp_path: Path):
    path = write(tmp_path / "a.xlsx", table(PAYLOADS))
    with zipfile.ZipFile(path) as parts:
        for name in parts.namelist():
            content = parts.read(name)
            assert b"<f>" not in content, name
            assert b"<hyperlink" not in content, name
            assert b"externalLink" not in content, name
            assert not name.startswith(("xl/externalLinks", "xl/vbaProject")), name
    book = openpyxl.load_workbook(path)
    cells = [row[0] for row in book["T20 probe"].iter_rows(min_row=4)]
    carriage_return = "_x000D_"  # as Excel notes it
    assert [cell.value.replace(carriage_return, "\r") for cell in cells] == PAYLOADS
    assert {cell.data_type for cell in cells} == {"s"}
    assert book["Read me"]["B4"].data_type == "s"


def test_the_same_book_gives_the_same_bytes(tmp_path: Path):
    first, second = (write(tmp_path / f"{name}.xlsx", table(["one", "two"])) for name in "ab")
    assert first.read_bytes() == second.read_bytes()
    assert openpyxl.load_workbook(first).properties.created == datetime(2026, 1, 2, 3, 4, 5)


def test_an_empty_table_keeps_its_head(tmp_path: Path):
    page = openpyxl.load_workbook(write(tmp_path / "a.xlsx", table(["one"]).iloc[:0]))["T20 probe"]
    assert [each.ref for each in page.tables.values()] == ["A3:F4"]
    assert [cell.value for cell in page[4]] == [None] * 6


def test_a_column_that_the_dictionary_does_not_hold_is_refused(tmp_path: Path):
    with pytest.raises(LookupError, match=r"probe: not in the dictionary \['extra'\]"):
        write(tmp_path / "a.xlsx", table(["one"]).assign(extra=1))


def test_numbers_fit_their_columns(tmp_path: Path):
    frame = table(["one"]).assign(cost_mjpy=-123_456_789.0)
    page = openpyxl.load_workbook(write(tmp_path / "a.xlsx", frame))["T20 probe"]
    assert page.column_dimensions["C"].width >= len("-123,456,789.0") + 1


@pytest.mark.parametrize(
    "unit, kind, form",
    [("JPY/rack-month", "float", "#,##0;[Red]-#,##0"), ("JPY/kWh", "float", "0.00"), ("%", "float", "0.0%")],
)
def test_number_formats_follow_the_unit(unit: str, kind: str, form: str):
    assert number_format(Field("x", kind, unit, "X", "X", "X")).startswith(form)


def test_clauses_stand_in_a_row_of_their_own(tmp_path: Path):
    fields_ = (replace(fields()[0], clause="ISO/IEC 30134-2"), *fields()[1:])
    book = Book(
        "A", [Line("Plan")], [(sheet(fields=fields_), table(["one"]))], "en", datetime(2026, 1, 2),
        clauses=True,
    )  # fmt: skip
    write_workbook(book, tmp_path / "a.xlsx")
    rows = list(openpyxl.load_workbook(tmp_path / "a.xlsx")["T20 probe"].iter_rows(values_only=True))
    assert rows[2][:2] == ("ISO/IEC 30134-2", "")
    assert rows[3][:2] == ("name", "fiscal_year")
    frame = pd.read_excel(tmp_path / "a.xlsx", sheet_name="T20 probe", header=HEAD)
    assert frame.loc[0, "name"] == "one"
