"""Tables of what exists: sources, settings, stations, sites, halls, cooling types, connections."""

from __future__ import annotations

from dcplan.data.schema import PERCENT, Column, Hint, Table, choice, day, text

REGIONS = ("Hokkaido", "Tohoku", "Kanto", "Chubu", "Kansai", "Chugoku", "Kyushu")

SOURCES = Table(
    "sources",
    ("source",),
    (
        text("source", "Name of the source, used by every other table."),
        text("title", "Title of the document or data set."),
        text("where", "Address, or the page in words.", optional=True),
        text("published", "When it was published, in words.", optional=True),
        choice(
            "grade",
            ("D", "P", "P-", "M", "A", "X"),
            "D the operator's own disclosure, P public, P- public but indirect, M measured or modelled, "
            "A assumption, X excluded elsewhere.",
        ),
    ),
    "Every document that a number comes from.",
    provenance=False,
)

SETTINGS_TABLE = Table(
    "settings",
    ("setting",),
    (
        text("setting", "Name of the setting."),
        Column("value", "float", doc="Its value, in its unit."),
        text("unit", "Its unit, for the reader."),
    ),
    "Numbers that hold for the whole fleet; every one is required.",
    measure="value",
)


def _setting(name: str, unit: str, doc: str, **bounds: float) -> Column:
    hints = (PERCENT,) if "rate" in name or "share" in name else ()
    return Column(name, "float", unit, doc, hints=hints, **bounds)  # type: ignore[arg-type]


SETTINGS: dict[str, Column] = {
    column.name: column
    for column in (
        _setting("discount_rate", "per year", "Rate that discounts cash to as_of.", lower=0, below=1),
        _setting("staff_mjpy_per_fte_year", "M JPY/FTE-year", "Full cost of one post.", lower=0, upper=100),
        _setting(
            "operations_jpy_per_rack_month", "JPY/rack-month", "Remote hands and spares.", lower=0, upper=1e6
        ),
        _setting("asset_tax_rate", "per year", "Tax on the book value of 1 January.", lower=0, below=1),
        _setting("tax_rate", "-", "Effective rate of the taxes on income.", lower=0, below=1),
        _setting(
            "borrowing_rate", "per year", "Rate that lease liabilities are measured at.", lower=0, below=1
        ),
        _setting("peak_diversity", "-", "Fleet peak over the sum of rack peaks.", above=0, upper=1),
        _setting("design_margin_c", "degC", "Above the hottest typical hour.", lower=0, upper=20),
        _setting("overlap_months", "months", "A moved rack keeps its old place so long.", lower=0, upper=24),
        _setting("move_life_years", "years", "Years over which a move is worth its cost.", above=0, upper=50),
        _setting(
            "restoration_life_years", "years", "Years over which restoration accrues.", above=0, upper=50
        ),
        _setting(
            "move_limit_fleet_racks_per_month", "racks/month", "Most racks moved in the fleet.", lower=0
        ),
        _setting(
            "move_limit_site_racks_per_month", "racks/month", "Most racks moved out of a site.", lower=0
        ),
    )
}
"""The settings by name, with unit and bounds."""

STATIONS = Table(
    "stations",
    ("station",),
    (
        text("station", "Weather station of one or more sites."),
        text("file", "File in `weather/`: 8,760 rows with hour_of_year and temp_c."),
        *(
            Column(f"m{m:02d}", "float", "degC", f"Normal of month {m}.", lower=-30, upper=40)
            for m in range(1, 13)
        ),
    ),
    "Hourly temperatures of a typical year and the monthly normals that they are shifted to.",
    measure="m08",
)

SITES = Table(
    "sites",
    ("site",),
    (
        text("site", "Name of the data center."),
        text("name_ja", "Japanese name.", optional=True),
        choice("ownership", ("owned", "leased"), "Owned building, or space rented from a landlord."),
        text("prefecture", "Prefecture."),
        choice("region", REGIONS, "Region."),
        text("grid_area", "Grid area, e.g. JP-TK; a key of grid_factors."),
        choice("seismic_zone", ("low", "middle", "high"), "Seismic hazard."),
        text("station", "Weather station.", references="stations.station"),
        text("tariff", "Electricity tariff.", references="tariffs.tariff"),
        choice("demand_rule", ("agreed", "ratchet", "none"), "How the demand charge is set; none if leased."),
        Column(
            "opening_peak_kw",
            "float",
            "kW",
            "Highest billed peak of the 12 months before as_of; 0 if leased.",
            lower=0,
            upper=200_000,
            hints=(Hint("Write kW, not W.", above=200_000),),
        ),
        Column("staff_fte", "float", "FTE", "Posts while the site is kept.", lower=0, upper=1000),
        Column("latitude", "float", "deg", "North.", lower=20, upper=50),
        Column("longitude", "float", "deg", "East.", lower=120, upper=155),
    ),
    "Data centers.",
    measure="staff_fte",
)

