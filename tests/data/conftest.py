"""A case folder that a test may damage, cell by cell."""

import csv
from collections.abc import Callable
from pathlib import Path

import pytest

from dcplan.data.load import read_case
from dcplan.errors import Problem


class Folder:
    """The files of a case, with edits by table, column and key."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def read(self, table: str) -> tuple[list[str], list[dict[str, str]]]:
        with (self.path / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            rows = list(reader)
            return list(reader.fieldnames or ()), rows

    def write(self, table: str, header: list[str], rows: list[dict[str, str]]) -> None:
        with (self.path / f"{table}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, header, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def set(self, table: str, column: str, value: str, **where: str) -> int:
        """Write a cell of the first row that matches and return its spreadsheet row."""
        header, rows = self.read(table)
        found = next(i for i, row in enumerate(rows) if all(row[k] == v for k, v in where.items()))
        if column not in header:
            header.append(column)
        rows[found][column] = value
        self.write(table, header, rows)
        return found + 2

    def set_all(self, table: str, column: str, value: str) -> None:
        header, rows = self.read(table)
        self.write(table, header, [row | {column: value} for row in rows])

    def drop(self, table: str, **where: str) -> None:
        header, rows = self.read(table)
        kept = [row for row in rows if not all(row[k] == v for k, v in where.items())]
        assert len(kept) < len(rows)
        self.write(table, header, kept)

    def add(self, table: str, like: dict[str, str] | None = None, **cells: str) -> int:
        """Append a row: a copy of the first row that matches `like`, with other cells."""
        header, rows = self.read(table)
        base = next(r for r in rows if all(r[k] == v for k, v in (like or {}).items()))
        self.write(table, header, [*rows, base | cells])
        return len(rows) + 2

    def create(self, table: str, text: str) -> None:
        (self.path / f"{table}.csv").write_text(text, encoding="utf-8")

    def set_case(self, key: str, value: str) -> None:
        """Replace a key of case.toml by TOML text; None removes the key."""
        lines = (self.path / "case.toml").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(f"{key} ")]
        (self.path / "case.toml").write_text("\n".join([*kept, f"{key} = {value}"]) + "\n", encoding="utf-8")

    def problems(self) -> list[Problem]:
        return read_case(self.path)[1]

    def messages(self) -> list[str]:
        return [str(problem) for problem in self.problems()]


Damage = Callable[[Folder], object]


def both(*damages: Damage) -> Damage:
    return lambda f: [damage(f) for damage in damages]


def cell(table: str, column: str, value: str, **where: str) -> Damage:
    return lambda f: f.set(table, column, value, **where)


def row(table: str, like: dict[str, str] | None = None, **cells: str) -> Damage:
    return lambda f: f.add(table, like, **cells)


def gone(table: str, **where: str) -> Damage:
    return lambda f: f.drop(table, **where)


@pytest.fixture
def folder(toy_copy: Path) -> Folder:
    """Return a copy of the tutorial case; it is sound until a test damages it."""
    return Folder(toy_copy)
