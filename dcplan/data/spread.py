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
    grid, place = _years_of(table, list(key_dims), column, calendar)
    return _labelled(grid, [*key_dims, "fiscal_year"], table[[column]], place)[column]


def _years_of(
    table: pd.DataFrame, keys: list[str], what: str, calendar: Calendar
) -> tuple[pd.DataFrame, npt.NDArray[np.intp]]:
    """Return the keys and fiscal years of a spread table, and the row of the table that each takes."""
    last, years = _last_years(table, keys), np.asarray(calendar.fiscal_years)
    grid = last.loc[last.index.repeat(len(years))].reset_index(drop=True)
    grid["fiscal_year"] = np.tile(years, len(last))
    grid = grid[grid["fiscal_year"] >= grid["_first"]]
    in_tail = ~grid["fiscal_year"].isin(calendar.horizon_years)
    held = np.where(in_tail, np.minimum(grid["fiscal_year"], grid["_last"]), grid["fiscal_year"])
    known = _index(table, [*keys, "fiscal_year"])
    wanted = [*(grid[key] for key in keys), pd.Series(held, index=grid.index)]
    place = known.get_indexer(pd.MultiIndex.from_arrays(wanted) if keys else pd.Index(held))
    if (place < 0).any():
        row = grid[place < 0].iloc[0]
        who = " ".join(str(row[key]) for key in keys)
        where = f"{what} of {who}" if who else what
        rule = f"there is no value for fiscal year {row['fiscal_year']}"
        raise InputError([Problem("the yearly table", None, where, None, rule, "Add the missing years.")])
    return grid[[*keys, "fiscal_year"]], place


def _last_years(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    if keys:
        return table.groupby(keys, sort=False)["fiscal_year"].agg(_first="min", _last="max").reset_index()
    if table.empty:
        return pd.DataFrame({"_first": [np.iinfo(np.int64).max], "_last": [0]})
    return pd.DataFrame({"_first": [table["fiscal_year"].min()], "_last": [table["fiscal_year"].max()]})


def by_period(
    table: pd.DataFrame, key_dims: Sequence[str], column: str, calendar: Calendar
) -> pd.Series[float]:
    """Spread a yearly table over every period of the calendar; the tail holds the last value.

    Returns:
        A Series labelled by (key_dims..., period): every period takes the value of its fiscal year.

    Raises:
        InputError: as `by_fiscal_year`.
    """
    return columns_by_period(table, key_dims, [column], calendar)[column]


def columns_by_period(
    table: pd.DataFrame, key_dims: Sequence[str], columns: Sequence[str], calendar: Calendar
) -> pd.DataFrame:
    """Spread several columns of a yearly table over every period of the calendar, as `by_period`.

    Returns:
        The columns, labelled by (key_dims..., period).
    """
    keys = list(key_dims)
    grid, place = _years_of(table, keys, ", ".join(columns), calendar)
    years, labels = calendar.periods["fiscal_year"].to_numpy(), calendar.periods["period"].to_numpy()
    row, period = np.nonzero(grid["fiscal_year"].to_numpy()[:, None] == years[None, :])
    spread = grid[keys].iloc[row].assign(period=labels[period])
    return _labelled(spread, [*keys, "period"], table[list(columns)], place[row])


def _labelled(
    rows: pd.DataFrame, dims: list[str], values: pd.DataFrame, place: npt.NDArray[np.intp]
) -> pd.DataFrame:
    """Return rows of a table of values under the labels of others."""
    return values.take(place).set_axis(_index(rows, dims))


def _index(rows: pd.DataFrame, dims: list[str]) -> pd.Index[Any]:
    return pd.MultiIndex.from_frame(rows[dims]) if len(dims) > 1 else pd.Index(rows[dims[0]])
