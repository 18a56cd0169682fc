"""`bill`: what it prints."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

Run = Callable[..., Result]


def test_bill_of_the_toy_plan(run: Run, toy_plan_folder: Path):
    """5,499 MWh at 15 + 2 + 3 JPY and 790 kW at 2,000 JPY less 15 % for twelve months."""
    result = run("bill", str(toy_plan_folder))
    assert result.exit_code == 0, result.output
    rows = [line.split() for line in result.stdout.splitlines()]
    campus = next(row for row in rows if row[:2] == ["Campus", "2022"])
    assert campus[2:] == ["5,499", "790", "82.5", "11.0", "16.5", "19.0", "-2.8", "0.0", "126.1", "12.6"]
    assert sum(row[0] == "all" for row in rows) == 3
    assert not any(row[0] == "City" and row[1] == "2024" for row in rows)  # left by then
    assert max(map(len, result.stdout.splitlines())) <= 120


def test_bill_as_json(run: Run, toy_plan_folder: Path):
    body = json.loads(run("bill", str(toy_plan_folder), "--json", "--plan", "frozen").stdout)
    assert body["plan"] == "frozen"
    assert {row["demand_rule"] for row in body["bills"]} == {"agreed", "none"}


@pytest.mark.parametrize("which", ["as_announced_2022", "none"])
def test_a_plan_that_is_not_there_is_exit_2(run: Run, toy_plan_folder: Path, which: str):
    assert run("bill", str(toy_plan_folder), "--plan", which).exit_code == 2
