"""The sun over Kasumi, against the table of its typical year, and the yield of panels."""

from pathlib import Path

import numpy as np
import pytest

from dcplan.data.shipped import case_folder
from dcplan.data.weather_file import read_irradiance
from dcplan.errors import InputError
from dcplan.physics.solar import sun, yield_per_kw

WEATHER = Path(case_folder("iij")) / "weather"
# Altitude of the sun [deg] at Kasumi on 22 June by hour, as the source of the typical year prints it.
JUNE = {4: 1.6, 5: 12.8, 8: 48.7, 11: 77.8, 12: 72.7, 17: 14.0, 18: 2.8}


def test_the_sun_stands_where_the_source_says():
    altitude = np.degrees(np.arcsin(sun(35.63, 134.63)))[172 * 24 : 173 * 24]
    for hour, expected in JUNE.items():
        assert altitude[hour] == pytest.approx(expected, abs=0.6)
    assert altitude[0] < 0


def test_a_plane_toward_the_equator_sees_the_sun_as_the_equator_does():
    assert sun(35.0, 135.0, 35.0) == pytest.approx(sun(0.0, 135.0), abs=1e-12)


def test_the_yield_at_kasumi_is_the_known_one():
    """A capacity factor of 0.115 at 10 degrees south and a performance ratio of 0.85."""
    irradiance = read_irradiance(WEATHER / "569_kasumi_hyogo_sanin.csv")
    hourly = yield_per_kw(irradiance, 35.63, 134.63)
    assert hourly.mean() == pytest.approx(0.115, abs=0.002)
    assert hourly.min() == 0.0
    assert 0.7 < hourly.max() < 1.0


def test_diffuse_light_by_hand():
    # 1,000 W/m2 from the whole sky at night: 0.85 x ((1 + cos 10)/2 + 0.2 (1 - cos 10)/2).
    dark = np.tile([0.0, 1_000.0], (8_760, 1))
    tilt = np.cos(np.radians(10.0))
    assert yield_per_kw(dark, 35.0, 135.0) == pytest.approx(0.85 * ((1 + tilt) / 2 + 0.2 * (1 - tilt) / 2))


def test_temperatures_alone_make_a_weather_file(tmp_path):
    assert read_irradiance(WEATHER / "480_yokkaichi_mie.csv") is None
    assert read_irradiance(tmp_path / "none.csv") is None


@pytest.mark.parametrize("cell", ["-1", "5000", "x", ""])
def test_impossible_irradiance_is_refused(tmp_path, cell):
    rows = [f"{hour},10,{cell if hour == 12 else 0},0" for hour in range(8_760)]
    path = tmp_path / "w.csv"
    path.write_text("\n".join(["hour_of_year,temp_c,dni_w_m2,dhi_w_m2", *rows]) + "\n", encoding="utf-8")
    with pytest.raises(InputError, match="W/m2"):
        read_irradiance(path)
