"""Our own search: the optimum of HiGHS, a record that proves its bound, the protocol of the plain path."""

from __future__ import annotations

import time
from dataclasses import replace

import highspy
import numpy as np
import pandas as pd
import pytest

from dcplan.lp.hints import Steps, hint_steps, steps_of
from dcplan.lp.matrix import Matrix
from dcplan.lp.program import Program
from dcplan.lp.solution import Status
from dcplan.solvers import child, engine, highs, steps
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.relaxation import Relaxation
from dcplan.solvers.tree import BOUND, read_tree, weak_bound, write_tree

EXACT = SolveOptions(gap=0.0, threads=1)


def expansion(seed: int, halls: int = 4, periods: int = 6) -> Program:
    """Halls start once and hold racks; what is not held is rented. Demand grows; some halls follow others."""
    random = np.random.default_rng(seed)
    p = Program("expansion")
    p.dimension("hall", [f"h{i}" for i in range(halls)])
    p.dimension("period", list(range(periods)))
    grid = pd.MultiIndex.from_product([range(halls), range(periods)]).to_frame(index=False)
    index = pd.DataFrame({"hall": "h" + grid[0].astype(str), "period": grid[1]})
    on = p.variable("on", index, upper=1.0, integer=True)
    racks = p.variable("racks", index)
    rented = p.variable("rented", pd.DataFrame({"period": range(periods)}))
    places = pd.Series(
        random.integers(20, 60, halls) * 1.0, index=pd.Index([f"h{i}" for i in range(halls)], name="hall")
    )
    need = pd.Series(
        np.cumsum(random.integers(5, 30, periods)) * 1.0, index=pd.Index(range(periods), name="period")
    )
    p.limit("places", racks - on * places <= 0, over=index)
    p.limit("once", on - on.shift("period").where(index) >= 0, over=index)
    p.limit("demand", racks.sum("hall") + rented >= need, over=pd.DataFrame({"period": range(periods)}))
    fixed = pd.Series(random.integers(15, 60, halls) * 1.0, index=places.index)
    p.minimize(fixed=on * fixed, rent=rented * float(random.integers(1, 4)), run=racks * 0.3)
    hint_steps(p, "on", "hall", 0)
    return p


def proven(matrix, tree) -> float:
    """What the leaves prove, each checked."""
    for leaf in tree.leaves:
        bound = weak_bound(
            matrix, *tree.bounds(matrix, leaf.node), leaf.multipliers, costs=leaf.kind == BOUND
        )
        assert bound >= leaf.claim - 1e-9 if leaf.kind == BOUND else bound > 0.0
    assert tree.bound == min((leaf.claim for leaf in tree.leaves), default=np.inf)
    inner = tree.column >= 0
    assert matrix.integrality[tree.column[inner]].all()
    assert len(tree.leaves) == int((~inner).sum())
    return tree.bound


@pytest.mark.parametrize("seed", range(12))
def test_it_finds_the_optimum_of_highs_and_proves_it(seed: int):
    program = expansion(seed)
    matrix, trees = program.matrix(), []
    found = steps.solve(matrix, steps_of(program), EXACT, on_tree=trees.append)
    want = highs.solve(matrix, EXACT)
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(want.objective, rel=1e-7)
    assert found.bound == pytest.approx(proven(matrix, trees[0]), rel=1e-7)
    assert found.bound >= found.objective * (1 - 1e-7)


def test_whole_numbers_without_hints_are_split_one_by_one(knapsack):
    matrix, trees = knapsack(12, 4).matrix(), []
    found = steps.solve(matrix, [], EXACT, on_tree=trees.append)
    assert found.objective == pytest.approx(highs.solve(matrix, EXACT).objective)
    assert proven(matrix, trees[0]) == pytest.approx(found.objective, rel=1e-6)


def test_it_neither_minds_nor_disturbs_a_highs_of_the_caller_with_more_threads():
    """A thread keeps the number with which HiGHS first ran in it, and HiGHS refuses another one."""
    engine.fresh_scheduler()
    other = highspy.Highs()
    for option, value in (("output_flag", False), ("threads", 2)):
        other.setOptionValue(option, value)
    other.addVar(0.0, 1.0)
    assert other.run() == highspy.HighsStatus.kOk
    program, trees = expansion(2), []
    steps.solve(program.matrix(), steps_of(program), EXACT, on_tree=trees.append)
    assert len(trees) == 1
    other.clearSolver()
    assert other.run() == highspy.HighsStatus.kOk


def test_a_gap_leaves_a_bound_that_it_does_not_overstate():
    program = expansion(3, halls=6, periods=10)
    matrix = program.matrix()
    best = highs.solve(matrix, EXACT).objective
    found = steps.solve(matrix, steps_of(program), SolveOptions(gap=0.02))
    assert found.status is Status.OPTIMAL
    assert found.gap <= 0.02 + 1e-9
    assert found.bound <= best + 1e-6 <= found.objective + 2e-6


