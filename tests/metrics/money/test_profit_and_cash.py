"""Profit, cash and the present value of every cost, against numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.finance.depreciation import straight_line
from dcplan.metrics.money.dated import asset_value
from dcplan.metrics.money.profit_and_cash import cash_flow, profit_and_loss
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan
from tests.metrics.money.paper import year

Tables = dict[str, pd.DataFrame]
TIE = 1e-6
OPENING = date(2022, 4, 1)


def worth(amount: float, day: date, half_days: float = 0.0, rate: float = 0.05) -> float:
    """Return the present value of an amount on a day, or so many days after it."""
    return float(amount * (1 + rate) ** -(((day - OPENING).days + half_days) / 365.25))


def by_hand() -> float:
    """Return the present value of the small plan's costs, one by one."""
    through = {2022: 10 + 12 + 2 + 3 + 0.1, 2023: 11 + 7.2 + 2 + 3 + 1, 2024: 12 + 2 + 2.87 + 3 + 5}
    through[2025] = 13 + 2 + 2.59 + 3
    days = {2022: 365, 2023: 366, 2024: 365, 2025: 365}
    total = sum(worth(amount, date(y, 4, 1), days[y] / 2) for y, amount in through.items())
    on_a_day = [
        (84.0, date(2022, 10, 1)),
        (63.0, date(2023, 10, 1)),
        (42.0, date(2024, 4, 1)),
        (40.0, date(2024, 10, 1)),
        (60.0, date(2025, 7, 1)),
        (0.8 + 0.4, date(2023, 4, 1)),
        (0.6, date(2024, 4, 1)),
        (0.5, date(2023, 4, 1)),
        (-150.0, date(2026, 4, 1)),
    ]
    return total + sum(worth(amount, day) for amount, day in on_a_day)


def test_every_cost_is_discounted_from_its_date(small: Tables, settings: MoneySettings) -> None:
    flows = cash_flow(small, settings)
    assert flows["pv_mjpy"].sum() == pytest.approx(by_hand(), abs=1e-9)
    assert flows["mjpy"].sum() == pytest.approx(small["costs"]["mjpy"].sum())
    assert flows.loc[flows["kind"] == "day", "term"].unique().tolist() == [
        "capex",
        "break_fee",
        "restoration",
    ]
    assert flows.loc[flows["tail"], "fiscal_year"].unique().tolist() == [2025]
    shadow = set(flows.loc[~flows["cash"].astype(bool), "term"])
    assert shadow == {
        "shadow_carbon", "target_misses", "commitment_change", "restoration_accrual", "terminal_capex",
    }  # fmt: skip


def test_tax_is_relief_of_cash_costs_and_a_shield(small: Tables, settings: MoneySettings) -> None:
    """FY2023: 0.3 x (11 + 7.2 + 2 + 1 + 0.8 + 0.4) of relief, 0.3 x half a year of the hall of shield."""
    flows = cash_flow(small, replace(settings, objective="after_tax"))
    sums = flows[flows["fiscal_year"] == 2023].groupby("term")["mjpy"].sum()
    assert sums["tax_relief"] == pytest.approx(-0.3 * 22.4)
    assert sums["tax_shield"] == pytest.approx(-0.3 * (60 * 0.167 + 150 * 0.067) / 2)
    later = straight_line(
        [60, 150, 100], [6, 15, 15], [date(2023, 10, 1)] * 2 + [date(2025, 7, 1)], range(2026, 2050)
    ).sum(axis=0)
    middles = [
        worth(1.0, date(y, 4, 1), (date(y + 1, 4, 1) - date(y, 4, 1)).days / 2) for y in range(2026, 2050)
    ]
    left = -0.3 * float(later @ middles) / worth(1.0, date(2026, 4, 1))
    end = flows[flows["term"] == "terminal_tax_shield"]
    assert end["mjpy"].sum() == pytest.approx(left, abs=1e-9)
    assert end["date_years"].unique().tolist() == pytest.approx([1461 / 365.25])
    assert not end["cash"].any()


def test_a_term_without_a_known_date_is_refused(small: Tables, settings: MoneySettings) -> None:
    small["costs"].loc[0, "term"] = "gift"
    with pytest.raises(ValueError, match="gift"):
        cash_flow(small, settings)


