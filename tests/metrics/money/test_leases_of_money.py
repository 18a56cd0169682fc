"""Lease liabilities, rights of use and the Japanese standard, against numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics.money.lease_schedule import lease_schedule, rent_by_period
from dcplan.metrics.money.leases_ifrs16 import leases_ifrs16, restoration_roll
from dcplan.metrics.money.leases_jgaap import lease_reconciliation, leases_jgaap
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan
from tests.metrics.money.paper import year

Tables = dict[str, pd.DataFrame]
ONE_YEN = 1e-6
DAYS = (30, 31, 30, 31, 31, 30, 31, 30, 31, 31, 29, 31)  # April 2023 to March 2024


def test_a_break_takes_its_racks_off_both_sides(small: Tables, settings: MoneySettings) -> None:
    """Undiscounted: 24 months x 10 racks x 0.1 = 24; 12 paid; four racks x 12 months = 4.8 go; 7.2 stay."""
    first, second = (year(leases_ifrs16(small, settings), y) for y in (2022, 2023))
    liability = ["opening_liability_mjpy", "interest_mjpy", "payments_mjpy", "derecognised_liability_mjpy"]
    assert first[[*liability, "closing_liability_mjpy"]].tolist() == pytest.approx([24, 0, 12, 0, 12])
    assert second[[*liability, "closing_liability_mjpy"]].tolist() == pytest.approx([12, 0, 7.2, 4.8, 0])
    assert second["derecognised_rou_mjpy"] == pytest.approx(4.8)
    assert (first["rou_depreciation_mjpy"], second["rou_depreciation_mjpy"]) == pytest.approx((12.0, 7.2))


def test_a_liability_is_the_sum_of_discounted_payments(small: Tables, settings: MoneySettings) -> None:
    """F3 by a loop: payment k is 0.6 x 12 x days of the month / days of the year, discounted k/12 years."""
    small["lease_spans"] = small["lease_spans"].iloc[1:]
    small["lease_spans"] = small["lease_spans"].assign(start=date(2023, 4, 1))
    rows = lease_schedule(small, 0.12)
    left = sum(7.2 * days / 366 * 1.12 ** (-k / 12) for k, days in enumerate(DAYS, start=1))
    assert rows["initial_mjpy"].iloc[0] == pytest.approx(left, rel=1e-12)
    for place, days in enumerate(DAYS):
        assert rows["opening_mjpy"].iloc[place] == pytest.approx(left, rel=1e-9)
        left = left * 1.12 ** (1 / 12) - 7.2 * days / 366
        assert rows["closing_mjpy"].iloc[place] == pytest.approx(left, abs=1e-9)
    assert rows["interest_mjpy"].sum() == pytest.approx(7.2 - rows["initial_mjpy"].iloc[0])


def test_a_break_at_interest_has_a_gain(small: Tables, settings: MoneySettings) -> None:
    """Early on a liability falls more slowly than a straight line: what is left of it is more than the right.

    Over its life the charge is what was paid, whatever the rate.
    """
    roll = leases_ifrs16(small, replace(settings, borrowing_rate=0.12))
    assert year(roll, 2023)["gain_on_break_mjpy"] > 0.05
    charge = roll["interest_mjpy"] + roll["rou_depreciation_mjpy"] - roll["gain_on_break_mjpy"]
    assert charge.sum() == pytest.approx(19.2, abs=ONE_YEN)


def test_the_japanese_standard_expenses_rent_until_it_applies(small: Tables, settings: MoneySettings) -> None:
    """From 1 April 2023 here: 12 of rent in FY2022, then six racks are recognised with 7.2 to pay."""
    settings = replace(settings, lease_standard_from=date(2023, 4, 1))
    table = leases_jgaap(small, settings)
    first, second = year(table, 2022), year(table, 2023)
    assert (first["rent_expense_mjpy"], first["closing_liability_mjpy"]) == pytest.approx((12.0, 0.0))
    assert (first["standard_applied"], second["standard_applied"]) == ("rent", "ASBJ 34")
    assert (second["rent_expense_mjpy"], second["rou_depreciation_mjpy"]) == pytest.approx((0.0, 7.2))
    assert second["payments_mjpy"] == pytest.approx(7.2)


def test_rent_after_the_horizon_is_nobodys_expense(small: Tables, settings: MoneySettings) -> None:
    """A horizon of one year: 12 of rent, not the 7.2 of the year after as well; the bridge still closes."""
    settings = replace(settings, horizon_end=date(2023, 4, 1), borrowing_rate=0.12)
    table = leases_jgaap(small, settings)
    assert table["rent_expense_mjpy"].tolist() == pytest.approx([12.0])
    lines = lease_reconciliation(small, settings).set_index("line")["difference_mjpy"]
    assert lines["net_position"] == pytest.approx(-lines["cumulative_charge"], abs=ONE_YEN)
    assert lines["net_position"] > 0.01


def test_the_two_standards_reconcile(small: Tables, settings: MoneySettings) -> None:
    """The net positions differ by the charges that differ, and over a lease's life they do not differ."""
    settings = replace(settings, borrowing_rate=0.12, lease_standard_from=date(2023, 4, 1))
    table = lease_reconciliation(small, settings).set_index(["line", "fiscal_year"])
    charge, net = table.loc["cumulative_charge"], table.loc["net_position"]
    assert charge.loc[2022, "difference_mjpy"] != pytest.approx(0.0, abs=0.01)
    assert (net["difference_mjpy"] + charge["difference_mjpy"]).abs().max() < ONE_YEN
    assert charge.loc[2024, "difference_mjpy"] == pytest.approx(0.0, abs=ONE_YEN)
    assert charge.loc[2024, "jgaap_mjpy"] == pytest.approx(19.2, abs=ONE_YEN)