def test_what_has_no_solution_is_proven_empty():
    """2 a = 1 with a whole: the relaxation has a solution, both children have none."""
    p = Program("odd")
    a = p.variable("a", upper=3.0, integer=True)
    p.limit("half", a * 2.0 == 1.0)
    p.minimize(cost=a)
    matrix, trees = p.matrix(), []
    assert steps.solve(matrix, [], EXACT, on_tree=trees.append).status is Status.INFEASIBLE
    assert proven(matrix, trees[0]) == np.inf
    assert [leaf.kind for leaf in trees[0].leaves] == ["empty", "empty"]
    assert child.solve(matrix, EXACT, steps=[]).status is Status.INFEASIBLE


def test_a_solution_far_above_the_root_is_found():
    """A site of 200 places for one rack: the relaxation pays for the rack alone, a plan for both sites."""
    p = Program("far")
    p.dimension("i", [0, 1])
    index = pd.DataFrame({"i": [0, 1]})
    site = p.variable("site", index, upper=1.0, integer=True)
    held = p.variable("held", index)
    p.limit("room", held - site * 200.0 <= 0, over=index)
    p.limit("need", held >= pd.Series([1.0, 2.4], index=pd.RangeIndex(2, name="i")), over=index)
    p.minimize(cost=site * 100.0)
    matrix, trees = p.matrix(), []
    here = steps.solve(matrix, [], EXACT, on_tree=trees.append)
    there = child.solve(matrix, EXACT, steps=[], on_tree=trees.append)
    for found, tree in zip((here, there), trees, strict=True):
        assert (found.status, found.objective) == (Status.OPTIMAL, pytest.approx(200.0))
        assert proven(matrix, tree) == pytest.approx(200.0, rel=1e-6)
        assert tree.nodes > 1


def test_an_unbounded_relaxation_is_told_by_highs():
    p = Program("endless")
    a = p.variable("a", integer=True)
    p.minimize(cost=a * -1.0)
    for found in (steps.solve(p.matrix(), []), child.solve(p.matrix(), steps=[])):
        assert found.status is Status.UNBOUNDED


def test_a_process_of_its_own_proves_the_same_however_many_threads_it_has(tmp_path):
    program = expansion(5, halls=5, periods=8)
    matrix, hints, trees, better = program.matrix(), steps_of(program), [], []
    here = steps.solve(matrix, hints, EXACT, on_tree=trees.append)
    for _ in range(2):
        there = child.solve(matrix, EXACT, steps=hints, on_tree=trees.append, on_solution=better.append)
        assert there.objective == pytest.approx(here.objective, rel=1e-9)
        assert proven(matrix, trees[-1]) == pytest.approx(there.bound, rel=1e-9)
    same = child.solve(matrix, replace(EXACT, threads=2), steps=hints, on_tree=trees.append)
    assert same.values.tolist() == there.values.tolist()
    assert (same.bound, same.nodes, same.simplex_iterations) == (
        there.bound,
        there.nodes,
        there.simplex_iterations,
    )
    first, *others = trees[1:]
    assert all(np.array_equal(tree.column, first.column) for tree in others)
    assert matrix.objective(better[-1]) == pytest.approx(there.objective)
    write_tree(first, tmp_path / "tree.npz")
    assert proven(matrix, read_tree(tmp_path / "tree.npz")) == first.bound


@pytest.mark.parametrize("small", [True, False])
def test_a_search_tells_of_its_solutions_wherever_it_runs(monkeypatch, small: bool):
    """A small program is searched in the caller's process, a large one in its own: the same is heard."""
    program = expansion(5, halls=5, periods=8)
    matrix, hints = program.matrix(), steps_of(program)
    monkeypatch.setattr(steps, "SMALL", matrix.columns if small else matrix.columns - 1)
    here: list[str] = []
    monkeypatch.setattr(
        steps, "solve", lambda *args, run=steps.solve, **kw: here.append("here") or run(*args, **kw)
    )
    told, better, trees = [], [], []
    found = steps.search(matrix, hints, EXACT, told.append, None, None, better.append, trees.append)
    assert here == ["here"] * small
    assert found.status is Status.OPTIMAL
    assert found.objective == pytest.approx(highs.solve(matrix, EXACT).objective, rel=1e-9)
    assert proven(matrix, trees[-1]) == pytest.approx(found.bound, rel=1e-9)
    assert matrix.objective(better[-1]) == pytest.approx(found.objective, rel=1e-9)
    assert 0.0 <= found.first_incumbent_seconds <= found.seconds
    assert told
    assert all(look.bound <= found.objective + 1e-6 for look in told)


