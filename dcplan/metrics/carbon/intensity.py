"""Sites side by side under every factor set: where a kWh of IT emits least, and whether the sets agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.factors import LOCATION, in_force

if TYPE_CHECKING:
    from dcplan.metrics.carbon.books import CarbonBooks

UTILITY = "utility"
UTILITY_TYPES = ("shk_unadjusted", "shk_basic")
"""The retailer's physical factor: *basic* up to activity FY2023, *unadjusted* after the change."""


def site_carbon(books: CarbonBooks, register: pd.DataFrame) -> pd.DataFrame:
    r"""Return the emission of a kWh of IT by site, fiscal year and factor set, and what moving it would do.

    $$ i_{s} = \frac{E_s}{E^{IT}_s}\, \mathrm{EF}_s, \qquad
       \mathrm{lowers}_s = i_s < \sum_{s' \ne s} E_{s'} \mathrm{EF}_{s'} \Big/ \sum_{s' \ne s} E^{IT}_{s'} $$

    The sets are those of the location-based register (national, zone) and `utility`, the physical factor of
    the area's retailer: never location-based in a report, shown because it can turn the sign of a choice
    between sites. Self-generation is left out: it belongs to the site that stands, not to the next rack.

    Columns: site_id, fiscal_year, basis, factor_set, pue, factor_id, kg_per_kwh, kg_per_kwh_it,
    others_kg_per_kwh_it, lowers_fleet, sets_agree (over the sets that know the site's factor).
    """
    energy = books.energy
    energy = energy[energy["it_mwh"] > 0]
    location = in_force(register, LOCATION)
    factors = pd.concat([location, _utility(register)], ignore_index=True)
    named = factors.rename(columns={"subject": "grid_area", "factor_value": "kg_per_kwh"})
    rows = energy.merge(named, on=["grid_area", "fiscal_year"])
    rows["tonnes"] = rows["facility_mwh"] * rows["kg_per_kwh"]
    keys = ["fiscal_year", "factor_set"]
    whole = rows.groupby(keys)[["tonnes", "it_mwh"]].transform("sum")
    other_it = whole["it_mwh"] - rows["it_mwh"]
    rows["pue"] = rows["facility_mwh"] / rows["it_mwh"]
    rows["kg_per_kwh_it"] = rows["tonnes"] / rows["it_mwh"]
    rows["others_kg_per_kwh_it"] = (whole["tonnes"] - rows["tonnes"]) / other_it.where(other_it > 1e-9)
    rows["lowers_fleet"] = rows["kg_per_kwh_it"] < rows["others_kg_per_kwh_it"]
    rows = rows[rows["others_kg_per_kwh_it"].notna()]
    told = rows.groupby(["site", "fiscal_year"])["lowers_fleet"]
    rows["sets_agree"] = told.transform("min") == told.transform("max")
    rows["basis"] = np.where(rows["projected"], "scenario", "plan")
    columns = [
        "site_id", "fiscal_year", "basis", "factor_set", "pue", "factor_id", "kg_per_kwh", "kg_per_kwh_it",
        "others_kg_per_kwh_it", "lowers_fleet", "sets_agree",
    ]  # fmt: skip
    table = rows.rename(columns={"site": "site_id"})[columns]
    return table.sort_values(["fiscal_year", "site_id", "factor_set"], kind="stable", ignore_index=True)


def _utility(register: pd.DataFrame) -> pd.DataFrame:
    """Return the retailers' physical factors: unadjusted where there is one, else basic of the older rule."""
    found = pd.concat([in_force(register, name) for name in UTILITY_TYPES], ignore_index=True)
    found = found.drop_duplicates(["subject", "fiscal_year"], keep="first")
    return found.assign(factor_set=UTILITY)
