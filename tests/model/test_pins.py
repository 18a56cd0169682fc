"""Pins of every kind: the model keeps them, and the audit sees when a plan does not."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.plans.audit import audit
from tests.model.test_projects import thin, upgraded
from tests.model.toys import audited, best, with_rows

NOTHING = {"class": "", "hall": "", "site": "", "project": "", "lease": ""}


def pin(case: Case, decision: str, sense: str, value: float, start: date, **named: Any) -> Case:
    row = {"pin": "word", "decision": decision, "sense": sense, "value": value, **NOTHING, **named}
    return with_rows(case, "pins", row | {"period_from": start, "period_to": None})


def test_an_upgrade_that_is_banned_is_not_bought(toy_case: Case) -> None:
    """Without the feed hall B has no power: the plan stays in City."""
    plan = best(pin(thin(toy_case), "upgraded", "<=", 0, date(2022, 4, 1), project="feed"))
    assert (plan.built(), upgraded(plan)) == ({}, {})


def test_an_upgrade_that_is_asked_for_comes_alone(toy_case: Case) -> None:
    """25 M JPY more than leaving saves: only the planner's word buys it, from FY2024."""
    dear = thin(toy_case, cost_mjpy=150.0)
    assert upgraded(best(dear)) == {}
    assert upgraded(best(pin(dear, "upgraded", "=", 1, date(2024, 4, 1), project="feed"))) == {
        "feed": "FY2024"
    }


@pytest.mark.parametrize("lease", ["City-lease", ""], ids=["by name", "all together"])
def test_racks_under_lease_are_pinned(toy_case: Case, lease: str) -> None:
    """City may shrink to what it holds; with 25 racks pinned from FY2024 on it stays and keeps them."""
    plan = best(pin(toy_case, "leased_racks", ">=", 25, date(2024, 4, 1), lease=lease))
    rented = plan.table("leased_racks").set_index("term")["leased_racks"]
    assert rented.iloc[-1] >= 25 - 1e-6
    assert plan.cost > best(toy_case).cost + 1.0


def test_the_audit_sees_a_broken_pin(toy_case: Case, tmp_path: Path) -> None:
    case = pin(thin(toy_case), "upgraded", "=", 1, date(2024, 4, 1), project="feed")
    case = with_rows(
        case,
        "pins",
        {"pin": "rent", "decision": "leased_racks", "sense": "<=", "value": 60.0, **NOTHING}
        | {"lease": "City-lease", "period_from": date(2022, 4, 1), "period_to": None},
    )
    _, report = audited(case, tmp_path)
    assert report.passed, report
    path = tmp_path / "plan" / "inputs" / "pins.csv"
    table = pd.read_csv(path)
    table.loc[table["pin"] == "rent", "value"] = 59.0
    table.loc[table["pin"] == "word", "value"] = 0.0
    table.to_csv(path, index=False)
    broken = [finding for finding in audit(tmp_path / "plan").findings if finding.rule == "pins"]
    assert {finding.where["pin"] for finding in broken} == {"rent", "word"}
