"""Projects on a new opening day: what is in service, what is ordered and paid, what is still open."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months, years_between

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dcplan.data.actuals import Actuals
    from dcplan.data.case import Case

    Tables = Mapping[str, pd.DataFrame]

_NOTHING = {"low": np.nan, "high": np.nan, "reason": "", "known_on": None}
_PLAIN: dict[str, Any] = {"source": "actuals", "basis": "derived", **_NOTHING}


@dataclass(frozen=True, eq=False)
class Progress:
    """Changed tables of projects, halls, assets and connections, with remarks."""

    tables: dict[str, pd.DataFrame]
    remarks: tuple[str, ...]


def projects_on(case: Case, plan: Tables, actuals: Actuals, as_of: date) -> Progress:
    """Return projects as they stand on a new opening day.

    A project whose service date (the actual one, else the plan's) is not after `as_of` is in service: its
    hall is `in_service` (or its receiving power is in connections.csv), its cost is an asset. One whose first
    payment falls before `as_of` is ordered: committed on its date, with what was paid and a profile of its
    own, so that the payments still due keep their dates and amounts. All others stay open.
    """
    rows = case["projects"].to_dict("records")
    dates = _service_dates(case, plan, actuals)
    spent = _spent(case, plan, actuals, as_of)
    profiles = {str(name): part for name, part in case["milestones"].groupby("profile", sort=False)}
    done: dict[str, date] = {}
    kept, milestones, remarks = [], [case["milestones"]], []
    for row in rows:
        name, service = str(row["project"]), dates.get(str(row["project"]))
        profile = profiles[row["profile"]]
        if service is not None and service <= as_of:
            done[name] = service
            remarks.append(f"{name} is in service since {service}")
        elif service is not None and add_months(service, -int(profile["months_before"].max())) < as_of:
            ordered, own = _ordered(row, profile, service, spent.get(name, 0.0), as_of)
            kept.append(ordered)
            milestones.append(own)
            remarks.append(f"{name} is ordered: {spent.get(name, 0.0):,.0f} M JPY paid, service {service}")
        else:
            if spent.get(name, 0.0) > 0:
                remarks.append(f"{name} is open in the plan, but {spent[name]:,.0f} M JPY were paid: lost")
            kept.append({str(key): value for key, value in row.items()})
    for entry in kept:
        before = str(entry["after_project"])
        if before in done:
            ready = add_months(done[before], int(entry["after_months"] or 0))
            entry["after_project"], entry["after_months"] = "", 0
            if ready > as_of and not entry["committed"]:
                earliest = entry["earliest_date"]
                entry["earliest_date"] = ready if earliest is None else max(earliest, ready)
    tables = {
        "projects": pd.DataFrame(kept, columns=case["projects"].columns).astype(
            case["projects"].dtypes.to_dict()
        ),
        "milestones": pd.concat(milestones, ignore_index=True),
    }
    for name in ("project_assets", "announcements", "commitments"):
        tables[name] = case[name][~case[name]["project"].isin(done)].reset_index(drop=True)
    return Progress(tables | _in_service(case, done, spent), tuple(remarks))


def _service_dates(case: Case, plan: Tables, actuals: Actuals) -> dict[str, date]:
    """Return the service date of every project that has one: actual, planned or committed."""
    starts = plan["starts"]
    dates = {str(p): day for p, day in zip(starts["project"], starts["service_date"], strict=True)}
    rows = case["projects"]
    for name, committed, day in zip(rows["project"], rows["committed"], rows["service_date"], strict=True):
        if committed:
            dates[str(name)] = day
    told = actuals["actual_projects"]
    return dates | {str(p): day for p, day in zip(told["project"], told["service_date"], strict=True)}


def _spent(case: Case, plan: Tables, actuals: Actuals, as_of: date) -> dict[str, float]:
    """Return what was paid for each project before `as_of`: earlier spend and the actuals, or the plan's.

    Without actual spend at all the plan's payments stand for it.
    """
    before = dict(zip(case["projects"]["project"], case["projects"]["spent_mjpy"], strict=True))
    told = actuals["actual_spend"]
    if told.empty:
        paid = planned_spend(plan, as_of).groupby("project")["mjpy"].sum()
    else:
        paid = told.groupby("project")["mjpy"].sum()
    return {str(name): float(sunk) + float(paid.get(name, 0.0)) for name, sunk in before.items()}


def planned_spend(plan: Tables, as_of: date) -> pd.DataFrame:
    """Return what the plan paid before a day since its opening: project, fiscal_year, mjpy."""
    rows = plan["payments"]
    paid = pd.Series([str(day) < as_of.isoformat() for day in rows["day"]], index=rows.index, dtype=bool)
    due = paid & ~rows["sunk"].astype(bool)
    return rows[due].groupby(["project", "fiscal_year"])["mjpy"].sum().reset_index()


def _ordered(
    row: Mapping[Any, Any], profile: pd.DataFrame, service: date, spent: float, as_of: date
) -> tuple[dict[str, Any], pd.DataFrame]:
    """Return an ordered project as committed, and the profile that holds its past and its future.

    The nominal cost is the plan's for its date; payments still due keep their amounts, what was paid stands
    in the first month of the profile that lies before `as_of`.
    """
    cost = float(row["cost_mjpy"])
    if not row["committed"]:
        cost *= (1.0 + float(row["escalation"])) ** years_between(row["price_date"], service)
    months = profile["months_before"].astype(int)
    due = np.array([add_months(service, -int(m)) >= as_of for m in months], dtype=bool)
    open_mjpy = (profile["share"][due] * cost).to_numpy(dtype=float)
    total = spent + float(open_mjpy.sum())
    first = months[~due].min() if (~due).any() else months.max()
    shares = [(int(first), spent / total if total else 1.0)]
    shares += [(int(m), float(v) / total) for m, v in zip(months[due], open_mjpy, strict=True) if total]
    name = f"{row['project']}-from-{as_of:%Y-%m}"
    own = pd.DataFrame([{"profile": name, "months_before": m, "share": s, **_PLAIN} for m, s in shares])
    ordered = {**row, "cost_mjpy": total, "price_date": service, "escalation": 0.0, "profile": name}
    ordered |= {"committed": True, "service_date": service, "spent_mjpy": spent, "earliest_date": None}
    ordered |= _PLAIN
    return ordered, own[[*profile.columns]]


def _in_service(case: Case, done: Mapping[str, date], spent: Mapping[str, float]) -> dict[str, pd.DataFrame]:
    """Return halls, connections and opening assets with the projects that are in service."""
    halls, connections, assets = case["halls"].copy(), case["connections"], case["opening_assets"]
    rows = case["projects"]
    rows = rows[rows["project"].isin(done)]
    halls.loc[halls["hall"].isin(rows["hall"]), "status"] = "in_service"
    upgrades = rows[rows["hall"] == ""]
    added = []
    for row in upgrades.sort_values("project").to_dict("records"):
        day = done[str(row["project"])]
        known = connections[(connections["site"] == row["site"])].sort_values("from_date")
        now = known[np.array([d <= day for d in known["from_date"]], dtype=bool)]["receiving_kw"]
        kw = float(now.iloc[-1] if len(now) else 0.0) + float(row["adds_receiving_kw"])
        added.append({"site": row["site"], "from_date": day, "receiving_kw": kw, **_PLAIN})
        later = (connections["site"] == row["site"]) & np.array(
            [d > day for d in connections["from_date"]], dtype=bool
        )
        connections = connections.assign(
            receiving_kw=connections["receiving_kw"] + later * float(row["adds_receiving_kw"])
        )
    if added:
        more = pd.DataFrame(added, columns=connections.columns)
        connections = pd.concat([connections, more], ignore_index=True)
    site = case["halls"].set_index("hall")["site"]
    made = []
    for row in rows.to_dict("records"):
        name, where = str(row["project"]), row["site"] or site[row["hall"]]
        parts = case["project_assets"][case["project_assets"]["project"] == name]
        made += [
            {"asset": f"{name}-{kind}", "site": where, "asset_class": kind, "service_date": done[name],
             "cost_mjpy": spent.get(name, 0.0) * float(share), **_PLAIN}
            for kind, share in zip(parts["asset_class"], parts["share"], strict=True)
        ]  # fmt: skip
    if made:
        assets = pd.concat([assets, pd.DataFrame(made, columns=assets.columns)], ignore_index=True)
    return {"halls": halls, "connections": connections, "opening_assets": assets}
