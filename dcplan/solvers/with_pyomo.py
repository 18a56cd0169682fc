"""Pyomo: the program as a `ConcreteModel` under its own names and labels, and any solver of Pyomo.

An analyst can add rules to the model, fix variables, and hand the result to `read_back`.
"""

from __future__ import annotations

import logging
import math
import platform
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Block, Matrix
from dcplan.lp.program import Program
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import engine, highs
from dcplan.solvers.interrupts import run_aside
from dcplan.solvers.options import SolveOptions
from dcplan.solvers.trust import believed
from dcplan.solvers.verify import honest_bound, refuse_faults, refuse_other_cost, rounded


def to_pyomo(program: Program) -> Any:
    """The program as a `pyomo.environ.ConcreteModel`.

    One ``Var`` and one ``Constraint`` per block, under the block's name and labels
    (``model.in_service["Shiroi-3", "FY2025Q1"]``), and one objective, ``total_cost``. A name that is taken
    already (rows named as a variable) ends in ``_rows``.
    """
    import pyomo.environ as pyo
    from pyomo.core.expr import LinearExpression

    matrix = program.matrix()
    model = pyo.ConcreteModel(program.name)
    lower, upper = _open(matrix.col_lower), _open(matrix.col_upper)
    columns: list[Any] = []
    for block in matrix.blocks.variables.values():
        keys, start = block_keys(block), block.start
        place = dict(zip(keys, range(start, block.stop), strict=True))
        whole = matrix.integrality[start : block.stop].tolist()
        domain = dict(zip(keys, (pyo.Integers if each else pyo.Reals for each in whole), strict=True))
        variable = pyo.Var(
            *_index(block, keys),
            domain=lambda _model, *key, domain=domain: domain[_key(key)],
            bounds=lambda _model, *key, place=place: (lower[place[_key(key)]], upper[place[_key(key)]]),
            doc=block.doc or None,
        )
        model.add_component(_free(model, block.name, "_"), variable)
        columns += [variable[key] for key in keys]
    indptr, indices, data = (array.tolist() for array in matrix.csr())
    row_lower, row_upper = _open(matrix.row_lower), _open(matrix.row_upper)
    for block in matrix.blocks.rows.values():
        keys = block_keys(block)
        rows: dict[Any, Any] = {}
        for row, key in enumerate(keys, start=block.start):
            inside = slice(indptr[row], indptr[row + 1])
            body = LinearExpression(
                linear_coefs=data[inside], linear_vars=[columns[column] for column in indices[inside]]
            )
            rows[key] = (row_lower[row], body, row_upper[row])
        constraint = pyo.Constraint(
            *_index(block, keys), rule=lambda _model, *key, rows=rows: rows[_key(key)], doc=block.doc or None
        )
        model.add_component(_free(model, block.name, "_rows"), constraint)
    priced = np.flatnonzero(matrix.cost).tolist()
    cost = LinearExpression(
        constant=matrix.offset,
        linear_coefs=matrix.cost[priced].tolist(),
        linear_vars=[columns[column] for column in priced],
    )
    model.add_component(_free(model, "total_cost", "_"), pyo.Objective(expr=cost))
    return model


def read_back(model: Any, program: Program) -> Floats:
    """(columns) the values of the model's variables, by position; NaN where Pyomo has none."""
    import pyomo.environ as pyo

    components = list(model.component_objects(pyo.Var, descend_into=False))
    values: list[float] = []
    for variable, block in zip(components, program.blocks.variables.values(), strict=False):
        entries = (variable[key].value for key in block_keys(block))
        values += [math.nan if value is None else float(value) for value in entries]
    return np.array(values, dtype=np.float64)


def write_values(model: Any, program: Program, values: Floats) -> None:
    """Set the model's variables to a solution, by position."""
    import pyomo.environ as pyo

    components = list(model.component_objects(pyo.Var, descend_into=False))
    for variable, block in zip(components, program.blocks.variables.values(), strict=False):
        numbers = values[block.start : block.stop].tolist()
        for key, number in zip(block_keys(block), numbers, strict=True):
            variable[key].set_value(number, skip_validation=True)


