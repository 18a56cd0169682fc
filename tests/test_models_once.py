"""Models and figures that are remembered for other tests: each of its own case, and nobody's to change."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.metrics.carbon import every
from dcplan.metrics.carbon.every import ghg_years
from dcplan.model import PROMISES, build
from dcplan.model.targets import targets
from dcplan.plans import make
from dcplan.plans.plan import open_plan
from dcplan.plans.publish import tables_of
from dcplan.plans.reference import announced_dates
from dcplan.solvers import highs
from tests.figures_once import figures_once
from tests.model.toys import EXACT, with_settings
from tests.models_once import built_once, models_once, tables_once


def test_a_remembered_model_is_the_one_that_is_built(toy_case: Case) -> None:
    calendar = make_calendar(toy_case.info)
    model, plain = built_once(toy_case, calendar), build(toy_case, calendar)
    mine, other = model.program.matrix(), plain.program.matrix()
    for name in ("cost", "col_lower", "col_upper", "row_lower", "row_upper"):
        assert np.array_equal(getattr(mine, name), getattr(other, name))
    values = highs.solve(mine, EXACT).found
    told = tables_once(model, values, announced_dates(toy_case, None))
    for name, table in tables_of(plain, values, announced_dates(toy_case, None)).items():
        pd.testing.assert_frame_equal(told[name], table)
        told[name].insert(0, "mine", 1)
    again = tables_once(built_once(toy_case, calendar), values, announced_dates(toy_case, None))
    assert not any("mine" in table for table in again.values())


def test_another_case_another_length_and_other_promises_give_another_model(toy_case: Case) -> None:
    calendar = make_calendar(toy_case.info)
    known = built_once(toy_case, calendar).program.matrix()
    dear = built_once(with_settings(toy_case, discount_rate=0.2), calendar).program.matrix()
    assert not np.array_equal(known.cost, dear.cost)
    halves = built_once(toy_case, make_calendar(toy_case.info, "half")).program.matrix()
    assert halves.columns > known.columns
    fewer = tuple(family for family in PROMISES if family is not targets)
    assert built_once(toy_case, calendar, families=fewer).program.matrix().rows < known.rows


def test_what_is_added_to_a_model_stays_in_it(toy_case: Case) -> None:
    calendar = make_calendar(toy_case.info)
    model = built_once(toy_case, calendar)
    before = model.program.matrix()
    model.program.fix("kept", 1.0)
    model.program.limit("more", model.program["kept"].sum() >= 1.0)
    model.program.dimension("mine", ["one"])
    model.costs.clear()
    other = built_once(toy_case, calendar)
    assert other.costs
    assert "mine" not in other.program.labels.dimensions
    assert np.array_equal(other.program.matrix().col_lower, before.col_lower)
    assert other.program.matrix().rows == before.rows


def test_modules_build_for_themselves_again_afterwards() -> None:
    with models_once():
        assert make.build is built_once
    assert make.build is build


def test_figures_are_formed_again_for_another_plan(toy_plan_folder: Path) -> None:
    plan, inputs = open_plan(toy_plan_folder), load(toy_plan_folder / "inputs")
    with figures_once():
        told = every.ghg_years(plan.tables, inputs)
        told.insert(0, "mine", 1)
        energy = plan.tables["site_energy"].assign(it_mwh=0.0)
        other = every.ghg_years({**plan.tables, "site_energy": energy}, inputs)
        pd.testing.assert_frame_equal(every.ghg_years(plan.tables, inputs), plan.tables["ghg_years"])
    assert not other.equals(plan.tables["ghg_years"])
    assert every.ghg_years is ghg_years
