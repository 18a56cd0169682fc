"""Batteries and panels: what stands, what may be bought, and what a plan's purchases cost and give."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np

from dcplan.plans.audit.dates import Clock, plus_months
from dcplan.plans.audit.inputs import Case, known_codes
from dcplan.plans.audit.project_contracts import AssetKind, Project, asset_kinds
from dcplan.plans.audit.reading import Flags, Floats, read_optional

KINDS = ("battery_kw", "battery_kwh", "pv_kw")
_SOURCES = {
    "battery_kw": ("battery_options.csv", "max_kw", "power_jpy_per_kw"),
    "battery_kwh": ("battery_options.csv", "max_kwh", "energy_jpy_per_kwh"),
    "pv_kw": ("pv_options.csv", "max_kw", "cost_jpy_per_kw"),
}


@dataclass(frozen=True)
class Option:
    """A unit that may be bought at a site, from a day, up to an amount."""

    kind: str
    site: int
    name: str
    first: date
    most: float
    jpy: float
    price_date: date
    escalation: float
    maintenance: float
    fade: float
    asset: AssetKind

    def cost_at(self, day: date) -> float:
        """Return the cost of a unit on a day [M JPY]."""
        return float(self.jpy * (1 + self.escalation) ** ((day - self.price_date).days / 365.25) / 1e6)


@dataclass(frozen=True)
class Onsite:
    """What stands, by (S, Y): power and energy after fade; the least efficiency (S); what may be bought."""

    power_kw: Floats
    usable_kwh: Floats
    round_trip: Floats
    options: list[Option]
    with_battery: Flags
    with_option: Flags


@dataclass(frozen=True)
class Bought:
    """Units bought for a fiscal year, and each day of a payment for them within the plan's time."""

    option: Option
    year: int
    units: float
    days: list[date]


def read_onsite(case: Case) -> Onsite:
    """Return batteries and options of a saved case."""
    folder, sites, clock = case.folder, case.sites, case.clock
    shape = (len(sites.rows), len(clock.years))
    power, energy, efficiency = np.zeros(shape), np.zeros(shape), np.ones(shape[0])
    there = np.zeros(shape[0], np.bool_)
    sheet = read_optional(folder / "batteries.csv")
    if sheet is not None:
        at = known_codes(sheet, "site", sites.rows)
        days, fade, trip = (
            sheet.days("from_date"),
            sheet.numbers("fade_per_year"),
            sheet.numbers("round_trip"),
        )
        kw, kwh = sheet.numbers("power_kw"), sheet.numbers("energy_kwh")
        for row in sorted(range(sheet.size), key=lambda i: days[i]):
            efficiency[at[row]] = min(efficiency[at[row]], trip[row])
            for y, year in enumerate(clock.years):
                if days[row] <= date(year, 4, 1):
                    age = (date(year, 10, 1) - days[row]).days / 365.25
                    power[at[row], y] = kw[row]
                    energy[at[row], y] = kwh[row] * max(0.0, 1 - fade[row] * age)
    options = list(_options(case))
    choice = read_optional(folder / "battery_options.csv")
    if choice is not None:
        for s, trip_ in zip(
            known_codes(choice, "site", sites.rows), choice.numbers("round_trip"), strict=True
        ):
            there[s] = True
            efficiency[s] = min(efficiency[s], trip_)
    offered = np.zeros(shape[0], np.bool_)
    offered[[option.site for option in options]] = True
    return Onsite(power, energy, efficiency, options, there, offered)


def _options(case: Case) -> Iterator[Option]:
    for kind, (file, most, price) in _SOURCES.items():
        sheet = read_optional(case.folder / file)
        if sheet is None:
            continue
        kinds = asset_kinds(case)
        number = {
            name: sheet.numbers(name)
            for name in (most, price, "escalation", "maintenance_share", "fade_per_year")
        }
        first, priced = sheet.days("from_date"), sheet.days("price_date")
        for row, site in enumerate(known_codes(sheet, "site", case.sites.rows).tolist()):
            yield Option(
                kind=kind,
                site=site,
                name=f"{kind} {sheet.text('site')[row]}",
                first=first[row],
                most=float(number[most][row]),
                jpy=float(number[price][row]),
                price_date=priced[row],
                escalation=float(number["escalation"][row]),
                maintenance=float(number["maintenance_share"][row]),
                fade=float(number["fade_per_year"][row]),
                asset=kinds[sheet.text("asset_class")[row]],
            )


def may_come(option: Option, year: int, clock: Clock) -> bool:
    """Return whether a unit may be bought for a fiscal year: its 1 April starts a period, not too early."""
    return date(year, 4, 1) in clock.starts and date(year, 4, 1) >= option.first


def purchases(onsite: Onsite, state: dict[str, Floats], clock: Clock) -> list[Bought]:
    """Return what is bought of every option, year by year, from what stands bought: (S, Y) by kind."""
    found = []
    for option in onsite.options:
        held = state[option.kind][option.site]
        for y, year in enumerate(clock.years):
            added = float(held[y] - (held[y - 1] if y else 0.0))
            if added == 0.0:
                continue
            days = [date(year, 4, 1)]
            while (again := plus_months(days[-1], round(12 * option.asset.life))) < clock.end:
                days.append(again)
            found.append(Bought(option, year, added, days))
    return found


def as_projects(bought: Bought) -> Iterator[tuple[str, Project]]:
    """Yield a purchase and what replaces it as finished projects, each with its cost term."""
    option = bought.option
    for place, day in enumerate(bought.days):
        year = day.year if day.month >= 4 else day.year - 1
        name = f"{option.name} FY{bought.year}" + (f" replaced FY{year}" if place else "")
        yield (
            "onsite_replacement" if place else "onsite_capex",
            Project(
                name=name,
                place=-1,
                hall=-1,
                site=option.site,
                adds_kw=0.0,
                cost_mjpy=option.cost_at(day) * bought.units,
                price_date=day,
                escalation=0.0,
                build_months=0,
                after="",
                after_months=0,
                committed=True,
                service_date=day,
                spent_mjpy=0.0,
                earliest_date=None,
                milestones=[(0, 1.0)],
                assets=[(option.asset, 1.0)],
            ),
        )


def left(bought: Bought, year: int) -> float:
    """Return the share of a purchase that is left in the middle of a fiscal year, after fade."""
    middle = date(year, 10, 1)
    newest = [day for day in bought.days if day < middle]
    return max(0.0, 1 - bought.option.fade * (middle - newest[-1]).days / 365.25) if newest else 0.0


def aged(found: list[Bought], kind: str, sites: int, clock: Clock) -> Floats:
    """Return units of a kind after fade: (S, Y)."""
    table = np.zeros((sites, len(clock.years)))
    for bought in found:
        if bought.option.kind == kind:
            shares = [left(bought, year) if year >= bought.year else 0.0 for year in clock.years]
            table[bought.option.site] += bought.units * np.array(shares)
    return table


def upkeep(found: list[Bought], sites: int, clock: Clock) -> Floats:
    """Return the maintenance of what was bought: (S, Y) M JPY a year."""
    table = np.zeros((sites, len(clock.years)))
    for bought in found:
        there = np.array([year >= bought.year for year in clock.years], dtype=np.float64)
        yearly = bought.units * bought.option.cost_at(bought.days[0]) * bought.option.maintenance
        table[bought.option.site] += yearly * there
    return table
