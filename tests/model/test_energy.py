"""Energy and carbon of a plan, asked of the model's own expressions."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.lp.terms import Expr
from dcplan.model import PlanningModel, build, energy

HOURS = {"FY2022": 8760, "FY2023": 8784, "FY2024": 8760}


@pytest.fixture(scope="module")
def model(toy_case: Case) -> PlanningModel:
    return build(toy_case, make_calendar(toy_case.info))


def racks_at(model: PlanningModel, places: dict[tuple[str, str, str], float]) -> np.ndarray:
    """Return a solution that has racks of (class, hall, period) and nothing else."""
    values = np.zeros(model.program.size)
    block = model.program.blocks.variables["racks"]
    labels = block.frame()
    for (name, hall, period), racks in places.items():
        here = (labels["class"] == name) & (labels["hall"] == hall) & (labels["period"] == period)
        assert here.sum() == 1
        values[block.start + int(np.flatnonzero(here.to_numpy())[0])] = racks
    return values


def by_label(expr: Expr, values: np.ndarray) -> pd.Series:
    result = expr.value(values)
    assert isinstance(result, pd.Series)
    return result


def test_moving_a_rack_from_a_lease_at_1_7_to_an_owned_hall_at_1_3_lowers_emissions(
    model: PlanningModel,
) -> None:
    """On the same grid: 1.7 kWh a kWh of IT in City, 1.2 more in a hall that stands anyway.

    By a scope that leaves out the landlord's energy it would rise: the campus alone emits more.
    """
    p, c = model.program, model.context
    there = by_label(energy.location_tco2e(p, c), racks_at(model, {("cloud", "City-hall", "FY2024"): 1}))
    here = by_label(energy.location_tco2e(p, c), racks_at(model, {("cloud", "A", "FY2024"): 1}))
    change = (here - there).xs("FY2024", level="period")
    it = 5 * (85 / 90) * 8760 / 1000
    assert change["City"] == pytest.approx(-0.4 * 1.7 * it)
    assert change["Campus"] == pytest.approx(0.4 * 1.2 * it)
    assert change.sum() < 0


def test_no_instrument_changes_location_based_emissions(model: PlanningModel) -> None:
    p, c = model.program, model.context
    columns = energy.location_tco2e(p, c).col
    claims = p.blocks.variables["claimed_mwh"]
    assert not ((columns >= claims.start) & (columns < claims.stop)).any()


@pytest.mark.parametrize("period", HOURS)
def test_energy_counts_the_hours_of_the_fiscal_year(model: PlanningModel, period: str) -> None:
    p, c = model.program, model.context
    values = racks_at(model, {("colo", "A", period): 1})
    it = by_label(energy.it_mwh(p, c), values)
    facility = by_label(energy.facility_mwh(p, c), values)
    assert it["A", period] == pytest.approx(6 * HOURS[period] / 1000)
    assert facility["A", period] == pytest.approx((6 * 1.2 + 40) * HOURS[period] / 1000)


@pytest.mark.parametrize("by", ["half", "quarter", "month"])
def test_shorter_periods_add_up_to_the_year(toy_case: Case, by: str) -> None:
    fine = build(toy_case, make_calendar(toy_case.info, by))
    m = fine.context.tables
    places = {("colo", "A", period): 10.0 for period in m.period_labels}
    it = by_label(energy.it_mwh(fine.program, fine.context), racks_at(fine, places))
    yearly = (
        it.rename("mwh")
        .reset_index()
        .query("hall == 'A'")
        .merge(m.fiscal_year_of)
        .groupby("fiscal_year")["mwh"]
        .sum()
    )
    assert yearly.tolist() == pytest.approx([10 * 6 * hours / 1000 for hours in HOURS.values()])


def test_pue_falls_as_a_hall_fills_and_is_the_published_one_at_the_reference_load(
    model: PlanningModel,
) -> None:
    """Hall A: 800 kW, PUE 1.30 at half load, fixed share 0.05: 1.20 + 0.05 / load."""
    p, c = model.program, model.context
    found = []
    for load in (0.125, 0.25, 0.5, 0.75):
        values = racks_at(model, {("colo", "A", "FY2022"): load * 800 / 6})
        it, facility = (by_label(quantity(p, c), values) for quantity in (energy.it_mwh, energy.facility_mwh))
        found.append(facility["A", "FY2022"] / it["A", "FY2022"])
    assert found == pytest.approx([1.60, 1.40, 1.30, 1.2 + 0.05 / 0.75])
    assert (np.diff(found) < 0).all()


def test_an_owned_hall_uses_more_in_summer_and_a_leap_year_has_a_day_more(iij_case: Case) -> None:
    model = build(iij_case, make_calendar(iij_case.info))
    m = model.context.tables
    per_it = m.facility_per_it.xs("Shiroi-1", level="hall")
    assert per_it["FY2022Q2"] > per_it["FY2022Q1"] > per_it["FY2022Q4"]
    assert (m.peak_per_it >= m.facility_per_it - 1e-12).all()
    assert (
        m.extreme_per_it.reindex(m.owned_halls) >= m.peak_per_it.unstack().max(axis=1).reindex(m.owned_halls)
    ).all()
    hours = m.periods[~m.periods["tail"]].groupby("fiscal_year")["hours"].sum()
    assert hours.to_dict() == {y: 8784 if y in (2023, 2027) else 8760 for y in range(2022, 2028)}
