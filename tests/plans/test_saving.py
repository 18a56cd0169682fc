"""A plan folder is whole or not there at all."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dcplan.errors import AuditError, InputError
from dcplan.plans import assemble
from dcplan.plans.audit import Finding, audit_all
from dcplan.plans.make import solve_case
from dcplan.plans.plan import open_plan
from tests.model.toys import with_settings, write_case

pytestmark = pytest.mark.usefixtures("figures_formed_once", "models_built_once")

DECISIONS = ("racks", "halls", "sites", "leases", "contract", "claims", "unserved", "misses")
DERIVED = ("periods", "energy", "site_energy", "emissions", "costs", "capex", "moves", "starts", "exits")
REPORTED = ("targets", "limits", "summary")
TABLES = {*DECISIONS, *DERIVED, *REPORTED}


def left_over(folder: Path) -> list[str]:
    """Return what stands in a folder, hidden drafts included."""
    return sorted(path.name for path in folder.iterdir())


def test_a_saved_plan_is_complete(toy_plan_folder: Path) -> None:
    expected = {
        "manifest.json",
        "inputs",
        "tables",
        "as_announced",
        "frozen",
        "comparison.csv",
        "log.txt",
        "datapackage.json",
    }
    assert set(left_over(toy_plan_folder)) == expected
    for inner in ("", "as_announced", "frozen"):
        found = {path.stem for path in (toy_plan_folder / inner / "tables").glob("*.csv")}
        assert found >= TABLES, inner
    assert not [name for name in left_over(toy_plan_folder.parent) if name.startswith(".")]


def test_every_plan_of_the_folder_passes_the_audit(toy_plan_folder: Path) -> None:
    reports = audit_all(toy_plan_folder)
    assert set(reports) == {"optimised", "as_announced", "frozen"}
    assert all(report.passed for report in reports.values()), "\n".join(map(str, reports.values()))[:3000]


def test_the_manifest_tells_cost_bound_gap_and_where_it_all_came_from(toy_plan_folder: Path) -> None:
    told = json.loads((toy_plan_folder / "manifest.json").read_text("utf-8"))
    costs = pd.read_csv(toy_plan_folder / "tables" / "costs.csv")
    assert told["status"] == "optimal"
    assert told["published_cost_mjpy"] == pytest.approx(costs["pv_mjpy"].sum(), rel=1e-12)
    assert told["published_cost_mjpy"] == pytest.approx(965.474, abs=1e-3)
    assert told["bound_mjpy"] <= told["published_cost_mjpy"] * (1 + 1e-9)
    assert 0 <= told["gap"] <= told["requested_gap"]
    assert told["terminal_values"]["annuity"] == pytest.approx(told["published_cost_mjpy"])
    assert (
        told["terminal_values"]["none"] > told["terminal_values"]["book"] > told["terminal_values"]["annuity"]
    )
    assert told["audit"]["passed"] is True
    assert {"highspy", "python"} <= set(told["versions"])
    assert {"load", "build", "search", "publish", "audit"} <= set(told["seconds"])
    assert told["inputs"].keys() == {
        path.relative_to(toy_plan_folder / "inputs").as_posix()
        for path in (toy_plan_folder / "inputs").rglob("*")
        if path.suffix in {".csv", ".toml"}
    }


def test_the_comparison_leads_from_the_optimised_plan_to_the_references(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    cost = plan.comparison[plan.comparison["measure"] == "cost"].set_index("plan")["value"]
    assert cost["optimised"] == pytest.approx(plan.manifest["published_cost_mjpy"])
    assert cost["optimised"] <= cost["as_announced"] + 1e-6
    assert cost["as_announced"] <= cost["frozen"] + 1e-6
    terms = plan.comparison[plan.comparison["measure"].str.startswith("cost:")].groupby("plan")["value"].sum()
    assert terms.to_numpy() == pytest.approx(cost[terms.index].to_numpy())


def test_a_plan_that_is_opened_solves_again_to_the_same_cost(toy_plan_folder: Path, tmp_path: Path) -> None:
    again = solve_case(toy_plan_folder / "inputs", output=tmp_path / "again")
    assert again.manifest["published_cost_mjpy"] == pytest.approx(965.474, abs=1e-3)
    assert again.manifest["inputs"] == open_plan(toy_plan_folder).manifest["inputs"]


def test_a_failed_audit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fault = Finding("flow", {"class": "cloud"}, 1.0, 2.0, 0.0, "one rack is lost")

    def doubtful(folder: Path) -> dict[str, Any]:
        reports = audit_all(folder)
        return {name: replace(report, findings=(fault,), passed=False) for name, report in reports.items()}

    monkeypatch.setattr(assemble, "audit_all", doubtful)
    with pytest.raises(AuditError):
        solve_case("toy", output=tmp_path / "plan")
    assert left_over(tmp_path) == []


@pytest.mark.parametrize("error", [OSError("the disk is full"), KeyboardInterrupt()], ids=["disk", "ctrl-c"])
def test_a_save_that_breaks_off_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: BaseException
) -> None:
    target, rename = tmp_path / "plan", Path.rename

    def failing(self: Path, to: Path) -> Path:
        if Path(to) == target:
            raise error
        return rename(self, to)

    monkeypatch.setattr(Path, "rename", failing)
    with pytest.raises(type(error)):
        solve_case("toy", output=target)
    assert left_over(tmp_path) == []


def test_an_existing_folder_is_refused_before_any_work(tmp_path: Path) -> None:
    target = tmp_path / "plan"
    target.mkdir()
    (target / "mine.txt").write_text("keep me", "utf-8")
    with pytest.raises(InputError, match="exists"):
        solve_case("toy", output=target)
    assert left_over(tmp_path) == ["plan"]
    assert left_over(target) == ["mine.txt"]


def test_a_plan_of_another_schema_is_refused(toy_plan_folder: Path, tmp_path: Path) -> None:
    told = json.loads((toy_plan_folder / "manifest.json").read_text("utf-8"))
    (tmp_path / "manifest.json").write_text(json.dumps(told | {"schema_version": 0}), "utf-8")
    with pytest.raises(InputError, match="schema_version"):
        open_plan(tmp_path)
    with pytest.raises(InputError, match=r"manifest\.json"):
        open_plan(tmp_path / "nowhere")


def test_options_override_the_case(toy_case: Any, tmp_path: Path) -> None:
    """Granularity, tail and terminal value of a request are those of the saved, audited plan."""
    case = with_settings(toy_case, overlap_months=1.0)
    folder = write_case(case, tmp_path / "case")
    plan = solve_case(folder, output=tmp_path / "plan", by="quarter", tail_years=2, terminal_value="book")
    told = plan.manifest
    assert (told["granularity"], told["tail_years"], told["terminal_value"]) == ("quarter", 2, "book")
    assert len(plan.tables["periods"]) == 14
    assert plan.tables["periods"]["tail"].sum() == 2
    assert told["audit"]["passed"]
