"""A case as it was known on a day: later rows are left out, earlier vintages of a key take their place.

The tables of a case hold the latest that is known. Its folder may hold `vintages/`: tables of the same form
with what was known before; every row there has a `known_on`. On a knowledge date K

- a row with `known_on` after K is left out, an announcement of a later day too;
- among the rows of one key that are left, the one known last wins; a row of the case without `known_on`
  gives way to a vintage.

A candidate hall whose project nobody knew is not in the case, nor is what refers to either. Nothing is
filled in: a series that then has a gap is refused when the case is loaded.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.reader import read_csv
from dcplan.data.schema import Table
from dcplan.data.tables import TABLES
from dcplan.data.typed import type_table
from dcplan.data.writing import copy_case, write_table
from dcplan.errors import InputError, Problem

VINTAGES = "vintages"
FORESIGHT = "foresight-2022"
NOTICE = "Only what was public by {day} is used: prices, factors and projects as they were seen then. "


def knowledge_date(edition: str, as_of: date) -> date | None:
    """Return the day by which rows must be known in an edition; None when all are.

    `retrospective`: all; `foresight-2022`: the day before the opening.

    Raises:
        InputError: there is no such edition.
    """
    if edition == FORESIGHT:
        return as_of - timedelta(days=1)
    if edition == "retrospective":
        return None
    remedy = f"The editions are retrospective and {FORESIGHT}."
    raise InputError([Problem("the edition", None, None, edition, "is not known", remedy)])


@contextmanager
def as_known(folder: Path, edition: str | None, known_on: date | None) -> Iterator[Path]:
    """Give the folder of a case as it was known, for as long as the block runs; the case itself without both.

    Args:
        folder: the case.
        edition: see `knowledge_date`; None for the case as it is.
        known_on: only rows known by this day; goes before the edition.

    Raises:
        InputError: as `write_known`.
    """
    if known_on is None and edition is not None:
        known_on = knowledge_date(edition, load(folder).info.as_of)
    if known_on is None:
        yield folder
        return
    with TemporaryDirectory(prefix="dcplan-") as room:
        plain = plain_folder(folder, Path(room) / "plain")  # a workbook holds no vintages, only known_on
        yield write_known(plain, known_on, Path(room) / folder.stem)


def known_tables(folder: Path, known_on: date) -> dict[str, pd.DataFrame]:
    """Return the tables of a case as they were known on a day.

    Raises:
        InputError: the case or its vintages are refused.
    """
    case = load(folder)
    older = _vintages(folder / VINTAGES)
    tables = {name: _known(case[name], older.get(name), TABLES[name], known_on) for name in TABLES}
    told = tables["announcements"]
    tables["announcements"] = told[np.array([day <= known_on for day in told["known_on_date"]], dtype=bool)]
    halls, projects = tables["halls"], tables["projects"]
    unknown = (halls["status"] == "candidate") & ~halls["hall"].isin(projects["hall"])
    tables["halls"] = halls[~unknown]
    return _without_orphans(tables)


def _vintages(folder: Path) -> dict[str, pd.DataFrame]:
    """Return the vintages by table; every row must say when it was known."""
    found: dict[str, pd.DataFrame] = {}
    problems: list[Problem] = []
    for path in sorted(folder.glob("*.csv")):
        file = f"{VINTAGES}/{path.name}"
        table = TABLES.get(path.stem)
        if table is None or not table.provenance:
            remedy = "Vintages are tables of the case with provenance."
            problems.append(Problem(file, None, None, None, "is not a table that has vintages", remedy))
            continue
        typed = type_table(table, read_csv(path, file))
        problems += typed.problems
        for position, day in enumerate(typed.values.get("known_on", [])):
            if day is None:
                rule = "must not be empty in a vintage"
                number = typed.numbers[position]
                problems.append(Problem(file, number, "known_on", "", rule, "Enter when it was known."))
        if typed.clean:
            found[path.stem] = typed.frame()
    if problems:
        raise InputError(problems)
    return found


def _known(rows: pd.DataFrame, older: pd.DataFrame | None, table: Table, known_on: date) -> pd.DataFrame:
    """Return the rows of one table that were known, one a key, in the order of the table."""
    if not table.provenance:
        return rows
    both = rows.assign(_vintage=False)
    if older is not None:
        both = pd.concat([both, older.assign(_vintage=True)], ignore_index=True)
    both = both[np.array([day is None or day <= known_on for day in both["known_on"]], dtype=bool)]
    order = pd.Series(range(len(both)), index=both.index)
    places = order.groupby([both[key] for key in table.key], dropna=False).transform("min")
    days = [(day or date.min).toordinal() for day in both["known_on"]]
    best = both.assign(_day=days, _place=places).sort_values(["_day", "_vintage"], kind="stable")
    best = best.drop_duplicates(list(table.key), keep="last").sort_values("_place")
    return best[rows.columns].reset_index(drop=True)


def _without_orphans(tables: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """Return the tables without rows that refer to a hall or project that is no longer there."""
    out = dict(tables)
    for _ in TABLES:
        before = sum(map(len, out.values()))
        for name, table in TABLES.items():
            for column in table.columns:
                if column.parent is None or column.parent[0] not in {"halls", "projects"}:
                    continue
                known = set(out[column.parent[0]][column.parent[1]]) | {""}
                out[name] = out[name][out[name][column.name].isin(known)].reset_index(drop=True)
        if sum(map(len, out.values())) == before:
            return out
    return out


def write_known(folder: Path, known_on: date, target: Path) -> Path:
    """Write a case as it was known on a day into a new folder, and return it.

    Raises:
        InputError: the case, its vintages, or the case as it was known are refused.
    """
    if not folder.is_dir():
        remedy = "Copy it into a case folder first: a workbook holds no vintages."
        raise InputError([Problem(str(folder), None, None, None, "is not a case folder", remedy)])
    opening = load(folder).info.as_of
    tables = known_tables(folder, known_on)
    copy_case(folder, target)
    for name, table in TABLES.items():
        if table.provenance:
            write_table(target, name, tables[name])
    text = (target / "case.toml").read_text("utf-8-sig")
    notice = re.search(r'^notice\s*=\s*"(.*)"\s*$', text, flags=re.MULTILINE)
    if known_on < opening:
        text = re.sub(r"^edition\s*=.*$", f'edition = "{FORESIGHT}"', text, flags=re.MULTILINE)
    if notice is not None:
        other = re.sub(r",?[^.,]*\(retrospective edition\)", "", notice[1])
        told = f'notice = "{NOTICE.format(day=known_on)}{other}"'
        text = text.replace(notice[0], told)
    (target / "case.toml").write_text(text, "utf-8")
    load(target)
    return target
