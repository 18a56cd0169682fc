"""Publishing, beside the search and after it: what it hands over, and how its failures are told."""

from pathlib import Path

import numpy as np
import pytest

from dcplan.data.shipped import case_folder
from dcplan.errors import SolverError
from dcplan.lp.solution import Solution
from dcplan.model import PlanningModel, build
from dcplan.plans.make import is_large
from dcplan.plans.press import finished, other_rules, terminal_values
from dcplan.plans.publication import Publication
from dcplan.plans.publishing import Publishing
from dcplan.plans.publishing_here import PublishingHere
from dcplan.plans.request import Request
from dcplan.solvers import highs

TOY = Request(str(case_folder("toy")))
WAYS = pytest.mark.parametrize("way", ["beside", "here"])


@pytest.fixture(scope="module")
def model() -> PlanningModel:
    return build(*TOY.open())


@pytest.fixture(scope="module")
def solution(model: PlanningModel) -> Solution:
    return highs.solve(model.program.matrix())


def publication(way: str, model: PlanningModel, workshop: Path) -> Publication:
    return Publishing(TOY, workshop) if way == "beside" else PublishingHere(model, TOY, workshop)


@WAYS
def test_a_solution_becomes_a_plan_and_the_newest_is_kept(
    way: str, model: PlanningModel, solution: Solution, tmp_path: Path
) -> None:
    with publication(way, model, tmp_path) as publishing:
        publishing.offer(solution.found)
        publishing.wait()
        publishing.keep_newest()
        assert publishing.published["cost"] == pytest.approx(solution.objective, abs=1e-3)
        assert publishing.gap(solution.bound) < 1e-5
        assert (tmp_path / publishing.published["folder"] / "tables" / "racks.csv").is_file()
        assert set(publishing.references) == {"as_announced", "frozen"}
        publishing.refine()
        assert publishing.published["cost"] == pytest.approx(solution.objective, abs=1e-3)


@WAYS
def test_decisions_without_a_whole_plan_are_told_and_do_not_end_it(
    way: str, model: PlanningModel, solution: Solution, tmp_path: Path
) -> None:
    """No hall B and City left: 60 and more racks have no place."""
    impossible = solution.found.copy()
    block = model.program.blocks.variables["in_service"]
    impossible[block.start : block.stop] = 0.0
    kept = model.program.blocks.variables["kept"]
    impossible[kept.start : kept.stop] = 0.0
    with publication(way, model, tmp_path) as publishing:
        publishing.offer(impossible)
        publishing.wait()
        with pytest.raises(SolverError, match="no plan in whole racks"):
            _ = publishing.published
        publishing.reopen(lambda: True)  # stopped before it begins, or while it runs
        publishing.reopen()
        decided_again = publishing.published["cost"]
        assert decided_again == pytest.approx(solution.objective, abs=1e-3)
        publishing.offer(solution.found)
        publishing.wait()
        assert publishing.published["cost"] == pytest.approx(decided_again, abs=1e-3)


def test_a_process_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with Publishing(Request(str(tmp_path / "nowhere")), tmp_path) as publishing:
        publishing.offer(np.zeros(1))
        with pytest.raises(SolverError, match="publishing failed"):
            publishing.wait()


def test_the_default_case_is_published_beside_its_search_and_the_tutorial_after_it() -> None:
    assert is_large(*Request(str(case_folder("iij"))).open())
    assert not is_large(*TOY.open())


def test_after_a_stop_the_first_plan_is_enough(
    model: PlanningModel, solution: Solution, tmp_path: Path
) -> None:
    with PublishingHere(model, TOY, tmp_path) as publishing:
        publishing.offer(solution.found)
        publishing.wait(lambda: True)
        first = publishing.published["folder"]
        publishing.refine(lambda: True)
        assert publishing.published["folder"] == first


def test_the_cost_under_each_rule_is_that_of_a_model_built_with_it(
    model: PlanningModel, solution: Solution
) -> None:
    case, calendar = TOY.open()
    tables = finished(model, solution.found, case, case.info.as_of)
    found = terminal_values(tables, solution.found, other_rules(model))
    assert len(set(found.values())) == 3
    for rule, value in found.items():
        built = build(case, calendar, terminal_value=rule, families=()).program.matrix()
        assert value == pytest.approx(built.objective(solution.found), abs=1e-8)
