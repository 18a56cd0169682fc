"""All money tables of a plan, by the names under which they are exported and controlled."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcplan.metrics.money.assets import asset_roll, asset_tax, depreciation
from dcplan.metrics.money.budget import budget_review
from dcplan.metrics.money.capex import capex_cash
from dcplan.metrics.money.cip import cip_roll
from dcplan.metrics.money.investment_case import investment_case, investment_flows
from dcplan.metrics.money.lease_maturity import lease_maturity
from dcplan.metrics.money.leases_ifrs16 import leases_ifrs16, restoration_roll
from dcplan.metrics.money.leases_jgaap import lease_reconciliation, leases_jgaap
from dcplan.metrics.money.profit_and_cash import cash_flow, profit_and_loss
from dcplan.metrics.money.project_register import project_register
from dcplan.metrics.money.unit_cost import unit_cost, unit_cost_lines
from dcplan.metrics.money.unit_cost_sites import site_cost_lines, unit_cost_sites

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

EVIDENCE = ("payments", "assets", "releases", "lease_spans", "lease_rates", "periods", "costs")
"""Tables of the plan itself that the others are made of."""


def money_tables(
    tables: Tables, announced: Tables, settings: MoneySettings, inputs: Any
) -> dict[str, pd.DataFrame]:
    """Return every money table of a plan by name, without the tables of the plan that they are made of.

    Args:
        tables: the plan.
        announced: its plan *as announced*: what budget and investment case are read against.
        settings: rates and dates of the plan.
        inputs: the inputs saved with the plan, by table name.
    """
    taxed = asset_tax(tables, settings)
    return {
        "capex_projects": project_register(tables, announced, settings, inputs["projects"], inputs["halls"]),
        "capex_cash": capex_cash(tables, settings),
        "asset_roll": asset_roll(tables, settings),
        "cip_roll": cip_roll(tables, settings),
        "depreciation": depreciation(tables, settings),
        "depreciation_tax": depreciation(tables, settings, tax_life=True),
        "asset_tax": taxed[taxed["part"] == "plan"].drop(columns="part"),  # the tail is never reported
        "leases_ifrs16": leases_ifrs16(tables, settings),
        "restoration_roll": restoration_roll(tables, settings),
        "leases_jgaap": leases_jgaap(tables, settings),
        "lease_maturity": lease_maturity(tables, settings),
        "lease_reconciliation": lease_reconciliation(tables, settings),
        "profit_and_loss": profit_and_loss(tables, settings),
        "cash_flow": cash_flow(tables, settings),
        "investment_flows": investment_flows(tables, announced, settings),
        "investment_case": investment_case(tables, announced, settings),
        "unit_cost": unit_cost(tables, settings, inputs["halls"], inputs["leases"]),
        "unit_cost_lines": unit_cost_lines(tables, settings),
        "unit_cost_sites": unit_cost_sites(tables, settings, inputs["halls"], inputs["leases"]),
        "site_cost_lines": site_cost_lines(tables, settings),
        **budget_review(tables, announced, inputs),
    }
