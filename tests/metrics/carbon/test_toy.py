"""The carbon tables of the tutorial's plan, worked out on paper (README of the toy case, *Carbon*)."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics import carbon
from dcplan.plans.plan import Plan, open_plan

Books = dict[str, pd.DataFrame]

# FY2024 of *leave*: everything stands at the campus
FACILITY, IT, COLO_IT = 8952.72, 6876.6, 60 * 6 * 8.76
IMPORT = FACILITY - 100
CLAIMED = FACILITY / 2 - 100
COLO = IMPORT * COLO_IT / FACILITY


@pytest.fixture(scope="module")
def plan(toy_plan_folder: Path) -> Plan:
    return open_plan(toy_plan_folder)


@pytest.fixture(scope="module")
def books(plan: Plan) -> Books:
    return carbon.tables(plan)


def year(books: Books, boundary: str, fiscal_year: int) -> pd.Series:
    rows = books["ghg_summary"]
    chosen = rows[(rows["boundary"] == boundary) & (rows["fiscal_year"] == fiscal_year)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_scope_2_by_every_method(books: Books) -> None:
    """8,852.7 MWh at 0.4; less 4,376.4 certified at 0.464; certificates off at 0.43 by the reporting law."""
    row = year(books, "fleet", 2024)
    assert row["s2_location_tco2e"] == pytest.approx(0.4 * IMPORT, rel=1e-9)
    assert row["s2_market_tco2e"] == pytest.approx(0.464 * (IMPORT - CLAIMED), rel=1e-9)
    assert row["s2_shk_adjusted_tco2e"] == pytest.approx(0.464 * IMPORT - 0.43 * CLAIMED, rel=1e-9)
    assert row["s2_shk_basic_tco2e"] == pytest.approx(0.464 * IMPORT - 0.43 * CLAIMED, rel=1e-9)
    assert row["shk_definition"] == "from_fy2024"


def test_the_basic_figure_changes_its_meaning_with_activity_of_fy2024(books: Books) -> None:
    """In FY2023 it is physical, 0.45 for all that is bought, whatever is certified."""
    row = year(books, "owned", 2023)
    bought = row["facility_mwh"] - 100
    assert row["s2_shk_basic_tco2e"] == pytest.approx(0.45 * bought, rel=1e-9)
    assert row["s2_shk_adjusted_tco2e"] < 0.464 * bought
    assert row["shk_definition"] == "until_fy2023"


def test_view_b_leaves_customers_to_category_13_and_nothing_is_lost(books: Books) -> None:
    for boundary in ("fleet", "owned", "leased"):
        for fiscal_year in (2022, 2023, 2024):
            row = year(books, boundary, fiscal_year)
            for method in ("location", "market"):
                a = row[f"s2_{method}_tco2e"]
                b = row[f"s2_{method}_excl_tenant_tco2e"] + row[f"s3_cat13_{method}_tco2e"]
                assert a == pytest.approx(b, rel=1e-12)
    row = year(books, "fleet", 2024)
    assert row["s3_cat13_location_tco2e"] == pytest.approx(0.4 * COLO, rel=1e-6)


def test_scope_1_is_the_tests_of_two_halls_and_refrigerants_are_not_known(books: Books) -> None:
    """1,000 kW x 0.5 x 20 h x 0.25 L = 2.5 kL a hall and year, 2.6 t a kL; hall B comes in FY2024."""
    assert [year(books, "fleet", y)["s1_fuel_tco2e"] for y in (2022, 2023, 2024)] == [6.5, 6.5, 13.0]
    row = year(books, "fleet", 2024)
    assert pd.isna(row["s1_refrigerant_tco2e"])
    assert row["s1_null_reason"] == "refrigerant: no_input"
    assert row["s1_tco2e"] == 13.0


def test_scope_3_of_hall_b_its_year_and_its_life(books: Books) -> None:
    """200 M x 3 + 200 M x 4 t in the year of service; spread over 40 and 20 years 15 + 40."""
    assert [year(books, "fleet", y)["s3_cat2_tco2e"] for y in (2022, 2023, 2024)] == [0, 0, 1400]
    assert year(books, "fleet", 2024)["s3_cat2_spread_memo_tco2e"] == pytest.approx(15 + 40)
    upstream = 0.07 * IMPORT + IMPORT / 19 * 0.4 + 5 * 0.4
    assert year(books, "fleet", 2024)["s3_cat3_tco2e"] == pytest.approx(upstream)


def test_the_landlords_overhead_is_category_8(books: Books) -> None:
    """City in FY2023: 40 racks x 5 kW x 0.9375 x 8,784 h = 1,647 MWh of IT, 0.7 of it again as overhead."""
    row = year(books, "leased", 2023)
    assert row["s2_location_tco2e"] == pytest.approx(0.4 * 1647.0)
    assert row["s3_cat8_location_tco2e"] == pytest.approx(0.4 * 0.7 * 1647.0)
    assert row["facility_tco2e"] == pytest.approx(0.4 * 1.7 * 1647.0)


def test_what_moved_between_boundaries_is_no_reduction_of_either(books: Books) -> None:
    """40 racks leave City in FY2024: 40 x 5 x 0.94444 x 8.76 = 1,654.7 MWh of IT."""
    bridge = books["boundary_bridge"]
    rows = bridge[bridge["fiscal_year"] == 2024].set_index("row")
    it = 40 * 5 * (85 / 90) * 8.76
    before = year(books, "owned", 2023)
    pue = before["facility_mwh"] / before["it_mwh"]
    moved = rows.loc["moved_between_boundaries"]
    assert moved["owned_tco2e"] == pytest.approx(0.4 * pue * it)
    assert moved["leased_tco2e"] == pytest.approx(-0.4 * 1.7 * it)
    assert moved["fleet_tco2e"] == pytest.approx(0.4 * (pue - 1.7) * it)
    owned, fleet = year(books, "owned", 2024), year(books, "fleet", 2024)
    assert owned["pct_vs_base"] > 60
    assert not owned["claimable"]
    assert fleet["claimable"]
    causes = rows.drop(index=["opening", "closing"])
    for name in ("owned_tco2e", "leased_tco2e", "fleet_tco2e"):
        change = rows.loc["closing", name] - rows.loc["opening", name]
        assert causes[name].sum() == pytest.approx(change, rel=1e-9)


def test_the_lines_add_up_to_the_decisions_of_the_model(plan: Plan, books: Books) -> None:
    """The factor is 0.4 in every year, so that the vintage changes nothing: all energy, but for Scope 1."""
    for fiscal_year in (2022, 2023, 2024):
        row = year(books, "fleet", fiscal_year)
        emissions = plan.tables["emissions"]
        told = emissions.loc[emissions["fiscal_year"] == fiscal_year, "location_tco2e"].sum()
        assert row["decision_tco2e"] == pytest.approx(told)
        assert row["facility_tco2e"] == pytest.approx(told + row["s1_tco2e"])
