"""HiGHS: its statuses in our words, its known traps as named tests, and no answer unverified."""

from __future__ import annotations

import contextlib
import threading
import time
from dataclasses import replace
from types import SimpleNamespace

import highspy
import numpy as np
import pandas as pd
import pytest
from highspy import HighsModelStatus

from dcplan.errors import SolverError
from dcplan.lp.labels import ProgramError
from dcplan.lp.program import Program
from dcplan.lp.solution import Solution, Status, relative_gap
from dcplan.solvers import engine, highs, solve
from dcplan.solvers.judged import polished
from dcplan.solvers.options import Progress, SolveOptions

EXACT = SolveOptions(gap=0.0, threads=1)


# -- answers -----------------------------------------------------------------------------------------


def test_an_lp_is_its_own_bound(lp):
    found = highs.solve(lp.matrix())
    assert (found.status, found.objective, found.bound, found.gap) == (Status.OPTIMAL, 10.0, 10.0, 0.0)
    assert found.values.tolist() == [3.0, 1.0]
    assert found.has_values
    assert found.versions["highspy"] == engine.new_highs().version()
    assert found.options["solver"] == "highs"


def test_an_integer_program_is_proven_to_the_gap(knapsack):
    matrix = knapsack().matrix()
    exact = highs.solve(matrix, EXACT)
    assert (exact.status, exact.objective, exact.gap) == (Status.OPTIMAL, -5537.0, 0.0)
    assert exact.nodes > 0
    assert exact.simplex_iterations > 0
    assert 0 <= exact.first_incumbent_seconds <= exact.seconds
    rough = highs.solve(matrix, SolveOptions(gap=0.02, threads=1))
    assert rough.status is Status.OPTIMAL
    assert 0 < rough.gap <= 0.02
    assert rough.bound <= exact.objective <= rough.objective


def test_whole_numbers_come_back_exactly_whole(knapsack):
    values = highs.solve(knapsack(20, 5).matrix(), EXACT).values
    assert (values == np.round(values)).all()


def test_a_program_without_columns_or_rows(lp):
    empty = Program("empty")
    empty.minimize(sunk=4.5)
    found = highs.solve(empty.matrix())
    assert (found.status, found.objective, found.bound) == (Status.OPTIMAL, 4.5, 4.5)
    p = Program("no rows")
    p.minimize(cost=p.variable("x", lower=-2, upper=3, integer=True) + 1)
    assert highs.solve(p.matrix()).objective == -1.0


def test_the_same_seed_gives_the_same_plan(knapsack):
    matrix = knapsack(30, 10).matrix()
    one, two = (highs.solve(matrix, SolveOptions(gap=0.005, threads=1, seed=7)) for _ in range(2))
    assert one.values.tolist() == two.values.tolist()
    assert one.nodes == two.nodes


def test_nothing_is_written_to_the_console(knapsack, capfd, tmp_path):
    highs.solve(knapsack(20, 5).matrix(), SolveOptions(log_file=tmp_path / "log.txt"))
    out, err = capfd.readouterr()
    assert (out, err) == ("", "")
    assert "HiGHS" in (tmp_path / "log.txt").read_text()


# -- how a solve ends --------------------------------------------------------------------------------


def test_infeasible_and_unbounded(lp):
    lp.limit("low", lp["x"] + lp["y"] <= 3)
    found = highs.solve(lp.matrix())
    assert (found.status, found.values, found.has_values) == (Status.INFEASIBLE, None, False)
    assert np.isnan(found.objective)
    assert found.gap == np.inf
    p = Program("free")
    p.minimize(cost=p.variable("x", lower=-np.inf))
    assert highs.solve(p.matrix()).status is Status.UNBOUNDED


@pytest.mark.parametrize("feasible", [True, False])
def test_unbounded_or_infeasible_integer_programs_are_told_apart(feasible):
    p = Program("p")
    x = p.variable("x", lower=-np.inf, integer=True)
    y = p.variable("y", lower=-np.inf, integer=True)
    p.limit("ray", x - y == 0)
    if not feasible:
        p.limit("odd", x * 2 + y * 2 == 1)
        p.bound("y", lower=-10, upper=10)
    p.minimize(cost=x)
    expected = Status.UNBOUNDED if feasible else Status.INFEASIBLE
    assert highs.solve(p.matrix()).status is expected


