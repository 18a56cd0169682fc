"""The money of leases: rent, break fees, restoration and the rent of places that a move still occupies."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.model.cost_term import CostTerm, flow, terminal
from dcplan.model.labelled import labels_of
from dcplan.model.schedule import annuity, remaining_share
from dcplan.model.variables import added_racks, base_racks, leased_racks, released_racks

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


def rent(p: Program, c: Context) -> CostTerm:
    r"""Return the rent of base racks, of racks released inside a period until their day, and of tranches.

    $$ r_{l,t}\, l_{l,t}\, n_t + r_{l,t}\, \phi_{l,t}\, n_t\, \sigma_l\, r_{l,i} + \text{tranches} $$
    """
    sites, months = c.leases.lease_site, c.tables.per_period("months")
    base = base_racks(p, c) * (c.rents.rent / 1e6) * months
    paid = base.join(sites).sum("lease")
    before = (released_racks(p, c) * c.rents.before_release).join(sites).sum("lease")
    paid = paid + before.drop_zero()
    if not c.leases.tranches.empty:
        paid = paid + (added_racks(p, c) * c.rents.tranche_rent).sum("start_period").join(sites).sum("lease")
    return flow("rent", paid, c)


def overlap_rent(p: Program, c: Context) -> CostTerm:
    """Return the rent of places that moved racks still occupy for less than a period."""
    halls = c.leases.leases[["hall"]]
    overlapping = p["moved_out"].where(halls).sum("class") * c.rents.doubled
    return flow("overlap_rent", overlapping.join(c.tables.hall_site).sum("hall").drop_zero(), c)


def break_fee(p: Program, c: Context) -> CostTerm:
    """Return the fees for racks given back before their term ends, paid on the day."""
    return _on_the_day(p, c, "break_fee", c.rents.break_fee)


def _on_the_day(p: Program, c: Context, name: str, per_rack: pd.Series[float]) -> CostTerm:
    """Return an amount per released rack, paid on the day of its release."""
    sites = c.leases.lease_site
    nominal = (released_racks(p, c) * per_rack).drop_zero()
    present = (nominal * c.leases.window_discount).join(sites, partial=True).sum("lease")
    return CostTerm(name, nominal.join(sites, partial=True).sum("lease"), present)


def restoration(p: Program, c: Context) -> list[CostTerm]:
    """Return restoration at release, its accrual while racks are leased, and what of it outlives the span."""
    m = c.tables
    settings, method = m.case.settings, m.terminal_value
    rate, life = settings["discount_rate"], settings["restoration_life_years"]
    owed, left = _restored(p, c)
    yearly = 0.0 if method == "none" else (annuity(rate, life) if method == "annuity" else 1.0 / life)
    accrual = c.leases.lease_number("restoration_mjpy_per_rack") * (yearly / 12.0)
    accrued = leased_racks(p, c) * accrual * m.per_period("months")
    return [
        owed,
        flow("restoration_accrual", accrued.join(c.leases.lease_site).sum("lease"), c, cash=False),
        terminal("terminal_restoration", left, c),
    ]


def _restored(p: Program, c: Context) -> tuple[CostTerm, Expr]:
    """Return restoration of released racks and of tranches that end, and minus what is left of it: (site)."""
    per_rack = c.leases.lease_number("restoration_mjpy_per_rack")
    sites = c.leases.lease_site
    released = released_racks(p, c) * per_rack
    nominal, present = released, released * c.leases.window_discount
    left = released * pd.Series(_left(c.leases.windows["day"], c), index=c.leases.window_labels)
    ends = c.leases.tranche_ends
    if not ends.empty:
        index = labels_of(ends, ["lease", "start_period", "period"])
        factor = pd.Series([c.tables.discount(day) for day in ends["end"]], index=index, dtype=float)
        ended = added_racks(p, c).where(ends[["lease", "start_period"]]) * per_rack
        nominal = nominal + (ended * pd.Series(1.0, index=index)).sum("start_period")
        present = present + (ended * factor).sum("start_period")
        left = left + (ended * pd.Series(_left(ends["end"], c), index=index)).sum("start_period")
    owed = CostTerm("restoration", nominal.join(sites).sum("lease"), present.join(sites).sum("lease"))
    return owed, -left.join(sites).sum("lease", "period")


def _left(days: pd.Series, c: Context) -> np.ndarray:
    """Return the share of restoration on these days that years after the span should bear."""
    settings = c.tables.case.settings
    age = np.array([(c.tables.end - day).days / time.DAYS_PER_YEAR for day in days], dtype=float)
    life, rate = settings["restoration_life_years"], settings["discount_rate"]
    return remaining_share(age, life, rate, c.tables.terminal_value)
