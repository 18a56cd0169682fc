"""Tables of contracts, projects, prices and goals."""

from __future__ import annotations

from dcplan.data.schema import PERCENT, Column, Hint, Table, choice, day, flag, text
from dcplan.data.tables_demand import YEAR
from dcplan.data.tables_fleet import PUE_HINTS

_PRICE_HINTS = (Hint("Yen per MWh? Write JPY/kWh: divide by 1,000.", above=100),)
_CARBON_HINTS = (Hint("Write JPY per tonne of CO2e.", above=1_000_000),)


def price_column(name: str, doc: str, lower: float = 0) -> Column:
    """Declare a price of electricity in JPY/kWh."""
    return Column(name, "float", "JPY/kWh", doc, lower=lower, upper=100, hints=_PRICE_HINTS)


def _rate(name: str, doc: str, *, unit: str = "per year", lower: float = 0) -> Column:
    return Column(name, "float", unit, doc, lower=lower, below=1, hints=(PERCENT,))


def _part(doc: str) -> Column:
    hints = (Hint("Write a share as a fraction: 40 % is 0.4.", above=1),)
    return Column("share", "float", "-", doc, above=0, upper=1, hints=hints)


def _count(name: str, doc: str, default: int) -> Column:
    return Column(
        name, "int", "racks", doc, lower=min(default, 1), upper=100_000, optional=True, default=default
    )


LEASE_OPTIONS = (
    _count("least_racks", "Committed minimum: so many stay under contract while the site is kept.", 0),
    _count("step_racks", "Smallest step: releases and additions come in multiples of it.", 1),
    Column(
        "break_fee_months",
        "float",
        "months",
        "Rent due for giving racks back before a term ends, never more than the months left; empty: not "
        "possible.",
        lower=0,
        upper=600,
        optional=True,
    ),
    _count("option_racks", "Option: so many more racks may be taken, in tranches.", 0),
    Column(
        "option_rent_jpy_per_rack_month",
        "float",
        "JPY/rack-month",
        "Rent of a tranche at as_of; empty: the lease's rent.",
        lower=0,
        upper=10_000_000,
        optional=True,
    ),
    Column(
        "option_months",
        "int",
        "months",
        "Term of a tranche, which ends without renewal; 0 without option.",
        lower=0,
        upper=600,
        optional=True,
        default=0,
    ),
    day("option_until", "Last day on which a tranche may start; empty: no last day.", optional=True),
)

LEASES = Table(
    "leases",
    ("lease",),
    (
        text("lease", "Contract on a leased hall."),
        text("hall", "Leased hall; one lease a hall.", references="halls.hall"),
        Column("racks", "int", "racks", "Racks under contract at as_of.", lower=1, upper=100_000),
        Column(
            "rent_jpy_per_rack_month", "float", "JPY/rack-month", "Rent at as_of.", lower=0, upper=10_000_000
        ),
        _rate("rent_escalation", "Rise of the rent each 1 April.", lower=-0.5),
        day("term_end", "Last day of the term."),
        choice(
            "renewal",
            ("automatic", "by_consent", "none"),
            "At the end of a term: renewed unless notice was given in time, renewed if asked for, or over.",
        ),
        Column("renewal_months", "int", "months", "Length of a renewal; 0 without.", lower=0, upper=600),
        _rate("renewal_uplift", "Rise of the rent at a renewal.", unit="-", lower=-0.5),
        Column("notice_months", "int", "months", "Notice before a release.", lower=0, upper=120),
        Column("restoration_mjpy_per_rack", "float", "M JPY/rack", "Due at release.", lower=0, upper=1000),
        Column(
            "contract_pue", "float", "-", "Billed energy over IT energy.", lower=1, upper=3, hints=PUE_HINTS
        ),
        *LEASE_OPTIONS,
    ),
    "Leases of leased halls.",
    measure="rent_jpy_per_rack_month",
    optional_file=True,
)

ASSET_CLASSES = Table(
    "asset_classes",
    ("asset_class",),
    (
        text("asset_class", "Asset class."),
        text("name_ja", "Japanese name.", optional=True),
        Column("life_years", "float", "years", "Life of straight-line depreciation.", above=0, upper=100),
        Column(
            "tax_life_years",
            "float",
            "years",
            "Statutory life of tax depreciation; empty: life_years.",
            above=0,
            upper=100,
            optional=True,
        ),
    ),
    "Asset classes.",
    measure="life_years",
    optional_file=True,
)

