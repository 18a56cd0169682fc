"""Fixtures shared by all tests: the shipped cases."""

import gc
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder

gc.set_threshold(100_000)  # as the `dcplan` command sets it


@pytest.fixture(scope="session")
def iij_case() -> Case:
    """Return the default case, loaded once."""
    return load(case_folder("iij"))


@pytest.fixture(scope="session")
def toy_case() -> Case:
    """Return the tutorial case, loaded once."""
    return load(case_folder("toy"))


@pytest.fixture
def toy_copy(tmp_path: Path) -> Path:
    """Return the folder of a copy of the tutorial case that a test may change."""
    return Path(shutil.copytree(case_folder("toy"), tmp_path / "toy"))


@pytest.fixture(scope="session")
def toy_plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan folder of the tutorial case, solved once; tests must not change it."""
    return solved_once("toy", tmp_path_factory)


@pytest.fixture(scope="session")
def iij_plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan folder of the default case, solved once for all workers; tests must not change it."""
    return solved_once("iij", tmp_path_factory)


def solved_once(name: str, factory: pytest.TempPathFactory) -> Path:
    """Solve a shipped case in the first worker that asks, and let the others wait for its folder."""
    base = factory.getbasetemp()
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    folder = shared / "solved" / name / "plan"  # a folder of its own: two cases may be solved at once
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(shared / "solved" / f"{name}.lock"):
        if not folder.is_dir():
            from dcplan.plans.make import solve_case

            solve_case(name, output=folder)
    return folder


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a lock file that one process at a time can hold; it is freed when its process dies."""
    with lock.open("w", encoding="utf-8") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield
