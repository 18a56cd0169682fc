"""Progress of a solve on standard error: one updating line on a terminal, else a line every ten seconds."""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from dcplan.solvers.options import Progress

EVERY_SECONDS = 10.0


def describe(progress: Progress) -> str:
    """Return `12.3 s  best 45,210  bound 45,160  gap 0.11 %  3 plans` (M JPY)."""
    parts = [
        f"{progress.seconds:.1f} s",
        f"best {_money(progress.incumbent)}",
        f"bound {_money(progress.bound)}",
        f"gap {_percent(progress.gap)}",
        f"{progress.solutions} plan{'' if progress.solutions == 1 else 's'}",
    ]
    return "  ".join(parts)


def _money(value: float) -> str:
    return f"{value:,.0f}" if math.isfinite(value) else "-"


def _percent(value: float) -> str:
    return f"{100.0 * value:.2f} %" if math.isfinite(value) else "-"


class ProgressPrinter:
    """Prints what a solve reports; a context manager, so that the updating line is cleared at the end.

    A stage message (text) is printed at once; figures are printed in place on a terminal and every
    `EVERY_SECONDS` elsewhere.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream if stream is not None else sys.stderr
        self._clock = clock
        self._updating = self._stream.isatty()
        self._width = 0
        self._last = clock()

    def __call__(self, event: Progress | str) -> None:
        """Show a stage message or the figures of a running solve."""
        if isinstance(event, str):
            self._clear()
            self._write(event if self._updating else event + "\n")
        elif self._updating:
            self._clear()
            self._write(describe(event))
        elif self._clock() - self._last >= EVERY_SECONDS:
            self._last = self._clock()
            self._write(describe(event) + "\n")

    def __enter__(self) -> ProgressPrinter:
        return self

    def __exit__(self, *_: object) -> None:
        self._clear()

    def _write(self, text: str) -> None:
        self._width = len(text) if self._updating else 0
        self._stream.write(text)
        self._stream.flush()

    def _clear(self) -> None:
        if self._width:
            self._stream.write("\r" + " " * self._width + "\r")
            self._width = 0
