"""HiGHS in a process of its own: the same answers, told while it runs; nothing outlives its parent."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcplan.errors import SolverError
from dcplan.lp.program import Program
from dcplan.lp.solution import Status, relative_gap
from dcplan.solvers import child, highs, process, solve, with_pulp, with_pyomo
from dcplan.solvers.options import Progress, SolveOptions

EXACT = SolveOptions(gap=0.0, threads=1)
POSIX = pytest.mark.skipif(sys.platform == "win32", reason="signals and limits of POSIX")


@pytest.fixture(autouse=True)
def _temporary_folders(tmp_path, monkeypatch):
    """Every solve leaves the folder of temporary files as it was."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    yield
    assert not list(tmp_path.glob("dcplan-*"))


@pytest.fixture(name="started")
def _started(monkeypatch):
    """The processes that were started."""
    every: list[subprocess.Popen[bytes]] = []
    popen = subprocess.Popen

    def start(*args, **kwargs):
        every.append(popen(*args, **kwargs))
        return every[-1]

    monkeypatch.setattr(process.subprocess, "Popen", start)
    return every


# -- answers -------------------------------------------------------------------------------------------------


def test_it_answers_as_highs_in_this_process_does(knapsack, lp):
    matrix = knapsack(20, 5).matrix()
    here, there = (route.solve(matrix, EXACT) for route in (highs, child))
    assert there.values.tolist() == here.values.tolist()
    assert (there.status, there.objective, there.bound) == (Status.OPTIMAL, here.objective, here.bound)
    assert (there.nodes, there.simplex_iterations) == (here.nodes, here.simplex_iterations)
    assert (there.versions, there.options) == (here.versions, here.options)
    found = child.solve(lp.matrix())
    assert (found.status, found.values.tolist(), found.bound) == (Status.OPTIMAL, [3.0, 1.0], 10.0)


def test_it_is_what_highs_means(lp, monkeypatch):
    monkeypatch.setattr(child, "solve", lambda matrix, options: "the child")
    assert solve(lp, "highs") == "the child"


def test_infeasible_unbounded_empty(lp):
    lp.limit("low", lp["x"] + lp["y"] <= 3)
    found = child.solve(lp.matrix())
    assert (found.status, found.values, found.notes) == (Status.INFEASIBLE, None, ())
    p = Program("free")
    p.minimize(cost=p.variable("x", lower=-np.inf))
    assert child.solve(p.matrix()).status is Status.UNBOUNDED
    empty = Program("empty")
    empty.minimize(sunk=4.5)
    assert child.solve(empty.matrix()).objective == 4.5


def test_an_infeasible_program_that_the_second_solve_could_not_confirm_says_so(lp, monkeypatch):
    lp.limit("low", lp["x"] + lp["y"] <= 3)
    once = child._once
    asked: list[SolveOptions] = []

    def unsure(matrix, options, *rest, **more):
        found = once(matrix, options, *rest, **more)
        asked.append(options)
        return found if len(asked) == 1 else replace(found, status=Status.NO_SOLUTION)

    monkeypatch.setattr(child, "_once", unsure)
    found = child.solve(lp.matrix(), SolveOptions(time_limit=3.0, seed=4))
    assert (found.status, found.notes) == (Status.INFEASIBLE, (child.UNCONFIRMED,))
    first, second = asked
    assert (second.seed, second.extra["presolve"]) == (5, "off")
    assert second.time_limit < first.time_limit


def test_another_thread_count_is_another_process(knapsack):
    """HiGHS keeps one thread pool per process and refuses another count."""
    matrix = knapsack(20, 5).matrix()
    assert len({child.solve(matrix, replace(EXACT, threads=n)).objective for n in (1, 2, 1)}) == 1


def test_what_is_told_while_it_runs(knapsack):
    matrix = knapsack().matrix()
    looks: list[tuple[Progress, int]] = []
    better: list[float] = []
    found = child.solve(
        matrix,
        EXACT,
        progress=lambda look: looks.append((look, threading.get_ident())),
        on_solution=lambda values: better.append(matrix.objective(values)),
    )
    assert {thread for _, thread in looks} == {threading.get_ident()}
    assert better == sorted(better, reverse=True)
    assert found.objective == -5537.0 == pytest.approx(better[-1])
    assert 0 < found.first_incumbent_seconds < found.seconds
    last = looks[-1][0]
    assert last.bound <= found.objective + 1e-6 <= last.incumbent + 1e-5
    assert last.gap == relative_gap(last.incumbent, last.bound)
    again = child.solve(matrix, replace(EXACT, node_limit=0), start=found.values)
    assert again.objective == found.objective
    with pytest.raises(ValueError, match="60 finite values"):
        child.solve(matrix, EXACT, start=np.zeros(3))


