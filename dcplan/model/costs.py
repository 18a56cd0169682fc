"""The money: every cost has a name, a nominal amount and a present value, by site and period."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.data.spread import by_period
from dcplan.model import commitments, costs_assets, costs_leases, energy, panels, ppa
from dcplan.model.cost_term import CostTerm, flow, terminal, yearly
from dcplan.model.schedule import remaining_share
from dcplan.model.variables import certificates, in_service, kept
from dcplan.model.variables import targets as targets_in_force

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

UNSERVED = "unserved"


def cost_terms(p: Program, c: Context) -> list[CostTerm]:
    """Return every cost of a plan, in the order in which tables show them.

    The sum of the present values is the objective: energy, demand charges, rent, staff, maintenance,
    operations, moves, restoration, instruments, CAPEX and its tax, less what lives on after the span
    (terminal terms), plus shadow carbon and the price of misses; for an objective after tax also what tax
    gives back.
    """
    terms = [*_running(p, c), *_leaving(p, c), *costs_assets.building(p, c), *_carbon_and_targets(p, c)]
    if p.has("unserved"):
        terms.append(_unserved(p, c))
    terms += commitments.commitment_change(p, c)
    return [*terms, *costs_assets.after_tax(p, c, terms)]


def with_unserved(p: Program, c: Context, terms: Sequence[CostTerm]) -> list[CostTerm]:
    """Return the costs of a plan whose racks may find no place: those of one where all do, and what it costs.

    Args:
        p: the program, with unserved racks.
        c: its context.
        terms: the costs by `cost_terms` of a program with the same variables, with or without unserved racks.
    """
    if any(term.name == UNSERVED for term in terms):
        return list(terms)
    later = {commitments.CHANGE, *costs_assets.RELIEF}
    before = [term for term in terms if term.name not in later]
    return [*before, _unserved(p, c), *(term for term in terms if term.name in later)]


def under_rule(p: Program, c: Context, terms: Sequence[CostTerm], rule: str) -> list[CostTerm]:
    """Return the costs that a plan has under another rule of terminal value, in the place of its own.

    Args:
        p: the program.
        c: its context.
        terms: the costs under the rule of the context, by `cost_terms` (and what was added to them).
        rule: `annuity`, `book` or `none`.
    """
    c = c.under_rule(rule)
    valued = [moves_left(p, c), *costs_leases.restoration(p, c), costs_assets.capex_left(p, c)]
    changed = {term.name: term for term in valued}
    before = [changed.get(term.name, term) for term in terms if term.name not in costs_assets.RELIEF]
    return [*before, *costs_assets.after_tax(p, c, before)]


def _running(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    settings, months = m.case.settings, m.per_period("months")
    price = m.site_price
    contract_pue = p.labels.numbers(c.leases.leases, ["hall"], "contract_pue")
    leased = m.grid(hall=m.leased_halls)
    metered = (energy.it_mwh(p, c).where(leased) * contract_pue).join(m.hall_site).sum("hall")
    staff_yearly = settings["staff_mjpy_per_fte_year"] / 12.0
    sites = m.case["sites"]
    site_staff = p.labels.numbers(sites.assign(staff=sites["staff_fte"] * staff_yearly), ["site"], "staff")
    owned = m.grid(site=m.owned_sites, period=m.period_labels)
    always = p.labels.numbers(owned.assign(one=1.0), ["site", "period"], "one")
    hall_staff = in_service(p, m) * (m.hall_number("staff_fte") * staff_yearly)
    staff = (kept(p, c) + always) * site_staff + hall_staff.join(m.owned_hall_site).sum("hall")
    upkeep = in_service(p, m) * (m.hall_number("maintenance_mjpy_per_year") / 12.0) * months
    per_rack = m.mean_share * settings["operations_jpy_per_rack_month"] / 1e6
    operations = ((p["racks"] * per_rack).sum("class") * months).join(m.hall_site).sum("hall")
    onsite = panels.upkeep_mjpy(p, c)
    kept_up = [] if onsite is None else [flow("onsite_maintenance", onsite, c)]
    return [
        flow("energy_owned", energy.imported_mwh(p, c) * price["energy"], c),
        flow("demand_charge", p["contract_kw"] * price["demand"], c),
        flow("energy_leased", metered * price["energy"], c),
        costs_leases.rent(p, c),
        flow("staff", staff * months, c),
        flow("maintenance", upkeep.join(m.owned_hall_site).sum("hall"), c),
        flow("operations", operations, c),
        *kept_up,
    ]


def _leaving(p: Program, c: Context) -> list[CostTerm]:
    return [
        flow("moves", _moved(p, c), c),
        costs_leases.overlap_rent(p, c),
        costs_leases.break_fee(p, c),
        *costs_leases.restoration(p, c),
        moves_left(p, c),
    ]


def _moved(p: Program, c: Context) -> Expr:
    m = c.tables
    price = p.labels.numbers(m.case["classes"], ["class"], "move_mjpy_per_rack")
    return (p["moved_out"] * price).sum("class").join(m.hall_site, partial=True).sum("hall")


def moves_left(p: Program, c: Context) -> CostTerm:
    """Return minus what moves are worth after the span, spread over their life."""
    m = c.tables
    settings = m.case.settings
    middle = m.calendar.mid_years()
    span = (m.end - m.as_of).days / time.DAYS_PER_YEAR
    ages, life = (span - middle).to_numpy(), settings["move_life_years"]
    share = remaining_share(ages, life, settings["discount_rate"], m.terminal_value)
    credit = pd.Series(-share, index=middle.index)
    return terminal("terminal_moves", (_moved(p, c) * credit).sum("period"), c)


def _carbon_and_targets(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    prices = m.case["carbon_prices"]
    free = prices.empty  # no file: no price
    yen = m.per_period("hours") * 0.0 if free else by_period(prices, [], "shadow_jpy_per_t", m.calendar)
    shadow = yen / 1e6
    carbon = flow("shadow_carbon", energy.location_tco2e(p, c) * shadow, c, cash=False)
    price = m.by_year("instrument_years", ["instrument"], "price_jpy_per_kwh") / 1000.0
    bought = (p["claimed_mwh"].where(certificates(m)) * price).sum("instrument")
    contracts = [ppa.ppa_cost(p, c)] if p.has("contracted_mw") else []
    return [yearly("instruments", bought, c), *contracts, carbon, _misses(p, c)]


def _misses(p: Program, c: Context) -> CostTerm:
    m = c.tables
    rows = targets_in_force(m)
    priced = rows[rows["miss_price"].notna().to_numpy()]
    unit = np.where(priced["metric"] == "location_tco2e", 1e-6, 1.0)
    price = p.labels.numbers(
        priced.assign(price=priced["miss_price"] * unit), ["target", "fiscal_year"], "price"
    )
    fleet = pd.DataFrame({"target": priced["target"].unique(), "site": "fleet"})
    missed = (p["target_miss"] * price).join(fleet, partial=True).sum("target")
    return yearly("target_misses", missed, c, cash=False)


def _unserved(p: Program, c: Context) -> CostTerm:
    m = c.tables
    classes = m.case["classes"]
    monthly = classes.assign(price=classes["unserved_mjpy_per_rack_year"] / 12.0)
    missing = p["unserved"] * p.labels.numbers(monthly, ["class"], "price") * m.per_period("months")
    fleet = m.grid(**{"class": list(classes["class"]), "site": ["fleet"]})
    return flow(UNSERVED, missing.join(fleet).sum("class"), c, cash=False)
