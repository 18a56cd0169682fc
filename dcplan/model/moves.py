"""Moves: how many racks may change their hall in a period."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.model.shares import TIE

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


def move_limit(p: Program, c: Context) -> None:
    r"""Crews move only so many racks in a period, fleet and site; customers accept a share a year.

    $$ \sum_{k,h} m_{k,h,t} \le M\, n_t, \qquad \sum_{k, h \in s} m_{k,h,t} \le M^{site} n_t, \qquad
       \sum_{h, t \in FY} m_{k,h,t} \le \lfloor \mu_k \sum_h x^0_{k,h} \rfloor \quad [\mathrm{racks}] $$

    n is the months of the period, \(\mu\) the share of the opening racks of a class that may move in a year.
    """
    m = c.tables
    if m.movable_triples.empty:
        return
    settings, months = m.case.settings, m.per_period("months")
    moved = p["moved_out"]
    periods = m.periods[["period"]]
    fleet = months * settings["move_limit_fleet_racks_per_month"]
    p.limit("move_limit_fleet", moved.sum("class", "hall") <= fleet, over=periods, unit="racks")
    by_site = moved.sum("class").join(m.hall_site, partial=True).sum("hall")
    sites = m.eligible["site"][m.eligible["class"].isin(m.movable)].unique().tolist()
    over = m.grid(site=sites, period=m.period_labels)
    each = (months * settings["move_limit_site_racks_per_month"]).to_numpy()
    limits = over.assign(racks=np.tile(each, len(sites)))
    most = p.labels.numbers(limits, ["site", "period"], "racks")
    p.limit("move_limit_site", by_site <= most, over=over, unit="racks")
    _yearly(p, c)


def _yearly(p: Program, c: Context) -> None:
    m = c.tables
    classes = m.case["classes"]
    racks = m.opening.groupby("class").sum().to_dict()
    share = dict(zip(classes["class"], classes["yearly_move_share"], strict=True))
    most = [(share[name] * racks.get(name, np.nan) + TIE) // 1.0 for name in m.movable]
    axes: dict[str, list[Any]] = {"class": m.movable, "fiscal_year": m.fiscal_years}
    over = m.grid(**axes)
    limits = over.assign(racks=np.repeat(most, len(m.fiscal_years)))
    limit = p.labels.numbers(limits, ["class", "fiscal_year"], "racks")
    moved = p["moved_out"].sum("hall").join(m.fiscal_year_of).sum("period")
    p.limit("move_limit_class", moved <= limit, over=over, unit="racks")
