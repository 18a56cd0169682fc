"""Tables of what is asked for and where it may stand: classes, demand, regions, occupancy, policy."""

from __future__ import annotations

from dcplan.data.schema import PERCENT, Column, Hint, Table, choice, day, flag, text
from dcplan.data.tables_fleet import REGIONS

AREAS = {
    "East": ("Hokkaido", "Tohoku", "Kanto"),
    "West": ("Chubu", "Kansai", "Chugoku", "Kyushu"),
}
"""The two halves of Japan that customers ask for: the 50 Hz and the 60 Hz regions."""

_KW = (Hint("Write kW per rack, not W.", above=100),)

YEAR = Column(
    "fiscal_year",
    "int",
    doc="Fiscal year: n runs from 1 April n to 31 March n+1.",
    lower=1990,
    upper=2100,
    remedy="Write the year as four digits, e.g. 2022.",
)


def _share(name: str, doc: str) -> Column:
    hints = (Hint("Write a share as a fraction: 40 % is 0.4.", above=1),)
    return Column(name, "float", "-", doc, lower=0, upper=1, hints=hints)


def _rack_kw(name: str, doc: str) -> Column:
    return Column(name, "float", "kW/rack", doc, above=0, upper=100, hints=_KW)


CLASSES = Table(
    "classes",
    ("class",),
    (
        text("class", "Class of rack demand."),
        text("name_ja", "Japanese name.", optional=True),
        flag("movable", "Whether its racks may move to another hall."),
        Column("move_mjpy_per_rack", "float", "M JPY/rack", "Cost of a move.", lower=0, upper=1000),
        _share("yearly_move_share", "Most of the opening racks that move in a fiscal year."),
        _share("max_site_share", "Largest share of the class at one site."),
        _share("max_region_share", "Largest share of the class in one region."),
        Column(
            "unserved_mjpy_per_rack_year",
            "float",
            "M JPY/rack-year",
            "Price of a rack without a place; reference plans only.",
            lower=0,
            upper=1000,
        ),
        Column(
            "it_owner",
            "choice",
            doc="Whose equipment stands in the racks: a customer's energy is reported apart (view B).",
            choices=("operator", "customer"),
            optional=True,
            default="operator",
        ),
    ),
    "Classes of rack demand.",
    measure="move_mjpy_per_rack",
)

CLASS_YEARS = Table(
    "class_years",
    ("class", "fiscal_year"),
    (
        text("class", "Class.", references="classes.class"),
        YEAR,
        _rack_kw("mean_kw", "Mean power of a rack: energy uses it."),
        _rack_kw("peak_kw", "Peak power of a rack: limits of owned halls use it."),
        _rack_kw("contract_kw", "Contract power of a rack: leased halls reserve it."),
        Column(
            "churn_rate",
            "float",
            "per year",
            "Share of the racks that leave in a year.",
            lower=0,
            below=1,
            hints=(PERCENT,),
        ),
    ),
    "Power and churn of a class by fiscal year.",
    measure="mean_kw",
    series=True,
)

LOAD_SHAPES = Table(
    "load_shapes",
    ("class", "days"),
    (
        text("class", "Class.", references="classes.class"),
        choice("days", ("working", "weekend"), "Monday to Friday, or Saturday and Sunday."),
        *(
            Column(
                f"h{hour:02d}",
                "float",
                "-",
                f"Load from {hour}:00 to {hour + 1}:00; only ratios within a class count.",
                above=0,
                upper=10,
            )
            for hour in range(24)
        ),
    ),
    "How the IT load of a class varies over the day; a class that is not listed is flat. Replays use it.",
    measure="h12",
    optional_file=True,
)

DEMAND = Table(
    "demand",
    ("class", "date"),
    (
        text("class", "Class.", references="classes.class"),
        day("date", "Day; racks are linear in days between two dates."),
        Column("racks", "float", "racks", "Contracted racks at the start of the day.", lower=0, upper=1e6),
    ),
    "Demand: contracted racks by class.",
    measure="racks",
)

CLASS_REGIONS = Table(
    "class_regions",
    ("class", "region"),
    (
        text("class", "Class.", references="classes.class"),
        choice("region", REGIONS, "Region where the class may stand."),
    ),
    "Where a class may stand: only listed pairs are allowed.",
)

