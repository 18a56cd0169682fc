"""The model of a plan or of a case, built once for all questions about it."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dcplan.data.shipped import case_path
from dcplan.errors import InfeasibleError, InputError, Problem
from dcplan.lp.hints import steps_of
from dcplan.lp.labels import InfeasibleRowError
from dcplan.model import build
from dcplan.plans.press import other_rules
from dcplan.plans.request import Request
from dcplan.solvers.steps import BySteps

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.model import PlanningModel
    from dcplan.model.cost_term import CostTerm
    from dcplan.plans.plan import Plan

PLANNED: tuple[tuple[str, str, dict[str, str]], ...] = (
    ("in_service", "halls", {}),
    ("upgraded", "upgrades", {"in_service": "upgraded"}),
    ("kept", "sites", {"period": "term"}),
)
"""Variables with whole numbers, the plan tables that hold them, and how their columns are called there."""
ASKED = {
    "granularity": "by",
    "tail_years": "tail_years",
    "terminal_value": "terminal_value",
    "objective": "objective",
    "soft": "soft",
}
"""Keys of a manifest that say how a case was solved -> the attributes of `Request` that say so."""


@dataclass(frozen=True, eq=False)
class Opened:
    """A case with its model and the model's matrix."""

    case: Case
    model: PlanningModel
    matrix: Matrix

    @cached_property
    def other_rules(self) -> dict[str, list[CostTerm]]:
        """The costs under the other rules of terminal value, built once for all plans of the model."""
        return other_rules(self.model)

    @cached_property
    def solver(self) -> BySteps:
        """Our own search, with the steps that the model hints at."""
        return BySteps(tuple(steps_of(self.model.program)))

    def costs(self, values: Floats) -> dict[str, float]:
        """Return the present value of every cost term of a solution [M JPY]; they sum to its cost."""
        found = {}
        for term in self.model.costs:
            amounts = term.present.value(values)
            found[term.name] = float(amounts if isinstance(amounts, float) else amounts.sum())
        return found


def opened_plan(plan: Plan) -> Opened:
    """Return the model that a saved plan was solved with, from its inputs and its manifest.

    Raises:
        InputError: the plan was not saved, or its inputs are refused.
    """
    if plan.folder is None:
        rule = "the plan is not saved, so that its inputs are not at hand"
        raise InputError([Problem("plan", None, None, None, rule, "Save it to a folder first.")])
    known = {field.name for field in fields(Request)}
    asked = {
        name: plan.manifest[key] for key, name in ASKED.items() if name in known and key in plan.manifest
    }
    return opened(Request(str(plan.folder / "inputs"), **asked))


def decided(opened: Opened, plan: Plan) -> Floats:
    """Return the halls, upgrades and sites that a plan decides, as columns of its model; NaN elsewhere."""
    found = np.full(opened.matrix.columns, np.nan)
    for name, table, called in PLANNED:
        block = opened.matrix.blocks.variables[name]
        keys = block.frame()
        rows = keys.merge(plan.tables[table].rename(columns=called), how="left", on=list(keys.columns))
        found[block.start : block.stop] = rows[name].to_numpy(dtype=float)
    return found


def opened_case(case: str | Path) -> Opened:
    """Return the model of a case folder, a workbook or a shipped case.

    Raises:
        InputError: the inputs are refused.
        InfeasibleError: a promise is broken by the data alone.
    """
    return opened(Request(str(case_path(case))))


def opened(request: Request) -> Opened:
    """Return the model that a request asks for."""
    case, calendar = request.open()
    try:
        model = build(case, calendar, unserved=request.unserved)
    except InfeasibleRowError as error:
        raise InfeasibleError(str(error)) from error
    return Opened(case, model, model.program.matrix())
