"""What is published of a search: the state that both ways of publishing share."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

from dcplan.errors import SolverError
from dcplan.lp.solution import relative_gap

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from dcplan.lp.labels import Floats


def _never() -> bool:
    return False


class Publication(ABC):
    """Takes the solutions that a search offers and knows the plans that were made of them.

    Attributes:
        workshop: the folder in which plans appear.
        offered: number of solutions offered so far.
        references: names of the reference plans that are there.
        best: what is known of the cheapest plan; None before the first.
        newest: number of the newest solution that is published with care, or has no plan.
    """

    def __init__(self, workshop: Path) -> None:
        """Publish nothing yet; plans will appear in ``workshop``."""
        self.workshop = workshop
        self.offered = 0
        self.references: list[str] = []
        self.best: dict[str, Any] | None = None
        self.newest = 0
        self._refined = False
        self._answers = 0
        self._failure = ""
        self._messages: list[dict[str, Any]] = []

    def __enter__(self) -> Publication:
        """Return itself."""
        return self

    @abstractmethod
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End at once."""

    @abstractmethod
    def offer(self, values: Floats) -> None:
        """Hand over a solution of the search."""

    @abstractmethod
    def wait(self, stop: Callable[[], bool] = _never) -> None:
        """Wait until the newest solution is published with care.

        Once ``stop()`` is true, wait only for a first plan.

        Raises:
            SolverError: publishing failed.
        """

    @abstractmethod
    def refine(self, stop: Callable[[], bool] = _never) -> None:
        """Publish the best solution again, with a finer gap in each step, unless ``stop()`` is true before.

        Raises:
            SolverError: publishing failed.
        """

    @abstractmethod
    def reopen(self, stop: Callable[[], bool] = _never) -> None:
        """Decide again in whole racks, where no solution offered has a plan, unless ``stop()`` is true.

        Raises:
            SolverError: publishing failed.
        """

    @abstractmethod
    def check(self) -> None:
        """Refuse to go on where publishing failed.

        Raises:
            SolverError: it failed; its own words are in the message.
        """

    def keep_newest(self) -> None:
        """Hold to the newest solution alone: what else was published depends on how fast the machine is."""
        newest = [m for m in self._messages if m["number"] == self.offered and not m["rough"]]
        if newest:
            self.best = min(newest, key=lambda message: message["cost"])

    @property
    def published(self) -> dict[str, Any]:
        """The best published plan.

        Raises:
            SolverError: there is none.
        """
        if self.best is None:
            raise SolverError(self._failure or "nothing was published")
        return self.best

    def gap(self, bound: float) -> float:
        """Return the gap of the best published plan to a bound; infinite before the first."""
        return math.inf if self.best is None else max(0.0, relative_gap(self.best["cost"], bound))

    def _failed(self, number: int, text: str) -> None:
        """Learn that the decisions of a solution have no plan in whole racks."""
        self._answers += 1
        self._failure = text
        self.newest, self._refined = max(self.newest, number), True

    def _made(self, message: dict[str, Any]) -> None:
        """Learn of a plan; what a waiting thread looks at comes last."""
        self._messages.append(message)
        if self.best is None or message["cost"] < self.best["cost"]:
            self.best = message
        if not message["rough"]:
            self.newest = max(self.newest, int(message["number"]))
        self._refined = self._refined or message["fine"]
        self._answers += 1
