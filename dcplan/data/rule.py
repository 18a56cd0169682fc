"""What a rule across tables is: a function of the case, and the tables that it needs to be sound."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.case import Case
from dcplan.data.tables import TABLES
from dcplan.errors import Problem

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Rule:
    """A rule: `find` yields its problems; it runs only when every file in `needs` is without problem."""

    name: str
    needs: tuple[str, ...]
    find: Callable[[Case], Iterator[Problem]]


def needs(*tables: str) -> Callable[[Callable[[Case], Iterator[Problem]]], Rule]:
    """Declare all that a rule reads: tables, `case` for case.toml, `weather` for the weather files."""

    def declare(find: Callable[[Case], Iterator[Problem]]) -> Rule:
        return Rule(find.__name__, tables, find)

    return declare


def text_of(value: object) -> str:
    """Return a value as a planner would write it in the cell."""
    if value is None:
        return ""
    if isinstance(value, bool | np.bool_):
        return str(bool(value)).lower()
    if isinstance(value, float):
        return "" if np.isnan(value) else f"{value:g}" if abs(value) < 1e6 else f"{value:.0f}"
    return str(value)


def at(case: Case, table: str, position: int, column: str, rule: str, remedy: str = "") -> Problem:
    """Return a problem of one cell of a table (position: 0-based row of the frame)."""
    value = text_of(case[table][column].iloc[position])
    return Problem(TABLES[table].file, case.row_number(table, position), column, value, rule, remedy)


def about(table: str, rule: str, remedy: str = "") -> Problem:
    """Return a problem of a whole file."""
    return Problem(TABLES[table].file, None, None, None, rule, remedy)


def rows_where(mask: pd.Series | Mask) -> list[int]:
    """Return the positions where a mask is true."""
    positions: list[int] = np.flatnonzero(np.asarray(mask)).tolist()
    return positions


def rows_of(values: Iterable[object], names: Container[object]) -> list[int]:
    """Return the positions of the values that are among these names."""
    return [position for position, value in enumerate(values) if value in names]


def leased_sites(case: Case) -> set[str]:
    """Return the names of the leased sites."""
    sites = case["sites"]
    return {name for name, kind in zip(sites["site"], sites["ownership"], strict=True) if kind == "leased"}


def in_leased_sites(case: Case) -> Mask:
    """Return which rows of the table `halls` are of leased sites."""
    leased = leased_sites(case)
    return np.array([site in leased for site in case["halls"]["site"]], dtype=bool)


def sums_to_one(case: Case, table: str, key: str) -> Iterator[Problem]:
    """Report every key whose shares do not sum to 1 (within 1e-6)."""
    frame = case[table]
    for name, total in frame.groupby(key, sort=False)["share"].sum().items():
        if abs(total - 1.0) > 1e-6:
            last = rows_where(frame[key] == name)[-1]
            rule = f"the shares of {name} sum to {total:.6g} instead of 1"
            yield at(case, table, last, "share", rule, "Mend a share or add the missing row.")


def listed(names: Sequence[object], most: int = 5) -> str:
    """Return names as `a, b, c and 4 more`."""
    words = [str(name) for name in names]
    more = len(words) - most
    return ", ".join(words) if more <= 0 else f"{', '.join(words[:most])} and {more} more"


def exactly_one(case: Case, table: str, halls: Iterable[str], what: str) -> Iterator[Problem]:
    """Report halls without a row in a table, halls with two, and rows of other halls.

    A row that names no hall is passed over.
    """
    frame = case[table]
    wanted = set(halls)
    noun = table[:-1]
    lacking = wanted.difference(frame["hall"])
    for position in rows_of(case["halls"]["hall"], lacking):
        yield at(case, "halls", position, "hall", f"{what} needs a {noun}", f"Add one to {table}.csv.")
    named = frame["hall"] != ""
    for position in rows_where(named & frame["hall"].duplicated()):
        yield at(case, table, position, "hall", f"has more than one {noun}", "Keep one row.")
    for position in rows_of(frame["hall"], set(frame["hall"]) - wanted - {""}):
        yield at(case, table, position, "hall", f"must be {what}", "Choose another hall or mend halls.csv.")
