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
    spans = pd.DataFrame([*_base_spans(c, releases), *_tranche_spans(c, added)], columns=SPANS)
    return {
        "releases": releases,
        "lease_spans": spans.astype({"racks": "int64", "rent_escalation": float}),
        "lease_rates": _rates(c, added),
    }


@once_of_first
def _places(c: Context) -> dict[tuple[str, str], int]:
    """Return the row of each (lease, period) in the published lease table."""
    pairs = [(lease, label) for lease in c.leases.leases["lease"] for label in c.tables.period_labels]
    return {pair: at for at, pair in enumerate(pairs)}


def _rows_of(c: Context, leases: pd.Series[str], periods: pd.Series[str]) -> Ints:
    places = _places(c)
    return np.array([places[pair] for pair in zip(leases, periods, strict=True)], dtype=np.int64)


@once_of_first
def _returns(c: Context) -> _Allowed:
    """Return every return of racks, with what it is for one rack; tranches' in the rows of added racks."""
    windows, tranches, size = c.leases.windows, c.leases.tranches, len(_places(c))
    months = windows["lease"].map(c.leases.lease_number("notice_months"))
    notice = [
        None if kind == "final" else add_months(day, -int(before))
        for kind, day, before in zip(windows["kind"], windows["day"], months, strict=True)
    ]
    given_back = windows[["lease", "period", "day", "kind"]].assign(part=BASE)
    given_back["notice_by"] = notice
    given_back["break_fee_mjpy"] = c.rents.break_fee.to_numpy()
    ended = tranches[["lease", "start_period", "end"]].rename(columns={"start_period": "part", "end": "day"})
    periods = pd.Series([c.tables.period_of(day) for day in ended["day"]], index=ended.index, dtype=object)
    # the end of a tranche needs no notice and costs no fee
    ended = ended.assign(period=periods, kind="tranche_end", notice_by=None, break_fee_mjpy=0.0)
    ended = ended[periods.notna()]  # it ends within the span
    released = _rows_of(c, windows["lease"], windows["period"])
    added = size + _rows_of(c, ended["lease"], ended["part"])
    rows = pd.concat([given_back, ended], ignore_index=True).assign(racks=1)[RELEASES]
    restoration = rows["lease"].map(c.leases.lease_number("restoration_mjpy_per_rack"))
    return _Allowed(rows.assign(restoration_mjpy=restoration), np.concatenate([released, added]))


def _releases(c: Context, released: Ints, added: Ints) -> pd.DataFrame:
    allowed = _returns(c)
    racks = np.concatenate([released, added])[allowed.place]
    rows, racks = allowed.rows[racks > 0].reset_index(drop=True), racks[racks > 0]
    amounts = {name: rows[name].to_numpy() * racks for name in ("break_fee_mjpy", "restoration_mjpy")}
    return rows.assign(racks=racks, **amounts)


@once_of_first
def _contracts(c: Context) -> list[tuple[Mapping[Any, Any], list[TermEnd]]]:
    """Return every lease with its term ends."""
    return [(lease, list(c.leases.term_ends(lease))) for lease in c.leases.leases.to_dict("records")]


def _base_spans(c: Context, releases: pd.DataFrame) -> Iterator[Row]:
    given_back: dict[str, dict[date, int]] = {}
    rows = releases[["lease", "part", "day", "racks"]].itertuples(index=False, name=None)
    for lease, part, day, racks in rows:
        if part == BASE:
            given_back.setdefault(lease, {})[day] = racks
    for contract, ends in _contracts(c):
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
def _tranches(c: Context) -> _Allowed:
    """Return the cohort of one rack of every tranche."""
    rows = c.leases.tranches.rename(columns={"start_period": "part"})
    rise = rows["lease"].map(c.leases.lease_number("rent_escalation"))
    rows = rows.assign(term_end=rows["end"], racks=1, rent_escalation=rise)
    return _Allowed(rows[SPANS], _rows_of(c, rows["lease"], rows["part"]))


def _tranche_spans(c: Context, added: Ints) -> Iterator[Row]:
    tranches = _tranches(c)
    for row, racks in zip(
        tranches.rows.itertuples(index=False, name=None), added[tranches.place], strict=True
    ):
        if racks > 0:
            yield (*row[:-2], int(racks), row[-1])


@once_of_first
def _every_rate(c: Context) -> _Allowed:
    """Return the rent of every lease and tranche; that of a lease is always in force (place -1)."""
    base = c.rents.rent.rename(RATE).reset_index().assign(part=BASE)
    tranches = c.rents.tranche_rate.rename(RATE).reset_index().rename(columns={"start_period": "part"})
    parts = [part for part in (base, tranches) if not part.empty] or [base]
    taken = _rows_of(c, tranches["lease"], tranches["part"])
    rows = pd.concat(parts, ignore_index=True)[["lease", "part", "period", RATE]]
    return _Allowed(rows, np.concatenate([np.full(len(base), -1), taken]))


def _rates(c: Context, added: Ints) -> pd.DataFrame:
    """Return the rent in force: lease, part, period, rent_jpy_per_rack_month."""
    rates = _every_rate(c)
    there = np.append(added, 1)[rates.place] > 0  # the place -1 is the appended 1
    return rates.rows[there].reset_index(drop=True)
