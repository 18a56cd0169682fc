"""Checks of keys and provenance that work row by row, also where other cells of a table are wrong."""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Final

from dcplan.data.calendar import fiscal_year
from dcplan.data.case import CaseInfo
from dcplan.data.cells import Value, did_you_mean
from dcplan.data.tables import SETTINGS
from dcplan.data.typed import TypedTable
from dcplan.errors import Problem

MOST_ROWS_PER_REASON: Final = 10

Typed = Mapping[str, TypedTable]


def key_problems(tables: Typed, info: CaseInfo | None) -> list[Problem]:
    """Return every problem of keys, references, settings and yearly series."""
    problems: list[Problem] = []
    for typed in tables.values():
        problems += _repeated_keys(typed)
        problems += _references(typed, tables)
    problems += _settings(tables["settings"])
    if info is not None:
        problems += _series(tables, info)
    return problems


def provenance_problems(tables: Typed) -> list[Problem]:
    """Return every assumption without range or reason, and reasons that serve too many rows."""
    problems: list[Problem] = []
    for typed in tables.values():
        if typed.table.provenance:
            problems += _provenance(typed)
    return problems + list(_reasons(tables.values()))


def _shown(key: Iterable[Value]) -> str:
    return ", ".join(str(part) for part in key)


def _repeated_keys(typed: TypedTable) -> Iterator[Problem]:
    """Report keys that stand twice, exactly or but for width and letter case."""
    file, names = typed.table.file, ", ".join(typed.table.key)
    first: dict[tuple[Value, ...], int] = {}
    folded: dict[tuple[Value, ...], tuple[Value, ...]] = {}
    for position, number in enumerate(typed.numbers):
        if not typed.good(position, typed.table.key):
            continue
        key = typed.key(position)
        near = tuple(_fold(part) for part in key)
        if key in first:
            rule = f"repeats the key of row {first[key]}"
            yield Problem(file, number, names, _shown(key), rule, "Remove one of the two rows.")
        elif near in folded:
            other = folded[near]
            rule = f"differs from {_shown(other)} in row {first[other]} only by width or letter case"
            yield Problem(file, number, names, _shown(key), rule, "Use one spelling.")
        else:
            first[key] = number
            folded[near] = key


def _fold(part: Value) -> Value:
    return unicodedata.normalize("NFKC", part).casefold() if isinstance(part, str) else part


def _references(typed: TypedTable, tables: Typed) -> Iterator[Problem]:
    """Report names that the referenced table does not hold."""
    for column in typed.table.all_columns:
        if column.parent is None:
            continue
        parent = tables[column.parent[0]]
        if not parent.column_complete(column.parent[1]):
            continue
        known = set(parent.values[column.parent[1]])
        for position, number in enumerate(typed.numbers):
            value = typed.values[column.name][position]
            if value in known or value in {None, ""}:
                continue
            remedy = did_you_mean(str(value), map(str, known)) or f"Add it to {parent.table.file}."
            yield Problem(
                typed.table.file, number, column.name, str(value), f"is not in {parent.table.file}", remedy
            )


def _provenance(typed: TypedTable) -> Iterator[Problem]:
    """Report assumptions without range or reason, and ranges that do not hold the value."""
    table = typed.table
    for position, number in enumerate(typed.numbers):
        if not typed.good(position, ("basis", "low", "high")):
            continue
        low, high = typed.values["low"][position], typed.values["high"][position]
        assumed = typed.values["basis"][position] == "assumption"
        ranged = assumed and bool(table.measure)
        for name, value in (("low", low), ("high", high)):
            empty = value != value  # noqa: PLR0124 - NaN
            if ranged and empty:
                rule = f"must not be empty: an assumption states the range of {table.measure}"
                yield Problem(
                    table.file, number, name, "", rule, "Give the lowest and highest plausible value."
                )
            elif not ranged and not empty:
                why = "only assumptions have a range" if not assumed else "this table has no measure"
                yield Problem(table.file, number, name, f"{value:g}", f"must be empty: {why}", "Clear it.")
        if assumed and not typed.values["reason"][position]:
            rule = "must not be empty: an assumption says why it has this value"
            yield Problem(table.file, number, "reason", "", rule, "Write why this value and not another.")
        if ranged and typed.good(position, (table.measure,)):
            yield from _range(typed, position, low, high)


def _range(typed: TypedTable, position: int, low: Value, high: Value) -> Iterator[Problem]:
    """Report a measure outside its own range."""
    measure = typed.values[typed.table.measure][position]
    if not (isinstance(low, float) and isinstance(high, float) and isinstance(measure, int | float)):
        return
    if low > measure or high < measure:
        name = "low" if low > measure else "high"
        value = low if low > measure else high
        side = "at most" if name == "low" else "at least"
        rule = f"must be {side} the value of {typed.table.measure} ({measure:g})"
        yield Problem(
            typed.table.file,
            typed.numbers[position],
            name,
            f"{value:g}",
            rule,
            "Widen the range, or mend the value.",
        )


