import math
from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.data.calendar import make_calendar
from dcplan.errors import InputError
from dcplan.physics.cooling import (
    extreme_overhead,
    fit_proportional_share,
    hall_cooling,
    hourly_overhead,
    overhead,
    period_overhead,
)
from dcplan.physics.weather import site_temperatures

share = st.floats(0.0, 0.1)


def test_the_curve_is_flat_then_rises_then_flat():
    curve = overhead(np.array([-10.0, 15.0, 20.0, 30.0, 45.0]), 0.05, 15.0, 30.0, 0.01)
    assert curve == pytest.approx([0.05, 0.05, 0.10, 0.20, 0.20], abs=1e-15)


@given(st.floats(-30, 45), st.floats(0, 20), share, st.floats(0, 20), st.floats(0, 25), st.floats(0, 0.03))
def test_a_warmer_hour_never_needs_less(temperature, warmer, floor, start, span, slope):
    cool = overhead(temperature, floor, start, start + span, slope)
    warm = overhead(temperature + warmer, floor, start, start + span, slope)
    assert floor <= cool <= warm <= floor + slope * span + 1e-12


def test_tutorial_values_by_hand(toy):
    # Half of the hours at 15 degC (0.05), half at 25 degC (0.15): a1 = 1.30 - 1 - 0.05 / 0.5 - 0.10.
    fit = fit_proportional_share(toy).set_index("hall")
    assert fit.loc["A"].tolist() == pytest.approx([0.05, 0.10, 0.10], abs=1e-12)
    assert fit.loc["City-hall"].tolist() == pytest.approx([0.0, 0.50, 0.20], abs=1e-12)
    periods = period_overhead(toy, make_calendar(toy.info))
    assert periods.loc[("A", "FY2022")].tolist() == pytest.approx([0.10, 0.15, 0.05], abs=1e-12)
    margin = toy.settings["design_margin_c"]
    extreme = extreme_overhead(toy)
    assert extreme["A"] == pytest.approx(0.05 + 0.01 * min(25.0 + margin - 15.0, 15.0), abs=1e-12)
    assert extreme["City-hall"] == pytest.approx(0.20)


def test_the_fit_returns_the_published_pue(iij):
    halls = hall_cooling(iij).merge(fit_proportional_share(iij).drop(columns="fixed_share"), on="hall")
    pue = (
        1
        + halls["fixed_share"] / halls["reference_load"]
        + halls["proportional_share"]
        + halls["mean_overhead"]
    )
    assert pue.to_numpy() == pytest.approx(halls["pue"].to_numpy(), abs=1e-12)
    assert halls["hall"].tolist() == iij["halls"]["hall"].tolist()


@given(low=st.floats(0.05, 0.95), more=st.floats(0.0, 0.9), temperature=st.floats(-10, 40))
def test_pue_falls_as_a_hall_fills(toy, low, more, temperature):
    high = min(low + more, 1.0)
    fit = fit_proportional_share(toy).set_index("hall").loc["A"]
    hall = hall_cooling(toy).set_index("hall").loc["A"]
    c = float(overhead(temperature, hall["floor"], hall["t_start_c"], hall["t_full_c"], hall["slope_per_c"]))

    def pue(load):
        it_kw = load * hall["it_kw"]
        facility_kw = it_kw * (1 + fit["proportional_share"] + c) + fit["fixed_share"] * hall["it_kw"]
        return facility_kw / it_kw

    assert pue(high) <= pue(low) + 1e-12
    if high > low + 1e-3:
        assert pue(high) < pue(low)


def test_too_low_a_pue_says_what_would_fit(toy, edited):
    low = edited(toy, "halls", lambda halls: halls.assign(pue=halls["pue"].where(halls["hall"] != "B", 1.15)))
    with pytest.raises(InputError) as caught:
        fit_proportional_share(low)
    [problem] = caught.value.problems
    assert (problem.file, problem.row, problem.column, problem.value) == ("halls.csv", 3, "pue", "1.15")
    assert "at least 1.2" in problem.remedy
    fits = edited(
        toy, "halls", lambda halls: halls.assign(pue=halls["pue"].where(halls["hall"] != "B", 1.2001))
    )
    assert (fit_proportional_share(fits)["proportional_share"] >= 0).all()


def test_a_leased_hall_has_no_fixed_share(toy, edited):
    shared = edited(toy, "halls", lambda halls: halls.assign(cooling="outside_air"))
    with pytest.raises(InputError) as caught:
        fit_proportional_share(shared)
    [problem] = caught.value.problems
    assert (problem.row, problem.column) == (4, "cooling")


