"""Ctrl-C while a plan is made: the first asks for the best plan so far, the second gives up."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType, TracebackType


class Interrupt:
    """Hears Ctrl-C in a `with` block of the main thread.

    ``asked`` turns true at the first one; the second raises KeyboardInterrupt. In any other thread nothing
    is heard, for Python hands signals to the main thread alone.
    """

    def __init__(self) -> None:
        """Hear nothing yet."""
        self.asked = False
        self._before: object = None

    def __enter__(self) -> Interrupt:
        """Begin to hear."""
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._heard)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave Ctrl-C as it was before."""
        if self._before is not None:
            signal.signal(signal.SIGINT, self._before)  # type: ignore[arg-type]

    def _heard(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
