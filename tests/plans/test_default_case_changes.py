"""The default case with one number changed: the optimum answers in the right direction, beyond its proof."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.lp.hints import steps_of
from dcplan.model import build
from dcplan.plans.plan import Plan, open_plan
from dcplan.solvers import child
from dcplan.solvers.options import SolveOptions
from tests.model.toys import Solved, with_table, with_value

pytestmark = [pytest.mark.default_case, pytest.mark.slow]


@pytest.fixture(scope="module")
def plan(iij_plan_folder: Path) -> Plan:
    """Return the plan of the unchanged case."""
    return open_plan(iij_plan_folder)


def search(case: Case, gap: float) -> Solved:
    """Solve the search model of a case to a gap, in a process that no other test has set threads in."""
    model = build(case, make_calendar(case.info))
    matrix, options = model.program.matrix(), SolveOptions(gap=gap)
    return Solved(model, child.solve(matrix, options, steps=steps_of(model.program)))


def starts(plan: Plan) -> dict[str, str]:
    """Return the halls that a published plan starts, with their period."""
    table = plan.tables["starts"].dropna(subset="hall")
    return dict(zip(table["hall"], table["period"], strict=True))


def test_the_budget_of_fy2025_binds(iij_case: Case, plan: Plan) -> None:
    """Lifted, there is a plan that costs less than any plan can with it: less than the proven bound."""
    lifted = search(with_value(iij_case, "budgets", "capex_mjpy", 100_000.0, fiscal_year=2025), 1e-3)
    assert lifted.cost < plan.manifest["bound_mjpy"]
    assert lifted.built() != starts(plan)


def test_one_row_of_demand_costs_more_and_builds_earlier(iij_case: Case, plan: Plan) -> None:
    """150 cloud racks more in April 2026 alone: dearer beyond both proofs, owned halls stand for longer."""
    demand = iij_case["demand"].copy()
    row = (demand["class"] == "cloud") & (demand["date"] == date(2026, 4, 1))
    assert row.sum() == 1
    demand.loc[row, "racks"] += 150
    changed = search(with_table(iij_case, "demand", demand), 4e-3)  # what it costs is more than is left open
    assert changed.solution.bound > plan.manifest["published_cost_mjpy"]
    periods = changed.model.context.tables.period_labels
    order = pd.Series(range(len(periods)), index=periods)
    before, after = (pd.Series(halls).map(order) for halls in (starts(plan), changed.built()))
    assert set(before.index) <= set(after.index)
    earlier = before - after.reindex(before.index)
    assert earlier.sum() > 0
