"""Variations of the toy case, and their optima, for the tests of model and plans.

A variation is made from a loaded case, in memory: `with_value`, `with_rows`, `with_settings`, `with_info`.
`best` solves its search model to proven optimality, `published` makes the whole-rack plan of it, `write_case`
writes it as a folder of inputs that `dcplan solve` takes.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.tables import TABLES
from dcplan.lp.solution import Solution
from dcplan.metrics import yearly
from dcplan.model import FAMILIES, PlanningModel, build
from dcplan.plans.audit import AuditReport, audit
from dcplan.plans.plan import copy_inputs, write_tables
from dcplan.plans.publish import publish, tables_of
from dcplan.plans.reference import announced_dates
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions

PROVENANCE = ["source", "basis", "low", "high", "reason", "known_on"]
EXACT = SolveOptions(gap=0.0, threads=1)


def with_table(case: Case, name: str, table: pd.DataFrame) -> Case:
    """Return the case with another table."""
    return replace(case, tables={**case.tables, name: table.reset_index(drop=True)})


def with_value(case: Case, name: str, column: str, value: Any, **where: Any) -> Case:
    """Return the case with a column set to a value in the rows that `where` picks (all rows without it)."""
    table = case[name].copy()
    rows = np.ones(len(table), dtype=bool)
    for key, wanted in where.items():
        rows &= (table[key.rstrip("_")] == wanted).to_numpy()
    assert rows.any(), f"{name} has no row with {where}"
    if isinstance(value, float) and pd.api.types.is_integer_dtype(table[column]):
        assert value.is_integer()
        value = int(value)
    table[column] = np.where(rows, value, table[column].to_numpy())
    return with_table(case, name, table.astype({column: case[name][column].dtype}))


def with_rows(case: Case, name: str, *rows: dict[str, Any]) -> Case:
    """Return the case with more rows; columns that a row leaves out are as in the last row of the table."""
    table = case[name]
    last = table.iloc[-1].to_dict() if len(table) else dict.fromkeys(table.columns)
    plain = {"source": "tutorial", "basis": "derived", "low": np.nan, "high": np.nan, "reason": ""}
    more = pd.DataFrame([{**last, **plain, **row} for row in rows], columns=table.columns)
    more = more.astype(dict(table.dtypes))
    return with_table(case, name, pd.concat([table, more], ignore_index=True) if len(table) else more)


def without_rows(case: Case, name: str, **where: Any) -> Case:
    """Return the case without the rows that `where` picks."""
    table = case[name]
    rows = np.ones(len(table), dtype=bool)
    for key, wanted in where.items():
        rows &= (table[key.rstrip("_")] == wanted).to_numpy()
    return with_table(case, name, table[~rows])


def with_ppa(case: Case, price: float = 16.0, most_mw: float = 2.0) -> Case:
    """Return the case with a contract on offer: three years from FY2022, and 1 MW for FY2023 alone."""
    name = {"instrument": "sun", "name_ja": "", "kind": "physical_ppa", "renewable": True, "site": ""}
    case = with_rows(case, "instruments", name)
    first = {"instrument": "sun", "fiscal_year": 2022, "term_years": 3, "mwh_per_mw_year": 1000.0}
    first |= {"most_mw": most_mw, "signed_mw": 0.0, "price_jpy_per_kwh": price}
    return with_rows(
        case, "ppa_offers", first, {**first, "fiscal_year": 2023, "term_years": 1, "most_mw": 1.0}
    )


def with_settings(case: Case, **values: float) -> Case:
    """Return the case with other settings."""
    table = case["settings"].copy()
    for name, value in values.items():
        table.loc[table["setting"] == name, "value"] = value
    return replace(with_table(case, "settings", table), settings={**case.settings, **values})


def with_info(case: Case, **values: Any) -> Case:
    """Return the case with other keys of case.toml."""
    return replace(case, info=replace(case.info, **values))


def with_hall(case: Case, hall: str, like: str, project: dict[str, Any], **changes: Any) -> Case:
    """Return the case with one more candidate hall and its project, built like project hall-b."""
    row = case["halls"].set_index("hall", drop=False).loc[like].to_dict()
    case = with_rows(
        case, "halls", {**{str(k): v for k, v in row.items()}, "hall": hall, "status": "candidate", **changes}
    )
    name = str(project["project"])
    case = with_rows(case, "projects", {"hall": hall, "after_project": "", "after_months": 0, **project})
    shares = [{"project": name, "asset_class": asset, "share": 0.5} for asset in ("building", "plant")]
    return with_rows(case, "project_assets", *shares)


def with_upgrade(case: Case, project: str, **changes: Any) -> Case:
    """Return the case with an upgrade of the campus's connection, all of it plant, otherwise as hall-b."""
    row = {"project": project, "hall": "", "site": "Campus", "after_project": "", "after_months": 0}
    row |= {"service_date": None, **changes}
    case = with_rows(case, "projects", row)
    return with_rows(case, "project_assets", {"project": project, "asset_class": "plant", "share": 1.0})


