"""The investment case (T26): a plan's cash against that of the plan as announced, by terminal value."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.finance import discount
from dcplan.metrics.money.assets import asset_roll
from dcplan.metrics.money.dated import asset_value, dated_costs
from dcplan.metrics.money.settings import fiscal_years_of, span_end, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

RULES = ("none", "book", "annuity")
TAX_BASES = {"pre_tax": False, "after_tax": True}
BASELINE = "as_announced"


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
        sides[name] = sums
    both = (
        sides["plan"].join(sides["baseline"], how="outer", lsuffix="_plan", rsuffix="_baseline").fillna(0.0)
    )
    table = pd.DataFrame({"plan_mjpy": both["mjpy_plan"], "baseline_mjpy": both["mjpy_baseline"]})
    table["increment_mjpy"] = table["baseline_mjpy"] - table["plan_mjpy"]
    table["pv_mjpy"] = both["pv_baseline"] - both["pv_plan"]
    order = table.reset_index()
    return order.sort_values(["tax_basis", "fiscal_year"], ascending=[False, True], ignore_index=True)


def investment_case(tables: Tables, announced: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return what the plan is worth against the plan as announced: (tax_basis, terminal_value).

    $$ \mathrm{NPV} = \sum_t (\text{cash}^0_t - \text{cash}^1_t)(1+w)^{-t} + (V^1 - V^0)(1+w)^{-T} $$

    of cash alone, to the end of the optimised span; V is what project assets are worth then: nothing, their
    book value or their annuity (`asset_value`). Shadow carbon, misses and accruals are no cash. Rates of
    return and payback take yearly flows at mid-year and the terminal value at the end; more than one rate is
    flagged and none is chosen: the modified rate is then the one to read.

    Returns:
        baseline, discount_rate, tax_rate, npv_mjpy (plan years, tail and terminal value: npv_..._mjpy),
        irr, irr_flag, irr_roots, mirr, payback_years, discounted_payback_years (no terminal value; missing
        where not reached), profitability_index (1 + NPV / PV of more CAPEX; missing where the plan spends no
        more), horizon_end_book_mjpy (book value of all assets at the horizon's end).
    """
    flows = investment_flows(tables, announced, settings)
    rows = [
        _case(flows[flows["tax_basis"] == label], rule, label, tables, announced, settings)
        for label in TAX_BASES
        for rule in RULES
    ]
    return pd.DataFrame(rows)


def _case(
    flows: pd.DataFrame, rule: str, label: str, tables: Tables, announced: Tables, settings: MoneySettings
) -> dict[str, object]:
    rate, taxed = settings.discount_rate, TAX_BASES[label]
    end = span_end(tables)
    at_end = float(discount.years_after(settings.as_of, [end])[0])
    value = [asset_value(side, settings, rule, after_tax=taxed) for side in (tables, announced)]
    shield = [_shield_left(side, settings, rule) if taxed else 0.0 for side in (tables, announced)]
    left = value[0] - value[1] + shield[0] - shield[1]
    terminal = left * float(discount.discount_factor(rate, at_end))
    parts = flows.groupby("part")["pv_mjpy"].sum()
    plan, tail = (float(parts.get(name, 0.0)) for name in ("plan", "tail"))
    yearly = flows.groupby("fiscal_year")["increment_mjpy"].sum()
    first = int(fiscal_years_of(to_days([settings.as_of]))[0])
    times = yearly.index.to_numpy(dtype=float) - first + 0.5
    last = float(fiscal_years_of(to_days([end]))[0] - first)
    amounts, moments = np.append(yearly.to_numpy(), left), np.append(times, last)
    found = discount.internal_rate_of_return(amounts, moments)
    npv = plan + tail + terminal
    more = _capex_pv(tables, settings) - _capex_pv(announced, settings)
    book = asset_roll(tables, settings)
    book = book[book["fiscal_year"] == book["fiscal_year"].max()]
    return {
        "tax_basis": label,
        "terminal_value": rule,
        "baseline": BASELINE,
        "discount_rate": rate,
        "tax_rate": settings.tax_rate if taxed else np.nan,
        "npv_mjpy": npv,
        "npv_plan_years_mjpy": plan,
        "npv_tail_mjpy": tail,
        "npv_terminal_mjpy": terminal,
        "irr": _number(found.rate),
        "irr_flag": found.flag,
        "irr_roots": "; ".join(f"{root:.6f}" for root in found.roots),
        "mirr": _number(discount.modified_rate_of_return(amounts, moments, rate, rate)),
        "payback_years": _number(discount.payback_years(yearly.to_numpy(), times)),
        "discounted_payback_years": _number(
            discount.discounted_payback_years(rate, yearly.to_numpy(), times)
        ),
        "profitability_index": 1.0 + npv / more if more > 1e-6 else np.nan,
        "horizon_end_book_mjpy": float(book["closing_book_mjpy"].sum()),
    }


def _number(value: float | None) -> float:
    return np.nan if value is None else value


def _capex_pv(tables: Tables, settings: MoneySettings) -> float:
    rows = dated_costs(tables, settings, after_tax=False)
    rows = rows[rows["term"] == "capex"]
    return discount.present_value(settings.discount_rate, rows["mjpy"], rows["years"])


def _shield_left(tables: Tables, settings: MoneySettings, rule: str) -> float:
    """Return the worth, at the end of the span, of the tax that depreciation after it saves."""
    rows = dated_costs(tables, replace(settings, terminal_value=rule), after_tax=True)
    return -float(rows.loc[rows["term"] == "terminal_tax_shield", "mjpy"].sum())
