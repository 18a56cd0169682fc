"""What has been promised: starts and exits that have a price when they change."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model.cost_term import CostTerm
from dcplan.model.variables import kept, starts

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

CHANGE = "commitment_change"


def commitment_change(p: Program, c: Context) -> list[CostTerm]:
    r"""A promised start or exit that comes in another period, or not at all, costs its price once.

    $$ \sum_i \pi_i \, (1 - \sigma_{i}), \qquad \sigma_i = s_{j,t_i} - s_{j,t_i - 1} \ \text{(start)}, \quad
       \sigma_i = y_{s,t_i - 1} - y_{s,t_i} \ \text{(exit)} \quad [\mathrm{M\,JPY}] $$

    t is the first whole period from the promised day of a start, and the period that holds the promised day
    of an exit. It is a shadow price, no cash, taken at the start of the period.
    """
    m = c.tables
    rows = m.case["commitments"]
    if rows.empty:
        return []
    begun, left = rows[rows["project"] != ""], rows[rows["site"] != ""]
    whole_from, holding = m.calendar.first_whole_period, m.calendar.period_of
    begun = begun.assign(period=pd.Series(map(whole_from, begun["date"]), index=begun.index, dtype=object))
    left = left.assign(period=pd.Series(map(holding, left["date"]), index=left.index, dtype=object))
    sites = c.schedule.project_site.rename(columns={"site": "at"})
    at = begun.merge(sites, on="project")[["at", "period", "price_mjpy"]].rename(columns={"at": "site"})
    whole = pd.concat([at, left[["site", "period", "price_mjpy"]]], ignore_index=True)
    due = p.constant(whole.groupby(["site", "period"], sort=False)["price_mjpy"].sum().astype(float))
    kept_promises = [part for part in (_started(p, c, begun), _left(p, c, left)) if part is not None]
    for part in kept_promises:
        due = due - part
    day = pd.Series([m.discount(start) for start in m.periods["start"]], index=m.period_labels)
    return [CostTerm(CHANGE, due, due * day.rename_axis("period"), cash=False)]


def _started(p: Program, c: Context, rows: pd.DataFrame) -> Expr | None:
    """Return the price of every promised start that is kept: (site, period)."""
    rows = rows.rename(columns={"period": "start_period"})
    rows = rows.merge(c.schedule.starts[["project", "start_period"]], on=["project", "start_period"])
    if rows.empty:
        return None
    price = rows.groupby(["project", "start_period"], sort=False)["price_mjpy"].sum().astype(float)
    step = starts(p, c).where(price.index.to_frame(index=False)) * price
    by_site = step.join(c.schedule.project_site, partial=True).sum("project")
    return by_site.rename(start_period="period")


def _left(p: Program, c: Context, rows: pd.DataFrame) -> Expr | None:
    """Return the price of every promised exit that is kept: (site, period)."""
    if rows.empty:
        return None
    price = rows.groupby(["site", "period"], sort=False)["price_mjpy"].sum().astype(float)
    state = kept(p, c)
    step = state.shift("period", opening=1.0) - state
    return step.where(price.index.to_frame(index=False)) * price
