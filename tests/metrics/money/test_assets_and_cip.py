"""CAPEX, construction in progress, depreciation and the asset roll, against numbers worked by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics.money.assets import asset_roll, asset_tax, depreciation, tax_depreciation
from dcplan.metrics.money.capex import capex_cash, capex_projects
from dcplan.metrics.money.cip import cip_roll
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan
from tests.metrics.money.paper import year

Tables = dict[str, pd.DataFrame]
ONE_YEN = 1e-6


def test_projects_split_their_cost_by_when_it_is_paid(small: Tables, settings: MoneySettings) -> None:
    table = capex_projects(small, settings).set_index("project")
    columns = ["cost_mjpy", "paid_before_mjpy", "plan_mjpy", "later_mjpy"]
    assert table.loc["hall", columns].tolist() == pytest.approx([210.0, 21.0, 189.0, 0.0])
    assert table.loc["late", columns].tolist() == pytest.approx([100.0, 0.0, 40.0, 60.0])
    assert table["status"].tolist() == ["in_service", "in_construction"]
    assert table["service_fiscal_year"].tolist() == [2023, 2025]


def test_construction_in_progress_rolls(small: Tables, settings: MoneySettings) -> None:
    """The hall: 21 before the opening, 84 then 63 in; 210 serve on 1 October 2023; the last 42 are owed."""
    table = cip_roll(small, settings)
    columns = ["opening_cip_mjpy", "spend_mjpy", "placed_in_service_mjpy", "closing_cip_mjpy"]
    hall = table[table["project"] == "hall"]
    assert year(hall, 2021)[columns].tolist() == pytest.approx([0.0, 21.0, 0.0, 21.0])
    assert year(hall, 2022)[columns].tolist() == pytest.approx([21.0, 84.0, 0.0, 105.0])
    assert year(hall, 2023)[columns].tolist() == pytest.approx([105.0, 63.0, 210.0, 0.0])
    assert year(hall, 2023)["closing_payable_mjpy"] == pytest.approx(42.0)
    assert year(hall, 2024)["closing_payable_mjpy"] == pytest.approx(0.0, abs=1e-12)
    assert year(table, 2024, project="late")[columns].tolist() == pytest.approx([0.0, 40.0, 0.0, 40.0])


def test_depreciation_begins_in_the_month_of_service(small: Tables, settings: MoneySettings) -> None:
    """Six years: 0.167; fifteen years: 0.067; six months of FY2023 from 1 October."""
    table = depreciation(small, settings)
    battery, plant = (table[table["asset"] == f"hall:{kind}"] for kind in ("battery", "plant"))
    assert battery["fiscal_year"].tolist() == [2023, 2024]
    assert battery["months"].tolist() == [6, 12]
    assert battery["depreciation_mjpy"].tolist() == pytest.approx([60 * 0.167 / 2, 60 * 0.167])
    assert plant["depreciation_mjpy"].tolist() == pytest.approx([150 * 0.067 / 2, 150 * 0.067])
    assert plant["closing_book_mjpy"].tolist() == pytest.approx([144.975, 134.925])


def test_depreciation_stops_at_one_yen(small: Tables, settings: MoneySettings) -> None:
    """Cost 10 over two years from April 2022: 5, then 5 less the memo value, then nothing."""
    row = ("it", "p", "S", "it", 10.0, date(2022, 4, 1), 2.0, 2.0, False)
    small["assets"] = pd.DataFrame([row], columns=small["assets"].columns)
    table = depreciation(small, settings)
    assert table["depreciation_mjpy"].tolist() == pytest.approx([5.0, 5.0 - ONE_YEN, 0.0], abs=1e-12)
    assert table["closing_book_mjpy"].tolist() == pytest.approx([5.0, ONE_YEN, ONE_YEN], abs=1e-12)


def test_the_asset_roll_holds_old_and_new_assets_of_a_class(small: Tables, settings: MoneySettings) -> None:
    """The old battery has 18 months behind it: 60 - 15.03 = 44.97 of book value at the opening."""
    roll = asset_roll(small, settings)
    row = year(roll, 2022, asset_class="battery")
    assert row["opening_book_mjpy"] == pytest.approx(44.97)
    assert (row["depreciation_mjpy"], row["closing_book_mjpy"]) == pytest.approx((10.02, 34.95))
    row = year(roll, 2023, asset_class="battery")
    assert (row["additions_mjpy"], row["depreciation_mjpy"]) == pytest.approx((60.0, 15.03))
    assert row["closing_book_mjpy"] == pytest.approx(34.95 + 60.0 - 15.03)


def test_tax_depreciation_writes_off_the_whole_cost(small: Tables) -> None:
    by_asset = tax_depreciation(small).groupby("asset")["mjpy"].sum()
    assert by_asset["hall:battery"] == pytest.approx(60.0 - ONE_YEN, abs=1e-12)
    assert by_asset["late:plant"] == pytest.approx(100.0 - ONE_YEN, abs=1e-12)
    assert "old" not in by_asset


def test_asset_tax_is_assessed_on_the_first_of_january(small: Tables, settings: MoneySettings) -> None:
    """1 January 2024: 60 x (1 - 3/72) + 150 x (1 - 3/180) = 205; taxed at 1.4 % in FY2024."""
    by_year = asset_tax(small, settings).groupby("fiscal_year")["tax_mjpy"].sum()
    assert by_year.to_dict() == pytest.approx({2024: 0.014 * 205.0, 2025: 0.014 * 185.0})


def test_rolls_of_a_solved_plan_close(toy_plan_folder: Path) -> None:
    """Opening + additions - depreciation = closing; openings follow closings; CIP ties to spend."""
    plan = open_plan(toy_plan_folder)
    settings = money_settings(plan.manifest)
    roll = asset_roll(plan.tables, settings)
    moved = roll["opening_book_mjpy"] + roll["additions_mjpy"] - roll["depreciation_mjpy"]
    assert (moved - roll["closing_book_mjpy"]).abs().max() < ONE_YEN
    assert roll["depreciation_mjpy"].sum() > 0.0
    for _, rows in roll.groupby("asset_class"):
        gaps = rows["opening_book_mjpy"].to_numpy()[1:] - rows["closing_book_mjpy"].to_numpy()[:-1]
        assert abs(gaps).max(initial=0.0) < ONE_YEN
    cip = cip_roll(plan.tables, settings)
    stands = cip["in_service_to_date_mjpy"] + cip["closing_cip_mjpy"] - cip["closing_payable_mjpy"]
    assert (stands - cip["spend_to_date_mjpy"]).abs().max() < ONE_YEN
    assert capex_cash(plan.tables, settings)["cash_mjpy"].sum() == pytest.approx(
        plan.tables["capex"]["mjpy"].sum(), abs=ONE_YEN
    )
