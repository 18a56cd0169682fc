"""The ten-minute path of the README, end to end on the tutorial case."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder in which a planner copied the tutorial case and solved it once."""
    with pytest.MonkeyPatch.context() as patch:
        folder = tmp_path_factory.mktemp("workplace")
        patch.chdir(folder)
        runner = CliRunner()
        assert runner.invoke(cli, ["init", "mycase", "--case", "toy"]).exit_code == 0
        solved = runner.invoke(cli, ["solve", "mycase", "-o", "plans/first"])
        assert solved.exit_code == 0, solved.output
        (folder / "solved.txt").write_text(solved.stdout, encoding="utf-8")
        yield folder


@pytest.fixture
def run(workplace: Path) -> Callable[..., Result]:
    return lambda *words: CliRunner().invoke(cli, list(words))


def test_the_case_is_sound(run: Callable[..., Result]):
    result = run("check", "mycase")
    assert result.exit_code == 0
    assert result.stdout.startswith("toy: sound")
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


def test_solve_prints_what_show_prints(run: Callable[..., Result], workplace: Path):
    printed = (workplace / "solved.txt").read_text(encoding="utf-8")
    assert printed == run("show", "plans/first").stdout == run("show").stdout
    assert printed.startswith("toy: optimal within 0.0")
    assert all(len(line) <= 80 for line in printed.splitlines())


@pytest.mark.parametrize("which", ["as_announced", "frozen"])
def test_reference_plans_are_shown(run: Callable[..., Result], which: str):
    result = run("show", "--plan", which)
    assert result.exit_code == 0
    assert "a reference that is not optimised" in result.stdout


def test_the_plan_passes_its_audit(run: Callable[..., Result]):
    document = json.loads(run("audit", "plans/first", "--json").stdout)
    assert set(document["plans"]) >= {"optimised", "as_announced", "frozen"}
    assert all(report["passed"] for report in document["plans"].values())


def test_the_pictures_are_drawn(run: Callable[..., Result]):
    for lang in ("en", "ja"):
        result = run("charts", "plans/first", "--lang", lang)
        assert result.exit_code == 0, result.stderr
        assert all(Path(line).stat().st_size > 5000 for line in result.stdout.split())


def test_json_has_one_row_a_year(run: Callable[..., Result]):
    document = json.loads(run("show", "--json").stdout)
    assert [row["fiscal_year"] for row in document["fiscal_years"]] == [2022, 2023, 2024]
    assert document["manifest"]["audit"]["passed"] is True


def test_an_existing_plan_is_never_overwritten(run: Callable[..., Result]):
    result = run("solve", "mycase", "-o", "plans/first")
    assert result.exit_code == 2
    assert "name a new folder" in result.stderr


def test_a_folder_that_is_no_plan(run: Callable[..., Result]):
    result = run("show", "mycase")
    assert result.exit_code == 3
    assert "manifest.json is missing" in result.stderr


def test_a_broken_input_is_refused_with_its_place(run: Callable[..., Result], workplace: Path):
    assert run("init", "broken", "--case", "toy").exit_code == 0
    halls = workplace / "broken" / "halls.csv"
    halls.write_text(halls.read_text(encoding="utf-8").replace(",800,", ",-800,", 1), encoding="utf-8")
    for command in ("check", "solve"):
        result = run(command, "broken")
        assert result.exit_code == 3
        assert "halls.csv row 2, it_kw = -800" in result.output
