"""The process of a solver as its parent sees it: started, spoken with, and ended."""

from __future__ import annotations

import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, TypeAlias

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.hints import Steps
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix
from dcplan.solvers import engine
from dcplan.solvers.judged import native_options
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.searching import steps_arrays
from dcplan.solvers.tree import SearchTree, read_tree
from dcplan.solvers.verify import checked_start

COMMAND = (sys.executable, "-P", str(Path(engine.__file__).resolve()))
"""How the process is started; -P, for a planner's folder may hold a calendar.py of its own."""

_LONGEST_LINE = 65_536

Message: TypeAlias = dict[str, Any]


class Process:
    """The process, its folder and its pipes; use it in a `with` block, which ends the process."""

    def __init__(
        self,
        matrix: Matrix,
        options: SolveOptions,
        start: Floats | None,
        steps: Sequence[Steps] | None = None,
    ) -> None:
        self.began = time.perf_counter()
        self._messages: queue.SimpleQueue[Message | None] = queue.SimpleQueue()
        self._limit_mib, self._columns = options.memory_mib, matrix.columns
        self._temporary = tempfile.TemporaryDirectory(prefix="dcplan-solve-", ignore_cleanup_errors=True)
        self._folder = Path(self._temporary.name)
        try:
            job = self._job(matrix, options, start, steps)
            self._log = (self._folder / "stderr.txt").open("wb")
            self._process = subprocess.Popen(
                COMMAND,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._log,
                env={**os.environ, "OPENBLAS_NUM_THREADS": "1"},  # nothing in it multiplies matrices
                start_new_session=True,  # Ctrl-C reaches the parent alone
            )
        except BaseException:
            self._temporary.cleanup()
            raise
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self._say(json.dumps(job, default=lambda value: value.item()))

    def __enter__(self) -> Process:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.kill()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                try:
                    pipe.close()
                except OSError:  # words that a dead process will not read
                    continue
        self._temporary.cleanup()

    def hear(self, seconds: float) -> Message | None:
        """The next message; None if there is none in time.

        Raises:
            SolverError: the process has ended, failed or said what cannot be understood.
        """
        try:
            message = self._messages.get(timeout=seconds)
        except queue.Empty:
            return None
        if message is None:
            raise SolverError(self._obituary())
        kind = message.get("kind")
        if kind == "memory":
            raise SolverError(f"HiGHS needs more memory than {self._allowance}")
        if kind == "refused":
            raise SolverError(str(message.get("text")))
        if kind == "error":
            raise SolverError(f"HiGHS failed: {message.get('text')}")
        return message

    def go(self, seconds: float | None) -> None:
        """Let it run, for so many seconds."""
        self._say(f"go {'none' if seconds is None else seconds}")

    def stop(self) -> None:
        """Ask it to stop."""
        self._say("stop")

    def kill(self) -> None:
        """End it and what it has forked at once, and read what it still said."""
        if sys.platform == "win32":
            self._process.kill()
        elif self._process.poll() is None:  # it leads a group of its own
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self._reader.join()

    def values(self, name: str) -> Floats:
        """Values that it left in its folder.

        Raises:
            SolverError: they cannot be read.
        """
        path = self._folder / name
        try:
            values = np.load(path, allow_pickle=False)
            path.unlink()
            found = np.asarray(values, dtype=np.float64)
        except (OSError, ValueError, TypeError, EOFError) as error:
            raise SolverError(f"the values of HiGHS cannot be read: {error}") from error
        if found.shape != (self._columns,):
            raise SolverError(f"HiGHS returned {found.size:,} values for {self._columns:,} columns")
        return found

    def tree(self) -> SearchTree | None:
        """The record of a search that ended by itself; None of HiGHS's own.

        Raises:
            SolverError: it cannot be read.
        """
        path = self._folder / engine.TREE
        if not path.is_file():
            return None
        try:
            return read_tree(path)
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise SolverError(f"the record of the search cannot be read: {error}") from error

    def _job(
        self, matrix: Matrix, options: SolveOptions, start: Floats | None, steps: Sequence[Steps] | None
    ) -> Message:
        arrays = {name: getattr(matrix, name) for name in engine.ARRAYS}
        if start is not None and matrix.integrality.any():
            arrays["start"] = checked_start(matrix, start)
        if steps is not None and matrix.integrality.any():
            arrays |= steps_arrays(steps)
        np.savez(self._folder / engine.PROGRAM, allow_pickle=False, **arrays)
        return {
            "folder": str(self._folder),
            "name": matrix.name,
            "offset": matrix.offset,
            "options": {name: value for name, value in native_options(options).items() if value is not None},
            "memory_mib": options.memory_mib,
            "gap": options.gap,
            "node_limit": options.node_limit,
        }

    def _say(self, line: str) -> None:
        pipe = self._process.stdin
        try:
            if pipe is not None:
                pipe.write(f"{line}\n".encode())
                pipe.flush()
        except OSError:
            return  # it is dead, and its obituary says more

    def _read(self) -> None:
        pipe = self._process.stdout
        while pipe is not None and (line := pipe.readline(_LONGEST_LINE)):
            self._messages.put(_message(line))
        self._messages.put(None)

    @property
    def _allowance(self) -> str:
        return "there is" if self._limit_mib is None else f"the {self._limit_mib:,} MiB that it may have"

    def _obituary(self) -> str:
        code = self._process.wait()
        words = (self._folder / "stderr.txt").read_text("utf-8", "replace").split()
        last = " ".join(words)[-300:]
        if "bad_alloc" in last or "MemoryError" in last:
            return f"HiGHS needs more memory than {self._allowance}"
        said = f": {last}" if last else ""
        if code >= 0:
            return f"HiGHS ended without an answer (exit code {code}){said}"
        try:
            name = signal.Signals(-code).name
        except ValueError:
            name = f"signal {-code}"
        hint = ", as a machine does that has no memory left" if name == "SIGKILL" else ""
        return f"HiGHS crashed: its process was ended by {name}{hint}{said}"


def _message(line: bytes) -> Message:
    try:
        message = json.loads(line)
    except ValueError:
        message = None
    if not isinstance(message, dict):
        return {"kind": "garbage", "text": repr(line[:60])}
    return message
