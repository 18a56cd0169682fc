"""PuLP and Pyomo: the same program, the same verification, the same answers as HiGHS."""

from __future__ import annotations

import contextlib
import subprocess
import sys

import numpy as np
import pandas as pd
import pyomo.environ as pyo
import pytest
from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition

from dcplan import solvers
from dcplan.errors import SolverError
from dcplan.lp.program import Program
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import highs, solve, with_pulp, with_pyomo
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.trust import believed

EXACT = SolveOptions(gap=0.0)
OTHERS = ["pulp:HiGHS", "pulp:CBC", "pyomo:highs"]
SCIP = ["pulp:SCIP", "pyomo:scip_direct"]


def random_program(seed):
    """A small integer program shaped as a plan: demand, places that open, a start once, a shared budget."""
    rng = np.random.default_rng(seed)
    p = Program(f"random-{seed}")
    halls, periods = [f"H-{i}" for i in range(3)], [2022, 2023, 2024]
    p.dimension("hall", halls)
    p.dimension("year", periods)
    both = pd.MultiIndex.from_product([halls, periods], names=["hall", "year"])
    frame, years = both.to_frame(index=False), pd.DataFrame({"year": periods})
    racks = p.variable("racks", frame, integer=bool(seed % 2), unit="racks")
    opened = p.variable("open", frame, upper=1, integer=True)
    p.variable("spare", years, lower=-1, upper=3)
    short = p.variable("short", years)
    places = pd.Series(rng.integers(5, 20, 3).astype(float), index=pd.Index(halls, name="hall"))
    demand = pd.Series(rng.integers(5, 40, 3).astype(float), index=pd.Index(periods, name="year"))
    p.limit("racks", racks - opened * places <= 0, over=frame)
    p.limit("demand", racks.sum("hall") + short == demand, over=years)
    p.limit("start_once", opened - opened.shift("year", opening=0) >= 0, over=frame)
    price = pd.Series(rng.uniform(1, 9, 9).round(2), index=both)
    p.minimize(running=racks * price, opening=opened * 7.25, short=short * 30, sunk=11)
    return p


@pytest.mark.parametrize("seed", range(8))
def test_every_solver_finds_the_same_cost(seed):
    program = random_program(seed)
    matrix = program.matrix()
    best = solve(program, options=EXACT)
    assert best.status is Status.OPTIMAL
    for name in OTHERS + SCIP:
        found = solve(program, name, EXACT)
        assert found.objective == pytest.approx(best.objective, rel=1e-6), name
        if name == "pulp:CBC":  # its proof is not believed
            assert found.bound <= best.objective + 1e-6
            assert (found.status is Status.OPTIMAL) == (found.gap <= 1e-9)
        else:
            assert found.status is Status.OPTIMAL, name
            assert found.bound == pytest.approx(found.objective, rel=1e-6), name
        assert matrix.check(found.values) == []
        assert (
            found.values[matrix.integrality].tolist() == np.round(found.values[matrix.integrality]).tolist()
        )


@pytest.mark.parametrize("name", OTHERS + SCIP)
def test_linear_programs_infeasible_and_unbounded_ones(lp, name):
    found = solve(lp, name)
    assert (found.status, found.values.tolist()) == (Status.OPTIMAL, [3.0, 1.0])
    assert (found.objective, found.bound) == (10.0, 10.0)
    lp.limit("low", lp["x"] + lp["y"] <= 3)
    found = solve(lp, name)
    assert (found.status, found.values, found.bound) == (Status.INFEASIBLE, None, -np.inf)
    p = Program("free")
    x = p.variable("x", lower=-np.inf)
    p.limit("row", x <= 4)
    p.minimize(cost=x)
    assert solve(p, name).status is Status.UNBOUNDED


@pytest.mark.parametrize("name", OTHERS + SCIP)
def test_a_time_limit_is_never_called_optimal(knapsack, name):
    found = solve(knapsack(120, 60, seed=3), name, SolveOptions(gap=0.0, time_limit=1.0, threads=1))
    assert found.status in {Status.FEASIBLE, Status.NO_SOLUTION}
    assert found.bound < found.objective or not found.has_values


