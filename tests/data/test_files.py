"""Files that are damaged as a whole, and files that are ugly but legal."""

import csv
import io
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load, read_case
from dcplan.data.reader import LARGEST_FILE, LARGEST_ROWS, read_csv
from dcplan.data.tables import TABLES
from dcplan.errors import InputError

HALLS = "halls.csv"


def rewrite(path: Path, change: Callable[[bytes], bytes]) -> None:
    path.write_bytes(change(path.read_bytes()))


def text(change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    return lambda content: change(content.decode("utf-8")).encode("utf-8")


def line(number: int, change: Callable[[str], str]) -> Callable[[bytes], bytes]:
    """Change one line (1-based) of a file."""

    def changed(content: str) -> str:
        lines = content.splitlines()
        lines[number - 1] = change(lines[number - 1])
        return "\n".join(lines) + "\n"

    return text(changed)


DAMAGE = {
    "not text": (lambda b: b"\x81\xff\xfe\x00" + b, "halls.csv: is neither UTF-8 nor Shift_JIS"),
    "empty": (lambda b: b"", "halls.csv: has no header row"),
    "only blank rows": (lambda b: b"\n,,\n", "halls.csv: has no header row"),
    "header only": (text(lambda s: s.splitlines()[0] + "\n"), "halls.csv: has no rows"),
    "semicolons": (text(lambda s: s.replace(",", ";")), "row 1: is separated by semicolons"),
    "tabs": (text(lambda s: s.replace(",", "\t")), "row 1: is separated by tabs"),
    "duplicate header": (
        line(1, lambda s: s.replace("pue", "it_kw")),
        "row 1, it_kw: stands 2 times in the header",
    ),
    "unknown column": (line(1, lambda s: s.replace("it_kw", "it_kwh")), "Did you mean it_kw?"),
    "missing column": (line(1, lambda s: s.replace("it_kw", "it_kwh")), "row 1, it_kw: is a missing column"),
    "unnamed column": (line(1, lambda s: s.replace("it_kw", "")), "row 1: has a column without a name"),
    "short row": (line(3, lambda s: s.rsplit(",", 2)[0]), "halls.csv row 3: has "),
    "long row": (line(3, lambda s: s + ",1,2"), "halls.csv row 3: has "),
    "unquoted thousands": (line(2, lambda s: s.replace(",800,", ",1,234,")), '"1,234"'),
    "NUL": (line(2, lambda s: s.replace("800", "8\x0000")), "halls.csv row 2: holds NUL"),
    "open quote": (line(3, lambda s: '"' + s), "is not valid CSV"),
    "text after quote": (line(3, lambda s: '"B"x' + s[1:]), "halls.csv row 3: is not valid CSV"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_a_damaged_file_is_refused_with_its_place(name: str, toy_copy: Path) -> None:
    change, message = DAMAGE[name]
    rewrite(toy_copy / HALLS, change)
    found = [str(problem) for problem in read_case(toy_copy)[1]]
    assert any(message in problem for problem in found), found
    assert all(problem.startswith("halls.csv") for problem in found), found


def test_a_missing_file_is_named(toy_copy: Path) -> None:
    (toy_copy / HALLS).unlink()
    found = [str(problem) for problem in read_case(toy_copy)[1]]
    assert found == ["halls.csv: is a missing file. Add it: Halls."]


def test_an_optional_file_may_be_absent(toy_copy: Path) -> None:
    for name in ("budgets", "targets", "carbon_prices", "announcements", "history", "onsite_pv"):
        (toy_copy / f"{name}.csv").unlink()
    case = load(toy_copy)
    assert case["budgets"].empty
    assert list(case["budgets"].columns) == list(TABLES["budgets"].column_names)
    assert case["budgets"]["capex_mjpy"].dtype == float
    assert "budgets.csv" not in case.hashes


def test_carbon_prices_without_rows_are_not_a_silent_zero(toy_copy: Path) -> None:
    rewrite(toy_copy / "carbon_prices.csv", text(lambda s: s.splitlines()[0] + "\n"))
    assert [str(p) for p in read_case(toy_copy)[1]] == [
        "carbon_prices.csv: has no rows. Remove the file where there is no price."
    ]


def test_a_misspelt_file_is_not_lost(toy_copy: Path) -> None:
    (toy_copy / "budgets.csv").rename(toy_copy / "budget.csv")
    assert [str(p) for p in read_case(toy_copy)[1]] == [
        "budget.csv: is not a table of a case. Did you mean budgets.csv?"
    ]


def test_a_huge_file_is_refused_unread(toy_copy: Path) -> None:
    with (toy_copy / HALLS).open("ab") as file:
        file.truncate(LARGEST_FILE + 1)
    found = read_csv(toy_copy / HALLS)
    assert "more than 20 MiB" in str(found.problems[0])


def test_too_many_rows_are_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n" + "1\n" * (LARGEST_ROWS + 5), encoding="utf-8")
    assert "more than 50,000 rows" in str(read_csv(tmp_path / "t.csv").problems[0])


def test_a_huge_cell_is_refused(tmp_path: Path) -> None:
    (tmp_path / "t.csv").write_text("a\n" + "x" * 200_000 + "\n", encoding="utf-8")
    assert str(read_csv(tmp_path / "t.csv").problems[0]).startswith("t.csv row 2: is not valid CSV")


def test_no_folder_and_no_case(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"has no case\.toml"):
        load(tmp_path)
    with pytest.raises(InputError, match="is not a folder"):
        load(tmp_path / "nothing")


CASE_DAMAGE = {
    "broken": ("title = \n", "is not valid TOML"),
    "repeated": ('title = "a"\ntitle = "b"\n', "is not valid TOML"),
    "unknown": ('colour = "red"\n', "colour: is not a key of case.toml"),
}


@pytest.mark.parametrize("name", CASE_DAMAGE)
def test_case_toml_damage(name: str, toy_copy: Path) -> None:
    added, message = CASE_DAMAGE[name]
    path = toy_copy / "case.toml"
    path.write_text(path.read_text(encoding="utf-8") + added, encoding="utf-8")
    assert any(message in str(p) for p in read_case(toy_copy)[1])


@pytest.mark.parametrize(
    "key, value, message",
    [
        ("as_of", "2022-05-01", "as_of = 2022-05-01: must be the first day of a year"),
        ("as_of", '"April"', "as_of = April: must be a date"),
        ("horizon_end", "2025-03-31", "must be a 1 April"),
        ("horizon_end", "2022-04-01", "must be later than as_of"),
        ("tail_years", "1.5", "must be a whole number"),
        ("tail_years", "nan", "must be a finite number"),
        ("tail_years", "99", "must be at most 30 years"),
        ("granularity", '"week"', "must be one of year, half, quarter, month"),
        ("granularity", '"quater"', "Did you mean quarter?"),
        ("name", '"../x"', "must be a short plain name"),
        ("grid_factor_set", '"utility"', "is not a factor_set"),
        ("terminal_value", "true", "must be one of annuity"),
    ],
)
def test_case_toml_values(key: str, value: str, message: str, toy_copy: Path) -> None:
    path = toy_copy / "case.toml"
    lines = [row for row in path.read_text(encoding="utf-8").splitlines() if not row.startswith(f"{key} ")]
    path.write_text("\n".join([*lines, f"{key} = {value}"]), encoding="utf-8")
    found = [str(problem) for problem in read_case(toy_copy)[1]]
    assert any(problem.startswith("case.toml") and message in problem for problem in found), found


def test_a_missing_key_is_named(toy_copy: Path) -> None:
    path = toy_copy / "case.toml"
    lines = [row for row in path.read_text(encoding="utf-8").splitlines() if not row.startswith("as_of")]
    path.write_text("\n".join(lines), encoding="utf-8")
    found = [str(problem) for problem in read_case(toy_copy)[1]]
    assert any(problem.startswith("case.toml, as_of: is a missing key") for problem in found)


def encode(encoding: str) -> Callable[[bytes], bytes]:
    return lambda content: content.decode("utf-8").encode(encoding)


def shuffle_columns(content: bytes) -> bytes:

    rows = list(csv.reader(io.StringIO(content.decode("utf-8"))))
    out = io.StringIO()
    csv.writer(out).writerows(list(reversed(row)) for row in rows)
    return out.getvalue().encode("utf-8")


def quote_all(content: bytes) -> bytes:

    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(csv.reader(io.StringIO(content.decode("utf-8"))))
    return out.getvalue().encode("utf-8")


def pad_cells(content: bytes) -> bytes:

    out = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode("utf-8")))
    csv.writer(out).writerows([f" {cell}\u3000" for cell in row] for row in rows)
    return out.getvalue().encode("utf-8")


def full_width_numbers(content: bytes) -> bytes:

    out = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode("utf-8")))
    wide = {code: code + 0xFEE0 for code in range(0x21, 0x7F)}
    number = re.compile(r"-?\d+(\.\d+)?|\d{4}-\d\d-\d\d")
    csv.writer(out).writerows(
        [cell.translate(wide) if number.fullmatch(cell) else cell for cell in row] for row in rows
    )
    return out.getvalue().encode("utf-8")


