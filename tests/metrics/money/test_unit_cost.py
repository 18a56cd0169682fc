"""What a rack-month, a kW-month and a kWh cost, against numbers worked by hand."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.metrics.money.unit_cost import built_capacity, unit_cost, unit_cost_lines
from dcplan.plans.plan import open_plan

Tables = dict[str, pd.DataFrame]
SIX = 0.05 / (1 - 1.05**-6)
FIFTEEN = 0.05 / (1 - 1.05**-15)
HALLS = pd.DataFrame({"hall": ["A", "B"], "rack_places": [10, 20], "it_kw": [200, 100]})
LEASES = pd.DataFrame({"lease": ["L"], "hall": ["B"]})


def cells(table: pd.DataFrame) -> dict[tuple[str, str], float]:
    return dict(zip(zip(table["span"], table["measure"], strict=True), table["value"], strict=True))


def test_the_lines_of_a_year(small: Tables, settings: MoneySettings) -> None:
    """FY2023: half a year of the hall's annuity, a year of the old battery's, and what is paid."""
    lines = unit_cost_lines(small, settings).set_index("fiscal_year")
    year = lines.loc[2023]
    assert year["own_assets_mjpy"] == pytest.approx((60 * SIX + 150 * FIFTEEN) / 2)
    assert year["opening_assets_mjpy"] == pytest.approx(60 * SIX)
    assert year["rent_mjpy"] == pytest.approx(7.2)
    paid = 11 + 7.2 + 2 + 1 + 0.8 + 0.4
    assert year["total_mjpy"] == pytest.approx((60 * SIX + 150 * FIFTEEN) / 2 + 60 * SIX + paid)
    assert lines.index.tolist() == [2022, 2023, 2024]


def test_built_is_own_places_and_leased_racks(small: Tables) -> None:
    """B is leased: its ten racks, then six, count, and 5 kW of its power with each."""
    built = built_capacity(small, HALLS, LEASES).set_index("period")
    assert built["rack_places"].tolist() == [20, 16, 10, 10]
    assert built["it_kw"].tolist() == [250, 230, 200, 200]


def test_each_measure_states_what_it_divides_by(small: Tables, settings: MoneySettings) -> None:
    """FY2022: old battery 60 a year over its annuity, 24 paid; eight racks, 100 kW, 876,000 kWh."""
    table = unit_cost(small, settings, HALLS, LEASES)
    cost, found = 60 * SIX + 10 + 12 + 2, cells(table)
    assert found["FY2022", "rack_month_sold"] == pytest.approx(1e6 * cost / (8 * 12))
    assert found["FY2022", "rack_month_built"] == pytest.approx(1e6 * cost / (20 * 12))
    assert found["FY2022", "kw_month_sold"] == pytest.approx(1e6 * cost / (100 * 12))
    assert found["FY2022", "kw_month_built"] == pytest.approx(1e6 * cost / (250 * 12))
    assert found["FY2022", "kwh_it"] == pytest.approx(1e6 * cost / 876_000)
    assert (table["denominator"] != "").all()
    assert (table["reason"] == "").all()


def test_the_horizon_is_a_ratio_of_sums(small: Tables, settings: MoneySettings) -> None:
    table, lines = unit_cost(small, settings, HALLS, LEASES), unit_cost_lines(small, settings)
    whole = lines["total_mjpy"].sum()
    assert cells(table)["horizon", "rack_month_sold"] == pytest.approx(1e6 * whole / (3 * 96))
    assert cells(table)["horizon", "rack_month_built"] == pytest.approx(1e6 * whole / (12 * 46))


def test_the_levelised_cost_discounts_energy_like_cost(small: Tables, settings: MoneySettings) -> None:
    """A cost that is always 20 JPY a kWh is 20 JPY a kWh levelised, whatever the rate."""
    small["assets"], small["payments"] = small["assets"].iloc[:0], small["payments"].iloc[:0]
    small["releases"] = small["releases"].iloc[:0]
    amounts = [20e-3 * mwh for mwh in small["energy"]["it_mwh"]]
    small["costs"] = pd.DataFrame(
        {
            "term": "energy_owned",
            "site": "S",
            "period": small["periods"]["period"],
            "cash": True,
            "mjpy": amounts,
        }
    )
    found = cells(unit_cost(small, settings))
    assert found["horizon", "kwh_it_levelised"] == pytest.approx(20.0)


def test_without_halls_built_is_missing_with_a_reason(small: Tables, settings: MoneySettings) -> None:
    table = unit_cost(small, settings)
    built = table[table["measure"].str.endswith("built")]
    assert built["value"].isna().all()
    assert built["reason"].str.startswith("not_given").all()
    assert table.loc[~table["measure"].str.endswith("built"), "value"].notna().all()


def test_the_cost_of_a_solved_plan_ties_to_its_rows(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    settings = money_settings(plan.manifest)
    halls, leases = (pd.read_csv(toy_plan_folder / "inputs" / f"{n}.csv") for n in ("halls", "leases"))
    lines = unit_cost_lines(plan.tables, settings).set_index("fiscal_year")
    costs = plan.tables["costs"]
    cash = costs[costs["cash"].astype(bool) & (costs["term"] != "capex")]["mjpy"].sum()
    assets = lines[["own_assets_mjpy", "opening_assets_mjpy"]].to_numpy().sum()
    assert lines["total_mjpy"].sum() == pytest.approx(cash + assets, abs=1e-6)
    found = cells(unit_cost(plan.tables, settings, halls, leases))
    assert found["FY2022", "rack_month_sold"] > found["FY2022", "rack_month_built"] > 0