def _reasons(tables: Iterable[TypedTable]) -> Iterator[Problem]:
    """Report a reason that serves too many rows."""
    used: dict[str, list[tuple[str, int]]] = defaultdict(list)
    for typed in tables:
        if typed.table.provenance:
            for number, reason in zip(typed.numbers, typed.values["reason"], strict=True):
                if reason:
                    used[str(reason)].append((typed.table.file, number))
    for reason, rows in used.items():
        if len(rows) > MOST_ROWS_PER_REASON:
            file, number = rows[MOST_ROWS_PER_REASON]
            rule = f"stands on {len(rows)} rows, and one reason serves at most {MOST_ROWS_PER_REASON}"
            yield Problem(file, number, "reason", reason, rule, "Say what is particular about each value.")


def _settings(typed: TypedTable) -> Iterator[Problem]:
    """Report unknown and missing settings, other units, and values out of bounds."""
    file = typed.table.file
    names = [str(name) for name in typed.values["setting"] if name is not None]
    for position, number in enumerate(typed.numbers):
        if not typed.good(position, ("setting",)):
            continue
        name = str(typed.values["setting"][position])
        declared = SETTINGS.get(name)
        if declared is None:
            remedy = did_you_mean(name, [s for s in SETTINGS if s not in names])
            yield Problem(file, number, "setting", name, "is not a setting", remedy or "Remove it.")
            continue
        unit = typed.values["unit"][position]
        if unit is not None and unit != declared.unit:
            rule = f"must be {declared.unit}"
            yield Problem(file, number, "unit", str(unit), rule, f"Give {name} in {declared.unit}.")
        value = typed.values["value"][position]
        if isinstance(value, float) and (breach := declared.breach(value)):
            yield Problem(file, number, "value", f"{value:g}", f"{name} {breach}", declared.hint(value))
    if typed.column_complete("setting"):
        for name in SETTINGS:
            if name not in names:
                rule = f"has no row for the setting {name}"
                unit = SETTINGS[name].unit
                yield Problem(file, None, None, None, rule, f"Add it in {unit}: {SETTINGS[name].doc}")


def _series(tables: Typed, info: CaseInfo) -> Iterator[Problem]:
    """Report missing fiscal years of every yearly series."""
    first, last = fiscal_year(info.as_of), fiscal_year(info.horizon_end - timedelta(days=1))
    for typed in tables.values():
        table = typed.table
        if not table.series or not typed.present or not all(map(typed.column_complete, table.key)):
            continue
        dims = [name for name in table.key if name != "fiscal_year"]
        found: dict[tuple[Value, ...], dict[int, int]] = defaultdict(dict)
        for position, number in enumerate(typed.numbers):
            key = tuple(typed.values[name][position] for name in dims)
            year = typed.values["fiscal_year"][position]
            if isinstance(year, int):
                found[key][year] = number
        for key in _expected(table.name, found, tables, info):
            years = found.get(key, {})
            start = min(years, default=first) if table.name == "targets" else first
            missing = [year for year in range(start, last + 1) if year not in years]
            if missing:
                before = [year for year in years if year < missing[0]]
                number_before = years[max(before)] if before else None
                who = f"{_shown(key)} has" if key else "has"
                listed = ", ".join(f"FY{year}" for year in missing)
                rule = f"{who} no row for {listed}"
                column = "fiscal_year" if number_before is not None else None
                remedy = "Add the missing fiscal years; nothing is filled in."
                yield Problem(table.file, number_before, column, None, rule, remedy)


def _expected(
    name: str, found: Mapping[tuple[Value, ...], object], tables: Typed, info: CaseInfo
) -> list[tuple[Value, ...]]:
    """Return the keys whose series must be full: those that stand there, and those that others need."""
    keys = list(found)
    if name == "grid_factors":
        if info.grid_factor_set not in {key[0] for key in keys}:
            return []
        areas = dict.fromkeys(area for area in tables["sites"].values["grid_area"] if area)
        return [(info.grid_factor_set, area) for area in areas]
    if name == "class_years":
        keys += [(value,) for value in tables["classes"].values["class"] if value]
    if name == "instrument_years":
        kinds = tables["instruments"].values
        pairs = zip(kinds["instrument"], kinds["kind"], strict=True)
        keys += [(value,) for value, kind in pairs if value and kind != "physical_ppa"]
    return list(dict.fromkeys(keys)) or ([()] if name in {"carbon_prices", "budgets"} else [])
