"""Tables of numbers by label: what makes one of the columns of a table, or of rows that are dated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.lp.labels import label_index, label_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date
    from typing import Any


def labels_of(frame: pd.DataFrame, dims: Sequence[str]) -> pd.Index[Any]:
    """Return the labels of the rows of a table: its columns ``dims``."""
    columns = [frame[dim] for dim in dims]
    return pd.MultiIndex.from_arrays(columns) if len(dims) > 1 else pd.Index(columns[0])


def series(frame: pd.DataFrame, dims: Sequence[str], column: str) -> pd.Series[float]:
    """Return ``column`` of ``frame`` labelled by ``dims``."""
    return pd.Series(frame[column].to_numpy(dtype=float), index=labels_of(frame, dims), name=column)


def records(frame: pd.DataFrame, names: Sequence[str]) -> list[dict[str, Any]]:
    """Return the rows of a table as dicts of some of its columns."""
    columns = [frame[name].tolist() for name in names]
    return [dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)]


def product(labels: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Return every combination of the labels, one row each."""
    places = np.indices([len(part) for part in labels.values()]).reshape(len(labels), -1)
    arrays = [label_index(part).to_numpy() for part in labels.values()]
    return label_table(list(labels), [array[place] for array, place in zip(arrays, places, strict=True)])


def dated(rows: pd.DataFrame, column: str, starts: Mapping[str, date]) -> pd.Series[float]:
    """Spread dated rows (site, from_date) to periods: the latest whose date is not after the period's start.

    Args:
        rows: site, from_date and the column.
        column: what to spread.
        starts: the first day of each period.

    Returns:
        (site, period), without the periods before the first date of a site.
    """
    held: dict[tuple[str, str], float] = {}
    rows = rows.sort_values("from_date", kind="stable")
    for site, day, value in zip(rows["site"], rows["from_date"], rows[column], strict=True):
        held |= {(site, period): value for period, start in starts.items() if day <= start}
    index = pd.MultiIndex.from_tuples(held, names=["site", "period"])
    return pd.Series(list(held.values()), index, dtype=float, name=column)
