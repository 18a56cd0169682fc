"""The saved case as the audit reads it: sets, numbers by fiscal year and numbers by period.

Arrays carry their index in the order of their names: K classes, H halls, S sites, L leases, P projects,
I instruments, T periods, Y fiscal years. A series by fiscal year that ends before the tail is held at its
last value in the tail years and nowhere else.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from dcplan.plans.audit.bookings import Booking, add_bookings, read_bookings
from dcplan.plans.audit.dates import Clock, make_clock
from dcplan.plans.audit.reading import Codes, Flags, Floats, Sheet, UnreadableError, read_optional, read_sheet
from dcplan.plans.audit.sun import read_sun, standing_mwh

SETTINGS = (
    "discount_rate",
    "staff_mjpy_per_fte_year",
    "operations_jpy_per_rack_month",
    "asset_tax_rate",
    "tax_rate",
    "borrowing_rate",
    "peak_diversity",
    "design_margin_c",
    "overlap_months",
    "move_life_years",
    "restoration_life_years",
    "move_limit_fleet_racks_per_month",
    "move_limit_site_racks_per_month",
)


@dataclass(frozen=True)
class Sites:
    """Sites (S); prices by (S, Y), dated capacity by (S, T), a kW of panels by (S, 8760)."""

    rows: dict[str, int]
    owned: Flags
    region: list[str]
    station: list[str]
    demand_rule: list[str]
    opening_peak_kw: Floats
    staff_fte: Floats
    energy_jpy_per_kwh: Floats
    demand_jpy_per_kw_month: Floats
    kg_per_kwh: Floats
    receiving_kw: Floats
    onsite_mwh: Floats
    sun: Floats


@dataclass(frozen=True)
class Halls:
    """Halls (H) with their cooling type's curve; `lease` is -1 in an owned hall, `site` the hall's site."""

    rows: dict[str, int]
    site: Codes
    owned: Flags
    candidate: Flags
    lease: Codes
    places: Floats
    largest_fill: Floats
    it_kw: Floats
    max_rack_kw: Floats
    pue: Floats
    reference_load: Floats
    staff_fte: Floats
    maintenance_mjpy: Floats
    fixed_share: Floats
    floor: Floats
    t_start_c: Floats
    t_full_c: Floats
    slope_per_c: Floats


@dataclass(frozen=True)
class Classes:
    """Classes (K); numbers by (K, Y), demand by (K, T), eligibility and opening racks by (K, H)."""

    rows: dict[str, int]
    movable: Flags
    move_mjpy: Floats
    yearly_move_share: Floats
    max_site_share: Floats
    max_region_share: Floats
    unserved_mjpy: Floats
    mean_kw: Floats
    peak_kw: Floats
    contract_kw: Floats
    churn: Floats
    demand: Floats
    mean_share: Floats
    eligible: Flags
    opening: Floats
    pinned: list[tuple[int, int, float, date | None]]
    booked: list[Booking]


@dataclass(frozen=True)
class Case:
    """The saved case; `tables` holds every CSV table for counts over the whole case."""

    info: Mapping[str, Any]
    settings: dict[str, float]
    clock: Clock
    sites: Sites
    halls: Halls
    classes: Classes
    carbon_jpy_per_t: Floats
    budget_mjpy: Floats
    folder: Path

    def setting(self, name: str) -> float:
        """Return a setting of the case."""
        return self.settings[name]


def read_case(folder: Path, solved: Mapping[str, Any]) -> Case:
    """Return the case saved in `folder`.

    Args:
        folder: The plan's `inputs` folder.
        solved: What the manifest says was solved: granularity and tail_years may differ from case.toml.

    Raises:
        UnreadableError: A file, a cell or a year of a series is missing or not what it should be.
    """
    info = read_info(folder)
    settings = _settings(folder)
    try:
        clock = make_clock(
            as_day(info["as_of"]),
            as_day(info["horizon_end"]),
            str(solved.get("granularity", info["granularity"])),
            int(solved.get("tail_years", info["tail_years"])),
            settings["discount_rate"],
        )
    except (KeyError, ValueError) as fault:
        raise UnreadableError("case.toml", str(fault)) from None
    sites = _sites(folder, clock, str(info["grid_factor_set"]))
    halls = _halls(folder, sites)
    classes = _classes(folder, clock, sites, halls)
    return Case(
        info=info,
        settings=settings,
        clock=clock,
        sites=sites,
        halls=halls,
        classes=classes,
        carbon_jpy_per_t=_plain_series(folder / "carbon_prices.csv", "shadow_jpy_per_t", clock, 0.0),
        budget_mjpy=_plain_series(folder / "budgets.csv", "capex_mjpy", clock, math.inf),
        folder=folder,
    )


def read_info(folder: Path) -> dict[str, Any]:
    """Return case.toml."""
    try:
        return tomllib.loads((folder / "case.toml").read_text(encoding="utf-8-sig"))
    except (OSError, ValueError) as fault:
        raise UnreadableError("case.toml", f"cannot be read ({fault})") from None


def as_day(value: object) -> date:
    """Return a date that case.toml may hold as a date or as text."""
    return value if isinstance(value, date) else date.fromisoformat(str(value)[:10])


def yearly(sheet: Sheet, key: str, known: dict[str, int], column: str, clock: Clock) -> Floats:
    """Return a column as (label of `key`, fiscal year); the tail holds the last value, a gap is refused."""
    series: list[dict[int, float]] = [{} for _ in known]
    years = sheet.whole("fiscal_year").tolist()
    for code, year, value in zip(sheet.codes(key, known), years, sheet.numbers(column), strict=True):
        if code >= 0:
            series[code][year] = float(value)
    table = np.array([hold(values, clock) for values in series]).reshape(len(known), len(clock.years))
    if np.isnan(table).any():
        code, place = np.argwhere(np.isnan(table))[0]
        label = list(known)[code]
        raise UnreadableError(sheet.file, f"{label} has no {column} for FY{clock.years[place]}", label=label)
    return table


def hold(values: Mapping[int, float], clock: Clock) -> list[float]:
    """Return the values over the clock's years; tail years after the last value repeat it, gaps are NaN."""
    horizon = set(clock.horizon_years)
    last = max(values, default=0)
    held = values.get(last, math.nan)
    return [values.get(y, held if y > last and y not in horizon else math.nan) for y in clock.years]


