r"""Part-load curves of a hall's plant: UPS, fans and chillers, of which the linear curve is a secant.

The planning model lets the facility power of a hall be linear in its IT load. Here the same hall, fitted to
the same published PUE at the same reference load \(u_r\), follows its machines (u = IT load / design IT load
D):

$$ P(u, T) = D \Bigl[ u + a_0 + a_1 u
   + \underbrace{q\,u\,(u - u_r)}_{\text{UPS}}
   + \underbrace{f u + \varphi \bigl( s(u)^3 - s(u_r)^3 u / u_r \bigr)}_{\text{fans}}
   + \underbrace{\kappa\, n\, C(T)\, e(T)\, g(\rho) / N}_{\text{chillers}} \Bigr] \qquad [\mathrm{kW}] $$

- **UPS.** Its loss has a constant, a proportional and a square-law part; the linear curve holds the first in
  a0 and takes the others through \(u_r\). q is the square-law part of a unit of 94.5 % at full load (Lei and
  Masanet 2020, middle of 90 to 99 %), whose loss stands for 40 % at no load and grows for half of the rest
  with the square of the load.
- **Fans.** Affinity law: air flow follows the load, power the cube of the flow, and speed does not fall under
  `LEAST_SPEED`. \(\varphi\) is the full-load power that Lei and Masanet's middle values give: 750 Pa over an
  efficiency of 0.775 at an air temperature rise of 16.7 degC. What else is in the floor f (pumps, controls)
  stays proportional.
- **Chillers.** Electric chillers in the EnergyPlus form (Chiller:Electric; coefficients of an air-cooled unit
  rated at 35 degC), N of them for the design load: capacity C(T) and full-load power e(T) of a machine by
  outdoor temperature, part-load curve \(g(\rho)\) of the machines that run. They carry the share \(m(T)\) of
  the heat, from nothing at `t_start_c` to all of it at `t_full_c`; \(\kappa\) is fitted so that the mean over
  the typical year at \(u_r\) is that of the linear curve.

A leased hall stands in a building whose other tenants load the plant too: it keeps its linear curve.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.case import Case
from dcplan.physics.cooling import fit_proportional_share, hall_cooling
from dcplan.physics.weather import site_temperatures

Array = npt.NDArray[np.float64]

FULL_LOAD_LOSS = 1.0 / 0.945 - 1.0
"""Loss of a UPS at full load, kW per kW of output."""

SQUARE_LAW = 0.3
"""Part of that loss that grows with the square of the load; 0.4 stands at no load, 0.3 is proportional."""

LEAST_SPEED = 0.4
"""Lowest speed of a fan drive, of its speed at design flow."""

AIR_KJ_PER_M3_K = 1.2 * 1.006
"""Heat capacity of air [kJ/m3/degC]."""

FAN_FULL_LOAD = 0.750 / 0.775 / (AIR_KJ_PER_M3_K * 16.7)
"""Fan power at design flow, kW per kW of heat: pressure rise [kPa] / efficiency x flow [m3/s per kW]."""

MACHINES = 4
"""Chillers that carry the design load of a hall."""

LEAST_LOAD = 0.1
"""Part load under which a chiller cycles: its power then falls in proportion."""

CAPACITY = (0.94483600, -0.05700880, 0.00185486)
FULL_LOAD_POWER = (2.333, -1.975, 0.6121)
PART_LOAD = (0.03303, 0.6852, 0.2818)
RATED_C, RISE_COEFFICIENT = 35.0, 2.778


class Plant(NamedTuple):
    """Parameters of halls, each of shape (hall, 1); of linear halls the last four are zero."""

    design_kw: Array
    reference: Array
    fixed: Array
    proportional: Array
    floor: Array
    slope: Array
    t_start_c: Array
    t_full_c: Array
    square: Array
    fan: Array
    chiller: Array
    owned: Array


def capacity(temperature_c: Array) -> Array:
    """Capacity of a chiller at an outdoor temperature, of its rated one (-)."""
    rise = (temperature_c - RATED_C) / RISE_COEFFICIENT
    return CAPACITY[0] + CAPACITY[1] * rise + CAPACITY[2] * rise**2


def full_load_power(temperature_c: Array) -> Array:
    """Power of a chiller at full load and an outdoor temperature, per unit of its capacity there (-)."""
    share = capacity(temperature_c)
    return FULL_LOAD_POWER[0] + FULL_LOAD_POWER[1] * share + FULL_LOAD_POWER[2] * share**2


def part_load_power(load: Array) -> Array:
    """Power of a running chiller at a part load from 0 to 1, of its full-load power (-)."""
    running = np.maximum(load, LEAST_LOAD)
    curve = PART_LOAD[0] + PART_LOAD[1] * running + PART_LOAD[2] * running**2
    return curve * (load / running)


def mechanical_share(temperature_c: Array, t_start_c: Array, t_full_c: Array) -> Array:
    """Share of the heat that chillers carry: 0 up to `t_start_c`, 1 from `t_full_c`."""
    span = t_full_c - t_start_c
    above = np.clip(temperature_c - t_start_c, 0.0, span)
    return np.asarray(np.divide(above, span, out=np.zeros_like(above), where=span > 0.0))


def chiller_shape(load: Array, temperature_c: Array, t_start_c: Array, t_full_c: Array) -> Array:
    r"""Power of the chillers of a hall but for the factor kappa, per design kW.

    $$ n = \lceil u\,m(T)\,N / C(T) \rceil, \qquad \rho = \frac{u\,m(T)\,N}{n\,C(T)}, \qquad
       \text{shape} = n\,C(T)\,e(T)\,g(\rho) / N $$

    Args:
        load: IT load / design IT load u.
        temperature_c: outdoor temperature [degC].
        t_start_c: temperature at which mechanical cooling starts [degC].
        t_full_c: temperature from which chillers carry all heat [degC].
    """
    share = mechanical_share(temperature_c, t_start_c, t_full_c)
    size = capacity(temperature_c)
    needed = load * share * MACHINES / size
    machines = np.maximum(np.ceil(needed), 1.0)
    power = size * full_load_power(temperature_c) * part_load_power(needed / machines)
    return np.asarray(machines * power / MACHINES)


def fan_speed_cubed(load: Array) -> Array:
    """Fan power at a load, of that at design flow: the cube of the speed, which has a least value."""
    return np.asarray(np.maximum(load, LEAST_SPEED) ** 3)


def plants(case: Case) -> Plant:
    """Parameters of every hall, in the order of `halls.csv`, fitted to its published PUE.

    Raises:
        InputError: a fitted share is negative (see `cooling.fit_proportional_share`).
    """
    halls = hall_cooling(case)
    fit = fit_proportional_share(case)

    def column(values: "pd.Series[float]") -> Array:
        return np.asarray(values.to_numpy(dtype=np.float64)[:, np.newaxis])

    owned = column((halls["ownership"] == "owned").astype(float))
    reference, floor = column(halls["reference_load"]), column(halls["floor"])
    slope, start, full = (column(halls[name]) for name in ("slope_per_c", "t_start_c", "t_full_c"))
    temperatures = site_temperatures(case)
    hourly = np.stack([temperatures[station] for station in halls["station"]])
    linear = (slope * np.clip(hourly - start, 0.0, full - start)).mean(axis=1, keepdims=True) * reference
    shape = chiller_shape(reference, hourly, start, full).mean(axis=1, keepdims=True)
    chiller = np.divide(linear, shape, out=np.zeros_like(shape), where=shape > 0.0)
    most = floor * reference / fan_speed_cubed(reference)  # no more fan power than the floor holds
    return Plant(
        design_kw=column(halls["it_kw"]),
        reference=reference,
        fixed=column(fit["fixed_share"]),
        proportional=column(fit["proportional_share"]),
        floor=floor,
        slope=slope,
        t_start_c=start,
        t_full_c=full,
        square=owned * SQUARE_LAW * FULL_LOAD_LOSS,
        fan=owned * np.minimum(FAN_FULL_LOAD, most),
        chiller=owned * chiller,
        owned=owned,
    )


def linear_kw(plant: Plant, it_kw: Array, temperature_c: Array, in_service: Array) -> Array:
    r"""Facility power by the model's curve, \(L (1 + a_1 + c(T)) + a_0 D y\): (hall, hour) [kW].

    Args:
        plant: halls, H of them.
        it_kw: IT load L (H, hour) [kW].
        temperature_c: outdoor temperature (H, hour) [degC].
        in_service: 1 where the hall is in service y (H, hour).
    """
    above = np.clip(temperature_c - plant.t_start_c, 0.0, plant.t_full_c - plant.t_start_c)
    slope = 1.0 + plant.proportional + plant.floor + plant.slope * above
    return np.asarray(it_kw * slope + plant.fixed * plant.design_kw * in_service)


def full_kw(plant: Plant, it_kw: Array, temperature_c: Array, in_service: Array) -> Array:
    """Facility power by the machines' curves, as for `linear_kw`; leased halls keep the linear curve."""
    load = it_kw / plant.design_kw
    ups = plant.square * load * (load - plant.reference)
    secant = fan_speed_cubed(plant.reference) * load / plant.reference
    fans = plant.floor * load + plant.fan * (fan_speed_cubed(load) - secant)
    cooling = plant.chiller * chiller_shape(load, temperature_c, plant.t_start_c, plant.t_full_c)
    share = load * (1.0 + plant.proportional) + plant.fixed + ups + fans + cooling
    own = plant.design_kw * share * in_service
    landlord = linear_kw(plant, it_kw, temperature_c, in_service)
    return np.asarray(np.where(plant.owned > 0.0, own, landlord))
