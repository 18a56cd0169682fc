"""What a rack-month, a kW-month and a kWh of IT cost (T27), sold and built, by fiscal year of the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.finance.discount import discount_factor, middle_years
from dcplan.metrics.money.assets import depreciation
from dcplan.metrics.money.dated import ANALYST, dated_costs, equivalent_annual_cost
from dcplan.metrics.money.profit_and_cash import LINES
from dcplan.metrics.money.settings import to_days
from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

DENOMINATORS = {
    "rack_month_sold": "occupied racks x months",
    "rack_month_built": "rack places of own halls in service and racks under lease x months",
    "kw_month_sold": "mean IT load x months: IT energy over hours",
    "kw_month_built": "design IT power of own halls in service and of leased racks x months",
    "kwh_it": "IT energy",
    "kwh_it_levelised": "IT energy, discounted like the cost",
}
"""The measures and what each divides by."""
UNITS = {
    "rack_month": "JPY/rack-month",
    "kw_month": "JPY/kW-month",
    "kwh_it": "JPY/kWh",
}
NO_HALLS = "not_given: built places and power are inputs; pass the tables halls and leases"
HORIZON = "horizon"
ASSETS = ("own_assets_mjpy", "opening_assets_mjpy")


def unit_cost(
    tables: Tables,
    settings: MoneySettings,
    halls: pd.DataFrame | None = None,
    leases: pd.DataFrame | None = None,
) -> pd.DataFrame:
    r"""Return the cost of a rack-month, a kW-month and a kWh of IT, sold and built.

    $$ c = \frac{\sum_t \mathrm{EAC}_t + \text{operating cost}_t + \text{rent}_t}{\sum_t q_t\,m_t} $$
    $$ c^{lev} = \frac{\sum_t \text{cost}_t (1+w)^{-t}}{\sum_t E^{IT}_t (1+w)^{-t}} $$

    The equivalent annual cost of an asset, cost x w / (1 - (1+w)^-L), stands for CAPEX: an asset is replaced
    by its like when its life ends, so what wears out within the plan's years or after them is in it. Rent is
    what is paid: neither its right of use nor its interest is counted beside it, and no depreciation. Before
    tax, nominal; assets are at their nominal cost. Shadow prices, accruals and terminal values are left out.

    Args:
        tables: the plan.
        settings: of the plan.
        halls: the input table: hall, rack_places, it_kw. Without it what is built is not known.
        leases: the input table: lease, hall. A hall without a lease is the planner's own.

    Returns:
        (span, measure) value, unit, cost_mjpy, quantity, denominator, reason; span is a fiscal year or
        `horizon` (all years of the plan; the levelised cost is only there). A value that cannot be formed is
        missing with its reason.

    Raises:
        ValueError: the cost table has a term whose timing is not known.
    """
    costs, sold = unit_cost_lines(tables, settings), _sold(tables)
    built = _built(tables, halls, leases)
    quantities = sold.join(built)
    yearly = costs.set_index("fiscal_year")["total_mjpy"]
    parts = []
    for measure in ("rack_month_sold", "rack_month_built", "kw_month_sold", "kw_month_built", "kwh_it"):
        amounts = quantities[measure]
        table = pd.DataFrame({"cost_mjpy": yearly, "quantity": amounts})
        table.index = [f"FY{year}" for year in table.index]
        table.loc[HORIZON] = (yearly.sum(), amounts.sum(skipna=False))
        parts.append(table.rename_axis("span").reset_index().assign(measure=measure))
    parts.append(_levelised(tables, settings, costs))
    rows = pd.concat(parts, ignore_index=True)
    rows["value"] = (1e6 * rows["cost_mjpy"] / rows["quantity"]).where(rows["quantity"] > 0.0)
    kind = rows["measure"].str.extract(f"^({'|'.join(UNITS)})")[0]
    rows["unit"], rows["denominator"] = kind.map(UNITS), rows["measure"].map(DENOMINATORS)
    rows["reason"] = np.where(rows["quantity"].isna(), NO_HALLS, "")
    rows["reason"] = rows["reason"].where(rows["quantity"] != 0.0, "nothing to divide by")
    return rows[["span", "measure", "value", "unit", "cost_mjpy", "quantity", "denominator", "reason"]]


def unit_cost_lines(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return the cost that unit costs divide, by line: (fiscal_year), nominal M JPY.

    Returns:
        own_assets_mjpy (equivalent annual cost of what projects bring), opening_assets_mjpy (of what stood at
        the opening: sunk, yet part of what a rack costs), the lines of `profit_and_loss`, restoration_mjpy
        (paid), other_mjpy (an analyst's cash costs), total_mjpy.
    """
    rows = dated_costs(tables, settings, after_tax=False)
    rows = rows[rows["cash"].astype(bool) & (rows["part"] == "plan")]
    cash = rows.groupby(["fiscal_year", "term"])["mjpy"].sum().unstack("term").fillna(0.0)
    table = cost_lines(cash, asset_annuities(tables, settings, "fiscal_year"))
    return table.rename_axis("fiscal_year").reset_index()


