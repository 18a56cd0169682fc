"""The publishing process: reference plans first, then every better solution that the search finds.

Runs as `python -m dcplan.plans.publisher` beside the search, so that a published, whole-rack plan is at
hand whenever the search stops: at its end, at a limit, at Ctrl-C. It reads one JSON line (the request and
the workshop folder), then one line per solution (the number of a `solution-N.npy` in the workshop), and
`ended` when no better one will come; it writes one JSON line per plan it finished. Only numbers cross: tables
are written where the plan folder will take them from.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
import traceback
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO, TypeAlias

import numpy as np

from dcplan.errors import SolverError
from dcplan.model import build
from dcplan.plans.press import FAST, FIRST, Press
from dcplan.plans.publish import GivenUpError
from dcplan.plans.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


ENDED = "ended"
"""The word for the end of the search."""

Tell: TypeAlias = "Callable[[dict[str, Any]], None]"


def main(read: TextIO, write: TextIO) -> None:
    """Serve until the input ends."""
    job = json.loads(read.readline())
    request, workshop = Request(**job["request"]), Path(job["workshop"])
    offers = Offers()
    threading.Thread(target=offers.listen, args=(read,), daemon=True).start()

    def tell(message: dict[str, Any]) -> None:
        write.write(json.dumps(message) + "\n")
        write.flush()

    try:
        case, calendar = request.open()
        press = Press(build(case, calendar, unserved=request.unserved), request, workshop)
        for name in press.references():
            tell({"kind": "reference", "plan": name})
        serve(press, offers, tell)
    except Exception as error:
        tell(
            {
                "kind": "error",
                "type": type(error).__name__,
                "text": str(error),
                "trace": traceback.format_exc(),
            }
        )


class Offers:
    """What is to be published: `3` for a solution, `3 fine` or `3 open` for one that was offered before."""

    def __init__(self) -> None:
        """Nothing is offered, and the search goes on."""
        self._lines: queue.Queue[str | None] = queue.Queue()
        self._ended = threading.Event()

    def listen(self, lines: Iterable[str]) -> None:
        """Take lines until there are no more."""
        for line in lines:
            self.take(line.strip())
        self._lines.put(None)

    def take(self, line: str) -> None:
        """Take an offer, or the word that the search has ended."""
        if line == ENDED:
            self._ended.set()
        else:
            self._lines.put(line)

    def newer(self) -> bool:
        """Say whether something waits."""
        return not self._lines.empty()

    def last(self) -> bool:
        """Say whether something waits and nothing better will come."""
        return self._ended.is_set() and self.newer()

    def latest(self) -> str | None:
        """Wait for an offer and return the newest one; None when no more will come."""
        line = self._lines.get()
        while line is not None and self.newer():
            following = self._lines.get()
            if following is None:
                self._lines.put(None)
                break
            line = following
        return line


def serve(press: Press, offers: Offers, tell: Tell) -> None:
    """Publish what is offered: the first plan roughly, so that there is one, and always the newest.

    The first plan is given up for the last solution of the search, and made after all if that one has none.
    """
    how, newer, given_up = FIRST, offers.last, ""
    while (offer := offers.latest()) is not None:
        number, *asked = offer.split()
        try:
            message = _published(press, number, asked[0] if asked else how, newer)
        except GivenUpError:
            if how == FIRST:
                given_up = number
        except SolverError as error:  # these decisions have no plan in whole racks; the next ones may
            if given_up:
                with suppress(SolverError):
                    tell(_published(press, given_up, FIRST))
                given_up = ""
            tell({"kind": "failed", "number": int(number), "text": str(error)})
            continue
        else:
            tell(message)
            given_up = ""
            if how == FIRST and message["rough"] and not offers.newer():
                offers.take(offer)
        how, newer = FAST, offers.newer


def _published(
    press: Press, number: str, how: str, newer: Callable[[], bool] | None = None
) -> dict[str, Any]:
    searched = np.load(press.workshop / f"solution-{number}.npy", allow_pickle=False)
    return press.publish(int(number), searched, how, newer)


if __name__ == "__main__":
    gc.set_threshold(100_000)  # as the command that started it
    words = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the log, never among the words
    main(sys.stdin, words)
