"""Advice for a search: what starts once, and what is left once; nothing of it is a promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.lp.hints import hint_steps

if TYPE_CHECKING:
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
    projects = c.schedule.projects.set_index("project")
    still_open = projects.index[~projects["committed"].astype(bool)]
    after = projects.loc[still_open, "after_project"]
    steps = pd.Series(0, index=still_open)
    waiting = after[after.isin(still_open)]
    while not waiting.empty:
        steps[waiting.index] += 1
        waiting = waiting.map(after)[lambda earlier: earlier.isin(still_open)]
    places = c.tables.halls.set_index("hall")["rack_places"].astype(float)
    halls = projects.loc[still_open, ["hall"]].assign(steps=steps)
    halls = halls[halls["hall"] != ""]
    halls["places"] = -halls["hall"].map(places)
    return halls.sort_values(["steps", "places"], kind="stable")["hall"].tolist()
