"""Claims and targets: a renewable MWh is claimed once, and targets hold by fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model import energy
from dcplan.model.variables import certificates, starts, usable_instruments
from dcplan.model.variables import targets as targets_in_force

if TYPE_CHECKING:
    from dcplan.lp.labels import Coded
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


def claims(p: Program, c: Context) -> None:
    r"""A site claims no more than it imports, an instrument gives no more than its volume, in a fiscal year.

    $$ \sum_i q_{i,s,y} \le E^{grid}_{s,y}, \qquad \sum_s q_{i,s,y} \le V_{i,y} \quad [\mathrm{MWh}] $$

    The volume of a contract in MW is its yield (`ppa_contracts`).
    """
    m = c.tables
    if usable_instruments(m).empty:
        return
    claimed = p["claimed_mwh"]
    imported = energy.imported_mwh(p, c).join(m.fiscal_year_of).sum("period")
    over = _claims_over(m, "site")
    p.limit("claims_site", claimed.sum("instrument") - imported.where(over) <= 0, over=over, unit="MWh")
    bought = certificates(m)
    over = _claims_over(m, "instrument")
    over = over[over["instrument"].isin(bought["instrument"])]
    if over.empty:
        return
    volume = m.by_year("instrument_years", ["instrument"], "volume_mwh")
    p.limit("claims_volume", claimed.where(bought).sum("site") <= volume, over=over, unit="MWh")


def _claims_over(m: Tables, dim: str) -> pd.DataFrame:
    """Return the sites, or the instruments, of which something may be claimed, with every fiscal year."""
    return m.grid(**{dim: list(usable_instruments(m)[dim].unique()), "fiscal_year": m.fiscal_years})


def targets(p: Program, c: Context) -> None:
    r"""Every target holds in its fiscal years; one that carries a price may be missed at that price.

    $$ \mathrm{renewable\ share:}\ \sum q + E^{onsite} + \mu \ge \tau E, \qquad
       \mathrm{emissions:}\ \mathrm{CO_2} - \mu \le \tau, \qquad
       \mathrm{PUE:}\ E - \mu \le \tau E^{IT} \quad [\mathrm{MWh}, \mathrm{t}] $$

    The boundary is the owned sites or the whole fleet; \(\mu\) the miss.
    """
    rows = targets_in_force(c.tables)
    asked = set(rows["metric"])
    for metric, expression in (("renewable_share", _renewable), ("location_tco2e", _carbon), ("pue", _pue)):
        if metric in asked:
            chosen = rows[rows["metric"] == metric]
            gap = expression(p, c, chosen)
            over = chosen[["target", "fiscal_year"]].reset_index(drop=True)
            p.limit(f"target_{metric}", (gap - _miss(p, over)).or_zero() <= 0, over=over, unit="MWh or t")


def _miss(p: Program, over: pd.DataFrame) -> Expr:
    return p["target_miss"].where(over)


def _boundary(c: Context, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the relation (site, period, target, fiscal_year) over which a target sums."""
    sites = c.tables.case["sites"][["site", "ownership"]]
    pairs = rows.merge(sites, how="cross")
    inside = (pairs["boundary"] == "fleet") | (pairs["ownership"] == "owned")
    pairs = pairs.loc[inside, ["target", "fiscal_year", "site"]].merge(
        c.tables.fiscal_year_of, on="fiscal_year"
    )
    return pairs[["site", "period", "target", "fiscal_year"]]


def _summed(quantity: Expr, boundary: pd.DataFrame) -> Expr:
    return quantity.join(boundary, partial=True).sum("site", "period")


def _value(p: Program, rows: pd.DataFrame) -> Coded:
    return p.labels.numbers(rows, ["target", "fiscal_year"], "value")


def _renewable(p: Program, c: Context, rows: pd.DataFrame) -> Expr:
    m, boundary = c.tables, _boundary(c, rows)
    needed = _summed(energy.site_facility_mwh(p, c), boundary) * _value(p, rows)
    relation = boundary[["site", "target", "fiscal_year"]].drop_duplicates()
    kinds = m.case["instruments"]
    good = kinds.loc[kinds["renewable"], ["instrument"]]
    claimed = p["claimed_mwh"].where(good).join(relation, partial=True).sum("instrument", "site")
    return needed - claimed - _summed(energy.onsite_mwh(p, c), boundary)


def _carbon(p: Program, c: Context, rows: pd.DataFrame) -> Expr:
    return _summed(energy.location_tco2e(p, c), _boundary(c, rows)) - _value(p, rows)


def _pue(p: Program, c: Context, rows: pd.DataFrame) -> Expr:
    boundary = _boundary(c, rows)
    used = _summed(energy.site_it_mwh(p, c), boundary) * _value(p, rows)
    return _summed(energy.site_facility_mwh(p, c), boundary) - used


def capex_budget(p: Program, c: Context) -> None:
    r"""Cash CAPEX of all projects in a fiscal year stays within its budget.

    $$ \sum_{j,t} (s_{j,t} - s_{j,t-1})\, \mathrm{cash}_{j,t,y} \le B_y \quad [\mathrm{M\ JPY}] $$
    """
    m = c.tables
    cash = c.schedule.cash
    if m.case["budgets"].empty or cash.empty:
        return
    by_year = cash.groupby(["project", "start_period", "fiscal_year"], sort=False)["mjpy"].sum()
    spent = (starts(p, c) * by_year).sum("project", "start_period")
    budgets = m.case["budgets"]
    budget = dict(zip(budgets["fiscal_year"], budgets["capex_mjpy"].astype(float), strict=True))
    years = sorted(set(cash["fiscal_year"]))
    held = [budget.get(year, budgets["capex_mjpy"].iloc[-1]) for year in years]
    table = pd.Series(held, index=pd.Index(years, name="fiscal_year"), dtype=float)
    p.limit("capex_budget", spent <= table, over=pd.DataFrame({"fiscal_year": years}), unit="M JPY")
