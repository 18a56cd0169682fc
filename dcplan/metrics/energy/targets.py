"""Targets of a plan with their pathway, what the plan reaches, and the distance (T10)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

AT_LEAST = "at_least"
HOURLY = "hourly_carbon_free_share"
NO_BASE = "the series does not cover the first fiscal year"
METHODS = {
    "renewable_share": ("-", AT_LEAST, "attributes retired and on-site use over energy"),
    HOURLY: ("-", AT_LEAST, "carbon-free in the hour of use over energy"),
    "location_tco2e": ("tCO2e", "at_most", "location-based, facility boundary"),
    "pue": ("-", "at_most", "energy over IT energy"),
}
"""Unit, sense and method of each metric of a target."""


def targets(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return every target by fiscal year beside what the plan reaches (T10).

    The base is the first fiscal year of the plan, read off the plan by the same formula: a plan has no
    measured base year. The values of a target by fiscal year are its pathway. `gap` is positive where the
    plan falls short. All are gross: nothing is netted from them, and credits count in none.

    Args:
        tables: of a plan: periods, targets, site_energy, claims, emissions.
        inputs: of the plan: targets, sites, instruments.

    Returns:
        target_id, fiscal_year, metric, unit, method, boundary, sense, base_fy, base_value, base_reason,
        target_fy (last year of the series), target_value (of that year), pathway_value, plan_value, gap,
        met, hard, miss_price, gross_net, validated_by, source, value_basis.

    Raises:
        LookupError: a metric is not known here.
    """
    years = years_of(tables)["fiscal_year"]
    reached = tables["targets"]
    reached = reached[reached["fiscal_year"].isin(set(years))]
    asked = inputs["targets"].rename(columns={"basis": "value_basis"})
    columns = ["target", "fiscal_year", "miss_price", "source", "value_basis"]
    rows = reached.merge(asked[columns], how="left", on=["target", "fiscal_year"], validate="1:1")
    unknown = sorted(set(rows["metric"]) - set(METHODS))
    if unknown:
        raise LookupError(f"targets: no unit and method is declared for {unknown}")
    told = [METHODS[str(metric)] for metric in rows["metric"]]
    rows[["unit", "sense", "method"]] = np.array(told, dtype=object).reshape(len(rows), 3)
    first = int(years.min())
    base = boundary_metrics(tables, inputs)
    base = base[base["fiscal_year"] == first].drop(columns="fiscal_year")
    rows = rows.merge(base.rename(columns={"value": "base_value"}), how="left", on=["boundary", "metric"])
    hourly = rows["metric"] == HOURLY
    opening = rows[hourly & (rows["fiscal_year"] == first)].set_index("target")["actual"]
    # an hourly share needs the hours: only a series that covers the first year tells its base
    own = rows["target"].map(opening.to_dict()).astype(float)
    rows["base_value"] = rows["base_value"].astype(float).where(~hourly, own)
    rows["base_reason"] = np.where(rows["base_value"].isna(), NO_BASE, "")
    last = rows.groupby("target")["fiscal_year"].transform("max")
    final = rows[rows["fiscal_year"] == last].set_index("target")["value"]
    rows = rows.assign(base_fy=first, target_fy=last, target_value=rows["target"].map(final))
    over = rows["actual"] - rows["value"]
    rows["gap"] = over.where(rows["sense"] != AT_LEAST, -over)
    rows["met"] = rows["gap"] <= MET * rows["value"].abs().clip(lower=1.0)
    rows["hard"] = rows["miss_price"].isna()
    rows = rows.rename(columns={"target": "target_id", "value": "pathway_value", "actual": "plan_value"})
    return rows.assign(gross_net="gross", validated_by="none")[COLUMNS].reset_index(drop=True)


MET = 1e-6
"""A target is met within this share of its value: the accuracy of a plan's rows."""
COLUMNS = [
    "target_id",
    "fiscal_year",
    "metric",
    "unit",
    "method",
    "boundary",
    "sense",
    "base_fy",
    "base_value",
    "base_reason",
    "target_fy",
    "target_value",
    "pathway_value",
    "plan_value",
    "gap",
    "met",
    "hard",
    "miss_price",
    "gross_net",
    "validated_by",
    "source",
    "value_basis",
]


def boundary_metrics(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return renewable share, location-based tonnes and PUE of owned and of all sites, by fiscal year.

    Columns: boundary, fiscal_year, metric, value; ratios of sums, by the definitions of the targets.
    """
    years = years_of(tables)
    owned = inputs["sites"].set_index("site")["ownership"] == "owned"
    energy = tables["site_energy"].merge(years, on="period")
    carbon = tables["emissions"][tables["emissions"]["fiscal_year"].isin(set(years["fiscal_year"]))]
    green = inputs["instruments"].loc[inputs["instruments"]["renewable"].astype(bool), "instrument"]
    claims = tables["claims"][tables["claims"]["instrument"].isin(green)]
    parts = []
    for boundary in ("owned", "fleet"):
        sites = owned.index[owned | (boundary == "fleet")]
        sums = energy[energy["site"].isin(sites)].groupby("fiscal_year")
        energy_sums = sums[["it_mwh", "facility_mwh", "onsite_mwh"]].sum()
        retired = claims[claims["site"].isin(sites)].groupby("fiscal_year")["claimed_mwh"].sum()
        retired = retired.reindex(energy_sums.index, fill_value=0.0)  # no claim is listed: none was made
        it = energy_sums["it_mwh"].where(energy_sums["it_mwh"] > 0)
        dc = energy_sums["facility_mwh"].where(energy_sums["facility_mwh"] > 0)
        tonnes = carbon[carbon["site"].isin(sites)].groupby("fiscal_year")["location_tco2e"].sum()
        wide = pd.DataFrame(
            {
                "renewable_share": (energy_sums["onsite_mwh"] + retired) / dc,
                "location_tco2e": tonnes,
                "pue": energy_sums["facility_mwh"] / it,
            }
        )
        long = wide.rename_axis("fiscal_year").reset_index().melt("fiscal_year", var_name="metric")
        parts.append(long.assign(boundary=boundary))
    return pd.concat(parts, ignore_index=True)[["boundary", "fiscal_year", "metric", "value"]]
