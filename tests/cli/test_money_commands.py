"""`budget` and `export`: what they print, what they write, and their exit codes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_budget_of_the_toy_plan(run: Run, toy_plan_folder: Path):
    """Hall B costs 400: 200 in FY2023 and 200 in FY2024, as announced and as budgeted."""
    result = run("budget", str(toy_plan_folder))
    assert result.exit_code == 0, result.output
    lines = {line[:19].strip(): line[19:].split() for line in result.stdout.splitlines()}
    assert lines["hall-b"] == ["0", "200", "200", "400"]
    assert lines["budget"] == ["0", "200", "200", "400"]
    assert lines["+ exchange rates"] == ["-"] * 4
    assert lines["residual"] == ["0"] * 4
    assert max(map(len, result.stdout.splitlines())) <= 80


def test_budget_as_json(run: Run, toy_plan_folder: Path):
    body = json.loads(run("budget", str(toy_plan_folder), "--json").stdout)
    assert body["command"] == "budget"
    bridge = pd.DataFrame(body["budget_bridge"])
    assert (bridge.loc[bridge["step"] == "residual", "mjpy"] == 0.0).all()
    assert bridge.loc[bridge["step"] == "fx", "mjpy"].isna().all()
    assert {"capex_history", "plan_capex", "against_budget", "group_share"} <= set(body)


def test_budget_of_a_plan_that_was_interrupted_before_its_references(run: Run, toy_plan_folder: Path):
    shutil.copytree(toy_plan_folder, "plan")
    shutil.rmtree("plan/as_announced")
    result = run("budget", "plan")
    assert result.exit_code == 3
    assert "as announced" in result.stderr


def test_export_writes_a_workbook_and_a_package(run: Run, toy_plan_folder: Path):
    result = run("export", str(toy_plan_folder), "--pack", "capex", "-o", "pack")
    assert result.exit_code == 0, result.output
    printed = [Path(line) for line in result.stdout.splitlines()]
    assert printed[0] == Path("pack/capex.xlsx")
    assert sorted(printed) == sorted(path for path in Path("pack").rglob("*") if path.is_file())
    assert [path.name for path in Path().iterdir()] == ["pack"]  # no draft is left


def test_export_refuses_a_folder_that_exists(run: Run, toy_plan_folder: Path):
    Path("pack").mkdir()
    result = run("export", str(toy_plan_folder), "--pack", "capex", "-o", "pack")
    assert result.exit_code == 3
    assert "exists" in result.stderr
    assert not any(Path("pack").iterdir())


@pytest.mark.parametrize("table", ["costs", "payments"])
def test_export_refuses_a_plan_that_fails_its_audit(run: Run, toy_plan_folder: Path, table: str):
    shutil.copytree(toy_plan_folder, "plan")
    path = Path("plan/tables") / f"{table}.csv"
    frame = pd.read_csv(path)
    frame.loc[0, "mjpy"] += 1.0
    frame.to_csv(path, index=False)
    result = run("export", "plan", "--pack", "capex", "-o", "pack")
    assert result.exit_code == 6, result.output
    assert not Path("pack").exists()


def test_export_needs_a_pack_and_a_folder(run: Run, toy_plan_folder: Path):
    assert run("export", str(toy_plan_folder), "-o", "pack").exit_code == 2
    assert run("export", str(toy_plan_folder), "--pack", "capex").exit_code == 2
