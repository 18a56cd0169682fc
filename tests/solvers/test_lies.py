"""Solver lies: a process that speaks the protocol and answers falsely, crashes or says rubbish is caught."""

from __future__ import annotations

import sys
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from dcplan.errors import SolverError
from dcplan.lp.program import Program
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import child, process
from dcplan.solvers.options import SolveOptions

LIAR = Path(__file__).with_name("lying_solver.py")
EXACT = SolveOptions(gap=0.0, threads=1)


@pytest.fixture(name="shop")
def _shop():
    """Minimise 2x + 3y + 1 with x + y >= 4, x <= 3, whole: x = 3, y = 1 at 10."""
    p = Program("shop")
    x, y = p.variable("x", upper=3, integer=True), p.variable("y", integer=True)
    p.limit("sum", x + y >= 4)
    p.minimize(cost=2 * x + 3 * y + 1)
    return p.matrix()


@pytest.fixture(name="lying")
def _lying(shop, monkeypatch):
    """Solve the shop with a process that tells a lie."""

    def solve(lie, options=EXACT, **callbacks):
        monkeypatch.setattr(process, "COMMAND", (sys.executable, "-P", str(LIAR), lie))
        return child.solve(shop, options, **callbacks)

    return solve


CAUGHT = {
    "zeros": "claims a cost of 10",
    "zeros at their cost": "not a solution: sum is broken",
    "nan value": "returned nan for x",
    "infinite value": "returned inf for y",
    "short vector": "returned 1 values for 2 columns",
    "long vector": "returned 3 values for 2 columns",
    "columns swapped": "claims a cost of 10.000000, its values cost 12",
    "fractional whole number": r"returned 2\.5 for the whole number x",
    "beyond a bound": "not a solution once its whole numbers are exact|x breaks its upper bound",
    "broken row": "sum is broken",
    "wrong cost": "claims a cost of 9.000000, its values cost 10",
    "worse cost at a limit": "claims a cost of 11.000000, its values cost 10",
    "better cost of no solution": "not a solution: sum is broken",
    "nan cost": "claims a cost of nan",
    "cost in thousands": "claims a cost of 10,000",
    "values in thousands": "x breaks its upper bound",
    "bound beyond the solution": r"claims that nothing is below 10\.5",
    "optimal without a solution": "claims an optimum and has no solution",
    "unknown status": "ended with kUnknown, which is no answer",
    "status that does not exist": "ended with kSolved, which is no answer",
    "unbounded": "claims that the cost has no end; it cannot fall below 1",
    "infeasible once": "claims that there is no solution; without presolve it finds one",
    "infeasible after a solution": "claims 'infeasible', and had found a solution at 10",
    "worse than it had": "answers 13.000000, and had found 10",
    "nan on the way": "values that are not finite",
    "values missing": "values of HiGHS cannot be read",
    "pickled values": "values of HiGHS cannot be read",
    "half a file": "values of HiGHS cannot be read",
    "cost in words": "cannot be understood",
    "print words": "cannot be understood: b'Segmentation fault",
    "print bytes": "cannot be understood",
    "print an endless line": "cannot be understood",
    "print a number": "cannot be understood",
    "print an unknown kind": "cannot be understood: guess",
    "print half an answer": "cannot be understood: 'values'",
    "exit 0": r"ended without an answer \(exit code 0\): the licence has ended",
    "exit 7": r"ended without an answer \(exit code 7\): the licence has ended",
    "SIGKILL": "crashed: its process was ended by SIGKILL, as a machine does that has no memory left",
    "SIGSEGV": "crashed: its process was ended by SIGSEGV$",
    "SIGABRT": "crashed: its process was ended by SIGABRT",
}


def test_the_process_of_the_tests_can_tell_the_truth(lying):
    found = lying("none")
    assert (found.status, found.objective, found.bound) == (Status.OPTIMAL, 10.0, 10.0)
    assert found.values.tolist() == [3.0, 1.0]
    assert found.versions["highspy"] == "0.0.0"  # it was the one that answered


@pytest.mark.parametrize("lie", list(CAUGHT))
def test_a_lie_is_never_an_answer(lying, lie):
    with pytest.raises(SolverError, match=CAUGHT[lie]):
        lying(lie)


@pytest.mark.parametrize("lie", ["nan bound", "optimal short of the gap"])
def test_a_proof_that_is_none_is_not_passed_on(lying, lie):
    """The solution is right; that it is the best is not proven, and not said."""
    found = lying(lie)
    assert (found.status, found.objective) == (Status.FEASIBLE, 10.0)
    assert found.bound == (9.0 if "gap" in lie else -np.inf)


def test_at_a_limit_the_values_count_at_their_own_cost(lying):
    """A better solution that was counted and not handed over is not there."""
    found = lying("better cost at a limit")
    assert (found.status, found.objective, found.bound) == (Status.FEASIBLE, 10.0, 9.0)
    assert found.values.tolist() == [3.0, 1.0]


# -- the watchdog --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "lie,status", [("hangs", Status.NO_SOLUTION), ("hangs with a solution", Status.FEASIBLE)]
)
def test_a_time_limit_is_kept_with_a_solver_that_ignores_it(lying, lie, status):
    """At most 2 s over, eight times side by side; what had been found and proven is kept."""
    found: list[tuple[Solution, float]] = []

    def one():
        began = time.perf_counter()
        found.append((lying(lie, SolveOptions(time_limit=0.2)), time.perf_counter() - began))

    workers = [threading.Thread(target=one) for _ in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert len(found) == 8
    assert {solution.status for solution, _ in found} == {status}
    assert max(seconds for _, seconds in found) <= 0.2 + 2.0
    if status is Status.FEASIBLE:
        assert {(solution.objective, solution.bound) for solution, _ in found} == {(10.0, 9.0)}


def test_who_does_not_stop_is_killed_and_the_incumbent_kept(lying):
    asked: list[float] = []
    offered: list[list[float]] = []

    def stop():
        if offered:
            asked.append(time.perf_counter())
        return bool(offered)

    found = lying(
        "hangs with a solution", should_stop=stop, on_solution=lambda values: offered.append(values.tolist())
    )
    seconds = time.perf_counter() - asked[0]
    assert (found.status, found.objective, found.bound) == (Status.INTERRUPTED, 10.0, 9.0)
    assert found.stopped_by_caller
    assert offered == [[3.0, 1.0]]
    assert seconds < 1.0  # 0.3 s of patience, and what a busy machine takes


@pytest.mark.parametrize(
    "lie,message",
    [
        ("hangs with no solution at all", "not a solution once its whole numbers|sum is broken"),
        ("hangs with a bound beyond", "nothing is below 11"),
    ],
)
def test_what_is_left_behind_is_checked_too(lying, monkeypatch, lie, message):
    monkeypatch.setattr(child, "LATE_SECONDS", 0.1)
    with pytest.raises(SolverError, match=message):
        lying(lie, SolveOptions(time_limit=0.3))


def test_a_process_that_never_starts(lying, monkeypatch):
    monkeypatch.setattr(child, "START_SECONDS", 0.2)
    with pytest.raises(SolverError, match="did not start within 0 s"):
        lying("never ready")
