"""Points of a frontier: one program with caps, one plan folder, one record each; side by side, resumable."""

from __future__ import annotations

import json
import multiprocessing
import shutil
import tempfile
from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.load import load
from dcplan.data.writing import copy_case, write_table
from dcplan.errors import SolverError
from dcplan.lp.solution import Solution, Status
from dcplan.model.caps import measure
from dcplan.plans.plan import open_plan, write_json
from dcplan.plans.publish import GivenUpError
from dcplan.plans.request import search_gap
from dcplan.solvers.options import SolveOptions
from dcplan.studies.changed_plan import published, save_plan
from dcplan.studies.resolve_case import Opened, opened_plan
from dcplan.studies.resolve_rows import row_of, with_rows
from dcplan.studies.resolve_workers import belong_to_parent

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.plans.plan import Plan

SOLVED, IMPOSSIBLE = "solved", "impossible"
LOOSER = (0.0, 0.5, 1.0)
"""Caps that no plan in whole racks keeps are loosened by these shares of the gap, in turn."""
CAP_SLACK = 1e-9
LONGEST = 2
"""Years that a publication decides together before a cap counts as too tight for whole racks. Three years at
once, at the least of a measure, took more than ten minutes and found nothing."""


@dataclass(frozen=True)
class Point:
    """One point to make.

    Attributes:
        name: name of its plan folder.
        caps: the most of each measure, by the measure's name in `caps.csv`.
    """

    name: str
    caps: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Record:
    """What was made of a point.

    Attributes:
        name: name of its plan folder.
        status: `solved`, or `impossible` where no plan keeps the caps.
        caps: the caps that its plan keeps, by measure; looser than asked where whole racks need it.
    """

    name: str
    status: str
    caps: tuple[tuple[str, float], ...]


@dataclass(frozen=True)
class Maker:
    """Makes points beside the cheapest plan, from which they differ by their caps.

    Attributes:
        home: folder of the plan folders and records.
        cheapest: folder of the plan without caps.
        gap: gap to prove.
        seed: random seed.
    """

    home: Path
    cheapest: Path
    gap: float
    seed: int = 0

    @cached_property
    def plan(self) -> Plan:
        """The plan without caps."""
        return open_plan(self.cheapest)

    @cached_property
    def opened(self) -> Opened:
        """Its model."""
        return opened_plan(self.plan)

    def make(self, point: Point, stop: Callable[[], bool] = lambda: False) -> Record:
        """Make one point: solve, audit, save, record.

        Raises:
            KeyboardInterrupt: ``stop`` said so, or Ctrl-C did; nothing of the point is left.
            SolverError: no plan in whole racks keeps even the loosest caps.
        """
        target = self.home / point.name
        shutil.rmtree(target, ignore_errors=True)
        for share in LOOSER:
            caps = tuple((name, loosened(value, share * self.gap)) for name, value in point.caps)
            matrix = self.capped(caps)
            found = self.search(matrix, stop)
            if found.status is Status.INFEASIBLE:
                continue
            try:
                values = published(self.opened, matrix, found, self.gap, self.seed, stop, LONGEST)
            except GivenUpError:
                raise KeyboardInterrupt from None
            except SolverError:
                if share == LOOSER[-1]:
                    raise
                continue
            self.save(caps, values, found, target)
            return recorded_now(self.home, Record(point.name, SOLVED, caps))
        return recorded_now(self.home, Record(point.name, IMPOSSIBLE, point.caps))

    def capped(self, caps: Sequence[tuple[str, float]]) -> Matrix:
        """Return the program with caps."""
        program, context, matrix = self.opened.model.program, self.opened.model.context, self.opened.matrix
        rows = [
            row_of(name, measure(program, context, name), matrix.columns, upper=value) for name, value in caps
        ]
        return with_rows(matrix, rows)

    def search(self, matrix: Matrix, stop: Callable[[], bool]) -> Solution:
        """Search a capped program to its share of the gap; the rest is left to whole racks.

        Raises:
            KeyboardInterrupt: ``stop`` said so.
            SolverError: the search ended without an answer.
        """
        options = SolveOptions(gap=search_gap(self.gap), threads=1, seed=self.seed)
        found = self.opened.solver(matrix, options, start=self.start(matrix), should_stop=stop)
        if found.status is Status.INTERRUPTED:
            raise KeyboardInterrupt
        if found.status is not Status.INFEASIBLE and found.values is None:
            raise SolverError(f"the search of a point ended without a plan ({found.status.value})")
        return found

    def start(self, matrix: Matrix) -> Floats | None:
        """Return the first plan at hand that keeps the caps: one at the least of a capped measure."""
        for file in sorted(self.home.glob("start-*.npy")):
            values = np.load(file, allow_pickle=False)
            if not matrix.check(values):
                return np.asarray(values, dtype=np.float64)
        return None

    def save(self, caps: Sequence[tuple[str, float]], values: Floats, found: Solution, target: Path) -> None:
        """Save a point as a plan folder whose inputs hold its caps."""
        told = {"requested_gap": self.gap, "seed": self.seed, "threads": 1}
        with tempfile.TemporaryDirectory(prefix=".capped-", dir=self.home) as room:
            inputs = capped_case(self.opened.case, caps, Path(room) / "case")
            save_plan(self.opened, values, found, self.plan, inputs, target, **told)


