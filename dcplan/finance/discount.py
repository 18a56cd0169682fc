r"""Discounting: present value, annuity, net present value, internal rates of return, payback.

One convention everywhere: a year is 365.25 days, an amount after $t$ years is worth $(1+w)^{-t}$ of itself,
rates are effective yearly rates, amounts that a planner receives are positive.

Source: any text on investment appraisal, e.g. Brealey, Myers and Allen, *Principles of Corporate Finance*.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float64]

DAYS_PER_YEAR = 365.25
LOWEST_RATE, HIGHEST_RATE = -0.99, 10.0
"""The open interval in which a rate of return is looked for."""

_GRID = 4000
_WHOLE = 1e-9
_DUST = 1e-12
_HALVINGS = 60


@dataclass(frozen=True)
class RateOfReturn:
    """The internal rates of return of some flows.

    Attributes:
        rate: the rate where there is exactly one [1/year]; None otherwise.
        roots: every rate at which the net present value is 0, ascending.
        flag: `unique`, `multiple` (more than one root: no rate says anything; use the modified one),
            `no_sign_change` (nothing but income, or nothing but cost) or `no_root` (none in the interval).
    """

    rate: float | None
    roots: tuple[float, ...]
    flag: str


def years_after(as_of: date, days: Sequence[date]) -> Floats:
    """Return the years from `as_of` to each day, days / 365.25; negative before it."""
    dates = np.array(list(days), dtype="datetime64[D]")
    return np.asarray((dates - np.datetime64(as_of, "D")).astype(np.int64) / DAYS_PER_YEAR)


def middle_years(as_of: date, starts: Sequence[date], ends: Sequence[date]) -> Floats:
    """Return the years from `as_of` to the middle of each span [start, end): half days count."""
    return np.asarray((years_after(as_of, starts) + years_after(as_of, ends)) / 2.0)


def discount_factor(rate: float, years: npt.ArrayLike) -> Floats:
    r"""Return the worth today of 1 after some years.

    $$ d(t) = (1 + w)^{-t} $$

    Raises:
        ValueError: the rate is not above -1.
    """
    _refuse_rate(rate)
    return np.asarray((1.0 + rate) ** -np.asarray(years, dtype=np.float64))


def present_value(rate: float, amounts: npt.ArrayLike, years: npt.ArrayLike) -> float:
    r"""Return the net present value of dated amounts, in their unit.

    $$ \mathrm{NPV} = \sum_i a_i (1 + w)^{-t_i} $$

    Args:
        rate: effective yearly rate.
        amounts: shape (flows).
        years: years to each flow, shape (flows).

    Raises:
        ValueError: amounts and years differ in number, an amount is missing, or the rate is not above -1.
    """
    flows, times = _flows(amounts, years)
    return float(flows @ discount_factor(rate, times))


def annuity(rate: float, life_years: npt.ArrayLike) -> Floats:
    r"""Return the yearly payment at each year's end that repays 1 over a life [1/year].

    $$ \frac{w}{1 - (1+w)^{-L}}, \qquad 1/L \text{ at } w = 0 $$

    The equivalent annual cost of an asset is its cost times this: it compares assets of different lives as
    if each were replaced by its like for ever.

    Raises:
        ValueError: a life is not positive, or the rate is not above -1.
    """
    _refuse_rate(rate)
    life = np.asarray(life_years, dtype=np.float64)
    if not (life > 0).all():
        raise ValueError("a life must be a positive number of years")
    if rate == 0:
        return np.asarray(1.0 / life)
    return np.asarray(rate / -np.expm1(-life * np.log1p(rate)))


def remaining_share(rate: float, life_years: npt.ArrayLike, age_years: npt.ArrayLike) -> Floats:
    r"""Return the share of a cost that its annuity has not yet repaid at an age; straight line at rate 0.

    $$ \frac{1 - (1+w)^{-(L-a)}}{1 - (1+w)^{-L}}, \qquad 0 \text{ for } a \ge L $$

    Raises:
        ValueError: a life is not positive, or the rate is not above -1.
    """
    life, age = np.broadcast_arrays(np.asarray(life_years, float), np.asarray(age_years, float))
    left = np.maximum(life - age, 0.0)
    if rate == 0:
        return np.asarray(left * annuity(rate, life))
    return np.asarray(-np.expm1(-left * np.log1p(rate)) * annuity(rate, life) / rate)


def internal_rate_of_return(amounts: npt.ArrayLike, years: npt.ArrayLike) -> RateOfReturn:
    r"""Return every rate $w$ in (-0.99, 10) with $\sum_i a_i (1+w)^{-t_i} = 0$.

    Flows at whole or half years make a polynomial in $(1+w)^{-1/2}$, whose roots are all found, double ones
    too. Other flows are bracketed on a fine grid: a double root between two grid points is not seen there.
    A flow below 1e-12 of the largest one does not count.

    Raises:
        ValueError: amounts and years differ in number, or an amount is missing.
    """
    flows, times = _flows(amounts, years)
    counted = np.abs(flows) > _DUST * np.abs(flows).max(initial=0.0)
    flows, times = flows[counted], times[counted]
    if flows.size == 0 or (flows > 0).all() or (flows < 0).all():
        return RateOfReturn(None, (), "no_sign_change")
    times = times - times.min()
    steps = np.round(2.0 * times)
    regular = np.abs(2.0 * times - steps).max() < _WHOLE and steps.max() <= 400
    roots = _polynomial_roots(flows, steps.astype(np.int64)) if regular else _bracketed_roots(flows, times)
    if len(roots) == 1:
        return RateOfReturn(roots[0], roots, "unique")
    return RateOfReturn(None, roots, "multiple" if roots else "no_root")


def modified_rate_of_return(
    amounts: npt.ArrayLike, years: npt.ArrayLike, finance_rate: float, reinvest_rate: float
) -> float | None:
    r"""Return the modified internal rate of return; None where there is no cost or no income.

    $$ \Bigl( \frac{\sum_{a_i > 0} a_i (1+r)^{T - t_i}}{-\sum_{a_i < 0} a_i (1+f)^{-t_i}} \Bigr)^{1/T} - 1 $$

    with T the time from the first to the last flow: what is received is reinvested at r until T, what is paid
    is financed at f. It is always unique.

    Raises:
        ValueError: amounts and years differ in number, an amount is missing, or a rate is not above -1.
    """
    flows, times = _flows(amounts, years)
    flows, times = flows[flows != 0.0], times[flows != 0.0]
    if flows.size == 0 or (flows > 0).all() or (flows < 0).all():
        return None
    times = times - times.min()
    last = float(times.max())
    if last == 0.0:
        return None
    received = np.where(flows > 0, flows, 0.0) @ discount_factor(reinvest_rate, times - last)
    paid = -np.where(flows < 0, flows, 0.0) @ discount_factor(finance_rate, times)
    return float((received / paid) ** (1.0 / last) - 1.0)


def payback_years(amounts: npt.ArrayLike, years: npt.ArrayLike) -> float | None:
    """Return the time after which the cumulated flows stay at or above 0, interpolated within a step.

    The time runs from year 0 of `years`. A sum that dips below 0 again later has not been paid back by then:
    the last crossing counts. 0 where no money is ever out, None where it is not back by the last flow.

    Raises:
        ValueError: amounts and years differ in number, or an amount is missing.
    """
    flows, times = _flows(amounts, years)
    order = np.argsort(times, kind="stable")
    times, first = np.unique(times[order], return_index=True)
    if times.size == 0:
        return 0.0
    total = np.cumsum(np.add.reduceat(flows[order], first))
    out = np.flatnonzero(total < 0.0)
    if out.size == 0:
        return 0.0
    last = int(out[-1])
    if last == times.size - 1:
        return None
    part = -total[last] / (total[last + 1] - total[last])
    return float(times[last] + part * (times[last + 1] - times[last]))


def discounted_payback_years(rate: float, amounts: npt.ArrayLike, years: npt.ArrayLike) -> float | None:
    """Return `payback_years` of the flows in present values at a rate.

    Raises:
        ValueError: as of `payback_years`, or the rate is not above -1.
    """
    flows, times = _flows(amounts, years)
    return payback_years(flows * discount_factor(rate, times), times)


def _polynomial_roots(flows: Floats, steps: npt.NDArray[np.int64]) -> tuple[float, ...]:
    """Return rates from the roots of the polynomial in x = (1 + w)^(-1/2), or of its smallest step."""
    step = int(np.gcd.reduce(steps))
    coefficients = np.zeros(int(steps.max()) // step + 1)
    np.add.at(coefficients, steps // step, flows)
    found = np.roots(coefficients[::-1])
    scale = np.maximum(np.abs(found), 1e-12)
    ends = (1.0 + np.array([HIGHEST_RATE, LOWEST_RATE])) ** (-step / 2.0)
    inside = (found.real > ends[0]) & (found.real < ends[1])
    real = found.real[(np.abs(found.imag) <= 1e-6 * scale) & inside]
    rates = np.sort(real ** (-2.0 / step) - 1.0)
    apart = np.diff(rates, prepend=-np.inf) > 1e-5 * (1.0 + np.abs(rates))
    return tuple(_polished(flows, steps / 2.0, float(rate)) for rate in rates[apart])


def _polished(flows: Floats, times: Floats, rate: float) -> float:
    """Return a root to full precision where the sign changes around it; a double root stays as it is."""
    width = 1e-6 * (1.0 + abs(rate))
    low, high = max(rate - width, LOWEST_RATE), rate + width
    values = [present_value(edge, flows, times) for edge in (low, high)]
    if values[0] * values[1] >= 0.0:
        return rate
    return _bisected(flows, times, low, high)


def _bracketed_roots(flows: Floats, times: Floats) -> tuple[float, ...]:
    """Return a root for each change of sign on a grid that is even in log(1 + w)."""
    edges = np.geomspace(1.0 + LOWEST_RATE, 1.0 + HIGHEST_RATE, _GRID) - 1.0
    values = np.array((1.0 + edges)[:, None] ** -times[None, :]) @ flows
    changes = np.flatnonzero(values[:-1] * values[1:] < 0.0)
    exact = [float(rate) for rate in edges[values == 0.0]]
    crossed = [_bisected(flows, times, float(edges[i]), float(edges[i + 1])) for i in changes]
    return tuple(sorted([*exact, *crossed]))


def _bisected(flows: Floats, times: Floats, low: float, high: float) -> float:
    """Return the root between two rates whose present values have opposite signs."""
    below = present_value(low, flows, times)
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        value = present_value(middle, flows, times)
        if value == 0.0:
            return middle
        low, high = (middle, high) if (value > 0.0) == (below > 0.0) else (low, middle)
    return (low + high) / 2.0


def _flows(amounts: npt.ArrayLike, years: npt.ArrayLike) -> tuple[Floats, Floats]:
    flows, times = np.asarray(amounts, dtype=np.float64), np.asarray(years, dtype=np.float64)
    if flows.ndim != 1 or flows.shape != times.shape:
        raise ValueError("each amount needs its time")
    if not (np.isfinite(flows).all() and np.isfinite(times).all()):
        raise ValueError("amounts and times must be numbers; none may be missing")
    return flows, times


def _refuse_rate(rate: float) -> None:
    if not rate > -1.0:
        raise ValueError("a rate must be above -1")
