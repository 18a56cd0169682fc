"""Faults planted in the model: the independent audit finds each, by the rule that it breaks.

Every test solves a variation of the toy case with a model that is wrong in one place, saves the plan as it
comes out, and audits it. Without the fault the same variation passes.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model import FAMILIES, PROMISES, costs, energy, power, schedule
from dcplan.model.lease_rents import LeaseRents
from dcplan.model.lease_terms import LeaseTerms
from dcplan.model.schedule import Schedule
from dcplan.model.tables import Tables
from tests.model import toys
from tests.model.toys import (
    audited,
    best,
    pinned,
    with_hall,
    with_info,
    with_rows,
    with_settings,
    with_table,
    with_value,
)

BUILD = sys.modules["dcplan.model.build"]  # dcplan.model.build is the function
Patch = pytest.MonkeyPatch


def leaving(case: Case) -> Case:
    """Return a case in which every cost is paid: an exit, asset tax, a missed target, a carbon price."""
    case = with_info(pinned(case, "B", 1), tail_years=1)
    case = with_value(case, "targets", "value", 3000.0, target="fleet_carbon")
    return with_value(case, "carbon_prices", "shadow_jpy_per_t", 3000.0)


def computed(owner: type, name: str) -> Callable[[Any], Any]:
    """Return the function behind a cached property."""
    found: Callable[[Any], Any] = vars(owner)[name].func
    return found


def rules(case: Case, folder: Path, by: str | None = None) -> set[str]:
    _, report = audited(case, folder, by)
    return {finding.rule for finding in report.findings}


def test_without_a_fault_the_audit_passes(toy_case: Case, tmp_path: Path) -> None:
    plan, report = audited(leaving(toy_case), tmp_path)
    assert report.passed, str(report)[:2000]
    paid = {name for name, amount in plan.costs().items() if abs(amount) > 0.01}
    assert paid == {term.name for term in plan.model.costs} - {"break_fee"}  # the lease ends on its day


# -- costs ---------------------------------------------------------------------------------------------

DROPPED, TOO_DEAR = 0.0, 1.01
SHARES = (
    dict.fromkeys(("energy_leased", "restoration", "overlap_rent", "asset_tax"), DROPPED),
    dict.fromkeys(("rent", "capex", "shadow_carbon", "terminal_capex"), DROPPED) | {"staff": TOO_DEAR},
)


@pytest.mark.parametrize("shares", SHARES, ids="-".join)
def test_costs_that_are_dropped_and_one_that_is_one_percent_too_dear(
    toy_case: Case, tmp_path: Path, monkeypatch: Patch, shares: dict[str, float]
) -> None:
    """Each is found in its own table, and no other cost is blamed."""

    def wrong(*given: Any) -> list[costs.CostTerm]:
        kept = [(term, shares.get(term.name, 1.0)) for term in costs.cost_terms(*given)]
        return [replace(term, nominal=term.nominal * by, present=term.present * by) for term, by in kept]

    monkeypatch.setattr(BUILD, "cost_terms", wrong)
    found = rules(leaving(toy_case), tmp_path)
    assert {rule for rule in found if rule.startswith("cost:")} == {f"cost:{name}" for name in shares}
    assert "cost_total" in found


def test_the_price_of_a_broken_promise_that_is_dropped(
    toy_case: Case, tmp_path: Path, monkeypatch: Patch
) -> None:
    """Hall B is promised for April 2023, a year before it pays, at 7 M JPY."""
    promise = {
        "commitment": "b",
        "project": "hall-b",
        "site": "",
        "date": date(2023, 4, 1),
        "price_mjpy": 7.0,
    }
    case = with_rows(toy_case, "commitments", promise)
    assert audited(case, tmp_path / "paid")[1].passed

    def fewer(*given: Any) -> list[costs.CostTerm]:
        return [term for term in costs.cost_terms(*given) if term.name != "commitment_change"]

    monkeypatch.setattr(BUILD, "cost_terms", fewer)
    assert rules(case, tmp_path / "hidden") >= {"cost:commitment_change", "cost_total"}


def test_discounting_that_is_off_by_one_period(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    late = property(lambda self: self.calendar.mid_discount_factor(self._rate).shift(1, fill_value=1.0))
    monkeypatch.setattr(Tables, "discount_period", late)
    assert rules(toy_case, tmp_path) >= {"cost:energy_owned", "cost:rent", "cost_total"}


def test_escalation_of_capex_that_is_forgotten(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    escalated = computed(Schedule, "starts")

    def plain(self: Schedule) -> pd.DataFrame:
        rows: pd.DataFrame = escalated(self)
        assert (rows["cost"] > 400).any()
        return rows.assign(cost=400.0)

    monkeypatch.setattr(Schedule, "starts", property(plain))
    case = with_value(pinned(toy_case, "B", 1), "projects", "escalation", 0.04)
    case = with_value(case, "projects", "price_date", date(2022, 4, 1))
    case = with_value(case, "budgets", "capex_mjpy", 250.0)
    assert rules(case, tmp_path) >= {"cost:capex", "capex_table", "cost:terminal_capex"}


def test_a_renewal_uplift_that_is_forgotten(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    raised = computed(LeaseRents, "rent")
    monkeypatch.setattr(LeaseRents, "rent", property(lambda self: raised(self) * 0.0 + 100_000.0))
    assert "cost:rent" in rules(pinned(toy_case, "B", 0), tmp_path)


def breaking(case: Case) -> Case:
    """Return the case in which City is left before its term ends, for three months' rent."""
    leases = case["leases"].assign(term_end=date(2027, 3, 31), break_fee_months=3.0)
    dear = leases.assign(rent_jpy_per_rack_month=150_000.0)
    return with_table(pinned(case, "B", 1), "leases", dear)


