"""What the lease contracts cost: rent in force, rent before a release, break fees, tranche rent."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.model.labelled import labels_of

if TYPE_CHECKING:
    from typing import Any

    import numpy.typing as npt

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
        passed = [
            np.searchsorted([end.day.toordinal() for end in ends], starts, side="right")
            for _, ends in c.contracts
        ]
        frame = m.grid(lease=list(c.leases["lease"]), period=m.period_labels)
        uplifts = np.concatenate(passed) if passed else np.zeros(0, dtype=np.int64)
        rent = self._grown(frame, "rent_jpy_per_rack_month", uplifts)
        return pd.Series(rent, index=labels_of(frame, ["lease", "period"]))

    def _grown(self, frame: pd.DataFrame, column: str, uplifts: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
        """Return a rent of as_of raised by the fiscal years since and by the renewals before."""
        lease = [self._places[0][lease] for lease in frame["lease"]]
        period = [self._places[1][label] for label in frame["period"]]
        names = ("rent_escalation", "renewal_uplift", column)
        numbers = [self.terms.leases[name].to_numpy(dtype=float) for name in names]
        escalation, uplift, rent = (values[lease] for values in numbers)
        m = self.terms.tables
        years = m.per_period("fiscal_year").to_numpy()[period] - m.fiscal_years[0]
        return np.asarray(rent * ((1.0 + escalation) ** years * (1.0 + uplift) ** uplifts))

    @cached_property
    def _places(self) -> tuple[dict[str, int], dict[str, int]]:
        """The row of each lease and of each period."""
        names = self.terms.leases["lease"], self.terms.tables.period_labels
        first, second = ({label: place for place, label in enumerate(each)} for each in names)
        return first, second

    @cached_property
    def before_release(self) -> pd.Series[float]:
        """Rent of a released rack for the part of the period before its day: (lease, period) M JPY."""
        windows = self.terms.windows
        rent = self._grown(windows, "rent_jpy_per_rack_month", windows["uplifts"].to_numpy())
        amount = rent * windows["share_before"].to_numpy() * self._months(windows) / 1e6
        return pd.Series(amount, index=self.terms.window_labels)

    def _months(self, frame: pd.DataFrame) -> npt.NDArray[np.float64]:
        """Return the months of the periods of a table."""
        months = self.terms.tables.per_period("months").to_numpy()
        return np.asarray(months[[self._places[1][label] for label in frame["period"]]])

    @cached_property
    def break_fee(self) -> pd.Series[float]:
        """Fee of a rack given back before its term ends: (lease, period) M JPY, at that period's rent."""
        windows = self.terms.windows
        index = self.terms.window_labels
        rent = self.rent.reindex(index).to_numpy()
        return pd.Series(rent * windows["fee_months"].to_numpy() / 1e6, index=index)

    @cached_property
    def tranche_rate(self) -> pd.Series[float]:
        """Rent of a tranche's racks: (lease, start_period, period) JPY per rack-month.

        The option's rent, else the lease's rent of as_of, with the lease's rise each 1 April and without
        renewal uplifts.
        """
        rows = self.terms.tranche_periods
        rate = self._grown(rows, "option_rent", np.zeros(len(rows), dtype=np.int64))
        return pd.Series(rate, index=labels_of(rows, ["lease", "start_period", "period"]))

    @cached_property
    def tranche_rent(self) -> pd.Series[float]:
        """Rent of a tranche's rack by period, by days: (lease, start_period, period) M JPY."""
        rows = self.terms.tranche_periods
        paid: pd.Series[float] = self.tranche_rate * (rows["share"].to_numpy() * self._months(rows) / 1e6)
        return paid

    @cached_property
    def doubled(self) -> pd.Series[float]:
        """Rent of a place that a moved rack still occupies for less than a period: (hall, period) M JPY."""
        m, months = self.terms.tables, self.terms.tables.priced_overlap_months
        halls = self.terms.leases["hall"].tolist()
        rent = (self.rent / 1e6).to_numpy() * np.tile(months.to_numpy(), len(halls))
        grid = m.grid(hall=halls, period=m.period_labels)
        return pd.Series(rent, index=labels_of(grid, ["hall", "period"]))
