"""How much still fits a plan, which resource binds, and when room runs out; also with higher sales."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import SolverError
from dcplan.lp.program import Program
from dcplan.metrics import headroom as metric
from dcplan.model.tables import Tables
from dcplan.plans.request import Request
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.plans.plan import Plan

SALES = 0.2
_LEAST = 1e-3
"""Racks without a place below which a month counts as served: rounding noise of a linear program."""


@dataclass(frozen=True, eq=False)
class Headroom:
    """The headroom of a plan.

    Attributes:
        halls: by hall and period: free places, IT kW and receiving kW, the typical rack's kW, further racks
            and what binds (see `dcplan.metrics.headroom.hall_headroom`); shared_racks where the halls of a
            site are filled together and share its grid connection.
        sites: site, period, headroom_racks: the sum of the shared racks.
        classes: class, period, headroom_racks: further racks of this class alone.
        months: month, period, extra_racks, unplaced_racks of the fleet with higher sales, and the classes
            that find no place.
        run_out: scope (fleet, class, site, hall), name, month (in the plan), month_higher_sales (fleet and
            classes); '' where it does not run out within the horizon.
        sales_higher: by how much sales are higher, as a share.
    """

    halls: pd.DataFrame
    sites: pd.DataFrame
    classes: pd.DataFrame
    months: pd.DataFrame
    run_out: pd.DataFrame
    sales_higher: float


def headroom(plan: Plan, *, which: str = "optimised", sales_higher: float = SALES) -> Headroom:
    """Return the headroom of a saved plan.

    The fleet runs out with higher sales in the first month in which the racks on top, of all classes
    together, find no place in what the plan leaves free (a linear program over classes, halls and months);
    a class alone in the first month in which its own racks on top exceed its room.

    Args:
        plan: a plan opened from its folder.
        which: `optimised` or the name of a reference plan of the folder.
        sales_higher: by how much sales (new racks, also those that replace churn) are higher, 0.2 = 20 %.

    Raises:
        InputError: the saved inputs are refused.
    """
    m = saved_tables(plan)
    tables = plan.tables if which == "optimised" else plan.references[which]
    halls = m.halls.assign(owned=m.halls["ownership"] == "owned")
    owned = halls.set_index("hall")["owned"]
    rack_kw = _rack_kw(m, owned)
    room = metric.capacity(tables, halls, m.case["leases"])
    room = metric.hall_headroom(
        room, metric.occupied(tables, m.overlap), rack_kw, m.eligible, _receiving(tables)
    )
    by_class = _class_rooms(room, rack_kw, m)
    by_site = room.rename(columns={"rack_site_kw": "site_kw"})
    by_site["racks"] = by_site[["racks_by_places", "racks_by_it_kw"]].min(axis=1).fillna(0.0)
    room["shared_racks"] = metric.share_connection(by_site, ["site", "period"])["shared_racks"]
    sites = _sum(room, ["site", "period"])
    classes = _sum(metric.share_connection(by_class, ["class", "site", "period"]), ["class", "period"])
    extra = metric.higher_sales(tables, m.churn, sales_higher)
    unplaced = _unplaced(extra, by_class, room)
    months = extra.groupby(["month", "period"], sort=False)["extra_racks"].sum().reset_index()
    months["unplaced_racks"] = months["month"].map(unplaced.groupby("month")["racks"].sum())
    lost = unplaced[unplaced["racks"] > _LEAST].groupby("month")["class"].agg(", ".join)
    months["unplaced_classes"] = pd.Series(
        [str(lost.get(month, "")) for month in months["month"]], dtype=object
    )
    run_out = _run_out(room, sites, classes, extra, months, m.periods)
    return Headroom(_in_horizon(room, m), _in_horizon(sites, m), _in_horizon(classes, m), months, run_out,
                    sales_higher)  # fmt: skip


def saved_tables(plan: Plan) -> Tables:
    """Return the numbers of the case that a plan was solved from, on the calendar of the plan.

    Raises:
        ValueError: the plan is not saved.
        InputError: the saved inputs are refused.
    """
    if plan.folder is None:
        raise ValueError("this plan is not saved: its inputs are needed")
    told: Mapping[str, Any] = plan.manifest
    request = Request(
        str(plan.folder / "inputs"),
        by=told["granularity"],
        tail_years=told["tail_years"],
        terminal_value=told["terminal_value"],
    )
    case, calendar = request.open()
    return Tables(case, calendar, case.info.terminal_value)


def _sum(rows: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    total = rows.groupby(by, sort=False)["shared_racks"].sum()
    return total.rename("headroom_racks").reset_index()


def _in_horizon(rows: pd.DataFrame, m: Tables) -> pd.DataFrame:
    tail = set(m.periods.loc[m.periods["tail"], "period"])
    return rows[~rows["period"].isin(tail)].reset_index(drop=True)


def _rack_kw(m: Tables, owned: pd.Series[bool]) -> pd.DataFrame:
    """Return what a rack of each class draws in each hall: class, hall, period, it_kw, site_kw, weight."""
    by_class = pd.DataFrame(
        {
            "peak": m.class_year("peak_kw") * m.diversity,
            "contract": m.class_year("contract_kw"),
            "weight": m.demand,
        }
    ).reset_index()
    rows = m.eligible[["class", "hall"]].merge(by_class, on="class")
    own = rows["hall"].map(owned).to_numpy(dtype=bool)
    rows["it_kw"] = np.where(own, rows["peak"], rows["contract"])
    factor = rows["hall"].map(m.extreme_per_it).to_numpy(dtype=float)
    rows["site_kw"] = np.where(own, rows["peak"] * factor, np.nan)
    return rows.drop(columns=["peak", "contract"])


def _receiving(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    limits = tables["limits"]
    rows = limits[limits["limit"] == "site_power"].rename(columns={"scope": "site"})
    rows = rows.assign(free_receiving_kw=rows["available"] - rows["used"])
    return rows[["site", "period", "free_receiving_kw"]].reset_index(drop=True)


def _class_rooms(room: pd.DataFrame, rack_kw: pd.DataFrame, m: Tables) -> pd.DataFrame:
    """Return the further racks of each class that each hall takes alone: class, hall, site, period, racks."""
    columns = ["hall", "site", "period", "usable_places", "free_places", "free_it_kw", "free_receiving_kw"]
    rows = m.eligible[["class", "hall"]].merge(room[columns], on="hall")
    rows = rows.merge(rack_kw, on=["class", "hall", "period"])
    fits = np.floor(np.minimum(rows["free_places"], rows["free_it_kw"] / rows["it_kw"]) + 1e-6)
    return rows.assign(racks=fits)


def _unplaced(extra: pd.DataFrame, by_class: pd.DataFrame, room: pd.DataFrame) -> pd.DataFrame:
    r"""Return the racks on top that find no place (class, month, racks): the least that any placement leaves.

    $$ \min \sum_k u_{k,m} \quad \text{s.t.} \quad \sum_h e_{k,h,m} + u_{k,m} = E_{k,m}, \quad
       \sum_k e_{k,h,m} \le \text{free places}, \quad \sum_k q_{k,h} e_{k,h,m} \le \text{free IT kW}, \quad
       \sum_{k, h \in s} r_{k,h} e_{k,h,m} \le \text{free receiving kW} $$
    """
    wanted = extra.set_index(["class", "month"])["extra_racks"]
    calendar = extra[["month", "period"]].drop_duplicates()
    rows = by_class[by_class["racks"] > 0].merge(calendar, on="period")
    if rows.empty:
        return extra[["class", "month", "extra_racks"]].rename(columns={"extra_racks": "racks"})
    p = Program("higher-sales")
    p.dimension("class", list(dict.fromkeys(extra["class"])))
    for name in ("hall", "site"):
        p.dimension(name, list(dict.fromkeys(room[name])))
    p.dimension("month", list(calendar["month"]))
    key = ["class", "hall", "month"]
    placed = p.variable("extra", rows[key], unit="racks", doc="racks on top, by hall")
    short = p.variable("unplaced", wanted.index.to_frame(index=False), unit="racks", doc="without a place")
    total = placed.sum("hall").or_zero() + short
    p.limit("all", total == wanted, over=wanted.index.to_frame(index=False), unit="racks")
    free = rows.drop_duplicates(["hall", "month"]).set_index(["hall", "month"])
    over = free.index.to_frame(index=False)
    p.limit("places", placed.sum("class") <= free["free_places"], over=over, unit="racks")
    drawn = placed * rows.set_index(key)["it_kw"]
    p.limit("it_kw", drawn.sum("class") <= free["free_it_kw"], over=over, unit="kW")
    fed = rows[rows["site_kw"].notna()]
    if not fed.empty:
        limit = fed.drop_duplicates(["site", "month"]).set_index(["site", "month"])["free_receiving_kw"]
        fed_kw = (placed.where(fed[key]) * fed.set_index(key)["site_kw"]).sum("class")
        by_site = fed_kw.join(room[["hall", "site"]].drop_duplicates(), partial=True).sum("hall")
        p.limit("receiving_kw", by_site <= limit, over=limit.index.to_frame(index=False), unit="kW")
    p.minimize(unplaced=short)
    solution = highs.solve(p.matrix(), SolveOptions(gap=0.0))
    if solution.values is None:
        message = f"the placement of the racks on top found no answer ({solution.status.value})"
        raise SolverError(message)
    return p.table("unplaced", solution.found).rename(columns={"unplaced": "racks"})


def _run_out(
    room: pd.DataFrame,
    sites: pd.DataFrame,
    classes: pd.DataFrame,
    extra: pd.DataFrame,
    months: pd.DataFrame,
    periods: pd.DataFrame,
) -> pd.DataFrame:
    """Return scope, name, month and month_higher_sales."""
    held = room.assign(open=room["usable_places"] > 0)
    open_sites = held.groupby(["site", "period"])["open"].any().reset_index()
    fleet = sites.groupby("period", sort=False)["headroom_racks"].sum().reset_index()
    scopes = {
        "fleet": (fleet.assign(fleet="fleet", open=True), "fleet"),
        "class": (classes.assign(open=True), "class"),
        "site": (sites.merge(open_sites, on=["site", "period"]), "site"),
        "hall": (held, "hall"),
    }
    found = [
        metric.first_full(rows, key, periods).rename_axis("name").reset_index().assign(scope=scope)
        for scope, (rows, key) in scopes.items()
    ]
    table = pd.concat(found, ignore_index=True)[["scope", "name", "month"]]
    over = months.loc[months["unplaced_racks"] > _LEAST, "month"]
    higher = {("fleet", "fleet"): str(over.iloc[0]) if len(over) else ""}
    alone = extra.merge(classes, on=["class", "period"])
    alone = alone[alone["extra_racks"] > alone["headroom_racks"] + _LEAST]
    first = alone.sort_values("month").groupby("class")["month"].first()
    higher |= {("class", str(name)): str(first.get(name, "")) for name in dict.fromkeys(extra["class"])}
    pairs = zip(table["scope"], table["name"], strict=True)
    table["month_higher_sales"] = pd.Series([higher.get(pair) for pair in pairs], dtype=object)
    return table
