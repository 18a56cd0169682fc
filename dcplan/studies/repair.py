"""Repairs of a case that has no plan: how much of each promise must give, and the plan that this leads to.

For each promise of a conflict the least that it must give is found by a solve in which it alone may give, all
others held. The amount, rounded up to what a planner would write, goes into the inputs; the repaired case is
built and solved again, which proves the repair and prices it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from dcplan.errors import InfeasibleError, InputError, SolverError
from dcplan.lp.solution import Status
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from dcplan.studies.alternatives_edges import decisions_in_words
from dcplan.studies.explain import Conflict, Explained, Tell, conflict_of, prepared
from dcplan.studies.explain_promises import BY_YEAR, Promise
from dcplan.studies.repair_inputs import LATER, Change, changes_of
from dcplan.studies.resolve_case import Opened
from dcplan.studies.resolve_columns import with_give
from dcplan.studies.resolve_interval import Interval, Proof, difference
from dcplan.studies.soft import softened

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.model import PlanningModel

GAP, SECONDS = 1e-3, 120.0
MOST_STEPS = 6
PRIMES = {"meet_demand"}


@dataclass(frozen=True, eq=False)
class Repair:
    """Changes of inputs that make a plan possible.

    Attributes:
        steps: the changes, one a conflict.
        proof: cost and bound of the repaired case [M JPY], racks that find no place at their price.
        decisions: starts and exits of the plan it leads to.
        case: the repaired case.
    """

    steps: tuple[Change, ...]
    proof: Proof
    decisions: str
    case: Case

    @property
    def words(self) -> str:
        """Return the repair as a planner says it."""
        return "; and ".join(step.words for step in self.steps)

    @property
    def soft(self) -> bool:
        """Whether the repair leaves demand without a place, at its price."""
        return any(step.unserved for step in self.steps)

    def price(self, cheapest: Proof) -> Interval:
        """Return how much more its plan costs than that of the cheapest repair [M JPY]."""
        return difference(cheapest, self.proof)


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why a case has no plan, and how it could have one.

    Attributes:
        conflicts: the conflict found first, and what conflicts once it is out of the way.
        repairs: proven repairs, the cheapest plan first; none where there is a plan or no repair was found.
        refused: promises that were tried and are no repair, with the reason.
    """

    conflicts: tuple[Conflict, ...]
    repairs: tuple[Repair, ...]
    refused: tuple[tuple[str, str], ...]


def explained(case: Case, *, repairs: bool = True, tell: Tell = lambda _: None) -> Explanation:
    """Return why a case has no plan, and proven repairs.

    Raises:
        SolverError: a solve failed or did not end.
    """
    prepared_case = prepared(case)
    first = conflict_of(prepared_case, tell)
    if first is None:
        return Explanation((), (), ())
    conflicts, found, refused = [first], [], []
    if repairs:
        for promise in first.promises:
            tell(f"repair: {promise.words}")
            try:
                fixed, more = _repaired(case, prepared_case, first, promise, tell)
            except (InfeasibleError, InputError) as error:
                refused.append((promise.words, str(error).splitlines()[0]))
                continue
            conflicts += [each for each in more if _keys(each) not in {_keys(old) for old in conflicts}]
            found.append(fixed)
    found.sort(key=lambda each: (each.proof.cost, each.words))
    return Explanation(tuple(conflicts), tuple(found), tuple(refused))


def _keys(conflict: Conflict) -> frozenset[str]:
    return frozenset(promise.key for promise in conflict.promises)


def _repaired(
    case: Case, prepared_case: Explained, conflict: Conflict, promise: Promise, tell: Tell
) -> tuple[Repair, list[Conflict]]:
    """Return the repair that begins with one promise, and the further conflicts that it met.

    Raises:
        InfeasibleError: the promise cannot be changed, or changing it does not help.
        InputError: the changed inputs are refused.
    """
    steps: list[Change] = []
    more: list[Conflict] = []
    now, at, chosen = case, prepared_case, promise
    while True:
        change = step_of(at, conflict, chosen)
        steps.append(change)
        now = change.applied(now)
        soft = tuple(step for step in steps if step.unserved)
        at = replace(prepared(now), bounded=at.bounded)
        at = replace(at, model=_softened(at, soft)) if soft and not at.broken else at
        left = conflict_of(at, tell)
        if left is None:
            try:
                return _proven(now, at, tuple(steps)), more
            except InfeasibleError:  # fractions of a rack kept the promises, and whole racks do not
                at = replace(at, bounded=True)
                left = conflict_of(at, tell)
                if left is None:
                    raise
        if len(steps) == MOST_STEPS:
            raise InfeasibleError("the case has too many conflicts for one repair")
        more.append(left)
        conflict, chosen = left, _first_changeable(at, left, steps)


