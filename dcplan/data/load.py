"""Loads a case folder into a typed `Case`, or refuses it with every problem at once."""

from __future__ import annotations

import datetime
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import numpy as np

from dcplan.data.calendar import calendar_problems
from dcplan.data.case import Case, CaseInfo
from dcplan.data.case_hash import hash_of, table_content
from dcplan.data.cells import CellError, Value, did_you_mean, parse
from dcplan.data.keys import key_problems, provenance_problems
from dcplan.data.places import CASE_FILE
from dcplan.data.rules import rule_problems
from dcplan.data.schema import Table
from dcplan.data.source import FolderSource, Source
from dcplan.data.tables import CASE_KEYS, TABLES
from dcplan.data.typed import TypedTable, absent, type_table
from dcplan.data.weather_file import Hourly
from dcplan.data.workbook_layout import is_workbook
from dcplan.errors import InputError, Problem

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FILE_NAME: Final = re.compile(r"[^/\\:\x00-\x1f.][^/\\:\x00-\x1f]*\.csv")


def load(source: str | Path) -> Case:
    """Return a case: a folder (`case.toml`, one CSV a table, `weather/*.csv`) or an .xlsx workbook of it.

    Raises:
        InputError: anything is wrong; carries every problem, sorted by file and row.
    """
    case, problems = read_case(source)
    if problems or case is None:
        raise InputError(problems)
    return case


def read_case(source: str | Path) -> tuple[Case | None, list[Problem]]:
    """Return the case of a folder or a workbook, and its problems; the case is None when there are any."""
    opened, problems = open_source(Path(source))
    if opened is None:
        return None, problems
    info, problems = read_info(opened)
    tables = {name: _read_table(opened, table) for name, table in TABLES.items()}
    for typed in tables.values():
        problems += typed.problems
    weather, weather_problems = _read_weather(opened, tables["stations"])
    light, light_problems = opened.irradiance()
    problems += weather_problems + light_problems
    problems += opened.strangers()
    problems += key_problems(tables, info)
    case = replace(_case(opened, info, tables, weather), irradiance=light)
    broken = {problem.file for problem in problems}
    problems += provenance_problems(tables)
    clean = {name for name, table in TABLES.items() if table.file not in broken and tables[name].clean}
    clean |= ({"case"} if info is not None else set()) | (set() if weather_problems else {"weather"})
    if not problems:  # before the rules: what they find out of the case is of the case that is returned
        case = replace(case, fingerprint=hash_of(case, map(_content, tables.values())))
    problems += rule_problems(case, clean, tables)
    if not problems:
        return case, []
    placed = dict.fromkeys(case.placed(problems))  # a fault of the weather sheet is found once a file
    return None, sorted(placed, key=Problem.sort_key)


@lru_cache(maxsize=512)
def _content(typed: TypedTable) -> bytes:
    return table_content(typed.table, typed.values)


def open_source(path: Path) -> tuple[Source | None, list[Problem]]:
    """Return the folder or workbook that a case is read from, or why there is none."""
    if is_workbook(path):
        from dcplan.data.workbook import BookSource

        return BookSource.open(path)
    if not (path / CASE_FILE).is_file():
        what = "has no case.toml" if path.is_dir() else "is not a folder"
        remedy = "Name the folder of a case; `dcplan init` makes one."
        return None, [Problem(str(path), None, None, None, what, remedy)]
    return FolderSource(path), []


def _case(
    source: Source, info: CaseInfo | None, tables: Mapping[str, TypedTable], weather: dict[str, Hourly]
) -> Case:
    """Build the case from the tables that could be read; the rules look only at these."""
    settings = tables["settings"].values
    values = dict(zip(settings["setting"], settings["value"], strict=False))
    return Case(
        info=info,  # type: ignore[arg-type]  # rules of case.toml are skipped without it
        tables={name: typed.frame() for name, typed in tables.items() if typed.clean},
        settings={str(name): float(value) for name, value in values.items() if isinstance(value, float)},
        weather=weather,
        folder=source.folder,
        hashes=dict(sorted(source.hashes.items())),
        encodings=source.encodings,
        rows={name: np.array(typed.numbers, dtype=np.int64) for name, typed in tables.items()},
        places=source.places,
        notes=tuple(source.notes),
    )


