"""Statements of energy and emissions: of a saved plan, or read back from an exported pack."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.controls import carbon as carbon_controls
from dcplan.controls import energy as energy_controls
from dcplan.controls.quantity import QuantityControl, QuantityReport, Statements, run
from dcplan.metrics import carbon, energy
from dcplan.metrics.carbon.books import carbon_books
from dcplan.metrics.carbon.factors import factor_register
from dcplan.metrics.carbon.lines import electricity_lines
from dcplan.plans.plan import read_csv

if TYPE_CHECKING:
    from dcplan.plans.audit.report import AuditReport
    from dcplan.plans.plan import Plan

CONTROLS: tuple[QuantityControl, ...] = (*energy_controls.CONTROLS, *carbon_controls.CONTROLS)
REPLAY = Path("replay") / "matching.csv"
LINE_KEYS = ["site_id", "fiscal_year", "factor_set", "part"]


def statements_of(plan: Plan, inputs: Any, audited: AuditReport) -> Statements:
    """Return the statements of a saved plan, each table formed from its saved tables and inputs.

    Hourly shares are those of the replay beside the plan, where `dcplan replay` wrote one.

    Args:
        plan: the plan.
        inputs: the inputs saved with it.
        audited: the audit of the optimised plan, which forms KPIs of its own.
    """
    emissions = carbon.tables(plan, inputs)
    place = None if plan.folder is None else plan.folder / REPLAY
    matching = read_csv(place) if place is not None and place.is_file() else None
    tables = {**emissions, **energy.tables(plan, inputs, emissions, matching)}
    return Statements(
        tables,
        pd.DataFrame(audited.figures["kpis"]),
        _without_ledger(plan, inputs),
    )


def _without_ledger(plan: Plan, inputs: Any) -> pd.DataFrame:
    """Return the location-based lines of a plan that claims nothing."""
    empty = {**plan.tables, "claims": plan.tables["claims"].iloc[:0]}
    books = carbon_books(replace(plan, tables=empty), inputs)
    lines = electricity_lines(books, factor_register(inputs))
    lines = lines.loc[lines["method"] == "location", [*LINE_KEYS, "tco2e"]]
    return lines.reset_index(drop=True)


def run_quantities(statements: Statements) -> QuantityReport:
    """Run every control of energy and emissions."""
    return run(CONTROLS, statements)
