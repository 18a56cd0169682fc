"""What differs between the decisions of two plans of nearly the same case."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]

NEVER = "never"


def decision_changes(before: Tables, after: Tables) -> pd.DataFrame:
    """Return the decisions that differ: kind, name, before, after.

    start (by project) and exit (by site): the period; lease: the racks kept at the end of the horizon;
    moves: racks moved over the horizon; period labels and the like are text. Only decisions within the
    horizon of each plan count. Decisions within the proven gap of each other may differ by chance.
    """
    found = []
    for kind, read in (
        ("start", starts),
        ("exit", exits),
        ("lease", leases_at_end),
        ("moves", moves_by_year),
    ):
        old, new = read(before), read(after)
        for name in dict.fromkeys([*old, *new]):
            pair = old.get(name, NEVER), new.get(name, NEVER)
            if pair[0] != pair[1]:
                found.append((kind, name, *pair))
    return pd.DataFrame(found, columns=["kind", "name", "before", "after"])


def horizon(tables: Tables) -> set[str]:
    """Return the periods of a plan without its tail."""
    periods = tables["periods"]
    return set(periods.loc[~periods["tail"].astype(bool), "period"])


def starts(tables: Tables) -> dict[str, str]:
    """Return the period in which each project starts, within the horizon."""
    rows, known = tables["starts"], horizon(tables)
    pairs = zip(rows["project"], rows["period"], strict=True)
    return {str(name): str(period) for name, period in pairs if period in known}


def exits(tables: Tables) -> dict[str, str]:
    """Return the period in which each site is left, within the horizon."""
    rows, known = tables["exits"], horizon(tables)
    pairs = zip(rows["site"], rows["period"], strict=True)
    return {str(site): str(period) for site, period in pairs if period in known}


def leases_at_end(tables: Tables) -> dict[str, str]:
    """Return the racks that each lease holds in the last period of the horizon, as text."""
    periods = tables["periods"]
    last = periods.loc[~periods["tail"].astype(bool), "period"].iloc[-1]
    rows = tables["leases"][tables["leases"]["period"] == last]
    pairs = zip(rows["lease"], rows["leased_racks"], strict=True)
    return {str(lease): f"{racks:,.0f} racks" for lease, racks in pairs}


def moves_by_year(tables: Tables) -> dict[str, str]:
    """Return the racks moved in each fiscal year of the horizon, as text."""
    years = tables["periods"].set_index("period")["fiscal_year"]
    moved = tables["racks"][tables["racks"]["period"].isin(horizon(tables))]
    total = moved["moved_out"].groupby(moved["period"].map(years)).sum()
    return {f"FY{year}": f"{racks:,.0f} racks" for year, racks in total.items()}


def cost_changes(before: Tables, after: Tables) -> pd.DataFrame:
    """Return the present value of every cost term: term, before_mjpy, after_mjpy, difference_mjpy."""
    old = before["costs"].groupby("term", sort=False)["pv_mjpy"].sum()
    new = after["costs"].groupby("term", sort=False)["pv_mjpy"].sum()
    both = pd.DataFrame({"before_mjpy": old, "after_mjpy": new}).fillna(0.0)  # a term that one plan lacks
    both["difference_mjpy"] = both["after_mjpy"] - both["before_mjpy"]
    return both.rename_axis("term").reset_index()
