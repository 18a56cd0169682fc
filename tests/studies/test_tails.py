"""The tail study: decisions of the toy case with and without years after the horizon."""

import json

from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.studies.tails import tail_flips


def test_each_tail_is_a_column_and_flips_are_marked() -> None:
    table = tail_flips("toy", (0, 2))
    assert list(table.columns) == ["decision", "tail 0", "tail 2", "flips"]
    rows = table.set_index("decision")
    assert rows.loc["start B", "tail 0"] == "FY2024"
    assert rows.loc["leave City", "tail 0"] == "FY2024"
    assert (rows["flips"] == (rows["tail 0"] != rows["tail 2"])).all()


def test_the_command_prints_the_same_as_json() -> None:
    result = CliRunner().invoke(cli, ["tails", "toy", "--years", "0", "--quiet", "--json"])
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {row["decision"] for row in document["decisions"]} == {"start B", "leave City"}
