"""Lease tables of a plan: what is given back and when notice is due, cohorts by term, rents in force."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.calendar import add_months

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import date

    from dcplan.model import PlanningModel
    from dcplan.model.context import Context

BASE = "base"
RELEASES = ["lease", "part", "period", "day", "kind", "racks", "notice_by", "break_fee_mjpy"]
SPANS = ["lease", "part", "start", "end", "term_end", "racks", "rent_escalation"]

Row = tuple[Any, ...]


def lease_tables(model: PlanningModel, leases: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return releases, lease_spans and lease_rates that follow from the published lease table.

    ``releases``: every return of racks with its day, kind (`term_end`, `final`, `break`, `tranche_end`), the
    last day for notice, fee and restoration. ``lease_spans``: cohorts of racks that stay under contract from
    ``start`` to ``end`` within one term, which binds until ``term_end``; an earlier end is a break.
    ``lease_rates``: rent in force by part and period. Racks x rate x months x share of the period's days is
    the rent of the cost table.
    """
    c = model.context
    released, added = (leases[leases[name] > 0] for name in ("released_racks", "added_racks"))
    releases = pd.concat([_releases(c, released), _tranche_ends(c, added)], ignore_index=True)
    per_rack = releases["lease"].map(c.leases.lease_number("restoration_mjpy_per_rack"))
    releases["restoration_mjpy"] = per_rack * releases["racks"]
    spans = pd.DataFrame([*_base_spans(c, releases), *_tranche_spans(c, added)], columns=SPANS)
    return {
        "releases": releases,
        "lease_spans": spans.astype({"racks": "int64", "rent_escalation": float}),
        "lease_rates": _rates(c, added),
    }


def _releases(c: Context, released: pd.DataFrame) -> pd.DataFrame:
    rows = released.merge(c.leases.windows, on=["lease", "period"])
    rows = rows.merge(c.leases.leases[["lease", "notice_months"]], on="lease")
    fee = c.rents.break_fee.rename("fee").reset_index()
    rows = rows.merge(fee, on=["lease", "period"])
    rows["notice_by"] = [
        None if kind == "final" else add_months(day, -int(months))
        for kind, day, months in zip(rows["kind"], rows["day"], rows["notice_months"], strict=True)
    ]
    rows["break_fee_mjpy"] = rows["fee"] * rows["released_racks"]
    return rows.assign(part=BASE).rename(columns={"released_racks": "racks"})[RELEASES]


def _tranche_ends(c: Context, added: pd.DataFrame) -> pd.DataFrame:
    """Return the tranches that end within the span; their end needs no notice and costs no fee."""
    taken = added[["lease", "period", "added_racks"]].rename(columns={"period": "start_period"})
    rows = taken.merge(c.leases.tranches, on=["lease", "start_period"])
    rows["period"] = pd.Series(
        [c.tables.period_of(day) for day in rows["end"]], index=rows.index, dtype=object
    )
    rows = rows[rows["period"].notna()]
    rows = rows.rename(columns={"start_period": "part", "end": "day", "added_racks": "racks"})
    return rows.assign(kind="tranche_end", notice_by=None, break_fee_mjpy=0.0)[RELEASES]


def _base_spans(c: Context, releases: pd.DataFrame) -> Iterator[Row]:
    base = releases[releases["part"] == BASE]
    for lease in c.leases.leases.to_dict("records"):
        mine = base[base["lease"] == lease["lease"]]
        yield from _cohorts(c, lease, dict(zip(mine["day"], mine["racks"], strict=True)))


def _cohorts(c: Context, lease: Mapping[Any, Any], given_back: dict[date, int]) -> Iterator[Row]:
    """Yield the cohorts of a lease, term by term: first those that a break takes out, then the rest."""
    start, left = c.tables.as_of, int(lease["racks"])
    for end in c.leases.term_ends(lease):
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


def _tranche_spans(c: Context, added: pd.DataFrame) -> Iterator[Row]:
    taken = added[["lease", "period", "added_racks"]].rename(columns={"period": "start_period"})
    rows = taken.merge(c.leases.tranches, on=["lease", "start_period"])
    rows = rows.merge(c.leases.leases[["lease", "rent_escalation"]], on="lease")
    for row in rows.to_dict("records"):
        end, rise = row["end"], row["rent_escalation"]
        yield (row["lease"], row["start_period"], row["start"], end, end, row["added_racks"], rise)


def _rates(c: Context, added: pd.DataFrame) -> pd.DataFrame:
    """Return the rent in force: lease, part, period, rent_jpy_per_rack_month."""
    name = "rent_jpy_per_rack_month"
    base = c.rents.rent.rename(name).reset_index().assign(part=BASE)
    taken = added[["lease", "period"]].rename(columns={"period": "part"})
    tranches = c.rents.tranche_rate.rename(name).reset_index().rename(columns={"start_period": "part"})
    tranches = tranches.merge(taken, on=["lease", "part"])
    both = [frame for frame in (base, tranches) if not frame.empty] or [base]
    return pd.concat(both, ignore_index=True)[["lease", "part", "period", name]]