def thousands(content: bytes) -> bytes:

    out = io.StringIO()
    rows = csv.reader(io.StringIO(content.decode("utf-8")))
    number = re.compile(r"\d{5,}")
    csv.writer(out).writerows([f"{int(c):,}" if number.fullmatch(c) else c for c in row] for row in rows)
    return out.getvalue().encode("utf-8")


UGLY = {
    "BOM": lambda b: b"\xef\xbb\xbf" + b,
    "UTF-16": encode("utf-16"),
    "cp932": encode("cp932"),
    "CRLF": text(lambda s: s.replace("\n", "\r\n")),
    "CR": text(lambda s: s.replace("\n", "\r")),
    "blank rows at the end": text(lambda s: s + "\n\n,,,\n"),
    "no newline at the end": text(lambda s: s.rstrip("\n")),
    "trailing commas": text(lambda s: "\n".join(row + ",," for row in s.splitlines()) + "\n"),
    "columns reversed": shuffle_columns,
    "everything quoted": quote_all,
    "cells padded": pad_cells,
    "full-width numbers": full_width_numbers,
    "thousands separators": thousands,
    "Excel dates": text(lambda s: re.sub(r"\b(\d{4})-0?(\d+)-0?(\d+)\b", r"\1/\2/\3", s)),
    "Excel flags": text(lambda s: s.replace("true", "TRUE").replace("false", "FALSE")),
    "NA": text(lambda s: s.replace(",,", ",NA,").replace(",,", ",NA,")),
}


