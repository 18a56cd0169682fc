"""The yearly steps of a publication: what limits them is counted, never timed."""

from dataclasses import replace
from typing import Any

import pytest

from dcplan.data.shipped import case_folder
from dcplan.lp.solution import Solution, Status
from dcplan.model import PlanningModel, build
from dcplan.plans import press
from dcplan.plans import publish as steps
from dcplan.plans.request import Request
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions


@pytest.fixture(scope="module")
def searched() -> tuple[PlanningModel, Solution]:
    model = build(*Request(str(case_folder("toy"))).open())
    return model, highs.solve(model.program.matrix())


def answered(monkeypatch: pytest.MonkeyPatch, answers: dict[int, Status]) -> list[SolveOptions]:
    """The options of every step that is solved; some end, by their number, without having been solved."""
    asked: list[SolveOptions] = []
    real = highs.solve

    def solve(matrix: Any, options: SolveOptions, **words: Any) -> Solution:
        asked.append(options)
        end = answers.get(len(asked))
        return real(matrix, options, **words) if end is None else Solution(end)

    monkeypatch.setattr(steps.highs, "solve", solve)
    return asked


def test_a_step_is_limited_by_nodes_and_by_no_clock(
    searched: tuple[PlanningModel, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, solution = searched
    asked = answered(monkeypatch, {})
    steps.publish(model, solution.found, SolveOptions(gap=1e-6, time_limit=1e-3))
    assert asked
    assert {options.time_limit for options in asked} == {None}
    assert {options.node_limit for options in asked} == {steps.MOST_NODES}


def test_a_step_without_a_plan_within_its_nodes_is_solved_with_more(
    searched: tuple[PlanningModel, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, solution = searched
    asked = answered(monkeypatch, {1: Status.NO_SOLUTION})
    found = steps.publish(model, solution.found, SolveOptions(gap=1e-6, node_limit=3))
    assert [options.node_limit for options in asked[:3]] == [3, steps.MOST_NODES, 3]
    assert asked[0] == replace(asked[1], node_limit=3)
    assert found.objective == pytest.approx(solution.objective, abs=1e-3)


def test_years_that_are_decided_together_have_the_nodes_of_each_and_a_gap_of_their_square(
    searched: tuple[PlanningModel, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    model, solution = searched
    asked = answered(monkeypatch, {2: Status.INFEASIBLE})
    steps.publish(model, solution.found, SolveOptions(gap=1e-6, node_limit=3))
    assert [options.gap for options in asked[:4]] == pytest.approx([1e-6, 1e-6, 4e-6, 1e-6])
    assert [options.node_limit for options in asked[:4]] == [3, 3, 6, 3]


def test_years_without_a_plan_in_their_nodes_take_another_before_they_get_more(
    searched: tuple[PlanningModel, Solution], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The third year finds nothing in 3 nodes, nor with the second in 6; three years get all there are."""
    model, solution = searched
    asked = answered(monkeypatch, dict.fromkeys((3, 4, 5), Status.NO_SOLUTION))
    steps.publish(model, solution.found, SolveOptions(gap=1e-6, node_limit=3))
    assert steps.PATIENT == 3
    assert [options.node_limit for options in asked[:6]] == [3, 3, 3, 6, 9, 3 * steps.MOST_NODES]


def test_steps_get_finer_from_the_first_plan_to_the_last() -> None:
    words = (press.FIRST, press.ROUGH, press.FAST, press.FINE)
    gaps = [press.step_gap(1e-3, how) for how in words]
    assert gaps == sorted(set(gaps), reverse=True)
    assert [press.step_gap(1e-9, how) for how in words] == [press.step_gap(5e-4, how) for how in words]
