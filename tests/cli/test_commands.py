"""Every command: what it calls, what it prints where, and its exit code."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import pandas as pd
import pytest
from click.testing import Result

from dcplan.cli import COMMANDS, cli
from dcplan.cli.solve import exit_code, new_folder
from dcplan.data.check import CheckReport
from dcplan.errors import AuditError, InfeasibleError, InputError, Problem
from tests.report import fakes

Run = Callable[..., Result]
StandIn = Callable[..., None]
PROBLEM = Problem("halls.csv", 4, "it_kw", "-20", "must be at least 0 kW", "Leave it empty.")


class Report:
    """What `audit` returns for one plan."""

    def __init__(self, *, passed: bool) -> None:
        self.passed = passed

    def __str__(self) -> str:
        return "all is well" if self.passed else "not well"

    def to_dict(self) -> dict[str, Any]:
        return {"passed": self.passed}


def solver(calls: list[dict[str, Any]], **manifest: Any) -> Callable[..., fakes.FakePlan]:
    def solve_case(case: Path, **asked: Any) -> fakes.FakePlan:
        calls.append({"case": case, **asked})
        if asked["progress"]:
            asked["progress"]("building the model")
        plan = fakes.plan(**manifest)
        plan.folder = asked["output"]
        return plan

    return solve_case


def test_help_names_every_command(run: Run):
    result = run("--help")
    assert result.exit_code == 0
    assert all(f"\n  {name} " in result.output for name in COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_the_listed_line_is_the_first_line_of_the_command(name: str):
    """The list is written down apart from the commands, so that --help imports none of them."""
    command = cli.get_command(click.Context(cli), name)
    assert command is not None
    assert command.name == name
    assert (command.help or "").partition("\n")[0] == COMMANDS[name][1]


def test_version(run: Run):
    assert run("--version").output.startswith("dcplan, version ")


def test_unknown_command(run: Run):
    assert run("frobnicate").exit_code == 2


def test_init_copies_a_case(run: Run):
    result = run("init", "mine", "--case", "toy")
    assert result.exit_code == 0
    assert Path("mine/case.toml").is_file()
    assert "dcplan check mine" in result.stderr
    assert result.stdout == "Copied the case toy to mine.\n"


def test_init_writes_empty_tables(run: Run):
    result = run("init", "mine", "--empty")
    assert result.exit_code == 0
    assert Path("mine/halls.csv").read_text(encoding="utf-8-sig").startswith("hall,site,")
    assert "empty files" in result.stdout


def test_init_never_overwrites(run: Run):
    Path("mine").mkdir()
    Path("mine/notes.txt").write_text("mine")
    result = run("init", "mine")
    assert result.exit_code == 2
    assert "not empty" in result.stderr
    assert [path.name for path in Path("mine").iterdir()] == ["notes.txt"]


def checked(**found: Any) -> CheckReport:
    whole = {"table": "all", "rows": 12, "disclosed": 0.25, "public": 0.0, "derived": 0.0, "assumption": 0.75}
    return CheckReport(name="toy", basis=pd.DataFrame([whole]), **found)


@pytest.mark.parametrize(
    "found,code,first",
    [
        ({}, 0, "toy: sound (0 problems, 0 shortfalls, 0 warnings)"),
        ({"problems": [PROBLEM]}, 3, "toy: refused (1 problem, 0 shortfalls, 0 warnings)"),
        ({"shortfalls": [PROBLEM]}, 4, "toy: demand cannot be placed (0 problems, 1 shortfall, 0 warnings)"),
    ],
)
def test_check(run: Run, stand_in: StandIn, found: dict[str, Any], code: int, first: str):
    asked = []
    stand_in("dcplan.plans.check", check=lambda case: asked.append(case) or checked(**found))
    result = run("check", "toy")
    assert result.exit_code == code
    assert result.stdout.splitlines()[0] == first
    assert ("halls.csv row 4, it_kw = -20" in result.stdout) == bool(found)
    assert "Basis of 12 input rows: 25 % disclosed" in result.stdout
    assert (asked[0] / "case.toml").is_file()
    document = json.loads(run("check", "toy", "--json").stdout)
    assert list(document)[:3] == ["schema_version", "dcplan_version", "command"]
    assert document["ok"] == (code == 0)


def test_unknown_case(run: Run):
    result = run("solve", "nowhere")
    assert result.exit_code == 2
    assert "no folder 'nowhere'" in result.stderr
    assert "iij, toy" in result.stderr


def test_solve_passes_every_option(run: Run, stand_in: StandIn, saved: fakes.FakePlan):
    calls: list[dict[str, Any]] = []
    stand_in("dcplan.plans.make", solve_case=solver(calls))
    result = run(
        "solve", "toy", "--by", "year", "--gap", "0.5%", "--time-limit", "2m", "--solver", "pyomo:highs",
        "--seed", "7", "--threads", "2", "--tail", "0", "--terminal-value", "book", "-o", "out",
    )  # fmt: skip
    assert result.exit_code == 0, result.stderr
    (asked,) = calls
    del asked["case"], asked["progress"]
    assert asked == {
        "by": "year",
        "gap": 0.005,
        "time_limit": 120.0,
        "solver": "pyomo:highs",
        "seed": 7,
        "threads": 2,
        "tail_years": 0,
        "terminal_value": "book",
        "plain": False,
        "certificate": False,
        "soft": "",
        "output": Path("out"),
    }


def test_solve_prints_the_summary_and_keeps_progress_apart(
    run: Run, stand_in: StandIn, saved: fakes.FakePlan
):
    calls: list[dict[str, Any]] = []
    stand_in("dcplan.plans.make", solve_case=solver(calls))
    result = run("solve", "toy")
    assert result.stdout.startswith("fake: optimal within 0.09 %")
    assert result.stderr == "building the model\n"
    assert calls[0]["gap"] == 0.001
    assert calls[0]["output"].parts[0] == "plans"
    assert calls[0]["output"].name.startswith("toy-2")


def test_solve_quietly(run: Run, stand_in: StandIn):
    calls: list[dict[str, Any]] = []
    stand_in("dcplan.plans.make", solve_case=solver(calls))
    result = run("solve", "toy", "--quiet", "-o", "out")
    assert (result.stdout, result.stderr) == ("out\n", "")
    assert calls[0]["progress"] is None


def test_solve_as_json(run: Run, stand_in: StandIn, saved: fakes.FakePlan):
    stand_in("dcplan.plans.make", solve_case=solver([]))
    document = json.loads(run("solve", "toy", "--json").stdout)
    assert document["schema_version"] == 1
    assert document["manifest"]["status"] == "optimal"
    assert [row["fiscal_year"] for row in document["fiscal_years"]] == list(range(2022, 2028))


def test_solve_refuses_a_folder_that_exists(run: Run, stand_in: StandIn):
    calls: list[dict[str, Any]] = []
    stand_in("dcplan.plans.make", solve_case=solver(calls))
    Path("out").mkdir()
    result = run("solve", "toy", "-o", "out")
    assert result.exit_code == 2
    assert not calls


def test_solve_with_charts(run: Run, stand_in: StandIn, saved: fakes.FakePlan):
    drawn = []
    stand_in("dcplan.plans.make", solve_case=solver([]))
    stand_in("dcplan.report.charts", write_charts=drawn.append)
    assert run("solve", "toy", "--charts").exit_code == 0
    assert len(drawn) == 1


def test_usage_error_of_a_gap_without_a_percent_sign(run: Run):
    result = run("solve", "toy", "--gap", "0.1")
    assert result.exit_code == 2
    assert "has no % sign" in result.stderr
    assert "Traceback" not in result.output


@pytest.mark.parametrize(
    "error,code,says",
    [
        (InputError([PROBLEM]), 3, "halls.csv row 4, it_kw = -20: must be at least 0 kW"),
        (
            InfeasibleError("No plan keeps every promise.", ["meet_demand in FY2024"]),
            4,
            "meet_demand in FY2024",
        ),
        (AuditError(["meet_demand [class cloud]"]), 6, "meet_demand [class cloud]"),
        (KeyboardInterrupt(), 130, "nothing was saved"),
        (ZeroDivisionError("division by zero"), 1, "fault of dcplan"),
        (PermissionError(13, "Permission denied", "plans"), 2, "plans: Permission denied"),
    ],
)
def test_errors_are_prose(run: Run, stand_in: StandIn, error: BaseException, code: int, says: str):
    def solve_case(*_: Any, **__: Any) -> None:
        raise error

    stand_in("dcplan.plans.make", solve_case=solve_case)
    result = run("solve", "toy")
    assert result.exit_code == code
    assert says in result.stderr
    assert "Traceback" not in result.output
    assert not result.stdout


def test_an_interrupted_frontier_says_how_to_go_on(run: Run, stand_in: StandIn, tmp_path: Path):
    def frontier(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    stand_in("dcplan.studies.frontier", frontier=frontier, frontier_document=dict)
    result = run("frontier", "toy", "-o", str(tmp_path / "front"))
    assert result.exit_code == 130
    assert f"finished points stay in {tmp_path / 'front'}" in result.stderr
    assert "nothing was saved" not in result.stderr


def test_a_fault_shows_its_traceback_when_asked(run: Run, stand_in: StandIn, monkeypatch: pytest.MonkeyPatch):
    def solve_case(*_: Any, **__: Any) -> None:
        raise ZeroDivisionError

    stand_in("dcplan.plans.make", solve_case=solve_case)
    monkeypatch.setenv("DCPLAN_DEBUG", "1")
    assert isinstance(run("solve", "toy").exception, ZeroDivisionError)


@pytest.mark.parametrize(
    "manifest,code",
    [
        ({}, 0),
        ({"gap": 0.001}, 0),
        ({"gap": 0.0011}, 5),
        ({"status": "feasible", "gap": 0.02}, 5),
        ({"status": "feasible", "gap": None}, 5),
        ({"status": "interrupted", "gap": 0.02}, 130),
        ({"audit": {"passed": False}}, 6),
        ({"audit": None}, 6),
    ],
)
def test_exit_code_of_a_plan(manifest: dict[str, Any], code: int):
    assert exit_code(fakes.plan(**manifest)) == code


def test_a_new_folder_is_numbered_when_the_second_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.chdir(tmp_path)
    now = datetime(2026, 1, 2, 3, 4, 5)
    assert new_folder("iij", now) == Path("plans/iij-20260102-030405")
    new_folder("iij", now).mkdir(parents=True)
    assert new_folder("iij", now) == Path("plans/iij-20260102-030405-2")
    assert new_folder("cases/mine/", now).name == "mine-20260102-030405"


def test_show_the_latest_plan(run: Run, saved: fakes.FakePlan):
    for index, name in enumerate(("b-first", "a-second")):
        manifest = fakes.write_manifest(Path("plans") / name) / "manifest.json"
        os.utime(manifest, (index, index))
    result = run("show")
    assert result.exit_code == 0, result.stderr
    assert f"Plan folder: {Path('plans/a-second')}" in result.stdout


def test_show_without_any_plan(run: Run):
    result = run("show")
    assert result.exit_code == 2
    assert "dcplan solve" in result.stderr


def test_show_a_reference_plan(run: Run, saved: fakes.FakePlan):
    assert "*as announced*, a reference" in run("show", "p", "--plan", "as_announced").stdout
    result = run("show", "p", "--plan", "as_announced_2022")
    assert result.exit_code == 2
    assert "optimised, as_announced, frozen" in result.stderr


def test_show_as_json(run: Run, saved: fakes.FakePlan):
    document = json.loads(run("show", "p", "--json").stdout)
    assert document["command"] == "show"
    assert document["exits"][0] == {"site": "Kyoto", "date": "2023-04-01"}
    assert "as_announced" in document["differences"]


def test_charts(run: Run, saved: fakes.FakePlan):
    result = run("charts", "p", "-o", "pictures", "--lang", "ja")
    assert result.exit_code == 0, result.stderr
    files = [Path(line) for line in result.stdout.split()]
    assert len(files) == 8
    assert all(path.is_file() for path in files)


@pytest.mark.parametrize("passed,code", [(True, 0), (False, 6)])
def test_audit(run: Run, stand_in: StandIn, passed: bool, code: int):
    reports = {"optimised": Report(passed=True), "frozen": Report(passed=passed)}
    stand_in("dcplan.plans.audit", audit_all=lambda folder: reports)
    assert run("audit", "p").exit_code == code
    document = json.loads(run("audit", "p", "--json").stdout)
    assert document["plans"]["frozen"] == {"passed": passed}


def test_no_color(run: Run, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[" not in run("show").output


def test_a_command_collects_nothing_at_its_end_and_starts_no_threads_for_numpy():
    """The last word of gc is that every object is frozen: the interpreter has none left to look through."""
    code = (
        "import atexit, gc, os, sys; from dcplan.cli import main; sys.argv = ['dcplan', '--version'];"
        "told = lambda: print(gc.get_freeze_count() > 0, os.environ['OPENBLAS_NUM_THREADS']);"
        "atexit.register(told); main()"
    )
    own = {name: value for name, value in os.environ.items() if name != "OPENBLAS_NUM_THREADS"}
    run = subprocess.run([sys.executable, "-c", code], env=own, capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1].split() == ["True", "1"]
