"""Advice for a search: what starts once, and what is left once; nothing of it is a promise."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.lp.hints import hint_steps

if TYPE_CHECKING:
    from dcplan.lp.program import Program

HALLS, UPGRADES, SITES = 0, 1, 2


def give_hints(p: Program) -> None:
    """Say which decisions are steps, halls first: most of what a relaxation gets wrong is when they start.

    Then sites: what is left and when follows from the halls. Connections last: they follow their halls.
    """
    hint_steps(p, "in_service", "hall", HALLS)
    hint_steps(p, "upgraded", "project", UPGRADES)
    hint_steps(p, "kept", "site", SITES, falls=True)
