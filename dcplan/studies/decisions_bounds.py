"""What it means for each kind of decision to slip, in bounds of the model's variables.

| kind | slipped |
|---|---|
| `start`, `upgrade` | not in service before the next period |
| `exit` | the notice is missed: no rack goes back on that day, the site is kept until its next window |
| `release` | the notice is missed: the racks stay through the next window |
| `renewal`, automatic | it comes by itself; the price is of the other choice: all racks go back on the day |
| `renewal`, by consent | it was not asked for in time: the lease ends on that day |
| `option` | the tranche is not taken before the next period; none is when that is too late |

A window is the end of a term or, where the contract knows a break fee, the start of a later period. What was
given back before stays as planned to within one step of racks: a missed notice binds the racks of its day,
and could not be avoided by giving them back earlier. All else is planned anew from `as_of`, so that the price
of a slip that is known early is found; one that comes as a surprise costs at least that.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from dcplan.studies.resolve_changes import Bound, Change

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from dcplan.studies.decisions import Decision

UNIT_OF = {"start": ("in_service", "hall"), "upgrade": ("upgraded", "project")}


def slipped(decision: Decision, periods: pd.DataFrame, added: pd.DataFrame) -> tuple[Change, ...]:
    """Return the changes of the model that make a decision slip.

    Args:
        decision: one decision of the plan.
        periods: the periods, tail included: period, start.
        added: tranches of the plan: lease, period, added_racks.
    """
    if decision.kind in UNIT_OF:
        return (not_before(decision, _next_start(decision.period, periods), periods),)
    if decision.kind in ("exit", "release"):
        return _kept_on(decision)
    if decision.kind == "renewal":
        return tuple(
            Bound("leased_racks", (("lease", (each.lease,)), ("term", (decision.period,))), upper=0.0)
            for each in decision.holdings
        )
    return tuple(_later_tranche(decision, periods, added))


def not_before(decision: Decision, day: date | None, periods: pd.DataFrame) -> Bound:
    """Return the change that keeps the unit of a start out of service before a day (None: for good)."""
    variable, dim = UNIT_OF[decision.kind]
    unit = decision.hall or decision.item
    early = periods["period"] if day is None else periods.loc[[d < day for d in periods["start"]], "period"]
    return Bound(variable, ((dim, (unit,)), ("period", tuple(early))), upper=0.0)


def slip_words(decision: Decision, periods: pd.DataFrame, windows: pd.DataFrame) -> str:
    """Return what a slip of the decision means, in a planner's words."""
    if decision.kind in UNIT_OF:
        day = _next_start(decision.period, periods)
        return f"not before {day}" if day else "not at all"
    if decision.kind == "option":
        day = _next_start(decision.period, periods)
        lease = decision.holdings[0].lease
        return f"not before {day}" if day else f"the option of {lease} lapses"
    if decision.kind == "renewal":
        return f"not renewed: ends {decision.effective}" if decision.consent else "other choice: notice, out"
    day = _next_window(decision, windows)
    return f"stays until {day}" if day else "stays to the end"


def _next_start(period: str, periods: pd.DataFrame) -> date | None:
    labels, starts = list(periods["period"]), list(periods["start"])
    place = labels.index(period) + 1
    found: date | None = starts[place] if place < len(starts) else None
    return found


def _next_window(decision: Decision, windows: pd.DataFrame) -> date | None:
    leases = [each.lease for each in decision.holdings]
    days: Sequence[date] = list(windows.loc[windows["lease"].isin(leases), "day"])
    later = [day for day in days if day > decision.effective]
    return min(later) if later else None


def _kept_on(decision: Decision) -> tuple[Change, ...]:
    """Return the changes that let nothing go on the day, and nothing that it would have bound before."""
    changes: list[Change] = []
    for each in decision.holdings:
        at = (("lease", (each.lease,)), ("period", (decision.period,)))
        state = (("lease", (each.lease,)), ("term", (decision.period,)))
        changes.append(Bound("released_steps", at, upper=0.0))
        changes.append(Bound("leased_racks", state, lower=max(0.0, float(each.before - each.step))))
    if decision.kind == "exit":
        here = (("site", (decision.site,)), ("term", (decision.period,)))
        changes.append(Bound("kept", here, lower=1.0))
    return tuple(changes)


def _later_tranche(decision: Decision, periods: pd.DataFrame, added: pd.DataFrame) -> list[Change]:
    """Return the changes that hold tranches up to the period to those that the plan takes before it."""
    (holding,) = decision.holdings
    labels = list(periods["period"])
    until = labels[: labels.index(decision.period) + 1]
    mine = added[(added["lease"] == holding.lease) & (added["added_racks"] > 0)]
    taken = dict(zip(mine["period"], mine["added_racks"], strict=True))
    earlier = {period: racks / holding.step for period, racks in taken.items() if period in until[:-1]}
    none = tuple(period for period in until if period not in earlier)
    lease = ("lease", (holding.lease,))
    held = [
        Bound("added_steps", (lease, ("start_period", (period,))), upper=steps)
        for period, steps in earlier.items()
    ]
    return [Bound("added_steps", (lease, ("start_period", none)), upper=0.0), *held]
