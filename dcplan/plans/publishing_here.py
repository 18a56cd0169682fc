"""Publishing in the process of the search, after it: for cases that are searched faster than one starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.errors import SolverError
from dcplan.plans.press import FAST, FINE, FIRST, OPEN, Press
from dcplan.plans.publication import Publication
from dcplan.plans.publish import GivenUpError

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from types import TracebackType

    from dcplan.lp.labels import Floats
    from dcplan.model import PlanningModel
    from dcplan.plans.request import Request


class PublishingHere(Publication):
    """Publishes when it is waited for; only the newest solution, for nothing was published before it."""

    def __init__(
        self, model: PlanningModel, request: Request, workshop: Path, built: PlanningModel | None = None
    ) -> None:
        """Publish the solutions of a model into ``workshop``; ``built`` as for `Press`."""
        super().__init__(workshop)
        self._press = Press(model, request, workshop, built)
        self._values: list[Floats] = []

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave nothing running: nothing is."""

    def offer(self, values: Floats) -> None:
        """Keep a solution of the search."""
        self.offered += 1
        self._values.append(values)

    def check(self) -> None:
        """Go on: a failure here is raised where it happens."""

    def wait(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Make the reference plans, if they are not made yet, and publish the newest solution.

        Once ``stop()`` is true, only until there is a first plan.
        """
        if not self.references:
            self.references = list(self._press.references())
        while self.newest < self.offered and not (self.best is not None and stop()):
            self._publish(self.offered, FIRST if self.best is None else FAST, stop)

    def refine(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Publish the best solution again, with finer steps, unless ``stop()`` is true before."""
        if not stop():
            self._publish(int(self.published["number"]), FINE, stop)

    def reopen(self, stop: Callable[[], bool] = lambda: False) -> None:
        """Decide again in whole racks, unless ``stop()`` is true before."""
        if not stop():
            self._publish(self.offered, OPEN, stop)

    def _publish(self, number: int, how: str, stop: Callable[[], bool]) -> None:
        given_up = None if self.best is None else stop
        try:
            self._made(self._press.publish(number, self._values[number - 1], how, given_up))
        except GivenUpError:
            return
        except SolverError as error:
            self._failed(number, str(error))
