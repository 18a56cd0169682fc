"""What the lease contracts say about time: term ends, the releases that they allow, option tranches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months, months_between
from dcplan.lp.labels import label_index

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date
    from typing import Any

    from dcplan.model.tables import Tables

ONE_DAY = pd.Timedelta(days=1).to_pytimedelta()
WINDOW = ["lease", "hall", "site", "period", "day", "kind", "uplifts", "fee_months"]
TRANCHE = ["lease", "hall", "site", "start_period", "start", "end"]


@dataclass(frozen=True)
class TermEnd:
    """The first day after a term of a lease, and whether racks can be given back on it."""

    day: date
    reachable: bool
    final: bool

    @property
    def free(self) -> bool:
        """Whether the contract lets go of racks on this day without a fee."""
        return self.reachable or self.final


@dataclass(frozen=True)
class LeaseTerms:
    """Release windows, terms and tranches of every lease."""

    tables: Tables

    @cached_property
    def leases(self) -> pd.DataFrame:
        """Leases with the site of their hall and the rent of their option, ``option_rent``."""
        rows = self.tables.case["leases"].merge(self.tables.hall_site, on="hall")
        own, lease = rows["option_rent_jpy_per_rack_month"], rows["rent_jpy_per_rack_month"]
        return rows.assign(option_rent=own.where(own.notna(), lease))

    def term_ends(self, lease: Mapping[Any, Any]) -> Iterator[TermEnd]:
        """Yield the term ends of a lease row, up to the first free one that is not before the span's end.

        Renewal `automatic`: notice must be given ``notice_months`` before the day; a notice date before
        ``as_of`` is missed, and the contract then runs for a whole renewal term. `by_consent`: a renewal
        needs the tenant's word, so that every term end is free. `none`: the lease ends.
        """
        first: date = lease["term_end"] + ONE_DAY
        final, asked = lease["renewal"] == "none", lease["renewal"] == "by_consent"
        count = 0
        while True:
            day = add_months(first, count * int(lease["renewal_months"]))
            notice = add_months(day, -int(lease["notice_months"]))
            end = TermEnd(day, asked or notice >= self.tables.as_of, final)
            yield end
            if final or (end.free and day >= self.tables.end):
                return
            count += 1

    @cached_property
    def windows(self) -> pd.DataFrame:
        """Release windows: `WINDOW` and share_before, at most one a lease and period.

        ``kind`` is `term_end`, `final` (the lease cannot be renewed) or `break`. Of several term ends within
        a period the first one counts. A lease with a break fee may be broken at the start of every other
        period that notice can still reach; ``fee_months`` of rent are due then, not more than the months
        left of the term. ``share_before`` is the part of the period before the day, for which a released
        rack still pays rent; ``uplifts`` the renewals before it.
        """
        rows: list[tuple[Any, ...]] = []
        for lease in self.leases.to_dict("records"):
            rows += self._free_windows(lease)
            rows += self._breaks(lease, {row[3] for row in rows if row[0] == lease["lease"]})
        frame = pd.DataFrame(rows, columns=WINDOW).astype({"fee_months": float})
        frame = frame.merge(self.tables.periods[["period", "start", "days"]], on="period")
        frame["share_before"] = [
            (day - start).days / days
            for day, start, days in zip(frame["day"], frame["start"], frame["days"], strict=True)
        ]
        order = {label: place for place, label in enumerate(self.tables.period_labels)}
        place = {lease: n for n, lease in enumerate(self.leases["lease"])}
        keys = frame["lease"].map(place) * len(order) + frame["period"].map(order)
        return frame.iloc[keys.argsort(kind="stable")][[*WINDOW, "share_before"]].reset_index(drop=True)

    def _free_windows(self, lease: Mapping[Any, Any]) -> Iterator[tuple[Any, ...]]:
        taken = set()
        for uplifts, end in enumerate(self.term_ends(lease)):
            period = self.tables.period_of(end.day)
            if period is not None and end.free and end.day >= self.tables.as_of and period not in taken:
                taken.add(period)
                kind = "final" if end.final else "term_end"
                yield (lease["lease"], lease["hall"], lease["site"], period, end.day, kind, uplifts, 0.0)

    def _breaks(self, lease: Mapping[Any, Any], free: set[str]) -> Iterator[tuple[Any, ...]]:
        fee = lease["break_fee_months"]
        if pd.isna(fee):
            return
        ends = list(self.term_ends(lease))
        earliest = add_months(self.tables.as_of, int(lease["notice_months"]))
        for period, start in self.tables.periods[["period", "start"]].itertuples(index=False):
            binding = next((end.day for end in ends if end.free and end.day > start), None)
            if start < earliest or period in free or binding is None:
                continue
            months = min(float(fee), months_between(start, binding))
            uplifts = sum(end.day <= start for end in ends)
            yield (lease["lease"], lease["hall"], lease["site"], period, start, "break", uplifts, months)

    @cached_property
    def tranches(self) -> pd.DataFrame:
        """Tranches that an option allows: `TRANCHE`; a tranche runs from ``start`` to ``end`` (exclusive).

        It starts with a period that notice can reach, not after ``option_until``, runs ``option_months``,
        does not outlive a lease that ends for good, and ends without renewal.
        """
        rows: list[tuple[Any, ...]] = []
        for lease in self.leases[self.leases["option_racks"] > 0].to_dict("records"):
            last = next((end.day for end in self.term_ends(lease) if end.final), None)
            earliest = add_months(self.tables.as_of, int(lease["notice_months"]))
            for period, start in self.tables.periods[["period", "start"]].itertuples(index=False):
                end = add_months(start, int(lease["option_months"]))
                in_time = lease["option_until"] is None or start <= lease["option_until"]
                if start >= earliest and in_time and (last is None or end <= last):
                    rows.append((lease["lease"], lease["hall"], lease["site"], period, start, end))
        return pd.DataFrame(rows, columns=TRANCHE)

    @cached_property
    def tranche_periods(self) -> pd.DataFrame:
        """Tranches by period: lease, start_period, period, share, whole.

        ``share`` is the part of the period's days inside the tranche; only in ``whole`` periods its racks
        are places, for what ends inside a period is not there at its end.
        """
        spans = self.tables.periods.rename(columns={"start": "first", "end": "stop"})
        rows = self.tranches.merge(spans[["period", "first", "stop", "days"]], how="cross")
        rows = rows[(rows["first"] >= rows["start"]) & (rows["first"] < rows["end"])]
        rows = rows.assign(whole=rows["stop"] <= rows["end"])
        inside = [
            (min(stop, end) - first).days
            for first, stop, end in zip(rows["first"], rows["stop"], rows["end"], strict=True)
        ]
        rows["share"] = pd.Series(inside, index=rows.index, dtype=float) / rows["days"]
        return rows[["lease", "start_period", "period", "share", "whole"]].reset_index(drop=True)

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
        names, labels = list(owners), self.tables.period_labels
        row = {name: at for at, name in enumerate(names)}
        column = {label: at for at, label in enumerate(labels)}
        begins = np.zeros((len(names), len(labels)), dtype=np.int64)
        marks = [windows[owner].map(row).to_numpy(int), windows["period"].map(column).to_numpy(int)]
        begins[tuple(marks)] = marks[1]
        term = np.maximum.accumulate(begins, axis=1).ravel()
        grid = self.tables.grid(**{owner: names, "period": labels})
        return grid.assign(term=label_index(labels).take(term))[[owner, "term", "period"]]

    @cached_property
    def terms_by_stay(self) -> pd.DataFrame:
        """Relation (lease, term, site, stay): the terms of a lease that lie in a term of its site."""
        stays = self.stays.merge(self.leases[["lease", "site"]], on="site").rename(columns={"term": "stay"})
        pairs = self.terms.merge(stays, on=["lease", "period"])
        return pairs[["lease", "term", "site", "stay"]].drop_duplicates().reset_index(drop=True)

    @cached_property
    def ended(self) -> pd.DataFrame:
        """Pairs (lease, term) after a term that cannot be renewed: no rack is leased any more."""
        rows = []
        for lease in self.leases.to_dict("records"):
            days = [end.day for end in self.term_ends(lease) if end.final]
            if days:
                first = self.tables.periods["end"] > days[0]
                rows += [(lease["lease"], t) for t in self.tables.periods.loc[first, "period"]]
        pairs = pd.DataFrame(rows, columns=["lease", "period"]).merge(self.terms, on=["lease", "period"])
        return pairs[["lease", "term"]].drop_duplicates().reset_index(drop=True)

    def lease_number(self, column: str) -> pd.Series[float]:
        """Return a numeric column of the leases as (lease)."""
        return self._by_lease[column].astype(float)

    @cached_property
    def _by_lease(self) -> pd.DataFrame:
        return self.leases.set_index("lease")
