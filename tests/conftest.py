"""Fixtures shared by all tests: the shipped cases."""

import shutil
from pathlib import Path

import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder


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
