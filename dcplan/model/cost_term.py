"""A named cost of the objective, and the three ways in which costs fall due."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context


@dataclass(frozen=True)
class CostTerm:
    """One named cost by (site, period), nominal and present [M JPY]; ``cash`` is False for shadow items."""

    name: str
    nominal: Expr
    present: Expr
    cash: bool = True


def flow(name: str, amount: Expr, c: Context, cash: bool = True) -> CostTerm:
    """Return a cost that runs evenly over its period."""
    return CostTerm(name, amount, amount * c.tables.discount_period, cash)


def terminal(name: str, by_site: Expr, c: Context) -> CostTerm:
    """Return a value at the end of the span, booked in the last period."""
    m = c.tables
    last = m.grid(period=m.period_labels[-1:], site=list(m.case["sites"]["site"]))
    placed = by_site.join(last, partial=True)
    return CostTerm(name, placed, placed * m.discount(m.end), cash=False)


def yearly(name: str, amount: Expr, c: Context, cash: bool = True) -> CostTerm:
    """Return a cost of a fiscal year (site, fiscal_year), paid at its middle, booked in its last period."""
    m = c.tables
    booked = amount.join(m.year_end_period).sum("fiscal_year")
    present = (amount * m.discount_year).join(m.year_end_period).sum("fiscal_year")
    return CostTerm(name, booked, present, cash)