def read_info(source: Source) -> tuple[CaseInfo | None, list[Problem]]:
    """Return what `case.toml` (or the sheet `case`) says, and its problems."""
    document, problems = source.document()
    if document is None:
        return None, problems
    values, more = _info_values(document)
    problems += more
    if problems:
        return None, problems
    info = CaseInfo(**values)
    if not _NAME.fullmatch(info.name):
        remedy = "Use letters, digits, - and _; at most 64."
        problems.append(Problem(CASE_FILE, None, "name", info.name, "must be a short plain name", remedy))
    problems += calendar_problems(info, info.granularity)
    return (info if not problems else None), problems


def _info_values(document: Mapping[str, object]) -> tuple[dict[str, Any], list[Problem]]:
    """Return the values of `case.toml` by key, and its problems."""
    problems: list[Problem] = []
    values: dict[str, Value] = {}
    for key in document:
        if key not in CASE_KEYS:
            remedy = did_you_mean(key, [k for k in CASE_KEYS if k not in document]) or "Remove it."
            problems.append(Problem(CASE_FILE, None, key, None, "is not a key of case.toml", remedy))
    for key, column in CASE_KEYS.items():
        if key not in document and not column.optional:
            problems.append(Problem(CASE_FILE, None, key, None, "is a missing key", f"Add it: {column.doc}"))
            continue
        held = document.get(key, "")
        if not isinstance(held, str | int | float | datetime.date):
            rule, remedy = "must be one value", "Write a text in quotes, a number or a date."
            problems.append(Problem(CASE_FILE, None, key, str(held), rule, remedy))
            continue
        cell = _text_of(held)
        try:
            values[key] = parse(cell, column)
        except CellError as error:
            remedy = error.remedy or f"Give it: {column.doc}"
            problems.append(Problem(CASE_FILE, None, key, cell, error.rule, remedy))
    return values, problems


def _text_of(value: object) -> str:
    if isinstance(value, datetime.datetime):
        midnight = value.time() == datetime.time() and value.tzinfo is None
        return value.date().isoformat() if midnight else str(value)
    return str(value)


def _read_table(source: Source, table: Table) -> TypedTable:
    """Read one table; an absent required one, or one without rows, is a problem."""
    raw = source.table(table)
    if raw is None:
        if table.optional_file:
            return absent(table)
        rule = f"is a missing {source.noun}"
        return _incomplete(absent(table), rule, f"Add it: {table.doc}")
    typed = type_table(table, raw)
    if typed.clean and not typed.numbers and (not table.optional_file or table.name == "carbon_prices"):
        remedy = f"Fill it: {table.doc}"
        if table.optional_file:
            remedy = f"Remove the {source.noun} where there is no price."
        return _incomplete(typed, "has no rows", remedy)
    return typed


def _incomplete(typed: TypedTable, rule: str, remedy: str) -> TypedTable:
    """Return a table that lacks what it needs, with the problem that says so."""
    problem = Problem(typed.table.file, None, None, None, rule, remedy)
    return replace(typed, problems=[*typed.problems, problem], complete=False)


def _read_weather(source: Source, stations: TypedTable) -> tuple[dict[str, Hourly], list[Problem]]:
    """Read the hourly file of every station, each file once."""
    weather: dict[str, Hourly] = {}
    problems: list[Problem] = []
    read: dict[str, Hourly | None] = {}
    files = source.weather_files()
    for position, number in enumerate(stations.numbers):
        if not stations.good(position, ("station", "file")):
            continue
        name = str(stations.values["file"][position])
        rule = remedy = ""
        if not _FILE_NAME.fullmatch(name):
            rule, remedy = (
                "must be a plain file name",
                "Write the name of a file in weather/, e.g. tokyo.csv.",
            )
        elif name not in files:
            rule, remedy = "is not in weather/", did_you_mean(name, files) or "Put the file there."
        if rule:
            problems.append(Problem(stations.table.file, number, "file", name, rule, remedy))
            continue
        if name not in read:
            read[name], more = source.weather(name)
            problems += more
        hourly = read[name]
        if hourly is not None:
            weather[str(stations.values["station"][position])] = hourly
    return weather, problems
