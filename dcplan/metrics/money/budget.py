"""The CAPEX budget: past years, plan against budget, share of the group, the bridge from budget to forecast.

Every figure is nominal cash [M JPY] on or after the opening day: what was paid before is sunk, in no budget.
Fiscal years are those of the plan; the tail is optimised and never reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    Tables = Mapping[str, pd.DataFrame]
    Steps = dict[str, pd.Series[Any]]

STEPS = (
    "budget", "price", "volume", "scope", "timing", "fx", "lease_standard", "unallocated", "forecast",
    "residual",
)  # fmt: skip
"""The steps of the bridge in their order; `residual` is the forecast less the budget and every step."""
BY_PROJECT = ("price", "volume", "scope", "timing")
GRAIN = 1e-9
"""The bridge counts in thousandths of a yen [M JPY], as whole numbers: its steps add up exactly."""
NOT_SEPARATED = "not_separated: every cost is an amount in yen; what exchange rates move lies in the price"
SAME_BASIS = "same_basis: neither budget nor plan counts right-of-use assets"
NO_DATA_CENTER_FIGURE = "no_data_center_figure: the history holds none for these months"
NO_GROUP_FIGURE = "no_group_figure: the history holds none of the group for these months"
ALL_PROJECTS = "all projects"
"""What the CAPEX of a plan year covers."""
_NINE_MONTHS = "_1q3q"
_GROUP = "group"
_CAPEX = "capex"


def capex_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return past years by category, each figure with what it is, so that none passes for another.

    A category reads `<scope>_<measure>`, with `_1q3q` for the first nine months of a fiscal year; the scope
    `group` is the whole group, every other scope is part of the data centers.

    Args:
        history: the input table: (fiscal_year, category) mjpy, standard, status, reason.

    Returns:
        (fiscal_year, scope, measure, months) mjpy, standard, status, comparable, note. `months` is 12 or 9.
        `comparable` is true for an actual figure of a whole year under the standard of the latest year:
        false for FY2016 of the default case (US-GAAP) and for FY2021 (a target, beside nine actual months).
    """
    rows = history.reset_index(drop=True)
    category = rows["category"].astype(str)
    part = category.str.endswith(_NINE_MONTHS)
    names = category.str.removesuffix(_NINE_MONTHS).str.extract("^([^_]*)_?(.*)$")
    latest = rows.loc[rows["fiscal_year"] == rows["fiscal_year"].max(), "standard"]
    table = pd.DataFrame(
        {
            "fiscal_year": rows["fiscal_year"].astype("int64"),
            "scope": names[0].astype(object),
            "measure": names[1].astype(object),
            "months": np.where(part, 9, 12),
            "mjpy": rows["mjpy"].astype(float),
            "standard": rows["standard"],
            "status": rows["status"],
            "comparable": (rows["status"] == "actual") & ~part & rows["standard"].isin(latest),
            "note": rows.get("reason", ""),
        }
    )
    return table.sort_values(["measure", "scope", "fiscal_year", "months"], kind="stable", ignore_index=True)


def plan_capex(tables: Tables) -> pd.DataFrame:
    """Return CAPEX of a plan: (project, fiscal_year) mjpy of every project that pays, in every year."""
    years = _years(tables)
    cash = _cash(tables, years)
    projects = list(dict.fromkeys(tables["payments"]["project"]))
    index = pd.MultiIndex.from_product([projects, years], names=["project", "fiscal_year"])
    table = cash.reindex(index, fill_value=0.0).rename("mjpy").reset_index()
    paid = table.groupby("project")["mjpy"].transform("sum") != 0.0
    return table[paid].reset_index(drop=True)


