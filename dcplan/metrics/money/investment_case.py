"""The investment case (T26): a plan's cash against that of the plan as announced, by terminal value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from dcplan.finance import discount
from dcplan.metrics.money.assets import asset_roll
from dcplan.metrics.money.dated import asset_value, dated_costs
from dcplan.metrics.money.settings import fiscal_years_of, span_end, to_days
from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

Row: TypeAlias = tuple[str, float | None, str, str]

RULES = ("none", "book", "annuity")
TAX_BASES = {"pre_tax": False, "after_tax": True}
MJPY, PER_YEAR = "M JPY", "1/year"
GRAIN = 1e-6
NOT_REACHED = "not_reached within the optimised span"
NO_MORE_CAPEX = "no_more_capex than the announced plan"
TONNES, PER_TONNE = "tCO2e", "JPY/tCO2e"
NO_ABATEMENT = "no_abatement against the announced plan"
NO_MARKET_FIGURE = (
    "not_formed: market-based emissions are told for the plan's years, this worth is of all years"
)


def investment_flows(tables: Tables, announced: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return incremental cash by fiscal year: (tax_basis, fiscal_year, part), nominal and present M JPY.

    Columns: plan_mjpy, baseline_mjpy (cash costs), increment_mjpy = baseline - plan (positive: the plan
    saves) and pv_mjpy of the increment at its dates. `part` is `plan` for the plan's years and `tail` for
    the optimised years after them, which are no plan.
    """
    keys = ["tax_basis", "fiscal_year", "part"]
    sides = {}
    for name, side in (("plan", tables), ("baseline", announced)):
        parts = [
            dated_costs(side, settings, after_tax=taxed).assign(tax_basis=label)
            for label, taxed in TAX_BASES.items()
        ]
        rows = pd.concat(parts)
        rows = rows[rows["cash"].astype(bool)]
        value = discount.discount_factor(settings.discount_rate, rows["years"].to_numpy(dtype=float))
        sums = rows.assign(pv=rows["mjpy"] * value).groupby(keys)[["mjpy", "pv"]].sum()
        sides[name] = sums.add_suffix(f"_{name}")
    both = pd.concat(sides.values(), axis=1).fillna(0.0)  # a year in which one side pays nothing
    table = pd.DataFrame({"plan_mjpy": both["mjpy_plan"], "baseline_mjpy": both["mjpy_baseline"]})
    table["increment_mjpy"] = table["baseline_mjpy"] - table["plan_mjpy"]
    table["pv_mjpy"] = both["pv_baseline"] - both["pv_plan"]
    order = table.reset_index()
    return order.sort_values(["tax_basis", "fiscal_year"], ascending=[False, True], ignore_index=True)


