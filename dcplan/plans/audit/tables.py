"""Derived tables compared cell by cell with what inputs and decisions give; a deleted table is skipped."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from dcplan.plans.audit.built import check_assets, check_payments, check_upgrades
from dcplan.plans.audit.cells import Reader
from dcplan.plans.audit.costs import Bill, is_cash
from dcplan.plans.audit.earlier import check_earlier
from dcplan.plans.audit.emissions import check_emissions
from dcplan.plans.audit.lease_tables import check_lease_tables
from dcplan.plans.audit.lists import check_exits, check_moves, check_starts
from dcplan.plans.audit.physics import by_site
from dcplan.plans.audit.project_money import bought_units, capex_by_year
from dcplan.plans.audit.promises_fleet import location_t, move_limits, shortfall, target_sides
from dcplan.plans.audit.promises_halls import design_kw, hall_places
from dcplan.plans.audit.promises_projects import receiving_kw
from dcplan.plans.audit.reading import Flags, Floats, Sheet, UnreadableError, read_sheet
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World, over_years, overlap_racks

SURELY = 1e-4
NOTHING = 1e-9


def check_tables(
    world: World, bill: Bill, yearly: Mapping[str, Floats], folder: Path, ledger: Ledger
) -> None:
    """Compare every derived table that is there; `yearly` is the summary of the plan."""
    checks: dict[str, Callable[[], None]] = {
        "hours": lambda: _periods(world, folder, ledger),
        "energy": lambda: _energy(world, folder, ledger),
        "emissions": lambda: _emissions(world, folder, ledger),
        "ghg_years": lambda: check_emissions(world, folder, ledger),
        "cost_table": lambda: _costs(world, bill, folder, ledger),
        "capex_table": lambda: _capex(world, folder, ledger),
        "summary": lambda: _summary(world, yearly, folder, ledger),
        "limits": lambda: _limits(world, folder, ledger),
        "targets_table": lambda: _targets(world, folder, ledger),
        "moves_list": lambda: check_moves(world, folder, ledger),
        "starts_table": lambda: check_starts(world, folder, ledger),
        "earlier_table": lambda: check_earlier(world, folder, ledger),
        "upgrades_table": lambda: check_upgrades(world, folder, ledger),
        "payments_table": lambda: check_payments(world, folder, ledger),
        "assets_table": lambda: check_assets(world, folder, ledger),
        "exits_table": lambda: check_exits(world, folder, ledger),
        "lease_tables": lambda: check_lease_tables(world, folder, ledger),
    }
    for rule, check in checks.items():
        try:
            check()
        except UnreadableError as fault:
            ledger.require(rule, False, fault.where, "readable", "unreadable", fault.message)


def _sheet(folder: Path, file: str) -> Sheet | None:
    return read_sheet(folder / file) if (folder / file).exists() else None


def _periods(world: World, folder: Path, ledger: Ledger) -> None:
    """Starts, ends, days and hours of every period agree with the audit's own calendar."""
    sheet, clock = _sheet(folder, "periods.csv"), world.case.clock
    if sheet is None:
        return
    expected = {
        "period": clock.labels,
        "start": [str(day) for day in clock.starts],
        "end": [str(day) for day in clock.ends],
        "fiscal_year": [str(clock.years[i]) for i in clock.year_of],
        "days": [str(days) for days in clock.days],
        "hours": [str(hours) for hours in clock.hours],
        "months": [str(months) for months in clock.months],
        "tail": [str(bool(tail)).lower() for tail in clock.tail],
    }
    for column, cells in expected.items():
        if column == "months" and column not in sheet.columns:
            continue
        found = [
            cell.lower().removeprefix("fy") if column == "fiscal_year" else cell
            for cell in sheet.text(column)
        ]
        found = [cell.lower() for cell in found] if column == "tail" else found
        for label, want, have in zip(clock.labels, cells, found, strict=False):
            message = f"{column} of the period is wrong"
            ledger.require("hours", want == have, {"period": label, "column": column}, want, have, message)
    rows = {"file": "periods.csv"}
    ledger.require("hours", sheet.size == clock.size, rows, clock.size, sheet.size, "wrong number of periods")


def _all(*sizes: int) -> Flags:
    return np.ones(sizes, np.bool_)


