r"""The exact frontier between two or three objectives: plans that no other plan beats in all of them.

Every point minimises cost with the others capped (the epsilon-constraint method): its gap proves that no plan
within its caps is cheaper by more than that. The ends are lexicographic: at the least cost the least of the
others with the same starts and exits, at the least of another objective the least cost.
"""

from __future__ import annotations

import itertools
import json
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.load import load
from dcplan.data.plain import plain_folder
from dcplan.data.shipped import case_path
from dcplan.errors import InputError, Problem
from dcplan.model.caps import measure
from dcplan.plans.make import solve_case
from dcplan.plans.plan import open_plan, write_csv, write_json
from dcplan.plans.publish import publish
from dcplan.solvers.options import SolveOptions
from dcplan.studies.frontier_points import SOLVED, Maker, Point, Record, make_all
from dcplan.studies.frontier_table import knee_of, neighbours, points_table
from dcplan.studies.measures import (
    COST,
    OBJECTIVES,
    UNITS,
    WORDS,
    as_model,
    by_instruments,
    least,
    least_tied,
    measured,
    with_decisions,
)
from dcplan.studies.resolve_rows import cost_row, minimising, with_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcplan.plans.plan import Plan
    from dcplan.studies.resolve_case import Opened

    Tell = Callable[[str], None]

CHEAPEST = "00-least-cost"
TRIVIAL_SHARE, ZERO_SHARE = 0.9, 1e-3
"""Instruments alone reach so much of a span, or leave so little of the emissions: the objective is bought."""
SETTINGS = "frontier.json"
SMALL = 1_000
"""Columns up to which the end of least cost is tied in whole racks."""


@dataclass(frozen=True, eq=False)
class Frontier:
    """A frontier and the folder that holds its plans.

    Attributes:
        folder: the folder: `frontier.csv`, `neighbours.csv`, `frontier.json`, `points/`.
        between: the objectives that are drawn, cost first where it is one.
        points: one row a plan: point, plan, objectives, cap of each, gap, bound, knee, of (its twin).
        steps: neighbours: what changes from one to the next, and its price.
        notes: what was left out and why, in words.
    """

    folder: Path
    between: tuple[str, ...]
    points: pd.DataFrame
    steps: pd.DataFrame
    notes: tuple[str, ...]


def frontier(
    case: str | Path,
    output: str | Path,
    *,
    between: Sequence[str] = (COST, "carbon"),
    points: int = 15,
    gap: float = 1e-3,
    workers: int = 2,
    seed: int = 0,
    tell: Tell | None = None,
    **asked: Any,
) -> Frontier:
    """Make a frontier, or go on with one that was interrupted in the same folder.

    Args:
        case: a case folder, a workbook or the name of a shipped case.
        output: a new folder, or that of the same frontier, of which finished points are kept.
        between: two or three of cost, carbon, market, capex; cost is always one of them.
        points: plans on the frontier, ends included; with three objectives near their square grid.
        gap: gap to prove of each plan.
        workers: plans made side by side; 0 makes them in this process.
        seed: random seed.
        tell: called with short texts of progress.
        asked: further options of `solve_case`: by, tail_years, terminal_value.

    Raises:
        InputError: the inputs are refused, or the folder holds another frontier.
        InfeasibleError: the case has no plan.
        SolverError: a point failed.
        KeyboardInterrupt: Ctrl-C; call it again with the same arguments to go on.
    """
    told, names, home = tell or (lambda _: None), _refused(between, points), Path(output)
    settings = {"between": list(names), "points": points, "gap": gap, "seed": seed, **asked}
    folder = _prepared(case, home, settings)
    work = _Work(folder, home, gap, workers, seed, asked, told)
    return work.run(names, points)


def _refused(between: Sequence[str], points: int) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(between))
    strange = [name for name in names if name not in OBJECTIVES or name == "moves"]
    if strange or not 2 <= len(names) <= 3 or COST not in names:
        remedy = "Name cost and one or two of carbon, market, capex, such as cost,carbon."
        problem = Problem("--between", None, None, ",".join(between), "is no choice of objectives", remedy)
        raise InputError([problem])
    if points < 3:
        raise InputError([Problem("--points", None, None, str(points), "must be at least 3")])
    return (COST, *(name for name in names if name != COST))


