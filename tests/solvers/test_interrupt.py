"""Ctrl-C, with a real signal in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import pytest

HARD = """
import json, os, signal
import numpy as np, pandas as pd
from dcplan.lp.program import Program
from dcplan.solvers.highs import solve
from dcplan.solvers.options import SolveOptions

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
signal.signal(signal.SIGINT, signal.default_int_handler)  # whatever the shell of the tests ignores
before = signal.getsignal(signal.SIGINT)
SLOW_STOP
print("ready", flush=True)
try:
    found = solve(matrix, SolveOptions(gap=0.0, threads=1, time_limit=60.0))
except KeyboardInterrupt:
    said = {"status": "KeyboardInterrupt", "handler": signal.getsignal(signal.SIGINT) is before}
    print(json.dumps(said), flush=True)
    os._exit(0)
print(json.dumps({
    "status": found.status.value, "objective": found.objective, "bound": found.bound,
    "faults": matrix.check(found.values), "handler": signal.getsignal(signal.SIGINT) is before,
}), flush=True)
"""


def interrupted(signals, slow_stop=""):
    """What the process says after the given number of signals, and the seconds it took after the first."""
    script = HARD.replace("SLOW_STOP", slow_stop)
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "ready\n"
        time.sleep(1.0)
        began = time.perf_counter()
        for _ in range(signals):
            os.kill(process.pid, signal.SIGINT)
            time.sleep(0.15)
        line = process.stdout.readline()
        seconds = time.perf_counter() - began
        process.wait(timeout=20)
        assert process.returncode == 0
    return json.loads(line), seconds


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
def test_ctrl_c_keeps_the_incumbent_and_restores_the_handler():
    said, seconds = interrupted(1)
    assert said["status"] == "interrupted"
    assert said["faults"] == []
    assert said["bound"] < said["objective"] < 0
    assert said["handler"]
    # Half a second, and the time that a busy machine takes to say so.
    assert seconds < 1.5


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to a single process")
def test_a_second_ctrl_c_does_not_wait_for_the_solver():
    deaf = "from dcplan.solvers import highs; highs._Run.cancel = lambda self: None"
    said, seconds = interrupted(2, deaf)
    assert said == {"status": "KeyboardInterrupt", "handler": True}
    assert seconds < 1.5