def taken(model: Any, program: Program, name: str, options: SolveOptions | None = None) -> Solution:
    """The solution that stands in the model's variables, whoever put it there.

    It is verified against the program, and its bound is that of the linear relaxation, proven by HiGHS: from
    the values alone nobody can tell how good they are.

    Raises:
        SolverError: the values are no solution of the program.
    """
    matrix = program.matrix()
    raw = _filled(matrix, read_back(model, program))
    values = rounded(matrix, raw, name)
    refuse_faults(matrix, values, name)
    options = options or SolveOptions()
    found = Solution(
        Status.OPTIMAL,
        matrix.objective(values),
        values=values,
        versions={"pyomo": _version(), "python": platform.python_version()},
        options={"solver": name, **options.told()},
    )
    return believed(matrix, found, name, options, highs.solve)


def solve(
    program: Program,
    solver_name: str = "highs",
    options: SolveOptions | None = None,
    should_stop: Callable[[], bool] | None = None,
) -> Solution:
    """Minimise with a solver of `pyomo.contrib.solver` (``highs``, ``gurobi_direct``, ``scip_direct``).

    The values are verified as those of `dcplan.solvers.highs` are. ``seed``, ``integrality`` and ``log_file``
    reach HiGHS only. A bound or a claim of infeasibility counts only from a solver that is trusted
    (`dcplan.solvers.trust.TRUSTED`). HiGHS alone hears ``should_stop``, and Ctrl-C without losing its
    incumbent.

    Raises:
        ValueError: a limit of memory or of nodes is asked for; Pyomo cannot tell how such a solve ended.
        SolverError: no such solver, it failed, or its answer is not a solution at its cost.
    """
    import pyomo.environ  # noqa: F401 - registers the solvers
    from pyomo.contrib.solver.common.factory import SolverFactory

    options = options or SolveOptions()
    options.refuse_memory_limit("through Pyomo")
    if options.node_limit is not None:
        raise ValueError("node_limit: not through Pyomo, which cannot tell how such a solve ended")
    began = time.perf_counter()
    if solver_name not in SolverFactory:
        raise SolverError(f"Pyomo has no solver {solver_name!r}: it has {', '.join(sorted(SolverFactory))}")
    solver = SolverFactory(solver_name)
    if not solver.available():
        raise SolverError(f"{solver_name} is not installed for Pyomo")
    matrix, model = program.matrix(), to_pyomo(program)
    # Threads belong to the process: a scheduler left by an earlier solve makes another count an error.
    engine.fresh_scheduler()
    try:
        settings = _settings(solver_name, options)
        results = _run(solver, model, settings, should_stop if solver_name == "highs" else None)
    except Exception as error:  # Pyomo raises what its solvers raise
        raise SolverError(f"{solver_name} through Pyomo failed: {error}") from error
    status = _status(results, solver_name, _interrupted(solver))
    values, objective, bound = None, math.nan, -math.inf
    if status in {Status.OPTIMAL, Status.FEASIBLE, Status.INTERRUPTED}:
        values, objective = _answer(results, model, program, matrix, solver_name)
        reported = results.objective_bound
        if reported is not None:
            bound = float(reported)
        elif status is Status.OPTIMAL and not matrix.integrality.any():
            bound = objective
    found = Solution(
        status=status,
        objective=objective,
        bound=honest_bound(objective, bound, solver_name),
        values=values,
        seconds=time.perf_counter() - began,
        versions={"pyomo": _version(), "python": platform.python_version()},
        options={"solver": f"pyomo:{solver_name}", **options.told()},
    )
    return believed(matrix, found, solver_name, options, highs.solve)


def _run(solver: Any, model: Any, settings: dict[str, Any], should_stop: Callable[[], bool] | None) -> Any:
    """Solve; HiGHS, which does not hear Ctrl-C by itself here, in a thread that can be told to stop."""
    if solver.name != "highs":
        return solver.solve(model, **settings)

    def cancel() -> None:
        if solver._solver_model is not None:
            solver._solver_model.cancelSolve()

    # It writes on the standard output that it does not know the status of an interrupted solve.
    log = logging.getLogger("pyomo.contrib.solver.solvers.highs")
    before, log.disabled = log.disabled, True
    try:
        return run_aside(lambda: solver.solve(model, **settings), cancel, should_stop)
    finally:
        log.disabled = before


