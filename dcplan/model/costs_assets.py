"""Costs of what is built: CAPEX, asset tax, the value left at the end, and what tax gives back.

After tax, losses are usable in the year in which they arise: a deductible cost lowers the tax of the company
by the tax rate when it is paid. CAPEX is deducted as the tax depreciation of its assets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model.cost_term import CostTerm, terminal
from dcplan.model.onsite import BOUGHT, REPLACED
from dcplan.model.variables import starts

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dcplan.lp.labels import Coded
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

CAPEX = ("capex", BOUGHT, REPLACED)
"""Cost terms of what is built or bought: of projects, of batteries and panels, of what replaces these."""
NOT_DEDUCTED = set(CAPEX)
"""Cash costs that are not deducted when they are paid: CAPEX is depreciated."""
DEFERRED = ("restoration_accrual", "terminal_moves", "terminal_restoration")
"""Costs spread over time: their cash is deducted, so that what is spread is their cost after tax."""

RELIEF = ("tax_relief", "tax_shield", "deferred_relief", "terminal_tax_shield")
"""What tax gives back, for an objective after tax."""


def building(p: Program, c: Context) -> list[CostTerm]:
    r"""Return CAPEX, asset tax and the value that assets have at the end of the span.

    $$ \mathrm{terminal\ capex} = - \sum_a (C_a - C^{sunk}_a - S_a)\, \lambda_a
       + \sum_{d \ge T_{end}} \mathrm{payment}_d\, (1+w)^{-(d - T_{end})/365.25} \quad [\mathrm{M\ JPY}] $$

    C is the cost of an asset, S the present value at service of all tax that its depreciation saves (0
    before tax), \(\lambda\) the share that later years bear. What a started project owes after the span is
    taken off that value, whatever the rule.
    """
    paid = [name for name in CAPEX if name == "capex" or name in c.schedule.cash_of_starts]
    return [
        *(_paid(name, p, c) for name in paid),
        _yearly("asset_tax", c.assets.asset_tax, p, c),
        capex_left(p, c),
    ]


def capex_left(p: Program, c: Context) -> CostTerm:
    """Return minus the value that assets have at the end of the span, plus what is unpaid then."""
    value = c.assets.terminal(c.tables.terminal_value, after_tax=c.tables.after_tax)
    return terminal("terminal_capex", _booked(-value.sub(c.schedule.unpaid, fill_value=0.0), p, c), c)


def _paid(term: str, p: Program, c: Context) -> CostTerm:
    """Return what is paid for what is built, or bought, or replaced."""
    cash = c.schedule.cash_of_starts[term]
    return CostTerm(term, _booked(cash["mjpy"], p, c), _booked(cash["pv_mjpy"], p, c))


def after_tax(p: Program, c: Context, terms: Sequence[CostTerm]) -> list[CostTerm]:
    r"""Return what tax gives back, for an objective after tax; nothing otherwise.

    $$ \mathrm{relief} = -\tau \sum c^{cash}, \qquad \mathrm{shield}_y = -\tau \sum_a D_{a,y}, \qquad
       \mathrm{terminal\ shield} = -\tau \sum_{a,\, y > T_{end}} D_{a,y} (1+w)^{-(y - T_{end})}
       \quad [\mathrm{M\ JPY}] $$

    D is the straight-line depreciation for tax.

    - ``tax_relief`` (cash): \(-\tau\) x all cash costs but CAPEX, booked as these are
    - ``tax_shield`` (cash): \(-\tau\) x tax depreciation of the projects' assets, at the year's middle
    - ``deferred_relief`` (not cash): \(-\tau\) x restoration accrued and the value left of moves and
      restoration, so that years within and after the span bear their part of a cost *after tax*
    - ``terminal_tax_shield`` (not cash): \(-\tau\) x the present value, at the end of the span, of the
      depreciation after it; none where the terminal value is `none`

    Shadow carbon, the price of misses and racks not served are no costs for tax.
    """
    m = c.tables
    if not m.after_tax:
        return []
    rate = float(m.case.settings["tax_rate"])
    paid = [term for term in terms if term.cash and term.name not in NOT_DEDUCTED]
    spread = [term for term in terms if term.name in DEFERRED]
    shield = c.assets.tax_shield.assign(mjpy=lambda table: -table["mjpy"])
    left = c.assets.shield_left * (0.0 if m.terminal_value == "none" else -1.0)
    return [
        _share("tax_relief", paid, -rate, cash=True),
        _yearly("tax_shield", shield, p, c),
        _share("deferred_relief", spread, -rate, cash=False),
        terminal("terminal_tax_shield", _booked(left, p, c), c),
    ]


def _share(name: str, terms: Sequence[CostTerm], share: float, *, cash: bool) -> CostTerm:
    """Return a share of the sum of some costs."""
    nominal, present = terms[0].nominal, terms[0].present
    for term in terms[1:]:
        nominal, present = nominal + term.nominal, present + term.present
    return CostTerm(name, nominal * share, present * share, cash)


def _yearly(name: str, amounts: pd.DataFrame, p: Program, c: Context) -> CostTerm:
    """Return yearly amounts of starts (project, start_period, fiscal_year, mjpy), paid at mid-year."""
    ends, factors = c.tables.year_end_period, c.tables.discount_year
    last = dict(zip(ends["fiscal_year"], ends["period"], strict=True))
    rows = amounts[amounts["fiscal_year"].isin(list(last)).to_numpy()]
    years = rows["fiscal_year"].tolist()
    period = pd.Series([last[year] for year in years], index=rows.index, dtype=object)
    rows = rows.assign(period=period, pv=rows["mjpy"] * factors.loc[years].to_numpy())
    dims = ["project", "start_period", "period"]
    nominal, present = (p.labels.numbers(rows, dims, column) for column in ("mjpy", "pv"))
    return CostTerm(name, _booked(nominal, p, c), _booked(present, p, c))


def _booked(amounts: pd.Series[float] | Coded, p: Program, c: Context) -> Expr:
    """Return amounts of starts (project, start_period, ...) as costs of their sites: (site, ...)."""
    spent = starts(p, c).known(amounts).sum("start_period")
    return spent.join(c.schedule.unit_site, partial=True).sum("project")
