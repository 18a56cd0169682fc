r"""Japanese straight-line depreciation (teigaku-ho, assets acquired since 1 April 2007).

The rate is the one of the statutory table: 1 / life, rounded up to three decimals (15 years: 0.067). An
asset is charged by months from the month of its service, that month included, until its book value is the
memo value of 1 yen; there is no residual value. The rounded-up rate makes the last charge smaller.

Amounts are not rounded to yen: a charge rounded yearly would differ by less than one yen a year and asset.

Source: Order for Enforcement of the Corporation Tax Act, article 48-2; Ministry of Finance Ordinance on
Useful Lives of Depreciable Assets, appended table 8.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]
Whole: TypeAlias = npt.NDArray[np.int64]

MEMO_MJPY = 1e-6
"""The book value that a fully depreciated asset keeps until it is retired: 1 yen, in M JPY."""

_TIE = 1e-9


def statutory_rate(life_years: npt.ArrayLike) -> Floats:
    r"""Return the straight-line rate of a useful life [1/year].

    $$ r = \lceil 1000 / L \rceil / 1000 $$

    Raises:
        ValueError: a life is not a positive number.
    """
    life = np.asarray(life_years, dtype=np.float64)
    if not (life > 0).all():
        raise ValueError("a useful life must be a positive number of years")
    return np.asarray(np.ceil(1000.0 / life - _TIE) / 1000.0)


def months_in_use(service_date: Sequence[date], day: Sequence[date]) -> Whole:
    """Return the calendar months from the month of service to the last one that ended before or on `day`.

    The month of service counts whole. Shape (assets, days); 0 before service.
    """
    return _months_to(service_date, _month(day))


def straight_line(
    cost_mjpy: npt.ArrayLike,
    life_years: npt.ArrayLike,
    service_date: Sequence[date],
    fiscal_years: Sequence[int] | npt.ArrayLike,
) -> Floats:
    r"""Return the depreciation charge of assets in fiscal years [M JPY], shape (assets, fiscal years).

    $$ \text{charge} = C\, r\, \tfrac{m}{12} \quad \text{until the book value is 1 yen} $$

    with m the months in use within the year (1 April to 31 March).

    Args:
        cost_mjpy: acquisition cost of each asset [M JPY].
        life_years: useful life of each asset [years].
        service_date: day on which each asset comes into service.
        fiscal_years: the years wanted, in any order; FYn begins on 1 April n.

    Raises:
        ValueError: a life is not positive, a cost is negative, or the assets differ in number.
    """
    years = np.asarray(fiscal_years, dtype=np.int64)
    at_end = accumulated(cost_mjpy, life_years, _months_to(service_date, _april(years + 1)))
    return at_end - accumulated(cost_mjpy, life_years, _months_to(service_date, _april(years)))


def book_value(
    cost_mjpy: npt.ArrayLike,
    life_years: npt.ArrayLike,
    service_date: Sequence[date],
    fiscal_years: Sequence[int] | npt.ArrayLike,
) -> Floats:
    """Return the book value of assets at the end of fiscal years [M JPY], shape (assets, fiscal years).

    0 at the end of a year before service (the asset is still in construction), cost less accumulated charges
    afterwards, 1 yen when fully depreciated. Arguments and errors as of `straight_line`.
    """
    years = np.asarray(fiscal_years, dtype=np.int64)
    months = _months_to(service_date, _april(years + 1))
    cost = np.asarray(cost_mjpy, dtype=np.float64)
    left = cost[:, None] - accumulated(cost, life_years, months)
    return np.asarray(np.where(months > 0, left, 0.0))


def accumulated(cost_mjpy: npt.ArrayLike, life_years: npt.ArrayLike, months: npt.ArrayLike) -> Floats:
    """Return the depreciation accumulated after so many months in use [M JPY], shape (assets, ...).

    Args:
        cost_mjpy: acquisition cost of each asset [M JPY].
        life_years: useful life of each asset [years].
        months: months in use, shape (assets, ...), the month of service included.

    Raises:
        ValueError: a life is not positive, a cost is negative, or the assets differ in number.
    """
    cost, life = np.asarray(cost_mjpy, dtype=np.float64), np.asarray(life_years, dtype=np.float64)
    used = np.asarray(months, dtype=np.float64)
    if not cost.shape == life.shape == used.shape[:1]:
        raise ValueError("cost, life and service date must be given once for each asset")
    if not (cost >= 0).all():
        raise ValueError("a cost must not be negative")
    by_asset = (slice(None), *(None,) * (used.ndim - 1))
    yearly = (cost * statutory_rate(life))[by_asset]
    most = np.maximum(cost - MEMO_MJPY, 0.0)[by_asset]
    return np.asarray(np.minimum(yearly * used / 12.0, most))


def last_fiscal_year(life_years: npt.ArrayLike, service_date: Sequence[date]) -> Whole:
    """Return for each asset a fiscal year after which nothing is charged any more, shape (assets)."""
    months = np.ceil(12.0 / statutory_rate(life_years) - _TIE).astype(np.int64)
    last = _month(service_date) + months - 1
    return np.asarray((last - 3) // 12)


def _months_to(service_date: Sequence[date], month: Whole) -> Whole:
    return np.asarray(np.maximum(0, month[None, :] - _month(service_date)[:, None]))


def _month(days: Sequence[date]) -> Whole:
    """Return the number of the month of each day: 12 x year + month - 1."""
    months = np.array(list(days), dtype="datetime64[M]").astype(np.int64)
    return np.asarray(months + 12 * 1970)


def _april(years: Whole) -> Whole:
    return np.asarray(12 * np.atleast_1d(years) + 3)