def loosened(value: float, share: float) -> float:
    """Return a cap with room for rounding and a share more."""
    return value + share * abs(value) + CAP_SLACK * max(1.0, abs(value))


def capped_case(case: Case, caps: Sequence[tuple[str, float]], folder: Path) -> Path:
    """Write a case with more caps into a folder and return it."""
    copy_case(case.folder, folder)
    table = case["caps"]
    source = str(case["sources"]["source"].iloc[0])
    nothing = {"low": float("nan"), "high": float("nan"), "known_on": None}
    rows = [
        {
            **nothing, "cap": f"asked-{name}", "measure": name, "value": value, "source": source,
            "basis": "derived", "reason": "A cap that a study asked for.",
        }
        for name, value in caps
    ]  # fmt: skip
    more = pd.DataFrame(rows, columns=table.columns)
    write_table(folder, "caps", pd.concat([table, more], ignore_index=True) if len(table) else more)
    load(folder)
    return folder


def recorded_now(home: Path, record: Record) -> Record:
    """Write the record of a point, whole or not at all."""
    draft = home / f".{record.name}.json"
    write_json(asdict(record), draft)
    draft.rename(home / f"{record.name}.json")
    return record


def recorded(home: Path, point: Point) -> Record | None:
    """Return the record of a point that was made before; None where there is none."""
    file = home / f"{point.name}.json"
    if not file.is_file():
        return None
    told = json.loads(file.read_text("utf-8"))
    return Record(told["name"], told["status"], tuple((name, value) for name, value in told["caps"]))


def make_all(
    maker: Maker, points: Sequence[Point], workers: int, tell: Callable[[str], None] = lambda _: None
) -> list[Record]:
    """Make the points that are not recorded yet, side by side, and return the records of all in order.

    Raises:
        KeyboardInterrupt: Ctrl-C; the points that were finished stay.
        SolverError: a point failed.
    """
    todo = [point for point in points if recorded(maker.home, point) is None]
    if workers < 1 or len(todo) < 2:
        for count, point in enumerate(todo, start=1):
            maker.make(point)
            tell(f"{count} of {len(todo)}: point {point.name}")
    else:
        _side_by_side(maker, todo, workers, tell)
    found = [recorded(maker.home, point) for point in points]
    return [record for record in found if record is not None]


def _side_by_side(maker: Maker, todo: Sequence[Point], workers: int, tell: Callable[[str], None]) -> None:
    context = multiprocessing.get_context("spawn")
    stopped = context.Event()
    bare = Maker(maker.home, maker.cheapest, maker.gap, maker.seed)
    executor = ProcessPoolExecutor(
        min(workers, len(todo)), mp_context=context, initializer=_start, initargs=(bare, stopped)
    )
    try:
        futures = {executor.submit(_work, point): point for point in todo}
        for count, future in enumerate(as_completed(futures), start=1):
            future.result()
            tell(f"{count} of {len(todo)}: point {futures[future].name}")
    except BaseException:
        stopped.set()
        raise
    finally:
        executor.shutdown(cancel_futures=True)


_HELD: dict[str, Any] = {}


def _start(maker: Maker, stopped: Any) -> None:
    """Take the maker once, when a process of the pool starts."""
    belong_to_parent()
    _HELD.update(maker=maker, stop=stopped.is_set)


def _work(point: Point) -> None:
    _HELD["maker"].make(point, _HELD["stop"])
