"""Promises about projects: when a unit may come into service, in which order, and that it stays."""

from __future__ import annotations

from datetime import date

import numpy as np

from dcplan.plans.audit.dates import plus_months
from dcplan.plans.audit.project_contracts import Project
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.report import Axis, Ledger
from dcplan.plans.audit.world import World, service_date_of, started_in, unit_state


def check_projects(world: World, ledger: Ledger) -> None:
    """Check build times and the order of all projects, and that upgrades start once."""
    _upgrades(world, ledger)
    for project in world.contracts.projects:
        _build_time(world, ledger, project)
        _precedence(world, ledger, project)


def receiving_kw(world: World) -> Floats:
    """Return the power that each site receives, upgrades in service included: (site, period)."""
    power = world.case.sites.receiving_kw.copy()
    for project in world.contracts.projects:
        if project.upgrade:
            power[project.site] += project.adds_kw * unit_state(world, project)
    return power


def _upgrades(world: World, ledger: Ledger) -> None:
    """An upgrade is in service or not, and once in service it stays."""
    on = world.decisions.upgraded
    axes: tuple[Axis, ...] = (world.projects, world.periods)
    upgrade = np.array([project.upgrade for project in world.contracts.projects], dtype=np.bool_)[:, None]
    message = "in_service is neither 0 nor 1"
    ledger.whole("start_once", axes, on, message, upgrade)
    ledger.at_most("start_once", axes, np.abs(on - 0.5), 0.5, 0.0, message, upgrade)
    before = np.concatenate([np.zeros((len(on), 1)), on[:, :-1]], axis=1)
    ledger.at_least("start_once", axes, on, before, 0.0, "an upgrade leaves service", upgrade)


def _build_time(world: World, ledger: Ledger, project: Project) -> None:
    clock = world.case.clock
    on = unit_state(world, project)
    axes: tuple[Axis, ...] = (("project", [project.name]), world.periods)
    if project.committed and project.service_date:
        first = clock.first_whole(project.service_date)
        due = np.where(np.arange(clock.size) >= first, 1.0, 0.0)
        message = f"a committed project is not in service from {project.service_date}"
        ledger.equal("build_time", axes, due[None], on[None], 0.0, message)
        return
    earliest = earliest_service(world, project)
    early = np.arange(clock.size) < clock.first_whole(earliest)
    message = f"in service before {earliest}, the earliest date that can be built"
    ledger.equal("build_time", axes, 0.0, on[None], 0.0, message, early[None])


def earliest_service(world: World, project: Project) -> date:
    """Return the earliest date on which an open project can be in service."""
    built = plus_months(world.case.clock.as_of, project.build_months)
    return max(built, project.earliest_date) if project.earliest_date else built


def _precedence(world: World, ledger: Ledger, project: Project) -> None:
    start = started_in(world, project)
    if not project.after or start is None:
        return
    clock = world.case.clock
    previous = next((other for other in world.contracts.projects if other.name == project.after), None)
    begun = service_date_of(world, previous) if previous else None
    at = plus_months(begun, project.after_months) if begun else None
    first = started_in(world, previous) if previous else None
    holds = at is not None and first is not None and first <= start and at <= clock.starts[start]
    where = {"project": project.name, "period": clock.labels[start]}
    wanted = f"at or after {at}" if at else f"after {project.after} starts"
    message = f"the project starts too soon after {project.after}"
    ledger.require("precedence", holds, where, wanted, str(clock.starts[start]), message)
