"""Re-solving for prices: intervals by hand, the engine against a small program and false solvers."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dcplan.errors import InfeasibleError, SolverError
from dcplan.lp.labels import LabelError
from dcplan.lp.matrix import Matrix
from dcplan.lp.program import Program
from dcplan.lp.solution import Solution, Status
from dcplan.solvers.options import SolveOptions
from dcplan.studies.resolve import Limits, resolve
from dcplan.studies.resolve_changes import Bound, Question, Without, compiled
from dcplan.studies.resolve_interval import NUMERICAL, Interval, Proof, Verdict, difference
from dcplan.studies.resolve_workers import WITHOUT_START_GAP

HERE = Limits(workers=0)


def depots() -> Matrix:
    """Cover 9 racks with depots: A costs 5 and holds 4, B 7 and 5, C 11 and 8; C is banned by a row."""
    p = Program("depots")
    p.dimension("depot", ["A", "B", "C"])
    index = pd.DataFrame({"depot": ["A", "B", "C"]})
    p.variable("open", index, upper=1.0, integer=True, unit="-", doc="whether a depot is open")
    holds = pd.Series([4.0, 5.0, 8.0], index=pd.Index(["A", "B", "C"], name="depot"))
    cost = pd.Series([5.0, 7.0, 11.0], index=pd.Index(["A", "B", "C"], name="depot"))
    p.limit("cover", (p["open"] * holds).sum("depot") >= 9.0, over=None, unit="racks")
    banned = pd.DataFrame({"depot": ["C"]})
    p.limit("pin_no_C", p["open"].where(banned) <= 0, over=banned, unit="-")
    p.minimize(cost=p["open"] * cost)
    return p.matrix()


def without(depot: str) -> Question:
    return Question(f"without {depot}", (Bound("open", (("depot", (depot,)),), upper=0.0),))


FREE_C = Question("C allowed", (Without("pin_no_C"),))
FREE_C_NO_A = Question("C allowed, no A", (*FREE_C.changes, *without("A").changes))


# -- intervals -----------------------------------------------------------------------------------------------


def test_the_interval_takes_the_far_ends_of_both_proofs() -> None:
    found = difference(Proof(98.0, 100.0), Proof(109.0, 112.0))
    slack = NUMERICAL * 212.0
    assert found.low == pytest.approx(109.0 - 100.0 - slack, abs=1e-12)
    assert found.high == pytest.approx(112.0 - 98.0 + slack, abs=1e-12)


def test_a_restriction_never_gains_and_a_relaxation_never_costs() -> None:
    wide, close = Proof(90.0, 110.0), Proof(95.0, 105.0)
    assert difference(wide, close, restriction=True).low == 0.0
    assert difference(wide, close, relaxation=True).high == 0.0


@pytest.mark.parametrize(
    "low, high, verdict",
    [
        (10.0, 12.0, Verdict.RESOLVED),  # 2 wide, a fifth of 10
        (10.0, 12.1, Verdict.SIGN),
        (-12.0, -10.0, Verdict.RESOLVED),
        (-12.1, -10.0, Verdict.SIGN),
        (0.0, 0.0, Verdict.OPEN),
        (0.0, 5.0, Verdict.OPEN),
        (-1.0, 5.0, Verdict.OPEN),
        (3.0, math.inf, Verdict.SIGN),
    ],
)
def test_a_difference_smaller_than_its_proof_is_no_answer(low: float, high: float, verdict: Verdict) -> None:
    assert Interval(low, high).verdict is verdict
    assert verdict.proven is (verdict is not Verdict.OPEN)


def test_solves_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(SolverError, match="contradict"):
        difference(Proof(100.0, 100.0), Proof(90.0, 90.0), restriction=True)


# -- a small program -----------------------------------------------------------------------------------------


def test_prices_of_a_small_program_by_hand() -> None:
    """A and B: 12. C allowed: still 12 (A and C 16). Without A and with C: B and C, 18."""
    found = resolve(depots(), [FREE_C, FREE_C_NO_A, without("A")], limits=HERE)
    free, other, impossible = found.answers
    assert found.base.proof.cost == 12.0
    assert free.verdict is Verdict.OPEN
    assert free.interval is not None
    assert free.interval.width < 1e-6
    assert other.verdict is Verdict.RESOLVED
    assert other.interval is not None
    assert (other.interval.low, other.interval.high) == pytest.approx((6.0, 6.0), abs=1e-6)
    assert impossible.verdict is Verdict.IMPOSSIBLE
    assert impossible.interval is None
    assert found.proven_share == pytest.approx(2 / 3)


def test_answers_depend_neither_on_the_order_nor_on_the_processes() -> None:
    questions = [FREE_C, FREE_C_NO_A, without("A"), without("C")]
    here = resolve(depots(), questions, limits=HERE)
    there = resolve(depots(), questions[::-1], limits=Limits(workers=2))
    assert [(a.verdict, a.interval, a.proof) for a in here.answers] == [
        (a.verdict, a.interval, a.proof) for a in there.answers[::-1]
    ]


def test_a_bound_only_tightens_and_a_crossed_one_needs_no_solver() -> None:
    matrix = depots()
    wider = Question("wider", (Bound("open", (), lower=-5.0, upper=9.0),))
    assert (compiled(matrix, wider).lower == 0.0).all()
    assert (compiled(matrix, wider).upper == 1.0).all()
    crossed = Question("two of A", (Bound("open", (("depot", ("A",)),), lower=2.0),))
    assert compiled(matrix, crossed).crossed
    assert resolve(matrix, [crossed], limits=HERE).answers[0].verdict is Verdict.IMPOSSIBLE


@pytest.mark.parametrize(
    "change",
    [
        Bound("open", (("depot", ("D",)),), upper=0.0),
        Bound("shut", (), upper=0.0),
        Bound("open", (("hall", ("A",)),), upper=0.0),
        Without("pin_no_D"),
    ],
)
def test_a_change_that_names_nothing_is_refused(change: Any) -> None:
    with pytest.raises(LabelError, match="nothing asked"):
        compiled(depots(), Question("nothing asked", (change,)))


# -- false solvers -------------------------------------------------------------------------------------------


class Scripted:
    """A solver that proves what the gap asks for: the base costs 1,000, the change without A 1,001."""

    def __init__(self, **instead: Any) -> None:
        self.gaps: list[float] = []
        self.instead = instead

    def __call__(self, matrix: Matrix, options: SolveOptions, **_: Any) -> Solution:
        if not matrix.integrality.any():  # no start is found, so that the gaps are those of the limits
            return Solution(Status.INFEASIBLE)
        changed = matrix.col_upper[0] == 0.0
        self.gaps.append(options.gap)
        cost = 1001.0 if changed else 1000.0
        found = Solution(Status.OPTIMAL, cost, cost * (1.0 - options.gap), np.zeros(3))
        return replace(found, **self.instead) if changed else found


def test_the_gap_tightens_until_the_difference_is_resolved() -> None:
    """The base to the last gap; 0.1 % leaves 1 of 1,000 open, 0.04 % proves its sign, 0.001 % resolves it."""
    solve = Scripted()
    limits = Limits(gaps=(1e-3, 4e-4, 1e-5, 1e-9), workers=0)
    found = resolve(depots(), [without("A")], limits=limits, solve=solve)
    assert solve.gaps == [1e-9, 1e-3, 4e-4, 1e-5]
    assert found.answers[0].verdict is Verdict.RESOLVED


def test_what_the_last_gap_leaves_open_is_not_distinguishable() -> None:
    found = resolve(depots(), [without("A")], limits=Limits(gaps=(1e-3,), workers=0), solve=Scripted())
    (answer,) = found.answers
    assert answer.verdict is Verdict.OPEN
    assert answer.interval is not None
    assert answer.interval.low == 0.0
    assert answer.interval.high == pytest.approx(2.0, abs=1e-4)
    assert found.proven_share == 0.0


@pytest.mark.parametrize(
    "instead, high",
    [
        ({"status": Status.FEASIBLE, "bound": 900.0}, 1.0),
        ({"status": Status.NO_SOLUTION, "bound": 900.0, "values": None, "objective": math.nan}, math.inf),
    ],
)
def test_a_limit_leaves_what_is_proven_and_is_not_tried_again(instead: dict[str, Any], high: float) -> None:
    solve = Scripted(**instead)
    found = resolve(depots(), [without("A")], limits=Limits(gaps=(1e-9, 1e-12), workers=0), solve=solve)
    assert found.answers[0].verdict is Verdict.OPEN
    assert found.answers[0].interval is not None
    assert found.answers[0].interval.high == pytest.approx(high, abs=1e-4)
    assert solve.gaps == [1e-12, WITHOUT_START_GAP]


def test_a_cheaper_plan_after_a_restriction_improves_the_base() -> None:
    """What a limited base solve missed is found by a question: the difference is then exactly zero."""
    solve = Scripted(objective=999.5, bound=999.5)
    found = resolve(depots(), [without("A")], limits=Limits(gaps=(1e-3,), workers=0), solve=solve)
    assert found.answers[0].interval is not None
    assert found.answers[0].interval.low == 0.0
    assert found.answers[0].interval.high == pytest.approx(999.5 - 999.0, abs=1e-4)


class Failing:
    """A solver that fails so often on the change without A, and then answers."""

    def __init__(self, times: int) -> None:
        self.times, self.seeds, self.answer = times, [], Scripted()

    def __call__(self, matrix: Matrix, options: SolveOptions, **more: Any) -> Solution:
        if matrix.integrality.any() and matrix.col_upper[0] == 0.0:
            self.seeds.append(options.seed)
            if len(self.seeds) <= self.times:
                raise SolverError("out of its mind")
        return self.answer(matrix, options, **more)


def test_a_failed_solve_is_tried_once_more_with_another_seed() -> None:
    solve = Failing(1)
    found = resolve(depots(), [without("A")], limits=HERE, solve=solve).answers[0]
    assert solve.seeds[:2] == [0, 1]
    assert found.interval is not None
    assert found.interval.low <= 1.0 <= found.interval.high


def test_a_question_that_fails_twice_is_not_distinguishable_and_the_others_are_answered() -> None:
    found = resolve(depots(), [without("A"), without("B")], limits=HERE, solve=Failing(2))
    assert found.answers[0].verdict is Verdict.OPEN
    assert "failed twice" in found.answers[0].note
    assert "out of its mind" in found.answers[0].note
    assert found.answers[1].interval is not None
    assert found.answers[1].interval.high < 10.0


def infeasible_then(again: Solution) -> Any:
    none = Solution(Status.INFEASIBLE)
    answers = iter([Solution(Status.OPTIMAL, 12.0, 12.0, np.zeros(3)), none, again])
    return lambda matrix, *_, **__: next(answers) if matrix.integrality.any() else none


def test_a_false_claim_that_there_is_no_plan_is_caught() -> None:
    solve = infeasible_then(Solution(Status.OPTIMAL, 0.0, 0.0, np.zeros(3)))
    with pytest.raises(SolverError, match="without presolve it finds one"):
        resolve(depots(), [without("A")], limits=HERE, solve=solve)


def test_an_unconfirmed_claim_that_there_is_no_plan_is_noted() -> None:
    found = resolve(
        depots(), [without("A")], limits=HERE, solve=infeasible_then(Solution(Status.NO_SOLUTION))
    )
    assert found.answers[0].verdict is Verdict.IMPOSSIBLE
    assert "did not end in time" in found.answers[0].note


@pytest.mark.parametrize(
    "status, error",
    [
        (Status.INFEASIBLE, InfeasibleError),
        (Status.NO_SOLUTION, SolverError),
        (Status.UNBOUNDED, SolverError),
        (Status.ERROR, SolverError),
        (Status.INTERRUPTED, KeyboardInterrupt),
    ],
)
def test_a_base_without_a_plan_has_no_prices(status: Status, error: type[BaseException]) -> None:
    with pytest.raises(error):
        resolve(depots(), [FREE_C], limits=HERE, solve=lambda *_, **__: Solution(status))


class Started(Scripted):
    """As `Scripted`, and a start that costs ``more`` than the base is found."""

    def __init__(self, more: float) -> None:
        super().__init__()
        self.more = more
        self.heuristics: list[Any] = []

    def __call__(self, matrix: Matrix, options: SolveOptions, **given: Any) -> Solution:
        if not matrix.integrality.any():
            assert (matrix.col_lower == matrix.col_upper).all()  # the base's decisions, all fixed
            return Solution(Status.OPTIMAL, 0.0, 0.0, np.array([0.0, 0.0, 1000.0 + self.more]))
        self.heuristics.append(options.extra.get("mip_heuristic_effort"))
        return super().__call__(matrix, options, **given)


@pytest.mark.parametrize("more, gap", [(2.0, 0.2 / 1002.0), (500.0, 1e-3), (0.0, 1e-7)])
def test_the_first_gap_follows_from_what_a_start_costs(more: float, gap: float) -> None:
    """A tenth of the difference to the base, within 1e-7 (the last of the limits) and 1e-3."""
    solve = Started(more)
    priced = replace(depots(), cost=np.array([0.0, 0.0, 1.0]))
    limits = Limits(gaps=(1e-5, 1e-7), workers=0)
    resolve(priced, [without("A")], limits=limits, solve=solve)
    assert solve.gaps[:2] == [1e-7, pytest.approx(gap)]
    assert solve.heuristics[:2] == [None, 0.0]


def test_the_base_starts_from_a_hint() -> None:
    """A and B are the optimum; the start with A closed and B and C open is no plan while C is banned."""
    for hint in ([1.0, 1.0, np.nan], [0.0, 1.0, 1.0], [np.nan] * 3):
        found = resolve(depots(), [], limits=HERE, hint=np.array(hint))
        assert found.base.proof.cost == 12.0


def test_gaps_must_tighten() -> None:
    with pytest.raises(ValueError, match="smaller than the one before"):
        Limits(gaps=(1e-5, 1e-4))
