"""Tables of the ways to claim renewable energy: instruments, their prices, and contracts in MW on offer."""

from __future__ import annotations

from dcplan.data.schema import Column, Table, choice, day, flag, text
from dcplan.data.tables_demand import YEAR
from dcplan.data.tables_money import price_column

INSTRUMENT_KINDS = (
    "green_menu", "fit_certificate", "nonfit_certificate", "green_certificate", "re_jcredit",
    "physical_ppa",
)  # fmt: skip
"""Offsets (forest credits, JCM) are none: they are no energy and are netted from nothing."""

INSTRUMENTS = Table(
    "instruments",
    ("instrument",),
    (
        text("instrument", "Way to claim renewable energy."),
        text("name_ja", "Japanese name.", optional=True),
        choice("kind", INSTRUMENT_KINDS, "Kind."),
        flag("renewable", "Counts for a renewable share; otherwise only free of carbon."),
        text("site", "Only usable there; empty: at any owned site.", references="sites.site", optional=True),
        Column(
            "tracked",
            "choice",
            doc="Whether the plant behind the attribute is told; empty: not known, taken as no.",
            choices=("yes", "no"),
            optional=True,
        ),
        day("commissioned_on", "Day on which the plant, or the oldest of them, first ran.", optional=True),
        day("contracted_on", "Day of the contract; empty: bought in the year of the claim.", optional=True),
        text("technology", "Technology of the plant.", optional=True),
    ),
    "Renewable energy instruments.",
    optional_file=True,
)

INSTRUMENT_YEARS = Table(
    "instrument_years",
    ("instrument", "fiscal_year"),
    (
        text("instrument", "Instrument.", references="instruments.instrument"),
        YEAR,
        price_column("price_jpy_per_kwh", "Price on top of the tariff."),
        Column("volume_mwh", "float", "MWh", "Most that can be claimed.", lower=0, upper=10_000_000),
    ),
    "Price and volume of an instrument by fiscal year.",
    measure="price_jpy_per_kwh",
    optional_file=True,
    series=True,
)

PPA_OFFERS = Table(
    "ppa_offers",
    ("instrument", "fiscal_year"),
    (
        text("instrument", "Instrument of kind physical_ppa.", references="instruments.instrument"),
        Column(
            "fiscal_year",
            "int",
            doc="Fiscal year in which a contract of this offer starts; it runs from 1 April.",
            lower=1990,
            upper=2100,
        ),
        Column("term_years", "int", "years", "Length of the contract.", lower=1, upper=40),
        Column(
            "mwh_per_mw_year",
            "float",
            "MWh/MW-year",
            "Yield of a MW contracted; a MW of sun gives about 1,200.",
            above=0,
            upper=8784,
        ),
        Column(
            "most_mw", "float", "MW", "Most that can be contracted from this year.", lower=0, upper=10_000
        ),
        Column(
            "signed_mw",
            "float",
            "MW",
            "Contracted already: so much is taken or paid whatever the plan; 0 if absent.",
            lower=0,
            upper=10_000,
            optional=True,
            default=0.0,
        ),
        price_column(
            "price_jpy_per_kwh", "Whole price, delivered: power, wheeling and margin, without surcharge."
        ),
    ),
    "Power purchase agreements on offer, by the year in which they start: take or pay over their term.",
    measure="price_jpy_per_kwh",
    optional_file=True,
)

TABLES = (INSTRUMENTS, INSTRUMENT_YEARS, PPA_OFFERS)
