"""Reference plans of the default case: what is announced, nothing optimised."""

from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.plans.plan import Plan, open_plan


@pytest.fixture(scope="module")
def plan(iij_plan_folder: Path) -> Plan:
    return open_plan(iij_plan_folder)


@pytest.mark.parametrize("name", ["as_announced", "as_announced_2022", "frozen"])
def test_green_menus_go_on_and_nothing_else_is_claimed(plan: Plan, iij_case: Case, name: str) -> None:
    """Matsue's menu is claimed up to its volume or the site's imports; no certificate is bought."""
    tables = plan.references[name]
    claimed = tables["claims"].groupby(["instrument", "fiscal_year"])["claimed_mwh"].sum()
    menu = claimed["matsue_green_menu"].loc[2022:2027]
    years = tables["periods"][["period", "fiscal_year"]]
    imports = tables["site_energy"].query("site == 'Matsue'").merge(years, on="period")
    imports = imports.groupby("fiscal_year")["imported_mwh"].sum()
    volume = iij_case["instrument_years"].query("instrument == 'matsue_green_menu'")
    volume = volume.set_index("fiscal_year")["volume_mwh"]
    limit = pd.concat([imports, volume], axis=1).min(axis=1).loc[2022:2027]
    assert menu.to_numpy() == pytest.approx(limit.to_numpy())
    assert claimed.drop("matsue_green_menu").sum() == 0.0


@pytest.mark.parametrize("name", ["as_announced", "as_announced_2022", "frozen"])
def test_nothing_moves_and_every_site_stays(plan: Plan, name: str) -> None:
    tables = plan.references[name]
    assert tables["racks"]["moved_out"].sum() == 0.0
    assert (tables["sites"]["kept"] == 1).all()


def test_frozen_gives_no_rack_back_and_as_announced_gives_back_empty_ones(plan: Plan) -> None:
    assert plan.references["frozen"]["leases"]["released_racks"].sum() == 0
    assert plan.references["as_announced"]["leases"]["released_racks"].sum() > 0


def test_halls_and_connections_start_when_announced(plan: Plan) -> None:
    """A date within a quarter counts from the next one: 1 December 2026 from January 2027."""
    starts = plan.references["as_announced"]["starts"].set_index("project")["period"]
    assert starts.to_dict() == {
        "shiroi-2a": "FY2023Q3",
        "shiroi-2b": "FY2024Q2",
        "matsue-grid-9mw": "FY2025Q1",
        "matsue-2": "FY2025Q2",
        "shiroi-grid-20mw": "FY2026Q4",
        "shiroi-3a": "FY2026Q4",
        "shiroi-3b": "FY2027Q4",
    }
    power = plan.references["as_announced"]["limits"].query("limit == 'site_power' and scope == 'Shiroi'")
    power = power.set_index("period")["available"]
    assert (power["FY2026Q3"], power["FY2026Q4"]) == (10_000, 20_000)
    assert set(plan.references["as_announced_2022"]["starts"]["hall"]) == {"Shiroi-2a", "Shiroi-2b"}