def dated(path: Path, known: dict[str, int], column: str, clock: Clock) -> Floats:
    """Return (site, period): the value of the latest row with from_date at or before the period's start."""
    table = np.zeros((len(known), clock.size))
    sheet = read_optional(path)
    if sheet is None:
        return table
    rows = sorted(zip(sheet.days("from_date"), sheet.text("site"), sheet.numbers(column), strict=True))
    for day, site, value in rows:
        table[known[site], [t for t, start in enumerate(clock.starts) if start >= day]] = value
    return table


def _plain_series(path: Path, column: str, clock: Clock, absent: float) -> Floats:
    sheet = read_optional(path)
    if sheet is None:
        return np.full(len(clock.years), absent)
    same = Sheet(sheet.file, {**sheet.columns, "": [""] * sheet.size}, sheet.size)
    return np.asarray(yearly(same, "", {"": 0}, column, clock)[0])


def _settings(folder: Path) -> dict[str, float]:
    sheet = read_sheet(folder / "settings.csv")
    values, rows = sheet.numbers("value"), sheet.index("setting")
    return {name: float(values[rows[name]]) for name in SETTINGS}


def _sites(folder: Path, clock: Clock, factor_set: str) -> Sites:
    sheet = read_sheet(folder / "sites.csv")
    rows = sheet.index("site")
    tariffs = read_sheet(folder / "tariffs.csv")
    kinds = {name: i for i, name in enumerate(dict.fromkeys(sheet.text("tariff")))}
    of_site = sheet.codes("tariff", kinds)
    price = {
        column: yearly(tariffs, "tariff", kinds, column, clock)
        for column in (
            "energy_jpy_per_kwh",
            "fuel_adjustment_jpy_per_kwh",
            "surcharge_jpy_per_kwh",
            "demand_jpy_per_kw_month",
            "power_factor_discount",
        )
    }
    energy = price["energy_jpy_per_kwh"] + price["fuel_adjustment_jpy_per_kwh"]
    energy = energy + price["surcharge_jpy_per_kwh"]
    demand = price["demand_jpy_per_kw_month"] * (1 - price["power_factor_discount"])
    areas = {name: i for i, name in enumerate(dict.fromkeys(sheet.text("grid_area")))}
    factors = _only(read_sheet(folder / "grid_factors.csv"), "factor_set", factor_set)
    pv, sun = dated(folder / "onsite_pv.csv", rows, "mwh_per_year", clock), read_sun(folder, sheet)
    return Sites(
        rows=rows,
        owned=np.array([kind == "owned" for kind in sheet.text("ownership")], dtype=np.bool_),
        region=sheet.text("region"),
        station=sheet.text("station"),
        demand_rule=sheet.text("demand_rule"),
        opening_peak_kw=np.nan_to_num(sheet.numbers("opening_peak_kw", optional=True)),
        staff_fte=sheet.numbers("staff_fte"),
        energy_jpy_per_kwh=energy[of_site],
        demand_jpy_per_kw_month=demand[of_site],
        kg_per_kwh=yearly(factors, "grid_area", areas, "kg_per_kwh", clock)[sheet.codes("grid_area", areas)],
        receiving_kw=dated(folder / "connections.csv", rows, "receiving_kw", clock),
        onsite_mwh=standing_mwh(pv, sun, clock),
        sun=sun,
    )


