"""Commitments as the audit reads them: promised starts and exits, and what changing one costs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from dcplan.plans.audit.reading import UnreadableError, read_optional
from dcplan.plans.audit.world import started_in

if TYPE_CHECKING:
    from dcplan.plans.audit.world import World


def changed_commitments(world: World) -> Iterator[tuple[str, int, int, float, float]]:
    """Yield the price of every promise that is not kept: term, site, period, amount, discount factor."""
    sheet = read_optional(world.case.folder / "commitments.csv")
    if sheet is None:
        return
    clock, sites = world.case.clock, world.case.sites.rows
    projects = {project.name: project for project in world.contracts.projects}
    columns = (sheet.text("project"), sheet.text("site"), sheet.days("date"), sheet.numbers("price_mjpy"))
    for name, site, day, price in zip(*columns, strict=True):
        if name:
            t = clock.first_whole(day)
            kept, where = started_in(world, projects[name]) == t, projects[name].site
        else:
            where, t = sites[site], clock.holding(day) or 0
            state = world.decisions.kept[where]
            kept = (state[t - 1] if t else 1) == 1 and state[t] == 0
        if t >= clock.size:
            raise UnreadableError(sheet.file, f"{day} lies after the last period")
        yield "commitment_change", where, t, 0.0 if kept else float(price), clock.factor_at(clock.starts[t])
