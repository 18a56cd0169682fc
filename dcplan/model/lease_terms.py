"""What the lease contracts say about time: term ends, the releases that they allow, option tranches."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months, months_between
from dcplan.lp.labels import label_index, label_table
from dcplan.model.labelled import labels_of, records

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
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


class TermsBefore(NamedTuple):
    """Which term comes before which.

    Attributes:
        first: the first terms: owner, term.
        later: the others: owner, term and the term before, `earlier`.
    """

    first: pd.DataFrame
    later: pd.DataFrame


@dataclass(frozen=True)
class LeaseTerms:
    """Release windows, terms and tranches of every lease."""

    tables: Tables

    @cached_property
    def leases(self) -> pd.DataFrame:
        """Leases with the site of their hall and the rent of their option, ``option_rent``."""
        rows, halls = self.tables.case["leases"], self.tables.halls
        site = dict(zip(halls["hall"], halls["site"], strict=True))
        own, lease = rows["option_rent_jpy_per_rack_month"], rows["rent_jpy_per_rack_month"]
        return rows.assign(
            site=pd.Series([site[hall] for hall in rows["hall"]], index=rows.index, dtype=object),
            option_rent=own.where(own.notna(), lease),
        )

    @cached_property
    def lease_site(self) -> pd.DataFrame:
        """Relation lease -> site."""
        return self.leases[["lease", "site"]]

    @cached_property
    def lease_hall(self) -> pd.DataFrame:
        """Relation lease -> hall."""
        return self.leases[["lease", "hall"]]

    @cached_property
    def contracts(self) -> list[tuple[dict[str, Any], list[TermEnd]]]:
        """Each lease as a row, with its term ends in time order."""
        rows = records(self.leases, [str(name) for name in self.leases])
        return [(lease, list(self.term_ends(lease))) for lease in rows]

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
        periods = self.tables.periods
        order = {label: place for place, label in enumerate(self.tables.period_labels)}
        starts, days = list(periods["start"]), list(periods["days"])
        for lease, ends in self.contracts:
            found = list(self._free_windows(lease, ends))
            found += self._breaks(lease, {row[3] for row in found})
            rows += sorted(found, key=lambda row: order[row[3]])
        frame = pd.DataFrame(rows, columns=WINDOW, dtype=object)
        places = [order[period] for period in frame["period"]]
        into = zip(frame["day"], places, strict=True)
        share = [(day - starts[place]).days / days[place] for day, place in into]
        return frame.assign(
            uplifts=np.array(frame["uplifts"], dtype=np.int64),
            fee_months=np.array(frame["fee_months"], dtype=float),
            share_before=np.array(share, dtype=float),
        )

    @cached_property
    def window_labels(self) -> pd.Index[Any]:
        """Labels of the release windows: (lease, period)."""
        return labels_of(self.windows, ["lease", "period"])

    @cached_property
    def window_discount(self) -> pd.Series[float]:
        """Present value of 1 paid on the day of a release window: (lease, period)."""
        factors = [self.tables.discount(day) for day in self.windows["day"]]
        return pd.Series(factors, index=self.window_labels, dtype=float)

    def _free_windows(self, lease: Mapping[Any, Any], ends: Sequence[TermEnd]) -> Iterator[tuple[Any, ...]]:
        taken = set()
        for uplifts, end in enumerate(ends):
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
        for lease, ends in self.contracts:
            if not lease["option_racks"] > 0:
                continue
            last = next((end.day for end in ends if end.final), None)
            earliest = add_months(self.tables.as_of, int(lease["notice_months"]))
            for period, start in self.tables.periods[["period", "start"]].itertuples(index=False):
                end = add_months(start, int(lease["option_months"]))
                in_time = lease["option_until"] is None or start <= lease["option_until"]
                if start >= earliest and in_time and (last is None or end <= last):
                    rows.append((lease["lease"], lease["hall"], lease["site"], period, start, end))
        return pd.DataFrame(rows, columns=TRANCHE)

    @cached_property
    def tranche_ends(self) -> pd.DataFrame:
        """Tranches that end within the span, with the period that holds the day after their end."""
        ends = [self.tables.period_of(day) for day in self.tranches["end"]]
        rows = self.tranches.assign(period=pd.Series(ends, index=self.tranches.index, dtype=object))
        return rows[rows["period"].notna()].reset_index(drop=True)

    @cached_property
    def tranche_periods(self) -> pd.DataFrame:
        """Tranches by period: lease, start_period, period, share, whole.

        ``share`` is the part of the period's days inside the tranche; only in ``whole`` periods its racks
        are places, for what ends inside a period is not there at its end.
        """
        periods, tranches = self.tables.periods, self.tranches
        spans = list(zip(*(periods[name] for name in ("period", "start", "end", "days")), strict=True))
        named = zip(*(tranches[name] for name in ("lease", "start_period", "start", "end")), strict=True)
        rows = [
            (lease, taken, period, (min(stop, end) - first).days / days, stop <= end)
            for lease, taken, start, end in named
            for period, first, stop, days in spans
            if start <= first < end
        ]
        frame = pd.DataFrame(
            rows, columns=["lease", "start_period", "period", "share", "whole"], dtype=object
        )
        share, whole = np.array(frame["share"], dtype=float), np.array(frame["whole"], dtype=bool)
        return frame.assign(share=share, whole=whole)

    @cached_property
    def terms(self) -> pd.DataFrame:
        """Relation (lease, term, period): a term runs from a release window (or the opening) to the next.

        Leased racks change only between terms; ``term`` is named by its first period.
        """
        return self._spans(self.leases["lease"], self.windows, "lease")

    @cached_property
    def stays(self) -> pd.DataFrame:
        """Relation (site, term, period): the terms of a site, cut at every release window of its leases."""
        return self._spans(self.leases["site"].drop_duplicates(), self.windows, "site")

    @cached_property
    def lease_terms(self) -> pd.DataFrame:
        """Pairs (lease, term)."""
        return _pairs(self.terms, "lease")

    @cached_property
    def site_terms(self) -> pd.DataFrame:
        """Pairs (site, term)."""
        return _pairs(self.stays, "site")

    @cached_property
    def lease_terms_before(self) -> TermsBefore:
        """The term before each of `lease_terms`."""
        return _before(self.lease_terms, "lease")

    @cached_property
    def site_terms_before(self) -> TermsBefore:
        """The term before each of `site_terms`."""
        return _before(self.site_terms, "site")

    def _spans(self, owners: pd.Series[str], windows: pd.DataFrame, owner: str) -> pd.DataFrame:
        names, labels = list(owners), self.tables.period_labels
        row = {name: at for at, name in enumerate(names)}
        column = {label: at for at, label in enumerate(labels)}
        begins = np.zeros((len(names), len(labels)), dtype=np.int64)
        for name, period in zip(windows[owner], windows["period"], strict=True):
            begins[row[name], column[period]] = column[period]
        term = np.maximum.accumulate(begins, axis=1).ravel()
        grid = self.tables.grid(**{owner: names, "period": labels})
        columns = [grid[owner].to_numpy(), label_index(labels).to_numpy()[term], grid["period"].to_numpy()]
        return label_table([owner, "term", "period"], columns)

    @cached_property
    def terms_by_stay(self) -> pd.DataFrame:
        """Relation (lease, term, site, stay): the terms of a lease that lie in a term of its site."""
        stays, terms = self.stays, self.terms
        stay = dict(zip(zip(stays["site"], stays["period"], strict=True), stays["term"], strict=True))
        site = dict(zip(self.leases["lease"], self.leases["site"], strict=True))
        named = zip(terms["lease"], terms["term"], terms["period"], strict=True)
        rows = dict.fromkeys((lease, term, site[lease], stay[site[lease], t]) for lease, term, t in named)
        return pd.DataFrame(list(rows), columns=["lease", "term", "site", "stay"], dtype=object)

    @cached_property
    def ended(self) -> pd.DataFrame:
        """Pairs (lease, term) after a term that cannot be renewed: no rack is leased any more."""
        terms, periods = self.terms, self.tables.periods
        term = dict(zip(zip(terms["lease"], terms["period"], strict=True), terms["term"], strict=True))
        rows: dict[tuple[str, str], None] = {}
        for lease, ends in self.contracts:
            last = next((end.day for end in ends if end.final), None)
            if last is not None:
                over = periods["period"][[end > last for end in periods["end"]]]
                rows |= dict.fromkeys((lease["lease"], term[lease["lease"], t]) for t in over)
        return pd.DataFrame(list(rows), columns=["lease", "term"], dtype=object)

    def lease_number(self, column: str) -> pd.Series[float]:
        """Return a numeric column of the leases as (lease)."""
        return self._by_lease[column]

    @cached_property
    def _by_lease(self) -> pd.DataFrame:
        return self.leases.set_index("lease").select_dtypes("number").astype(float)


def _pairs(rows: pd.DataFrame, owner: str) -> pd.DataFrame:
    """Return the distinct pairs of an owner and its term, in order."""
    pairs = dict.fromkeys(zip(rows[owner], rows["term"], strict=True))
    return pd.DataFrame(list(pairs), columns=[owner, "term"], dtype=object)


def _before(terms: pd.DataFrame, owner: str) -> TermsBefore:
    """Return which term comes before which; those of an owner stand together, in time order."""
    same = terms[owner].eq(terms[owner].shift(1)).to_numpy()
    later = terms.assign(earlier=terms["term"].shift(1))
    return TermsBefore(terms[~same], later[same])