def _energy(world: World, folder: Path, ledger: Ledger) -> None:
    energy, size = world.energy, world.case.clock.size
    reader = Reader(folder, ledger, "energy")
    halls = {
        "it_mwh": (energy.hall_it, largest(energy.hall_it)),
        "facility_mwh": (energy.hall_facility, largest(energy.hall_facility)),
    }
    every = _all(len(world.halls[1]), size)
    reader.agree("energy.csv", (world.halls, world.periods), halls, every)
    sites = {
        "it_mwh": (energy.it, largest(energy.it)),
        "facility_mwh": (energy.facility, largest(energy.facility)),
        "onsite_mwh": (energy.onsite, largest(energy.onsite)),
        "imported_mwh": (energy.imported, largest(energy.facility)),
    }
    every = _all(len(world.sites[1]), size)
    reader.agree("site_energy.csv", (world.sites, world.periods), sites, every)
    peak = np.where(world.case.sites.owned[:, None], energy.peak_kw, np.nan)
    peaks = Reader(folder, ledger, "peak")
    peaks.agree(
        "site_energy.csv", (world.sites, world.periods), {"peak_kw": (peak, largest(energy.peak_kw))}, every
    )


def _emissions(world: World, folder: Path, ledger: Ledger) -> None:
    sums = {
        "facility_mwh": over_years(world, world.energy.facility),
        "imported_mwh": over_years(world, world.energy.imported),
        "location_tco2e": over_years(world, location_t(world)),
    }
    expected = {name: (table, largest(table)) for name, table in sums.items()}
    required = np.repeat(horizon(world)[None], len(world.sites[1]), axis=0)
    reader = Reader(folder, ledger, "emissions")
    axes = (world.sites, world.years)
    reader.agree("emissions.csv", axes, expected, required, _all(*required.shape))


def horizon(world: World) -> Flags:
    """Return which fiscal years are planned and reported: (year,)."""
    clock = world.case.clock
    return np.array([year in clock.horizon_years for year in clock.years], dtype=np.bool_)


def _costs(world: World, bill: Bill, folder: Path, ledger: Ledger) -> None:
    """Every term of every site and period agrees; a cost of nothing may have no row."""
    path = folder / "costs.csv"
    if not path.exists():
        return
    terms = list(bill.nominal)
    axes = (("term", terms), ("site", [*world.sites[1], "fleet"]), world.periods)
    reader = Reader(folder, ledger, "cost_table")
    none = np.zeros(tuple(len(labels) for _, labels in axes), np.bool_)
    found, _ = reader.table("costs.csv", axes, none, ("mjpy", "pv_mjpy"), ~none)
    if reader.broken:
        return
    for i, term in enumerate(terms):
        for column, tables in (("mjpy", bill.nominal), ("pv_mjpy", bill.present)):
            want = tables[term]
            message = f"costs.csv: {column} is not what inputs and decisions give"
            ledger.equal(f"cost:{term}", axes[1:], want, found[column][i], largest(want), message)
    sheet = read_sheet(path)
    if "cash" in sheet.columns:
        for name, cash in sorted(set(zip(sheet.text("term"), sheet.flags("cash").tolist(), strict=True))):
            where = {"file": "costs.csv", "term": name, "column": "cash"}
            due = is_cash(name)
            ledger.require(f"cost:{name}", cash == due, where, str(due), str(cash), "cash or not cash")


def _capex(world: World, folder: Path, ledger: Ledger) -> None:
    spent = capex_by_year(world)
    names = [project.name for project in world.contracts.projects]
    names += [unit.name for _, unit, _ in bought_units(world)]
    axes = (("project", names), world.years)
    reader = Reader(folder, ledger, "capex_table")
    required = (spent > 1e-6) & horizon(world)
    reader.agree("capex.csv", axes, {"mjpy": (spent, largest(spent))}, required, _all(*spent.shape))


def _summary(world: World, yearly: Mapping[str, Floats], folder: Path, ledger: Ledger) -> None:
    expected = {name: (column, largest(np.nan_to_num(column))) for name, column in yearly.items()}
    reader = Reader(folder, ledger, "summary")
    reader.agree("summary.csv", (world.years,), expected, horizon(world), _all(len(world.years[1])))


def _limits(world: World, folder: Path, ledger: Ledger) -> None:
    """Used and available amounts of the scarce things; `binding` is checked where it is beyond doubt."""
    sheet = _sheet(folder, "limits.csv")
    if sheet is None:
        return
    expected = dict(_scarce(world))
    keys = list(zip(sheet.text("limit"), sheet.text("scope"), sheet.text("period"), strict=True))
    rows = zip(keys, sheet.numbers("used"), sheet.numbers("available"), sheet.flags("binding"), strict=True)
    for key, used, available, binding in rows:
        where = dict(zip(("limit", "scope", "period"), key, strict=True))
        known = ledger.require("limits", key in expected, where, "a known limit", str(key), "unknown limit")
        if not known:
            continue
        want_used, want = expected[key]
        if key[0] == "rack_places" and available == np.floor(want + 1e-9):
            want = float(available)
        scale = max(abs(want_used), abs(want), 1.0)
        ledger.number("limits", where, want_used, float(used), scale, "the used amount is wrong")
        ledger.number("limits", where, want, float(available), scale, "the available amount is wrong")
        if want > 0:
            check_binding(ledger, "limits", where, want - want_used, scale, bool(binding))
            continue
        told = str(bool(binding)).lower()
        message = "what is not there does not bind"
        ledger.require("limits", not binding, where, "false", told, message)
    for missing in expected.keys() - set(keys):
        where = dict(zip(("limit", "scope", "period"), missing, strict=True))
        tail = missing[0] == "capex_budget" and int(missing[2][2:]) not in world.case.clock.horizon_years
        nothing = expected[missing] == (0.0, 0.0)
        ledger.require("limits", tail or nothing, where, "1 row", "0 rows", "the row is missing")
    ledger.require(
        "limits", len(set(keys)) == len(keys), {"file": "limits.csv"}, "one row a key", "more", "repeated"
    )


