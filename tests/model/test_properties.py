"""What must hold of the optimum whatever the numbers: scale, names, order, and what another option may do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from tests.model.toys import (
    Solved,
    best,
    pinned,
    published,
    with_hall,
    with_rows,
    with_settings,
    with_table,
    with_value,
)

MONEY = {
    "halls": ["maintenance_mjpy_per_year"],
    "classes": ["move_mjpy_per_rack", "unserved_mjpy_per_rack_year"],
    "leases": ["rent_jpy_per_rack_month", "restoration_mjpy_per_rack"],
    "projects": ["cost_mjpy", "spent_mjpy"],
    "budgets": ["capex_mjpy"],
    "tariffs": [
        "energy_jpy_per_kwh",
        "fuel_adjustment_jpy_per_kwh",
        "surcharge_jpy_per_kwh",
        "demand_jpy_per_kw_month",
    ],
    "carbon_prices": ["shadow_jpy_per_t"],
    "instrument_years": ["price_jpy_per_kwh"],
    "targets": ["miss_price"],
}
MONEY_SETTINGS = ("staff_mjpy_per_fte_year", "operations_jpy_per_rack_month")


@pytest.fixture(scope="module")
def optimum(toy_case: Case) -> float:
    return best(toy_case).cost


@dataclass(frozen=True)
class Made:
    """A search, and the whole-rack plan that is made of it, with its tables."""

    searched: Solved
    plan: Solved
    tables: dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def made(toy_case: Case) -> Callable[[str], Made]:
    """Return the plan of the tutorial case at a granularity, made once."""

    @cache
    def make(by: str) -> Made:
        searched = best(toy_case, by)
        return Made(searched, *published(toy_case, by, searched))

    return make


def test_ten_times_the_prices_cost_ten_times_as_much(toy_case: Case, optimum: float) -> None:
    case = with_settings(toy_case, **{name: 10.0 * toy_case.settings[name] for name in MONEY_SETTINGS})
    for table, columns in MONEY.items():
        case = with_table(
            case, table, case[table].assign(**{name: case[table][name] * 10.0 for name in columns})
        )
    plan = best(case)
    assert plan.cost == pytest.approx(10.0 * optimum, rel=1e-9)
    assert plan.built() == {"B": "FY2024"}


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_order_of_rows_does_not_matter(toy_case: Case, optimum: float, seed: int) -> None:
    shuffled = {
        name: table.sample(frac=1.0, random_state=seed).reset_index(drop=True)
        for name, table in toy_case.tables.items()
    }
    assert best(replace(toy_case, tables=shuffled)).cost == pytest.approx(optimum, rel=1e-9)


def test_names_do_not_matter(toy_case: Case, optimum: float) -> None:
    names = {
        "A": "Z",
        "B": "a hall",
        "City-hall": "0",
        "Campus": "市",
        "City": "site 2",
        "cloud": "k2",
        "colo": "k1",
    }
    dims = ["hall", "site", "class"]
    renamed = {}
    for name, table in toy_case.tables.items():
        columns = [column for column in dims if column in table.columns]
        renamed[name] = table.assign(**{column: table[column].replace(names) for column in columns})
    plan = best(replace(toy_case, tables=renamed))
    assert plan.cost == pytest.approx(optimum, rel=1e-9)
    assert plan.built() == {"a hall": "FY2024"}


def another_certificate(case: Case) -> Case:
    case = with_rows(case, "instruments", {"instrument": "menu", "kind": "green_menu", "site": "Campus"})
    years = [
        {"instrument": "menu", "fiscal_year": y, "price_jpy_per_kwh": 0.5, "volume_mwh": 100.0}
        for y in (2022, 2023, 2024)
    ]
    return with_rows(case, "instrument_years", *years)


def more_budget(case: Case) -> Case:
    return with_value(case, "budgets", "capex_mjpy", 1000.0)


def faster_moves(case: Case) -> Case:
    return with_settings(case, move_limit_fleet_racks_per_month=8.0, move_limit_site_racks_per_month=8.0)


def softer_target(case: Case) -> Case:
    return with_value(case, "targets", "value", 0.2, target="owned_renewable", fiscal_year=2024)


OPTIONS = [another_certificate, more_budget, faster_moves, softer_target]


@pytest.mark.parametrize("option", OPTIONS, ids=lambda option: option.__name__)
def test_an_option_never_raises_the_cost(toy_case: Case, optimum: float, option: Any) -> None:
    assert best(option(toy_case)).cost <= optimum + 1e-6


def test_a_cheaper_hall_is_taken_and_a_dearer_copy_never(toy_case: Case, optimum: float) -> None:
    cheaper = best(with_hall(toy_case, "C", "B", {"project": "hall-c", "cost_mjpy": 300.0}))
    assert cheaper.cost <= optimum + 1e-6
    assert cheaper.built() == {"C": "FY2024"}
    dear = best(with_hall(toy_case, "C", "B", {"project": "hall-c", "cost_mjpy": 500.0}))
    assert dear.built() == {"B": "FY2024"}
    assert dear.cost == pytest.approx(optimum, rel=1e-9)


def test_a_pin_never_lowers_the_cost_and_the_pinned_optimum_is_free(toy_case: Case, optimum: float) -> None:
    assert best(pinned(toy_case, "B", 1)).cost == pytest.approx(optimum, rel=1e-9)
    assert best(pinned(toy_case, "B", 0)).cost > optimum


@pytest.mark.parametrize("by", ["year", "half", "quarter", "month"])
def test_the_cost_table_is_the_objective_of_the_whole_rack_plan(made: Callable[[str], Made], by: str) -> None:
    plan, tables = made(by).plan, made(by).tables
    costs = tables["costs"]
    assert costs["pv_mjpy"].sum() == pytest.approx(plan.cost, rel=1e-10)
    assert (
        plan.model.program.matrix().cost @ plan.values + plan.model.program.matrix().offset
        == pytest.approx(plan.cost)
    )
    assert not costs.duplicated(["term", "site", "period"]).any()
    racks = tables["racks"][["racks", "moved_out", "churned", "placed"]]
    assert (racks == racks.round()).all().all()
    assert (racks >= 0).all().all()
    assert plan.cost >= made(by).searched.solution.bound - 1e-6


def test_the_published_flow_adds_up_hall_by_hall(toy_case: Case) -> None:
    churning = with_value(toy_case, "class_years", "churn_rate", 0.07, **{"class": "cloud"})
    plan, tables = published(churning, "quarter")
    racks = tables["racks"]
    m = plan.model.context.tables
    opening = m.opening.reset_index(name="opening")
    for (name, hall), rows in racks.groupby(["class", "hall"], sort=False):
        first = float(opening.loc[(opening["class"] == name) & (opening["hall"] == hall), "opening"].iloc[0])
        before = np.r_[first, rows["racks"].to_numpy()[:-1]]
        change = rows["placed"] - rows["moved_out"] - rows["churned"]
        assert rows["racks"].to_numpy() == pytest.approx(before + change.to_numpy())
        rate = 0.07 if name == "cloud" else 0.1
        turn = rows["period"].isin(["FY2023Q1", "FY2024Q1"]).to_numpy()
        assert rows["churned"].to_numpy() == pytest.approx(
            np.where(turn, np.floor(rate * before + 1e-9), 0.0)
        )


def test_contract_demand_follows_the_published_peaks(made: Callable[[str], Made]) -> None:
    """Under `agreed` every quarter of a fiscal year is billed the highest peak of its quarters, to the kW."""
    tables = made("quarter").tables
    peaks = tables["site_energy"].dropna(subset=["peak_kw"]).merge(tables["periods"], on="period")
    highest = peaks.groupby(["site", "fiscal_year"])["peak_kw"].transform("max")
    billed = peaks.merge(tables["contract"], on=["site", "period"])["contract_kw"]
    assert billed.to_numpy() == pytest.approx(highest.to_numpy())


def test_a_plan_is_the_same_twice(toy_case: Case, made: Callable[[str], Made]) -> None:
    _, again = published(toy_case, "quarter")
    for name, table in made("quarter").tables.items():
        pd.testing.assert_frame_equal(table, again[name])


def test_a_fleet_that_may_not_move_has_a_plan(toy_case: Case) -> None:
    """Without a movable class there are no moves and no rows about them: the plan stays in City."""
    plan, tables = published(with_value(toy_case, "classes", "movable", False))
    assert plan.cost == pytest.approx(976.215, abs=2e-3)
    assert tables["moves"].empty


def test_moves_that_cost_nothing_are_still_moves(toy_case: Case) -> None:
    case = with_value(toy_case, "classes", "move_mjpy_per_rack", 0.0)
    _, tables = published(with_value(case, "leases", "rent_jpy_per_rack_month", 0.0))
    moved = tables["racks"].groupby(["class", "period"])[["moved_out", "placed"]].sum()
    assert (moved["moved_out"] <= moved["placed"] + 1e-9).all()


def test_a_lease_may_be_renewed_twice_in_a_period(toy_case: Case) -> None:
    """A renewal of six months has two term ends in a yearly period."""
    case = with_value(toy_case, "leases", "renewal_months", 6)
    assert best(case).solution.values is not None
