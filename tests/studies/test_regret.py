"""The regret of a plan that knew less, on the tutorial case with cheap power expected in City."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.data.load import load
from dcplan.plans.plan import open_plan
from dcplan.studies.regret import Regret, opening_knowledge, overspend, pins_of, regret, write_pinned
from tests.data.test_knowledge import leased, vintages

DAY = date(2022, 3, 31)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Regret:
    """Return the regret of expecting power at 3 JPY/kWh in City, where it came to cost 20."""
    import shutil

    from dcplan.data.shipped import case_folder

    folder = tmp_path_factory.mktemp("regret")
    case = Path(shutil.copytree(case_folder("toy"), folder / "toy"))
    vintages(case, leased(2023, 3, "2022-03-01"), leased(2024, 3, "2022-03-01"))
    return regret(case, DAY, folder / "out")


def test_cheap_power_keeps_city_and_its_price_is_the_regret(found: Regret) -> None:
    changes = found.changes.set_index("name")
    assert tuple(changes.loc["City", ["before", "after"]]) == ("FY2024", "never")
    assert tuple(changes.loc["hall-b", ["before", "after"]]) == ("FY2024", "never")
    cost = {
        name: plan.manifest["published_cost_mjpy"]
        for name, plan in (("best", found.retrospective), ("carried", found.carried))
    }
    assert found.regret.low <= cost["carried"] - cost["best"] <= found.regret.high
    assert found.regret.low > 0
    assert found.expected_mjpy < cost["best"], "what was expected was cheaper than what came"
    assert found.terms["difference_mjpy"].sum() == pytest.approx(cost["carried"] - cost["best"], abs=1e-6)


def test_the_carried_plan_keeps_the_decisions_and_is_audited(found: Regret) -> None:
    assert found.carried.tables["starts"].empty
    assert found.carried.tables["exits"].empty
    assert found.carried.manifest["audit"]["passed"]


def test_pins_say_the_starts_and_exits_of_a_plan(toy_plan_folder: Path, tmp_path: Path) -> None:
    """Hall B starts and City is left on 1 April 2024; only what comes before `until` is carried over."""
    plan = open_plan(toy_plan_folder)
    case = load(toy_plan_folder / "inputs")
    pins = pins_of(case, plan, None).set_index("pin")
    opening, step, end = date(2022, 4, 1), date(2024, 4, 1), date(2025, 4, 1)
    spans = pins[["decision", "period_from", "period_to", "value"]].to_dict("index")
    kept, built = "kept", "in_service"
    assert {name: tuple(row.values()) for name, row in spans.items()} == {
        "B-0": (built, opening, step, 0.0),
        "B-1": (built, step, end, 1.0),
        "City-1": (kept, opening, step, 1.0),
        "City-0": (kept, step, end, 0.0),
    }
    free = write_pinned(toy_plan_folder / "inputs", plan, tmp_path / "free", over_budget=True)
    assert load(free)["budgets"].empty
    assert len(load(free)["pins"]) == 4
    early = pins_of(case, plan, date(2023, 4, 1))
    assert list(early["pin"]) == ["B-0", "City-1"]
    assert set(early["period_to"]) == {date(2023, 4, 1)}


def test_what_exceeds_the_budget_is_told(found: Regret, toy_copy: Path) -> None:
    """The best plan pays 200 M JPY in FY2023 and 200 in FY2024."""
    case = load(toy_copy)
    assert overspend(case, found.retrospective).empty
    budgets = case["budgets"].assign(capex_mjpy=150.0)
    table = overspend(replace(case, tables={**case.tables, "budgets": budgets}), found.retrospective)
    assert table[["fiscal_year", "over_mjpy"]].to_numpy().tolist() == [[2023, 50.0], [2024, 50.0]]


def test_nothing_to_learn_costs_nothing(toy_plan_folder: Path, tmp_path: Path) -> None:
    """A plan folder is its own case; without vintages the first plan is the best one."""
    assert opening_knowledge(toy_plan_folder) == DAY
    words = ["regret", str(toy_plan_folder), "-o", str(tmp_path / "out"), "--quiet", "--json"]
    done = CliRunner().invoke(cli, words)
    assert done.exit_code == 0, done.output
    told = json.loads(done.output)
    assert told["regret_mjpy"]["low"] == 0
    assert told["regret_mjpy"]["high"] < 1e-3
    assert told["changes"] == []
