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
        solver: ``highs`` (the default: in a process of its own, `dcplan.solvers.child`), or a solver that
            PuLP or Pyomo reaches: ``pulp:CBC``, ``pulp:HiGHS``, ``pyomo:highs``.
        options: how to solve.
        callbacks: ``progress``, ``start``, ``should_stop`` and ``on_solution`` of
            `dcplan.solvers.child.solve`. ``pulp:HiGHS`` and ``pyomo:highs`` hear ``should_stop`` alone; the
            other solvers of PuLP and Pyomo may be given it, and do not hear it.

    Raises:
        ValueError: no such solver name, or callbacks for a solver that has none.
        SolverError: the solver failed or its answer did not pass verification.
    """
    from dcplan.lp.program import Program

    through, _, name = solver.partition(":")
    if through not in {"highs", "pulp", "pyomo"} or (through == "highs") == bool(name):
        raise ValueError(f"no solver {solver!r}: write highs, pulp:NAME or pyomo:NAME")
    should_stop = callbacks.get("should_stop")
    refused = sorted(
        key for key, callback in callbacks.items() if callback is not None and key != "should_stop"
    )
    if name and refused:
        raise ValueError(f"{solver} takes no {', '.join(refused)}; only highs does")
    if through == "pyomo":
        if not isinstance(problem, Program):
            raise ValueError(
                "pyomo needs the program, not its matrix: its names and labels are in the blocks"
            )
        from dcplan.solvers.with_pyomo import solve as pyomo_solve

        return pyomo_solve(problem, name, options, should_stop)
    matrix = problem.matrix() if isinstance(problem, Program) else problem
    if through == "pulp":
        from dcplan.solvers.with_pulp import solve as pulp_solve

        return pulp_solve(matrix, name, options, should_stop)
    from dcplan.solvers.child import solve as highs_solve

    return highs_solve(matrix, options, **callbacks)
