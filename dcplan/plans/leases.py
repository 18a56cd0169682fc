"""Lease tables of a plan: what is given back and when notice is due, cohorts by term, rents in force.

What a contract allows stands in the same rows for every plan; a plan says how many racks each of them has.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months
from dcplan.data.once import once_of_first

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from dcplan.lp.labels import Ints
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.model.lease_terms import TermEnd

BASE = "base"
RELEASES = ["lease", "part", "period", "day", "kind", "racks", "notice_by", "break_fee_mjpy"]
SPANS = ["lease", "part", "start", "end", "term_end", "racks", "rent_escalation"]
RATE = "rent_jpy_per_rack_month"

Row = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class _Allowed:
    """Rows that a plan may have: a table, and the row of the lease table that says how many racks."""

    rows: pd.DataFrame
    place: Ints


def lease_tables(model: PlanningModel, leases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return releases, lease_spans and lease_rates that follow from the published lease table.

    ``releases``: every return of racks with its day, kind (`term_end`, `final`, `break`, `tranche_end`), the
    last day for notice, fee and restoration. ``lease_spans``: cohorts of racks that stay under contract from
    ``start`` to ``end`` within one term, which binds until ``term_end``; an earlier end is a break.
    ``lease_rates``: rent in force by part and period. Racks x rate x months x share of the period's days is
    the rent of the cost table.
    """
    c = model.context
    released, added = (leases[name].to_numpy() for name in ("released_racks", "added_racks"))
    releases = _releases(c, released, added)
    spans = [*_base_spans(c, releases), *_tranche_spans(c, added)]
    columns: dict[str, Any] = dict(
        zip(SPANS, zip(*spans, strict=True) if spans else [()] * len(SPANS), strict=True)
    )
    columns["racks"] = np.array(columns["racks"], dtype=np.int64)
    columns["rent_escalation"] = np.array(columns["rent_escalation"], dtype=float)
    return {
        "releases": releases,
        "lease_spans": pd.DataFrame(columns),
        "lease_rates": _rates(c, added),
    }


@once_of_first
def _places(c: Context) -> dict[tuple[str, str], int]:
    """Return the row of each (lease, period) in the published lease table."""
    pairs = [(lease, label) for lease in c.leases.leases["lease"] for label in c.tables.period_labels]
    return {pair: at for at, pair in enumerate(pairs)}


@once_of_first
def _returns(c: Context) -> _Allowed:
    """Return every return of racks, with what it is for one rack; tranches' in the rows of added racks."""
    windows, tranches, places = c.leases.windows, c.leases.tranche_ends, _places(c)
    months = windows["lease"].map(c.leases.lease_number("notice_months"))
    named = [windows[name] for name in ("lease", "period", "day", "kind")]
    given_back: list[Row] = [
        (lease, BASE, period, day, kind, 1, None if kind == "final" else add_months(day, -int(before)), fee)
        for lease, period, day, kind, before, fee in zip(*named, months, c.rents.break_fee, strict=True)
    ]
    named = [tranches[name] for name in ("lease", "start_period", "period", "end")]
    ended: list[Row] = [  # the end of a tranche needs no notice and costs no fee
        (*which, "tranche_end", 1, None, 0.0) for which in zip(*named, strict=True)
    ]
    released = [places[lease, period] for lease, _, period, *_ in given_back]
    added = [len(places) + places[lease, part] for lease, part, *_ in ended]
    rows = pd.DataFrame([*given_back, *ended], columns=RELEASES)
    restoration = rows["lease"].map(c.leases.lease_number("restoration_mjpy_per_rack"))
    place = np.array([*released, *added], dtype=np.int64)
    return _Allowed(rows.assign(restoration_mjpy=restoration), place)


def _releases(c: Context, released: Ints, added: Ints) -> pd.DataFrame:
    allowed = _returns(c)
    racks = np.concatenate([released, added])[allowed.place]
    rows, racks = allowed.rows[racks > 0].reset_index(drop=True), racks[racks > 0]
    names = ("break_fee_mjpy", "restoration_mjpy")
    amounts = {name: rows[name].to_numpy(dtype=float) * racks for name in names}
    return rows.assign(racks=racks, **amounts)


def _base_spans(c: Context, releases: pd.DataFrame) -> Iterator[Row]:
    given_back: dict[str, dict[date, int]] = {}
    columns = [releases[name].tolist() for name in ("lease", "part", "day", "racks")]
    for lease, part, day, racks in zip(*columns, strict=True):
        if part == BASE:
            given_back.setdefault(lease, {})[day] = racks
    for contract, ends in c.leases.contracts:
        yield from _cohorts(c, contract, ends, given_back.get(contract["lease"], {}))


def _cohorts(
    c: Context, lease: Mapping[Any, Any], ends: list[TermEnd], given_back: dict[date, int]
) -> Iterator[Row]:
    """Yield the cohorts of a lease, term by term: first those that a break takes out, then the rest."""
    start, left = c.tables.as_of, int(lease["racks"])
    for end in ends:
        if not end.free or start >= c.tables.end:
            continue
        for day in sorted(day for day in given_back if start <= day < end.day):
            if given_back[day] and day > start:
                yield _span(lease, start, day, end.day, given_back[day])
            left -= given_back[day]
        if left > 0 and end.day > start:
            yield _span(lease, start, end.day, end.day, left)
        left -= given_back.pop(end.day, 0)
        start = end.day
        if end.final:
            return


def _span(lease: Mapping[Any, Any], start: date, end: date, term_end: date, racks: int) -> Row:
    return (lease["lease"], BASE, start, end, term_end, racks, lease["rent_escalation"])


@once_of_first
def _tranches(c: Context) -> list[tuple[int, Row]]:
    """Return every tranche: its row in the lease table, and the cohort of one rack."""
    rises, places = c.leases.lease_number("rent_escalation"), _places(c)
    rows = c.leases.tranches
    named = [rows[name] for name in ("lease", "start_period", "start", "end")]
    return [
        (places[lease, part], (lease, part, start, end, end, 1, rises[lease]))
        for lease, part, start, end in zip(*named, strict=True)
    ]


def _tranche_spans(c: Context, added: Ints) -> Iterator[Row]:
    for place, (*named, _, rise) in _tranches(c):
        if added[place] > 0:
            yield (*named, int(added[place]), rise)


@once_of_first
def _every_rate(c: Context) -> _Allowed:
    """Return the rent of every lease and tranche; that of a lease is always in force (place -1)."""
    labels = ["lease", "part", "period"]
    base = c.tables.grid(lease=list(c.leases.leases["lease"]), period=c.tables.period_labels)
    base = base.assign(part=BASE)[labels].assign(**{RATE: c.rents.rent.to_numpy()})
    if c.leases.tranches.empty:
        return _Allowed(base, np.full(len(base), -1))
    tranches = c.leases.tranche_periods.rename(columns={"start_period": "part"})[labels]
    tranches = tranches.assign(**{RATE: c.rents.tranche_rate.to_numpy()})
    places = _places(c)
    taken = [places[pair] for pair in zip(tranches["lease"], tranches["part"], strict=True)]
    place = np.array([*[-1] * len(base), *taken], dtype=np.int64)
    return _Allowed(pd.concat([base, tranches], ignore_index=True), place)


def _rates(c: Context, added: Ints) -> pd.DataFrame:
    """Return the rent in force: lease, part, period, rent_jpy_per_rack_month."""
    rates = _every_rate(c)
    there = np.append(added, 1)[rates.place] > 0  # the place -1 is the appended 1
    return rates.rows[there].reset_index(drop=True)
