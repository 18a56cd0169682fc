"""Projects of the saved case, what they bring into service, and the assets that stand at the opening."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np

from dcplan.plans.audit.inputs import Case, known_codes
from dcplan.plans.audit.reading import Codes, Floats, Sheet, read_optional, read_sheet


@dataclass(frozen=True)
class AssetKind:
    """An asset class with its life in the books and for tax, in years."""

    name: str
    life: float
    tax_life: float


@dataclass(frozen=True)
class Project:
    """What brings a hall, or more grid power, into service; `after` is the project before it, or empty.

    `place` is the row of the project; `hall` is -1 where it upgrades the connection of `site` by `adds_kw`.
    """

    name: str
    place: int
    hall: int
    site: int
    adds_kw: float
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
    assets: list[tuple[AssetKind, float]]

    @property
    def upgrade(self) -> bool:
        """True where the project adds receiving power."""
        return self.hall < 0


@dataclass(frozen=True)
class OpeningAsset:
    """An asset in service before the plan."""

    name: str
    site: str
    kind: AssetKind
    cost_mjpy: float
    service_date: date


def read_projects(case: Case) -> list[Project]:
    """Return the projects of a saved case."""
    folder = case.folder
    if not (folder / "projects.csv").exists():
        return []
    sheet = read_sheet(folder / "projects.csv")
    sheet.index("project")
    kinds = asset_kinds(case)
    parts = read_sheet(folder / "project_assets.csv")
    assets: dict[str, list[tuple[AssetKind, float]]] = {}
    for name, kind, share in zip(
        parts.text("project"), parts.text("asset_class"), parts.numbers("share"), strict=True
    ):
        assets.setdefault(name, []).append((kinds[kind], float(share)))
    plan = read_sheet(folder / "milestones.csv")
    profiles: dict[str, list[tuple[int, float]]] = {}
    for name, months, share in zip(
        plan.text("profile"), plan.whole("months_before"), plan.numbers("share"), strict=True
    ):
        profiles.setdefault(name, []).append((int(months), float(share)))
    number = {name: _numbers(sheet, name) for name in _NUMBERS}
    hall, site = _places(sheet, case)
    committed = sheet.flags("committed")
    price_date, service = sheet.days("price_date"), sheet.optional_days("service_date")
    earliest = sheet.optional_days("earliest_date")
    return [
        Project(
            name=name,
            place=i,
            hall=int(hall[i]),
            site=int(site[i]),
            adds_kw=float(number["adds_receiving_kw"][i]),
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


_NUMBERS = (
    "cost_mjpy",
    "escalation",
    "build_months",
    "after_months",
    "spent_mjpy",
    "adds_receiving_kw",
)


def _numbers(sheet: Sheet, column: str) -> Floats:
    """Return a column of numbers; an absent column or an empty cell is 0."""
    if column not in sheet.columns:
        return np.zeros(sheet.size)
    return np.nan_to_num(sheet.numbers(column, optional=True))


def _places(sheet: Sheet, case: Case) -> tuple[Codes, Codes]:
    """Return the hall (-1 for an upgrade) and the site of every project; unknown names are refused."""
    named = [i for i, cell in enumerate(sheet.text("hall")) if cell]
    upgrades = [i for i in range(sheet.size) if i not in named]
    hall, site = np.full(sheet.size, -1, dtype=np.int64), np.zeros(sheet.size, dtype=np.int64)
    hall[named] = known_codes(_rows(sheet, "hall", named), "hall", case.halls.rows)
    site[named] = case.halls.site[hall[named]]
    site[upgrades] = known_codes(_rows(sheet, "site", upgrades), "site", case.sites.rows)
    return hall, site


def _rows(sheet: Sheet, column: str, rows: list[int]) -> Sheet:
    cells = sheet.text(column) if rows else []
    return Sheet(sheet.file, {column: [cells[i] for i in rows]}, len(rows))


def asset_kinds(case: Case) -> dict[str, AssetKind]:
    """Return the asset classes of a case by name."""
    sheet = read_sheet(case.folder / "asset_classes.csv")
    life, tax = sheet.numbers("life_years"), _numbers(sheet, "tax_life_years")
    return {
        name: AssetKind(name, float(life[i]), float(tax[i] if tax[i] > 0 else life[i]))
        for i, name in enumerate(sheet.text("asset_class"))
    }


def read_opening_assets(case: Case) -> list[OpeningAsset]:
    """Return the assets that stand at the opening."""
    sheet = read_optional(case.folder / "opening_assets.csv")
    if sheet is None:
        return []
    kinds, cost, days = asset_kinds(case), sheet.numbers("cost_mjpy"), sheet.days("service_date")
    return [
        OpeningAsset(
            name, sheet.text("site")[i], kinds[sheet.text("asset_class")[i]], float(cost[i]), days[i]
        )
        for i, name in enumerate(sheet.text("asset"))
    ]
