"""What a search of the default case is told to decide first."""

from __future__ import annotations

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.data.shipped import case_path
from dcplan.lp.hints import steps_of
from dcplan.model import PlanningModel, build
from dcplan.model.hints import HALLS, decided_halls


@pytest.fixture(scope="module")
def default_model() -> PlanningModel:
    """Return the model of the default case."""
    case = load(case_path("iij"))
    return build(case, make_calendar(case.info))


def test_halls_that_wait_for_an_open_one_come_last_and_large_ones_first(default_model):
    """Shiroi-3b waits for 3a; both have 500 places, Matsue-2 has 300. Shiroi-2a and 2b are committed."""
    assert decided_halls(default_model.context) == ["Shiroi-3a", "Matsue-2", "Shiroi-3b"]


def test_the_order_reaches_the_steps(default_model):
    block = default_model.program.blocks.variables["in_service"]
    named = {
        block.frame()["hall"].iloc[each.columns[0] - block.start]: each.order
        for each in steps_of(default_model.program)
        if each.priority == HALLS
    }
    assert named == {"Shiroi-2a": 3, "Shiroi-2b": 3, "Shiroi-3a": 0, "Matsue-2": 1, "Shiroi-3b": 2}
