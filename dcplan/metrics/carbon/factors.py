"""T04, the factor register: every emission factor as a versioned record, and the rule which one applies."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    Inputs = Any

LOCATION = "grid_location"
ZERO = "attribute:zero"
"""Factor of a MWh whose attribute is renewable or free of carbon and is claimed: 0 kg/kWh."""
BY_SUPPLY_YEAR = (
    LOCATION, "shk_unadjusted", "shk_basic", "shk_adjusted", "residual", "national_average",
)  # fmt: skip
"""Types of electricity factors: a record belongs to the power supplied in one fiscal year."""
REGISTER = (
    "factor_id", "factor_type", "factor_set", "subject", "retailer", "value", "unit", "applies_to_fy",
    "supply_fy", "published_on", "revision", "projected", "in_force", "supersedes", "gwp_set", "value_status",
    "source_ref", "doc_title", "url", "page", "sha256", "sha256_null_reason",
)  # fmt: skip
REPORT_MONTH, REPORT_DAY = 7, 31
"""Reports of FYn are due by 31 July n+1: what is published later restates, and changes no total silently."""


def factor_register(inputs: Inputs) -> pd.DataFrame:
    """Return every factor of the case as a record: `REGISTER`, one row a factor and revision.

    The rule of vintages: activity of FYn uses the factor of the power supplied in FY(n-1), which is published
    during FYn. `in_force` marks, of the revisions of one factor, the last one published by 31 July n+1, when
    FYn is reported; a later one is a restatement and is listed, not used. A factor that nobody published, or
    that was told before its year of supply had ended, is a scenario value: `projected`. Factors of
    fuels, gases and goods have no year of supply.

    Args:
        inputs: tables `grid_factors`, `emission_factors` and `sources` of the plan's inputs.

    Raises:
        InputError: refrigerants of different GWP sets are mixed.
    """
    grid = inputs["grid_factors"]
    location = pd.DataFrame(
        {
            "factor_id": _grid_id(grid),
            "factor_type": LOCATION,
            "factor_set": grid["factor_set"],
            "subject": grid["grid_area"],
            "value": grid["kg_per_kwh"],
            "unit": "kg/kWh",
            "supply_fy": grid["fiscal_year"],
            "revision": 0,
            **{name: grid[name] for name in ("source", "basis", "known_on")},
        }
    )
    other = inputs["emission_factors"]
    other = other.rename(columns={"factor": "factor_id"}).drop(columns=["low", "high", "reason"])
    zero = pd.DataFrame(
        {"factor_id": ZERO, "factor_type": "attribute", "subject": "claimed", "value": 0.0, "unit": "kg/kWh",
         "supply_fy": 0, "revision": 0, "basis": "derived"}, index=[0],
    )  # fmt: skip
    rows = pd.concat(
        [frame for frame in (location, other, zero) if not frame.empty], ignore_index=True
    ).reindex(
        columns=[
            "factor_id", "factor_type", "factor_set", "subject", "retailer", "value", "unit", "supply_fy",
            "known_on", "revision", "supersedes", "gwp_set", "basis", "source", "page",
        ]
    )  # fmt: skip
    texts = ["factor_set", "subject", "retailer", "supersedes", "gwp_set", "source", "page"]
    rows[texts] = rows[texts].astype(object).fillna("")  # a record tells only what belongs to its type
    _refuse_mixed_gwp(rows)
    return _described(rows, inputs["sources"])


def _grid_id(grid: pd.DataFrame) -> pd.Series[Any]:
    year = grid["fiscal_year"].astype(str)
    return grid["factor_set"] + ":" + grid["grid_area"] + ":FY" + year


def _refuse_mixed_gwp(rows: pd.DataFrame) -> None:
    sets = sorted(set(rows.loc[rows["factor_type"] == "refrigerant_gwp", "gwp_set"]))
    if len(sets) > 1:
        rule = f"mixes the GWP sets {', '.join(sets)}: totals over gases or years would mean nothing"
        remedy = "Give every gas the value of one IPCC report."
        raise InputError([Problem("emission_factors.csv", None, "gwp_set", None, rule, remedy)])


def _described(rows: pd.DataFrame, sources: pd.DataFrame) -> pd.DataFrame:
    supplied = rows["factor_type"].isin(BY_SUPPLY_YEAR)
    year = rows["supply_fy"].fillna(0).astype(int)
    rows["applies_to_fy"] = (year + 1).where(supplied).astype("Int64")
    rows["supply_fy"] = year.where(supplied).astype("Int64")
    rows["published_on"] = rows["known_on"]
    ends = [date(int(y), 4, 1) for y in (year + 1).where(supplied, 1970)]
    told = zip(rows["known_on"], ends, strict=True)
    early = np.array([isinstance(day, date) and day < end for day, end in told], dtype=bool)
    guessed = rows["known_on"].isna() & (rows["basis"] == "assumption")
    rows["projected"] = supplied & (guessed | early)
    due = [
        date(int(y) + 1, REPORT_MONTH, REPORT_DAY) if known else None
        for y, known in zip((year + 1).where(supplied, 1970), supplied, strict=True)
    ]
    days = zip(rows["published_on"], due, strict=True)
    in_time = np.array([not isinstance(day, date) or last is None or day <= last for day, last in days])
    rows["revision"] = rows["revision"].fillna(0).astype(int)
    keys = ["factor_type", "factor_set", "subject", "retailer", "supply_fy"]
    best = rows["revision"].where(in_time).groupby([rows[k] for k in keys], dropna=False).transform("max")
    rows["in_force"] = in_time & (rows["revision"] == best)
    rows["value_status"] = np.where(rows["basis"] == "assumption", "estimated", "default")
    known = sources.set_index("source")
    rows["source_ref"] = rows["source"]
    rows["doc_title"] = rows["source"].map(known["title"]).fillna("")
    rows["url"] = rows["source"].map(known["where"]).fillna("")
    rows["sha256"], rows["sha256_null_reason"] = None, "document_not_held"
    return rows[list(REGISTER)].reset_index(drop=True)


def in_force(register: pd.DataFrame, factor_type: str, factor_set: str | None = None) -> pd.DataFrame:
    """Return the electricity factors of a type in force: subject, fiscal_year (of the activity), factor_id,
    factor_value (kg/kWh = t/MWh), projected.

    Args:
        register: of `factor_register`.
        factor_type: one of `BY_SUPPLY_YEAR`.
        factor_set: of `grid_location`; every set where None, told by the column factor_set.

    Raises:
        InputError: two records claim to be the factor of one subject and year.
    """  # noqa: D205
    chosen = register["in_force"] & (register["factor_type"] == factor_type)
    if factor_set is not None:
        chosen &= register["factor_set"] == factor_set
    rows = register.loc[chosen, ["factor_set", "subject", "applies_to_fy", "factor_id", "value", "projected"]]
    twice = rows[rows.duplicated(["factor_set", "subject", "applies_to_fy"], keep="first")]
    refuse_two(twice["factor_id"])
    named = rows.rename(columns={"applies_to_fy": "fiscal_year", "value": "factor_value"})
    return named.astype({"fiscal_year": int})


def refuse_two(repeated: Iterable[object]) -> None:
    """Refuse records that claim to be the factor of a subject and year that has one.

    Raises:
        InputError: there are such records.
    """
    rule = "another record is the factor of the same subject and year with the same revision"
    remedy = "Number the revisions, or keep one retailer a subject."
    problems = [Problem("emission_factors.csv", None, "factor", str(f), rule, remedy) for f in repeated]
    if problems:
        raise InputError(problems)


def shk_definition(years: Mapping[int, Any] | pd.Series[Any]) -> np.ndarray[Any, Any]:
    """Return which definition of the reporting law's factors holds for activity of each fiscal year.

    Up to FY2023 *basic* is the retailer's physical factor; from FY2024 (lists of supply FY2023 on) it has the
    adjustment of the feed-in tariff and certificates inside, and is no location-based factor any more.
    """
    told = np.asarray(years, dtype=int)
    return np.where(told >= SHK_CHANGE, "from_fy2024", "until_fy2023")


SHK_CHANGE = 2024
