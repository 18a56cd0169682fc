"""Profit and cash of a plan by fiscal year (T25), on both lease standards. There is no revenue: cost only."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.finance.discount import discount_factor
from dcplan.metrics.money.assets import asset_roll
from dcplan.metrics.money.dated import ANALYST, dated_costs
from dcplan.metrics.money.leases_ifrs16 import leases_ifrs16, restoration_roll
from dcplan.metrics.money.leases_jgaap import leases_jgaap
from dcplan.metrics.money.settings import segments
from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

NO_REVENUE = "not_modelled: no input tells what racks are sold for; EBITDA is of costs alone"
LINES = {
    "power_mjpy": ("energy_owned", "energy_leased", "demand_charge", "ppa"),
    "certificates_mjpy": ("instruments",),
    "rent_mjpy": ("rent",),
    "overlap_rent_mjpy": ("overlap_rent",),
    "staff_mjpy": ("staff",),
    "maintenance_mjpy": ("maintenance", "onsite_maintenance"),
    "operations_mjpy": ("operations",),
    "moves_mjpy": ("moves",),
    "asset_tax_mjpy": ("asset_tax",),
    "break_fees_mjpy": ("break_fee",),
}
"""Lines of EBITDA and the cost terms in them. Shadow carbon and the price of misses are no money."""


def profit_and_loss(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return profit and cash by fiscal year of the plan: (fiscal_year, basis), nominal M JPY.

    Costs are positive; EBITDA, EBIT, profit and cash flows have their sign (a cost is negative). Restoration
    is in profit by its provision (unwinding and the write-off of its asset) and in cash when it is paid.
    Under IFRS 16 rent is no operating cost; in Japan until FY2026 it is (`leases_jgaap`).

    Returns:
        revenue_mjpy (missing) and revenue_reason, the `LINES` and other_mjpy (an analyst's cash costs),
        ebitda_after_rent_mjpy, then for ifrs16 and jgaap: ebitda_, ebit_ and profit_before_tax_, the charges
        between them, and cash: restoration_paid_mjpy, capex_mjpy, tax_mjpy (tax that the plan's own costs
        save, negative), free_cash_flow_pre_tax_mjpy, free_cash_flow_after_tax_mjpy.
    """
    years = segments(settings)
    years = years[years["basis"] == "plan"]
    index = pd.Index(years["fiscal_year"], name="fiscal_year")
    cash = _cash(tables, settings, index)
    table = pd.DataFrame({"basis": "plan", "revenue_mjpy": np.nan, "revenue_reason": NO_REVENUE}, index=index)
    for line, terms in LINES.items():
        table[line] = cash.reindex(columns=list(terms), fill_value=0.0).sum(axis=1)
    own = [term for term in cash.columns if term.startswith(ANALYST)]
    table["other_mjpy"] = cash[own].sum(axis=1)
    table["ebitda_after_rent_mjpy"] = -table[[*LINES, "other_mjpy"]].sum(axis=1)
    wear = _by_year(asset_roll(tables, settings), index)["depreciation_mjpy"]
    provision = _by_year(restoration_roll(tables, settings), index)
    table["depreciation_mjpy"] = wear
    table["restoration_depreciation_mjpy"] = provision["asset_depreciation_mjpy"]
    table["restoration_interest_mjpy"] = provision["unwinding_mjpy"]
    rent = table["rent_mjpy"]
    leases = {"ifrs16": leases_ifrs16(tables, settings), "jgaap": leases_jgaap(tables, settings)}
    for name, roll in leases.items():
        sums = _by_year(roll, index)
        expensed = sums["rent_expense_mjpy"] if name == "jgaap" else 0.0 * rent
        ebitda = table["ebitda_after_rent_mjpy"] + rent - expensed
        worn = wear + table["restoration_depreciation_mjpy"] + sums["rou_depreciation_mjpy"]
        table[f"ebitda_{name}_mjpy"] = ebitda
        table[f"rou_depreciation_{name}_mjpy"] = sums["rou_depreciation_mjpy"]
        table[f"gain_on_break_{name}_mjpy"] = sums["gain_on_break_mjpy"]
        table[f"ebit_{name}_mjpy"] = ebitda - worn + sums["gain_on_break_mjpy"]
        table[f"lease_interest_{name}_mjpy"] = sums["interest_mjpy"]
        interest = sums["interest_mjpy"] + table["restoration_interest_mjpy"]
        table[f"profit_before_tax_{name}_mjpy"] = table[f"ebit_{name}_mjpy"] - interest
    tax = [term for term in ("tax_relief", "tax_shield") if term in cash]
    table["restoration_paid_mjpy"] = cash.get("restoration", pd.Series(0.0, index))
    table["capex_mjpy"] = cash.reindex(columns=list(CAPEX), fill_value=0.0).sum(axis=1)
    table["tax_mjpy"] = cash[tax].sum(axis=1)
    table["free_cash_flow_pre_tax_mjpy"] = -cash.drop(columns=tax).sum(axis=1)
    table["free_cash_flow_after_tax_mjpy"] = -cash.sum(axis=1)
    return table.reset_index()


