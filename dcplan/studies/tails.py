"""How much the end of the horizon decides: the same case with tails of different lengths.

A plan that stops at its horizon under-builds and under-exits, for what is built or left pays back later.
The tail years are optimised with the plan and never reported; this study lists the decisions that change
with their number.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.plans.make import Reporter, solve_case

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.plans.plan import Plan

NOT_IN_PLAN = "never"


def tail_flips(
    case: str | Path,
    tails: Sequence[int] = (0, 3, 6),
    *,
    progress: Reporter | None = None,
    **asked: Any,
) -> pd.DataFrame:
    """Solve a case with several numbers of tail years and tell which decisions differ.

    Args:
        case: a case folder, or the name of a shipped case.
        tails: numbers of tail years.
        progress: as for `solve_case`.
        asked: further options of `solve_case`, for every solve.

    Returns:
        decision (`start HALL`, `start PROJECT` of an upgrade without hall, `leave SITE`), one column `tail N`
        per number with the period or `never`, and flips (bool). Only decisions within the horizon count.

    Raises:
        DcplanError: as `solve_case`.
    """
    columns: dict[str, dict[str, str]] = {}
    with tempfile.TemporaryDirectory(prefix="dcplan-") as folder:
        for years in tails:
            output = Path(folder) / f"tail-{years}"
            plan = solve_case(case, output=output, progress=progress, tail_years=years, **asked)
            columns[f"tail {years}"] = decisions(plan)
    table = pd.DataFrame(columns).fillna(NOT_IN_PLAN)
    first = table.iloc[:, 0]
    table["flips"] = table.ne(first, axis=0).any(axis=1)
    return table.rename_axis("decision").sort_index().reset_index()


def decisions(plan: Plan) -> dict[str, str]:
    """Return the starts and exits of a plan within its horizon, by decision: the period."""
    periods = plan.tables["periods"]
    horizon = set(periods.loc[~periods["tail"].astype(bool), "period"])
    starts, exits = plan.tables["starts"], plan.tables["exits"]
    units = starts["hall"].where(starts["hall"].notna(), starts["project"])  # an upgrade has no hall
    found = {f"start {unit}": str(t) for unit, t in zip(units, starts["period"], strict=True)}
    found |= {f"leave {site}": str(t) for site, t in zip(exits["site"], exits["period"], strict=True)}
    return {name: period for name, period in found.items() if period in horizon}
