"""Rules on leases, projects, targets, budgets and pins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from dcplan.data.calendar import add_months
from dcplan.data.case import Case
from dcplan.data.rule import at, needs, rows_where, sums_to_one, text_of
from dcplan.errors import Problem

SPENT_SLACK_MJPY = 1.0


def _exactly_one(case: Case, table: str, halls: pd.Series, what: str) -> Iterator[Problem]:
    """Report halls without a row in a table, halls with two, and rows of other halls."""
    frame = case[table]
    wanted = set(halls)
    noun = table[:-1]
    for position in rows_where(
        case["halls"]["hall"].isin(wanted) & ~case["halls"]["hall"].isin(frame["hall"])
    ):
        yield at(case, "halls", position, "hall", f"{what} needs a {noun}", f"Add one to {table}.csv.")
    for position in rows_where(frame["hall"].duplicated()):
        yield at(case, table, position, "hall", f"has more than one {noun}", "Keep one row.")
    for position in rows_where(~frame["hall"].isin(wanted)):
        yield at(case, table, position, "hall", f"must be {what}", "Choose another hall or mend halls.csv.")


@needs("sites", "halls", "leases")
def one_lease(case: Case) -> Iterator[Problem]:
    """Each leased hall has exactly one lease, and no other hall has one."""
    leased = case["sites"].loc[case["sites"]["ownership"] == "leased", "site"]
    halls = case["halls"].loc[case["halls"]["site"].isin(leased), "hall"]
    yield from _exactly_one(case, "leases", halls, "a leased hall")


@needs("halls", "projects")
def one_project(case: Case) -> Iterator[Problem]:
    """Each candidate hall has exactly one project, and no other hall has one."""
    halls = case["halls"].loc[case["halls"]["status"] == "candidate", "hall"]
    yield from _exactly_one(case, "projects", halls, "a candidate hall")


@needs("halls", "leases")
def lease_places(case: Case) -> Iterator[Problem]:
    """The places of a leased hall are the racks of its lease."""
    places = case["leases"]["hall"].map(case["halls"].set_index("hall")["rack_places"])
    for position in rows_where(places != case["leases"]["racks"]):
        rule = f"must be the rack_places of its hall ({places.iloc[position]:g})"
        yield at(case, "leases", position, "racks", rule, "Mend leases.csv or halls.csv.")


@needs("case", "leases")
def lease_terms(case: Case) -> Iterator[Problem]:
    """A term ends after as_of; a renewal has a length, and a lease without renewal has none."""
    leases = case["leases"]
    for position in rows_where(np.array([end < case.info.as_of for end in leases["term_end"]])):
        rule = f"must not be before as_of ({case.info.as_of})"
        yield at(case, "leases", position, "term_end", rule, "Enter the end of the current term.")
    none = leases["renewal"] == "none"
    for position in rows_where(~none & (leases["renewal_months"] < 1)):
        rule = "must be at least 1 month where the lease is renewed"
        yield at(case, "leases", position, "renewal_months", rule, "Enter the length of a renewal.")
    for position in rows_where(none & (leases["renewal_months"] != 0)):
        yield at(case, "leases", position, "renewal_months", "must be 0 without renewal", "Write 0.")


@needs("projects", "project_assets")
def asset_shares(case: Case) -> Iterator[Problem]:
    """The asset shares of every project sum to 1."""
    yield from sums_to_one(case, "project_assets", "project")
    for position in rows_where(~case["projects"]["project"].isin(case["project_assets"]["project"])):
        rule = "has no row in project_assets.csv"
        yield at(case, "projects", position, "project", rule, "Split its cost by asset class.")


@needs("milestones")
def milestone_shares(case: Case) -> Iterator[Problem]:
    """The milestone shares of every profile sum to 1."""
    yield from sums_to_one(case, "milestones", "profile")


@needs("case", "projects")
def project_dates(case: Case) -> Iterator[Problem]:
    """A committed project has a service date within reach; an open one has no sunk spend."""
    projects, info = case["projects"], case.info
    committed = projects["committed"]
    undated = projects["service_date"].isna()
    for position in rows_where(committed & undated):
        rule = "must not be empty for a committed project"
        yield at(case, "projects", position, "service_date", rule, "Enter its fixed date.")
    early = np.array([day is not None and day < info.as_of for day in projects["service_date"]], dtype=bool)
    for position in rows_where(committed & early):
        rule = f"must not be before as_of ({info.as_of})"
        remedy = "A hall that serves already is in_service in halls.csv and has no project."
        yield at(case, "projects", position, "service_date", rule, remedy)
    for position in rows_where(~committed & (projects["spent_mjpy"] != 0)):
        yield at(case, "projects", position, "spent_mjpy", "must be 0 for an open project", "Write 0.")


@needs("case", "projects", "milestones")
def sunk_spend(case: Case) -> Iterator[Problem]:
    """What a committed project has spent is what its milestones put before as_of (within 1 M JPY)."""
    shares = {str(name): rows for name, rows in case["milestones"].groupby("profile", sort=False)}
    for position, row in enumerate(case["projects"].to_dict("records")):
        if not row["committed"] or row["service_date"] is None:
            continue
        profile = shares[row["profile"]]
        due = [add_months(row["service_date"], -int(m)) < case.info.as_of for m in profile["months_before"]]
        sunk = row["cost_mjpy"] * float(profile["share"][due].sum())
        if abs(sunk - row["spent_mjpy"]) > SPENT_SLACK_MJPY:
            rule = f"must be {sunk:,.0f} M JPY: what the profile {row['profile']} puts before as_of"
            yield at(
                case, "projects", position, "spent_mjpy", rule, "Mend the spend, the profile or the cost."
            )


@needs("projects")
def project_order(case: Case) -> Iterator[Problem]:
    """No project waits for itself, and committed projects come in the order that they state."""
    projects = case["projects"].set_index("project")
    before = {str(name): str(other) for name, other in projects["after_project"].items() if other}
    for position, name in enumerate(projects.index):
        seen, at_name = {name}, before.get(name)
        while at_name and at_name not in seen:
            seen.add(at_name)
            at_name = before.get(at_name)
        if at_name == name:
            rule = "waits for itself through the chain of after_project"
            yield at(case, "projects", position, "after_project", rule, "Break the circle.")
    yield from _committed_order(case, before)


def _committed_order(case: Case, before: dict[str, str]) -> Iterator[Problem]:
    rows = {row["project"]: row for row in case["projects"].to_dict("records")}
    for position, row in enumerate(rows.values()):
        other = rows.get(before.get(row["project"], ""))
        if other is None or not row["committed"] or row["service_date"] is None:
            continue
        name = other["project"]
        if not other["committed"]:
            rule = f"is committed, but {name} that must come before is open"
            yield at(case, "projects", position, "after_project", rule, f"Commit {name} too.")
        elif other["service_date"] is not None:
            ready = add_months(other["service_date"], int(row["after_months"]))
            if row["service_date"] < ready:
                rule = f"must be {ready} or later: {row['after_months']} months after {name}"
                yield at(case, "projects", position, "service_date", rule, "Mend one of the dates.")


_RANGES = {"renewable_share": (0.0, 1.0, "Write a share as a fraction: 50 % is 0.5."),
           "pue": (1.0, 3.0, "Write PUE as a ratio: 1.4."),
           "location_tco2e": (0.0, 1e9, "Write tonnes.")}  # fmt: skip


@needs("targets")
def target_values(case: Case) -> Iterator[Problem]:
    """A target's value fits its metric, and one target has one metric and boundary."""
    targets = case["targets"]
    for position, (metric, value) in enumerate(zip(targets["metric"], targets["value"], strict=True)):
        low, high, remedy = _RANGES[metric]
        if not low <= value <= high:
            rule = f"must be from {low:g} to {high:g} for {metric}"
            yield at(case, "targets", position, "value", rule, remedy)
    for column in ("metric", "boundary"):
        first = targets.groupby("target", sort=False)[column].transform("first")
        for position in rows_where(first != targets[column]):
            rule = f"must be {first.iloc[position]}, as in the first row of the target"
            yield at(case, "targets", position, column, rule, "Give another target another name.")