def _first_changeable(at: Explained, conflict: Conflict, steps: Sequence[Change]) -> Promise:
    """Return the promise of a further conflict that gives first: not one that gave already, demand last."""
    given = {step.key for step in steps}
    ranked = sorted(conflict.promises, key=lambda each: (each.block in PRIMES, each.key in given))
    for promise in ranked:
        try:
            step_of(at, conflict, promise)
        except (InfeasibleError, InputError):
            continue
        return promise
    raise InfeasibleError("none of the promises of a further conflict can be changed")


def step_of(at: Explained, conflict: Conflict, promise: Promise) -> Change:
    """Return the least change of one promise that resolves a conflict.

    Raises:
        InfeasibleError: it cannot be changed, or changing it does not help.
    """
    if promise.block.startswith(LATER) or promise.block == "build_time":
        return changes_of(at, promise, _fewest_freed(at, conflict, promise))
    if not promise.rows.size or promise.block in ("flow", "precedence"):
        return changes_of(at, promise, math.nan)
    promise = _with_its_tail(at, promise)
    asked = with_give(at.matrix, promise.rows, _weights(at, promise))
    found = _least_given(asked)
    if found is None:  # there are further conflicts: only this one counts
        held = [each for each in conflict.promises if each.key != promise.key]
        found = _least_given(at.kept([*held, promise], asked))
    if found is None:
        raise InfeasibleError("giving way here does not help")
    return changes_of(at, promise, float(found[-1]), found)


def _with_its_tail(at: Explained, promise: Promise) -> Promise:
    """Return a target of tonnes with the years that read the same input row: the tail holds its last one."""
    if promise.block != "target_location_tco2e":
        return promise
    years = at.case["targets"].query("target == @name", local_dict={"name": promise.label("target")})
    last = int(years[BY_YEAR].max())
    same = [
        each.rows
        for each in at.promises
        if each.block == promise.block
        and each.label("target") == promise.label("target")
        and min(int(each.label(BY_YEAR)), last) == min(int(promise.label(BY_YEAR)), last)
    ]
    return replace(promise, rows=np.concatenate(same))


def _weights(at: Explained, promise: Promise) -> Floats:
    """Return how much one unit given changes each row: months where the input is by month."""
    if promise.block in ("move_limit_fleet", "move_limit_site"):
        m = at.model.context.tables
        block = at.model.program.blocks.rows[promise.block]
        months = block.frame()["period"].map(m.per_period("months")).to_numpy(dtype=float)
        return np.asarray(months[promise.rows - block.start])
    return np.ones(promise.rows.size)


def _least_given(matrix: Matrix) -> Floats | None:
    """Return the solution in which the last column is least; None where there is none."""
    found = highs.solve(matrix, SolveOptions(gap=1e-6, threads=1, time_limit=SECONDS))
    return found.values


def _fewest_freed(at: Explained, conflict: Conflict, promise: Promise) -> float:
    """Return how many of its first periods a dated promise must give up; all of them is to drop it."""
    rows = promise.rows
    held = [each for each in at.promises if each.key != promise.key]
    if rows.size and _possible(at, [*held], promise, rows.size) is False:
        held = [each for each in conflict.promises if each.key != promise.key]
    if rows.size and not _possible(at, held, promise, rows.size):
        raise InfeasibleError("giving way here does not help")
    low, high = 1, max(1, rows.size)
    while low < high:
        middle = (low + high) // 2
        if _possible(at, held, promise, middle):
            high = middle
        else:
            low = middle + 1
    return float(high) if rows.size else math.inf


def _possible(at: Explained, held: Sequence[Promise], promise: Promise, freed: int) -> bool:
    later = replace(promise, rows=promise.rows[freed:])
    matrix = at.kept([*held, later])
    found = highs.solve(matrix, SolveOptions(gap=0.0, threads=1, time_limit=SECONDS))
    return found.has_values


def _softened(at: Explained, soft: Sequence[Change]) -> PlanningModel:
    """Return the model with room for the racks that repairs leave without a place."""
    return softened(at.case, {(each.of, each.year): each.amount for each in soft})


def _proven(case: Case, at: Explained, steps: tuple[Change, ...]) -> Repair:
    """Solve the repaired case: what proves the repair and prices it.

    Raises:
        InfeasibleError: it has no plan after all.
        SolverError: the solver found none in time.
    """
    matrix = at.model.program.matrix()
    found = highs.solve(matrix, SolveOptions(gap=GAP, threads=1, time_limit=SECONDS))
    if found.status is Status.INFEASIBLE:
        raise InfeasibleError("the repaired case has no plan")
    if found.values is None:
        raise SolverError(f"the repaired case was not solved in time ({found.status.value})")
    words = decisions_in_words(Opened(case, at.model, matrix), found.values)
    return Repair(steps, Proof(found.bound, found.objective), words, case)
