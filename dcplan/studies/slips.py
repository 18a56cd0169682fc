"""The decision calendar: what a plan decides, until when each choice is open, and what it costs to slip."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.studies.decisions import Decision, decisions
from dcplan.studies.decisions_bounds import slip_words, slipped
from dcplan.studies.resolve import Answers, Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, decided, opened_plan
from dcplan.studies.resolve_changes import Question

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

TARGET_SHARE = 0.8
"""Share of the slips whose price should be known beyond the gaps."""


@dataclass(frozen=True, eq=False)
class DecisionCalendar:
    """The decisions of a plan, by the last date on which they stay open.

    Attributes:
        decisions: what the plan decides.
        slips: what a slip of each means, in words.
        answers: the price of each slip; None when prices were not asked for.
    """

    decisions: tuple[Decision, ...]
    slips: tuple[str, ...]
    answers: Answers | None

    def frame(self) -> pd.DataFrame:
        """Return one row a decision.

        Columns: last_open, kind, decision, item, site, period, effective, set_by, slip, verdict, low_mjpy and
        high_mjpy (present value; the price lies between them; empty when impossible or not asked for), note.
        """
        rows = []
        for place, (decision, slip) in enumerate(zip(self.decisions, self.slips, strict=True)):
            row: dict[str, Any] = {
                "last_open": decision.last_open,
                "kind": decision.kind,
                "decision": decision.words,
                "item": decision.item,
                "site": decision.site,
                "period": decision.period,
                "effective": decision.effective,
                "set_by": decision.set_by,
                "slip": slip,
            }
            answer = self.answers.answers[place] if self.answers else None
            interval = answer.interval if answer else None
            row["verdict"] = answer.verdict.value if answer else ""
            row["low_mjpy"] = interval.low if interval else None
            row["high_mjpy"] = interval.high if interval else None
            row["note"] = answer.note if answer else ""
            rows.append(row)
        return pd.DataFrame(rows, columns=COLUMNS)


COLUMNS = [
    "last_open",
    "kind",
    "decision",
    "item",
    "site",
    "period",
    "effective",
    "set_by",
    "slip",
    "verdict",
    "low_mjpy",
    "high_mjpy",
    "note",
]


def decision_calendar(
    plan: Plan, *, prices: bool = True, limits: Limits | None = None, tell: Tell | None = None
) -> DecisionCalendar:
    """Return the decisions of a plan with the price of slipping each by one period or window.

    The price is the optimum with the slip less the optimum, both of the search's relaxation (halls and sites
    whole, racks not), present value at `as_of`, all else planned anew; what a slip means for each kind of
    decision is in `dcplan.studies.decisions_bounds`.

    Args:
        plan: a saved plan.
        prices: whether to solve; without, the dates alone.
        limits: how far to solve.
        tell: called with short texts of progress.

    Raises:
        InputError: the plan's inputs are refused, or it was not saved.
        InfeasibleError: the plan's case has no plan.
        SolverError: a solve failed.
    """
    return calendar_of(plan, opened_plan(plan), prices=prices, limits=limits, tell=tell)


def calendar_of(
    plan: Plan,
    opened: Opened,
    *,
    prices: bool = True,
    limits: Limits | None = None,
    tell: Tell | None = None,
) -> DecisionCalendar:
    """Return the decision calendar of a plan whose model is built already; as `decision_calendar`."""
    windows = opened.model.context.leases.windows[["lease", "period", "day", "kind"]]
    periods = opened.model.context.tables.periods
    found = tuple(decisions(plan, opened.case, windows))
    slips = tuple(slip_words(decision, periods, windows) for decision in found)
    if not prices:
        return DecisionCalendar(found, slips, None)
    added = plan.tables["leases"][["lease", "period", "added_racks"]]
    questions = [Question(decision.words, slipped(decision, periods, added)) for decision in found]
    hint = decided(opened, plan)
    answers = resolve(opened.matrix, questions, limits=limits, tell=tell, solve=opened.solver, hint=hint)
    return DecisionCalendar(found, slips, answers)
