"""The monthly update: actuals replace plan before a new opening day, and the case is solved again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.actuals import read_actuals
from dcplan.data.calendar import add_months, fiscal_year
from dcplan.data.load import load
from dcplan.data.tables import TABLES
from dcplan.errors import InputError, Problem
from dcplan.metrics import bridge
from dcplan.plans.make import Reporter, solve_case
from dcplan.plans.plan import copy_inputs, refuse_existing, write_csv
from dcplan.studies.headroom import saved_tables
from dcplan.studies.place_changes import decision_changes, horizon
from dcplan.studies.update_case import actual_row, planned_peaks, rolled
from dcplan.studies.update_projects import planned_spend

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date

    from dcplan.data.actuals import Actuals
    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

    Tables = Mapping[str, pd.DataFrame]

CHANGE_MJPY = 50.0
"""What changing a promised start or exit costs in a re-solve, M JPY, unless the planner says otherwise."""
WITHIN_MONTHS = 12


@dataclass(frozen=True, eq=False)
class Update:
    """A plan that has moved on.

    Attributes:
        case: the folder of the updated case.
        plan: the plan made of it.
        racks: racks by class and hall on the new opening day: plan_racks, actual_racks, difference_racks.
        energy: energy and bills by site and fiscal year with the causes of their difference.
        peaks: metered peaks of the last twelve months by site: plan_kw, actual_kw, difference_kw.
        capex: cash CAPEX by project and fiscal year: plan, actual, difference.
        years: all of them by fiscal year.
        changes: decisions from the new opening day on that differ: kind, name, before, after.
        remarks: what had to be decided to move the case on.
    """

    case: Path
    plan: Plan
    racks: pd.DataFrame
    energy: pd.DataFrame
    peaks: pd.DataFrame
    capex: pd.DataFrame
    years: pd.DataFrame
    changes: pd.DataFrame
    remarks: tuple[str, ...]


def update(
    plan: Plan,
    files: Sequence[str | Path],
    as_of: date,
    output: str | Path,
    *,
    change_mjpy: float = CHANGE_MJPY,
    within_months: int = WITHIN_MONTHS,
    progress: Reporter | None = None,
    **asked: Any,
) -> Update:
    """Move a plan on to a new opening day and solve it again.

    Args:
        plan: the old plan, opened from its folder.
        files: CSV files of actuals, each named like its table (see `dcplan.data.tables_actuals`).
        as_of: the new opening day: the start of a period of the old plan.
        output: a new folder: `case` (the updated case), `plan` (the new plan), `bridge` (its tables).
        change_mjpy: shadow price of changing a start or an exit that the old plan had in the months after
            the new opening day; 0 for none.
        within_months: how many months after the new opening day count as promised.
        progress: as for `solve_case`.
        asked: further options of `solve_case`.

    Raises:
        InputError: the day, the actuals or the updated case are refused; every problem is named.
        DcplanError: as `solve_case`.
    """
    m = saved_tables(plan)
    case, target = m.case, Path(output)
    refuse_existing(target)
    _refuse_day(case, plan, as_of)
    actuals = read_actuals(files, case, as_of)
    moved = rolled(case, plan.tables, actuals, as_of)
    tables = dict(moved.tables)
    tables["commitments"] = commitments(case, plan, tables, as_of, change_mjpy, within_months)
    folder = target / "case"
    write_case(case, tables, as_of, folder)
    load(folder)
    parts = plan_against_actual(plan, actuals, as_of)
    (target / "bridge").mkdir()
    for name, table in parts.items():
        write_csv(table, target / "bridge" / f"{name}.csv")
    new = solve_case(folder, output=target / "plan", progress=progress, **asked)
    changes = decision_changes(_from(plan.tables, new.tables, tables["projects"]), new.tables)
    return Update(case=folder, plan=new, **parts, changes=changes, remarks=moved.remarks)


def _refuse_day(case: Case, plan: Plan, as_of: date) -> None:
    """Refuse a day that is not the start of a later period of the old plan."""
    starts = set(plan.tables["periods"].loc[~plan.tables["periods"]["tail"].astype(bool), "start"])
    if as_of in starts and as_of > case.info.as_of:
        return
    rule = f"must be the first day of a later period of the plan, which opens on {case.info.as_of}"
    later = min((day for day in starts if day > max(as_of, case.info.as_of)), default=None)
    remedy = f"The next one is {later}." if later else "The plan ends before it: extend the horizon."
    raise InputError([Problem("the update", None, "as_of", str(as_of), rule, remedy)])


def commitments(
    case: Case, plan: Plan, tables: Tables, as_of: date, price_mjpy: float, within_months: int
) -> pd.DataFrame:
    """Return what the old plan promised for the months after the new opening day, and what was promised.

    Starts of projects that are still open, and exits of sites, each with one price for changing it.
    """
    held = tables.get("commitments", case["commitments"])
    held = held[np.array([day >= as_of for day in held["date"]], dtype=bool)].reset_index(drop=True)
    open_ = tables["projects"].loc[~tables["projects"]["committed"].astype(bool), "project"]
    held = held[(held["project"] == "") | held["project"].isin(open_)]
    if price_mjpy <= 0:
        return held
    end = add_months(as_of, within_months)
    known = set(held["project"]) | set(held["site"])
    rows = []
    for kind, table, column in (("project", "starts", "service_date"), ("site", "exits", "date")):
        names = set(open_) if kind == "project" else set(tables["sites"]["site"])
        for name, day in zip(plan.tables[table][kind], plan.tables[table][column], strict=True):
            if name in names and name not in known and as_of <= day < min(end, case.info.horizon_end):
                other = {"project": "", "site": "", kind: name}
                rows.append(actual_row(commitment=f"plan-{name}", **other, date=day, price_mjpy=price_mjpy))
    if not rows:
        return held
    new = pd.DataFrame(rows, columns=case["commitments"].columns)
    return pd.concat([held, new], ignore_index=True) if len(held) else new


def write_case(case: Case, tables: Tables, as_of: date, folder: Path) -> None:
    """Write a case that opens on another day: its inputs with some tables replaced.

    Granularity, tail and terminal value are those of the case in memory, so that the new plan can be
    compared with the old one.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    copy_inputs(case.folder, folder)
    for name, table in tables.items():
        file = folder / TABLES[name].file
        if table.empty and TABLES[name].optional_file:
            file.unlink(missing_ok=True)
        else:
            write_csv(table, file)
    told = {"as_of": as_of.isoformat(), "tail_years": str(case.info.tail_years)}
    told |= {key: f'"{getattr(case.info, key)}"' for key in ("granularity", "terminal_value")}
    text = (folder / "case.toml").read_text("utf-8-sig")
    for key, value in told.items():
        text = re.sub(rf"^{key}\s*=.*$", f"{key} = {value}", text, flags=re.MULTILINE)
    (folder / "case.toml").write_text(text, "utf-8")


