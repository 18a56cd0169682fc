"""The same case by year, half, quarter and month: what agrees exactly, what within a stated bound."""

from __future__ import annotations

import math
from datetime import date
from itertools import pairwise

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model.tables import Tables
from tests.model.toys import Solved, best, pinned, with_info, with_rows, with_settings, with_value

BY = ("year", "half", "quarter", "month")
CLOUD = {"class": "cloud"}


@pytest.fixture(scope="module")
def steady(toy_case: Case) -> Case:
    """The toy with demand that stays as it opens, moves as wanted without overlap, and nothing left over."""
    case = with_value(toy_case, "demand", "racks", 60.0, **CLOUD)
    case = with_settings(case, overlap_months=0.0)
    limit = {"move_limit_fleet_racks_per_month": 50.0, "move_limit_site_racks_per_month": 50.0}
    return with_info(with_settings(case, **limit), terminal_value="none")


@pytest.fixture(scope="module")
def without_b(toy_case: Case) -> dict[str, Solved]:
    """The tutorial without hall B, by granularity."""
    return {by: best(pinned(toy_case, "B", 0), by) for by in BY}


def from_april_2024(case: Case, value: int) -> Case:
    """Hall B from 1 April 2024 on, or never."""
    never = {
        "pin": "not before", "decision": "in_service", "class": "", "hall": "B", "site": "",
        "period_from": date(2022, 4, 1), "period_to": date(2024, 4, 1), "sense": "=", "value": 0.0,
    }  # fmt: skip
    return with_rows(pinned(case, "B", value), "pins", never)


@pytest.mark.parametrize("build_b", [0, 1])
def test_events_on_1_april_cost_the_same_without_discounting(steady: Case, build_b: int) -> None:
    case = from_april_2024(with_settings(steady, discount_rate=0.0), build_b)
    costs = [best(case, by).cost for by in BY]
    assert costs == pytest.approx([costs[0]] * 4, rel=1e-9)


def test_finer_periods_never_cost_more_where_demand_is_steady(steady: Case) -> None:
    """Whatever can be done in a period can be done in its parts: each granularity divides the one before."""
    case = with_settings(steady, discount_rate=0.0)
    costs = [best(case, by).cost for by in BY]
    for coarser, finer in pairwise(costs):
        assert finer <= coarser + 1e-6


def spread(rate: float) -> float:
    r"""Largest change of a steady year's present value when the year is divided, relative.

    Discounting at the middles of parts instead of at the middle of the year gives at most the continuous
    mean, \(\sinh(\delta/2)/(\delta/2)\) of it with \(\delta = \ln(1+w)\); and as months differ in length,
    their middles are on average less than a day from the middle of the year.
    """
    force = math.log(1.0 + rate)
    return math.sinh(force / 2) / (force / 2) - 1.0 + force / 365.25


@pytest.mark.parametrize("rate", [0.05])
def test_discounting_alone_differs_by_less_than_its_bound(steady: Case, rate: float) -> None:
    case = with_value(steady, "classes", "movable", False)  # a move is paid at the middle of its period
    case = from_april_2024(with_settings(case, discount_rate=rate), 0)
    costs = [best(case, by).cost for by in BY]
    assert max(costs) - min(costs) <= spread(rate) * max(costs)
    assert max(costs) > min(costs)


def test_the_rack_energy_of_a_year_is_the_same_at_every_granularity(without_b: dict[str, Solved]) -> None:
    """Demand is linear in days, so the mean of a year is that of its parts: whole racks change no energy."""
    for by, plan in without_b.items():
        for year, mean in ((2022, 65.0), (2023, 75.0), (2024, 85.0)):
            hours = 8784 if year == 2023 else 8760
            expected = (mean * 5.0 + 60 * 6.0) * hours / 1000.0
            assert it_mwh(plan, year) == pytest.approx(expected, rel=1e-9), by


def it_mwh(plan: Solved, year: int) -> float:
    """IT energy of a fiscal year."""
    m = plan.model.context.tables
    racks = plan.table("racks").merge(m.periods[["period", "fiscal_year"]], on="period")
    per_rack = m.it_mwh_per_rack.rename("mwh").reset_index()
    rows = racks[racks["fiscal_year"] == year].merge(per_rack, on=["class", "period"])
    return float((rows["racks"] * rows["mwh"]).sum())


