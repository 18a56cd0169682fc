"""A case as one workbook: written from the dictionary, read by the rules of the CSV files."""

import datetime
import json
import shutil
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.data.case import Case
from dcplan.data.check import check
from dcplan.data.load import load, read_case
from dcplan.data.plain import NOTICES, plain_case
from dcplan.data.shipped import case_folder
from dcplan.data.tables import CASE_KEYS, SETTINGS, TABLES
from dcplan.data.workbook_layout import is_workbook, unit_text
from dcplan.data.workbook_write import write_shipped, write_workbook
from dcplan.errors import InputError, Problem

from .books import change, pack, sheet_part, unpack
from .conftest import Folder
from .workbook_faults import ALONE, OF_THE_WEATHER, REFUSED, TOGETHER, Edit, place, put

EditedBook = Callable[[Path, Edit], Path]


@pytest.fixture(scope="module")
def toy_book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workbook of the tutorial case as `init --excel` writes it; tests must not change it."""
    return write_shipped(tmp_path_factory.mktemp("book"), case_folder("toy"))


@pytest.fixture(scope="module")
def small_book(toy_book: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workbook without hours and notes: it is quick to edit, and has one fault of its own."""

    def bare(book: Any) -> None:
        book.remove(book["weather"])
        for cell in (cell for sheet in book for row in sheet.iter_rows(max_row=1) for cell in row):
            cell.comment = None

    return edited(toy_book, tmp_path_factory.mktemp("small") / "small.xlsx", bare)


@pytest.fixture(scope="module")
def edited_beside_weather(toy_book: Path, tmp_path_factory: pytest.TempPathFactory) -> EditedBook:
    """Return a function like `edited`, for edits of other sheets than the weather.

    The hours, nearly all of what openpyxl would read and save, come back as they were written.
    """
    parts = unpack(toy_book.read_bytes())
    whole = parts[sheet_part(parts, "weather")].decode()
    hours = whole[whole.index('<row r="3"') : whole.index("</sheetData>")]
    assert hours.count("<row ") == 8760
    assert 't="s"' not in hours  # numbers alone: openpyxl numbers texts anew
    target = tmp_path_factory.mktemp("light") / "without-hours.xlsx"
    light = edited(toy_book, target, lambda book: book["weather"].delete_rows(3, 8760))

    def made(target: Path, edit: Edit) -> Path:
        content = edited(light, target, edit).read_bytes()
        end = "</sheetData>"
        target.write_bytes(change(content, "weather", lambda xml: xml.replace(end, hours + end)))
        return target

    return made


