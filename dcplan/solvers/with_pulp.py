"""PuLP: the program as an `LpProblem`, and whatever solver PuLP reaches.

PuLP's own statuses are not passed on: it calls a solve that ran into its time limit "Optimal". Its bundled
CBC has given wrong answers on small integer programs; it is offered, never trusted: its solution is verified,
and the bound is one that HiGHS proves (`dcplan.solvers.trust`).
"""

from __future__ import annotations

import inspect
import math
import platform
import re
import time
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import engine, highs
from dcplan.solvers.interrupts import run_aside
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.trust import believed
from dcplan.solvers.verify import honest_bound, refuse_faults, refuse_other_cost, rounded

_SOLVER = {"cbc": "PULP_CBC_CMD", "highs": "HiGHS", "scip": "SCIP_PY"}
_ILLEGAL = re.compile(r"[^A-Za-z0-9_.,()]")
CLAIM = "the bound is what {solver} claims by its status, not a number that it reported"
_SCIP = {
    "optimal": Status.OPTIMAL,
    "gaplimit": Status.OPTIMAL,
    "infeasible": Status.INFEASIBLE,
    "unbounded": Status.UNBOUNDED,
    "userinterrupt": Status.INTERRUPTED,
    "timelimit": Status.FEASIBLE,
    "memlimit": Status.FEASIBLE,
    "bestsollimit": Status.FEASIBLE,
    "sollimit": Status.FEASIBLE,
}


def to_pulp(matrix: Matrix) -> Any:
    """The matrix as a `pulp.LpProblem`; variables and constraints under its names.

    PuLP turns the characters ``-+[] ->/`` of names into ``_``; names that would then meet get their position.
    """
    return _build(matrix)[0]


