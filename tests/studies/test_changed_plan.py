"""Whole racks of a changed program: steps are only as fine as the gap asks for."""

from dataclasses import replace
from typing import Any

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.lp.solution import Solution
from dcplan.model import build
from dcplan.plans.press import FAST, FINE, ROUGH, step_gap
from dcplan.solvers import highs
from dcplan.studies import changed_plan
from dcplan.studies.resolve_case import Opened

GAP = 1e-3


@pytest.mark.parametrize(
    "left, tried",
    [(0.9 * GAP, [ROUGH]), (2.0 * GAP, [ROUGH, FAST, FINE]), (4.0 * GAP, [ROUGH])],
    ids=["within the gap", "finer steps may mend it", "finer steps would not mend it"],
)
def test_steps_get_finer_until_the_gap_holds(
    toy_case: Case, monkeypatch: pytest.MonkeyPatch, left: float, tried: list[str]
) -> None:
    model = build(toy_case, make_calendar(toy_case.info))
    matrix = model.program.matrix()
    solution = highs.solve(matrix)
    asked: list[float] = []

    def publish(*given: Any) -> Solution:
        asked.append(given[2].gap)
        return solution

    monkeypatch.setattr(changed_plan, "SMALL", 0)
    monkeypatch.setattr(changed_plan, "publish", publish)
    found = replace(solution, bound=solution.objective * (1.0 - left))
    values = changed_plan.published(Opened(toy_case, model, matrix), matrix, found, GAP, longest=2)
    assert matrix.objective(values) == pytest.approx(solution.objective)
    assert asked == [step_gap(GAP, how) for how in tried]