def investment_case(tables: Tables, announced: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return what the plan is worth against the plan as announced, pre-tax and after tax.

    $$ \mathrm{NPV} = \sum_t (\text{cash}^0_t - \text{cash}^1_t)(1+w)^{-t} + (V^1 - V^0)(1+w)^{-T} $$

    of cash alone, to the end of the optimised span; V is what project assets are worth then: nothing, their
    book value or their annuity (`asset_value`), with the tax that later depreciation saves. Shadow carbon,
    misses and accruals are no cash. Rates of return and payback take yearly flows at mid-year and the
    terminal value at the end; where more than one rate fits, each is a row and none is chosen: the modified
    rate is then the one to read.

    Returns:
        (tax_basis, terminal_value, measure) value, unit, flag. Measures: npv and its parts npv_plan_years,
        npv_tail, npv_terminal; irr (`unique`, `multiple`, `no_sign_change`, `no_root`; missing unless
        unique), irr_root_1.. where there are several; mirr; payback and discounted_payback (without terminal
        value); profitability_index (1 + NPV / present value of more CAPEX); abated_location (tonnes less over
        the optimised span, not discounted) and abatement_cost_location = -NPV / tonnes, by the same method
        abatement_cost_market where market-based emissions are known; horizon_end_book (of all assets
        at the horizon's end); objective_saving (the announced plan's cost less this one's, shadow items
        included) under the rule and the tax basis of the plan's objective. A missing value has its reason in
        `flag`.
    """
    flows = investment_flows(tables, announced, settings)
    sides = tuple(_Side.of(side, settings) for side in (tables, announced))
    parts = [
        _case(flows[flows["tax_basis"] == label], rule, label, sides, settings)
        for label in TAX_BASES
        for rule in RULES
    ]
    table = pd.DataFrame(
        [(*key, *row) for key, rows in parts for row in rows],
        columns=["tax_basis", "terminal_value", "measure", "value", "unit", "flag"],
    )
    return table.astype({"value": float})


class _Side(NamedTuple):
    """A plan, and what of it is the same whatever the tax basis and the terminal value."""

    tables: Tables
    capex: float
    shield_left: float
    book: float

    @classmethod
    def of(cls, tables: Tables, settings: MoneySettings) -> _Side:
        """Work it out."""
        book = asset_roll(tables, settings)
        book = book[book["fiscal_year"] == book["fiscal_year"].max()]
        shield = _shield_left(tables, settings)
        return cls(tables, _capex_pv(tables, settings), shield, float(book["closing_book_mjpy"].sum()))

    def worth(self, settings: MoneySettings, rule: str, *, after_tax: bool) -> float:
        """Return what assets are worth at the end of the span, with the tax that they still save."""
        shield = self.shield_left if after_tax and rule != "none" else 0.0
        return asset_value(self.tables, settings, rule, after_tax=after_tax) + shield


def _case(
    flows: pd.DataFrame, rule: str, label: str, sides: tuple[_Side, ...], settings: MoneySettings
) -> tuple[tuple[str, str], list[Row]]:
    """Return the measures of one tax basis and one terminal value."""
    own, announced = sides
    rate, end = settings.discount_rate, span_end(own.tables)
    at_end = float(discount.years_after(settings.as_of, [end])[0])
    worth = [side.worth(settings, rule, after_tax=TAX_BASES[label]) for side in sides]
    left = worth[0] - worth[1]
    terminal = left * float(discount.discount_factor(rate, at_end))
    parts = flows.groupby("part")["pv_mjpy"].sum()
    plan, tail = (float(parts.get(name, 0.0)) for name in ("plan", "tail"))
    npv = plan + tail + terminal
    rows: list[Row] = [
        ("npv", npv, MJPY, ""),
        ("npv_plan_years", plan, MJPY, ""),
        ("npv_tail", tail, MJPY, ""),
        ("npv_terminal", terminal, MJPY, ""),
        *_returns(flows, left, end, settings),
    ]
    more = own.capex - announced.capex
    index = 1.0 + npv / more if more > GRAIN else None
    rows.append(("profitability_index", index, "-", "" if index is not None else NO_MORE_CAPEX))
    rows += _abatement(npv, (own.tables, announced.tables))
    rows.append(("horizon_end_book", own.book, MJPY, ""))
    if (rule, label) == (settings.terminal_value, settings.objective):
        saved = announced.tables["costs"]["pv_mjpy"].sum() - own.tables["costs"]["pv_mjpy"].sum()
        rows.append(("objective_saving", float(saved), MJPY, ""))
    return (label, rule), rows


def _returns(flows: pd.DataFrame, left: float, end: date, settings: MoneySettings) -> list[Row]:
    """Return rates of return and payback of yearly increments and a terminal value."""
    rate = settings.discount_rate
    yearly = flows.groupby("fiscal_year")["increment_mjpy"].sum()
    first = int(fiscal_years_of(to_days([settings.as_of]))[0])
    times = yearly.index.to_numpy(dtype=float) - first + 0.5
    last = float(fiscal_years_of(to_days([end]))[0] - first)
    amounts, moments = np.append(yearly.to_numpy(), left), np.append(times, last)
    found = discount.internal_rate_of_return(amounts, moments)
    rows: list[Row] = [("irr", found.rate, PER_YEAR, found.flag)]
    if len(found.roots) > 1:
        rows += [(f"irr_root_{n}", root, PER_YEAR, "") for n, root in enumerate(found.roots, 1)]
    mirr = discount.modified_rate_of_return(amounts, moments, rate, rate)
    rows.append(("mirr", mirr, PER_YEAR, "" if mirr is not None else "no_sign_change"))
    back = {
        "payback": discount.payback_years(yearly.to_numpy(), times),
        "discounted_payback": discount.discounted_payback_years(rate, yearly.to_numpy(), times),
    }
    rows += [(name, time, "years", "" if time is not None else NOT_REACHED) for name, time in back.items()]
    return rows


def _abatement(npv: float, sides: tuple[Tables, Tables]) -> list[Row]:
    r"""Return tonnes abated and what one costs, -NPV / tonnes: negative where the plan saves both.

    Location-based emissions over the optimised span, like the NPV; instruments do not move them.
    """
    first, second = (float(side["emissions"]["location_tco2e"].sum()) for side in sides)
    less = second - first
    cost = -1e6 * npv / less if less > GRAIN else None
    return [
        ("abated_location", less, TONNES, ""),
        ("abatement_cost_location", cost, PER_TONNE, "" if cost is not None else NO_ABATEMENT),
        ("abatement_cost_market", None, PER_TONNE, NO_MARKET_FIGURE),
    ]


def _capex_pv(tables: Tables, settings: MoneySettings) -> float:
    rows = dated_costs(tables, settings, after_tax=False)
    rows = rows[rows["term"].isin(CAPEX)]
    return discount.present_value(settings.discount_rate, rows["mjpy"], rows["years"])


def _shield_left(tables: Tables, settings: MoneySettings) -> float:
    """Return the worth, at the end of the span, of the tax that depreciation after it saves.

    It is the same under every rule of terminal value but `none`, which leaves it out.
    """
    rows = dated_costs(tables, replace(settings, terminal_value="annuity"), after_tax=True)
    return -float(rows.loc[rows["term"] == "terminal_tax_shield", "mjpy"].sum())