def against_budget(tables: Tables, announced: Tables, budgets: pd.DataFrame) -> pd.DataFrame:
    """Return the budget beside the plan by fiscal year.

    Returns:
        (fiscal_year) budget_mjpy, plan_mjpy, headroom_mjpy = budget - plan, used_share = plan / budget,
        announced_mjpy (CAPEX of the announced plan). Where there is no budget, it and what follows from it
        are missing.
    """
    years = _years(tables)
    budget = budgets.set_index("fiscal_year")["capex_mjpy"].reindex(years)
    plan = _cash(tables, years).groupby("fiscal_year").sum().reindex(years, fill_value=0.0)
    first = _cash(announced, years).groupby("fiscal_year").sum().reindex(years, fill_value=0.0)
    table = pd.DataFrame(
        {
            "budget_mjpy": budget,
            "plan_mjpy": plan,
            "headroom_mjpy": budget - plan,
            "used_share": (plan / budget).where(budget > 0.0),
            "announced_mjpy": first,
        }
    )
    return table.rename_axis("fiscal_year").reset_index()


def group_share(history: pd.DataFrame, tables: Tables | None = None) -> pd.DataFrame:
    """Return data-center CAPEX as a share of the group's, for past years and for the years of the plan.

    Both figures of a share cover the same months. A share that cannot be formed is missing with its reason:
    a missing figure is never taken for zero. Nobody has published the group's CAPEX of most years of a plan;
    so that a reader can still judge its weight, it stands beside the group's last comparable actual year.

    Args:
        history: the input table of past years; a group figure of a plan year (a target) counts too.
        tables: the plan; None for the past alone.

    Returns:
        (fiscal_year, months) status, covers (the scopes that the data-center figure sums; `all projects` in a
        plan year), data_center_mjpy, group_mjpy, share, reference_fiscal_year, reference_share (the figure of
        a whole year over the group's last comparable actual), reason. `status` is the weaker of the two
        figures' (plan, target, partial, actual).
    """
    rows = capex_history(history)
    rows = rows[rows["measure"] == _CAPEX].assign(group=lambda t: t["scope"] == _GROUP)
    if tables is not None:
        years = _years(tables)
        plan = _cash(tables, years).groupby("fiscal_year").sum().reindex(years, fill_value=0.0)
        planned = pd.DataFrame(
            {"fiscal_year": years, "months": 12, "mjpy": plan.to_numpy(), "status": "plan", "group": False}
        ).assign(scope=ALL_PROJECTS, comparable=False)
        rows = pd.concat([rows[rows["group"] | ~rows["fiscal_year"].isin(years)], planned], ignore_index=True)
    keys = ["fiscal_year", "months"]
    sums = rows.groupby([*keys, "group"])["mjpy"].sum().unstack("group").reindex(columns=[False, True])
    weight = {"plan": 0, "target": 1, "partial": 2, "actual": 3}
    weakest = rows.assign(weight=rows["status"].map(weight)).sort_values("weight", kind="stable")
    own = rows[~rows["group"]].groupby(keys)["scope"].agg(lambda names: ", ".join(dict.fromkeys(names)))
    table = pd.DataFrame(
        {
            "status": weakest.groupby(keys)["status"].first(),
            "covers": own.reindex(sums.index).fillna(""),
            "data_center_mjpy": sums[False],
            "group_mjpy": sums[True],
            "share": (sums[False] / sums[True]).where(sums[True] > 0.0),
        }
    )
    missing = np.where(table["data_center_mjpy"].isna(), NO_DATA_CENTER_FIGURE, "")
    table["reason"] = np.where(table["group_mjpy"].isna(), NO_GROUP_FIGURE, missing)
    return _beside_last_actual(table.reset_index(), rows)


