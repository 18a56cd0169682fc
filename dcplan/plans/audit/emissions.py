"""Emissions of a saved plan by scope and method, recomputed from inputs and decisions in plain code.

Arrays are (site, fiscal year) in tCO2e; NaN where an input or a factor is missing and something is emitted.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.plans.audit.cells import Reader
from dcplan.plans.audit.dates import fiscal_year
from dcplan.plans.audit.factors import Factors, read_factors
from dcplan.plans.audit.physics import sites_of
from dcplan.plans.audit.project_money import cost_at
from dcplan.plans.audit.reading import Flags, Floats, read_optional, read_sheet
from dcplan.plans.audit.report import Axis, Ledger, largest
from dcplan.plans.audit.world import World, over_years, service_date_of

SHK_CHANGE = 2024
MENUS = ("green_menu", "physical_ppa")
BOUNDARIES = ("fleet", "owned", "leased")


def class_it_mwh(world: World) -> Floats:
    """Return the IT energy of every class at every site and period: (class, site, period) MWh."""
    case = world.case
    clock, classes = case.clock, case.classes
    per_rack = classes.mean_kw[:, clock.year_of] * classes.mean_share * clock.hours / 1000
    of_hall = world.decisions.racks * per_rack[:, None, :]
    return np.asarray(np.einsum("kht,hs->kst", of_hall, sites_of(case).astype(np.float64)))


def emissions(world: World) -> dict[str, Floats]:
    """Return the emissions of every site by fiscal year, by the names of ghg_years.csv."""
    case, energy = world.case, world.energy
    owned = case.sites.owned[:, None]
    years = list(case.clock.years)
    factors = read_factors(case.folder, str(case.info["grid_factor_set"]))
    it, facility = over_years(world, energy.it), over_years(world, energy.facility)
    grid = np.where(owned, over_years(world, energy.imported), facility)
    controlled = np.where(owned, grid, it)
    landlord = grid - controlled
    whole = np.where(owned, facility, it)
    share = np.divide(_customers_it(world), whole, out=np.zeros_like(whole), where=whole > 0)
    areas = read_sheet(case.folder / "sites.csv").text("grid_area")

    def factor(kind: str) -> Floats:
        return np.stack([factors.by_year(kind, area, years) for area in areas])

    location = factor("location")
    unmatched = _first(factor("residual"), factor("shk_adjusted"), location)
    claimed = world.decisions.claimed_mwh.sum(axis=0)
    s2_location = _times(controlled, location)
    s2_market = _times(controlled - claimed, unmatched)
    fuel, upstream_fuel = _generators(world, factors)
    gas = _refrigerants(world, factors)
    found = {
        "s1_fuel_tco2e": fuel,
        "s1_refrigerant_tco2e": gas,
        "s2_location_tco2e": s2_location,
        "s2_market_tco2e": s2_market,
        "s2_location_excl_tenant_tco2e": s2_location * (1 - share),
        "s2_market_excl_tenant_tco2e": s2_market * (1 - share),
        "s3_cat2_tco2e": _capital(world, factors),
        "s3_cat3_tco2e": _upstream(controlled, location, factors) + upstream_fuel,
        "s3_cat8_location_tco2e": _times(landlord, location),
        "s3_cat8_market_tco2e": _times(landlord, unmatched),
    }
    for method in ("basic", "adjusted"):
        rate = factor(f"shk_{method}")
        found[f"s2_shk_{method}_tco2e"] = _reporting_law(world, controlled, rate, factors, method)
    return found


def _times(mwh: Floats, factor: Floats) -> Floats:
    """Return energy times factor; where there is no energy nothing is missing."""
    return np.where(np.abs(mwh) > 1e-9, mwh * factor, 0.0)


def _first(*choices: Floats) -> Floats:
    """Return the first number that there is, cell by cell."""
    found = choices[0]
    for more in choices[1:]:
        found = np.where(np.isnan(found), more, found)
    return found


def _customers_it(world: World) -> Floats:
    sheet = read_sheet(world.case.folder / "classes.csv")
    theirs = np.zeros(len(world.case.classes.rows))
    if "it_owner" in sheet.columns:
        theirs[:] = [owner == "customer" for owner in sheet.text("it_owner")]
    return over_years(world, np.einsum("kst,k->st", class_it_mwh(world), theirs))


def _reporting_law(world: World, controlled: Floats, rate: Floats, factors: Factors, method: str) -> Floats:
    """Return the purchase less menus at the retailer's rate, less certificates at the national average."""
    years = np.array(world.case.clock.years)
    sheet = read_optional(world.case.folder / "instruments.csv")
    kinds = [] if sheet is None else sheet.text("kind")
    menu = np.array([kind in MENUS for kind in kinds], dtype=np.bool_)
    touched = (years >= SHK_CHANGE) | (method == "adjusted")
    claimed = world.decisions.claimed_mwh * touched[None, None, :]
    bought = _times(controlled - claimed[menu].sum(axis=0), rate)
    nation = factors.by_year("national_average", "JP", years.tolist())
    correction = factors.one("certificate_correction", "JP")
    if np.isnan(correction):
        correction = 1.0
    off = _times(claimed[~menu].sum(axis=0), np.broadcast_to(nation, controlled.shape) * correction)
    return np.asarray(bought - np.minimum(off, bought))


