"""Reservations: which days they stand, what they add to demand, and which are refused."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from dcplan.data.calendar import booked_by_period, demand_by_period, make_calendar
from dcplan.data.case import Case
from dcplan.data.rules_reservations import RULES
from tests.model import toys

ROW = {"reservation": "r", "class": "colo", "region": "", "racks": 10, "until": None, "counted": "on_top"}


def booked(case: Case, **changes: object) -> Case:
    row = ROW | {"from_date": date(2022, 10, 1)} | changes
    return toys.with_rows(case, "reservations", row)


def problems(case: Case) -> list[str]:
    return [str(problem) for rule in RULES for problem in rule.find(case)]


def test_a_booking_adds_whole_racks_at_once_and_energy_by_days(toy_case: Case):
    case = booked(toy_case)
    calendar = make_calendar(case.info)
    plain = demand_by_period(toy_case, calendar).set_index(["class", "period"])
    more = demand_by_period(case, calendar).set_index(["class", "period"])
    added = (more["racks"] - plain["racks"])["colo"]
    assert added.to_dict() == {"FY2022": 10, "FY2023": 10, "FY2024": 10}
    mean = more["racks"] * more["mean_share"] - plain["racks"] * plain["mean_share"]
    assert mean["colo", "FY2022"] == pytest.approx(10 * 182 / 365)
    assert mean["colo", "FY2023"] == pytest.approx(10)
    assert (more.loc["cloud"] == plain.loc["cloud"]).all().all()


def test_a_booking_from_the_first_day_of_a_period_does_not_touch_the_one_before(toy_case: Case):
    case = booked(toy_case, from_date=date(2023, 4, 1), until=date(2024, 4, 1))
    rows = booked_by_period(case, make_calendar(case.info))
    assert list(zip(rows["period"], rows["share"], rows["arrival"], strict=True)) == [("FY2023", 1.0, True)]


def test_what_stands_on_the_last_day_stands_in_the_tail(toy_case: Case):
    case = toys.with_info(toy_case, tail_years=2)
    calendar = make_calendar(case.info)
    open_end = booked_by_period(booked(case), calendar)
    assert set(open_end["period"]) == set(calendar.labels)
    ends = booked_by_period(booked(case, until=date(2024, 10, 1)), calendar)
    assert list(ends["period"]) == ["FY2022", "FY2023", "FY2024"]
    with_the_horizon = booked_by_period(booked(case, until=case.info.horizon_end), calendar)
    assert list(with_the_horizon["period"]) == list(open_end["period"])


def test_bookings_in_demand_add_nothing(toy_case: Case):
    case = booked(toy_case, counted="in_demand", **{"class": "cloud"})
    calendar = make_calendar(case.info)
    pd.testing.assert_frame_equal(demand_by_period(case, calendar), demand_by_period(toy_case, calendar))
    assert problems(case) == []


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"from_date": date(2021, 1, 1)}, "before as_of"),
        ({"from_date": date(2025, 4, 1)}, "after the horizon"),
        ({"until": date(2022, 10, 1)}, "must be later than from_date"),
        ({"region": "Kyushu"}, "no hall for class colo"),
        ({"counted": "in_demand", "racks": 30}, "racks are new by then"),
        ({"racks": 40, "until": date(2023, 4, 1)}, "leave only by churn"),
    ],
)
def test_a_booking_that_cannot_be_is_named(toy_case: Case, changes: dict[str, object], words: str):
    found = problems(booked(toy_case, **changes))
    assert len(found) == 1
    assert words in found[0]
    assert "reservations.csv row 2" in found[0]


def test_a_booking_may_end_where_churn_takes_as_many(toy_case: Case):
    assert problems(booked(toy_case, racks=5, until=date(2023, 4, 1))) == []
    assert problems(replace(toy_case)) == []
