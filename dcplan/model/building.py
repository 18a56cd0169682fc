"""Building: a unit starts once, not before it can be built, and after the project it stands on.

A unit is what a project brings into service: a candidate hall, or more receiving power at an owned site.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.calendar import add_months
from dcplan.model.variables import units

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


def start_once(p: Program, c: Context) -> None:
    r"""A unit that is in service stays in service, so that it starts once.

    $$ s_{j,t} \ge s_{j,t-1}, \qquad s \in \{0, 1\} \quad [-] $$

    j is a project, s the state of its hall or connection.
    """
    over = c.schedule.allowed
    if over.empty:
        return
    state = units(p, c)
    p.limit("start_once", state - state.shift("period").where(over) >= 0, over=over, unit="-")


def build_time(p: Program, c: Context) -> None:
    r"""No unit is in service before it can be built; a committed one is, from its date.

    $$ s_{j,t} = 0 \ \text{before as of + build months}, \qquad
       s_{j,t} = 1 \ \text{from the committed date} \quad [-] $$

    The variable exists only in periods that leave the build months (and the earliest date, where one is
    given); this row fixes the committed ones.
    """
    schedule = c.schedule
    committed = schedule.committed_projects
    over = schedule.allowed[schedule.allowed["project"].isin(committed)].reset_index(drop=True)
    if not over.empty:
        p.limit("build_time", units(p, c).where(over) == 1, over=over, unit="-")


def precedence(p: Program, c: Context) -> None:
    r"""A project that stands on another starts only so many months after it.

    $$ s_{j,t} \le s_{j', t - \mathrm{lag}} \quad [-] $$

    Either may be a hall or a connection.
    """
    pairs = _precedence_pairs(c)
    if pairs.empty:
        return
    state = units(p, c)
    over = pairs[["project", "period"]]
    before = pairs[pairs["earlier"] != ""]
    first = state.rename(project="earlier_project", period="earlier").join(before, partial=True)
    later = state.where(over) - first.sum("earlier_project", "earlier")
    p.limit("precedence", later <= 0, over=over, unit="-")


def _precedence_pairs(c: Context) -> pd.DataFrame:
    """Return (project, period, earlier_project, earlier): the last period that leaves the lag, or ''."""
    schedule, periods = c.schedule, c.tables.periods
    projects = schedule.projects
    starts = dict(zip(periods["period"], periods["start"], strict=True))
    allowed = dict(iter(schedule.allowed.groupby("project", sort=False)["period"]))
    found = []
    named = zip(*(projects[name] for name in ("project", "after_project", "after_months")), strict=True)
    for project, before, months in named:
        for period in allowed.get(project, ()) if before else ():
            latest = add_months(starts[period], -(0 if pd.isna(months) else int(months)))
            fits = [t for t, start in starts.items() if start <= latest]
            found.append((project, period, before, fits[-1] if fits else ""))
    return pd.DataFrame(found, columns=["project", "period", "earlier_project", "earlier"], dtype=object)
