"""CAPEX by project (T20) and its cash by fiscal year (T21), from the payments of a plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.settings import cumulated, fiscal_years_of, long, segments, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]


def project_assets(tables: Tables) -> pd.DataFrame:
    """Return the assets that projects bring, without those that stand at the opening."""
    assets = tables["assets"]
    return assets[~assets["opening"].astype(bool)].reset_index(drop=True)


def capex_projects(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return each project of the plan with what it costs and what is paid when [nominal M JPY].

    Returns:
        (project) site, service_date, service_fiscal_year, cost_mjpy (whole), paid_before_mjpy (actual, sunk),
        plan_mjpy (opening day to the end of the plan's years), later_mjpy (paid in the tail or after
        it), status: `in_service`, `in_construction` (pays within the plan's years and serves later) or
        `later` (neither) at the horizon's end. Contingency, approval and climate tags are not inputs.
    """
    assets = project_assets(tables)
    table = (
        assets.groupby("project", sort=False)
        .agg(site=("site", "first"), service_date=("service_date", "first"), cost_mjpy=("cost_mjpy", "sum"))
        .reset_index()
    )
    paid = tables["payments"]
    edges = to_days([settings.as_of, settings.horizon_end, "9999-12-31"])
    sums = cumulated(paid["project"], to_days(paid["day"]), paid["mjpy"].to_numpy(dtype=float), edges)
    sums = sums.reindex(table["project"]).fillna(0.0)
    service = to_days(table["service_date"])
    table.insert(3, "service_fiscal_year", fiscal_years_of(service))
    table["paid_before_mjpy"] = sums[0].to_numpy()
    table["plan_mjpy"] = (sums[1] - sums[0]).to_numpy()
    table["later_mjpy"] = (sums[2] - sums[1]).to_numpy()
    building = np.where(sums[1] > 0.0, "in_construction", "later")
    table["status"] = np.where(service < edges[1], "in_service", building)
    return table


def capex_cash(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return cash, additions to construction in progress and transfers: (project, fiscal_year, basis).

    The cash of a year is what falls due in it, wherever the service date lies. Interest is not capitalised
    and subsidies are not inputs: both are missing, with the reason in `not_modelled`.
    """
    paid = tables["payments"]
    days, amounts = to_days(paid["day"]), paid["mjpy"].to_numpy(dtype=float)
    years = segments(settings, days.min().item() if len(days) else None)
    starts, ends = to_days(years["start"]), to_days(years["end"])
    cash = cumulated(paid["project"], days, amounts, ends) - cumulated(paid["project"], days, amounts, starts)
    assets = project_assets(tables)
    served, costs = to_days(assets["service_date"]), assets["cost_mjpy"].to_numpy(dtype=float)
    moved = cumulated(assets["project"], served, costs, ends) - cumulated(
        assets["project"], served, costs, starts
    )
    moved = moved.reindex(cash.index)
    table = long({"cash_mjpy": cash, "cip_addition_mjpy": cash, "placed_in_service_mjpy": moved}, years)
    table["capitalised_interest_mjpy"] = table["subsidy_mjpy"] = np.nan
    return table.assign(not_modelled="capitalised_interest, subsidy")
