"""400 malformed files in more than 80 classes: each is refused with its place, a rule and a remedy."""

import random
import shutil
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.load import read_case
from dcplan.data.tables import TABLES
from dcplan.data.write import write_case
from dcplan.errors import Problem

from .faults import Expected, NotHereError, Sheet
from .faults_of_cells import FAULTS

FILES = 400
CASES = 80  # several files of a case are damaged at once: every fault must be found in one pass


@pytest.fixture(scope="module")
def plain_folder(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the tutorial case with every column of the dictionary."""
    folder = tmp_path_factory.mktemp("plain") / "case"
    write_case(toy_case, folder)
    return folder


def planted(folder: Path, number: int) -> dict[str, tuple[str, Expected]]:
    """Damage FILES / CASES files of a folder; return fault and expected report by file."""
    dice = random.Random(number)
    names = list(FAULTS)
    found: dict[str, tuple[str, Expected]] = {}
    needed: set[str] = set()
    due = [names[(number + 17 * at) % len(names)] for at in range(FILES // CASES)]
    for fault in sorted(due, key=lambda name: "setting" not in name):  # these have one table only
        tables = [name for name in TABLES if (folder / f"{name}.csv").exists() and name not in needed]
        dice.shuffle(tables)
        for table in tables:
            if TABLES[table].file in found:
                continue
            sheet = Sheet.read(folder, table)
            try:
                expected = FAULTS[fault](sheet, dice)
            except NotHereError:
                continue
            if any(TABLES[parent].file in found for parent in sheet.needs):
                continue
            sheet.write(folder)
            needed |= sheet.needs
            found[TABLES[table].file] = (fault, expected)
            break
        else:
            pytest.fail(f"no table has a place for {fault!r}")
    return found


def reports(problem: Problem, file: str, expected: Expected) -> bool:
    place = problem.file == file and (expected.row is None or problem.row == expected.row)
    named = expected.column is None or problem.column == expected.column
    return place and named and expected.word in f"{problem.rule} {problem.remedy}"


@pytest.mark.parametrize("number", range(CASES))
def test_every_planted_fault_is_reported_at_its_place(
    number: int, plain_folder: Path, tmp_path: Path
) -> None:
    folder = Path(shutil.copytree(plain_folder, tmp_path / "case"))
    faults = planted(folder, number)
    case, problems = read_case(folder)
    assert case is None
    assert len(faults) == FILES // CASES
    for file, (fault, expected) in faults.items():
        here = [problem for problem in problems if problem.file == file]
        found = [problem for problem in here if reports(problem, file, expected)]
        assert found, (fault, expected, [str(problem) for problem in here])
        assert all(problem.rule and problem.remedy for problem in found), (fault, found)
        assert all(len(str(problem)) < 2_000 and "\n" not in str(problem) for problem in here)


def test_the_sound_case_is_not_refused(plain_folder: Path, toy_case: Case) -> None:
    case, problems = read_case(plain_folder)
    assert not problems
    assert case is not None
    assert case.fingerprint == toy_case.fingerprint


def test_there_are_more_than_80_classes_and_400_files() -> None:
    assert len(FAULTS) > 80
    assert FILES >= 400


def test_a_flood_of_wrong_cells_is_summed_up(plain_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(plain_folder, tmp_path / "case"))
    sheet = Sheet.read(folder, "demand")
    sheet.rows = [["cloud", "2022-04-01", "many", *sheet.rows[0][3:]] for _ in range(30_000)]
    sheet.write(folder)
    problems = [p for p in read_case(folder)[1] if p.file == "demand.csv" and p.column == "racks"]
    assert len(problems) == 101
    assert any("29,900 more cells" in problem.rule for problem in problems)


TOML_FAULTS = {
    "broken": ("title =", "is not valid TOML"),
    "repeated": ('title = "a"', "is not valid TOML"),
    "impossible day": ("known = 2022-02-30", "is not valid TOML"),
    "list": ('edition = ["tutorial"]', "edition"),
    "deep list": ("deep = " + "[" * 5_000 + "]" * 5_000, "nested too deeply"),
    "endless number": ("big = " + "9" * 5_000, "is not valid TOML"),
    "too long": ("# " + "x" * 300_000, "more than 262,144"),
    "unknown": ('colour = "red"', "colour: is not a key"),
    "table": ("[extra]\na = 1", "extra: is not a key"),
    "leading zero": ("tail = 012", "is not valid TOML"),
}


@pytest.mark.parametrize("name", TOML_FAULTS)
def test_malformed_case_files(name: str, plain_folder: Path, tmp_path: Path) -> None:
    line, word = TOML_FAULTS[name]
    folder = Path(shutil.copytree(plain_folder, tmp_path / "case"))
    text = (folder / "case.toml").read_text(encoding="utf-8")
    if name == "list":
        text = text.replace('edition = "tutorial"\n', "")
    (folder / "case.toml").write_text(f"{text}{line}\n", encoding="utf-8")
    found = [problem for problem in read_case(folder)[1] if problem.file == "case.toml"]
    assert any(word in str(problem) for problem in found), found
    assert all(problem.rule and problem.remedy for problem in found)


def test_a_moment_is_no_day(plain_folder: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(plain_folder, tmp_path / "case"))
    text = (folder / "case.toml").read_text(encoding="utf-8")
    later = text.replace("as_of = 2022-04-01", "as_of = 2022-04-01T09:00:00")
    (folder / "case.toml").write_text(later, encoding="utf-8")
    assert any("as_of = 2022-04-01 09:00:00: must be a date" in str(p) for p in read_case(folder)[1])
