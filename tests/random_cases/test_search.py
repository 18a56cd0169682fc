"""Random cases: our own search and HiGHS's agree, and the record of the search proves its bound."""

from __future__ import annotations

from pathlib import Path

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.lp.hints import steps_of
from dcplan.lp.solution import Status
from dcplan.model import PROMISES, build
from dcplan.solvers import highs, steps
from dcplan.solvers.tree import BOUND, weak_bound
from tests.random_cases.solving import EXACT, model_of, valid


def test_the_plain_promises_have_the_same_optimum(route_seed: int, tmp_path: Path) -> None:
    """Valid inequalities cut no plan off: HiGHS on the promises alone finds what our search finds on all."""
    case = valid(7000 + route_seed, tmp_path).case
    model = model_of(case)
    if model is None:
        pytest.skip("a row without a variable cannot hold: there is no program to search")
    plain = build(case, make_calendar(case.info), families=PROMISES).program.matrix()
    matrix = model.program.matrix()
    assert plain.columns == matrix.columns
    assert plain.rows <= matrix.rows
    want = highs.solve(plain, EXACT)
    found = steps.solve(matrix, steps_of(model.program), EXACT)
    assert found.status is want.status
    if found.values is not None:
        assert found.objective == pytest.approx(want.objective, rel=1e-6, abs=1e-6)
        assert not plain.check(found.values)


def test_the_search_agrees_with_the_one_of_highs(route_seed: int, tmp_path: Path) -> None:
    case = valid(5000 + route_seed, tmp_path)
    model = model_of(case.case)
    if model is None:
        pytest.skip("a row without a variable cannot hold: there is no program to search")
    matrix, trees = model.program.matrix(), []
    want = highs.solve(matrix, EXACT)
    found = steps.solve(matrix, steps_of(model.program), EXACT, on_tree=trees.append)
    assert found.status is want.status
    for tree in trees:
        for leaf in tree.leaves:
            bounds = tree.bounds(matrix, leaf.node)
            proves = weak_bound(matrix, *bounds, leaf.multipliers, costs=leaf.kind == BOUND)
            assert proves >= leaf.claim - 1e-9 if leaf.kind == BOUND else proves > 0.0
    if want.status is Status.INFEASIBLE:
        return
    scale = 1e-6 * max(1.0, abs(want.objective))
    assert found.objective == pytest.approx(want.objective, rel=1e-6, abs=1e-6)
    assert want.bound - scale <= found.objective
    assert found.bound - scale <= want.objective
