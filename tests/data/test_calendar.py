from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dcplan.data.calendar import (
    MONTHS,
    add_months,
    days_in_fiscal_year,
    demand_by_period,
    demand_on,
    first_whole_period,
    fiscal_year,
    fiscal_year_start,
    hours_of_typical_year,
    make_calendar,
    typical_hours,
    years_between,
)
from dcplan.data.case import Case, CaseInfo
from dcplan.errors import InputError

GRANULARITIES = list(MONTHS)
YEARS = st.integers(2000, 2060)


def info(start: int = 2022, years: int = 6, tail: int = 3, granularity: str = "quarter") -> CaseInfo:
    return CaseInfo(
        "x",
        "",
        "",
        date(start, 4, 1),
        date(start + years, 4, 1),
        tail,
        granularity,
        "tutorial",
        "",
        "",
        "none",
    )


@pytest.mark.parametrize(
    "day, months, expected",
    [
        (date(2024, 1, 31), 1, date(2024, 2, 29)),
        (date(2023, 1, 31), 1, date(2023, 2, 28)),
        (date(2024, 3, 31), -1, date(2024, 2, 29)),
        (date(2023, 7, 3), -12, date(2022, 7, 3)),
        (date(2022, 12, 15), 1, date(2023, 1, 15)),
        (date(2022, 1, 15), -1, date(2021, 12, 15)),
        (date(2025, 3, 31), 24, date(2027, 3, 31)),
    ],
)
def test_add_months(day: date, months: int, expected: date) -> None:
    assert add_months(day, months) == expected


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)), st.integers(-300, 300))
def test_add_months_clips_to_the_end_of_the_month(day: date, months: int) -> None:
    later = add_months(day, months)
    assert (later.year * 12 + later.month) - (day.year * 12 + day.month) == months
    assert later.day == day.day or (later + timedelta(days=1)).day == 1


@given(st.dates(date(1990, 1, 1), date(2100, 12, 31)))
def test_a_day_lies_in_its_fiscal_year(day: date) -> None:
    year = fiscal_year(day)
    assert fiscal_year_start(year) <= day < fiscal_year_start(year + 1)


def test_years_between() -> None:
    assert years_between(date(2022, 4, 1), date(2026, 4, 1)) == 1461 / 365.25


def test_fiscal_years_with_a_leap_day() -> None:
    assert [days_in_fiscal_year(year) for year in range(2022, 2029)] == [365, 366, 365, 365, 365, 366, 365]


def test_labels() -> None:
    found = {g: make_calendar(info(years=1, tail=2, granularity=g)).labels for g in GRANULARITIES}
    tail = ["FY2023", "FY2024"]
    assert found["year"] == ["FY2022", *tail]
    assert found["half"] == ["FY2022H1", "FY2022H2", *tail]
    assert found["quarter"] == ["FY2022Q1", "FY2022Q2", "FY2022Q3", "FY2022Q4", *tail]
    assert found["month"] == [
        *(f"2022-{m:02d}" for m in range(4, 13)),
        "2023-01",
        "2023-02",
        "2023-03",
        *tail,
    ]


@given(YEARS, st.integers(1, 8), st.integers(0, 6), st.sampled_from(GRANULARITIES))
def test_periods_tile_the_horizon(start: int, years: int, tail: int, granularity: str) -> None:
    calendar = make_calendar(info(start, years, tail, granularity))
    periods = calendar.periods
    assert periods["start"].iloc[0] == date(start, 4, 1)
    assert list(periods["end"][:-1]) == list(periods["start"][1:])
    assert calendar.end == date(start + years + tail, 4, 1)
    assert periods["period"].is_unique
    assert list(periods["tail"]) == [day >= date(start + years, 4, 1) for day in periods["start"]]
    hours = periods.groupby("fiscal_year")["hours"].sum()
    assert list(hours) == [24 * days_in_fiscal_year(int(year)) for year in hours.index]
    assert (periods.groupby("fiscal_year")["months"].sum() == 12).all()
    assert periods["hours"].sum() == typical_hours(periods["start"].iloc[0], calendar.end).size