@pytest.mark.parametrize("granularity", ["year", "half", "quarter", "month"])
def test_periods_add_up_to_the_fiscal_year(iij, granularity):
    periods = make_calendar(iij.info, granularity)
    yearly = make_calendar(iij.info, "year")
    fine = period_overhead(iij, periods).reset_index().merge(periods.periods, on="period")
    coarse = period_overhead(iij, yearly).reset_index().merge(yearly.periods, on="period")
    fine = fine.assign(weighted=fine["mean_overhead"] * fine["hours"])
    by_year = fine.groupby(["hall", "fiscal_year"]).agg(
        hours=("hours", "sum"), weighted=("weighted", "sum"), peak=("peak_overhead", "max")
    )
    coarse = coarse.set_index(["hall", "fiscal_year"]).loc[by_year.index]
    assert by_year["hours"].tolist() == coarse["hours"].tolist()
    assert (by_year["weighted"] / by_year["hours"]).to_numpy() == pytest.approx(
        coarse["mean_overhead"].to_numpy(), abs=1e-12
    )
    assert by_year["peak"].tolist() == coarse["peak_overhead"].tolist()


def test_fiscal_years_with_a_29_february_have_8784_hours_and_repeat_the_28th(iij):
    calendar = make_calendar(iij.info, "month")
    hours = calendar.periods.groupby("fiscal_year")["hours"].sum()
    assert {int(year) for year in hours.index[hours == 8784]} == {2023, 2027}
    assert set(hours) == {8760, 8784}
    hourly = hourly_overhead(iij)["Shiroi-1"].to_numpy()
    february = hourly[31 * 24 : 59 * 24]
    monthly = period_overhead(iij, calendar)["mean_overhead"]["Shiroi-1"]
    assert monthly["2023-02"] == pytest.approx(february.mean(), abs=1e-12)
    leap = np.concatenate([february, february[-24:]])
    assert monthly["2024-02"] == pytest.approx(leap.mean(), abs=1e-12)
    assert monthly["2023-03"] == monthly["2024-03"]


@pytest.mark.parametrize("hall", ["Shiroi-1", "Matsue-1", "Sapporo-1-hall"])
def test_a_plain_loop_over_a_leap_fiscal_year_agrees(iij, hall):
    row = hall_cooling(iij).set_index("hall").loc[hall]
    temperature = site_temperatures(iij)[row["station"]].tolist()
    quarters: dict[str, list[float]] = {}
    day = date(2023, 4, 1)
    while day < date(2024, 4, 1):
        typical = date(2023, day.month, 28 if (day.month, day.day) == (2, 29) else day.day)
        first = (typical - date(2023, 1, 1)).days * 24
        for degrees in temperature[first : first + 24]:
            above = min(max(degrees - row["t_start_c"], 0.0), row["t_full_c"] - row["t_start_c"])
            quarters.setdefault(f"FY2023Q{(day.month - 4) % 12 // 3 + 1}", []).append(
                row["floor"] + row["slope_per_c"] * above
            )
        day += timedelta(days=1)
    assert sum(map(len, quarters.values())) == 8784
    result = period_overhead(iij, make_calendar(iij.info, "quarter")).loc[hall]
    for period, values in quarters.items():
        assert result.loc[period, "mean_overhead"] == pytest.approx(
            math.fsum(values) / len(values), abs=1e-12
        )
        assert result.loc[period, "peak_overhead"] == pytest.approx(max(values), abs=1e-15)


def test_tail_years_are_whole_years(iij):
    calendar = make_calendar(iij.info)
    table = period_overhead(iij, calendar)
    assert len(table) == len(iij["halls"]) * len(calendar.periods)
    tail = table.loc["Matsue-1"].loc["FY2028"]
    mean = fit_proportional_share(iij).set_index("hall").loc["Matsue-1", "mean_overhead"]
    assert tail["mean_overhead"] == pytest.approx(mean, abs=1e-12)


@settings(max_examples=20, deadline=None)
@given(margin=st.floats(0.0, 10.0))
def test_the_extreme_is_never_below_the_hottest_period(toy, margin):
    case = replace(toy, settings={**toy.settings, "design_margin_c": margin})
    hottest = period_overhead(case, make_calendar(case.info)).groupby("hall")["peak_overhead"].max()
    assert (extreme_overhead(case) >= hottest.loc[extreme_overhead(case).index] - 1e-12).all()
