"""Temperatures, cooling overhead, energy and peaks, hour by hour from the saved weather.

Site temperature is the station's typical hour shifted to the monthly normal. A hall draws
P = L (1 + a1 + c(T)) + a0 D y with c(T) = floor + slope x clip(T - start, 0, full - start).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dcplan.plans.audit.inputs import Case
from dcplan.plans.audit.reading import Flags, Floats, UnreadableError, read_sheet
from dcplan.plans.audit.sun import period_mwh

_MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_HOUR_MONTH = np.repeat(np.arange(12), np.array(_MONTH_DAYS) * 24)


@dataclass(frozen=True)
class Physics:
    """Overheads of every hall and what they make of the racks.

    `a1` (H) is the fitted proportional share, `a0_kw` (H) the fixed draw in service, `mean` and `peak` (H, T)
    the mean and largest c(T) of a period, `extreme` (H) c(T) at the design temperature. `mean_c` and `max_c`
    (S) describe the site's typical year.
    """

    a1: Floats
    a0_kw: Floats
    mean: Floats
    peak: Floats
    extreme: Floats
    mean_c: Floats
    max_c: Floats


@dataclass(frozen=True)
class Energy:
    """Energy in MWh by hall and period (H, T) and by site and period (S, T), billing peaks in kW (S, T)."""

    hall_it: Floats
    hall_facility: Floats
    it: Floats
    facility: Floats
    onsite: Floats
    imported: Floats
    peak_kw: Floats


def site_temperatures(case: Case) -> Floats:
    """Return the typical year's hourly temperature of every site in degC: (site, 8760)."""
    sheet = read_sheet(case.folder / "stations.csv")
    rows = sheet.index("station")
    normals = np.stack([sheet.numbers(f"m{month:02d}") for month in range(1, 13)], axis=1)
    found: dict[str, Floats] = {}
    for name in set(case.sites.station):
        file = sheet.text("file")[rows[name]]
        hourly = read_sheet(case.folder / "weather" / file, ("temp_c",)).numbers("temp_c")
        if hourly.shape != (8760,):
            raise UnreadableError(file, f"{hourly.size} hours; a typical year has 8760")
        means = np.array([hourly[month == _HOUR_MONTH].mean() for month in range(12)])
        found[name] = hourly + (normals[rows[name]] - means)[_HOUR_MONTH]
    return np.stack([found[name] for name in case.sites.station])


def overheads(case: Case) -> Physics:
    """Return the fitted overheads of every hall from the published yearly PUE and the weather."""
    halls, clock = case.halls, case.clock
    temperature = site_temperatures(case)
    hourly = _overhead(case, temperature[halls.site])
    a1 = halls.pue - 1 - halls.fixed_share / halls.reference_load - hourly.mean(axis=1)
    by_day = hourly.reshape(len(halls.rows), 365, 24)
    counts = clock.typical_days()
    days_max = by_day.max(axis=2)
    present = counts > 0
    hottest = [np.where(present[t], days_max, -np.inf).max(axis=1) for t in range(clock.size)]
    design = temperature.max(axis=1) + case.setting("design_margin_c")
    return Physics(
        a1=a1,
        a0_kw=np.where(halls.owned, halls.fixed_share * halls.it_kw, 0.0),
        mean=by_day.sum(axis=2) @ counts.T / clock.hours,
        peak=np.stack(hottest, axis=1),
        extreme=_overhead(case, design[halls.site][:, None])[:, 0],
        mean_c=temperature.mean(axis=1),
        max_c=temperature.max(axis=1),
    )


def hall_overheads(case: Case) -> Floats:
    """Return c(T) of every hall at each hour of the typical year: (hall, 8760)."""
    return _overhead(case, site_temperatures(case)[case.halls.site])


def _overhead(case: Case, temperature: Floats) -> Floats:
    halls = case.halls
    span = (halls.t_full_c - halls.t_start_c)[:, None]
    above = np.clip(temperature - halls.t_start_c[:, None], 0.0, span)
    return np.asarray(halls.floor[:, None] + halls.slope_per_c[:, None] * above)


def energy(case: Case, physics: Physics, racks: Floats, in_service: Floats, panels_kw: Floats) -> Energy:
    """Return the energy and peaks of racks (class, hall, period) in halls in service (hall, period).

    `panels_kw` are bought panels after fade (site, year); peaks are those of the load, whatever cuts them.
    """
    clock, classes = case.clock, case.classes
    mean_kw = classes.mean_kw[:, clock.year_of] * classes.mean_share
    hall_it = np.einsum("kht,kt->ht", racks, mean_kw) * clock.hours / 1000
    fixed = physics.a0_kw[:, None] * in_service
    hall_facility = hall_it * (1 + physics.a1[:, None] + physics.mean) + fixed * clock.hours / 1000
    peak_kw = classes.peak_kw[:, clock.year_of]
    it_peak = case.setting("peak_diversity") * np.einsum("kht,kt->ht", racks, peak_kw)
    hall_peak = it_peak * (1 + physics.a1[:, None] + physics.peak) + fixed
    facility = by_site(case, hall_facility)
    bought = panels_kw[:, clock.year_of]
    per_kw = period_mwh(case.sites.sun, clock) if bought.any() else np.zeros_like(bought)
    onsite = case.sites.onsite_mwh + np.where(bought > 0, bought * per_kw, 0.0)
    return Energy(
        hall_it=hall_it,
        hall_facility=hall_facility,
        it=by_site(case, hall_it),
        facility=facility,
        onsite=onsite,
        imported=facility - onsite,
        peak_kw=by_site(case, hall_peak),
    )


def sites_of(case: Case) -> Flags:
    """Return a (hall, site) table that is true where the hall is at the site."""
    return np.asarray(case.halls.site[:, None] == np.arange(len(case.sites.rows))[None, :])


def by_site(case: Case, table: Floats) -> Floats:
    """Return sums over the halls of each site of a (hall, ...) table: (site, ...)."""
    return np.asarray(sites_of(case).T.astype(np.float64) @ table)
