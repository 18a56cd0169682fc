"""The control engine: a plan ties out, and one planted yen too many trips the control that must see it."""

from __future__ import annotations

import inspect
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.controls.control import Books, tie, tie_sums
from dcplan.controls.engine import CONTROLS, NOT_GIVEN, books_of, run_controls
from dcplan.data.load import load
from dcplan.metrics.money.budget import STEPS
from dcplan.metrics.money.profit_and_cash import cash_flow
from dcplan.plans.plan import open_plan

YEN = 1e-6


def books_in(folder: Path) -> Books:
    plan = open_plan(folder)
    return books_of(plan, plan.references["as_announced"], load(folder / "inputs"))


@pytest.fixture(scope="module")
def books(iij_plan_folder: Path) -> Books:
    """The books of the default plan: leases of every kind, breaks, projects in three states."""
    return books_in(iij_plan_folder)


@pytest.fixture(scope="module")
def tutorial_books(toy_plan_folder: Path) -> Books:
    """The books of the tutorial plan."""
    return books_in(toy_plan_folder)


def planted(books: Books, name: str, column: str, amount: float, row: int = 0) -> Books:
    """Return the books with an amount added to one cell."""
    table = books[name].reset_index(drop=True).copy()
    table[column] = table[column].astype(float)
    table.loc[row, column] += amount
    return replace(books, tables={**books.tables, name: table})


def broken(books: Books) -> set[str]:
    return set(run_controls(books).failures["control"])


@pytest.mark.parametrize("held", ["tutorial_books", "books"])
def test_every_figure_of_a_plan_ties_out(held: str, request: pytest.FixtureRequest):
    report = run_controls(request.getfixturevalue(held))
    assert report.passed, "\n".join(report.findings())
    assert len(report.lines) > 500
    table = report.table().set_index("control")
    assert table.loc["present_value_is_the_objective", "left_mjpy"] > 900.0
    assert list(table.index) == [each.name for each in CONTROLS]


def test_the_objective_after_tax_is_the_cash_flow_after_tax(taxed_plan_folder: Path):
    """Relief, shield and what of both lies after the span are in the cash flow, to the yen."""
    assert open_plan(taxed_plan_folder).manifest["objective"] == "after_tax"
    held = books_in(taxed_plan_folder)
    assert run_controls(held).passed
    taxes = held["cash_flow"].query("term == 'tax_shield' or term == 'tax_relief'")
    assert taxes["pv_mjpy"].sum() < -10.0
    lower = replace(held, settings=replace(held.settings, tax_rate=0.2))
    tables = {**held.tables, "cash_flow": cash_flow(held.tables, lower.settings)}
    assert "present_value_is_the_objective" in broken(replace(lower, tables=tables))


PLANTED = {
    "projects_are_capex": ("costs", "mjpy", "term == 'capex'"),
    "project_lists_agree": ("plan_capex", "mjpy", ""),
    "project_costs": ("capex_projects", "cost_mjpy", ""),
    "spend_to_date": ("payments", "mjpy", ""),
    "cip_rolls": ("cip_roll", "closing_cip_mjpy", ""),
    "service_years": ("cip_roll", "placed_in_service_mjpy", "placed_in_service_mjpy > 0"),
    "placed_in_service_is_added": ("asset_roll", "additions_mjpy", ""),
    "asset_costs_roll": ("assets", "cost_mjpy", ""),
    "book_values_roll": ("asset_roll", "closing_book_mjpy", ""),
    "depreciation_is_straight_line": ("depreciation", "depreciation_mjpy", ""),
    "asset_tax_is_paid": ("asset_tax", "tax_mjpy", ""),
    "budget_is_bridged": ("budget_bridge", "mjpy", "step == 'price'"),
    "liabilities_roll": ("leases_ifrs16", "interest_mjpy", ""),
    "rights_of_use_roll": ("leases_jgaap", "closing_rou_mjpy", ""),
    "rent_is_what_cohorts_pay": ("costs", "mjpy", "term == 'rent'"),
    "standards_pay_the_same": ("leases_jgaap", "rent_expense_mjpy", ""),
    "maturities_are_the_liability": ("lease_maturity", "interest_mjpy", ""),
    "standards_reconcile": ("lease_reconciliation", "jgaap_mjpy", "line == 'net_position'"),
    "restoration_rolls": ("restoration_roll", "unwinding_mjpy", ""),
    "releases_are_paid": ("releases", "break_fee_mjpy", "break_fee_mjpy > 0"),
    "costs_are_in_the_profit": ("profit_and_loss", "staff_mjpy", ""),
    "profit_follows": ("profit_and_loss", "ebit_jgaap_mjpy", ""),
    "cash_is_free": ("profit_and_loss", "tax_mjpy", ""),
    "present_value_is_the_objective": ("costs", "pv_mjpy", "term == 'staff'"),
    "investment_case_follows": ("investment_flows", "baseline_mjpy", ""),
    "unit_costs_divide_the_cost": ("unit_cost", "cost_mjpy", ""),
    "sites_add_up": ("unit_cost_sites", "cost_mjpy", ""),
    "nothing_is_missing": ("payments", "mjpy", ""),
}


