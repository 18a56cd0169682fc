"""Advice for a search: what starts once, and what is left once; nothing of it is a promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.lp.hints import hint_steps

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.lp.program import Program
    from dcplan.model.context import Context

HALLS, UPGRADES, SITES = 0, 1, 2


def give_hints(p: Program, c: Context) -> None:
    """Say which decisions are steps, halls first: most of what a relaxation gets wrong is when they start.

    Connections follow their halls, and sites come last: what is left and when follows from both.
    """
    hint_steps(p, "in_service", "hall", HALLS, order=decided_halls(c))
    hint_steps(p, "upgraded", "project", UPGRADES)
    hint_steps(p, "kept", "site", SITES, falls=True)


def decided_halls(c: Context) -> list[str]:
    """Return candidate halls in the order in which they are decided.

    A hall that stands on a project that is still open comes after those that do not, and a large one before
    a small one: where more racks may stand decides more of the rest.
    """
    projects = c.schedule.projects
    still_open = projects[~projects["committed"].astype(bool)]
    after = dict(zip(still_open["project"], still_open["after_project"], strict=True))
    project_of = dict(zip(still_open["hall"], still_open["project"], strict=True))
    places = c.tables.hall_number("rack_places")
    halls = [hall for hall in still_open["hall"] if hall]
    return sorted(halls, key=lambda hall: (_open_before(project_of[hall], after), -places[hall]))


def _open_before(project: str, after: Mapping[str, str]) -> int:
    """Count the open projects that one stands on."""
    count = 0
    while (project := after[project]) in after:
        count += 1
    return count
