"""Tables of emission factors and of what emits at a site besides its electricity."""

from __future__ import annotations

from dcplan.data.schema import PERCENT, Column, Hint, Table, choice, text

UNIT_OF = {
    "shk_unadjusted": "kg/kWh",
    "shk_basic": "kg/kWh",
    "shk_adjusted": "kg/kWh",
    "residual": "kg/kWh",
    "national_average": "kg/kWh",
    "certificate_correction": "-",
    "fuel": "t/kL",
    "refrigerant_gwp": "t/t",
    "upstream_electricity": "kg/kWh",
    "grid_loss": "-",
    "upstream_fuel": "t/kL",
    "capital_goods": "t/M JPY",
}
"""Types of emission factors, each with the one unit that it is written in."""

EMISSION_FACTORS = Table(
    "emission_factors",
    ("factor",),
    (
        text("factor", "Name of the record: one factor in one revision."),
        choice("factor_type", UNIT_OF, "What the factor is for; grid_factors has the location-based ones."),
        text("subject", "Grid area, fuel, gas or asset class that it belongs to; JP for the whole country."),
        Column(
            "supply_fy",
            "int",
            doc="Fiscal year in which the power was supplied: it is used for activity of the following year; "
            "0 where a factor has none.",
            lower=0,
            upper=2100,
            optional=True,
            default=0,
        ),
        Column("value", "float", doc="Its value, in its unit.", lower=0, upper=100_000),
        choice("unit", dict.fromkeys(UNIT_OF.values()), "Unit: the one of its type."),
        text("retailer", "Retailer and menu whose factor it is.", optional=True),
        choice("gwp_set", ("AR4", "AR5", "AR6"), "Report that a warming potential is from.", optional=True),
        Column(
            "revision",
            "int",
            doc="0 as first published; a later list that changes it is 1, 2, ... with its own known_on.",
            lower=0,
            upper=99,
            optional=True,
            default=0,
        ),
        text(
            "supersedes",
            "The record that a revision replaces.",
            references="emission_factors.factor",
            optional=True,
        ),
        text("page", "Page of the document.", optional=True),
    ),
    "Emission factors besides those of the grid areas, as versioned records. `known_on` is the day of "
    "publication. No file: what needs them is reported as missing, never as 0.",
    measure="value",
    optional_file=True,
)

GENERATORS = Table(
    "generators",
    ("hall",),
    (
        text("hall", "Owned hall with emergency generators.", references="halls.hall"),
        text("fuel", "Fuel: a subject of the factors of type fuel."),
        Column("rated_kw", "float", "kW", "Rated power of all its generators.", above=0, upper=500_000),
        Column(
            "test_hours_per_year", "float", "h/year", "Hours of tests while in service.", lower=0, upper=8784
        ),
        Column("test_load", "float", "-", "Load in a test.", above=0, upper=1, hints=(PERCENT,)),
        Column(
            "litres_per_kwh",
            "float",
            "L/kWh",
            "Fuel per kWh generated.",
            above=0,
            upper=2,
            hints=(Hint("Write litres per kWh: 0.25, not kL or mL.", above=2),),
        ),
    ),
    "Tests of emergency generators: fuel of Scope 1. No row: the hall's fuel is not known.",
    measure="test_hours_per_year",
    optional_file=True,
)

REFRIGERANTS = Table(
    "refrigerants",
    ("hall", "gas"),
    (
        text("hall", "Owned hall.", references="halls.hall"),
        text("gas", "Gas: a subject of the factors of type refrigerant_gwp."),
        Column("charge_kg", "float", "kg", "Charge in its machines.", lower=0, upper=1_000_000),
        Column(
            "leak_rate",
            "float",
            "per year",
            "Share that leaks in a year in service; the first charge is no leak.",
            lower=0,
            below=1,
            hints=(PERCENT,),
        ),
    ),
    "Refrigerants in the cooling of owned halls. No row: the hall's leaks are not known.",
    measure="leak_rate",
    optional_file=True,
)

TABLES = (EMISSION_FACTORS, GENERATORS, REFRIGERANTS)
