"""The default case as a planner would read it: one solve, and what its plan must contain."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.plans.plan import Plan, open_plan

pytestmark = [pytest.mark.default_case, pytest.mark.slow, pytest.mark.xdist_group("iij")]
GAP = 1e-3


@pytest.fixture(scope="module")
def plan(iij_plan_folder: Path) -> Plan:
    return open_plan(iij_plan_folder)


@pytest.fixture(scope="module")
def halls(iij_plan_folder: Path) -> pd.DataFrame:
    return pd.read_csv(iij_plan_folder / "inputs" / "halls.csv").set_index("hall")


@pytest.fixture(scope="module")
def order(plan: Plan) -> dict[str, int]:
    """Place of every period of the plan (the tail left out)."""
    periods = plan.tables["periods"]
    return {period: i for i, period in enumerate(periods.loc[~periods["tail"], "period"])}


def planned(table: pd.DataFrame, order: dict[str, int]) -> pd.DataFrame:
    """Return the rows of a table within the horizon, with the place of their period."""
    return table[table["period"].isin(order)].assign(at=lambda rows: rows["period"].map(order))


def test_the_gap_is_proven_and_the_plan_is_audited(plan: Plan) -> None:
    told = plan.manifest
    assert told["status"] == "optimal"
    assert told["gap"] <= GAP
    assert told["gap"] == pytest.approx(1 - told["bound_mjpy"] / told["published_cost_mjpy"], abs=1e-9)
    assert told["first_incumbent_seconds"] > 0
    assert told["audit"]["passed"]


def test_sites_are_left_and_leases_renewed(plan: Plan, iij_plan_folder: Path, order: dict[str, int]) -> None:
    exits = planned(plan.tables["exits"], order)
    assert len(exits) >= 2
    leases = pd.read_csv(iij_plan_folder / "inputs" / "leases.csv")
    ends = pd.to_datetime(leases["term_end"]).dt.date
    passed = leases[
        (ends < plan.tables["periods"]["start"].iloc[len(order) - 1]) & (leases["renewal"] != "none")
    ]
    last = list(order)[-1]
    rows = plan.tables["leases"]
    held = rows[rows["period"] == last].set_index("lease")["leased_racks"]
    assert (held[passed["lease"]] > 0).any(), "no lease whose term ended is still held at the horizon"


def test_an_open_project_starts_on_another_date_than_announced(plan: Plan, iij_plan_folder: Path) -> None:
    projects = pd.read_csv(iij_plan_folder / "inputs" / "projects.csv").set_index("project")
    starts = plan.tables["starts"].set_index("project")
    open_ones = [name for name in starts.index if not projects.loc[name, "committed"]]
    assert [
        name for name in open_ones if starts.loc[name, "service_date"] != starts.loc[name, "announced_date"]
    ]


def test_a_target_and_the_fleets_move_limit_bind(plan: Plan, order: dict[str, int]) -> None:
    years = set(plan.tables["periods"].loc[~plan.tables["periods"]["tail"], "fiscal_year"])
    targets = plan.tables["targets"]
    assert (targets["binding"] & targets["fiscal_year"].isin(years)).any()
    limits = planned(plan.tables["limits"], order)
    fleet = limits[limits["limit"] == "move_limit_fleet"]
    assert (fleet["used"] <= fleet["available"] + 1e-9).all()
    assert fleet["binding"].any()


def test_it_differs_from_as_announced_in_more_than_placement(plan: Plan) -> None:
    announced = plan.references["as_announced"]
    assert not plan.tables["halls"].equals(announced["halls"])
    assert not plan.tables["sites"].equals(announced["sites"])
    assert not plan.tables["leases"].equals(announced["leases"])
    cost = plan.comparison[plan.comparison["measure"] == "cost"].set_index("plan")["value"]
    saved = cost["as_announced"] - cost["optimised"]
    assert saved > 2 * GAP * cost["optimised"]  # more than the proof leaves open
    assert cost["frozen"] > cost["as_announced"]


def test_every_rack_has_a_place(plan: Plan) -> None:
    assert (plan.tables["unserved"]["unserved_racks"] == 0).all()


def test_no_hall_is_built_and_left_empty(plan: Plan, halls: pd.DataFrame, order: dict[str, int]) -> None:
    """Within a year every hall that starts is filled to more than 20 %."""
    racks = planned(plan.tables["racks"], order).groupby(["hall", "at"])["racks"].sum()
    starts = planned(plan.tables["starts"], order)
    for row in starts[starts["hall"].notna()].to_dict("records"):  # an upgrade has no hall
        by, hall = min(row["at"] + 4, len(order) - 1), row["hall"]
        assert racks[hall, by] > 0.2 * halls.loc[hall, "rack_places"], hall


def test_no_site_is_kept_for_a_handful_of_racks(
    plan: Plan, halls: pd.DataFrame, order: dict[str, int]
) -> None:
    """Every kept site holds at least ten racks, those that still overlap a move included."""
    racks = plan.tables["racks"].assign(site=plan.tables["racks"]["hall"].map(halls["site"]))
    racks["held"] = racks["racks"] + racks["moved_out"]
    held = planned(racks, order).groupby(["site", "period"])["held"].sum().reset_index()
    kept = held.merge(plan.tables["sites"], on=["site", "period"]).query("kept == 1")
    few = kept[kept["held"] < 10]
    assert few.empty, few.to_string()


def test_no_class_moves_to_and_fro(plan: Plan, order: dict[str, int]) -> None:
    """No class leaves a hall and is moved into it again within a year, but for racks of rounding."""
    moves = planned(plan.tables["moves"], order)
    out = moves[["class", "from_hall", "at", "racks"]].rename(columns={"from_hall": "hall"})
    back = moves[["class", "to_hall", "at", "racks"]].rename(columns={"to_hall": "hall"})
    pairs = out.merge(back, on=["class", "hall"], suffixes=("", "_back"))
    again = pairs[(pairs["at_back"] >= pairs["at"]) & (pairs["at_back"] - pairs["at"] <= 4)]
    again = again[again[["racks", "racks_back"]].min(axis=1) >= 3]
    assert again.empty, again.to_string()


def test_the_summary_adds_up(plan: Plan) -> None:
    summary = plan.tables["summary"].set_index("fiscal_year")
    costs = plan.tables["costs"].merge(plan.tables["periods"], on="period")
    cash = costs[costs["cash"] & ~costs["tail"]].groupby("fiscal_year")["mjpy"].sum()
    assert summary["cash_mjpy"].to_numpy() == pytest.approx(cash.to_numpy())
    assert (summary["pue"].between(1.2, 1.7)).all()
    assert summary["pue"].is_monotonic_decreasing  # racks move from leased to owned halls
    assert (summary["racks"].diff().dropna() > 0).all()
