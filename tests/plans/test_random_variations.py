"""Seeded random variations of the toy case: every plan that solves passes the independent audit."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from dcplan.data.case import Case
from tests.model.toys import (
    audited,
    with_hall,
    with_info,
    with_rows,
    with_settings,
    with_upgrade,
    with_value,
)

# between them: every granularity, terminal value and tail, starts and exits, one or two leases
SEEDS = (2, 6, 13, 16, 20, 23, 24, 33, 36, 38)
YEARS = (2022, 2023, 2024)
CLOUD, COLO = {"class": "cloud"}, {"class": "colo"}


def second_lease(case: Case, rng: np.random.Generator) -> Case:
    """Return the case with a leased site in another region, with 20 of City's cloud racks in it."""
    row = {
        "site": "Town", "ownership": "leased", "region": "Kansai", "grid_area": "JP-KN", "tariff": "leased",
        "demand_rule": "none", "opening_peak_kw": 0.0, "staff_fte": 1.0,
    }  # fmt: skip
    case = with_rows(case, "sites", row)
    hall = {
        "hall": "Town-hall",
        "site": "Town",
        "rack_places": 40,
        "it_kw": 320.0,
        "pue": 1.6,
        "largest_fill": 0.95,
    }
    case = with_rows(case, "halls", hall)
    end = [date(2022, 9, 30), date(2023, 3, 31), date(2023, 12, 31), date(2024, 8, 15)][rng.integers(4)]
    renewal = str(rng.choice(["automatic", "by_consent", "none"]))
    case = with_rows(
        case,
        "leases",
        {
            "lease": "Town-lease", "hall": "Town-hall", "racks": 40, "term_end": end, "contract_pue": 1.6,
            "rent_jpy_per_rack_month": float(rng.integers(60, 180)) * 1000.0,
            "rent_escalation": float(rng.choice([0.0, 0.02])), "renewal": renewal,
            "renewal_months": 0 if renewal == "none" else int(rng.choice([12, 24, 36])),
            "renewal_uplift": 0.0 if renewal == "none" else 0.03,
            "notice_months": int(rng.choice([0, 6, 12])),
        },
    )  # fmt: skip
    factors = [{"grid_area": "JP-KN", "fiscal_year": year, "kg_per_kwh": 0.3} for year in YEARS]
    case = with_rows(case, "grid_factors", *factors)
    case = with_rows(case, "class_regions", {"class": "cloud", "region": "Kansai"})
    case = with_value(case, "occupancy", "racks", 20, hall="City-hall")
    return with_rows(case, "occupancy", {"class": "cloud", "hall": "Town-hall", "racks": 20})


def random_case(case: Case, seed: int) -> tuple[Case, str]:
    """Return a variation and its granularity; not all of them have a plan."""
    rng = np.random.default_rng(seed)
    case = _contracts(case, rng)
    case = _demand(case, rng)
    case = _limits(case, rng)
    case = with_info(
        case,
        tail_years=int(rng.integers(0, 3)),
        terminal_value=str(rng.choice(["annuity", "book", "none"])),
    )
    by = str(rng.choice(["year", "half", "quarter", "month"], p=[0.3, 0.2, 0.3, 0.2]))
    return _taxed(case, np.random.default_rng(seed + 1000)), by


def _contracts(case: Case, rng: np.random.Generator) -> Case:
    if rng.random() < 0.6:
        case = second_lease(case, rng)
    case = with_value(
        case, "leases", "rent_jpy_per_rack_month", float(rng.integers(60, 200)) * 1000, lease="City-lease"
    )
    case = with_value(case, "leases", "rent_escalation", float(rng.choice([0.0, 0.03])), lease="City-lease")
    ends = [date(2023, 3, 31), date(2023, 9, 30), date(2024, 3, 31), date(2024, 5, 20)]
    case = with_value(case, "leases", "term_end", ends[rng.integers(4)], lease="City-lease")
    case = with_value(case, "leases", "notice_months", int(rng.choice([3, 6, 24])), lease="City-lease")
    case = with_value(case, "sites", "demand_rule", str(rng.choice(["agreed", "ratchet"])), site="Campus")
    case = with_value(case, "projects", "escalation", float(rng.choice([0.0, 0.04])))
    case = with_value(case, "projects", "cost_mjpy", float(rng.integers(200, 500)))
    if rng.random() < 0.4:
        project = {"project": "hall-c", "cost_mjpy": float(rng.integers(100, 300)), "build_months": 6}
        project |= (
            {"after_project": "hall-b", "after_months": int(rng.choice([0, 6]))} if rng.random() < 0.5 else {}
        )
        case = with_hall(case, "C", "B", project, rack_places=50, it_kw=400.0)
    return with_value(case, "carbon_prices", "shadow_jpy_per_t", float(rng.choice([0.0, 3000.0, 20000.0])))


