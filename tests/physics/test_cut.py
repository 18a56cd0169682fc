"""The energy that a cut needs: by hand, against every subset of hours, and against the dispatch of a day."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dcplan.physics import cut
from dcplan.physics.battery import Battery, dispatch

HOURS = np.arange(1, 25)
SHARES = st.floats(min_value=0.0, max_value=0.5)
days = arrays(np.float64, (3, 24), elements=SHARES).map(lambda below: below - below.min())


def test_eight_hot_hours_by_hand() -> None:
    """0.1 below the peak for 16 hours: a cut of 0.05 takes 8 x 0.05 kWh, one of 0.2 another 16 x 0.1."""
    below = np.where(np.arange(24) < 8, 0.0, 0.1)[np.newaxis, :]
    sums = cut.tangents(below)
    assert sums[:8].tolist() == [0.0] * 8
    assert sums[23] == pytest.approx(1.6)
    assert cut.needed(HOURS, sums, 0.05) == pytest.approx(0.4)
    assert cut.needed(HOURS, sums, 0.2) == pytest.approx(8 * 0.2 + 16 * 0.1)
    assert cut.binding(sums, 1.0).tolist() == [8, 24]
    assert cut.binding(sums, 0.05).tolist() == [8]


def test_the_evening_must_charge_what_the_day_took() -> None:
    """8 x need 8 / 0.8 = 10 x; 16 hours give min(x, 0.1 - x) each: up to 16 (0.1 - x) = 10 x."""
    below = np.where(np.arange(24) < 8, 0.0, 0.1)[np.newaxis, :]
    assert cut.largest_share(below, 0.8) == pytest.approx(1.6 / 26)
    assert cut.largest_share(below[:, ::-1], 0.8) == pytest.approx(0.0, abs=1e-9)  # hot until midnight
    assert cut.largest_share(below, 0.4) == pytest.approx(0.0, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(days, SHARES)
def test_tangents_are_the_whole_function(below: np.ndarray, share: float) -> None:
    direct = np.maximum(share - below, 0.0).sum(axis=1).max()
    sums = cut.tangents(below)
    assert cut.needed(HOURS, sums, share) == pytest.approx(direct, abs=1e-9)
    kept = cut.binding(sums, 0.5)
    assert cut.needed(kept, sums[kept - 1], share) == pytest.approx(direct, abs=1e-9)


@settings(max_examples=60, deadline=None)
@given(days, days, SHARES, SHARES)
def test_the_sum_of_parts_needs_no_less(one: np.ndarray, two: np.ndarray, x: float, y: float) -> None:
    """What lets a site be taken as the sum of parts: E(a + b) <= E(a) + E(b)."""
    parts = sum(cut.needed(HOURS, cut.tangents(each), share) for each, share in ((one, x), (two, y)))
    whole = np.maximum(x + y - one - two, 0.0).sum(axis=1).max()
    assert whole <= parts + 1e-9


@settings(max_examples=60, deadline=None)
@given(days, st.floats(min_value=0.3, max_value=1.0))
def test_the_largest_share_can_be_run_every_day(below: np.ndarray, round_trip: float) -> None:
    load, share = 1_000.0, cut.largest_share(below, round_trip) * (1 - 1e-6)
    energy = cut.needed(HOURS, cut.tangents(below), share) * load
    battery = Battery(share * load + 1e-6, energy + 1e-6, round_trip)
    power = 10_000.0 - load * below
    level = 10_000.0 - share * load
    if share > 0.0:
        run = dispatch(power, level + 1e-6, battery)
        assert (power - run).max() <= level + 1e-3


def test_slack_is_the_distance_to_the_peak() -> None:
    overhead = np.array([[0.1, 0.3], [0.2, 0.3]])
    sun = np.array([[0.0, 0.5], [1.0, 0.0]])
    # net: 0.1 0.2 | 0.0 0.3
    assert cut.slack(overhead, sun, 0.2).tolist() == [[0.2, 0.1], [0.3, 0.0]]
    assert cut.slack(overhead, np.ones((2, 2)), 0.2).min() == 0.0  # panels alone are no cut
