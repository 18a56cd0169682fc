"""The audit of solved plans: they pass, and nothing that it works out rests on a derived table."""

from __future__ import annotations

import json
import shutil

import pytest

from dcplan.plans.audit import audit_all
from dcplan.plans.audit.decisions import DECISION_TABLES

DECISIONS = {*DECISION_TABLES, "onsite", "battery_cuts"}
"""What the audit reads; the last two stand where there are batteries or panels."""


@pytest.fixture(params=["toy_plan_folder", pytest.param("iij_plan_folder", marks=pytest.mark.default_case)])
def plan_folder(request):
    return request.getfixturevalue(request.param)


def test_every_plan_passes_and_the_published_cost_is_the_objective(plan_folder):
    reports = audit_all(plan_folder)
    assert {"optimised", "as_announced", "frozen"} <= reports.keys()
    assert [str(report) for report in reports.values() if not report.passed] == []
    assert reports["optimised"].misses == ()
    manifest = json.loads((plan_folder / "manifest.json").read_text(encoding="utf-8"))
    figures = reports["optimised"].figures
    assert figures["objective_mjpy"] == pytest.approx(manifest["published_cost_mjpy"], rel=1e-9)
    assert figures["terminal_values"] == pytest.approx(manifest["terminal_values"], rel=1e-9)


def test_figures_are_the_same_without_every_derived_table(plan_folder, tmp_path):
    bare = tmp_path / "plan"
    shutil.copytree(plan_folder, bare)
    for path in [*bare.rglob("tables/*.csv"), bare / "comparison.csv", bare / "datapackage.json"]:
        if path.stem not in DECISIONS:
            path.unlink()
    full = audit_all(plan_folder)
    for name, report in audit_all(bare).items():
        assert report.passed, str(report)
        assert report.figures == full[name].figures
        assert report.figures["cost"]


@pytest.mark.default_case
def test_the_default_case_has_four_plans(iij_plan_folder):
    assert set(audit_all(iij_plan_folder)) == {"optimised", "as_announced", "as_announced_2022", "frozen"}
    for report in audit_all(iij_plan_folder).values():
        assert report.passed, str(report)
