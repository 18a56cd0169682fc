"""Peak shaving by hand, and what holds for any day."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.physics.battery import Battery, dispatch, least_level, usable_kwh


def day(**hours: float) -> np.ndarray:
    """A day at 100 kW but for some hours, h0 to h23."""
    load = np.full((1, 24), 100.0)
    for name, kw in hours.items():
        load[0, int(name[1:])] = kw
    return load


def test_power_binds():
    # One hour of 160 kW: 50 kW can be cut, 40 kWh would be there for two hours of it.
    assert least_level(day(h14=160.0), Battery(50.0, 200.0, 0.9))[0] == pytest.approx(110.0)


def test_energy_binds_over_a_long_peak():
    # Three hours of 160 kW and 60 kWh: 20 kW in each.
    peak = day(h13=160.0, h14=160.0, h15=160.0)
    assert least_level(peak, Battery(50.0, 60.0, 0.9))[0] == pytest.approx(140.0)


def test_unequal_hours_share_the_energy():
    # 180, 160, 150 and 60 kWh: at 150 kW, 30 + 10 = 40; then three hours share 20 more, down to 143.3.
    peak = day(h13=180.0, h14=160.0, h15=150.0)
    assert least_level(peak, Battery(50.0, 60.0, 0.9))[0] == pytest.approx(150.0 - 20.0 / 3.0)


def test_what_is_cut_must_be_charged_again_by_midnight():
    # The peak ends at 23:00: the last hour leaves K - 100, of which 80 % count, for 160 - K: K = 133.33.
    assert least_level(day(h22=160.0), Battery(60.0, 200.0, 0.8))[0] == pytest.approx(100.0 + 60.0 / 1.8)


def test_a_peak_at_midnight_cannot_be_cut():
    assert least_level(day(h23=160.0), Battery(60.0, 200.0, 0.9))[0] == pytest.approx(160.0)


def test_dispatch_by_hand():
    # 30 kWh given at 14:00; 30 / 0.75 = 40 kWh taken, spread over the nine hours after it.
    run = dispatch(day(h14=160.0), 130.0, Battery(50.0, 200.0, 0.75))[0]
    assert run[14] == pytest.approx(30.0)
    assert run[15:] == pytest.approx(np.full(9, -40.0 / 9.0))
    assert not run[:14].any()


def test_a_level_that_cannot_be_held_is_refused():
    with pytest.raises(ValueError, match="cannot be held on 1 days"):
        dispatch(np.vstack([day(h14=160.0), day()]), 100.0, Battery(50.0, 200.0, 0.9))


def test_energy_fades_straight_and_not_below_nothing():
    assert usable_kwh(696.0, 0.02, 5.0) == pytest.approx(626.4)
    assert usable_kwh(696.0, 0.02, 80.0) == 0.0


loads = st.lists(st.floats(0.0, 1_000.0), min_size=24, max_size=24)


@settings(max_examples=60)
@given(loads, st.floats(1.0, 400.0), st.floats(0.0, 2_000.0), st.floats(0.5, 1.0))
def test_a_battery_keeps_to_its_power_and_energy_and_is_full_at_midnight(load, power, energy, efficiency):
    battery, days = Battery(power, energy, efficiency), np.array([load])
    level = least_level(days, battery)[0]
    run = dispatch(days, level, battery)[0]
    assert (days[0] - run).max() <= level + 1e-6
    assert np.abs(run).max() <= power + 1e-6
    stored = energy - np.cumsum(np.where(run > 0.0, run, run * efficiency))
    assert stored.min() >= -1e-6
    assert stored.max() <= energy + 1e-6
    assert stored[-1] == pytest.approx(energy, abs=1e-6)
    lower = level - 1e-3
    with pytest.raises(ValueError, match="cannot be held"):
        dispatch(days, lower, battery)


@given(loads, st.floats(0.1, 10.0))
def test_the_cut_grows_with_load_and_battery_together(load, factor):
    """The level is homogeneous in load, power and energy."""
    days = np.array([load])
    one = least_level(days, Battery(100.0, 300.0, 0.9))[0]
    more = least_level(days * factor, Battery(100.0 * factor, 300.0 * factor, 0.9))[0]
    assert more == pytest.approx(one * factor, rel=1e-6, abs=1e-6)
