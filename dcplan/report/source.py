"""What a report reads: the tables of a saved plan and the inputs that it was solved from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import pandas as pd

OPTIMISED = "optimised"
PLAN_NAMES = {
    OPTIMISED: "optimised",
    "as_announced": "as announced",
    "as_announced_2022": "as announced (March 2022)",
    "frozen": "frozen",
}


class PlanTables(Protocol):
    """A plan as reports see it; `dcplan.plans.plan.Plan` is one."""

    @property
    def manifest(self) -> Mapping[str, Any]: ...  # noqa: D102
    @property
    def tables(self) -> Mapping[str, pd.DataFrame]: ...  # noqa: D102
    @property
    def references(self) -> Mapping[str, Mapping[str, pd.DataFrame]]: ...  # noqa: D102
    @property
    def comparison(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def folder(self) -> Path | None: ...  # noqa: D102
    @property
    def case(self) -> Inputs | None: ...  # noqa: D102


class Inputs(Protocol):
    """The input tables of a plan; `dcplan.data.case.Case` is one."""

    def __getitem__(self, name: str, /) -> pd.DataFrame: ...


def inputs_of(plan: PlanTables) -> Inputs:
    """Return the inputs of a plan: those it was made of just now, or those saved beside it."""
    from dcplan.data.load import load

    if plan.case is not None:
        return plan.case
    if plan.folder is None:
        raise ValueError("this plan was not saved: save it to a folder before reporting on it")
    case: Inputs = load(plan.folder / "inputs")
    return case


def tables_of(plan: PlanTables, which: str = OPTIMISED) -> Mapping[str, pd.DataFrame]:
    """Return the tables of the optimised plan or of one of its reference plans."""
    if which == OPTIMISED:
        return plan.tables
    if which not in plan.references:
        known = ", ".join([OPTIMISED, *plan.references])
        raise ValueError(f"this plan holds no {which!r}: choose one of {known}")
    return plan.references[which]


def records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a small table, to print or to draw them one by one."""
    names = [str(name) for name in frame]
    rows = zip(*(frame[name].tolist() for name in frame), strict=True)
    return [dict(zip(names, row, strict=True)) for row in rows]


def day(value: Any) -> date | None:
    """Return a calendar day from a table cell (date or ISO text), or None when it is empty."""
    if value is None or value == "" or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, date) else date.fromisoformat(str(value))


def month(value: Any) -> str:
    """Return a day as `2025-04`; `-` when it is empty."""
    known = day(value)
    return f"{known:%Y-%m}" if known else "-"


def number(day_: date) -> float:
    """Return a day as a time axis counts it: days since 1970-01-01."""
    return float((day_ - date(1970, 1, 1)).days)


def horizon(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the periods that are reported: the tail is optimised and never shown as plan."""
    periods = tables["periods"]
    return periods[~periods["tail"].astype(bool)].reset_index(drop=True)


def fiscal_years(tables: Mapping[str, pd.DataFrame]) -> list[int]:
    """Return the reported fiscal years in order."""
    periods = tables["periods"]
    return sorted({int(year) for year in periods["fiscal_year"][~periods["tail"].astype(bool)]})
