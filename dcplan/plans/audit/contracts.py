"""Instruments, targets and pins of the saved case; leases and projects are read in modules of their own."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from dcplan.plans.audit.inputs import Case, hold, yearly
from dcplan.plans.audit.lease_contracts import Leases, read_leases
from dcplan.plans.audit.onsite import Onsite, read_onsite
from dcplan.plans.audit.ppas import PPA, Offers, read_offers
from dcplan.plans.audit.project_contracts import (
    OpeningAsset,
    Project,
    read_opening_assets,
    read_projects,
)
from dcplan.plans.audit.reading import Flags, Floats, UnreadableError, read_optional, read_sheet


@dataclass(frozen=True)
class Instruments:
    """Instruments (I) with prices and volumes by (I, Y) and the sites (I, S) where each may be claimed.

    `ppa` tells the contracts in MW: their price and volume are 0 here and stand in `offers`.
    """

    rows: dict[str, int]
    renewable: Flags
    usable: Flags
    price_jpy_per_kwh: Floats
    volume_mwh: Floats
    ppa: Flags
    offers: Offers


@dataclass(frozen=True)
class Target:
    """One target in one fiscal year; `price` is NaN where the target is hard."""

    name: str
    year: int
    metric: str
    boundary: str
    value: float
    price: float
    profile: str = "flat"

    @property
    def hard(self) -> bool:
        """True where no miss is allowed."""
        return math.isnan(self.price)


@dataclass(frozen=True)
class Pin:
    """One decision that the planner has fixed; empty labels mean every one."""

    name: str
    decision: str
    klass: str
    hall: str
    site: str
    project: str
    lease: str
    period_from: date
    period_to: date | None
    sense: str
    value: float


@dataclass(frozen=True)
class Cap:
    """The most that a measure may sum up to over the horizon."""

    name: str
    measure: str
    value: float


@dataclass(frozen=True)
class Contracts:
    """Everything that binds the plan apart from places and power."""

    leases: Leases
    projects: list[Project]
    opening_assets: list[OpeningAsset]
    instruments: Instruments
    targets: list[Target]
    pins: list[Pin]
    caps: list[Cap]
    onsite: Onsite


def read_contracts(case: Case) -> Contracts:
    """Return leases, projects, instruments, targets, pins, caps, batteries and panels of a saved case."""
    return Contracts(
        leases=read_leases(case),
        projects=read_projects(case),
        opening_assets=read_opening_assets(case),
        instruments=_instruments(case),
        targets=_targets(case),
        pins=_pins(case.folder),
        caps=_caps(case.folder),
        onsite=read_onsite(case),
    )


def _instruments(case: Case) -> Instruments:
    sheet = read_optional(case.folder / "instruments.csv")
    sites, years = case.sites, len(case.clock.years)
    if sheet is None:
        none, no = np.zeros((0, years)), np.zeros(0, np.bool_)
        usable = np.zeros((0, len(sites.rows)), np.bool_)
        return Instruments({}, no, usable, none, none, no, read_offers(case.folder, {}, case))
    rows = sheet.index("instrument")
    ppa = np.array([kind == PPA for kind in sheet.text("kind")], dtype=np.bool_)
    by_mwh = [name for name, contract in zip(rows, ppa, strict=True) if not contract]
    prices = {name: np.zeros((len(rows), years)) for name in ("price_jpy_per_kwh", "volume_mwh")}
    if by_mwh:
        by_year = read_sheet(case.folder / "instrument_years.csv")
        known = {name: i for i, name in enumerate(by_mwh)}
        for column, table in prices.items():
            table[~ppa] = yearly(by_year, "instrument", known, column, case.clock)
    usable = np.array([sites.owned if not name else _one(name, sites.rows) for name in sheet.text("site")])
    return Instruments(
        rows=rows,
        renewable=sheet.flags("renewable"),
        usable=usable.astype(np.bool_),
        price_jpy_per_kwh=prices["price_jpy_per_kwh"],
        volume_mwh=prices["volume_mwh"],
        ppa=ppa,
        offers=read_offers(case.folder, rows, case),
    )


def _one(name: str, rows: dict[str, int]) -> Flags:
    if name not in rows:
        raise UnreadableError("instruments.csv", f"the site {name!r} is unknown", site=name)
    return np.asarray(np.arange(len(rows)) == rows[name])


def _targets(case: Case) -> list[Target]:
    """Return each target's years; the tail years repeat the value, the price and the boundary of the last."""
    sheet = read_optional(case.folder / "targets.csv")
    if sheet is None:
        return []
    value, price = sheet.numbers("value"), sheet.numbers("miss_price", optional=True)
    years, names = sheet.whole("fiscal_year"), sheet.text("target")
    profile = sheet.columns.get("claims_profile", [""] * sheet.size)
    found: list[Target] = []
    for name in dict.fromkeys(names):
        rows = {int(years[i]): float(i) for i in range(sheet.size) if names[i] == name}
        for year, row in zip(case.clock.years, hold(rows, case.clock), strict=True):
            if not math.isnan(row):
                i = int(row)
                metric, boundary = sheet.text("metric")[i], sheet.text("boundary")[i]
                shape = profile[i] or "flat"
                found.append(Target(name, year, metric, boundary, float(value[i]), float(price[i]), shape))
    return found


def _pins(folder: Path) -> list[Pin]:
    sheet = read_optional(folder / "pins.csv")
    if sheet is None:
        return []
    value, first, last = sheet.numbers("value"), sheet.days("period_from"), sheet.optional_days("period_to")
    blank = [""] * sheet.size
    cell = {name: sheet.columns.get(name, blank) for name in ("class", "hall", "site", "project", "lease")}
    return [
        Pin(
            name=name,
            decision=sheet.text("decision")[i],
            klass=cell["class"][i],
            hall=cell["hall"][i],
            site=cell["site"][i],
            project=cell["project"][i],
            lease=cell["lease"][i],
            period_from=first[i],
            period_to=last[i],
            sense=sheet.text("sense")[i],
            value=float(value[i]),
        )
        for i, name in enumerate(sheet.text("pin"))
    ]


def _caps(folder: Path) -> list[Cap]:
    sheet = read_optional(folder / "caps.csv")
    if sheet is None:
        return []
    rows = zip(sheet.text("cap"), sheet.text("measure"), sheet.numbers("value"), strict=True)
    return [Cap(name, measure, float(value)) for name, measure, value in rows]