def _beside_last_actual(table: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the shares with those over the group's last comparable actual year, where there is one."""
    known = rows[rows["group"] & rows["comparable"].astype(bool) & (rows["mjpy"] > 0.0)]
    last = known.sort_values("fiscal_year").tail(1)
    year, amount = (last[name].iloc[0] if len(last) else np.nan for name in ("fiscal_year", "mjpy"))
    held = (table["months"] == 12) & table["data_center_mjpy"].notna() & (len(last) > 0)
    table["reference_fiscal_year"] = pd.Series(year, table.index).where(held).astype("Int64")
    table["reference_share"] = (table["data_center_mjpy"] / amount).where(held)
    names = ["share", "reference_fiscal_year", "reference_share", "reason"]
    return table[["fiscal_year", "months", "status", "covers", "data_center_mjpy", "group_mjpy", *names]]


def budget_bridge(tables: Tables, announced: Tables, budgets: pd.DataFrame) -> pd.DataFrame:
    r"""Return the bridge from the budget to the plan's CAPEX by fiscal year and project; its residual is 0.

    The budget is one amount a year, not a list of projects; the *as announced* plan is the programme that it
    is read against. With $A_{p,y}$ and $F_{p,y}$ the cash of project $p$ in year $y$ of the announced and of
    this plan, $C^0_p$ and $C^1_p$ its whole cost in each (all milestones, also those before and after the
    plan's years), and $F^0_{p,y} = F_{p,y}\,C^0_p/C^1_p$ this plan's payments at the announced cost [M JPY]:

    | step | formula | what it says |
    |---|---|---|
    | price | $F - F^0$ | $(p_1-p_0)\,q_1$: the same work at this plan's cost, escalated to its date |
    | volume | $A\,(\sum_y F^0/\sum_y A - 1)$ | $(q_1-q_0)\,p_0$: work the horizon pays, spread as announced |
    | scope | $F$ or $-A$ | a project that only one of the two plans pays for within the horizon |
    | timing | $F^0 - A - \mathrm{volume}$ | moved between fiscal years: a project's sum is 0 |
    | fx | missing | not separated: every cost is an amount in yen |
    | lease_standard | 0 | neither side counts right-of-use assets |
    | unallocated | $\sum_p A - B$ | less than 0: budget that the announced programme leaves free |

    Price, volume and timing speak of projects that both plans pay for: there $F - A$ is their sum; elsewhere
    $F - A$ is scope. Amounts are counted in whole thousandths of a yen, rounded cumulatively over a project's
    years: the sums hold exactly, not to a tolerance.

    Args:
        tables: the plan: `payments` (project, fiscal_year, mjpy, sunk), `periods`.
        announced: the *as announced* plan of the same folder.
        budgets: the input table (fiscal_year) capex_mjpy; a year without a budget is not bridged.

    Returns:
        (fiscal_year, step, project) mjpy, reason; project is empty for steps that no project carries. Steps
        of a project are listed where they are not 0; the others always. No rows without budgets.
    """
    budget = budgets.set_index("fiscal_year")["capex_mjpy"]
    years = [year for year in _years(tables) if year in budget.index]
    if not years:
        return pd.DataFrame(columns=["fiscal_year", "step", "project", "mjpy", "reason"])
    steps = _project_steps(tables, announced, years)
    totals = {
        name: rows.groupby("fiscal_year").sum().reindex(years, fill_value=0) for name, rows in steps.items()
    }
    start = (budget.reindex(years) / GRAIN).round().astype("int64")
    forecast = totals.pop("forecast")
    unallocated = totals.pop("announced") - start
    residual = forecast - start - unallocated - sum(totals.values())
    parts = [steps[name].rename("amount").reset_index().assign(step=name) for name in BY_PROJECT]
    parts = [part[part["amount"] != 0] for part in parts]
    fleet = {"budget": start, "lease_standard": 0 * start, "unallocated": unallocated}
    fleet |= {"forecast": forecast, "residual": residual}
    for name, amount in fleet.items():
        parts.append(
            amount.rename("amount").rename_axis("fiscal_year").reset_index().assign(step=name, project="")
        )
    table = pd.concat(parts, ignore_index=True)
    table["mjpy"] = table["amount"] * GRAIN
    unknown = pd.DataFrame({"fiscal_year": years, "step": "fx", "project": "", "mjpy": np.nan})
    table = pd.concat([table, unknown], ignore_index=True)
    reasons = {"fx": NOT_SEPARATED, "lease_standard": SAME_BASIS}
    table["reason"] = table["step"].map(reasons).fillna("")
    table["order"] = table["step"].map({name: place for place, name in enumerate(STEPS)})
    table = table.sort_values(["fiscal_year", "order"], kind="stable", ignore_index=True)
    return table[["fiscal_year", "step", "project", "mjpy", "reason"]]


def bridge_by_year(bridge: pd.DataFrame) -> pd.DataFrame:
    """Return the bridge of the fleet: a row a step, a column a fiscal year, and `total`; fx stays missing."""
    sums = bridge.groupby(["step", "fiscal_year"])["mjpy"].sum(min_count=1).unstack("fiscal_year")
    table = sums.reindex(STEPS)
    known = table.index != "fx"
    table.loc[known] = table.loc[known].fillna(0.0)
    table["total"] = table.sum(axis=1, min_count=1)
    return table.round(9)


def budget_review(tables: Tables, announced: Tables, inputs: Any) -> dict[str, pd.DataFrame]:
    """Return the tables of a budget review by name.

    Args:
        tables: the plan.
        announced: its *as announced* reference plan.
        inputs: the inputs saved with the plan, by table name: `history` and `budgets`.
    """
    history, budgets = inputs["history"], inputs["budgets"]
    return {
        "capex_history": capex_history(history),
        "plan_capex": plan_capex(tables),
        "against_budget": against_budget(tables, announced, budgets),
        "group_share": group_share(history, tables),
        "budget_bridge": budget_bridge(tables, announced, budgets),
    }


def _years(tables: Tables) -> list[int]:
    return sorted({int(year) for year in years_of(tables)["fiscal_year"]})


def _payments(tables: Tables) -> pd.DataFrame:
    """Return payments with their types: a table without rows comes back from its file without any."""
    return tables["payments"].astype({"fiscal_year": "int64", "mjpy": float, "sunk": bool})


def _cash(tables: Tables, years: list[int]) -> pd.Series[float]:
    """Return (project, fiscal_year) cash of the years, sunk payments left out."""
    rows = _payments(tables)
    rows = rows[~rows["sunk"] & rows["fiscal_year"].isin(years)]
    return rows.groupby(["project", "fiscal_year"])["mjpy"].sum()


def _grains(amount: pd.Series[Any]) -> pd.Series[Any]:
    """Return amounts by (project, fiscal_year) in whole grains; a project's sum is its rounded sum."""
    reached = (amount.groupby(level="project").cumsum() / GRAIN).round().astype("int64")
    return reached.groupby(level="project").diff().fillna(reached).astype("int64")


def _project_steps(tables: Tables, announced: Tables, years: list[int]) -> Steps:
    """Return the steps that projects carry, and both plans' cash, in whole grains: (project, fiscal_year)."""
    cash = pd.concat({"forecast": _cash(tables, years), "announced": _cash(announced, years)}, axis=1)
    projects = sorted(set(cash.index.get_level_values("project")))
    index = pd.MultiIndex.from_product([projects, years], names=["project", "fiscal_year"])
    cash = cash.reindex(index).fillna(0.0)
    cells = cash.apply(_grains)
    project = index.get_level_values("project")
    sums = cells.groupby(level="project").transform("sum")
    both = (sums["forecast"] != 0) & (sums["announced"] != 0)
    whole = [
        _payments(plan).groupby("project")["mjpy"].sum().reindex(projects) for plan in (announced, tables)
    ]
    ratio = pd.Series((whole[0] / whole[1]).reindex(project).to_numpy(), index)
    same_price = _grains(cash["forecast"] * ratio.where(both, 1.0))
    more = (same_price.groupby(level="project").transform("sum") - sums["announced"]).where(both, 0)
    spread = cells["announced"].groupby(level="project").cumsum() / sums["announced"].where(both, 1)
    reached = (more * spread).round().astype("int64")
    volume = reached.groupby(level="project").diff().fillna(reached).astype("int64")
    change = cells["forecast"] - cells["announced"]
    return {
        "forecast": cells["forecast"],
        "announced": cells["announced"],
        "price": cells["forecast"] - same_price,
        "volume": volume,
        "scope": change.where(~both, 0),
        "timing": (same_price - cells["announced"] - volume).where(both, 0),
    }
