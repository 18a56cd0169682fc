"""Make a plan: check, build, solve the reference plans and the optimised one, publish, save, audit."""

from __future__ import annotations

import platform
import shutil
import tempfile
import time as clock
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.data.provenance import assumption_share
from dcplan.data.shipped import case_folder
from dcplan.errors import AuditError, InfeasibleError, SolverError
from dcplan.lp.solution import Solution, Status, relative_gap
from dcplan.metrics import yearly
from dcplan.model import PlanningModel, build
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import SCHEMA_VERSION, Plan
from dcplan.plans.publish import publish, tables_of
from dcplan.plans.reference import announced_dates, reference_model, references
from dcplan.solvers import highs
from dcplan.solvers.options import Progress, SolveOptions

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case

SEARCH_SHARE = 0.1
"""Share of the requested gap that the search may use; the rest is left for whole racks."""
REFERENCE_GAP = 1e-4
PUBLISH_GAP = 2e-5
INTERRUPTED_GAP = 1e-3

Reporter = Callable[["Progress | str"], None]


@dataclass
class Clock:
    """Wall seconds by stage."""

    seconds: dict[str, float] = field(default_factory=dict)
    started: float = field(default_factory=clock.perf_counter)

    def lap(self, stage: str) -> None:
        """Add the time since the last lap to a stage."""
        now = clock.perf_counter()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self.started
        self.started = now


@dataclass(frozen=True)
class Request:
    """What a planner asks of a solve."""

    by: str | None = None
    gap: float = 1e-3
    time_limit: float | None = None
    solver: str = "highs"
    seed: int = 0
    threads: int | None = None
    tail_years: int | None = None
    terminal_value: str | None = None

    def options(self, **changes: Any) -> SolveOptions:
        """Return the solver options of the request."""
        told = SolveOptions(gap=self.gap, time_limit=self.time_limit, threads=self.threads, seed=self.seed)
        return replace(told, **changes)


def solve_case(
    case: str | Path,
    *,
    output: str | Path | None = None,
    progress: Reporter | None = None,
    scenario: str = "base",
    **asked: Any,
) -> Plan:
    """Solve a case folder (or a shipped case by name) and write its audited plan folder.

    Keyword arguments are those of `Request`: by, gap, time_limit, seed, threads, tail_years, terminal_value.

    Returns:
        The saved plan: optimised, as announced, frozen, compared.

    Raises:
        InputError: the inputs are refused; every problem is named.
        InfeasibleError: no plan keeps the promises.
        SolverError: the solver ended without a plan.
        AuditError: the plan failed the independent audit; nothing is saved.
    """
    request, tell = Request(**asked), progress or (lambda _: None)
    timer = Clock()
    folder = case_folder(str(case)) if not Path(case).is_dir() else Path(case)
    tell("reading inputs")
    opened = load(folder)
    if request.tail_years is not None:
        opened = replace(opened, info=replace(opened.info, tail_years=request.tail_years))
    calendar = make_calendar(opened.info, request.by)
    timer.lap("load")
    made = _make(opened, calendar, request, tell, timer)
    manifest = _manifest(opened, calendar, request, made, scenario)
    plan = Plan(manifest, made.tables, made.references, made.comparison, None, made.log)
    target = Path(output) if output else default_folder(opened.info.name)
    tell("auditing")
    return save_audited(plan, target, folder, timer)


@dataclass(frozen=True)
class Made:
    """What came out of the solves, before it is saved."""

    tables: dict[str, pd.DataFrame]
    references: dict[str, dict[str, pd.DataFrame]]
    comparison: pd.DataFrame
    searched: Solution
    published: Solution
    cost: float
    bound: float
    terminal_values: dict[str, float]
    seconds: dict[str, float]
    log: list[str]


def _make(case: Case, calendar: Calendar, request: Request, tell: Reporter, timer: Clock) -> Made:
    log: list[str] = []
    tell("solving the reference plans")
    made: dict[str, dict[str, pd.DataFrame]] = {}
    for reference in references(case):
        model = reference_model(case, calendar, reference, request.terminal_value)
        answer = publish(model, None, request.options(gap=REFERENCE_GAP, time_limit=None))
        made[reference.name] = finish(model, answer, case, announced_dates(case, reference.known_on))
        log.append(f"{reference.name}: {answer.status.value} in {answer.seconds:.1f} s")
    timer.lap("references")
    tell("building the model")
    model = build(case, calendar, terminal_value=request.terminal_value)
    matrix = model.program.matrix()
    timer.lap("build")
    tell("searching")
    searched = highs.solve(matrix, request.options(gap=request.gap * SEARCH_SHARE), progress=tell)
    _refuse_without_plan(searched)
    timer.lap("solve")
    tell("publishing whole racks")
    published = _publish(model, searched, request)
    timer.lap("publish")
    latest = references(case)[0].known_on
    tables = finish(model, published, case, announced_dates(case, latest))
    names = {"optimised": tables, **made}
    comparison = pd.concat([yearly.totals(each, name) for name, each in names.items()], ignore_index=True)
    cost = float(tables["costs"]["pv_mjpy"].sum())
    log += [
        f"optimised: {searched.status.value}, {searched.nodes} nodes, {searched.seconds:.1f} s",
        f"published: {published.status.value}, {published.seconds:.1f} s, cost {cost:.6f}, bound {searched.bound:.6f}",
    ]
    values = terminal_values(model, tables, published)
    timer.lap("tables")
    return Made(tables, made, comparison, searched, published, cost, searched.bound, values, timer.seconds, log)


