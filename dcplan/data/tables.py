"""The data dictionary: every input table of a case, the settings and the keys of case.toml.

One declaration drives reading, checking, empty templates, `docs/inputs.md` and `datapackage.json`.
"""

from __future__ import annotations

from typing import Final

from dcplan.data import (
    tables_carbon,
    tables_demand,
    tables_fleet,
    tables_instruments,
    tables_money,
    tables_onsite,
)
from dcplan.data.schema import Column, Table, choice, day, text
from dcplan.data.tables_fleet import SETTINGS

_ORDER: Final = (
    "sources", "settings", "stations", "sites", "cooling", "halls", "classes", "class_years", "load_shapes",
    "demand", "class_regions", "occupancy", "pinned_racks", "reservations", "leases", "asset_classes",
    "projects", "project_assets", "opening_assets", "milestones", "announcements", "connections", "tariffs",
    "grid_factors", "emission_factors", "carbon_prices", "generators", "refrigerants", "onsite_pv",
    "batteries", "battery_options", "pv_options", "instruments", "instrument_years", "ppa_offers", "targets",
    "budgets", "caps", "policy", "history", "pins", "commitments",
)  # fmt: skip

_DECLARED: Final = {
    table.name: table
    for table in (
        *tables_fleet.TABLES,
        *tables_onsite.TABLES,
        *tables_demand.TABLES,
        *tables_money.TABLES,
        *tables_carbon.TABLES,
        *tables_instruments.TABLES,
    )
}

TABLES: Final[dict[str, Table]] = {name: _DECLARED[name] for name in _ORDER}
"""Every table by name, in reading order."""

CASE_KEYS: Final[dict[str, Column]] = {
    column.name: column
    for column in (
        text("name", "Short name: letters, digits, - and _."),
        text("title", "Title."),
        text("title_ja", "Japanese title.", optional=True),
        day("as_of", "Opening day: earlier cost is sunk, lead times and discounting count from it."),
        day("horizon_end", "End of the horizon, exclusive: a 1 April."),
        Column(
            "tail_years",
            "int",
            "years",
            "Years after the horizon, optimised and not reported.",
            lower=0,
            upper=30,
        ),
        choice("granularity", ("year", "half", "quarter", "month"), "Length of a period."),
        choice(
            "edition", ("retrospective", "foresight-2022", "tutorial"), "What the planner is taken to know."
        ),
        text("notice", "Note on forward-looking figures.", optional=True),
        text("grid_factor_set", "The factor_set of grid_factors to use."),
        choice("terminal_value", ("annuity", "book", "none"), "How costs with a longer life are credited."),
        Column(
            "objective",
            "choice",
            doc="Costs before tax, or after relief and depreciation at tax_rate; pre_tax if absent.",
            optional=True,
            default="pre_tax",
            choices=("pre_tax", "after_tax"),
        ),
    )
}
"""The keys of case.toml."""

__all__ = ["CASE_KEYS", "SETTINGS", "TABLES"]
