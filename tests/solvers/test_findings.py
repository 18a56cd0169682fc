"""Five traps of solver libraries, each as a test of every route to a solver.

Ctrl-C that is not heard, thread counts that belong to the process, NaN taken for nothing, flow that trickles
through closed sites, and words for a status that mean something else.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace

import numpy as np
import pulp
import pytest

from dcplan.errors import SolverError
from dcplan.lp.labels import ProgramError
from dcplan.lp.solution import Status
from dcplan.solvers import highs, solve, with_pulp, with_pyomo
from dcplan.solvers.options import SolveOptions

ROUTES = ["highs", "pulp:HiGHS", "pyomo:highs"]
EXACT = SolveOptions(gap=0.0, threads=1)

INTERRUPTED = """
import json, sys
sys.path.insert(0, sys.argv[2])
from conftest import knapsack
from dcplan.solvers import solve
from dcplan.solvers.options import SolveOptions

program = knapsack(120, 60, seed=3)
matrix = program.matrix()
solve(knapsack(3, 2), sys.argv[1])  # the libraries are loaded
print("ready", flush=True)
found = solve(program, sys.argv[1], SolveOptions(gap=0.0, threads=1, time_limit=60.0))
faults = [] if found.values is None else matrix.check(found.values)
print(json.dumps([found.status.value, found.objective, found.bound, faults]), flush=True)
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
@pytest.mark.parametrize("route", ROUTES)
def test_ctrl_c_is_heard_and_keeps_the_incumbent(route):
    """`highspy.Highs.run` and PuLP's HiGHS did not stop within 30 s of it."""
    here = os.path.dirname(__file__)  # noqa: PTH120
    command = [sys.executable, "-c", INTERRUPTED, route, here]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(2.0)
        began = time.perf_counter()
        process.send_signal(signal.SIGINT)
        status, objective, bound, faults = json.loads(process.stdout.readline())
        seconds = time.perf_counter() - began
        assert process.wait(timeout=20) == 0
    assert (status, faults) == ("interrupted", [])
    assert bound < objective < 200
    assert seconds < 3.0


@pytest.mark.parametrize("route", ROUTES)
def test_should_stop_is_heard_and_keeps_the_incumbent(knapsack, route):
    program, began = knapsack(120, 60, seed=3), time.perf_counter()
    found = solve(program, route, EXACT, should_stop=lambda: time.perf_counter() - began > 1.5)
    assert found.status is Status.INTERRUPTED
    assert program.matrix().check(found.values) == []
    assert found.bound < found.objective
    assert found.gap > 0


@pytest.mark.parametrize("route", [*ROUTES, "pulp:CBC"])
def test_a_thread_count_is_no_matter_of_the_process(knapsack, route):
    """Through PuLP another count was a silent "Not Solved" with every variable at 0."""
    program = knapsack(20, 5)
    want = highs.solve(program.matrix(), EXACT).objective
    for threads in (2, 1, 2):
        assert solve(program, route, replace(EXACT, threads=threads)).objective == want


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("where", ["cost", "data", "col_lower", "row_upper"])
def test_nan_never_gets_as_far_as_a_solver(lp, monkeypatch, route, where):
    """HiGHS and Pyomo take a NaN coefficient for nothing and report an optimum."""
    matrix = lp.matrix()
    numbers = getattr(matrix, where).copy()
    numbers[0] = np.nan
    with pytest.raises(ProgramError, match="refused at"):
        replace(matrix, **{where: numbers})
    # A program that turned bad after it was made is refused where its matrix is taken.
    if where == "cost":
        lp._costs["cost"].expr.coef[0] = np.nan
        with pytest.raises(ProgramError, match="cost refused at x"):
            solve(lp, route)


@pytest.mark.parametrize("route", [*ROUTES, "pulp:CBC", "pulp:SCIP", "pyomo:scip_direct"])
def test_no_flow_trickles_through_closed_sites(trickle, route):
    """With 1e7 as big-M and HiGHS's own tolerance 10 MW flow through closed sites for 0.1."""
    program = trickle()
    found = None
    with contextlib.suppress(SolverError):  # refused: right too
        found = solve(program, route, EXACT)
    if found is None:
        return
    assert found.objective == pytest.approx(1000.1)
    opened, served = found.values[:3], found.values[3:]
    assert served[opened == 0].tolist() == [0.0] * int((opened == 0).sum())


def test_optimal_means_proven_whatever_pulp_calls_it(knapsack):
    """PuLP calls a solve that ran into its time limit with a solution "Optimal"."""
    matrix, options = knapsack(120, 60, seed=3).matrix(), SolveOptions(gap=0.0, time_limit=0.5, threads=1)
    problem, _ = with_pulp._build(matrix)
    with with_pulp._settled():
        problem.solve(with_pulp._solver("HiGHS", options))
    assert pulp.LpStatus[problem.status] == "Optimal"
    assert with_pulp._status(problem, "HiGHS", options)[0] is Status.FEASIBLE


def test_a_limit_without_a_solution_has_no_values(knapsack):
    """Values at a limit before any solution were zeros elsewhere."""
    hopeless = knapsack(120, 60, seed=3)
    hopeless.limit("full", hopeless["taken"].sum() >= 200)
    for route in ("pulp:HiGHS", "pyomo:highs"):
        found = solve(hopeless, route, SolveOptions(gap=0.0, time_limit=1e-3, threads=1))
        assert found.status in {Status.NO_SOLUTION, Status.FEASIBLE, Status.INFEASIBLE}
        assert (found.values is not None) == (found.status is Status.FEASIBLE)


@pytest.mark.parametrize("native", ["kUnknown", "kSolveError", "kNotset"])
@pytest.mark.parametrize("route", ["pulp:HiGHS", "pyomo:highs"])
def test_a_status_that_is_none_is_never_an_answer(lp, monkeypatch, route, native):
    import highspy

    status = highspy.HighsModelStatus.__members__[native]
    monkeypatch.setattr(highspy.Highs, "getModelStatus", lambda self: status)
    with pytest.raises(SolverError):
        solve(lp, route)


def test_every_adapter_says_who_solved(lp):
    assert with_pyomo.solve(lp).options["solver"] == "pyomo:highs"
    assert with_pulp.solve(lp.matrix(), "SCIP").options["solver"] == "pulp:SCIP"


def test_the_banner_of_highs_stays_out_of_the_output():
    """HiGHS 1.16 prints a banner when the first one of a process is made, before an option can silence it."""
    code = "from dcplan.solvers import engine; engine.new_highs(); engine.new_highs(); print('{}')"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert (found.stdout, found.stderr) == ("{}\n", "")
