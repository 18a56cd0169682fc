"""Batteries and panels in the plan, worked out by hand on variations of the tutorial case.

The weather of `toys.sunny`: 25 degC for the first eight hours of every day, 15 degC for the other sixteen, so
that the campus draws its peak for eight hours and 0.10 kW less per kW of IT after them. A cut of x kW up to a
tenth of the IT peak takes 8 x kWh, and the evening charges 16 x 0.8 x kWh again. A kW-month of demand costs
1,700 JPY, and the three years' middles are worth 0.9759, 0.9294 and 0.8851.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.model.onsite import KINDS
from dcplan.physics.solar import site_yield
from tests.model import toys

YEARS = np.array([0.9759, 0.9294, 0.8851])
KW_YEAR = 1_700 * 12 / 1e6
"""M JPY."""


@pytest.fixture(scope="module")
def sunny(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    return toys.with_money(toys.sunny(toy_case, tmp_path_factory.mktemp("sunny")))


@pytest.fixture(scope="module")
def dark(sunny: Case) -> Case:
    """Return the case without panels: the whole curve is that of the weather."""
    return toys.with_table(sunny, "onsite_pv", sunny["onsite_pv"].iloc[:0])


@pytest.fixture(scope="module")
def without(dark: Case) -> toys.Solved:
    return toys.best(dark)


def test_a_case_without_batteries_and_options_has_none_of_it(without: toys.Solved) -> None:
    program = without.model.program
    assert not any(program.has(name) for name in (*KINDS, "peak_cut_kw", "curve_kw"))
    assert not {"battery_cut", "onsite_stays", "self_use"} & {
        block.family for block in program.blocks.rows.values()
    }
    assert not any(term.name.startswith("onsite") for term in without.model.costs)


@pytest.mark.parametrize(
    "changes, cut",
    [
        ({}, [7.5, 7.5, 7.5]),  # 60 kWh over eight hours
        ({"energy_kwh": 100.0}, [10.0, 10.0, 10.0]),  # 10 kW
        ({"energy_kwh": 100.0, "round_trip": 0.4}, [0.0, 0.0, 0.0]),  # 16 x 0.4 < 8: never full again
        ({"fade_per_year": 0.2}, [6.7485, 5.2495, 3.7464]),  # 183, 548 and 914 days until each October
    ],
)
def test_a_battery_that_stands_cuts_what_is_billed(
    dark: Case, without: toys.Solved, changes: dict[str, float], cut: list[float]
) -> None:
    solved = toys.best(toys.with_battery(dark, **changes))
    saved = float((np.array(cut) * YEARS).sum()) * KW_YEAR
    assert without.cost - solved.cost == pytest.approx(saved, rel=2e-4, abs=1e-7)
    peaks, billed = (each.table("contract_kw")["contract_kw"].to_numpy() for each in (without, solved))
    assert peaks - billed == pytest.approx(cut, rel=1e-3, abs=1e-6)


def test_a_battery_that_stands_counts_where_the_case_has_options(dark: Case, without: toys.Solved) -> None:
    alone = toys.with_table(toys.with_battery(dark), "battery_options", dark["battery_options"])
    assert toys.best(alone).cost == pytest.approx(without.cost, abs=1e-9)


def test_power_without_cells_cuts_nothing(sunny: Case) -> None:
    """Panels alone are no cut, and the cells that stand are no cells of a bought inverter."""
    case = toys.with_battery(toys.with_battery_option(sunny, max_kwh=1e-3))
    solved = toys.best(case)
    assert solved.table("peak_cut_kw")["peak_cut_kw"].max() <= 10.0 + 2e-3
    assert solved.table("battery_kw")["battery_kw"].max() <= 2e-3


def test_a_battery_counts_from_the_first_year_that_it_is_there_for(dark: Case, without: toys.Solved) -> None:
    late = toys.with_battery(dark, from_date=dark.info.as_of.replace(month=10))
    saved = 7.5 * float(YEARS[1:].sum()) * KW_YEAR
    assert without.cost - toys.best(late).cost == pytest.approx(saved, rel=2e-4)


def test_a_bought_battery_by_hand(dark: Case, without: toys.Solved) -> None:
    """100 kWh cut 12.5 kW: 12.5 x 10,000 and 100 x 5,000 JPY, 0.625 M JPY, paid on the first day.

    Plant lives 20 years, so that 17 of 20 annuities at 5 % are left after three years: 0.904658 of the cost,
    worth 1.05 ** (-1096 / 365.25) of that now. The tax is 1.4 % of what is left in the books on 1 January
    2023 and 2024, 9 and 21 of 240 months after the start.
    """
    solved = toys.best(toys.with_battery_option(dark))
    held = {kind: solved.table(kind)[kind].to_numpy() for kind in ("battery_kw", "battery_kwh")}
    assert held["battery_kwh"] == pytest.approx([100.0] * 3)
    assert held["battery_kw"] == pytest.approx([12.5] * 3)
    rate = toys_rate(dark)
    cost = 0.625
    left = cost * (1 - (1 + rate) ** -(20 - 1096 / 365.25)) / (1 - (1 + rate) ** -20)
    tax = dark.settings["asset_tax_rate"] * cost * (np.array([231, 219]) / 240 * YEARS[1:]).sum()
    saved = 12.5 * YEARS.sum() * KW_YEAR
    expected = cost - left * (1 + rate) ** (-1096 / 365.25) + tax - saved
    assert expected < -0.1
    assert solved.cost - without.cost == pytest.approx(expected, rel=5e-4)
    costs = solved.costs()
    assert costs["onsite_capex"] == pytest.approx(0.625)
    assert "onsite_replacement" not in costs


def toys_rate(case: Case) -> float:
    return float(case.settings["discount_rate"])


def test_what_is_worn_out_is_replaced_at_the_price_of_the_day(dark: Case) -> None:
    """Two years of life: bought in April 2022 and again in April 2024, 10 % cheaper a year."""
    short = dark["asset_classes"].assign(life_years=2.0, tax_life_years=2.0).iloc[:1]
    classes = pd.concat([dark["asset_classes"], short.assign(asset_class="cells")], ignore_index=True)
    case = toys.with_table(dark, "asset_classes", classes)
    case = toys.with_battery_option(
        case, asset_class="cells", escalation=-0.1, energy_jpy_per_kwh=500.0, maintenance_share=0.04
    )
    costs = toys.best(case).costs()
    first = (12.5 * 10_000 + 100 * 500) / 1e6
    assert costs["onsite_capex"] == pytest.approx(first)
    assert costs["onsite_replacement"] == pytest.approx(first * 0.9 ** (731 / 365.25))
    assert costs["onsite_maintenance"] == pytest.approx(3 * 0.04 * first)


def test_a_battery_that_costs_more_than_it_saves_is_not_bought(dark: Case, without: toys.Solved) -> None:
    solved = toys.best(toys.with_battery_option(dark, energy_jpy_per_kwh=50_000.0))
    assert solved.table("battery_kwh")["battery_kwh"].max() == pytest.approx(0.0, abs=1e-9)
    assert solved.cost == pytest.approx(without.cost, abs=1e-6)


def test_panels_by_hand(sunny: Case) -> None:
    """A kW gives 0.844861 kW for four hours a day, 1.2335 MWh a year: 20 JPY a kWh, and half a certificate.

    0.85 x (1,000 x (1 + cos 10) / 2 + 0.2 x 1,000 x (1 - cos 10) / 2) W/m2 of diffuse light.
    """
    bare, solved = toys.best(sunny), toys.best(toys.with_panels(sunny))
    assert solved.table("pv_kw")["pv_kw"].to_numpy() == pytest.approx([50.0] * 3)
    tilt = np.cos(np.radians(10.0))
    kw = 0.85 * ((1 + tilt) / 2 + 0.2 * (1 - tilt) / 2)
    known = site_yield(sunny, "Campus")
    assert known is not None
    assert known.reshape(365, 24)[:, 3:7] == pytest.approx(kw)
    assert known.sum() == pytest.approx(4 * 365 * kw)
    mwh = 50 * 4 * np.array([365, 366, 365]) * kw / 1e3
    before, after = bare.costs(), solved.costs()
    assert before["energy_owned"] - after["energy_owned"] == pytest.approx(mwh.sum() * 20 / 1e3)
    assert before["instruments"] - after["instruments"] == pytest.approx(mwh.sum() / 1e3)  # each MWh is green
    assert after["onsite_capex"] == pytest.approx(5.0)


def test_panels_never_give_more_than_the_site_draws(sunny: Case) -> None:
    """Room for 100 MW: no more than the campus draws in its coldest hour at its mean load is bought."""
    case = toys.with_money(toys.with_panels(sunny, max_kw=100_000.0, cost_jpy_per_kw=1_000.0), 1_000.0)
    solved = toys.best(case)
    kw = solved.table("pv_kw")["pv_kw"].to_numpy()
    site = solved.model.context.tables
    racks = solved.table("racks").query("period == 'FY2022' and hall == 'A'").set_index("class")["racks"]
    mean = site.it_mwh_per_rack.xs("FY2022", level="period") / 8.76
    drawn = float((racks * mean).sum()) * (1.0 + 0.05 + proportional_share()) + 40.0
    standing = 100.0 / (4 * 365 * 0.844861 / 1e3)
    assert kw[0] == pytest.approx(drawn / 0.844861 - standing, rel=1e-4)
    assert (np.diff(kw) >= -1e-6).all()


def proportional_share() -> float:
    """Return a1 of hall A: 1.30 less 1, the fixed share at half load, and the mean of 0.05 and 0.15."""
    return 1.30 - 1.0 - 0.05 / 0.5 - (8 * 0.15 + 16 * 0.05) / 24


@pytest.mark.parametrize("by", ["year", "quarter"])
def test_the_audit_agrees_with_all_of_it(sunny: Case, tmp_path: Path, by: str) -> None:
    """A battery that stands, one that is bought and replaced, and panels: hour by hour and yen by yen."""
    short = sunny["asset_classes"].assign(life_years=2.0, tax_life_years=2.0).iloc[:1]
    classes = pd.concat([sunny["asset_classes"], short.assign(asset_class="cells")], ignore_index=True)
    case = toys.with_table(sunny, "asset_classes", classes)
    case = toys.with_battery(case, fade_per_year=0.05)
    option = {"asset_class": "cells", "energy_jpy_per_kwh": 500.0, "power_jpy_per_kw": 1_000.0}
    case = toys.with_battery_option(case, **option, maintenance_share=0.02, fade_per_year=0.03)
    case = toys.with_panels(case, maintenance_share=0.01, fade_per_year=0.005)
    plan, report = toys.audited(case, tmp_path, by)
    assert report.findings == ()
    held = pd.read_csv(tmp_path / "plan" / "tables" / "onsite.csv")
    assert (held[list(KINDS)] > 0.0).all(axis=None)
    assert plan.costs()["onsite_replacement"] > 0.0
    for rule in ("battery_cut", "onsite_stays", "self_use", "cost:onsite_capex", "cost:onsite_maintenance"):
        assert report.rules[rule] > 0


FAULTS = [
    ("battery_cuts.csv", "peak_cut_kw", 1.1, "battery_cut"),
    ("onsite.csv", "battery_kwh", 0.5, "battery_cut"),
    ("onsite.csv", "battery_kw", 1.5, "onsite_stays"),
    ("onsite.csv", "pv_kw", 0.9, "energy"),
    ("payments.csv", "mjpy", 1.01, "payments_table"),
]


@pytest.fixture(scope="module")
def saved(sunny: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    case = toys.with_panels(toys.with_battery_option(toys.with_battery(sunny)))
    folder = tmp_path_factory.mktemp("saved")
    _, report = toys.audited(case, folder)
    assert report.findings == ()
    return folder / "plan"


@pytest.mark.parametrize("file, column, factor, rule", FAULTS)
def test_the_audit_finds_what_is_wrong(
    saved: Path, tmp_path: Path, file: str, column: str, factor: float, rule: str
) -> None:
    import shutil

    from dcplan.plans.audit import audit

    plan = Path(shutil.copytree(saved, tmp_path / "plan"))
    table = pd.read_csv(plan / "tables" / file)
    table[column] *= factor
    table.to_csv(plan / "tables" / file, index=False)
    assert rule in {finding.rule for finding in audit(plan).findings}


def test_a_year_of_dispatch_holds_what_the_model_promises(saved: Path) -> None:
    """Independent of rows and tangents: every subset of a day's hours, on the published plan."""
    tables = saved / "tables"
    cut = pd.read_csv(tables / "battery_cuts.csv")["peak_cut_kw"].to_numpy()
    held = pd.read_csv(tables / "onsite.csv")
    energy = 60.0 + held["battery_kwh"].to_numpy()
    site = pd.read_csv(tables / "site_energy.csv").query("site == 'Campus'")
    peak = site["peak_kw"].to_numpy()
    racks = pd.read_csv(tables / "racks.csv").merge(pd.read_csv(saved / "inputs" / "halls.csv"), on="hall")
    racks = racks[racks["site"] == "Campus"].merge(
        pd.read_csv(saved / "inputs" / "class_years.csv"), on="class"
    )
    racks = racks[racks["period"] == "FY" + racks["fiscal_year"].astype(str)]
    it = (racks["racks"] * racks["peak_kw"]).groupby(racks["period"]).sum().to_numpy()
    hour = np.arange(24)
    sun = np.isin(hour, toys.BRIGHT) * 0.84486
    panels = 100.0 / (4 * np.array([365, 366, 365]) * 0.84486 / 1e3) + held["pv_kw"].to_numpy()
    for y, size in itertools.product(range(3), range(1, 9)):
        load = peak[y] - 0.10 * it[y] * ~np.isin(hour, toys.HOT) - panels[y] * sun
        highest = np.sort(load)[::-1][:size].sum()
        assert highest - size * (peak[y] - cut[y]) <= energy[y] + 1e-3
