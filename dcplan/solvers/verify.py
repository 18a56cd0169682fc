"""No solver is believed: every answer is checked against the matrix before anyone sees it."""

from __future__ import annotations

import math

import numpy as np

from dcplan.errors import SolverError
from dcplan.lp.labels import Floats
from dcplan.lp.matrix import Matrix

TOLERANCE = 1e-6


def rounded(matrix: Matrix, values: Floats, solver: str) -> Floats:
    """The values with whole numbers made exact; refuses any that is more than 1e-6 away from one."""
    values = np.array(values, dtype=np.float64)
    if values.shape != (matrix.columns,):
        raise SolverError(f"{solver} returned {values.size:,} values for {matrix.columns:,} columns")
    if not np.isfinite(values).all():
        place = int(np.flatnonzero(~np.isfinite(values))[0])
        raise SolverError(f"{solver} returned {values[place]} for {matrix.col_name(place)}")
    whole = np.round(values)
    away = np.where(matrix.integrality, np.abs(values - whole), 0.0)
    if away.max(initial=0.0) > TOLERANCE:
        place = int(np.argmax(away))
        raise SolverError(f"{solver} returned {values[place]} for the whole number {matrix.col_name(place)}")
    values[matrix.integrality] = whole[matrix.integrality]
    # Solvers overstep bounds by their tolerance; within ours the bound itself is meant.
    near = np.clip(values, matrix.col_lower, matrix.col_upper)
    return np.where(np.abs(values - near) <= TOLERANCE * np.maximum(1.0, np.abs(near)), near, values)


def refuse_faults(matrix: Matrix, values: Floats, solver: str) -> None:
    """Raise `SolverError` if the values break a bound or a row of the matrix."""
    faults = matrix.check(values, TOLERANCE)
    if faults:
        raise SolverError(f"the answer of {solver} is not a solution: " + "; ".join(faults[:5]))


def refuse_other_cost(matrix: Matrix, values: Floats, claimed: float, solver: str) -> None:
    """Raise `SolverError` if the cost that the solver claims is not the cost of its values."""
    scale = max(1.0, abs(claimed), float(np.abs(matrix.cost) @ np.abs(values)))
    cost = matrix.objective(values)
    if not abs(cost - claimed) <= TOLERANCE * scale:
        raise SolverError(f"{solver} claims a cost of {claimed:,.6f}, its values cost {cost:,.6f}")


def honest_bound(objective: float, bound: float, solver: str) -> float:
    """The bound, at most the objective; a bound clearly above the cost of a solution is refused."""
    if math.isnan(bound):
        return -math.inf
    if bound - objective > TOLERANCE * max(1.0, abs(objective)):
        raise SolverError(f"{solver} claims that nothing is below {bound:,.6f}, and found {objective:,.6f}")
    return min(bound, objective)


def refuse_unbounded(matrix: Matrix, solver: str) -> None:
    """Raise `SolverError` if the bounds of the columns alone keep the cost from falling without end."""
    with np.errstate(invalid="ignore"):
        lowest = np.where(matrix.cost > 0, matrix.cost * matrix.col_lower, matrix.cost * matrix.col_upper)
    lowest = np.where(matrix.cost == 0, 0.0, lowest)
    if np.isfinite(lowest).all():
        floor = float(lowest.sum()) + matrix.offset
        raise SolverError(f"{solver} claims that the cost has no end; it cannot fall below {floor:,.6f}")


def checked_start(matrix: Matrix, start: Floats) -> Floats:
    """The start, if it is one finite value per column."""
    values = np.asarray(start, dtype=np.float64)
    if values.shape != (matrix.columns,) or not np.isfinite(values).all():
        raise ValueError(f"start: {matrix.columns:,} finite values are wanted")
    return values
