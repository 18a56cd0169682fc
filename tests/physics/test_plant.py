"""Part-load curves by hand, and what they keep of the linear curve."""

import numpy as np
import pytest

from dcplan.physics.plant import (
    FAN_FULL_LOAD,
    FULL_LOAD_LOSS,
    LEAST_LOAD,
    Plant,
    capacity,
    chiller_shape,
    fan_speed_cubed,
    full_kw,
    full_load_power,
    linear_kw,
    mechanical_share,
    part_load_power,
    plants,
)
from dcplan.physics.weather import site_temperatures

PUBLISHED = {"Shiroi-1": (1.345, 1.30, 1.39), "Matsue-1": (1.245, 1.20, 1.29)}


def one_hall(plant: Plant, at: int) -> Plant:
    return Plant(*(part[at : at + 1] for part in plant))


def replayed(iij, hall: str, load: float, power=full_kw) -> np.ndarray:
    """Power of a hall over the typical year at a constant share of its design load [kW]."""
    at = iij["halls"]["hall"].tolist().index(hall)
    plant = one_hall(plants(iij), at)
    site = iij["halls"]["site"].iloc[at]
    station = iij["sites"].set_index("site").loc[site, "station"]
    temperature = site_temperatures(iij)[station][np.newaxis, :]
    it = np.full_like(temperature, load * plant.design_kw[0, 0])
    return power(plant, it, temperature, np.ones_like(it))[0] / it[0]


def test_machines_by_hand():
    # At 35 degC the condenser stands at its rating: capacity 0.94484, and 1.0134 of the rated power.
    assert capacity(np.array([35.0]))[0] == pytest.approx(0.944836)
    share = 0.944836
    expected = 2.333 - 1.975 * share + 0.6121 * share**2
    assert full_load_power(np.array([35.0]))[0] == pytest.approx(expected)
    assert part_load_power(np.array([1.0, 0.5])) == pytest.approx([1.00003, 0.03303 + 0.3426 + 0.07045])
    found = [FULL_LOAD_LOSS, FAN_FULL_LOAD]
    assert found == pytest.approx([0.0582, 0.048], abs=1e-4)


def test_a_chiller_below_its_least_load_cycles():
    least = float(part_load_power(np.array([LEAST_LOAD]))[0])
    assert part_load_power(np.array([LEAST_LOAD / 2, 0.0])) == pytest.approx([least / 2, 0.0])


def test_chillers_are_switched_on_one_by_one():
    # At 35 degC and t_full 35 all heat is mechanical: u = 0.5 needs 0.5 x 4 / 0.944836 = 2.117 machines.
    heat = np.array([0.5]), np.array([35.0]), np.array([15.0]), np.array([35.0])
    rho = 0.5 * 4 / 0.944836 / 3
    each = 0.944836 * full_load_power(np.array([35.0]))[0] * (0.03303 + 0.6852 * rho + 0.2818 * rho**2)
    assert chiller_shape(*heat)[0] == pytest.approx(3 * each / 4)


def test_mechanical_cooling_starts_and_ends():
    share = mechanical_share(np.array([10.0, 20.0, 30.0, 45.0]), np.array([15.0]), np.array([35.0]))
    assert share.tolist() == [0.0, 0.25, 0.75, 1.0]
    assert mechanical_share(np.array([20.0]), np.array([15.0]), np.array([15.0])).tolist() == [0.0]


def test_fans_follow_the_cube_down_to_their_least_speed():
    assert fan_speed_cubed(np.array([1.0, 0.5, 0.4, 0.1])) == pytest.approx([1.0, 0.125, 0.064, 0.064])


@pytest.mark.parametrize("hall", PUBLISHED)
def test_both_replays_keep_the_published_pue(iij, hall):
    """Within 0.01 of the fitted midpoint at the reference load; the published range stands in the case."""
    midpoint, low, high = PUBLISHED[hall]
    assert replayed(iij, hall, 0.55, linear_kw).mean() == pytest.approx(midpoint, abs=1e-9)
    assert replayed(iij, hall, 0.55).mean() == pytest.approx(midpoint, abs=0.01)
    row = iij["halls"].set_index("hall").loc[hall]
    assert (row["pue"], row["low"], row["high"]) == (midpoint, low, high)


@pytest.mark.parametrize("hall", PUBLISHED)
def test_pue_falls_as_a_hall_fills_until_fans_take_it_back(iij, hall):
    """The linear PUE falls throughout; by the cube of the fans the last third costs what it saves."""
    linear, full = (
        [replayed(iij, hall, load, power).mean() for load in (0.3, 0.6, 0.9)]
        for power in (linear_kw, full_kw)
    )
    assert linear[0] > linear[1] > linear[2]
    assert full[0] > full[1]
    assert abs(full[2] - full[1]) < 0.01
    assert 0.02 < full[2] - linear[2] < 0.04


@pytest.mark.parametrize("hall", PUBLISHED)
def test_pue_rises_in_summer(iij, hall):
    hours = replayed(iij, hall, 0.6)
    august, january = slice(5_088, 5_832), slice(0, 744)
    assert hours[august].mean() - hours[january].mean() > 0.1


def test_the_secant_touches_the_curve_at_the_reference_load(iij):
    """Without mechanical cooling both curves meet at the reference load, whatever the hall."""
    plant = plants(iij)
    cold = np.full_like(plant.design_kw, -10.0)
    it, on = plant.design_kw * plant.reference, plant.owned
    assert full_kw(plant, it, cold, on) == pytest.approx(linear_kw(plant, it, cold, on), rel=1e-12)


def test_a_hall_not_in_service_draws_nothing_and_a_leased_one_keeps_its_curve(iij):
    plant = plants(iij)
    hot = np.full_like(plant.design_kw, 34.0)
    nothing = np.zeros_like(hot)
    assert not full_kw(plant, nothing, hot, nothing).any()
    it = plant.design_kw * 0.9
    leased = (plant.owned == 0.0)[:, 0]
    assert (
        full_kw(plant, it, hot, plant.owned)[leased] == linear_kw(plant, it, hot, plant.owned)[leased]
    ).all()
