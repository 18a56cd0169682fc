"""The decisions of a plan as a planner names them: builds, exits, leases, moves; and what binds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.report.source import OPTIMISED, day, fiscal_years, horizon, records

if TYPE_CHECKING:
    from dcplan.report.source import Inputs, PlanTables

Tables = Mapping[str, pd.DataFrame]


def builds(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return every project: project, hall, committed, service_date, announced_date, months_later.

    An upgrade of a grid connection has no hall and stands there by its own name. service_date is None when
    the project is not built within the horizon; months_later counts calendar months after the announced date
    (negative: earlier) and is <NA> when either date is missing.
    """
    end = day(horizon(tables)["end"].iloc[-1])
    starts = {row["project"]: row for row in records(tables["starts"])}
    rows = []
    for row in records(case["projects"]):
        start = starts.get(row["project"])
        service = day(start["service_date"]) if start is not None else None
        if service and end and service >= end:
            service = None
        announced = day(start["announced_date"]) if start is not None else day(row["service_date"])
        later = None
        if service and announced:
            later = 12 * (service.year - announced.year) + service.month - announced.month
        unit, committed = row["hall"] or row["project"], bool(row["committed"])
        rows.append((row["project"], unit, committed, service, announced, later))
    columns = ["project", "hall", "committed", "service_date", "announced_date", "months_later"]
    return pd.DataFrame(rows, columns=columns).astype({"months_later": "Int64"})


def exits(tables: Tables) -> pd.DataFrame:
    """Return the leased sites left within the horizon, earliest first: site, date."""
    end = day(horizon(tables)["end"].iloc[-1])
    left = [(row["site"], day(row["date"])) for row in records(tables["exits"])]
    rows = sorted((date_, site) for site, date_ in left if date_ and end and date_ < end)
    return pd.DataFrame([(site, date_) for date_, site in rows], columns=["site", "date"])


