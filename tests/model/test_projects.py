"""Projects worked out by hand: upgrades of a connection, their order with halls, and what a start must pay.

Numbers are those of inputs/toy/README.md. With hall B the campus draws at its design temperature
60 x 9.1 + 40 x 7.8 + 50 x 7.8 + 2 x 40 = 1,328 kW; without it 60 x 9.1 + 40 x 7.8 + 40 = 898 kW.
"""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.errors import InputError
from dcplan.lp.solution import Status
from dcplan.model import build
from dcplan.plans.reference import announced_dates, references
from tests.model.toys import (
    Solved,
    best,
    pinned,
    published,
    with_hall,
    with_info,
    with_rows,
    with_upgrade,
    with_value,
)

LEAVE, STAY = 965.474, 976.215
CENT = 2e-3
DAYS = 365.25
AS_OF = date(2022, 4, 1)


def factor(year: int) -> float:
    """Discount factor of 1 April at 5 %."""
    return float(1.05 ** -((date(year, 4, 1) - AS_OF).days / DAYS))


def left(service: date, life: float) -> float:
    """Share of a cost that the years after 1 April 2025 bear, as annuities at 5 %."""
    age = (date(2025, 4, 1) - service).days / DAYS
    return float((1 - 1.05 ** -(life - age)) / (1 - 1.05**-life))


def thin(case: Case, **feed: Any) -> Case:
    """Return the toy case with 1,000 kW at the campus and an upgrade of 400 kW for 20 M JPY (plant)."""
    case = with_value(case, "connections", "receiving_kw", 1000.0)
    case = with_value(case, "budgets", "capex_mjpy", 300.0)
    case = with_value(case, "budgets", "capex_mjpy", 10.0, fiscal_year=2022)
    return with_upgrade(case, "feed", **{"adds_receiving_kw": 400.0, "cost_mjpy": 20.0, **feed})


def upgraded(plan: Solved) -> dict[str, str]:
    """Return the first period of every upgrade in service."""
    state = plan.table("upgraded")
    first = state[state["upgraded"] > 0.5].groupby("project")["period"].first()
    return {str(name): str(period) for name, period in first.items()}


def test_hall_b_stands_still_without_power(toy_case: Case) -> None:
    """1,000 kW carry hall A (898 kW) and not hall B (1,328 kW): the plan stays in City."""
    plan = best(with_value(toy_case, "connections", "receiving_kw", 1000.0))
    assert plan.built() == {}
    assert plan.cost == pytest.approx(STAY, abs=CENT)


def test_an_upgrade_is_bought_with_the_hall(toy_case: Case) -> None:
    """10 M JPY on 1 April 2023 and 2024, less what 19 of 20 years are worth: 18.594 - 16.754 = 1.840.

    965.474 + 1.840 = 967.314 is less than staying costs.
    """
    plan = best(thin(toy_case))
    assert (plan.built(), upgraded(plan)) == ({"B": "FY2024"}, {"feed": "FY2024"})
    price = 10 * (factor(2023) + factor(2024)) - 20 * left(date(2024, 4, 1), 20) * factor(2025)
    assert price == pytest.approx(1.840, abs=1e-3)
    assert plan.cost == pytest.approx(LEAVE + price, abs=CENT)


def test_an_upgrade_that_costs_more_than_leaving_saves_is_not_bought(toy_case: Case) -> None:
    """At 150 M JPY it costs 7.5 x 1.840 = 13.80 within the span, more than the 10.741 that leaving saves."""
    plan = best(thin(toy_case, cost_mjpy=150.0))
    assert (plan.built(), upgraded(plan)) == ({}, {})
    assert plan.cost == pytest.approx(STAY, abs=CENT)


