"""Every decision of a plan in a planner's words, with the last date on which it stays open.

Read from the plan's tables and inputs. What is committed, what a contract ends by itself and what takes
effect after the horizon is no open decision of the plan and is not listed.

| kind | the last date it stays open |
|---|---|
| `start` | the order, build months before service, or the first payment, whichever comes first |
| `upgrade` | the same, for the application for more receiving power |
| `exit` | the day for notice: `notice_months` before the racks go back |
| `release` | the same, for a part of the racks |
| `renewal` | the day for notice, which the plan lets pass; by consent: the day by which to ask for renewal |
| `option` | the day for notice of the tranche |
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.calendar import add_months

if TYPE_CHECKING:
    from collections.abc import Hashable, Mapping

    from dcplan.data.case import Case
    from dcplan.plans.plan import Plan

    Tables = Mapping[str, pd.DataFrame]
    Row = dict[Hashable, Any]

BASE = "base"
BY_CONSENT = "by_consent"
NOTICE, ORDER, PAYMENT = "notice", "order", "first payment"


@dataclass(frozen=True)
class Holding:
    """Racks that a decision leaves or gives back: those of one lease.

    Attributes:
        lease: the lease.
        before: racks before, without tranches.
        given_back: racks given back.
        step: racks are given back in multiples of this.
    """

    lease: str
    before: int
    given_back: int
    step: int


@dataclass(frozen=True)
class Decision:
    """One decision of a plan.

    Attributes:
        kind: start, upgrade, exit, release, renewal or option.
        item: the project or the lease; the site of an exit.
        site: where.
        period: the period in which it takes effect.
        effective: the day on which it does.
        last_open: the last day on which it can still be taken, or not taken; not before `as_of`.
        set_by: what sets that day: order, first payment or notice.
        words: the decision as a planner says it.
        hall: the candidate hall of a start; '' elsewhere.
        holdings: the leases that an exit, a release or a renewal is about.
        racks: racks left, given back, kept or added; places of a start, receiving kW of an upgrade.
        consent: whether a renewal must be asked for.
    """

    kind: str
    item: str
    site: str
    period: str
    effective: date
    last_open: date
    set_by: str
    words: str
    hall: str = ""
    holdings: tuple[Holding, ...] = ()
    racks: int = 0
    consent: bool = False


def decisions(plan: Plan, case: Case, windows: pd.DataFrame) -> list[Decision]:
    """Return the decisions of a plan, by the last date on which they stay open.

    Args:
        plan: a plan.
        case: its inputs.
        windows: the days on which leases can be given back: lease, period, day, kind.
    """
    book = _Book.of(plan, case)
    found = [*_starts(book), *_exits_and_releases(book), *_renewals(book, windows), *_options(book)]
    return sorted(found, key=lambda each: (each.last_open, each.effective, each.kind, each.item))


@dataclass(frozen=True)
class _Book:
    """What the decisions are read from."""

    tables: Tables
    case: Case
    horizon: frozenset[str]
    leases: dict[str, Row]
    base: dict[tuple[str, str], tuple[int, int]]
    """(lease, period) -> base racks before and after the period's releases."""

    @classmethod
    def of(cls, plan: Plan, case: Case) -> _Book:
        periods = plan.tables["periods"]
        horizon = frozenset(periods.loc[~periods["tail"].astype(bool), "period"])
        site = case["halls"].set_index("hall")["site"]
        rows = case["leases"].assign(site=case["leases"]["hall"].map(site))
        leases = {str(row["lease"]): row for row in rows.to_dict("records")}
        return cls(plan.tables, case, horizon, leases, _base_racks(plan.tables, leases))

    def last_open(self, day: date) -> date:
        """Return a last date, or `as_of` where it has passed already: the choice is made now."""
        return max(day, self.case.info.as_of)

    def notice(self, lease: str, day: date) -> date:
        """Return the last day for notice."""
        return self.last_open(add_months(day, -int(self.leases[lease]["notice_months"])))


def _base_racks(tables: Tables, leases: dict[str, Row]) -> dict[tuple[str, str], tuple[int, int]]:
    """Return base racks before and after every period, from the opening and what was given back."""
    order = {period: place for place, period in enumerate(tables["periods"]["period"])}
    rows = tables["leases"][["lease", "period", "released_racks"]].copy()
    rows = rows.sort_values("period", key=lambda labels: labels.map(order), kind="stable")
    gone = rows.groupby("lease", sort=False)["released_racks"].cumsum()
    after = rows["lease"].map({lease: int(row["racks"]) for lease, row in leases.items()}) - gone
    before = after + rows["released_racks"]
    keys = zip(rows["lease"], rows["period"], strict=True)
    return dict(zip(keys, zip(before.astype(int), after.astype(int), strict=True), strict=True))