def plan_against_actual(plan: Plan, actuals: Actuals, as_of: date) -> dict[str, pd.DataFrame]:
    """Return the bridge: racks, energy, peaks, capex, and all of them by fiscal year (years).

    Only what the actuals hold is compared: energy of the sites and years that were metered, peaks of the
    sites that were, CAPEX when any spend was given.
    """
    periods = plan.tables["periods"]
    passed = list(periods.loc[[end <= as_of for end in periods["end"]], "period"])
    racks = bridge.rack_bridge(plan.tables, passed[-1], actuals["actual_occupancy"])
    planned = bridge.planned_energy(plan.tables, set(passed))
    energy = bridge.energy_bridge(planned, actuals["actual_energy"])
    peaks = bridge.peak_bridge(planned_peaks(plan.tables, as_of), actuals["actual_peaks"])
    spend = actuals["actual_spend"]
    years = range(int(periods["fiscal_year"].iloc[0]), fiscal_year(as_of - timedelta(days=1)) + 1)
    capex = bridge.capex_bridge(planned_spend(plan.tables, as_of), spend, years if len(spend) else ())
    return {
        "racks": racks,
        "energy": energy,
        "peaks": peaks,
        "capex": capex,
        "years": _by_year(racks, energy, peaks, capex, years[-1]),
    }


def _by_year(
    racks: pd.DataFrame, energy: pd.DataFrame, peaks: pd.DataFrame, capex: pd.DataFrame, last: int
) -> pd.DataFrame:
    """Return measure, unit, fiscal_year, plan, actual, difference, volume, pue, price (causes of energy).

    Peaks are the sum over the metered sites of each one's highest peak.
    """
    rows: list[dict[str, Any]] = [
        {"measure": "racks", "unit": "racks", "fiscal_year": last,
         "plan": float(racks["plan_racks"].sum()), "actual": float(racks["actual_racks"].sum())}
    ]  # fmt: skip
    for year, part in energy.groupby("fiscal_year"):
        for measure, unit, column in (
            ("IT energy", "MWh", "it_mwh"),
            ("facility energy", "MWh", "facility_mwh"),
            ("energy bills", "M JPY", "cost_mjpy"),
        ):
            sides = {side: float(part[f"{side}_{column}"].sum()) for side in ("plan", "actual")}
            suffix = {"MWh": "mwh", "M JPY": "mjpy"}[unit]
            causes = ("volume", "pue", "price") if unit == "M JPY" else ("volume", "pue")
            split = {cause: float(part[f"{cause}_{suffix}"].sum()) for cause in causes}
            split = {} if column == "it_mwh" else split
            rows.append({"measure": measure, "unit": unit, "fiscal_year": int(str(year)), **sides, **split})
    if len(peaks):
        sides = {side: float(peaks[f"{side}_kw"].sum()) for side in ("plan", "actual")}
        rows.append({"measure": "sum of site peaks", "unit": "kW", "fiscal_year": last, **sides})
    for year, part in capex.groupby("fiscal_year"):
        sides = {side: float(part[f"{side}_mjpy"].sum()) for side in ("plan", "actual")}
        rows.append({"measure": "CAPEX", "unit": "M JPY", "fiscal_year": int(str(year)), **sides})
    columns = ["measure", "unit", "fiscal_year", "plan", "actual", "volume", "pue", "price"]
    table = pd.DataFrame(rows, columns=columns)
    table.insert(5, "difference", table["actual"] - table["plan"])
    return table


def _from(old: Tables, new: Tables, projects: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return the tables of the old plan for the periods, sites, leases and projects of the new one."""
    known = horizon(new)
    out = dict(old)
    for name in ("starts", "exits", "racks"):
        out[name] = old[name][old[name]["period"].isin(known)]
    out["starts"] = out["starts"][out["starts"]["project"].isin(projects["project"])]
    out["exits"] = out["exits"][out["exits"]["site"].isin(new["sites"]["site"])]
    out["leases"] = old["leases"][old["leases"]["lease"].isin(new["leases"]["lease"])]
    return out


def update_document(done: Update) -> dict[str, Any]:
    """Return an update as plain data."""
    return {
        "case": done.case,
        "plan": done.plan.folder,
        "as_of": done.plan.manifest["as_of"],
        "cost_mjpy": done.plan.manifest["published_cost_mjpy"],
        "gap": done.plan.manifest["gap"],
        "years": done.years,
        "racks": done.racks,
        "energy": done.energy,
        "peaks": done.peaks,
        "capex": done.capex,
        "changes": done.changes,
        "remarks": list(done.remarks),
    }