PROJECTS = Table(
    "projects",
    ("project",),
    (
        text("project", "What brings a candidate hall, or more grid power, into service."),
        text(
            "hall",
            "Candidate hall; empty for an upgrade of a grid connection.",
            references="halls.hall",
            optional=True,
        ),
        Column(
            "cost_mjpy",
            "float",
            "M JPY",
            "Nominal cost for service on price_date.",
            lower=0,
            upper=1_000_000,
            hints=(Hint("Write million yen: divide yen by 1,000,000.", above=1_000_000),),
        ),
        day("price_date", "Day that cost_mjpy belongs to."),
        _rate("escalation", "Rise of the cost with the service date; none if committed.", lower=-0.5),
        text("profile", "Spend milestones.", references="milestones.profile"),
        Column(
            "build_months", "int", "months", "Months from as_of to the first service.", lower=0, upper=240
        ),
        text(
            "after_project",
            "Project that must be in service before.",
            references="projects.project",
            optional=True,
        ),
        Column(
            "after_months",
            "int",
            "months",
            "At least so long before.",
            lower=0,
            upper=240,
            optional=True,
            default=0,
        ),
        flag("committed", "Fixed: it comes on service_date and its spend so far is sunk."),
        day("service_date", "Committed: the fixed date; open: the announced date, if any.", optional=True),
        Column("spent_mjpy", "float", "M JPY", "Paid before as_of; 0 if open.", lower=0, upper=1_000_000),
        day("earliest_date", "Not in service before this day.", optional=True),
        text(
            "site",
            "Upgrade: the owned site that it feeds; empty for a hall.",
            references="sites.site",
            optional=True,
        ),
        Column(
            "adds_receiving_kw",
            "float",
            "kW",
            "Upgrade: receiving power that it adds; empty for a hall.",
            above=0,
            upper=1_000_000,
            optional=True,
            hints=(Hint("Write kW, not W.", above=1_000_000),),
        ),
    ),
    "Projects: each candidate hall has exactly one; others upgrade the grid connection of an owned site.",
    measure="cost_mjpy",
    optional_file=True,
)

PROJECT_ASSETS = Table(
    "project_assets",
    ("project", "asset_class"),
    (
        text("project", "Project.", references="projects.project"),
        text("asset_class", "Asset class.", references="asset_classes.asset_class"),
        _part("Share of the cost; sums to 1 over a project."),
    ),
    "Cost of a project by asset class.",
    measure="share",
    optional_file=True,
)

OPENING_ASSETS = Table(
    "opening_assets",
    ("asset",),
    (
        text("asset", "Asset in service before as_of."),
        text("site", "Where it stands.", references="sites.site"),
        text("asset_class", "Asset class.", references="asset_classes.asset_class"),
        Column("cost_mjpy", "float", "M JPY", "Acquisition cost.", lower=0, upper=1_000_000),
        day("service_date", "Day from which it is depreciated."),
    ),
    "Assets in service at as_of: sunk, outside the objective; they complete the asset roll.",
    measure="cost_mjpy",
    optional_file=True,
)

MILESTONES = Table(
    "milestones",
    ("profile", "months_before"),
    (
        text("profile", "Spend profile."),
        Column("months_before", "int", "months", "Months before service.", lower=-60, upper=240),
        _part("Share of the cost paid then; sums to 1 over a profile."),
    ),
    "When the cost of a project is paid.",
    measure="share",
    optional_file=True,
)

ANNOUNCEMENTS = Table(
    "announcements",
    ("project", "known_on_date"),
    (
        text("project", "Project.", references="projects.project"),
        day("known_on_date", "Day of the announcement."),
        day("service_date", "Service date as public on that day; empty: not announced.", optional=True),
    ),
    "What was public about a project, and when.",
    optional_file=True,
)

TARIFFS = Table(
    "tariffs",
    ("tariff", "fiscal_year"),
    (
        text("tariff", "Tariff."),
        YEAR,
        price_column("energy_jpy_per_kwh", "Energy price without tax."),
        price_column("fuel_adjustment_jpy_per_kwh", "Fuel adjustment; may be negative.", lower=-50),
        price_column("surcharge_jpy_per_kwh", "Renewable energy surcharge."),
        Column("demand_jpy_per_kw_month", "float", "JPY/kW-month", "Demand charge.", lower=0, upper=10_000),
        _rate("power_factor_discount", "Part of the demand charge: 0.15 is 15 % off.", unit="-"),
    ),
    "Electricity prices.",
    measure="energy_jpy_per_kwh",
    series=True,
)

