"""Whose proofs are believed: every answer is checked against the matrix, a bound cannot be."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.matrix import Matrix
from dcplan.lp.solution import Solution, Status
from dcplan.solvers.options import SolveOptions

TRUSTED = frozenset(
    {
        "highs", "scip", "scip_cmd", "scip_py", "fscip_cmd", "scip_direct", "scip_persistent",
        "gurobi", "gurobi_cmd", "gurobi_direct", "gurobi_direct_minlp", "gurobi_persistent",
        "cplex_cmd", "cplex_py", "copt", "copt_cmd", "copt_dll", "mosek", "xpress", "xpress_cmd", "xpress_py",
    }
)  # fmt: skip
"""Solvers whose bounds and statuses are taken as proofs, by their names in PuLP and Pyomo; no other is."""

UNTRUSTED = (
    "{solver} is not trusted with proofs (the CBC that comes with PuLP has called poor plans optimal and "
    "feasible programs infeasible): its solution is verified, the bound is that of the linear relaxation, "
    "proven by HiGHS"
)
UNCONFIRMED = "{solver} is not trusted with proofs, and HiGHS did not prove in time that there is no solution"
LEAST_SECONDS = 60.0

Solve = Callable[[Matrix, SolveOptions], Solution]


def believed(matrix: Matrix, found: Solution, solver: str, options: SolveOptions, solve: Solve) -> Solution:
    """The solution with only what is proven: as it is from a trusted solver, with another bound otherwise.

    From a solver that is not trusted the values are kept, for they are verified. Its bound is replaced by
    that of the linear relaxation, which HiGHS proves, and the status follows from the gap to it. A claim that
    there is no solution is put to HiGHS, without costs.

    Args:
        matrix: the program.
        found: what the solver answered, its values verified.
        solver: its name.
        options: what it was told.
        solve: HiGHS.

    Raises:
        SolverError: it claims that there is no solution, and there is one; or the other way round.
    """
    if solver.lower() in TRUSTED:
        return found
    seconds = LEAST_SECONDS if options.time_limit is None else max(LEAST_SECONDS, options.time_limit)
    own = SolveOptions(threads=options.threads, seed=options.seed, time_limit=seconds)
    if found.status is Status.INFEASIBLE:
        free = replace(matrix, cost=np.zeros(matrix.columns), offset=0.0)
        checked = solve(free, own)
        if checked.has_values:
            raise SolverError(f"{solver} claims that there is no solution; HiGHS finds one")
        if checked.status is not Status.INFEASIBLE:
            note = UNCONFIRMED.format(solver=solver)
            return replace(found, status=Status.NO_SOLUTION, notes=(*found.notes, note))
        return found
    relaxed = solve(replace(matrix, integrality=np.zeros(matrix.columns, dtype=np.bool_)), own)
    if relaxed.status is Status.INFEASIBLE:
        raise SolverError(f"{solver} claims a solution; HiGHS proves that there is none")
    bound = relaxed.bound if relaxed.status is Status.OPTIMAL else -math.inf
    weaker = replace(
        found,
        bound=min(bound, found.objective) if found.has_values else bound,
        notes=(*found.notes, UNTRUSTED.format(solver=solver)),
    )
    if found.status is Status.OPTIMAL and weaker.gap > options.gap + 1e-9:
        return replace(weaker, status=Status.FEASIBLE)
    return weaker
