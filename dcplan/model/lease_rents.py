"""What the lease contracts cost: rent in force, rent before a release, break fees, tranche rent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.model.lease_terms import LeaseTerms


@dataclass(frozen=True)
class LeaseRents:
    """Rents and fees of every lease, JPY per rack-month or M JPY per rack."""

    terms: LeaseTerms

    @cached_property
    def rent(self) -> pd.Series[float]:
        r"""Rent in force in a period: (lease, period) JPY per rack-month.

        $$ r_{l,t} = r_l (1 + \text{escalation})^{FY_t - FY_0} (1 + \text{uplift})^{n_{l,t}} $$

        with n the terms that ended on or before the period's start.
        """
        c, m = self.terms, self.terms.tables
        starts = np.array([start.toordinal() for start in m.periods["start"]])
        passed = []
        for lease in c.leases.to_dict("records"):
            ends = sorted(end.day.toordinal() for end in c.term_ends(lease))
            passed.append(np.searchsorted(ends, starts, side="right"))
        frame = m.grid(lease=list(c.leases["lease"]), period=m.period_labels)
        frame["uplifts"] = np.concatenate(passed) if passed else 0
        keys = pd.MultiIndex.from_frame(frame[["lease", "period"]])
        return pd.Series(self._grown(frame, "rent_jpy_per_rack_month").to_numpy(), index=keys)

    def _grown(self, frame: pd.DataFrame, column: str) -> pd.Series[float]:
        """Return a rent of as_of raised by the fiscal years since and by the frame's ``uplifts``."""
        c, m = self.terms, self.terms.tables
        names = ["rent_escalation", "renewal_uplift", column]
        by_lease = c.leases.set_index("lease")[names].astype(float).loc[frame["lease"]]
        escalation, uplift, rent = (by_lease[name].to_numpy() for name in names)
        years = m.per_period("fiscal_year").loc[frame["period"]].to_numpy() - m.fiscal_years[0]
        steps = (1.0 + escalation) ** years * (1.0 + uplift) ** frame["uplifts"].to_numpy()
        return pd.Series(rent * steps, index=frame.index)

    @cached_property
    def before_release(self) -> pd.Series[float]:
        """Rent of a released rack for the part of the period before its day: (lease, period) M JPY."""
        windows = self.terms.windows
        months = windows["period"].map(self.terms.tables.per_period("months"))
        rent = self._grown(windows, "rent_jpy_per_rack_month")
        amount = rent.to_numpy() * windows["share_before"] * months / 1e6
        return pd.Series(amount.to_numpy(), index=pd.MultiIndex.from_frame(windows[["lease", "period"]]))

    @cached_property
    def break_fee(self) -> pd.Series[float]:
        """Fee of a rack given back before its term ends: (lease, period) M JPY, at that period's rent."""
        windows = self.terms.windows
        index = pd.MultiIndex.from_frame(windows[["lease", "period"]])
        rent = self.rent.reindex(index).to_numpy()
        return pd.Series(rent * windows["fee_months"].to_numpy() / 1e6, index=index)

    @cached_property
    def tranche_rate(self) -> pd.Series[float]:
        """Rent of a tranche's racks: (lease, start_period, period) JPY per rack-month.

        The option's rent, else the lease's rent of as_of, with the lease's rise each 1 April and without
        renewal uplifts.
        """
        rows = self.terms.tranche_periods.assign(uplifts=0)
        rate = self._grown(rows, "option_rent").to_numpy()
        return pd.Series(rate, index=pd.MultiIndex.from_frame(rows[["lease", "start_period", "period"]]))

    @cached_property
    def tranche_rent(self) -> pd.Series[float]:
        """Rent of a tranche's rack by period, by days: (lease, start_period, period) M JPY."""
        rows = self.terms.tranche_periods
        months = rows["period"].map(self.terms.tables.per_period("months"))
        paid: pd.Series[float] = self.tranche_rate * (rows["share"] * months / 1e6).to_numpy()
        return paid
