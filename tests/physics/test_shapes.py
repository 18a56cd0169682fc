"""Daily shapes keep the energy of every period."""

import numpy as np
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.physics.shapes import clock_of, hourly_shapes


@pytest.fixture(scope="module")
def clock(iij):
    return clock_of(make_calendar(iij.info))


def test_the_clock_counts_every_hour_of_the_horizon(clock):
    assert clock.start.size == 52_608
    assert np.bincount(clock.fiscal_year)[2022:].tolist() == [8760, 8784, 8760, 8760, 8760, 8784]
    assert str(clock.start[0]) == "2022-04-01T00"
    # 1 April 2022 was a Friday; Saturday starts 24 hours later and the weekend lasts 48.
    assert not clock.weekend[:24].any()
    assert clock.weekend[24:72].all()
    assert not clock.weekend[72:192].any()
    leap = clock.typical[clock.start.astype("datetime64[D]") == np.datetime64("2024-02-29")]
    assert leap.tolist() == list(range(58 * 24, 59 * 24))


def test_a_shape_has_mean_one_in_every_period(iij, clock):
    shapes = hourly_shapes(iij, clock)
    lengths = np.diff(np.append(clock.first, clock.period.size))
    mean = np.add.reduceat(shapes, clock.first, axis=1) / lengths
    assert mean == pytest.approx(np.ones_like(mean), rel=1e-12)


def test_offices_load_the_cloud_by_day_and_backups_the_night(iij, clock):
    classes = iij["classes"]["class"].tolist()
    shapes = hourly_shapes(iij, clock)
    noon, night = 14, 2
    assert shapes[classes.index("cloud"), noon] > 1.05 > shapes[classes.index("cloud"), night]
    assert shapes[classes.index("dr"), night] > shapes[classes.index("dr"), noon]


def test_no_hour_tops_the_peak_that_power_limits_use(iij, clock):
    """Mean load times the shape stays under peak kW x diversity, so that the two inputs do not contradict."""
    years = iij["class_years"].groupby("class", sort=False)[["mean_kw", "peak_kw"]].max()
    ratio = years["peak_kw"] / years["mean_kw"] * iij.settings["peak_diversity"]
    highest = hourly_shapes(iij, clock).max(axis=1)
    assert (highest <= ratio.reindex(iij["classes"]["class"]).to_numpy()).all()


def test_a_class_without_a_shape_is_flat(toy):
    assert (hourly_shapes(toy, clock_of(make_calendar(toy.info))) == 1.0).all()


def test_a_week_by_hand(toy, edited):
    """Twice the load on working days: 1 April 2022 is a Friday, FY2022 has 261 working days of 365."""
    name = toy["classes"]["class"].iloc[0]
    hours = {f"h{hour:02d}": 1.0 for hour in range(24)}
    rows = [
        {"class": name, "days": "working", **dict.fromkeys(hours, 2.0)},
        {"class": name, "days": "weekend", **hours},
    ]
    shaped = edited(toy, "load_shapes", lambda frame: type(frame)(rows))
    found = hourly_shapes(shaped, clock_of(make_calendar(toy.info)))[0]
    mean = (261 * 2 + 104) / 365
    assert found[[0, 24]] == pytest.approx([2 / mean, 1 / mean])