def test_cbc_is_offered_and_not_trusted():
    """Its solution is kept; its bound gives way to the linear relaxation's, and "optimal" with it."""
    p = Program("p")
    x = p.variable("x", upper=9, integer=True)
    p.limit("row", x * 2 >= 3)
    p.minimize(cost=x + 100)
    found = solve(p, "pulp:CBC", EXACT)
    assert (found.objective, found.values.tolist()) == (102.0, [2.0])
    assert found.bound == pytest.approx(101.5)  # x = 1.5
    assert found.status is Status.FEASIBLE
    assert any("is not trusted with proofs" in note for note in found.notes)
    assert solve(p, "pulp:CBC", SolveOptions(gap=0.01)).status is Status.OPTIMAL
    for trusted in ("pulp:HiGHS", "pulp:SCIP", "pyomo:scip_direct"):
        found = solve(p, trusted, EXACT)
        assert (found.status, found.bound, found.notes) == (Status.OPTIMAL, 102.0, ())


def test_what_an_untrusted_solver_says_there_is_not_is_looked_for(lp, monkeypatch):
    claims = Solution(Status.INFEASIBLE)
    solver, matrix = "PULP_CBC_CMD", lp.matrix()
    with pytest.raises(SolverError, match="PULP_CBC_CMD claims that there is no solution; HiGHS finds one"):
        believed(matrix, claims, solver, EXACT, highs.solve)
    assert believed(matrix, claims, "HiGHS", EXACT, highs.solve) is claims
    unsure = believed(matrix, claims, solver, EXACT, lambda matrix, options: Solution(Status.NO_SOLUTION))
    assert unsure.status is Status.NO_SOLUTION
    assert "did not prove in time" in unsure.notes[0]
    lp.limit("low", lp["x"] + lp["y"] <= 3)
    assert believed(lp.matrix(), claims, solver, EXACT, highs.solve) is claims
    with pytest.raises(SolverError, match="claims a solution; HiGHS proves that there is none"):
        believed(lp.matrix(), Solution(Status.OPTIMAL, 1.0), solver, EXACT, highs.solve)


def test_values_are_read_by_position_not_by_name():
    """PuLP sorts variables by name and makes these three names alike."""
    p = Program("p")
    p.dimension("hall", ["b-1", "b 1", "a/1"])
    index = pd.DataFrame({"hall": ["b-1", "b 1", "a/1"]})
    x = p.variable("x", index)
    least = pd.Series([3.0, 2.0, 1.0], index=pd.Index(index["hall"], name="hall"))
    p.limit("least", x >= least, over=index)
    p.minimize(cost=x)
    for name in OTHERS:
        assert solve(p, name).values.tolist() == [3.0, 2.0, 1.0]
    names = [variable.name for variable in with_pulp.to_pulp(p.matrix()).variables()]
    assert len(set(names)) == 3


def test_columns_that_are_in_no_row(lp):
    lp.variable("unused", lower=2, upper=5)
    lp.variable("priced", lower=-1, upper=5)
    lp.minimize(more=lp["priced"])
    for name in OTHERS:
        found = solve(lp, name)
        assert found.objective == 9.0
        assert found.values[3] == -1.0
        assert 2.0 <= found.values[2] <= 5.0


@pytest.mark.parametrize("name", OTHERS)
def test_a_closed_site_serves_nothing(trickle, name):
    """Either the right answer or none: never ten megawatts through closed sites."""
    with contextlib.suppress(SolverError):
        assert solve(trickle(), name, EXACT).objective == pytest.approx(1000.1)


def test_to_pulp_reads_as_the_program(lp):
    problem = with_pulp.to_pulp(lp.matrix())
    assert str(problem.objective) == "2.0*x + 3.0*y + 1.0"
    assert [str(row) for row in problem._constraints.values()] == ["x + y >= 4.0"]


def test_to_pyomo_reads_as_the_program():
    model = with_pyomo.to_pyomo(random_program(1))
    assert model.open["H-0", 2022].bounds == (0.0, 1.0)
    assert model.open["H-0", 2022].is_binary() or model.open["H-0", 2022].is_integer()
    assert model.spare[2023].bounds == (-1.0, 3.0)
    assert str(model.demand[2022].body) == "racks[H-0,2022] + racks[H-1,2022] + racks[H-2,2022] + short[2022]"
    assert len(model.racks_rows) == 9
    assert pyo.value(model.demand[2022].lower) == pyo.value(model.demand[2022].upper)
    assert len(list(model.component_objects(pyo.Constraint))) == 3


def test_an_analyst_may_add_rules_to_the_pyomo_model():
    program = random_program(2)
    model = with_pyomo.to_pyomo(program)
    model.closed = pyo.Constraint(expr=model.open["H-1", 2024] == 0)
    from pyomo.contrib.solver.common.factory import SolverFactory

    SolverFactory("highs").solve(model)
    values = with_pyomo.read_back(model, program)
    table = program.table("open", values).set_index(["hall", "year"])["open"]
    assert table["H-1"].tolist() == [0.0, 0.0, 0.0]
    assert np.isnan(values[program.blocks.variables["spare"].start])