@pytest.mark.parametrize("second", ["kOptimal", "kInfeasible", "kTimeLimit"])
def test_unbounded_or_infeasible_is_solved_again_without_costs(lp, monkeypatch, second):
    lp.bound("x", lower=-np.inf)
    said = [getattr(HighsModelStatus, name) for name in (second, second, "kUnboundedOrInfeasible")]
    monkeypatch.setattr(
        highspy.Highs, "getModelStatus", lambda self: said.pop() if len(said) > 1 else said[0]
    )
    if second == "kTimeLimit":
        with pytest.raises(SolverError, match="kUnboundedOrInfeasible, which is no answer"):
            highs.solve(lp.matrix())
        return
    found = highs.solve(lp.matrix())
    assert found.status is (Status.UNBOUNDED if second == "kOptimal" else Status.INFEASIBLE)
    assert not found.has_values


def test_a_limit_with_an_incumbent_is_feasible(knapsack):
    found = highs.solve(knapsack().matrix(), replace(EXACT, node_limit=1))
    assert found.status is Status.FEASIBLE
    assert found.has_values
    assert found.bound < found.objective
    assert found.gap == pytest.approx((found.objective - found.bound) / abs(found.objective))


def test_a_time_limit_is_kept(knapsack):
    began = time.perf_counter()
    found = highs.solve(knapsack(120, 60, seed=3).matrix(), replace(EXACT, time_limit=0.5))
    assert found.status is Status.FEASIBLE
    assert time.perf_counter() - began < 3.0


def test_a_limit_before_any_solution():
    """Market split: no solution is found within a node."""
    rng = np.random.default_rng(1)
    p = Program("split")
    p.dimension("i", range(40))
    p.dimension("r", range(5))
    x = p.variable("x", pd.DataFrame({"i": range(40)}), upper=1, integer=True)
    index = pd.MultiIndex.from_product([range(40), range(5)], names=["i", "r"])
    a = pd.Series(rng.integers(0, 100, 200).astype(float), index=index)
    half = (a.groupby("r").sum() / 2).round()
    p.limit("split", (x * a).sum("i") == half, over=pd.DataFrame({"r": range(5)}))
    p.minimize(none=x * 0)
    found = highs.solve(p.matrix(), replace(EXACT, node_limit=1))
    assert (found.status, found.values) == (Status.NO_SOLUTION, None)
    assert np.isfinite(found.bound)


@pytest.mark.parametrize("native", list(HighsModelStatus.__members__))
def test_every_status_of_highs_has_a_meaning_or_is_an_error(lp, monkeypatch, native):
    lp.bound("x", lower=-np.inf)
    status = HighsModelStatus.__members__[native]
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda self: status)
    errors = {"kNotset", "kLoadError", "kModelError", "kPresolveError", "kSolveError", "kPostsolveError"}
    errors |= {"kUnknown", "kUnboundedOrInfeasible", "kHighsInterrupt"}
    if native in errors:
        # kUnboundedOrInfeasible is solved again without costs, and cannot stay so.
        with pytest.raises(SolverError, match=f"ended with {native}"):
            highs.solve(lp.matrix())
        return
    found = highs.solve(lp.matrix())
    expected = {
        "kOptimal": Status.OPTIMAL,
        "kModelEmpty": Status.OPTIMAL,
        "kInfeasible": Status.INFEASIBLE,
        "kUnbounded": Status.UNBOUNDED,
        "kInterrupt": Status.INTERRUPTED,
    }
    assert found.status is expected.get(native, Status.FEASIBLE)
    assert found.has_values == (found.status not in {Status.INFEASIBLE, Status.UNBOUNDED})


def test_should_stop_keeps_the_incumbent(knapsack):
    matrix = knapsack(120, 60, seed=3).matrix()
    began = time.perf_counter()
    found = highs.solve(matrix, EXACT, should_stop=lambda: time.perf_counter() - began > 0.3)
    assert found.status is Status.INTERRUPTED
    assert found.seconds < 2.0
    assert matrix.check(found.values) == []
    assert found.bound < found.objective


def test_an_error_of_the_caller_stops_the_solve(knapsack):
    def fails():
        raise RuntimeError("no")

    before = threading.active_count()
    with pytest.raises(RuntimeError, match="no"):
        highs.solve(knapsack(120, 60, seed=3).matrix(), EXACT, should_stop=fails)
    deadline = time.perf_counter() + 3
    while threading.active_count() > before and time.perf_counter() < deadline:
        time.sleep(0.02)
    assert threading.active_count() == before


def test_a_solver_that_ignores_its_time_limit_is_stopped(knapsack, monkeypatch):
    monkeypatch.setattr(highs, "_LATE_SECONDS", 0.1)
    run = highs._Run(highs._loaded(knapsack(120, 60, seed=3).matrix(), EXACT), 0.2)
    run.go(None, None)
    assert run.heard.late
    assert run.elapsed() < 2.5


# -- progress, start, threads ------------------------------------------------------------------------


