r"""Cooling overhead and the fitted PUE curve of a hall.

The facility power of hall \(h\) at hour \(\tau\) is

$$ P_h(\tau) = L_h(\tau)\,\bigl(1 + a_1 + c(T(\tau))\bigr) + a_0\,D_h\,y_h \qquad [\mathrm{kW}] $$

with L the IT load and D the design IT load [kW], a0 the fixed share (what does not depend on the load: UPS
no-load loss, standing fans, lighting), a1 the proportional share, c(T) the cooling overhead at the outdoor
temperature T, and y = 1 while the hall is in service. It is linear in L and y at every hour, so the energy of
a period needs only the mean of c over its hours and the peak only its maximum, and PUE = P / L falls as a
hall fills.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import Calendar, typical_hours
from dcplan.data.case import Case
from dcplan.data.once import once_of_first
from dcplan.errors import InputError, Problem
from dcplan.physics.weather import site_temperatures

Array = npt.NDArray[np.float64]

CURVE = ("floor", "t_start_c", "t_full_c", "slope_per_c")


class _Curves(NamedTuple):
    """Cooling overhead by distinct (station, cooling type): halls that share both share one row."""

    hourly: Array
    """(pair, 8,760) overhead, kW of cooling per kW of IT load."""
    extreme: Array
    """(pair,) overhead at the hottest typical hour plus the design margin."""
    pair_of_hall: npt.NDArray[np.int64]
    """(hall,) row of each hall, in the order of the table `halls`."""


def overhead(
    temperature_c: Array | float, floor: float, t_start_c: float, t_full_c: float, slope_per_c: float
) -> Array:
    r"""Cooling overhead at an outdoor temperature: flat, then rising, then flat.

    $$ c(T) = f + s\,\min(\max(T - T_{start}, 0),\; T_{full} - T_{start}) \qquad [\mathrm{kW/kW_{IT}}] $$

    Below `t_start_c` outdoor air alone cools the hall (floor: fans and pumps); above `t_full_c` the chillers
    carry the whole load.

    Args:
        temperature_c: outdoor temperature [degC], any shape.
        floor: overhead at and below `t_start_c` [kW per kW of IT load].
        t_start_c: temperature at which mechanical cooling starts [degC].
        t_full_c: temperature from which the overhead no longer rises [degC]; not below `t_start_c`.
        slope_per_c: rise of the overhead per degree [1/degC].

    Returns:
        The overhead, in the shape of `temperature_c`.

    >>> overhead(np.array([5.0, 20.0, 40.0]), 0.0, t_start_c=10.0, t_full_c=30.0, slope_per_c=0.01).tolist()
    [0.0, 0.1, 0.2]
    """
    temperature = np.asarray(temperature_c, dtype=np.float64)
    return floor + slope_per_c * np.clip(temperature - t_start_c, 0.0, t_full_c - t_start_c)


@once_of_first
def hall_cooling(case: Case) -> pd.DataFrame:
    """Every hall with its site, station, ownership and the parameters of its cooling type.

    Returns:
        One row for each hall in the order of `halls.csv`: hall, site, cooling, it_kw, pue, reference_load,
        ownership, station, fixed_share, floor, t_start_c, t_full_c, slope_per_c.
    """
    halls = case["halls"][["hall", "site", "cooling", "it_kw", "pue", "reference_load"]]
    sites = case["sites"][["site", "ownership", "station"]]
    types = case["cooling"][["cooling", "fixed_share", *CURVE]]
    return halls.merge(sites, on="site", how="left", validate="m:1").merge(
        types, on="cooling", how="left", validate="m:1"
    )


@once_of_first
def _curves(case: Case) -> _Curves:
    """Evaluate the overhead once for each distinct pair of station and cooling type."""
    halls = hall_cooling(case)
    named = list(zip(halls["station"], halls["cooling"], strict=True))
    number = {pair: place for place, pair in enumerate(dict.fromkeys(named))}
    pair_of_hall = np.array([number[pair] for pair in named], dtype=np.int64)
    pairs = halls.take(np.unique(pair_of_hall, return_index=True)[1])
    temperatures = site_temperatures(case)
    temperature = np.stack([temperatures[station] for station in pairs["station"]])
    floor, t_start, t_full, slope = (pairs[name].to_numpy(dtype=np.float64)[:, np.newaxis] for name in CURVE)
    hottest = temperature.max(axis=1, keepdims=True) + case.settings["design_margin_c"]
    span = t_full - t_start
    return _Curves(
        hourly=floor + slope * np.clip(temperature - t_start, 0.0, span),
        extreme=(floor + slope * np.clip(hottest - t_start, 0.0, span))[:, 0],
        pair_of_hall=pair_of_hall,
    )


def hourly_overhead(case: Case) -> pd.DataFrame:
    """Cooling overhead of every hall at each hour of the typical year.

    Returns:
        8,760 rows (hour of the typical year) by hall [kW per kW of IT load].
    """
    curves = _curves(case)
    return pd.DataFrame(
        curves.hourly[curves.pair_of_hall].T,
        index=pd.RangeIndex(curves.hourly.shape[1], name="hour"),
        columns=pd.Index(case["halls"]["hall"], name="hall"),
    )


def fit_proportional_share(case: Case) -> pd.DataFrame:
    r"""Fit the proportional share of every hall so that its curve gives the published yearly PUE.

    One yearly PUE cannot fit three numbers: the fixed share a0 and the curve c(T) are inputs, a1 is fitted at
    the reference load u (IT load / design IT load):

    $$ a_1 = \mathrm{PUE} - 1 - \frac{a_0}{u} - \overline{c} \qquad [\mathrm{kW/kW_{IT}}] $$

    with c averaged over the 8,760 typical hours.

    Returns:
        hall, fixed_share (a0), proportional_share (a1), mean_overhead (mean of c); one row for each hall.

    Raises:
        InputError: a fitted share is negative, or a leased hall has a fixed share (its landlord bills by
            metered IT energy, so the fixed part must stand in the contract PUE).
    """
    halls = hall_cooling(case)
    curves = _curves(case)
    mean_overhead = curves.hourly.mean(axis=1)[curves.pair_of_hall]
    fixed = halls["fixed_share"].to_numpy(dtype=np.float64)
    reference = halls["reference_load"].to_numpy(dtype=np.float64)
    published = halls["pue"].to_numpy(dtype=np.float64)
    least = 1.0 + fixed / reference + mean_overhead
    proportional = published - least
    problems = [
        _negative_share(case, halls, position, float(least[position]))
        for position in np.flatnonzero(proportional < 0.0).tolist()
    ]
    leased = ((halls["ownership"] == "leased") & (halls["fixed_share"] != 0.0)).to_numpy()
    problems += [_leased_fixed_share(case, halls, position) for position in np.flatnonzero(leased).tolist()]
    if problems:
        raise InputError(problems)
    return pd.DataFrame(
        {
            "hall": halls["hall"],
            "fixed_share": fixed,
            "proportional_share": proportional,
            "mean_overhead": mean_overhead,
        }
    )


def _negative_share(case: Case, halls: pd.DataFrame, position: int, least_pue: float) -> Problem:
    row = halls.iloc[position]
    return Problem(
        file="halls.csv",
        row=case.row_number("halls", position),
        column="pue",
        value=f"{row['pue']:g}",
        rule=(
            f"the fixed share and the mean cooling overhead of cooling type {row['cooling']} alone give a "
            f"PUE of {least_pue:.3f}, so the fitted proportional share would be negative"
        ),
        remedy=(
            f"Raise pue to at least {np.ceil(least_pue * 1000) / 1000:.3f}, or lower fixed_share, floor or "
            f"slope_per_c of {row['cooling']} in cooling.csv."
        ),
    )


def _leased_fixed_share(case: Case, halls: pd.DataFrame, position: int) -> Problem:
    row = halls.iloc[position]
    return Problem(
        file="halls.csv",
        row=case.row_number("halls", position),
        column="cooling",
        value=str(row["cooling"]),
        rule="a leased hall is billed by metered IT energy, so its cooling type has fixed_share 0",
        remedy="Choose a cooling type with fixed_share 0: the contract PUE carries the landlord's losses.",
    )


def period_overhead(case: Case, calendar: Calendar) -> pd.DataFrame:
    r"""Mean, highest and lowest cooling overhead of every hall in every period of the calendar.

    $$ \overline{c}_{h,t} = \frac{1}{|H_t|} \sum_{\tau \in H_t} c(T(\tau)), \qquad
       c^{max}_{h,t} = \max_{\tau \in H_t} c(T(\tau)) $$

    H_t holds all hours of the period. 29 February repeats 28 February, so the mean over an FY of 8,784 hours
    differs a little from the mean of the typical year.

    Returns:
        mean_overhead, peak_overhead, least_overhead [kW per kW of IT load] by (hall, period); halls and
        periods in table order.
    """
    periods = calendar.periods
    hours = typical_hours(periods["start"].iloc[0], periods["end"].iloc[-1])
    lengths = periods["hours"].to_numpy(dtype=np.int64)
    first = np.concatenate(([0], np.cumsum(lengths)[:-1]))
    curves = _curves(case)
    sequence = curves.hourly[:, hours]
    mean = np.add.reduceat(sequence, first, axis=1) / lengths
    peak = np.maximum.reduceat(sequence, first, axis=1)
    least = np.minimum.reduceat(sequence, first, axis=1)
    index = pd.MultiIndex.from_product([case["halls"]["hall"], periods["period"]], names=["hall", "period"])
    return pd.DataFrame(
        {
            "mean_overhead": mean[curves.pair_of_hall].ravel(),
            "peak_overhead": peak[curves.pair_of_hall].ravel(),
            "least_overhead": least[curves.pair_of_hall].ravel(),
        },
        index=index,
    )


def extreme_overhead(case: Case) -> pd.Series:
    r"""Cooling overhead at the design temperature: the power limits of halls and sites use it.

    $$ c^{ext}_h = c(\max_\tau T(\tau) + \Delta T) $$

    with \(\Delta T\) the setting `design_margin_c` [degC] above the hottest typical hour.

    Returns:
        The overhead by hall [kW per kW of IT load].
    """
    curves = _curves(case)
    hall = pd.Index(case["halls"]["hall"], name="hall")
    return pd.Series(curves.extreme[curves.pair_of_hall], index=hall, name="extreme_overhead")