# -- refusals ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["cbc", "highs:x", "pulp", "pulp:", "pyomo:", ""])
def test_unknown_names_are_refused(lp, name):
    with pytest.raises(ValueError, match=f"no solver '{name}'"):
        solve(lp, name)


def test_refusals(lp):
    with pytest.raises(ValueError, match="pyomo needs the program"):
        solve(lp.matrix(), "pyomo:highs")
    with pytest.raises(ValueError, match="pulp:CBC takes no progress"):
        solve(lp, "pulp:CBC", progress=print)
    assert solve(lp, "pulp:CBC", progress=None).status is Status.OPTIMAL
    assert solve(lp.matrix(), "highs", progress=None).status is Status.OPTIMAL
    for name in OTHERS:
        with pytest.raises(ValueError, match="node_limit"):
            solve(lp, name, SolveOptions(node_limit=1))
    with pytest.raises(SolverError, match="NOPE"):
        solve(lp, "pulp:NOPE")
    with pytest.raises(SolverError, match="is not installed"):
        solve(lp, "pulp:GLPK_CMD")
    with pytest.raises(SolverError, match="refuses an option"):
        solve(lp, "pulp:CBC", SolveOptions(extra={"nonsense": 1}))
    with pytest.raises(SolverError, match=r"Pyomo has no solver 'nope': it has .*highs"):
        solve(lp, "pyomo:nope")
    with pytest.raises(SolverError, match="is not installed for Pyomo"):
        solve(lp, "pyomo:gurobi_direct")


def test_rows_with_two_sides_are_not_for_pulp(lp):
    from dataclasses import replace

    matrix = replace(lp.matrix(), row_upper=np.array([9.0]))
    assert solve(matrix).objective == 10.0
    with pytest.raises(ValueError, match="two different sides"):
        solve(matrix, "pulp:CBC")


def test_a_status_that_means_nothing_is_an_error(lp, monkeypatch):
    import highspy
    import pulp

    native = highspy.HighsModelStatus.kUnknown
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda self: native)
    with pytest.raises(SolverError, match="kUnknown"):
        solve(lp, "pulp:HiGHS")
    monkeypatch.undo()

    def undefined(self, solver):
        self.assignStatus(pulp.LpStatusNotSolved, pulp.LpSolutionNoSolutionFound)

    monkeypatch.setattr(pulp.LpProblem, "solve", undefined)
    with pytest.raises(SolverError, match="'Not Solved', which is no answer"):
        solve(lp, "pulp:CBC")
    assert solve(lp, "pulp:CBC", SolveOptions(time_limit=9)).status is Status.NO_SOLUTION


def test_failures_inside_are_solver_errors(lp, monkeypatch):
    import highspy
    import pulp

    def fails(*args, **kwargs):
        raise pulp.PulpSolverError("no licence")

    monkeypatch.setattr(pulp.LpProblem, "solve", fails)
    with pytest.raises(SolverError, match="no licence"):
        solve(lp, "pulp:CBC")

    def crash(self):
        raise RuntimeError("std::bad_alloc")

    monkeypatch.setattr(highspy.Highs, "run", crash)
    with pytest.raises(SolverError, match="std::bad_alloc"):
        solve(lp, "pyomo:highs")


@pytest.mark.parametrize("ended", list(TerminationCondition))
def test_every_ending_of_pyomo_has_a_meaning_or_is_an_error(ended):
    from types import SimpleNamespace

    meanings = {
        "convergenceCriteriaSatisfied": Status.OPTIMAL,
        "maxTimeLimit": Status.NO_SOLUTION,
        "iterationLimit": Status.NO_SOLUTION,
        "objectiveLimit": Status.NO_SOLUTION,
        "interrupted": Status.INTERRUPTED,
        "unbounded": Status.UNBOUNDED,
        "provenInfeasible": Status.INFEASIBLE,
    }
    results = SimpleNamespace(termination_condition=ended, solution_status=SolutionStatus.noSolution)
    if ended.name not in meanings:
        with pytest.raises(SolverError, match=f"ended with {ended.name}"):
            with_pyomo._status(results, "any")
        return
    assert with_pyomo._status(results, "any") is meanings[ended.name]


def test_the_package_imports_no_solver():
    heavy = "highspy", "pulp", "pyomo", "pandas"
    code = f"import sys, dcplan.solvers; print([name for name in {heavy} if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "[]\n"
    assert solvers.__doc__