def test_progress_is_told_from_the_callers_thread(knapsack):
    looks: list[tuple[Progress, int]] = []
    found = highs.solve(
        knapsack().matrix(), EXACT, progress=lambda look: looks.append((look, threading.get_ident()))
    )
    assert looks
    assert {thread for _, thread in looks} == {threading.get_ident()}
    seconds = [look.seconds for look, _ in looks]
    assert seconds == sorted(seconds)
    last = looks[-1][0]
    assert last.bound <= found.objective + 1e-6 <= last.incumbent + 1e-5
    assert last.gap == relative_gap(last.incumbent, last.bound)
    assert last.solutions >= 1


def test_a_start_is_taken_and_kept(knapsack):
    matrix = knapsack().matrix()
    best = highs.solve(matrix, EXACT)
    again = highs.solve(matrix, replace(EXACT, node_limit=0), start=best.values)
    assert again.objective == best.objective
    with pytest.raises(ValueError, match="60 finite values"):
        highs.solve(matrix, EXACT, start=np.zeros(3))
    with pytest.raises(ValueError, match="60 finite values"):
        highs.solve(matrix, EXACT, start=np.full(60, np.nan))


def test_a_start_that_is_no_solution_does_no_harm(knapsack):
    matrix = knapsack(20, 5).matrix()
    assert (
        highs.solve(matrix, EXACT, start=np.full(20, 4.0)).objective == highs.solve(matrix, EXACT).objective
    )


def test_the_thread_count_may_change_between_solves(knapsack):
    """HiGHS keeps one thread pool per process and refuses another count; so do solves through PuLP."""
    matrix = knapsack(20, 5).matrix()
    costs = [highs.solve(matrix, SolveOptions(gap=0.0, threads=n)).objective for n in (1, 2, 1)]
    costs += [solve(matrix, "pulp:HiGHS", SolveOptions(gap=0.0, threads=n)).objective for n in (1, 2)]
    costs += [highs.solve(matrix, SolveOptions(gap=0.0, threads=n)).objective for n in (2, 1)]
    assert len(set(costs)) == 1


