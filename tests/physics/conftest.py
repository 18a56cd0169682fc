from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder

Edit = Callable[[pd.DataFrame], pd.DataFrame]


@pytest.fixture(scope="session")
def toy() -> Case:
    return load(case_folder("toy"))


@pytest.fixture(scope="session")
def iij() -> Case:
    return load(case_folder("iij"))


@pytest.fixture(scope="session")
def edited() -> Callable[[Case, str, Edit], Case]:
    """Return a case with one table changed."""

    def change(case: Case, table: str, edit: Edit) -> Case:
        return replace(case, tables={**case.tables, table: edit(case[table].copy())})

    return change
