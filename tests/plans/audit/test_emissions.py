"""The audit forms emissions by every method again, without the code that made them."""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from dcplan.plans.audit import audit

COLUMNS = [
    "s1_fuel_tco2e", "s2_location_tco2e", "s2_market_tco2e", "s2_location_excl_tenant_tco2e",
    "s2_market_excl_tenant_tco2e", "s3_cat2_tco2e", "s3_cat3_tco2e", "s3_cat8_location_tco2e",
    "s3_cat8_market_tco2e", "facility_tco2e", "s2_shk_basic_tco2e", "s2_shk_adjusted_tco2e",
]  # fmt: skip


@pytest.fixture(scope="module")
def plan(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return Path(shutil.copytree(toy_plan_folder, tmp_path_factory.mktemp("audited") / "plan"))


def rules_broken(folder: Path, table: str, changed: pd.DataFrame) -> set[str]:
    path = folder / "tables" / f"{table}.csv"
    honest = path.read_bytes()
    try:
        changed.to_csv(path, index=False)
        return {finding.rule for finding in audit(folder).findings}
    finally:
        path.write_bytes(honest)


def test_the_emissions_of_a_plan_are_checked_and_right(plan: Path) -> None:
    report = audit(plan)
    assert report.passed
    assert report.rules["ghg_years"] >= 9 * len(COLUMNS)
    assert report.rules["class_energy"] >= 9


@pytest.mark.parametrize("column", COLUMNS)
def test_a_falsified_figure_is_found(plan: Path, column: str) -> None:
    """One figure of one year is a thousandth larger, or a tonne where it was nothing."""
    rows = pd.read_csv(plan / "tables" / "ghg_years.csv")
    place = rows.index[(rows["boundary"] == "fleet") & (rows["fiscal_year"] == 2023)][0]
    rows[column] = rows[column].astype(float)
    rows.loc[place, column] = rows.loc[place, column] * 1.001 + 1.0
    assert rules_broken(plan, "ghg_years", rows) == {"ghg_years"}


def test_a_null_that_became_0_is_found(plan: Path) -> None:
    rows = pd.read_csv(plan / "tables" / "ghg_years.csv")
    assert rules_broken(plan, "ghg_years", rows.fillna(0.0)) == {"ghg_years"}


def test_energy_booked_to_another_class_is_found(plan: Path) -> None:
    rows = pd.read_csv(plan / "tables" / "class_energy.csv")
    rows.loc[0, "it_mwh"] += 5.0
    assert rules_broken(plan, "class_energy", rows) == {"class_energy"}
