"""The register of projects: what each brings, when it is ordered, what is bound, against numbers by hand."""

from __future__ import annotations

import math
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.load import load
from dcplan.metrics.money.project_register import project_register
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan

Tables = dict[str, pd.DataFrame]
HALLS = pd.DataFrame({"hall": ["A", "B"], "rack_places": [10, 20], "it_kw": [200.0, 100.0]})


@pytest.fixture
def register(small: Tables, settings: MoneySettings) -> pd.DataFrame:
    """The paper plan: a committed hall, and a grid upgrade that the announced plan buys for 90."""
    small["starts"] = pd.DataFrame(
        {"project": ["hall", "late"], "announced_date": [date(2023, 4, 1), date(2025, 7, 1)]}
    )
    projects = pd.DataFrame(
        {
            "project": ["hall", "late", "never"],
            "hall": ["A", None, "B"],
            "build_months": [13, 24, 12],
            "committed": [True, False, False],
            "adds_receiving_kw": [math.nan, 500.0, math.nan],
        }
    )
    bought = small["assets"].assign(cost_mjpy=small["assets"]["cost_mjpy"] * 0.9)
    announced = {**small, "assets": bought[bought["project"] == "late"]}
    return project_register(small, announced, settings, projects, HALLS).set_index("project")


def test_a_hall_is_ordered_its_build_months_before_service(register: pd.DataFrame) -> None:
    """1 October 2023 less 13 months; 210 for 200 kW and 10 places; 21 are paid, 189 are bound."""
    row = register.loc["hall"]
    assert row["order_date"] == date(2022, 9, 1)
    assert row[["hall", "rack_places", "it_kw"]].tolist() == ["A", 10, 200]
    assert row["cost_jpy_per_kw"] == pytest.approx(210e6 / 200)
    assert row["cost_jpy_per_rack"] == pytest.approx(21e6)
    assert (row["paid_before_mjpy"], row["committed_mjpy"]) == pytest.approx((21.0, 189.0))
    assert math.isnan(row["receiving_kw"])


def test_an_upgrade_has_receiving_power_and_no_racks(register: pd.DataFrame) -> None:
    row = register.loc["late"]
    assert (row["hall"], row["receiving_kw"], row["committed_mjpy"]) == ("", 500.0, 0.0)
    assert row["cost_jpy_per_kw"] == pytest.approx(100e6 / 500)
    assert row[["rack_places", "it_kw", "cost_jpy_per_rack"]].isna().all()
    assert row["order_date"] == date(2023, 7, 1)


def test_what_is_bought_on_site_has_no_row_of_projects(small: Tables, settings: MoneySettings) -> None:
    """A battery: nothing of it is bound, and it is ordered when it comes."""
    small["starts"] = pd.DataFrame({"project": ["hall"], "announced_date": [date(2023, 4, 1)]})
    facts = {"hall": ["A"], "build_months": [13], "committed": [True], "adds_receiving_kw": [math.nan]}
    projects = pd.DataFrame({"project": ["hall"], **facts})
    row = project_register(small, small, settings, projects, HALLS).set_index("project").loc["late"]
    assert not row["committed"]
    assert (row["order_date"], row["committed_mjpy"]) == (row["service_date"], 0.0)
    assert row[["it_kw", "receiving_kw", "cost_jpy_per_kw"]].isna().all()


def test_a_plan_that_builds_nothing_has_an_empty_register(small: Tables, settings: MoneySettings) -> None:
    """As its tables come from files, where an empty column has no type."""
    for name in ("assets", "payments"):
        small[name] = small[name].iloc[:0].astype({"project": float})
    small["starts"] = pd.DataFrame({"project": pd.Series(dtype=float), "announced_date": []})
    facts = {"hall": [], "build_months": [], "committed": [], "adds_receiving_kw": []}
    projects = pd.DataFrame({"project": pd.Series(dtype=object), **facts})
    assert project_register(small, small, settings, projects, HALLS).empty


def test_the_announced_cost_stands_beside_it(register: pd.DataFrame) -> None:
    """What the announced plan does not build has no announced cost: missing, not zero."""
    assert register.loc["late", ["announced_cost_mjpy", "difference_mjpy"]].tolist() == pytest.approx(
        [90, 10]
    )
    assert register.loc["hall", ["announced_cost_mjpy", "difference_mjpy"]].isna().all()
    assert (register["not_modelled"] == "approval_gate, contingency, climate_tag").all()


def test_the_tutorial_plan_has_one_hall(toy_plan_folder: Path) -> None:
    plan, case = open_plan(toy_plan_folder), load(toy_plan_folder / "inputs")
    settings, other = money_settings(plan.manifest), plan.references["as_announced"]
    table = project_register(plan.tables, other, settings, case["projects"], case["halls"])
    assert table["hall"].tolist() == ["B"]
    assert table["cost_jpy_per_kw"].tolist() == pytest.approx((1e6 * table["cost_mjpy"] / 800).tolist())
