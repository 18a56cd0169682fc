"""The shipped cases pass the product's own reader and checks."""

import pytest

from dcplan.data.check import check
from dcplan.data.load import load
from dcplan.data.tables import TABLES
from tests.inputs.reading import CASES, INPUTS, MEASURES, tables


@pytest.mark.parametrize("case", CASES)
def test_it_loads_without_a_problem(case: str) -> None:
    loaded = load(INPUTS / case)
    assert loaded.info.name == case
    assert {name: len(loaded[name]) for name in tables(case)} == {n: len(b) for n, b in tables(case).items()}


@pytest.mark.parametrize("case", CASES)
def test_check_finds_nothing_against_a_solve(case: str) -> None:
    assert check(INPUTS / case).ok


def test_the_measures_of_these_tests_are_those_of_the_data_dictionary() -> None:
    assert {name: t.measure for name, t in TABLES.items() if t.measure and name != "pins"} == MEASURES
