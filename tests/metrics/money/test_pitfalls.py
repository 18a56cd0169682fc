"""What a reviewer of a CAPEX plan looks for first: six ways in which its money goes wrong."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics import yearly
from dcplan.metrics.money.assets import depreciation
from dcplan.metrics.money.capex import capex_cash
from dcplan.metrics.money.dated import asset_value
from dcplan.metrics.money.profit_and_cash import cash_flow, profit_and_loss
from dcplan.metrics.money.settings import MoneySettings
from dcplan.metrics.money.unit_cost import unit_cost_lines
from dcplan.plans.plan import open_plan
from dcplan.studies.resolve_interval import Proof, Verdict, difference
from tests.metrics.money.paper import year

Tables = dict[str, pd.DataFrame]


def test_25_a_shadow_price_of_carbon_is_no_cost_in_profit_or_cash(
    small: Tables, settings: MoneySettings
) -> None:
    """Power prices pass the cash cost of carbon on already; the shadow price only moves the objective."""
    before = profit_and_loss(small, settings).drop(columns=["revenue_mjpy"])
    lines = unit_cost_lines(small, settings)
    objective = cash_flow(small, settings)["pv_mjpy"].sum()
    costs = small["costs"]
    small["costs"] = costs.assign(mjpy=costs["mjpy"].where(costs["term"] != "shadow_carbon", 1000.0))
    pd.testing.assert_frame_equal(profit_and_loss(small, settings).drop(columns=["revenue_mjpy"]), before)
    pd.testing.assert_frame_equal(unit_cost_lines(small, settings), lines)
    flows = cash_flow(small, replace(settings, objective="after_tax"))
    assert not flows.loc[flows["term"] == "shadow_carbon", "cash"].any()
    assert cash_flow(small, settings)["pv_mjpy"].sum() > objective + 3000.0


def test_26_construction_in_progress_is_not_depreciated(small: Tables, settings: MoneySettings) -> None:
    """The hall that serves in FY2025 has cost 40 by then and is worth 40."""
    rows = depreciation(small, settings)
    assert not rows["asset"].str.startswith("late").any()
    assert rows.loc[rows["asset"].str.startswith("hall"), "fiscal_year"].min() == 2023


def test_26_capex_is_cash_when_paid_and_an_addition_when_it_serves(
    small: Tables, settings: MoneySettings
) -> None:
    cash = capex_cash(small, settings)
    hall = cash[cash["project"] == "hall"]
    paid = {row.fiscal_year: row.cash_mjpy for row in hall.itertuples()}
    served = {row.fiscal_year: row.placed_in_service_mjpy for row in hall.itertuples()}
    assert paid == pytest.approx({2021: 21.0, 2022: 84.0, 2023: 63.0, 2024: 42.0})
    assert served == pytest.approx({2021: 0.0, 2022: 0.0, 2023: 210.0, 2024: 0.0})


def test_27_a_battery_is_paid_again_when_it_wears_out(small: Tables, settings: MoneySettings) -> None:
    """A battery of six years is not one of fifteen; written off, it still has to be replaced."""
    lines = unit_cost_lines(small, settings).set_index("fiscal_year")
    small["assets"].loc[small["assets"]["asset"] == "hall:battery", "life_years"] = 15.0
    longer = unit_cost_lines(small, settings).set_index("fiscal_year")
    assert lines.loc[2024, "own_assets_mjpy"] > 1.2 * longer.loc[2024, "own_assets_mjpy"]
    small["assets"].loc[small["assets"]["asset"] == "old", "service_date"] = date(2010, 4, 1)
    worn = depreciation(small, settings)
    assert year(worn, 2022, asset="old")["depreciation_mjpy"] == 0.0
    after = unit_cost_lines(small, settings).set_index("fiscal_year")
    assert after.loc[2022, "opening_assets_mjpy"] == pytest.approx(lines.loc[2022, "opening_assets_mjpy"])


def test_27_an_asset_outlives_the_horizon(small: Tables, settings: MoneySettings) -> None:
    """Without an end value all cost of a young hall falls on the years of the plan."""
    kept = {rule: asset_value(small, settings, rule, after_tax=False) for rule in ("none", "book", "annuity")}
    assert kept["none"] == pytest.approx(0.0)
    assert kept["annuity"] > kept["book"] > 150.0


def test_28_a_lease_is_counted_once(small: Tables, settings: MoneySettings) -> None:
    """Unit cost and cash hold the rent; the right of use and its interest replace it in profit, in no sum."""
    settings = replace(settings, borrowing_rate=0.12)
    lines = unit_cost_lines(small, settings).set_index("fiscal_year")
    flows = cash_flow(small, settings)
    assert lines["rent_mjpy"].sum() == pytest.approx(19.2)
    assert not [name for name in lines.columns if "rou" in name or "interest" in name]
    assert not flows["term"].str.contains("rou|liability|interest").any()
    table = profit_and_loss(small, settings)
    lifted = table["ebitda_ifrs16_mjpy"] - table["ebitda_after_rent_mjpy"]
    assert lifted.tolist() == pytest.approx([12.0, 7.2, 0.0])
    charged = table["rou_depreciation_ifrs16_mjpy"] + table["lease_interest_ifrs16_mjpy"]
    assert (charged - table["gain_on_break_ifrs16_mjpy"]).sum() == pytest.approx(19.2)


def test_28_a_new_standard_moves_ebitda_and_no_cash(small: Tables, settings: MoneySettings) -> None:
    """EBITDA rises by the rent in the year in which the standard begins; free cash flow does not."""
    late, early = (
        profit_and_loss(small, replace(settings, lease_standard_from=day))
        for day in (date(2027, 4, 1), date(2023, 4, 1))
    )
    moved = early["ebitda_jgaap_mjpy"] - late["ebitda_jgaap_mjpy"]
    assert moved.tolist() == pytest.approx([0.0, 7.2, 0.0])
    for column in ("free_cash_flow_pre_tax_mjpy", "free_cash_flow_after_tax_mjpy"):
        assert early[column].tolist() == pytest.approx(late[column].tolist())


def test_29_a_ramping_hall_is_at_its_part_load_and_in_the_total(toy_plan_folder: Path) -> None:
    """Hall B fills to 270 of 800 kW in its first year: above its 1.30 at half load, and counted."""
    tables = open_plan(toy_plan_folder).tables
    rows = tables["energy"][tables["energy"]["period"] == "FY2024"].set_index("hall")
    load = 1000 * rows.loc["B", "it_mwh"] / 8760 / 800
    assert load < 0.5
    assert rows.loc["B", "facility_mwh"] / rows.loc["B", "it_mwh"] > 1.30
    assert yearly.pue(tables)[2024] == pytest.approx(rows["facility_mwh"].sum() / rows["it_mwh"].sum())


def test_30_a_difference_below_the_gaps_is_noise() -> None:
    """Each optimum is known to 1: a swing of 0.5 says nothing, one of 5 has a sign, one of 50 a size."""
    base = Proof(bound=100.0, cost=101.0)
    swings = {0.5: Verdict.OPEN, 5.0: Verdict.SIGN, 50.0: Verdict.RESOLVED}
    for swing, verdict in swings.items():
        found = difference(base, Proof(bound=100.0 + swing, cost=101.0 + swing))
        assert found.low <= swing <= found.high
        assert found.verdict is verdict