def test_400_kw_are_enough_and_300_are_not(toy_case: Case) -> None:
    """1,328 kW are needed: 1,000 + 328 is the least that lets hall B hold the 50 racks of City."""
    enough = best(pinned(thin(toy_case, adds_receiving_kw=328.0), "B", 1))
    assert enough.racks("B", "FY2024") == pytest.approx(50)
    short = best(pinned(thin(toy_case, adds_receiving_kw=320.2), "B", 1))
    assert short.racks("B", "FY2024") == pytest.approx(49)


def test_two_upgrades_add_up(toy_case: Case) -> None:
    case = with_upgrade(
        thin(toy_case, adds_receiving_kw=200.0), "second", adds_receiving_kw=128.0, cost_mjpy=1.0
    )
    plan = best(pinned(case, "B", 1))
    assert upgraded(plan) == {"feed": "FY2024", "second": "FY2024"}


def test_a_hall_stands_on_an_upgrade(toy_case: Case) -> None:
    """Hall B a year after the feed: the feed comes in April 2023 for B in April 2024.

    It is paid on 1 April 2022 and 2023, is worth 18 of 20 years at the end, and is taxed once, on its book
    value of 1 January 2024: 1.4 % of 20 x (1 - 9/240).
    """
    case = with_value(thin(toy_case), "projects", "after_project", "feed", project="hall-b")
    case = with_value(case, "projects", "after_months", 12, project="hall-b")
    plan = best(case)
    assert (plan.built(), upgraded(plan)) == ({"B": "FY2024"}, {"feed": "FY2023"})
    middle = 1.05 ** -((date(2024, 9, 30) - AS_OF).days / DAYS + 0.5 / DAYS)
    price = 10 * (1 + factor(2023)) - 20 * left(date(2023, 4, 1), 20) * factor(2025)
    price += 0.014 * 20 * (1 - 9 / 240) * middle
    assert plan.cost == pytest.approx(LEAVE + price, abs=CENT)


def test_lead_time_of_an_upgrade_keeps_the_hall_on_it_away(toy_case: Case) -> None:
    """Twenty-four months of works: April 2024, and hall B a year later is beyond the plan."""
    case = with_value(thin(toy_case, build_months=24), "projects", "after_project", "feed", project="hall-b")
    plan = best(with_value(case, "projects", "after_months", 12, project="hall-b"))
    assert plan.built() == {}


def test_a_committed_upgrade_comes_on_its_date(toy_case: Case) -> None:
    """Fixed for 1 October 2023 it counts from FY2024; the half that was due in October 2022 is not sunk."""
    fixed = {"committed": True, "service_date": date(2023, 10, 1)}
    plan, tables = published(thin(toy_case, **fixed))
    assert upgraded(plan) == {"feed": "FY2024"}
    (row,) = tables["starts"].query("project == 'feed'").to_dict("records")
    assert (row["hall"], row["period"], row["service_date"]) == ("", "FY2024", date(2023, 10, 1))
    days = tables["payments"].query("project == 'feed'")["day"].tolist()
    assert days == [date(2022, 10, 1), date(2023, 10, 1)]


def test_the_tables_of_an_upgrade(toy_case: Case) -> None:
    _, tables = published(thin(toy_case))
    assert tables["upgrades"].to_dict("list") == {
        "project": ["feed"] * 3,
        "site": ["Campus"] * 3,
        "period": ["FY2022", "FY2023", "FY2024"],
        "in_service": [0, 0, 1],
    }
    power = tables["limits"].query("limit == 'site_power'")
    assert power["available"].tolist() == [1000, 1000, 1400]
    assert power["used"].iloc[-1] == pytest.approx(1328)
    assets = tables["assets"].set_index("asset")
    assert list(assets.index) == ["hall-a-building", "hall-b:building", "hall-b:plant", "feed:plant"]
    assert assets["cost_mjpy"].tolist() == [300, 200, 200, 20]
    assert assets["tax_life_years"].tolist() == [40, 40, 15, 15]
    assert assets["opening"].tolist() == [True, False, False, False]


