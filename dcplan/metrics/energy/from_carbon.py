"""What energy figures take from emission lines (T08): tonnes by site and year, and the fuel of generators."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dcplan.metrics.energy.conversions import conversions

KEYS = ["site_id", "fiscal_year"]


def emissions_of(lines: pd.DataFrame, factor_set: str) -> pd.DataFrame:
    """Return the emissions of all energy of every site by fiscal year, landlord overhead included.

    Args:
        lines: T08.
        factor_set: the set of grid factors that location-based figures use.

    Returns:
        site_id, fiscal_year, scope1_tco2e (what is known of fuel and refrigerants), scope1_reason (what is
        not known, and why), location_tco2e, market_tco2e.
    """
    first = lines[lines["scope"] == 1]
    grid = lines[lines["scope"].isin([2, 3])]
    location = grid[(grid["method"] == "location") & (grid["factor_set"] == factor_set)]
    market = grid[grid["method"] == "market"]
    table = pd.DataFrame(
        {
            "location_tco2e": _whole(location),
            "market_tco2e": _whole(market),
            "scope1_tco2e": first.groupby(KEYS)["tco2e"].sum(min_count=1),
        }
    ).rename_axis(KEYS)
    void = first[first["null_reason"].fillna("") != ""]
    told = void.assign(text=void["method"] + ": " + void["null_reason"])[[*KEYS, "text"]].drop_duplicates()
    reasons = told.sort_values("text").groupby(KEYS)["text"].agg("; ".join)
    table["scope1_reason"] = reasons.reindex(table.index).fillna("")  # everything is told
    return table.reset_index()


def _whole(lines: pd.DataFrame) -> pd.Series[float]:
    """Return sums that are missing as soon as a line is: a part is no total."""
    return lines.groupby(KEYS)["tco2e"].agg(lambda cells: cells.astype(float).sum(skipna=False))


def fuels_of(lines: pd.DataFrame, register: pd.DataFrame) -> pd.DataFrame:
    """Return the fuel of generators by site and fiscal year, at the heat value of the year's table.

    Args:
        lines: T08; its fuel lines tell kL.
        register: T04, which tells what fuel a factor belongs to.

    Returns:
        site_id, fiscal_year, fuel_kl, fuel_gj, genset_reason.
    """
    rows = lines[(lines["scope"] == 1) & (lines["method"] == "fuel")]
    subject = register.drop_duplicates("factor_id").set_index("factor_id")["subject"]
    rows = rows.assign(quantity="heat_" + rows["factor_id"].map(subject).fillna("").astype(str))
    heat = conversions()[["quantity", "value", "from_fy", "to_fy"]]
    rows = rows.merge(heat, how="left", on="quantity")
    inside = rows["fiscal_year"].between(rows["from_fy"], rows["to_fy"]) | rows["value"].isna()
    rows = rows[inside]
    rows["fuel_gj"] = rows["activity"] * rows["value"]
    sums = rows.groupby(KEYS).agg(
        fuel_kl=("activity", lambda cells: cells.astype(float).sum(skipna=False)),
        fuel_gj=("fuel_gj", lambda cells: cells.astype(float).sum(skipna=False)),
        reason=("null_reason", "max"),
    )
    known = sums["fuel_gj"].notna()
    sums["genset_reason"] = np.where(known, "", np.where(sums["reason"] == "", "no_factor", sums["reason"]))
    return sums.drop(columns="reason").reset_index()