def _only(sheet: Sheet, column: str, label: str) -> Sheet:
    kept = [i for i, cell in enumerate(sheet.text(column)) if cell == label]
    columns = {name: [cells[i] for i in kept] for name, cells in sheet.columns.items()}
    return Sheet(sheet.file, columns, len(kept))


def _halls(folder: Path, sites: Sites) -> Halls:
    sheet = read_sheet(folder / "halls.csv")
    rows = sheet.index("hall")
    site = known_codes(sheet, "site", sites.rows)
    cooling = read_sheet(folder / "cooling.csv")
    kind = known_codes(sheet, "cooling", cooling.index("cooling"))
    lease = np.full(len(rows), -1, dtype=np.int64)
    leases = read_optional(folder / "leases.csv")
    if leases is not None:
        lease[known_codes(leases, "hall", rows)] = np.arange(leases.size)
    return Halls(
        rows=rows,
        site=site,
        owned=sites.owned[site],
        candidate=np.array([status == "candidate" for status in sheet.text("status")], dtype=np.bool_),
        lease=lease,
        places=sheet.numbers("rack_places"),
        largest_fill=sheet.numbers("largest_fill"),
        it_kw=sheet.numbers("it_kw"),
        max_rack_kw=sheet.numbers("max_rack_kw"),
        pue=sheet.numbers("pue"),
        reference_load=sheet.numbers("reference_load"),
        staff_fte=np.nan_to_num(sheet.numbers("staff_fte", optional=True)),
        maintenance_mjpy=np.nan_to_num(sheet.numbers("maintenance_mjpy_per_year", optional=True)),
        fixed_share=cooling.numbers("fixed_share")[kind],
        floor=cooling.numbers("floor")[kind],
        t_start_c=cooling.numbers("t_start_c")[kind],
        t_full_c=cooling.numbers("t_full_c")[kind],
        slope_per_c=cooling.numbers("slope_per_c")[kind],
    )


def known_codes(sheet: Sheet, column: str, known: dict[str, int]) -> Codes:
    """Return the place of each label in `known`; an unknown label is refused."""
    codes = sheet.codes(column, known)
    if (codes < 0).any():
        row = int(np.flatnonzero(codes < 0)[0])
        label = sheet.text(column)[row]
        raise UnreadableError(sheet.file, f"row {row + 2}, {column} = {label!r} is unknown", column=column)
    return codes


