"""Prices found by solving again: the optimum after a change less the optimum before it, as an interval.

Both solves are of the same relaxation, that of the search: halls and sites are whole, racks are not. Their
costs and bounds prove where the difference lies; it is an answer only when the proof is finer than the
difference. Re-solves run side by side in processes of their own, each with one thread and a seed that does
not depend on their order, so that the same questions have the same answers.

A re-solve starts from the decisions of the base, repaired for the change where that is possible, and then
looks for no better plans beside the proof. Its first gap follows from what that start costs.
"""

from __future__ import annotations

import math
import multiprocessing
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from dcplan.errors import InfeasibleError, SolverError
from dcplan.lp.solution import Status
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from dcplan.studies.resolve_changes import Patch, Question, compiled
from dcplan.studies.resolve_interval import Interval, Proof, Verdict, difference
from dcplan.studies.resolve_workers import (
    GUESS,
    Outcome,
    Solver,
    StoppedError,
    Task,
    outcome,
    start_worker,
    work,
)

if TYPE_CHECKING:
    from types import TracebackType

    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix

GAPS = (1e-5, 1e-7)
"""Relative gaps that are proven in turn, until a difference is resolved."""
WORKERS = 2
QUESTION_SECONDS = 120.0

Tell = Callable[[str], None]


@dataclass(frozen=True)
class Limits:
    """How far re-solving goes.

    Attributes:
        gaps: relative gaps to prove, in turn, until a difference is resolved; the last one for the base.
        seconds: wall seconds of one solve; None for no limit. A solve that a time limit ends depends on the
            machine.
        nodes: branch-and-bound nodes of one solve; None for no limit. This limit is the same everywhere.
        workers: processes that solve side by side; 0 solves in this process, one after the other.
        seed: random seed.
        coarse: the loosest gap of a first solve; NaN for one that resolves a difference at once.
        enough: share of the cost of the base: a change whose repaired start costs no more than that above it
            is not solved any further.
    """

    gaps: tuple[float, ...] = GAPS
    seconds: float | None = QUESTION_SECONDS
    nodes: int | None = None
    workers: int = WORKERS
    seed: int = 0
    coarse: float = math.nan
    enough: float = -math.inf

    def __post_init__(self) -> None:
        """Refuse gaps that do not tighten."""
        if not self.gaps or list(self.gaps) != sorted(set(self.gaps), reverse=True):
            raise ValueError(f"gaps = {self.gaps}: each must be smaller than the one before")

    def options(self, gap: float) -> SolveOptions:
        """Return the options of one solve."""
        return SolveOptions(
            gap=gap, time_limit=self.seconds, threads=1, seed=self.seed, node_limit=self.nodes
        )


@dataclass(frozen=True, eq=False)
class Answer:
    """The answer to a question.

    Attributes:
        question: what was asked.
        verdict: what can be said.
        interval: the optimum after the change less that before it [M JPY]; None when it is impossible.
        proof: cost and bound after the change.
        values: (columns) the best plan found after the change; None when there is none.
        seconds: wall seconds of its solves.
        note: what a reader must know before trusting it.
        kept: whether the best plan found before the change keeps it, so that nothing was solved.
    """

    question: Question
    verdict: Verdict
    interval: Interval | None
    proof: Proof
    values: Floats | None
    seconds: float
    note: str = ""
    kept: bool = False


@dataclass(frozen=True, eq=False)
class Answers:
    """The base and the answers to the questions, in the order in which they were asked."""

    base: Outcome
    answers: tuple[Answer, ...]

    @property
    def proven_share(self) -> float:
        """Share of the questions whose answer is known beyond the gaps; 1 without questions."""
        known = [answer.verdict.proven for answer in self.answers]
        return sum(known) / len(known) if known else 1.0


