"""A model of fewer promises made from a built one is the one that would have been built."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.lp.labels import ProgramError
from dcplan.lp.program import Program
from dcplan.model import FAMILIES, PROMISES, PlanningModel, build
from dcplan.model.build import relaxed
from dcplan.model.context import Context
from dcplan.plans.reference import NOT_IMPOSED
from tests.model import toys

FEWER = [family for family in FAMILIES if family not in NOT_IMPOSED]


def promised(case: Case) -> Case:
    """The toy case with a promised exit of City."""
    row = {"commitment": "leave-city", "project": "", "site": "City", "date": date(2024, 4, 1)}
    return toys.with_rows(case, "commitments", row | {"price_mjpy": 30.0})


VARIATIONS: dict[str, Callable[[Case], Case]] = {
    "as it is": lambda case: case,
    "after tax": lambda case: toys.with_info(promised(case), objective="after_tax"),
    "pinned": lambda case: toys.pinned(promised(case), "B", 1),
    "battery": toys.with_battery,
}


def same(ours: PlanningModel, theirs: PlanningModel) -> None:
    """Both models are one: rows, columns, numbers, names, costs by term."""
    assert [term.name for term in ours.costs] == [term.name for term in theirs.costs]
    assert ours.program.cost_names == theirs.program.cost_names
    one, other = ours.program.matrix(), theirs.program.matrix()
    for name in ("cost", "col_lower", "col_upper", "integrality", "row_lower", "row_upper"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    for name in ("indptr", "indices", "data"):
        assert np.array_equal(getattr(one, name), getattr(other, name)), name
    assert one.offset == other.offset
    assert list(map(one.row_name, range(one.rows))) == list(map(other.row_name, range(other.rows)))
    assert list(map(one.col_name, range(one.columns))) == list(map(other.col_name, range(other.columns)))


@pytest.mark.parametrize("families", [FAMILIES, PROMISES], ids=["all", "plain"])
@pytest.mark.parametrize("unserved", [False, True], ids=["served", "soft"])
@pytest.mark.parametrize("variation", VARIATIONS)
def test_it_is_what_would_have_been_built(
    toy_case: Case, variation: str, unserved: bool, families: Sequence[Callable[[Program, Context], None]]
) -> None:
    case = VARIATIONS[variation](toy_case)
    calendar = make_calendar(case.info)
    model = build(case, calendar, families=families, unserved=unserved)
    before = model.program.matrix()
    same(relaxed(model, FEWER), build(case, calendar, families=FEWER, unserved=True))
    assert np.array_equal(model.program.matrix().row_lower, before.row_lower)
    assert model.program.has("unserved") is unserved


def test_it_is_what_would_have_been_built_for_the_default_case(iij_case: Case) -> None:
    case = replace(iij_case, info=replace(iij_case.info, granularity="year"))
    calendar = make_calendar(case.info)
    same(relaxed(build(case, calendar), FEWER), build(case, calendar, families=FEWER, unserved=True))


def test_what_the_other_model_did_not_promise_is_stated(toy_case: Case) -> None:
    calendar = make_calendar(toy_case.info)
    few = build(toy_case, calendar, families=FEWER[:3])
    same(relaxed(few, FEWER), build(toy_case, calendar, families=FEWER, unserved=True))


def test_rows_of_other_variables_are_refused(toy_case: Case) -> None:
    model = build(toy_case, make_calendar(toy_case.info))
    with pytest.raises(ProgramError, match="flow: rows over the variables of another program"):
        Program("other").adopt(model.program, "flow")
    with pytest.raises(ProgramError, match="rows flow exist already"):
        model.program.copy().adopt(model.program, "flow")
