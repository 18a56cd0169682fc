"""IT energy that the design power of halls could take: what utilisation is measured against."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]


def hall_capacity(tables: Tables, inputs: Any) -> pd.DataFrame:
    r"""Return design IT power times hours in service, by hall and fiscal year.

    $$ C_{h,y} = \sum_{t \in y} D_h\, s_{h,t}\, H_t / 1000 \quad [\mathrm{MWh}] $$

    D is the design IT power, s 1 for an owned hall in service and, in a leased hall, the share of its rack
    places that is rented.

    Returns:
        hall, fiscal_year, it_capacity_mwh, interim (in service for a part of the year).
    """
    halls = inputs["halls"][["hall", "it_kw", "rack_places"]]
    owned = tables["halls"].rename(columns={"in_service": "share"})[["hall", "period", "share"]]
    rented = tables["leases"].merge(inputs["leases"][["lease", "hall"]], on="lease", validate="m:1")
    rented = rented.groupby(["hall", "period"], sort=False)["leased_racks"].sum().reset_index()
    rented = rented.merge(halls[["hall", "rack_places"]], on="hall", validate="m:1")
    rented["share"] = rented["leased_racks"] / rented["rack_places"]
    rows = pd.concat([owned, rented[["hall", "period", "share"]]], ignore_index=True)
    periods = tables["periods"][["period", "hours"]].merge(years_of(tables), on="period")
    rows = rows.merge(periods, on="period").merge(halls[["hall", "it_kw"]], on="hall", validate="m:1")
    rows["it_capacity_mwh"] = rows["it_kw"] * rows["share"] * rows["hours"] / 1e3
    rows["idle"] = rows["share"] <= 0.0
    sums = rows.groupby(["hall", "fiscal_year"], sort=False)
    return sums.agg(it_capacity_mwh=("it_capacity_mwh", "sum"), interim=("idle", "any")).reset_index()


def site_capacity(tables: Tables, inputs: Any) -> pd.DataFrame:
    """Return the same by site: site_id, fiscal_year, it_capacity_mwh, reference_mwh.

    `reference_mwh` is the IT energy at the loads that the published PUEs belong to.
    """
    halls = inputs["halls"][["hall", "site", "reference_load"]]
    rows = hall_capacity(tables, inputs).merge(halls, on="hall", validate="m:1")
    rows["reference_mwh"] = rows["it_capacity_mwh"] * rows["reference_load"]
    keys = ["site_id", "fiscal_year"]
    return (
        rows.rename(columns={"site": "site_id"})
        .groupby(keys, sort=False)[["it_capacity_mwh", "reference_mwh"]]
        .sum()
        .reset_index()
    )
