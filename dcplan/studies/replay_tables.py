"""What the hours of a replay add up to: by site and fiscal year, as duration curves, by period."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.studies.replay import Hours

Array = npt.NDArray[np.float64]
KW_PER_MW = 1e3
LARGE_ERROR = 0.01
"""Relative error of the linear curve from which a site and year is marked."""

DURATION_POINTS = 101
FLEET = "fleet"


def site_years(hours: Hours, sites: pd.DataFrame) -> pd.DataFrame:
    r"""Return energy, PUE and peaks by site and fiscal year, the sums `owned` and `fleet` included.

    Columns: site, fiscal_year, ownership, hours; it_mwh; linear_mwh, shaped_mwh, full_mwh; mwh_error;
    linear_pue, full_pue, pue_error; linear_peak_kw, full_peak_kw, peak_error (all racks at their peak, at the
    hottest hour: what the demand charge looks at); highest_hour_kw (full physics, daily shape);
    load_factor (mean over highest hour); above_one_percent. Errors are of full physics against the linear
    replay, energy and peak relative, PUE as a difference. PUE and its error are empty where there is no load.
    """
    first = np.flatnonzero(np.diff(hours.clock.fiscal_year, prepend=-1))
    years = hours.clock.fiscal_year[first]
    count = np.diff(np.append(first, hours.clock.fiscal_year.size))
    owned = (sites["ownership"] == "owned").to_numpy()
    member = np.vstack([np.eye(len(sites)), owned * 1.0, np.ones(len(sites))])
    names = [*hours.sites, "owned", FLEET]
    index = pd.MultiIndex.from_product([names, years], names=["site", "fiscal_year"])

    def energy(power: Array) -> Array:
        return np.asarray(np.add.reduceat(member @ power, first, axis=1).ravel() / KW_PER_MW)

    def highest(power: Array) -> Array:
        return np.asarray(np.maximum.reduceat(member @ power, first, axis=1).ravel())

    ownership = [*sites["ownership"], "owned", "all"]
    table = pd.DataFrame(
        {
            "ownership": np.repeat(ownership, len(years)),
            "hours": np.tile(count, len(names)),
            "it_mwh": energy(hours.it),
            "linear_mwh": energy(hours.linear),
            "shaped_mwh": energy(hours.shaped),
            "full_mwh": energy(hours.full),
            "linear_peak_kw": highest(hours.linear_peak),
            "full_peak_kw": highest(hours.full_peak),
            "highest_hour_kw": highest(hours.full),
        },
        index=index,
    ).reset_index()
    return _ratios(table)


def _ratios(table: pd.DataFrame) -> pd.DataFrame:
    it = table["it_mwh"].where(table["it_mwh"] > 0.0)
    linear = table["linear_mwh"].where(table["linear_mwh"] > 0.0)
    peak = table["linear_peak_kw"].where(table["linear_peak_kw"] > 0.0)
    table["mwh_error"] = table["full_mwh"] / linear - 1.0
    table["linear_pue"], table["full_pue"] = table["linear_mwh"] / it, table["full_mwh"] / it
    table["pue_error"] = table["full_pue"] - table["linear_pue"]
    table["peak_error"] = table["full_peak_kw"] / peak - 1.0
    mean = table["full_mwh"] * KW_PER_MW / table["hours"]
    table["load_factor"] = mean / table["highest_hour_kw"].where(table["highest_hour_kw"] > 0.0)
    errors = table[["mwh_error", "peak_error"]].abs().max(axis=1)
    table["above_one_percent"] = errors > LARGE_ERROR
    return table


def duration_table(hours: Hours) -> pd.DataFrame:
    """Return the load-duration curve of each site and fiscal year: site, fiscal_year, share_of_hours, kw.

    `kw` is the facility power (full physics, daily shape) that is reached in that share of the hours.
    """
    share = np.linspace(0.0, 1.0, DURATION_POINTS)
    first = np.flatnonzero(np.diff(hours.clock.fiscal_year, prepend=-1))
    stops = np.append(first, hours.clock.fiscal_year.size)
    years = hours.clock.fiscal_year[first]
    parts = [np.quantile(hours.full[:, start:stop], 1.0 - share, axis=1).T for start, stop in pairwise(stops)]
    kw = np.stack(parts, axis=1)
    index = pd.MultiIndex.from_product([hours.sites, years, share], names=["site", "fiscal_year", "share"])
    table = pd.DataFrame({"kw": kw.ravel()}, index=index).reset_index()
    return table.rename(columns={"share": "share_of_hours"})


def worst_periods(hours: Hours, sites: pd.DataFrame, calendar: Calendar) -> pd.DataFrame:
    """Return the periods of owned sites whose energy differs by more than a hundredth under full physics.

    Columns: site, period, linear_mwh, full_mwh, mwh_error.
    """
    first = hours.clock.first
    labels = calendar.labels[: len(first)]
    index = pd.MultiIndex.from_product([hours.sites, labels], names=["site", "period"])
    linear = np.add.reduceat(hours.linear, first, axis=1).ravel() / KW_PER_MW
    full = np.add.reduceat(hours.full, first, axis=1).ravel() / KW_PER_MW
    table = pd.DataFrame({"linear_mwh": linear, "full_mwh": full}, index=index).reset_index()
    owned = sites.loc[sites["ownership"] == "owned", "site"]
    table = table[table["site"].isin(owned) & (table["linear_mwh"] > 0.0)]
    table = table.assign(mwh_error=table["full_mwh"] / table["linear_mwh"] - 1.0)
    return table[table["mwh_error"].abs() > LARGE_ERROR].reset_index(drop=True)
