"""Data-center KPIs by site and boundary (T07), with their numerators and denominators beside them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.energy.capacity import hall_capacity, site_capacity
from dcplan.metrics.energy.conversions import rate
from dcplan.metrics.energy.site_energy import KEYS, NOT_CONTROLLED, NOT_MODELLED
from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

PUE_CATEGORY = "PUE2"
"""The IT load of a plan is what racks draw at their supply, the output of the power distribution."""
SMALL_SHARE = 0.01
"""A site with less of the fleet's IT energy is flagged, and never left out."""
NO_IT_LOAD, NO_REPLAY, NO_CAPACITY = "no_it_load", "replay_not_run", "no_capacity_held"
BOUNDARIES: Mapping[str, tuple[str, ...]] = {
    "owned": ("owned",),
    "leased": ("leased",),
    "fleet": ("owned", "leased"),
}
SUMS = [
    "e_dc_mwh",
    "e_it_mwh",
    "e_ren_mwh",
    "onsite_and_retired_mwh",
    "scope1_tco2e",
    "location_tco2e",
    "market_tco2e",
    "it_capacity_mwh",
    "reference_mwh",
    "peak_mwh",
    "crude_oil_kl",
    "crude_oil_kl_restated",
]


def site_kpi(
    tables: Tables,
    inputs: Any,
    energy: pd.DataFrame,
    emissions: pd.DataFrame,
    factor_set: str,
    matching: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Return the KPIs of every site and of the owned, the leased and all sites, by fiscal year (T07).

    Every ratio of a boundary is the ratio of its sums, never a mean of ratios:

    $$ \mathrm{PUE} = \frac{\sum E^{DC}}{\sum E^{IT}} \;[-], \qquad
       \mathrm{REF} = \frac{\sum_s \min(E^{ren}_s, E^{DC}_s)}{\sum E^{DC}} \le 1 \;[-], \qquad
       \mathrm{CUE} = \frac{\sum (t^{scope\,1} + t^{location})}{\sum E^{IT}} \;[\mathrm{kg/kWh}] $$

    E_ren is on-site generation used there and renewable attributes retired for the site in the year; what a
    site has over its own use counts nowhere else. CUE takes what the site burns and leaks and the grid factor
    of the year, landlord overhead included; the figure with market-based electricity is another number and
    bears another name, `cue_market`. What is not told of Scope 1 is named by `scope1_reason`. Load factor
    is mean over highest power, utilisation is IT energy over what the design IT power could take.

    These are figures of a plan: design PUE in the sense of ISO/IEC 30134-2, which the tag says; a site held
    for less than the year has an interim one.

    Args:
        tables: of a plan: periods, claims, halls, leases.
        inputs: of the plan: sites, halls, leases, instruments.
        energy: `site_energy` of the plan (T06).
        emissions: as `from_carbon.emissions_of` returns them; a figure that nobody formed is NaN, and what
            rests on it stays empty.
        factor_set: the set of grid factors of the location-based figures.
        matching: hourly shares of a replay (`matching` of `dcplan replay`); None where it was not run.

    Returns:
        scope (site, owned, leased, fleet), site_id (the name, or the scope again), fiscal_year, basis; each
        KPI with what it divides; a reason where one is empty.
    """
    rows = _parts(tables, inputs, energy, emissions)
    groups = [rows.assign(scope="site")]
    for scope, held in BOUNDARIES.items():
        inside = rows[rows["ownership"].isin(held)]
        summed = inside.groupby(["fiscal_year", "basis"], sort=False)[SUMS].sum(min_count=1)
        whole = inside.groupby(["fiscal_year", "basis"], sort=False).agg(
            interim=("interim", "all"), unknown_peak=("unknown_peak", "any")
        )
        for name in ("location_tco2e", "market_tco2e"):
            summed[name] = _all_or_nothing(inside, name)
        summed["scope1_reason"] = _reasons(inside)
        summed = summed.join(whole).reset_index()
        groups.append(summed.assign(scope=scope, site_id=scope, ownership=scope, small=False))
    table = _ratios(pd.concat(groups, ignore_index=True)).assign(factor_set=factor_set)
    table = _with_matching(table, matching)
    return table[COLUMNS]


COLUMNS = [
    "scope",
    "site_id",
    "fiscal_year",
    "basis",
    "ownership",
    "e_dc_mwh",
    "e_it_mwh",
    "pue",
    "pue_category",
    "pue_tag",
    "pue_reason",
    "benchmark_gap",
    "new_site_gap",
    "e_ren_mwh",
    "ref",
    "re_share_annual",
    "hourly_re_share",
    "cfe_score",
    "hourly_reason",
    "scope1_tco2e",
    "scope1_reason",
    "location_tco2e",
    "factor_set",
    "cue_location",
    "cue_location_reason",
    "market_tco2e",
    "cue_market",
    "cue_market_reason",
    "wue",
    "wue_reason",
    "erf",
    "erf_reason",
    "cer",
    "cer_reason",
    "it_capacity_mwh",
    "utilisation",
    "utilisation_reason",
    "load_factor",
    "load_factor_reason",
    "crude_oil_kl",
    "crude_oil_kl_restated",
    "itee_sv",
    "iteu_sv",
    "itee_reason",
    "quality_flag",
]


def renewable_mwh(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the renewable attributes retired by site and fiscal year: site_id, fiscal_year, retired_mwh.

    An instrument that is free of carbon and not renewable (nuclear) does not count.
    """
    kinds = inputs["instruments"][["instrument", "renewable"]]
    rows = tables["claims"].merge(kinds, on="instrument", validate="m:1")
    rows = rows[rows["renewable"].astype(bool)].rename(columns={"site": "site_id"})
    sums = rows.groupby(KEYS, sort=False)["claimed_mwh"].sum()
    return sums.rename("retired_mwh").reset_index()


def _parts(tables: Tables, inputs: Any, energy: pd.DataFrame, emissions: pd.DataFrame) -> pd.DataFrame:
    """Return the quantities that the KPIs of a site divide, a row a site and fiscal year."""
    rows = energy.merge(emissions, how="left", on=KEYS, validate="1:1")
    rows = rows.merge(site_capacity(tables, inputs), how="left", on=KEYS, validate="1:1")
    rows = rows.merge(renewable_mwh(tables, inputs), how="left", on=KEYS, validate="1:1")
    nothing_bought = (
        rows["e_dc_mwh"] - rows["e_onsite_selfuse_mwh"] <= 0.0
    )  # held and empty: no line, no tonne
    for name in ("location_tco2e", "market_tco2e"):
        rows[name] = rows[name].mask(nothing_bought, 0.0)
    leased = rows["ownership"] == "leased"
    told = rows["scope1_reason"].fillna("")  # no line: nothing is told of the site
    rows["scope1_reason"] = told.where(rows["scope1_tco2e"].notna() | ~leased, NOT_CONTROLLED)
    silent = rows["scope1_tco2e"].isna() & (rows["scope1_reason"] == "")
    rows["scope1_reason"] = rows["scope1_reason"].where(~silent, NOT_MODELLED)
    retired = rows["retired_mwh"].fillna(0.0)  # no claim is listed: nothing was retired for the site
    rows["onsite_and_retired_mwh"] = rows["e_onsite_selfuse_mwh"] + retired
    rows["e_ren_mwh"] = np.minimum(rows["onsite_and_retired_mwh"], rows["e_dc_mwh"])
    rows["peak_mwh"] = rows["peak_kw"] * rows["hours_held"] / 1e3
    rows["unknown_peak"] = rows["peak_kw"].isna()
    rows["interim"] = rows["hours_held"] < rows["hours"]
    fleet = rows.groupby("fiscal_year")["e_it_mwh"].transform("sum")
    rows["small"] = rows["e_it_mwh"] < SMALL_SHARE * fleet
    return rows


def _all_or_nothing(rows: pd.DataFrame, column: str) -> pd.Series[float]:
    """Return sums by year that are missing as soon as a part is: a part is no total."""
    return rows.groupby(["fiscal_year", "basis"], sort=False)[column].agg(lambda each: each.sum(skipna=False))


def _reasons(rows: pd.DataFrame) -> pd.Series[Any]:
    """Return what is not told of Scope 1 in any of the sites, by year."""
    told = rows[rows["scope1_reason"] != ""][["fiscal_year", "basis", "scope1_reason"]].drop_duplicates()
    joined = told.sort_values("scope1_reason").groupby(["fiscal_year", "basis"])["scope1_reason"]
    keys = rows.groupby(["fiscal_year", "basis"], sort=False).size().index
    return joined.agg("; ".join).reindex(keys, fill_value="")


def _ratios(rows: pd.DataFrame) -> pd.DataFrame:
    it = rows["e_it_mwh"].where(rows["e_it_mwh"] > 0.0)
    dc = rows["e_dc_mwh"].where(rows["e_dc_mwh"] > 0.0)
    rows["pue"] = rows["e_dc_mwh"] / it
    rows["pue_category"] = PUE_CATEGORY
    rows["pue_tag"] = np.where(rows["interim"].astype(bool), "design forecast, interim", "design forecast")
    rows["pue_reason"] = np.where(it.isna(), NO_IT_LOAD, "")
    years = rows["fiscal_year"]
    rows["benchmark_gap"] = rows["pue"] - rate("benchmark_pue", years)
    rows["new_site_gap"] = rows["pue"] - rate("new_site_pue", years)
    rows["ref"] = np.minimum(rows["e_ren_mwh"] / dc, 1.0)
    rows["re_share_annual"] = rows["onsite_and_retired_mwh"] / dc
    fuel = rows["scope1_tco2e"].fillna(0.0)  # where it is not told, scope1_reason says so
    rows["cue_location"] = (fuel + rows["location_tco2e"]) / it
    rows["cue_market"] = (fuel + rows["market_tco2e"]) / it
    for method in ("location", "market"):  # tonnes are not known where a factor is not
        unknown = rows[f"{method}_tco2e"].isna()
        rows[f"cue_{method}_reason"] = np.where(unknown, NOT_MODELLED, rows["pue_reason"])
    capacity = rows["it_capacity_mwh"].where(rows["it_capacity_mwh"] > 0.0)
    rows["utilisation"] = rows["e_it_mwh"] / capacity
    rows["utilisation_reason"] = np.where(capacity.isna(), NO_CAPACITY, "")
    peak = rows["peak_mwh"].where((rows["peak_mwh"] > 0.0) & ~rows["unknown_peak"].astype(bool))
    rows["load_factor"] = rows["e_dc_mwh"] / peak
    rows["load_factor_reason"] = np.where(peak.isna(), NOT_CONTROLLED, "")
    for name in ("wue", "erf", "cer", "itee_sv", "iteu_sv"):
        rows[name] = np.nan
    rows["wue_reason"] = rows["erf_reason"] = rows["cer_reason"] = NOT_MODELLED
    rows["itee_reason"] = NOT_CONTROLLED
    rows["quality_flag"] = _flags(rows)
    return rows


def _flags(rows: pd.DataFrame) -> pd.Series[Any]:
    """Return what a reader of the row must know: `landlord_pue`, `ramping`, `small_it_energy`."""
    leased = rows["ownership"].eq("leased")
    ramping = rows["e_it_mwh"] < rows["reference_mwh"]
    marks = {"landlord_pue": leased, "ramping": ramping & ~leased, "small_it_energy": rows["small"]}
    made = pd.Series("", index=rows.index, dtype=object)
    for name, held in marks.items():
        joined = np.where(made == "", name, made + " " + name)
        made = made.where(~held.astype(bool), pd.Series(joined, index=rows.index, dtype=object))
    return made


def _with_matching(rows: pd.DataFrame, matching: pd.DataFrame | None) -> pd.DataFrame:
    """Add the hourly renewable share and the carbon-free score of a replay, certificates spread evenly.

    The share is what stands in the hour of use over the plan's facility energy, so that it is at most the
    yearly share; the replay's own load differs from that energy by the error of the linear curve.
    """
    if matching is None:
        return rows.assign(hourly_re_share=np.nan, cfe_score=np.nan, hourly_reason=NO_REPLAY)
    flat = matching[matching["profile"] == "flat"].rename(columns={"site": "site_id"})
    flat = flat.assign(matched_mwh=flat["hourly_share"] * flat["load_mwh"])
    rows = rows.merge(flat[[*KEYS, "matched_mwh", "cfe_score"]], how="left", on=KEYS, validate="m:1")
    rows["hourly_re_share"] = rows["matched_mwh"] / rows["e_dc_mwh"].where(rows["e_dc_mwh"] > 0)
    rows["hourly_reason"] = np.where(rows["hourly_re_share"].isna(), NOT_MODELLED, "")
    return rows


def hall_kpi(tables: Tables, inputs: Any) -> pd.DataFrame:
    r"""Return PUE and utilisation of every hall by fiscal year (T07a), beside its published PUE.

    $$ \mathrm{PUE}_{h,y} = \sum_{t \in y} E_{h,t} \Big/ \sum_{t \in y} E^{IT}_{h,t} \quad [-] $$

    A hall that fills runs at part load, where its PUE is above the published one; compare it at the load
    that stands beside it and not with the design value alone.

    Returns:
        hall, site_id, fiscal_year, basis, ownership, e_dc_mwh, e_it_mwh, pue, pue_category, pue_tag,
        pue_reason, published_pue, reference_load, it_capacity_mwh, utilisation, utilisation_reason,
        quality_flag.
    """
    keys = ["hall", "fiscal_year"]
    rows = tables["energy"].merge(years_of(tables), on="period")
    rows = rows.groupby(keys, sort=False)[["it_mwh", "facility_mwh"]].sum().reset_index()
    rows = rows.rename(columns={"it_mwh": "e_it_mwh", "facility_mwh": "e_dc_mwh"})
    rows = rows.merge(hall_capacity(tables, inputs), how="left", on=keys, validate="1:1")
    about = inputs["halls"][["hall", "site", "pue", "reference_load"]].rename(
        columns={"pue": "published_pue"}
    )
    rows = rows.merge(about, on="hall", validate="m:1")
    rows = rows.merge(inputs["sites"][["site", "ownership"]], on="site", validate="m:1")
    rows = rows[(rows["e_dc_mwh"] > 0) | (rows["it_capacity_mwh"] > 0)].reset_index(drop=True)
    it = rows["e_it_mwh"].where(rows["e_it_mwh"] > 0.0)
    rows["pue"] = rows["e_dc_mwh"] / it
    rows["pue_reason"] = np.where(it.isna(), NO_IT_LOAD, "")
    rows["pue_category"] = PUE_CATEGORY
    rows["pue_tag"] = np.where(rows["interim"], "design forecast, interim", "design forecast")
    rows["basis"] = "plan"
    capacity = rows["it_capacity_mwh"].where(rows["it_capacity_mwh"] > 0.0)
    rows["utilisation"] = rows["e_it_mwh"] / capacity
    rows["utilisation_reason"] = np.where(capacity.isna(), NO_CAPACITY, "")
    owned = rows["ownership"] == "owned"
    low = rows["utilisation"] < rows["reference_load"]
    rows["quality_flag"] = np.where(~owned, "landlord_pue", np.where(low, "ramping", ""))
    return rows.rename(columns={"site": "site_id"})[HALL_COLUMNS]


HALL_COLUMNS = [
    "hall",
    "site_id",
    "fiscal_year",
    "basis",
    "ownership",
    "e_dc_mwh",
    "e_it_mwh",
    "pue",
    "pue_category",
    "pue_tag",
    "pue_reason",
    "published_pue",
    "reference_load",
    "it_capacity_mwh",
    "utilisation",
    "utilisation_reason",
    "quality_flag",
]
