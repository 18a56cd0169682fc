"""Tables of what stands, or may come, at an owned site beside its halls: batteries and panels."""

from __future__ import annotations

from typing import Final

from dcplan.data.schema import PERCENT, Column, Table, day, text


def _share(name: str, unit: str, doc: str) -> Column:
    return Column(name, "float", unit, doc, lower=0, below=1, hints=(PERCENT,))


def _money(name: str, unit: str, doc: str) -> Column:
    return Column(name, "float", unit, doc, lower=0, upper=100_000_000)


def _size(name: str, unit: str, doc: str) -> Column:
    return Column(name, "float", unit, doc, lower=0, upper=10_000_000)


ROUND_TRIP: Final = Column(
    "round_trip", "float", "-", "Delivered over charged energy.", above=0, upper=1, hints=(PERCENT,)
)

ONSITE_PV = Table(
    "onsite_pv",
    ("site", "from_date"),
    (
        text("site", "Owned site.", references="sites.site"),
        day("from_date", "Day from which the plant runs."),
        Column("pv_kw", "float", "kW", "Rated power.", lower=0, upper=1_000_000),
        Column("mwh_per_year", "float", "MWh/year", "Used on site.", lower=0, upper=1_000_000),
    ),
    "Photovoltaic plants whose energy is used at the site. A year's MWh come in the hours of the sun at a "
    "site of pv_options.csv, elsewhere day by day alike.",
    measure="mwh_per_year",
    optional_file=True,
)

BATTERIES = Table(
    "batteries",
    ("site", "from_date"),
    (
        text("site", "Owned site.", references="sites.site"),
        day("from_date", "Day from which it runs; a later row of the site replaces it."),
        Column("power_kw", "float", "kW", "Rated power.", above=0, upper=1_000_000),
        Column("energy_kwh", "float", "kWh", "Energy it delivers when new.", above=0, upper=10_000_000),
        ROUND_TRIP,
        _share("fade_per_year", "per year", "Energy lost a year, of the new one."),
    ),
    "Batteries that stand at owned sites, from the first fiscal year that starts on or after the day. "
    "Replays run them; at a site of battery_options.csv they also cut the demand that is billed.",
    measure="power_kw",
    optional_file=True,
)

BATTERY_OPTIONS = Table(
    "battery_options",
    ("site",),
    (
        text("site", "Owned site.", references="sites.site"),
        day("from_date", "First day on which it can come; what is bought comes on a 1 April."),
        _size("max_kw", "kW", "Largest power."),
        _size("max_kwh", "kWh", "Largest energy when new."),
        _money("power_jpy_per_kw", "JPY/kW", "Cost of a kW: inverter, transformer, connection."),
        _money("energy_jpy_per_kwh", "JPY/kWh", "Cost of a kWh: cells, racks, fire protection."),
        day("price_date", "Day of these prices."),
        Column("escalation", "float", "per year", "Growth of the prices; negative where they fall.",
               lower=-0.5, upper=0.5, hints=(PERCENT,)),
        _share("maintenance_share", "per year", "Maintenance, of the cost when bought."),
        text("asset_class", "Its life: it is replaced at its end.", references="asset_classes.asset_class"),
        ROUND_TRIP,
        _share("fade_per_year", "per year", "Energy lost a year, of the new one."),
    ),
    "Batteries that a plan may buy, power and energy apart. A row with nothing to buy (max_kw 0) lets the "
    "battery that stands there count.",
    measure="energy_jpy_per_kwh",
    optional_file=True,
)  # fmt: skip

PV_OPTIONS = Table(
    "pv_options",
    ("site",),
    (
        text("site", "Owned site; its weather file has irradiance.", references="sites.site"),
        day("from_date", "First day on which they can come; what is bought comes on a 1 April."),
        _size("max_kw", "kW", "Room for panels."),
        _money("cost_jpy_per_kw", "JPY/kW", "Cost of a kW of panels, installed."),
        day("price_date", "Day of this price."),
        Column("escalation", "float", "per year", "Growth of the price; negative where it falls.",
               lower=-0.5, upper=0.5, hints=(PERCENT,)),
        _share("maintenance_share", "per year", "Maintenance, of the cost when bought."),
        text("asset_class", "Their life: they are replaced at its end.",
             references="asset_classes.asset_class"),
        _share("fade_per_year", "per year", "Generation lost a year, of the first year's."),
    ),
    "Panels that a plan may buy; they generate by the irradiance of the site's weather file.",
    measure="cost_jpy_per_kw",
    optional_file=True,
)  # fmt: skip

TABLES = (ONSITE_PV, BATTERIES, BATTERY_OPTIONS, PV_OPTIONS)

__all__ = ["TABLES"]
