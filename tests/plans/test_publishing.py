"""The publishing process: what it hands over, and how its failures are told."""

from pathlib import Path

import numpy as np
import pytest

from dcplan.data.shipped import case_folder
from dcplan.errors import SolverError
from dcplan.model import build
from dcplan.plans.publishing import Publishing
from dcplan.plans.request import Request
from dcplan.solvers import highs


@pytest.fixture
def request_for_toy() -> Request:
    return Request(str(case_folder("toy")))


def test_a_solution_becomes_a_plan_and_the_newest_is_kept(request_for_toy: Request, tmp_path: Path) -> None:
    model = build(*request_for_toy.open())
    solution = highs.solve(model.program.matrix())
    with Publishing(request_for_toy, tmp_path) as publishing:
        publishing.offer(solution.found)
        publishing.wait()
        publishing.keep_newest()
        assert publishing.published["cost"] == pytest.approx(solution.objective, abs=1e-3)
        assert publishing.gap(solution.bound) < 1e-5
        assert (tmp_path / publishing.published["folder"] / "tables" / "racks.csv").is_file()
        assert set(publishing.references) == {"as_announced", "frozen"}
        publishing.refine()
        assert publishing.published["cost"] == pytest.approx(solution.objective, abs=1e-3)


def test_decisions_without_a_whole_plan_are_told_and_do_not_end_the_process(
    request_for_toy: Request, tmp_path: Path
) -> None:
    """No hall B and City left: 60 and more racks have no place."""
    model = build(*request_for_toy.open())
    solution = highs.solve(model.program.matrix())
    impossible = solution.found.copy()
    block = model.program.blocks.variables["in_service"]
    impossible[block.start : block.stop] = 0.0
    kept = model.program.blocks.variables["kept"]
    impossible[kept.start : kept.stop] = 0.0
    with Publishing(request_for_toy, tmp_path) as publishing:
        publishing.offer(impossible)
        publishing.wait()
        with pytest.raises(SolverError, match="no plan in whole racks"):
            _ = publishing.published
        publishing.offer(solution.found)
        publishing.wait()
        assert np.isfinite(publishing.published["cost"])


def test_a_process_that_fails_is_told_with_its_words(tmp_path: Path) -> None:
    with Publishing(Request(str(tmp_path / "nowhere")), tmp_path) as publishing:
        publishing.offer(np.zeros(1))
        with pytest.raises(SolverError, match="publishing failed"):
            publishing.wait()
