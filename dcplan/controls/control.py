"""What a control is: two figures that must be the same amount, wherever both can be told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.metrics.money.settings import MoneySettings

TOLERANCE_MJPY = 1e-6
"""One yen: a control holds where its two figures differ by no more."""
Blocks: TypeAlias = Sequence[pd.DataFrame]
"""Figures side by side: where, left_mjpy, right_mjpy. The first block is the tie-out itself, whose sums are
shown; the others follow from it or lead to it."""


@dataclass(frozen=True)
class Books:
    """What controls read: the money tables of a plan and the plan tables that they are made of.

    Attributes:
        tables: by name, as a plan exports them: `metrics.money.books.money_tables` and `EVIDENCE`.
        settings: rates and dates of the plan.
        objective_mjpy: the published cost, the present value that the plan was chosen by.
        announced_mjpy: that of the plan *as announced*, by the same objective.
    """

    tables: Mapping[str, pd.DataFrame]
    settings: MoneySettings
    objective_mjpy: float
    announced_mjpy: float

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self.tables[name]

    def plan_years(self, name: str) -> pd.DataFrame:
        """Return the rows of a table that are plan, not actual."""
        table = self.tables[name]
        return table[table["basis"] == "plan"]


@dataclass(frozen=True)
class Control:
    """One tie-out.

    Attributes:
        name: machine name.
        left: what the first figure is, with its table.
        right: what the second figure is.
        en: the tie-out in words.
        ja: the same in Japanese.
        check: returns the figures.
    """

    name: str
    left: str
    right: str
    en: str
    ja: str
    check: Callable[[Books], Blocks]


def tie(where: pd.Series[Any] | Sequence[Any], left: Any, right: Any) -> pd.DataFrame:
    """Return figures side by side; `left` and `right` in the order of `where`."""
    table = pd.DataFrame({"where": [str(each) for each in where]})
    table["left_mjpy"] = np.asarray(left, dtype=float)
    table["right_mjpy"] = np.asarray(right, dtype=float)
    return table


def tie_sums(left: pd.Series[Any], right: pd.Series[Any], prefix: str = "") -> pd.DataFrame:
    """Return two tables of sums side by side, by their labels; what only one of them holds is 0 in the other.

    A label that one side lacks is a control that fails unless the amount is 0: nothing is left out.
    """
    labels = left.index.union(right.index, sort=False)
    where = [prefix + label_of(key) for key in labels]
    return tie(where, left.reindex(labels, fill_value=0.0), right.reindex(labels, fill_value=0.0))


def label_of(key: Any) -> str:
    """Return a key as a reader reads it: `Shiroi-2, FY2023`."""
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(f"FY{part}" if isinstance(part, int | np.integer) else str(part) for part in parts)


def keys_of(rows: pd.DataFrame, *names: str) -> pd.Series[Any]:
    """Return the labels of the rows of a table."""
    held = rows[list(names)].itertuples(index=False, name=None)
    return pd.Series([label_of(tuple(key)) for key in held], dtype=object)


def continued(rows: pd.DataFrame, key: str, opening: str, closing: str) -> pd.DataFrame:
    """Return the closing balance of each year beside the opening balance of the next, by a key."""
    order = rows.sort_values([key, "fiscal_year"], kind="stable")
    before = order.groupby(key, sort=False)[closing].shift()
    held = before.notna()
    where = keys_of(order[held], key, "fiscal_year")
    return tie("opening of " + where, order.loc[held, opening], before[held])


def by_year(rows: pd.DataFrame, column: str) -> pd.Series[Any]:
    """Return the sum of a column by fiscal year."""
    return rows.groupby("fiscal_year")[column].sum()


def cost_by_year(books: Books, *terms: str) -> pd.Series[Any]:
    """Return nominal amounts of the cost table by fiscal year of the plan."""
    years = books["periods"]
    years = years.loc[~years["tail"].astype(bool), ["period", "fiscal_year"]]
    costs = books["costs"]
    rows = costs[costs["term"].isin(terms)].merge(years, on="period")
    return rows.groupby("fiscal_year")["mjpy"].sum()
