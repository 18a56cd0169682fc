from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dcplan.errors import InputError
from dcplan.physics.weather import NORMALS, month_of_hour, monthly_means, shift_to_normals, site_temperatures

DAYS = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]


def test_month_of_hour_has_the_days_of_a_common_year():
    assert np.bincount(month_of_hour()).tolist() == [24 * days for days in DAYS]
    assert (np.diff(month_of_hour()) >= 0).all()


def test_monthly_means_of_the_month_number_are_the_month_numbers():
    assert monthly_means(month_of_hour().astype(float)).tolist() == list(range(12))


@settings(max_examples=40, deadline=None)
@given(
    seed=st.integers(0, 2**32 - 1),
    spread=st.floats(0.0, 15.0),
    normals=hnp.arrays(np.float64, 12, elements=st.floats(-30.0, 40.0)),
)
def test_every_month_has_its_normal_and_keeps_its_shape(seed, spread, normals):
    temperature = np.random.default_rng(seed).normal(12.0, spread, 8760)
    shifted = shift_to_normals(temperature, normals)
    assert monthly_means(shifted) == pytest.approx(normals, abs=1e-9)
    january = slice(0, 31 * 24)
    step = (shifted - temperature)[january]
    assert np.ptp(step) < 1e-9


def test_normals_equal_to_the_means_change_nothing():
    temperature = np.sin(np.arange(8760) / 1000.0)
    assert shift_to_normals(temperature, monthly_means(temperature)) == pytest.approx(temperature, abs=1e-12)


@pytest.mark.parametrize(
    "temperature,normals,words",
    [
        (np.zeros(8784), np.zeros(12), "8760 hours"),
        (np.zeros(8760), np.zeros(13), "12 monthly normals"),
        (np.full(8760, np.nan), np.zeros(12), "finite"),
        (np.zeros(8760), np.full(12, np.inf), "finite"),
    ],
)
def test_wrong_shapes_and_values_are_refused(temperature, normals, words):
    with pytest.raises(ValueError, match=words):
        shift_to_normals(temperature, normals)


def test_stations_of_the_default_case_have_their_normals(iij):
    temperatures = site_temperatures(iij)
    stations = iij["stations"].set_index("station")
    assert list(temperatures) == stations.index.tolist()
    for station, hourly in temperatures.items():
        normals = stations.loc[station, list(NORMALS)].to_numpy(dtype=float)
        assert monthly_means(hourly) == pytest.approx(normals, abs=1e-9)


def test_a_station_without_its_series_is_named(iij):
    bare = replace(iij, weather={name: hourly for name, hourly in iij.weather.items() if name != "matsue"})
    with pytest.raises(InputError) as caught:
        site_temperatures(bare)
    [problem] = caught.value.problems
    assert (problem.file, problem.column) == ("stations.csv", "file")
    assert "matsue" in problem.remedy