_NEEDED = {"in_service": ("hall",), "kept": ("site",), "racks": (), "moved_out": ()}
_UNUSED = {
    "in_service": ("class", "site"),
    "kept": ("class", "hall"),
    "racks": ("site",),
    "moved_out": ("site",),
}


@needs("sites", "halls", "classes", "pins")
def pin_subjects(case: Case) -> Iterator[Problem]:
    """A pin names what its decision speaks about, and nothing else."""
    leased = set(case["sites"].loc[case["sites"]["ownership"] == "leased", "site"])
    candidates = set(case["halls"].loc[case["halls"]["status"] == "candidate", "hall"])
    for position, pin in enumerate(case["pins"].to_dict("records")):
        decision = pin["decision"]
        for column in _NEEDED[decision]:
            if not pin[column]:
                yield at(
                    case, "pins", position, column, f"must not be empty for {decision}", f"Name the {column}."
                )
        for column in _UNUSED[decision]:
            if pin[column]:
                yield at(case, "pins", position, column, f"must be empty for {decision}", "Clear it.")
        if decision == "in_service" and pin["hall"] and pin["hall"] not in candidates:
            rule = "must be a candidate hall: only these are decided"
            yield at(case, "pins", position, "hall", rule, "Choose a hall with a project.")
        if decision == "kept" and pin["site"] and pin["site"] not in leased:
            yield at(
                case,
                "pins",
                position,
                "site",
                "must be a leased site: owned sites are kept",
                "Choose another.",
            )
        if pin["period_to"] is not None and pin["period_to"] <= pin["period_from"]:
            rule = f"must be after period_from ({text_of(pin['period_from'])})"
            yield at(case, "pins", position, "period_to", rule, "The end is exclusive.")


@needs("pins")
def pin_reasons(case: Case) -> Iterator[Problem]:
    """Every pin has a reason."""
    for position in rows_where(case["pins"]["reason"] == ""):
        yield at(case, "pins", position, "reason", "must not be empty", "Say why the planner fixes this.")


RULES = (
    one_lease,
    one_project,
    lease_places,
    lease_terms,
    asset_shares,
    milestone_shares,
    project_dates,
    sunk_spend,
    project_order,
    target_values,
    pin_subjects,
    pin_reasons,
)