def check_binding(
    ledger: Ledger, rule: str, where: dict[str, str], slack: float, scale: float, binding: bool
) -> None:
    """Check a published `binding`: false at no slack and true at much slack are wrong, between is free."""
    wrong = (binding and slack > SURELY * scale) or (not binding and slack <= NOTHING * scale)
    ledger.require(rule, not wrong, where, str(not binding).lower(), str(binding).lower(), "binding is wrong")


def _scarce(world: World) -> Iterator[tuple[tuple[str, str, str], tuple[float, float]]]:
    """Yield (limit, scope, period) with the used and the available amount."""
    case, labels = world.case, world.case.clock.labels
    spent = capex_by_year(world).sum(axis=0)
    for i, year in enumerate(case.clock.years):
        if np.isfinite(case.budget_mjpy[i]):
            yield ("capex_budget", "fleet", f"FY{year}"), (float(spent[i]), float(case.budget_mjpy[i]))
    moved = by_site(case, world.decisions.moved_out.sum(axis=0))
    fleet, site = move_limits(world)
    places = (world.decisions.racks + overlap_racks(world)).sum(axis=0)
    room, drawn, received = hall_places(world), design_kw(world), receiving_kw(world)
    for t, label in enumerate(labels):
        yield ("move_limit_fleet", "fleet", label), (float(moved[:, t].sum()), float(fleet[t]))
        for s, name in enumerate(world.sites[1]):
            yield ("move_limit_site", name, label), (float(moved[s, t]), float(site[t]))
            if case.sites.owned[s]:
                yield ("site_power", name, label), (float(drawn[s, t]), float(received[s, t]))
        for h, name in enumerate(world.halls[1]):
            yield ("rack_places", name, label), (float(places[h, t]), float(room[h, t]))


def _targets(world: World, folder: Path, ledger: Ledger) -> None:
    sheet = _sheet(folder, "targets.csv")
    if sheet is None:
        return
    years = [str(year) for year in sheet.whole("fiscal_year")]
    keys = list(zip(sheet.text("target"), years, strict=True))
    value, actual, miss = (
        sheet.numbers("value"),
        sheet.numbers("actual", optional=True),
        sheet.numbers("miss"),
    )
    binding = sheet.flags("binding")
    expected = {(target.name, str(target.year)): i for i, target in enumerate(world.contracts.targets)}
    for row, key in enumerate(keys):
        where = {"target": key[0], "fiscal_year": key[1]}
        if not ledger.require(
            "targets_table", key in expected, where, "a known target", str(key), "unknown target"
        ):
            continue
        place = expected[key]
        target = world.contracts.targets[place]
        achieved, base = target_sides(world, target)
        reached = achieved / base if base > 0 else math.nan
        names = (sheet.text("metric")[row], sheet.text("boundary")[row])
        same = names == (target.metric, target.boundary)
        ledger.require("targets_table", same, where, target.metric, str(names), "metric or boundary is wrong")
        ledger.number("targets_table", where, target.value, float(value[row]), 1.0, "the value is wrong")
        scale = float(largest(reached, floor=1e-3))
        ledger.number("targets_table", where, reached, float(actual[row]), scale, "the actual is wrong")
        wanted = float(world.decisions.miss[place])
        ledger.number(
            "targets_table", where, wanted, float(miss[row]), 1.0, "the miss is not that of misses.csv"
        )
        slack, size = -shortfall(world, target), float(largest(target.value * base))
        if wanted > SURELY:
            slack = 0.0  # what is missed by a published amount is at its limit, whatever else gives way
        if wanted > SURELY or slack > -1e-6 * size:
            check_binding(ledger, "targets_table", where, slack, size, bool(binding[row]))
    for key in expected.keys() - set(keys):
        tail = int(key[1]) not in world.case.clock.horizon_years
        where = {"target": key[0], "fiscal_year": key[1]}
        ledger.require("targets_table", tail, where, "1 row", "0 rows", "the row is missing")
    where = {"file": "targets.csv"}
    ledger.require("targets_table", len(set(keys)) == len(keys), where, "one row a key", "more", "repeated")
