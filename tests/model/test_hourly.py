"""Hourly carbon-free shares: by hand on flat and sunny claims, until met, audited hour by hour.

The weather of `toys.sunny`: light for four hours of every day (a sixth of all hours), 25 degC for eight.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.errors import InputError
from dcplan.model.hourly import hourly_rows, measured
from dcplan.plans.audit import audit
from tests.model import toys


@pytest.fixture(scope="module")
def sunny(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Case:
    """Return the case with that weather, without panels and without the other targets."""
    case = toys.sunny(toy_case, tmp_path_factory.mktemp("sunny"))
    case = toys.with_table(case, "onsite_pv", case["onsite_pv"].iloc[:0])
    return toys.without_rows(case, "targets", metric="renewable_share")


def with_share(case: Case, value: float, profile: str, price: float = float("nan")) -> Case:
    row = {"target": "hourly", "metric": "hourly_carbon_free_share", "boundary": "owned", "value": value}
    row |= {"miss_price": price, "claims_profile": profile}
    return toys.with_rows(case, "targets", *({**row, "fiscal_year": year} for year in (2022, 2023, 2024)))


def claims(solved: toys.Solved) -> np.ndarray:
    return solved.table("claimed_mwh").groupby("fiscal_year")["claimed_mwh"].sum().to_numpy()


def reached(solved: toys.Solved) -> list[float]:
    p, c = solved.model.program, solved.model.context
    found = [measured(p, c, row, solved.values) for row in hourly_rows(c)]
    return [matched / drawn for matched, drawn, _ in found]


def test_flat_claims_meet_a_share_as_they_do_by_the_year(sunny: Case) -> None:
    """Half of a load that varies by a tenth lies below every hour: an MWh claimed is an MWh matched."""
    plain, hourly = toys.best(sunny), toys.best(with_share(sunny, 0.5, "flat"))
    assert claims(plain).sum() == pytest.approx(0.0, abs=1e-6)
    energy = hourly.model.context.tables
    assert energy is not None
    assert reached(hourly) == pytest.approx([0.5] * 3, abs=1e-6)
    drawn = claims(hourly) / 0.5
    assert (drawn > 5_000.0).all()


def test_claims_like_the_sun_reach_no_more_than_the_bright_hours(sunny: Case) -> None:
    """Four of 24 hours, all at 25 degC, hold a little more than a sixth of the load, and no claim adds to it.

    Half the share that they hold costs an MWh of claims for each MWh; beyond all of it no plan is left.
    """
    hourly = toys.best(with_share(sunny, 0.08, "solar"))
    assert reached(hourly) == pytest.approx([0.08] * 3, abs=1e-6)
    missed = toys.best(with_share(sunny, 0.30, "solar", price=0.5))
    assert all(1 / 6 < share < 0.19 for share in reached(missed))
    assert toys.best(with_share(sunny, 0.30, "solar")).solution.values is None


def test_a_published_plan_is_asked_for_its_own_hours_until_it_is_met(sunny: Case, tmp_path: Path) -> None:
    """With panels and flat claims the load is below its supply in hours that no first set names."""
    case = toys.with_money(toys.with_panels(sunny, max_kw=600.0, cost_jpy_per_kw=1_000.0))
    case = with_share(case, 0.93, "flat")
    plan, report = toys.audited(case, tmp_path)
    assert report.findings == ()
    assert min(reached(plan)) >= 0.93 - 2e-7
    table = pd.read_csv(tmp_path / "plan" / "tables" / "targets.csv").query("target == 'hourly'")
    assert table["actual"].to_numpy() == pytest.approx(reached(plan), rel=1e-9)
    file = tmp_path / "plan" / "tables" / "claims.csv"
    pd.read_csv(file).assign(claimed_mwh=lambda rows: rows["claimed_mwh"] * 0.99).to_csv(file, index=False)
    rules = {finding.rule for finding in audit(tmp_path / "plan").findings}
    assert "targets" in rules
    assert json.loads((tmp_path / "plan" / "manifest.json").read_text("utf-8"))["status"] == "optimal"


def test_claims_like_a_sun_that_is_not_known_are_refused(toy_case: Case) -> None:
    with pytest.raises(InputError, match="no irradiance"):
        toys.best(with_share(toy_case, 0.1, "solar"))
