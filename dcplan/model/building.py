"""Building: a hall starts once, not before it can be built, and after the hall it stands on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.calendar import add_months

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


def start_once(p: Program, c: Context) -> None:
    r"""A hall that is in service stays in service, so that it starts once.

    $$ s_{h,t} \ge s_{h,t-1}, \qquad s \in \{0, 1\} \quad [-] $$
    """
    over = c.schedule.allowed
    if over.empty:
        return
    state = p["in_service"]
    p.limit("start_once", state - state.shift("period").where(over) >= 0, over=over, unit="-")


def build_time(p: Program, c: Context) -> None:
    r"""No hall is in service before it can be built; a committed one is, from its date.

    $$ s_{h,t} = 0 \ \text{before as of + build months}, \qquad
       s_{h,t} = 1 \ \text{from the committed date} \quad [-] $$

    The variable exists only in periods that leave the build months (and the earliest date, where one is
    given); this row fixes the committed ones.
    """
    schedule = c.schedule
    committed = schedule.projects.loc[schedule.projects["committed"], "hall"]
    over = schedule.allowed[schedule.allowed["hall"].isin(committed)].reset_index(drop=True)
    if not over.empty:
        p.limit("build_time", p["in_service"].where(over) == 1, over=over, unit="-")


def precedence(p: Program, c: Context) -> None:
    r"""A hall that stands on another starts only so many months after it.

    $$ s_{h,t} \le s_{h', t - \mathrm{lag}} \quad [-] $$
    """
    m = c.tables
    pairs = _precedence_pairs(c)
    if pairs.empty:
        return
    later = p["in_service"].where(pairs[["hall", "period"]])
    over = pairs[["hall", "period"]]
    before = pairs[pairs["earlier"] != ""]
    state = p["in_service"] + pd.Series(
        1.0, index=pd.MultiIndex.from_frame(m.grid(hall=m.existing, period=m.period_labels))
    )
    state = state.rename(hall="earlier_hall", period="earlier")
    first = state.join(before[["earlier_hall", "earlier", "hall", "period"]], partial=True)
    p.limit("precedence", later - first.sum("earlier_hall", "earlier") <= 0, over=over, unit="-")


def _precedence_pairs(c: Context) -> pd.DataFrame:
    """Return (hall, period, earlier_hall, earlier): the last period that leaves the lag; '' if none does."""
    schedule, periods = c.schedule, c.tables.periods
    projects = schedule.projects
    rows = projects.loc[projects["after_project"] != "", ["hall", "after_project", "after_months"]]
    halls = projects[["project", "hall"]].rename(columns={"project": "after_project", "hall": "earlier_hall"})
    rows = rows.merge(halls, on="after_project").merge(schedule.allowed, on="hall")
    rows = rows.merge(periods[["period", "start"]], on="period")
    starts = list(zip(periods["period"], periods["start"], strict=True))
    earlier = []
    for begin, months in zip(rows["start"], rows["after_months"].fillna(0), strict=True):
        latest = add_months(begin, -int(months))
        fits = [t for t, start in starts if start <= latest]
        earlier.append(fits[-1] if fits else "")
    rows["earlier"] = earlier
    return rows[["hall", "period", "earlier_hall", "earlier"]]
