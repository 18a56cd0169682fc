"""Energy of every site by fiscal year and by period (T06): MWh first, then the units of the law."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.energy.conversions import RESTATED_FY, conversion, rate
from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

NOT_MODELLED, NOT_CONTROLLED = "not_modelled", "not_controlled"
"""Why a figure is missing: no input tells it, or it is metered by somebody else."""
ENERGY = ["e_import_mwh", "e_onsite_selfuse_mwh", "e_genset_mwh", "e_dc_mwh", "e_it_mwh"]
NOT_MODELLED_COLUMNS = ("water_in_m3", "water_potable_m3", "water_discharge_m3", "heat_reuse_mwh")


def site_energy(tables: Tables, inputs: Any, gensets: pd.DataFrame | None = None) -> pd.DataFrame:
    r"""Return the energy of every site that is held or draws power, by fiscal year (T06).

    $$ E^{import}_{s,y} + E^{self}_{s,y} + E^{genset}_{s,y} = E^{DC}_{s,y} \quad [\mathrm{MWh}] $$

    A generator on test carries its share of the load, so that its output takes the place of imports. E_DC
    counts its output (it is metered there), GJ count its fuel; neither counts both.

    $$ Q^{delivered} = 3.6\,(E^{import} + E^{self}) + q^{fuel}, \qquad
       Q^{law} = r_y E^{import} + u_y E^{self} + q^{fuel} \quad [\mathrm{GJ}] $$

    The conversion r of the Energy Conservation Act changed with FY2023, which breaks its series: `law` is at
    the table of the year, `law_restated` the whole series at that of FY2023.

    Args:
        tables: of a plan: periods, site_energy, sites.
        inputs: of the plan: sites.
        gensets: site, fiscal_year, e_genset_mwh, fuel_diesel_kl, fuel_gj; None where no input tells them.

    Returns:
        site, fiscal_year, basis, value_status, ownership, hours (of the year), hours_held; the energies
        [MWh]; e_overhead_mwh; peak_kw; fuel; GJ, crude oil [kL] with the ids of their conversions; what is
        not modelled stays empty with its reason.
    """
    rows = _by_year(tables, inputs)
    rows = _with_gensets(rows, gensets)
    rows["e_overhead_mwh"] = rows["e_dc_mwh"] - rows["e_it_mwh"]
    rows["e_export_mwh"] = rows["e_onsite_re_mwh"] - rows["e_onsite_selfuse_mwh"]
    rows = _legal_units(rows)
    for name in NOT_MODELLED_COLUMNS:
        rows[name] = np.nan
    rows["water_reason"] = rows["heat_reason"] = NOT_MODELLED
    rows["peak_reason"] = np.where(rows["peak_kw"].isna(), NOT_CONTROLLED, "")
    return rows[COLUMNS].reset_index(drop=True)


COLUMNS = [
    "site",
    "fiscal_year",
    "basis",
    "value_status",
    "ownership",
    "hours",
    "hours_held",
    "e_import_mwh",
    "e_onsite_re_mwh",
    "e_onsite_selfuse_mwh",
    "e_export_mwh",
    "e_genset_mwh",
    "e_dc_mwh",
    "e_it_mwh",
    "e_overhead_mwh",
    "peak_kw",
    "peak_reason",
    "fuel_diesel_kl",
    "fuel_gj",
    "genset_reason",
    "energy_gj_delivered",
    "energy_gj_law",
    "law_conversion_id",
    "energy_gj_law_restated",
    "restated_conversion_id",
    "crude_oil_kl",
    "crude_oil_kl_restated",
    *NOT_MODELLED_COLUMNS[:3],
    "water_reason",
    "heat_reuse_mwh",
    "heat_reason",
]


def site_energy_periods(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the electricity of every site by period of the plan (T06a), without the tail.

    Generators run on tests that are told by fiscal year: their output stands in T06 and not here.

    Returns:
        site, period, fiscal_year, start, basis, hours, e_onsite_selfuse_mwh, e_dc_mwh, e_it_mwh, peak_kw,
        peak_reason.
    """
    rows = _held(tables, inputs)
    rows["peak_reason"] = np.where(rows["peak_kw"].isna(), NOT_CONTROLLED, "")
    names = {"onsite_mwh": "e_onsite_selfuse_mwh", "facility_mwh": "e_dc_mwh", "it_mwh": "e_it_mwh"}
    columns = ["site", "period", "fiscal_year", "start", "basis", "hours", *names.values()]
    return rows.rename(columns=names)[[*columns, "peak_kw", "peak_reason"]].reset_index(drop=True)


