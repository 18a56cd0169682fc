"""Build the program of a case: variables, families in reading order, named costs; and others like it."""

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
from dcplan.model.costs import cost_terms, under_rule, with_unserved
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
OF_UNSERVED: frozenset[Family] = frozenset({racks.meet_demand, fills.fill_cut})
"""Families whose rows say something else where racks may find no place."""


@dataclass(frozen=True)
class PlanningModel:
    """A program with what its rows were made of: the context, the named costs and the families."""

    program: Program
    context: Context
    costs: list[CostTerm]
    families: Sequence[Family] = FAMILIES

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
) -> PlanningModel:
    """Return the program of a case on a calendar.

    ``unserved`` lets demand go unserved at the case's price.
    """
    context = Context(Tables(case, calendar, terminal_value or case.info.terminal_value))
    program = Program(case.info.name)
    declare(program, context)
    if unserved:
        _let_unserved(program, context)
    for family in families:
        with program.family(family.__name__):
            family(program, context)
    costs = cost_terms(program, context)
    give_hints(program, context)
    program.minimize(**{term.name: term.present for term in costs})
    return PlanningModel(program, context, costs, families)


def relaxed(model: PlanningModel, families: Sequence[Family]) -> PlanningModel:
    """Return a model like one that `build` returned, of fewer promises, in which racks may find no place.

    It is what `build` returns for these families with ``unserved``; what both models promise, and what both
    pay for, is not worked out again.
    """
    context, program = model.context, model.program.bare()
    if not program.has("unserved"):
        _let_unserved(program, context)
    same = {family for family in model.families if family not in OF_UNSERVED}
    for family in families:
        if family in same:
            program.adopt(model.program, family.__name__)
            continue
        with program.family(family.__name__):
            family(program, context)
    costs = with_unserved(program, context, model.costs)
    program.minimize(**{term.name: term.present for term in costs})
    return PlanningModel(program, context, costs, families)


def _let_unserved(program: Program, context: Context) -> None:
    index = context.tables.demand.index.to_frame(index=False)
    program.variable("unserved", index, unit="racks", doc="racks that find no place")