@pytest.mark.parametrize("name", UGLY)
def test_ugly_files_give_the_same_case(name: str, toy_copy: Path, toy_case: Case) -> None:
    for path in toy_copy.glob("*.csv"):
        rewrite(path, UGLY[name])
    case = load(toy_copy)
    for table in TABLES:
        pd.testing.assert_frame_equal(without_prose(case[table]), without_prose(toy_case[table]))
    assert dict(case.settings) == dict(toy_case.settings)
    assert case.info == toy_case.info


def without_prose(frame: pd.DataFrame) -> pd.DataFrame:
    """Only numbers and dates are normalised: in free text the rewritten forms stay as they are."""
    return frame.drop(columns=["reason", "published", "where"], errors="ignore")


def test_the_default_case_survives_excel(tmp_path: Path, iij_case: Case) -> None:

    copy = Path(shutil.copytree(iij_case.folder, tmp_path / "iij"))
    for path in copy.glob("*.csv"):
        rewrite(path, lambda b: b"\xef\xbb\xbf" + full_width_numbers(b))
    case = load(copy)
    for table in TABLES:
        pd.testing.assert_frame_equal(without_prose(case[table]), without_prose(iij_case[table]))


def test_row_numbers_count_blank_rows_as_a_spreadsheet_does(toy_copy: Path) -> None:
    rewrite(toy_copy / HALLS, line(2, lambda s: "\n\n" + s.replace(",800,", ",-20,")))
    (problem,) = [p for p in read_case(toy_copy)[1] if p.column == "it_kw"]
    assert str(problem) == (
        "halls.csv row 4, it_kw = -20: must be more than 0 kW. Write a value from 0 to 500000."
    )


def test_a_quoted_line_break_is_one_row(toy_copy: Path) -> None:
    rewrite(toy_copy / HALLS, line(2, lambda s: s.replace("A棟", '"A\n棟"')))
    rewrite(toy_copy / HALLS, text(lambda s: s.replace("B棟,candidate", "B棟,candidat")))
    (problem,) = read_case(toy_copy)[1]
    assert problem.row == 3
    assert "Did you mean candidate?" in str(problem)


def test_every_problem_comes_at_once_and_sorted(toy_copy: Path) -> None:
    rewrite(toy_copy / HALLS, line(2, lambda s: s.replace(",800,", ",-20,")))
    rewrite(toy_copy / HALLS, line(3, lambda s: s.replace("Campus", "Kampus").replace("1.3", "0.8")))
    rewrite(toy_copy / "leases.csv", line(2, lambda s: s.replace("automatic", "sometimes")))
    with pytest.raises(InputError) as caught:
        load(toy_copy)
    found = [(p.file, p.row, p.column) for p in caught.value.problems]
    assert found == [
        ("halls.csv", 2, "it_kw"),
        ("halls.csv", 3, "pue"),
        ("halls.csv", 3, "site"),
        ("leases.csv", 2, "renewal"),
    ]


def test_encodings_are_kept(toy_copy: Path) -> None:
    rewrite(toy_copy / HALLS, encode("cp932"))
    assert load(toy_copy).encodings[HALLS] == "cp932"
