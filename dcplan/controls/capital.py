"""Controls of investment: projects, construction in progress, fixed assets, their depreciation and tax."""

from __future__ import annotations

import numpy as np
import pandas as pd

from dcplan.controls.control import (
    Blocks,
    Books,
    Control,
    by_year,
    continued,
    cost_by_year,
    keys_of,
    tie,
    tie_sums,
)
from dcplan.metrics.money.settings import fiscal_years_of, to_days
from dcplan.metrics.terms import CAPEX

MEMO_MJPY = 1e-6
"""The yen that stays in the books."""


def projects_are_capex(books: Books) -> Blocks:
    """CAPEX by project (T21) is the CAPEX of the cost table, by fiscal year."""
    projects = by_year(books.plan_years("capex_cash"), "cash_mjpy")
    return [tie_sums(projects, cost_by_year(books, *CAPEX))]


def project_lists_agree(books: Books) -> Blocks:
    """Every table that lists CAPEX by project lists the same: T30b, T30a and the forecast of the bridge."""
    cash = books.plan_years("capex_cash")
    keys = ["project", "fiscal_year"]
    listed = books["plan_capex"].groupby(keys)["mjpy"].sum()
    years = by_year(cash, "cash_mjpy")
    budget = books["against_budget"].set_index("fiscal_year")["plan_mjpy"]
    bridge = books["budget_bridge"]
    forecast = by_year(bridge[bridge["step"] == "forecast"], "mjpy")
    return [
        tie_sums(listed, cash.groupby(keys)["cash_mjpy"].sum(), "T30b "),
        tie_sums(budget, years, "T30a "),
        tie_sums(forecast, years.reindex(forecast.index, fill_value=0.0), "T30 forecast "),
    ]


def project_costs(books: Books) -> Blocks:
    """A project costs what its assets cost, and what is paid for it before, within and after the plan.

    What is bound is what a committed project has still to pay; a cost by kW or rack is the whole cost again.
    """
    rows = books["capex_projects"]
    bought = books["assets"]
    assets = bought[~bought["opening"].astype(bool)].groupby("project")["cost_mjpy"].sum()
    cost = rows.set_index("project")["cost_mjpy"]
    paid = rows.set_index("project")[["paid_before_mjpy", "plan_mjpy", "later_mjpy"]].sum(axis=1)
    plan = rows.set_index("project")["plan_mjpy"]
    bound = (rows["cost_mjpy"] - rows["paid_before_mjpy"]).where(rows["committed"].astype(bool), 0.0)
    known = rows.dropna(subset="announced_cost_mjpy")
    dearer = known["cost_mjpy"] - known["announced_cost_mjpy"]
    power = rows["it_kw"].fillna(rows["receiving_kw"])
    sized = power.notna()  # batteries and panels bring neither IT nor receiving power
    by_kw = 1e-6 * rows["cost_jpy_per_kw"] * power
    cash = books["capex_cash"].groupby(["project", "basis"])["cash_mjpy"].sum().unstack("basis")
    cash = cash.reindex(columns=["actual", "plan"]).fillna(0.0)  # a plan without a payment before it opens
    return [
        tie_sums(cost, assets, "assets of "),
        tie_sums(cost, paid, "payments of "),
        tie_sums(plan, cash["plan"], "plan years of "),
        tie_sums(rows.set_index("project")["paid_before_mjpy"], cash["actual"], "before the plan of "),
        tie("bound of " + rows["project"], rows["committed_mjpy"], bound),
        tie("against as announced, " + known["project"], known["difference_mjpy"], dearer),
        tie("by kW, " + rows["project"][sized], by_kw[sized], rows["cost_mjpy"][sized]),
    ]