@given(YEARS, st.integers(1, 4), st.data())
def test_granularities_agree(start: int, years: int, data: st.DataObject) -> None:
    calendars = [make_calendar(info(start, years, 1, g)) for g in GRANULARITIES]
    day = data.draw(st.dates(date(start, 4, 1), date(start + years + 1, 3, 31)))
    for calendar in calendars:
        label = calendar.period_of(day)
        row = calendar.periods.set_index("period").loc[label]
        assert row["start"] <= day < row["end"]
        whole = calendar.first_whole_period(day)
        assert whole == (label if row["start"] == day else next_label(calendar.labels, label))
    yearly = [c.periods.groupby("fiscal_year")[["days", "hours", "months"]].sum() for c in calendars]
    for other in yearly[1:]:
        pd.testing.assert_frame_equal(yearly[0], other)


def next_label(labels: list[str], label: str | None) -> str | None:
    position = labels.index(str(label)) + 1
    return labels[position] if position < len(labels) else None


def test_days_outside_the_calendar() -> None:
    calendar = make_calendar(info(years=1, tail=0))
    assert calendar.period_of(date(2022, 3, 31)) is None
    assert calendar.period_of(date(2023, 4, 1)) is None
    assert first_whole_period(date(2020, 1, 1), calendar) == "FY2022Q1"
    assert first_whole_period(date(2023, 1, 2), calendar) is None


@pytest.mark.parametrize(
    "day, granularity",
    [
        (date(2022, 7, 1), "half"),
        (date(2022, 5, 1), "quarter"),
        (date(2022, 4, 2), "month"),
        (date(2022, 10, 1), "year"),
    ],
)
def test_as_of_must_start_a_period(day: date, granularity: str) -> None:
    with pytest.raises(InputError, match="must be the first day of a"):
        make_calendar(replace(info(), as_of=day), granularity)


def test_a_calendar_may_open_inside_a_fiscal_year() -> None:
    calendar = make_calendar(replace(info(years=1, tail=1), as_of=date(2022, 10, 1)))
    assert calendar.labels == ["FY2022Q3", "FY2022Q4", "FY2023"]
    assert calendar.horizon_years == [2022]


def test_a_calendar_needs_a_known_granularity_and_a_later_april() -> None:
    with pytest.raises(InputError, match="must be one of year"):
        make_calendar(info(), "week")
    with pytest.raises(InputError, match="must be a 1 April"):
        make_calendar(replace(info(), horizon_end=date(2028, 3, 31)))
    with pytest.raises(InputError, match="must be later"):
        make_calendar(replace(info(), horizon_end=date(2022, 4, 1)))


def test_the_29_february_repeats_the_28() -> None:
    hours = typical_hours(date(2024, 2, 28), date(2024, 3, 2)).reshape(-1, 24)
    assert hours[0].tolist() == hours[1].tolist() == list(range(58 * 24, 59 * 24))
    assert hours[2].tolist() == list(range(59 * 24, 60 * 24))


@given(st.integers(1990, 2090))
def test_a_calendar_year_holds_every_typical_hour(year: int) -> None:
    hours = typical_hours(date(year, 1, 1), date(year + 1, 1, 1))
    counts = np.bincount(hours, minlength=8760)
    leap = hours.size == 8784
    assert counts.sum() == 8760 + 24 * leap
    assert counts.min() == 1
    assert (np.flatnonzero(counts == 2) == np.arange(58 * 24, 59 * 24)).all() if leap else counts.max() == 1