def test_refusals(lp):
    with pytest.raises(SolverError, match="HiGHS refuses the option presolves = 'on'"):
        child.solve(lp.matrix(), SolveOptions(extra={"presolves": "on"}))
    with pytest.raises(SolverError, match="HiGHS refuses the option simplex_strategy = 99"):
        child.solve(lp.matrix(), SolveOptions(extra={"simplex_strategy": np.int64(99)}))


def test_nothing_is_written_to_the_console(knapsack, capfd, tmp_path):
    child.solve(knapsack(20, 5).matrix(), SolveOptions(log_file=tmp_path / "log.txt"))
    assert capfd.readouterr() == ("", "")
    assert "HiGHS" in (tmp_path / "log.txt").read_text()


def test_a_folder_of_ones_own_modules_does_no_harm(lp, tmp_path, monkeypatch):
    (tmp_path / "json.py").write_text("raise RuntimeError('not this one')")
    (tmp_path / "numpy.py").write_text("raise RuntimeError('not this one')")
    monkeypatch.chdir(tmp_path)
    assert child.solve(lp.matrix()).objective == 10.0


def test_the_process_loads_little():
    """Half of what a solve costs more than in this process is loading; pandas alone would double it."""
    code = "import sys; sys.argv = ['x']; import runpy; runpy.run_path(sys.orig_argv[-1], run_name='engine')"
    code += "; print(*[m for m in ('pandas', 'dcplan', 'scipy', 'pyomo') if m in sys.modules])"
    said = subprocess.run(
        [sys.executable, "-c", code, process.COMMAND[-1]], capture_output=True, text=True, check=True
    )
    assert said.stdout == "\n"


# -- limits --------------------------------------------------------------------------------------------------


def test_a_time_limit(knapsack):
    began = time.perf_counter()
    found = child.solve(knapsack(120, 60, seed=3).matrix(), replace(EXACT, time_limit=0.7))
    assert found.status is Status.FEASIBLE
    assert time.perf_counter() - began < 0.7 + 2.0


@POSIX
def test_a_limit_of_memory(knapsack, lp):
    """Sixty MiB are not enough to load; a gibibyte is for a small program."""
    with pytest.raises(SolverError, match=r"memory than the 60 MiB|ended without|SIG"):
        child.solve(lp.matrix(), replace(EXACT, memory_mib=60))
    found = child.solve(knapsack(20, 5).matrix(), replace(EXACT, memory_mib=2048))
    assert found.status is Status.OPTIMAL
    assert found.options["memory_mib"] == 2048
    with pytest.raises(ValueError, match="memory_mib"):
        SolveOptions(memory_mib=0)
    limited = SolveOptions(memory_mib=100)
    for refuses in (
        lambda: highs.solve(lp.matrix(), limited),
        lambda: with_pulp.solve(lp.matrix(), "HiGHS", limited),
        lambda: with_pyomo.solve(lp, "highs", limited),
    ):
        with pytest.raises(ValueError, match="memory_mib: not"):
            refuses()


def test_should_stop(knapsack):
    matrix = knapsack(120, 60, seed=3).matrix()
    began = time.perf_counter()
    found = child.solve(matrix, EXACT, should_stop=lambda: time.perf_counter() - began > 0.8)
    assert (found.status, found.stopped_by_caller) == (Status.INTERRUPTED, True)
    assert matrix.check(found.values) == []
    assert found.bound < found.objective
    assert time.perf_counter() - began < 2.5


def test_an_error_of_the_caller_ends_the_process(knapsack, started):
    def fails():
        raise RuntimeError("no")

    with pytest.raises(RuntimeError, match="no"):
        child.solve(knapsack(120, 60, seed=3).matrix(), EXACT, should_stop=fails)
    assert started[0].returncode == -signal.SIGKILL


# -- signals, with real ones ---------------------------------------------------------------------------------