def _settings(name: str, options: SolveOptions) -> dict[str, Any]:
    extra = dict(options.extra)
    if name == "highs":
        extra = {"random_seed": options.seed, "mip_feasibility_tolerance": options.integrality, **extra}
        if options.log_file is not None:
            extra["log_file"] = str(options.log_file)
    told = {
        "load_solutions": False,
        "raise_exception_on_nonoptimal_result": False,
        "rel_gap": options.gap,
        "time_limit": options.time_limit,
        "threads": options.threads,
        "solver_options": extra,
    }
    return {key: value for key, value in told.items() if value is not None}


def _interrupted(solver: Any) -> bool:
    """Whether HiGHS was told to stop, which its interface in Pyomo has no word for."""
    native = solver._solver_model.getModelStatus().name if solver.name == "highs" else ""
    return bool(native == "kInterrupt")


def _status(results: Any, name: str, interrupted: bool = False) -> Status:
    from pyomo.contrib.solver.common.results import SolutionStatus, TerminationCondition

    found = results.solution_status in {SolutionStatus.feasible, SolutionStatus.optimal}
    limited = Status.FEASIBLE if found else Status.NO_SOLUTION
    known = {
        TerminationCondition.convergenceCriteriaSatisfied: Status.OPTIMAL,
        TerminationCondition.maxTimeLimit: limited,
        TerminationCondition.iterationLimit: limited,
        TerminationCondition.objectiveLimit: limited,
        TerminationCondition.interrupted: Status.INTERRUPTED,
        TerminationCondition.unbounded: Status.UNBOUNDED,
        TerminationCondition.provenInfeasible: Status.INFEASIBLE,
    }
    ended = results.termination_condition
    if interrupted:
        return Status.INTERRUPTED
    if ended not in known:
        raise SolverError(f"{name} through Pyomo ended with {ended.name}, which is no answer")
    return known[ended]


def _answer(
    results: Any, model: Any, program: Program, matrix: Matrix, name: str
) -> tuple[Floats | None, float]:
    """Verified values and their cost."""
    from pyomo.contrib.solver.common.results import SolutionStatus

    if results.solution_status not in {SolutionStatus.feasible, SolutionStatus.optimal}:
        return None, math.nan
    results.solution_loader.load_vars()
    raw = read_back(model, program)
    raw = _filled(matrix, raw)
    values = rounded(matrix, raw, name)
    refuse_other_cost(matrix, raw, float(results.incumbent_objective), name)
    refuse_faults(matrix, values, name)
    return values, matrix.objective(values)


def _filled(matrix: Matrix, raw: Floats) -> Floats:
    """Values for what Pyomo passes over, columns in no row and at no cost: any within the bounds is right."""
    unused = np.isnan(raw) & (np.diff(matrix.indptr) == 0) & (matrix.cost == 0.0)
    return np.where(unused, np.clip(0.0, matrix.col_lower, matrix.col_upper), raw)


def _version() -> str:
    from pyomo.version import version

    return str(version)


def _open(bounds: Floats) -> list[float | None]:
    return [bound if math.isfinite(bound) else None for bound in bounds.tolist()]


def block_keys(block: Block) -> list[Any]:
    """A block's labels as Pyomo indexes them: plain for one dim, tuples for more, None without dims."""
    return block.labels.index(block.dims, block.codes).tolist() if block.dims else [None] * len(block)


def _key(key: tuple[Any, ...]) -> Any:
    return key if len(key) > 1 else key[0] if key else None


def _index(block: Block, keys: list[Any]) -> list[Any]:
    return [keys] if block.dims else []


def _free(model: Any, name: str, ending: str) -> str:
    while hasattr(model, name):
        name += ending
    return name