def built_capacity(tables: Tables, halls: pd.DataFrame, leases: pd.DataFrame) -> pd.DataFrame:
    """Return what is built by period, the sum of `built_halls`: period, rack_places, it_kw."""
    rows = built_halls(tables, halls, leases)
    sums = rows.groupby("period")[["rack_places", "it_kw"]].sum(min_count=1)
    return sums.reindex(tables["periods"]["period"]).fillna(0.0).reset_index()


def built_halls(tables: Tables, halls: pd.DataFrame, leases: pd.DataFrame) -> pd.DataFrame:
    """Return what is built by hall and period: hall, period, rack_places, it_kw.

    Own halls count whole while in service. Of a leased hall the racks under lease count, and of its power
    their share of its places.
    """
    facts = halls.set_index("hall")[["rack_places", "it_kw"]].astype(float)
    own = tables["halls"]
    own = own[~own["hall"].isin(leases["hall"])]
    whole = facts.reindex(own["hall"]).to_numpy() * own["in_service"].to_numpy(dtype=float)[:, None]
    rented = tables["leases"].merge(leases[["lease", "hall"]], on="lease", validate="m:1")
    racks = rented["leased_racks"].to_numpy(dtype=float)
    part = facts.reindex(rented["hall"]).to_numpy()
    share = np.column_stack([racks, part[:, 1] * np.minimum(1.0, racks / part[:, 0])])
    rows = pd.DataFrame(np.vstack([whole, share]), columns=["rack_places", "it_kw"])
    rows["hall"] = [*own["hall"], *rented["hall"]]
    rows["period"] = [*own["period"], *rented["period"]]
    return rows


def plan_periods(tables: Tables) -> pd.DataFrame:
    """Return the periods of the plan's years with their months."""
    periods = tables["periods"]
    periods = periods[~periods["tail"].astype(bool)].reset_index(drop=True)
    start, end = (to_days(periods[name]).astype("datetime64[M]").astype(int) for name in ("start", "end"))
    return periods.assign(months=end - start)


def asset_annuities(tables: Tables, settings: MoneySettings, key: str) -> pd.DataFrame:
    """Return equivalent annual cost by months in service of the plan: (key) `ASSETS`, nominal M JPY.

    Args:
        tables: the plan.
        settings: of the plan.
        key: `fiscal_year` or `site`.
    """
    rows = depreciation(tables, settings)
    rows = rows[rows["basis"] == "plan"]
    cost, life = rows["cost_mjpy"].to_numpy(dtype=float), rows["life_years"].to_numpy(dtype=float)
    yearly = equivalent_annual_cost(cost, life, settings.discount_rate)
    opening = rows["project"].isna() | (rows["project"].astype(str) == "")
    rows = rows.assign(
        eac=yearly * rows["months"].to_numpy() / 12.0, line=np.where(opening, *reversed(ASSETS))
    )
    table = rows.groupby([key, "line"])["eac"].sum().unstack("line")
    return table.reindex(columns=list(ASSETS)).fillna(0.0)