def resolve(
    matrix: Matrix,
    questions: Sequence[Question],
    *,
    limits: Limits | None = None,
    tell: Tell | None = None,
    solve: Solver = highs.solve,
    hint: Floats | None = None,
    settled: Callable[[Answer, float], bool] | None = None,
) -> Answers:
    """Solve a program as it stands and after each change, and tell what each change costs.

    The base comes first, to the last gap of the limits. Each question is solved to a gap that should resolve
    it where a start tells how large the difference may be, else to the first gap; what is not resolved then
    is solved again to the next one, as long as that proves more. A restriction that the base keeps is not
    solved: its optimum is no higher than the base and no lower than the base's bound.

    Args:
        matrix: the program.
        questions: the changes, each asked alone.
        limits: gaps, seconds, nodes, processes.
        tell: called with short texts of progress.
        solve: the solver; a function of a module where processes are used.
        hint: (columns) whole numbers of a known plan, NaN elsewhere: where the base starts.
        settled: whether an answer says enough, beside the cost of the base, although it is not resolved.

    Raises:
        InfeasibleError: the program has no plan as it stands.
        SolverError: a solve failed, found no plan of the base in time, or two of them contradict each other.
        LabelError: a question names no column or no row.
        KeyboardInterrupt: Ctrl-C; the processes end.
    """
    limits, tell = limits or Limits(), tell or (lambda _: None)
    patches = [None, *(compiled(matrix, question) for question in questions)]
    names = ["the plan as it is", *(question.name for question in questions)]
    found: dict[int, Outcome] = {}
    with Pool(matrix, limits, solve) as pool:
        todo, gap = [0], limits.gaps[-1]
        while todo:
            tasks = {place: _task(patches[place], limits, gap, found, place, hint) for place in todo}
            for count, (place, outcome_) in enumerate(pool.run(tasks), start=1):
                found[place] = _together(found.get(place), outcome_)
                tell(f"{count} of {len(tasks)}: {names[place]}")
            _refuse_without_base(found[0])
            if len(found) == 1 and questions:
                found |= _kept(matrix, questions, patches, found[0])
                todo, gap = [place for place in range(1, len(patches)) if place not in found], limits.gaps[0]
                if todo:
                    continue
            answers = _answers(questions, found)
            todo, gap = _unproven(answers, found, limits.gaps, settled)
    return Answers(found[0], answers)


def _kept(
    matrix: Matrix, questions: Sequence[Question], patches: Sequence[Patch | None], base: Outcome
) -> dict[int, Outcome]:
    """Return what is known without a solve: the restrictions that the base keeps already."""
    known = {}
    for place, question in enumerate(questions, start=1):
        patch = patches[place]
        if patch is None or base.values is None or not question.restriction or patch.crossed:
            continue
        if patch.kept_by(matrix, base.values):
            known[place] = replace(base, seconds=0.0, nodes=0, note="")
    return known


def _task(
    patch: Patch | None,
    limits: Limits,
    gap: float,
    found: dict[int, Outcome],
    place: int,
    hint: Floats | None,
) -> Task:
    """Return one solve: from the solution before, else from the base, else from the hint."""
    if place in found:
        finer = gap if math.isnan(limits.coarse) else _finer(found[place], found[0].proof.cost, gap)
        return Task(patch, limits.options(finer), found[place].values)
    if place == 0:
        return Task(patch, limits.options(gap), hint=hint)
    base = found[0]
    return Task(
        patch,
        limits.options(gap),
        hint=base.values,
        base_cost=base.proof.cost,
        finest_gap=limits.gaps[-1],
        coarse=limits.coarse,
        enough=limits.enough,
    )


def _finer(before: Outcome, base_cost: float, gap: float) -> float:
    """Return a gap that should resolve what a coarse one did not, and is no finer than it must be."""
    guess = GUESS * max(0.0, before.proof.cost - base_cost) / max(1.0, abs(before.proof.cost))
    return max(gap, min(guess, 0.5 * before.asked)) if math.isfinite(guess) else gap