def test_solves_in_threads_do_not_meet(knapsack):
    matrix = knapsack(20, 5).matrix()
    found: list[Solution] = []
    workers = [
        threading.Thread(target=lambda n=n: found.append(highs.solve(matrix, replace(EXACT, threads=n))))
        for n in (1, 2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found[0].objective == found[1].objective


# -- traps -------------------------------------------------------------------------------------------


def test_nan_never_reaches_a_solver(lp):
    """HiGHS takes a NaN for nothing and reports an optimum."""
    matrix = lp.matrix()
    with pytest.raises(ProgramError, match="coefficient refused at sum on y"):
        replace(matrix, data=np.array([1.0, np.nan]))
    with pytest.raises(ProgramError, match="cost refused at x"):
        replace(matrix, cost=np.array([np.nan, 1.0]))


def test_a_closed_site_serves_nothing(trickle):
    """At HiGHS's own tolerance 10 MW flow through closed sites for 0.1: the true optimum is 1000.1."""
    assert highs.solve(trickle().matrix(), EXACT).objective == pytest.approx(1000.1)


def test_what_trickles_is_solved_again_or_refused(trickle):
    """With the loose tolerance the whole numbers are made exact, and what depends on them is solved again."""
    matrix = trickle().matrix()
    loose = replace(EXACT, integrality=1e-6, extra={"presolve": "off"})
    with contextlib.suppress(SolverError):
        found = highs.solve(matrix, loose)
        assert matrix.check(found.values) == []
        assert found.objective >= 1000.1 - 1e-6


def test_rounding_is_followed_by_the_best_continuous_values(trickle):
    matrix = trickle().matrix()
    best = polished(matrix, np.array([1.0, 0, 0, 0, 0, 0]), EXACT, highs.solve)
    assert best.tolist() == [1, 0, 0, 10, 0, 0]
    with pytest.raises(SolverError, match="not a solution once its whole numbers are exact"):
        polished(matrix, np.zeros(6), EXACT, highs.solve)


LIES = {
    "nan": ({"col_value": [np.nan, 1.0]}, {}, "returned nan for x"),
    "zeros": ({"col_value": [0.0, 0.0]}, {}, "claims a cost of 10"),
    "broken row": ({"col_value": [3.0, 0.0]}, {"objective_function_value": 7.0}, "sum is broken"),
    "broken bound": (
        {"col_value": [4.0, 0.0]},
        {"objective_function_value": 9.0},
        "x breaks its upper bound",
    ),
    "wrong cost": ({}, {"objective_function_value": 9.0}, "claims a cost of 9"),
    "too short": ({"col_value": [3.0]}, {}, "1 values for 2 columns"),
    "no solution": ({"value_valid": False}, {}, "claims an optimum and has no solution"),
}


@pytest.mark.parametrize("lie", list(LIES))
def test_a_lying_solver_is_caught(lp, monkeypatch, lie):
    said, info, message = LIES[lie]
    honest = {"col_value": [3.0, 1.0], "value_valid": True}
    facts = {"objective_function_value": 10.0, "primal_solution_status": 2, "mip_node_count": -1}
    facts |= {"simplex_iteration_count": 1, "mip_dual_bound": -np.inf}
    monkeypatch.setattr(highspy.Highs, "getSolution", lambda self: SimpleNamespace(**{**honest, **said}))
    monkeypatch.setattr(highspy.Highs, "getInfo", lambda self: SimpleNamespace(**{**facts, **info}))
    with pytest.raises(SolverError, match=message):
        highs.solve(lp.matrix())


def test_a_fraction_for_a_whole_number_and_a_bound_above_the_cost_are_caught(lp, monkeypatch):
    lp.integer("x", True)
    facts = SimpleNamespace(
        objective_function_value=10.5, primal_solution_status=2, mip_dual_bound=9.0, mip_node_count=1,
        simplex_iteration_count=1,
    )  # fmt: skip
    monkeypatch.setattr(highspy.Highs, "getInfo", lambda self: facts)
    half = SimpleNamespace(col_value=[2.5, 1.5], value_valid=True)
    monkeypatch.setattr(highspy.Highs, "getSolution", lambda self: half)
    with pytest.raises(SolverError, match=r"2\.5 for the whole number x"):
        highs.solve(lp.matrix())
    facts.mip_dual_bound, facts.objective_function_value = 10.4, 10.0
    half.col_value = [3.0, 1.0]
    with pytest.raises(SolverError, match=r"nothing is below 10\.4"):
        highs.solve(lp.matrix())


def test_an_optimum_short_of_the_gap_is_only_feasible(lp, monkeypatch):
    lp.integer("x", True)
    facts = SimpleNamespace(
        objective_function_value=10.0, primal_solution_status=2, mip_dual_bound=9.0, mip_node_count=1,
        simplex_iteration_count=1,
    )  # fmt: skip
    monkeypatch.setattr(highspy.Highs, "getInfo", lambda self: facts)
    assert highs.solve(lp.matrix(), SolveOptions(gap=0.05)).status is Status.FEASIBLE
    assert highs.solve(lp.matrix(), SolveOptions(gap=0.1)).status is Status.OPTIMAL
    facts.mip_dual_bound = np.nan
    assert highs.solve(lp.matrix(), SolveOptions(gap=0.1)).bound == -np.inf


def test_a_crash_inside_highs_is_a_solver_error(lp, monkeypatch):
    def crash(self):
        raise RuntimeError("std::bad_alloc")

    monkeypatch.setattr(highspy.Highs, "run", crash)
    with pytest.raises(SolverError, match="std::bad_alloc"):
        highs.solve(lp.matrix())


def test_an_unknown_option_is_refused(lp):
    with pytest.raises(SolverError, match="refuses the option presolves = 'on'"):
        highs.solve(lp.matrix(), SolveOptions(extra={"presolves": "on"}))
    with pytest.raises(SolverError, match="refuses the option simplex_strategy"):
        highs.solve(lp.matrix(), SolveOptions(extra={"simplex_strategy": 99}))


@pytest.mark.parametrize("extra", [{"solver": "ipm"}, {"solver": "simplex", "presolve": "off"}])
def test_options_in_the_solvers_own_words(lp, extra):
    assert highs.solve(lp.matrix(), SolveOptions(extra=extra)).objective == pytest.approx(10.0)


@pytest.mark.parametrize(
    "name,value",
    [
        ("gap", -0.1),
        ("gap", np.nan),
        ("time_limit", 0),
        ("threads", 0),
        ("node_limit", -1),
        ("integrality", 1e-3),
    ],
)
def test_options_refuse_nonsense(name, value):
    with pytest.raises(ValueError, match=name):
        SolveOptions(**{name: value})


def test_relative_gap():
    assert relative_gap(10.0, 9.0) == pytest.approx(0.1)
    assert relative_gap(-10.0, -11.0) == pytest.approx(0.1)
    assert relative_gap(0.0, 0.0) == 0.0
    assert relative_gap(0.0, -1.0) == np.inf
    assert relative_gap(np.inf, 1.0) == np.inf
    assert Solution(Status.NO_SOLUTION).gap == np.inf
