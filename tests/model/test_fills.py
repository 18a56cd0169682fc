"""How far and how fast halls fill, by hand: A has 100 places on the campus, B and C bring 100 each.

In FY2024 cloud may have 90 racks on the campus and colocation 60, 150 in all.
"""

from __future__ import annotations

from datetime import date

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model import build
from tests.model import toys


def coefficients(case: Case, row: str) -> dict[str, float]:
    """What `in_service` of each hall brings in a row, and the right side."""
    matrix = build(case, make_calendar(case.info)).program.matrix()
    places = [place for place in range(matrix.rows) if matrix.row_name(place) == row]
    terms = [term for term in range(matrix.data.size) if matrix.indices[term] == places[0]]
    named = {matrix.col_name(int(matrix.column_of[term])): -float(matrix.data[term]) for term in terms}
    found = {name: number for name, number in named.items() if name.startswith("in_service")}
    return found | {"right": float(matrix.row_upper[places[0]])}


def test_a_hall_brings_what_its_site_holds_beyond_the_halls_before_it(toy_case: Case) -> None:
    case = toys.with_hall(toy_case, "C", "B", {"project": "hall-c", "after_project": "hall-b"})
    assert coefficients(case, "fill_cut[Campus,FY2024]") == {"in_service[B,FY2024]": 50.0, "right": 100.0}


def test_a_hall_that_stands_on_no_other_counts_with_all_its_places(toy_case: Case) -> None:
    """The first in the order of the inputs is the one that is cut: either may come alone, and brings 50."""
    case = toys.with_hall(toy_case, "C", "B", {"project": "hall-c", "after_project": ""})
    brings = {"in_service[B,FY2024]": 50.0, "in_service[C,FY2024]": 100.0, "right": 100.0}
    assert coefficients(case, "fill_cut[Campus,FY2024]") == brings


def test_a_committed_hall_comes_first(toy_case: Case) -> None:
    project = {"project": "hall-c", "after_project": "", "committed": True, "service_date": date(2023, 10, 1)}
    case = toys.with_hall(toy_case, "C", "B", project)
    assert coefficients(case, "fill_cut[Campus,FY2024]") == {"in_service[C,FY2024]": 50.0, "right": 100.0}


@pytest.mark.parametrize("places, steps", [(100, {2023: 36.0, 2024: 64.0}), (64, {})])
def test_a_hall_takes_the_racks_that_arrive_and_those_that_crews_move(
    toy_case: Case, places: int, steps: dict[int, float]
) -> None:
    """64 in each year: a hall of 100 that starts in FY2023 is full in FY2024; one of 64 is full at once."""
    case = toys.with_value(toy_case, "halls", "rack_places", places, hall="B")
    matrix = build(case, make_calendar(case.info)).program.matrix()
    names = [matrix.row_name(row) for row in range(matrix.rows)]
    assert ("inflow_cut[B,FY2024]" in names) == bool(steps)
    if steps:
        brings = {f"in_service[B,FY{year}]": racks for year, racks in steps.items()}
        assert coefficients(case, "inflow_cut[B,FY2024]") == brings | {"right": 0.0}
