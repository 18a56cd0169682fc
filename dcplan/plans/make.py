"""Make a plan: search and publish side by side, then audit and save."""

from __future__ import annotations

import math
import shutil
import tempfile
import time as clock
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan import solvers
from dcplan.data.check import check
from dcplan.data.load import load
from dcplan.data.plain import plain_case
from dcplan.data.shipped import case_path
from dcplan.errors import InfeasibleError, SolverError
from dcplan.lp.hints import steps_of
from dcplan.lp.labels import InfeasibleRowError
from dcplan.lp.solution import Solution, Status
from dcplan.model import FAMILIES, PROMISES, build
from dcplan.plans.assemble import assemble
from dcplan.plans.interrupt import Interrupt
from dcplan.plans.plan import Plan, refuse_existing
from dcplan.plans.publishing_here import PublishingHere
from dcplan.plans.request import Request, search_gap
from dcplan.plans.start import first_solution, relaxed_bound
from dcplan.solvers.options import Progress
from dcplan.solvers.steps import search as search_by_steps

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.model import PlanningModel
    from dcplan.plans.certificate import Proof
    from dcplan.plans.publication import Publication
    from dcplan.solvers.tree import SearchTree

ROOT = {"mip_lp_solver": "ipm"}
"""Interior point for relaxations without a basis: the first incumbent of the default case 4 s after the start
instead of 14."""
LARGE_PLACES = 500
"""Classes x halls x periods from which on a case is large: the tutorial has 18, and 216 by months; the
default case 1,323 by years and 3,969 by quarters."""
PROOF_SLACK = 1e-9
"""What a certificate may prove less than the search, relative: its multipliers are rounded."""

Reporter = Callable[["Progress | str"], None]


@dataclass
class Clock:
    """Wall seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=clock.perf_counter)

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to a stage."""
        now = clock.perf_counter()
        self.seconds[stage] = round(self.seconds.get(stage, 0.0) + now - self.started, 3)
        self.started = now


def solve_case(
    case: str | Path,
    *,
    output: str | Path | None = None,
    progress: Reporter | None = None,
    certificate: bool = False,
    **asked: Any,
) -> Plan:
    """Solve a case (folder, workbook or shipped name) and write its audited plan folder.

    The reference plans and the whole-rack publishing of a large case run in a second process beside the
    search. The same inputs and options give the same plan. Ctrl-C stops the search and saves the best
    published plan; a second Ctrl-C gives up.

    Args:
        case: a case folder, an .xlsx workbook, or the name of a shipped case.
        output: the plan folder to write; None for `plans/<case>-<time>`.
        progress: called with `Progress` of the search and with short texts.
        certificate: also write a proof of the bound (`dcplan.plans.certificate`), and state the bound that
            it proves.
        asked: the attributes of `Request`: by, gap, time_limit, seed, threads, plain, tail_years,
            terminal_value.

    Returns:
        The saved plan.

    Raises:
        InputError: the inputs are refused; every problem is named.
        InfeasibleError: no plan keeps the promises.
        SolverError: the solver ended without a plan.
        AuditError: the plan failed the independent audit; nothing is saved.
    """
    tell, timer = progress or (lambda _: None), Clock()
    given = case_path(case)
    tell("reading inputs")
    read = load(given.resolve())
    target = Path(output) if output else default_folder(read.info.name)
    refuse_existing(target)
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=".solving-", dir=target.parent))
    try:
        plain = plain_case(read, workshop / "case")
        request = Request(str(plain.folder.resolve()), **asked)
        opened, calendar = request.open(plain)
        timer.lap("load")
        with Interrupt() as interrupt, ExitStack() as stack:
            publishing: Publication | None = None
            if is_large(opened, calendar):  # started before the model is built, for it builds its own
                from dcplan.plans.publishing import Publishing

                publishing = stack.enter_context(Publishing(request, workshop))
            model = _built(opened, calendar, tell, request)
            timer.lap("build")
            publishing = publishing or PublishingHere(model, request, workshop)
            trees: list[SearchTree] = []
            searched = search(model, request, publishing, tell, interrupt, trees.append)
            timer.lap("search")
            _refuse_without_plan(searched, opened)
            proof = None
            if certificate and searched.status is not Status.INTERRUPTED:
                tell("proving the bound in exact arithmetic")
                searched, proof = certified(model, searched, trees, request, interrupt)
                timer.lap("certificate")
            tell("publishing in whole racks")
            _await_plan(request, searched, publishing, interrupt)
            timer.lap("publish")
            tell("auditing and saving")
            return assemble(request, opened, searched, publishing, target, timer, interrupt.asked, proof)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def is_large(case: Case, calendar: Calendar) -> bool:
    """Say whether a case is published by a process beside the search and not by the search's own after it."""
    places = len(case["classes"]) * len(case["halls"]) * len(calendar.periods)
    return places >= LARGE_PLACES


