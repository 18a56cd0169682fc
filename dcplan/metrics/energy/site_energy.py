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
"""Why a figure is missing: no input tells it, or somebody else meters it."""
KEYS = ["site_id", "fiscal_year"]
NOT_MODELLED_COLUMNS = ("water_in_m3", "water_potable_m3", "water_discharge_m3", "heat_reuse_mwh")
COLUMNS = [
    "site_id",
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
    "e_it_own_mwh",
    "e_it_tenant_mwh",
    "e_overhead_mwh",
    "peak_kw",
    "peak_reason",
    "fuel_kl",
    "fuel_gj",
    "genset_reason",
    "energy_gj_delivered",
    "energy_gj_law",
    "law_conversion_id",
    "law_selfuse_conversion_id",
    "energy_gj_law_restated",
    "restated_conversion_id",
    "restated_selfuse_conversion_id",
    "crude_oil_kl",
    "crude_oil_kl_restated",
    *NOT_MODELLED_COLUMNS[:3],
    "water_reason",
    "heat_reuse_mwh",
    "heat_reason",
]


def site_energy(tables: Tables, inputs: Any, fuels: pd.DataFrame | None = None) -> pd.DataFrame:
    r"""Return the energy of every site that is held or draws power, by fiscal year (T06).

    $$ E^{import}_{s,y} + E^{self}_{s,y} + E^{genset}_{s,y} = E^{DC}_{s,y} \quad [\mathrm{MWh}] $$

    Generators are tested into a load bank and carry no load of the site: their output is 0 here, their fuel
    stands beside it and counts once, as fuel.

    $$ Q^{delivered} = 3.6\,(E^{import} + E^{self}) + q^{fuel}, \qquad
       Q^{law} = r_y E^{import} + u_y E^{self} + q^{fuel} \quad [\mathrm{GJ}] $$

    The conversion r of the Energy Conservation Act changed with FY2023, which breaks its series: `law` is at
    the table of the year, `law_restated` the whole series at that of FY2023.

    Args:
        tables: of a plan: periods, site_energy, class_energy, sites.
        inputs: of the plan: sites, classes.
        fuels: as `from_carbon.fuels_of` returns them; None where no input tells of generators.

    Returns:
        site_id, fiscal_year, basis, value_status, ownership, hours (of the year), hours_held; the energies
        [MWh], IT energy by whose equipment it feeds; peak_kw; fuel; GJ and crude oil [kL] with the ids of
        their conversions; what is not modelled stays empty with its reason.
    """
    rows = _by_year(tables, inputs)
    rows = _with_fuels(rows, fuels)
    rows["e_overhead_mwh"] = rows["e_dc_mwh"] - rows["e_it_mwh"]
    # the inputs tell what a plant delivers to the site: nothing is fed into the grid
    rows["e_onsite_re_mwh"], rows["e_export_mwh"] = rows["e_onsite_selfuse_mwh"], 0.0
    rows = _legal_units(rows)
    for name in NOT_MODELLED_COLUMNS:
        rows[name] = np.nan
    rows["water_reason"] = rows["heat_reason"] = NOT_MODELLED
    rows["peak_reason"] = np.where(rows["peak_kw"].isna(), NOT_CONTROLLED, "")
    rows["basis"], rows["value_status"] = "plan", "calculated"
    return rows[COLUMNS].reset_index(drop=True)


