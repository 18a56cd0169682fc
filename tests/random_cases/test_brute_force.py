"""The whole-rack optimum of random cases is the cheapest of all their plans, found by trying every one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from dcplan.lp.solution import Status
from dcplan.plans.publish import publish, tables_of
from dcplan.solvers import highs
from tests.random_cases.solving import EXACT, model_of, tried, whole


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
    published = publish(model, searched.values, EXACT)
    assert published.values is not None
    cost = float(tables_of(model, published.values, {})["costs"]["pv_mjpy"].sum())
    assert cost == pytest.approx(published.objective, rel=1e-8, abs=1e-8)
    if not case.case.info.tail_years:  # racks of the tail need not be whole
        assert cost >= best.cost - 1e-6 * max(1.0, abs(best.cost))
        gap = (cost - searched.bound) / max(abs(cost), 1e-9)
        assert (cost - best.cost) / max(abs(cost), 1e-9) <= gap + 1e-6, "the printed gap hides a better plan"