def _starts(book: _Book) -> Iterator[Decision]:
    """Yield the open projects that start within the horizon."""
    projects: dict[str, Row] = {row["project"]: row for row in book.case["projects"].to_dict("records")}
    halls: dict[str, Row] = {row["hall"]: row for row in book.case["halls"].to_dict("records")}
    longest = book.case["milestones"].groupby("profile")["months_before"].max().astype(int).to_dict()
    for start in book.tables["starts"].to_dict("records"):
        row = projects[start["project"]]
        if start["period"] not in book.horizon or row["committed"]:
            continue
        day, hall = _day(start["service_date"]), str(row["hall"])
        order = add_months(day, -int(row["build_months"]))
        paid = add_months(day, -longest[row["profile"]])
        more = int(halls[hall]["rack_places"] if hall else row["adds_receiving_kw"])
        site = str(halls[hall]["site"] if hall else row["site"])
        yield Decision(
            kind="start" if hall else "upgrade",
            item=str(start["project"]),
            site=site,
            period=str(start["period"]),
            effective=day,
            last_open=book.last_open(min(paid, order)),
            set_by=PAYMENT if paid < order else ORDER,
            words=f"Start {hall} on {day}"
            if hall
            else f"Raise the grid connection of {site} by {more:,} kW on {day}",
            hall=hall,
            racks=more,
        )


def _exits_and_releases(book: _Book) -> Iterator[Decision]:
    """Yield exits by site, and what is given back of leases whose site is kept."""
    left = {(row["site"], row["period"]) for row in book.tables["exits"].to_dict("records")}
    releases = book.tables["releases"]
    given = releases[(releases["part"] == BASE) & releases["kind"].isin(["term_end", "break"])]
    given = given[given["period"].isin(book.horizon) & (given["racks"] > 0)]
    sites = given["lease"].map({lease: row["site"] for lease, row in book.leases.items()})
    for (site, period), rows in given.assign(site=sites).groupby(["site", "period"], sort=False):
        if (site, period) in left:
            yield _exit(book, str(site), str(period), rows)
        else:
            yield from (_release(book, str(site), row) for row in rows.to_dict("records"))


def _holding(book: _Book, row: Any) -> Holding:
    before, _ = book.base[row["lease"], row["period"]]
    step = int(book.leases[row["lease"]]["step_racks"])
    return Holding(str(row["lease"]), before, int(row["racks"]), step)


def _exit(book: _Book, site: str, period: str, rows: pd.DataFrame) -> Decision:
    records = rows.to_dict("records")
    days = [_day(row["day"]) for row in records]
    racks, fee = int(rows["racks"].sum()), bool((rows["kind"] == "break").any())
    return Decision(
        kind="exit",
        item=site,
        site=site,
        period=period,
        effective=max(days),
        last_open=min(book.notice(row["lease"], day) for row, day in zip(records, days, strict=True)),
        set_by=NOTICE,
        words=f"Leave {site} on {max(days)}{', for a break fee' if fee else ''}",
        holdings=tuple(_holding(book, row) for row in records),
        racks=racks,
    )


def _release(book: _Book, site: str, row: Any) -> Decision:
    day, holding = _day(row["day"]), _holding(book, row)
    fee = ", for a break fee" if row["kind"] == "break" else ""
    return Decision(
        kind="release",
        item=holding.lease,
        site=site,
        period=str(row["period"]),
        effective=day,
        last_open=book.notice(holding.lease, day),
        set_by=NOTICE,
        words=f"Give back {holding.given_back} of {holding.before} racks at {site} on {day}{fee}",
        holdings=(holding,),
        racks=holding.given_back,
    )


def _renewals(book: _Book, windows: pd.DataFrame) -> Iterator[Decision]:
    """Yield the term ends at which the plan keeps every rack that it had."""
    for row in windows[windows["kind"] == "term_end"].to_dict("records"):
        lease, period = str(row["lease"]), str(row["period"])
        before, after = book.base[lease, period]
        if period not in book.horizon or after == 0 or after < before:
            continue
        terms, day = book.leases[lease], _day(row["day"])
        asked = terms["renewal"] == BY_CONSENT
        yield Decision(
            kind="renewal",
            item=lease,
            site=str(terms["site"]),
            period=period,
            effective=day,
            last_open=book.notice(lease, day),
            set_by=NOTICE,
            words=f"{'Ask to renew' if asked else 'Let'} {terms['site']}{'' if asked else ' renew'} on {day}"
            f", {before} racks",
            holdings=(Holding(lease, before, 0, int(terms["step_racks"])),),
            racks=before,
            consent=asked,
        )


def _options(book: _Book) -> Iterator[Decision]:
    """Yield the tranches that the plan takes under an option."""
    added = book.tables["leases"]
    added = added[(added["added_racks"] > 0) & added["period"].isin(book.horizon)]
    starts = book.tables["periods"].set_index("period")["start"]
    for row in added.to_dict("records"):
        lease, day = str(row["lease"]), _day(starts[row["period"]])
        racks, terms = int(row["added_racks"]), book.leases[str(row["lease"])]
        yield Decision(
            kind="option",
            item=lease,
            site=str(terms["site"]),
            period=str(row["period"]),
            effective=day,
            last_open=book.notice(lease, day),
            set_by=NOTICE,
            words=f"Take {racks} racks more at {terms['site']} from {day}",
            holdings=(Holding(lease, 0, 0, int(terms["step_racks"])),),
            racks=racks,
        )


def _day(value: Any) -> date:
    return value if isinstance(value, date) else date.fromisoformat(str(value))