def _demand(case: Case, rng: np.random.Generator) -> Case:
    case = with_value(case, "class_years", "churn_rate", round(float(rng.uniform(0, 0.15)), 3), **CLOUD)
    case = with_value(case, "class_years", "churn_rate", round(float(rng.uniform(0, 0.25)), 3), **COLO)
    cloud = 60 + np.cumsum(rng.integers(0, 15, 3))
    colo = 60 + np.cumsum(rng.integers(0, 5, 3))
    for name, racks in (("cloud", cloud), ("colo", colo)):
        for year, number in zip((2023, 2024, 2025), racks, strict=True):
            case = with_value(
                case, "demand", "racks", int(number), **{"class": name, "date": date(year, 4, 1)}
            )
    return case


def _limits(case: Case, rng: np.random.Generator) -> Case:
    budget = float(rng.choice([200.0, 400.0, 1000.0]))
    case = with_value(case, "budgets", "capex_mjpy", budget)
    case = with_value(case, "classes", "max_site_share", float(rng.choice([0.7, 0.85, 1.0])), **CLOUD)
    if len(case["sites"]) > 2:  # one region must hold the whole class
        case = with_value(case, "classes", "max_region_share", float(rng.choice([0.8, 1.0])), **CLOUD)
    case = with_value(case, "classes", "yearly_move_share", float(rng.choice([0.5, 1.0])), **CLOUD)
    if rng.random() < 0.3:
        case = with_rows(
            case, "pinned_racks", {"class": "colo", "hall": "A", "racks": 20, "until": date(2023, 7, 1)}
        )
    if rng.random() < 0.3:
        row = {"target": "pue", "fiscal_year": 2024, "metric": "pue", "boundary": "fleet", "value": 1.32}
        case = with_rows(case, "targets", row | {"miss_price": 0.05})
    limits = {"move_limit_fleet_racks_per_month": 5.0, "move_limit_site_racks_per_month": 4.0}
    return with_settings(
        case,
        peak_diversity=float(rng.choice([0.8, 0.9, 1.0])),
        overlap_months=float(rng.choice([0.0, 1.0, 3.0, 4.0])),
        discount_rate=float(rng.choice([0.0, 0.03, 0.08])),
        **limits,
    )


def _taxed(case: Case, rng: np.random.Generator) -> Case:
    """Return the case before or after tax, with or without an upgrade of the connection that is under way."""
    case = with_info(case, objective=str(rng.choice(["pre_tax", "after_tax"])))
    case = with_settings(case, tax_rate=float(rng.choice([0.2, 0.3062])))
    life = float(rng.choice([6.0, 15.0, 38.0]))
    case = with_value(case, "asset_classes", "tax_life_years", life, asset_class="building")
    if rng.random() < 0.5:
        service = [date(2022, 10, 1), date(2023, 4, 20)][rng.integers(2)]
        sunk = 20.0 if service < date(2023, 4, 1) else 0.0
        fixed = {"committed": True, "service_date": service, "cost_mjpy": 40.0, "spent_mjpy": sunk}
        case = with_upgrade(case, "feed", adds_receiving_kw=300.0, **fixed)
        case = with_value(case, "budgets", "capex_mjpy", float(case["budgets"]["capex_mjpy"].max()) + 40.0)
    return case


@pytest.mark.parametrize("seed", SEEDS)
def test_the_audit_passes_a_random_variation(toy_case: Case, tmp_path: Path, seed: int) -> None:
    case, by = random_case(toy_case, seed)
    _, report = audited(case, tmp_path, by)
    assert report.passed, str(report)[:3000]


def test_the_variations_differ(toy_case: Case) -> None:
    made = [random_case(toy_case, seed) for seed in SEEDS]
    assert {by for _, by in made} == {"year", "half", "quarter", "month"}
    assert {case.info.terminal_value for case, _ in made} == {"annuity", "book", "none"}
    assert {case.info.tail_years for case, _ in made} == {0, 1, 2}
    assert {case.info.objective for case, _ in made} == {"pre_tax", "after_tax"}
    assert {int((case["projects"]["hall"] == "").sum()) for case, _ in made} == {0, 1}
    assert {len(case["sites"]) for case, _ in made} == {2, 3}
    assert {len(case["halls"]) for case, _ in made} >= {3, 4}
