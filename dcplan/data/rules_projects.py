"""Rules on projects, their assets and milestones, and on the assets that stand at the opening."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.data.calendar import Calendar, add_months
from dcplan.data.case import Case
from dcplan.data.rule import at, exactly_one, needs, rows_where, sums_to_one
from dcplan.errors import Problem

SPENT_SLACK_MJPY = 1.0


@needs("halls", "projects")
def one_project(case: Case) -> Iterator[Problem]:
    """Each candidate hall has exactly one project, and no other hall has one."""
    halls = case["halls"].loc[case["halls"]["status"] == "candidate", "hall"]
    yield from exactly_one(case, "projects", halls, "a candidate hall")


@needs("sites", "projects")
def project_subject(case: Case) -> Iterator[Problem]:
    """A project names a hall, or an owned site and the receiving power that it adds there: one of the two."""
    projects = case["projects"]
    owned = case["sites"].loc[case["sites"]["ownership"] == "owned", "site"]
    hall, site = projects["hall"] != "", projects["site"] != ""
    added = projects["adds_receiving_kw"].notna()
    for position in rows_where(~hall & ~site & ~added):
        rule = "must not be empty where site and adds_receiving_kw are empty"
        yield at(
            case, "projects", position, "hall", rule, "Name the hall, or the site and the power it adds."
        )
    for column, given in (("site", site), ("adds_receiving_kw", added)):
        for position in rows_where(hall & given):
            remedy = "Write the upgrade of a connection as a project of its own."
            yield at(case, "projects", position, column, "must be empty for a project of a hall", remedy)
        for position in rows_where(~hall & (site | added) & ~given):
            rule = "must not be empty for an upgrade of a connection"
            yield at(case, "projects", position, column, rule, "Give site and adds_receiving_kw.")
    for position in rows_where(~hall & site & ~projects["site"].isin(owned)):
        rule = "must be an owned site: a leased one has no grid connection of its own"
        yield at(case, "projects", position, "site", rule, "Choose another site.")


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
    projects = case["projects"]
    for position in rows_where(projects["committed"] & projects["service_date"].notna()):
        row = projects.iloc[position]
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
    projects = case["projects"]
    after = zip(projects["project"], projects["after_project"], strict=True)
    before = {str(name): str(other) for name, other in after if other}
    for position, name in enumerate(projects["project"]):
        seen, at_name = {name}, before.get(name)
        while at_name and at_name not in seen:
            seen.add(at_name)
            at_name = before.get(at_name)
        if at_name == name:
            rule = "waits for itself through the chain of after_project"
            yield at(case, "projects", position, "after_project", rule, "Break the circle.")
    yield from _committed_order(case, before)


def _committed_order(case: Case, before: dict[str, str]) -> Iterator[Problem]:
    names = ["project", "committed", "service_date", "after_months"]
    columns = [case["projects"][name] for name in names]
    rows = {row[0]: dict(zip(names, row, strict=True)) for row in zip(*columns, strict=True)}
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


def committed_in_span(case: Case, calendar: Calendar) -> Iterator[Problem]:
    """A committed project comes into service while a whole period is left, so that all it pays is counted.

    No rule of the case: it depends on the length of a period and on the years of the tail that are solved.
    """
    projects = case["projects"]
    for position, (fixed, day) in enumerate(
        zip(projects["committed"], projects["service_date"], strict=True)
    ):
        if fixed and day is not None and calendar.first_whole_period(day) is None:
            last = calendar.periods["start"].iloc[-1]
            rule = f"must be {last} or earlier: no period of the plan begins on or after it"
            remedy = "Optimise more tail years or shorter periods, or leave the project out."
            yield at(case, "projects", position, "service_date", rule, remedy)


@needs("case", "opening_assets", "projects", "project_assets")
def opening_assets(case: Case) -> Iterator[Problem]:
    """An opening asset is in service by as_of, and has no name that a project's asset will have."""
    assets = case["opening_assets"]
    for position in rows_where(
        np.array([day > case.info.as_of for day in assets["service_date"]], dtype=bool)
    ):
        rule = f"must not be after as_of ({case.info.as_of})"
        remedy = "What comes later is a project: list it in projects.csv."
        yield at(case, "opening_assets", position, "service_date", rule, remedy)
    parts = case["project_assets"]
    later = {asset_name(*pair) for pair in zip(parts["project"], parts["asset_class"], strict=True)}
    for position in rows_where(assets["asset"].isin(later)):
        rule = "is the name that an asset of a project has in the plan"
        yield at(case, "opening_assets", position, "asset", rule, "Choose another name.")


def asset_name(project: str, asset_class: str) -> str:
    """Return the name of a project's asset of one class in the asset roll."""
    return f"{project}:{asset_class}"


RULES = (
    one_project,
    project_subject,
    asset_shares,
    milestone_shares,
    project_dates,
    sunk_spend,
    project_order,
    opening_assets,
)
