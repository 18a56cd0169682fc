"""What a rack-month and a kW-month cost at each site over the plan's years (T27b), sold and built."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.unit_cost import (
    DENOMINATORS,
    UNITS,
    asset_annuities,
    built_halls,
    cost_lines,
    plan_periods,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

MEASURES = ("rack_month_sold", "rack_month_built", "kw_month_sold", "kw_month_built")
NOTHING = "nothing to divide by"


def unit_cost_sites(
    tables: Tables, settings: MoneySettings, halls: pd.DataFrame, leases: pd.DataFrame
) -> pd.DataFrame:
    """Return `unit_cost` by site over all years of the plan: (site, measure), a ratio of sums.

    A site counts while it has racks, places or cost: one that is left bears the restoration and the moves of
    leaving it. The costs of all sites add up to that of the fleet.

    Args:
        tables: the plan.
        settings: of the plan.
        halls: the input table: hall, site, rack_places, it_kw.
        leases: the input table: lease, hall.

    Returns:
        (site, measure) value, unit, cost_mjpy, quantity, denominator, reason. A value that cannot be formed
        is missing with its reason.
    """
    cost = site_cost_lines(tables, settings).set_index("site")["total_mjpy"]
    quantities = _quantities(tables, halls, leases).reindex(cost.index).fillna(0.0)
    rows = quantities[list(MEASURES)].melt(ignore_index=False, var_name="measure", value_name="quantity")
    rows = rows.rename_axis("site").reset_index()
    rows["cost_mjpy"] = rows["site"].map(cost)
    rows["value"] = (1e6 * rows["cost_mjpy"] / rows["quantity"]).where(rows["quantity"] > 0.0)
    kind = rows["measure"].str.extract(f"^({'|'.join(UNITS)})")[0]
    rows["unit"], rows["denominator"] = kind.map(UNITS), rows["measure"].map(DENOMINATORS)
    rows["reason"] = np.where(rows["quantity"] > 0.0, "", NOTHING)
    order = ["site", "measure", "value", "unit", "cost_mjpy", "quantity", "denominator", "reason"]
    return rows.sort_values("site", kind="stable", ignore_index=True)[order]


def site_cost_lines(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return the cost that unit costs divide, by line and site over the plan's years: nominal M JPY.

    Columns as of `unit_cost_lines`, with `site` for the fiscal year: what is paid at a site or for it, and
    the equivalent annual cost of its own assets in place of CAPEX.
    """
    costs = tables["costs"].merge(plan_periods(tables)[["period"]], on="period")
    rows = costs[costs["cash"].astype(bool)]
    cash = rows.groupby(["site", "term"])["mjpy"].sum().unstack("term").fillna(0.0)
    assets = asset_annuities(tables, settings, "site")
    every = cash.index.union(assets.index, sort=True)
    table = cost_lines(cash.reindex(every).fillna(0.0), assets)
    return table.rename_axis("site").reset_index()


def _quantities(tables: Tables, halls: pd.DataFrame, leases: pd.DataFrame) -> pd.DataFrame:
    """Return rack-months and kW-months of each site, sold and built."""
    site = halls.set_index("hall")["site"]
    periods = plan_periods(tables).set_index("period")
    months, hours = periods["months"], periods["hours"].astype(float)
    racks = tables["racks"][tables["racks"]["period"].isin(periods.index)]
    used = tables["energy"][tables["energy"]["period"].isin(periods.index)]
    kw = 1e3 * used["it_mwh"] / used["period"].map(hours)
    built = built_halls(tables, halls, leases)
    built = built[built["period"].isin(periods.index)]
    parts = {
        "rack_month_sold": (racks["racks"] * racks["period"].map(months)).groupby(racks["hall"].map(site)),
        "rack_month_built": (built["rack_places"] * built["period"].map(months)).groupby(
            built["hall"].map(site)
        ),
        "kw_month_sold": (kw * used["period"].map(months)).groupby(used["hall"].map(site)),
        "kw_month_built": (built["it_kw"] * built["period"].map(months)).groupby(built["hall"].map(site)),
    }
    return pd.DataFrame({name: amounts.sum() for name, amounts in parts.items()})