def test_a_reference_plan_upgrades_as_announced(toy_case: Case) -> None:
    """What is not announced is not built; a case without announcements announces its service dates."""
    case = thin(toy_case, service_date=date(2024, 4, 1))
    latest = references(case)[0].known_on
    assert announced_dates(case, latest) == {"hall-b": date(2024, 4, 1), "feed": None}
    told = with_rows(case, "announcements", {"project": "feed", "service_date": date(2023, 4, 1)})
    assert announced_dates(told, latest)["feed"] == date(2023, 4, 1)


# -- a started project is finished ----------------------------------------------------------------------


def with_profile(case: Case, **shares: float) -> Case:
    """Return the case with hall B paid by shares so many months before service (`m12`; `p12` for after)."""
    rows = [
        {"profile": "other", "months_before": int(name[1:]) * (1 if name[0] == "m" else -1), "share": share}
        for name, share in shares.items()
    ]
    return with_value(with_rows(case, "milestones", *rows), "projects", "profile", "other", project="hall-b")


def test_what_falls_due_after_the_span_is_owed_at_its_end(toy_case: Case) -> None:
    """Half of hall B a year after service, on 1 April 2025, the day on which the span ends.

    Only 200 M JPY are cash of the plan; the other 200 are taken off the value of the hall at the end. The
    plan costs 200 x (0.8638 - 0.9070) less than with the second half on 1 April 2024.
    """
    plan, tables = published(pinned(with_profile(toy_case, m12=0.5, p12=0.5), "B", 1))
    assert plan.costs()["capex"] == pytest.approx(200)
    assert plan.cost == pytest.approx(LEAVE + 200 * (factor(2025) - factor(2024)), abs=CENT)
    owed = tables["payments"].iloc[-1]
    assert (owed["day"], owed["period"], owed["mjpy"]) == (date(2025, 4, 1), "", 200)
    assert tables["payments"]["mjpy"].sum() == pytest.approx(400)
    assert tables["capex"]["mjpy"].tolist() == [200]


@pytest.mark.parametrize("rule", ["book", "none"])
def test_what_is_owed_counts_under_every_rule_for_terminal_value(toy_case: Case, rule: str) -> None:
    late = with_info(pinned(with_profile(toy_case, m12=0.5, p12=0.5), "B", 1), terminal_value=rule)
    soon = with_info(pinned(toy_case, "B", 1), terminal_value=rule)
    assert best(late).cost - best(soon).cost == pytest.approx(200 * (factor(2025) - factor(2024)), abs=CENT)


def test_an_open_project_pays_what_was_due_before_the_opening_on_the_opening_day(toy_case: Case) -> None:
    """Half of hall B is due 36 months before April 2024: the plan opens in April 2022 and pays it then."""
    case = with_value(with_profile(toy_case, m36=0.5, m0=0.5), "budgets", "capex_mjpy", 200.0)
    _, tables = published(pinned(case, "B", 1))
    assert tables["payments"]["day"].tolist() == [AS_OF, date(2024, 4, 1)]
    assert tables["payments"]["sunk"].tolist() == [False, False]
    assert tables["capex"].set_index("fiscal_year")["mjpy"].to_dict() == {2022: 200, 2024: 200}


def test_a_committed_project_has_paid_what_was_due_before_the_opening(toy_case: Case) -> None:
    """Hall B fixed for 1 October 2022: the half of October 2021 is sunk, listed and no cash of the plan."""
    case = with_value(toy_case, "projects", "committed", True)
    case = with_value(case, "projects", "service_date", date(2022, 10, 1))
    case = with_value(case, "projects", "spent_mjpy", 200.0)
    plan, tables = published(with_value(case, "budgets", "capex_mjpy", 200.0))
    paid = tables["payments"]
    assert paid["sunk"].tolist() == [True, False]
    assert paid["period"].tolist() == ["", "FY2022"]
    assert plan.costs()["capex"] == pytest.approx(200)
    assert tables["assets"].query("not opening")["cost_mjpy"].tolist() == [200, 200]


