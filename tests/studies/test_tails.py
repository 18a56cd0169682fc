"""The tail study: decisions of the toy case with and without years after the horizon."""

import json
from typing import Any

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli
from dcplan.studies import tails
from tests.shared import recorded


@pytest.fixture(scope="module")
def told() -> tuple[Result, list[Any]]:
    """Return what the command prints for tails of 0 and 2 years, and the tables that it printed."""
    with recorded(tails, "tail_flips") as tables:
        words = ["tails", "toy", "--years", "0", "--years", "2", "--quiet", "--json"]
        return CliRunner().invoke(cli, words), tables


def test_each_tail_is_a_column_and_flips_are_marked(told: tuple[Result, list[pd.DataFrame]]) -> None:
    (table,) = told[1]
    assert list(table.columns) == ["decision", "tail 0", "tail 2", "flips"]
    rows = table.set_index("decision")
    assert rows.loc["start B", "tail 0"] == "FY2024"
    assert rows.loc["leave City", "tail 0"] == "FY2024"
    assert (rows["flips"] == (rows["tail 0"] != rows["tail 2"])).all()


def test_the_command_prints_the_same_as_json(told: tuple[Result, list[pd.DataFrame]]) -> None:
    result, (table,) = told
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {row["decision"] for row in document["decisions"]} == {"start B", "leave City"}
    assert document["decisions"] == table.to_dict("records")
