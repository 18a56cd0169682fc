"""The value of one input at which a wish stops costing anything: bisection, each step a proven price."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.data.calendar import make_calendar
from dcplan.data.tables import TABLES
from dcplan.errors import InputError, Problem
from dcplan.model import build
from dcplan.studies.repair_inputs import with_cells
from dcplan.studies.resolve import Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Question
from dcplan.studies.resolve_interval import Verdict
from dcplan.studies.why_words import wishes

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

WIDTH, MOST_STEPS = 0.01, 20
RANGE = (0.5, 2.0)


@dataclass(frozen=True)
class Input:
    """One input: a column of a table, in the rows with these keys.

    Attributes:
        table: the table.
        column: the column.
        where: (key, label) pairs; without any, all rows.
        value: what it is; the mean where several rows differ.
    """

    table: str
    column: str
    where: tuple[tuple[str, str], ...]
    value: float

    @property
    def words(self) -> str:
        """Return the input as text."""
        at = " ".join(f"{key}={label}" for key, label in self.where)
        return f"{self.table}.{self.column}{' ' if at else ''}{at}"

    def scaled(self, case: Case, factor: float) -> Case:
        """Return the case with the input times a factor."""
        where = {f"{key}_": label for key, label in self.where}
        return with_cells(case, self.table, self.column, lambda old: type(old)(old * factor), **where)


def input_of(case: Case, words: str) -> Input:
    """Return the input that words name, such as `leases.rent_jpy_per_rack_month lease=City-lease`.

    Raises:
        InputError: no such table, column or row, or the column is no number.
    """
    name, *pairs = words.split()
    table, _, column = name.partition(".")
    remedy = "Name it like leases.rent_jpy_per_rack_month lease=City-lease."

    def refused(rule: str) -> InputError:
        return InputError([Problem("the input", None, None, words, rule, remedy)])

    if table not in TABLES or column not in case[table].columns:
        raise refused("is no column of an input table")
    where = tuple((key, label) for key, _, label in (pair.partition("=") for pair in pairs))
    frame = case[table]
    mask = np.ones(len(frame), dtype=np.bool_)
    for key, label in where:
        if key not in frame.columns:
            raise refused(f"{table} has no column {key}")
        mask &= (frame[key].astype(str) == label).to_numpy()
    if not mask.any():
        raise refused("names no row")
    values = frame.loc[mask, column]
    if values.dtype.kind not in "fi":
        raise refused("is no number")
    return Input(table, column, where, float(values.mean()))


def break_even(
    plan: Plan,
    words: str,
    about: str,
    *,
    between: tuple[float, float] = RANGE,
    limits: Limits | None = None,
    tell: Tell | None = None,
) -> dict[str, Any]:
    """Return between which values of an input a wish stops costing anything.

    At one end of the result the price of the wish is proven to be above nothing; at the other it cannot be
    told from it. The ends are at most 1 % of the input apart where solves in time allow.

    Args:
        plan: a saved plan.
        words: the wish, as for `why`.
        about: the input, as `leases.rent_jpy_per_rack_month lease=City-lease`.
        between: factors on the input between which the break-even is looked for.
        limits: how far to solve.
        tell: called with short texts of progress.

    Returns:
        input, value (as it is), low, high (None where there is no break-even between the ends), note.

    Raises:
        InputError: the wish or the input is not understood.
        SolverError: a solve failed.
    """
    opened, told = opened_plan(plan), tell or (lambda _: None)
    given = input_of(opened.case, about)
    hint = decided(opened, plan)
    known: dict[float, bool] = {}

    def costs(factor: float) -> bool:
        if factor not in known:
            changed = _changed(opened, given, factor)
            changes = tuple(change for wish in wishes(changed, words) for change in wish.changes)
            fits = hint if changed.matrix.columns == hint.size else None
            asked = [Question(words, changes)]
            found = resolve(changed.matrix, asked, limits=limits, hint=fits, solve=changed.solver)
            known[factor] = found.answers[0].verdict is not Verdict.OPEN
            state = "costs something" if known[factor] else "costs nothing that can be told apart"
            told(f"{given.words} = {given.value * factor:,.4g}: it {state}")
        return known[factor]

    bracket = _bracket(costs, between)
    answer: dict[str, Any] = {"input": given.words, "value": given.value, "low": None, "high": None}
    if bracket is None:
        state = "costs something" if costs(1.0) else "costs nothing that can be told apart"
        low, high = (given.value * factor for factor in between)
        return {**answer, "note": f"none between {low:,.4g} and {high:,.4g}: it {state} at both ends"}
    low, high = bracket
    for _ in range(MOST_STEPS):
        if high - low <= WIDTH:
            break
        middle = 0.5 * (low + high)
        low, high = (middle, high) if costs(middle) == costs(low) else (low, middle)
    side = "above" if costs(low) else "below"
    note = f"it is {given.value:,.4g}; {side} it the wish costs nothing that can be told apart"
    return {**answer, "low": given.value * low, "high": given.value * high, "note": note}


def _bracket(costs: Any, between: tuple[float, float]) -> tuple[float, float] | None:
    """Return factors on both sides of the break-even nearest to the input as it is; None where none is."""
    low, high = between
    here = costs(1.0)
    if costs(low) != here:
        return low, 1.0
    if costs(high) != here:
        return 1.0, high
    return None


def _changed(opened: Opened, given: Input, factor: float) -> Opened:
    case = given.scaled(opened.case, factor)
    soft = opened.model.program.has("unserved")
    model = build(case, make_calendar(case.info), unserved=soft)
    return replace(opened, case=case, model=model, matrix=model.program.matrix())