def test_a_project_that_starts_in_the_tail_is_paid_within_the_horizon(toy_case: Case) -> None:
    """Hall B in April 2025, the first tail year: its first half is cash, and budget, of FY2024."""
    case = with_value(with_info(toy_case, tail_years=1), "projects", "earliest_date", date(2025, 4, 1))
    row = {
        "pin": "late",
        "decision": "in_service",
        "hall": "B",
        "class": "",
        "site": "",
        "sense": "=",
        "value": 1.0,
    }
    case = with_rows(case, "pins", row | {"period_from": date(2025, 4, 1), "period_to": None})
    plan, tables = published(case)
    assert plan.built() == {"B": "FY2025"}
    assert tables["capex"].set_index("fiscal_year")["mjpy"].to_dict() == {2024: 200, 2025: 200}
    short = best(with_value(case, "budgets", "capex_mjpy", 199.0, fiscal_year=2024))
    assert short.solution.status is Status.INFEASIBLE


def test_staged_halves_are_each_paid_in_full(toy_case: Case) -> None:
    """Half C a year after half B: four payments, the second half's last one in the tail."""
    case = with_info(with_value(toy_case, "budgets", "capex_mjpy", 900.0), tail_years=1)
    project = {"project": "hall-c", "cost_mjpy": 300.0, "after_project": "hall-b", "after_months": 12}
    case = with_hall(case, "C", "B", project)
    row = {
        "pin": "c",
        "decision": "in_service",
        "hall": "C",
        "class": "",
        "site": "",
        "sense": "=",
        "value": 1.0,
    }
    case = with_rows(case, "pins", row | {"period_from": date(2025, 4, 1), "period_to": None})
    plan, tables = published(case)
    assert plan.built()["C"] == "FY2025"
    assert plan.built()["B"] in {"FY2023", "FY2024"}
    totals = tables["payments"].groupby("project")["mjpy"].sum().to_dict()
    assert totals == {"hall-b": 400, "hall-c": 300}
    assert tables["payments"].query("project == 'hall-c'")["period"].tolist() == ["FY2024", "FY2025"]


def test_a_committed_project_beyond_the_last_period_is_refused(toy_case: Case) -> None:
    """On 1 October 2024 no yearly period is left to begin: half-years would hold it, and so would a tail."""
    case = with_value(toy_case, "projects", "committed", True)
    case = with_value(case, "projects", "service_date", date(2024, 10, 1))
    case = with_value(case, "budgets", "capex_mjpy", 400.0)
    with pytest.raises(InputError, match="service_date = 2024-10-01: must be 2024-04-01 or earlier"):
        build(case, make_calendar(case.info))
    build(case, make_calendar(case.info, "half"))
    build(with_info(case, tail_years=1), make_calendar(with_info(case, tail_years=1).info))


def test_a_case_without_projects_has_empty_tables(toy_case: Case) -> None:
    for name in ("projects", "project_assets", "announcements"):
        toy_case = with_rows_of_none(toy_case, name)
    halls = toy_case["halls"]
    tables = {**toy_case.tables, "halls": halls[halls["hall"] != "B"].reset_index(drop=True)}
    case = Case(**{**vars(toy_case), "tables": tables})
    plan, found = published(case)
    assert plan.cost == pytest.approx(STAY, abs=CENT)
    assert [len(found[name]) for name in ("upgrades", "payments", "starts", "assets")] == [0, 0, 0, 1]
    assert list(found["payments"]) == ["project", "day", "period", "fiscal_year", "mjpy", "sunk", "term"]


def with_rows_of_none(case: Case, name: str) -> Case:
    """Return the case with an empty table."""
    table: pd.DataFrame = case[name]
    return Case(**{**vars(case), "tables": {**case.tables, name: table.iloc[:0]}})
