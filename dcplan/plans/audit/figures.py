"""Recomputed figures: cost by term, energy, carbon, money and hours by fiscal year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from dcplan.plans.audit.costs import Bill, is_cash
from dcplan.plans.audit.kpis import kpis
from dcplan.plans.audit.project_money import capex_by_year
from dcplan.plans.audit.promises_fleet import location_t, renewable_claims
from dcplan.plans.audit.reading import Floats
from dcplan.plans.audit.world import World, over_years

TERMINAL_TERMS = ("terminal_capex", "terminal_moves", "terminal_restoration")


def summary(world: World, bill: Bill) -> dict[str, Floats]:
    """Return the key figures by fiscal year, each (year,), in the units of summary.csv.

    Racks, sites and halls are those at the end of the year; halls are the owned halls in service.
    """
    case, energy = world.case, world.energy
    last = case.clock.last_of_years()
    facility = over_years(world, energy.facility)
    it_mwh = over_years(world, energy.it).sum(axis=0)
    owned = case.sites.owned
    owned_facility = facility[owned].sum(axis=0)
    green = (renewable_claims(world) + over_years(world, energy.onsite))[owned].sum(axis=0)
    money = {term: over_years(world, table.sum(axis=0)) for term, table in bill.nominal.items()}
    cash = sum((money[term] for term in money if is_cash(term)), np.zeros(len(last)))
    on = np.where(case.halls.owned[:, None], world.decisions.in_service, 0.0).sum(axis=0)
    return {
        "racks": world.decisions.racks.sum(axis=(0, 1))[last],
        "it_mwh": it_mwh,
        "facility_mwh": facility.sum(axis=0),
        "pue": divide(facility.sum(axis=0), it_mwh),
        "renewable_share": divide(green, owned_facility),
        "location_tco2e": over_years(world, location_t(world)).sum(axis=0),
        "cash_mjpy": cash,
        "capex_mjpy": capex_by_year(world).sum(axis=0),
        "rent_mjpy": money["rent"] + money["overlap_rent"],
        "energy_mjpy": money["energy_owned"] + money["energy_leased"] + money["demand_charge"],
        "sites": world.decisions.kept.sum(axis=0)[last],
        "halls": on[last],
    }


def divide(above: Floats, below: Floats) -> Floats:
    """Return a quotient, NaN where there is nothing to divide by."""
    empty = np.full(np.shape(below), np.nan)
    return np.asarray(np.divide(above, below, out=empty, where=np.asarray(below) > 0))


def make_figures(
    world: World, bill: Bill, yearly: Mapping[str, Floats], terminal_values: Mapping[str, float]
) -> dict[str, Any]:
    """Return what the audit has worked out from inputs and decisions alone, ready for JSON.

    `yearly` is the `summary`.
    """
    clock = world.case.clock
    hours = over_years(world, clock.hours.astype(np.float64))
    by_year = {
        f"FY{year}": {name: _plain(column[i]) for name, column in yearly.items()}
        | {"hours": int(hours[i]), "tail": year not in clock.horizon_years}
        for i, year in enumerate(clock.years)
    }
    temperatures = zip(world.case.sites.rows, world.physics.mean_c, world.physics.max_c, strict=True)
    return {
        "objective_mjpy": bill.total,
        "terminal_value": world.terminal_value,
        "terminal_values": dict(terminal_values),
        "cost": {
            term: {"mjpy": float(bill.nominal[term].sum()), "pv_mjpy": float(bill.present[term].sum())}
            for term in bill.present
        },
        "years": by_year,
        "kpis": kpis(world),
        "sites": {name: {"mean_c": float(mean), "max_c": float(top)} for name, mean, top in temperatures},
        "proportional_share": {
            name: float(a1) for name, a1 in zip(world.case.halls.rows, world.physics.a1, strict=True)
        },
    }


def _plain(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
