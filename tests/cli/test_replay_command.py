"""`replay`: what it prints and writes."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]
_TABLES = ("hours", "site_years", "duration", "matching", "worst_periods", "batteries", "bills")


def test_replay_of_the_toy_plan(run: Run, toy_plan_folder: Path):
    result = run("replay", str(toy_plan_folder), "-o", "hours")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "toy, optimised: 26,304 hours at 2 sites"
    campus = next(line.split() for line in lines if line.startswith("Campus") and " 2023 " in line)
    assert campus[:6] == ["Campus", "2023", "6,122", "6,200", "+1.26%", "1.273"]
    assert "Energy is off by more than 1 % at Campus FY2023 (up to 1.3%)." in lines
    assert "Empty shares: no irradiance in the weather file of the site." in lines
    assert max(map(len, lines)) <= 100
    written = {path.name for path in Path("hours").iterdir()}
    assert written == {f"{n}.csv" for n in _TABLES}


def test_replay_as_json(run: Run, toy_plan_folder: Path):
    result = run("replay", str(toy_plan_folder), "--json", "-o", "hours", "--plan", "frozen")
    body = json.loads(result.stdout)
    assert body["command"] == "replay"
    assert body["plan"] == "frozen"
    assert body["linear_error"]["energy"] < 1e-9
    assert {row["site"] for row in body["site_years"]} == {"Campus", "City", "owned", "fleet"}
    assert body["matching"][0]["hourly_share"] is None


@pytest.mark.parametrize("arguments", [["--grid-share", "1.2"], ["--plan", "as_announced_2022"]])
def test_what_is_not_understood_is_exit_2(run: Run, toy_plan_folder: Path, arguments: list[str]):
    assert run("replay", str(toy_plan_folder), *arguments).exit_code == 2