GRID_FACTORS = Table(
    "grid_factors",
    ("factor_set", "grid_area", "fiscal_year"),
    (
        text("factor_set", "Name of the set; case.toml chooses one."),
        text("grid_area", "Grid area, e.g. JP-TK."),
        YEAR,
        Column(
            "kg_per_kwh",
            "float",
            "kg/kWh",
            "Location-based emission factor.",
            lower=0,
            upper=2,
            hints=(Hint("Write kg per kWh: divide g/kWh or kg/MWh by 1,000.", above=2),),
        ),
    ),
    "Emission factors of the grid.",
    measure="kg_per_kwh",
    series=True,
)

CARBON_PRICES = Table(
    "carbon_prices",
    ("fiscal_year",),
    (
        YEAR,
        Column(
            "shadow_jpy_per_t",
            "float",
            "JPY/t",
            "Internal price.",
            lower=0,
            upper=1_000_000,
            hints=_CARBON_HINTS,
        ),
    ),
    "Internal price of carbon: a shadow cost, never cash. No file: no price.",
    measure="shadow_jpy_per_t",
    optional_file=True,
    series=True,
)

TARGETS = Table(
    "targets",
    ("target", "fiscal_year"),
    (
        text("target", "Name of the target."),
        YEAR,
        choice(
            "metric",
            ("renewable_share", "location_tco2e", "pue", "hourly_carbon_free_share"),
            "What is measured; the hourly share counts what is carbon-free in the hour of use.",
        ),
        choice("boundary", ("owned", "fleet"), "Owned sites, or all."),
        Column("value", "float", doc="Share, tCO2e or PUE.", lower=0, upper=1e9),
        Column(
            "miss_price",
            "float",
            doc="Empty: hard. M JPY per MWh missed (shares, pue) or JPY per t (location_tco2e).",
            lower=0,
            upper=1e7,
            optional=True,
        ),
        Column(
            "claims_profile",
            "choice",
            doc="Hours in which claims come, for an hourly share: evenly, or like the sun; flat if absent.",
            optional=True,
            default="flat",
            choices=("flat", "solar"),
        ),
    ),
    "Targets by fiscal year; a series may start later but has no gap.",
    measure="value",
    optional_file=True,
    series=True,
)

BUDGETS = Table(
    "budgets",
    ("fiscal_year",),
    (YEAR, Column("capex_mjpy", "float", "M JPY", "Most CAPEX cash of the year.", lower=0, upper=10_000_000)),
    "CAPEX budget by fiscal year. No file: no limit.",
    measure="capex_mjpy",
    optional_file=True,
    series=True,
)

CAPS = Table(
    "caps",
    ("cap",),
    (
        text("cap", "Name of the cap."),
        choice(
            "measure",
            ("location_tco2e", "market_tco2e", "capex_mjpy", "moved_racks"),
            "What is summed over the horizon, its tail left out: tCO2e of the facility boundary, "
            "location-based or after claims; CAPEX cash in M JPY; racks moved.",
        ),
        Column("value", "float", doc="The most: tCO2e, M JPY or racks.", lower=0, upper=1e9),
    ),
    "Caps on sums over the whole horizon. No file: no cap.",
    measure="value",
    optional_file=True,
)

HISTORY = Table(
    "history",
    ("fiscal_year", "category"),
    (
        YEAR,
        text("category", "What was spent on."),
        Column("mjpy", "float", "M JPY", "Amount.", lower=-1e7, upper=1e7),
        text("standard", "Accounting standard, e.g. US-GAAP or IFRS."),
        choice("status", ("actual", "target", "partial"), "What the figure is."),
    ),
    "CAPEX of past years, shown beside the plan.",
    measure="mjpy",
    optional_file=True,
)

TABLES = (
    LEASES, ASSET_CLASSES, PROJECTS, PROJECT_ASSETS, OPENING_ASSETS, MILESTONES, ANNOUNCEMENTS, TARIFFS,
    GRID_FACTORS, CARBON_PRICES, TARGETS, BUDGETS, CAPS, HISTORY,
)  # fmt: skip
