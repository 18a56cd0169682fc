"""The decision calendar against brute force: each slip is forced by other inputs and solved to its end."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.plans.plan import Plan, open_plan
from dcplan.studies.deferral import deferrals, deferrals_of
from dcplan.studies.resolve import Limits
from dcplan.studies.resolve_case import Opened
from dcplan.studies.slips import DecisionCalendar, calendar_of, decision_calendar
from tests.model.toys import best, published, with_info, with_rows, with_table, with_value

HERE = Limits(workers=0)
PINS = "pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason\n"


def lease(case: Case, **values: object) -> Case:
    """Return the case with other terms of its lease."""
    table = case["leases"].copy()
    for column, value in values.items():
        table[column] = pd.Series([value] * len(table), dtype=table[column].dtype)
    return with_table(case, "leases", table)


def pinned(tmp_path: Path, *rows: str) -> Case:
    """Return a copy of the tutorial case with pins: `decision,class,hall,site,from,to,sense,value`."""
    folder = Path(shutil.copytree(case_folder("toy"), tmp_path / "pinned"))
    lines = [f"p{n},{row},tutorial,derived,,,the planner wants it\n" for n, row in enumerate(rows)]
    (folder / "pins.csv").write_text(PINS + "".join(lines), "utf-8")
    return load(folder)


def planned(case: Case) -> tuple[Plan, Opened]:
    """Return the plan of a case and its model, without a folder."""
    searched = best(case)
    _, tables = published(case, searched=searched)
    plan = Plan({}, tables, {}, pd.DataFrame(), None)
    return plan, Opened(case, searched.model, searched.model.program.matrix())


def calendar(case: Case) -> DecisionCalendar:
    return calendar_of(*planned(case), limits=HERE)


def check(found: DecisionCalendar, place: int, price: float) -> None:
    """Check that the price of one slip is resolved and right."""
    assert found.answers is not None
    interval = found.answers.answers[place].interval
    assert interval is not None
    assert interval.low - 1e-6 <= price <= interval.high + 1e-6
    assert interval.verdict.value == "resolved"


def told(found: DecisionCalendar) -> list[tuple[str, str, str]]:
    return [(str(d.last_open), d.words, slip) for d, slip in zip(found.decisions, found.slips, strict=True)]


def test_the_calendar_of_the_tutorial_case_by_hand(toy_plan_folder: Path) -> None:
    """B takes twelve months to build, and its first half is paid then; City's notice is six months."""
    found = decision_calendar(open_plan(toy_plan_folder), prices=False)
    assert told(found) == [
        ("2023-04-01", "Start B on 2024-04-01", "not at all"),
        ("2023-10-01", "Leave City on 2024-04-01", "stays to the end"),
    ]
    assert [d.set_by for d in found.decisions] == ["order", "notice"]
    assert found.answers is None
    assert (found.frame()["verdict"] == "").all()


def test_prices_of_the_tutorial_case_are_those_of_pins(
    toy_plan_folder: Path, toy_case: Case, tmp_path: Path
) -> None:
    found = decision_calendar(open_plan(toy_plan_folder), limits=HERE)
    base = best(toy_case).cost
    no_start = pinned(tmp_path / "start", "in_service,,B,,2024-04-01,,<=,0")
    check(found, 0, best(no_start).cost - base)
    stays = pinned(tmp_path / "exit", "kept,,,City,2022-04-01,,>=,1")
    check(found, 1, best(lease(stays, least_racks=60)).cost - base)


def test_a_partial_release_that_slips_keeps_its_racks(toy_case: Case, tmp_path: Path) -> None:
    """At a rent of 40,000 the plan gives 10 of 60 racks back; slipped, all 60 stay."""
    cheap = lease(toy_case, rent_jpy_per_rack_month=40_000.0)
    found = calendar(cheap)
    words = "Give back 10 of 60 racks at City on 2024-04-01"
    assert told(found) == [("2023-10-01", words, "stays to the end")]
    stays = pinned(tmp_path, "kept,,,City,2022-04-01,,>=,1")
    forced = lease(stays, rent_jpy_per_rack_month=40_000.0, least_racks=60)
    check(found, 0, best(forced).cost - best(cheap).cost)


@pytest.mark.parametrize(
    "renewal, words, slip",
    [
        ("automatic", "Let City renew on 2024-04-01, 60 racks", "other choice: notice, out"),
        ("by_consent", "Ask to renew City on 2024-04-01, 60 racks", "not renewed: ends 2024-04-01"),
    ],
)
def test_a_renewal_costs_what_the_other_choice_costs(
    toy_case: Case, renewal: str, words: str, slip: str
) -> None:
    """All or nothing at a rent of 40,000: all stay. The other choice is a lease that ends with its term."""
    whole = lease(toy_case, rent_jpy_per_rack_month=40_000.0, step_racks=60, least_racks=60, renewal=renewal)
    found = calendar(whole)
    assert told(found) == [("2023-10-01", words, slip)]
    ends = lease(whole, renewal="none", renewal_months=0)
    check(found, 0, best(ends).cost - best(whole).cost)