def _publish(model: PlanningModel, searched: Solution, request: Request) -> Solution:
    gap = INTERRUPTED_GAP if searched.status is Status.INTERRUPTED else PUBLISH_GAP
    return publish(model, searched.values, request.options(gap=gap, time_limit=None))


def _refuse_without_plan(solution: Solution) -> None:
    if solution.status is Status.INFEASIBLE:
        message = "No plan keeps every promise of this case."
        raise InfeasibleError(message, ["`dcplan check` compares capacity with demand, period by period."])
    if solution.status is Status.INTERRUPTED and solution.values is None:
        raise KeyboardInterrupt
    if solution.values is None:
        message = f"the search ended without a plan ({solution.status.value}); raise --time-limit"
        raise SolverError(message)


def finish(
    model: PlanningModel, solution: Solution, case: Case, announced: dict[str, date | None]
) -> dict[str, pd.DataFrame]:
    """Return every table of a published solution, the yearly summary included."""
    assert solution.values is not None
    tables = tables_of(model, solution.values, announced)
    owned = model.context.tables.owned_sites
    green = list(case["instruments"].query("renewable")["instrument"])
    tables["summary"] = yearly.summary(tables, owned, green)
    return tables


def terminal_values(model: PlanningModel, tables: dict[str, pd.DataFrame], solution: Solution) -> dict[str, float]:
    """Return the cost of the published plan under each terminal-value rule (present value, M JPY)."""
    case, calendar = model.context.tables.case, model.context.tables.calendar
    chosen = model.context.tables.terminal_value
    costs = {chosen: float(tables["costs"]["pv_mjpy"].sum())}
    assert solution.values is not None
    for method in ("annuity", "book", "none"):
        if method != chosen:
            other = build(case, calendar, terminal_value=method, families=())
            values = solution.values[: other.program.size]
            costs[method] = float(sum(other.program.cost(n).sum().value(values) for n in other.program.cost_names))
    return costs


def default_folder(name: str) -> Path:
    """Return `plans/<case>-<time>`."""
    return Path("plans") / f"{name}-{datetime.now().astimezone():%Y%m%d-%H%M%S}"


def save_audited(plan: Plan, target: Path, inputs: Path, timer: Clock) -> Plan:
    """Write the plan to a draft beside its place, audit the draft, and rename it only if it passes."""
    target.parent.mkdir(parents=True, exist_ok=True)
    workshop = Path(tempfile.mkdtemp(prefix=".audit-", dir=target.parent))
    try:
        draft = plan.save(workshop / target.name, inputs)
        assert draft.folder is not None
        reports = audit_all(draft.folder)
        faults = [finding for report in reports.values() for finding in report.findings]
        if faults:
            raise AuditError(faults)
        checks = {name: sum(report.rules.values()) for name, report in reports.items()}
        timer.lap("audit")
        plan.manifest["audit"] = {"passed": True, "rules": len(reports["optimised"].rules), "checks": checks}
        plan.manifest["seconds"] = {stage: round(value, 3) for stage, value in timer.seconds.items()}
        return plan.save(target, inputs)
    finally:
        shutil.rmtree(workshop, ignore_errors=True)


def _manifest(case: Case, calendar: Calendar, request: Request, made: Made, scenario: str) -> dict[str, Any]:
    status = made.searched.status
    gap = max(0.0, relative_gap(made.cost, made.bound))
    proven = status is Status.OPTIMAL and gap <= request.gap
    return {
        "schema_version": SCHEMA_VERSION,
        "dcplan_version": version("dcplan"),
        "case": case.info.name,
        "title": case.info.title,
        "edition": case.info.edition,
        "scenario": scenario,
        "as_of": case.info.as_of.isoformat(),
        "horizon_end": case.info.horizon_end.isoformat(),
        "granularity": request.by or case.info.granularity,
        "tail_years": case.info.tail_years,
        "terminal_value": request.terminal_value or case.info.terminal_value,
        "status": "optimal" if proven else ("interrupted" if status is Status.INTERRUPTED else "feasible"),
        "published_cost_mjpy": made.cost,
        "bound_mjpy": made.bound,
        "gap": gap,
        "requested_gap": request.gap,
        "first_incumbent_seconds": made.searched.first_incumbent_seconds,
        "nodes": made.searched.nodes,
        "seed": request.seed,
        "threads": request.threads,
        "solver": request.solver,
        "versions": {"python": platform.python_version(), **dict(made.searched.versions)},
        "inputs": dict(case.hashes),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "note": case.info.notice,
        "assumptions": dict(zip(("rows", "share_of_rows"), assumption_share(case), strict=True)),
        "terminal_values": made.terminal_values,
        "size": {"columns": int(made.searched.values.size) if made.searched.values is not None else 0},
    }