def test_a_break_fee_that_is_forgotten(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    fee = computed(LeaseRents, "break_fee")
    monkeypatch.setattr(LeaseRents, "break_fee", property(lambda self: fee(self) * 0.5))
    assert "cost:break_fee" in rules(breaking(toy_case), tmp_path)


def test_a_break_that_no_contract_allows(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    breaks = LeaseTerms._breaks

    def generous(self: LeaseTerms, lease: Any, free: set[str]) -> Any:
        return breaks(self, {**lease, "break_fee_months": 0.0}, free)

    monkeypatch.setattr(LeaseTerms, "_breaks", generous)
    bound = with_table(
        breaking(toy_case), "leases", breaking(toy_case)["leases"].assign(break_fee_months=np.nan)
    )
    assert "lease_state" in rules(bound, tmp_path)


def test_steps_that_are_overlooked(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    number = LeaseTerms.lease_number

    def single(self: LeaseTerms, column: str) -> Any:
        return number(self, column) * 0.0 + 1.0 if column == "step_racks" else number(self, column)

    monkeypatch.setattr(LeaseTerms, "lease_number", single)
    in_steps = toy_case["leases"].assign(step_racks=15)
    assert "lease_steps" in rules(with_table(pinned(toy_case, "B", 0), "leases", in_steps), tmp_path)


def test_a_terminal_value_that_is_straight_line(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    share = schedule.remaining_share

    def book(age: Any, life: Any, rate: float, method: str) -> Any:
        return share(age, life, rate, "book")

    monkeypatch.setattr(schedule, "remaining_share", book)
    assert "cost:terminal_capex" in rules(toy_case, tmp_path)


# -- energy, peaks, time -------------------------------------------------------------------------------


def test_8760_hours_in_a_leap_year(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    def short(*given: Any) -> Any:
        calendar = make_calendar(*given)
        return replace(calendar, periods=calendar.periods.assign(hours=8760))

    monkeypatch.setattr(toys, "make_calendar", short)
    assert rules(toy_case, tmp_path) >= {"hours", "energy"}


def test_a_mean_for_a_peak(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    def mean(racks: Any, c: Any) -> Any:
        return (racks * (c.tables.class_year("mean_kw") * c.tables.diversity)).sum("class")

    monkeypatch.setattr(power, "it_peak_kw", mean)
    assert rules(toy_case, tmp_path) >= {"peak", "demand_charge"}


def test_the_mean_overhead_for_the_hottest_hour(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    monkeypatch.setattr(Tables, "peak_per_it", property(lambda self: self.facility_per_it))
    assert rules(toy_case, tmp_path) >= {"peak", "demand_charge"}


def test_on_site_generation_that_is_forgotten(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    yearly = computed(Tables, "onsite_mwh")
    monkeypatch.setattr(Tables, "onsite_mwh", property(lambda self: yearly(self) * 0.0))
    assert rules(toy_case, tmp_path) >= {"energy", "cost:energy_owned"}


def test_the_landlords_overhead_that_is_left_out(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    def scope_two(p: Any, c: Any) -> Any:
        return energy.imported_mwh(p, c) * c.tables.kg_per_kwh

    monkeypatch.setattr(energy, "location_tco2e", scope_two)
    assert rules(pinned(toy_case, "B", 0), tmp_path) >= {"emissions", "target_misses"}


def test_overlap_that_is_ignored(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    """By quarter, racks that leave City in the quarter after its term still hold their places there."""
    case = with_settings(
        toy_case, move_limit_fleet_racks_per_month=20.0, move_limit_site_racks_per_month=20.0
    )
    none = pd.DataFrame({"period": [], "moved_period": []}, dtype=object)
    monkeypatch.setattr(Tables, "overlap", property(lambda self: none))
    assert "rack_places" in rules(pinned(case, "B", 1), tmp_path, "quarter")


# -- racks ---------------------------------------------------------------------------------------------


def test_churn_that_is_forgotten(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    due = computed(Tables, "churn")
    monkeypatch.setattr(Tables, "churn", property(lambda self: due(self) * 0.0))
    assert "whole_churn" in rules(toy_case, tmp_path)


def test_a_missed_notice_that_is_overlooked(toy_case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    ends = LeaseTerms.term_ends

    def all_reachable(self: LeaseTerms, lease: Any) -> Any:
        return (replace(end, reachable=True) for end in ends(self, lease))

    monkeypatch.setattr(LeaseTerms, "term_ends", all_reachable)
    assert "lease_state" in rules(with_value(toy_case, "leases", "notice_months", 30), tmp_path)


# -- families ------------------------------------------------------------------------------------------


def slow_crews(case: Case) -> Case:
    return with_settings(pinned(case, "B", 1), move_limit_fleet_racks_per_month=3.0)


def half_at_a_site(case: Case) -> Case:
    return with_value(case, "classes", "max_site_share", 0.5, **{"class": "cloud"})


def no_budget(case: Case) -> Case:
    return with_value(case, "budgets", "capex_mjpy", 0.0)


def no_b(case: Case) -> Case:
    return pinned(case, "B", 0)


def few_moves(case: Case) -> Case:
    return with_rows(case, "caps", {"cap": "moves", "measure": "moved_racks", "value": 10.0})


def committed_hall(case: Case) -> Case:
    fixed = {"project": "hall-c", "committed": True, "service_date": date(2023, 10, 1)}
    return with_hall(with_value(case, "budgets", "capex_mjpy", 400.0), "C", "B", fixed)


def hall_on_another(case: Case) -> Case:
    case = with_value(case, "budgets", "capex_mjpy", 900.0)
    return with_hall(case, "C", "B", {"project": "hall-c", "cost_mjpy": 300.0, "after_project": "hall-b"})


def few_certificates(case: Case) -> Case:
    return with_value(case, "instrument_years", "volume_mwh", 10.0)


def small_hall(case: Case) -> Case:
    return with_value(case, "halls", "it_kw", 650.0, hall="A")


def thin_cable(case: Case) -> Case:
    return with_value(case, "connections", "receiving_kw", 1000.0)


def held_in_city(case: Case) -> Case:
    return with_rows(
        case, "pinned_racks", {"class": "cloud", "hall": "City-hall", "racks": 40, "until": None}
    )


def booked_in_the_west(case: Case) -> Case:
    """City lies in Kansai, where five cloud racks are booked from April 2024 on."""
    case = with_value(case, "sites", "region", "Kansai", site="City")
    case = toys.without_rows(case, "policy", class_="colo", site="City")
    case = with_rows(case, "class_regions", {"class": "cloud", "region": "Kansai"})
    row = {"reservation": "order", "class": "cloud", "region": "West", "racks": 5, "until": None}
    return with_rows(case, "reservations", row | {"from_date": date(2024, 4, 1), "counted": "on_top"})


def immovable(case: Case) -> Case:
    return with_value(case, "classes", "movable", False, **{"class": "cloud"})


FORGOTTEN: Sequence[tuple[set[str], Sequence[Callable[[Case], Case]]]] = [
    ({"meet_demand"}, [immovable]),
    ({"flow", "rack_places", "lease_state", "targets"}, []),
    ({"pinned_racks", "reserved_racks"}, [held_in_city, booked_in_the_west]),
    ({"hall_power", "caps"}, [small_hall, few_moves]),
    ({"site_power", "move_limit", "demand_charge"}, [thin_cable, slow_crews]),
    ({"build_time", "claims"}, [committed_hall, few_certificates]),
    ({"precedence", "site_share"}, [hall_on_another, half_at_a_site]),
    ({"capex_budget", "pins"}, [no_budget, no_b]),
]
"""Promises and the variations that press on them. What one plan may break at once is solved at once: each
promise that is forgotten is blamed by its own name, and none that is kept."""
PROMISED = frozenset(family for families, _ in FORGOTTEN for family in families)


def test_every_promise_is_forgotten_once() -> None:
    assert len(PROMISED) == sum(len(families) for families, _ in FORGOTTEN) == 18


@pytest.mark.parametrize("families,variations", FORGOTTEN, ids=["-".join(sorted(f)) for f, _ in FORGOTTEN])
def test_promises_that_are_forgotten(
    toy_case: Case,
    tmp_path: Path,
    monkeypatch: Patch,
    families: set[str],
    variations: Sequence[Callable[[Case], Case]],
) -> None:
    kept = tuple(each for each in PROMISES if each.__name__ not in families)  # nor what follows from them
    assert len(kept) == len(PROMISES) - len(families)
    monkeypatch.setattr(toys, "FAMILIES", kept)
    case = toy_case
    for variation in variations:
        case = variation(case)
    assert rules(case, tmp_path) & PROMISED == families


def test_valid_inequalities_are_no_promises(toy_case: Case) -> None:
    """Without them the optimum is the same: they only lift the relaxation."""
    kept = PROMISES
    assert len(kept) == len(FAMILIES) - 3
    for case in (toy_case, pinned(toy_case, "B", 1)):
        solved = best(case)
        assert np.isfinite(solved.cost)
        plain = best(case, families=kept)
        assert plain.cost == pytest.approx(solved.cost, rel=1e-9)