def cost_lines(cash: pd.DataFrame, assets: pd.DataFrame) -> pd.DataFrame:
    """Return the cost that unit costs divide, by line, from cash by term and asset annuities of one key."""
    table = assets.reindex(cash.index).fillna(0.0)
    for line, terms in (*LINES.items(), ("restoration_mjpy", ("restoration",))):
        table[line] = cash.reindex(columns=list(terms), fill_value=0.0).sum(axis=1)
    own = [term for term in cash.columns if term.startswith(ANALYST)]
    table["other_mjpy"] = cash[own].sum(axis=1)
    table["total_mjpy"] = table.sum(axis=1)
    table.columns.name = None
    return table


def _sold(tables: Tables) -> pd.DataFrame:
    """Return rack-months, kW-months and kWh of IT that customers and own services use: (fiscal_year)."""
    periods = plan_periods(tables)
    racks = tables["racks"].groupby("period")["racks"].sum().reindex(periods["period"]).to_numpy()
    mwh = tables["energy"].groupby("period")["it_mwh"].sum().reindex(periods["period"]).to_numpy()
    months, hours = periods["months"].to_numpy(), periods["hours"].to_numpy(dtype=float)
    table = pd.DataFrame(
        {
            "fiscal_year": periods["fiscal_year"],
            "rack_month_sold": racks * months,
            "kw_month_sold": 1e3 * mwh / hours * months,
            "kwh_it": 1e3 * mwh,
        }
    )
    return table.groupby("fiscal_year").sum()


def _built(tables: Tables, halls: pd.DataFrame | None, leases: pd.DataFrame | None) -> pd.DataFrame:
    names = ["rack_month_built", "kw_month_built"]
    periods = plan_periods(tables)
    if halls is None or leases is None:
        empty = pd.DataFrame(np.nan, index=pd.Index(periods["fiscal_year"].unique()), columns=names)
        return empty.rename_axis("fiscal_year")
    built = periods.merge(built_capacity(tables, halls, leases), on="period")
    amounts = built[["rack_places", "it_kw"]].to_numpy() * built["months"].to_numpy()[:, None]
    table = pd.DataFrame(amounts, columns=names).assign(fiscal_year=built["fiscal_year"])
    return table.groupby("fiscal_year").sum()


def _levelised(tables: Tables, settings: MoneySettings, costs: pd.DataFrame) -> pd.DataFrame:
    """Return present values of cost and of IT energy: cost at its dates, assets and energy at mid-period."""
    rows = dated_costs(tables, settings, after_tax=False)
    rows = rows[rows["cash"].astype(bool) & (rows["part"] == "plan") & ~rows["term"].isin(CAPEX)]
    rate = settings.discount_rate
    paid = float(rows["mjpy"] @ discount_factor(rate, rows["years"].to_numpy(dtype=float)))
    periods = plan_periods(tables)
    starts, ends = to_days(periods["start"]), to_days(periods["end"])
    factor = discount_factor(rate, middle_years(settings.as_of, starts.tolist(), ends.tolist()))
    years = periods.groupby("fiscal_year").agg(start=("start", "first"), end=("end", "last"))
    begin, stop = to_days(years["start"]).tolist(), to_days(years["end"]).tolist()
    middle = discount_factor(rate, middle_years(settings.as_of, begin, stop))
    assets = costs.set_index("fiscal_year")[list(ASSETS)].sum(axis=1).reindex(years.index)
    mwh = tables["energy"].groupby("period")["it_mwh"].sum().reindex(periods["period"]).to_numpy()
    return pd.DataFrame(
        {
            "span": [HORIZON],
            "cost_mjpy": [paid + float(assets.to_numpy() @ middle)],
            "quantity": [1e3 * float(mwh @ factor)],
            "measure": ["kwh_it_levelised"],
        }
    )
