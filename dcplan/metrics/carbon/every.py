"""All carbon tables of a plan, by the names under which they are exported."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.metrics.carbon.books import CarbonBooks
from dcplan.metrics.carbon.bridge import boundary_bridge
from dcplan.metrics.carbon.factors import factor_register, in_force, shk_definition
from dcplan.metrics.carbon.intensity import site_carbon
from dcplan.metrics.carbon.ledger import instrument_ledger, renewables_by_type
from dcplan.metrics.carbon.lines import electricity_lines
from dcplan.metrics.carbon.lookup import Factors
from dcplan.metrics.carbon.other_lines import capital_lines, fuel_lines, refrigerant_lines
from dcplan.metrics.carbon.summary import ghg_summary

if TYPE_CHECKING:
    from collections.abc import Mapping

LINE = (
    "line_id", "site_id", "ownership", "fiscal_year", "basis", "scope", "s3_category", "scope_view_b",
    "s3_category_view_b", "method", "factor_set", "part", "activity", "activity_unit", "factor_id",
    "factor_value", "factor_unit", "gas", "tco2e", "spread_tco2e", "instrument_id", "shk_definition",
    "allocation_rule", "value_status", "quality_flag", "null_reason",
)  # fmt: skip


def carbon_tables(books: CarbonBooks) -> dict[str, pd.DataFrame]:
    """Return every carbon table of a plan by name."""
    register = factor_register(books.inputs)
    ledger = instrument_ledger(books, in_force(register, "residual"))
    lines = ghg_line(books, register)
    return {
        "factor_register": register,
        "instrument_ledger": ledger,
        "ghg_line": lines,
        "ghg_summary": ghg_summary(books, lines),
        "renewables_by_type": renewables_by_type(books, ledger),
        "boundary_bridge": boundary_bridge(books, register),
        "site_carbon": site_carbon(books, register),
    }


def ghg_line(books: CarbonBooks, register: pd.DataFrame) -> pd.DataFrame:
    """Return T08, the atom of every emission figure: `LINE`, one row a site, year, method, part and factor.

    `scope` and `s3_category` are those of view A (customers' energy in Scope 2), `*_view_b` those of view B
    (customers' IT energy in category 13). A line without its input or factor has `tco2e` null and says why in
    `null_reason`; it is never 0.
    """
    factors = Factors(register)
    lines = pd.concat(
        [
            electricity_lines(books, register),
            fuel_lines(books, factors),
            refrigerant_lines(books, factors),
            capital_lines(books, factors),
        ],
        ignore_index=True,
    )
    shk = lines["method"].isin(["shk_basic", "shk_adjusted"])
    lines["shk_definition"] = pd.Series(shk_definition(lines["fiscal_year"]), index=lines.index).where(
        shk, ""
    )
    lines["basis"] = "plan"
    lines["instrument_id"] = lines["instrument_id"].fillna("")
    order = ["fiscal_year", "site_id", "scope", "method", "factor_set", "part"]
    lines = lines.sort_values(order, kind="stable", ignore_index=True)
    lines["line_id"] = [f"L{number:06d}" for number in range(1, len(lines) + 1)]
    return lines[list(LINE)]


AUDITED = (
    "s1_fuel_tco2e", "s1_refrigerant_tco2e", "s2_location_tco2e", "s2_market_tco2e",
    "s2_location_excl_tenant_tco2e", "s2_market_excl_tenant_tco2e", "s3_cat2_tco2e", "s3_cat3_tco2e",
    "s3_cat8_location_tco2e", "s3_cat8_market_tco2e", "facility_tco2e", "s2_shk_basic_tco2e",
    "s2_shk_adjusted_tco2e",
)  # fmt: skip


def ghg_years(tables: Mapping[str, pd.DataFrame], inputs: Any) -> pd.DataFrame:
    """Return the emissions that are saved with a plan, and audited: boundary, fiscal_year, `AUDITED`.

    They are those of `ghg_summary` under the factor set that the plan was decided with.
    """
    books = CarbonBooks(tables, inputs, str(inputs.info.grid_factor_set))
    summary = ghg_summary(books, ghg_line(books, factor_register(inputs)))
    chosen = summary[summary["decided_with"]]
    return chosen[["boundary", "fiscal_year", *AUDITED]].reset_index(drop=True)
