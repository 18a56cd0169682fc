"""What each target costs at the margin: the best plan with it one step tighter, less the best plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import InputError, Problem
from dcplan.lp.labels import InfeasibleRowError
from dcplan.model import build
from dcplan.model.hourly import hourly_target
from dcplan.model.targets import targets
from dcplan.model.variables import targets as targets_in_force
from dcplan.studies.resolve import Answer, Answers, Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Also, Question

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dcplan.lp.matrix import Matrix
    from dcplan.plans.plan import Plan


@dataclass(frozen=True)
class Step:
    """One step of a metric.

    Attributes:
        size: of the step, as a share of the value where `relative`, else in the value's unit.
        sense: 1 where a higher value is tighter, -1 where a lower one is.
        relative: whether the size is a share of the value.
        unit: of what a step is counted in, for a price per unit.
        scale: units in a step of size 1 (of the value where `relative`).
    """

    size: float
    sense: float
    relative: bool = False
    unit: str = ""
    scale: float = 1.0


STEPS = {
    "renewable_share": Step(0.01, 1.0, unit="percentage point", scale=100.0),
    "hourly_carbon_free_share": Step(0.01, 1.0, unit="percentage point", scale=100.0),
    "location_tco2e": Step(0.01, -1.0, relative=True, unit="t"),
    "pue": Step(0.005, -1.0, unit="0.01 of PUE", scale=100.0),
}
"""A step: one percentage point, one per cent of the tonnes, 0.005 of PUE."""
SLACK = "slack"
"""Said of a target that the best plan meets one step tighter as it stands."""
COLUMNS = [
    "target", "fiscal_years", "metric", "boundary", "kind", "value", "tighter", "verdict", "low_mjpy",
    "high_mjpy", "per", "low_per_unit", "high_per_unit", "note",
]  # fmt: skip


def target_prices(
    plan: Plan,
    *,
    each_year: bool = False,
    steps: float = 1.0,
    limits: Limits | None = None,
    tell: Tell | None = None,
) -> pd.DataFrame:
    """Return the marginal price of every target of a plan's case.

    The price is the optimum with the target one step tighter less the optimum, both of the search's
    relaxation, present value at `as_of`, all else planned anew: an interval that both proofs allow, never
    below zero. A target that carries a price costs at most that price. One that the best plan meets one step
    tighter costs nothing beyond the gap: its verdict is `slack`. All years of a target are tightened at once,
    the tail that holds its last value included; several targets are not. An hourly share is priced by the
    sets of hours that every program starts with (`model.hourly`).

    Args:
        plan: a saved plan.
        each_year: a price for every year of every target instead; the last year takes the tail with it.
        steps: how many steps (`STEPS`) tighter; more where one is not distinguishable.
        limits: how far to solve.
        tell: called with short texts of progress.

    Returns:
        target, fiscal_years (first and last, as text), metric, boundary, kind (hard | priced), value and
        tighter (of the last year), verdict, low_mjpy and high_mjpy, per (unit of the prices per unit: M JPY
        per unit in every year at once; for tonnes JPY per t, over the undiscounted tonnes of all years),
        low_per_unit, high_per_unit, note; no row when the case has no target.

    Raises:
        InputError: the plan was not saved, or its inputs are refused; a step makes a target impossible by its
            number alone.
        InfeasibleError: the plan's case has no plan.
        SolverError: a solve failed.
        ValueError: the steps are not positive.
    """
    if not steps > 0.0:
        raise ValueError(f"steps = {steps}: must be above 0")
    opened = opened_plan(plan)
    rows = targets_in_force(opened.model.context.tables).assign(steps=steps)
    if rows.empty:
        return pd.DataFrame(columns=COLUMNS)
    tighter = _tighter(opened, rows)
    groups = list(_groups(opened, rows, each_year))
    questions = [Question(_name(group), (_also(tighter, group),)) for group in groups]
    hint = decided(opened, plan)
    found = resolve(opened.matrix, questions, limits=limits, tell=tell, solve=opened.solver, hint=hint)
    return _table(groups, found)


def tightened(metric: str, value: float, steps: float = 1.0) -> float:
    """Return the value of a target some steps tighter.

    >>> tightened("renewable_share", 0.5), tightened("location_tco2e", 70_000.0, steps=2.0)
    (0.51, 68600.0)
    """
    step = STEPS[metric]
    size = steps * step.size * (value if step.relative else 1.0)
    return value + step.sense * size


def _tighter(opened: Opened, rows: pd.DataFrame) -> Matrix:
    """Return the rows of all targets one step tighter, over the same columns."""
    case = opened.case
    table = case["targets"].copy()
    steps = float(rows["steps"].iloc[0])
    pairs = zip(table["metric"], table["value"], strict=True)
    table["value"] = [tightened(metric, float(value), steps) for metric, value in pairs]
    bad = table[table["metric"].str.endswith("share") & (table["value"] > 1.0)]
    if not bad.empty:
        name, year = bad.iloc[0][["target", "fiscal_year"]]
        rule = f"one step tighter {name} of FY{year} is above 1"
        raise InputError([Problem("targets.csv", None, "value", None, rule, "Ask for fewer steps.")])
    changed = replace(case, tables={**case.tables, "targets": table})
    m = opened.model.context.tables
    try:
        return build(
            changed, m.calendar, terminal_value=m.terminal_value, families=(targets, hourly_target)
        ).program.matrix()
    except InfeasibleRowError as error:
        rule = f"one step tighter: {error}"
        raise InputError(
            [Problem("targets.csv", None, "value", None, rule, "Ask for fewer steps.")]
        ) from error


def _groups(opened: Opened, rows: pd.DataFrame, each_year: bool) -> Iterable[pd.DataFrame]:
    """Return the rows of one question each, in input order; the tail goes with the last year."""
    periods = opened.model.context.tables.periods
    last = int(periods.loc[~periods["tail"], "fiscal_year"].max())
    rows = rows.assign(said=rows["fiscal_year"].clip(upper=last))
    keys = ["target", "said"] if each_year else ["target"]
    order = {name: place for place, name in enumerate(dict.fromkeys(rows["target"]))}
    by_name = rows.assign(place=rows["target"].map(order)).sort_values(
        ["place", "fiscal_year"], kind="stable"
    )
    return (group for _, group in by_name.groupby(keys, sort=False))


def _name(group: pd.DataFrame) -> str:
    return f"{group['target'].iloc[0]} {_years(group)} tighter"


def _years(group: pd.DataFrame) -> str:
    first, last = int(group["said"].min()), int(group["said"].max())
    return f"FY{first}" if first == last else f"FY{first}-FY{last}"


def _also(tighter: Matrix, group: pd.DataFrame) -> Also:
    block = tighter.blocks.rows[f"target_{group['metric'].iloc[0]}"]
    frame = block.frame().reset_index(names="at")
    wanted = frame.merge(group[["target", "fiscal_year"]], on=["target", "fiscal_year"])["at"]
    return Also(tighter, block.start + wanted.to_numpy(dtype=np.int64))


def _table(groups: list[pd.DataFrame], found: Answers) -> pd.DataFrame:
    rows = [_row(group, answer) for group, answer in zip(groups, found.answers, strict=True)]
    return pd.DataFrame(rows, columns=COLUMNS)


def _row(group: pd.DataFrame, answer: Answer) -> dict[str, Any]:
    shown = group[group["said"] == group["fiscal_year"]].iloc[-1]
    metric, steps = str(shown["metric"]), float(shown["steps"])
    tight = tightened(metric, float(shown["value"]), steps)
    interval = answer.interval
    ends = (interval.low, interval.high) if interval else (None, None)
    per, factor = _per_unit(metric, group, steps)
    priced = [end * factor if end is not None else None for end in ends]
    return {
        "target": str(shown["target"]),
        "fiscal_years": _years(group),
        "metric": metric,
        "boundary": str(shown["boundary"]),
        "kind": "hard" if pd.isna(shown["miss_price"]) else "priced",
        "value": float(shown["value"]),
        "tighter": tight,
        "verdict": SLACK if answer.kept else answer.verdict.value,
        "low_mjpy": ends[0],
        "high_mjpy": ends[1],
        "per": per,
        "low_per_unit": priced[0],
        "high_per_unit": priced[1],
        "note": answer.note,
    }


def _per_unit(metric: str, group: pd.DataFrame, steps: float) -> tuple[str, float]:
    """Return the unit of a price per unit, and what turns M JPY of the whole step into it."""
    step = STEPS[metric]
    if step.relative:
        tonnes = steps * step.size * float(group["value"].sum())
        return "JPY per t", 1e6 / tonnes if tonnes > 0.0 else np.nan
    return f"M JPY per {step.unit}", 1.0 / (steps * step.size * step.scale)