def _built(case: Case, calendar: Calendar, tell: Reporter, request: Request) -> PlanningModel:
    tell("building the model")
    families = PROMISES if request.plain else FAMILIES
    try:
        return build(case, calendar, families=families, unserved=request.unserved)
    except InfeasibleRowError as error:
        raise InfeasibleError(str(error), _reasons(case)) from error


def search(
    model: PlanningModel,
    request: Request,
    publishing: Publication,
    tell: Reporter,
    interrupt: Interrupt,
    on_tree: Callable[[SearchTree], None] | None = None,
) -> Solution:
    """Search for decisions and prove a bound; how far does not depend on how fast the machine is.

    ``on_tree`` is called with the record of our own search, whose leaves prove its bound.
    """
    tell("searching")
    options = request.options(search_gap(request.gap), request.time_limit)

    def asked_or_failed() -> bool:
        publishing.check()
        return interrupt.asked

    if request.solver != "highs":  # no other solver tells of its incumbents while it runs
        return solvers.solve(model.program, request.solver, options, should_stop=asked_or_failed)
    options = replace(options, extra=ROOT)
    matrix, start = model.program.matrix(), first_solution(model)
    if request.plain:
        from dcplan.solvers import child

        found = child.solve(matrix, options, tell, start, asked_or_failed, publishing.offer)
    else:
        steps = steps_of(model.program)
        found = search_by_steps(
            matrix, steps, options, tell, start, asked_or_failed, publishing.offer, on_tree
        )
    stopped_early = found.values is not None and math.isinf(found.bound)
    return replace(found, bound=relaxed_bound(model)) if stopped_early else found


def certified(
    model: PlanningModel,
    searched: Solution,
    trees: Sequence[SearchTree],
    request: Request,
    interrupt: Interrupt,
) -> tuple[Solution, Proof | None]:
    """Return the answer of a search with the bound that a certificate proves, and the certificate.

    The bound is no more than that of the search, so that the same plan is published with and without it. An
    interrupted solve has no certificate.
    """
    from dcplan.lp.exact import rounded_down
    from dcplan.plans.certificate import Proof
    from dcplan.solvers.certify import Limits, certify

    matrix = model.program.matrix()
    limits = Limits(request.time_limit, lambda: interrupt.asked)
    wanted = searched.bound - PROOF_SLACK * abs(searched.bound)
    made = certify(matrix, wanted, trees[-1] if trees else None, limits)
    if interrupt.asked:
        return searched, None
    proven = -math.inf if made.bound is None else rounded_down(made.bound)
    return replace(searched, bound=min(searched.bound, proven)), Proof(made, matrix)


def _await_plan(request: Request, searched: Solution, publishing: Publication, interrupt: Interrupt) -> None:
    """Wait for the last solution to be published with care; after Ctrl-C only until some plan is there."""
    interrupt.asked = interrupt.asked or searched.status is Status.INTERRUPTED
    if publishing.offered == 0:
        publishing.offer(searched.found)
    publishing.wait(lambda: interrupt.asked)
    if interrupt.asked:
        return
    if publishing.best is None:
        publishing.reopen(lambda: interrupt.asked)
    publishing.keep_newest()
    if publishing.gap(searched.bound) > request.gap and not publishing.published["fine"]:
        publishing.refine(lambda: interrupt.asked)


def _refuse_without_plan(solution: Solution, case: Case) -> None:
    if solution.status is Status.INFEASIBLE:
        message = "No plan keeps every promise of this case."
        raise InfeasibleError(message, _reasons(case))
    if solution.values is None and solution.status is Status.INTERRUPTED:
        raise KeyboardInterrupt  # there is no plan yet to keep
    if solution.values is None:
        message = f"the search ended without a plan ({solution.status.value}); raise --time-limit"
        raise SolverError(message)


def _reasons(case: Case) -> list[str]:
    """Return what the capacity proof says of an infeasible case."""
    reasons = [str(problem) for problem in check(case).shortfalls]
    return reasons or [
        "Capacity covers demand in every period: look at budgets, hard targets, moves and pins."
    ]


def default_folder(name: str) -> Path:
    """Return `plans/<case>-<time>`."""
    return Path("plans") / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"