def test_hours_of_the_typical_year() -> None:
    hours = hours_of_typical_year()
    assert hours.iloc[0].tolist() == [0, 1, 1, 0]
    assert hours.iloc[-1].tolist() == [8759, 12, 31, 23]
    assert hours.groupby("month").size().tolist() == [
        24 * d for d in (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
    ]
    march = hours[(hours["month"] == 3) & (hours["day"] == 1)]["hour_of_year"]
    assert march.tolist() == typical_hours(date(2023, 3, 1), date(2023, 3, 2)).tolist()


def test_discounting() -> None:
    calendar = make_calendar(info(years=1, tail=1))
    assert calendar.discount_factor(0.05, date(2022, 4, 1)) == 1.0
    assert calendar.discount_factor(0.05, date(2023, 4, 1)) == pytest.approx(1.05 ** -(365 / 365.25))
    assert calendar.mid_years()["FY2022Q1"] == 45.5 / 365.25
    assert calendar.mid_discount_factor(0.05)["FY2022Q2"] == pytest.approx(1.05 ** -((91 + 46) / 365.25))
    yearly = calendar.fiscal_year_discount_factor(0.05)
    assert yearly[2022] == pytest.approx(1.05 ** -(182.5 / 365.25))
    assert yearly[2023] == calendar.mid_discount_factor(0.05)["FY2023"]


def with_demand(case: Case, knots: dict[date, float]) -> Case:
    rows = pd.DataFrame(
        {"class": "k", "date": pd.Series(list(knots), dtype=object), "racks": list(knots.values())}
    )
    classes = pd.DataFrame({"class": ["k"]}, dtype=object)
    none = case["reservations"]
    return replace(case, tables={"demand": rows, "classes": classes, "reservations": none})


def test_demand_by_hand(toy_case: Case) -> None:
    case = with_demand(toy_case, {date(2022, 4, 1): 100.0, date(2023, 4, 1): 165.7, date(2024, 4, 1): 0.0})
    calendar = make_calendar(info(years=2, tail=1, granularity="year"))
    found = demand_by_period(case, calendar)
    assert found["racks"].tolist() == [166, 166, 0]
    assert found["mean_share"].tolist() == pytest.approx([(100 + 165.7) / 2 / 166, 165.7 / 2 / 166, 0.0])


def test_half_racks_round_up_and_order_of_dates_does_not_matter(toy_case: Case) -> None:
    calendar = make_calendar(info(years=1, tail=0, granularity="year"))
    up = with_demand(toy_case, {date(2023, 4, 1): 2.5, date(2022, 4, 1): 1.0})
    assert demand_by_period(up, calendar)["racks"].tolist() == [3]


def test_tail_demand_is_the_demand_of_horizon_end(toy_case: Case) -> None:
    knots = {date(2022, 4, 1): 10.0, date(2023, 4, 1): 20.0, date(2024, 4, 1): 90.0}
    calendar = make_calendar(info(years=1, tail=2, granularity="half"))
    found = demand_by_period(with_demand(toy_case, knots), calendar)
    assert found["racks"].tolist() == [15, 20, 20, 20]
    assert found["mean_share"].tolist()[2:] == [1.0, 1.0]


def test_demand_of_granularities_agrees_at_year_ends(iij_case: Case) -> None:
    """The highest demand of the last period of a year is that of the year, where demand only grows."""
    found = {}
    for granularity in GRANULARITIES:
        calendar = make_calendar(iij_case.info, granularity)
        frame = demand_by_period(iij_case, calendar).merge(
            calendar.periods[["period", "fiscal_year"]], on="period"
        )
        found[granularity] = frame.groupby(["class", "fiscal_year"])["racks"].max()
    for granularity in GRANULARITIES[1:]:
        pd.testing.assert_series_equal(found["year"], found[granularity])


def test_demand_on_days_is_linear(iij_case: Case) -> None:
    days = [date(2022, 4, 1), date(2022, 9, 30), date(2023, 4, 1)]
    racks = demand_on(iij_case, days)["network_east"]
    share = (days[1] - days[0]).days / 365
    assert racks.iloc[1] == pytest.approx(racks.iloc[0] + share * (racks.iloc[2] - racks.iloc[0]))