def spend_to_date(books: Books) -> Blocks:
    """Construction in progress and what serves, less what is still owed, is what was paid to date."""
    rows, paid = books["cip_roll"], books["payments"]
    ends = _year_ends(rows, books)
    stands = rows["closing_cip_mjpy"] + rows["in_service_to_date_mjpy"] - rows["closing_payable_mjpy"]
    where = keys_of(rows, "project", "fiscal_year")
    days = to_days(paid["day"])
    before = (days[None, :] < ends[:, None]) & (
        paid["project"].to_numpy()[None, :] == rows["project"].to_numpy()[:, None]
    )
    spent = before @ paid["mjpy"].to_numpy(dtype=float)
    to_date = tie("to date of " + where, rows["spend_to_date_mjpy"], spent)
    return [tie(where, stands, spent), to_date]


def _year_ends(rows: pd.DataFrame, books: Books) -> np.ndarray:
    """Return the end (exclusive) of each row of a roll; actuals end with the opening day."""
    ends = to_days([f"{year + 1}-04-01" for year in rows["fiscal_year"]])
    opening = np.datetime64(books.settings.as_of)
    return np.asarray(np.where(rows["basis"] == "actual", np.minimum(ends, opening), ends))


def cip_rolls(books: Books) -> Blocks:
    """Construction in progress: opening + spend - placed in service = closing, with which a year opens."""
    rows = books["cip_roll"]
    opening = rows["opening_cip_mjpy"] - rows["opening_payable_mjpy"]
    closing = rows["closing_cip_mjpy"] - rows["closing_payable_mjpy"]
    where = keys_of(rows, "project", "fiscal_year", "basis")
    rolled = opening + rows["spend_mjpy"] - rows["placed_in_service_mjpy"]
    cash = books["capex_cash"]
    keys = ["project", "fiscal_year", "basis"]
    moves = {"cash_mjpy": "spend_mjpy", "cip_addition_mjpy": "spend_mjpy"}
    moves["placed_in_service_mjpy"] = "placed_in_service_mjpy"
    flows = [
        tie_sums(cash.groupby(keys)[one].sum(), rows.groupby(keys)[other].sum(), f"T21 {one} of ")
        for one, other in moves.items()
    ]
    turns = [
        continued(rows, "project", f"opening_{name}_mjpy", f"closing_{name}_mjpy")
        for name in ("cip", "payable")
    ]
    return [tie(where, rolled, closing), *flows, *turns]


def placed_in_service_is_added(books: Books) -> Blocks:
    """What leaves construction in progress (T22a) is what fixed assets gain (T22), by fiscal year."""
    added = by_year(books.plan_years("asset_roll"), "additions_mjpy")
    return [tie_sums(added, by_year(books.plan_years("cip_roll"), "placed_in_service_mjpy"))]


def asset_costs_roll(books: Books) -> Blocks:
    """Cost of fixed assets: opening + additions - disposals = closing, and each year opens with the last."""
    rows = books["asset_roll"]
    rolled = rows["opening_cost_mjpy"] + rows["additions_mjpy"] - rows["disposals_mjpy"]
    where = keys_of(rows, "asset_class", "fiscal_year")
    stands = books["assets"]
    stands = stands[to_days(stands["service_date"]) < np.datetime64(books.settings.horizon_end)]
    last = rows[rows["fiscal_year"] == rows["fiscal_year"].max()]
    return [
        tie(where, rolled, rows["closing_cost_mjpy"]),
        continued(rows, "asset_class", "opening_cost_mjpy", "closing_cost_mjpy"),
        tie_sums(
            last.groupby("asset_class")["closing_cost_mjpy"].sum(),
            stands.groupby("asset_class")["cost_mjpy"].sum(),
            "assets of the class ",
        ),
    ]


