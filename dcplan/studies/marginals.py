r"""What one more unit is worth: racks of a class, power at a site, a point of share; by solving again.

Beside each price stands the fixed-integer dual: the slope of the cost when starts, exits and leases stay as
they are in the best plan. It misleads where what the step really costs lies elsewhere, because a decision
changes, and this is said.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.errors import InfeasibleError, SolverError
from dcplan.lp.hints import steps_of as hinted
from dcplan.lp.labels import InfeasibleRowError
from dcplan.lp.solution import Status
from dcplan.model import build
from dcplan.solvers import highs
from dcplan.solvers.steps import BySteps
from dcplan.studies.place import Order, with_order
from dcplan.studies.resolve import Limits, Tell
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_interval import Interval, Proof, Verdict, difference
from dcplan.studies.resolve_workers import Outcome, Task, belong_to_parent, outcome

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.plans.plan import Plan

    Asked = tuple[Matrix, BySteps]

GAP = 1e-5
SMALL = 0.02
"""The share of a step by which the slope of the fixed program is taken."""
COLUMNS = [
    "what", "step", "unit", "verdict", "low_mjpy", "high_mjpy", "low_mjpy_per_unit", "high_mjpy_per_unit",
    "dual_mjpy_per_unit", "dual_misleads", "note",
]  # fmt: skip
_SAME = 1e-6


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        what: what there is more of.
        step: how much.
        unit: its unit.
        changed: makes the case with so much more.
        relaxes: whether more is room, so that it cannot cost more.
    """

    what: str
    step: float
    unit: str
    changed: Callable[[Case, float], Case]
    relaxes: bool = False


def marginals(
    plan: Plan,
    *,
    racks: int = 50,
    mw: float = 1.0,
    points: float = 1.0,
    limits: Limits | None = None,
    tell: Tell | None = None,
) -> pd.DataFrame:
    """Return what so many racks of each class, so much power at each site, a point of share more cost.

    Racks come on top of demand from the opening on, power is receiving kW of an owned site at no cost,
    points are added to every renewable target.

    Args:
        plan: a saved plan.
        racks: racks more of a class.
        mw: MW more at a site.
        points: percentage points more of every renewable target.
        limits: how far to solve; the first gap is proven, then the last where that resolves nothing.
        tell: called with short texts of progress.

    Returns:
        what, step, unit, verdict, low_mjpy and high_mjpy of the step, both per unit, dual_mjpy_per_unit,
        dual_misleads, note.

    Raises:
        InputError: the plan's inputs are refused, or it was not saved.
        SolverError: a solve failed.
    """
    opened, limits, told = opened_plan(plan), limits or Limits(gaps=(GAP,)), tell or (lambda _: None)
    hint = decided(opened, plan)
    told("the plan as it is")
    base = outcome(opened.matrix, Task(None, limits.options(limits.gaps[-1]), hint=hint), opened.solver)
    if base.values is None:
        raise SolverError("the solver found no plan of the unchanged case in time: raise the time limit")
    steps = list(steps_of(opened, racks, mw, points))
    programs = [_program(opened, step, step.step) for step in steps]
    found = _solved(programs, limits, hint, told)
    rows = []
    for step, outcome_ in zip(steps, found, strict=True):
        told(f"slope: {step.what}")
        rows.append(_row(opened, step, base, outcome_))
    return pd.DataFrame(rows, columns=COLUMNS)


def steps_of(opened: Opened, racks: int, mw: float, points: float) -> Iterator[Step]:
    """Yield the steps that a case allows."""
    case = opened.case
    for name in case["classes"]["class"]:
        yield Step(f"racks of {name}", float(racks), "racks", _more_racks(str(name)))
    for site in opened.model.context.tables.owned_sites:
        if (case["connections"]["site"] == site).any():
            yield Step(f"receiving power of {site}", mw, "MW", _more_power(site), relaxes=True)
    share = case["targets"]["metric"] == "renewable_share"
    if share.any() and float(case["targets"].loc[share, "value"].max()) + points / 100.0 <= 1.0:
        yield Step("renewable share, every target", points, "% points", _more_share)


def _more_racks(name: str) -> Callable[[Case, float], Case]:
    def change(case: Case, amount: float) -> Case:
        return with_order(case, Order(name, int(amount), case.info.as_of))

    return change


