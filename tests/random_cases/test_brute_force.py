"""The whole-rack optimum of random cases is the cheapest of all their plans, found by trying every one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.solution import Solution, Status
from dcplan.model import PlanningModel
from dcplan.plans.make import solve_case
from dcplan.plans.publish import publish, publish_open, tables_of
from dcplan.solvers import highs
from tests.random_cases.solving import EXACT, model_of, tried, whole


def published_whole(model: PlanningModel, searched: Floats) -> Solution:
    """Publish as a solve does: decided again where the searched decisions have no plan in whole racks."""
    try:
        return publish(model, searched, EXACT)
    except SolverError:
        return publish_open(model, EXACT)


NO_WHOLE_PLAN = 37
"""A seed whose searched optimum has no plan in whole racks, although its case has one."""


def test_decisions_without_a_plan_in_whole_racks_are_decided_again(tmp_path: Path) -> None:
    case, best = tried(NO_WHOLE_PLAN, tmp_path)
    model = model_of(case.case)
    assert model is not None
    searched = highs.solve(model.program.matrix(), EXACT)
    with pytest.raises(SolverError, match="no plan in whole racks with these decisions"):
        publish(model, searched.found, EXACT)
    plan = solve_case(case.folder, output=tmp_path / "plan", gap=1e-6)
    cost = plan.manifest["published_cost_mjpy"]
    assert cost == pytest.approx(best.cost, rel=1e-6)
    assert plan.manifest["audit"]["passed"]


def test_the_optimum_is_the_cheapest_of_all_plans(brute_seed: int, tmp_path: Path) -> None:
    case, best = tried(brute_seed, tmp_path)
    model = model_of(case.case)
    if not np.isfinite(best.cost):
        assert model is None or highs.solve(whole(model), EXACT).status is Status.INFEASIBLE
        return
    assert model is not None
    exact = highs.solve(whole(model), EXACT)
    assert exact.objective == pytest.approx(best.cost, rel=1e-6, abs=1e-6), f"case {case.seed}"
    searched = highs.solve(model.program.matrix(), EXACT)
    assert searched.values is not None
    assert searched.bound <= best.cost + 1e-6 * max(1.0, abs(best.cost)), "the bound is not one"
    published = published_whole(model, searched.found)
    assert published.values is not None
    cost = float(tables_of(model, published.values, {})["costs"]["pv_mjpy"].sum())
    assert cost == pytest.approx(published.objective, rel=1e-8, abs=1e-8)
    if not case.case.info.tail_years:  # racks of the tail need not be whole
        assert cost >= best.cost - 1e-6 * max(1.0, abs(best.cost))
        gap = (cost - searched.bound) / max(abs(cost), 1e-9)
        assert (cost - best.cost) / max(abs(cost), 1e-9) <= gap + 1e-6, "the printed gap hides a better plan"
