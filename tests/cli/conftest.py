"""The command line against stand-ins: commands are tested without solving anything."""

import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli
from tests.report import fakes

Run = Callable[..., Result]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command line in an empty folder; standard output and error are kept apart."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DCPLAN_DEBUG", raising=False)
    return lambda *words: CliRunner().invoke(cli, [str(word) for word in words])


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Replace the public functions of a module for one test, without importing the module."""

    def put(module: str, **functions: Any) -> None:
        fake = ModuleType(module)
        vars(fake).update(functions)
        monkeypatch.setitem(sys.modules, module, fake)

    return put


@pytest.fixture
def saved(stand_in: Callable[..., None]) -> fakes.FakePlan:
    """Let every plan folder open as the invented plan, and every case folder load as its inputs."""
    plan = fakes.plan()
    stand_in("dcplan.plans.plan", open_plan=lambda folder: opened(plan, folder))
    stand_in("dcplan.data.load", load=lambda folder: plan.case)
    return plan


def opened(plan: fakes.FakePlan, folder: Path) -> fakes.FakePlan:
    plan.folder = Path(folder)
    return plan
