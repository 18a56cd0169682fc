"""The tables of what is built, compared row by row: upgrades, payments, and the asset roll."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from pathlib import Path

from dcplan.plans.audit.dates import fiscal_year
from dcplan.plans.audit.project_contracts import Project
from dcplan.plans.audit.project_money import bought_units, cost_at, milestones_of
from dcplan.plans.audit.reading import Sheet, read_sheet
from dcplan.plans.audit.report import Ledger
from dcplan.plans.audit.world import World, service_date_of, started_in

Cells = Mapping[str, str | float]


def check_upgrades(world: World, folder: Path, ledger: Ledger) -> None:
    """The site of every row of upgrades.csv is that of its project."""
    if not (folder / "upgrades.csv").exists():
        return
    sheet = read_sheet(folder / "upgrades.csv")
    site = {project.name: world.sites[1][project.site] for project in world.contracts.projects}
    for row, (project, told) in enumerate(zip(sheet.text("project"), sheet.text("site"), strict=True)):
        where = {"file": "upgrades.csv", "row": str(row + 2), "project": project}
        due = site.get(project, "")
        ledger.require("upgrades_table", told == due, where, due, told, "the site is not that of the project")


def check_payments(world: World, folder: Path, ledger: Ledger) -> None:
    """Every milestone of every project that starts is listed, with its day, year and amount."""
    if not (folder / "payments.csv").exists():
        return
    sheet = read_sheet(folder / "payments.csv")
    expected = [row for project in world.contracts.projects for row in _payments(world, project)]
    paid = [("capex", row) for row in expected]
    for term, unit, day in bought_units(world):
        paid += [(term, row) for row in _milestones(world, unit, day)]
    told = "term" in sheet.columns  # plans that bought nothing for sites were saved without it
    expected = [{**row, "term": term} if told else row for term, row in paid]
    _compare(ledger, "payments_table", sheet, expected, ("project", "day", "mjpy"))


def _payments(world: World, project: Project) -> list[Cells]:
    service = service_date_of(world, project)
    if service is None or started_in(world, project) is None:
        return []
    return _milestones(world, project, service)


def _milestones(world: World, project: Project, service: date) -> list[Cells]:
    clock = world.case.clock
    rows: list[Cells] = []
    for day, amount, sunk in milestones_of(world, project, service):
        t = clock.holding(day)
        rows.append(
            {
                "project": project.name,
                "day": str(day),
                "period": "" if t is None else clock.labels[t],
                "fiscal_year": str(fiscal_year(day)),
                "mjpy": amount,
                "sunk": str(sunk).lower(),
            }
        )
    return rows


def check_assets(world: World, folder: Path, ledger: Ledger) -> None:
    """The asset roll holds what stands at the opening and every asset of the projects that start."""
    if not (folder / "assets.csv").exists():
        return
    sheet = read_sheet(folder / "assets.csv")
    expected: list[Cells] = [
        {
            "asset": asset.name,
            "project": "",
            "site": asset.site,
            "asset_class": asset.kind.name,
            "cost_mjpy": asset.cost_mjpy,
            "service_date": str(asset.service_date),
            "life_years": asset.kind.life,
            "tax_life_years": asset.kind.tax_life,
            "opening": "true",
        }
        for asset in world.contracts.opening_assets
    ]
    started = [(project, service_date_of(world, project)) for project in world.contracts.projects]
    for project, service in [*started, *((unit, day) for _, unit, day in bought_units(world))]:
        if service is None:
            continue
        expected += [
            {
                "asset": f"{project.name}:{kind.name}",
                "project": project.name,
                "site": world.sites[1][project.site],
                "asset_class": kind.name,
                "cost_mjpy": cost_at(project, service) * share,
                "service_date": str(service),
                "life_years": kind.life,
                "tax_life_years": kind.tax_life,
                "opening": "false",
            }
            for kind, share in project.assets
        ]
    _compare(ledger, "assets_table", sheet, expected, ("asset",))


def _compare(ledger: Ledger, rule: str, sheet: Sheet, expected: list[Cells], order: tuple[str, ...]) -> None:
    """Compare a list with the rows that are due, both in the order of some columns; every column counts."""
    where = {"file": sheet.file}
    size = len(expected)
    if not ledger.require(rule, sheet.size == size, where, size, sheet.size, "the number of rows is wrong"):
        return
    if not expected:
        return
    numeric = {column for column, cell in expected[0].items() if isinstance(cell, float)}
    told = {
        column: sheet.numbers(column) if column in numeric else sheet.text(column) for column in expected[0]
    }
    due = sorted(expected, key=lambda cells: [cells[column] for column in order])
    rows = sorted(range(size), key=lambda row: [told[column][row] for column in order])
    for cells, row in zip(due, rows, strict=True):
        for column, want in cells.items():
            at = {**where, "row": str(row + 2), "column": column}
            message = f"{column} is not what inputs and decisions give"
            if isinstance(want, float):
                found = float(told[column][row])
                ledger.number(rule, at, want, found, max(abs(want), 1.0), message)
            else:
                cell = (
                    str(told[column][row]).lower()
                    if column in {"sunk", "opening"}
                    else str(told[column][row])
                )
                ledger.require(rule, cell == want, at, want, cell, message)
