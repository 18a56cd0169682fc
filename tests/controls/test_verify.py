"""`verify` of a plan and of an exported pack: what passes, what is refused, what the command says."""

from __future__ import annotations

import hashlib
import json
import shutil
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.controls.exported import open_export
from dcplan.controls.verify import verify
from dcplan.errors import EXIT_AUDIT, EXIT_INPUT, InputError
from dcplan.report.pack_capex import export_capex

pytestmark = pytest.mark.usefixtures("figures_formed_once")


@pytest.fixture(scope="module")
def exported(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The CAPEX pack of the tutorial plan."""
    folder = tmp_path_factory.mktemp("exported") / "pack"
    export_capex(toy_plan_folder, folder)
    return folder


@pytest.fixture
def copy(exported: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(exported, tmp_path / "pack"))


def test_an_export_is_verified_by_what_it_holds(exported: Path, toy_plan_folder: Path):
    found = verify(exported)
    assert (found.kind, found.passed, found.changed) == ("export", True, ())
    plan = verify(toy_plan_folder)
    assert (plan.kind, plan.passed) == ("plan", True)
    assert set(plan.audits) >= {"optimised", "as_announced", "frozen"}
    one, other = (each.controls.table().set_index("control") for each in (found, plan))
    same = one.index != "nothing_is_missing"  # the export holds its own controls as a table, too
    for column in ("left_mjpy", "right_mjpy"):
        assert one.loc[same, column].tolist() == pytest.approx(other.loc[same, column].tolist(), abs=1e-6)
    assert (one["ties"] - other["ties"])[same].eq(0).all()


def test_tables_come_back_as_they_went(exported: Path, toy_plan_folder: Path):
    from dcplan.plans.plan import open_plan

    read, plan = open_export(exported)[0], open_plan(toy_plan_folder)
    for name in ("costs", "payments", "lease_spans"):
        assert read[name]["period" if name == "costs" else read[name].columns[0]].tolist()
        for column in plan.tables[name].select_dtypes("number"):
            assert read[name][column].tolist() == pytest.approx(plan.tables[name][column].tolist(), rel=1e-15)


def test_a_changed_file_is_named_and_fails_the_control_too(copy: Path):
    path = copy / "data" / "profit_and_loss.csv"
    table = pd.read_csv(path, encoding="utf-8-sig")
    table.loc[0, "staff_mjpy"] += 1.0
    table.to_csv(path, index=False, encoding="utf-8-sig")
    found = verify(copy)
    assert not found.passed
    assert found.changed == ("data/profit_and_loss.csv",)
    assert "costs_are_in_the_profit" in set(found.controls.failures["control"])


def test_a_new_hash_does_not_hide_a_changed_figure(copy: Path):
    """Who changes a figure can change its hash; the tie-outs remain."""
    path = copy / "data" / "capex_projects.csv"
    text = path.read_text("utf-8-sig").replace("400.0", "401.0", 1)
    path.write_text(text, "utf-8-sig")
    head = json.loads((copy / "datapackage.json").read_text("utf-8"))
    for each in head["resources"]:
        if each["path"] == "data/capex_projects.csv":
            each["hash"] = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    (copy / "datapackage.json").write_text(json.dumps(head), "utf-8")
    found = verify(copy)
    assert found.changed == ()
    assert "project_costs" in set(found.controls.failures["control"])


def test_a_missing_file_or_another_pack_is_refused(copy: Path):
    (copy / "data" / "costs.csv").unlink()
    with pytest.raises(InputError, match=r"costs\.csv.*missing"):
        verify(copy)
    head = json.loads((copy / "datapackage.json").read_text("utf-8"))
    (copy / "datapackage.json").write_text(json.dumps({**head, "name": "dcplan-other"}), "utf-8")
    with pytest.raises(InputError, match="only these packs have figures"):
        verify(copy)


def test_a_plan_whose_money_was_edited_fails(toy_plan_folder: Path, tmp_path: Path):
    folder = Path(shutil.copytree(toy_plan_folder, tmp_path / "plan"))
    path = folder / "tables" / "payments.csv"
    table = pd.read_csv(path)
    table.loc[0, "mjpy"] += 1.0
    table.to_csv(path, index=False)
    done = CliRunner().invoke(cli, ["verify", str(folder)])
    assert done.exit_code == EXIT_AUDIT
    assert "FAIL Projects = plan CAPEX" in done.output or "FAIL Cost of a project" in done.output
    assert "NOT VERIFIED" in done.output


def test_the_command_prints_every_tie_out_to_one_yen(toy_plan_folder: Path, exported: Path):
    done = CliRunner().invoke(cli, ["verify", str(toy_plan_folder)])
    assert done.exit_code == 0, done.output
    assert max(len(line) for line in done.output.splitlines()) <= 80
    line = next(each for each in done.output.splitlines() if "Cash-flow NPV" in each)
    assert line.split()[-2:] == ["965.474345", "965.474345"]
    assert "optimised: audit of optimised: passed" in done.output
    told = json.loads(CliRunner().invoke(cli, ["verify", str(exported), "--json"]).output)
    assert told["passed"] is True
    assert told["controls"][0]["control"] == "projects_are_capex"
    assert told["failures"] == []


def test_what_is_neither_plan_nor_export_is_refused(tmp_path: Path):
    done = CliRunner().invoke(cli, ["verify", str(tmp_path)])
    assert done.exit_code == EXIT_INPUT
    assert "not a plan folder" in done.output