@pytest.fixture(scope="module")
def wrong_book(edited_beside_weather: EditedBook, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the workbook with one wrong cell; tests must not change it."""
    return edited_beside_weather(
        tmp_path_factory.mktemp("wrong") / "my case.xlsx", put("halls", "it_kw", -20)
    )


@pytest.fixture(scope="module")
def opened(toy_book: Path) -> Any:
    return openpyxl.load_workbook(toy_book)


def edited(toy_book: Path, target: Path, edit: Edit) -> Path:
    """Return a copy of the workbook with an edit, as openpyxl saves it."""
    book = openpyxl.load_workbook(toy_book)
    edit(book)
    book.save(target)
    return target


def problems_of(path: Path) -> list[Problem]:
    case, problems = read_case(path)
    assert case is None
    assert all(problem.file == path.name and problem.rule and problem.remedy for problem in problems)
    return problems


# ---- what is written ------------------------------------------------------------------------------------


def test_a_workbook_holds_every_table_with_names_units_and_notes(opened: Any) -> None:
    for table in TABLES.values():
        sheet = opened[table.name]
        assert tuple(cell.value for cell in sheet[1]) == table.column_names
        assert [cell.value for cell in sheet[2]] == [unit_text(column) for column in table.all_columns]
        for cell, column in zip(sheet[1], table.all_columns, strict=True):
            assert column.doc in cell.comment.text
        assert sheet.freeze_panes is not None
        assert sheet.freeze_panes.endswith("3")
    assert [row[0].value for row in opened["case"].iter_rows(min_row=2)] == list(CASE_KEYS)
    assert opened["weather"].max_row == 2 + 8760
    assert "Two sites" in opened["Read me"]["A1"].value


def test_choices_flags_and_references_have_drop_downs(opened: Any) -> None:
    for table in TABLES.values():
        sheet = opened[table.name]
        lists = {}
        for validation in sheet.data_validations.dataValidation:
            for area in validation.sqref.ranges:
                lists |= dict.fromkeys(range(area.min_col, area.max_col + 1), validation)
                assert area.min_row == 3
                assert area.max_row >= 1_000
        for at, column in enumerate(table.all_columns, start=1):
            if column.choices:
                assert lists[at].formula1 == f'"{",".join(column.choices)}"'
            elif column.kind == "bool":
                assert lists[at].formula1 == '"TRUE,FALSE"'
            elif column.parent is not None:
                parent, name = column.parent
                area = lists[at].formula1.replace("$", "").replace("'", "")
                assert area.startswith(f"{parent}!")
                first = area.partition("!")[2].partition(":")[0]
                assert first.endswith("3")
                assert opened[parent][f"{first[:-1]}1"].value == name
            else:
                assert at not in lists


def test_the_same_case_gives_the_same_bytes(toy_book: Path, tmp_path: Path) -> None:
    again = write_shipped(tmp_path, case_folder("toy"))
    assert again.read_bytes() == toy_book.read_bytes()


def test_nothing_is_overwritten(toy_book: Path, toy_case: Case) -> None:
    with pytest.raises(InputError, match="is there already"):
        write_workbook(toy_book, toy_case)


def test_texts_never_become_formulas_or_links(toy_copy: Path, tmp_path: Path) -> None:
    texts = ["=1+1", "+81 3", "-5 %", "@home", "http://example.org", "{=1}", "=HYPERLINK(1)", "0123"]
    edit = Folder(toy_copy)
    header, rows = edit.read("demand")
    for row, text in zip(rows, texts, strict=False):
        row["reason"] = text
    edit.write("demand", header, rows)
    path = write_shipped(tmp_path / "out", toy_copy)
    for row in openpyxl.load_workbook(path)["demand"].iter_rows():
        assert all(cell.data_type != "f" and cell.hyperlink is None for cell in row)
    assert load(path).fingerprint == load(toy_copy).fingerprint


# ---- the same case --------------------------------------------------------------------------------------


def test_a_workbook_is_the_case_that_it_was_written_from(toy_book: Path, toy_case: Case) -> None:
    case = load(toy_book)
    assert case.fingerprint == toy_case.fingerprint
    assert case.notes == ()
    assert list(case.hashes) == ["toy.xlsx"]
    assert case.row_number("halls", 0) == 3


def test_the_default_case_is_the_same_in_a_workbook(iij_case: Case, tmp_path: Path) -> None:
    assert load(write_shipped(tmp_path, iij_case.folder)).fingerprint == iij_case.fingerprint


def test_numbers_of_17_digits_survive(toy_copy: Path, tmp_path: Path, toy_case: Case) -> None:
    Folder(toy_copy).set("classes", "move_mjpy_per_rack", "0.30000000000000004")
    Folder(toy_copy).set("classes", "low", "0.1234567890123456")
    path = write_shipped(tmp_path / "out", toy_copy)
    assert load(path).fingerprint == load(toy_copy).fingerprint != toy_case.fingerprint


def test_a_workbook_becomes_plain_files_with_its_notices(toy_book: Path, tmp_path: Path) -> None:
    read = load(toy_book)
    plain = plain_case(read, tmp_path / "plain")
    again = load(plain.folder)
    assert again.fingerprint == read.fingerprint
    assert plain.hashes == again.hashes
    assert plain.origin == read.hashes
    assert "The question" in (plain.folder / NOTICES).read_text(encoding="utf-8")
    assert plain.placed([Problem("halls.csv", 3, "pue", "9", "x")])[0].cell == "halls!J3"


def ugly_but_legal(book: Any) -> None:
    """Edit cells as people do: texts for numbers and dates, gaps, other orders, sheets of their own."""
    place(book, "leases", "rent_jpy_per_rack_month").value = "１００，０００"
    place(book, "leases", "racks").value = "60"
    place(book, "leases", "term_end").value = "2024/3/31"
    place(book, "projects", "price_date").value = datetime.datetime(2024, 4, 1)
    cell = place(book, "projects", "service_date")
    cell.value, cell.number_format = 45383, "General"  # Excel's day number of 2024-04-01
    for row in (3, 4):
        cell = place(book, "connections", "from_date", row)
        if cell.value is not None:
            cell.number_format = "[$-411]ge.m.d"  # the Japanese era is only how the day is shown
    place(book, "classes", "movable").value = "ｔｒｕｅ"
    place(book, "classes", "movable", 4).value = "FALSE"
    place(book, "budgets", "fiscal_year").value = 2022.0
    place(book, "cooling", "fixed_share").number_format = "0 %"
    book["demand"].insert_rows(4, 2)
    book["demand"]["A40"] = "  "
    book["sites"].move_range("A4:T4", rows=5)
    book.create_sheet("_sums")["A1"] = "=1/0"
    book.create_sheet("Sheet99")
    book.move_sheet("weather", offset=-10)
    book.remove(book["Read me"])
    book.remove(book["pins"])
    book["case"]["B6"] = "2025-04-01"
    book["case"].insert_rows(4)


def test_an_ugly_but_legal_workbook_is_the_same_case(toy_book: Path, tmp_path: Path, toy_case: Case) -> None:
    path = edited(toy_book, tmp_path / "ugly.xlsx", ugly_but_legal)
    assert load(path).fingerprint == toy_case.fingerprint


def test_day_numbers_count_from_the_epoch_of_the_workbook(
    edited_beside_weather: EditedBook, tmp_path: Path, toy_case: Case
) -> None:
    path = edited_beside_weather(tmp_path / "mac.xlsx", lambda book: setattr(book, "epoch", openpyxl.utils.datetime.CALENDAR_MAC_1904))  # fmt: skip  # noqa: E501
    assert b'date1904="1"' in unpack(path.read_bytes())["xl/workbook.xml"]
    assert load(path).fingerprint == toy_case.fingerprint


def saved_formula(xml: str) -> str:
    """Give City's 60 racks as a formula with a saved value."""
    return xml.replace("<v>60</v>", "<f>6*10</f><v>60</v>", 1)


def test_the_saved_value_of_a_formula_is_read_and_said(
    toy_book: Path, tmp_path: Path, toy_case: Case
) -> None:
    path = tmp_path / "book.xlsx"
    settled = unpack(change(toy_book.read_bytes(), "leases", saved_formula))
    settled["xl/workbook.xml"] = settled["xl/workbook.xml"].replace(b' fullCalcOnLoad="1"', b"")
    path.write_bytes(pack(settled))
    assert load(path).fingerprint == toy_case.fingerprint
    assert [w for w in check(path).warnings if "1 formulas" in w.rule and w.cell == "leases"]


def test_hidden_rows_columns_and_sheets_are_read_and_said(
    edited_beside_weather: EditedBook, tmp_path: Path, toy_case: Case
) -> None:
    def hide(book: Any) -> None:
        book["demand"].row_dimensions[4].hidden = True
        book["halls"].column_dimensions["G"].hidden = True
        book["policy"].sheet_state = "hidden"

    case = load(edited_beside_weather(tmp_path / "book.xlsx", hide))
    assert case.fingerprint == toy_case.fingerprint
    said = {note.cell: note.rule for note in case.notes}
    assert said["demand"] == "has hidden rows, which are read: 4"
    assert said["halls"] == "has hidden columns, which are read"
    assert said["policy"] == "is a hidden sheet, and is read"


# ---- what is refused, with its cell ---------------------------------------------------------------------


@pytest.mark.parametrize("names", [*TOGETHER, *ALONE], ids=", ".join)
def test_a_fault_is_reported_with_sheet_and_cell(
    names: tuple[str, ...], toy_book: Path, small_book: Path, tmp_path: Path
) -> None:
    whole = toy_book if OF_THE_WEATHER & {*names} else small_book
    edits = [REFUSED[name][0] for name in names]
    found = problems_of(edited(whole, tmp_path / "b.xlsx", lambda book: [edit(book) for edit in edits]))
    told = [(each.cell or "", f"{each.rule} {each.remedy}") for each in found]
    for _, cell, word in (REFUSED[name] for name in names):
        assert any(at.startswith(cell) and word in said for at, said in told), (cell, word, told)
    assert not any(f"{table}.csv" in str(problem) for problem in found for table in TABLES)


def test_a_problem_reads_like_a_sentence(wrong_book: Path) -> None:
    (problem,) = problems_of(wrong_book)
    assert str(problem) == (
        "my case.xlsx halls!G3, it_kw = -20: must be more than 0 kW. Write a value from 0 to 500000."
    )
    assert problem.to_dict()["cell"] == "halls!G3"


def test_every_problem_comes_at_once(edited_beside_weather: EditedBook, tmp_path: Path) -> None:
    def spoil(book: Any) -> None:
        put("halls", "it_kw", -20)(book)
        put("leases", "renewal", "maybe")(book)
        put("halls", "pue", 0.8, 4)(book)

    found = problems_of(edited_beside_weather(tmp_path / "book.xlsx", spoil))
    assert [problem.cell for problem in found] == [
        "halls!G3",
        "halls!J4",
        "leases!" + (found[2].cell or "")[7:],
    ]


def test_values_that_a_writer_left_to_be_calculated_are_refused(toy_book: Path, tmp_path: Path) -> None:
    """XlsxWriter saves 0 for every formula and asks for a recalculation: 0 must not be read."""
    path = tmp_path / "book.xlsx"
    path.write_bytes(change(toy_book.read_bytes(), "leases", saved_formula))
    _, problems = read_case(path)
    assert [p.cell for p in problems if "left to be calculated" in p.rule] == ["leases"]


def test_openpyxl_does_not_warn(toy_book: Path) -> None:
    content = change(
        toy_book.read_bytes(),
        "leases",
        lambda xml: xml.replace("</worksheet>", '<extLst><ext uri="{CCE6A557-97BC-4b89-ADB6-D9C93CAAB3DF}"/></extLst></worksheet>'),  # noqa: E501
    )  # fmt: skip
    from dcplan.data.workbook_cells import open_book

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert open_book(content).sheets["leases"].rows


# ---- commands -------------------------------------------------------------------------------------------


def test_init_writes_a_workbook_that_check_takes(tmp_path: Path) -> None:
    runner = CliRunner()
    done = runner.invoke(cli, ["init", str(tmp_path / "my"), "--case", "toy", "--excel"])
    assert done.exit_code == 0
    path = tmp_path / "my" / "toy.xlsx"
    assert str(path) in done.stdout
    checked = runner.invoke(cli, ["check", str(path), "--json"])
    assert checked.exit_code == 0
    assert json.loads(checked.stdout)["ok"] is True


def test_init_writes_an_empty_workbook_to_fill_in(tmp_path: Path) -> None:
    done = CliRunner().invoke(cli, ["init", str(tmp_path / "my"), "--excel", "--empty"])
    assert done.exit_code == 0
    path = tmp_path / "my" / "new-case.xlsx"
    book = openpyxl.load_workbook(path)
    assert [row[0].value for row in book["settings"].iter_rows(min_row=3)] == list(SETTINGS)
    case, problems = read_case(path)
    assert case is None
    assert any(problem.cell == "halls" and "has no rows" in problem.rule for problem in problems)
    assert all(problem.remedy for problem in problems)


def test_check_reports_cells_as_json(wrong_book: Path) -> None:
    done = CliRunner().invoke(cli, ["check", str(wrong_book), "--json"])
    assert done.exit_code == 3
    (problem,) = json.loads(done.stdout)["problems"]
    assert problem["cell"] == "halls!G3"


def test_warnings_and_shortfalls_name_cells(edited_beside_weather: EditedBook, tmp_path: Path) -> None:
    def crowd(book: Any) -> None:
        for row in range(3, 11):
            cell = place(book, "demand", "racks", row)
            if cell.value is not None and place(book, "demand", "date", row).value.year == 2025:
                cell.value = 400
                for column in ("low", "high"):
                    place(book, "demand", column, row).value = 400

    report = check(edited_beside_weather(tmp_path / "book.xlsx", crowd))
    assert report.shortfalls
    assert all(".csv" not in str(found) for found in (*report.shortfalls, *report.warnings))


@pytest.mark.parametrize("name, book", [("a.xlsx", True), ("a.XLSM", True), ("a.csv", False), ("iij", False)])
def test_what_is_taken_for_a_workbook(name: str, book: bool) -> None:
    assert is_workbook(name) is book


def test_a_folder_with_the_suffix_of_a_workbook_is_a_folder(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(case_folder("toy"), tmp_path / "toy.xlsx"))
    assert not is_workbook(folder)
    assert load(folder).info.name == "toy"


@pytest.mark.slow
def test_a_workbook_is_solved_like_its_folder(
    toy_book: Path, toy_plan_folder: Path, toy_case: Case, tmp_path: Path
) -> None:
    from dcplan.plans.make import solve_case
    from dcplan.plans.plan import open_plan

    plan = solve_case(toy_book, output=tmp_path / "plan")
    reference = open_plan(toy_plan_folder)
    assert plan.manifest["audit"]["passed"]
    assert plan.manifest["case_hash"] == reference.manifest["case_hash"] == toy_case.fingerprint
    assert list(plan.manifest["read_from"]) == ["toy.xlsx"]
    assert reference.manifest["read_from"] == {}
    assert load(tmp_path / "plan" / "inputs").fingerprint == toy_case.fingerprint
    for name in plan.tables:
        same = (tmp_path / "plan" / "tables" / f"{name}.csv").read_bytes()
        assert same == (toy_plan_folder / "tables" / f"{name}.csv").read_bytes(), name
