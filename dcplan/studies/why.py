"""Why not: a decision is forced or banned in words, the plan is made again, and what differs is told.

The price is the optimum with the change less the optimum without it, as an interval that both proofs allow.
Cost terms, energy, emissions and limits are those of the two best plans found; where the price is not
distinguishable from nothing, none of them is told.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.model import energy
from dcplan.model.caps import UNITS, measure
from dcplan.studies.alternatives_edges import decisions_in_words
from dcplan.studies.explain_promises import Promise, promises
from dcplan.studies.resolve import Answer, Answers, Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Question
from dcplan.studies.resolve_interval import Verdict
from dcplan.studies.why_words import Wish, wishes

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats
    from dcplan.plans.plan import Plan

_BINDS = 1e-6
TERMS = ["term", "before_mjpy", "after_mjpy", "difference_mjpy"]
QUANTITIES = ["quantity", "unit", "before", "after", "difference"]


@dataclass(frozen=True, eq=False)
class Why:
    """What a wish costs and changes.

    Attributes:
        wishes: what was asked for, statement by statement.
        done: whether the plan does all of it already.
        answer: price, verdict and best plan.
        base: the best plan without the wish.
        terms: cost terms of the best plans: `TERMS`; empty where the price is not distinguishable.
        quantities: energy, emissions, CAPEX and moves of the horizon: `QUANTITIES`; empty likewise.
        now_bind: limits that bind with the wish and not without.
        no_longer: limits that bind without the wish and not with it.
        before: starts and exits of the best plan without the wish, in words.
        after: with it.
    """

    wishes: tuple[Wish, ...]
    done: bool
    answer: Answer
    base: Answers
    terms: pd.DataFrame
    quantities: pd.DataFrame
    now_bind: tuple[str, ...]
    no_longer: tuple[str, ...]
    before: str
    after: str


def why(plan: Plan, words: str, *, limits: Limits | None = None, tell: Tell | None = None) -> Why:
    """Return what a wish in a planner's words costs and changes.

    Args:
        plan: a saved plan.
        words: statements such as `start hall=Shiroi-3a by=2025-04` or `keep site=Tokyo-2`, divided by `;`.
        limits: how far to solve.
        tell: called with short texts of progress.

    Raises:
        InputError: the words are not understood, or the plan's inputs are refused.
        InfeasibleError: the plan's case has no plan.
        SolverError: a solve failed.
    """
    return why_of(plan, opened_plan(plan), words, limits=limits, tell=tell)


def why_of(
    plan: Plan, opened: Opened, words: str, *, limits: Limits | None = None, tell: Tell | None = None
) -> Why:
    """Return what a wish costs and changes for a plan whose model is built already; as `why`."""
    asked = wishes(opened, words)
    changes = tuple(change for wish in asked for change in wish.changes)
    question = Question("; ".join(wish.words for wish in asked), changes)
    hint = decided(opened, plan)
    found = resolve(opened.matrix, [question], limits=limits, tell=tell, hint=hint, solve=opened.solver)
    answer, base = found.answers[0], found.base.values
    done = all(wish.done(plan) for wish in asked)
    nothing = pd.DataFrame(columns=TERMS), pd.DataFrame(columns=QUANTITIES)
    if answer.values is None or base is None or answer.verdict is Verdict.OPEN:
        before = decisions_in_words(opened, base) if base is not None else ""
        after = decisions_in_words(opened, answer.values) if answer.values is not None else ""
        return Why(asked, done, answer, found, *nothing, (), (), before, after)
    now, then = binding(opened, base), binding(opened, answer.values)
    return Why(
        asked,
        done,
        answer,
        found,
        _terms(opened, base, answer.values),
        _quantities(opened, base, answer.values),
        tuple(each for each in then if each not in now),
        tuple(each for each in now if each not in then),
        decisions_in_words(opened, base),
        decisions_in_words(opened, answer.values),
    )


def _terms(opened: Opened, base: Floats, changed: Floats) -> pd.DataFrame:
    old, new = opened.costs(base), opened.costs(changed)
    rows = [(term, old[term], new[term], new[term] - old[term]) for term in old]
    return pd.DataFrame(rows, columns=TERMS)


def _quantities(opened: Opened, base: Floats, changed: Floats) -> pd.DataFrame:
    p, c = opened.model.program, opened.model.context
    m = c.tables
    inside = m.periods.loc[~m.periods["tail"], ["period"]]
    asked = {
        "facility energy": ("MWh", energy.site_facility_mwh(p, c).where(inside).sum("site", "period")),
        "IT energy": ("MWh", energy.site_it_mwh(p, c).where(inside).sum("site", "period")),
        **{name: (UNITS[name], measure(p, c, name)) for name in UNITS},
    }
    rows = []
    for name, (unit, expr) in asked.items():
        old, new = (float(np.sum(expr.value(values))) for values in (base, changed))
        rows.append((name, unit, old, new, new - old))
    return pd.DataFrame(rows, columns=QUANTITIES)


def binding(opened: Opened, values: Floats) -> list[str]:
    """Return the promises that hold a solution back, in words: one of their rows is used up."""
    matrix = opened.matrix
    activity = matrix.activity(values)
    slack = np.minimum(
        np.where(np.isfinite(matrix.row_lower), activity - matrix.row_lower, np.inf),
        np.where(np.isfinite(matrix.row_upper), matrix.row_upper - activity, np.inf),
    )
    used = np.zeros(matrix.rows)
    np.maximum.at(used, matrix.indices, np.abs(matrix.data * values[matrix.column_of]))
    tight = (slack <= _BINDS * np.maximum(1.0, used)) & (used > _BINDS)
    silent = {"flow", "meet_demand", "precedence", "build_time"}
    return [
        each.words
        for each in promises(opened.model)
        if each.block not in silent and not _whole_share(opened, each) and tight[each.rows].any()
    ]


def _whole_share(opened: Opened, promise: Promise) -> bool:
    """Whether a promise is the share of a class that may stand at one place wholly: it says nothing."""
    column = {"site_share": "max_site_share", "region_share": "max_region_share"}.get(promise.block)
    if column is None:
        return False
    classes = opened.case["classes"].set_index("class")[column].astype(float)
    return bool(classes[promise.label("class")] >= 1.0)


def why_document(found: Why) -> dict[str, Any]:
    """Return the answer as plain data."""
    interval, base = found.answer.interval, found.base.base.proof
    return {
        "asked": [wish.words for wish in found.wishes],
        "done": found.done,
        "verdict": found.answer.verdict.value,
        "low_mjpy": interval.low if interval else None,
        "high_mjpy": interval.high if interval else None,
        "cost_mjpy": base.cost,
        "bound_mjpy": base.bound,
        "terms": found.terms,
        "quantities": found.quantities,
        "now_bind": list(found.now_bind),
        "no_longer_bind": list(found.no_longer),
        "before": found.before,
        "after": found.after,
        "note": found.answer.note,
    }
