"""The audit's own calendar: periods, fiscal years, lags in months, typical hours, discount factors.

A fiscal year FYn runs from 1 April n. Periods of one length run from the opening date to the end of the
horizon; yearly tail periods follow. Years between two dates are days / 365.25.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np

from dcplan.plans.audit.reading import Codes, Flags, Floats

MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}
_MONTH_STARTS = np.cumsum([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30])


def plus_months(day: date, months: int) -> date:
    """Return the date `months` calendar months later, its day cut to the length of the month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def fiscal_year(day: date) -> int:
    """Return n of the fiscal year FYn that holds the date."""
    return day.year if day.month >= 4 else day.year - 1


def days_of_fiscal_year(year: int) -> int:
    """Return 366 for a fiscal year that holds a 29 February, else 365."""
    return (date(year + 1, 4, 1) - date(year, 4, 1)).days


@dataclass(frozen=True)
class Clock:
    """The periods of a plan; every list and array runs over them in order.

    `years` are the fiscal years of the periods and `year_of` the place of a period's year among them.
    """

    as_of: date
    horizon_end: date
    rate: float
    labels: tuple[str, ...]
    starts: tuple[date, ...]
    ends: tuple[date, ...]
    months: Codes
    tail: Flags
    years: tuple[int, ...]
    year_of: Codes

    @property
    def end(self) -> date:
        """The end of the last period, exclusive."""
        return self.ends[-1]

    @property
    def size(self) -> int:
        """The number of periods."""
        return len(self.labels)

    @cached_property
    def days(self) -> Codes:
        """Days of each period."""
        return np.array([(e - s).days for s, e in zip(self.starts, self.ends, strict=True)], dtype=np.int64)

    @cached_property
    def hours(self) -> Codes:
        """Hours of each period."""
        return 24 * self.days

    @cached_property
    def year_days(self) -> Codes:
        """Days of the whole fiscal year of each period."""
        return np.array([days_of_fiscal_year(self.years[i]) for i in self.year_of], dtype=np.int64)

    @cached_property
    def horizon_years(self) -> tuple[int, ...]:
        """The fiscal years that are planned and reported; tail years are left out."""
        return tuple(year for year in self.years if date(year, 4, 1) < self.horizon_end)

    def factor(self, days_after_opening: float) -> float:
        """Return the discount factor of a day: (1 + w)^-(days / 365.25)."""
        return float((1 + self.rate) ** (-days_after_opening / 365.25))

    def factor_at(self, day: date) -> float:
        """Return the discount factor of a date."""
        return self.factor((day - self.as_of).days)

    def middle(self) -> Floats:
        """Return the days from the opening to the middle of each period."""
        edges = zip(self.starts, self.ends, strict=True)
        return np.array([((s - self.as_of).days + (e - self.as_of).days) / 2 for s, e in edges])

    def middle_factors(self) -> Floats:
        """Return the discount factor of the middle of each period."""
        return np.array([self.factor(days) for days in self.middle()])

    def year_factors(self) -> Floats:
        """Return the discount factor of the middle of each whole fiscal year, in the order of `years`."""
        middles = [(date(y, 4, 1) - self.as_of).days + days_of_fiscal_year(y) / 2 for y in self.years]
        return np.array([self.factor(days) for days in middles])

    def first_whole(self, day: date) -> int:
        """Return the first period that starts at or after a date, or the number of periods."""
        return next((t for t, start in enumerate(self.starts) if start >= day), self.size)

    def holding(self, day: date) -> int | None:
        """Return the period that holds a date, or None outside all periods."""
        return next((t for t in range(self.size) if self.starts[t] <= day < self.ends[t]), None)

    def last_of_years(self) -> Codes:
        """Return the last period of each fiscal year, in the order of `years`."""
        last = [int(np.flatnonzero(self.year_of == i)[-1]) for i in range(len(self.years))]
        return np.array(last, dtype=np.int64)

    @cached_property
    def same_year(self) -> Flags:
        """A (period, year) table that is true where the period is in the year."""
        return np.asarray(self.year_of[:, None] == np.arange(len(self.years))[None, :])

    def typical_days(self) -> Codes:
        """Return how often each of the 365 typical days falls in each period: (period, day).

        Hour counts follow, as each day has 24 hours; a 29 February repeats the 28th.
        """
        counts = np.zeros((self.size, 365), dtype=np.int64)
        for t in range(self.size):
            days = np.arange(np.datetime64(self.starts[t]), np.datetime64(self.ends[t]))
            firsts = days.astype("datetime64[M]")
            month = firsts.astype(np.int64) % 12
            in_month = np.minimum((days - firsts).astype(np.int64), np.where(month == 1, 27, 30))
            np.add.at(counts[t], _MONTH_STARTS[month] + in_month, 1)
        return counts


def make_clock(as_of: date, horizon_end: date, granularity: str, tail_years: int, rate: float) -> Clock:
    """Return the periods from the opening date to the horizon's end, then the yearly tail.

    Raises:
        ValueError: The opening or the end is not the start of a period, or the granularity is unknown.
    """
    if granularity not in MONTHS:
        raise ValueError(f"the granularity {granularity} is unknown")
    step = MONTHS[granularity]
    edges = [as_of]
    while edges[-1] < horizon_end:
        edges.append(plus_months(edges[-1], step))
    aligned = as_of.day == 1 and (as_of.month - 4) % step == 0
    if not aligned or edges[-1] != horizon_end or (horizon_end.month, horizon_end.day) != (4, 1):
        raise ValueError(f"{as_of} to {horizon_end} is not a whole number of periods of one {granularity}")
    labels = [_label(start, granularity) for start in edges[:-1]]
    months = [step] * len(labels) + [12] * tail_years
    tail = [False] * len(labels) + [True] * tail_years
    for _ in range(tail_years):
        labels.append(_label(edges[-1], "year"))
        edges.append(plus_months(edges[-1], 12))
    of_period = [fiscal_year(start) for start in edges[:-1]]
    years = tuple(sorted(set(of_period)))
    return Clock(
        as_of=as_of,
        horizon_end=horizon_end,
        rate=rate,
        labels=tuple(labels),
        starts=tuple(edges[:-1]),
        ends=tuple(edges[1:]),
        months=np.array(months, dtype=np.int64),
        tail=np.array(tail, dtype=np.bool_),
        years=years,
        year_of=np.array([years.index(year) for year in of_period], dtype=np.int64),
    )


def _label(start: date, granularity: str) -> str:
    year = fiscal_year(start)
    if granularity == "month":
        return f"{start:%Y-%m}"
    month = (start.month - 4) % 12
    part = {"year": "", "half": f"H{month // 6 + 1}", "quarter": f"Q{month // 3 + 1}"}
    return f"FY{year}{part[granularity]}"
