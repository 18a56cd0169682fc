"""The default case with one number changed: the optimum answers in the right direction, beyond its proof."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model import build
from dcplan.solvers import highs
from dcplan.solvers.options import Progress, SolveOptions
from tests.model.toys import Solved, with_table, with_value

pytestmark = [pytest.mark.default_case, pytest.mark.slow]
TIGHT = 2e-4


def search(case: Case, gap: float, enough: Callable[[float], bool] = lambda _: False) -> Solved:
    """Solve the search model to a gap, or until its best solution is good enough."""
    found = [float("inf")]

    def look(progress: Progress) -> None:
        found[0] = progress.incumbent

    model = build(case, make_calendar(case.info))
    options = SolveOptions(gap=gap)
    stop = lambda: enough(found[0])  # noqa: E731
    return Solved(model, highs.solve(model.program.matrix(), options, progress=look, should_stop=stop))


@pytest.fixture(scope="module")
def base(iij_case: Case) -> Solved:
    return search(iij_case, TIGHT)


def test_the_budget_of_fy2025_binds(iij_case: Case, base: Solved) -> None:
    """Lifted, there is a plan that costs less than any plan can with it: less than the proven bound."""
    lifted = with_value(iij_case, "budgets", "capex_mjpy", 100_000.0, fiscal_year=2025)
    bound = base.solution.bound
    plan = search(lifted, TIGHT / 2, lambda cost: cost < bound)
    assert plan.cost < bound
    assert (plan.built(), plan.left()) != (base.built(), base.left())


def test_more_demand_for_cloud_costs_more_and_builds_more(iij_case: Case, base: Solved) -> None:
    """150 cloud racks more from April 2026: dearer beyond both proofs, and halls earlier or more of them."""
    demand = iij_case["demand"].copy()
    rows = (demand["class"] == "cloud") & (demand["date"] >= date(2026, 4, 1))
    assert rows.sum() >= 2
    demand.loc[rows, "racks"] += 150
    plan = search(with_table(iij_case, "demand", demand), 8e-3)
    assert plan.solution.bound > base.cost
    order = {period: i for i, period in enumerate(plan.model.context.tables.period_labels)}
    before, after = base.built(), plan.built()
    never = len(order)
    start = {
        hall: (order.get(before.get(hall, ""), never), order.get(after.get(hall, ""), never))
        for hall in before | after
    }
    assert all(late >= soon for late, soon in start.values()), start
    assert any(late > soon for late, soon in start.values()), start