def _classes(folder: Path, clock: Clock, sites: Sites, halls: Halls) -> Classes:
    sheet = read_sheet(folder / "classes.csv")
    rows = sheet.index("class")
    by_year = read_sheet(folder / "class_years.csv")
    contract = yearly(by_year, "class", rows, "contract_kw", clock)
    rate = yearly(by_year, "class", rows, "churn_rate", clock)
    pairs = read_sheet(folder / "class_regions.csv")
    allowed = set(zip(pairs.text("class"), pairs.text("region"), strict=True))
    near = np.array([[(k, sites.region[s]) in allowed for s in halls.site] for k in rows], dtype=np.bool_)
    booked = read_bookings(folder, clock, rows)
    demand, mean_share = add_bookings(*read_demand(folder, clock, rows), booked)
    opening = np.zeros((len(rows), len(halls.rows)))
    occupancy = read_sheet(folder / "occupancy.csv")
    placed = (known_codes(occupancy, "class", rows), known_codes(occupancy, "hall", halls.rows))
    np.add.at(opening, placed, occupancy.numbers("racks"))
    return Classes(
        rows=rows,
        movable=sheet.flags("movable"),
        move_mjpy=sheet.numbers("move_mjpy_per_rack"),
        yearly_move_share=sheet.numbers("yearly_move_share"),
        max_site_share=sheet.numbers("max_site_share"),
        max_region_share=sheet.numbers("max_region_share"),
        unserved_mjpy=np.nan_to_num(sheet.numbers("unserved_mjpy_per_rack_year", optional=True)),
        mean_kw=yearly(by_year, "class", rows, "mean_kw", clock),
        peak_kw=yearly(by_year, "class", rows, "peak_kw", clock),
        contract_kw=contract,
        churn=_churn(rate, clock),
        demand=demand,
        mean_share=mean_share,
        eligible=near & (contract.max(axis=1)[:, None] <= halls.max_rack_kw[None, :]),
        opening=opening,
        pinned=_pinned(folder, rows, halls.rows),
        booked=booked,
    )


def _churn(rate: Floats, clock: Clock) -> Floats:
    """Return the share that leaves: last year's rate in the first period of a later fiscal year, else 0."""
    first = np.diff(clock.year_of, prepend=clock.year_of[0]) > 0
    return np.where(first, rate[:, np.maximum(clock.year_of - 1, 0)], 0.0)


def _pinned(
    folder: Path, classes: dict[str, int], halls: dict[str, int]
) -> list[tuple[int, int, float, date | None]]:
    sheet = read_optional(folder / "pinned_racks.csv")
    if sheet is None:
        return []
    codes = (known_codes(sheet, "class", classes), known_codes(sheet, "hall", halls))
    rows = zip(*codes, sheet.numbers("racks"), sheet.optional_days("until"), strict=True)
    return [(int(k), int(h), float(racks), until) for k, h, racks, until in rows]


def read_demand(folder: Path, clock: Clock, classes: dict[str, int]) -> tuple[Floats, Floats]:
    """Return demand in whole racks and the mean of unrounded demand over it, both (class, period).

    Whole racks are the larger of the period's two ends, halves rounded up; fractions are exact, as a demand
    of exactly a half rack on 1 October is common in a fiscal year of 366 days, and what a decimal of the
    file hides of a half (within 1e-9 racks) counts as a half.
    """
    sheet = read_sheet(folder / "demand.csv")
    knots: list[dict[date, Fraction]] = [{} for _ in classes]
    for code, day, cell in zip(
        known_codes(sheet, "class", classes), sheet.days("date"), sheet.numbers("racks"), strict=True
    ):
        knots[code][day] = Fraction(repr(float(cell)))
    whole, share = np.zeros((len(classes), clock.size)), np.zeros((len(classes), clock.size))
    for code, points in enumerate(knots):
        for t in range(clock.size):
            first = _between(points, min(clock.starts[t], clock.horizon_end))
            last = _between(points, min(clock.ends[t], clock.horizon_end))
            racks = math.floor(max(first, last) + Fraction(1, 2) + Fraction(1, 10**9))
            whole[code, t] = racks
            share[code, t] = float((first + last) / 2 / racks) if racks else 0.0
    return whole, share


def _between(points: Mapping[date, Fraction], day: date) -> Fraction:
    before = max((known for known in points if known <= day), default=None)
    after = min((known for known in points if known >= day), default=None)
    if before is None or after is None:
        raise UnreadableError("demand.csv", f"demand does not cover {day}")
    if before == after:
        return points[before]
    part = Fraction((day - before).days, (after - before).days)
    return points[before] + (points[after] - points[before]) * part
