"""The publishing process: reference plans first, then every better solution that the search finds.

Runs as `python -m dcplan.plans.publisher` beside the search, so that a published, whole-rack plan is at
hand whenever the search stops: at its end, at a limit, at Ctrl-C. It reads one JSON line (the request and
the workshop folder) and then one line per solution (the number of a `solution-N.npy` in the workshop); it
writes one JSON line per plan it finished. Only numbers cross: tables are written where the plan folder will
take them from.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
import traceback
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from dcplan.errors import SolverError
from dcplan.model import build
from dcplan.plans.press import FAST, FIRST, Press
from dcplan.plans.publish import GivenUpError
from dcplan.plans.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable


def main(read: TextIO, write: TextIO) -> None:
    """Serve until the input ends."""
    lines: queue.Queue[str | None] = queue.Queue()
    job = json.loads(read.readline())
    request, workshop = Request(**job["request"]), Path(job["workshop"])
    threading.Thread(target=_listen, args=(read, lines), daemon=True).start()

    def tell(message: dict[str, Any]) -> None:
        write.write(json.dumps(message) + "\n")
        write.flush()

    try:
        case, calendar = request.open()
        press = Press(build(case, calendar, unserved=request.unserved), request, workshop)
        for name in press.references():
            tell({"kind": "reference", "plan": name})
        _serve(press, lines, tell)
    except Exception as error:
        tell(
            {
                "kind": "error",
                "type": type(error).__name__,
                "text": str(error),
                "trace": traceback.format_exc(),
            }
        )


def _serve(press: Press, lines: queue.Queue[str | None], tell: Callable[[dict[str, Any]], None]) -> None:
    """Publish what is offered: the first plan roughly, so that there is one, and always the newest."""
    how, newer = FIRST, None
    while (offer := _latest(lines)) is not None:
        number, *asked = offer.split()
        searched = np.load(press.workshop / f"solution-{number}.npy", allow_pickle=False)
        try:
            message = press.publish(int(number), searched, asked[0] if asked else how, newer)
        except GivenUpError:
            continue
        except SolverError as error:  # these decisions have no plan in whole racks; the next ones may
            tell({"kind": "failed", "number": int(number), "text": str(error)})
            continue
        tell(message)
        if how == FIRST:
            how, newer = FAST, lambda: not lines.empty()
            if message["rough"] and lines.empty():
                lines.put(offer)


def _listen(read: TextIO, lines: queue.Queue[str | None]) -> None:
    for line in read:
        lines.put(line)
    lines.put(None)


def _latest(lines: queue.Queue[str | None]) -> str | None:
    """Wait for an offer (`3`, `3 fine`, `3 open`) and return the newest one; None when no more will come."""
    line = lines.get()
    while line is not None and not lines.empty():
        following = lines.get()
        if following is None:
            lines.put(None)
            break
        line = following
    return line


if __name__ == "__main__":
    gc.set_threshold(100_000)  # as the command that started it
    words = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the log, never among the words
    main(sys.stdin, words)
