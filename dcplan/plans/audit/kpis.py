"""KPIs by site and boundary, from the saved inputs and decisions: PUE, REF, CUE, utilisation, crude oil.

A boundary's ratio is the ratio of its sums. The grid factor of fiscal year n is that of the power supplied in
n - 1, where it was published by the end of July n + 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.promises_fleet import renewable_claims
from dcplan.plans.audit.reading import Floats, Sheet, read_optional, read_sheet
from dcplan.plans.audit.world import World, over_years

KL_PER_GJ = 0.0258
LAW_CHANGE = 2023
PURCHASED_GJ, SELF_USE_GJ = {False: 9.76, True: 8.64}, {False: 0.0, True: 3.6}
HEAT_GJ_PER_KL = {"diesel": {False: 37.7, True: 38.0}, "heavy_oil_a": {False: 39.1, True: 38.9}}


@dataclass(frozen=True)
class _Sums:
    """What the ratios divide, each (site, fiscal year of the horizon); NaN where no input tells it."""

    dc: Floats
    it: Floats
    renewable: Floats
    capacity: Floats
    peak_mwh: Floats
    crude_oil: Floats
    direct_t: Floats
    location_t: Floats
    held: Floats


def kpis(world: World) -> list[dict[str, Any]]:
    """Return a row a site, and a boundary (owned, leased, fleet), and fiscal year of the horizon.

    Keys: site_id, fiscal_year, e_dc_mwh, e_it_mwh, pue, ref, utilisation, load_factor, crude_oil_kl,
    cue_location; None where a figure cannot be formed.
    """
    sums = _sums(world)
    owned = world.case.sites.owned
    members = [(name, np.arange(owned.size) == s) for s, name in enumerate(world.case.sites.rows)]
    members += [("owned", owned), ("leased", ~owned), ("fleet", np.ones_like(owned))]
    rows = []
    for name, member in members:
        for y, year in enumerate(world.case.clock.horizon_years):
            inside = member & (sums.held[:, y] > 0)
            if inside.any():
                rows.append({"site_id": name, "fiscal_year": year, **_row(sums, inside, y)})
    return rows


def _row(sums: _Sums, inside: Any, y: int) -> dict[str, float | None]:
    dc, it, renewable, capacity, peak, oil, location = (
        float(table[inside, y].sum())
        for table in (
            sums.dc, sums.it, sums.renewable, sums.capacity, sums.peak_mwh, sums.crude_oil, sums.location_t,
        )
    )  # fmt: skip
    direct = float(np.nansum(sums.direct_t[inside, y]))
    return {
        "e_dc_mwh": dc,
        "e_it_mwh": it,
        "pue": _over(dc, it),
        "ref": _over(renewable, dc),
        "utilisation": _over(it, capacity),
        "load_factor": _over(dc, peak),
        "crude_oil_kl": oil,
        "cue_location": _over(direct + location, it),
    }


def _over(above: float, below: float) -> float | None:
    return above / below if below > 0 and not np.isnan(above) else None


def _sums(world: World) -> _Sums:
    count = len(world.case.clock.horizon_years)
    sites, clock = world.case.sites, world.case.clock

    def years(table: Floats) -> Floats:
        return np.asarray(over_years(world, table)[:, :count])

    dc, it = years(world.energy.facility), years(world.energy.it)
    onsite, imported = years(world.energy.onsite), years(world.energy.imported)
    hours = clock.hours.astype(np.float64)
    there = ((world.decisions.kept > 0) | (world.energy.facility > 0)) & ~clock.tail
    held_hours = years(there * hours)
    highest = np.stack(
        [
            np.where(clock.year_of == clock.years.index(year), world.energy.peak_kw, 0.0).max(axis=1)
            for year in clock.horizon_years
        ],
        axis=1,
    )
    peak = np.where(sites.owned[:, None], highest * held_hours / 1000, np.nan)
    green = renewable_claims(world)[:, :count] + onsite
    direct, heat = _direct(world)
    after = np.array([year >= LAW_CHANGE for year in clock.horizon_years])
    bought = np.where(after, PURCHASED_GJ[True], PURCHASED_GJ[False])
    own = np.where(after, SELF_USE_GJ[True], SELF_USE_GJ[False])
    return _Sums(
        dc=dc,
        it=it,
        renewable=np.minimum(green, dc),
        capacity=years(by_site(world.case, _capacity_kw(world) * hours / 1000)),
        peak_mwh=peak,
        crude_oil=(imported * bought + onsite * own + np.nan_to_num(heat)) * KL_PER_GJ,
        direct_t=direct,
        location_t=imported * _factors(world),
        held=held_hours,
    )


def _capacity_kw(world: World) -> Floats:
    """Return design IT power by hall and period: in service, or the rented share of a leased hall."""
    halls, leases = world.case.halls, world.contracts.leases
    rented = np.zeros((len(halls.rows), world.case.clock.size))
    np.add.at(rented, leases.hall, world.decisions.leased)
    share = np.where(halls.owned[:, None], world.decisions.in_service, rented / halls.places[:, None])
    return np.asarray(halls.it_kw[:, None] * share)


def _factors(world: World) -> Floats:
    """Return the grid factor of every site and fiscal year [t/MWh]: of the power supplied the year before."""
    sheet = read_sheet(world.case.folder / "grid_factors.csv")
    chosen = str(world.case.info["grid_factor_set"])
    known_on = sheet.optional_days("known_on") if "known_on" in sheet.columns else [None] * sheet.size
    rows = zip(
        sheet.text("factor_set"), sheet.text("grid_area"), sheet.whole("fiscal_year"), known_on,
        sheet.numbers("kg_per_kwh"), strict=True,
    )  # fmt: skip
    found = {
        (area, int(year) + 1): float(value)
        for name, area, year, day, value in rows
        if name == chosen and (day is None or day <= date(int(year) + 2, 7, 31))
    }
    areas = read_sheet(world.case.folder / "sites.csv").text("grid_area")
    years = world.case.clock.horizon_years
    return np.array([[found.get((area, year), np.nan) for year in years] for area in areas])


def _direct(world: World) -> tuple[Floats, Floats]:
    """Return what fuel and leaks of each site emit [t] and the heat of its fuel [GJ]: (site, fiscal year).

    A site of which one hall in service has no row is NaN in that part; what is known of the other part stays.
    """
    fuel_t, heat = _burnt(world)
    leaked = _leaked(world)
    both = np.stack([fuel_t, leaked])
    known = ~np.isnan(both)
    return np.where(known.any(axis=0), np.nansum(both, axis=0), np.nan), heat


def _burnt(world: World) -> tuple[Floats, Floats]:
    share, halls = _service_share(world), world.case.halls
    years = world.case.clock.horizon_years
    sheet = read_optional(world.case.folder / "generators.csv")
    tonnes, heat = np.full(len(halls.rows), np.nan), np.full((len(halls.rows), len(years)), np.nan)
    if sheet is not None:
        of_fuel = _latest(world, "fuel")
        names = ("rated_kw", "test_load", "test_hours_per_year", "litres_per_kwh")
        litres = np.prod([sheet.numbers(name) for name in names], axis=0)
        after = [year >= LAW_CHANGE for year in years]
        for hall, fuel, amount in zip(sheet.text("hall"), sheet.text("fuel"), litres / 1000, strict=True):
            h = halls.rows[hall]
            tonnes[h] = amount * of_fuel.get(fuel, np.nan)
            values = HEAT_GJ_PER_KL.get(fuel)
            heat[h] = [amount * values[late] if values else np.nan for late in after]
    served = share > 0
    burnt = np.where(served, tonnes[:, None] * share, 0.0)
    warmth = np.where(served, heat * share, 0.0)
    return _owned_sites(world, burnt), _owned_sites(world, warmth)


def _leaked(world: World) -> Floats:
    share = _service_share(world)
    sheet = read_optional(world.case.folder / "refrigerants.csv")
    tonnes = np.full(len(world.case.halls.rows), np.nan)
    if sheet is not None:
        potential = _latest(world, "refrigerant_gwp")
        lost = sheet.numbers("charge_kg") * sheet.numbers("leak_rate") / 1000
        for hall, gas, amount in zip(sheet.text("hall"), sheet.text("gas"), lost, strict=True):
            h = world.case.halls.rows[hall]
            before = 0.0 if np.isnan(tonnes[h]) else tonnes[h]
            tonnes[h] = before + amount * potential.get(gas, np.nan)
    return _owned_sites(world, np.where(share > 0, tonnes[:, None] * share, 0.0))


def _owned_sites(world: World, table: Floats) -> Floats:
    """Return sums over the halls of owned sites; leased ones are NaN: the landlord's plant is not told."""
    sums = by_site(world.case, np.where(world.case.halls.owned[:, None], table, 0.0))
    return np.asarray(np.where(world.case.sites.owned[:, None], sums, np.nan))


def _service_share(world: World) -> Floats:
    """Return the part of each fiscal year's days that an owned hall is in service: (hall, year)."""
    clock = world.case.clock
    count = len(clock.horizon_years)
    days = over_years(world, world.decisions.in_service * clock.days)[:, :count]
    whole = over_years(world, clock.days.astype(np.float64)[None, :])[:, :count]
    return np.asarray(np.where(world.case.halls.owned[:, None], days / whole, 0.0))


def _latest(world: World, kind: str) -> dict[str, float]:
    """Return the last revision of the factors of a type by what they belong to."""
    sheet: Sheet | None = read_optional(world.case.folder / "emission_factors.csv")
    if sheet is None:
        return {}
    revisions = sheet.numbers("revision", optional=True) if "revision" in sheet.columns else None
    found: dict[str, tuple[float, float]] = {}
    for i, name in enumerate(sheet.text("factor_type")):
        rank = 0.0 if revisions is None or np.isnan(revisions[i]) else float(revisions[i])
        subject = sheet.text("subject")[i]
        if name == kind and (subject not in found or rank > found[subject][0]):
            found[subject] = (rank, float(sheet.numbers("value")[i]))
    return {subject: value for subject, (_, value) in found.items()}
