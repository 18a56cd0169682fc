"""Leases, projects, instruments, targets and pins of the saved case, with their dates worked out.

Release dates of a lease are the day after its term end and the renewal dates that follow; a date counts as
reachable when the notice for it can still be given at the opening.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from dcplan.plans.audit.dates import Clock, fiscal_year, plus_months
from dcplan.plans.audit.inputs import Case, hold, known_codes, yearly
from dcplan.plans.audit.reading import Codes, Flags, Floats, Sheet, UnreadableError, read_optional, read_sheet


@dataclass(frozen=True)
class Leases:
    """Leases (L).

    `release[l][t]` is the date in period t on which racks may be given back, or None; `forced` is the first
    period of a lease that ends without renewal, else the number of periods. `rate` is the rent in JPY per
    rack-month by (L, T) and `rate_before` the one that runs until the release date of the period.
    """

    rows: dict[str, int]
    hall: Codes
    site: Codes
    racks: Floats
    restoration_mjpy: Floats
    contract_pue: Floats
    release: list[list[date | None]]
    forced: Codes
    rate: Floats
    rate_before: Floats


@dataclass(frozen=True)
class Project:
    """What brings a candidate hall into service; `after` is the project before it, or empty."""

    name: str
    hall: int
    cost_mjpy: float
    price_date: date
    escalation: float
    build_months: int
    after: str
    after_months: int
    committed: bool
    service_date: date | None
    spent_mjpy: float
    earliest_date: date | None
    milestones: list[tuple[int, float]]
    assets: list[tuple[float, float]]


@dataclass(frozen=True)
class Instruments:
    """Instruments (I) with prices and volumes by (I, Y) and the sites (I, S) where each may be claimed."""

    rows: dict[str, int]
    renewable: Flags
    usable: Flags
    price_jpy_per_kwh: Floats
    volume_mwh: Floats


@dataclass(frozen=True)
class Target:
    """One target in one fiscal year; `price` is NaN where the target is hard."""

    name: str
    year: int
    metric: str
    boundary: str
    value: float
    price: float

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
    period_from: date
    period_to: date | None
    sense: str
    value: float


@dataclass(frozen=True)
class Contracts:
    """Everything that binds the plan apart from places and power."""

    leases: Leases
    projects: list[Project]
    instruments: Instruments
    targets: list[Target]
    pins: list[Pin]


def read_contracts(case: Case) -> Contracts:
    """Return leases, projects, instruments, targets and pins of a saved case."""
    return Contracts(
        leases=_leases(case),
        projects=_projects(case),
        instruments=_instruments(case),
        targets=_targets(case),
        pins=_pins(case.folder),
    )


def _leases(case: Case) -> Leases:
    sheet = read_optional(case.folder / "leases.csv") or _no_rows("leases.csv", _LEASE_COLUMNS)
    clock, rows = case.clock, sheet.index("lease")
    hall = known_codes(sheet, "hall", case.halls.rows)
    term_ends = sheet.days("term_end")
    renewal = np.nan_to_num(sheet.numbers("renewal_months", optional=True))
    notice = np.nan_to_num(sheet.numbers("notice_months", optional=True))
    uplift = np.nan_to_num(sheet.numbers("renewal_uplift", optional=True))
    first_year = fiscal_year(case.clock.as_of)
    grown = np.array([clock.years[i] - first_year for i in clock.year_of])
    base = sheet.numbers("rent_jpy_per_rack_month")[:, None] * (
        (1 + sheet.numbers("rent_escalation"))[:, None] ** grown[None, :]
    )
    release: list[list[date | None]] = []
    forced = np.full(sheet.size, clock.size, dtype=np.int64)
    rate, rate_before = np.zeros(base.shape), np.zeros(base.shape)
    for i, kind in enumerate(sheet.text("renewal")):
        ends = _term_ends(term_ends[i], 0 if kind == "none" else int(renewal[i]), clock)
        if kind == "none":
            forced[i] = next((t for t in range(clock.size) if clock.ends[t] > ends[0]), clock.size)
        may = [d for d in ends if kind == "none" or plus_months(d, -int(notice[i])) >= clock.as_of]
        release.append([_first_within(may, clock.starts[t], clock.ends[t]) for t in range(clock.size)])
        for t, start in enumerate(clock.starts):
            leaving = release[i][t]
            rate[i, t] = base[i, t] * (1 + uplift[i]) ** sum(d <= start for d in ends)
            until = sum(d < leaving for d in ends) if leaving else 0
            rate_before[i, t] = base[i, t] * (1 + uplift[i]) ** until
    return Leases(
        rows=rows,
        hall=hall,
        site=case.halls.site[hall],
        racks=sheet.numbers("racks"),
        restoration_mjpy=sheet.numbers("restoration_mjpy_per_rack"),
        contract_pue=sheet.numbers("contract_pue"),
        release=release,
        forced=forced,
        rate=rate,
        rate_before=rate_before,
    )


_LEASE_COLUMNS = (
    "lease",
    "hall",
    "racks",
    "rent_jpy_per_rack_month",
    "rent_escalation",
    "term_end",
    "renewal",
    "renewal_months",
    "renewal_uplift",
    "notice_months",
    "restoration_mjpy_per_rack",
    "contract_pue",
)


def _no_rows(file: str, columns: tuple[str, ...]) -> Sheet:
    return Sheet(file, {column: [] for column in columns}, 0)


def _term_ends(term_end: date, renewal_months: int, clock: Clock) -> list[date]:
    first = term_end + timedelta(days=1)
    ends = [first]
    while renewal_months > 0 and ends[-1] < clock.end:
        ends.append(plus_months(first, len(ends) * renewal_months))
    return ends


def _first_within(days: list[date], start: date, end: date) -> date | None:
    return next((day for day in days if start <= day < end), None)


def _projects(case: Case) -> list[Project]:
    folder = case.folder
    if not (folder / "projects.csv").exists():
        return []
    sheet = read_sheet(folder / "projects.csv")
    sheet.index("project")
    lives_sheet = read_sheet(folder / "asset_classes.csv")
    lives = dict(zip(lives_sheet.text("asset_class"), lives_sheet.numbers("life_years"), strict=True))
    shares = read_sheet(folder / "project_assets.csv")
    assets: dict[str, list[tuple[float, float]]] = {}
    for name, kind, share in zip(
        shares.text("project"), shares.text("asset_class"), shares.numbers("share"), strict=True
    ):
        assets.setdefault(name, []).append((float(lives[kind]), float(share)))
    plan = read_sheet(folder / "milestones.csv")
    profiles: dict[str, list[tuple[int, float]]] = {}
    for name, months, share in zip(
        plan.text("profile"), plan.whole("months_before"), plan.numbers("share"), strict=True
    ):
        profiles.setdefault(name, []).append((int(months), float(share)))
    number = {
        column: np.nan_to_num(sheet.numbers(column, optional=True))
        for column in ("cost_mjpy", "escalation", "build_months", "after_months", "spent_mjpy")
    }
    hall = known_codes(sheet, "hall", case.halls.rows)
    committed = sheet.flags("committed")
    price_date, service = sheet.days("price_date"), sheet.optional_days("service_date")
    earliest = sheet.optional_days("earliest_date")
    return [
        Project(
            name=name,
            hall=int(hall[i]),
            cost_mjpy=float(number["cost_mjpy"][i]),
            price_date=price_date[i],
            escalation=float(number["escalation"][i]),
            build_months=int(number["build_months"][i]),
            after=sheet.text("after_project")[i],
            after_months=int(number["after_months"][i]),
            committed=bool(committed[i]),
            service_date=service[i],
            spent_mjpy=float(number["spent_mjpy"][i]),
            earliest_date=earliest[i],
            milestones=profiles[sheet.text("profile")[i]],
            assets=assets[name],
        )
        for i, name in enumerate(sheet.text("project"))
    ]


def _instruments(case: Case) -> Instruments:
    sheet = read_optional(case.folder / "instruments.csv")
    sites, years = case.sites, len(case.clock.years)
    if sheet is None:
        none = np.zeros((0, years))
        return Instruments({}, np.zeros(0, np.bool_), np.zeros((0, len(sites.rows)), np.bool_), none, none)
    rows = sheet.index("instrument")
    by_year = read_sheet(case.folder / "instrument_years.csv")
    usable = np.array([sites.owned if not name else _one(name, sites.rows) for name in sheet.text("site")])
    return Instruments(
        rows=rows,
        renewable=sheet.flags("renewable"),
        usable=usable.astype(np.bool_),
        price_jpy_per_kwh=yearly(by_year, "instrument", rows, "price_jpy_per_kwh", case.clock),
        volume_mwh=yearly(by_year, "instrument", rows, "volume_mwh", case.clock),
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
    found: list[Target] = []
    for name in dict.fromkeys(names):
        rows = {int(years[i]): float(i) for i in range(sheet.size) if names[i] == name}
        for year, row in zip(case.clock.years, hold(rows, case.clock), strict=True):
            if not math.isnan(row):
                i = int(row)
                metric, boundary = sheet.text("metric")[i], sheet.text("boundary")[i]
                found.append(Target(name, year, metric, boundary, float(value[i]), float(price[i])))
    return found


def _pins(folder: Path) -> list[Pin]:
    sheet = read_optional(folder / "pins.csv")
    if sheet is None:
        return []
    value, first, last = sheet.numbers("value"), sheet.days("period_from"), sheet.optional_days("period_to")
    blank = [""] * sheet.size
    cell = {name: sheet.columns.get(name, blank) for name in ("class", "hall", "site")}
    return [
        Pin(
            name=name,
            decision=sheet.text("decision")[i],
            klass=cell["class"][i],
            hall=cell["hall"][i],
            site=cell["site"][i],
            period_from=first[i],
            period_to=last[i],
            sense=sheet.text("sense")[i],
            value=float(value[i]),
        )
        for i, name in enumerate(sheet.text("pin"))
    ]