def test_the_provision_for_restoration_grows_to_what_is_due(small: Tables, settings: MoneySettings) -> None:
    roll = restoration_roll(small, replace(settings, borrowing_rate=0.12))
    opening = 0.4 * 1.12 ** (-365 / 365.25) + 0.6 * 1.12 ** (-731 / 365.25)
    first, last = year(roll, 2022), year(roll, 2024)
    assert first["opening_provision_mjpy"] == pytest.approx(opening)
    assert roll["settled_mjpy"].tolist() == pytest.approx([0.0, 0.4, 0.6])
    assert roll["unwinding_mjpy"].sum() == pytest.approx(1.0 - opening)
    assert (last["closing_provision_mjpy"], last["closing_asset_mjpy"]) == pytest.approx((0.0, 0.0))


def test_rent_is_racks_times_rate_times_months(small: Tables) -> None:
    rent = rent_by_period(small).set_index("period")["mjpy"]
    assert rent.to_dict() == pytest.approx({"FY2022": 12.0, "FY2023": 7.2})


def test_lease_rolls_of_a_solved_plan_close(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    settings = money_settings(plan.manifest)
    for tables in (plan.tables, *plan.references.values()):
        roll = leases_ifrs16(tables, settings)
        moved = roll["opening_liability_mjpy"] + roll["recognised_mjpy"] + roll["interest_mjpy"]
        moved = moved - roll["payments_mjpy"] - roll["derecognised_liability_mjpy"]
        assert (moved - roll["closing_liability_mjpy"]).abs().max() < ONE_YEN
        right = roll["opening_rou_mjpy"] + roll["recognised_mjpy"] - roll["rou_depreciation_mjpy"]
        right = right - roll["derecognised_rou_mjpy"]
        assert (right - roll["closing_rou_mjpy"]).abs().max() < ONE_YEN
        bridge = lease_reconciliation(tables, settings).set_index(["line", "fiscal_year"])["difference_mjpy"]
        assert (bridge["net_position"] + bridge["cumulative_charge"]).abs().max() < ONE_YEN
        costs = tables["costs"]
        assert rent_by_period(tables)["mjpy"].sum() == pytest.approx(
            costs.loc[costs["term"] == "rent", "mjpy"].sum(), abs=ONE_YEN
        )
        assert roll["payments_mjpy"].sum() > 100.0