OCCUPANCY = Table(
    "occupancy",
    ("class", "hall"),
    (
        text("class", "Class.", references="classes.class"),
        text("hall", "Hall.", references="halls.hall"),
        Column("racks", "int", "racks", "Racks there at as_of.", lower=0, upper=100_000),
    ),
    "Racks at as_of; pairs not listed hold none.",
    measure="racks",
)

PINNED_RACKS = Table(
    "pinned_racks",
    ("class", "hall"),
    (
        text("class", "Class.", references="classes.class"),
        text("hall", "Hall.", references="halls.hall"),
        Column("racks", "int", "racks", "At least so many stay there.", lower=0, upper=100_000),
        day("until", "In every period that starts before this day; empty: always.", optional=True),
    ),
    "Racks that must stay in a hall.",
    measure="racks",
    optional_file=True,
)

RESERVATIONS = Table(
    "reservations",
    ("reservation",),
    (
        text("reservation", "Name of the booking."),
        text("class", "Class of the racks.", references="classes.class"),
        choice(
            "region",
            (*REGIONS, *AREAS),
            "Region where they must stand, East (50 Hz) or West (60 Hz) for all regions of that half of the "
            "country; empty: anywhere.",
            optional=True,
        ),
        Column("racks", "int", "racks", "Racks booked and not yet installed.", lower=1, upper=100_000),
        day("from_date", "First day on which the racks stand."),
        day("until", "Day on which the booking ends, exclusive; empty: it goes on.", optional=True),
        choice(
            "counted",
            ("in_demand", "on_top"),
            "Whether the racks are part of demand.csv already, or come on top of it.",
        ),
    ),
    "Racks booked and not yet installed.",
    measure="racks",
    optional_file=True,
)

POLICY = Table(
    "policy",
    ("class", "rank"),
    (
        text("class", "Class.", references="classes.class"),
        Column("rank", "int", doc="1 is filled first.", lower=1, upper=1000),
        text("site", "Site.", references="sites.site"),
    ),
    "Order in which the as-announced plan places new racks.",
)

PINS = Table(
    "pins",
    ("pin",),
    (
        text("pin", "Name of the pin."),
        choice(
            "decision",
            ("in_service", "upgraded", "kept", "leased_racks", "racks", "moved_out"),
            "Decision that is fixed: hall or upgrade in service, site kept, racks leased, placed or moved.",
        ),
        text("class", "Class; empty: all classes together.", references="classes.class", optional=True),
        text("hall", "Hall; empty: all halls together.", references="halls.hall", optional=True),
        text("site", "Site (kept only).", references="sites.site", optional=True),
        text("project", "Upgrade (upgraded only).", references="projects.project", optional=True),
        text("lease", "Lease; empty: all leases together.", references="leases.lease", optional=True),
        day("period_from", "First day: periods that start on or after it."),
        day("period_to", "Last day, exclusive; empty: to the end.", optional=True),
        choice("sense", ("<=", ">=", "="), "How the decision compares with the value."),
        Column("value", "float", doc="Value: 0 or 1, or racks.", lower=0, upper=1e6),
    ),
    "Decisions that the planner fixes or bans; the reason column is the planner's reason.",
    optional_file=True,
)

COMMITMENTS = Table(
    "commitments",
    ("commitment",),
    (
        text("commitment", "Name of what has been promised."),
        text("project", "Project whose start is promised.", references="projects.project", optional=True),
        text("site", "Leased site whose exit is promised.", references="sites.site", optional=True),
        day("date", "Day of the service, or of the exit, as promised."),
        Column(
            "price_mjpy",
            "float",
            "M JPY",
            "What it is worth not to change it: a shadow price, no cash.",
            lower=0,
            upper=1_000_000,
        ),
    ),
    "Starts and exits that have been promised: orders placed, notices given. Changing one has a price.",
    measure="price_mjpy",
    optional_file=True,
)

TABLES = (
    CLASSES,
    CLASS_YEARS,
    LOAD_SHAPES,
    DEMAND,
    CLASS_REGIONS,
    OCCUPANCY,
    PINNED_RACKS,
    RESERVATIONS,
    POLICY,
    PINS,
    COMMITMENTS,
)
