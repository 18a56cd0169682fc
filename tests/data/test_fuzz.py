"""Whatever a cell, a row or a byte becomes: the case is read or refused, never a traceback."""

import random
import shutil
from pathlib import Path

import pytest

from dcplan.data.check import check
from dcplan.data.shipped import case_folder
from dcplan.data.tables import TABLES

from .conftest import Folder

CELLS = [
    "", "NA", "0", "-1", "1e308", "1e-308", "nan", "1e400", "12.5", "999999999999", "true",
    "2022-04-01", "2023-05-05",     "2149-12-31", "A", "B", "City", "Campus", "cloud", "colo", "none",
    "leased", "owned", "candidate", "in_service",     "hall-b", "Kansai", "=1+1", "\x00", "\n", "😀", "x"
    * 70, "①", "１２", "#N/A", "ratchet", "2021", "2022", "2090",
]  # fmt: skip


def without_ranges(folder: Folder) -> None:
    """Make every row a fact, so that a changed value meets the rules and not its own range."""
    for name, table in TABLES.items():
        if table.provenance and (folder.path / table.file).exists():
            folder.set_all(name, "basis", "public")
            for column in ("low", "high"):
                folder.set_all(name, column, "")


def mutate(folder: Folder, dice: random.Random) -> None:
    """Damage one to three cells or rows of random tables."""
    present = [name for name, table in TABLES.items() if (folder.path / table.file).exists()]
    for _ in range(dice.randint(1, 3)):
        name = dice.choice(present)
        header, rows = folder.read(name)
        if not rows:
            continue
        kind = dice.random()
        if kind < 0.7:
            dice.choice(rows)[dice.choice(header)] = dice.choice(CELLS)
        elif kind < 0.85:
            rows.remove(dice.choice(rows))
        else:
            rows.append(dict(dice.choice(rows)))
        folder.write(name, header, rows)


@pytest.mark.parametrize("seed", range(10))
def test_damaged_cells_and_rows_never_crash_the_check(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    refused = 0
    for number in range(6):
        folder = Folder(Path(shutil.copytree(case_folder("toy"), tmp_path / str(number))))
        without_ranges(folder)
        mutate(folder, dice)
        report = check(folder.path)
        refused += not report.ok
        for problem in (*report.problems, *report.shortfalls, *report.warnings):
            assert problem.rule
            assert "\n" not in str(problem)
    assert refused > 0


@pytest.mark.parametrize("seed", range(4))
def test_damaged_bytes_never_crash_the_check(seed: int, tmp_path: Path) -> None:
    dice = random.Random(seed)
    for number in range(6):
        folder = Path(shutil.copytree(case_folder("toy"), tmp_path / str(number)))
        path = dice.choice(sorted(p for p in folder.rglob("*") if p.suffix in {".csv", ".toml"}))
        content = bytearray(path.read_bytes())
        for _ in range(dice.randint(1, 4)):
            content[dice.randrange(len(content))] = dice.randrange(256)
        path.write_bytes(bytes(content))
        check(folder)
