"""What a solve is told, and what it tells while it runs; the same for every solver."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class SolveOptions:
    """How to solve.

    Attributes:
        gap: relative gap to prove, (objective - bound) / |objective|.
        time_limit: wall seconds; None for no limit.
        threads: threads of the solver; None for its own choice.
        seed: random seed.
        node_limit: branch-and-bound nodes; the reproducible way to stop early. None for no limit.
        integrality: how far from a whole number the solver may take a value for whole. Tighter than the 1e-6
            that HiGHS comes with: with y <= M b, a b of 1e-6 lets y = 1e-6 M through for nothing.
        memory_mib: address space that each process of the solver may have, in MiB; None for no limit. Only
            `dcplan.solvers.child` has a process to limit, and only where the system can (not on Windows).
        log_file: where the solver writes its log; nothing is ever written to the console.
        extra: further options in the solver's own words.
    """

    gap: float = 1e-3
    time_limit: float | None = None
    threads: int | None = None
    seed: int = 0
    node_limit: int | None = None
    integrality: float = 1e-9
    memory_mib: int | None = None
    log_file: Path | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Refuse numbers that a solver would clip or misread."""
        if not 0.0 <= self.gap < math.inf:
            raise ValueError(f"gap = {self.gap}: must be at least 0 (0.001 is 0.1 %)")
        if self.time_limit is not None and not self.time_limit > 0.0:
            raise ValueError(f"time_limit = {self.time_limit}: must be above 0 seconds")
        if self.threads is not None and self.threads < 1:
            raise ValueError(f"threads = {self.threads}: must be at least 1")
        if self.node_limit is not None and self.node_limit < 0:
            raise ValueError(f"node_limit = {self.node_limit}: must be at least 0")
        if self.memory_mib is not None and self.memory_mib < 1:
            raise ValueError(f"memory_mib = {self.memory_mib}: must be at least 1 MiB")
        if not 0.0 < self.integrality <= 1e-6:
            raise ValueError(f"integrality = {self.integrality}: must be above 0 and at most 1e-6")

    def refuse_memory_limit(self, where: str) -> None:
        """Refuse a limit of memory where there is no process to limit.

        Raises:
            ValueError: there is one.
        """
        if self.memory_mib is not None:
            raise ValueError(f"memory_mib: not {where}, which has no process of its own")

    def told(self) -> dict[str, Any]:
        """The options as plain data, for a manifest."""
        return {
            "gap": self.gap,
            "time_limit": self.time_limit,
            "threads": self.threads,
            "seed": self.seed,
            "node_limit": self.node_limit,
            "integrality": self.integrality,
            **({} if self.memory_mib is None else {"memory_mib": self.memory_mib}),
            **self.extra,
        }


@dataclass(frozen=True)
class Progress:
    """One look at a running solve.

    Attributes:
        seconds: wall time so far.
        incumbent: cost of the best solution; infinite before the first.
        bound: proven lower bound.
        gap: (incumbent - bound) / |incumbent|.
        solutions: improving solutions found.
        nodes: branch-and-bound nodes.
    """

    seconds: float
    incumbent: float
    bound: float
    gap: float
    solutions: int
    nodes: int
