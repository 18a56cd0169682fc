"""The leases of a saved case with their dates worked out: what may be given back when, and at what price.

Free release dates of a lease are the day after its term end and the renewal dates that follow; with automatic
renewal a date is free when the notice for it can still be given at the opening. In between, a lease with a
break fee may be broken at the start of a period.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from dcplan.plans.audit.dates import Clock, fiscal_year, plus_months
from dcplan.plans.audit.inputs import Case, known_codes
from dcplan.plans.audit.reading import Codes, Floats, Sheet, read_optional

LEASE_COLUMNS = (
    "lease",
    "hall",
    "racks",
    "rent_jpy_per_rack_month",
    "rent_escalation",
    "term_end",
    "renewal",
    "renewal_months",
    "renewal_uplift",
    "notice_months",
    "restoration_mjpy_per_rack",
    "contract_pue",
)
DEFAULTS = {"least_racks": "0", "step_racks": "1", "option_racks": "0", "option_months": "0"}
EMPTY = ("break_fee_months", "option_rent_jpy_per_rack_month", "option_until")


@dataclass(frozen=True)
class Leases:
    """Leases (L).

    `release[l][t]` is the free release date in period t, or None; `binding[l][t]` the end of the term that
    runs at the start of period t (the date itself where it is free); `fee_months` (L, T) the months of rent
    that a break at the start of a period costs, NaN where there is none. `forced` is the first period of a
    lease that ends without renewal, else the number of periods. `rate` is the rent in JPY per rack-month by
    (L, T), `rate_before` the one until the release date of the period, `option_rate` that of tranches;
    `tranche_end[l][t]` the end of a tranche that starts in period t, None where none may.
    """

    rows: dict[str, int]
    hall: Codes
    site: Codes
    racks: Floats
    least: Floats
    step: Floats
    option: Floats
    escalation: Floats
    notice_months: Codes
    restoration_mjpy: Floats
    contract_pue: Floats
    ends: list[list[date]]
    release: list[list[date | None]]
    fee_months: Floats
    forced: Codes
    rate: Floats
    rate_before: Floats
    option_rate: Floats
    tranche_end: list[list[date | None]]


def read_leases(case: Case) -> Leases:
    """Return the leases of a saved case."""
    sheet = read_optional(case.folder / "leases.csv") or Sheet(
        "leases.csv", {column: [] for column in LEASE_COLUMNS}, 0
    )
    filled = {
        column: [cell or DEFAULTS.get(column, "") for cell in sheet.columns.get(column, [""] * sheet.size)]
        for column in (*DEFAULTS, *EMPTY)
    }
    sheet = replace(sheet, columns=sheet.columns | filled)
    clock, hall = case.clock, known_codes(sheet, "hall", case.halls.rows)
    free, every = _term_ends(sheet, clock)
    uplift = np.nan_to_num(sheet.numbers("renewal_uplift", optional=True))
    rent, own = (
        sheet.numbers("rent_jpy_per_rack_month"),
        sheet.numbers("option_rent_jpy_per_rack_month", optional=True),
    )
    escalation = sheet.numbers("rent_escalation")
    grown = np.array([clock.years[i] - fiscal_year(clock.as_of) for i in clock.year_of])
    growth = (1 + escalation)[:, None] ** grown[None, :]
    shape = (sheet.size, clock.size)
    release = [
        [_first_within(days, clock.starts[t], clock.ends[t]) for t in range(clock.size)] for days in free
    ]
    past = np.array([[sum(d <= day for d in days) for day in clock.starts] for days in every]).reshape(shape)
    until = np.array(
        [[sum(d < day for d in every[i]) if day else 0 for day in days] for i, days in enumerate(release)]
    ).reshape(shape)
    raised = 1 + uplift[:, None]
    last = [
        days[-1] if kind == "none" else None for kind, days in zip(sheet.text("renewal"), free, strict=True)
    ]
    notice = np.nan_to_num(sheet.numbers("notice_months", optional=True)).astype(np.int64)
    return Leases(
        rows=sheet.index("lease"),
        hall=hall,
        site=case.halls.site[hall],
        racks=sheet.numbers("racks"),
        least=sheet.numbers("least_racks"),
        step=sheet.numbers("step_racks"),
        option=sheet.numbers("option_racks"),
        escalation=escalation,
        notice_months=notice,
        restoration_mjpy=sheet.numbers("restoration_mjpy_per_rack"),
        contract_pue=sheet.numbers("contract_pue"),
        ends=free,
        release=release,
        fee_months=_fees(sheet, clock, free, release, notice),
        forced=np.array([clock.size if day is None else _ended(clock, day) for day in last], dtype=np.int64),
        rate=rent[:, None] * growth * raised**past,
        rate_before=rent[:, None] * growth * raised**until,
        option_rate=np.where(np.isnan(own), rent, own)[:, None] * growth,
        tranche_end=_tranche_ends(sheet, clock, notice, last),
    )


def _term_ends(sheet: Sheet, clock: Clock) -> tuple[list[list[date]], list[list[date]]]:
    """Return the days on which racks are free to go, and all days after a term, to the first past the end."""
    months = np.nan_to_num(sheet.numbers("renewal_months", optional=True))
    notice = np.nan_to_num(sheet.numbers("notice_months", optional=True))
    free, every = [], []
    for i, (kind, last) in enumerate(zip(sheet.text("renewal"), sheet.days("term_end"), strict=True)):
        first = last + timedelta(days=1)
        days: list[date] = []
        may: list[date] = []
        while True:
            day = plus_months(first, len(days) * int(months[i]))
            days.append(day)
            if kind != "automatic" or plus_months(day, -int(notice[i])) >= clock.as_of:
                may.append(day)
            if kind == "none" or (may and may[-1] == day and day >= clock.end):
                break
        free.append(may)
        every.append(days)
    return free, every


def _ended(clock: Clock, day: date) -> int:
    return next((t for t in range(clock.size) if clock.ends[t] > day), clock.size)


def _first_within(days: list[date], start: date, end: date) -> date | None:
    return next((day for day in days if start <= day < end), None)


def _fees(
    sheet: Sheet, clock: Clock, free: list[list[date]], release: list[list[date | None]], notice: Codes
) -> Floats:
    """Return the months of rent that a break costs, by lease and period; NaN where none is possible."""
    asked = sheet.numbers("break_fee_months", optional=True)
    found = np.full((sheet.size, clock.size), np.nan)
    for i, t in np.ndindex(found.shape):
        start = clock.starts[t]
        ahead = [day for day in free[i] if day > start]
        known = not np.isnan(asked[i]) and ahead and release[i][t] is None
        if known and start >= plus_months(clock.as_of, int(notice[i])):
            found[i, t] = min(asked[i], months_left(start, ahead[0]))
    return found


def months_left(start: date, end: date) -> float:
    """Return the calendar months between two days, the last one by its days."""
    months = 0
    while plus_months(start, months + 1) <= end:
        months += 1
    begun, following = plus_months(start, months), plus_months(start, months + 1)
    return months + (end - begun).days / (following - begun).days


def _tranche_ends(
    sheet: Sheet, clock: Clock, notice: Codes, last: list[date | None]
) -> list[list[date | None]]:
    option, months = sheet.numbers("option_racks"), sheet.whole("option_months")
    until = sheet.optional_days("option_until")
    found: list[list[date | None]] = []
    for i in range(sheet.size):
        row: list[date | None] = []
        for start in clock.starts:
            end, limit, over = plus_months(start, int(months[i])), until[i], last[i]
            late = (limit is not None and start > limit) or (over is not None and end > over)
            early = start < plus_months(clock.as_of, int(notice[i]))
            row.append(None if late or early or option[i] <= 0 else end)
        found.append(row)
    return found
