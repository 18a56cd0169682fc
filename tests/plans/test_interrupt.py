"""Ctrl-C in a solve of the default case, with a real signal to a real process on a terminal."""

from __future__ import annotations

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from dcplan.data.shipped import case_folder
from dcplan.model import build
from dcplan.plans.audit import audit
from dcplan.plans.interrupt import Interrupt
from dcplan.plans.publishing import Publishing
from dcplan.plans.request import Request
from dcplan.solvers import highs

pytestmark = [
    pytest.mark.default_case,
    pytest.mark.skipif(sys.platform == "win32", reason="no pseudo-terminal"),
]
INCUMBENT = re.compile(rb"\d\.\d s  best [\d,]+")
PATIENCE = 120.0


def read_until(terminal: int, pattern: re.Pattern[bytes]) -> bytes:
    """Read a terminal until a pattern shows; a thread reads on, for a full terminal stops its writer."""
    text, latest = b"", time.monotonic() + PATIENCE
    while not pattern.search(text):
        assert time.monotonic() < latest, text[-500:]
        text += os.read(terminal, 4096)
    threading.Thread(target=drain, args=(terminal,), daemon=True).start()
    return text


def drain(terminal: int) -> None:
    """Read a terminal to its end."""
    with contextlib.suppress(OSError):
        while os.read(terminal, 4096):
            pass


def test_ctrl_c_saves_the_best_plan_whole(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    """Exit code 130, a complete and audited folder that says interrupted, within seconds."""
    import pty

    target = tmp_path / "plans" / "stopped"
    terminal, inner = pty.openpty()
    command = [sys.executable, "-m", "dcplan", "solve", "iij", "--by", "half"]
    command += ["--gap", "0.01%", "-o", str(target)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=inner, text=True) as process:
        os.close(inner)
        read_until(terminal, INCUMBENT)
        process.send_signal(signal.SIGINT)
        began = time.perf_counter()
        said, _ = process.communicate(timeout=PATIENCE)
        seconds = time.perf_counter() - began
    record_property("seconds_from_ctrl_c_to_exit", round(seconds, 2))
    print(f"{seconds:.2f} s from Ctrl-C to exit")
    assert process.returncode == 130
    told = json.loads((target / "manifest.json").read_text("utf-8"))
    assert told["status"] == "interrupted"
    assert told["bound_mjpy"] <= told["published_cost_mjpy"]
    assert "interrupted" in said.splitlines()[0].lower()
    report = audit(target)
    assert report.passed, str(report)[:2000]
    assert [path.name for path in target.parent.iterdir()] == ["stopped"]


def test_the_first_ctrl_c_asks_and_the_second_gives_up() -> None:
    """Between them work goes on; afterwards Ctrl-C is what it was."""
    before = signal.getsignal(signal.SIGINT)
    with Interrupt() as interrupt:
        assert not interrupt.asked
        signal.raise_signal(signal.SIGINT)
        assert interrupt.asked
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_ctrl_c_while_publishing_keeps_what_is_published(tmp_path: Path) -> None:
    """A wait that is told to stop ends with the first plan, not with the last."""
    request = Request(str(case_folder("toy")))
    solution = highs.solve(build(*request.open()).program.matrix())
    with Publishing(request, tmp_path) as publishing:
        publishing.offer(solution.found)
        publishing.offered += 1  # one more that never comes
        publishing.wait(lambda: True)
        assert publishing.best is not None
        publishing.refine(lambda: True)