def _upstream(controlled: Floats, location: Floats, factors: Factors) -> Floats:
    lost = factors.one("grid_loss", "electricity")
    up = factors.one("upstream_electricity", "electricity")
    return _times(controlled, np.full_like(controlled, up)) + _times(controlled, lost / (1 - lost) * location)


def _served(world: World) -> Floats:
    """Return the part of each fiscal year in which an owned hall is in service: (hall, year)."""
    clock = world.case.clock
    days = over_years(world, (world.decisions.in_service * clock.days))
    return np.where(world.case.halls.owned[:, None], days, 0.0) / over_years(world, clock.days.astype(float))


def _at_sites(world: World, halls: Floats) -> Floats:
    """Return sums over the halls of a site of what halls emit in service; one unknown hall makes NaN."""
    on = np.where(_served(world) > 0, halls, 0.0)
    here = sites_of(world.case)
    return np.stack([on[here[:, s]].sum(axis=0) for s in range(here.shape[1])])


def _generators(world: World, factors: Factors) -> tuple[Floats, Floats]:
    halls = world.case.halls.rows
    litres = np.full(len(halls), np.nan)
    fuels = [""] * len(halls)
    sheet = read_optional(world.case.folder / "generators.csv")
    if sheet is not None:
        names = ("rated_kw", "test_load", "test_hours_per_year", "litres_per_kwh")
        product = np.prod([sheet.numbers(name) for name in names], axis=0)
        for row, (hall, fuel) in enumerate(zip(sheet.text("hall"), sheet.text("fuel"), strict=True)):
            litres[halls[hall]], fuels[halls[hall]] = product[row], fuel
    parts = []
    for kind in ("fuel", "upstream_fuel"):
        yearly = litres / 1000 * np.array([factors.one(kind, fuel) for fuel in fuels])
        parts.append(_at_sites(world, yearly[:, None] * _served(world)))
    return parts[0], parts[1]


def _refrigerants(world: World, factors: Factors) -> Floats:
    halls = world.case.halls.rows
    tonnes = np.full(len(halls), np.nan)
    sheet = read_optional(world.case.folder / "refrigerants.csv")
    if sheet is not None:
        leaks = sheet.numbers("charge_kg") * sheet.numbers("leak_rate") / 1000
        for row, (hall, gas) in enumerate(zip(sheet.text("hall"), sheet.text("gas"), strict=True)):
            before = tonnes[halls[hall]]
            emitted = leaks[row] * factors.one("refrigerant_gwp", gas)
            tonnes[halls[hall]] = emitted if np.isnan(before) else before + emitted
    return _at_sites(world, tonnes[:, None] * _served(world))


def _capital(world: World, factors: Factors) -> Floats:
    """Return what was built, in the year of service; a class without a factor leaves its figure open."""
    case = world.case
    years = list(case.clock.years)
    found = np.zeros((len(case.sites.rows), len(years)))
    sheet = read_optional(case.folder / "asset_classes.csv")
    classes = [] if sheet is None else sheet.text("asset_class")
    if np.isnan([factors.one("capital_goods", name) for name in classes]).any():
        found[case.sites.owned] = np.nan
    for project in world.contracts.projects:
        service = service_date_of(world, project)
        if service is None or fiscal_year(service) not in years:
            continue
        cost = cost_at(project, service)
        for kind, share in project.assets:
            place = project.site, years.index(fiscal_year(service))
            found[place] += cost * share * factors.one("capital_goods", kind.name)
    return found


def check_emissions(world: World, folder: Path, ledger: Ledger) -> None:
    """Compare IT energy by class, and emissions by boundary, method and year, with what is published."""
    by_class = class_it_mwh(world)
    near = (sites_of(world.case).T.astype(np.int64) @ world.case.classes.eligible.T.astype(np.int64)).T > 0
    required = np.repeat(near[:, :, None], world.case.clock.size, axis=2)
    reader = Reader(folder, ledger, "class_energy")
    axes = (world.classes, world.sites, world.periods)
    reader.agree("class_energy.csv", axes, {"it_mwh": (by_class, largest(by_class))}, required)
    if not (folder / "ghg_years.csv").exists():
        return
    owned = world.case.sites.owned
    inside: dict[str, Flags] = {"fleet": owned | ~owned, "owned": owned, "leased": ~owned}
    figures = emissions(world)
    sums = {
        name: np.stack([table[inside[each]].sum(axis=0) for each in BOUNDARIES])
        for name, table in figures.items()
    }
    first = np.nan_to_num(sums["s1_fuel_tco2e"]) + np.nan_to_num(sums["s1_refrigerant_tco2e"])
    sums["facility_tco2e"] = first + sums["s2_location_tco2e"] + sums["s3_cat8_location_tco2e"]
    expected = {name: (table, largest(np.nan_to_num(table))) for name, table in sums.items()}
    boundary: Axis = ("boundary", list(BOUNDARIES))
    planned = [year in world.case.clock.horizon_years for year in world.case.clock.years]
    required = np.tile(np.array(planned, dtype=np.bool_), (len(BOUNDARIES), 1))
    Reader(folder, ledger, "ghg_years").agree("ghg_years.csv", (boundary, world.years), expected, required)
