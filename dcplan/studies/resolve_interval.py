"""What two solves prove about the difference of their optima: an interval, and whether it is an answer."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass

from dcplan.errors import SolverError

RESOLVED_SHARE = 0.2
"""A difference is resolved when its interval is narrower than this share of it."""
NUMERICAL = 1e-8
"""Costs and bounds of a solver are trusted to this share of the cost, however small the proven gap."""


class Verdict(enum.Enum):
    """What can be said about a difference."""

    RESOLVED = "resolved"
    """The interval is narrower than a fifth of the difference."""
    SIGN = "sign proven"
    """The interval is wider, and zero lies outside it."""
    OPEN = "not distinguishable"
    """Zero lies inside the interval: the proof is coarser than the difference."""
    IMPOSSIBLE = "impossible"
    """No plan keeps every promise once the change is made."""

    @property
    def proven(self) -> bool:
        """Whether the difference is known beyond the gaps of the solves."""
        return self is not Verdict.OPEN


@dataclass(frozen=True)
class Proof:
    """What is proven about an optimum [M JPY present value].

    Attributes:
        bound: no plan is cheaper (-inf: nothing is proven).
        cost: a plan at this cost was found (inf: none was).
    """

    bound: float = -math.inf
    cost: float = math.inf

    @property
    def gap(self) -> float:
        """(cost - bound) / |cost|; infinite when either is missing."""
        if not (math.isfinite(self.cost) and math.isfinite(self.bound)):
            return math.inf
        return 0.0 if self.cost == self.bound else (self.cost - self.bound) / abs(self.cost)

    def and_also(self, other: Proof) -> Proof:
        """Return what both proofs of the same optimum say together."""
        return Proof(max(self.bound, other.bound), min(self.cost, other.cost))


@dataclass(frozen=True)
class Interval:
    """A difference of optima that lies between ``low`` and ``high`` [M JPY present value]."""

    low: float
    high: float

    @property
    def width(self) -> float:
        """How far the ends are apart."""
        return self.high - self.low

    @property
    def verdict(self) -> Verdict:
        """Whether the difference is resolved, has a proven sign, or neither."""
        if self.low <= 0.0 <= self.high:
            return Verdict.OPEN
        smallest = min(abs(self.low), abs(self.high))
        return Verdict.RESOLVED if self.width <= RESOLVED_SHARE * smallest else Verdict.SIGN

    @property
    def middle(self) -> float:
        """Return the middle; infinite when an end is."""
        return (self.low + self.high) / 2.0


def difference(
    base: Proof, changed: Proof, *, restriction: bool = False, relaxation: bool = False
) -> Interval:
    r"""Return where the optimum after a change less the optimum before it lies.

    $$ [\; b' - c - \epsilon,\quad c' - b + \epsilon \;] \qquad [\text{M JPY}] $$

    with costs c, c' and bounds b, b' of the two solves, and \(\epsilon\) = `NUMERICAL` of both costs. A
    restriction never lowers an optimum, a relaxation never raises it: the interval is cut at zero.

    Raises:
        SolverError: the proofs contradict each other by more than the tolerance of the solver.
    """
    known = [abs(value) for value in (base.cost, changed.cost) if math.isfinite(value)]
    slack = NUMERICAL * sum(known)
    low, high = changed.bound - base.cost - slack, changed.cost - base.bound + slack
    if restriction:
        low = max(low, 0.0)
    if relaxation:
        high = min(high, 0.0)
    if not low <= high:
        raise SolverError(f"two solves contradict each other: no difference lies from {low} to {high}")
    return Interval(low, high)
