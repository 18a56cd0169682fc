"""The investment case: what a plan saves against another one, against numbers worked by hand."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics.money.investment_case import investment_case, investment_flows
from dcplan.metrics.money.profit_and_cash import cash_flow
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan

Tables = dict[str, pd.DataFrame]
THREE = (2022, 2023, 2024)


def side(tables: Tables, energy: tuple[float, ...], project: float = 0.0) -> Tables:
    """Return a plan of energy costs alone and of one project that serves and is paid at the opening."""
    empty = {name: tables[name].iloc[:0] for name in ("payments", "assets", "releases", "lease_spans")}
    labels = [f"FY{y}" for y in THREE]
    costs = pd.DataFrame(
        {"term": "energy_owned", "site": "S", "period": labels, "cash": True, "mjpy": energy}
    )
    if project:
        day = date(2022, 4, 1)
        empty["assets"] = pd.DataFrame(
            [("p:plant", "p", "S", "plant", project, day, 15.0, 15.0, False)],
            columns=tables["assets"].columns,
        )
        empty["payments"] = pd.DataFrame(
            [("p", day, "FY2022", 2022, project, False)], columns=tables["payments"].columns
        )
    pv = costs["mjpy"] * 0.0  # the objective is not looked at here
    return {**tables, **empty, "costs": costs.assign(pv_mjpy=pv), "periods": tables["periods"].iloc[:3]}


def values(case: pd.DataFrame, basis: str, rule: str) -> pd.DataFrame:
    chosen = case[(case["tax_basis"] == basis) & (case["terminal_value"] == rule)]
    return chosen.set_index("measure")


def test_an_investment_that_pays_back_in_two_years(small: Tables, settings: MoneySettings) -> None:
    """-100 + 50, 50, 50 at mid-year: -50 + 50 x + 50 x^2 = 0 at x = (sqrt 5 - 1) / 2, a rate of 61.8 %."""
    plan, other = side(small, (10.0, 10.0, 10.0), 100.0), side(small, (60.0, 60.0, 60.0))
    table = values(investment_case(plan, other, settings), "pre_tax", "none")
    assert table.loc["irr", "value"] == pytest.approx((1 + math.sqrt(5)) / 2 - 1)
    assert table.loc["irr", "flag"] == "unique"
    assert table.loc["payback", "value"] == pytest.approx(1.5)
    middles = (365 / 2, 365 + 183, 731 + 365 / 2)
    npv = -100 + sum(50 * 1.05 ** -(days / 365.25) for days in middles)
    assert table.loc["npv", "value"] == pytest.approx(npv, abs=1e-9)
    assert table.loc["profitability_index", "value"] == pytest.approx(1 + npv / 100)
    received = 50 * 1.05 + 50  # two years after the first flow, which nets 50 out
    assert table.loc["mirr", "value"] == pytest.approx((received / 50) ** (1 / 2) - 1)


def test_terminal_value_three_ways(small: Tables, settings: MoneySettings) -> None:
    """100 over 15 years, 1096 days old at the end: nothing, a straight line, what its annuity owes."""
    plan, other = side(small, (10.0, 10.0, 10.0), 100.0), side(small, (60.0, 60.0, 60.0))
    case = investment_case(plan, other, settings)
    age, factor = 1096 / 365.25, 1.05 ** -(1096 / 365.25)
    annuity = (1 - 1.05 ** -(15 - age)) / (1 - 1.05**-15)
    expected = {"none": 0.0, "book": 100 * (1 - age / 15) * factor, "annuity": 100 * annuity * factor}
    for rule, amount in expected.items():
        table = values(case, "pre_tax", rule)["value"]
        assert table["npv_terminal"] == pytest.approx(amount, abs=1e-9)
        assert table["npv"] == pytest.approx(table["npv_plan_years"] + amount, abs=1e-9)


def test_after_tax_takes_relief_and_shield(small: Tables, settings: MoneySettings) -> None:
    """35 a year is left of 50; 6.7 a year of depreciation saves 2.01; three years' are in the plan."""
    plan, other = side(small, (10.0, 10.0, 10.0), 100.0), side(small, (60.0, 60.0, 60.0))
    flows = investment_flows(plan, other, settings)
    after = flows[flows["tax_basis"] == "after_tax"].set_index("fiscal_year")["increment_mjpy"]
    assert after.to_dict() == pytest.approx({2022: -100 + 37.01, 2023: 37.01, 2024: 37.01})


