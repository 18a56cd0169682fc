"""Lease tables compared row by row with what contracts and decisions give."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

from dcplan.plans.audit.costs import break_fees
from dcplan.plans.audit.dates import plus_months
from dcplan.plans.audit.promises_leases import release_day
from dcplan.plans.audit.reading import Sheet, read_sheet
from dcplan.plans.audit.report import Ledger
from dcplan.plans.audit.world import World

BASE = "base"
Key = tuple[str, ...]
Rows = dict[Key, tuple[tuple[str, ...], tuple[float, ...]]]
"""Expected rows: key, the other cells as text, the numbers."""


def check_lease_tables(world: World, folder: Path, ledger: Ledger) -> None:
    """Compare releases.csv, lease_spans.csv and lease_rates.csv."""
    names = ("racks", "break_fee_mjpy", "restoration_mjpy")
    keys = ("lease", "part", "period")
    _compare(ledger, folder / "releases.csv", keys, ("day", "kind", "notice_by"), names, _releases(world))
    dates = ("lease", "part", "start", "end")
    numbers = ("racks", "rent_escalation")
    _compare(ledger, folder / "lease_spans.csv", dates, ("term_end",), numbers, _spans(world))
    _compare(ledger, folder / "lease_rates.csv", keys, (), ("rent_jpy_per_rack_month",), _rates(world))


def _releases(world: World) -> Rows:
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    names, fees = list(leases.rows), break_fees(world)
    found: Rows = {}
    for lease, t in np.argwhere(plan.released > 0).tolist():
        day, over = release_day(world, lease, t), t >= leases.forced[lease]
        kind = "break" if leases.release[lease][t] is None else ("final" if over else "term_end")
        notice = "" if over else str(plus_months(day, -int(leases.notice_months[lease])))
        racks = float(plan.released[lease, t])
        money = (racks, float(fees[lease, t]), float(racks * leases.restoration_mjpy[lease]))
        found[(names[lease], BASE, clock.labels[t])] = ((str(day), kind, notice), money)
    for lease, start in np.argwhere(plan.added > 0).tolist():
        end = leases.tranche_end[lease][start]
        last = clock.holding(end) if end else None
        if end and last is not None:
            racks = float(plan.added[lease, start])
            money = (racks, 0.0, float(racks * leases.restoration_mjpy[lease]))
            key = (names[lease], clock.labels[start], clock.labels[last])
            found[key] = ((str(end), "tranche_end", ""), money)
    return found


def _spans(world: World) -> Rows:
    """Return cohorts: in each term first the racks that a break takes, then those that stay to its end."""
    leases, plan, clock = world.contracts.leases, world.decisions, world.case.clock
    found: Rows = {}
    for lease, name in enumerate(leases.rows):
        gone = {release_day(world, lease, t): plan.released[lease, t] for t in range(clock.size)}
        start, left, rise = clock.as_of, float(leases.racks[lease]), float(leases.escalation[lease])
        for end in leases.ends[lease]:
            if start >= clock.end:
                break
            for day in sorted(day for day in gone if start <= day < end and gone[day] > 0):
                if day > start:
                    found[(name, BASE, str(start), str(day))] = ((str(end),), (float(gone[day]), rise))
                left -= gone[day]
            if left > 0 and end > start:
                found[(name, BASE, str(start), str(end))] = ((str(end),), (left, rise))
            left -= gone.get(end, 0.0)
            gone = {day: racks for day, racks in gone.items() if day > end}
            start = end
    for lease, t in np.argwhere(plan.added > 0).tolist():
        until = leases.tranche_end[lease][t]
        key = (list(leases.rows)[lease], clock.labels[t], str(clock.starts[t]), str(until))
        found[key] = ((str(until),), (float(plan.added[lease, t]), float(leases.escalation[lease])))
    return found


def _rates(world: World) -> Rows:
    leases, clock = world.contracts.leases, world.case.clock
    found: Rows = {}
    for lease, name in enumerate(leases.rows):
        for t, period in enumerate(clock.labels):
            found[(name, BASE, period)] = ((), (float(leases.rate[lease, t]),))
    for lease, start in np.argwhere(world.decisions.added > 0).tolist():
        end = leases.tranche_end[lease][start]
        for t in range(start, clock.size):
            if end and clock.starts[t] < end:
                key = (list(leases.rows)[lease], clock.labels[start], clock.labels[t])
                found[key] = ((), (float(leases.option_rate[lease, t]),))
    return found


def _compare(
    ledger: Ledger, path: Path, keys: Key, texts: Key, numbers: Key, expected: Mapping[Key, object]
) -> None:
    """Compare a table with its expected rows; derived tables may be deleted."""
    if not path.exists():
        return
    sheet = read_sheet(path)
    wanted: Rows = dict(expected)  # type: ignore[arg-type]
    rows = list(_keyed(sheet, keys))
    values = {column: sheet.numbers(column) for column in numbers}
    for key, place in rows:
        where = {"file": path.name, **dict(zip(keys, key, strict=True))}
        if not ledger.require("lease_tables", key in wanted, where, "no row", "1 row", "no such row is due"):
            continue
        cells, amounts = wanted[key]
        for column, want in zip(texts, cells, strict=True):
            found = sheet.text(column)[place]
            at = {**where, "column": column}
            ledger.require("lease_tables", found == want, at, want, found, f"{column} is wrong")
        for column, amount in zip(numbers, amounts, strict=True):
            number = float(values[column][place])
            at = {**where, "column": column}
            scale = max(1.0, abs(amount))
            ledger.number("lease_tables", at, amount, number, scale, f"{column} is wrong")
    _missing(ledger, path.name, keys, wanted, [key for key, _ in rows])


def _keyed(sheet: Sheet, keys: Key) -> Iterator[tuple[Key, int]]:
    columns = [sheet.text(key) for key in keys]
    for place in range(sheet.size):
        yield tuple(column[place] for column in columns), place


def _missing(ledger: Ledger, file: str, keys: Key, wanted: Iterable[Key], found: list[Key]) -> None:
    for key in set(wanted) - set(found):
        where = {"file": file, **dict(zip(keys, key, strict=True))}
        ledger.require("lease_tables", False, where, "1 row", "0 rows", "the row is missing")
    repeated = len(found) - len(set(found))
    ledger.require("lease_tables", repeated == 0, {"file": file}, 0, repeated, "rows are repeated")
