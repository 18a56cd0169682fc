"""Derived lists that follow events and not a grid: moves, starts and exits."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from dcplan.plans.audit.cells import axis_codes
from dcplan.plans.audit.reading import Sheet, read_optional, read_sheet
from dcplan.plans.audit.report import Ledger, largest
from dcplan.plans.audit.world import World, service_date_of, started_in

FIRST_ANNOUNCED = "as_announced_2022"


def check_moves(world: World, folder: Path, ledger: Ledger) -> None:
    """The move list takes what moved out of each hall, puts it into another, and no more than was placed."""
    if not (folder / "moves.csv").exists():
        return
    sheet = read_sheet(folder / "moves.csv")
    moved, placed, tail = world.decisions.moved_out, world.decisions.placed, world.case.clock.tail
    hall = world.halls[1]
    k, t = axis_codes(sheet, world.classes), axis_codes(sheet, world.periods)
    a, b = axis_codes(sheet, ("from_hall", hall)), axis_codes(sheet, ("to_hall", hall))
    racks = sheet.numbers("racks")
    good = np.all([code >= 0 for code in (k, t, a, b)], axis=0) & (a != b) & (racks > 0)
    for row in range(sheet.size):
        where = {"file": "moves.csv", "row": str(row + 2)}
        message = "an unknown label, no racks, or a move into the hall that is left"
        ledger.require("moves_list", bool(good[row]), where, "a move", "no move", message)
    keys = {(k[i], a[i], b[i], t[i]) for i in range(sheet.size)}
    where = {"file": "moves.csv"}
    ledger.require("moves_list", len(keys) == sheet.size, where, sheet.size, len(keys), "a move is repeated")
    out, into = np.zeros(moved.shape), np.zeros(moved.shape)
    np.add.at(out, (k[good], a[good], t[good]), racks[good])
    np.add.at(into, (k[good], b[good], t[good]), racks[good])
    told = ~tail | bool((tail[t[good]]).any())
    axes = (world.classes, world.halls, world.periods)
    scale = np.where(tail, largest(moved), 0.0)
    message = "moves.csv does not list what moved out of the hall"
    ledger.equal("moves_list", axes, moved, out, scale, message, told)
    scale = np.where(tail, largest(placed), 0.0)
    message = "moves.csv puts more into the hall than was placed"
    ledger.at_most("moves_list", axes, into, placed, scale, message)


def check_starts(world: World, folder: Path, ledger: Ledger) -> None:
    """Every hall that starts is listed with its project, period and dates."""
    if not (folder / "starts.csv").exists():
        return
    sheet = read_sheet(folder / "starts.csv")
    clock = world.case.clock
    public = _announced_dates(world)
    listed = sheet.text("project")
    for project in world.contracts.projects:
        start = started_in(world, project)
        rows = [i for i, name in enumerate(listed) if name == project.name]
        where = {"file": "starts.csv", "project": project.name}
        want = 0 if start is None else 1
        optional = start is not None and bool(clock.tail[start])
        holds = len(rows) == want or (optional and not rows)
        if not ledger.require("starts_table", holds, where, want, len(rows), "rows of the project"):
            continue
        for row in rows:
            expected = (
                "" if project.upgrade else world.halls[1][project.hall],
                clock.labels[start or 0],
                str(service_date_of(world, project)),
            )
            for column, cell in zip(("hall", "period", "service_date"), expected, strict=True):
                found = sheet.text(column)[row]
                at = {**where, "column": column}
                ledger.require(
                    "starts_table", found == cell, at, cell, found, f"{column} of the start is wrong"
                )
            told = sheet.text("announced_date")[row]
            known = public[project.name]
            at = {**where, "column": "announced_date"}
            ledger.require(
                "starts_table", told == known, at, known, told, "this is not the date that was announced"
            )
    names = {project.name for project in world.contracts.projects}
    _known(ledger, "starts_table", sheet, "project", names)


def _announced_dates(world: World) -> dict[str, str]:
    """Return the announced service date of each project, empty where none is announced.

    What counts is the last day of announcements, for the plan as first announced the first day. A committed
    project keeps its date, and a case without announcements announces every date.
    """
    sheet = read_optional(world.case.folder / "announcements.csv")
    public = {project.name: _day(project.service_date) for project in world.contracts.projects}
    if sheet is None:
        return public
    days = sheet.days("known_on_date")
    known_on = min(days) if world.plan == FIRST_ANNOUNCED else max(days)
    told = {
        name: _day(service)
        for name, day, service in zip(
            sheet.text("project"), days, sheet.optional_days("service_date"), strict=True
        )
        if day == known_on
    }
    open_projects = (project.name for project in world.contracts.projects if not project.committed)
    return public | {name: told.get(name, "") for name in open_projects}


def _day(day: date | None) -> str:
    return "" if day is None else str(day)


def check_exits(world: World, folder: Path, ledger: Ledger) -> None:
    """Every site that is left is listed once, with the period and the date."""
    if not (folder / "exits.csv").exists():
        return
    sheet = read_sheet(folder / "exits.csv")
    clock, kept = world.case.clock, world.decisions.kept
    for s, name in enumerate(world.sites[1]):
        gone = np.flatnonzero(kept[s] < 0.5)
        first = int(gone[0]) if gone.size else None
        rows = [i for i, label in enumerate(sheet.text("site")) if label == name]
        where = {"file": "exits.csv", "site": name}
        want = 0 if first is None else 1
        optional = first is not None and bool(clock.tail[first])
        holds = len(rows) == want or (optional and not rows)
        ledger.require("exits_table", holds, where, want, len(rows), "rows of the site")
        for row in rows:
            if first is None:
                break
            found = sheet.text("period")[row]
            holds = found == clock.labels[first]
            ledger.require("exits_table", holds, where, clock.labels[first], found, "the period is wrong")
            days = {str(day) for day in _exit_dates(world, s, first)}
            told = sheet.text("date")[row]
            ledger.require(
                "exits_table", told in days, where, " or ".join(sorted(days)), told, "the date is wrong"
            )
    _known(ledger, "exits_table", sheet, "site", set(world.sites[1]))


def _exit_dates(world: World, site: int, period: int) -> list[date]:
    """Return the start of the period and the release dates of the site's leases within it."""
    leases = world.contracts.leases
    within = [leases.release[i][period] for i in np.flatnonzero(leases.site == site).tolist()]
    return [world.case.clock.starts[period], *(day for day in within if day)]


def _known(ledger: Ledger, rule: str, sheet: Sheet, column: str, names: set[str]) -> None:
    for label in sheet.text(column):
        where = {"file": sheet.file, column: label}
        ledger.require(rule, label in names, where, f"a known {column}", label, f"unknown {column}")
