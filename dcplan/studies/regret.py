"""What it costs not to have known: the plan of an earlier edition carried into what was known later.

The starts and exits of the plan that knew less are pinned in the case that knows more, which is solved again
around them: racks, moves, the size of leases, contract power and certificates still adapt. The regret is
what this costs more than the best plan of that case.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.knowledge import write_known
from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.shipped import case_path
from dcplan.data.writing import copy_case, write_table
from dcplan.errors import InfeasibleError
from dcplan.plans.make import Reporter, solve_case
from dcplan.plans.plan import open_plan, refuse_existing
from dcplan.studies.place_changes import cost_changes, decision_changes
from dcplan.studies.resolve_interval import Interval, Proof, difference

if TYPE_CHECKING:
    from datetime import date

    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

FORESIGHT, HINDSIGHT, CARRIED = "foresight", "retrospective", "carried"
"""Folders of the plans: with what was known, with all that is known, the first carried into the second."""


@dataclass(frozen=True, eq=False)
class Regret:
    """The regret of a plan that knew less.

    Attributes:
        known_on: what the first plan knew.
        regret: between which values [M JPY present value] it lies; never below nothing.
        expected_mjpy: what the first plan was thought to cost.
        terms: cost terms of the best and the carried plan: term, before_mjpy, after_mjpy, difference_mjpy.
        overspend: fiscal_year, budget_mjpy, capex_mjpy, over_mjpy of the carried plan.
        changes: decisions of the best plan (before) that differ in the first one (after).
        foresight: the first plan.
        retrospective: the best plan of the case that knows more.
        carried: the first plan's starts and exits in that case.
    """

    known_on: date
    regret: Interval
    expected_mjpy: float
    terms: pd.DataFrame
    overspend: pd.DataFrame
    changes: pd.DataFrame
    foresight: Plan
    retrospective: Plan
    carried: Plan


def regret(
    case: str | Path,
    known_on: date,
    output: Path,
    *,
    until: date | None = None,
    over_budget: bool = False,
    progress: Reporter | None = None,
    **asked: Any,
) -> Regret:
    """Return the regret of planning a case with what was known on a day.

    Args:
        case: a case folder, a workbook, the name of a shipped case, or a plan folder, which saves its solve.
        known_on: only rows known by this day are used in the first plan.
        output: a new folder: the case as it was known, the pinned case, and the three plans.
        until: only starts and exits before this day are carried over; later ones are decided anew. None: all.
        over_budget: what was ordered is paid for even where what came exceeds the budget: the carried plan
            has none, and its overspend is told. The regret may then be below nothing.
        progress: as for `solve_case`.
        asked: further options of `solve_case`, for every solve.

    Raises:
        InputError: the case, its vintages or the case as it was known are refused.
        InfeasibleError: a case has no plan, or the decisions of the first plan cannot be kept in the second.
    """
    tell = progress or (lambda _: None)
    refuse_existing(output)
    output.mkdir(parents=True)
    folder, later = _later(case, output, tell, asked)
    tell(f"as known on {known_on}")
    first = solve_case(
        write_known(folder, known_on, output / "case-as-known"),
        output=output / FORESIGHT,
        progress=progress,
        **asked,
    )
    tell("carrying its starts and exits over")
    pinned = write_pinned(folder, first, output / "case-pinned", until, over_budget=over_budget)
    carried = _carried(pinned, output / CARRIED, progress, asked)
    return Regret(
        known_on=known_on,
        regret=difference(_proof(later), _proof(carried), restriction=not over_budget),
        expected_mjpy=float(first.manifest["published_cost_mjpy"]),
        terms=cost_changes(later.tables, carried.tables),
        overspend=overspend(load(folder), carried),
        changes=decision_changes(later.tables, first.tables),
        foresight=first,
        retrospective=later,
        carried=carried,
    )


def _carried(folder: Path, output: Path, progress: Reporter | None, asked: dict[str, Any]) -> Plan:
    """Solve the pinned case; if that cannot be done, say what may help."""
    try:
        return solve_case(folder, output=output, progress=progress, **asked)
    except InfeasibleError as error:
        message = "The starts and exits of the plan that knew less cannot be kept in what came."
        advice = "Carry fewer of them over (until), or let them exceed the budget (over_budget)."
        raise InfeasibleError(message, [advice, *error.details]) from error


def overspend(case: Case, plan: Plan) -> pd.DataFrame:
    """Return the fiscal years in which a plan pays more than the budget of a case."""
    paid = plan.tables["capex"].groupby("fiscal_year")["mjpy"].sum()
    rows = case["budgets"][["fiscal_year", "capex_mjpy"]].rename(columns={"capex_mjpy": "budget_mjpy"})
    rows["capex_mjpy"] = rows["fiscal_year"].map(paid).fillna(0.0)  # a year without a payment
    rows["over_mjpy"] = rows["capex_mjpy"] - rows["budget_mjpy"]
    return rows[rows["over_mjpy"] > 1e-6].reset_index(drop=True)


def opening_knowledge(folder: Path) -> date:
    """Return the last day before a case (or the case of a plan folder) opens: what edition foresight knows.

    Raises:
        InputError: the case is refused.
    """
    inputs = folder / "inputs" if (folder / "manifest.json").is_file() else folder
    return load(inputs).info.as_of - timedelta(days=1)


def _later(case: str | Path, output: Path, tell: Reporter, asked: dict[str, Any]) -> tuple[Path, Plan]:
    """Return the folder of the case that knows more, and its best plan."""
    folder = Path(case)
    if (folder / "manifest.json").is_file():
        return folder / "inputs", open_plan(folder)
    folder = plain_folder(case_path(case), output / "case")
    tell("with all that is known")
    return folder, solve_case(folder, output=output / HINDSIGHT, progress=tell, **asked)


def _proof(plan: Plan) -> Proof:
    return Proof(float(plan.manifest["bound_mjpy"]), float(plan.manifest["published_cost_mjpy"]))


def write_pinned(
    folder: Path, plan: Plan, target: Path, until: date | None = None, *, over_budget: bool = False
) -> Path:
    """Write a case with the starts and exits of a plan of it as pins, and return its folder.

    With `over_budget` it has no CAPEX budget.
    """
    case = load(folder)
    copy_case(folder, target)
    pins = pins_of(case, plan, until)
    write_table(
        target, "pins", pd.concat([case["pins"], pins], ignore_index=True) if len(case["pins"]) else pins
    )
    if over_budget:
        write_table(target, "budgets", case["budgets"].iloc[:0])
    load(target)
    return target


def pins_of(case: Case, plan: Plan, until: date | None) -> pd.DataFrame:
    """Return the starts of halls and the exits of sites of a plan as pins of a case.

    A candidate hall is out of service before its start and in service from it on; a leased site is kept
    before its exit and not from it on. What has neither stays out of service, or kept. Committed halls, whose
    date is fixed anyway, are left out; `until` ends every pin.
    """
    end = min(until or plan_end(plan), plan_end(plan))
    projects = case["projects"]
    open_halls = projects.loc[~projects["committed"].astype(bool) & (projects["hall"] != ""), "hall"]
    starts = _first_days(plan, "starts", "hall")
    leased = case["sites"].loc[case["sites"]["ownership"] == "leased", "site"]
    exits = _first_days(plan, "exits", "site")
    rows = [
        *(row for hall in open_halls for row in _steps(case, end, "hall", hall, starts.get(hall), 0, 1)),
        *(row for site in leased for row in _steps(case, end, "site", site, exits.get(site), 1, 0)),
    ]
    return pd.DataFrame(rows, columns=case["pins"].columns).astype(
        {"value": float, "low": float, "high": float}
    )


def plan_end(plan: Plan) -> date:
    """Return the end of a plan's horizon: its tail is no decision."""
    periods = plan.tables["periods"]
    end: date = periods.loc[~periods["tail"].astype(bool), "end"].iloc[-1]
    return end