COOLING = Table(
    "cooling",
    ("cooling",),
    (
        text("cooling", "Cooling type."),
        Column(
            "fixed_share",
            "float",
            "kW/design kW",
            "Losses that do not depend on the load; 0 for leased halls.",
            lower=0,
            below=1,
            hints=(PERCENT,),
        ),
        Column("floor", "float", "kW/IT kW", "Overhead at and below t_start_c.", lower=0, upper=2),
        Column(
            "t_start_c", "float", "degC", "Outdoor temperature at which overhead rises.", lower=-40, upper=50
        ),
        Column("t_full_c", "float", "degC", "Outdoor temperature above which it stays.", lower=-40, upper=60),
        Column("slope_per_c", "float", "1/degC", "Rise of the overhead per degree.", lower=0, upper=0.2),
    ),
    "Cooling overhead against outdoor temperature.",
    measure="slope_per_c",
)

PUE_HINTS = (
    Hint("PUE is facility over IT energy, never below 1. Is this IT over facility (DCiE)?", below=1.0),
    Hint("Write PUE as a ratio: 1.30, not 130.", above=3.0),
)

HALLS = Table(
    "halls",
    ("hall",),
    (
        text("hall", "Unit of capacity that comes into service, or is rented, as one."),
        text("site", "Its data center.", references="sites.site"),
        text("name_ja", "Japanese name.", optional=True),
        choice("status", ("in_service", "candidate"), "In service at as_of, or brought in by a project."),
        Column("rack_places", "int", "racks", "Places for racks.", lower=1, upper=100_000),
        Column(
            "largest_fill",
            "float",
            "-",
            "Largest share of the places that can be used.",
            above=0,
            upper=1,
            hints=(Hint("Write the fill as a fraction: 95 % is 0.95.", above=1),),
        ),
        Column("it_kw", "float", "kW", "Design IT power.", above=0, upper=500_000),
        Column(
            "max_rack_kw",
            "float",
            "kW",
            "Largest contract power of one rack.",
            above=0,
            upper=200,
            hints=(Hint("Write kW, not W.", above=200),),
        ),
        text("cooling", "Cooling type.", references="cooling.cooling"),
        Column(
            "pue",
            "float",
            "-",
            "Published or contract PUE over the year, at reference_load.",
            lower=1,
            upper=3,
            hints=PUE_HINTS,
        ),
        Column(
            "reference_load",
            "float",
            "-",
            "IT load over design IT power that pue belongs to.",
            above=0,
            upper=1,
            hints=(Hint("Write the load as a fraction: 60 % is 0.6.", above=1),),
        ),
        Column("staff_fte", "float", "FTE", "Posts while in service.", lower=0, upper=1000),
        Column(
            "maintenance_mjpy_per_year", "float", "M JPY/year", "While in service.", lower=0, upper=100_000
        ),
    ),
    "Halls.",
    measure="pue",
)

CONNECTIONS = Table(
    "connections",
    ("site", "from_date"),
    (
        text("site", "Owned site.", references="sites.site"),
        day("from_date", "Day from which the power can be drawn."),
        Column(
            "receiving_kw",
            "float",
            "kW",
            "Power that the grid connection can deliver.",
            above=0,
            upper=1_000_000,
            hints=(Hint("Write kW, not W.", above=1_000_000),),
        ),
    ),
    "Grid power of owned sites as a dated resource.",
    measure="receiving_kw",
    optional_file=True,
)

TABLES = (SOURCES, SETTINGS_TABLE, STATIONS, SITES, COOLING, HALLS, CONNECTIONS)


__all__ = ["PUE_HINTS", "SETTINGS", "TABLES"]
