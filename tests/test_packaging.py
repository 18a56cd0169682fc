"""What an installed dcplan is: its names, its metadata, and the cases that travel in the wheel."""

import re
import subprocess
import sys
import tomllib
import zipfile
from importlib.metadata import entry_points, version
from pathlib import Path

import pytest

import dcplan

ROOT = Path(__file__).resolve().parent.parent
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def test_public_names_are_there():
    for name in dcplan.__all__:
        assert getattr(dcplan, name) is not None
    assert dir(dcplan) == sorted(dcplan.__all__)


def test_unknown_names_are_refused():
    with pytest.raises(AttributeError, match="no attribute 'frobnicate'"):
        dcplan.frobnicate  # noqa: B018


def test_one_version():
    assert dcplan.__version__ == PROJECT["project"]["version"] == version("dcplan")
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {dcplan.__version__}\n" in citation
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(rf"^## (\[Unreleased\]|{re.escape(dcplan.__version__)})", changes, flags=re.MULTILINE)


def test_the_command_is_installed():
    (script,) = entry_points(group="console_scripts", name="dcplan")
    assert script.value == "dcplan.cli:main"


def test_python_m_dcplan():
    done = subprocess.run(
        [sys.executable, "-m", "dcplan", "--version"], capture_output=True, text=True, check=True
    )
    assert done.stdout == f"dcplan, version {dcplan.__version__}\n"


def test_libraries_named_by_users_are_core_dependencies():
    named = {re.split(r"[<>=]", each)[0] for each in PROJECT["project"]["dependencies"]}
    assert {"click", "highspy", "matplotlib", "pandas", "pulp", "pyomo"} <= named


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    """Build the wheel with the build back end in this environment, or skip where it is not installed."""
    build = pytest.importorskip("hatchling.builders.wheel")
    folder = tmp_path_factory.mktemp("wheel")
    (made,) = build.WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return zipfile.ZipFile(made)


@pytest.mark.parametrize("case", ["iij", "toy"])
def test_the_shipped_cases_travel_in_the_wheel(wheel: zipfile.ZipFile, case: str):
    held = {name for name in wheel.namelist() if name.startswith(f"dcplan/_cases/{case}/")}
    source = ROOT / "inputs" / case
    wanted = {path for path in source.rglob("*") if path.suffix in {".csv", ".toml"}}
    assert {f"dcplan/_cases/{case}/{path.relative_to(source).as_posix()}" for path in wanted} <= held


def test_the_wheel_holds_the_package_and_nothing_else(wheel: zipfile.ZipFile):
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert tops == {"dcplan", f"dcplan-{dcplan.__version__}.dist-info"}
    assert "dcplan/py.typed" in wheel.namelist()


def test_every_source_file_is_in_the_wheel(wheel: zipfile.ZipFile):
    sources = {path.relative_to(ROOT).as_posix() for path in (ROOT / "dcplan").rglob("*.py")}
    assert sources <= set(wheel.namelist())


def test_make_help_lists_the_commands():
    command = ["make", "--no-print-directory", "help"]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert [line.split()[1] for line in done.stdout.splitlines()] == [
        "help",
        "plan",
        "test",
        "lint",
        "docs",
        "clean",
    ]


def test_the_check_of_a_commit_is_make_test():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & 0o111
    assert script.read_text(encoding="utf-8").rstrip().endswith("exec make test")
