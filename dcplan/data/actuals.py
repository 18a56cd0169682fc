"""Reads actuals beside a case, or refuses them with every problem at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pandas as pd

from dcplan.data.calendar import fiscal_year
from dcplan.data.case import Case
from dcplan.data.cells import did_you_mean
from dcplan.data.reader import read_csv
from dcplan.data.rule import listed
from dcplan.data.tables_actuals import ACTUALS
from dcplan.data.typed import TypedTable, absent, type_table
from dcplan.errors import InputError, Problem


@dataclass(frozen=True, eq=False)
class Actuals:
    """Actuals of a case: `tables` by name (empty where not given), and the files that were read."""

    tables: dict[str, pd.DataFrame]
    files: tuple[Path, ...]

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return a table by name, e.g. `actual_spend`."""
        return self.tables[table]


def read_actuals(files: Sequence[str | Path], case: Case, as_of: date) -> Actuals:
    """Return the actuals of some CSV files, each named like its table (`actual_occupancy.csv`).

    Args:
        files: the files; `actual_occupancy.csv` is required.
        case: the case that the old plan was made of.
        as_of: the new opening day.

    Raises:
        InputError: anything is wrong; carries every problem.
    """
    paths = [Path(file) for file in files]
    problems = list(_names(paths))
    typed = {name: absent(table) for name, table in ACTUALS.items()}
    for path in paths:
        table = ACTUALS.get(path.stem)
        if table is None:
            continue
        if not path.is_file():
            problems.append(Problem(str(path), None, None, None, "is not a file", "Check the name."))
            continue
        typed[table.name] = type_table(table, read_csv(path))
        problems += [*typed[table.name].problems, *_rows(typed[table.name], case, as_of)]
    if problems:
        raise InputError(problems)
    return Actuals({name: rows.frame() for name, rows in typed.items()}, tuple(paths))


def _names(paths: list[Path]) -> Iterator[Problem]:
    """Report files that are no table of actuals, that come twice, and a missing occupancy."""
    seen: set[str] = set()
    for path in paths:
        if path.stem not in ACTUALS:
            remedy = did_you_mean(path.stem, list(ACTUALS)) or f"The tables are {', '.join(ACTUALS)}."
            yield Problem(str(path), None, None, None, "is not a table of actuals", remedy)
        elif path.stem in seen:
            yield Problem(str(path), None, None, None, "is given twice", "Name each table once.")
        seen.add(path.stem)
    if "actual_occupancy" not in seen:
        remedy = "Give the racks by class and hall on the new opening day."
        yield Problem("actual_occupancy.csv", None, None, None, "is missing", remedy)


def _rows(typed: TypedTable, case: Case, as_of: date) -> Iterator[Problem]:
    """Report repeated keys, names that the case does not know, and years outside the time that passed."""
    table = typed.table
    first: dict[tuple[object, ...], int] = {}
    years = range(fiscal_year(case.info.as_of), fiscal_year(as_of - timedelta(days=1)) + 1)
    for position, number in enumerate(typed.numbers):
        if typed.good(position, table.key):
            key = typed.key(position)
            if key in first:
                shown = ", ".join(map(str, key))
                rule = f"repeats the key of row {first[key]}"
                yield Problem(table.file, number, ", ".join(table.key), shown, rule, "Remove one.")
            first.setdefault(key, number)
        for column in table.columns:
            value = typed.values[column.name][position]
            if column.parent is not None and value is not None:
                known = [str(name) for name in case[column.parent[0]][column.parent[1]]]
                if value not in known:
                    remedy = did_you_mean(str(value), known) or f"Known are {listed(known)}."
                    rule = f"is not in {column.parent[0]}.csv of the plan"
                    yield Problem(table.file, number, column.name, str(value), rule, remedy)
            if column.name == "fiscal_year" and isinstance(value, int) and value not in years:
                rule = f"lies outside the time that has passed ({case.info.as_of} to {as_of})"
                yield Problem(table.file, number, column.name, str(value), rule, "Leave the row out.")
