"""Loads a case folder into a typed `Case`, or refuses it with every problem at once."""

from __future__ import annotations

import datetime
import hashlib
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from dcplan.data.calendar import calendar_problems
from dcplan.data.case import Case, CaseInfo
from dcplan.data.cells import CellError, Value, did_you_mean, parse
from dcplan.data.keys import key_problems, provenance_problems
from dcplan.data.reader import decode, read_bytes, read_csv
from dcplan.data.rules import rule_problems
from dcplan.data.schema import Table
from dcplan.data.tables import CASE_KEYS, TABLES
from dcplan.data.typed import TypedTable, absent, type_table
from dcplan.data.weather_file import Hourly, read_weather
from dcplan.errors import InputError, Problem

CASE_FILE: Final = "case.toml"
WEATHER: Final = "weather"

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_FILE_NAME: Final = re.compile(r"[^/\\:\x00-\x1f.][^/\\:\x00-\x1f]*\.csv")


def load(folder: str | Path) -> Case:
    """Return the case of a folder: `case.toml`, one CSV a table, `weather/*.csv`.

    Raises:
        InputError: anything is wrong; carries every problem, sorted by file and row.
    """
    case, problems = read_case(folder)
    if problems or case is None:
        raise InputError(problems)
    return case


def read_case(folder: str | Path) -> tuple[Case | None, list[Problem]]:
    """Return the case and its problems; the case is None when there are any."""
    folder = Path(folder)
    if not (folder / CASE_FILE).is_file():
        what = "has no case.toml" if folder.is_dir() else "is not a folder"
        remedy = "Name the folder of a case; `dcplan init` makes one."
        return None, [Problem(str(folder), None, None, None, what, remedy)]
    info, problems, hashes = read_info(folder / CASE_FILE)
    tables: dict[str, TypedTable] = {}
    encodings: dict[str, str] = {}
    for name, table in TABLES.items():
        tables[name] = _read_table(folder, table, hashes, encodings)
        problems += tables[name].problems
    weather, weather_problems = _read_weather(folder / WEATHER, tables["stations"], hashes, encodings)
    problems += weather_problems
    problems += _unknown_files(folder)
    problems += key_problems(tables, info)
    case = _case(folder, info, tables, weather, hashes, encodings)
    broken = {problem.file for problem in problems}
    problems += provenance_problems(tables)
    clean = {name for name, table in TABLES.items() if table.file not in broken}
    problems += rule_problems(case, clean | ({"case"} if info is not None else set()))
    return (case if not problems else None), sorted(problems, key=Problem.sort_key)


def _case(
    folder: Path,
    info: CaseInfo | None,
    tables: Mapping[str, TypedTable],
    weather: dict[str, Hourly],
    hashes: dict[str, str],
    encodings: dict[str, str],
) -> Case:
    """Build the case from the tables that could be read; the rules look only at these."""
    settings = tables["settings"].values
    values = dict(zip(settings["setting"], settings["value"], strict=False))
    return Case(
        info=info,  # type: ignore[arg-type]  # rules of case.toml are skipped without it
        tables={name: typed.frame() for name, typed in tables.items() if typed.clean},
        settings={str(name): float(value) for name, value in values.items() if isinstance(value, float)},
        weather=weather,
        folder=folder,
        hashes=dict(sorted(hashes.items())),
        encodings=encodings,
        rows={name: np.array(typed.numbers, dtype=np.int64) for name, typed in tables.items()},
    )