HARD = """
import json, os, signal, subprocess, sys
import numpy as np
import pandas as pd
from dcplan.lp.program import Program
from dcplan.solvers import child, process
from dcplan.solvers.options import SolveOptions

signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the shell of the tests ignores
rng = np.random.default_rng(3)
n, m = 120, 60
p = Program("hard")
p.dimension("i", range(n))
p.dimension("r", range(m))
x = p.variable("x", pd.DataFrame({"i": range(n)}), upper=4, integer=True)
index = pd.MultiIndex.from_product([range(n), range(m)], names=["i", "r"])
a = pd.Series(rng.integers(5, 60, n * m).astype(float), index=index)
c = pd.Series(rng.integers(10, 80, n).astype(float), index=pd.RangeIndex(n, name="i"))
p.limit("cap", (x * a).sum("i") <= 50.0 * n, over=pd.DataFrame({"r": range(m)}))
p.minimize(worth=x * -c)
matrix = p.matrix()
popen = subprocess.Popen

def started(*args, **kwargs):
    found = popen(*args, **kwargs)
    print(found.pid, flush=True)
    return found

process.subprocess.Popen = started
asked = []
if "own" in sys.argv:
    signal.signal(signal.SIGINT, lambda *_: asked.append(1))
before = signal.getsignal(signal.SIGINT)
first = []
def better(values):
    if not first:
        first.append(1)
        print("found", flush=True)
try:
    found = child.solve(
        matrix, SolveOptions(gap=0.0, threads=1, time_limit=60.0), should_stop=lambda: bool(asked),
        on_solution=better,
    )
except KeyboardInterrupt:
    print(json.dumps({"status": "KeyboardInterrupt"}), flush=True)
    sys.exit(0)
print(json.dumps({
    "status": found.status.value, "objective": found.objective, "bound": found.bound,
    "faults": matrix.check(found.values), "handler": signal.getsignal(signal.SIGINT) is before,
    "by caller": found.stopped_by_caller,
}), flush=True)
"""


def alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not (stat.exists() and stat.read_text().rpartition(")")[2].split()[0] == "Z")


def gone(pid, seconds):
    latest = time.perf_counter() + seconds
    while alive(pid) and time.perf_counter() < latest:
        time.sleep(0.02)
    return not alive(pid)


@POSIX
@pytest.mark.parametrize("own", [[], ["own"]], ids=["python's handler", "a handler of the caller's own"])
def test_ctrl_c_keeps_the_incumbent_and_the_handler(own):
    command = [sys.executable, "-c", HARD, *own]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as parent:
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "found\n"
        began = time.perf_counter()
        os.killpg(parent.pid, signal.SIGINT)  # as a terminal does: to the whole group
        said = json.loads(parent.stdout.readline())
        seconds = time.perf_counter() - began
        assert parent.wait(timeout=20) == 0
    assert said["status"] == "interrupted"
    assert (said["faults"], said["handler"], said["by caller"]) == ([], True, bool(own))
    assert said["bound"] < said["objective"] < 200
    assert seconds < 2.0
    assert gone(pid, 1.0)


@POSIX
def test_a_second_ctrl_c_does_not_wait():
    deaf = HARD.replace("asked = []", "asked = []; process.Process.stop = lambda self: None")
    deaf = deaf.replace("try:", "child.PATIENCE_SECONDS = 30.0\ntry:")
    with subprocess.Popen([sys.executable, "-c", deaf], stdout=subprocess.PIPE, text=True) as parent:
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "found\n"
        began = time.perf_counter()
        parent.send_signal(signal.SIGINT)
        time.sleep(0.2)
        parent.send_signal(signal.SIGINT)
        assert json.loads(parent.stdout.readline()) == {"status": "KeyboardInterrupt"}
        assert parent.wait(timeout=20) == 0
    assert time.perf_counter() - began < 2.0
    assert gone(pid, 1.0)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_the_process_ends_when_its_parent_dies(number, tmp_path):
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with subprocess.Popen(
        [sys.executable, "-c", HARD], stdout=subprocess.PIPE, text=True, env=environment
    ) as parent:
        pid = int(parent.stdout.readline())
        assert parent.stdout.readline() == "found\n"
        assert alive(pid)
        parent.send_signal(number)
        parent.wait(timeout=20)
    assert gone(pid, 2.0)
    assert not list(tmp_path.glob("dcplan-*"))  # it takes its folder with it


@POSIX
def test_ctrl_c_does_not_reach_the_process_itself(knapsack, started):
    sessions: list[int] = []

    def interrupt(_values):
        sessions.append(os.getsid(started[0].pid))
        started[0].send_signal(signal.SIGINT)

    found = child.solve(knapsack(20, 5).matrix(), EXACT, on_solution=interrupt)
    assert found.status is Status.OPTIMAL
    assert os.getsid(0) not in sessions
