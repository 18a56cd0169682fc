"""Headroom of a plan: what still fits, hall by hall and period by period, and which resource binds first.

A *typical rack* of a hall is the mix of the classes that may stand there, weighted by their racks in demand
in the period; what it draws is its peak x diversity in an owned hall, its contract power in a leased one
(landlords reserve that), the same figures that limit the plan. Largest shares of a class at a site or in a
region are no part of headroom: an order enquiry respects them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    Tables = Mapping[str, pd.DataFrame]

PLACES, IT_KW, RECEIVING_KW, CLOSED = "places", "it_kw", "receiving_kw", "closed"
"""What binds a hall; `closed`: not in service, or nothing is leased."""
BY = {PLACES: "racks_by_places", IT_KW: "racks_by_it_kw", RECEIVING_KW: "racks_by_receiving_kw"}
_TIE = 1e-6
"""Room for rounding noise where kW become whole racks; a plan keeps its limits to 1e-6."""


def capacity(tables: Tables, halls: pd.DataFrame, leases: pd.DataFrame) -> pd.DataFrame:
    r"""Return what a plan has in service: hall, site, owned, period, usable_places, usable_it_kw.

    Owned: \(\lfloor f N \rfloor s\) places and \(P s\) kW; leased: \(\lfloor f\, l \rfloor\) places and
    \(l P / N\) kW, with f the largest fill, N places, P design IT kW, s in service and l racks under lease.

    Args:
        tables: plan tables `halls` and `leases`.
        halls: hall, site, owned, rack_places, largest_fill, it_kw.
        leases: lease, hall.
    """
    owned = tables["halls"].merge(halls[halls["owned"].astype(bool)], on="hall")
    owned["usable_places"] = np.floor(owned["rack_places"] * owned["largest_fill"] + _TIE)
    owned["usable_places"] *= owned["in_service"]
    owned["usable_it_kw"] = owned["it_kw"] * owned["in_service"]
    leased = tables["leases"].merge(leases[["lease", "hall"]], on="lease").merge(halls, on="hall")
    leased["usable_places"] = np.floor(leased["leased_racks"] * leased["largest_fill"] + _TIE)
    leased["usable_it_kw"] = leased["leased_racks"] * leased["it_kw"] / leased["rack_places"]
    columns = ["hall", "site", "owned", "period", "usable_places", "usable_it_kw"]
    return pd.concat([owned[columns], leased[columns]], ignore_index=True)


def occupied(tables: Tables, overlap: pd.DataFrame) -> pd.DataFrame:
    """Return the racks in a hall, those that moved and still hold their old place included.

    Args:
        tables: plan table `racks`.
        overlap: relation period, moved_period: a rack moved in the second still occupies its place in the
            first.

    Returns:
        class, hall, period, racks.
    """
    racks = tables["racks"]
    held = racks.rename(columns={"period": "moved_period"}).merge(overlap, on="moved_period")
    held = held.assign(racks=held["moved_out"])[["class", "hall", "period", "racks"]]
    both = pd.concat([racks[["class", "hall", "period", "racks"]], held], ignore_index=True)
    return both.groupby(["class", "hall", "period"], sort=False)["racks"].sum().reset_index()


def hall_headroom(
    capacity_: pd.DataFrame,
    occupied_: pd.DataFrame,
    rack_kw: pd.DataFrame,
    eligible: pd.DataFrame,
    receiving: pd.DataFrame,
) -> pd.DataFrame:
    """Return the headroom of every hall in every period, in racks of its typical mix.

    Args:
        capacity_: see `capacity`.
        occupied_: see `occupied`.
        rack_kw: class, hall, period, it_kw (what a rack draws from the hall's limit), site_kw (from the
            site's connection; NaN in a leased hall), weight (racks in demand).
        eligible: class, hall where a class may stand.
        receiving: site, period, free_receiving_kw of the owned sites.

    Returns:
        hall, site, period, owned, usable_places, usable_it_kw, free_places, free_it_kw, free_receiving_kw
        (shared by the halls of a site; NaN where the landlord has it), rack_kw (typical), racks_by_places,
        racks_by_it_kw, racks_by_receiving_kw, headroom_racks (their least, whole) and binds.
    """
    keys = ["hall", "period"]
    drawn = occupied_.merge(rack_kw, on=["class", "hall", "period"], validate="one_to_one")
    used = (
        drawn.assign(kw=drawn["racks"] * drawn["it_kw"]).groupby(keys, as_index=False)[["racks", "kw"]].sum()
    )
    mix = rack_kw.merge(eligible[["class", "hall"]], on=["class", "hall"])
    for column in ("it_kw", "site_kw"):
        mix[column] *= mix["weight"]
    mix = mix.groupby(keys, as_index=False)[["it_kw", "site_kw", "weight"]].sum(min_count=1)
    mix["rack_kw"], mix["rack_site_kw"] = mix["it_kw"] / mix["weight"], mix["site_kw"] / mix["weight"]
    room = capacity_.merge(used, on=keys, how="left").merge(
        mix[[*keys, "rack_kw", "rack_site_kw"]], on=keys, how="left"
    )
    room = room.merge(receiving, on=["site", "period"], how="left")
    room["free_places"] = (room["usable_places"] - room["racks"].fillna(0.0)).clip(lower=0.0)
    room["free_it_kw"] = (room["usable_it_kw"] - room["kw"].fillna(0.0)).clip(lower=0.0)
    room["free_receiving_kw"] = room["free_receiving_kw"].clip(lower=0.0)
    room["racks_by_places"] = np.floor(room["free_places"] + _TIE)
    room["racks_by_it_kw"] = np.floor(room["free_it_kw"] / room["rack_kw"] + _TIE)
    room["racks_by_receiving_kw"] = np.floor(room["free_receiving_kw"] / room["rack_site_kw"] + _TIE)
    room["headroom_racks"] = room[list(BY.values())].min(axis=1)
    tight = room[list(BY.values())].fillna(np.inf).to_numpy().argmin(axis=1)
    names = np.array(list(BY), dtype=object)[tight]
    room["binds"] = np.where(room["usable_places"] > 0, names, CLOSED)
    return room.drop(columns=["racks", "kw"]).reset_index(drop=True)


def share_connection(rooms: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Return the further racks of each hall when the halls of a site share one grid connection.

    The halls whose racks draw least are filled first, which is the most racks that the connection feeds.

    Args:
        rooms: *by, racks (that fit the hall), site_kw (of one; NaN where no connection is shared),
            free_receiving_kw.
        by: the columns that name one connection at one time: site and period, and a class where each class
            is asked for alone.

    Returns:
        The rows of `rooms` with shared_racks, at most racks.
    """
    rows = rooms.sort_values([*by, "site_kw"], kind="stable")
    free = rows["free_receiving_kw"].fillna(np.inf)
    drawn = (rows["racks"] * rows["site_kw"]).fillna(0.0)
    groups = [rows[name] for name in by]
    before = drawn.groupby(groups).cumsum() - drawn
    fed = np.floor(((free - before) / rows["site_kw"]).fillna(np.inf) + _TIE)
    rows["shared_racks"] = np.minimum(rows["racks"], fed.clip(lower=0.0))
    return rows.sort_index()


def higher_sales(tables: Tables, churn: pd.Series[float], higher: float) -> pd.DataFrame:
    r"""Return the racks that come on top of a plan's when sales are higher by a share, month by month.

    $$ e_{k,t} = (1 - c_{k,t})\, e_{k,t-1} + \alpha \sum_h (\mathrm{placed} - \mathrm{moved\ out})_{k,h,t}
       \quad [\mathrm{racks}] $$

    Sales are the new racks of a period: what demand grows by and what replaces churn. The racks on top churn
    like all others. Within a period they come month by month in equal parts.

    Args:
        tables: plan tables `racks` and `periods` (the tail is left out).
        churn: share that leaves at the start of a period: (class, period).
        higher: share by which sales are higher, 0.2 for 20 %.

    Returns:
        class, period, month (`YYYY-MM`), extra_racks at the end of the month.
    """
    periods = tables["periods"]
    periods = periods[~periods["tail"].astype(bool)]
    racks = tables["racks"]
    sold = (racks["placed"] - racks["moved_out"]).groupby([racks["class"], racks["period"]]).sum()
    spans = zip(periods["period"], periods["start"], periods["end"], strict=True)
    months = pd.concat([_months(*span) for span in spans], ignore_index=True)
    frames = []
    for name in dict.fromkeys(racks["class"]):
        new = higher * sold.loc[name].reindex(periods["period"]).to_numpy(dtype=float)
        stay = 1.0 - churn.loc[name].reindex(periods["period"]).to_numpy(dtype=float)
        start, opening = np.zeros(len(new)), 0.0
        for t in range(len(new)):
            start[t] = opening * stay[t]
            opening = start[t] + new[t]
        at = pd.DataFrame({"period": periods["period"], "start": start, "new": new})
        rows = months.merge(at, on="period")
        rows["extra_racks"] = rows["start"] + rows["new"] * rows["part"]
        frames.append(rows.assign(**{"class": name})[["class", "period", "month", "extra_racks"]])
    return pd.concat(frames, ignore_index=True)


def _months(period: str, start: date, end: date) -> pd.DataFrame:
    """Return the months of a period: period, month, part of the period that is over when it ends."""
    labels = pd.period_range(str(start)[:7], str(end)[:7], freq="M")[:-1].astype(str)
    parts = np.arange(1, len(labels) + 1) / len(labels)
    return pd.DataFrame({"period": period, "month": labels, "part": parts})


def first_full(rooms: pd.DataFrame, key: str, periods: pd.DataFrame) -> pd.Series[str]:
    """Return the month from which no further rack fits, by the labels of `key`; '' while one always does.

    The month is the first one of the first period of the horizon that has places there and no room for a
    rack. `rooms`: *key, period, headroom_racks, open (bool).
    """
    horizon = periods[~periods["tail"].astype(bool)][["period", "start"]].reset_index(drop=True)
    rows = rooms.merge(horizon.assign(order=horizon.index), on="period")
    full = rows[rows["open"] & (rows["headroom_racks"] < 1)].sort_values("order")
    first = full.groupby(key)["start"].first().astype(str).str[:7]
    return first.reindex(list(dict.fromkeys(rooms[key])), fill_value="").rename("month")
