"""What the lease contracts say, period by period: when racks may be released and what rent they cost."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.calendar import add_months

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from typing import Any

    from dcplan.model.tables import Tables

ONE_DAY = pd.Timedelta(days=1).to_pytimedelta()


@dataclass(frozen=True)
class TermEnd:
    """The first day after a term of a lease, and whether notice for it can still be given."""

    day: date
    reachable: bool
    final: bool


@dataclass(frozen=True)
class LeaseTerms:
    """Release windows and rents of every lease."""

    tables: Tables

    @cached_property
    def leases(self) -> pd.DataFrame:
        """Leases with the site of their hall."""
        return self.tables.case["leases"].merge(self.tables.hall_site, on="hall")

    def term_ends(self, lease: Mapping[Any, Any]) -> Iterator[TermEnd]:
        """Yield the term ends of a lease row within the optimised span.

        Notice must be given ``notice_months`` before the day; a notice date before ``as_of`` is missed, and
        the contract then runs for a whole renewal term.
        """
        day: date = lease["term_end"] + ONE_DAY
        final = lease["renewal"] == "none"
        while day < self.tables.end:
            notice = add_months(day, -int(lease["notice_months"]))
            yield TermEnd(day, notice >= self.tables.as_of, final)
            if final:
                return
            day = add_months(day, int(lease["renewal_months"]))

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Release windows: lease, hall, site, period, day, final, share_before, rent_before.

        Of several term ends within a period the first one counts. ``rent_before`` is the rent before the day
        (JPY per rack-month), ``share_before`` the part of the period before it, for which a released rack
        still pays that rent.
        """
        rows = []
        for lease in self.leases.to_dict("records"):
            for uplifts, end in enumerate(self.term_ends(lease)):
                period = self.tables.period_of(end.day)
                if period is not None and (end.reachable or end.final) and end.day >= self.tables.as_of:
                    names = (lease["lease"], lease["hall"], lease["site"])
                    rows.append((*names, period, end.day, end.final, uplifts))
        columns = ["lease", "hall", "site", "period", "day", "final", "uplifts"]
        frame = pd.DataFrame(rows, columns=columns).drop_duplicates(["lease", "period"])
        frame = frame.merge(self.tables.periods[["period", "start", "days"]], on="period")
        frame["share_before"] = [
            (day - start).days / days
            for day, start, days in zip(frame["day"], frame["start"], frame["days"], strict=True)
        ]
        terms = self.leases[["lease", "rent_jpy_per_rack_month", "rent_escalation", "renewal_uplift"]]
        frame = frame.merge(terms, on="lease").merge(self.tables.fiscal_year_of, on="period")
        frame["rent_before"] = self._rent(frame)
        return frame[[*columns[:-1], "share_before", "rent_before"]]

    def _rent(self, frame: pd.DataFrame) -> pd.Series[float]:
        years = frame["fiscal_year"] - self.tables.fiscal_years[0]
        steps = (1.0 + frame["rent_escalation"]) ** years * (1.0 + frame["renewal_uplift"]) ** frame[
            "uplifts"
        ]
        rent: pd.Series[float] = frame["rent_jpy_per_rack_month"] * steps
        return rent

    @cached_property
    def rent(self) -> pd.Series[float]:
        r"""Rent in force in a period: (lease, period) JPY per rack-month.

        $$ r_{l,t} = r_l (1 + \text{escalation})^{FY_t - FY_0} (1 + \text{uplift})^{n_{l,t}} $$

        with n the terms that ended on or before the period's start.
        """
        leases = self.leases.to_dict("records")
        ends = [(lease["lease"], end.day) for lease in leases for end in self.term_ends(lease)]
        frame = self.leases.merge(self.tables.periods[["period", "start", "fiscal_year"]], how="cross")
        days = pd.DataFrame(ends, columns=["lease", "day"])
        past = frame[["lease", "period", "start"]].merge(days, on="lease")
        counts = past[past["day"] <= past["start"]].groupby(["lease", "period"]).size()
        keys = pd.MultiIndex.from_frame(frame[["lease", "period"]])
        frame["uplifts"] = counts.reindex(keys).fillna(0).to_numpy()  # no term ended yet
        return pd.Series(self._rent(frame).to_numpy(), index=keys)

    @cached_property
    def terms(self) -> pd.DataFrame:
        """Relation (lease, term, period): a term runs from a release window (or the opening) to the next.

        Leased racks change only between terms; ``term`` is named by its first period.
        """
        return self._spans(self.leases["lease"], self.windows[["lease", "period"]], "lease")

    @cached_property
    def stays(self) -> pd.DataFrame:
        """Relation (site, term, period): the terms of a site, cut at every release window of its leases."""
        sites = self.leases["site"].drop_duplicates()
        return self._spans(sites, self.windows[["site", "period"]].drop_duplicates(), "site")

    def _spans(self, owners: pd.Series[str], windows: pd.DataFrame, owner: str) -> pd.DataFrame:
        labels = self.tables.period_labels
        grid = self.tables.grid(**{owner: list(owners), "period": labels})
        marks = windows.assign(term=windows["period"]).drop_duplicates()
        grid = grid.merge(marks, how="left", on=[owner, "period"])
        first = grid["period"] == labels[0]
        grid["term"] = grid["term"].where(~first, labels[0])
        grid["term"] = grid.groupby(owner, sort=False)["term"].ffill()
        return grid[[owner, "term", "period"]]

    @cached_property
    def ended(self) -> pd.DataFrame:
        """Pairs (lease, period) after a term that cannot be renewed: no rack is leased any more."""
        rows = []
        for lease in self.leases.to_dict("records"):
            days = [end.day for end in self.term_ends(lease) if end.final]
            if days:
                first = self.tables.periods["end"] > days[0]
                rows += [(lease["lease"], t) for t in self.tables.periods.loc[first, "period"]]
        return pd.DataFrame(rows, columns=["lease", "period"])