def test_profit_on_both_lease_standards(small: Tables, settings: MoneySettings) -> None:
    """FY2023: costs 11 + 1 + 7.2 + 2 + 0.8 = 22; rights of use wear 7.2, own assets 20.055."""
    row = year(profit_and_loss(small, settings), 2023)
    assert (row["power_mjpy"], row["certificates_mjpy"], row["rent_mjpy"]) == pytest.approx((11.0, 1.0, 7.2))
    assert (row["staff_mjpy"], row["break_fees_mjpy"]) == pytest.approx((2.0, 0.8))
    assert row["ebitda_after_rent_mjpy"] == pytest.approx(-22.0)
    assert (row["ebitda_ifrs16_mjpy"], row["ebitda_jgaap_mjpy"]) == pytest.approx((-14.8, -22.0))
    assert row["depreciation_mjpy"] == pytest.approx(10.02 + 5.01 + 5.025)
    restoration = 0.6 * 366 / 731
    assert row["ebit_ifrs16_mjpy"] == pytest.approx(-14.8 - 20.055 - 7.2 - restoration)
    assert row["ebit_jgaap_mjpy"] == pytest.approx(-22.0 - 20.055 - restoration)
    assert row["profit_before_tax_ifrs16_mjpy"] == pytest.approx(row["ebit_ifrs16_mjpy"])


def test_cash_is_capex_on_its_day_and_restoration_when_paid(small: Tables, settings: MoneySettings) -> None:
    row = year(profit_and_loss(small, settings), 2023)
    assert (row["capex_mjpy"], row["restoration_paid_mjpy"]) == pytest.approx((63.0, 0.4))
    assert row["free_cash_flow_pre_tax_mjpy"] == pytest.approx(-(22.0 + 63.0 + 0.4))
    tax = -0.3 * 22.4 - 0.3 * 10.035
    assert row["tax_mjpy"] == pytest.approx(tax)
    assert row["free_cash_flow_after_tax_mjpy"] == pytest.approx(-(22.0 + 63.0 + 0.4) - tax)


def test_there_is_no_revenue_and_it_says_why(small: Tables, settings: MoneySettings) -> None:
    table = profit_and_loss(small, settings)
    assert table["revenue_mjpy"].isna().all()
    assert table["revenue_reason"].str.startswith("not_modelled").all()
    assert table["fiscal_year"].tolist() == [2022, 2023, 2024]


def test_the_cash_flow_of_a_solved_plan_is_its_objective(toy_plan_folder: Path) -> None:
    """Term by term and in sum, for the plan and for what it is compared with."""
    plan = open_plan(toy_plan_folder)
    settings = money_settings(plan.manifest)
    for tables in (plan.tables, *plan.references.values()):
        flows, costs = cash_flow(tables, settings), tables["costs"]
        ours, theirs = (table.groupby("term")["pv_mjpy"].sum() for table in (flows, costs))
        assert ours.to_dict() == pytest.approx(theirs.to_dict(), abs=TIE)
        assert flows["pv_mjpy"].sum() == pytest.approx(costs["pv_mjpy"].sum(), abs=TIE)
        assert flows["mjpy"].sum() == pytest.approx(costs["mjpy"].sum(), abs=TIE)
    assert plan.manifest["published_cost_mjpy"] == pytest.approx(
        cash_flow(plan.tables, settings)["pv_mjpy"].sum(), abs=TIE
    )


def test_the_terminal_value_of_assets_is_the_plans(toy_plan_folder: Path) -> None:
    """What the tables say of assets gives the objective's terminal value without looking at it."""
    plan = open_plan(toy_plan_folder)
    settings, costs = money_settings(plan.manifest), plan.tables["costs"]
    left = costs.loc[costs["term"] == "terminal_capex", "mjpy"].sum()
    assert left < -100.0
    assert asset_value(plan.tables, settings, "annuity", after_tax=False) == pytest.approx(-left, abs=TIE)


def test_an_after_tax_objective_is_the_cash_flow_after_tax(taxed_plan_folder: Path) -> None:
    """Relief, shield and what of it lies after the end, computed from the tables, are the plan's own."""
    plan = open_plan(taxed_plan_folder)
    settings, costs = money_settings(plan.manifest), plan.tables["costs"]
    assert settings.objective == "after_tax"
    flows = cash_flow(plan.tables, settings)
    ours, theirs = (table.groupby("term")["pv_mjpy"].sum() for table in (flows, costs))
    assert ours.to_dict() == pytest.approx(theirs.to_dict(), abs=TIE)
    assert ours["tax_relief"] < -100.0
    assert flows["pv_mjpy"].sum() == pytest.approx(plan.manifest["published_cost_mjpy"], abs=TIE)
    tax = costs.loc[costs["term"].isin(["tax_relief", "tax_shield"]), "mjpy"].sum()
    assert profit_and_loss(plan.tables, settings)["tax_mjpy"].sum() == pytest.approx(tax, abs=TIE)
    assert asset_value(plan.tables, settings, "annuity", after_tax=True) == pytest.approx(
        -costs.loc[costs["term"] == "terminal_capex", "mjpy"].sum(), abs=TIE
    )
