"""Warnings on a sound case: what a planner should know before reading a plan."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

import pandas as pd

from dcplan.data.calendar import Calendar, add_months, demand_by_period
from dcplan.data.capacity import earliest_services
from dcplan.data.case import Case
from dcplan.data.rule import at, rows_where
from dcplan.data.tables import TABLES
from dcplan.errors import Problem


def remarks(case: Case, calendar: Calendar) -> list[Problem]:
    """Return every warning, sorted by file and row."""
    found = [
        *case.notes,
        *_encodings(case),
        *_dates_inside_periods(case, calendar),
        *_lease_ends(case, calendar),
        *_late_projects(case, calendar),
        *_missed_notices(case),
        *_falling_demand(case, calendar),
        *_opening_shares(case),
        *_pins_above_occupancy(case),
        *_hindsight(case),
        *_outside_horizon(case, calendar),
    ]
    return sorted(found, key=Problem.sort_key)


def _encodings(case: Case) -> Iterator[Problem]:
    """Files that are not UTF-8: the text was read, but the guess should be known."""
    for file, encoding in case.encodings.items():
        if encoding == "cp932":
            rule = "was read as Shift_JIS (cp932)"
            yield Problem(
                file, None, None, None, rule, "Check the Japanese texts, or save it as 'CSV UTF-8'."
            )


def _dates_inside_periods(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """Capacity that comes inside a period counts only from the next whole one."""
    dated = [("connections", "from_date"), ("onsite_pv", "from_date"), ("projects", "earliest_date")]
    starts = set(calendar.periods["start"])
    for table, column in [*dated, ("projects", "service_date")]:
        frame = case[table]
        for position, day in enumerate(frame[column]):
            if not isinstance(day, date) or day in starts or not case.info.as_of < day < calendar.end:
                continue
            if column == "service_date" and not frame["committed"].iloc[position]:
                continue
            inside, whole = calendar.period_of(day), calendar.first_whole_period(day)
            rule = f"lies inside {inside}, so it counts from {whole or 'no period at all'}"
            finer = (
                "" if calendar.periods["months"].iloc[0] == 1 else "A finer granularity counts it earlier."
            )
            yield at(case, table, position, column, rule, finer)


def _lease_ends(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """A lease without renewal that ends inside a period has no places in the whole period."""
    starts = set(calendar.periods["start"])
    leases = case["leases"]
    for position in rows_where(leases["renewal"] == "none"):
        gone = leases["term_end"].iloc[position] + timedelta(days=1)
        inside = calendar.period_of(gone)
        if gone not in starts and inside is not None:
            rule = f"ends inside {inside}, so its places do not count in that period"
            yield at(case, "leases", position, "term_end", rule, "A finer granularity counts them longer.")


def _late_projects(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """Projects that cannot serve, or were announced before they could be built."""
    services = earliest_services(case, calendar)
    for position, row in enumerate(case["projects"].to_dict("records")):
        earliest = services.get(str(row["project"]))
        if earliest is None or earliest >= case.info.horizon_end:
            rule = f"cannot be in service before the horizon ends ({case.info.horizon_end})"
            yield at(case, "projects", position, "project", rule, "Check build_months and after_project.")
        elif not row["committed"] and row["service_date"] is not None and row["service_date"] < earliest:
            rule = f"is announced before it can be in service ({earliest})"
            yield at(
                case, "projects", position, "service_date", rule, "Check build_months, or the announced date."
            )


def _missed_notices(case: Case) -> Iterator[Problem]:
    """Leases whose notice for the first term end had to be given before as_of."""
    leases = case["leases"]
    for position, row in enumerate(leases.to_dict("records")):
        notice = add_months(row["term_end"] + timedelta(days=1), -int(row["notice_months"]))
        if row["renewal"] != "none" and notice < case.info.as_of:
            rule = f"could only be left with notice by {notice}, before as_of: it is renewed once"
            yield at(case, "leases", position, "term_end", rule, "Check term_end and notice_months.")


def _falling_demand(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """Demand that falls: whole racks leave by churn with a carry, which may lag by a rack a hall."""
    racks = demand_by_period(case, calendar).pivot(index="class", columns="period", values="racks")
    steps = racks[calendar.labels].diff(axis=1)
    for name in racks.index[(steps < 0).any(axis=1)]:
        first = str(steps.columns[int((steps.loc[name] < 0).to_numpy().argmax())])
        position = rows_where(case["demand"]["class"] == name)[0]
        rule = (
            f"demand of {name} falls from {first}; whole racks leave by churn, which may lag by a rack a hall"
        )
        yield at(case, "demand", position, "class", rule, "If the solve is infeasible here, soften the fall.")


def _opening_shares(case: Case) -> Iterator[Problem]:
    """Opening racks above the largest share of a site or region: they are tolerated as they churn."""
    halls = case["halls"][["hall", "site"]].merge(case["sites"][["site", "region"]], on="site")
    rows = case["occupancy"].merge(halls, on="hall")
    total = rows.groupby("class")["racks"].sum()
    classes = case["classes"].set_index("class")
    for dim, column in (("site", "max_site_share"), ("region", "max_region_share")):
        racks = rows.groupby(["class", dim], sort=False)["racks"].sum().reset_index()
        share = racks["racks"] / racks["class"].map(total).where(lambda t: t > 0, 1)
        for position in rows_where(share > racks["class"].map(classes[column]) + 1e-9):
            name, place = racks["class"].iloc[position], racks[dim].iloc[position]
            line = rows_where(case["classes"]["class"] == name)[0]
            rule = (
                f"{share.iloc[position]:.0%} of {name} opens in {place}: tolerated for the racks still there"
            )
            yield at(case, "classes", line, column, rule)


def _pins_above_occupancy(case: Case) -> Iterator[Problem]:
    """Pinned racks that are not there at as_of must first be placed."""
    there = case["occupancy"].set_index(["class", "hall"])["racks"]
    pinned = case["pinned_racks"]
    for position, pair in enumerate(zip(pinned["class"], pinned["hall"], strict=True)):
        racks = int(there.get(pair, 0))
        if pinned["racks"].iloc[position] > racks:
            rule = f"is more than the {racks} racks there at as_of"
            yield at(
                case, "pinned_racks", position, "racks", rule, "The rest must be placed in the first period."
            )


def _hindsight(case: Case) -> Iterator[Problem]:
    """In a foresight edition, rows that became known after as_of."""
    if not case.info.edition.startswith("foresight"):
        return
    for name, table in TABLES.items():
        if not table.provenance:
            continue
        for position, day in enumerate(case[name]["known_on"]):
            if isinstance(day, date) and day > case.info.as_of:
                rule = f"is later than as_of ({case.info.as_of}) in the edition {case.info.edition}"
                yield at(case, name, position, "known_on", rule, "Replace the row by what was known then.")


def _outside_horizon(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """Pins that touch no period."""
    starts = pd.Series(calendar.periods["start"])
    for position, pin in enumerate(case["pins"].to_dict("records")):
        last = pin["period_to"] or calendar.end
        if not ((starts >= pin["period_from"]) & (starts < last)).any():
            rule = "touches no period: none starts in its span"
            yield at(case, "pins", position, "period_from", rule, "Use the first day of a period.")
