"""Why a case has no plan: the smallest set of its promises that cannot be kept together, in words.

A promise is taken away group by group until what is left cannot spare one more (the deletion filter in halves
of Junker's QuickXplain). Each trial is a solve without costs: of the relaxation first, of the whole program
only where the relaxation keeps its promises.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.data.calendar import Calendar, make_calendar
from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.shipped import case_path
from dcplan.errors import SolverError
from dcplan.lp.labels import InfeasibleRowError
from dcplan.lp.program import Program
from dcplan.lp.solution import Status
from dcplan.model import PlanningModel
from dcplan.model.build import PROMISES
from dcplan.model.context import Context
from dcplan.model.costs import cost_terms
from dcplan.model.tables import Tables
from dcplan.model.variables import declare
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from dcplan.studies.explain_promises import PIN, Promise, promises, told

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.lp.labels import Bools
    from dcplan.lp.matrix import Matrix

SECONDS = 120.0
RELAXATION, WHOLE, DATA = "relaxation", "whole decisions", "data"
Tell = Callable[[str], None]


@dataclass(frozen=True, eq=False)
class Conflict:
    """Promises that no plan keeps together; without any one of them there is one that keeps the others.

    Attributes:
        promises: the promises.
        shown_by: what shows it: `relaxation` (even with parts of halls), `whole decisions`, or `data`: no
            variable of the model can keep the promise at all.
        minimal: whether every promise of it was proven to be needed.
        why: what stands behind a conflict shown by `data`.
    """

    promises: tuple[Promise, ...]
    shown_by: str
    minimal: bool = True
    why: str = ""


@dataclass(eq=False)
class _Tolerant(Program):
    """A program that keeps in mind which rows no variable can keep, and goes on."""

    broken: list[tuple[str, str]] = field(default_factory=list)

    def limit(self, name: str, *args: Any, **named: Any) -> None:
        """State rows, or note that they are broken by the data alone."""
        try:
            super().limit(name, *args, **named)
        except InfeasibleRowError as error:
            self.broken.append((name, str(error)))


@dataclass(frozen=True, eq=False)
class Explained:
    """A case with its model, built although it may have no plan.

    Attributes:
        case: the case.
        model: its model, without rows that the data alone breaks.
        broken: those rows: name of the block, and what is wrong.
        bounded: whether racks keep their own bounds, which round what promises allow down to whole racks.
    """

    case: Case
    model: PlanningModel
    broken: tuple[tuple[str, str], ...]
    bounded: bool = False

    @cached_property
    def matrix(self) -> Matrix:
        """The program without costs; racks are bounded by promises, and by themselves only if `bounded`."""
        plain = self.model.program.matrix()
        upper = plain.col_upper.copy()
        racks = plain.blocks.variables["racks"]
        if not self.bounded:
            upper[racks.start : racks.stop] = np.inf
        return replace(plain, cost=np.zeros_like(plain.cost), offset=0.0, col_upper=upper)

    @cached_property
    def promises(self) -> list[Promise]:
        """Every promise that may be asked away."""
        return promises(self.model)

    def kept(self, held: Sequence[Promise], matrix: Matrix | None = None) -> Matrix:
        """Return the program in which of all promises only some hold."""
        matrix = self.matrix if matrix is None else matrix
        free: Bools = np.zeros(matrix.rows, dtype=np.bool_)
        for promise in self.promises:
            free[promise.rows] = True
        for promise in held:
            free[promise.rows] = False
        lower, upper = np.where(free, -np.inf, matrix.row_lower), np.where(free, np.inf, matrix.row_upper)
        return replace(matrix, row_lower=lower, row_upper=upper)


def prepared(case: Case, calendar: Calendar | None = None) -> Explained:
    """Return a case with its model, built although it may have no plan."""
    calendar = calendar or make_calendar(case.info)
    context = Context(Tables(case, calendar, case.info.terminal_value))
    program = _Tolerant(case.info.name)
    declare(program, context)
    for family in PROMISES:
        with program.family(family.__name__):
            family(program, context)
    costs = cost_terms(program, context)
    program.minimize(**{term.name: term.present for term in costs})
    return Explained(case, PlanningModel(program, context, costs), tuple(program.broken))


def conflict_of(explained: Explained, tell: Tell = lambda _: None) -> Conflict | None:
    """Return a smallest set of promises that cannot be kept together; None where all can.

    Raises:
        SolverError: a solve without costs did not end.
    """
    if explained.broken:
        return _broken(explained)
    every = explained.promises
    trial = _Trial(explained, tell, relaxed=True)
    if not trial.impossible(every):
        trial = _Trial(explained, tell, relaxed=False)
        if not trial.impossible(every):
            return None
    if trial.impossible([]):
        return Conflict((), DATA, why="what is accounting and physics alone has no solution")
    found = _smallest(trial, [], every, tested=False)
    order = {promise.key: place for place, promise in enumerate(every)}
    chosen = tuple(sorted(found, key=lambda promise: order[promise.key]))
    return Conflict(chosen, RELAXATION if trial.relaxed else WHOLE, not trial.unsure)


def _broken(explained: Explained) -> Conflict:
    """Return the conflict of a promise that no variable of the model can keep."""
    name, why = explained.broken[0]
    words, inputs = (
        told(explained.case, name, {}) if name.startswith((PIN, "cap_")) else (name.replace("_", " "), ())
    )
    promise = Promise(name, (), np.empty(0, dtype=np.int64), words, inputs)
    return Conflict((promise,), DATA, why=_data_reason(explained, name) or why)


def _data_reason(explained: Explained, name: str) -> str:
    """Return which dates of a project stand behind a pin that nothing can keep."""
    if not name.startswith(PIN):
        return ""
    pin = explained.case["pins"].set_index("pin").loc[name.removeprefix(PIN)]
    projects = explained.case["projects"]
    mine = projects[(projects["hall"] == pin["hall"]) & (projects["hall"] != "")]
    mine = mine if len(mine) else projects[(projects["project"] == pin["project"]) & (pin["project"] != "")]
    said = [
        f"{row['project']} takes {int(row['build_months'])} months to build from {explained.case.info.as_of}"
        + (f", not before {row['earliest_date']}" if row["earliest_date"] else "")
        + (f", is committed to {row['service_date']}" if row["committed"] else "")
        + f" (projects.csv row {explained.case.row_number('projects', int(place))})"
        for place, row in zip(mine.index, mine.to_dict("records"), strict=True)
    ]
    return "; ".join(said)


class _Trial:
    """Asks whether promises can be kept together, and remembers the answers."""

    def __init__(self, explained: Explained, tell: Tell, *, relaxed: bool) -> None:
        self.explained, self.tell, self.relaxed = explained, tell, relaxed
        self.unsure, self.count = False, 0
        self._known: dict[frozenset[str], bool] = {}

    def impossible(self, held: Sequence[Promise]) -> bool:
        key = frozenset(promise.key for promise in held)
        if key not in self._known:
            self.count += 1
            if self.count % 10 == 0:
                self.tell(f"{self.count} trials")
            self._known[key] = self._ask(held)
        return self._known[key]

    def _ask(self, held: Sequence[Promise]) -> bool:
        matrix = self.explained.kept(held)
        status = _status(replace(matrix, integrality=np.zeros_like(matrix.integrality)))
        if status is not Status.OPTIMAL or self.relaxed:
            self.unsure |= status not in {Status.OPTIMAL, Status.INFEASIBLE}
            return status is Status.INFEASIBLE
        status = _status(matrix)
        self.unsure |= status is Status.NO_SOLUTION
        return status is Status.INFEASIBLE


def _status(matrix: Matrix) -> Status:
    found = highs.solve(matrix, SolveOptions(gap=0.0, threads=1, time_limit=SECONDS))
    if found.status in {Status.OPTIMAL, Status.INFEASIBLE, Status.NO_SOLUTION}:
        return found.status
    if found.has_values:
        return Status.OPTIMAL
    raise SolverError(f"a solve without costs ended with {found.status.value}")


def _smallest(trial: _Trial, base: list[Promise], rest: list[Promise], *, tested: bool) -> list[Promise]:
    """Return a smallest part of ``rest`` that conflicts beside ``base`` (QuickXplain)."""
    if tested and trial.impossible(base):
        return []
    if len(rest) <= 1:
        return rest
    half = len(rest) // 2
    first, second = rest[:half], rest[half:]
    needed = _smallest(trial, [*base, *first], second, tested=bool(first))
    more = _smallest(trial, [*base, *needed], first, tested=bool(needed))
    return [*needed, *more]


def opened_for(case: str | Path, room: Path) -> Case:
    """Load a case folder, a workbook or a shipped case, as a folder."""
    return load(plain_folder(case_path(case), room / "case-read"))
