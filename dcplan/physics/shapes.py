"""How the IT load of a class varies over the hours of a day, on working days and on others."""

from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from dcplan.data.calendar import HOURS_PER_DAY, Calendar, typical_hours
from dcplan.data.case import Case

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

HOURS = tuple(f"h{hour:02d}" for hour in range(HOURS_PER_DAY))
"""Columns of `load_shapes.csv`: the hours of a day, 0 the one after midnight."""

DAYS = ("working", "weekend")
_SATURDAY = 5
_EPOCH_WEEKDAY = 3  # 1 January 1970 was a Thursday


class Clock(NamedTuple):
    """Every hour of some periods, in time order."""

    start: "npt.NDArray[np.datetime64]"
    """First minute of each hour."""
    typical: Index
    """Position of each hour in the typical year."""
    period: Index
    """Position of each hour's period."""
    fiscal_year: Index
    """Fiscal year of each hour."""
    hour: Index
    """Hour of the day, 0 to 23."""
    weekend: npt.NDArray[np.bool_]
    """Whether the day is a Saturday or a Sunday."""
    first: Index
    """Position of the first hour of each period."""


def clock_of(calendar: Calendar) -> Clock:
    """Hours of the horizon of a calendar; the tail is no part of a plan."""
    periods = calendar.periods[~calendar.periods["tail"]]
    begin: date = periods["start"].iloc[0]
    end: date = periods["end"].iloc[-1]
    start = np.arange(np.datetime64(begin, "h"), np.datetime64(end, "h"))
    lengths = periods["hours"].to_numpy(dtype=np.int64)
    day = start.astype("datetime64[D]")
    return Clock(
        start=start,
        typical=typical_hours(begin, end),
        period=np.repeat(np.arange(len(periods)), lengths),
        fiscal_year=np.repeat(periods["fiscal_year"].to_numpy(dtype=np.int64), lengths),
        hour=(start - day).astype(np.int64),
        weekend=(day.astype(np.int64) + _EPOCH_WEEKDAY) % 7 >= _SATURDAY,
        first=np.concatenate(([0], np.cumsum(lengths)[:-1])),
    )


def hourly_shapes(case: Case, clock: Clock) -> Array:
    r"""Load of each class in each hour, of its mean over the period: (class, hour).

    $$ s_k(\tau) = w_k(d(\tau), \tau) \Big/ \frac{1}{|H_t|} \sum_{\tau' \in H_t} w_k(d(\tau'), \tau') $$

    w is the row of `load_shapes.csv` of the class and the kind of day d. Its mean over every period is 1, so
    that the energy of a period does not depend on it. A class without a row is flat.
    """
    rows = case["load_shapes"]
    classes = case["classes"]["class"].tolist()
    table = np.ones((len(classes), len(DAYS), HOURS_PER_DAY))
    values = rows[list(HOURS)].to_numpy(dtype=np.float64).reshape(-1, HOURS_PER_DAY)
    table[[classes.index(name) for name in rows["class"]], [DAYS.index(day) for day in rows["days"]]] = values
    weights = table[:, clock.weekend.astype(np.int64), clock.hour]
    lengths = np.diff(np.append(clock.first, clock.period.size))
    mean = np.add.reduceat(weights, clock.first, axis=1) / lengths
    return np.asarray(weights / mean[:, clock.period])
