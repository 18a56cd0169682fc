"""Emission factors of a saved case, and which one applies: read again, in plain code.

Activity of FYn takes the factor of the power supplied in FY(n-1); of its revisions the last one that was
published by 31 July n+1. A factor that is missing is NaN, and so is what rests on it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from dcplan.plans.audit.reading import Floats, Sheet, read_optional, read_sheet


@dataclass(frozen=True)
class Factors:
    """Factors in force: `yearly` by type, subject and year of the activity; `single` by the first two."""

    yearly: dict[tuple[str, str, int], float]
    single: dict[tuple[str, str], float]

    def by_year(self, kind: str, subject: str, years: list[int]) -> Floats:
        """Return a factor by fiscal year of the activity, NaN where there is none."""
        return np.array([self.yearly.get((kind, subject, y), np.nan) for y in years], dtype=np.float64)

    def one(self, kind: str, subject: str) -> float:
        """Return a factor that belongs to no year of supply, NaN where there is none."""
        return self.single.get((kind, subject), np.nan)


def read_factors(folder: Path, factor_set: str) -> Factors:
    """Return the factors of a saved case; the location-based ones of one set have the type `location`."""
    yearly: dict[tuple[str, str, int], float] = {}
    single: dict[tuple[str, str], float] = {}
    grid = read_sheet(folder / "grid_factors.csv")
    named = zip(
        grid.text("factor_set"), grid.text("grid_area"), grid.whole("fiscal_year").tolist(),
        grid.numbers("kg_per_kwh"), _published(grid), strict=True,
    )  # fmt: skip
    for name, area, supply, value, known in named:
        if name == factor_set and _in_time(known, supply):
            yearly["location", area, supply + 1] = float(value)
    sheet = read_optional(folder / "emission_factors.csv")
    if sheet is None:
        return Factors(yearly, single)
    latest: dict[tuple[str, str, int], float] = {}
    supplies = np.nan_to_num(_column(sheet, "supply_fy")).astype(int).tolist()
    revisions = np.nan_to_num(_column(sheet, "revision")).tolist()
    rows = zip(
        sheet.text("factor_type"), sheet.text("subject"), supplies, revisions, sheet.numbers("value"),
        _published(sheet), strict=True,
    )  # fmt: skip
    for kind, subject, supply, revision, value, known in rows:
        if supply and not _in_time(known, supply):
            continue
        key = (kind, subject, supply + 1 if supply else 0)
        if revision < latest.get(key, -1.0):
            continue
        latest[key] = revision
        if supply:
            yearly[key] = float(value)
        else:
            single[kind, subject] = float(value)
    return Factors(yearly, single)


def _column(sheet: Sheet, name: str) -> Floats:
    return sheet.numbers(name, optional=True) if name in sheet.columns else np.zeros(sheet.size)


def _published(sheet: Sheet) -> list[date | None]:
    return sheet.optional_days("known_on") if "known_on" in sheet.columns else [None] * sheet.size


def _in_time(published: date | None, supply: int) -> bool:
    return published is None or published <= date(supply + 2, 7, 31)
