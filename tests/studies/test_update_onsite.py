"""Batteries, panels and contracts of a plan on its next opening day, by hand: nothing is solved here."""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.studies.update_onsite import onsite_on
from dcplan.studies.update_projects import Progress
from tests.model import toys

DAY = date(2024, 4, 1)


@pytest.fixture(scope="module")
def case(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """A battery of 10 kW and 60 kWh stands since 2022 and fades by 2 %; more is on offer."""
    case = toys.sunny(toy_case, tmp_path_factory.mktemp("sunny"))
    case = toys.with_battery_option(case, fade_per_year=0.10)
    case = toys.with_battery(case, fade_per_year=0.02)
    return toys.with_ppa(toys.with_panels(case, fade_per_year=0.01))


@pytest.fixture(scope="module")
def after(case: Case) -> Progress:
    return onsite_on(case, plan(), DAY)


def plan() -> dict[str, pd.DataFrame]:
    """Bought for FY2022 and FY2023; what is bought for FY2024 comes on the new opening day: not yet."""
    onsite = [("Campus", 2022, 5.0, 20.0, 30.0), ("Campus", 2023, 5.0, 30.0, 40.0)]
    onsite.append(("Campus", 2024, 9.0, 50.0, 50.0))
    assets = [
        ("pv_kw Campus FY2022:plant", "pv_kw Campus FY2022", "Campus", "plant", 3.0, date(2022, 4, 1)),
        ("pv_kw Campus FY2024:plant", "pv_kw Campus FY2024", "Campus", "plant", 1.0, date(2024, 4, 1)),
        ("hall-b:plant", "hall-b", "Campus", "plant", 200.0, date(2023, 4, 1)),
    ]
    columns = ["asset", "project", "site", "asset_class", "cost_mjpy", "service_date"]
    signed = [("sun", "Campus", 2022, 1.5), ("sun", "Campus", 2023, 1.0)]
    return {
        "onsite": pd.DataFrame(onsite, columns=["site", "fiscal_year", "battery_kw", "battery_kwh", "pv_kw"]),
        "assets": pd.DataFrame(assets, columns=columns),
        "ppas": pd.DataFrame(signed, columns=["instrument", "site", "start_year", "contracted_mw"]),
    }


def test_a_bought_battery_joins_the_one_that_stands(after: Progress) -> None:
    """10 + 5 kW; 60 x 0.96 + 20 x 0.8 + 10 x 0.9 = 82.6 kWh are left after two years and one."""
    row = after.tables["batteries"].sort_values("from_date").iloc[-1]
    assert (row["site"], row["from_date"]) == ("Campus", DAY)
    assert (row["power_kw"], row["energy_kwh"]) == pytest.approx((15.0, 82.6), rel=1e-3)
    room = after.tables["battery_options"].iloc[0]
    assert (room["max_kw"], room["max_kwh"]) == (15.0, 70.0)


def test_panels_add_to_the_mwh_that_stand(case: Case, after: Progress) -> None:
    """A kW gives 1.233 MWh in the light of this weather; 30 kW have faded by 2 % and 10 kW by 1 %."""
    row = after.tables["onsite_pv"].sort_values("from_date").iloc[-1]
    before = case["onsite_pv"].iloc[-1]
    assert row["pv_kw"] - before["pv_kw"] == pytest.approx(30 * 0.98 + 10 * 0.99, rel=1e-4)
    given = row["mwh_per_year"] - before["mwh_per_year"]
    assert given == pytest.approx(39.3 * 1.2334585686, rel=1e-4)
    assert after.tables["pv_options"].iloc[0]["max_kw"] == 10.0


def test_what_was_bought_is_an_asset_once(case: Case, after: Progress) -> None:
    added = after.tables["opening_assets"].iloc[len(case["opening_assets"]) :]
    assert added["asset"].tolist() == ["pv_kw Campus FY2022:plant"]
    assert added["cost_mjpy"].tolist() == [3.0]


def test_a_contract_runs_on_to_the_end_of_its_term(after: Progress) -> None:
    """Three years from FY2022 leave one; the contract of FY2023 alone has ended."""
    rows = after.tables["ppa_offers"]
    assert rows["instrument"].tolist() == ["sun Campus FY2022"]
    row = rows.iloc[0]
    assert (row["fiscal_year"], row["term_years"]) == (2024, 1)
    assert row["signed_mw"] == row["most_mw"] == 1.5
    assert row["price_jpy_per_kwh"] == 16.0
    kind = after.tables["instruments"].set_index("instrument").loc["sun Campus FY2022"]
    assert (kind["kind"], kind["site"]) == ("physical_ppa", "Campus")
    assert "sun" not in set(after.tables["instruments"]["instrument"]), "its offers are over"


def test_the_next_case_is_sound(case: Case, after: Progress, tmp_path: Path) -> None:
    for name, table in after.tables.items():
        case = toys.with_table(case, name, table)
    written = load(toys.write_case(case, tmp_path / "case"))
    assert written["ppa_offers"]["signed_mw"].tolist() == [1.5]


def test_a_plan_that_bought_nothing_changes_nothing(case: Case) -> None:
    nothing = plan()
    nothing["onsite"] = nothing["onsite"].assign(battery_kw=0.0, battery_kwh=0.0, pv_kw=0.0)
    nothing["ppas"] = nothing["ppas"].assign(contracted_mw=0.0)
    found = onsite_on(case, nothing, DAY)
    assert (found.tables, found.remarks) == ({}, ())
