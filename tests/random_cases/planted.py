"""Ten kinds of conflicts, each planted in a case that has a plan: the cause is known."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import numpy as np

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from tests.model.toys import with_rows, with_settings, with_value

Planted = tuple[Case, str | tuple[str, ...]]
"""The case with the conflict, and how the key of the promise begins that is its cause, or one of them."""


def pin(case: Case, name: str, decision: str, sense: str, value: float, **row: Any) -> Case:
    plain = {"class": "", "hall": "", "site": "", "project": "", "lease": "", "period_to": None}
    first = {"period_from": case.info.as_of}
    told = {"pin": name, "decision": decision, "sense": sense, "value": value, "reason": "Planted."}
    return with_rows(case, "pins", {**plain, **first, **told, **row})


def largest(case: Case) -> str:
    """The class with the most opening racks."""
    held = case["occupancy"].groupby("class")["racks"].sum()
    return str(held.idxmax())


def demand_on_opening(case: Case, name: str) -> float:
    rows = case["demand"]
    return float(rows[rows["class"] == name].sort_values("date")["racks"].iloc[0])


def pin_below_demand(case: Case) -> Planted | None:
    name = largest(case)
    return pin(
        case, "planted", "racks", "<=", demand_on_opening(case, name) - 2, **{"class": name}
    ), "pin_planted"


def pins_against_each_other(case: Case) -> Planted | None:
    hall = str(case["halls"]["hall"].iloc[0])
    both = pin(case, "planted-more", "racks", ">=", 3.0, hall=hall)
    return pin(both, "planted-less", "racks", "<=", 1.0, hall=hall), "pin_planted-"


def carbon_target(case: Case) -> Planted | None:
    year = case.info.horizon_end.year - 1
    row = {"target": "planted", "fiscal_year": year, "metric": "location_tco2e", "boundary": "fleet"}
    return with_rows(
        case, "targets", {**row, "value": 0.5, "miss_price": np.nan}
    ), "target_location_tco2e[planted"


def carbon_cap(case: Case) -> Planted | None:
    row = {"cap": "planted", "measure": "location_tco2e", "value": 1.0}
    return with_rows(case, "caps", row), "cap_planted"


def grid_connection(case: Case) -> Planted | None:
    owned = case["sites"].query("ownership == 'owned'")["site"]
    if owned.empty:
        return None
    site = str(owned.iloc[0])
    return with_value(case, "connections", "receiving_kw", 1.0, site=site), f"site_power[{site}"


def demand_beyond_places(case: Case) -> Planted | None:
    name = largest(case)
    last = case["demand"].query("`class` == @name")["date"].max()
    return with_value(case, "demand", "racks", 200.0, date=last, class_=name), f"meet_demand[{name}"


def open_hall(case: Case) -> tuple[str, str] | None:
    """Hall and project of the first open project that is no upgrade and stands on no other one."""
    rows = case["projects"]
    rows = rows[(rows["hall"] != "") & ~rows["committed"].astype(bool) & (rows["after_project"] == "")]
    return (str(rows["hall"].iloc[0]), str(rows["project"].iloc[0])) if len(rows) else None


def start_before_it_can_be_built(case: Case) -> Planted | None:
    found = open_hall(case)
    if found is None:
        return None
    hall, project = found
    slow = with_value(case, "projects", "build_months", 9, project=project)
    return pin(slow, "planted", "in_service", ">=", 1.0, hall=hall), "pin_planted"


def start_without_budget(case: Case) -> Planted | None:
    found = open_hall(case)
    if found is None:
        return None
    hall, project = found
    quick = with_value(case, "projects", "build_months", 0, project=project)
    years = range(case.info.as_of.year - (case.info.as_of.month < 4), case.info.horizon_end.year)
    if len(case["budgets"]):
        poor = with_value(quick, "budgets", "capex_mjpy", 0.0)
    else:
        poor = with_rows(quick, "budgets", *({"fiscal_year": year, "capex_mjpy": 0.0} for year in years))
    first = make_calendar(case.info).periods["start"].iloc[0]
    return pin(poor, "planted", "in_service", ">=", 1.0, hall=hall, period_from=first), "capex_budget["


def renewable_target(case: Case) -> Planted | None:
    owned = case["sites"].query("ownership == 'owned'")["site"]
    if owned.empty:
        return None
    if len(case["instrument_years"]):
        case = with_value(case, "instrument_years", "volume_mwh", 0.0)
    if len(case["targets"]):
        case = with_value(case, "targets", "miss_price", 0.001)
    row = {"target": "planted", "fiscal_year": case.info.horizon_end.year - 1, "metric": "renewable_share"}
    row |= {"boundary": "owned", "value": 0.9, "miss_price": np.nan}
    return with_rows(case, "targets", row), "target_renewable_share[planted"


def leave_without_moves(case: Case) -> Planted | None:
    halls = case["halls"].set_index("hall")["site"]
    leased = set(case["sites"].query("ownership == 'leased'")["site"])
    held = case["occupancy"].assign(site=case["occupancy"]["hall"].map(halls))
    held = held[held["site"].isin(leased) & (held["racks"] > 0)]
    churn = case["class_years"].groupby("class")["churn_rate"].max()
    held = held[held["class"].map(churn) == 0]
    if held.empty:
        return None
    site = str(held["site"].iloc[0])
    last = make_calendar(case.info).periods
    day: date = last.loc[~last["tail"], "start"].iloc[-1]
    still = with_settings(case, move_limit_fleet_racks_per_month=0.0)
    return pin(still, "planted", "kept", "<=", 0.0, site=site, period_from=day), (
        "pin_planted",
        "move_limit_fleet",
    )


KINDS: tuple[Callable[[Case], Planted | None], ...] = (
    pin_below_demand,
    pins_against_each_other,
    carbon_target,
    carbon_cap,
    grid_connection,
    demand_beyond_places,
    start_before_it_can_be_built,
    start_without_budget,
    renewable_target,
    leave_without_moves,
)
