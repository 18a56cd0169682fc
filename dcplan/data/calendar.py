"""Time: fiscal years, periods, hours of the typical year, discounting, and demand by period.

Fiscal year n runs from 1 April n to 31 March n+1. No other module knows how long a period is. Dates that
end a span are exclusive: a period holds the days `start <= day < end`.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.data.case import Case, CaseInfo

DAYS_PER_YEAR: Final = 365.25
HOURS_PER_DAY: Final = 24
HOURS_PER_YEAR: Final = 8760
MONTHS_PER_YEAR: Final = 12
FIRST_MONTH: Final = 4
"""Month in which a fiscal year starts."""

MONTHS: Final = {"year": 12, "half": 6, "quarter": 3, "month": 1}
"""Months of a period by granularity."""

PERIOD_COLUMNS: Final = ("period", "start", "end", "fiscal_year", "days", "hours", "months", "tail")

_LEAP_DAY: Final = 59
_TIE: Final = 1e-9


def add_months(day: date, months: int) -> date:
    """Return the day `months` calendar months later (earlier if negative), clipped to the month's end.

    >>> add_months(date(2024, 1, 31), 1)
    datetime.date(2024, 2, 29)
    """
    count = day.year * MONTHS_PER_YEAR + day.month - 1 + months
    year, month = divmod(count, MONTHS_PER_YEAR)
    first = date(year, month + 1, 1)
    after = date(year + (month + 1) // MONTHS_PER_YEAR, (month + 1) % MONTHS_PER_YEAR + 1, 1)
    return first + timedelta(days=min(day.day, (after - first).days) - 1)


def months_between(start: date, end: date) -> float:
    """Return calendar months from `start` to `end`: whole months and the share of the one begun.

    >>> months_between(date(2023, 10, 1), date(2025, 4, 1))
    18.0
    """
    whole = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
    whole -= add_months(start, whole) > end
    begun = add_months(start, whole)
    return whole + (end - begun).days / (add_months(start, whole + 1) - begun).days


def fiscal_year(day: date) -> int:
    """Return the fiscal year of a day: n from 1 April n to 31 March n+1."""
    return day.year if day.month >= FIRST_MONTH else day.year - 1


def fiscal_year_start(year: int) -> date:
    """Return 1 April of the fiscal year."""
    return date(year, FIRST_MONTH, 1)


def days_in_fiscal_year(year: int) -> int:
    """Return 365, or 366 when the fiscal year holds a 29 February."""
    return (fiscal_year_start(year + 1) - fiscal_year_start(year)).days


def years_between(start: date, end: date) -> float:
    """Return the years from `start` to `end`: days / 365.25."""
    return (end - start).days / DAYS_PER_YEAR


def typical_hours(start: date, end: date) -> npt.NDArray[np.int64]:
    """Return the position in the typical year (0..8759) of every hour from `start` to `end` (exclusive).

    29 February repeats 28 February, so a leap year has 8,784 entries.
    """
    days = np.arange(np.datetime64(start, "D"), np.datetime64(end, "D"))
    years = days.astype("datetime64[Y]")
    of_year = (days - years.astype("datetime64[D]")).astype(np.int64)
    lengths = (
        (years + np.timedelta64(1, "Y")).astype("datetime64[D]") - years.astype("datetime64[D]")
    ).astype(np.int64)
    of_year = of_year - ((lengths == 366) & (of_year >= _LEAP_DAY))
    hours: npt.NDArray[np.int64] = (of_year[:, None] * HOURS_PER_DAY + np.arange(HOURS_PER_DAY)).ravel()
    return hours


def hours_of_typical_year() -> pd.DataFrame:
    """Return hour_of_year (0..8759), month (1..12), day (1..31) and hour (0..23) of the typical year."""
    hours = np.arange(HOURS_PER_YEAR)
    days = np.datetime64("2023-01-01") + hours // HOURS_PER_DAY
    months = days.astype("datetime64[M]")
    return pd.DataFrame(
        {
            "hour_of_year": hours,
            "month": months.astype(np.int64) % MONTHS_PER_YEAR + 1,
            "day": (days - months.astype("datetime64[D]")).astype(np.int64) + 1,
            "hour": hours % HOURS_PER_DAY,
        }
    )


@dataclass(frozen=True, eq=False)
class Calendar:
    """The periods of a case, tail included.

    `periods` has one row a period in time order: period (label), start, end (exclusive), fiscal_year, days,
    hours, months, tail. Periods tile the days from `as_of` to `end` without gap or overlap; `horizon_end`
    is where the tail starts.
    """

    periods: pd.DataFrame
    as_of: date
    horizon_end: date

    @cached_property
    def labels(self) -> list[str]:
        """Period labels in time order."""
        return [str(label) for label in self.periods["period"]]

    @cached_property
    def end(self) -> date:
        """The end (exclusive) of the last period."""
        last: date = self.periods["end"].iloc[-1]
        return last

    @cached_property
    def fiscal_years(self) -> list[int]:
        """Every fiscal year, tail included."""
        return [int(year) for year in self.periods["fiscal_year"].unique()]

    @cached_property
    def horizon_years(self) -> list[int]:
        """The fiscal years of the horizon, without the tail."""
        return [int(year) for year in self.periods.loc[~self.periods["tail"], "fiscal_year"].unique()]

    def years(self, day: date) -> float:
        """Return the years from `as_of` to a day."""
        return years_between(self.as_of, day)

    def discount_factor(self, rate: float, day: date) -> float:
        """Return the present value at `as_of` of 1 paid on a day: (1 + rate)^-years(day)."""
        return float((1.0 + rate) ** -self.years(day))

    def mid_years(self) -> pd.Series[float]:
        """Return the years from `as_of` to the midpoint of every period (whole and half days), by period."""
        days = [
            (start - self.as_of).days + (end - start).days / 2
            for start, end in zip(self.periods["start"], self.periods["end"], strict=True)
        ]
        return pd.Series(np.array(days) / DAYS_PER_YEAR, index=self._index(), name="years")

    def mid_discount_factor(self, rate: float) -> pd.Series[float]:
        """Return the present value at `as_of` of 1 paid evenly over every period, by period."""
        return ((1.0 + rate) ** -self.mid_years()).rename("discount_factor")

    def fiscal_year_discount_factor(self, rate: float) -> pd.Series[float]:
        """Return the present value at `as_of` of 1 paid at the middle of every fiscal year, by year."""
        days = [
            (fiscal_year_start(year) - self.as_of).days + days_in_fiscal_year(year) / 2
            for year in self.fiscal_years
        ]
        index = pd.Index(self.fiscal_years, name="fiscal_year")
        return pd.Series(
            (1.0 + rate) ** -(np.array(days) / DAYS_PER_YEAR), index=index, name="discount_factor"
        )

    def period_of(self, day: date) -> str | None:
        """Return the period that holds a day, or None outside the calendar."""
        found = int(self._starts.searchsorted(day.toordinal(), side="right")) - 1
        return self.labels[found] if found >= 0 and day < self.end else None

    def first_whole_period(self, day: date) -> str | None:
        """Return the first period with start >= day, or None when every period starts earlier."""
        found = int(self._starts.searchsorted(day.toordinal(), side="left"))
        return self.labels[found] if found < len(self.labels) else None

    @cached_property
    def _starts(self) -> npt.NDArray[np.int64]:
        return _ordinals(self.periods["start"])

    def _index(self) -> pd.Index[str]:
        return pd.Index(self.labels, name="period", dtype=object)


def first_whole_period(day: date, calendar: Calendar) -> str | None:
    """Return the label of the first period with start >= day, or None: dated capacity counts from it."""
    return calendar.first_whole_period(day)


def make_calendar(info: CaseInfo, granularity: str | None = None) -> Calendar:
    """Return the periods from `as_of` to `horizon_end`, then `tail_years` yearly periods.

    `granularity` (year, half, quarter or month) overrides the case's own. Labels are `FY2022`, `FY2022H1`,
    `FY2022Q1`, `2022-04`; a tail period is a fiscal year.

    Raises:
        InputError: `as_of` is not the start of such a period, or the horizon does not end on a later 1 April.
    """
    granularity = info.granularity if granularity is None else granularity
    problems = calendar_problems(info, granularity)
    if problems:
        raise InputError(problems)
    months = MONTHS[granularity]
    starts: list[date] = [info.as_of]
    while starts[-1] < info.horizon_end:
        starts.append(add_months(starts[-1], months))
    rows = [(_label(start, months), start, end, months, False) for start, end in pairwise(starts)]
    first_tail = fiscal_year(info.horizon_end)
    rows += [
        (f"FY{year}", fiscal_year_start(year), fiscal_year_start(year + 1), MONTHS_PER_YEAR, True)
        for year in range(first_tail, first_tail + info.tail_years)
    ]
    return Calendar(_periods(rows), info.as_of, info.horizon_end)


def _periods(rows: Sequence[tuple[str, date, date, int, bool]]) -> pd.DataFrame:
    days = np.array([(end - start).days for _, start, end, _, _ in rows], dtype=np.int64)
    return pd.DataFrame(
        {
            "period": pd.Index([row[0] for row in rows], dtype=object),
            "start": pd.Index([row[1] for row in rows], dtype=object),
            "end": pd.Index([row[2] for row in rows], dtype=object),
            "fiscal_year": np.array([fiscal_year(row[1]) for row in rows], dtype=np.int64),
            "days": days,
            "hours": days * HOURS_PER_DAY,
            "months": np.array([row[3] for row in rows], dtype=np.int64),
            "tail": np.array([row[4] for row in rows], dtype=bool),
        },
        columns=list(PERIOD_COLUMNS),
    )


def calendar_problems(info: CaseInfo, granularity: str) -> list[Problem]:
    """Return why no calendar of this granularity can be made from `as_of` to `horizon_end`."""

    def problem(key: str, value: object, rule: str, remedy: str) -> Problem:
        return Problem("case.toml", None, key, str(value), rule, remedy)

    if granularity not in MONTHS:
        words = ", ".join(MONTHS)
        return [problem("granularity", granularity, f"must be one of {words}", "Choose one of these words.")]
    problems = []
    whole = (info.as_of.month - FIRST_MONTH) % MONTHS[granularity] == 0 and info.as_of.day == 1
    if not whole:
        rule = f"must be the first day of a {granularity}"
        problems.append(problem("as_of", info.as_of, rule, "Choose a finer granularity or another day."))
    if (info.horizon_end.month, info.horizon_end.day) != (FIRST_MONTH, 1):
        remedy = "The horizon is whole fiscal years: write YYYY-04-01 (exclusive)."
        problems.append(problem("horizon_end", info.horizon_end, "must be a 1 April", remedy))
    elif info.horizon_end <= info.as_of:
        rule = f"must be later than as_of ({info.as_of})"
        problems.append(problem("horizon_end", info.horizon_end, rule, "Move the end of the horizon."))
    return problems


def _label(start: date, months: int) -> str:
    if months == 1:
        return f"{start.year}-{start.month:02d}"
    year = fiscal_year(start)
    number = (start.month - FIRST_MONTH) % MONTHS_PER_YEAR // months + 1
    return f"FY{year}" + {12: "", 6: f"H{number}", 3: f"Q{number}"}[months]


def _ordinals(days: pd.Series[date]) -> npt.NDArray[np.int64]:
    return np.array([day.toordinal() for day in days], dtype=np.int64)


def demand_on(case: Case, days: Sequence[date]) -> pd.DataFrame:
    """Return the contracted racks (unrounded) on each day: rows are days, columns classes.

    Linear in days between the dates of `demand.csv`, flat outside them.
    """
    at = np.array([day.toordinal() for day in days], dtype=np.float64)
    columns: dict[str, npt.NDArray[np.float64]] = {}
    for name, rows in case["demand"].groupby("class", sort=False):
        knots = np.array([day.toordinal() for day in rows["date"]], dtype=np.float64)
        order = np.argsort(knots)
        racks = rows["racks"].to_numpy(dtype=np.float64)
        columns[str(name)] = np.interp(at, knots[order], racks[order])
    return pd.DataFrame(columns, index=pd.Index(list(days), dtype=object, name="date"))


def booked_by_period(case: Case, calendar: Calendar) -> pd.DataFrame:
    r"""Return the reservations that stand in each period.

    Columns: reservation, class, region, period, racks, share, arrival, counted. A reservation stands in each
    period that holds one of its days \([from, until)\); `share` is the share of the period's days that it
    stands, `arrival` marks the first such period. A tail period holds what stands on the last day of the
    horizon.
    """
    rows, periods = case["reservations"], calendar.periods
    last, forever = calendar.horizon_end, calendar.end.toordinal()
    until = [forever if day is None or day >= last else day.toordinal() for day in rows["until"]]
    stop, first = np.array(until, dtype=np.int64)[:, None], _ordinals(rows["from_date"])[:, None]
    start, end = _ordinals(periods["start"])[None, :], _ordinals(periods["end"])[None, :]
    days = np.minimum(end, stop) - np.maximum(start, first)
    stands = days > 0
    row, period = np.nonzero(stands)
    share, arrival = days / (end - start), (first >= start) & (first < end)
    found = rows.take(row).reset_index(drop=True)
    found["period"] = periods["period"].take(period).set_axis(found.index)
    found = found.assign(share=share[stands], arrival=arrival[stands])
    return found[["reservation", "class", "region", "period", "racks", "share", "arrival", "counted"]]


def demand_by_period(case: Case, calendar: Calendar) -> pd.DataFrame:
    r"""Return the demand of every class in every period: class, period, racks (whole), mean_share.

    $$ D_{k,t} = \lfloor \max(d_k(start_t), d_k(end_t)) + 0.5 \rfloor + \sum_r n_r, \qquad
       \text{mean\_share}_{k,t} = \frac{(d_k(start_t) + d_k(end_t)) / 2 + \sum_r n_r \tau_{r,t}}{D_{k,t}} $$

    with mean_share = 0 where D = 0. r are the reservations on top of demand that stand in the period, n their
    racks, \(\tau\) the share of its days. Tail periods hold the demand of `horizon_end`. Classes come in the
    order of `classes.csv`, periods in time order. Ties that rounding noise hides (within 1e-9 racks) round
    up.
    """
    stop = calendar.horizon_end
    starts = [min(day, stop) for day in calendar.periods["start"]]
    ends = [min(day, stop) for day in calendar.periods["end"]]
    classes = [str(name) for name in case["classes"]["class"]]
    both = demand_on(case, [*starts, *ends])[classes].to_numpy().T
    first, last = both[:, : len(starts)], both[:, len(starts) :]
    racks = np.floor(np.maximum(first, last) + 0.5 + _TIE)
    mean = (first + last) / 2
    booked = booked_by_period(case, calendar)
    on_top = booked[booked["counted"] == "on_top"]
    place = {name: i for i, name in enumerate(classes)}, {name: i for i, name in enumerate(calendar.labels)}
    cells = on_top["class"].map(place[0]).to_numpy(int), on_top["period"].map(place[1]).to_numpy(int)
    np.add.at(racks, cells, on_top["racks"].to_numpy(float))
    np.add.at(mean, cells, (on_top["racks"] * on_top["share"]).to_numpy(float))
    share = np.divide(mean, racks, out=np.zeros_like(mean), where=racks > 0)
    return pd.DataFrame(
        {
            "class": pd.Index(np.repeat(classes, len(calendar.labels)), dtype=object),
            "period": pd.Index(calendar.labels * len(classes), dtype=object),
            "racks": racks.ravel().astype(np.int64),
            "mean_share": share.ravel(),
        }
    )
