"""Outdoor temperature of a typical year, shifted to the monthly normals of each station."""

from functools import cache

import numpy as np
import numpy.typing as npt

from dcplan.data.calendar import HOURS_PER_YEAR, MONTHS_PER_YEAR, hours_of_typical_year
from dcplan.data.case import Case
from dcplan.errors import InputError, Problem

Hourly = npt.NDArray[np.float64]
"""One value for each hour of the typical year: 8,760 numbers, 1 January 00:00 first."""

NORMALS = tuple(f"m{month:02d}" for month in range(1, MONTHS_PER_YEAR + 1))
"""Columns of the monthly normals in `stations.csv`, January first."""


@cache
def month_of_hour() -> npt.NDArray[np.int64]:
    """Month (0 = January .. 11 = December) of each of the 8,760 hours of the typical year; read only."""
    months: npt.NDArray[np.int64] = hours_of_typical_year()["month"].to_numpy(dtype=np.int64) - 1
    months.flags.writeable = False
    return months


def monthly_means(hourly: Hourly) -> Hourly:
    """Mean of an hourly series over each month of the typical year: 12 values, January first.

    Raises:
        ValueError: `hourly` does not hold 8,760 values.
    """
    if hourly.shape != (HOURS_PER_YEAR,):
        raise ValueError(f"a typical year has {HOURS_PER_YEAR} hours, got an array of shape {hourly.shape}")
    month = month_of_hour()
    return np.bincount(month, weights=hourly, minlength=MONTHS_PER_YEAR) / np.bincount(
        month, minlength=MONTHS_PER_YEAR
    )


def shift_to_normals(temperature_c: Hourly, normals_c: Hourly) -> Hourly:
    r"""Shift hourly temperatures so that the mean of every month equals its normal.

    $$ T(h) = T_0(h) + N_{m(h)} - \overline{T_0}_{m(h)} \qquad [^\circ\mathrm{C}] $$

    The shape inside a month, and so its spread around the mean, stays that of the typical year. The step at
    the turn of a month is kept: smoothing it would move the monthly means.

    Args:
        temperature_c: 8,760 hourly temperatures of the typical year [degC].
        normals_c: 12 monthly normals, January first [degC].

    Returns:
        8,760 hourly temperatures [degC].

    Raises:
        ValueError: the shapes are wrong, or a value is not finite.
    """
    if normals_c.shape != (MONTHS_PER_YEAR,):
        raise ValueError(
            f"a year has {MONTHS_PER_YEAR} monthly normals, got an array of shape {normals_c.shape}"
        )
    if not (np.isfinite(temperature_c).all() and np.isfinite(normals_c).all()):
        raise ValueError("temperatures and normals must be finite numbers")
    return temperature_c + (normals_c - monthly_means(temperature_c))[month_of_hour()]


def site_temperatures(case: Case) -> dict[str, Hourly]:
    """Hourly temperature at each station of the case, shifted to the station's monthly normals.

    Args:
        case: reads the table `stations` (m01..m12, degC) and the hourly series of `weather/`.

    Returns:
        station -> 8,760 hourly temperatures [degC], 1 January 00:00 first. `typical_hours(start, end)` of the
        calendar gives the positions of the hours of a period; 29 February repeats 28 February.

    Raises:
        InputError: a station has no hourly series.
    """
    stations = case["stations"]
    named = zip(stations["station"], stations["file"], strict=True)
    problems = [
        Problem(
            file="stations.csv",
            row=case.row_number("stations", position),
            column="file",
            value=str(name),
            rule="a station needs hourly temperatures of a typical year",
            remedy=f"Put the file of station {station} into the folder weather/ of the case.",
        )
        for position, (station, name) in enumerate(named)
        if station not in case.weather
    ]
    if problems:
        raise InputError(problems)
    normals = stations[list(NORMALS)].to_numpy(dtype=np.float64)
    return {
        str(station): shift_to_normals(case.weather[station], normals[position])
        for position, station in enumerate(stations["station"])
    }