def book_values_roll(books: Books) -> Blocks:
    """Book value: opening + additions - disposals - depreciation = closing = cost less accumulated."""
    parts = []
    for name, key in (
        ("asset_roll", "asset_class"),
        ("depreciation", "asset"),
        ("depreciation_tax", "asset"),
    ):
        rows = books[name]
        where = f"{name}: " + keys_of(rows, key, "fiscal_year")
        opening, closing = rows["opening_book_mjpy"], rows["closing_book_mjpy"]
        rolled = opening + rows["additions_mjpy"] - rows["disposals_mjpy"] - rows["depreciation_mjpy"]
        worn = rows["opening_accumulated_mjpy"] + rows["depreciation_mjpy"]
        cost = rows["opening_cost_mjpy"] + rows["additions_mjpy"] - rows["disposals_mjpy"]
        parts += [
            tie(where, rolled, closing),
            tie("accumulated of " + where, worn, rows["closing_accumulated_mjpy"]),
            tie("cost of " + where, cost, rows["closing_cost_mjpy"]),
            tie("net of " + where, closing, rows["closing_cost_mjpy"] - rows["closing_accumulated_mjpy"]),
            tie(
                "opening net of " + where,
                opening,
                rows["opening_cost_mjpy"] - rows["opening_accumulated_mjpy"],
            ),
            continued(rows, key, "opening_book_mjpy", "closing_book_mjpy"),
        ]
    return parts


def depreciation_is_straight_line(books: Books) -> Blocks:
    """Each charge is cost x rate x months / 12, not below the memo value of 1 yen; classes are their assets.

    The rate is 1 / life, rounded up to three decimals, as the Japanese tables of rates are.
    """
    parts = []
    for name in ("depreciation", "depreciation_tax"):
        rows = books[name]
        rate = np.ceil(np.round(1e3 / rows["life_years"].to_numpy(dtype=float), 6)) / 1e3
        left = np.maximum(rows["cost_mjpy"] - MEMO_MJPY - rows["opening_accumulated_mjpy"], 0.0)
        charge = np.minimum(rows["cost_mjpy"] * rate * rows["months"] / 12.0, left)
        parts.append(
            tie(f"{name}: " + keys_of(rows, "asset", "fiscal_year"), rows["depreciation_mjpy"], charge)
        )
        cost = books["assets"].set_index("asset")["cost_mjpy"].reindex(rows["asset"])
        parts.append(
            tie(f"{name}, cost of " + keys_of(rows, "asset", "fiscal_year"), rows["cost_mjpy"], cost)
        )
    held = ["opening_cost_mjpy", "additions_mjpy", "depreciation_mjpy", "closing_accumulated_mjpy"]
    keys = ["asset_class", "fiscal_year"]
    for column in held:
        roll = books["asset_roll"].groupby(keys)[column].sum()
        parts.append(tie_sums(roll, books["depreciation"].groupby(keys)[column].sum(), f"{column} of "))
    return parts


def asset_tax_is_paid(books: Books) -> Blocks:
    """The tax on assessed values (T23b) is the asset tax of the cost table, by fiscal year."""
    rows = books["asset_tax"]
    rate = np.nan if books.settings.asset_tax_rate is None else books.settings.asset_tax_rate
    paid = cost_by_year(books, "asset_tax")
    where = "T23b " + keys_of(rows, "site", "asset_class", "fiscal_year")
    return [
        tie_sums(by_year(rows, "tax_mjpy"), paid),
        tie(where, rows["tax_mjpy"], rate * rows["assessed_mjpy"]),
    ]


def budget_is_bridged(books: Books) -> Blocks:
    """Budget + every step = forecast, the residual is 0, and what only moved in time adds up to 0."""
    rows = books["budget_bridge"]
    steps = rows[~rows["step"].isin(("forecast", "residual"))]
    total, forecast = by_year(steps, "mjpy"), by_year(rows[rows["step"] == "forecast"], "mjpy")
    residual = by_year(rows[rows["step"] == "residual"], "mjpy")
    moved = rows[rows["step"] == "timing"].groupby("project")["mjpy"].sum()
    budget = by_year(rows[rows["step"] == "budget"], "mjpy")
    beside = books["against_budget"].set_index("fiscal_year").dropna(subset="budget_mjpy")
    left = beside["budget_mjpy"] - beside["plan_mjpy"]
    return [
        tie_sums(total, forecast),
        tie_sums(residual, 0.0 * residual, "residual of "),
        tie_sums(moved, 0.0 * moved, "moved in time, "),
        tie_sums(budget, beside["budget_mjpy"], "budget of "),
        tie_sums(beside["headroom_mjpy"], left, "headroom of "),
    ]


