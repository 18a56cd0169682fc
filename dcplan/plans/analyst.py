"""An analyst's rules: the model in Pyomo, whatever is added to it, and the way back to a published plan.

Example:
    >>> import pyomo.environ as pyo                                       # doctest: +SKIP
    >>> bench = Workbench("iij", by="year")                               # doctest: +SKIP
    >>> m = bench.model                                                   # doctest: +SKIP
    >>> m.early = pyo.Constraint(expr=m.in_service["Shiroi-3a", "FY2025"] == 1)   # doctest: +SKIP
    >>> plan = bench.publish("plans/early", bench.solve())                # doctest: +SKIP
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import asdict, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan import solvers
from dcplan.data.load import load
from dcplan.data.plain import plain_case
from dcplan.data.shipped import case_path
from dcplan.errors import SolverError
from dcplan.lp.terms import Expr
from dcplan.model import build
from dcplan.model.cost_term import CostTerm
from dcplan.plans.assemble import assemble
from dcplan.plans.make import Clock, default_folder
from dcplan.plans.plan import Plan, open_plan, refuse_existing, write_csv, write_json
from dcplan.plans.publishing_here import PublishingHere
from dcplan.plans.request import Request, search_gap
from dcplan.solvers.additions import PREFIX, Additions, add_cost, read_additions
from dcplan.solvers.with_pyomo import taken, to_pyomo, write_values

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.lp.program import Program
    from dcplan.lp.solution import Solution
    from dcplan.model import PlanningModel

NOTE = "rules and costs of an analyst are part of this plan; they were not audited"
FOLDER = "analyst"
_PLACES = ("site", "hall", "lease")
_TIMES = ("period", "term", "start_period")


class Workbench:
    """A case opened for an analyst: its model as a Pyomo `ConcreteModel`, and the way back to a plan.

    Variables and constraints stand under their own names and labels
    (``bench.model.in_service["Shiroi-3a", "FY2025"]``). What can be added are linear constraints, fixed
    variables, tighter bounds and named costs (`add_cost`); the promises of the model stay.

    Attributes:
        request: the case and how to solve it.
        case: the case.
        calendar: its calendar.
        program: the program that the model was made of.
        model: the Pyomo model.
    """

    def __init__(self, case: str | Path, **asked: Any) -> None:
        """Open a case (folder, workbook or shipped name); ``asked`` are the attributes of `Request`.

        Raises:
            InputError: the inputs are refused; every problem is named.
        """
        given = case_path(case)
        self._read = load(given.resolve())
        self.request = Request(str(given.resolve()), **asked)
        self.case, self.calendar = self.request.open(self._read)
        self.program: Program = build(self.case, self.calendar).program
        self.model: Any = to_pyomo(self.program)

    def add_cost(self, name: str, expression: Any) -> None:
        """Add a cost [M JPY of present value], which the cost table shows as ``analyst:<name>`` and no cash.

        Raises:
            ProgramError: the name is taken, or is no plain word.
        """
        add_cost(self.model, name, expression)

    def additions(self) -> Additions:
        """Return what was added so far.

        Raises:
            ProgramError: something was added that has no place in a plan.
        """
        return read_additions(self.model, self.program)

    def solve(self, solver: str = "highs") -> Solution:
        """Solve the model with what was added; its variables then hold the solution.

        Args:
            solver: `highs`, `pulp:NAME` or `pyomo:NAME`.

        Raises:
            ProgramError: something was added that has no place in a plan.
            SolverError: the solver failed.
        """
        options = self.request.options(search_gap(self.request.gap), self.request.time_limit)
        found = solvers.solve(self._extended().program, solver, options)
        if found.values is not None:
            write_values(self.model, self.program, found.values)
        return found

    def take(self, name: str = "analyst") -> Solution:
        """Return the solution that some solver left in the model's variables, verified.

        Its bound is that of the linear relaxation, for the values alone do not say how good they are.

        Args:
            name: who solved it, for the manifest.

        Raises:
            SolverError: the values are no solution of the model with what was added.
        """
        return taken(self.model, self._extended().program, name, self.request.options(self.request.gap))

    def publish(self, output: str | Path | None, solution: Solution) -> Plan:
        """Publish a solution: whole racks with every added rule kept, audited, saved as a plan folder.

        The folder `analyst` holds what was added, each row marked as not audited; costs stand in the cost
        table as `analyst:<name>`.

        Args:
            output: the plan folder to write; None for `plans/<case>-<time>`.
            solution: of `solve` or `take`.

        Raises:
            SolverError: there is no solution, or no plan in whole racks with its decisions.
            AuditError: the plan failed the audit; nothing is saved.
        """
        if solution.values is None:
            raise SolverError(f"there is nothing to publish: {solution.status.value}")
        target = Path(output) if output else default_folder(self.case.info.name)
        refuse_existing(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        workshop = Path(tempfile.mkdtemp(prefix=".solving-", dir=target.parent))
        try:
            case = plain_case(self._read, workshop / "case")
            request = Request(**{**asdict(self.request), "case": str(case.folder.resolve())})
            opened, calendar = request.open(case)
            timer, made = Clock(), workshop / "made"
            built = build(opened, calendar)
            publishing = PublishingHere(self._extended(opened, calendar), request, workshop, built)
            publishing.offer(solution.found)
            publishing.wait()
            if publishing.best is None:
                publishing.reopen()
            publishing.keep_newest()
            if publishing.gap(solution.bound) > request.gap and not publishing.published["fine"]:
                publishing.refine()
            timer.lap("publish")
            assemble(request, opened, solution, publishing, made, timer, interrupted=False)
            self._mark(made, solution)
            made.rename(target)
            return open_plan(target)
        finally:
            shutil.rmtree(workshop, ignore_errors=True)

    def _extended(self, case: Case | None = None, calendar: Calendar | None = None) -> PlanningModel:
        """Return the planning model with what was added."""
        added = self.additions()
        model = build(case or self.case, calendar or self.calendar)
        costs = {name: _placed(model, added, name) for name in added.cost_names}
        added.state(model.program, costs)
        per_period = 1.0 / model.context.tables.discount_period
        terms = [
            CostTerm(f"{PREFIX}{name}", cost * per_period, cost, cash=False) for name, cost in costs.items()
        ]
        return replace(model, costs=[*model.costs, *terms])

    def _mark(self, folder: Path, solution: Solution) -> None:
        """Save what was added and say in the manifest that it was not audited."""
        added, inside = self.additions(), folder / FOLDER
        inside.mkdir()
        for name, table in (
            ("rows", added.rows), ("terms", added.terms), ("bounds", added.bounds), ("costs", added.costs),
        ):  # fmt: skip
            write_csv(
                table.drop(columns="column", errors="ignore").assign(audited=False), inside / f"{name}.csv"
            )
        manifest = dict(open_plan(folder).manifest)
        manifest[FOLDER] = {
            "audited": False,
            "rules": added.rules,
            "rows": len(added.rows),
            "bounds": len(added.bounds),
            "costs": [f"{PREFIX}{name}" for name in added.cost_names],
        }
        manifest["notes"] = [*solution.notes, NOTE]
        write_json(manifest, folder / "manifest.json")


def _placed(model: PlanningModel, added: Additions, name: str) -> Expr:
    """Return an added cost by (site, period): where and when its variables are.

    A variable of no site counts for the fleet; one of a fiscal year, or of no time, for the last period of
    that year, or of all.
    """
    program, m = model.program, model.context.tables
    terms = added.costs[added.costs["cost"] == name]
    column = terms["column"].to_numpy(dtype=np.int64)
    site = np.full(len(terms), "fleet", dtype=object)
    period = np.full(len(terms), m.period_labels[-1], dtype=object)
    site_of = {
        "hall": m.hall_site.set_index("hall")["site"],
        "lease": model.context.leases.leases.set_index("lease")["site"],
    }
    last = m.periods.groupby("fiscal_year")["period"].last()
    for block in program.blocks.variables.values():
        inside = np.flatnonzero((column >= block.start) & (column < block.stop))
        if not inside.size:
            continue
        labels = block.frame().iloc[column[inside] - block.start]
        place = next((dim for dim in _PLACES if dim in block.dims), None)
        if place is not None:
            names = labels[place] if place == "site" else labels[place].map(site_of[place])
            site[inside] = names.to_numpy()
        time = next((dim for dim in _TIMES if dim in block.dims), None)
        if time is not None:
            period[inside] = labels[time].to_numpy()
        elif "fiscal_year" in block.dims:
            period[inside] = labels["fiscal_year"].map(last).to_numpy()
    codes = np.array(
        [program.labels["site"].encode(site, name), program.labels["period"].encode(period, name)]
    )
    return Expr(
        program.labels, ("site", "period"), codes, column, terms["coefficient"].to_numpy(dtype=np.float64)
    )
