"""Yearly tables spread over the years and periods of a calendar."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy.typing as npt

    from dcplan.data.calendar import Calendar

    Ints = npt.NDArray[np.int64]


def by_fiscal_year(
    table: pd.DataFrame, key_dims: Sequence[str], column: str, calendar: Calendar
) -> pd.Series[float]:
    """Spread a yearly table over every fiscal year of the calendar; the tail holds the last value.

    Returns:
        A Series labelled by (key_dims..., fiscal_year). A key whose series starts later has no entry before
        its first year; the calendar's years before the tail are never filled.

    Raises:
        InputError: the series of a key has a gap, or ends before the horizon.
    """
    years, place = _years_of(table, list(key_dims), column, calendar)
    return table[column].take(place).set_axis(_labels(table, list(key_dims), place, "fiscal_year", years))


def _years_of(
    table: pd.DataFrame, keys: list[str], what: str, calendar: Calendar
) -> tuple[Ints, npt.NDArray[np.intp]]:
    """Return the fiscal years of a spread table, key by key, and the row of the table that each takes."""
    key, own = _codes(table, keys), table["fiscal_year"].to_numpy(dtype=np.int64)
    count = int(key.max(initial=-1)) + 1
    first, last = np.full(count, np.iinfo(np.int64).max), np.zeros(count, dtype=np.int64)
    np.minimum.at(first, key, own)
    np.maximum.at(last, key, own)
    years = np.asarray(calendar.fiscal_years, dtype=np.int64)
    held = np.where(np.isin(years, calendar.horizon_years), years, np.minimum(years, last[:, None]))
    start = min(own.min(initial=years[0]), years[0])
    rows = np.full((count, max(own.max(initial=years[-1]), years[-1]) - start + 1), -1)
    rows[key, own - start] = np.arange(len(table))
    at_key, at_year = np.nonzero(years >= first[:, None])
    place = rows[at_key, held[at_key, at_year] - start]
    if (place < 0).any():
        gap = int(np.flatnonzero(place < 0)[0])
        row = table[key == at_key[gap]].iloc[0]
        who = " ".join(str(row[each]) for each in keys)
        where = f"{what} of {who}" if who else what
        rule = f"there is no value for fiscal year {years[at_year[gap]]}"
        raise InputError([Problem("the yearly table", None, where, None, rule, "Add the missing years.")])
    return years[at_year], place


def _codes(table: pd.DataFrame, keys: list[str]) -> npt.NDArray[np.intp]:
    """Return a whole number for the key of each row, in the order in which keys appear."""
    if not keys:
        return np.zeros(len(table), dtype=np.intp)
    labels = table[keys[0]] if len(keys) == 1 else pd.MultiIndex.from_frame(table[keys])
    return pd.factorize(labels)[0]


def by_period(
    table: pd.DataFrame, key_dims: Sequence[str], column: str, calendar: Calendar
) -> pd.Series[float]:
    """Spread a yearly table over every period of the calendar; the tail holds the last value.

    Returns:
        A Series labelled by (key_dims..., period): every period takes the value of its fiscal year.

    Raises:
        InputError: as `by_fiscal_year`.
    """
    place, index = _periods_of(table, list(key_dims), [column], calendar)
    return table[column].take(place).set_axis(index)


def columns_by_period(
    table: pd.DataFrame, key_dims: Sequence[str], columns: Sequence[str], calendar: Calendar
) -> pd.DataFrame:
    """Spread several columns of a yearly table over every period of the calendar, as `by_period`.

    Returns:
        The columns, labelled by (key_dims..., period).
    """
    place, index = _periods_of(table, list(key_dims), columns, calendar)
    return table[list(columns)].take(place).set_axis(index)


def _periods_of(
    table: pd.DataFrame, keys: list[str], columns: Sequence[str], calendar: Calendar
) -> tuple[npt.NDArray[np.intp], pd.Index[Any]]:
    """Return the row of the table that each key and period takes, and the labels of these."""
    own, place = _years_of(table, keys, ", ".join(columns), calendar)
    years, labels = calendar.periods["fiscal_year"].to_numpy(), calendar.periods["period"].to_numpy()
    row, period = np.nonzero(own[:, None] == years[None, :])
    return place[row], _labels(table, keys, place[row], "period", labels[period])


def _labels(
    table: pd.DataFrame, keys: list[str], place: npt.NDArray[np.intp], time: str, when: npt.NDArray[Any]
) -> pd.Index[Any]:
    """Return the keys of some rows of a table and a time of their own as labels."""
    labels = [table[key].to_numpy()[place] for key in keys]
    index: pd.Index[Any] = pd.Index(when, name=time)
    if keys:
        index = pd.MultiIndex.from_arrays([*labels, when], names=[*keys, time])
    return index