def service_years(books: Books) -> Blocks:
    """A project is placed in service in the year of its service date (T20), with its whole cost."""
    rows = books["capex_projects"]
    served = rows[to_days(rows["service_date"]) < np.datetime64(books.settings.horizon_end)]
    years = fiscal_years_of(to_days(served["service_date"]))
    cost = pd.Series(served["cost_mjpy"].to_numpy(dtype=float))
    keys = [served["project"].to_numpy(), years]
    placed = books["cip_roll"]
    placed = placed[placed["placed_in_service_mjpy"] != 0.0]
    left = placed.groupby(["project", "fiscal_year"])["placed_in_service_mjpy"].sum()
    return [tie_sums(left, cost.groupby(keys).sum())]


CONTROLS = (
    Control(
        "projects_are_capex",
        "CAPEX of all projects (T21)",
        "CAPEX of the plan's cost table",
        "Projects = plan CAPEX",
        "案件合計=計画の設備投資",
        projects_are_capex,
    ),
    Control(
        "project_lists_agree",
        "CAPEX by project (T30b), beside the budget (T30a), forecast (T30)",
        "CAPEX by project (T21)",
        "Every list of projects tells the same CAPEX",
        "案件一覧どうしの一致",
        project_lists_agree,
    ),
    Control(
        "project_costs",
        "whole cost of a project (T20)",
        "its assets (P2); paid before, within and after the plan (T20, T21)",
        "Cost of a project = its assets = its payments",
        "案件の総額=資産=支払額",
        project_costs,
    ),
    Control(
        "spend_to_date",
        "CIP + placed in service - payable (T22a)",
        "payments to date (P1)",
        "CIP + placed in service = spend to date",
        "建設仮勘定+本勘定振替=累計支払額",
        spend_to_date,
    ),
    Control(
        "cip_rolls",
        "opening + spend - placed in service (T22a, T21)",
        "closing (T22a)",
        "Construction in progress rolls forward",
        "建設仮勘定の増減",
        cip_rolls,
    ),
    Control(
        "service_years",
        "placed in service (T22a)",
        "cost in the year of the service date (T20)",
        "Placed in service in the year of service",
        "稼働年度での本勘定振替",
        service_years,
    ),
    Control(
        "placed_in_service_is_added",
        "additions to fixed assets (T22)",
        "placed in service (T22a)",
        "Additions = transfers from construction in progress",
        "固定資産の増加=建設仮勘定からの振替",
        placed_in_service_is_added,
    ),
    Control(
        "asset_costs_roll",
        "opening + additions - disposals (T22)",
        "closing cost (T22), assets (P2)",
        "Cost of fixed assets rolls forward",
        "固定資産取得価額の増減",
        asset_costs_roll,
    ),
    Control(
        "book_values_roll",
        "opening + additions - disposals - depreciation (T22, T23, T23a)",
        "closing book value",
        "Opening + additions - depreciation = closing",
        "期首+増加-償却=期末簿価",
        book_values_roll,
    ),
    Control(
        "depreciation_is_straight_line",
        "depreciation (T23, T23a); of a class (T22)",
        "cost x rate x months / 12; its assets (T23)",
        "Depreciation is straight line to 1 yen",
        "定額法・備忘価額1円",
        depreciation_is_straight_line,
    ),
    Control(
        "asset_tax_is_paid",
        "tax on assessed values (T23b)",
        "asset tax of the cost table",
        "Assessed asset tax = asset tax paid",
        "固定資産税の一致",
        asset_tax_is_paid,
    ),
    Control(
        "budget_is_bridged",
        "budget and every step (T30)",
        "forecast; residual 0",
        "Budget + steps = forecast, residual 0",
        "予算+差異=予測、残差0",
        budget_is_bridged,
    ),
)
