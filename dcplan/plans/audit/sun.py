"""What panels give by the irradiance of the saved weather, worked out from the height of the sun.

Panels face south at 10 degrees and give 85 % of what their plane receives: the direct beam by its angle, the
diffuse light of an even sky, and what the ground throws back (a fifth). An hour's irradiance is that of its
end, Japan Standard Time. Declination by Cooper, equation of time by Spencer (Duffie and Beckman, chapter 1).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from dcplan.plans.audit.dates import Clock
from dcplan.plans.audit.reading import Codes, Floats, Sheet, read_optional, read_sheet

TILT, GIVEN, GROUND = np.radians(10.0), 0.85, 0.2
COLUMNS = ("dni_w_m2", "dhi_w_m2")
_MONTH_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def read_sun(folder: Path, sites: Sheet) -> Floats:
    """Return the generation of a kW of panels at every site in every typical hour: (site, 8760) kW.

    A site without an option of panels, or whose weather file has no irradiance, has NaN.
    """
    found = np.full((sites.size, 8760), np.nan)
    options = read_optional(folder / "pv_options.csv")
    if options is None:
        return found
    stations = read_sheet(folder / "stations.csv")
    files = dict(zip(stations.text("station"), stations.text("file"), strict=True))
    latitude, longitude = (sites.numbers(name, optional=True) for name in ("latitude", "longitude"))
    offered = set(options.text("site"))
    names = sites.text("site")
    for s, (station, owner) in enumerate(zip(sites.text("station"), sites.text("ownership"), strict=True)):
        name = names[s]
        path = folder / "weather" / files[station]
        with path.open(encoding="utf-8-sig") as lines:
            header = {name.strip() for name in lines.readline().split(",")}
        if owner == "owned" and name in offered and set(COLUMNS) <= header:
            sheet = read_sheet(path, COLUMNS)
            beam, sky = (sheet.numbers(name) for name in COLUMNS)
            found[s] = generated(beam, sky, float(latitude[s]), float(longitude[s]))
    return found


def generated(beam: Floats, sky: Floats, latitude: float, longitude: float) -> Floats:
    """Return the generation of a kW of panels by typical hour from beam and diffuse light [W/m2]."""
    day = np.repeat(np.arange(1, 366), 24)
    clock = np.tile(np.arange(1.0, 25.0), 365)
    b = 2 * np.pi * (day - 1) / 365
    late = 0.000075 + 0.001868 * np.cos(b) - 0.032077 * np.sin(b)
    late = late - 0.014615 * np.cos(2 * b) - 0.04089 * np.sin(2 * b)
    solar = clock + (longitude - 135) / 15 + 229.2 * late / 60
    turn = np.pi / 12 * (solar - 12)
    tip = np.radians(23.45) * np.sin(2 * np.pi * (284 + day) / 365)
    place = np.radians(latitude)
    # where the sun stands: east, north, up
    up = np.sin(place) * np.sin(tip) + np.cos(place) * np.cos(tip) * np.cos(turn)
    north = np.cos(place) * np.sin(tip) - np.sin(place) * np.cos(tip) * np.cos(turn)
    facing = np.maximum(up * np.cos(TILT) - north * np.sin(TILT), 0.0)
    direct = np.where(up > 0, beam * facing, 0.0)
    seen, hidden = (1 + np.cos(TILT)) / 2, (1 - np.cos(TILT)) / 2
    ground = GROUND * (beam * np.maximum(up, 0.0) + sky) * hidden
    return np.asarray(GIVEN * (direct + sky * seen + ground) / 1000)


def typical_hours(start: date, end: date) -> Codes:
    """Return the place in the typical year of every hour of some days; a leap day repeats the 28th."""
    days = np.arange(np.datetime64(start), np.datetime64(end))
    firsts = days.astype("datetime64[M]")
    month = firsts.astype(np.int64) % 12
    in_month = np.minimum((days - firsts).astype(np.int64), np.where(month == 1, 27, 30))
    return np.asarray(((_MONTH_STARTS[month] + in_month)[:, None] * 24 + np.arange(24)).ravel())


def period_mwh(sun: Floats, clock: Clock) -> Floats:
    """Return the generation of a kW of panels in each period: (site, period) MWh."""
    spans = zip(clock.starts, clock.ends, strict=True)
    sums = [sun[:, typical_hours(start, end)].sum(axis=1) for start, end in spans]
    return np.stack(sums, axis=1) / 1000


def standing_mwh(yearly_mwh: Floats, sun: Floats, clock: Clock) -> Floats:
    """Return what standing panels give: (site, period) MWh, their yearly MWh by sun, else by days."""
    years = [sun[:, typical_hours(date(y, 4, 1), date(y + 1, 4, 1))].sum(axis=1) / 1000 for y in clock.years]
    whole = np.stack(years, axis=1)[:, clock.year_of]
    part = period_mwh(sun, clock) / whole
    return np.asarray(yearly_mwh * np.where(np.isnan(part), clock.days / clock.year_days, part))
