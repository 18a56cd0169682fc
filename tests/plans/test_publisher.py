"""The publishing process: what is published when, told by a press that prints nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from dcplan.errors import SolverError
from dcplan.plans.publish import GivenUpError
from dcplan.plans.publisher import ENDED, Offers, serve


class Press:
    """Notes what it is asked for, hears lines while it works; solutions in ``without`` have no plan."""

    def __init__(
        self, workshop: Path, offers: Offers, during: dict[tuple[int, str], list[str]], without: set[int]
    ) -> None:
        self.workshop, self.offers, self.during, self.without = workshop, offers, during, without
        self.asked: list[tuple[int, str]] = []
        for number in range(1, 5):
            np.save(workshop / f"solution-{number}.npy", np.array([number]))

    def publish(
        self, number: int, searched: Any, how: str, newer: Callable[[], bool] | None = None
    ) -> dict[str, Any]:
        assert searched.tolist() == [number]
        self.asked.append((number, how))
        for line in self.during.pop((number, how), []):
            self.offers.take(line)
        if newer is not None and newer():
            raise GivenUpError
        if not self.during and how == "fast":  # nothing more will come
            self.offers.listen([])
        if number in self.without:
            raise SolverError("no plan in whole racks")
        return {"kind": "published", "number": number, "rough": how == "first"}


def served(
    folder: Path, during: dict[tuple[int, str], list[str]], without: set[int] | None = None
) -> tuple[list[tuple[int, str]], list[tuple[str, int]]]:
    """What is asked for, and what is told, when solution 1 is offered and more lines come later."""
    offers, told = Offers(), []
    press = Press(folder, offers, during, without or set())
    offers.take("1")
    serve(press, offers, lambda message: told.append((message["kind"], message["number"])))  # type: ignore[arg-type]
    return press.asked, told


def test_the_first_is_finished_while_the_search_goes_on(tmp_path: Path) -> None:
    asked, told = served(tmp_path, {(1, "first"): ["2", "3"], (3, "fast"): [ENDED]})
    assert asked == [(1, "first"), (3, "fast")]
    assert told == [("published", 1), ("published", 3)]


def test_a_newer_solution_ends_the_work_on_another(tmp_path: Path) -> None:
    asked, told = served(tmp_path, {(1, "first"): ["2"], (2, "fast"): ["3"], (3, "fast"): [ENDED]})
    assert asked == [(1, "first"), (2, "fast"), (3, "fast")]
    assert told == [("published", 1), ("published", 3)]


def test_the_first_is_given_up_for_the_last(tmp_path: Path) -> None:
    """Nobody waits for a rough plan once the search has ended and the last solution is another one."""
    asked, told = served(tmp_path, {(1, "first"): ["2", ENDED]})
    assert asked == [(1, "first"), (2, "fast")]
    assert told == [("published", 2)]


def test_the_first_is_not_given_up_when_it_is_the_last(tmp_path: Path) -> None:
    asked, told = served(tmp_path, {(1, "first"): [ENDED]})
    assert asked == [(1, "first"), (1, "fast")]
    assert told == [("published", 1), ("published", 1)]


def test_where_the_last_has_no_plan_the_one_that_was_given_up_is_made_after_all(tmp_path: Path) -> None:
    """It is told before the failure, so that who waits for the last one knows of a plan."""
    asked, told = served(tmp_path, {(1, "first"): ["2", ENDED]}, without={2})
    assert asked == [(1, "first"), (2, "fast"), (1, "first")]
    assert told == [("published", 1), ("failed", 2)]


def test_where_none_of_them_has_a_plan_only_that_is_told(tmp_path: Path) -> None:
    asked, told = served(tmp_path, {(1, "first"): ["2", ENDED]}, without={1, 2})
    assert asked == [(1, "first"), (2, "fast"), (1, "first")]
    assert told == [("failed", 2)]