def test_a_period_holds_its_highest_demand(toy_case: Case) -> None:
    """Cloud grows from 60 to 70 racks in FY2022, by days: 62.49 racks on 1 July, 65.01 on 1 October."""
    found = {}
    for by in BY:
        m = Tables(toy_case, make_calendar(toy_case.info, by))
        found[by] = list(m.demand.loc["cloud"].iloc[: {"year": 1, "half": 2, "quarter": 4}.get(by, 12)])
    assert found["year"] == [70]
    assert found["half"] == [65, 70]
    assert found["quarter"] == [62, 65, 68, 70]  # 62.49 racks after 91 of 365 days
    assert found["month"][-1] == 70
    assert found["month"] == sorted(found["month"])


FIRST = {"year": "FY2023", "half": "FY2022H2", "quarter": "FY2022Q3", "month": "2022-09"}


@pytest.mark.parametrize("by", BY)
def test_places_and_power_count_from_the_first_whole_period(toy_case: Case, by: str) -> None:
    """A hall committed for 15 August 2022, and receiving power from that day."""
    day = date(2022, 8, 15)
    case = with_value(toy_case, "projects", "committed", True)
    case = with_value(case, "projects", "service_date", day)
    case = with_value(case, "projects", "spent_mjpy", 200.0)
    case = with_value(case, "budgets", "capex_mjpy", 1000.0)
    row = {"site": "Campus", "from_date": day, "receiving_kw": 3000.0}
    plan = best(with_rows(case, "connections", row), by)
    assert plan.built() == {"B": FIRST[by]}
    power = plan.model.context.tables.receiving_kw.loc["Campus"]
    labels = plan.model.context.tables.period_labels
    assert power.reindex(labels).eq(3000.0).idxmax() == FIRST[by]


# the lease ends with 14 August 2023, on day 136 of the 366 of FY2023 and 136 of the 183 of its first half
RENT_MONTHS = {
    "year": 12 * 136 / 366,
    "half": 6 * 136 / 183,
    "quarter": 3 + 3 * 45 / 92,
    "month": 4 + 14 / 31,
}
LAST_WHOLE = {"year": "FY2022", "half": "FY2022H2", "quarter": "FY2023Q1", "month": "2023-07"}


@pytest.mark.parametrize("by", BY)
def test_a_lease_that_ends_inside_a_period_ends_with_it(toy_case: Case, by: str) -> None:
    """Its places serve the last whole period before; its rent runs by days: 60 racks at 0.1 M JPY a month."""
    case = with_value(toy_case, "occupancy", "racks", 20, hall="City-hall")
    case = with_value(case, "demand", "racks", 40.0, **CLOUD)
    case = with_settings(case, overlap_months=0.0)
    for column, value in (("renewal", "none"), ("renewal_months", 0), ("term_end", date(2023, 8, 14))):
        case = with_value(case, "leases", column, value)
    plan = best(case, by)
    m = plan.model.context.tables
    rent = next(term for term in plan.model.costs if term.name == "rent").nominal.value(plan.values)
    years = m.periods.set_index("period")["fiscal_year"]
    by_year = rent.groupby(rent.index.get_level_values("period").map(years)).sum()
    assert by_year[2022] == pytest.approx(72.0)
    assert by_year[2023] == pytest.approx(60 * 0.1 * RENT_MONTHS[by], rel=1e-9)
    labels, racks = m.period_labels, plan.table("racks")
    here = racks[(racks["hall"] == "City-hall") & (racks["racks"] > 1e-6)]["period"]
    assert all(labels.index(label) <= labels.index(LAST_WHOLE[by]) for label in here)
    room = plan.table("leased_racks").merge(plan.model.context.leases.terms, on=["lease", "term"])
    held = room[room["leased_racks"] > 0.5]["period"]
    assert labels[max(labels.index(label) for label in held)] == LAST_WHOLE[by]


LEAST, MOST = {"year": 0.011, "half": 0.0, "quarter": 0.0}, {"year": 0.013, "half": 5e-4, "quarter": 2e-4}
"""By how much less than by month the tutorial costs, as docs/granularity.md states it."""


def test_a_growing_fleet_costs_the_same_within_stated_bounds(toy_case: Case) -> None:
    """A coarse period has its moves on its first day, and more of them: the year looks better than it is.

    By year all 40 racks leave the leased hall on 1 April 2024; with 4 moves a month a half has only 24.
    """
    costs = {by: best(toy_case, by).cost for by in BY}
    for by in BY[:-1]:
        share = 1.0 - costs[by] / costs["month"]
        assert LEAST[by] <= share <= MOST[by], by


def test_the_same_decisions_cost_the_same_within_a_thousandth(without_b: dict[str, Solved]) -> None:
    """Without hall B there is nothing to time: what is left is where growth stands within a period."""
    costs = [plan.cost for plan in without_b.values()]
    assert max(costs) / min(costs) - 1.0 <= 1e-3
