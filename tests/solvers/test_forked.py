"""Relaxations in forked processes: the ends of those in one process, none left behind, no wait for ever."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from dcplan.solvers.forked import POSSIBLE

pytestmark = pytest.mark.skipif(not POSSIBLE, reason="processes are forked on Linux alone")

PRELUDE = """
import json, os, signal
import numpy as np
from dcplan.lp.arrays import Arrays
from dcplan.solvers import engine, forked
from dcplan.solvers.forked import Forked
from dcplan.solvers.relaxation import Relaxation
from tests.solvers.test_search import expansion

matrix = expansion(5, halls=6, periods=8).matrix()
arrays = Arrays(offset=matrix.offset, **{name: getattr(matrix, name) for name in engine.ARRAYS})
options = {"mip_rel_gap": 0.0}
here = Relaxation("here", arrays, options)
_, root = here.first()
there = Forked(Relaxation("there", arrays, options), together=TOGETHER)
_, start = there.first()

def sides(lower, upper, values):
    fractions = np.where(matrix.integrality, np.abs(values - np.round(values)), 0.0)
    column = int(np.argmax(fractions))
    most, least = upper.copy(), lower.copy()
    most[column], least[column] = np.floor(values[column]), np.floor(values[column]) + 1.0
    return [(lower, most), (least, upper)]

def pairs(depth):
    "The claims of one process and of forked ones, node by node."
    found, nodes = [], [(matrix.col_lower, matrix.col_upper, root, start)]
    for _ in range(depth):
        lower, upper, mine, its = nodes.pop(0)
        both = sides(lower, upper, mine.values)
        ends = here.children(both, mine.place, np.inf), there.children(both, its.place, np.inf)
        for bounds, one, other in zip(both, *ends):
            found.append([one.claim, other.claim])
            if one.optimal and other.optimal:
                nodes.append((*bounds, one, other))
    return found

def running():
    return [int(each) for each in open(f"/proc/self/task/{os.getpid()}/children").read().split()]
"""


def said(script: str, *, together: bool = True):
    """What a process says that runs the script."""
    text = PRELUDE.replace("TOGETHER", str(together)) + script
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", text], capture_output=True, text=True, timeout=120, check=False
    )
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout)


@pytest.mark.parametrize("together", [True, False])
def test_they_end_as_in_one_process(together: bool):
    script = """
found = pairs(12)
told = [here.solves, there.solves, there.iterations]
there.close()
print(json.dumps({"pairs": found, "told": told, "left": running()}))
"""
    result = said(script, together=together)
    assert len(result["pairs"]) == 24
    for one, other in result["pairs"]:
        assert other == pytest.approx(one, rel=1e-7)
    solves, forked_solves, iterations = result["told"]
    assert solves == forked_solves == 25
    assert iterations > 24
    assert result["left"] == []


def test_a_node_without_a_process_is_solved_from_the_root():
    script = """
forked.MOST_OPEN = 2
found = pairs(12)
alive = sum(place.at is not None for place in there._open)
there.close()
print(json.dumps({"pairs": found, "alive": alive, "left": running()}))
"""
    result = said(script)
    for one, other in result["pairs"]:
        assert other == pytest.approx(one, rel=1e-7)
    assert result["alive"] <= 2
    assert result["left"] == []


def test_a_process_that_dies_is_an_error():
    script = """
os.kill(there._first_process, signal.SIGKILL)
try:
    pairs(1)
except Exception as error:
    said = type(error).__name__
there.close()
print(json.dumps([said, running()]))
"""
    name, left = said(script)
    assert name in {"EndedError", "BrokenPipeError", "ConnectionResetError"}
    assert left == []


def test_a_stop_ends_all_of_them():
    script = """
from dcplan.solvers.relaxation import StoppedError
pairs(6)
there.stopping.should_stop = lambda: True
try:
    pairs(6)
except StoppedError:
    said = "stopped"
there.close()
print(json.dumps([said, there.stopping.by_caller, running()]))
"""
    assert said(script) == ["stopped", True, []]


def test_they_end_with_a_caller_that_is_killed():
    script = """
pairs(12)
print(json.dumps(there._first_process), flush=True)
signal.pause()
"""
    text = PRELUDE.replace("TOGETHER", "True") + script
    with subprocess.Popen([sys.executable, "-c", text], stdout=subprocess.PIPE, text=True) as process:
        first = int(process.stdout.readline())
        assert Path(f"/proc/{first}").exists()
        process.kill()
    for _ in range(100):
        try:
            os.kill(first, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)
    pytest.fail("a process outlives its caller")
