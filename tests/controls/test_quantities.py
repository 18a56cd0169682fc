"""Controls of energy and emissions: a plan ties out, and a planted fault trips its control."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from dcplan.controls.quantity import QuantityControl, Statements, beside, run
from dcplan.controls.statements import CONTROLS, run_quantities, statements_of
from dcplan.data.load import load
from dcplan.plans.audit import audit
from dcplan.plans.plan import open_plan


@pytest.fixture(scope="module")
def held(toy_plan_folder: Path) -> Statements:
    plan = open_plan(toy_plan_folder)
    return statements_of(plan, load(toy_plan_folder / "inputs"), audit(toy_plan_folder))


def broken(statements: Statements) -> set[str]:
    return set(run_quantities(statements).failures["control"])


def changed(held: Statements, name: str, rows: pd.DataFrame) -> Statements:
    return replace(held, tables={**held.tables, name: rows})


def test_every_relation_of_a_plan_holds(held: Statements):
    report = run_quantities(held)
    assert report.passed, "\n".join(report.findings())
    table = report.table().set_index("control")
    assert list(table.index) == [each.name for each in CONTROLS]
    assert (table["pairs"] > 0).all()  # every control compares something in the tutorial plan
    assert table.loc["energy_balances", "left_sum"] == pytest.approx(
        held["site_kpi"].query("scope == 'fleet'")["e_dc_mwh"].sum()
    )


PLANTED = {
    "energy_balances": ("site_energy", "e_import_mwh", "", 1.0),
    "periods_make_the_year": ("site_energy_periods", "e_dc_mwh", "", 1.0),
    "sites_make_the_entity": ("site_kpi", "e_it_mwh", "scope == 'fleet'", 1.0),
    "ratios_follow": ("hall_kpi", "pue", "", 0.01),
    "pue_is_above_one": ("hall_kpi", "pue", "", -1.0),
    "ref_is_at_most_one": ("site_kpi", "ref", "", 1.0),
    "units_of_the_law": ("site_energy", "energy_gj_law", "", 1.0),
    "kpis_are_the_audits": ("site_kpi", "utilisation", "", 0.01),
    "targets_are_read_off": ("targets", "plan_value", "metric == 'renewable_share'", 0.01),
    "lines_are_activity_times_factor": ("factor_register", "value", "factor_type == 'grid_location'", 0.01),
    "summaries_are_lines": ("ghg_summary", "s2_market_tco2e", "", 1.0),
    "location_knows_no_ledger": ("ghg_line", "tco2e", "method == 'location'", 1.0),
    "location_without_the_ledger": ("ghg_line", "tco2e", "method == 'location'", 1e-9),
    "retired_within_import": ("instrument_ledger", "retired_mwh", "instrument_type != 'onsite_pv'", 1e6),
    "ledger_balances": ("instrument_ledger", "expired_mwh", "", 1.0),
    "market_is_at_most": ("ghg_line", "tco2e", "method == 'market'", 1e6),
    "renewables_are_the_ledger": ("renewables_by_type", "mwh", "", 1.0),
    "bridges_close": ("boundary_bridge", "owned_tco2e", "", 1.0),
}


@pytest.mark.parametrize("control", PLANTED)
def test_a_planted_fault_trips_its_control(held: Statements, control: str):
    name, column, which, amount = PLANTED[control]
    rows = held[name].reset_index(drop=True).copy()
    at = (rows.query(which) if which else rows).index[0]
    rows[column] = rows[column].astype(float)
    rows.loc[at, column] += amount
    assert control in broken(changed(held, name, rows))


def test_every_control_has_its_fault():
    assert set(PLANTED) | {"nothing_is_missing_silently"} == {each.name for each in CONTROLS}


def test_a_figure_that_is_missing_without_a_reason_is_seen(held: Statements):
    rows = held["site_kpi"].copy()
    rows["wue_reason"] = ""
    assert "nothing_is_missing_silently" in broken(changed(held, "site_kpi", rows))


def test_the_three_slips_of_a_calculator_fail(held: Statements):
    """A factor that is gone, market-based figures told as location-based ones, and a mean of PUEs."""
    lines = held["ghg_line"]
    used = lines.loc[lines["method"] == "location", "factor_id"].iloc[0]
    register = held["factor_register"]
    assert broken(changed(held, "factor_register", register[register["factor_id"] != used]))
    names = {"s2_location_tco2e": "s2_market_tco2e", "s2_market_tco2e": "s2_location_tco2e"}
    assert broken(changed(held, "ghg_summary", held["ghg_summary"].rename(columns=names)))
    kpi = held["site_kpi"].reset_index(drop=True).copy()
    mean = kpi[kpi["scope"] == "site"].groupby("fiscal_year")["pue"].mean()
    fleet = kpi["scope"] == "fleet"
    kpi.loc[fleet, "pue"] = kpi.loc[fleet, "fiscal_year"].map(mean)
    assert {"ratios_follow", "kpis_are_the_audits"} <= broken(changed(held, "site_kpi", kpi))


@pytest.mark.parametrize(
    "relation, left, right, holds",
    [
        ("=", 1.0, 1.0 + 1e-7, True),
        ("=", 1.0, 1.01, False),
        ("<=", 1.0, 1.0, True),
        ("<=", 2.0, 1.0, False),
        ("<", 1.0, 1.0, False),
        ("<", 0.5, 1.0, True),
        ("=", float("nan"), 1.0, False),
        ("<=", float("nan"), 1.0, False),
        ("<", 0.0, float("nan"), False),
    ],
)
def test_a_relation_by_hand(relation: str, left: float, right: float, holds: bool):
    control = QuantityControl(
        "probe", "a", relation, "b", "MWh", "Probe", "試験", lambda _: [beside(["x"], [left], [right])]
    )
    assert run([control], Statements({})).passed is holds
