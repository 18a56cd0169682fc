"""The money: every cost has a name, a nominal amount and a present value, by site and period."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.model import energy
from dcplan.model.schedule import annuity, remaining_share
from dcplan.model.targets import starts
from dcplan.model.variables import in_service, kept, leased_racks, priced_targets
from dcplan.model.variables import targets as targets_in_force

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


@dataclass(frozen=True)
class CostTerm:
    """One named cost by (site, period), nominal and present [M JPY]; ``cash`` is False for shadow items."""

    name: str
    nominal: Expr
    present: Expr
    cash: bool = True


def cost_terms(p: Program, c: Context) -> list[CostTerm]:
    """Return every cost of a plan, in the order in which tables show them.

    The sum of the present values is the objective: energy, demand charges, rent, staff, maintenance,
    operations, moves, restoration, instruments, CAPEX and its tax, less what lives on after the span
    (terminal terms), plus shadow carbon and the price of misses.
    """
    terms = [*_running(p, c), *_leaving(p, c), *_building(p, c), *_carbon_and_targets(p, c)]
    if p.has("unserved"):
        terms.append(_unserved(p, c))
    return terms


def _flow(name: str, amount: Expr, c: Context, cash: bool = True) -> CostTerm:
    """Return a cost that runs evenly over its period."""
    return CostTerm(name, amount, amount * c.tables.discount_period, cash)


def _running(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    settings, months = m.case.settings, m.per_period("months")
    price = m.site_price
    leases = c.leases.leases[["lease", "site", "hall"]]
    contract_pue = c.leases.leases.set_index("site")["contract_pue"].astype(float)
    leased = m.case["sites"].query("ownership == 'leased'")[["site"]]
    metered = energy.site_it_mwh(p, c).where(leased) * contract_pue
    staff_yearly = settings["staff_mjpy_per_fte_year"] / 12.0
    site_staff = m.case["sites"].set_index("site")["staff_fte"].astype(float) * staff_yearly
    owned = m.grid(site=m.owned_sites, period=m.period_labels)
    always = pd.Series(1.0, index=pd.MultiIndex.from_frame(owned))
    hall_staff = in_service(p, m) * (m.hall_number("staff_fte") * staff_yearly)
    staff = (kept(p, c) + always) * site_staff + hall_staff.join(m.owned_hall_site).sum("hall")
    upkeep = in_service(p, m) * (m.hall_number("maintenance_mjpy_per_year") / 12.0) * months
    per_rack = m.mean_share * settings["operations_jpy_per_rack_month"] / 1e6
    operations = ((p["racks"] * per_rack).sum("class") * months).join(m.hall_site).sum("hall")
    rent = (leased_racks(p, c) * (c.leases.rent / 1e6) * months).join(leases[["lease", "site"]]).sum("lease")
    return [
        _flow("energy_owned", energy.imported_mwh(p, c) * price["energy"], c),
        _flow("demand_charge", p["contract_kw"] * price["demand"], c),
        _flow("energy_leased", metered * price["energy"], c),
        _flow("rent", rent + _rent_before_release(p, c), c),
        _flow("staff", staff * months, c),
        _flow("maintenance", upkeep.join(m.owned_hall_site).sum("hall"), c),
        _flow("operations", operations, c),
    ]


def _rent_before_release(p: Program, c: Context) -> Expr:
    """Return the rent of released racks for the days of the period before their release: (site, period)."""
    windows = c.leases.windows
    months = windows["period"].map(c.tables.per_period("months"))
    amount = windows["rent_before"] * windows["share_before"] * months / 1e6
    by_window = pd.Series(amount.to_numpy(), index=pd.MultiIndex.from_frame(windows[["lease", "period"]]))
    pairs = c.leases.leases[["lease", "site"]]
    return (p["released_racks"] * by_window).join(pairs).sum("lease").drop_zero()


def _leaving(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    settings, method = m.case.settings, m.terminal_value
    rate = settings["discount_rate"]
    price = m.case["classes"].set_index("class")["move_mjpy_per_rack"].astype(float)
    moved = (p["moved_out"] * price).sum("class").join(m.hall_site, partial=True).sum("hall")
    leases = c.leases.leases
    monthly = (c.leases.rent / 1e6).rename("rent").reset_index().merge(leases[["lease", "hall"]], on="lease")
    doubled = monthly.set_index(["hall", "period"])["rent"] * m.priced_overlap_months
    overlapping = p["moved_out"].where(leases[["hall"]]).sum("class") * doubled
    middle = m.calendar.mid_years()
    span = (m.end - m.as_of).days / time.DAYS_PER_YEAR
    left = remaining_share((span - middle).to_numpy(), settings["move_life_years"], rate, method)
    credit = pd.Series(-left, index=middle.index)
    return [
        _flow("moves", moved, c),
        _flow("overlap_rent", overlapping.join(m.hall_site).sum("hall").drop_zero(), c),
        *_restoration(p, c),
        _terminal("terminal_moves", (moved * credit).sum("period"), c),
    ]


def _restoration(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    settings, method = m.case.settings, m.terminal_value
    rate, life = settings["discount_rate"], settings["restoration_life_years"]
    leases = c.leases.leases
    windows = c.leases.windows.merge(leases[["lease", "restoration_mjpy_per_rack"]], on="lease")
    index = pd.MultiIndex.from_frame(windows[["lease", "period"]])
    cost = pd.Series(windows["restoration_mjpy_per_rack"].to_numpy(dtype=float), index=index)
    factor = pd.Series([m.discount(day) for day in windows["day"]], index=index)
    age = np.array([(m.end - day).days / time.DAYS_PER_YEAR for day in windows["day"]])
    left = pd.Series(remaining_share(age, life, rate, method), index=index)
    sites = leases[["lease", "site"]]
    restored = p["released_racks"] * cost
    yearly = 0.0 if method == "none" else (annuity(rate, life) if method == "annuity" else 1.0 / life)
    accrual = leases.set_index("lease")["restoration_mjpy_per_rack"].astype(float) * (yearly / 12.0)
    accrued = leased_racks(p, c) * accrual * m.per_period("months")
    return [
        CostTerm(
            "restoration", restored.join(sites).sum("lease"), (restored * factor).join(sites).sum("lease")
        ),
        _flow("restoration_accrual", accrued.join(sites).sum("lease"), c, cash=False),
        _terminal("terminal_restoration", -(restored * left).join(sites).sum("lease", "period"), c),
    ]


def _terminal(name: str, by_site: Expr, c: Context) -> CostTerm:
    """Return a value at the end of the span, booked in the last period."""
    m = c.tables
    last = pd.DataFrame({"period": [m.period_labels[-1]]}).merge(m.case["sites"][["site"]], how="cross")
    placed = by_site.join(last, partial=True)
    return CostTerm(name, placed, placed * m.discount(m.end), cash=False)


def _building(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    step, sites = starts(p, c), m.owned_hall_site
    cash = c.schedule.cash.groupby(["hall", "start_period", "period"], sort=False)[["mjpy", "pv_mjpy"]].sum()
    tax = c.schedule.asset_tax.merge(m.year_end_period, on="fiscal_year")
    tax["pv"] = tax["mjpy"] * tax["fiscal_year"].map(m.discount_year)
    tax_by = tax.set_index(["hall", "start_period", "period"])
    value = c.schedule.terminal(m.terminal_value)

    def booked(amounts: pd.Series[float]) -> Expr:
        known = step.where(amounts.index.to_frame(index=False)[["hall", "start_period"]].drop_duplicates())
        return (known * amounts).sum("start_period").join(sites, partial=True).sum("hall")

    return [
        CostTerm("capex", booked(cash["mjpy"]), booked(cash["pv_mjpy"])),
        CostTerm("asset_tax", booked(tax_by["mjpy"]), booked(tax_by["pv"])),
        _terminal(
            "terminal_capex",
            -(step.where(value.index.to_frame(index=False)) * value)
            .sum("start_period")
            .join(sites, partial=True)
            .sum("hall"),
            c,
        ),
    ]


def _carbon_and_targets(p: Program, c: Context) -> list[CostTerm]:
    m = c.tables
    shadow = m.by_period("carbon_prices", [], "shadow_jpy_per_t") / 1e6
    carbon = _flow("shadow_carbon", energy.location_tco2e(p, c) * shadow, c, cash=False)
    price = m.by_year("instrument_years", ["instrument"], "price_jpy_per_kwh") / 1000.0
    bought = (p["claimed_mwh"] * price).sum("instrument")
    return [_yearly("instruments", bought, c), carbon, _misses(p, c)]


def _yearly(name: str, amount: Expr, c: Context, cash: bool = True) -> CostTerm:
    """Return a cost of a fiscal year (site, fiscal_year), paid at its middle, booked in its last period."""
    m = c.tables
    booked = amount.join(m.year_end_period).sum("fiscal_year")
    present = (amount * m.discount_year).join(m.year_end_period).sum("fiscal_year")
    return CostTerm(name, booked, present, cash)


def _misses(p: Program, c: Context) -> CostTerm:
    m = c.tables
    priced = targets_in_force(m).merge(priced_targets(m), on=["target", "fiscal_year"])
    unit = np.where(priced["metric"] == "location_tco2e", 1e-6, 1.0)
    index = pd.MultiIndex.from_frame(priced[["target", "fiscal_year"]])
    price = pd.Series((priced["miss_price"] * unit).to_numpy(dtype=float), index=index)
    fleet = pd.DataFrame({"target": priced["target"].drop_duplicates(), "site": "fleet"})
    missed = (p["target_miss"] * price).join(fleet, partial=True).sum("target")
    return _yearly("target_misses", missed, c, cash=False)


def _unserved(p: Program, c: Context) -> CostTerm:
    m = c.tables
    price = m.case["classes"].set_index("class")["unserved_mjpy_per_rack_year"].astype(float) / 12.0
    missing = p["unserved"] * price * m.per_period("months")
    fleet = m.case["classes"][["class"]].assign(site="fleet")
    return _flow("unserved", missing.join(fleet).sum("class"), c, cash=False)
