"""The search's first solution: announced projects, every site kept."""

import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model import build
from dcplan.plans.start import first_solution, relaxed_bound
from tests.model.toys import best, with_value


def test_it_follows_the_announcements_and_breaks_no_row(toy_case: Case) -> None:
    """Hall B comes in its announced year and City is kept: dearer than the optimum, and a solution."""
    model = build(toy_case, make_calendar(toy_case.info))
    values = first_solution(model)
    assert values is not None
    matrix = model.program.matrix()
    assert matrix.check(values) == []
    assert matrix.objective(values) > best(toy_case).cost
    assert model.program.table("kept", values)["kept"].tolist() == pytest.approx([1, 1])
    state = model.program.table("in_service", values)
    announced = pd.to_datetime(toy_case["projects"]["service_date"]).iloc[0].year
    first = state.loc[state["in_service"] > 0.5, "period"].iloc[0]
    assert first == f"FY{announced}"


def test_there_is_none_when_a_budget_forbids_what_was_announced(toy_case: Case) -> None:
    poor = with_value(toy_case, "budgets", "capex_mjpy", 1.0)
    assert first_solution(build(poor, make_calendar(poor.info))) is None


def test_the_relaxation_bounds_the_optimum(toy_case: Case) -> None:
    bound = relaxed_bound(build(toy_case, make_calendar(toy_case.info)))
    assert 0.9 * best(toy_case).cost < bound <= best(toy_case).cost + 1e-6
