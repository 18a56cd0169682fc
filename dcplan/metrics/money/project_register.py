"""The register of projects (T20): what each brings, its dates, and its cost against the announced one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.money.capex import capex_projects, project_assets

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

NOT_MODELLED = "approval_gate, contingency, climate_tag"
_FACTS = ["project", "hall", "build_months", "committed", "adds_receiving_kw"]


def project_register(
    tables: Tables, announced: Tables, settings: MoneySettings, projects: pd.DataFrame, halls: pd.DataFrame
) -> pd.DataFrame:
    r"""Return each project of the plan: what it brings, its dates, its cost, and what is bound already.

    $$ c = 10^6\,C / P \quad [\mathrm{JPY/kW}] $$

    with C the whole nominal cost and P the design IT kW of a hall, or the receiving kW that an upgrade adds.
    What a committed project has still to pay cannot be cancelled: `committed_mjpy`. Nothing else of a plan
    is bound before its order date.

    Args:
        tables: the plan: `assets`, `payments`, `starts`.
        announced: the plan *as announced*, whose cost of the same project stands beside it.
        settings: of the plan.
        projects: the input table: project, hall, build_months, committed, adds_receiving_kw.
        halls: the input table: hall, rack_places, it_kw.

    Returns:
        (project) site, hall (empty for an upgrade), rack_places, it_kw, receiving_kw, committed, order_date
        (build months before service, 0 for batteries and panels), service_date, announced_date,
        service_fiscal_year, status, cost_mjpy, paid_before_mjpy, committed_mjpy, plan_mjpy, later_mjpy,
        announced_cost_mjpy, difference_mjpy = cost - announced, cost_jpy_per_kw, cost_jpy_per_rack,
        not_modelled. What a project does not bring, and an announced cost of a project that the announced
        plan does not build, is missing.
    """
    table = capex_projects(tables, settings).astype({"project": object})  # also where nothing is built
    facts = projects[_FACTS].merge(halls[["hall", "rack_places", "it_kw"]], how="left", on="hall")
    starts = tables["starts"][["project", "announced_date"]].astype({"project": object})
    table = table.merge(facts, how="left", on="project", validate="1:1")
    table = table.merge(starts, how="left", on="project", validate="1:1")
    table["hall"] = table["hall"].fillna("").astype(object)
    bought = table[
        "committed"
    ].isna()  # batteries and panels: no row of `projects`, no lead time, nothing bound
    table["committed"] = table["committed"].astype(object).mask(bought, False).astype(bool)
    table["build_months"] = table["build_months"].mask(bought, 0)
    table = table.rename(columns={"adds_receiving_kw": "receiving_kw"})
    for name in ("receiving_kw", "it_kw", "rack_places"):
        table[name] = table[name].astype(float).where(lambda amounts: amounts > 0.0)
    table["order_date"] = _months_before(table["service_date"], table["build_months"])
    bound = np.where(table["committed"], table["cost_mjpy"] - table["paid_before_mjpy"], 0.0)
    first = project_assets(announced).groupby("project")["cost_mjpy"].sum()
    table["committed_mjpy"] = bound
    table["announced_cost_mjpy"] = table["project"].map(first).astype(float)
    table["difference_mjpy"] = table["cost_mjpy"] - table["announced_cost_mjpy"]
    kw = table["it_kw"].fillna(table["receiving_kw"])
    table["cost_jpy_per_kw"] = 1e6 * table["cost_mjpy"] / kw
    table["cost_jpy_per_rack"] = 1e6 * table["cost_mjpy"] / table["rack_places"]
    return table.drop(columns="build_months").assign(not_modelled=NOT_MODELLED)


def _months_before(days: pd.Series[Any], months: pd.Series[Any]) -> list[Any]:
    """Return each day so many calendar months earlier, at the latest on the last of its month."""
    pairs = zip(pd.to_datetime(days), months.astype(int), strict=True)
    return [(day - pd.DateOffset(months=count)).date() for day, count in pairs]