HOT, BRIGHT = range(8), range(3, 7)
"""Hours of every day of `sunny`: at 25 degC, and with 1,000 W/m2 of diffuse light."""


def sunny(case: Case, folder: Path) -> Case:
    """Return the case with other weather: 25 degC from 0 to 8 h, 15 degC after it, light from 3 to 7 h."""
    hour = np.arange(8760) % 24
    warm, light = np.isin(hour, HOT), np.isin(hour, BRIGHT)
    table = {"hour_of_year": np.arange(8760), "temp_c": np.where(warm, 25.0, 15.0), "dni_w_m2": 0}
    table["dhi_w_m2"] = np.where(light, 1000, 0)
    (folder / "weather").mkdir(parents=True, exist_ok=True)
    for station, file in zip(case["stations"]["station"], case["stations"]["file"], strict=True):
        pd.DataFrame(table).to_csv(folder / "weather" / file, index=False)
        case = replace(case, weather={**case.weather, station: table["temp_c"]}, folder=folder)
    mean = 15.0 + 10.0 * len(HOT) / 24.0
    normals = {f"m{month:02d}": mean for month in range(1, 13)}
    return with_table(case, "stations", case["stations"].assign(**normals))


def _onsite(case: Case, table: str, row: dict[str, Any]) -> Case:
    known = TABLES[table]
    plain = {"site": "Campus", "source": "tutorial", "basis": "derived", "low": np.nan, "high": np.nan}
    frame = pd.DataFrame([{**plain, "reason": "", **row}])
    names = [*(column.name for column in known.columns), "source", "basis", "low", "high", "reason"]
    return with_table(case, table, frame[names])


def with_battery(case: Case, **changes: Any) -> Case:
    """Return the case with a battery at Campus: 10 kW and 60 kWh, from the opening, without fade."""
    if case["battery_options"].empty:
        case = with_battery_option(case, max_kw=0.0, max_kwh=0.0)
    row = {"from_date": case.info.as_of, "power_kw": 10.0, "energy_kwh": 60.0, "round_trip": 0.8}
    return _onsite(case, "batteries", {**row, "fade_per_year": 0.0, **changes})


def with_battery_option(case: Case, **changes: Any) -> Case:
    """Return the case with an option at Campus: 20 kW at 10,000 JPY, 100 kWh at 5,000 JPY, no maintenance."""
    row = {
        "from_date": case.info.as_of, "max_kw": 20.0, "max_kwh": 100.0, "power_jpy_per_kw": 10_000.0,
        "energy_jpy_per_kwh": 5_000.0, "price_date": case.info.as_of, "escalation": 0.0,
        "maintenance_share": 0.0, "asset_class": "plant", "round_trip": 0.8, "fade_per_year": 0.0,
    }  # fmt: skip
    return _onsite(case, "battery_options", {**row, **changes})


def with_panels(case: Case, **changes: Any) -> Case:
    """Return the case with room for 50 kW of panels at Campus, 100,000 JPY a kW, no maintenance, no fade."""
    row = {
        "from_date": case.info.as_of, "max_kw": 50.0, "cost_jpy_per_kw": 100_000.0,
        "price_date": case.info.as_of, "escalation": 0.0, "maintenance_share": 0.0, "asset_class": "plant",
        "fade_per_year": 0.0,
    }  # fmt: skip
    return _onsite(case, "pv_options", {**row, **changes})


def with_money(case: Case, more: float = 50.0) -> Case:
    """Return the case with more CAPEX budget in every year [M JPY]."""
    budgets = case["budgets"].copy()
    return with_table(case, "budgets", budgets.assign(capex_mjpy=budgets["capex_mjpy"] + more))


