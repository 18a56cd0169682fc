"""The money of leases: rent, break fees, restoration and the rent of places that a move still occupies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.model.cost_term import CostTerm, flow, terminal
from dcplan.model.schedule import annuity, remaining_share
from dcplan.model.variables import added_racks, leased_racks, released_racks

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


def rent(p: Program, c: Context) -> CostTerm:
    r"""Return the rent of base racks, of racks released inside a period until their day, and of tranches.

    $$ r_{l,t}\, l_{l,t}\, n_t + r_{l,t}\, \phi_{l,t}\, n_t\, \sigma_l\, r_{l,i} + \text{tranches} $$
    """
    sites, months = c.leases.leases[["lease", "site"]], c.tables.per_period("months")
    base = p["leased_racks"].join(c.leases.terms).sum("term") * (c.rents.rent / 1e6) * months
    paid = base.join(sites).sum("lease")
    before = (released_racks(p, c) * c.rents.before_release).join(sites).sum("lease")
    paid = paid + before.drop_zero()
    if not c.leases.tranches.empty:
        paid = paid + (added_racks(p, c) * c.rents.tranche_rent).sum("start_period").join(sites).sum("lease")
    return flow("rent", paid, c)


def overlap_rent(p: Program, c: Context) -> CostTerm:
    """Return the rent of places that moved racks still occupy for less than a period."""
    leases = c.leases.leases
    monthly = (c.rents.rent / 1e6).rename("rent").reset_index().merge(leases[["lease", "hall"]], on="lease")
    doubled = monthly.set_index(["hall", "period"])["rent"] * c.tables.priced_overlap_months
    overlapping = p["moved_out"].where(leases[["hall"]]).sum("class") * doubled
    return flow("overlap_rent", overlapping.join(c.tables.hall_site).sum("hall").drop_zero(), c)


def break_fee(p: Program, c: Context) -> CostTerm:
    """Return the fees for racks given back before their term ends, paid on the day."""
    return _on_the_day(p, c, "break_fee", c.rents.break_fee)


def _on_the_day(p: Program, c: Context, name: str, per_rack: pd.Series[float]) -> CostTerm:
    """Return an amount per released rack, paid on the day of its release."""
    sites = c.leases.leases[["lease", "site"]]
    nominal = (released_racks(p, c) * per_rack).drop_zero()
    present = (nominal * _day_factors(c)).join(sites, partial=True).sum("lease")
    return CostTerm(name, nominal.join(sites, partial=True).sum("lease"), present)


def _day_factors(c: Context) -> pd.Series[float]:
    """Return the discount factor of a release window's day: (lease, period)."""
    windows = c.leases.windows
    index = pd.MultiIndex.from_frame(windows[["lease", "period"]])
    return pd.Series([c.tables.discount(day) for day in windows["day"]], index=index, dtype=float)


def restoration(p: Program, c: Context) -> list[CostTerm]:
    """Return restoration at release, its accrual while racks are leased, and what of it outlives the span."""
    m, leases = c.tables, c.leases.leases
    settings, method = m.case.settings, m.terminal_value
    rate, life = settings["discount_rate"], settings["restoration_life_years"]
    sites = leases[["lease", "site"]]
    owed, left = _restored(p, c)
    yearly = 0.0 if method == "none" else (annuity(rate, life) if method == "annuity" else 1.0 / life)
    accrual = c.leases.lease_number("restoration_mjpy_per_rack") * (yearly / 12.0)
    accrued = leased_racks(p, c) * accrual * m.per_period("months")
    return [
        owed,
        flow("restoration_accrual", accrued.join(sites).sum("lease"), c, cash=False),
        terminal("terminal_restoration", left, c),
    ]


def _restored(p: Program, c: Context) -> tuple[CostTerm, Expr]:
    """Return restoration of released racks and of tranches that end, and minus what is left of it: (site)."""
    per_rack = c.leases.lease_number("restoration_mjpy_per_rack")
    sites = c.leases.leases[["lease", "site"]]
    windows = c.leases.windows
    index = pd.MultiIndex.from_frame(windows[["lease", "period"]])
    released = released_racks(p, c) * per_rack
    nominal, present = released, released * _day_factors(c)
    left = released * pd.Series(_left(windows["day"], c), index=index)
    ends = _tranche_ends(c)
    if not ends.empty:
        index = pd.MultiIndex.from_frame(ends[["lease", "start_period", "period"]])
        factor = pd.Series([c.tables.discount(day) for day in ends["end"]], index=index, dtype=float)
        ended = added_racks(p, c).where(ends[["lease", "start_period"]]) * per_rack
        nominal = nominal + (ended * pd.Series(1.0, index=index)).sum("start_period")
        present = present + (ended * factor).sum("start_period")
        left = left + (ended * pd.Series(_left(ends["end"], c), index=index)).sum("start_period")
    owed = CostTerm("restoration", nominal.join(sites).sum("lease"), present.join(sites).sum("lease"))
    return owed, -left.join(sites).sum("lease", "period")


def _tranche_ends(c: Context) -> pd.DataFrame:
    """Return the tranches that end within the span with the period that holds the day after their end."""
    ends = c.leases.tranches.copy()
    ends["period"] = pd.Series(
        [c.tables.period_of(day) for day in ends["end"]], index=ends.index, dtype=object
    )
    return ends[ends["period"].notna()].reset_index(drop=True)


def _left(days: pd.Series, c: Context) -> np.ndarray:
    """Return the share of restoration on these days that years after the span should bear."""
    settings = c.tables.case.settings
    age = np.array([(c.tables.end - day).days / time.DAYS_PER_YEAR for day in days], dtype=float)
    life, rate = settings["restoration_life_years"], settings["discount_rate"]
    return remaining_share(age, life, rate, c.tables.terminal_value)
