"""Caps: sums over the whole horizon, and what is summed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model import energy
from dcplan.model.variables import starts

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

UNITS = {"location_tco2e": "tCO2e", "market_tco2e": "tCO2e", "capex_mjpy": "M JPY", "moved_racks": "racks"}
"""Measures that can be capped, and their units."""


def caps(p: Program, c: Context) -> None:
    r"""A sum over the horizon stays within its cap.

    $$ \sum_{t \in \mathrm{horizon}} \mathrm{measure}_t \le C
       \quad [\mathrm{tCO2e},\ \mathrm{M\,JPY},\ \mathrm{racks}] $$

    Measures are those of `dcplan.model.caps.measure`; the tail is left out.
    """
    rows = c.tables.case["caps"]
    for cap, name, value in zip(rows["cap"], rows["measure"], rows["value"], strict=True):
        p.limit(f"cap_{cap}", measure(p, c, name) <= float(value), unit=UNITS[name])


def measure(p: Program, c: Context, name: str) -> Expr:
    r"""Return a measure summed over the horizon, without dimensions.

    $$ \mathrm{location} = \sum_{s,t} \phi_{s,t} E_{s,t}, \qquad
       \mathrm{market} = \mathrm{location} - \sum_{i,s,y} \phi_{s,y} q_{i,s,y} \quad [\mathrm{tCO2e}] $$

    Market-based emissions keep the facility boundary; a renewable MWh that is claimed counts as zero and what
    is not claimed at the factor of the grid. CAPEX is cash that falls due within the horizon, of committed
    projects too [M JPY]; moves are racks that leave a hall for another one [racks].
    """
    m = c.tables
    inside = m.periods.loc[~m.periods["tail"], ["period"]]
    if name == "location_tco2e":
        return energy.location_tco2e(p, c).where(inside).sum("site", "period").or_zero()
    if name == "market_tco2e":
        located = energy.location_tco2e(p, c).where(inside).sum("site", "period")
        return (located - _claimed_tco2e(p, c)).or_zero()
    if name == "capex_mjpy":
        return _cash(p, c).or_zero()
    return p["moved_out"].where(inside).sum("class", "hall", "period").or_zero()


def _horizon_years(c: Context) -> pd.DataFrame:
    periods = c.tables.periods
    return periods.loc[~periods["tail"], ["fiscal_year"]].drop_duplicates().reset_index(drop=True)


def _claimed_tco2e(p: Program, c: Context) -> Expr:
    m = c.tables
    factor = m.kg_per_kwh.rename("kg").reset_index().merge(m.fiscal_year_of, on="period")
    by_year = factor.groupby(["site", "fiscal_year"], sort=False)["kg"].first().astype(float)
    kinds = m.case["instruments"]
    green = kinds.loc[kinds["renewable"], ["instrument"]]
    claimed = p["claimed_mwh"].where(green).where(_horizon_years(c)).sum("instrument")
    return (claimed * by_year).sum("site", "fiscal_year")


def _cash(p: Program, c: Context) -> Expr:
    cash = c.schedule.cash.merge(_horizon_years(c), on="fiscal_year")
    by_start = cash.groupby(["project", "start_period"], sort=False)["mjpy"].sum()
    if by_start.empty:
        return p.constant(0.0)
    begun = starts(p, c).where(by_start.index.to_frame(index=False))
    return (begun * by_start).sum("project", "start_period")
