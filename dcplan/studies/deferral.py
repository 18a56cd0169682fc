"""What happens when a phase is deferred by a year: its net present value now and then, cost by cost term."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.calendar import MONTHS_PER_YEAR, add_months
from dcplan.lp.solution import Status
from dcplan.studies.decisions import Decision, decisions
from dcplan.studies.decisions_bounds import UNIT_OF, not_before
from dcplan.studies.resolve import Answer, Answers, Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Question
from dcplan.studies.resolve_interval import Interval, Verdict, difference

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

WITHOUT = "the fleet cannot keep its promises without it, so that it has no net present value of its own"
TERMS = ["project", "term", "now_mjpy", "deferred_mjpy", "difference_mjpy"]


@dataclass(frozen=True, eq=False)
class Deferral:
    """One phase, now and a year later [M JPY, present value at `as_of`].

    Attributes:
        decision: its start in the plan.
        deferred_to: the first day on which it may start then; None when that is after the optimised span.
        price: what the deferral costs, the best plan with it less the best plan; None when impossible.
        verdict: what can be said about the price.
        npv_now: best plan without the phase less the best plan; None when there is no plan without it.
        npv_deferred: best plan without the phase less the best plan with it deferred; None when either fails.
        terms: cost terms of the two best plans found: term, now_mjpy, deferred_mjpy, difference_mjpy.
        note: what a reader must know.
    """

    decision: Decision
    deferred_to: date | None
    price: Interval | None
    verdict: Verdict
    npv_now: Interval | None
    npv_deferred: Interval | None
    terms: pd.DataFrame
    note: str


def deferrals(plan: Plan, *, limits: Limits | None = None, tell: Tell | None = None) -> list[Deferral]:
    r"""Return each open phase of a plan deferred by a year.

    $$ \text{NPV}_{now} = C_{without} - C_{plan}, \qquad
       \text{NPV}_{deferred} = C_{without} - C_{deferred} \quad [\text{M JPY}] $$

    C are optima of the search's relaxation, all else planned anew, escalation and what the fleet pays
    meanwhile included. Waiting is worth at least \(\text{NPV}_{deferred}\): the value of deciding later, when
    demand is known, is not in it.

    Args:
        plan: a saved plan.
        limits: how far to solve.
        tell: called with short texts of progress.

    Raises:
        InputError: the plan's inputs are refused, or it was not saved.
        InfeasibleError: the plan's case has no plan.
        SolverError: a solve failed.
    """
    return deferrals_of(plan, opened_plan(plan), limits=limits, tell=tell)


def deferrals_of(
    plan: Plan, opened: Opened, *, limits: Limits | None = None, tell: Tell | None = None
) -> list[Deferral]:
    """Return the deferrals of a plan whose model is built already; as `deferrals`."""
    context = opened.model.context
    periods = context.tables.periods
    phases = [d for d in decisions(plan, opened.case, context.leases.windows) if d.kind in UNIT_OF]
    if not phases:
        return []
    days = [_deferred_to(phase, context.tables.end) for phase in phases]
    questions = []
    for phase, day in zip(phases, days, strict=True):
        questions.append(Question(f"{phase.item} a year later", (not_before(phase, day, periods),)))
        questions.append(Question(f"without {phase.item}", (not_before(phase, None, periods),)))
    hint = decided(opened, plan)
    found = resolve(opened.matrix, questions, limits=limits, tell=tell, solve=opened.solver, hint=hint)
    pairs = zip(phases, days, found.answers[::2], found.answers[1::2], strict=True)
    return [_deferral(opened, found, *pair) for pair in pairs]


def _deferred_to(phase: Decision, end: date) -> date | None:
    day = add_months(phase.effective, MONTHS_PER_YEAR)
    return day if day < end else None


def _deferral(
    opened: Opened, found: Answers, phase: Decision, day: date | None, deferred: Answer, without: Answer
) -> Deferral:
    npv_deferred = None
    if deferred.interval is not None and without.interval is not None:
        npv_deferred = difference(deferred.proof, without.proof, restriction=True)
    notes = [note for note in (deferred.note, without.note) if note]
    if without.verdict is Verdict.IMPOSSIBLE:
        notes.append(WITHOUT)
    return Deferral(
        decision=phase,
        deferred_to=day,
        price=deferred.interval,
        verdict=deferred.verdict,
        npv_now=without.interval,
        npv_deferred=npv_deferred,
        terms=_terms(opened, found, phase, deferred),
        note="; ".join(dict.fromkeys(notes)),
    )


def _terms(opened: Opened, found: Answers, phase: Decision, deferred: Answer) -> pd.DataFrame:
    """Return the cost terms of the best plans found; their differences sum to that of the two costs."""
    if found.base.values is None or deferred.values is None or found.base.status is Status.INFEASIBLE:
        return pd.DataFrame(columns=TERMS)
    now, later = opened.costs(found.base.values), opened.costs(deferred.values)
    rows: list[dict[str, Any]] = [
        {
            "project": phase.item,
            "term": term,
            "now_mjpy": now[term],
            "deferred_mjpy": later[term],
            "difference_mjpy": later[term] - now[term],
        }
        for term in now
    ]
    return pd.DataFrame(rows, columns=TERMS)
