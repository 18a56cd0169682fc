r"""What a battery must deliver to cut the peak of a load curve, as rows over the cut and the load.

A curve gives, for one kW of load, how far the site's power lies below its peak in each hour:
\(\sigma(d, h) \ge 0\), by day d and hour of the day h. A load of \(\Lambda\) kW whose peak is cut by x kW
needs on a day

$$ E_d(x, \Lambda) = \sum_h (x - \Lambda\,\sigma(d,h))^+ = \max_n \bigl( n\,x - \Lambda\,A_{d,n} \bigr)
   \qquad [\mathrm{kWh}] $$

with \(A_{d,n}\) the sum of the n smallest \(\sigma\) of the day. It is convex and homogeneous in
(x, \(\Lambda\)), and the worst day has the same form with \(A_n = \min_d A_{d,n}\): 24 tangents are all.

The battery starts each day full, and charges after the last hour in which it ran, below the level that it
holds, until midnight, with at most the power of the cut. What it can charge falls and what it needs grows
with \(x / \Lambda\), so that this sets a largest share \(x \le \xi\,\Lambda\).
"""

import numpy as np
import numpy.typing as npt

from dcplan.data.calendar import HOURS_PER_DAY

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]

DECIMALS = 9
"""Of a distance to the peak: what is left is noise of the sums."""
_HALVINGS = 60


def slack(overhead: Array, sun: Array, ratio: float) -> Array:
    """How far power lies below its highest hour, panels taken off, per kW of IT load: (day, 24) [-].

    What panels alone take off the highest hour is no cut: a cloud would undo it.

    Args:
        overhead: facility kW per kW of IT load (day, 24); the peak is its largest value.
        sun: generation per kW of panels (day, 24) [kW/kW].
        ratio: kW of panels per kW of IT load.
    """
    net = overhead - ratio * sun
    return np.asarray(np.round(net.max() - net, DECIMALS))


def tangents(below: Array) -> Array:
    """Least sum of the n smallest values of a day, n = 1 to 24: A_n [-].

    Args:
        below: slack (day, 24).
    """
    return np.asarray(np.cumsum(np.sort(below, axis=1), axis=1).min(axis=0))


def needed(hours: Index, sums: Array, cut: float) -> float:
    """Energy for a cut of one kW of load by the tangents of given hours [kWh]."""
    return float(np.maximum(hours * cut - sums, 0.0).max(initial=0.0))


def binding(sums: Array, largest: float) -> Index:
    """Numbers of hours n whose tangent is the highest somewhere between no cut and the largest share.

    Args:
        sums: A_n, n = 1 to 24.
        largest: largest cut per kW of load.
    """
    hours = np.arange(1, HOURS_PER_DAY + 1)
    kept = []
    at = 0.0
    while True:
        lines = hours * at - sums
        best = int(np.flatnonzero(lines >= lines.max() - 1e-12)[-1])  # the steepest of those that touch
        kept.append(best)
        later = np.arange(best + 1, HOURS_PER_DAY)
        if not later.size:
            break
        crossing = (sums[later] - sums[best]) / (later - best)
        at = float(crossing.min())
        if at > largest:
            break
    return np.asarray(hours[kept], dtype=np.int64)


def largest_share(below: Array, round_trip: float) -> float:
    """Largest cut per kW of load that is charged again by midnight of every day.

    Args:
        below: slack (day, 24).
        round_trip: delivered over charged energy.
    """
    low, high = np.zeros(len(below)), np.full(len(below), max(float(below.max()), 1e-9))
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        held = _charged_again(below, middle, round_trip)
        low, high = np.where(held, middle, low), np.where(held, high, middle)
    return float(low.min(initial=np.inf))


def _charged_again(below: Array, cut: Array, round_trip: float) -> npt.NDArray[np.bool_]:
    share = cut[:, np.newaxis]
    runs = below < share
    need = np.maximum(share - below, 0.0).sum(axis=1)
    hours = below.shape[1]
    last = hours - 1 - np.argmax(runs[:, ::-1], axis=1)
    after = (np.arange(hours) > last[:, np.newaxis]) & runs.any(axis=1, keepdims=True)
    room = np.where(after, np.clip(below - share, 0.0, share), 0.0).sum(axis=1)
    return np.asarray(round_trip * room >= need)
