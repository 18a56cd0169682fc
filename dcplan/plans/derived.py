"""Derived tables: energy, emissions and costs, evaluated from the model's own expressions, and all others."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.once import once_of_first
from dcplan.model import energy
from dcplan.model.once import once
from dcplan.model.power import site_peak_kw
from dcplan.plans.assets import assets_table, capex_table, payments_table, started
from dcplan.plans.evaluate import CENT, Outline, outline, summed
from dcplan.plans.leases import lease_tables
from dcplan.plans.limits import earlier_table, limits_table, spent_by_year
from dcplan.plans.lists import exits_table, moves_table, starts_table
from dcplan.plans.onsite import bought_assets, bought_payments, purchases
from dcplan.plans.reached import targets_table

if TYPE_CHECKING:
    from datetime import date

    from dcplan.lp.labels import Floats, Ints
    from dcplan.lp.program import Program
    from dcplan.model import PlanningModel
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


def derived_tables(
    model: PlanningModel,
    values: Floats,
    decisions: dict[str, pd.DataFrame],
    announced: dict[str, date | None],
) -> dict[str, pd.DataFrame]:
    """Return every table that follows from the decisions."""
    outlines = _outlines(model.program, model.context)
    begun = started(model, decisions)
    found = purchases(model, values)
    bought = None if found is None else bought_payments(model, found)
    equipment = None if found is None else bought_assets(model, found)
    capex = capex_table(model, begun, bought)
    spent = spent_by_year(capex)
    tables = {
        "periods": _periods(model.context.tables).copy(),
        "energy": outlines["energy"].table(values),
        "costs": costs_table(model, values),
        "payments": payments_table(model, begun, bought),
        "assets": assets_table(model, begun, equipment),
        "capex": capex,
        "starts": starts_table(model, begun, announced),
        "exits": exits_table(model, decisions["sites"]),
        "moves": moves_table(model, decisions["racks"]),
    }
    tables["site_energy"] = _site_energy(outlines["site_energy"], values)
    tables["class_energy"] = outlines["class_energy"].table(values)
    tables["emissions"] = _emissions(model, values, tables["site_energy"])
    tables["targets"] = targets_table(model, decisions, tables["site_energy"], tables["emissions"], values)
    tables["earlier"] = earlier_table(model, tables["starts"], spent)
    tables["limits"] = limits_table(model, values, decisions, spent)
    return tables | lease_tables(model, decisions["leases"])


@once_of_first
def _periods(m: Tables) -> pd.DataFrame:
    return m.periods[["period", "start", "end", "fiscal_year", "days", "hours", "tail"]]


@once
def _outlines(p: Program, c: Context) -> dict[str, Outline]:
    """Return the tables of energy; `class_energy` holds every class at every site where it may stand."""
    m = c.tables
    halls = m.grid(hall=list(m.halls["hall"]), period=m.period_labels)
    sites = m.grid(site=list(m.case["sites"]["site"]), period=m.period_labels)
    classes = m.triples.assign(site=m.triples["hall"].map(m.hall_site.set_index("hall")["site"]))
    classes = classes[["class", "site", "period"]].drop_duplicates(ignore_index=True)
    of_class = (p["racks"] * m.it_mwh_per_rack).join(m.hall_site).sum("hall")
    return {
        "energy": outline(halls, it_mwh=energy.it_mwh(p, c), facility_mwh=energy.facility_mwh(p, c)),
        "site_energy": outline(
            sites,
            it_mwh=energy.site_it_mwh(p, c),
            facility_mwh=energy.site_facility_mwh(p, c),
            onsite_mwh=energy.onsite_mwh(p, c),
            peak_kw=site_peak_kw(p, c),
        ),
        "class_energy": outline(classes, it_mwh=of_class),
        "emissions": outline(sites, location_tco2e=energy.location_tco2e(p, c)),
    }


def _site_energy(sites: Outline, values: Floats) -> pd.DataFrame:
    """Return energy by site and period, and the peak of those that have one: not of leased sites."""
    found = sites.at(values)
    peak = np.where(sites.numbers["peak_kw"].known, found.pop("peak_kw"), np.nan)
    imported = found["facility_mwh"] - found["onsite_mwh"]
    return sites.labels.assign(**found, imported_mwh=imported, peak_kw=peak)


@once_of_first
def _site_years(m: Tables) -> tuple[pd.DataFrame, Ints]:
    """Return every site and fiscal year, and the place among them of each site and period."""
    years = m.grid(site=list(m.case["sites"]["site"]), fiscal_year=m.fiscal_years)
    place = np.searchsorted(m.fiscal_years, m.periods["fiscal_year"].to_numpy())
    first = np.arange(len(m.case["sites"])) * len(m.fiscal_years)
    return years, (first[:, None] + place).ravel()


def _emissions(model: PlanningModel, values: Floats, site_energy: pd.DataFrame) -> pd.DataFrame:
    carbon = _outlines(model.program, model.context)["emissions"].at(values)
    names = ["facility_mwh", "imported_mwh"]
    labels, place = _site_years(model.context.tables)
    numbers = [site_energy[name].to_numpy() for name in names]
    sums = summed(place, len(labels), *numbers, carbon["location_tco2e"])
    return labels.assign(**dict(zip([*names, "location_tco2e"], sums, strict=True)))


def costs_table(model: PlanningModel, values: Floats) -> pd.DataFrame:
    """Return every cost by term, site and period, nominal and present value; zero rows are left out."""
    labels, dims, padded = model.program.labels, ("site", "period"), np.append(values, 1.0)
    sides = [[term.nominal for term in model.costs], [term.present for term in model.costs]]
    parts = [[expr.codes[[expr.dims.index(dim) for dim in dims]] for expr in side] for side in sides]
    which = [np.repeat(np.arange(len(side)), [expr.size for expr in side]) for side in sides]
    codes = np.hstack([np.hstack(part) for part in parts])
    keys = np.concatenate(which) * (len(labels["site"]) * len(labels["period"])) + labels.keys(dims, codes)
    _, first, place = np.unique(keys, return_index=True, return_inverse=True)
    amounts = np.empty((len(sides), first.size))
    for at, (side, rows) in enumerate(zip(sides, np.split(place, [which[0].size]), strict=True)):
        coef, col = (np.concatenate([getattr(expr, name) for expr in side]) for name in ("coef", "col"))
        amounts[at] = np.bincount(rows, weights=coef * padded[col], minlength=first.size)
    kept = np.flatnonzero((np.abs(amounts) > CENT).any(axis=0))
    terms, cash = zip(*((term.name, term.cash) for term in model.costs), strict=True)
    costs = labels.frame(dims, codes[:, first[kept]])
    at_term = np.concatenate(which)[first[kept]]
    costs.insert(0, "term", np.array(terms, dtype=object)[at_term])
    mjpy, pv = amounts[:, kept]
    return costs.assign(cash=np.array(cash, dtype=bool)[at_term], mjpy=mjpy, pv_mjpy=pv)
