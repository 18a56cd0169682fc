"""Rules on what has been promised: racks booked and not yet installed, starts and exits."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.data.calendar import booked_by_period, demand_by_period, demand_on, make_calendar
from dcplan.data.case import Case
from dcplan.data.rule import at, leased_sites, listed, needs, rows_where
from dcplan.data.rules_demand import eligible_pairs
from dcplan.data.spread import by_fiscal_year
from dcplan.data.tables_demand import AREAS
from dcplan.errors import Problem

_DEMAND = ("case", "classes", "class_years", "demand", "occupancy", "reservations")


@needs("case", "reservations")
def reservation_dates(case: Case) -> Iterator[Problem]:
    """A reservation starts within the horizon and ends after it starts."""
    rows, info = case["reservations"], case.info
    for position, (start, until) in enumerate(zip(rows["from_date"], rows["until"], strict=True)):
        if start < info.as_of:
            rule = f"lies before as_of ({info.as_of})"
            remedy = "Racks that are installed belong into occupancy.csv; a late order gets a new date."
            yield at(case, "reservations", position, "from_date", rule, remedy)
        elif start >= info.horizon_end:
            rule = f"lies after the horizon, which ends on {info.horizon_end}"
            yield at(case, "reservations", position, "from_date", rule, "Remove the row, or plan further.")
        if until is not None and until <= start:
            rule = f"must be later than from_date ({start})"
            yield at(case, "reservations", position, "until", rule, "Leave it empty for an open end.")


@needs("classes", "class_regions", "class_years", "halls", "sites", "reservations")
def reservation_regions(case: Case) -> Iterator[Problem]:
    """A reserved region has a hall where the class may stand."""
    pairs = eligible_pairs(case)
    rows = case["reservations"]
    for position, (name, region) in enumerate(zip(rows["class"], rows["region"], strict=True)):
        regions = list(dict.fromkeys(pairs.loc[pairs["class"] == name, "region"]))
        if region and not set(AREAS.get(region, (region,))) & set(regions):
            rule = f"has no hall for class {name}, which may stand in {listed(regions)}"
            yield at(
                case, "reservations", position, "region", rule, "Name another region, or leave it empty."
            )


@needs(*_DEMAND)
def reservations_in_demand(case: Case) -> Iterator[Problem]:
    """Reservations that are part of demand are no more than the racks that are new by then.

    New by the end of a period is what is demanded less what survives of the opening racks.
    """
    if "in_demand" not in set(case["reservations"]["counted"]):
        return
    calendar = make_calendar(case.info)
    rate = by_fiscal_year(case["class_years"], ["class"], "churn_rate", calendar)
    booked = booked_by_period(case, calendar)
    inside = booked[booked["counted"] == "in_demand"].groupby(["class", "period"])["racks"].sum()
    periods = calendar.periods[~calendar.periods["tail"]]
    demand = demand_on(case, list(periods["end"]))
    opening = case["occupancy"].groupby("class")["racks"].sum()
    for name in dict.fromkeys(inside.index.get_level_values("class")):
        years = periods["fiscal_year"].to_numpy()
        turned = np.diff(years, prepend=years[0]) > 0
        kept = np.cumprod(np.where(turned, 1.0 - rate.loc[name].reindex(years - 1).fillna(0.0), 1.0))
        new = demand[name].to_numpy() - float(opening.get(name, 0)) * kept
        racks = inside.loc[name].reindex(periods["period"]).fillna(0).to_numpy()
        short = np.flatnonzero(racks > new + 1.0)
        if short.size:
            rows = case["reservations"]
            mine = (rows["class"] == name) & (rows["counted"] == "in_demand")
            t = int(short[0])
            rule = (
                f"the reservations of {name} in demand.csv reach {racks[t]:,.0f} racks in "
                f"{periods['period'].iloc[t]}, but only {new[t]:,.0f} racks are new by then"
            )
            remedy = "Count them on_top, or raise the demand."
            yield at(case, "reservations", rows_where(mine)[0], "racks", rule, remedy)


@needs(*_DEMAND)
def reservations_end_by_churn(case: Case) -> Iterator[Problem]:
    """Demand with reservations never falls faster than churn: racks leave only by churn."""
    if not any(until is not None for until in case["reservations"]["until"]):
        return
    calendar = make_calendar(case.info)
    racks = demand_by_period(case, calendar).pivot(index="class", columns="period", values="racks")
    rate = by_fiscal_year(case["class_years"], ["class"], "churn_rate", calendar)
    years = calendar.periods["fiscal_year"].to_numpy()
    ends = case["reservations"]
    for position in rows_where(ends["until"].notna() & (ends["counted"] == "on_top")):
        name, until = ends["class"].iloc[position], ends["until"].iloc[position]
        period = calendar.first_whole_period(until)
        if period is None or until >= case.info.horizon_end:
            continue
        t = calendar.labels.index(period)
        before, after = racks.loc[name, calendar.labels[t - 1]], racks.loc[name, period]
        churn = rate.loc[(name, years[t - 1])] if years[t] > years[t - 1] else 0.0
        if after < np.floor(before * (1.0 - churn)):
            rule = (
                f"demand of {name} would fall from {before:,} to {after:,} racks in {period}, "
                "and racks leave only by churn"
            )
            remedy = "Leave it empty, or end it where demand grows or churns by as much."
            yield at(case, "reservations", position, "until", rule, remedy)


@needs("case", "commitments", "projects", "sites")
def commitment_subject(case: Case) -> Iterator[Problem]:
    """A commitment is the start of an open project or the exit of a leased site, within the horizon."""
    rows, info = case["commitments"], case.info
    open_ = set(case["projects"].loc[~case["projects"]["committed"].astype(bool), "project"])
    leased = leased_sites(case)
    for position, (project, site, day) in enumerate(
        zip(rows["project"], rows["site"], rows["date"], strict=True)
    ):
        if bool(project) == bool(site):
            rule = "needs a project or a site, not both"
            yield at(
                case, "commitments", position, "project", rule, "Write two commitments for two promises."
            )
        elif project and project not in open_:
            rule = "is committed already: its date is fixed"
            yield at(case, "commitments", position, "project", rule, "Remove the row.")
        elif site and site not in leased:
            yield at(case, "commitments", position, "site", "must be a leased site", "Choose another site.")
        if not info.as_of <= day < info.horizon_end:
            rule = f"must lie from as_of ({info.as_of}) to the end of the horizon ({info.horizon_end})"
            yield at(case, "commitments", position, "date", rule, "Remove what is past or too far off.")


RULES = (
    reservation_dates,
    reservation_regions,
    reservations_in_demand,
    reservations_end_by_churn,
    commitment_subject,
)