def test_two_rates_of_return_are_both_shown_and_none_is_chosen(
    small: Tables, settings: MoneySettings
) -> None:
    """-100, 230, -132 breaks even at 10 % and at 20 %."""
    case = investment_case(side(small, (100.0, 0.0, 132.0)), side(small, (0.0, 230.0, 0.0)), settings)
    table = values(case, "pre_tax", "none")
    assert table.loc["irr", "flag"] == "multiple"
    assert math.isnan(table.loc["irr", "value"])
    assert table.loc[["irr_root_1", "irr_root_2"], "value"].tolist() == pytest.approx([0.1, 0.2])
    assert not math.isnan(table.loc["mirr", "value"])
    assert math.isnan(table.loc["payback", "value"])
    assert table.loc["payback", "flag"].startswith("not_reached")


def test_a_tonne_abated_costs_what_the_npv_lacks(small: Tables, settings: MoneySettings) -> None:
    """Half of 0.05 t an hour is saved for 10 M JPY in the middle of FY2022."""
    plan, other = side(small, (70.0, 60.0, 60.0)), side(small, (60.0, 60.0, 60.0))
    emitted = small["emissions"]
    plan["emissions"] = emitted.assign(location_tco2e=emitted["location_tco2e"] / 2)
    table = values(investment_case(plan, other, settings), "pre_tax", "none")
    less = 0.025 * (3 * 8760 + 8784)
    assert table.loc["abated_location", "value"] == pytest.approx(less)
    lost = 10 * 1.05 ** -(365 / 2 / 365.25)
    assert table.loc["abatement_cost_location", "value"] == pytest.approx(1e6 * lost / less)
    assert table.loc["abatement_cost_market", "flag"].startswith("not_formed")
    more = values(investment_case(other, plan, settings), "pre_tax", "none")
    assert math.isnan(more.loc["abatement_cost_location", "value"])
    assert more.loc["abatement_cost_location", "flag"].startswith("no_abatement")


def test_savings_without_cost_have_no_rate(small: Tables, settings: MoneySettings) -> None:
    case = investment_case(side(small, (1.0, 1.0, 1.0)), side(small, (2.0, 2.0, 2.0)), settings)
    table = values(case, "pre_tax", "annuity")
    assert table.loc["irr", "flag"] == table.loc["mirr", "flag"] == "no_sign_change"
    assert table.loc["payback", "value"] == 0.0
    assert table.loc["profitability_index", "flag"].startswith("no_more_capex")


def test_a_plan_is_worth_nothing_against_itself(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    case = investment_case(plan.tables, plan.tables, money_settings(plan.manifest))
    worth = case[case["measure"].str.startswith("npv") | (case["measure"] == "objective_saving")]
    assert worth["value"].abs().max() < 1e-9


def test_the_case_of_a_solved_plan_ties_to_its_cash_flow(toy_plan_folder: Path) -> None:
    """NPV of cash and, under the objective's rule, the saving with shadow items, from the cost tables."""
    plan = open_plan(toy_plan_folder)
    settings, other = money_settings(plan.manifest), plan.references["as_announced"]
    case = investment_case(plan.tables, other, settings)
    for basis in ("pre_tax", "after_tax"):
        flows = [
            cash_flow(tables, settings, after_tax=basis == "after_tax") for tables in (plan.tables, other)
        ]
        cash = [table.loc[table["cash"].astype(bool), "pv_mjpy"].sum() for table in flows]
        assert values(case, basis, "none").loc["npv", "value"] == pytest.approx(cash[1] - cash[0], abs=1e-6)
    saved = values(case, settings.objective, settings.terminal_value).loc["objective_saving", "value"]
    totals = [tables["costs"]["pv_mjpy"].sum() for tables in (plan.tables, other)]
    assert saved == pytest.approx(totals[1] - totals[0])
    assert saved >= 0.0


def test_the_plan_is_worth_what_the_manifest_says_without_terminal_value(toy_plan_folder: Path) -> None:
    """Cash alone, less what is still owed: the cost that the manifest gives under the rule `none`."""
    plan = open_plan(toy_plan_folder)
    settings = replace(money_settings(plan.manifest), terminal_value="none")
    flows = cash_flow(plan.tables, settings)
    spread = ("restoration_accrual", "terminal_capex", "terminal_moves", "terminal_restoration")
    cash = flows.loc[~flows["term"].isin(spread), "pv_mjpy"].sum()
    assert cash == pytest.approx(plan.manifest["terminal_values"]["none"], abs=1e-6)