def _more_power(site: str) -> Callable[[Case, float], Case]:
    def change(case: Case, amount: float) -> Case:
        table = case["connections"].copy()
        table.loc[table["site"] == site, "receiving_kw"] += 1000.0 * amount
        return replace(case, tables={**case.tables, "connections": table})

    return change


def _more_share(case: Case, amount: float) -> Case:
    table = case["targets"].copy()
    table.loc[table["metric"] == "renewable_share", "value"] += amount / 100.0
    return replace(case, tables={**case.tables, "targets": table})


def _program(opened: Opened, step: Step, amount: float) -> Asked | None:
    """Return the program of a step and its search; None where the data alone forbid it."""
    soft = opened.model.program.has("unserved")
    case = step.changed(opened.case, amount)
    try:
        program = build(case, make_calendar(case.info), unserved=soft).program
    except InfeasibleRowError:
        return None
    return program.matrix(), BySteps(tuple(hinted(program)))


def _solve(asked: Asked | None, task: Task) -> Outcome:
    if asked is None:
        return Outcome(Status.INFEASIBLE, Proof())
    matrix, search = asked
    return outcome(matrix, task, search)


def _solved(programs: list[Asked | None], limits: Limits, hint: Floats, tell: Tell) -> list[Outcome]:
    tasks = [Task(None, limits.options(limits.gaps[-1]), hint=_fitted(hint, each)) for each in programs]
    if limits.workers < 1:
        return [_solve(asked, task) for asked, task in zip(programs, tasks, strict=True)]
    context = get_context("spawn")
    with ProcessPoolExecutor(limits.workers, mp_context=context, initializer=belong_to_parent) as pool:
        futures = [pool.submit(_solve, *pair) for pair in zip(programs, tasks, strict=True)]
        found = []
        for count, future in enumerate(futures, start=1):
            found.append(future.result())
            tell(f"{count} of {len(futures)} steps")
        return found


def _fitted(hint: Floats, asked: Asked | None) -> Floats | None:
    """Return a hint for a program that has the same columns; none where it has not."""
    return hint if asked is not None and asked[0].columns == hint.size else None


def _row(opened: Opened, step: Step, base: Outcome, found: Outcome) -> dict[str, Any]:
    """Return one step as a row of the table."""
    row: dict[str, Any] = {"what": step.what, "step": step.step, "unit": step.unit, "note": found.note}
    dual = slope(opened, step, base)
    row["dual_mjpy_per_unit"] = dual if math.isfinite(dual) else None
    if found.status is Status.INFEASIBLE:
        note = "no plan holds it"
        return {
            **row,
            "verdict": Verdict.IMPOSSIBLE.value,
            "dual_misleads": math.isfinite(dual),
            "note": note,
        }
    price = difference(base.proof, found.proof, relaxation=step.relaxes)
    by_unit = Interval(price.low / step.step, price.high / step.step)
    return {
        **row,
        "verdict": price.verdict.value,
        "low_mjpy": price.low,
        "high_mjpy": price.high,
        "low_mjpy_per_unit": by_unit.low,
        "high_mjpy_per_unit": by_unit.high,
        "dual_misleads": misleads(dual, by_unit),
    }


def misleads(dual: float, by_unit: Interval) -> bool:
    """Whether a slope lies outside of the proven cost per unit by more than a tenth of it."""
    if not math.isfinite(dual):
        return True
    room = 0.1 * max(abs(by_unit.low), abs(by_unit.high), _SAME)
    return not by_unit.low - room <= dual <= by_unit.high + room


def slope(opened: Opened, step: Step, base: Outcome) -> float:
    """Return the cost of a small step with whole decisions as they are, per unit; infinite where impossible.

    Raises:
        InfeasibleError: the base itself cannot be kept.
    """
    amount = max(1.0, SMALL * step.step) if step.unit == "racks" else SMALL * step.step
    before = _fixed_cost(opened.matrix, base)
    if before is None:
        raise InfeasibleError("the best plan of the base is none")
    changed = _program(opened, step, amount)
    after = None if changed is None else _fixed_cost(changed[0], base)
    return math.inf if after is None else (after - before) / amount


def _fixed_cost(matrix: Matrix, base: Outcome) -> float | None:
    whole = matrix.integrality
    if base.values is None or base.values.size != matrix.columns:
        return None
    lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
    lower[whole] = upper[whole] = np.round(base.values[whole])
    free = replace(matrix, col_lower=lower, col_upper=upper, integrality=np.zeros_like(whole))
    found = highs.solve(free)
    return None if found.values is None else found.objective