def _first_days(plan: Plan, table: str, key: str) -> dict[str, date]:
    """Return the first day of the period of each start or exit."""
    rows = plan.tables[table].merge(plan.tables["periods"][["period", "start"]], on="period")
    return {str(name): day for name, day in zip(rows[key], rows["start"], strict=True) if name}


def _steps(
    case: Case, end: date, column: str, name: str, step: date | None, before: int, after: int
) -> list[dict[str, Any]]:
    """Return one pin for the days before a step and one for those from it on, within the horizon."""
    spans = [(case.info.as_of, min(step or end, end), before), (step or end, end, after)]
    decision = {"hall": "in_service", "site": "kept"}[column]
    plain = {"class": "", "hall": "", "site": "", "low": float("nan"), "high": float("nan"), "known_on": None}
    source = str(case["sources"]["source"].iloc[0])
    return [
        {**plain, column: name, "pin": f"{name}-{value}", "decision": decision, "period_from": start,
         "period_to": stop, "sense": "=", "value": float(value), "source": source, "basis": "derived",
         "reason": f"{name}: as decided on what was known then, {decision} = {value}."}
        for start, stop, value in spans
        if start < stop
    ]  # fmt: skip


def regret_document(found: Regret) -> dict[str, Any]:
    """Return a regret as plain data."""
    plans = {FORESIGHT: found.foresight, HINDSIGHT: found.retrospective, CARRIED: found.carried}
    interval = found.regret
    return {
        "known_on": found.known_on,
        "regret_mjpy": {"low": interval.low, "high": interval.high, "verdict": interval.verdict.value},
        "expected_mjpy": found.expected_mjpy,
        "plans": {
            name: {
                "folder": plan.folder,
                "cost_mjpy": plan.manifest["published_cost_mjpy"],
                "bound_mjpy": plan.manifest["bound_mjpy"],
            }
            for name, plan in plans.items()
        },
        "overspend": found.overspend,
        "terms": found.terms,
        "changes": found.changes,
    }
