"""What is decided: every variable of the model, with its index, unit and natural bounds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.calendar import HOURS_PER_DAY
from dcplan.data.once import once_of_first
from dcplan.model.curves import OWNERS
from dcplan.model.labelled import labels_of, series
from dcplan.model.once import once
from dcplan.model.schedule import START

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


_OFFER = ["term_years", "mwh_per_mw_year", "most_mw", "signed_mw", "price_jpy_per_kwh"]
BOUGHT = {
    "battery_kw": ("kW", "power of bought batteries"),
    "battery_kwh": ("kWh", "energy of bought batteries when new"),
    "pv_kw": ("kW", "bought panels"),
}
"""What may be bought at an owned site for a fiscal year: unit and words."""


def declare(p: Program, c: Context) -> None:
    """Declare the dimensions and the variables of the plan."""
    m = c.tables
    _dimensions(p, m)
    p.variable("racks", m.triples, upper=_most_racks(m), unit="racks", doc="racks of a class in a hall")
    p.variable("moved_out", m.movable_triples, unit="racks", doc="racks that leave a hall for another one")
    p.variable(
        "in_service",
        c.schedule.allowed_halls,
        upper=1.0,
        integer=True,
        unit="-",
        doc="candidate hall in service",
    )
    p.variable(
        "upgraded",
        c.schedule.allowed_upgrades,
        upper=1.0,
        integer=True,
        unit="-",
        doc="upgrade of a grid connection in service",
    )
    _lease_variables(p, c)
    sites = m.grid(site=m.owned_sites, period=m.period_labels)
    p.variable("contract_kw", sites, unit="kW", doc="billed demand of an owned site")
    p.variable("claimed_mwh", usable_instruments(m), unit="MWh", doc="renewable attributes claimed at a site")
    offers = ppa_offers(m)
    if not offers.empty:
        keys = ["instrument", "site", "start_year"]
        most = series(offers, keys, "most_mw")
        doc = "power contracted from a fiscal year on"
        p.variable("contracted_mw", offers[keys], upper=most, unit="MW", doc=doc)
    priced = priced_targets(m)
    p.variable("target_miss", priced, unit="the target's unit", doc="what a priced target is missed by")
    if m.onsite.battery_sites or not m.onsite.vintages.empty:
        _onsite_variables(p, c)


def _dimensions(p: Program, m: Tables) -> None:
    tables = m.case.tables
    p.dimension("class", list(tables["classes"]["class"]))
    p.dimension("hall", list(m.halls["hall"]))
    p.dimension("project", [*tables["projects"]["project"], *m.onsite.units["unit"]])
    p.dimension("earlier_project", list(tables["projects"]["project"]))
    p.dimension("site", [*tables["sites"]["site"], "fleet"])
    p.dimension("region", list(dict.fromkeys(tables["sites"]["region"])))
    p.dimension("lease", list(tables["leases"]["lease"]))
    for name in ("period", "stay", "moved_period", "start_period", "term", "earlier"):
        p.dimension(name, m.period_labels)
    for name in ("fiscal_year", "start_year", "installed"):
        p.dimension(name, m.fiscal_years)
    p.dimension("instrument", list(tables["instruments"]["instrument"]))
    p.dimension("target", list(dict.fromkeys(tables["targets"]["target"])))
    p.dimension("pin", list(tables["pins"]["pin"]))


@once_of_first
def _most_racks(m: Tables) -> pd.Series[float]:
    """Bound racks by the places of the hall and the largest share of the class at one site."""
    pairs, largest = m.eligible, m.largest_share["site"]
    places = m.usable_places.loc[pairs["hall"]].to_numpy()[:, None]
    row = {pair: place for place, pair in enumerate(largest.index)}
    share = largest.to_numpy()[[row[pair] for pair in zip(pairs["class"], pairs["site"], strict=True)]]
    return pd.Series(np.minimum(places, share).ravel(), labels_of(m.triples, ["class", "hall", "period"]))


def _lease_variables(p: Program, c: Context) -> None:
    number, windows, tranches = c.leases.lease_number, c.leases.windows, c.leases.tranches
    racks, step = number("racks"), number("step_racks")
    p.variable(
        "leased_racks", c.leases.lease_terms, upper=racks, unit="racks", doc="racks under lease during a term"
    )
    p.variable(
        "released_steps",
        windows[["lease", "period"]],
        upper=racks / step,
        unit="steps",
        doc="steps of racks given back at a term end or for a fee",
    )
    p.variable(
        "added_steps",
        tranches[["lease", "start_period"]],
        upper=number("option_racks") / step,
        unit="steps",
        doc="steps of racks of a tranche taken under an option",
    )
    p.variable(
        "kept",
        c.leases.site_terms,
        upper=1.0,
        integer=True,
        unit="-",
        doc="leased site still occupied during a term",
    )


def _onsite_variables(p: Program, c: Context) -> None:
    """Declare what may be bought and what batteries cut."""
    onsite, parts = c.schedule.onsite, c.curves.table[["site", "curve", "period"]]
    p.dimension("curve", list(dict.fromkeys(parts["curve"])))
    p.dimension("owner", list(OWNERS))
    p.dimension("cooling", list(dict.fromkeys(c.tables.halls["cooling"])))
    p.dimension("peak_hours", list(range(1, HOURS_PER_DAY + 1)))
    for kind, (unit, doc) in BOUGHT.items():
        rows = onsite.vintages[onsite.vintages["kind"] == kind]
        if not rows.empty:
            most = rows.set_index(["site", "fiscal_year"])["most"].astype(float)
            p.variable(kind, rows[["site", "fiscal_year"]], upper=most, unit=unit, doc=doc)
    if onsite.battery_sites:
        at = c.tables.grid(site=onsite.battery_sites, period=c.tables.period_labels)
        power = c.curves.capacity["power_kw"].groupby("site").sum().reindex(onsite.battery_sites)
        # a site whose option is of nothing, and where nothing stands
        p.variable("peak_cut_kw", at, upper=power.fillna(0.0), unit="kW", doc="what batteries cut off a peak")
        for name, unit, doc in (
            ("curve_kw", "kW", "IT peak that follows one load curve"),
            ("curve_cut_kw", "kW", "cut of the peak under one load curve"),
            ("curve_kwh", "kWh", "battery energy that the cut under one curve needs"),
        ):
            p.variable(name, parts, upper=c.curves.most[name], unit=unit, doc=doc)


@once
def released_racks(p: Program, c: Context) -> Expr:
    """Return racks given back: (lease, period)."""
    return p["released_steps"] * c.leases.lease_number("step_racks")


@once
def added_racks(p: Program, c: Context) -> Expr:
    """Return racks of the tranche that starts in a period: (lease, start_period)."""
    return p["added_steps"] * c.leases.lease_number("step_racks")


def active_tranches(p: Program, c: Context, whole: bool) -> Expr:
    """Return racks under option tranches: (lease, period); with ``whole`` only where they are places."""
    rows = c.leases.tranche_periods
    rows = rows[rows["whole"]] if whole else rows
    pairs = rows[["lease", "start_period", "period"]]
    return added_racks(p, c).join(pairs, partial=True).sum("start_period")


@once
def base_racks(p: Program, c: Context) -> Expr:
    """Return racks under lease without tranches: (lease, period)."""
    return p["leased_racks"].join(c.leases.terms).sum("term")


@once
def leased_racks(p: Program, c: Context) -> Expr:
    """Return racks under lease, tranches included: (lease, period)."""
    base = base_racks(p, c)
    return base if c.leases.tranches.empty else base + active_tranches(p, c, whole=True)


@once
def leased_by_hall(p: Program, c: Context) -> Expr:
    """Return racks under lease: (hall, period)."""
    return leased_racks(p, c).join(c.leases.lease_hall).sum("lease")


@once
def kept(p: Program, c: Context) -> Expr:
    """Return whether a leased site is still occupied: (site, period)."""
    return p["kept"].join(c.leases.stays).sum("term")


@once_of_first
def usable_instruments(m: Tables) -> pd.DataFrame:
    """Return the (instrument, site, fiscal_year) that may be claimed: at owned sites, or where it says."""
    pairs = m.case["instruments"][["instrument", "site"]].rename(columns={"site": "only"})
    pairs = pairs.merge(m.grid(site=m.owned_sites), how="cross")
    pairs = pairs[(pairs["only"] == "") | (pairs["only"] == pairs["site"])][["instrument", "site"]]
    return pairs.merge(m.grid(fiscal_year=m.fiscal_years), how="cross")


@once_of_first
def ppa_offers(m: Tables) -> pd.DataFrame:
    """Return the contracts that may be signed: instrument, site, start_year and columns of the offer."""
    offers = m.case["ppa_offers"].rename(columns={"fiscal_year": "start_year"})
    offers = offers[offers["start_year"].isin(m.fiscal_years)]
    sites = usable_instruments(m)[["instrument", "site"]].drop_duplicates()
    columns = ["term_years", "mwh_per_mw_year", "most_mw", "signed_mw", "price_jpy_per_kwh"]
    rows = sites.merge(offers[["instrument", "start_year", *columns]], on="instrument")
    return rows.reset_index(drop=True)


@once_of_first
def certificates(m: Tables) -> pd.DataFrame:
    """Return the instruments that are bought by the MWh as they are claimed: all but contracts in MW."""
    kinds = m.case["instruments"]
    return kinds.loc[kinds["kind"] != "physical_ppa", ["instrument"]].reset_index(drop=True)


@once_of_first
def targets(m: Tables) -> pd.DataFrame:
    """Return the targets in force: target, fiscal_year, metric, boundary, value, miss_price, claims_profile.

    A target holds its last value in the tail.
    """
    names = ["target", "fiscal_year", "metric", "boundary", "value", "miss_price", "claims_profile"]
    rows = m.case["targets"][names]
    known = rows[rows["fiscal_year"].isin(m.fiscal_years)]
    tail = [year for year in m.fiscal_years if year > max(m.calendar.horizon_years)]
    if not tail or rows.empty:
        return known.reset_index(drop=True)
    last = rows.sort_values("fiscal_year").drop_duplicates("target", keep="last")
    held = last.drop(columns="fiscal_year").merge(pd.DataFrame({"fiscal_year": tail}), how="cross")
    return pd.concat([known, held[rows.columns]], ignore_index=True)


@once_of_first
def priced_targets(m: Tables) -> pd.DataFrame:
    """Return the (target, fiscal_year) that may be missed at a price."""
    rows = targets(m)
    return rows.loc[rows["miss_price"].notna(), ["target", "fiscal_year"]].reset_index(drop=True)


@once
def in_service(p: Program, m: Tables) -> Expr:
    """Return the state of owned halls: (hall, period), 1 for those in service from the opening."""
    grid = m.grid(hall=m.existing, period=m.period_labels)
    return p["in_service"] + p.labels.numbers(grid.assign(one=1.0), ["hall", "period"], "one")


def units(p: Program, c: Context) -> Expr:
    """Return the state of what projects bring into service, halls and connections: (project, period)."""
    built = p["in_service"].join(c.schedule.hall_project).sum("hall")
    return built + p["upgraded"]


@once
def starts(p: Program, c: Context) -> Expr:
    """Return the step of `units`: (project, start_period), 1 in the period in which a project starts.

    A committed project steps only at its fixed period.
    """
    state = units(p, c)
    step = (state - state.shift("period")).rename(period="start_period")
    built = step.where(c.schedule.starts[START])
    return built if c.schedule.onsite.vintages.empty else built + bought(p, c)


def bought(p: Program, c: Context) -> Expr:
    """Return what is bought of each unit of `Onsite`, as starts: (project, start_period) units."""
    rows = c.schedule.onsite.vintages.rename(columns={"unit": "project"})
    parts = []
    for kind in dict.fromkeys(rows["kind"]):
        relation = rows.loc[rows["kind"] == kind, ["site", "fiscal_year", "project", "start_period"]]
        parts.append(added(p, kind).join(relation).sum("site", "fiscal_year"))
    total = parts[0]
    for part in parts[1:]:
        total = total + part
    return total


def added(p: Program, kind: str) -> Expr:
    """Return what is bought of a kind (`BOUGHT`) for a fiscal year: (site, fiscal_year)."""
    index = p.blocks.variables[kind].frame()
    return p[kind] - p[kind].shift("fiscal_year").where(index)


@once
def occupied(p: Program, m: Tables) -> Expr:
    """Return racks with those that moved away but still hold their place: (class, hall, period)."""
    if m.overlap.empty:
        return p["racks"]
    held = p["moved_out"].rename(period="moved_period").join(m.overlap, partial=True)
    return p["racks"] + held.sum("moved_period")