def _prepared(case: str | Path, home: Path, settings: dict[str, Any]) -> Path:
    """Return the folder of the plain case inside the frontier's folder, made or found there."""
    given = case_path(case)
    folder, file = home / "case", home / SETTINGS
    if home.exists() and not file.is_file():
        rule = "the folder exists and holds no frontier"
        raise InputError([Problem(str(home), None, None, None, rule, "Name a new folder with -o.")])
    plain = plain_folder(given, home / "case-read") if given.is_file() else given
    told = {**settings, "case_hash": load(plain).fingerprint}
    if file.is_file():
        if json.loads(file.read_text("utf-8"))["settings"] != told:
            rule = "the folder holds a frontier of another case or with other options"
            raise InputError([Problem(str(home), None, None, None, rule, "Name a new folder with -o.")])
        for stale in (home / "points").glob(".*"):
            shutil.rmtree(stale) if stale.is_dir() else stale.unlink()
        return folder
    (home / "points").mkdir(parents=True)
    shutil.copytree(plain, folder, dirs_exist_ok=True)
    write_json({"settings": told}, file)
    return folder


class _Work:
    """One frontier in the making."""

    def __init__(
        self,
        case: Path,
        home: Path,
        gap: float,
        workers: int,
        seed: int,
        asked: dict[str, Any],
        tell: Tell,
    ) -> None:
        self.case, self.home, self.gap, self.workers, self.tell = case, home, gap, workers, tell
        self.asked = {"seed": seed, "threads": 1, **asked}
        self.options = SolveOptions(gap=gap / 10.0, threads=1, seed=seed)
        self.maker = Maker(home / "points", home / "points" / CHEAPEST, gap, seed)
        self.notes: list[str] = []
        self.plans: dict[str, Plan] = {}

    @property
    def opened(self) -> Opened:
        return self.maker.opened

    def run(self, names: tuple[str, ...], count: int) -> Frontier:
        cheapest = self.cheapest()
        worst = measured(cheapest, self.opened)
        others, ends, first = [], {}, {}
        for name in names[1:]:
            range_ = self.range(name, cheapest, worst)
            if range_ is not None:
                others.append(name)
                ends[name], first[name] = range_
        if not others:
            return self.finished((COST, *names[1:]), [CHEAPEST], drawn=False)
        made = self.grid(others, ends, first, worst, count)
        between = (COST, *others)
        return self.finished(between, made, drawn=self.apart(between, made))

    def cheapest(self) -> Plan:
        """Return the plan without caps, made like any other plan."""
        folder = self.home / "points" / CHEAPEST
        if not folder.is_dir():
            self.tell("the least cost")
            plan = solve_case(self.case, output=folder, gap=self.gap, **self.asked)
            if plan.manifest["status"] == "interrupted":
                shutil.rmtree(folder)
                raise KeyboardInterrupt
        return self.plan(CHEAPEST)

    def make(self, points: Sequence[Point]) -> list[Record]:
        return make_all(self.maker, points, self.workers, self.tell)

    def plan(self, name: str) -> Plan:
        """Return a finished point, opened once."""
        if name not in self.plans:
            self.plans[name] = open_plan(self.home / "points" / name)
        return self.plans[name]

    def range(self, name: str, cheapest: Plan, at_cheapest: dict[str, float]) -> tuple[float, float] | None:
        """Return the least of an objective and its least at the least cost; None (and why) if trivial."""
        self.tell(f"the least {WORDS[name]}")
        found = self.remembered(name)
        if found is None:
            lowest_plan = least(self.opened, name, self.options)
            np.save(self.home / "points" / f"start-{name}.npy", lowest_plan.values, allow_pickle=False)
            found = (lowest_plan.whole, self.tied(name, cheapest, at_cheapest[name]))
            self.remember(name, found)
        lowest, first = found
        span, most = first - lowest, at_cheapest[name]
        unit = UNITS[name]
        if span <= self.gap * abs(most):
            self.notes.append(
                f"{WORDS[name]}: between {lowest:,.0f} and {first:,.0f} {unit}, a span within the gap: "
                "nothing to trade off, not drawn."
            )
            return None
        if name == "market":
            reached = by_instruments(self.opened, cheapest, self.options)
            if reached <= max(lowest, 0.0) + ZERO_SHARE * abs(most) or (
                most - reached >= TRIVIAL_SHARE * (most - lowest)
            ):
                self.notes.append(
                    f"{WORDS[name]}: instruments alone bring it from {most:,.0f} to {reached:,.0f} {unit} "
                    f"with the starts, exits and racks of the cheapest plan; no plan has less than "
                    f"{lowest:,.0f}. It is bought, not planned: not drawn."
                )
                return None
        return lowest, first

    def tied(self, name: str, cheapest: Plan, value: float) -> float:
        """Return the least of an objective at the cost, starts and exits of the cheapest plan.

        In whole racks where the case is small; else racks are divisible, and the cost is the least for these
        starts and exits.
        """
        program, context = self.opened.model.program, self.opened.model.context
        matrix = with_decisions(self.opened, cheapest)
        expr = measure(program, context, OBJECTIVES[name])
        if matrix.columns > SMALL:
            return min(value, least_tied(matrix, expr, self.options))
        cost = float(cheapest.manifest["published_cost_mjpy"])
        held = with_rows(matrix, [cost_row(matrix, cost * (1.0 + 1e-9))])
        asked = minimising(held, expr)
        found = publish(as_model(self.opened.model, asked), None, self.options)
        return min(value, asked.objective(found.found))

    def remembered(self, name: str) -> tuple[float, float] | None:
        told = json.loads((self.home / SETTINGS).read_text("utf-8")).get("ends", {})
        return tuple(told[name]) if name in told else None

    def remember(self, name: str, found: tuple[float, float]) -> None:
        file = self.home / SETTINGS
        told = json.loads(file.read_text("utf-8"))
        told.setdefault("ends", {})[name] = list(found)
        draft = file.with_name(f".{SETTINGS}")
        write_json(told, draft)
        draft.rename(file)

    def grid(
        self,
        others: Sequence[str],
        ends: dict[str, float],
        first: dict[str, float],
        worst: dict[str, float],
        count: int,
    ) -> list[str]:
        """Make the points and return the names of their plans; the cheapest plan comes first."""
        if len(others) == 1:
            (name,) = others
            better = first[name] < worst[name] - self.gap * (worst[name] - ends[name])
            steps = np.linspace(first[name], ends[name], count - 1 if better else count)
            caps = [[(OBJECTIVES[name], float(cap))] for cap in (steps if better else steps[1:])]
        else:
            side = max(2, round(count**0.5))
            extremes = self.extremes(others, ends)
            axes = []
            for name in others:
                most = max([worst[name], *(values[name] for values in extremes)])
                axes.append([(OBJECTIVES[name], float(cap)) for cap in np.linspace(most, ends[name], side)])
            caps = [list(pair) for pair in itertools.product(*axes)]
        points = [Point(f"{place:02d}", tuple(row)) for place, row in enumerate(caps, start=1)]
        records = self.make(points)
        made = [record.name for record in records if record.status == SOLVED]
        return [CHEAPEST, *made, *(f"end-{name}" for name in others if len(others) > 1)]

    def extremes(self, others: Sequence[str], ends: dict[str, float]) -> list[dict[str, float]]:
        """Return the objectives of the plans at the least of each."""
        points = [Point(f"end-{name}", ((OBJECTIVES[name], ends[name]),)) for name in others]
        self.make(points)
        return [measured(self.plan(point.name), self.opened) for point in points]

    def apart(self, between: tuple[str, ...], made: Sequence[str]) -> bool:
        """Whether the costs of the plans differ by more than their gaps allow; says so where not."""
        plans = [self.plan(name) for name in made]
        lowest = min(float(plan.manifest["published_cost_mjpy"]) for plan in plans)
        highest = max(float(plan.manifest["bound_mjpy"]) for plan in plans)
        if highest > lowest:
            return True
        self.notes.append(
            f"cost: every plan costs within the gap of the cheapest ({lowest:,.0f} M JPY): one plan is the "
            f"best of {' and '.join(between)}, not drawn."
        )
        return False

    def finished(self, between: tuple[str, ...], made: Sequence[str], *, drawn: bool) -> Frontier:
        plans = {name: self.plan(name) for name in made}
        values = {name: measured(plan, self.opened) for name, plan in plans.items()}
        table = points_table(between, plans, values)
        if drawn:
            table["knee"] = table["point"] == knee_of(table, between)
        steps = neighbours(table, plans, between)
        write_csv(table, self.home / "frontier.csv")
        write_csv(steps, self.home / "neighbours.csv")
        write_csv(pd.DataFrame({"note": self.notes}, dtype=object), self.home / "notes.csv")
        return Frontier(self.home, between if drawn else (COST,), table, steps, tuple(self.notes))


def frontier_document(found: Frontier) -> dict[str, Any]:
    """Return a frontier as plain data."""
    return {
        "folder": found.folder,
        "between": list(found.between),
        "points": found.points,
        "steps": found.steps,
        "notes": list(found.notes),
    }
