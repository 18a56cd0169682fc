r"""Solar generation from hourly irradiance: position of the sun, a fixed tilted plane, a performance ratio.

$$ g(\tau) = \eta \bigl[ I_b \max(\cos\theta, 0) + I_d \tfrac{1 + \cos\beta}{2}
   + \rho\, I_h \tfrac{1 - \cos\beta}{2} \bigr] / 1000 \qquad [\mathrm{kW/kW_p}] $$

with direct normal, diffuse and global horizontal irradiance I [W/m2], the angle of incidence \(\theta\) on a
plane that faces south at the tilt \(\beta\), an isotropic sky, and a performance ratio \(\eta\) for inverter,
heat and soiling. Position of the sun: declination by Cooper, equation of time by Spencer (Duffie and Beckman,
Solar Engineering of Thermal Processes, chapter 1).
"""

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import (
    HOURS_PER_DAY,
    HOURS_PER_YEAR,
    Calendar,
    fiscal_year_start,
    typical_hours,
)
from dcplan.data.case import Case
from dcplan.data.irradiance import irradiance_of

Array = npt.NDArray[np.float64]

TILT_DEG = 10.0
PERFORMANCE_RATIO = 0.85
ALBEDO = 0.2
STANDARD_MERIDIAN_DEG = 135.0
"""Japan Standard Time."""


def sun(latitude_deg: float, longitude_deg: float, tilt_deg: float = 0.0) -> Array:
    """Cosine of the sun's angle of incidence on a plane that faces south, at the end of each typical hour.

    Args:
        latitude_deg: north [deg].
        longitude_deg: east [deg].
        tilt_deg: tilt of the plane; 0 gives the sine of the sun's altitude [deg].

    Returns:
        8,760 values, 1 January first; negative where the sun is behind the plane or below the horizon.
    """
    hour = np.arange(HOURS_PER_YEAR)
    day, clock = hour // HOURS_PER_DAY + 1, hour % HOURS_PER_DAY + 1.0
    turn = 2.0 * np.pi * (day - 1) / 365.0
    equation_min = 229.2 * (
        0.000075
        + 0.001868 * np.cos(turn)
        - 0.032077 * np.sin(turn)
        - 0.014615 * np.cos(2.0 * turn)
        - 0.04089 * np.sin(2.0 * turn)
    )
    solar = clock + (4.0 * (longitude_deg - STANDARD_MERIDIAN_DEG) + equation_min) / 60.0
    angle = np.radians(15.0 * (solar - 12.0))
    declination = np.radians(23.45) * np.sin(2.0 * np.pi * (284 + day) / 365.0)
    toward = np.radians(latitude_deg - tilt_deg)
    found = np.sin(declination) * np.sin(toward) + np.cos(declination) * np.cos(toward) * np.cos(angle)
    return np.asarray(found)


def yield_per_kw(irradiance: Array, latitude_deg: float, longitude_deg: float) -> Array:
    """Generation of one kW of panels in each hour of the typical year: 8,760 values [kW/kWp].

    Args:
        irradiance: direct normal and diffuse horizontal irradiance (8,760, 2) [W/m2].
        latitude_deg: north [deg].
        longitude_deg: east [deg].
    """
    direct, diffuse = irradiance[:, 0], irradiance[:, 1]
    altitude = sun(latitude_deg, longitude_deg)
    incidence = sun(latitude_deg, longitude_deg, TILT_DEG)
    tilt = np.cos(np.radians(TILT_DEG))
    up = altitude > 0.0
    beam = np.where(up, direct * np.maximum(incidence, 0.0), 0.0)
    ground = direct * np.maximum(altitude, 0.0) + diffuse
    plane = beam + diffuse * (1.0 + tilt) / 2.0 + ALBEDO * ground * (1.0 - tilt) / 2.0
    return np.asarray(PERFORMANCE_RATIO * plane / 1000.0)


def site_yield(case: Case, site: str) -> Array | None:
    """Generation of one kW of panels at a site in each hour of the typical year: 8,760 values [kW/kWp].

    None where the weather file of the site's station has no irradiance.

    Raises:
        InputError: the irradiance is there and wrong.
    """
    place = case["sites"].loc[case["sites"]["site"] == site].merge(case["stations"], on="station").iloc[0]
    irradiance = irradiance_of(case, str(place["file"]))
    if irradiance is None:
        return None
    return yield_per_kw(irradiance, place["latitude"], place["longitude"])


def period_yield(sun: Array, calendar: Calendar) -> pd.DataFrame:
    """Generation of one kW of panels in each period, and its share of that of the fiscal year.

    Args:
        sun: generation by hour of the typical year (8,760) [kW/kWp].
        calendar: the periods.

    Returns:
        mwh_per_kw [MWh/kWp], share (-; over the whole fiscal year, also where the calendar opens later) and
        largest [kW/kWp], by period.
    """
    periods = calendar.periods
    hours = typical_hours(periods["start"].iloc[0], periods["end"].iloc[-1])
    first = np.concatenate(([0], np.cumsum(periods["hours"].to_numpy(dtype=np.int64))[:-1]))
    energy = np.add.reduceat(sun[hours], first) / 1000.0
    years = {
        year: sun[typical_hours(fiscal_year_start(year), fiscal_year_start(year + 1))].sum() / 1000.0
        for year in calendar.fiscal_years
    }
    whole = periods["fiscal_year"].map(years).to_numpy(dtype=np.float64)
    table = {
        "mwh_per_kw": energy,
        "share": energy / whole,
        "largest": np.maximum.reduceat(sun[hours], first),
    }
    return pd.DataFrame(table, index=pd.Index(calendar.labels, name="period"))
