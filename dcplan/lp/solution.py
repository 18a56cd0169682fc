"""What a solver hands back, in the same words whichever solver it was."""

from __future__ import annotations

import enum
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from dcplan.lp.labels import Floats


class Status(enum.Enum):
    """How a solve ended."""

    OPTIMAL = "optimal"
    """Proven to the requested gap."""
    FEASIBLE = "feasible"
    """Stopped by a limit with an incumbent."""
    INTERRUPTED = "interrupted"
    """Stopped by the user; values are there if an incumbent was."""
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    NO_SOLUTION = "no solution"
    """Stopped by a limit before any solution was found."""
    ERROR = "error"
    """The solver failed (adapters raise instead of returning it)."""


@dataclass(frozen=True, eq=False)
class Solution:
    """A verified answer of a solver.

    Attributes:
        status: how the solve ended.
        objective: cost of ``values``, recomputed from them (NaN without values).
        bound: proven lower bound of the cost (-inf when nothing is proven).
        values: (columns) in the order of the matrix, integers exact; None when there is no solution.
        seconds: wall time of the solve.
        nodes: branch-and-bound nodes.
        simplex_iterations: simplex iterations.
        first_incumbent_seconds: wall time to the first solution of an integer program.
        versions: solver and adapter versions.
        options: what the solver was told.
        notes: what a reader must know before trusting the answer.
        stopped_by_caller: an interrupted solve was stopped by ``should_stop``, not by Ctrl-C.
    """

    status: Status
    objective: float = math.nan
    bound: float = -math.inf
    values: Floats | None = None
    seconds: float = 0.0
    nodes: int = 0
    simplex_iterations: int = 0
    first_incumbent_seconds: float | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    options: Mapping[str, Any] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    stopped_by_caller: bool = False

    @property
    def has_values(self) -> bool:
        """Whether there is a solution to read."""
        return self.values is not None

    @property
    def found(self) -> Floats:
        """The values of a solution that is known to have some."""
        if self.values is None:
            raise ValueError(f"there is no solution: {self.status.value}")
        return self.values

    @property
    def gap(self) -> float:
        """(objective - bound) / |objective|; infinite without values or bound."""
        return relative_gap(self.objective, self.bound)


def relative_gap(objective: float, bound: float) -> float:
    """(objective - bound) / |objective|: 0 when they are equal, infinite when one is missing."""
    if objective == bound:
        return 0.0
    if not (math.isfinite(objective) and math.isfinite(bound)) or objective == 0.0:
        return math.inf
    return (objective - bound) / abs(objective)
