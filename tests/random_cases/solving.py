"""Drawn cases through dcplan: checked, built, solved in whole racks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.check import check
from dcplan.data.load import load
from dcplan.lp.labels import InfeasibleRowError
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status
from dcplan.model import PlanningModel, build
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from tests.random_cases.brute import Best, Brute, TooManyPlansError
from tests.random_cases.draw import Drawn, draw
from tests.random_cases.world import World

EXACT = SolveOptions(gap=0.0, threads=1)
CONTINUOUS = frozenset({"contract_kw", "claimed_mwh", "target_miss"})
"""Everything else is counted in racks, steps, or is yes or no."""
ATTEMPTS = 60
FEWEST_PLANS = 10


@dataclass(frozen=True)
class Valid:
    """A drawn case that `check` passes."""

    seed: int
    folder: Path
    case: Case


def drawn_cases(
    seed: int, folder: Path, drawing: Callable[[int], Drawn] = draw
) -> Iterator[tuple[int, Path]]:
    """Cases drawn from a seed on; most, not all, pass `check`."""
    for attempt in range(ATTEMPTS):
        number = seed * ATTEMPTS + attempt
        drawn = drawing(number)
        if all(drawn.tables.get(name) for name in ("occupancy", "policy")):  # else nothing fits the halls
            yield number, drawn.write(folder / f"case-{number}")
    raise AssertionError(f"no case from seed {seed} on")


def valid(seed: int, folder: Path) -> Valid:
    """The first case from a seed on that `check` passes."""
    for number, place in drawn_cases(seed, folder):
        if check(place).ok:
            return Valid(number, place, load(place))
    raise AssertionError


def tried(
    seed: int, folder: Path, drawing: Callable[[int], Drawn] = draw, fewest: int = FEWEST_PLANS
) -> tuple[Valid, Best]:
    """The first valid case from a seed on with a choice of plans, and the best of all its plans.

    From one seed in ten on it is the first valid case without any plan.
    """
    for number, place in drawn_cases(seed, folder, drawing):
        try:
            best = Brute(World(place)).run()
        except TooManyPlansError:
            continue
        possible = math.isfinite(best.cost)
        if possible == (seed % 10 == 9) or (possible and best.plans < fewest) or not check(place).ok:
            continue
        return Valid(number, place, load(place)), best
    raise AssertionError


def model_of(case: Case, by: str | None = None) -> PlanningModel | None:
    """The model of a case; None where a row without a variable cannot hold."""
    try:
        return build(case, make_calendar(case.info, by))
    except InfeasibleRowError:
        return None


def whole(model: PlanningModel) -> Matrix:
    """The matrix with every rack, step and decision whole, the tail included."""
    matrix = model.program.matrix()
    integrality = np.ones_like(matrix.integrality)
    for block in matrix.blocks.variables.values():
        if block.name in CONTINUOUS:
            integrality[block.start : block.stop] = False
    return replace(matrix, integrality=integrality)


def least_cost(case: Case) -> Solution | None:
    """The optimum in whole racks; None where there is no plan."""
    model = model_of(case)
    if model is None:
        return None
    solution = highs.solve(whole(model), EXACT)
    assert solution.status in {Status.OPTIMAL, Status.INFEASIBLE}, solution.status
    return solution if solution.status is Status.OPTIMAL else None