def _together(before: Outcome | None, now: Outcome) -> Outcome:
    """Return what two solves of the same program say together."""
    if before is None:
        return now
    if now.status is Status.INFEASIBLE:
        raise SolverError("a plan was found before, and now the solver claims that there is none")
    newer = now.values is not None and now.proof.cost <= before.proof.cost
    return Outcome(
        now.status,
        before.proof.and_also(now.proof),
        now.values if newer else before.values,
        before.seconds + now.seconds,
        before.nodes + now.nodes,
        now.note,
        now.asked,
    )


def _refuse_without_base(base: Outcome) -> None:
    if base.status is Status.INFEASIBLE:
        raise InfeasibleError("No plan keeps every promise of this case, so that no change has a price.")
    if base.values is None:
        reason = base.note or "the solver found no plan in time: raise the time limit"
        raise SolverError(f"no plan of the unchanged case, so that no change has a price: {reason}")


def _answers(questions: Sequence[Question], found: dict[int, Outcome]) -> tuple[Answer, ...]:
    """Return what is proven of every question; a plan after a restriction is also one before it."""
    base = found[0].proof
    for place, question in enumerate(questions, start=1):
        if question.restriction:
            base = base.and_also(Proof(cost=found[place].proof.cost))
        elif question.relaxation:
            base = base.and_also(Proof(bound=found[place].proof.bound))
    numbered = enumerate(questions, start=1)
    kept = {place for place, each in found.items() if place and each.values is found[0].values}
    return tuple(_answer(question, base, found[place], place in kept) for place, question in numbered)


def _answer(question: Question, base: Proof, found: Outcome, kept: bool) -> Answer:
    if found.status is Status.INFEASIBLE:
        return Answer(question, Verdict.IMPOSSIBLE, None, found.proof, None, found.seconds, found.note)
    interval = difference(base, found.proof, restriction=question.restriction, relaxation=question.relaxation)
    return Answer(
        question, interval.verdict, interval, found.proof, found.values, found.seconds, found.note, kept
    )


def _unproven(
    answers: Sequence[Answer],
    found: dict[int, Outcome],
    gaps: Sequence[float],
    settled: Callable[[Answer, float], bool] | None = None,
) -> tuple[list[int], float]:
    """Return the unresolved questions that a finer gap may still prove, and the coarsest such gap.

    What a limit ended is not tried again, nor what is settled.
    """
    done, cost = (Verdict.RESOLVED, Verdict.IMPOSSIBLE), found[0].proof.cost
    wanted = [
        place
        for place, answer in enumerate(answers, start=1)
        if answer.verdict not in done and not (settled is not None and settled(answer, cost))
    ]
    reached = [place for place in wanted if found[place].status is Status.OPTIMAL]
    for gap in gaps:
        todo = [place for place in reached if found[place].proof.gap > gap and found[place].asked > gap]
        if todo:
            return todo, gap
    return [], gaps[-1]


class Pool:
    """Processes that hold the program; or none, and the solves run here one after the other."""

    def __init__(self, matrix: Matrix, limits: Limits, solve: Solver = highs.solve) -> None:
        """Start no process yet."""
        self._matrix, self._solve, self._workers = matrix, solve, limits.workers
        self._executor: ProcessPoolExecutor | None = None
        self._stopped: Any = None

    def __enter__(self) -> Self:
        if self._workers:
            context = multiprocessing.get_context("spawn")
            self._stopped = context.Event()
            self._executor = ProcessPoolExecutor(
                self._workers,
                mp_context=context,
                initializer=start_worker,
                initargs=(self._matrix, self._solve, self._stopped),
            )
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._executor is not None:
            if error is not None:
                self._stopped.set()
            self._executor.shutdown(cancel_futures=True)

    def run(self, tasks: dict[int, Task]) -> Iterator[tuple[int, Outcome]]:
        """Yield (place, outcome) as they end."""
        try:
            if self._executor is None:
                for place, task in tasks.items():
                    yield place, outcome(self._matrix, task, self._solve)
                return
            futures: dict[Future[Outcome], int] = {
                self._executor.submit(work, task): place for place, task in tasks.items()
            }
            for future in as_completed(futures):
                yield futures[future], future.result()
        except StoppedError:
            raise KeyboardInterrupt from None
