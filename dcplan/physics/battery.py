r"""A battery that shaves the highest load of each day, and is full again by midnight.

It starts every day full, discharges where the load is above a level K and recharges after the last such hour,
below K. A level can be held on a day if

$$ \max_h L_h - K \le P, \qquad \sum_h (L_h - K)^+ \le E, \qquad
   \eta \sum_{h > h_{last}} \min(P, (K - L_h)^+) \ge \sum_h (L_h - K)^+ $$

with rated power P [kW], usable energy E [kWh] and round-trip efficiency \(\eta\). Each side is monotone in K,
so that the least level is found by bisection.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

_HALVINGS = 60


class Battery(NamedTuple):
    """A battery as it stands in a year."""

    power_kw: float
    usable_kwh: float
    round_trip: float


def usable_kwh(energy_kwh: float, fade_per_year: float, age_years: float) -> float:
    """Energy that a battery still delivers at an age: its new energy less a straight fade [kWh].

    >>> usable_kwh(696.0, 0.02, 5.0)
    626.4
    """
    return energy_kwh * max(0.0, 1.0 - fade_per_year * age_years)


def least_level(load_kw: Array, battery: Battery) -> Array:
    """Least level that a battery can hold on each day.

    Args:
        load_kw: load (day, 24) [kW], finite.
        battery: the battery.

    Returns:
        (day,) the level K [kW]; the day's highest load where nothing can be cut.
    """
    high = load_kw.max(axis=1)
    low = high - battery.power_kw
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        held = _holds(load_kw, middle, battery)
        high, low = np.where(held, middle, high), np.where(held, low, middle)
    return np.asarray(high)


def _holds(load_kw: Array, level_kw: Array, battery: Battery) -> npt.NDArray[np.bool_]:
    level = level_kw[:, np.newaxis]
    needed = np.maximum(load_kw - level, 0.0).sum(axis=1)
    room = _room(load_kw, level, battery).sum(axis=1)
    enough = (needed <= battery.usable_kwh) & (battery.round_trip * room >= needed)
    return np.asarray(enough & (load_kw.max(axis=1) - level_kw <= battery.power_kw))


def _room(load_kw: Array, level: Array, battery: Battery) -> Array:
    """Most that can be charged in each hour: after the last discharge of the day, below the level [kW]."""
    above = load_kw > level
    hours = load_kw.shape[1]
    last = hours - 1 - np.argmax(above[:, ::-1], axis=1)
    after = (np.arange(hours) > last[:, np.newaxis]) & above.any(axis=1, keepdims=True)
    return np.where(after, np.minimum(np.maximum(level - load_kw, 0.0), battery.power_kw), 0.0)


def dispatch(load_kw: Array, level_kw: float, battery: Battery) -> Array:
    """Power of a battery that holds a level on every day: (day, 24) [kW], discharge positive.

    Charging is spread over the hours after the last discharge in proportion to their room.

    Args:
        load_kw: load (day, 24) [kW].
        level_kw: a level that `least_level` allows on each day.
        battery: the battery.

    Raises:
        ValueError: the battery cannot hold the level on some day.
    """
    held = _holds(load_kw, np.full(len(load_kw), level_kw), battery)
    if not held.all():
        raise ValueError(f"{level_kw:g} kW cannot be held on {int((~held).sum())} days")
    discharge = np.maximum(load_kw - level_kw, 0.0)
    room = _room(load_kw, np.full((len(load_kw), 1), level_kw), battery)
    total = room.sum(axis=1, keepdims=True)
    charged = discharge.sum(axis=1, keepdims=True) / battery.round_trip
    share = np.divide(charged, total, out=np.zeros_like(total), where=total > 0.0)
    return np.asarray(discharge - room * share)
