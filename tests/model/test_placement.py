"""Racks are placed by hall: a site's sums may fit where no hall does, so placement by site is not exact.

Two halls of 100 places and 500 kW. 100 racks of 2 kW fill A. Then racks of 7 kW arrive: by the sums of the
site 100 of them fit (900 of 1,000 kW, 200 of 200 places), but B carries no more than 71.
"""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from dcplan.data.case import Case
from dcplan.lp.solution import Status
from tests.model import toys

HALL_KW, PLACES = 500.0, 100
SMALL_KW, LARGE_KW = 2.0, 7.0


def two_halls(case: Case, arriving: int) -> Case:
    """Cloud fills A and never moves; colocation arrives in FY2024, when B is there; City takes neither."""
    for kind, kw, first, last in (("cloud", SMALL_KW, 100, 100), ("colo", LARGE_KW, 0, arriving)):
        case = toys.with_value(case, "demand", "racks", float(first), **{"class": kind})
        end = {"class": kind, "date": date(2025, 4, 1)}
        case = toys.with_value(case, "demand", "racks", float(last), **end)
        for column, value in (("contract_kw", kw), ("peak_kw", kw), ("mean_kw", kw), ("churn_rate", 0.0)):
            case = toys.with_value(case, "class_years", column, value, **{"class": kind})
        case = toys.with_value(case, "classes", "movable", False, **{"class": kind})
        case = toys.with_value(case, "classes", "yearly_move_share", 0.0, **{"class": kind})
    case = toys.with_value(case, "halls", "it_kw", HALL_KW)
    case = toys.with_value(case, "halls", "max_rack_kw", 1.0, hall="City-hall")
    case = toys.without_rows(case, "occupancy", hall="City-hall")
    case = toys.without_rows(case, "occupancy", **{"class": "colo"})
    return toys.with_value(case, "occupancy", "racks", float(PLACES), hall="A")


@pytest.mark.parametrize("arriving, fits", [(71, True), (72, False), (100, False)])
def test_what_fits_a_site_need_not_fit_its_halls(toy_case: Case, arriving: int, fits: bool) -> None:
    halls, kw = 2, PLACES * SMALL_KW + arriving * LARGE_KW
    assert kw <= halls * HALL_KW
    assert PLACES + arriving <= halls * PLACES
    solved = toys.best(two_halls(toy_case, arriving))
    assert (solved.solution.status is not Status.INFEASIBLE) == fits
    if fits:
        racks = solved.model.program["racks"].value(solved.solution.found)
        assert np.isclose(racks["colo", "B", "FY2024"], arriving)
