"""Why the tutorial case has no plan, and its repairs, worked out by hand; soft demand marks its plan."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.data.case import Case
from dcplan.plans.audit import audit
from dcplan.plans.make import solve_case
from dcplan.plans.plan import Plan, open_plan
from dcplan.report.charts import draw
from dcplan.report.document import plan_document
from dcplan.report.explain_text import explain_text
from dcplan.report.text import summary
from dcplan.studies.explain import DATA
from dcplan.studies.repair import Explanation, explained
from dcplan.studies.repair_plans import explanation_document
from dcplan.studies.resolve_case import opened_plan
from tests.model.toys import pinned, with_rows, with_value, write_case


@pytest.fixture(scope="module")
def poor(toy_case: Case) -> Case:
    """Hall B must stand from April 2024, and FY2023 has 150 of the 200 M JPY of its first half."""
    return with_value(pinned(toy_case, "B", 1), "budgets", "capex_mjpy", 150.0, fiscal_year=2023)


@pytest.fixture(scope="module")
def found(poor: Case) -> Explanation:
    return explained(poor)


def test_the_conflict_is_the_pin_and_the_budget_with_their_input_rows(found: Explanation) -> None:
    (first,) = found.conflicts
    assert [promise.key for promise in first.promises] == ["capex_budget[2023]", "pin_B-1"]
    assert first.promises[0].inputs == ("budgets.csv row 3: capex_mjpy = 150",)
    assert first.minimal


def test_repairs_are_the_least_and_proven_and_ranked(found: Explanation) -> None:
    """The budget lacks 50 M JPY; without the pin City stays, which costs 10.7 M JPY more than B."""
    words = [repair.words for repair in found.repairs]
    assert words == ["raise the CAPEX budget of FY2023 by 50.0 M JPY", "drop the pin B-1"]
    budget, dropped = found.repairs
    assert budget.proof.cost == pytest.approx(965.474, abs=0.01)
    assert dropped.proof.cost == pytest.approx(976.215, abs=0.01)
    assert budget.decisions == "start B FY2024; leave City FY2024"
    told = explanation_document(found)
    assert told["repairs"][1]["low_mjpy"] == pytest.approx(10.74, abs=0.05)
    text = explain_text(told)
    assert "No plan keeps these 2 promises together:" in text
    assert "budgets.csv row 3: capex_mjpy = 150" in text


def test_a_pin_that_nothing_can_keep_is_explained_by_the_dates(toy_case: Case) -> None:
    case = with_rows(pinned(toy_case, "B", 1), "pins")
    case = with_value(case, "pins", "period_from", date(2022, 4, 1))
    answer = explained(case)
    (conflict,) = answer.conflicts
    assert conflict.shown_by == DATA
    assert "hall-b takes 12 months to build from 2022-04-01 (projects.csv row 2)" in conflict.why
    assert [repair.words for repair in answer.repairs] == ["drop the pin B-1"]


def test_a_case_with_a_plan_has_no_conflict(toy_case: Case) -> None:
    answer = explained(toy_case)
    assert answer.conflicts == ()
    assert "Every promise" in explain_text(explanation_document(answer))


def test_the_command_explains_and_exits_with_4(poor: Case, tmp_path: Path) -> None:
    folder = write_case(poor, tmp_path / "poor")
    done = CliRunner().invoke(cli, ["explain", str(folder), "--quiet", "--json"])
    assert done.exit_code == 4, done.output
    told = json.loads(done.stdout)
    assert [each["words"] for each in told["repairs"]][1] == "drop the pin B-1"


@pytest.fixture(scope="module")
def soft(toy_case: Case, tmp_path_factory: pytest.TempPathFactory) -> Plan:
    """Of 300 cloud racks many find no place."""
    room = tmp_path_factory.mktemp("soft")
    case = with_value(toy_case, "demand", "racks", 300.0, date=date(2025, 4, 1), **{"class": "cloud"})
    folder = write_case(case, room / "many")
    return solve_case(folder, output=room / "soft", soft="demand")


def test_soft_demand_marks_every_text_and_export_of_its_plan(soft: Plan, tmp_path: Path) -> None:
    """The first line, the note, the manifest, `--json` and both packs say so."""
    assert soft.folder is not None
    assert soft.manifest["soft"] == "demand"
    assert soft.manifest["note"].startswith("SOFT DEMAND")
    assert soft.tables["unserved"]["unserved_racks"].sum() > 0
    assert audit(soft.folder).passed
    assert summary(soft).startswith("SOFT DEMAND. ")
    assert "SOFT DEMAND" in summary(soft).splitlines()[0]
    assert plan_document(soft)["manifest"]["soft"] == "demand"
    assert opened_plan(soft).model.program.has("unserved")
    for pack in ("capex", "tcfd"):
        done = CliRunner().invoke(
            cli, ["export", str(soft.folder), "--pack", pack, "-o", str(tmp_path / pack)]
        )
        assert done.exit_code == 0, done.output
        told = json.loads((tmp_path / pack / "datapackage.json").read_text("utf-8"))
        assert "SOFT DEMAND" in json.dumps(told)


def test_soft_demand_marks_every_picture_of_its_plan(soft: Plan, toy_plan_folder: Path) -> None:
    for lang, words in (("en", "SOFT DEMAND"), ("ja", "需要緩和")):
        for name, made in draw(soft, lang=lang).items():
            assert words in made.get_suptitle(), name
    assert all(not made.get_suptitle() for made in draw(open_plan(toy_plan_folder)).values())


def test_a_plan_that_hides_its_soft_demand_fails_the_audit(soft: Plan, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(soft.folder, tmp_path / "hidden"))  # type: ignore[arg-type]
    manifest = {**soft.manifest, "soft": ""}
    (folder / "manifest.json").write_text(json.dumps(manifest), "utf-8")
    assert "meet_demand" in {finding.rule for finding in audit(folder).findings}