def test_every_control_has_a_planted_error():
    assert list(PLANTED) == [each.name for each in CONTROLS]


@pytest.mark.parametrize("name", PLANTED)
def test_two_yen_too_many_trip_the_control(name: str, books: Books):
    table, column, where = PLANTED[name]
    rows = books[table].reset_index(drop=True)
    row = int(rows.query(where).index[0]) if where else 0
    amount = np.nan if name == "nothing_is_missing" else 2 * YEN
    (own,) = (each for each in CONTROLS if each.name == name)
    assert not fails(pd.concat(own.check(books)))
    assert fails(pd.concat(own.check(planted(books, table, column, amount, row))))


def test_less_than_a_yen_is_the_same_amount(books: Books):
    assert not broken(planted(books, "costs", "mjpy", 0.4 * YEN))
    assert broken(planted(books, "costs", "mjpy", 1.6 * YEN))


def test_the_published_cost_is_what_the_cash_flow_is_worth(books: Books):
    changed = replace(books, objective_mjpy=books.objective_mjpy + 2 * YEN)
    assert broken(changed) == {"present_value_is_the_objective", "investment_case_follows"}
    lower = replace(books, settings=replace(books.settings, discount_rate=0.0599))
    assert "present_value_is_the_objective" in broken(lower)


# amounts that are shown as published or for orientation, and follow from nothing that a plan knows
FREE = {
    "capex_projects": {"announced_cost_mjpy"},
    "capex_history": {"mjpy"},
    "group_share": {"data_center_mjpy", "group_mjpy"},
    "against_budget": {"announced_mjpy"},
}


def money_columns(books: Books) -> list[tuple[str, str]]:
    return [
        (name, str(column))
        for name, table in books.tables.items()
        for column in table.columns
        if str(column).endswith("mjpy")
        and str(column) not in FREE.get(name, set())
        and table[column].notna().any()
    ]


def test_no_column_of_money_stands_alone(books: Books):
    """A thousand yen more in one cell of any column of amounts, and some control fails."""
    chance = np.random.default_rng(4)
    silent, sources = [], {each.name: inspect.getsource(each.check) for each in CONTROLS}
    for name, column in money_columns(books):
        known = np.flatnonzero(books[name][column].notna().to_numpy())
        wrong = planted(books, name, column, 1000 * YEN, int(chance.choice(known)))
        first = sorted(CONTROLS, key=lambda each: f'"{name}"' not in sources[each.name])
        if not any(fails(pd.concat(each.check(wrong))) for each in first):
            silent.append(f"{name}.{column}")
    assert not silent


def fails(lines: pd.DataFrame) -> bool:
    return not ((lines["left_mjpy"] - lines["right_mjpy"]).abs() <= YEN).all()


def test_amounts_that_may_be_missing_have_their_reason(books: Books):
    for name, columns in NOT_GIVEN.items():
        assert set(columns) <= set(books[name].columns), name
    fx = books["budget_bridge"].query("step == 'fx'")
    assert fx["mjpy"].isna().all()
    assert fx["reason"].str.len().gt(0).all()
    assert "fx" in STEPS


def test_what_one_table_lacks_is_zero_in_it_and_a_missing_amount_is_not():
    left, right = pd.Series({"a": 1.0, "b": 2.0}), pd.Series({"b": 2.0, "c": 3.0})
    lines = tie_sums(left, right)
    assert lines["where"].tolist() == ["a", "b", "c"]
    assert lines["right_mjpy"].tolist() == [0.0, 2.0, 3.0]
    unknown = tie_sums(pd.Series({"a": np.nan}), pd.Series({"b": 0.0}))
    assert unknown["left_mjpy"].isna().tolist() == [True, False]
    assert fails(tie(["x"], [np.nan], [np.nan]))


def test_findings_say_where_and_how_much(books: Books):
    report = run_controls(planted(books, "profit_and_loss", "staff_mjpy", 1.0))
    told = next(each for each in report.findings() if each.startswith("Profit and loss = cost table: staff"))
    assert "FY2022" in told
    assert "difference 1,000,000 JPY" in told