def test_slips_between_breaks_wait_for_the_next_half_year(toy_case: Case, tmp_path: Path) -> None:
    """With a break fee of three months, by half years; each slip is forced by pins or a longer notice."""
    halves = with_info(lease(toy_case, break_fee_months=3.0), granularity="half")
    found = calendar(halves)
    words = "Give back 20 of 60 racks at City on 2022-10-01, for a break fee"
    assert told(found)[:2] == [
        ("2022-04-01", words, "stays until 2023-04-01"),
        ("2023-04-01", "Start B on 2024-04-01", "not before 2024-10-01"),
    ]
    base = best(halves).cost
    check(found, 0, best(lease(halves, notice_months=12)).cost - base)
    later = pinned(tmp_path, "in_service,,B,,2024-04-01,2024-10-01,<=,0")
    later = with_info(lease(later, break_fee_months=3.0), granularity="half")
    check(found, 1, best(later).cost - base)


def test_an_option_that_slips_is_taken_later_or_lapses(toy_case: Case) -> None:
    """Where B costs too much the option is taken; with a notice of 30 months it starts in October 2024."""
    terms = {"option_racks": 60, "option_months": 12, "option_rent_jpy_per_rack_month": 100_000.0}
    dear = with_value(toy_case, "projects", "cost_mjpy", 9000.0)
    halves = with_info(lease(dear, renewal="by_consent", **terms), granularity="half")
    found = calendar(halves)
    taken = [d.kind for d in found.decisions].index("option")
    assert told(found)[taken] == (
        "2023-10-01",
        "Take 45 racks more at City from 2024-04-01",
        "not before 2024-10-01",
    )
    check(found, taken, best(lease(halves, notice_months=30)).cost - best(halves).cost)


def test_a_grid_upgrade_is_a_decision_with_an_order_date(toy_case: Case) -> None:
    """Campus may draw 800 kW: B needs 600 kW more, ordered 18 months ahead; without it demand goes unmet."""
    tight = with_value(toy_case, "connections", "receiving_kw", 800.0)
    feed = {"project": "feed", "hall": "", "site": "Campus", "adds_receiving_kw": 600.0, "cost_mjpy": 20.0}
    tight = with_rows(tight, "projects", {**feed, "build_months": 18, "after_project": "", "after_months": 0})
    shares = [{"project": "feed", "asset_class": asset, "share": 0.5} for asset in ("building", "plant")]
    found = calendar(with_rows(tight, "project_assets", *shares))
    assert told(found)[0] == (
        "2022-10-01",
        "Raise the grid connection of Campus by 600 kW on 2024-04-01",
        "not at all",
    )
    assert found.frame()["verdict"].iloc[0] == "impossible"


def test_what_is_committed_is_no_open_decision(toy_case: Case) -> None:
    fixed = with_value(toy_case, "projects", "committed", True)
    assert "start" not in {d.kind for d in calendar(fixed).decisions}


# -- deferral ------------------------------------------------------------------------------------------------


def test_a_phase_deferred_beyond_the_span_is_a_phase_not_built(
    toy_plan_folder: Path, toy_case: Case, tmp_path: Path
) -> None:
    (found,) = deferrals(open_plan(toy_plan_folder), limits=HERE)
    without = best(pinned(tmp_path, "in_service,,B,,2024-04-01,,<=,0")).cost
    value = without - best(toy_case).cost
    assert found.decision.item == "hall-b"
    assert found.deferred_to is None
    assert found.npv_now is not None
    assert found.npv_deferred is not None
    assert found.price is not None
    assert found.npv_now.low - 1e-6 <= value <= found.npv_now.high + 1e-6
    assert found.npv_deferred.high == pytest.approx(0.0, abs=1e-4)
    total = found.terms["difference_mjpy"].sum()
    assert found.price.low - 1e-6 <= total <= found.price.high + 1e-6


def test_a_phase_deferred_by_a_year_starts_a_year_later(toy_case: Case, tmp_path: Path) -> None:
    """With three more years after the horizon; the first days of the deferral are those of a pin."""
    tail = with_info(toy_case, tail_years=3)
    plan, opened = planned(tail)
    (found,) = deferrals_of(plan, opened, limits=HERE)
    assert found.deferred_to == date(2025, 4, 1)
    later = with_info(pinned(tmp_path, "in_service,,B,,2024-04-01,2025-04-01,<=,0"), tail_years=3)
    price = best(later).cost - best(tail).cost
    assert found.price is not None
    assert found.price.low - 1e-6 <= price <= found.price.high + 1e-6
    assert found.npv_now is not None
    assert found.npv_deferred is not None
    assert found.npv_now.middle - found.npv_deferred.middle == pytest.approx(price, abs=1e-3)


# -- the engine on a real model ------------------------------------------------------------------------------


def test_two_processes_give_the_answers_of_one(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    heard: list[str] = []
    here = decision_calendar(plan, limits=HERE)
    there = decision_calendar(plan, limits=Limits(workers=2), tell=heard.append)
    pd.testing.assert_frame_equal(here.frame(), there.frame(), check_exact=True)
    assert len(heard) == 3
