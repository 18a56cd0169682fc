"""100 ugly but legal cases, from 30 kinds of ugliness and their combinations, are the same case."""

import csv
import random
import shutil
from dataclasses import replace
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.case_hash import case_hash
from dcplan.data.load import load
from dcplan.data.plain import plain_case
from dcplan.data.tables import TABLES
from dcplan.data.write import write_case
from dcplan.plans.audit.reading import read_sheet

from .conftest import Folder
from .ugliness import KINDS, Ugly

CASES = 100


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory, toy_case: Case) -> Case:
    """Return the tutorial case with texts that are hard to write."""
    folder = tmp_path_factory.mktemp("clean") / "case"
    write_case(toy_case, folder)
    edit = Folder(folder)
    texts = ["=1+1", "-5 % a year", "@home", '"quoted", with commas', "two\nlines", "髙﨑①駅", "+81 3"]
    header, rows = edit.read("demand")
    for row, text in zip(rows, texts, strict=False):
        row["reason"] = text
    edit.write("demand", header, rows)
    edit.set("stations", "m01", "-2.5", station="two_temperatures")
    return load(folder)


def spoil(clean: Case, target: Path, kinds: list[str], dice: random.Random) -> Path:
    """Copy the case with the kinds of ugliness, each in about half of the tables."""
    shutil.copytree(clean.folder, target)
    for table in TABLES.values():
        path = target / table.file
        if not path.exists():
            continue
        with path.open(encoding="utf-8", newline="") as file:
            header, *rows = csv.reader(file)
        ugly = Ugly(table, header, rows)
        for name in kinds:
            if len(kinds) == 1 or dice.random() < 0.5:
                KINDS[name](ugly, dice)
        path.write_bytes(ugly.content())
    return target


def chosen(number: int, dice: random.Random) -> list[str]:
    """Every kind alone first, then combinations of two to eight."""
    names = list(KINDS)
    return [names[number]] if number < len(names) else dice.sample(names, dice.randint(2, 8))


@pytest.fixture
def ugly_case(request: pytest.FixtureRequest, clean: Case, tmp_path: Path) -> Path:
    dice = random.Random(request.param)
    return spoil(clean, tmp_path / "ugly", chosen(request.param, dice), dice)


@pytest.mark.parametrize("ugly_case", range(CASES), indirect=True)
def test_an_ugly_case_is_the_same_case(ugly_case: Path, clean: Case) -> None:
    assert load(ugly_case).fingerprint == clean.fingerprint


@pytest.mark.parametrize("ugly_case", range(len(KINDS), CASES, 7), indirect=True)
def test_an_ugly_case_is_solved_and_audited_in_plain_notation(
    ugly_case: Path, clean: Case, tmp_path: Path
) -> None:
    read = load(ugly_case)
    plain = plain_case(read, tmp_path / "plain")  # some combinations are plain already
    assert plain.origin == ({} if plain is read else read.hashes)
    assert load(plain.folder).fingerprint == clean.fingerprint
    for table in TABLES.values():
        path = plain.folder / table.file
        if path.exists():  # the audit's own reader takes every column
            sheet = read_sheet(path)
            for column in (c for c in table.all_columns if c.name in sheet.columns):
                if column.kind in {"int", "float"}:
                    sheet.numbers(column.name, optional=True)
                elif column.kind == "date":
                    sheet.optional_days(column.name)
                elif column.kind == "bool":
                    sheet.flags(column.name)


def test_a_plain_case_is_left_as_it_is(clean: Case, tmp_path: Path) -> None:
    assert plain_case(clean, tmp_path / "plain") is clean
    assert not (tmp_path / "plain").exists()


def test_shipped_cases_are_plain(toy_case: Case, iij_case: Case, tmp_path: Path) -> None:
    assert plain_case(toy_case, tmp_path / "a") is toy_case
    assert plain_case(iij_case, tmp_path / "b") is iij_case


def test_every_kind_of_ugliness_changes_a_file(clean: Case, tmp_path: Path) -> None:
    """A kind that did nothing would prove nothing."""
    for number, name in enumerate(KINDS):
        folder = spoil(clean, tmp_path / str(number), [name], random.Random(number))
        pairs = [(folder / t.file, clean.folder / t.file) for t in TABLES.values()]
        assert any(a.exists() and a.read_bytes() != b.read_bytes() for a, b in pairs), name


def test_there_are_100_cases_of_more_than_15_kinds() -> None:
    assert len(KINDS) > 15
    assert CASES >= 100


@pytest.mark.parametrize(
    "table, column, value",
    [("demand", "racks", "61"), ("halls", "pue", "1.3000001"), ("leases", "term_end", "2024-03-30"),
     ("classes", "movable", "true"), ("sites", "name_ja", "キャンパス２"), ("demand", "reason", "Ten.")],
)  # fmt: skip
def test_another_value_is_another_case(
    table: str, column: str, value: str, toy_case: Case, toy_copy: Path
) -> None:
    frame = toy_case[table].copy()
    kinds = {"racks": float, "pue": float, "movable": lambda text: text != "true"}
    frame.loc[0, column] = kinds.get(column, str)(value)
    changed = replace(toy_case, tables=dict(toy_case.tables) | {table: frame})
    assert case_hash(changed) != toy_case.fingerprint


def test_another_hour_or_key_is_another_case(toy_case: Case) -> None:
    warmer = {name: hourly + 1e-9 for name, hourly in toy_case.weather.items()}
    assert case_hash(replace(toy_case, weather=warmer)) != toy_case.fingerprint
    info = replace(toy_case.info, title="Another title")
    assert case_hash(replace(toy_case, info=info)) != toy_case.fingerprint
    assert case_hash(toy_case) == toy_case.fingerprint


def test_an_absent_optional_table_is_an_empty_one(toy_copy: Path, toy_case: Case) -> None:
    (toy_copy / "pins.csv").write_text(",".join(TABLES["pins"].column_names) + "\n", encoding="utf-8")
    assert load(toy_copy).fingerprint == toy_case.fingerprint