def cash_flow(tables: Tables, settings: MoneySettings, *, after_tax: bool | None = None) -> pd.DataFrame:
    r"""Return every cost over the whole optimised span at its date, discounted anew from that date.

    $$ \mathrm{pv} = \mathrm{mjpy}\,(1 + w)^{-t}, \qquad \sum \mathrm{pv} = \text{objective} $$

    A cost that runs through a period stands at its middle, a payment or a release on its day, a yearly item
    at the middle of its fiscal year, terminal values at the end of the span. Costs are positive. Amounts that
    nobody pays (shadow prices, accruals, terminal values) have `cash` false. No year of the tail is a plan.

    Args:
        tables: the plan.
        settings: of the plan.
        after_tax: with the tax terms; as the plan's objective where None.

    Returns:
        (kind, term, site, period, fiscal_year, date_years) factor, mjpy (nominal), pv_mjpy, cash, tail.
        `kind` is one of `dated.KINDS`; `site` is empty where the plan's tables tell none (releases).

    Raises:
        ValueError: the cost table has a term whose timing is not known.
    """
    rows = dated_costs(tables, settings, after_tax=after_tax)
    rows = rows.assign(tail=rows["part"] != "plan").rename(columns={"years": "date_years"})
    keys = ["kind", "term", "site", "period", "fiscal_year", "date_years", "cash", "tail"]
    table = rows.groupby(keys, sort=False)["mjpy"].sum().reset_index()
    table["factor"] = discount_factor(settings.discount_rate, table["date_years"].to_numpy(dtype=float))
    table["pv_mjpy"] = table["mjpy"] * table["factor"]
    order = table.sort_values(["date_years", "term", "site"], kind="stable", ignore_index=True)
    return order[[*keys[:6], "factor", "mjpy", "pv_mjpy", "cash", "tail"]]


def _cash(tables: Tables, settings: MoneySettings, years: pd.Index[int]) -> pd.DataFrame:
    """Return cash costs with tax: a row a fiscal year of the plan, a column a term."""
    rows = dated_costs(tables, settings, after_tax=True)
    rows = rows[rows["cash"].astype(bool) & (rows["part"] == "plan")]
    wide = rows.groupby(["fiscal_year", "term"])["mjpy"].sum().unstack("term")
    return wide.reindex(years).fillna(0.0)


def _by_year(roll: pd.DataFrame, years: pd.Index[int]) -> pd.DataFrame:
    rows = roll[roll["basis"] == "plan"]
    names = [name for name in rows.columns if name.endswith("_mjpy")]
    return rows.groupby("fiscal_year")[names].sum().reindex(years).fillna(0.0)
