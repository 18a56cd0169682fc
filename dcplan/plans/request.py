"""What a planner asks of a solve, in a form that the publishing process can receive as JSON."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.solvers.options import SolveOptions

if TYPE_CHECKING:
    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case


SOFT_DEMAND = "demand"
SEARCH_SHARE, WHOLE_RACKS_COST = 0.1, 8e-4


def search_gap(gap: float) -> float:
    """Return what a search proves of a requested gap: less what whole racks may cost, at least a tenth."""
    return max(gap * SEARCH_SHARE, gap - WHOLE_RACKS_COST)


@dataclass(frozen=True)
class Request:
    """Options of a solve.

    Attributes:
        case: the case folder.
        by: granularity (year, half, quarter, month); None for the case's own.
        gap: published gap to prove, (cost - bound) / cost.
        time_limit: wall seconds of the search; None for no limit.
        solver: `highs`, `pulp:NAME` or `pyomo:NAME`, for the search; whole racks are published with HiGHS.
        seed: random seed of the solver.
        threads: solver threads; None for the solver's choice.
        tail_years: years optimised after the horizon; None for the case's own.
        terminal_value: annuity, book or none; None for the case's own.
        scenario: name of the scenario solved.
        plain: search the plain promises with HiGHS's own branch and bound: no valid inequalities, no hints.
        soft: what may be missed at the case's price: `demand` (racks without a place), or nothing.
    """

    case: str
    by: str | None = None
    gap: float = 1e-3
    time_limit: float | None = None
    solver: str = "highs"
    seed: int = 0
    threads: int | None = None
    tail_years: int | None = None
    terminal_value: str | None = None
    scenario: str = "base"
    plain: bool = False
    soft: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot be soft."""
        if self.soft not in {"", SOFT_DEMAND}:
            raise ValueError(f"soft = {self.soft!r}: only {SOFT_DEMAND} can be soft")

    @property
    def unserved(self) -> bool:
        """Whether racks may find no place."""
        return self.soft == SOFT_DEMAND

    def open(self, loaded: Case | None = None) -> tuple[Case, Calendar]:
        """Load the case (if it is not loaded yet) with the request's overrides, and its calendar.

        Raises:
            InputError: the inputs are refused; every problem is named.
        """
        case = load(Path(self.case)) if loaded is None else loaded
        changes: dict[str, Any] = {}
        if self.tail_years is not None:
            changes["tail_years"] = self.tail_years
        if self.terminal_value is not None:
            changes["terminal_value"] = self.terminal_value
        if self.by is not None:
            changes["granularity"] = self.by
        case = replace(case, info=replace(case.info, **changes))
        return case, make_calendar(case.info)

    def options(self, gap: float, time_limit: float | None = None) -> SolveOptions:
        """Return solver options with the request's seed and threads."""
        return SolveOptions(gap=gap, time_limit=time_limit, threads=self.threads, seed=self.seed)

    def to_dict(self) -> dict[str, Any]:
        """Return the request as plain data."""
        return asdict(self)
