"""Hourly carbon-free shares: by hand on flat and sunny claims, until met, audited hour by hour.

The weather of `toys.sunny`: light for four hours of every day (a sixth of all hours), 25 degC for eight.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.model.hourly import hourly_targets
from dcplan.physics import solar
from dcplan.plans.audit import audit
from tests.model import toys


@pytest.fixture(scope="module")
def sunny(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the case with that weather, its sun known, without panels and without the other targets."""
    case = toys.sunny(toy_case, tmp_path_factory.mktemp("sunny"))
    case = toys.with_panels(toys.with_table(case, "onsite_pv", case["onsite_pv"].iloc[:0]), max_kw=0.0)
    return toys.without_rows(case, "targets", metric="renewable_share")


def with_share(case: Case, value: float, profile: str, price: float = float("nan")) -> Case:
    """Return the case with a share of what the campus draws in FY2024."""
    row = {"target": "hourly", "metric": "hourly_carbon_free_share", "boundary": "owned", "value": value}
    row |= {"miss_price": price, "claims_profile": profile, "fiscal_year": 2024}
    return toys.with_rows(case, "targets", row)


def claimed(solved: toys.Solved) -> float:
    rows = solved.table("claimed_mwh")
    assert rows.loc[rows["fiscal_year"] != 2024, "claimed_mwh"].sum() == pytest.approx(0.0, abs=1e-6)
    return float(rows["claimed_mwh"].sum())


def reached(solved: toys.Solved) -> tuple[float, float]:
    """Return what is matched and what is drawn [MWh]."""
    (hours,) = hourly_targets(solved.model.program, solved.model.context)
    return hours.measured(solved.values)[:2]


def test_flat_claims_meet_a_share_as_they_do_by_the_year(sunny: Case) -> None:
    """Half of a load that varies by a tenth lies below every hour: an MWh claimed is an MWh matched."""
    hourly = toys.best(with_share(sunny, 0.5, "flat"))
    matched, drawn = reached(hourly)
    assert claimed(hourly) == pytest.approx(drawn / 2, rel=1e-6)
    assert matched == pytest.approx(drawn / 2, rel=1e-6)


def test_claims_like_the_sun_reach_no_more_than_the_bright_hours(sunny: Case) -> None:
    """Four of 24 hours, all at 25 degC, hold a little more than a sixth of the load, and no claim adds to it.

    The miss is what is lacking to 30 %; without a price no plan is left.
    """
    missed = toys.best(with_share(sunny, 0.30, "solar", price=0.5))
    matched, drawn = reached(missed)
    assert 1 / 6 < matched / drawn < 0.19
    miss = missed.table("target_miss").query("target == 'hourly'")
    assert miss["target_miss"].sum() == pytest.approx(0.3 * drawn - matched, rel=1e-6)
    assert toys.best(with_share(sunny, 0.30, "solar")).solution.values is None


def test_a_published_plan_is_asked_for_its_own_hours_until_it_is_met(sunny: Case, tmp_path: Path) -> None:
    """With panels and flat claims the load is below its supply in hours that no first set names."""
    case = toys.with_money(toys.with_panels(sunny, max_kw=600.0, cost_jpy_per_kw=1_000.0))
    plan, report = toys.audited(with_share(case, 0.93, "flat"), tmp_path)
    assert report.findings == ()
    matched, drawn = reached(plan)
    assert matched / drawn >= 0.93 - 2e-7
    asked = matched_by_loops(plan, tmp_path / "plan" / "tables")
    assert asked == pytest.approx((matched, drawn), rel=1e-9)
    table = pd.read_csv(tmp_path / "plan" / "tables" / "targets.csv").query("target == 'hourly'")
    assert table["actual"].to_numpy() == pytest.approx([matched / drawn], rel=1e-9)
    file = tmp_path / "plan" / "tables" / "claims.csv"
    pd.read_csv(file).assign(claimed_mwh=lambda rows: rows["claimed_mwh"] * 0.99).to_csv(file, index=False)
    assert "targets" in {finding.rule for finding in audit(tmp_path / "plan").findings}


def matched_by_loops(plan: toys.Solved, tables: Path) -> tuple[float, float]:
    """Return what is matched and drawn at the campus in FY2024 [MWh], hour by hour.

    A kW of IT draws 0.10 kW more in the eight hours at 25 degC than in the sixteen at 15; its mean is known.
    """
    energy = pd.read_csv(tables / "site_energy.csv").set_index(["site", "period"]).loc[("Campus", "FY2024")]
    onsite = pd.read_csv(tables / "onsite.csv").set_index(["site", "fiscal_year"])["pv_kw"]
    claims = pd.read_csv(tables / "claims.csv").set_index("fiscal_year")["claimed_mwh"]
    sun = solar.site_yield(plan.model.context.tables.case, "Campus")
    assert sun is not None
    it_kw = energy["it_mwh"] * 1000 / 8760
    cool = energy["facility_mwh"] * 1000 / 8760 - 0.10 * it_kw * 8 / 24
    matched = drawn = 0.0
    for hour in range(8760):
        load = cool + (0.10 * it_kw if hour % 24 in toys.HOT else 0.0)
        supply = onsite[("Campus", 2024)] * sun[hour] + claims[2024] * 1000 / 8760
        matched += min(load, supply) / 1000
        drawn += load / 1000
    return matched, drawn
