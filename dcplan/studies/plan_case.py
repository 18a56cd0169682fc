"""The case and the calendar that a saved plan was solved with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.errors import InputError, Problem
from dcplan.plans.request import Request

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan


def reopened(plan: Plan) -> tuple[Case, Calendar]:
    """Return the inputs of a saved plan and its periods, tail included.

    Raises:
        InputError: the plan was not saved, or its inputs are refused.
    """
    if plan.folder is None:
        rule = "the plan is not saved, so that its inputs are not at hand"
        raise InputError([Problem("plan", None, None, None, rule, "Save it to a folder first.")])
    by, tail = str(plan.manifest["granularity"]), int(plan.manifest["tail_years"])
    return Request(str(plan.folder / "inputs"), by=by, tail_years=tail).open()
