"""What the money tables need beside the plan's tables: rates and dates, and the years that are reported."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Tables = Mapping[str, pd.DataFrame]

Floats: TypeAlias = npt.NDArray[np.float64]
Days: TypeAlias = npt.NDArray[np.datetime64]

ASBJ_34_FIRST_DAY = date(2027, 4, 1)
"""The Japanese lease standard (ASBJ Statement 34) is mandatory for years that start on or after this day."""

_NEEDED = ("as_of", "horizon_end", "discount_rate", "tax_rate", "borrowing_rate")


@dataclass(frozen=True)
class MoneySettings:
    """Rates and dates of a plan.

    Attributes:
        as_of: the opening day; what was paid before it is sunk.
        horizon_end: the first day after the plan's years; later years are the tail.
        discount_rate: nominal yearly rate of the objective.
        tax_rate: rate of the tax on profit.
        borrowing_rate: incremental borrowing rate: discounts lease payments and restoration.
        objective: `pre_tax` or `after_tax`.
        terminal_value: `annuity`, `book` or `none`: the rule of the objective.
        asset_tax_rate: rate of the fixed-asset tax; None where the plan does not tell it.
        lease_standard_from: first day on which the Japanese view puts leases on the balance sheet.
    """

    as_of: date
    horizon_end: date
    discount_rate: float
    tax_rate: float
    borrowing_rate: float
    objective: str = "pre_tax"
    terminal_value: str = "annuity"
    asset_tax_rate: float | None = None
    lease_standard_from: date = ASBJ_34_FIRST_DAY


def money_settings(manifest: Mapping[str, Any]) -> MoneySettings:
    """Return the settings that a plan's manifest tells.

    Raises:
        InputError: the manifest lacks one of them, as that of a plan from before they were saved.
    """
    missing = [name for name in _NEEDED if name not in manifest]
    if missing:
        rule = "the money tables need it, and this plan was saved without it"
        raise InputError(
            [Problem("manifest.json", None, name, None, rule, "Solve the case again.") for name in missing]
        )
    tax = manifest.get("asset_tax_rate")
    return MoneySettings(
        as_of=date.fromisoformat(str(manifest["as_of"])),
        horizon_end=date.fromisoformat(str(manifest["horizon_end"])),
        discount_rate=float(manifest["discount_rate"]),
        tax_rate=float(manifest["tax_rate"]),
        borrowing_rate=float(manifest["borrowing_rate"]),
        objective=str(manifest.get("objective", "pre_tax")),
        terminal_value=str(manifest.get("terminal_value", "annuity")),
        asset_tax_rate=None if tax is None else float(tax),
    )


def to_days(values: Iterable[Any]) -> Days:
    """Return dates or ISO texts as an array of days."""
    return np.array([str(value)[:10] for value in values], dtype="datetime64[D]")


def fiscal_years_of(days: Days) -> npt.NDArray[np.int64]:
    """Return n of the fiscal year FYn (from 1 April n) of each day."""
    months = days.astype("datetime64[M]").astype(np.int64) + 12 * 1970
    return np.asarray((months - 3) // 12)


def first_of_april(years: npt.ArrayLike) -> Days:
    """Return the first day of each fiscal year."""
    months = 12 * (np.asarray(years, dtype=np.int64) - 1970) + 3
    return months.astype("datetime64[M]").astype("datetime64[D]")


def span_end(tables: Tables) -> date:
    """Return the end of the optimised span: the plan's years and the tail (exclusive)."""
    last: date = to_days(tables["periods"]["end"]).max().item()
    return last


def segments(settings: MoneySettings, first: date | None = None) -> pd.DataFrame:
    """Return the rows of a yearly table: fiscal_year, basis, start, end (exclusive).

    `basis` is `actual` before the opening day and `plan` from it; a fiscal year that holds the opening day
    has two rows. The last row ends with the plan's horizon: the tail is optimised and never reported.

    Args:
        settings: of the plan.
        first: a day whose fiscal year is the first one; the opening day where None or later.
    """
    start = settings.as_of if first is None else min(first, settings.as_of)
    years = fiscal_years_of(to_days([start, settings.horizon_end]))
    edges = first_of_april(np.arange(years[0], years[1] + 1))
    edges = np.unique(np.concatenate([edges, to_days([settings.as_of])]))
    edges = edges[edges <= np.datetime64(settings.horizon_end)]
    if first is None:
        edges = edges[edges >= np.datetime64(settings.as_of)]
    table = pd.DataFrame({"fiscal_year": fiscal_years_of(edges[:-1])})
    table["basis"] = np.where(edges[:-1] < np.datetime64(settings.as_of), "actual", "plan")
    table["start"], table["end"] = edges[:-1].tolist(), edges[1:].tolist()
    return table


def cumulated(keys: pd.Series[Any], days: Days, amounts: Floats, until: Days) -> pd.DataFrame:
    """Return what fell due before each of some days: a row a key, a column a day [unit of the amounts]."""
    parts = (days[:, None] < until[None, :]) * amounts[:, None]
    return pd.DataFrame(parts, index=pd.Index(keys.to_numpy(), name=keys.name)).groupby(level=0).sum()


def long(wide: Mapping[str, pd.DataFrame], years: pd.DataFrame) -> pd.DataFrame:
    """Return tables (key, segment) of one shape as one tidy table: key, fiscal_year, basis, a column each."""
    first = next(iter(wide.values()))
    key = str(first.index.name)
    rows = first.index.to_frame(index=False).merge(years[["fiscal_year", "basis"]], how="cross")
    for name, table in wide.items():
        rows[name] = table.to_numpy(dtype=float).ravel()
    return rows[[key, "fiscal_year", "basis", *wide]]