def read_info(path: Path) -> tuple[CaseInfo | None, list[Problem], dict[str, str]]:
    """Return what `case.toml` says, its problems, and its hash by file name."""
    content, problems = read_bytes(path, CASE_FILE)
    hashes = {CASE_FILE: hashlib.sha256(content).hexdigest()}
    text, _, more = decode(content, CASE_FILE)
    if problems or more:
        return None, problems + more, hashes
    try:
        document = tomllib.loads(text.replace("\r\n", "\n"))
    except tomllib.TOMLDecodeError as error:
        rule = f"is not valid TOML ({error})"
        return None, [Problem(CASE_FILE, None, None, None, rule, "Texts stand in quotes.")], hashes
    values, problems = _info_values(document)
    if problems:
        return None, problems, hashes
    info = CaseInfo(**values)
    if not _NAME.fullmatch(info.name):
        remedy = "Use letters, digits, - and _; at most 64."
        problems.append(Problem(CASE_FILE, None, "name", info.name, "must be a short plain name", remedy))
    problems += calendar_problems(info, info.granularity)
    return (info if not problems else None), problems, hashes


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
        cell = _text_of(document.get(key, ""))
        try:
            values[key] = parse(cell, column)
        except CellError as error:
            problems.append(Problem(CASE_FILE, None, key, cell, error.rule, error.remedy))
    return values, problems


def _text_of(value: object) -> str:
    if isinstance(value, datetime.datetime):
        return value.date().isoformat()
    return str(value)


def _read_table(folder: Path, table: Table, hashes: dict[str, str], encodings: dict[str, str]) -> TypedTable:
    """Read one table; an absent required file, or one without rows, is a problem."""
    path = folder / table.file
    if not path.exists():
        typed = absent(table)
        if not table.optional_file:
            typed.complete = False
            rule = "is a missing file"
            typed.problems.append(Problem(table.file, None, None, None, rule, f"Add it: {table.doc}"))
        return typed
    raw = read_csv(path)
    hashes[table.file] = raw.sha256
    encodings[table.file] = raw.encoding
    typed = type_table(table, raw)
    if typed.clean and not typed.numbers and (not table.optional_file or table.name == "carbon_prices"):
        remedy = (
            "Remove the file where there is no price." if table.optional_file else f"Fill it: {table.doc}"
        )
        typed.problems.append(Problem(table.file, None, None, None, "has no rows", remedy))
        typed.complete = False
    return typed


def _read_weather(
    folder: Path, stations: TypedTable, hashes: dict[str, str], encodings: dict[str, str]
) -> tuple[dict[str, Hourly], list[Problem]]:
    """Read the hourly file of every station, each file once."""
    weather: dict[str, Hourly] = {}
    problems: list[Problem] = []
    read: dict[str, Hourly | None] = {}
    for position, number in enumerate(stations.numbers):
        if not stations.good(position, ("station", "file")):
            continue
        name = str(stations.values["file"][position])
        path = folder / name
        if not _FILE_NAME.fullmatch(name):
            remedy = "Write the name of a file in weather/, e.g. tokyo.csv."
            problems.append(
                Problem(stations.table.file, number, "file", name, "must be a plain file name", remedy)
            )
        elif not path.is_file():
            remedy = did_you_mean(name, [p.name for p in folder.glob("*.csv")]) or "Put the file there."
            problems.append(Problem(stations.table.file, number, "file", name, "is not in weather/", remedy))
        else:
            file = f"{WEATHER}/{name}"
            if file not in read:
                read[file], more, encodings[file] = read_weather(path, file)
                problems += more
                hashes[file] = hashlib.sha256(path.read_bytes()).hexdigest()
            hourly = read[file]
            if hourly is not None:
                weather[str(stations.values["station"][position])] = hourly
    return weather, problems


def _unknown_files(folder: Path) -> list[Problem]:
    """Report CSV files that no table is read from: a misspelt optional table must not be lost."""
    known = [table.file for table in TABLES.values()]
    problems = []
    for path in sorted(folder.glob("*.csv")):
        if path.name not in known:
            absent_files = [file for file in known if not (folder / file).exists()]
            remedy = did_you_mean(path.name, absent_files) or "Move it out of the folder."
            problems.append(Problem(path.name, None, None, None, "is not a table of a case", remedy))
    return problems
