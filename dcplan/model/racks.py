"""Racks: demand is met, what is there stays there, and nothing stands where there is no place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data import calendar as time
from dcplan.data.tables_demand import AREAS
from dcplan.model.variables import in_service, leased_by_hall, occupied

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


def meet_demand(p: Program, c: Context) -> None:
    r"""Every rack in demand stands somewhere, in every period.

    $$ \sum_h x_{k,h,t} + u_{k,t} = D_{k,t} \qquad \forall k, t \quad [\mathrm{racks}] $$

    The unserved racks u exist only in plans that price them (reference plans).
    """
    placed = p["racks"].sum("hall")
    if p.has("unserved"):
        placed = placed + p["unserved"]
    over = c.tables.demand.index.to_frame(index=False)
    p.limit("meet_demand", placed.or_zero() == c.tables.demand, over=over, unit="racks")


def flow(p: Program, c: Context) -> None:
    r"""Racks leave a hall only by churn or by a move.

    $$ x_{k,h,t} + m_{k,h,t} \ge (1 - c_{k,t})\, x_{k,h,t-1} \quad [\mathrm{racks}] $$

    c is the share that leaves at the turn of the fiscal year, m what moves to another hall; what was placed
    is the slack of the row. In whole racks this rounds churn down: a hall loses \(\lfloor c x \rfloor\).
    """
    m = c.tables
    before = p["racks"].shift("period", opening=m.opening)
    here = p["racks"] + p["moved_out"]
    p.limit("flow", here - before * (1.0 - m.churn) >= 0, over=m.triples, unit="racks")


def pinned_racks(p: Program, c: Context) -> None:
    r"""Racks that a contract holds in a hall stay there until it ends.

    $$ x_{k,h,t} \ge n_{k,h} \qquad \forall t \text{ that starts before the date} \quad [\mathrm{racks}] $$
    """
    m = c.tables
    pinned = m.case["pinned_racks"]
    if pinned.empty:
        return
    rows = pinned[["class", "hall", "racks", "until"]].merge(m.periods[["period", "start"]], how="cross")
    holds = [
        until is None or start < until for until, start in zip(rows["until"], rows["start"], strict=True)
    ]
    rows = rows[holds]
    least = rows.set_index(["class", "hall", "period"])["racks"].astype(float)
    over = rows[["class", "hall", "period"]].reset_index(drop=True)
    p.limit("pinned_racks", p["racks"].where(over) >= least, over=over, unit="racks")


def reserved_racks(p: Program, c: Context) -> None:
    r"""Racks booked in a region arrive there as new racks, and as many stand there while the booking lasts.

    $$ \sum_{h \in r} \big( x_{k,h,t} - (1 - c_{k,t})\, x_{k,h,t-1} \big) \ge n^{arriving}_{k,r,t}, \qquad
       \sum_{h \in r} x_{k,h,t} \ge n^{standing}_{k,r,t} \quad [\mathrm{racks}] $$

    A booking arrives in the period of its first day. The first row keeps it from being met with racks that
    stood in the region before. r is a region or a half of the country, which holds the bookings of its
    regions too. Bookings without a region are demand alone.
    """
    m = c.tables
    if not any(m.case["reservations"]["region"]):
        return
    booked = time.booked_by_period(m.case, m.calendar)
    booked = booked[booked["region"] != ""]
    if booked.empty:
        return
    named = set(booked["region"])
    booked = _areas(booked)
    booked = booked[booked["area"].isin(named)]
    before = p["racks"].shift("period", opening=m.opening)
    areas = _areas(m.halls[["hall", "region"]])[["hall", "area"]]
    p.dimension("area", list(dict.fromkeys(areas["area"])))
    rows = {
        "reserved_arriving": (p["racks"] - before * (1.0 - m.churn), booked[booked["arrival"]]),
        "reserved_standing": (p["racks"], booked),
    }
    for name, (racks, bookings) in rows.items():
        least = bookings.groupby(["class", "area", "period"], sort=False)["racks"].sum().astype(float)
        over = least.index.to_frame(index=False)
        p.limit(name, racks.join(areas).sum("hall").where(over) >= least, over=over, unit="racks")


def _areas(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows with a region once for the region and once for the half of the country: column area."""
    halves = [(region, area) for area, held in AREAS.items() for region in held]
    relation = pd.DataFrame(halves, columns=["region", "area"])
    own = rows.assign(area=rows["region"])
    return pd.concat([own, rows.merge(relation, on="region")], ignore_index=True)


def rack_places(p: Program, c: Context) -> None:
    r"""Racks in a hall, those still overlapping a move included, never exceed the places in service there.

    $$ \sum_k (x_{k,h,t} + v_{k,h,t}) \le \lfloor f_h N_h \rfloor s_{h,t} \qquad \text{(owned)} $$
    $$ \sum_k (x_{k,h,t} + v_{k,h,t}) \le f_h\, l_{h,t} \qquad \text{(leased)} \quad [\mathrm{racks}] $$

    f is the largest fill, N the places, s in service, l the racks under lease, v the racks moved out that
    still occupy their place during the overlap months.
    """
    m = c.tables
    racks = occupied(p, m).sum("class")
    fill = m.hall_number("largest_fill")
    owned = m.grid(hall=m.owned_halls, period=m.period_labels)
    places = in_service(p, m) * m.usable_places
    p.limit(
        "rack_places_owned",
        (racks.where(m.grid(hall=m.owned_halls)) - places).or_zero() <= 0,
        over=owned,
        unit="racks",
    )
    leased = m.grid(hall=m.leased_halls, period=m.period_labels)
    rented = leased_by_hall(p, c) * fill
    p.limit(
        "rack_places_leased",
        racks.where(m.grid(hall=m.leased_halls)) - rented <= 0,
        over=leased,
        unit="racks",
    )
