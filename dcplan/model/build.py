"""Build the program of a case: variables, families in reading order, named costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dcplan.lp.program import Program
from dcplan.model import (
    battery,
    building,
    caps,
    diversity,
    fills,
    hourly,
    leases,
    moves,
    pins,
    power,
    ppa,
    racks,
    targets,
)
from dcplan.model.context import Context
from dcplan.model.cost_term import CostTerm
from dcplan.model.costs import cost_terms, under_rule
from dcplan.model.hints import give_hints
from dcplan.model.tables import Tables
from dcplan.model.variables import declare

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case

    Family = Callable[[Program, Context], None]

FAMILIES: tuple[Family, ...] = (
    racks.meet_demand,
    racks.flow,
    racks.pinned_racks,
    racks.reserved_racks,
    racks.rack_places,
    power.hall_power,
    power.site_power,
    building.start_once,
    building.build_time,
    building.precedence,
    leases.lease_state,
    leases.committed_minimum,
    leases.lease_options,
    leases.kept_once,
    leases.exit_cut,
    moves.move_limit,
    diversity.site_share,
    diversity.regions,
    fills.fill_cut,
    fills.inflow_cut,
    battery.onsite_stays,
    battery.self_use,
    battery.battery_cut,
    power.demand_charge,
    targets.claims,
    ppa.ppa_contracts,
    targets.targets,
    hourly.hourly_target,
    targets.capex_budget,
    caps.caps,
    pins.pins,
)

STRENGTHENING: frozenset[Family] = frozenset({leases.exit_cut, fills.fill_cut, fills.inflow_cut})
"""Families that follow from the others and only lift the relaxation."""
PROMISES: tuple[Family, ...] = tuple(family for family in FAMILIES if family not in STRENGTHENING)
"""The plain model: every promise and nothing that follows from them."""


@dataclass(frozen=True)
class PlanningModel:
    """A program with what its rows were made of: the context and the named costs."""

    program: Program
    context: Context
    costs: list[CostTerm]

    def costs_under(self, rule: str) -> list[CostTerm]:
        """Return the named costs under another rule of terminal value: annuity, book or none."""
        return under_rule(self.program, self.context, self.costs, rule)


def build(
    case: Case,
    calendar: Calendar,
    *,
    terminal_value: str | None = None,
    families: Sequence[Family] = FAMILIES,
    unserved: bool = False,
    context: Context | None = None,
) -> PlanningModel:
    """Return the program of a case on a calendar.

    ``unserved`` lets demand go unserved at the case's price: reference plans, which impose fewer limits,
    need it to say what they cannot place. ``context`` is that of another model of the same case, calendar and
    terminal value: what was computed for it is not computed again.
    """
    context = context or Context(Tables(case, calendar, terminal_value or case.info.terminal_value))
    program = Program(case.info.name)
    declare(program, context)
    if unserved:
        index = context.tables.demand.index.to_frame(index=False)
        program.variable("unserved", index, unit="racks", doc="racks that find no place")
    for family in families:
        with program.family(family.__name__):
            family(program, context)
    costs = cost_terms(program, context)
    give_hints(program, context)
    program.minimize(**{term.name: term.present for term in costs})
    return PlanningModel(program, context, costs)
