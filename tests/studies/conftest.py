"""Fixtures shared by the tests of the studies."""

from pathlib import Path

import pytest

from dcplan.plans.plan import open_plan
from dcplan.studies.replay import Replay, replay


@pytest.fixture(scope="session")
def iij_replay(iij_plan_folder: Path) -> Replay:
    """Return the hours of the default plan, replayed once; tests must not change them."""
    return replay(open_plan(iij_plan_folder))


@pytest.fixture(scope="session")
def toy_replay(toy_plan_folder: Path) -> Replay:
    """Return the hours of the tutorial plan, replayed once; tests must not change them."""
    return replay(open_plan(toy_plan_folder))


@pytest.fixture(autouse=True, scope="module")
def models_of_studies(models_built_once: None) -> None:
    """Every study opens the model of a saved plan, mostly the same one: no study says how it is built."""
