"""Conversion factors and legal benchmarks as versioned records: an id, the years it holds for, a source."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import pandas as pd

RESTATED_FY = 2023
"""The conversion table of this fiscal year is what the whole series is restated on."""


@cache
def _records() -> pd.DataFrame:
    with files("dcplan.metrics.energy").joinpath("conversions.csv").open(encoding="utf-8") as file:
        return pd.read_csv(file)


def conversions() -> pd.DataFrame:
    """Return every conversion and benchmark.

    Columns: conversion_id, quantity, value, unit, from_fy, to_fy (inclusive), document, basis, note.
    """
    return _records().copy()


def conversion(quantity: str, years: pd.Series[int]) -> pd.DataFrame:
    """Return the record in force in each fiscal year: conversion_id and value, in the order of `years`.

    Raises:
        LookupError: a year has no record of the quantity, or two.
    """
    known = _records()[lambda rows: rows["quantity"] == quantity]
    wanted = pd.DataFrame({"fiscal_year": years.to_numpy(), "place": range(len(years))})
    rows = wanted.merge(known, how="cross")
    rows = rows[rows["fiscal_year"].between(rows["from_fy"], rows["to_fy"])]
    if len(rows) != len(wanted) or rows["place"].duplicated().any():
        missing = sorted(set(wanted["fiscal_year"]) - set(rows["fiscal_year"]))
        raise LookupError(f"conversions.csv: {quantity} needs one record a fiscal year; look at {missing}")
    return rows.sort_values("place")[["conversion_id", "value"]].set_axis(years.index)


def rate(quantity: str, years: pd.Series[int]) -> pd.Series[float]:
    """Return the value in force in each fiscal year, in the order of `years`."""
    return conversion(quantity, years)["value"].astype(float)