def _held(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the plan's energy rows of its years, where the site is kept or still draws power."""
    years = years_of(tables)
    periods = tables["periods"][["period", "start", "hours"]].merge(years, on="period")
    rows = tables["site_energy"].merge(periods, on="period", validate="m:1")
    rows = rows.merge(tables["sites"][["site", "period", "kept"]], on=["site", "period"], validate="1:1")
    rows = rows.merge(inputs["sites"][["site", "ownership"]], on="site", validate="m:1")
    rows["basis"] = "plan"
    return rows[(rows["kept"] > 0) | (rows["facility_mwh"] > 0)]


def _by_year(tables: Tables, inputs: Any) -> pd.DataFrame:
    periods = tables["periods"].merge(years_of(tables)[["period"]], on="period")
    whole = periods.groupby("fiscal_year")["hours"].sum()
    sums = (
        _held(tables, inputs)
        .groupby(["site", "fiscal_year", "basis", "ownership"], sort=False)
        .agg(
            hours_held=("hours", "sum"),
            e_dc_mwh=("facility_mwh", "sum"),
            e_it_mwh=("it_mwh", "sum"),
            e_onsite_selfuse_mwh=("onsite_mwh", "sum"),
            peak_kw=("peak_kw", "max"),
        )
        .reset_index()
    )
    sums["hours"] = sums["fiscal_year"].map(whole)
    sums["value_status"] = "calculated"
    # the inputs tell what a plant delivers to the site: nothing is fed into the grid
    sums["e_onsite_re_mwh"] = sums["e_onsite_selfuse_mwh"]
    return sums


def _with_gensets(rows: pd.DataFrame, gensets: pd.DataFrame | None) -> pd.DataFrame:
    """Add the output and the fuel of generators; imports are what is left of the energy of the site."""
    keys = ["site", "fiscal_year"]
    told = ["e_genset_mwh", "fuel_diesel_kl", "fuel_gj"]
    if gensets is None:
        rows = rows.assign(**dict.fromkeys(told, np.nan), genset_reason=NOT_MODELLED)
    else:
        rows = rows.merge(gensets[[*keys, *told]], how="left", on=keys, validate="1:1")
        unknown = rows["e_genset_mwh"].isna()
        rows["genset_reason"] = np.where(unknown, NOT_CONTROLLED, "")
    output = rows["e_genset_mwh"].fillna(0.0)  # what is not told carries no load
    return rows.assign(e_import_mwh=rows["e_dc_mwh"] - rows["e_onsite_selfuse_mwh"] - output)


def _legal_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Add GJ as delivered, GJ and crude oil of the Act at the year's table and restated on one table."""
    years = rows["fiscal_year"]
    purchased = conversion("law_purchased", years)
    fixed = conversion("law_purchased", years.where(years > RESTATED_FY, RESTATED_FY))
    fuel = rows["fuel_gj"].fillna(0.0)  # empty where no input tells of generators
    import_mwh, own = rows["e_import_mwh"], rows["e_onsite_selfuse_mwh"]
    self_now = rate("law_selfuse", years)
    self_fixed = rate("law_selfuse", years.where(years > RESTATED_FY, RESTATED_FY))
    law = purchased["value"] * import_mwh + self_now * own + fuel
    restated = fixed["value"] * import_mwh + self_fixed * own + fuel
    oil = rate("crude_oil", years)
    return rows.assign(
        energy_gj_delivered=rate("delivered", years) * (import_mwh + own) + fuel,
        energy_gj_law=law,
        law_conversion_id=purchased["conversion_id"],
        energy_gj_law_restated=restated,
        restated_conversion_id=fixed["conversion_id"],
        crude_oil_kl=law * oil,
        crude_oil_kl_restated=restated * oil,
    )
