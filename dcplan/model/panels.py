"""What was bought for owned sites as it ages: what is left of it, what it costs to keep, what panels give."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.model.onsite import KINDS
from dcplan.model.variables import added

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


def aged(p: Program, c: Context, kind: str, column: str) -> Expr:
    """Return what was bought times a number of its age: (site, fiscal_year)."""
    table = c.schedule.onsite.aged(kind)
    numbers = table.set_index(["site", "installed", "fiscal_year"])[column]
    return (added(p, kind).rename(fiscal_year="installed") * numbers).sum("installed")


def upkeep_mjpy(p: Program, c: Context) -> Expr | None:
    """Return maintenance of what was bought: (site, period) M JPY; None where nothing may be bought."""
    kinds = [kind for kind in KINDS if p.has(kind)]
    if not kinds:
        return None
    yearly = aged(p, c, kinds[0], "upkeep")
    for kind in kinds[1:]:
        yearly = yearly + aged(p, c, kind, "upkeep")
    m = c.tables
    return yearly.join(m.fiscal_year_of).sum("fiscal_year") * (m.per_period("months") / 12.0)


def bought_panels_kw(p: Program, c: Context) -> Expr:
    """Return bought panels after fade: (site, period) kW."""
    return aged(p, c, "pv_kw", "left").join(c.tables.fiscal_year_of).sum("fiscal_year")


def panel_mwh(p: Program, c: Context) -> Expr | None:
    """Return what bought panels generate: (site, period) MWh; None where none may be bought."""
    if not p.has("pv_kw"):
        return None
    return bought_panels_kw(p, c) * c.schedule.onsite.yields["mwh_per_kw"]
