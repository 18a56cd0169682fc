"""The only place that imports a solver. `solve` takes any of them by name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.program import Program
    from dcplan.lp.solution import Solution
    from dcplan.solvers.options import SolveOptions


def solve(
    problem: Matrix | Program, solver: str = "highs", options: SolveOptions | None = None, **callbacks: Any
) -> Solution:
    """Minimise with a solver by name: ``highs``, ``pulp:NAME`` or ``pyomo:NAME``.

    Args:
        problem: a program, or its matrix (Pyomo needs the program).
        solver: ``highs`` (the default and the fast path), or a solver that PuLP or Pyomo reaches:
            ``pulp:CBC``, ``pulp:HiGHS``, ``pyomo:highs``.
        options: how to solve.
        callbacks: ``progress``, ``start`` and ``should_stop`` of `dcplan.solvers.highs.solve` (HiGHS only).

    Raises:
        ValueError: no such solver name, or callbacks for a solver that has none.
        SolverError: the solver failed or its answer did not pass verification.
    """
    from dcplan.lp.program import Program

    through, _, name = solver.partition(":")
    if through not in {"highs", "pulp", "pyomo"} or (through == "highs") == bool(name):
        raise ValueError(f"no solver {solver!r}: write highs, pulp:NAME or pyomo:NAME")
    if name and any(callback is not None for callback in callbacks.values()):
        raise ValueError(f"{solver} takes no {', '.join(sorted(callbacks))}; only highs does")
    if through == "pyomo":
        if not isinstance(problem, Program):
            raise ValueError(
                "pyomo needs the program, not its matrix: its names and labels are in the blocks"
            )
        from dcplan.solvers.with_pyomo import solve as pyomo_solve

        return pyomo_solve(problem, name, options)
    matrix = problem.matrix() if isinstance(problem, Program) else problem
    if through == "pulp":
        from dcplan.solvers.with_pulp import solve as pulp_solve

        return pulp_solve(matrix, name, options)
    from dcplan.solvers.highs import solve as highs_solve

    return highs_solve(matrix, options, **callbacks)
