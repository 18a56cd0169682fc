r"""Renewable energy against load, hour by hour: how much of a year's share stands at the hour of use.

$$ \text{hourly share} = \frac{\sum_h \min(L_h, R_h)}{\sum_h L_h}, \qquad
   \text{CFE} = \frac{\sum_h \min(L_h, C_h) + \max(0, L_h - C_h)\, g}{\sum_h L_h} $$

L is the load, R the renewable and C the carbon-free supply, g the carbon-free share of the grid. Surplus of
an hour never carries over, so that the hourly share is at most the yearly one. On-site generation has the
hours of the sun. A certificate or a menu has no hours of its own: its kWh are spread evenly (`flat`) or like
the sun at the site (`solar`), and both are shown, for a claim lies between what it is and what it is worth by
the hour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.physics.solar import site_yield

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case
    from dcplan.studies.replay import Hours

Array = npt.NDArray[np.float64]
KW_PER_MW = 1e3
PROFILES = ("flat", "solar")
NO_IRRADIANCE = "no irradiance in the weather file of the site"


class Supply(NamedTuple):
    """On-site generation and claims of an owned site, by hour [kW]; NaN where the sun is not known."""

    yearly_mwh: Array
    """(2, fiscal year) on-site generation and renewable claims [MWh]."""
    onsite: Array
    claimed: dict[str, Array]
    """By profile: `flat`, `solar`."""
    carbon_free: dict[str, Array]
    """Claims that are not renewable but carbon-free included."""


def matching(
    case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame], hours: Hours, grid_share: float = 0.0
) -> pd.DataFrame:
    """Return yearly and hourly shares of the owned sites and of their sum, by fiscal year.

    The load is the full-physics facility power with the daily shape of the load.

    Args:
        case: the plan's inputs; the irradiance is read beside its temperatures.
        calendar: the plan's periods.
        tables: the plan's tables `claims` and `site_energy`.
        hours: the replayed plan.
        grid_share: carbon-free share g of grid power, the same in every hour (-).

    Returns:
        site, fiscal_year, profile (flat | solar), load_mwh, onsite_mwh, claimed_mwh, yearly_share,
        hourly_share, cfe_score, note. Shares are empty, and the note says why, where the sun is needed and
        not known.

    Raises:
        ValueError: the share of the grid is not a share.
    """
    if not 0.0 <= grid_share <= 1.0:
        raise ValueError(f"a share lies between 0 and 1, got {grid_share:g}")
    sites = case["sites"]
    owned = sites.loc[sites["ownership"] == "owned", "site"].tolist()
    supplies = {site: supply(case, calendar, tables, hours, site) for site in owned}
    loads = {site: hours.full[hours.sites.index(site)] for site in owned}
    groups = [*([site] for site in owned), owned]
    names = [*owned, "owned"]
    rows = []
    for name, group in zip(names, groups, strict=True):
        load = np.sum([loads[site] for site in group], axis=0)
        yearly = np.sum([supplies[site].yearly_mwh for site in group], axis=0)
        for profile in PROFILES:
            met = np.sum([_met(loads[s], supplies[s], profile, grid_share) for s in group], axis=0)
            rows.append(_yearly(hours, name, profile, load, yearly, met))
    return pd.concat(rows, ignore_index=True)


def supply(
    case: Case, calendar: Calendar, tables: Mapping[str, pd.DataFrame], hours: Hours, site: str
) -> Supply:
    """Return the on-site generation and the claims of an owned site by hour [kW].

    On-site generation keeps the plan's MWh of each fiscal year; it stands in the hours of the periods for
    which the plan counts it, in proportion to the yield of panels there.
    """
    clock = hours.clock
    sun = site_yield(case, site)
    weight = np.full(clock.period.size, np.nan) if sun is None else sun[clock.typical]
    energy = tables["site_energy"].set_index(["site", "period"])["onsite_mwh"]
    planned = energy.reindex([(site, label) for label in calendar.labels[: len(clock.first)]])
    running = (planned.to_numpy(dtype=np.float64) > 0.0)[clock.period]
    years, at = np.unique(clock.fiscal_year, return_inverse=True)
    labels = calendar.periods["fiscal_year"].to_numpy()[: len(clock.first)]
    yearly = np.array([planned.to_numpy(dtype=np.float64)[labels == year].sum() for year in years])
    onsite = _spread(np.where(running, weight, 0.0), yearly, at)
    rows = tables["claims"].merge(case["instruments"][["instrument", "kind", "renewable"]], on="instrument")
    rows = rows[rows["site"] == site]
    green = rows[rows["renewable"]].groupby("fiscal_year")["claimed_mwh"].sum().reindex(years).fillna(0.0)
    free = rows.groupby("fiscal_year")["claimed_mwh"].sum().reindex(years).fillna(0.0)
    shapes = {"flat": np.ones(clock.period.size), "solar": weight}
    return Supply(
        yearly_mwh=np.stack([yearly, green.to_numpy(dtype=np.float64)]),
        onsite=onsite,
        claimed={name: _spread(shape, green.to_numpy(), at) for name, shape in shapes.items()},
        carbon_free={name: _spread(shape, free.to_numpy(), at) for name, shape in shapes.items()},
    )


def _spread(weight: Array, yearly_mwh: Array, at: npt.NDArray[np.intp]) -> Array:
    """Spread the MWh of each year over its hours by weight [kW]; a year without MWh needs no weight."""
    total = np.bincount(at, weights=weight, minlength=yearly_mwh.size)
    rate = np.divide(
        yearly_mwh * KW_PER_MW, total, out=np.zeros_like(yearly_mwh), where=(yearly_mwh > 0.0) & (total != 0)
    )
    return np.asarray(np.where((yearly_mwh > 0.0)[at], weight * rate[at], 0.0))


def _met(load: Array, supply: Supply, profile: str, grid_share: float) -> Array:
    """Return the load met in the hour by renewable supply, and with the grid's share: (2, hour) [kW]."""
    green = np.minimum(load, supply.onsite + supply.claimed[profile])
    free = np.minimum(load, supply.onsite + supply.carbon_free[profile])
    return np.stack([green, free + (load - free) * grid_share])


def _yearly(hours: Hours, name: str, profile: str, load: Array, supplied: Array, met: Array) -> pd.DataFrame:
    """Return the rows of one site and profile: yearly and hourly shares of its load."""
    first = np.flatnonzero(np.diff(hours.clock.fiscal_year, prepend=-1))
    total = np.add.reduceat(load, first) / KW_PER_MW
    used = np.where(total > 0.0, total, np.nan)
    share = np.add.reduceat(met, first, axis=-1) / KW_PER_MW / used
    table = pd.DataFrame(
        {
            "site": name,
            "fiscal_year": hours.clock.fiscal_year[first],
            "profile": profile,
            "load_mwh": total,
            "onsite_mwh": supplied[0],
            "claimed_mwh": supplied[1],
            "yearly_share": np.minimum(supplied.sum(axis=0) / used, 1.0),
            "hourly_share": share[0],
            "cfe_score": share[1],
        }
    )
    return table.assign(note=np.where(table["hourly_share"].isna() & (total > 0.0), NO_IRRADIANCE, ""))
