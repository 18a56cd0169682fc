"""What a planner sees while a solve runs."""

import io
import math

from dcplan.cli.progress import EVERY_SECONDS, ProgressPrinter, describe
from dcplan.solvers.options import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


class Hands:
    """A clock that a test moves."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


LOOK = Progress(seconds=12.34, incumbent=45210.4, bound=45159.6, gap=0.00112, solutions=3, nodes=7)


def test_line():
    assert describe(LOOK) == "12.3 s  best 45,210  bound 45,160  gap 0.11 %  3 plans"


def test_line_before_the_first_plan():
    look = Progress(seconds=0.5, incumbent=math.inf, bound=-math.inf, gap=math.inf, solutions=0, nodes=0)
    assert describe(look) == "0.5 s  best -  bound -  gap -  0 plans"


def test_one_plan_is_singular():
    assert describe(Progress(1.0, 2.0, 1.0, 0.5, 1, 0)).endswith("  1 plan")


def test_a_terminal_gets_one_line_that_is_cleared_at_the_end():
    screen = Terminal()
    with ProgressPrinter(screen) as progress:
        progress("building the model")
        progress(LOOK)
        progress(LOOK)
    text = screen.getvalue()
    assert "\n" not in text
    assert text.endswith("\r" + " " * len(describe(LOOK)) + "\r")


def test_elsewhere_a_line_every_ten_seconds():
    log, clock = io.StringIO(), Hands()
    with ProgressPrinter(log, clock) as progress:
        progress("searching")
        for clock.now in (1.0, EVERY_SECONDS, EVERY_SECONDS + 1, 2 * EVERY_SECONDS + 5):
            progress(LOOK)
    assert log.getvalue() == f"searching\n{describe(LOOK)}\n{describe(LOOK)}\n"
