"""Seeded falsifications of the saved tables of a plan: one cell, or one row, of one table at a time."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

SMALLEST = 1e-4
FACTORS = (-2.0, -1.0, -0.5, -0.1, -0.01, -0.001, 0.001, 0.01, 0.1, 0.5, 1.0)
STEPS = (-1.0, -0.5, 0.5, 1.0, 10.0, 100.0)
BORROWED = 0.15
"""The share of numbers that are not changed by an amount but taken from another row of their column."""


@dataclass(frozen=True)
class Mutation:
    """What was changed: a cell of a table, in a file row, with the row before."""

    table: str
    column: str
    row: int
    honest: tuple[str, ...]
    after: str

    def __str__(self) -> str:
        return (
            f"{self.table}.csv row {self.row}, {self.column} -> {self.after!r}, was {','.join(self.honest)}"
        )


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="", encoding="utf-8-sig") as file:
        return list(csv.reader(file))


@contextmanager
def replaced(path: Path, rows: list[list[str]]) -> Iterator[None]:
    """Write other rows to a file, and its honest bytes again afterwards."""
    honest = path.read_bytes()
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows(rows)
        yield
    finally:
        path.write_bytes(honest)


def filled(tables: Path, names: Sequence[str]) -> list[Path]:
    """Return the files of the named tables that are there and have rows."""
    paths = [tables / f"{name}.csv" for name in names]
    return [path for path in paths if path.exists() and len(rows_of(path)) > 1]


def mutations(tables: Path, names: Sequence[str], seed: int, count: int) -> Iterator[Mutation]:
    """Yield seeded mutations; each is in the folder while its turn lasts."""
    random_ = random.Random(seed)
    paths = filled(tables, names)
    drawn = 0
    while drawn < count:
        path = random_.choice(paths)
        header, *body = rows_of(path)
        row, column = random_.randrange(len(body)), random_.randrange(len(header))
        after = falsified(header, body, row, column, random_)
        if after is not None:
            drawn += 1
            yield from _applied(path, header, body, row, column, after)


def mutation_of_each_column(tables: Path, seed: int) -> Iterator[Mutation]:
    """Yield one mutation of every column of every table that has rows."""
    random_ = random.Random(seed)
    for path in filled(tables, sorted(path.stem for path in tables.glob("*.csv"))):
        header, *body = rows_of(path)
        for column in range(len(header)):
            row = random_.randrange(len(body))
            after = next(filter(None, (unlike(body, row, column, random_) for _ in range(1000))))
            yield from _applied(path, header, body, row, column, after)


def _applied(
    path: Path, header: list[str], body: list[list[str]], row: int, column: int, after: str
) -> Iterator[Mutation]:
    honest = tuple(body[row])
    body[row][column] = after
    with replaced(path, [header, *body]):
        yield Mutation(path.stem, header[column], row + 2, honest, after)


def falsified(
    header: list[str], body: list[list[str]], row: int, column: int, random_: random.Random
) -> str | None:
    """Return another text for a cell, or None where this draw gives none."""
    before = body[row][column]
    number = as_number(before)
    if number is None or header[column] == "fiscal_year" or random_.random() < BORROWED:
        if "mjpy" in header and abs(float(body[row][header.index("mjpy")])) < SMALLEST:
            return None
        after = random_.choice(body)[column]
        other = as_number(after)
        near = number is not None and other is not None and not apart(number, other)
        return None if near or after == before else after
    return changed(number, random_)


def unlike(body: list[list[str]], row: int, column: int, random_: random.Random) -> str | None:
    """Return another number, another label of the column, or an unknown label where there is one only."""
    number = as_number(body[row][column])
    if number is not None:
        return changed(number, random_)
    others = sorted({cells[column] for cells in body} - {body[row][column], ""})
    return random_.choice(others) if others else "unknown"


def changed(number: float, random_: random.Random) -> str | None:
    """Return a number moved by a seeded share or step, None where that is too little to be seen."""
    if random_.random() < 0.5 and number:
        after = number * (1 + random_.choice(FACTORS))
    else:
        after = number + random_.choice(STEPS)
    return repr(after) if apart(number, after) else None


def apart(before: float, after: float) -> bool:
    return abs(after - before) >= SMALLEST * max(1.0, abs(before))


def as_number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