def site_energy_periods(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the electricity of every site by period of the plan (T06a), without the tail.

    Returns:
        site_id, period, fiscal_year, start, basis, hours, e_import_mwh, e_onsite_selfuse_mwh, e_dc_mwh,
        e_it_mwh, peak_kw, peak_reason.
    """
    rows = _held(tables, inputs)
    rows["peak_reason"] = np.where(rows["peak_kw"].isna(), NOT_CONTROLLED, "")
    rows["basis"] = "plan"
    columns = ["site_id", "period", "fiscal_year", "start", "basis", "hours", *_NAMES.values()]
    return rows[[*columns, "peak_kw", "peak_reason"]].reset_index(drop=True)


_NAMES = {
    "imported_mwh": "e_import_mwh",
    "onsite_mwh": "e_onsite_selfuse_mwh",
    "facility_mwh": "e_dc_mwh",
    "it_mwh": "e_it_mwh",
}


def _held(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the plan's energy rows of its years, where the site is kept or still draws power."""
    years = years_of(tables)
    periods = tables["periods"][["period", "start", "hours"]].merge(years, on="period")
    rows = tables["site_energy"].merge(periods, on="period", validate="m:1")
    rows = rows.merge(tables["sites"][["site", "period", "kept"]], on=["site", "period"], validate="1:1")
    rows = rows.merge(inputs["sites"][["site", "ownership"]], on="site", validate="m:1")
    rows = rows.rename(columns={**_NAMES, "site": "site_id"})
    return rows[(rows["kept"] > 0) | (rows["e_dc_mwh"] > 0)]


def _by_year(tables: Tables, inputs: Any) -> pd.DataFrame:
    periods = tables["periods"].merge(years_of(tables)[["period"]], on="period")
    whole = periods.groupby("fiscal_year")["hours"].sum()
    sums = (
        _held(tables, inputs)
        .groupby([*KEYS, "ownership"], sort=False)
        .agg(
            hours_held=("hours", "sum"),
            **{name: (name, "sum") for name in _NAMES.values()},
            peak_kw=("peak_kw", "max"),
        )
        .reset_index()
    )
    sums["hours"] = sums["fiscal_year"].map(whole)
    theirs = _tenant_mwh(tables, inputs)
    keys = pd.MultiIndex.from_frame(sums[KEYS])
    sums["e_it_tenant_mwh"] = (
        theirs.reindex(keys).fillna(0.0).to_numpy()
    )  # no customer's rack may stand there
    sums["e_it_own_mwh"] = sums["e_it_mwh"] - sums["e_it_tenant_mwh"]
    return sums


def _tenant_mwh(tables: Tables, inputs: Any) -> pd.Series[float]:
    """Return the IT energy of customers' equipment by site and fiscal year."""
    classes = inputs["classes"]
    customers = classes.loc[classes["it_owner"] == "customer", "class"]
    rows = tables["class_energy"].merge(years_of(tables), on="period")
    rows = rows[rows["class"].isin(customers)].rename(columns={"site": "site_id"})
    return rows.groupby(KEYS)["it_mwh"].sum()


def _with_fuels(rows: pd.DataFrame, fuels: pd.DataFrame | None) -> pd.DataFrame:
    """Add the fuel of generators; where it is told they carry no load, elsewhere nothing is known of them."""
    told = ["fuel_kl", "fuel_gj"]
    if fuels is None:
        rows = rows.assign(**dict.fromkeys(told, np.nan), genset_reason=NOT_MODELLED)
    else:
        rows = rows.merge(fuels[[*KEYS, *told, "genset_reason"]], how="left", on=KEYS, validate="1:1")
        rows["genset_reason"] = rows["genset_reason"].fillna(NOT_CONTROLLED)  # the landlord's generators
    return rows.assign(e_genset_mwh=np.where(rows["fuel_kl"].notna(), 0.0, np.nan))


def _legal_units(rows: pd.DataFrame) -> pd.DataFrame:
    """Add GJ as delivered, GJ and crude oil of the Act at the year's table and restated on one table."""
    years = rows["fiscal_year"]
    later = years.where(years > RESTATED_FY, RESTATED_FY)
    fuel = rows["fuel_gj"].fillna(0.0)  # where it is not told, genset_reason says so
    bought, own = rows["e_import_mwh"], rows["e_onsite_selfuse_mwh"]
    purchased, restated = conversion("law_purchased", years), conversion("law_purchased", later)
    selfuse, selfuse_later = conversion("law_selfuse", years), conversion("law_selfuse", later)
    law = purchased["value"] * bought + selfuse["value"] * own + fuel
    fixed = restated["value"] * bought + selfuse_later["value"] * own + fuel
    oil = rate("crude_oil", years)
    return rows.assign(
        energy_gj_delivered=rate("delivered", years) * (bought + own) + fuel,
        energy_gj_law=law,
        law_conversion_id=purchased["conversion_id"],
        law_selfuse_conversion_id=selfuse["conversion_id"],
        energy_gj_law_restated=fixed,
        restated_conversion_id=restated["conversion_id"],
        restated_selfuse_conversion_id=selfuse_later["conversion_id"],
        crude_oil_kl=law * oil,
        crude_oil_kl_restated=fixed * oil,
    )
