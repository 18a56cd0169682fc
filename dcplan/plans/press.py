"""What a plan is made of, in files: reference plans, and searched solutions published in whole racks."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.metrics import yearly
from dcplan.metrics.carbon.every import ghg_years
from dcplan.plans.decisions import settled
from dcplan.plans.plan import write_csv, write_tables
from dcplan.plans.publish import publish, publish_open, tables_of
from dcplan.plans.reference import announced_dates, reference_base, reference_model, references
from dcplan.plans.request import search_gap

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    import pandas as pd

    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.model import PlanningModel
    from dcplan.model.cost_term import CostTerm
    from dcplan.plans.request import Request

REFERENCE_GAP = 1e-4
FIRST, ROUGH, FAST, FINE, OPEN = "first", "rough", "fast", "fine", "open"
LOST = 1e-9
"""Share of its cost that a solution may lose in whole racks without being published again with more care."""
RULES = ("annuity", "book", "none")
"""The rules of terminal value."""
_STEP_SHARES = {ROUGH: 0.1, FAST: 0.05, FINE: 0.03}
"""The gap of a step as a share of what is asked for."""
STEP_NODES = 10
"""Nodes of a step for each year in it: its root finds nearly all it ever finds, and a node costs a second."""


def step_gap(requested: float, how: str) -> float:
    """Return the gap of a publishing step: loose for the first plan, finer at the end of the search.

    Steps are cheap at their root and what the first of them lose, the later ones carry on: they are far finer
    than what is asked for. Below 0.05 % requested they get no finer, for whole racks cost more than that. To
    decide all again is a search of its own, and as exact as one.
    """
    if how == OPEN:
        return search_gap(requested)
    return 1e-2 if how == FIRST else max(requested, 5e-4) * _STEP_SHARES[how]


class Press:
    """Publishes the solutions of one model into a folder, the workshop."""

    def __init__(
        self, model: PlanningModel, request: Request, workshop: Path, built: PlanningModel | None = None
    ) -> None:
        """Publish nothing yet; ``built`` is the model before something was added to it, for references."""
        self.model, self.request, self.workshop = model, request, workshop
        self.built = built or model

    def references(self) -> Iterator[str]:
        """Make the reference plans, one by one, and name each when it is saved."""
        m = self.model.context.tables
        base = reference_base(self.built)
        for reference in references(m.case):
            model = reference_model(base, reference)
            solution = publish(model, None, self.request.options(REFERENCE_GAP))
            tables = compared(model, solution.found, m.case, reference.known_on)
            save(tables, self.workshop / reference.name, reference.name)
            yield reference.name

    def publish(
        self, number: int, searched: Floats, how: str, newer: Callable[[], bool] | None = None
    ) -> dict[str, Any]:
        """Publish a solution and return what there is to know of it.

        Args:
            number: which of the solutions offered it is.
            searched: (columns) its values.
            how: `FIRST`, `FAST` or `FINE`: how exact its steps are; `OPEN`: decide all again, in whole racks.
            newer: asked while a step runs; true gives up.

        Raises:
            SolverError: its decisions have no plan in whole racks.
            GivenUpError: ``newer()`` said so.
        """
        began = time.perf_counter()
        model, case = self.model, self.model.context.tables.case
        options = replace(self.request.options(step_gap(self.request.gap, how)), node_limit=STEP_NODES)
        opened = how == OPEN
        whole = publish_open(model, options, newer) if opened else publish(model, searched, options, newer)
        values = settled(model, whole.found)
        tables = finished(model, values, case, references(case)[0].known_on)
        cost, wanted = float(tables["costs"]["pv_mjpy"].sum()), model.program.matrix().objective(searched)
        folder = f"published-{number}-{time.monotonic_ns()}"
        save(tables, self.workshop / folder, "optimised")
        return {
            "kind": "published",
            "number": number,
            "rough": how == FIRST and cost > wanted + LOST * abs(wanted),
            "fine": how in {FINE, OPEN},
            "folder": folder,
            "cost": cost,
            "terminal_values": terminal_values(tables, values, self._others),
            "seconds": time.perf_counter() - began,
        }

    @cached_property
    def _others(self) -> dict[str, list[CostTerm]]:
        return other_rules(self.model)


def finished(model: PlanningModel, values: Floats, case: Case, known_on: Any) -> dict[str, pd.DataFrame]:
    """Return every table of a published solution: those of a reference plan, and its emissions to file."""
    tables = compared(model, values, case, known_on)
    tables["ghg_years"] = ghg_years(tables, case)
    return tables


def compared(model: PlanningModel, values: Floats, case: Case, known_on: Any) -> dict[str, pd.DataFrame]:
    """Return the tables in which plans are compared: decisions, what follows, the yearly summary."""
    tables = tables_of(model, values, announced_dates(case, known_on))
    kinds = case["instruments"]
    green = list(kinds.loc[kinds["renewable"], "instrument"])
    tables["summary"] = yearly.summary(tables, model.context.tables.owned_sites, green)
    return tables


def save(tables: dict[str, pd.DataFrame], folder: Path, plan: str) -> None:
    """Write the tables of a plan and its totals; the folder appears when it is complete."""
    draft = folder.with_name(f".{folder.name}")
    write_tables(tables, draft / "tables")
    write_csv(yearly.totals(tables, plan), draft / "totals.csv")
    draft.rename(folder)


def other_rules(model: PlanningModel) -> dict[str, list[CostTerm]]:
    """Return the costs of a model under the rules of terminal value that it was not built with."""
    own = model.context.tables.terminal_value
    return {rule: model.costs_under(rule) for rule in RULES if rule != own}


def terminal_values(
    tables: Mapping[str, pd.DataFrame], values: Floats, others: Mapping[str, Sequence[CostTerm]]
) -> dict[str, float]:
    """Return the cost of a published plan under each rule of terminal value (present value, M JPY).

    ``others`` are the `other_rules` of its model.
    """
    own = float(tables["costs"]["pv_mjpy"].sum())
    padded = np.append(values, 1.0)  # column -1 is the constant 1
    found = {
        rule: float(sum(term.present.coef @ padded[term.present.col] for term in terms))
        for rule, terms in others.items()
    }
    return {rule: found.get(rule, own) for rule in RULES}
