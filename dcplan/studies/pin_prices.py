"""What each pin costs: the plan with all pins against the plan without this one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.plans.plan import open_plan
from dcplan.studies.resolve import Limits, Tell, resolve
from dcplan.studies.resolve_case import Opened, opened_case, opened_plan
from dcplan.studies.resolve_changes import Question, Without

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

SUBJECTS = ("class", "hall", "site", "project", "lease")
COLUMNS = ["pin", "decision", "reason", "verdict", "low_mjpy", "high_mjpy", "note"]


def pin_prices(
    source: str | Path | Plan, *, limits: Limits | None = None, tell: Tell | None = None
) -> pd.DataFrame:
    """Return every pin with its reason and its price.

    The price of a pin is the optimum with all pins less the optimum without it, both of the search's
    relaxation, present value at `as_of`: what the planner's word costs, never below zero. Two pins that each
    cost nothing may cost something together.

    Args:
        source: a plan, a plan folder, a case folder, or the name of a shipped case.
        limits: how far to solve.
        tell: called with short texts of progress.

    Returns:
        pin, decision (in words), reason, verdict, low_mjpy, high_mjpy (the price lies between them), note;
        no row when the case has no pin.

    Raises:
        InputError: the inputs are refused.
        InfeasibleError: no plan keeps all pins and all promises.
        SolverError: a solve failed.
    """
    opened = _opened(source)
    pins = opened.case["pins"].to_dict("records")
    if not pins:
        return pd.DataFrame(columns=COLUMNS)
    questions = [Question(f"without the pin {pin['pin']}", (Without(f"pin_{pin['pin']}"),)) for pin in pins]
    found = resolve(opened.matrix, questions, limits=limits, tell=tell, solve=opened.solver)
    rows = []
    for pin, answer in zip(pins, found.answers, strict=True):
        interval = answer.interval
        rows.append(
            {
                "pin": str(pin["pin"]),
                "decision": pin_words(pin),
                "reason": str(pin["reason"]),
                "verdict": answer.verdict.value,
                "low_mjpy": 0.0 - interval.high if interval else None,
                "high_mjpy": 0.0 - interval.low if interval else None,
                "note": answer.note,
            }
        )
    return pd.DataFrame(rows, columns=COLUMNS)


def _opened(source: str | Path | Plan) -> Opened:
    if not isinstance(source, str | Path):
        return opened_plan(source)
    if (Path(source) / "manifest.json").is_file():
        return opened_plan(open_plan(source))
    return opened_case(source)


def pin_words(pin: dict[Any, Any]) -> str:
    """Return a pin as text: `in_service Shiroi-3a = 0 from 2024-04-01 to 2026-04-01`."""
    where = " ".join(str(pin[key]) for key in SUBJECTS if pin[key])
    until = f" to {pin['period_to']}" if pin["period_to"] is not None else ""
    name = f"{pin['decision']} {where}" if where else str(pin["decision"])
    return f"{name} {pin['sense']} {float(pin['value']):g} from {pin['period_from']}{until}"
