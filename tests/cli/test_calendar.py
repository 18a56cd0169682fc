"""`calendar`, `pins` and `defer` on the command line, with the tutorial case."""

import json
import math
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli
from dcplan.cli.calendar import _price
from dcplan.data.shipped import case_folder

pytestmark = pytest.mark.usefixtures("models_built_once")

PIN = (
    "pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason\n"
    "stay,kept,,,City,2022-04-01,,>=,1,tutorial,derived,,,The landlord is a customer.\n"
)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, [str(word) for word in words])


def test_dates_are_printed_without_solving(toy_plan_folder: Path) -> None:
    result = run("calendar", toy_plan_folder, "--no-prices")
    assert result.exit_code == 0, result.output
    assert result.stderr == ""
    lines = result.stdout.splitlines()
    assert lines[0].split() == ["open", "until", "decision", "if", "it", "slips"]
    assert lines[1].startswith("2023-04-01  Start B on 2024-04-01")
    assert lines[1].endswith("not at all")
    assert lines[2].startswith("2023-10-01  Leave City on 2024-04-01")
    assert lines[-1] == "2 decisions."


def test_prices_are_printed_with_what_is_proven(toy_plan_folder: Path) -> None:
    """10.7 and 21.9 M JPY, as `tests/studies/test_slips.py` finds by brute force."""
    result = run("calendar", toy_plan_folder, "--workers", "0")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1].split()[-1] == "10.7"
    assert lines[2].split()[-1] == "21.9"
    assert "2 of 2 prices known beyond the gaps." in result.stdout
    assert "2 of 2: " in result.stderr


def test_json_holds_intervals_and_the_base(toy_plan_folder: Path) -> None:
    result = run("calendar", toy_plan_folder, "--workers", "0", "--quiet", "--json")
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert document["proven_share"] == 1.0
    assert document["bound_mjpy"] <= document["cost_mjpy"]
    for row in document["decisions"]:
        assert row["verdict"] == "resolved"
        assert 0.0 < row["low_mjpy"] <= row["high_mjpy"]


def test_a_deferred_phase_shows_its_values_and_terms(toy_plan_folder: Path) -> None:
    result = run("defer", toy_plan_folder, "--workers", "0", "--quiet")
    assert result.exit_code == 0, result.output
    assert "Start B on 2024-04-01, deferred beyond the optimised span" in result.stdout
    assert "net present value now                             10.7 M JPY" in result.stdout
    assert "of the best plans found                        +10.7" in result.stdout


def test_a_case_without_pins_says_so() -> None:
    result = run("pins", "toy")
    assert result.exit_code == 0, result.output
    assert result.stdout == "There is no pin (pins.csv).\n"


def test_a_pin_has_a_reason_and_a_price(tmp_path: Path) -> None:
    """To keep City while its racks may go: what the pin costs is proven, and its reason is told."""
    folder = Path(shutil.copytree(case_folder("toy"), tmp_path / "toy"))
    (folder / "pins.csv").write_text(PIN, "utf-8")
    result = run("pins", folder, "--workers", "0", "--json", "--quiet")
    assert result.exit_code == 0, result.output
    (row,) = json.loads(result.stdout)["pins"]
    assert row["pin"] == "stay"
    assert row["decision"] == "kept City >= 1 from 2022-04-01"
    assert row["reason"] == "The landlord is a customer."
    assert row["verdict"] == "resolved"
    assert 0.0 < row["low_mjpy"] <= row["high_mjpy"]
    shown = run("pins", folder, "--workers", "0", "--quiet")
    assert "because: The landlord is a customer." in shown.stdout


@pytest.mark.parametrize(
    "verdict, low, high, text",
    [
        ("resolved", 10.01, 10.04, "10.0"),
        ("resolved", 10.0, 11.0, "10.0 .. 11.0"),
        ("sign proven", 3.0, math.inf, "3.0 .. ?"),
        ("not distinguishable", -0.01, 0.4, "0.0 .. 0.4 ?"),
        ("impossible", None, None, "impossible"),
    ],
)
def test_a_price_is_one_number_only_where_both_ends_read_the_same(
    verdict: str, low: float | None, high: float | None, text: str
) -> None:
    assert _price({"verdict": verdict, "low_mjpy": low, "high_mjpy": high}) == text


def test_targets_of_the_toy_plan(toy_plan_folder: Path) -> None:
    """The share binds, the tonnes do not."""
    words = ("targets", toy_plan_folder, "--workers", "0", "--quiet")
    shown = run(*words)
    assert shown.exit_code == 0, shown.output
    lines = shown.stdout.splitlines()
    assert "hard" in lines[1]
    assert lines[1].endswith("M JPY per percentage point")
    assert "slack, at most 0.000" in lines[2]
    assert max(map(len, lines)) <= 120
    rows = json.loads(run(*words, "--json").stdout)["targets"]
    assert [row["verdict"] for row in rows] == ["resolved", "slack"]
