"""Power: peaks fit the hall's design and the site's grid connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.data.once import once_of_first
from dcplan.model.once import once
from dcplan.model.variables import in_service, leased_by_hall, occupied
from dcplan.physics import bill

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


def it_peak_kw(racks: Expr, c: Context) -> Expr:
    """Return the coincident peak IT load of racks by hall: (hall, period) kW."""
    return (racks * (c.tables.class_year("peak_kw") * c.tables.diversity)).sum("class")


def hall_power(p: Program, c: Context) -> None:
    r"""The IT peak of a hall stays within its design; of a leased hall within the contract power rented.

    $$ \delta \sum_k \hat p_{k,t} (x_{k,h,t} + v_{k,h,t}) \le P_h s_{h,t} \qquad \text{(owned)} $$
    $$ \sum_k q_{k,t} (x_{k,h,t} + v_{k,h,t}) \le \tfrac{P_h}{N_h} l_{h,t} \quad
       \text{(leased)} \quad [\mathrm{kW}] $$

    p is the peak kW of a rack, q its contract kW (landlords reserve contract power), \(\delta\) the
    diversity.
    """
    m = c.tables
    owned = m.grid(hall=m.owned_halls, period=m.period_labels)
    racks = occupied(p, m)
    peak = it_peak_kw(racks.where(m.grid(hall=m.owned_halls)), c)
    design = in_service(p, m) * m.hall_number("it_kw")
    p.limit("hall_power_owned", (peak - design).or_zero() <= 0, over=owned, unit="kW")
    leased = m.grid(hall=m.leased_halls, period=m.period_labels)
    reserved = (racks.where(m.grid(hall=m.leased_halls)) * m.class_year("contract_kw")).sum("class")
    rented = leased_by_hall(p, c) * (m.hall_number("it_kw") / m.hall_number("rack_places"))
    p.limit("hall_power_leased", reserved - rented <= 0, over=leased, unit="kW")


def site_power(p: Program, c: Context) -> None:
    r"""The facility peak of an owned site at the design temperature stays within its grid connection.

    $$ \sum_{h \in s} \Big[ (1 + a_{1,h} + c_h(T^{max})) \, \delta \sum_k \hat p_{k,t} (x + v)_{k,h,t}
       + a_{0,h} P_h s_{h,t} \Big] \le R_{s,t} + \sum_{j \in s} \Delta R_j s_{j,t} \quad [\mathrm{kW}] $$

    R is the dated receiving power, \(\Delta R\) what each upgrade in service adds.
    """
    m = c.tables
    over = m.grid(site=m.owned_sites, period=m.period_labels)
    rest = site_design_kw(p, c) - upgraded_kw(p, c)
    p.limit("site_power", rest.or_zero() <= m.receiving_kw, over=over, unit="kW")


def upgraded_kw(p: Program, c: Context) -> Expr:
    """Return the receiving power that upgrades in service add: (site, period) kW."""
    upgrades = c.schedule.upgrades
    added = p.labels.numbers(upgrades, ["project"], "adds_receiving_kw")
    return (p["upgraded"] * added).join(upgrades[["project", "site"]]).sum("project")


@once
def receiving_kw(p: Program, c: Context) -> Expr:
    """Return the power that the connection of an owned site delivers: (site, period) kW."""
    return upgraded_kw(p, c) + c.tables.receiving_kw


@once
def site_design_kw(p: Program, c: Context) -> Expr:
    """Return the facility peak of an owned site at its design temperature: (site, period) kW.

    Racks that moved away but still hold their place count in both.
    """
    m = c.tables
    running = it_peak_kw(occupied(p, m).where(m.grid(hall=m.owned_halls)), c) * m.extreme_per_it
    standing = in_service(p, m) * m.fixed_kw
    return (running + standing).join(m.owned_hall_site).sum("hall")


@once
def site_peak_kw(p: Program, c: Context) -> Expr:
    """Return the peak an owned site is billed for, at the period's hottest hour: (site, period) kW.

    A moved rack counts once, where it goes.
    """
    m = c.tables
    running = it_peak_kw(p["racks"].where(m.grid(hall=m.owned_halls)), c) * m.peak_per_it
    standing = in_service(p, m) * m.fixed_kw
    return (running + standing).join(m.owned_hall_site).sum("hall")


def demand_charge(p: Program, c: Context) -> None:
    r"""The billed demand of a site covers the peaks that its contract rule looks at.

    $$ b_{s,t} \ge \mathrm{peak}_{s,t'} - x_{s,t'} \qquad \forall t' \in W_s(t) \quad [\mathrm{kW}] $$

    Rule `agreed`: every period of the fiscal year. Rule `ratchet`: each period with a day in the twelve
    months that end with the first month of t, the opening peak included while it may be one of them. x is
    what batteries cut off the peak of the period (`battery_cut`), 0 where there is none.
    """
    pairs, opening = _billed(c.tables)
    peaks = site_peak_kw(p, c)
    if p.has("peak_cut_kw"):
        peaks = peaks - p["peak_cut_kw"]
    peaks = peaks.rename(period="earlier").join(pairs)
    billed = p["contract_kw"].join(pairs)
    p.limit("demand_charge", billed - peaks >= 0, over=pairs, unit="kW")
    if not opening.empty:
        over = opening.index.to_frame(index=False)
        p.limit("demand_charge_opening", p["contract_kw"].where(over) >= opening, over=over, unit="kW")


@once_of_first
def _billed(m: Tables) -> tuple[pd.DataFrame, pd.Series[float]]:
    """Return the billing window of owned sites and the peaks before the opening that are still billed."""
    sites = m.case["sites"]
    sites = sites[sites["ownership"] == "owned"]
    return bill.billing_window(m.periods, sites), bill.opening_peaks(m.periods, sites)
