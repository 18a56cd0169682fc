"""Power purchase agreements: contracts in MW from a fiscal year on, paid for whether their power is used."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model.cost_term import CostTerm, yearly
from dcplan.model.variables import ppa_offers, usable_instruments

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


def ppa_contracts(p: Program, c: Context) -> None:
    r"""Contracts that start in a year stay within the offer; a site claims at most what its contracts give.

    $$ \underline{M}_{i,y_0} \le \sum_s m_{i,s,y_0} \le \overline{M}_{i,y_0} \quad [\mathrm{MW}], \qquad
       q_{i,s,y} \le \sum_{y_0 \le y < y_0 + n_i} g_{i,y_0} m_{i,s,y_0} \quad [\mathrm{MWh}] $$

    m is contracted from fiscal year y0 for n years, \(\underline{M}\) of it signed already, g its yield in
    MWh a year and MW. What a contract gives beyond the claims of its site is paid for and lost: nothing is
    banked or passed on.
    """
    m = c.tables
    offers = ppa_offers(m)
    if offers.empty:
        return
    contracted = p["contracted_mw"]
    most = offers.drop_duplicates(["instrument", "start_year"])
    over = most[["instrument", "start_year"]].reset_index(drop=True)
    limit = most.set_index(["instrument", "start_year"])["most_mw"].astype(float)
    p.limit("ppa_offer", contracted.sum("site") <= limit, over=over, unit="MW")
    signed = most.set_index(["instrument", "start_year"])["signed_mw"].astype(float)
    signed = signed[signed > 0.0]
    if not signed.empty:
        held = contracted.sum("site").where(signed.index.to_frame(index=False))
        p.limit("ppa_signed", held >= signed, over=signed.index.to_frame(index=False), unit="MW")
    usable = usable_instruments(m)
    usable = usable[usable["instrument"].isin(offers["instrument"])].reset_index(drop=True)
    claimed = p["claimed_mwh"].where(usable)
    p.limit("ppa_delivery", claimed - delivered_mwh(p, c) <= 0, over=usable, unit="MWh")
    # implied: what a claim saves is a negative cost, and without a bound the relaxation proves nothing
    keys = ["instrument", "site", "fiscal_year"]
    rows = running(c)
    given = (
        (rows["mwh_per_mw_year"] * rows["most_mw"]).astype(float).groupby([rows[key] for key in keys]).sum()
    )
    p.bound("claimed_mwh", upper=given.reindex(pd.MultiIndex.from_frame(usable), fill_value=0.0))


def running(c: Context) -> pd.DataFrame:
    """Return the fiscal years in which a contract runs: instrument, site, start_year, fiscal_year, and the
    offer's mwh_per_mw_year and price_jpy_per_kwh.
    """  # noqa: D205
    years = pd.DataFrame({"fiscal_year": c.tables.fiscal_years})
    rows = ppa_offers(c.tables).merge(years, how="cross")
    inside = rows["fiscal_year"].between(rows["start_year"], rows["start_year"] + rows["term_years"] - 1)
    return rows[inside].reset_index(drop=True)


def delivered_mwh(p: Program, c: Context) -> Expr:
    """Return what contracts give: (instrument, site, fiscal_year) MWh."""
    rows = running(c)
    keys = ["instrument", "site", "start_year"]
    yields = ppa_offers(c.tables).set_index(keys)["mwh_per_mw_year"].astype(float)
    relation = rows[[*keys, "fiscal_year"]]
    return (p["contracted_mw"] * yields).join(relation).sum("start_year")


def ppa_cost(p: Program, c: Context) -> CostTerm:
    r"""Return what contracts cost beyond the bought power that they replace: (site, fiscal_year).

    $$ \sum_{i,y_0} \pi_{i,y_0}\, g\, m_{i,s,y_0} - \sum_i (e_{s,y} + f_{s,y})\, q_{i,s,y} $$

    Take or pay: the whole yield is paid at the contract's price \(\pi\), with wheeling and the retailer's
    margin; what is claimed is delivered and saves energy price e and fuel adjustment f of the site's tariff,
    not its surcharge or demand charge. A contract that outlives the span is neither worth nor owed anything
    after it.
    """
    m = c.tables
    offers = ppa_offers(m)
    keys = ["instrument", "site", "start_year"]
    price = offers.set_index(keys)
    yearly_pay = (price["mwh_per_mw_year"] * price["price_jpy_per_kwh"] / 1000.0).astype(float)
    relation = running(c)[[*keys, "fiscal_year"]]
    paid = (p["contracted_mw"] * yearly_pay).join(relation).sum("instrument", "start_year")
    energy = m.by_year("tariffs", ["tariff"], "energy_jpy_per_kwh")
    energy = energy + m.by_year("tariffs", ["tariff"], "fuel_adjustment_jpy_per_kwh")
    sites = m.case["sites"][["site", "tariff"]]
    saved = sites.merge((energy / 1000.0).rename("saved").reset_index(), on="tariff")
    saved_by = saved.set_index(["site", "fiscal_year"])["saved"].astype(float)
    kinds = offers[["instrument"]].drop_duplicates(ignore_index=True)
    used = (p["claimed_mwh"].where(kinds) * saved_by).sum("instrument")
    return yearly("ppa", paid - used, c)