@dataclass(frozen=True)
class Solved:
    """A solved model: its optimum and the tables of its variables."""

    model: PlanningModel
    solution: Solution

    @property
    def cost(self) -> float:
        """Optimum, M JPY present value."""
        return self.solution.objective

    @property
    def values(self) -> np.ndarray:
        """Values of the columns."""
        assert self.solution.values is not None
        return self.solution.values

    def table(self, name: str) -> pd.DataFrame:
        """Values of a variable."""
        return self.model.program.table(name, self.values)

    def built(self) -> dict[str, str]:
        """Return the first period of every candidate hall that starts."""
        state = self.table("in_service")
        first = state[state["in_service"] > 0.5].groupby("hall", sort=False)["period"].first()
        return {str(hall): str(period) for hall, period in first.items()}

    def left(self) -> dict[str, str]:
        """Return the first term of every leased site that is left."""
        kept = self.table("kept")
        first = kept[kept["kept"] < 0.5].groupby("site", sort=False)["term"].first()
        return {str(site): str(term) for site, term in first.items()}

    def racks(self, hall: str, period: str, name: str = "racks") -> float:
        """Return the racks of all classes in a hall (or what moved out of it) in a period."""
        table = self.table(name)
        return float(table.loc[(table["hall"] == hall) & (table["period"] == period), name].sum())

    def costs(self) -> dict[str, float]:
        """Return the nominal cost of every term."""
        found = {}
        for term in self.model.costs:
            amounts = term.nominal.value(self.values)
            found[term.name] = float(
                np.sum(amounts.to_numpy() if isinstance(amounts, pd.Series) else amounts)
            )
        return found


def best(case: Case, by: str | None = None, **options: Any) -> Solved:
    """Return the proven optimum of the search model."""
    calendar = make_calendar(case.info, by)
    model = build(case, calendar, **{"families": FAMILIES, **options})
    return Solved(model, highs.solve(model.program.matrix(), EXACT))


def published(
    case: Case, by: str | None = None, searched: Solved | None = None
) -> tuple[Solved, dict[str, pd.DataFrame]]:
    """Return the published plan in whole racks and its tables."""
    searched = searched or best(case, by)
    answer = publish(searched.model, searched.values, EXACT)
    days = sorted(set(case["announcements"]["known_on_date"]))
    assert answer.values is not None
    tables = tables_of(searched.model, answer.values, announced_dates(case, days[-1] if days else None))
    owned = searched.model.context.tables.owned_sites
    green = list(case["instruments"].query("renewable")["instrument"])
    tables["summary"] = yearly.summary(tables, owned, green)
    return Solved(searched.model, answer), tables


def pinned(case: Case, hall: str, value: int) -> Case:
    """Return the case with a hall that must be (1) or must not be (0) in service from FY2024."""
    start = case.info.as_of.replace(year=2024)
    pin = {
        "pin": f"{hall}-{value}", "decision": "in_service", "class": "", "hall": hall, "site": "",
        "period_from": start, "period_to": None, "sense": "=", "value": float(value),
    }  # fmt: skip
    return with_rows(case, "pins", pin)


def write_case(case: Case, folder: Path) -> Path:
    """Write a case as a folder of inputs; every row is derived from the shipped one."""
    folder.mkdir(parents=True)
    info = case.info
    lines = []
    for key, value in vars(info).items():
        text = (
            value
            if isinstance(value, int)
            else value.isoformat()
            if hasattr(value, "isoformat")
            else f'"{value}"'
        )
        lines.append(f"{key} = {text}\n")
    (folder / "case.toml").write_text("".join(lines), "utf-8")
    for name, frame in case.tables.items():
        if len(frame):
            table = frame.copy()
            if "basis" in table.columns:
                table = table.assign(source="tutorial", basis="derived", low="", high="")
                table["reason"] = "the planner wants it" if name == "pins" else ""
                table = table.drop(columns=["known_on"], errors="ignore")
            for column in table.select_dtypes("bool").columns:
                table[column] = table[column].map({True: "true", False: "false"})
            table.to_csv(folder / f"{name}.csv", index=False)
    weather = folder / "weather"
    weather.mkdir()
    for file in sorted((case.folder / "weather").iterdir()):
        (weather / file.name).write_bytes(file.read_bytes())
    return folder


def audited(case: Case, folder: Path, by: str | None = None) -> tuple[Solved, AuditReport]:
    """Make a plan folder of a variation within this process, with the model as it stands, and audit it.

    Unlike `dcplan solve` this saves the plan whatever the audit says, and makes no reference plans.
    """
    written = load(write_case(case, folder / "case"))
    if by is not None:
        written = with_info(written, granularity=by)
    searched = best(written)
    plan, tables = published(written, searched=searched)
    cost = float(tables["costs"]["pv_mjpy"].sum())
    info = written.info
    manifest = {
        "as_of": info.as_of.isoformat(),
        "edition": info.edition,
        "granularity": info.granularity,
        "tail_years": info.tail_years,
        "terminal_value": info.terminal_value,
        "status": "optimal",
        "published_cost_mjpy": cost,
        "bound_mjpy": min(cost, searched.solution.bound),
        "gap": max(0.0, (cost - searched.solution.bound) / abs(cost)),
        "requested_gap": 1.0,
        "inputs": dict(written.hashes),
    }
    write_tables(tables, folder / "plan" / "tables")
    copy_inputs(folder / "case", folder / "plan" / "inputs")
    (folder / "plan" / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    return plan, audit(folder / "plan")
