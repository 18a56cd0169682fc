"""How far and how fast owned halls fill: valid inequalities, which follow from the promises for whole starts.

A relaxation that starts a hall by and by pays for the places that it fills and no others. These rows say
what that leaves out: the halls of a site share what the site may hold, and a hall that just started is empty.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.model.labelled import records
from dcplan.model.variables import in_service

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables

_LAST = "last_period"


def fill_cut(p: Program, c: Context) -> None:
    r"""A hall that stands on another holds what its site may hold beyond the halls before it.

    $$ \sum_{k,\, h \in s} x_{k,h,t} \le
       \sum_{h \in s} \big[ \min(U_{s,t}, C_h) - \min(U_{s,t}, C_{h-1}) \big] s_{h,t}, \qquad
       U_{s,t} = \sum_k \min(D_{k,t}, \text{largest}_{k,s,t}) \quad [\mathrm{racks}] $$

    C adds up the places of the halls of an owned site: those in service at the opening or committed by then,
    and then open ones in the order in which one stands on the other. A hall outside of that order counts with
    all of its places. It follows from `rack_places`, `site_share`, `build_time` and `precedence` for whole s.
    """
    m = c.tables
    if not m.owned_sites:
        return
    places = _later_places(c)
    over = m.grid(site=m.owned_sites, period=m.period_labels)
    racks = p["racks"].where(m.grid(hall=m.owned_halls)).sum("class")
    held = (racks - in_service(p, m) * places).join(m.owned_hall_site).sum("hall")
    p.limit("fill_cut", held.or_zero() <= 0, over=over, unit="racks")


def inflow_cut(p: Program, c: Context) -> None:
    r"""A hall fills no faster than racks arrive and crews move.

    $$ \sum_k x_{k,h,t} \le \sum_{\tau \le t} \min\Big(\lfloor f_h N_h \rfloor,
       \sum_{\tau \le i \le t} q_{h,i}\Big) (s_{h,\tau} - s_{h,\tau-1}), \qquad
       q_{h,i} = M n_i + \sum_{k} \max(0, D_{k,i} - (1 - c_{k,i}) D_{k,i-1}) \quad [\mathrm{racks}] $$

    q is what any hall can gain in a period: the racks of the classes that may live there which are new or
    replace churn, and what crews move. It follows from `meet_demand`, `flow`, `move_limit` and `rack_places`
    for whole s; not where demand may go unserved.
    """
    m = c.tables
    if p.has("unserved"):
        return
    steps = _fill_steps(c)
    if steps.empty:
        return
    lasting = dict.fromkeys(zip(steps["hall"], steps[_LAST], strict=True))
    over = pd.DataFrame(list(lasting), columns=["hall", "period"], dtype=object)
    p.dimension(_LAST, m.period_labels)
    gain = p.labels.numbers(steps, ["hall", "period", _LAST], "racks")
    most = p["in_service"].known(gain).sum("period").rename(**{_LAST: "period"})
    racks = p["racks"].sum("class").where(over)
    p.limit("inflow_cut", racks.or_zero() - most <= 0, over=over, unit="racks")


def _later_places(c: Context) -> pd.Series[float]:
    """Return the places that a hall adds to what its site can fill: (hall, period) racks."""
    m = c.tables
    most, chains = _site_most(m), _chains(c)
    sure = [*m.existing, *c.schedule.committed_halls]
    index = pd.MultiIndex.from_product([m.owned_halls, m.period_labels], names=["hall", "period"])
    places = np.repeat(m.usable_places[m.owned_halls].to_numpy(dtype=float)[:, None], len(m.period_labels), 1)
    may = c.schedule.allowed_halls
    allowed = set(zip(may["hall"], may["period"], strict=True))
    there = np.array([pair in allowed for pair in index], dtype=bool).reshape(places.shape)
    committed = np.isin(np.array(m.owned_halls, dtype=object), c.schedule.committed_halls)
    places[committed[:, None] & ~there] = 0.0
    row = {hall: at for at, hall in enumerate(m.owned_halls)}
    found = places.copy()
    site_halls: dict[str, list[str]] = {}
    for hall, site in zip(m.halls["hall"], m.halls["site"], strict=True):
        site_halls.setdefault(site, []).append(hall)
    for site in m.owned_sites:
        halls = [hall for hall in site_halls.get(site, ()) if hall in sure]
        order = [row[hall] for hall in [*halls, *chains[site]]]
        ends = np.vstack([np.zeros(places.shape[1]), places[order].cumsum(axis=0)])
        found[order] = np.diff(np.minimum(most.loc[site].to_numpy()[None, :], ends), axis=0)
    return pd.Series(found.ravel(), index=index)


def _site_most(m: Tables) -> pd.DataFrame:
    """Return the most racks that all classes may have at a site: a row a site, a column a period."""
    largest = m.largest_share["site"]
    demand = m.wide["demand"].loc[largest.index.get_level_values("class")].to_numpy()
    racks = pd.DataFrame(np.minimum(demand, largest.to_numpy()), columns=largest.columns)
    return racks.groupby(largest.index.get_level_values("site")).sum().reindex(m.owned_sites, fill_value=0.0)


def _chains(c: Context) -> dict[str, list[str]]:
    """Return the open candidate halls of each owned site of which each stands on the one before it."""
    projects = records(c.schedule.projects, ["project", "after_project", "hall", "site", "committed"])
    before = {row["project"]: row["after_project"] for row in projects}
    open_halls = [row for row in projects if row["hall"] and not row["committed"]]
    found: dict[str, list[str]] = {site: [] for site in c.tables.owned_sites}
    last: dict[str, str] = {}
    for row in sorted(open_halls, key=lambda row: len(_ancestors(row["project"], before))):
        if last.get(row["site"], "") in ["", *_ancestors(row["project"], before)]:
            found[row["site"]].append(row["hall"])
            last[row["site"]] = row["project"]
    return found


def _ancestors(project: str, before: dict[str, str]) -> list[str]:
    """Return the projects that one stands on, whatever is between."""
    found: list[str] = []
    while (project := before.get(project, "")) and project not in found:
        found.append(project)
    return found


def _fill_steps(c: Context) -> pd.DataFrame:
    """Return (hall, period, last_period, racks): what a hall in service in one holds more in another."""
    m = c.tables
    labels, parts = np.array(m.period_labels, dtype=object), []
    allowed = dict(iter(c.schedule.allowed_halls.groupby("hall", sort=False)["period"]))
    for hall in m.candidates:
        gained = np.cumsum(_gain(c, hall))
        # the racks of a hall that starts with the row's period, at the end of the column's
        since = gained[None, :] - np.r_[0.0, gained[:-1]][:, None]
        full = float(m.usable_places[hall])
        held = np.triu(np.minimum(full, since))
        more = held - np.vstack([held[1:], np.zeros(len(labels))])
        own = set(allowed.get(hall, ()))
        in_time = np.array([label in own for label in labels], dtype=bool)
        rows, columns = np.nonzero((np.abs(more) > 0.0) & in_time[:, None] & in_time & (np.diag(held) < full))
        part = pd.DataFrame({"period": labels[rows], _LAST: labels[columns], "racks": more[rows, columns]})
        parts.append(part.assign(hall=hall))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame({"hall": []})


def _gain(c: Context, hall: str) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """(periods) the most racks that a hall gains in each."""
    m = c.tables
    classes = list(m.eligible.loc[m.eligible["hall"] == hall, "class"].drop_duplicates())
    demand, churn = (m.wide[name].loc[classes].to_numpy() for name in ("demand", "churn"))
    opening = m.opening.groupby("class").sum().reindex(classes, fill_value=0.0).to_numpy(dtype=float)
    before = np.hstack([opening[:, None], demand[:, :-1]])
    new = np.maximum(demand - (1.0 - churn) * before, 0.0).sum(axis=0)
    if m.movable_triples.empty:
        return np.asarray(new)
    moved = m.per_period("months") * m.case.settings["move_limit_fleet_racks_per_month"]
    return np.asarray(new + moved.loc[m.period_labels].to_numpy(dtype=float))
