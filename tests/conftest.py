"""Fixtures shared by all tests: the shipped cases."""

import gc
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from tests.figures_once import figures_once
from tests.models_once import models_once
from tests.shared import solved_once

gc.set_threshold(500_000)  # as the `dcplan` command sets it


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


@pytest.fixture(scope="session")
def taxed_plan_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the plan folder of the tutorial case after tax, solved once; tests must not change it."""
    return solved_once("toy", tmp_path_factory, objective="after_tax")


@pytest.fixture(scope="module")
def models_built_once() -> Iterator[None]:
    """Build the model of one case once, however often the studies of a module open it."""
    with models_once():
        yield


@pytest.fixture(scope="module")
def figures_formed_once() -> Iterator[None]:
    """Form the books and statements of one plan once, however often a module verifies or exports it."""
    with figures_once():
        yield
