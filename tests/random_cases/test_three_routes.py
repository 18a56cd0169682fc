"""Random cases have one optimum, by whichever way HiGHS is reached."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan import solvers
from dcplan.lp.solution import Status
from tests.random_cases.solving import EXACT, model_of, valid

ROUTES = ("highs", "pulp:HiGHS", "pyomo:highs")


def test_three_routes_lead_to_one_optimum(route_seed: int, tmp_path: Path) -> None:
    case = valid(5000 + route_seed, tmp_path)
    model = model_of(case.case)
    if model is None:
        pytest.skip("a row without a variable cannot hold: there is no program to hand over")
    found = [solvers.solve(model.program, route, EXACT) for route in ROUTES]
    assert len({solution.status for solution in found}) == 1, [solution.status for solution in found]
    first = found[0]
    if first.status is Status.INFEASIBLE:
        return
    assert first.status is Status.OPTIMAL
    for solution in found[1:]:
        assert solution.objective == pytest.approx(first.objective, rel=1e-6, abs=1e-6)
        assert solution.bound <= first.objective + 1e-6 * max(1.0, abs(first.objective))
