"""Ctrl-C during a solve: the first asks it to stop, the second is handled as before."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any, TypeVar

T = TypeVar("T")
_POLL_SECONDS = 0.05
_NOBODYS = (signal.default_int_handler, signal.SIG_DFL, signal.SIG_IGN)
"""Handlers of Ctrl-C that no caller chose."""


@contextmanager
def first_interrupt(cancel: Callable[[], None]) -> Iterator[None]:
    """Turn the first Ctrl-C into ``cancel()``; the second one is handled as before the solve.

    A caller with a handler of its own keeps it, and stops the solve through ``should_stop``.
    """
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before not in _NOBODYS:
        yield
        return

    def first(_number: int, _frame: FrameType | None) -> None:
        cancel()
        signal.signal(signal.SIGINT, before)

    signal.signal(signal.SIGINT, first)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def run_aside(work: Callable[[], T], cancel: Callable[[], Any], should_stop: Callable[[], bool] | None) -> T:
    """Run a solver that does not hear Ctrl-C in a thread of its own, and return what it returns.

    The first Ctrl-C, or ``should_stop``, calls ``cancel()`` until the work ends; the second Ctrl-C is handled
    as before. What the work raises is raised here.
    """
    results: list[T] = []
    failures: list[BaseException] = []
    asked: list[bool] = []

    def working() -> None:
        try:
            results.append(work())
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=working, daemon=True)
    with first_interrupt(lambda: asked.append(True)):
        thread.start()
        try:
            while thread.is_alive():
                thread.join(_POLL_SECONDS)
                if asked or (should_stop is not None and should_stop()):
                    asked.append(True)
                    cancel()
        except BaseException:
            cancel()
            raise
    if failures:
        raise failures[0]
    return results[0]
