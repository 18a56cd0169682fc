"""Controls of results: profit, cash flow, present value, the investment case and unit costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dcplan.controls.control import (
    Blocks,
    Books,
    Control,
    by_year,
    cost_by_year,
    keys_of,
    label_of,
    tie,
    tie_sums,
)
from dcplan.metrics.money.dated import ANALYST
from dcplan.metrics.money.profit_and_cash import LINES
from dcplan.metrics.money.unit_cost import ASSETS, HORIZON

if TYPE_CHECKING:
    import pandas as pd

STANDARDS = {"ifrs16": "leases_ifrs16", "jgaap": "leases_jgaap"}


def costs_are_in_the_profit(books: Books) -> Blocks:
    """Every line of costs (T25) is its terms of the cost table; EBITDA after rent is all of them."""
    rows = books["profit_and_loss"].set_index("fiscal_year")
    own = [term for term in books["costs"]["term"].unique() if str(term).startswith(ANALYST)]
    cash = books["costs"].groupby("term")["cash"].first()
    terms = {**LINES, "other_mjpy": tuple(term for term in own if bool(cash[term]))}
    parts = [
        tie_sums(rows[line], cost_by_year(books, *held).reindex(rows.index).fillna(0.0), f"{line} of ")
        for line, held in terms.items()
    ]
    total = -rows[list(terms)].sum(axis=1)
    return [tie_sums(rows["ebitda_after_rent_mjpy"], total, "EBITDA after rent of "), *parts]


def profit_follows(books: Books) -> Blocks:
    """EBITDA, EBIT and profit (T25) follow from depreciation (T22), leases (T24) and restoration (T24a)."""
    rows = books["profit_and_loss"].set_index("fiscal_year")
    provision = books["restoration_roll"]
    own = {
        "depreciation_mjpy": by_year(books.plan_years("asset_roll"), "depreciation_mjpy"),
        "restoration_depreciation_mjpy": by_year(provision, "asset_depreciation_mjpy"),
        "restoration_interest_mjpy": by_year(provision, "unwinding_mjpy"),
    }
    standards = [block for name in STANDARDS for block in _standard(books, rows, name)]
    return [*standards, *(tie_sums(rows[name], sums, f"{name} of ") for name, sums in own.items())]


def _standard(books: Books, rows: pd.DataFrame, name: str) -> Blocks:
    """Return profit on one lease standard beside what it is made of."""
    roll = books[STANDARDS[name]]
    expensed = by_year(roll, "rent_expense_mjpy") if name == "jgaap" else 0.0 * rows["rent_mjpy"]
    ebitda = rows["ebitda_after_rent_mjpy"] + rows["rent_mjpy"]
    ebit = (
        rows[f"ebitda_{name}_mjpy"]
        - rows["depreciation_mjpy"]
        - rows["restoration_depreciation_mjpy"]
        - rows[f"rou_depreciation_{name}_mjpy"]
        + rows[f"gain_on_break_{name}_mjpy"]
    )
    interest = rows[f"lease_interest_{name}_mjpy"] + rows["restoration_interest_mjpy"]
    follows = {
        "profit_before_tax": rows[f"ebit_{name}_mjpy"] - interest,
        "ebit": ebit,
        "ebitda": ebitda - expensed.reindex(rows.index, fill_value=0.0),
        "rou_depreciation": by_year(roll, "rou_depreciation_mjpy"),
        "gain_on_break": by_year(roll, "gain_on_break_mjpy"),
        "lease_interest": by_year(roll, "interest_mjpy"),
    }
    return [
        tie_sums(rows[f"{line}_{name}_mjpy"], sums, f"{name} {line} of ") for line, sums in follows.items()
    ]


def cash_is_free(books: Books) -> Blocks:
    """Free cash flow (T25) is EBITDA after rent less restoration paid, CAPEX (T21) and tax."""
    rows = books["profit_and_loss"].set_index("fiscal_year")
    capex = by_year(books.plan_years("capex_cash"), "cash_mjpy")
    restored = by_year(books["restoration_roll"], "settled_mjpy")
    free = rows["ebitda_after_rent_mjpy"] - rows["restoration_paid_mjpy"] - rows["capex_mjpy"]
    taxed = rows["free_cash_flow_pre_tax_mjpy"] - rows["tax_mjpy"]
    return [
        tie_sums(rows["free_cash_flow_pre_tax_mjpy"], free, "before tax, "),
        tie_sums(rows["capex_mjpy"], capex, "CAPEX of "),
        tie_sums(rows["restoration_paid_mjpy"], restored, "restoration of "),
        tie_sums(rows["free_cash_flow_after_tax_mjpy"], taxed, "after tax, "),
    ]


def present_value_is_the_objective(books: Books) -> Blocks:
    """The dated cash flow (T25a), discounted anew, is the published cost and each term of the cost table."""
    rows, costs = books["cash_flow"], books["costs"]
    factor = (1.0 + books.settings.discount_rate) ** -rows["date_years"].astype(float)
    anew = rows["mjpy"] * factor
    keys = rows["term"] + ", " + rows["period"].astype(str)
    return [
        tie(["published cost"], [anew.sum()], [books.objective_mjpy]),
        tie_sums(anew.groupby(rows["term"]).sum(), costs.groupby("term")["pv_mjpy"].sum(), "value of "),
        tie_sums(rows.groupby("term")["mjpy"].sum(), costs.groupby("term")["mjpy"].sum(), "nominal of "),
        tie("value of a row, " + keys, rows["pv_mjpy"], anew),
        tie("factor of a row, " + keys, rows["factor"], factor),
    ]


def investment_case_follows(books: Books) -> Blocks:
    """The investment case (T26) is cash (T25) against the plan as announced, discounted, and its parts."""
    flows, case = books["investment_flows"], books["investment_case"]
    profit = books["profit_and_loss"].set_index("fiscal_year")
    inside = flows[flows["part"] == "plan"]
    parts = [
        tie(
            keys_of(flows, "tax_basis", "fiscal_year"),
            flows["baseline_mjpy"] - flows["plan_mjpy"],
            flows["increment_mjpy"],
        )
    ]
    for basis, held in inside.groupby("tax_basis"):
        free = -profit[f"free_cash_flow_{basis}_mjpy"]
        parts.append(tie_sums(held.set_index("fiscal_year")["plan_mjpy"], free, f"{basis} cash of "))
    values = case.set_index(["tax_basis", "terminal_value", "measure"])["value"].astype(float)
    wide = values.unstack("measure")
    sums = flows.groupby(["tax_basis", "part"])["pv_mjpy"].sum().unstack("part").fillna(0.0)
    for part, measure in (("plan", "npv_plan_years"), ("tail", "npv_tail")):
        flow = sums[part] if part in sums else 0.0 * sums.iloc[:, 0]
        told = wide[measure].groupby(level="tax_basis").first()
        spread = (
            wide[measure].groupby(level="tax_basis").max() - wide[measure].groupby(level="tax_basis").min()
        )
        parts += [
            tie_sums(told, flow, f"{measure}, "),
            tie_sums(spread, 0.0 * spread, f"{measure} by rule, "),
        ]
    whole = wide["npv_plan_years"] + wide["npv_tail"] + wide["npv_terminal"]
    parts.append(tie_sums(wide["npv"], whole, "NPV, "))
    cheaper = wide["abatement_cost_location"] * wide["abated_location"] / 1e6
    known = cheaper.notna()
    parts.append(tie_sums(cheaper[known], -wide["npv"][known], "abatement cost x tonnes, "))
    saved = values[values.index.get_level_values("measure") == "objective_saving"]
    gap = books.announced_mjpy - books.objective_mjpy
    parts.append(tie([label_of(key) for key in saved.index], saved, [gap] * len(saved)))
    book = books["asset_roll"]
    last = book.loc[book["fiscal_year"] == book["fiscal_year"].max(), "closing_book_mjpy"].sum()
    end = wide["horizon_end_book"]
    parts.append(tie([f"book value, {label_of(key)}" for key in end.index], end, [last] * len(end)))
    return parts


def unit_costs_divide_the_cost(books: Books) -> Blocks:
    """Unit costs (T27) divide the cost lines (T27a): those of T25, with assets by annuity for CAPEX."""
    lines = books["unit_cost_lines"].set_index("fiscal_year")
    profit = books["profit_and_loss"].set_index("fiscal_year")
    rows = books["unit_cost"]
    rows = rows[rows["measure"] != "kwh_it_levelised"]
    yearly = rows[rows["span"] != HORIZON]
    told = yearly.set_index(["measure", "span"])["cost_mjpy"]
    cost = lines["total_mjpy"].rename(index=lambda year: f"FY{year}")
    parts = [
        tie(
            keys_of(yearly, "measure", "span"),
            told,
            cost.reindex(yearly["span"]),
        )
    ]
    whole = rows[rows["span"] == HORIZON]
    parts.append(tie(keys_of(whole, "measure", "span"), whole["cost_mjpy"], [cost.sum()] * len(whole)))
    known = rows[rows["value"].notna()]
    product = known["value"] * known["quantity"] / 1e6
    parts.append(tie("value x quantity of " + keys_of(known, "measure", "span"), product, known["cost_mjpy"]))
    held = [line for line in (*LINES, "other_mjpy") if line in lines]
    parts += [tie_sums(lines[line], profit[line], f"{line} of ") for line in held]
    parts.append(tie_sums(lines["restoration_mjpy"], profit["restoration_paid_mjpy"], "restoration of "))
    total = lines[[*ASSETS, *held, "restoration_mjpy"]].sum(axis=1)
    parts.append(tie_sums(lines["total_mjpy"], total, "total of "))
    return parts


def sites_add_up(books: Books) -> Blocks:
    """Unit costs by site (T27b) divide the costs of sites (T27c), which add up to those of the fleet."""
    rows, lines = books["unit_cost_sites"], books["site_cost_lines"].set_index("site")
    fleet = books["unit_cost"]
    fleet = fleet[(fleet["span"] == HORIZON) & fleet["measure"].isin(rows["measure"])].set_index("measure")
    yearly = books["unit_cost_lines"].drop(columns="fiscal_year")
    known = rows[rows["value"].notna()]
    where = keys_of(known, "site", "measure")
    cost = lines["total_mjpy"].reindex(rows["site"])
    parts = [
        tie_sums(rows.groupby("measure")["cost_mjpy"].sum(), fleet["cost_mjpy"]),
        tie_sums(lines.sum(), yearly.sum(), "all sites, "),
        tie(
            [f"total of {site}" for site in lines.index],
            lines.drop(columns="total_mjpy").sum(axis=1),
            lines["total_mjpy"],
        ),
        tie("cost of " + keys_of(rows, "site", "measure"), rows["cost_mjpy"], cost),
        tie("value x quantity of " + where, 1e-6 * known["value"] * known["quantity"], known["cost_mjpy"]),
    ]
    sold = rows.groupby("measure")["quantity"].sum()
    return [*parts, tie_sums(sold / 1e6, fleet["quantity"] / 1e6, "millions of ")]


CONTROLS = (
    Control(
        "costs_are_in_the_profit",
        "lines of cost (T25)",
        "the cost table",
        "Profit and loss = cost table",
        "損益計算=費用表",
        costs_are_in_the_profit,
    ),
    Control(
        "profit_follows",
        "EBITDA, EBIT and profit on both standards (T25)",
        "depreciation (T22), leases (T24, T24b), restoration (T24a)",
        "Profit follows from its parts",
        "利益の積み上げ",
        profit_follows,
    ),
    Control(
        "cash_is_free",
        "free cash flow (T25)",
        "EBITDA after rent - restoration - CAPEX (T21) - tax",
        "Free cash flow = EBITDA after rent - CAPEX - tax",
        "フリー・キャッシュ・フローの一致",
        cash_is_free,
    ),
    Control(
        "present_value_is_the_objective",
        "present value of the dated cash flow (T25a)",
        "published cost; present value of the cost table",
        "Cash-flow NPV = objective",
        "キャッシュフローの現在価値=目的関数",
        present_value_is_the_objective,
    ),
    Control(
        "investment_case_follows",
        "investment case (T26, T26a)",
        "cash of T25 against the plan as announced",
        "Investment case = cash flow against *as announced*",
        "投資採算=公表計画比のキャッシュフロー",
        investment_case_follows,
    ),
    Control(
        "unit_costs_divide_the_cost",
        "unit costs x quantities (T27)",
        "cost lines (T27a, T25)",
        "Unit cost x quantity = cost",
        "単価×数量=費用",
        unit_costs_divide_the_cost,
    ),
    Control(
        "sites_add_up",
        "cost of all sites (T27b, T27c)",
        "cost of the fleet (T27, T27a)",
        "Sites add up to the fleet",
        "拠点の合計=全体",
        sites_add_up,
    ),
)
