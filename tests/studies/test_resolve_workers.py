"""Processes that solve again: none outlives the one that started it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

PARENT = """
import multiprocessing, os, time
from dcplan.studies.resolve_workers import belong_to_parent

def busy():
    belong_to_parent()
    print(os.getpid(), flush=True)
    while True:
        time.sleep(0.01)

child = multiprocessing.get_context("fork").Process(target=busy)
child.start()
child.join()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="POSIX processes")
def test_a_worker_ends_when_its_parent_is_killed() -> None:
    """The worker holds the parent's output, which ends when both have."""
    with subprocess.Popen([sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = int(parent.stdout.readline())
        parent.kill()
        try:
            parent.communicate(timeout=20.0)
        except subprocess.TimeoutExpired:
            os.kill(worker, signal.SIGKILL)
            pytest.fail("the worker goes on")
