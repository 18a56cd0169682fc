"""The budgets that stop an open project from starting one period earlier, all else as planned."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from dcplan.plans.audit.dates import fiscal_year
from dcplan.plans.audit.project_money import capex_by_year, payments
from dcplan.plans.audit.promises_projects import earliest_service
from dcplan.plans.audit.reading import Floats, read_sheet
from dcplan.plans.audit.report import Ledger
from dcplan.plans.audit.world import World, started_in

STOPS = 1e-6
SLIGHTLY = 1e-9


def check_earlier(world: World, folder: Path, ledger: Ledger) -> None:
    """Check each stopped earlier start: its project, period and year, and what it would use of the budget."""
    if not (folder / "earlier.csv").exists():
        return
    sheet = read_sheet(folder / "earlier.csv")
    expected = {key: pair for key, pair, _ in _overspent(world)}
    surely = {key for key, _, surely in _overspent(world) if surely}
    years = [str(year) for year in sheet.whole("fiscal_year")]
    keys = list(zip(sheet.text("project"), sheet.text("period"), years, strict=True))
    names = ("project", "period", "fiscal_year")
    for key, used, available in zip(keys, sheet.numbers("used"), sheet.numbers("available"), strict=True):
        where = dict(zip(names, key, strict=True))
        message = "this budget does not stop that start"
        if ledger.require("earlier_table", key in expected, where, "no row", "1 row", message):
            want_used, want = expected[key]
            scale = max(want_used, want, 1.0)
            ledger.number("earlier_table", where, want_used, float(used), scale, "the used amount is wrong")
            ledger.number("earlier_table", where, want, float(available), scale, "the budget is wrong")
    for key in surely - set(keys):
        where = dict(zip(names, key, strict=True))
        ledger.require("earlier_table", False, where, "1 row", "0 rows", "the row is missing")
    where = {"file": "earlier.csv"}
    ledger.require("earlier_table", len(set(keys)) == len(keys), where, "one row a key", "more", "repeated")


def _overspent(world: World) -> Iterator[tuple[tuple[str, str, str], tuple[float, float], bool]]:
    """Yield (project, earlier period, year), (used, available), and whether that is beyond doubt."""
    clock, budget = world.case.clock, world.case.budget_mjpy
    spent = capex_by_year(world)
    for place, project in enumerate(world.contracts.projects):
        start = started_in(world, project)
        if project.committed or not start or clock.starts[start - 1] < earliest_service(world, project):
            continue
        then: Floats = np.zeros(len(clock.years))
        paid = payments(world, project, clock.starts[start - 1])
        for day, amount in paid:
            then[clock.years.index(fiscal_year(day))] += amount
        used = spent.sum(axis=0) - spent[place] + then
        paying = ((then > 0) | (spent[place] > 0)) & np.isfinite(budget)
        for y in np.flatnonzero(paying).tolist():
            over = (used[y] - budget[y]) / max(abs(budget[y]), 1.0)
            if paid and clock.years[y] in clock.horizon_years and over > STOPS - SLIGHTLY:
                key = (project.name, clock.labels[start - 1], str(clock.years[y]))
                yield key, (float(used[y]), float(budget[y])), over > STOPS + SLIGHTLY
