"""What every rule of the audit looks at: the case, the contracts, the physics and the published decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from dcplan.plans.audit.contracts import Contracts
from dcplan.plans.audit.decisions import Decisions
from dcplan.plans.audit.inputs import Case
from dcplan.plans.audit.onsite import Bought
from dcplan.plans.audit.physics import Energy, Physics
from dcplan.plans.audit.project_contracts import Project
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.report import Axis


@dataclass(frozen=True)
class World:
    """One saved plan with everything that its numbers depend on."""

    plan: str
    case: Case
    contracts: Contracts
    physics: Physics
    decisions: Decisions
    energy: Energy
    terminal_value: str
    objective: str
    soft: bool = False
    bought: list[Bought] = field(default_factory=list)
    analyst: Mapping[str, tuple[Floats, Floats]] = field(default_factory=dict)

    @property
    def reference(self) -> bool:
        """True for plans that are made for comparison and not optimised."""
        return self.plan != "optimised"

    @property
    def after_tax(self) -> bool:
        """True where costs count after tax."""
        return self.objective == "after_tax"

    @property
    def periods(self) -> Axis:
        """The axis of periods."""
        return ("period", self.case.clock.labels)

    @property
    def years(self) -> Axis:
        """The axis of fiscal years."""
        return ("fiscal_year", [str(year) for year in self.case.clock.years])

    @property
    def classes(self) -> Axis:
        """The axis of classes."""
        return ("class", list(self.case.classes.rows))

    @property
    def halls(self) -> Axis:
        """The axis of halls."""
        return ("hall", list(self.case.halls.rows))

    @property
    def sites(self) -> Axis:
        """The axis of sites."""
        return ("site", list(self.case.sites.rows))

    @property
    def projects(self) -> Axis:
        """The axis of projects."""
        return ("project", [project.name for project in self.contracts.projects])

    @property
    def leases(self) -> Axis:
        """The axis of leases."""
        return ("lease", list(self.contracts.leases.rows))


def by_period(world: World, table: Floats) -> Floats:
    """Return a (..., fiscal year) table as (..., period)."""
    return np.asarray(table[..., world.case.clock.year_of])


def over_years(world: World, table: Floats) -> Floats:
    """Return the sums of a (..., period) table over the periods of each fiscal year: (..., year)."""
    return np.asarray(table @ world.case.clock.same_year.astype(np.float64))


def overlap_periods(world: World) -> tuple[list[int], Floats]:
    """Return whole periods that a move keeps its old place occupied, and months left over, by period."""
    clock = world.case.clock
    months = world.case.setting("overlap_months")
    whole = [0 if clock.tail[t] else int(months / clock.months[t] + 1e-9) for t in range(clock.size)]
    rest = np.maximum(months - np.array(whole) * clock.months, 0.0)
    return whole, np.asarray(rest, dtype=np.float64)


def overlap_racks(world: World) -> Floats:
    """Return the places still occupied by racks that have moved away: (class, hall, period)."""
    moved = world.decisions.moved_out
    whole, _ = overlap_periods(world)
    parts = [moved[:, :, max(0, t + 1 - n) : t + 1].sum(axis=2) for t, n in enumerate(whole)]
    return np.stack(parts, axis=2)


def unit_state(world: World, project: Project) -> Floats:
    """Return whether what a project brings is in service, by period: its hall, or its upgrade."""
    plan = world.decisions
    return np.asarray(plan.upgraded[project.place] if project.upgrade else plan.in_service[project.hall])


def started_in(world: World, project: Project) -> int | None:
    """Return the period in which what a project brings comes into service, or None."""
    on = np.flatnonzero(unit_state(world, project) > 0.5)
    return int(on[0]) if on.size else None


def service_date_of(world: World, project: Project) -> date | None:
    """Return the service date of a started project: fixed when committed, else the period's start."""
    start = started_in(world, project)
    if start is None:
        return None
    if project.committed and project.service_date:
        return project.service_date
    return world.case.clock.starts[start]