def test_a_small_program_is_called_infeasible_by_two_solves(monkeypatch):
    p = Program("nothing")
    a = p.variable("a", upper=1.0, integer=True)
    b = p.variable("b", upper=1.0, integer=True)
    p.limit("half", a * 2.0 + b * 2.0 == 1.0)
    p.minimize(cost=a)
    assert steps.search(p.matrix(), [], EXACT).status is Status.INFEASIBLE
    asked: list[Matrix] = []
    once = child._once
    monkeypatch.setattr(
        child, "_once", lambda matrix, *args, **kw: asked.append(matrix) or once(matrix, *args, **kw)
    )
    assert steps.search(p.matrix(), [], EXACT).notes == ()
    assert [matrix.cost.tolist() for matrix in asked] == [[0.0, 0.0]]


def test_it_starts_from_a_solution_and_stops_at_its_limits():
    program = expansion(7, halls=8, periods=14)
    matrix, hints = program.matrix(), steps_of(program)
    best = highs.solve(matrix, EXACT)
    stopped = steps.solve(matrix, hints, SolveOptions(gap=0.0, node_limit=1), start=best.values)
    assert stopped.status is Status.FEASIBLE
    assert stopped.objective <= best.objective * (1 + 1e-9)
    assert stopped.bound < best.objective
    nothing = steps.solve(matrix, hints, SolveOptions(gap=0.0, time_limit=1e-3))
    assert nothing.status in {Status.NO_SOLUTION, Status.FEASIBLE}


def test_it_stops_when_it_is_told_to():
    program = expansion(11, halls=14, periods=30)
    began = time.perf_counter()
    found = child.solve(
        program.matrix(),
        EXACT,
        steps=steps_of(program),
        should_stop=lambda: time.perf_counter() - began > 1.0,
    )
    assert found.status is Status.INTERRUPTED
    assert found.seconds < 3.0


def test_a_relaxation_that_proves_nothing_prunes_nothing(monkeypatch):
    """From the third relaxation on no end is believed: what is left keeps the bound of its parent."""
    program = expansion(3, halls=6, periods=10)
    matrix, ended, trees = program.matrix(), Relaxation._ended, []

    def ends(self, *args, **kwargs):
        return ended(self, *args, **kwargs) if self.solves < 4 else None

    best = steps.solve(matrix, steps_of(program), EXACT)
    monkeypatch.setattr(Relaxation, "_ended", ends)
    found = steps.solve(matrix, steps_of(program), EXACT, start=best.values, on_tree=trees.append)
    assert found.status is Status.FEASIBLE
    assert found.bound == pytest.approx(proven(matrix, trees[0]))
    assert found.bound < best.objective - 1e-3


def test_what_a_leaf_without_proof_leaves_open_stays_in_the_bound(monkeypatch):
    """One child of the root proves nothing; however high the other nodes rise, the bound is the root's."""
    program = expansion(3, halls=6, periods=10)
    matrix, ended, trees = program.matrix(), Relaxation._ended, []

    def ends(self, *args, **kwargs):
        return ended(self, *args, **kwargs) if self.solves == 1 or self.solves > 4 else None

    monkeypatch.setattr(Relaxation, "_ended", ends)
    found = steps.solve(matrix, steps_of(program), EXACT, on_tree=trees.append)
    assert trees[0].nodes > 10
    assert found.bound == pytest.approx(proven(matrix, trees[0]))
    assert found.bound == pytest.approx(min(leaf.claim for leaf in trees[0].leaves if leaf.node < 3))


def test_steps_come_in_the_order_in_which_they_rise():
    p = Program("order")
    p.dimension("site", ["a", "b"])
    p.dimension("term", [1, 2])
    index = pd.DataFrame({"site": ["a", "b", "a", "b"], "term": [1, 1, 2, 2]})
    p.variable("kept", index, upper=1.0, integer=True)
    hint_steps(p, "kept", "site", 1, falls=True)
    assert [(each.columns.tolist(), each.priority) for each in steps_of(p)] == [([2, 0], 1), ([3, 1], 1)]
    assert isinstance(steps_of(p)[0], Steps)
    assert {each.order for each in steps_of(p)} == {0}


def test_steps_have_the_order_in_which_their_labels_are_named():
    p = Program("order")
    p.dimension("hall", ["a", "b", "c"])
    p.variable("on", pd.DataFrame({"hall": ["a", "b", "c"]}), upper=1.0, integer=True)
    hint_steps(p, "on", "hall", 0, order=["c", "a"])
    assert [(each.columns.tolist(), each.order) for each in steps_of(p)] == [([0], 1), ([1], 2), ([2], 0)]


def test_of_the_same_priority_what_comes_first_is_split_first():
    """Both halls are half open in the relaxation; the one that is named first is split at the root."""
    for first, column in (("h0", 0), ("h1", 1)):
        p, trees = Program("order"), []
        p.dimension("hall", ["h0", "h1"])
        halls = pd.DataFrame({"hall": ["h0", "h1"]})
        on = p.variable("on", halls, upper=1.0, integer=True)
        p.limit("each", on >= 0.5, over=halls)
        p.minimize(cost=on * 2.0)
        hint_steps(p, "on", "hall", 0, order=[first])
        steps.solve(p.matrix(), steps_of(p), EXACT, on_tree=trees.append)
        assert trees[0].column[0] == column
