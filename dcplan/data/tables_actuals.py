"""The tables of actuals: what a planner brings when a plan moves on to a new opening day."""

from __future__ import annotations

from typing import Final

from dcplan.data.schema import Column, Table, day, text
from dcplan.data.tables_demand import YEAR

ACTUAL_OCCUPANCY = Table(
    "actual_occupancy",
    ("class", "hall"),
    (
        text("class", "Class.", references="classes.class"),
        text("hall", "Hall.", references="halls.hall"),
        Column(
            "racks",
            "int",
            "racks",
            "Racks there on the evening before the new opening day.",
            lower=0,
            upper=100_000,
        ),
    ),
    "Racks on the evening before the new opening day; pairs not listed hold none. Before a 1 April the "
    "churn of the year that ends has not left yet.",
    measure="racks",
    provenance=False,
)

ACTUAL_PEAKS = Table(
    "actual_peaks",
    ("site",),
    (
        text("site", "Owned site.", references="sites.site"),
        Column("peak_kw", "float", "kW", "Highest peak of the last twelve months.", lower=0, upper=1e6),
    ),
    "Measured peaks of owned sites.",
    measure="peak_kw",
    optional_file=True,
    provenance=False,
)

ACTUAL_SPEND = Table(
    "actual_spend",
    ("project", "fiscal_year"),
    (
        text("project", "Project.", references="projects.project"),
        YEAR,
        Column("mjpy", "float", "M JPY", "Cash CAPEX paid in the year, to the new opening day.", upper=1e6),
    ),
    "Cash CAPEX by project and fiscal year since the old opening day.",
    measure="mjpy",
    optional_file=True,
    provenance=False,
)

ACTUAL_PROJECTS = Table(
    "actual_projects",
    ("project",),
    (
        text("project", "Project that is ordered or in service.", references="projects.project"),
        day("service_date", "Day on which it came, or now is to come, into service."),
    ),
    "Projects ordered or in service, where their date is not the plan's.",
    optional_file=True,
    provenance=False,
)

ACTUAL_ENERGY = Table(
    "actual_energy",
    ("site", "fiscal_year"),
    (
        text("site", "Site.", references="sites.site"),
        YEAR,
        Column("it_mwh", "float", "MWh", "Metered IT energy.", lower=0, upper=1e7),
        Column("facility_mwh", "float", "MWh", "Metered facility energy.", lower=0, upper=1e7),
        Column("cost_mjpy", "float", "M JPY", "Energy bills: energy and demand charge.", upper=1e6),
    ),
    "Metered energy and bills by site and fiscal year, to the new opening day.",
    measure="facility_mwh",
    optional_file=True,
    provenance=False,
)

ACTUALS: Final = {
    table.name: table
    for table in (ACTUAL_OCCUPANCY, ACTUAL_PEAKS, ACTUAL_SPEND, ACTUAL_PROJECTS, ACTUAL_ENERGY)
}
"""Every table of actuals by name, which is also the name of its file."""