def lease_years(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return leased racks by period: lease, hall, site, period, start, leased_racks, before (racks)."""
    leases = case["leases"][["lease", "hall", "racks", "term_end"]].rename(columns={"racks": "opening"})
    halls = case["halls"][["hall", "site"]]
    frame = tables["leases"].merge(leases, on="lease").merge(halls, on="hall")
    frame = frame.merge(horizon(tables)[["period", "start"]], on="period").sort_values(["lease", "start"])
    before = frame.groupby("lease")["leased_racks"].shift()
    frame["before"] = before.fillna(frame["opening"])
    return frame.reset_index(drop=True)


def reductions(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return leases that give back part of their racks: site, start (of period), before, after (racks)."""
    frame = lease_years(tables, case)
    cut = frame[(frame["leased_racks"] < frame["before"] - 0.5) & (frame["leased_racks"] > 0.5)]
    cut = cut.sort_values("start")[["site", "start", "before", "leased_racks"]]
    return cut.rename(columns={"leased_racks": "after"}).reset_index(drop=True)


def increases(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return leases that take more racks: site, start (of period), before, after (racks)."""
    frame = lease_years(tables, case)
    more = frame[frame["leased_racks"] > frame["before"] + 0.5]
    more = more.sort_values("start")[["site", "start", "before", "leased_racks"]]
    return more.rename(columns={"leased_racks": "after"}).reset_index(drop=True)


BOUGHT = {"pv_kw": "kW of panels", "battery_kw": "kW of battery", "battery_kwh": "kWh of battery"}
"""Columns of `onsite`, in the words of a planner."""


def purchases(tables: Tables) -> pd.DataFrame:
    """Return panels, batteries and power contracts by fiscal_year and site: fiscal_year, site, amount, what.

    Of what stands it is what is there for the first time in a year; a contract counts where it starts.
    """
    years, columns = fiscal_years(tables), ["fiscal_year", "site", "amount", "what"]
    found = [pd.DataFrame(columns=columns)]
    if "onsite" in tables:
        held = tables["onsite"].set_index(["site", "fiscal_year"])[list(BOUGHT)].rename(columns=BOUGHT)
        more = held - held.groupby(level="site").shift(fill_value=0.0)
        keys = ["site", "fiscal_year"]
        found.append(more.reset_index().melt(keys, var_name="what", value_name="amount"))
    if "ppas" in tables:
        signed = tables["ppas"]
        found.append(
            pd.DataFrame(
                {
                    "fiscal_year": signed["start_year"],
                    "site": signed["site"],
                    "amount": signed["contracted_mw"],
                    "what": "MW of " + signed["instrument"].astype(str),
                }
            )
        )
    rows = pd.concat([part[columns] for part in found if len(part)] or found, ignore_index=True)
    rows = rows[(rows["amount"] > 1e-6) & rows["fiscal_year"].isin(years)]
    return rows.sort_values(["fiscal_year", "site"], kind="stable", ignore_index=True)


def renewals(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return leases kept beyond a term that ends within the horizon: site, term_end, racks at the end."""
    frame = lease_years(tables, case)
    last = frame.groupby("lease").tail(1)
    end = horizon(tables)["end"].iloc[-1]
    ended = np.array([value < end for value in last["term_end"]], dtype=bool)
    kept = last[(last["leased_racks"] > 0.5) & ended]
    kept = kept.sort_values("term_end")[["site", "term_end", "leased_racks"]]
    return kept.rename(columns={"leased_racks": "racks"}).reset_index(drop=True)


def changes_by_year(tables: Tables, case: Inputs) -> pd.DataFrame:
    """Return, by fiscal_year: starts (halls that open), exits (sites left), cuts (leases made smaller)."""
    years = fiscal_years(tables)
    counts = pd.DataFrame(0, index=pd.Index(years, name="fiscal_year"), columns=["starts", "exits", "cuts"])
    built = builds(tables, case)
    dates = {
        "starts": built.loc[built["hall"].isin(case["halls"]["hall"]), "service_date"],
        "exits": exits(tables)["date"],
        "cuts": reductions(tables, case)["start"],
    }
    for name, column in dates.items():
        in_years = [d.year - (d.month < 4) for d in map(day, column) if d]
        found = pd.Series(in_years, dtype="int64").value_counts()
        counts[name] = found.reindex(years, fill_value=0).to_numpy()
    return counts.reset_index()


def moves(tables: Tables) -> pd.DataFrame:
    """Return the moves of the horizon: class, from_hall, to_hall, period, racks."""
    every = tables["moves"]
    return every[every["period"].isin(horizon(tables)["period"])].reset_index(drop=True)


def largest_moves(tables: Tables, count: int) -> pd.DataFrame:
    """Return the largest moves of the horizon: class, from_hall, to_hall, period, racks."""
    order = ["racks", "period", "class", "from_hall", "to_hall"]
    ranked = moves(tables).sort_values(order, ascending=[False, True, True, True, True])
    return ranked.head(count).reset_index(drop=True)


def differences(plan: PlanTables, other: str) -> pd.DataFrame:
    """Return optimised less another plan: measure, unit, ours, theirs, difference (in the unit)."""
    frame = plan.comparison
    columns = ["measure", "unit", "value"]
    ours = frame.loc[frame["plan"] == OPTIMISED, columns].rename(columns={"value": "ours"})
    theirs = frame.loc[frame["plan"] == other, columns].rename(columns={"value": "theirs"})
    both = ours.merge(theirs, on=["measure", "unit"], how="outer", sort=False)
    both = both.fillna({"ours": 0.0, "theirs": 0.0})
    return both.assign(difference=both["ours"] - both["theirs"])


def cost_differences(plan: PlanTables, other: str) -> pd.DataFrame:
    """Return the cost terms of `differences`, largest first: term, ours, theirs, difference (M JPY)."""
    both = differences(plan, other)
    terms = both[both["measure"].str.startswith("cost:") & (both["measure"] != "cost:total")]
    terms = terms.assign(term=terms["measure"].str.removeprefix("cost:"), size=terms["difference"].abs())
    terms = terms.sort_values(["size", "term"], ascending=[False, True])
    return terms[["term", "ours", "theirs", "difference"]].reset_index(drop=True)


def binding(tables: Tables) -> pd.DataFrame:
    """Return the binding limits and targets of the horizon: limit, scope, periods (labels in order)."""
    rows: dict[tuple[str, str], list[str]] = {}
    known = set(horizon(tables)["period"]) | {f"FY{year}" for year in fiscal_years(tables)}
    limits = tables["limits"]
    for row in records(limits[limits["binding"].astype(bool)]):
        if row["period"] in known:
            rows.setdefault((str(row["limit"]), str(row["scope"])), []).append(str(row["period"]))
    targets = tables["targets"]
    for row in records(targets[targets["binding"].astype(bool)]):
        label = f"FY{row['fiscal_year']}"
        if label in known:
            rows.setdefault(("target", f"{row['metric']} ({row['boundary']})"), []).append(label)
    found = [(limit, scope, labels) for (limit, scope), labels in rows.items()]
    return pd.DataFrame(found, columns=["limit", "scope", "periods"])