def solve(
    matrix: Matrix,
    solver_name: str,
    options: SolveOptions | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Minimise with a solver of PuLP: ``CBC``, ``HiGHS``, ``SCIP``, or any name of ``pulp.listSolvers()``.

    The values are verified as those of HiGHS are. A bound or a claim of infeasibility counts only from a
    solver that is trusted (`dcplan.solvers.trust.TRUSTED`). ``seed`` and ``integrality`` reach HiGHS only;
    HiGHS alone hears ``should_stop``, and Ctrl-C without losing its incumbent.

    Raises:
        ValueError: a node limit or a limit of memory is asked for.
        SolverError: no such solver, it failed, or its answer is not a solution at its cost.
    """
    import pulp

    options = options or SolveOptions()
    options.refuse_memory_limit("through PuLP")
    if options.node_limit is not None:
        raise ValueError("node_limit: not through PuLP, which cannot tell how such a solve ended")
    began = time.perf_counter()
    problem, variables = _build(matrix)
    try:
        with _settled():
            _run(problem, solver_name, options, should_stop)
    except (pulp.PulpError, KeyError, OSError) as error:
        raise SolverError(f"{solver_name} through PuLP failed: {error}") from error
    status, bound = _status(problem, solver_name, options)
    values, objective, notes = None, math.nan, []
    if status in {Status.OPTIMAL, Status.FEASIBLE, Status.INTERRUPTED} and _has_values(problem, status):
        raw = np.array([math.nan if each.varValue is None else each.varValue for each in variables])
        values = rounded(matrix, raw, solver_name)
        refuse_other_cost(matrix, raw, float(problem.objective.value()), solver_name)
        refuse_faults(matrix, values, solver_name)
        objective = matrix.objective(values)
        if bound is None and status is Status.OPTIMAL:
            bound = objective - (options.gap * abs(objective) if matrix.integrality.any() else 0.0)
            notes.append(CLAIM.format(solver=solver_name))
    found = Solution(
        status=status,
        objective=objective,
        bound=honest_bound(objective, -math.inf if bound is None else bound, solver_name),
        values=values,
        seconds=time.perf_counter() - began,
        versions={"pulp": pulp.__version__, "python": platform.python_version()},
        options={"solver": f"pulp:{solver_name}", **options.told()},
        notes=tuple(notes),
    )
    return believed(matrix, found, _SOLVER.get(solver_name.lower(), solver_name), options, highs.solve)


def _run(problem: Any, name: str, options: SolveOptions, should_stop: Callable[[], bool] | None) -> None:
    """Solve; HiGHS, which does not hear Ctrl-C by itself, in a thread that can be told to stop."""
    if name.lower() != "highs":
        problem.solve(_solver(name, options))
        return
    asked: list[bool] = []

    def listen(_kind: Any, _message: str, _out: Any, into: Any, _data: Any) -> None:
        if asked:
            into.user_interrupt = True

    solver = _solver(name, options)
    solver.callbackTuple, solver.callbacksToActivate = (listen, None), list(engine.INTERRUPTS)
    run_aside(lambda: problem.solve(solver), lambda: asked.append(True), should_stop)


def _has_values(problem: Any, status: Status) -> bool:
    return status is not Status.INTERRUPTED or any(v.varValue is not None for v in problem.variables())


def _build(matrix: Matrix) -> tuple[Any, list[Any]]:
    """The problem and its variables in the order of the columns (PuLP itself sorts them by name)."""
    import pulp

    problem = pulp.LpProblem(_unique([matrix.name])[0], pulp.LpMinimize)
    with _settled():
        names = _unique([name for block in matrix.blocks.variables.values() for name in block.names()])
        lower = [None if math.isinf(bound) else bound for bound in matrix.col_lower.tolist()]
        upper = [None if math.isinf(bound) else bound for bound in matrix.col_upper.tolist()]
        kinds = [pulp.LpInteger if whole else pulp.LpContinuous for whole in matrix.integrality.tolist()]
        variables = [pulp.LpVariable(*column) for column in zip(names, lower, upper, kinds, strict=True)]
        # Every column, priced or not: PuLP forgets those that are neither in the objective nor in a row.
        priced = list(zip(variables, matrix.cost.tolist(), strict=True))
        problem.setObjective(pulp.LpAffineExpression(priced, constant=matrix.offset))
        indptr, indices, data = (array.tolist() for array in matrix.csr())
        rows = _unique([name for block in matrix.blocks.rows.values() for name in block.names()])
        for row, (sense, right) in enumerate(zip(*_sides(matrix), strict=True)):
            inside = slice(indptr[row], indptr[row + 1])
            terms = zip((variables[column] for column in indices[inside]), data[inside], strict=True)
            body = pulp.LpAffineExpression(list(terms))
            problem.addConstraint(pulp.LpConstraint(body, sense, rows[row], right))
    return problem, variables


def _sides(matrix: Matrix) -> tuple[list[int], list[float]]:
    """Sense (-1, 0, 1 as PuLP counts) and right side of every row."""
    lower, upper = matrix.row_lower, matrix.row_upper
    if (np.isfinite(lower) & np.isfinite(upper) & (lower != upper)).any():
        raise ValueError("PuLP has no rows with two different sides")
    sense = np.where(lower == upper, 0, np.where(np.isfinite(upper), -1, 1))
    return sense.tolist(), np.where(np.isfinite(upper), upper, lower).tolist()


def _unique(names: list[str]) -> list[str]:
    """Names that PuLP leaves as they are; those that would be alike get their position."""
    plain = [_ILLEGAL.sub("_", name).strip("_") or "x" for name in names]
    seen = Counter(plain)
    return [name if seen[name] == 1 else f"{name}__{place}" for place, name in enumerate(plain)]


def _solver(name: str, options: SolveOptions) -> Any:
    import pulp

    known = _SOLVER.get(name.lower(), name)
    bare = pulp.getSolver(known, msg=False)
    if not bare.available():
        found = ", ".join(pulp.listSolvers(onlyAvailable=True))
        raise SolverError(f"{name} is not installed: PuLP finds {found}")
    settings: dict[str, Any] = {"timeLimit": options.time_limit, "threads": options.threads}
    if "gapRel" in inspect.signature(type(bare).__init__).parameters:  # the others prove their own gap
        settings["gapRel"] = options.gap
    if known == "HiGHS":
        settings |= {"random_seed": options.seed, "mip_feasibility_tolerance": options.integrality}
        settings["log_file"] = None if options.log_file is None else str(options.log_file)
    elif options.log_file is not None:
        settings["logPath"] = str(options.log_file)
    told = {key: value for key, value in {**settings, **options.extra}.items() if value is not None}
    try:
        return pulp.getSolver(known, msg=False, **told)
    except TypeError as error:
        raise SolverError(f"{name} through PuLP refuses an option: {error}") from error


def _status(problem: Any, name: str, options: SolveOptions) -> tuple[Status, float | None]:
    """How the solve ended, and the bound if the solver says one."""
    import pulp

    if name.lower() == "highs":
        from dcplan.solvers.judged import STATUS

        native = problem.solverModel.getModelStatus().name
        if native not in STATUS:
            raise SolverError(f"HiGHS through PuLP ended with {native}, which is no answer")
        info, status = problem.solverModel.getInfo(), STATUS[native]
        if info.primal_solution_status != 2 and status in {Status.FEASIBLE, Status.INTERRUPTED}:
            return (Status.NO_SOLUTION if status is Status.FEASIBLE else status), None
        if status in {Status.INFEASIBLE, Status.UNBOUNDED}:
            return status, None
        whole = any(variable.cat == pulp.LpInteger for variable in problem.variables())
        # PuLP keeps the constant part of the cost to itself.
        constant = float(problem.objective.constant)
        return status, float(info.mip_dual_bound) + constant if whole else None
    if name.lower() in {"scip", "scip_py"}:
        return _scip_status(problem)
    found = {
        (pulp.LpStatusOptimal, pulp.LpSolutionOptimal): Status.OPTIMAL,
        (pulp.LpStatusOptimal, pulp.LpSolutionIntegerFeasible): Status.FEASIBLE,
    }.get((problem.status, problem.sol_status))
    if found is not None:
        return found, None
    if problem.status == pulp.LpStatusInfeasible:
        return Status.INFEASIBLE, None
    if problem.status == pulp.LpStatusUnbounded:
        return Status.UNBOUNDED, None
    if problem.status == pulp.LpStatusNotSolved and options.time_limit is not None:
        return Status.NO_SOLUTION, None
    raise SolverError(f"{name} through PuLP ended with {pulp.LpStatus[problem.status]!r}, which is no answer")


def _scip_status(problem: Any) -> tuple[Status, float | None]:
    """How SCIP ended by its own words; PuLP takes a limit of the gap for a failure of some kind."""
    model = problem.solverModel
    native = str(model.getStatus())
    if native not in _SCIP:
        raise SolverError(f"SCIP through PuLP ended with {native!r}, which is no answer")
    status = _SCIP[native]
    if status in {Status.INFEASIBLE, Status.UNBOUNDED}:
        return status, None
    if status is Status.FEASIBLE and not model.getNSols():
        return Status.NO_SOLUTION, None
    return status, float(model.getDualbound()) + float(problem.objective.constant)


@contextmanager
def _settled() -> Iterator[None]:
    """PuLP 3.3 announces PuLP 4 at every call, and its HiGHS fails if the process had other thread counts."""
    engine.fresh_scheduler()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        yield
