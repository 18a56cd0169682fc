"""The search's side of the publishing process: offer solutions, learn what is published."""

from __future__ import annotations

import json
import math
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.errors import SolverError
from dcplan.plans.press import FINE, OPEN
from dcplan.plans.publication import Publication
from dcplan.plans.publisher import ENDED

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from dcplan.lp.labels import Floats
    from dcplan.plans.request import Request

POLL_SECONDS = 0.02
LAST_SECONDS = 0.8
"""How long a wait that is told to stop goes on for a better plan than the one that is published."""


class Publishing(Publication):
    """A running publishing process; use it in a `with` block, which ends the process.

    The process is no part of the terminal's group: Ctrl-C reaches the search alone.
    """

    def __init__(self, request: Request, workshop: Path) -> None:
        """Start the process; it works in ``workshop``."""
        super().__init__(workshop)
        self._error: dict[str, Any] | None = None
        self._log = (workshop / "publisher.log").open("w", encoding="utf-8")
        self._process = subprocess.Popen(
            [sys.executable, "-m", "dcplan.plans.publisher"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            encoding="utf-8",
            start_new_session=True,
        )
        self._say(json.dumps({"request": request.to_dict(), "workshop": str(workshop)}))
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the process, at once."""
        self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout, self._log):
            if pipe is not None:
                pipe.close()

    def offer(self, values: Floats) -> None:
        """Hand over a solution of the search."""
        self.offered += 1
        np.save(self.workshop / f"solution-{self.offered}.npy", values, allow_pickle=False)
        self._say(str(self.offered))

    def refine(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Publish the best solution again, with a finer gap in each step; wait for it or until ``stop()``.

        Raises:
            SolverError: the process failed.
        """
        self._say(f"{self.published['number']} {FINE}")
        while not self._refined and not stop():
            self.check()
            time.sleep(POLL_SECONDS)

    def reopen(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Decide again in whole racks; wait for it or until ``stop()``.

        Raises:
            SolverError: the process failed.
        """
        before = self._answers
        self._say(f"{self.offered} {OPEN}")
        while self._answers == before and not stop():
            self.check()
            time.sleep(POLL_SECONDS)

    def wait(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Wait until every solution offered is published with care; the search has ended.

        Once ``stop()`` is true, wait only for a first published plan, and briefly for a better one.

        Raises:
            SolverError: the process failed.
        """
        if not stop():
            self._say(ENDED)
        latest = math.inf
        while self.newest < self.offered:
            self.check()
            time.sleep(POLL_SECONDS)
            if stop():
                latest = min(latest, time.monotonic() + LAST_SECONDS)
                if self.best is not None and time.monotonic() > latest:
                    break
        self.check()

    def check(self) -> None:
        """Refuse a process that failed.

        Raises:
            SolverError: it failed; its own words are in the message.
        """
        if self._error is not None:
            message = f"publishing failed: {self._error['type']}: {self._error['text']}"
            raise SolverError(message)
        if self._process.poll() is not None and not self._reader.is_alive():
            words = (self.workshop / "publisher.log").read_text("utf-8").strip().splitlines()
            message = (
                f"publishing ended with code {self._process.returncode}: {words[-1] if words else 'no word'}"
            )
            raise SolverError(message)

    def _say(self, line: str) -> None:
        pipe = self._process.stdin
        if pipe is None:
            raise SolverError("the publishing process has no input")
        try:
            pipe.write(line + "\n")
            pipe.flush()
        except BrokenPipeError:
            self.check()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            try:
                message = json.loads(line)
            except ValueError as error:
                self._error = {"type": type(error).__name__, "text": f"{line.strip()!r} is no word of it"}
                return
            if message["kind"] == "error":
                self._error = message
            elif message["kind"] == "reference":
                self.references.append(message["plan"])
            elif message["kind"] == "failed":
                self._failed(int(message["number"]), message["text"])
            else:
                self._made(message)
