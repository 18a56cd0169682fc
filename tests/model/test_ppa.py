"""Contracts in MW on the tutorial case, take or pay, worked on paper.

The campus pays 15 + 2 JPY/kWh that a delivered MWh saves, and 1 JPY for a certificate. Its targets need
1,579.7, 2,349.0 and 4,376.4 MWh of claims in FY2022 to FY2024; it imports 5,498.9, 6,022.4 and 8,852.7.
"""

from __future__ import annotations

import shutil
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.rules_fleet import ppa_offered
from dcplan.metrics.carbon.books import CarbonBooks
from dcplan.metrics.carbon.every import carbon_tables
from dcplan.plans.audit import audit
from dcplan.plans.plan import read_tables
from tests.model import toys

MIDDLES = (0.9759, 0.9294, 0.8851)
PLAIN = 965.474
USED = (60 * 6 + 40 * 5 * 65 / 70) * 8.76 * 1.2 + 350.4 - 100
"""What the campus imports in FY2022 with hall A full, 5,986.9 MWh."""


def test_a_contract_below_the_tariff_is_signed_in_full(toy_case: Case) -> None:
    """2 MW at 16 save 2,000 x 1 JPY and certificates of 1.580, 2.349, 2.000 M; 1 MW more in FY2023.

    FY2022 2 + 1.5797, FY2023 3 + 2.3490, FY2024 2 + 2 M JPY.
    """
    found = toys.best(toys.with_ppa(toy_case)).solution.objective
    saved = (3.5797, 5.3490, 4.0)
    expected = PLAIN - sum(a * b for a, b in zip(saved, MIDDLES, strict=True))
    assert found == pytest.approx(expected, abs=2e-3)


def test_a_contract_dearer_than_tariff_and_certificate_is_not_signed(toy_case: Case) -> None:
    """18.1 is more than 17 + 1."""
    found = toys.best(toys.with_ppa(toy_case, price=18.1)).solution.objective
    assert found == pytest.approx(PLAIN, abs=1e-3)


def test_a_contract_that_is_signed_is_paid_however_dear(toy_case: Case) -> None:
    """1 MW at 18.1 costs 0.1 JPY more than tariff and certificate: 0.1 M JPY in each of three years."""
    case = toys.with_ppa(toy_case, price=18.1)
    case = toys.with_value(case, "ppa_offers", "signed_mw", 1.0, fiscal_year=2022)
    found = toys.best(case).solution.objective
    assert found == pytest.approx(PLAIN + 0.1 * sum(MIDDLES), abs=1e-3)


@pytest.fixture(scope="module")
def folder(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """8 MW at 1 JPY: more than the campus can use in FY2022 and FY2023, and worth it all the same."""
    place = tmp_path_factory.mktemp("ppa")
    _, report = toys.audited(toys.with_ppa(toy_case, price=1.0, most_mw=8.0), place)
    assert report.passed, report.findings
    return place


@pytest.fixture(scope="module")
def tables(folder: Path) -> dict[str, pd.DataFrame]:
    saved = read_tables(folder / "plan" / "tables")
    return saved | carbon_tables(CarbonBooks(saved, load(folder / "case"), "national"))


def test_what_is_not_used_is_paid_and_lost(tables: dict[str, pd.DataFrame]) -> None:
    """Cheap power fills hall A at once. FY2022: 8,000 MWh for 8 M JPY, `USED` of them in place of 17 JPY."""
    rows = tables["instrument_ledger"]
    row = rows[(rows["instrument_id"] == "sun") & (rows["fiscal_year"] == 2022)].iloc[0]
    assert (row["acquired_mwh"], row["cost_jpy"]) == pytest.approx((8000.0, 8e6))
    assert row["retired_mwh"] == pytest.approx(USED, abs=1e-3)
    assert row["expired_mwh"] == pytest.approx(8000 - USED, abs=1e-3)
    assert (row["opening_mwh"], row["closing_mwh"]) == (0, 0)
    costs = tables["costs"]
    paid = costs[(costs["term"] == "ppa") & (costs["period"] == "FY2022")]["mjpy"].sum()
    assert paid == pytest.approx(8 - USED * 17 / 1000, abs=1e-3)


def test_a_contract_touches_no_location_based_figure(tables: dict[str, pd.DataFrame]) -> None:
    summary = tables["ghg_summary"]
    row = summary[(summary["boundary"] == "owned") & (summary["fiscal_year"] == 2022)].iloc[0]
    assert row["s2_location_tco2e"] == pytest.approx(0.4 * USED, abs=1e-3)
    assert row["s2_market_tco2e"] == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize("table, column", [("ppas", "contracted_mw"), ("claims", "claimed_mwh")])
def test_the_audit_finds_more_than_was_offered_or_given(
    folder: Path, tmp_path: Path, table: str, column: str
) -> None:
    copy = Path(shutil.copytree(folder / "plan", tmp_path / "plan"))
    path = copy / "tables" / f"{table}.csv"
    rows = pd.read_csv(path)
    here = rows["instrument"] == "sun"
    rows.loc[here, column] = rows.loc[here, column] + 9000.0
    rows.to_csv(path, index=False)
    found = {finding.rule for finding in audit(copy).findings}
    assert {"ppa_contracts", "cost:ppa"} <= found


@pytest.mark.parametrize("fault, problem", [
    ("no_offer", "has no row in ppa_offers.csv"),
    ("certificate", "must be an instrument of kind physical_ppa"),
    ("yearly", "its price and yield stand in ppa_offers.csv"),
])  # fmt: skip
def test_a_contract_that_is_half_declared_is_refused(toy_case: Case, fault: str, problem: str) -> None:
    case = toys.with_ppa(toy_case)
    if fault == "no_offer":
        case = toys.without_rows(case, "ppa_offers", instrument="sun")
    elif fault == "certificate":
        case = toys.with_rows(case, "ppa_offers", {"instrument": "certificate", "fiscal_year": 2024})
    else:
        case = toys.with_rows(case, "instrument_years", {"instrument": "sun", "fiscal_year": 2024})
    assert next(each.rule for each in ppa_offered.find(case)).endswith(problem)
