"""The printed budget review: past years, projects beside the budget, and the bridge between the two."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.errors import InputError, Problem
from dcplan.metrics.money.budget import NOT_SEPARATED, SAME_BASIS, bridge_by_year, budget_review
from dcplan.report.source import inputs_of, records

if TYPE_CHECKING:
    from dcplan.report.source import Inputs, PlanTables

LABEL = 19
STEPS = {
    "budget": "budget",
    "price": "+ price",
    "volume": "+ volume",
    "scope": "+ scope",
    "timing": "+ timing",
    "fx": "+ exchange rates",
    "lease_standard": "+ lease standard",
    "unallocated": "+ unallocated",
    "forecast": "= forecast",
    "residual": "residual",
}
LEGEND = (
    "price: the announced work at this plan's cost; volume: more or less of that work within the years; "
    "scope: projects in one of the two plans only; timing: moved between years; unallocated: the announced "
    "plan less the budget."
)

REFERENCE = (
    "of group FYn: a year's CAPEX over that of the whole group in its last comparable actual year, for years "
    "of which the history holds no group figure."
)


def review_of(plan: PlanTables, case: Inputs | None = None) -> dict[str, pd.DataFrame]:
    """Return the tables of the budget review of a saved plan.

    Raises:
        InputError: the folder holds no plan *as announced* to read the budget against.
    """
    case = case if case is not None else inputs_of(plan)
    return budget_review(plan.tables, announced_of(plan), case)


def announced_of(plan: PlanTables) -> Mapping[str, pd.DataFrame]:
    """Return the tables of the plan *as announced*.

    Raises:
        InputError: the folder holds none, because its solve was interrupted before it was made.
    """
    if "as_announced" not in plan.references:
        rule = "the plan *as announced* is missing: the solve was interrupted before it was made"
        raise InputError([Problem(str(plan.folder), None, None, None, rule, "Solve the case again.")])
    return plan.references["as_announced"]


def budget_text(plan: PlanTables, case: Inputs | None = None) -> str:
    """Return the budget review as text; money in nominal M JPY, `-` where there is no figure."""
    review = review_of(plan, case)
    blocks = [
        [f"CAPEX budget of {plan.manifest['case']}, nominal M JPY"],
        _past(review["group_share"], review["capex_history"]),
        _projects(review["plan_capex"], review["against_budget"], review["group_share"]),
        _bridge(review["budget_bridge"]),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _past(share: pd.DataFrame, history: pd.DataFrame) -> list[str]:
    """Return group and data-center CAPEX of past years with the marks of the figures."""
    rows = share[share["status"] != "plan"]
    if rows.empty:
        return []
    capex = history[history["measure"] == "capex"]
    standard = capex.groupby(["fiscal_year", "months"])["standard"].agg(
        lambda texts: "/".join(sorted(set(texts)))
    )
    parts = ", ".join(dict.fromkeys(capex.loc[capex["scope"] != "group", "scope"]))
    notes = dict.fromkeys(capex.loc[(capex["scope"] == "group") & capex["comparable"], "note"])
    lines = ["Past years", f"{'':<{LABEL}}{'group':>9}{'data centers':>14}{'share':>9}  figure"]
    for row in records(rows):
        months = "" if row["months"] == 12 else f", {row['months']} months"
        name = f"FY{row['fiscal_year']}{months}"
        mark = f"{row['status']}, {standard[row['fiscal_year'], row['months']]}"
        lines.append(
            f"{name:<{LABEL}}{_money(row['group_mjpy']):>9}"
            f"{_money(row['data_center_mjpy']):>14}{_percent(row['share']):>9}  {mark}"
        )
    said = [f"Data centers here: {parts}."] if parts else []
    return [
        *lines,
        *(line for note in [*said, *(f"Group: {note}" for note in notes if note)] for line in _wrapped(note)),
    ]


def _projects(capex: pd.DataFrame, against: pd.DataFrame, share: pd.DataFrame) -> list[str]:
    years = list(against["fiscal_year"])
    table = capex.pivot_table(
        index="project", columns="fiscal_year", values="mjpy", aggfunc="sum", sort=False
    )
    lines = ["Plan by project", _line("", [f"FY{year}" for year in years] + ["total"])]
    for project, row in table.iterrows():
        lines.append(_amounts(str(project), row.reindex(years).fillna(0.0)))
    rows = against.set_index("fiscal_year")
    lines.append(_amounts("plan", rows["plan_mjpy"]))
    lines.append(_amounts("budget", rows["budget_mjpy"]))
    lines.append(_amounts("left of the budget", rows["headroom_mjpy"]))
    total = rows["plan_mjpy"].sum() / rows["budget_mjpy"].sum() if rows["budget_mjpy"].notna().all() else None
    lines.append(_line("used", [_percent(each) for each in [*rows["used_share"], total]]))
    lines.append(_amounts("as announced", rows["announced_mjpy"]))
    planned = share[share["status"] == "plan"].set_index("fiscal_year").reindex(years)
    if planned["share"].notna().any():
        lines.append(_line("of the group", [_percent(each) for each in [*planned["share"], None]]))
    beside = planned["reference_fiscal_year"].dropna()
    if len(beside):
        label = f"of group FY{beside.iloc[0]}"
        lines.append(_line(label, [_percent(each) for each in [*planned["reference_share"], None]]))
        lines += _wrapped(REFERENCE)
    return lines


def _bridge(bridge: pd.DataFrame) -> list[str]:
    if bridge.empty:
        return ["This case has no budget: there is no bridge."]
    table = bridge_by_year(bridge)
    heads = [f"FY{year}" for year in table.columns[:-1]] + ["total"]
    lines = ["From the budget to the plan", _line("", heads)]
    lines += [_line(STEPS[str(step)], [_money(each) for each in row]) for step, row in table.iterrows()]
    notes = [f"exchange rates: {_sentence(NOT_SEPARATED)}", f"lease standard: {_sentence(SAME_BASIS)}"]
    return [*lines, *_wrapped(LEGEND), *(line for note in notes for line in _wrapped(note + "."))]


def _sentence(reason: str) -> str:
    return reason.partition(": ")[2]


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, 80, break_long_words=False, break_on_hyphens=False)


def _amounts(label: str, row: pd.Series[Any]) -> str:
    return _line(label, [_money(each) for each in [*row, row.sum(min_count=1)]])


def _line(label: str, cells: Iterable[str]) -> str:
    return f"{label[: LABEL - 1]:<{LABEL}}" + "".join(f"{cell:>8}" for cell in cells)


def _money(value: Any) -> str:
    return "-" if value is None or pd.isna(value) else f"{round(float(value)) + 0:,d}"


def _percent(value: Any) -> str:
    return "-" if value is None or pd.isna(value) else f"{100.0 * float(value):.1f} %"
