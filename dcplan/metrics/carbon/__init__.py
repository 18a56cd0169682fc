"""Emissions, instruments and boundaries of a plan, by the definitions of the reporting standards.

`tables` is the public entry. Every number is a row of `ghg_line` (T08); the summaries are sums of such rows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd


def tables(plan: Any, inputs: Any = None) -> dict[str, pd.DataFrame]:
    """Return the carbon tables of a saved plan by name.

    `factor_register` (T04), `instrument_ledger` (T05), `ghg_line` (T08), `ghg_summary` (T09),
    `renewables_by_type` (T11), `boundary_bridge`, and `site_carbon`, in which the factor sets stand side by
    side.

    Args:
        plan: a saved plan (`dcplan.open_plan`).
        inputs: the case that was solved; read from the plan's folder where None.

    Raises:
        InputError: the plan was not saved, or lacks a table that is needed.
    """
    from dcplan.metrics.carbon.books import carbon_books
    from dcplan.metrics.carbon.every import carbon_tables

    return carbon_tables(carbon_books(plan, inputs))
