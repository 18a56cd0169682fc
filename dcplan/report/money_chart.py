"""Money by fiscal year: cash by kind for two plans side by side, and CAPEX by project against the budget."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dcplan.report import decisions, style
from dcplan.report.labels import COST_GROUPS, LANGUAGES, fiscal_year, word
from dcplan.report.source import fiscal_years, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dcplan.report.source import Inputs

KINDS = dict(zip(COST_GROUPS, (style.BLUE, style.GREEN, style.ORANGE, style.SKY, style.PURPLE), strict=True))
PROJECTS = (style.BLUE, style.ORANGE, style.GREEN, style.SKY, style.PURPLE, style.VERMILION, style.YELLOW)
PAST = style.LINE
SMALLEST_LABEL = 0.035
BILLIONS_FROM = 5000.0
"""From this many M JPY on, a picture counts in billions with one decimal; below, in millions."""


def cash_by_kind(tables: decisions.Tables) -> pd.DataFrame:
    """Return nominal cash [M JPY] by fiscal year (rows) and kind (columns) over the horizon."""
    kind_of = {term: kind for kind, (_, _, terms) in COST_GROUPS.items() for term in terms}
    costs = tables["costs"].merge(tables["periods"][["period", "fiscal_year"]], on="period")
    costs = costs.assign(kind=costs["term"].map(kind_of)).dropna(subset="kind")
    table = costs.groupby(["fiscal_year", "kind"])["mjpy"].sum().unstack().fillna(0.0)
    return table.reindex(index=fiscal_years(tables), columns=list(COST_GROUPS), fill_value=0.0)


class Scale:
    """The unit of a money axis: billions of yen, or millions where billions would round the picture away."""

    def __init__(self, largest_mjpy: float) -> None:
        self.billions = largest_mjpy >= BILLIONS_FROM
        self.unit = 1000.0 if self.billions else 1.0

    def text(self, amount: float) -> str:
        """Return an amount (in the axis unit) as a label."""
        return f"{amount:,.1f}" if self.billions else f"{amount:,.0f}"

    def label(self, axes: Axes, lang: str) -> None:
        """Name the unit on the axis."""
        axes.set_ylabel(word("bn" if self.billions else "mn", lang))
        axes.yaxis.set_major_locator(MaxNLocator(8, integer=True))
        axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))


def cost_chart(tables: decisions.Tables, announced: decisions.Tables, lang: str = "en") -> Figure:
    """Draw cash by kind and fiscal year, *as announced* left and optimised right in each pair."""
    made = style.figure(9.6, 4.9)
    axes = made.add_subplot()
    plans = [cash_by_kind(announced), cash_by_kind(tables)]
    scale = Scale(max(float(plan.clip(lower=0.0).sum(axis=1).max()) for plan in plans))
    plans = [plan / scale.unit for plan in plans]
    top = max(float(plan.clip(lower=0.0).sum(axis=1).max()) for plan in plans)
    years = fiscal_years(tables)
    for offset, plan, pale in ((-0.21, plans[0], True), (0.21, plans[1], False)):
        _stack(axes, np.arange(len(years)) + offset, plan, scale, top, pale=pale)
    axes.set_title(word("cost", lang))
    scale.label(axes, lang)
    axes.set_xticks(range(len(years)), [fiscal_year(year, lang) for year in years])
    axes.set_xlim(-0.6, len(years) - 0.4)
    axes.set_ylim(0, 1.1 * top)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    _kind_names(axes, plans[1], lang)
    return made


def _stack(axes: Axes, x: np.ndarray, plan: pd.DataFrame, scale: Scale, top: float, *, pale: bool) -> None:
    bottom = np.zeros(len(plan))
    for kind in plan.columns:
        heights = plan[kind].to_numpy()
        axes.bar(
            x, heights, 0.38, bottom, color=style.pale(KINDS[kind]) if pale else KINDS[kind], linewidth=0
        )
        for place, height, start in zip(x, heights, bottom, strict=True):
            if height > SMALLEST_LABEL * top:
                ink = style.INK if pale else style.ink_on(KINDS[kind])
                axes.text(
                    place,
                    start + height / 2,
                    scale.text(height),
                    ha="center",
                    va="center",
                    size=7.5,
                    color=ink,
                )
        bottom = bottom + heights
    for place, total in zip(x, bottom, strict=True):
        axes.text(
            place,
            total + 0.01 * top,
            scale.text(total),
            ha="center",
            va="bottom",
            size=8,
            weight=style.heavy(),
        )


def _kind_names(axes: Axes, plan: pd.DataFrame, lang: str) -> None:
    """Name the kinds to the right of the last bar, pushed apart where they would overlap."""
    heights = plan.iloc[-1].to_numpy()
    centres = np.cumsum(heights) - heights / 2
    gap = 0.055 * axes.get_ylim()[1]
    places = centres.copy()
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + gap)
    right = len(plan) - 1 + 0.40
    for kind, centre, place in zip(plan.columns, centres, places, strict=True):
        label = str(COST_GROUPS[kind][LANGUAGES.index(lang)])
        axes.annotate(
            label,
            (right, centre),
            (right + 0.14, place),
            va="center",
            ha="left",
            size=8.5,
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-",
                "color": KINDS[kind],
                "linewidth": 1.2,
                "shrinkA": 1,
                "shrinkB": 0,
            },
        )


def capex_chart(tables: decisions.Tables, case: Inputs, lang: str = "en") -> Figure:
    """Draw CAPEX by project and fiscal year with the budget, and the years before where they are known."""
    years = fiscal_years(tables)
    past = _past(case, years[0])
    hall_name = {
        hall["hall"]: str(hall["name_ja" if lang == "ja" else "hall"]) for hall in records(case["halls"])
    }
    names = {str(row["project"]): hall_name[row["hall"]] for row in records(case["projects"])}
    capex = tables["capex"].groupby(["fiscal_year", "project"])["mjpy"].sum().unstack().fillna(0.0)
    capex = capex.reindex(index=years, columns=[p for p in names if p in capex.columns], fill_value=0.0)
    budgets = case["budgets"].set_index("fiscal_year")["capex_mjpy"].reindex(years).dropna()
    highest = float(np.nanmax([capex.sum(axis=1).max(), budgets.max(), past["mjpy"].max(), 1.0]))
    scale = Scale(highest)
    capex, budgets, past = (
        capex / scale.unit,
        budgets / scale.unit,
        past.assign(mjpy=past["mjpy"] / scale.unit),
    )
    top = 1.22 * highest / scale.unit
    made = style.figure(9.6, 4.6)
    widths = [len(set(past["fiscal_year"])), 1.7 * len(years)] if len(past) else [1]
    panels = made.subplots(1, len(widths), width_ratios=widths, sharey=True, squeeze=False)[0]
    if len(past):
        _draw_past(panels[0], past, scale, top, lang)
    _draw_projects(panels[-1], capex, names, scale, top)
    _draw_budgets(panels[-1], budgets, scale, top, lang)
    panels[0].set_title(word("capex", lang))
    scale.label(panels[0], lang)
    panels[0].set_ylim(0, top)
    for axes, shown in zip(panels, [sorted(set(past["fiscal_year"])), years][-len(panels) :], strict=True):
        axes.set_xticks(
            shown, [fiscal_year(year, lang) if axes is panels[-1] else f"FY{year % 100}" for year in shown]
        )
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y")
    return made


def _past(case: Inputs, first: int) -> pd.DataFrame:
    """Return CAPEX before the plan: fiscal_year, whole_group, mjpy, status.

    A part of a year counts only where the whole year is not known.
    """
    history = case["history"]
    rows = history[history["category"].str.contains("capex") & (history["fiscal_year"] < first)]
    rows = rows.assign(whole_group=rows["category"].str.startswith("group"), part=rows["status"] == "partial")
    rows = rows.sort_values(["whole_group", "fiscal_year", "part"], ascending=[False, True, True])
    rows = rows.drop_duplicates(["fiscal_year", "whole_group"])
    return rows[["fiscal_year", "whole_group", "mjpy", "status"]].reset_index(drop=True)


def _draw_past(axes: Axes, past: pd.DataFrame, scale: Scale, top: float, lang: str) -> None:
    for row in records(past):
        year, amount, whole = int(row["fiscal_year"]), row["mjpy"], bool(row["whole_group"])
        axes.bar(
            year,
            amount,
            0.84 if whole else 0.6,
            color="none" if whole else PAST,
            edgecolor=PAST,
            linestyle=":" if row["status"] == "target" else "-",
            hatch="//////" if row["status"] == "partial" else None,
        )
        note = "" if row["status"] == "actual" else "\n" + word(row["status"], lang)
        axes.text(
            year,
            amount + 0.01 * top,
            scale.text(amount) + note,
            ha="center",
            va="bottom",
            size=7.5,
            linespacing=1.0,
        )
    kinds = [
        Patch(
            facecolor="none" if whole else PAST,
            edgecolor=PAST,
            label=word("group" if whole else "history", lang),
        )
        for whole in dict.fromkeys(past["whole_group"])
    ]
    axes.legend(handles=kinds, loc="upper right", ncols=2, fontsize=8, handlelength=1.2, columnspacing=1.0)


def _draw_projects(axes: Axes, capex: pd.DataFrame, names: dict[str, str], scale: Scale, top: float) -> None:
    bottom = np.zeros(len(capex))
    for index, project in enumerate(capex.columns):
        heights, colour = capex[project].to_numpy(), PROJECTS[index % len(PROJECTS)]
        axes.bar(capex.index, heights, 0.66, bottom, color=colour, linewidth=0, label=names[str(project)])
        for year, height, start in zip(capex.index, heights, bottom, strict=True):
            if height > SMALLEST_LABEL * top:
                ink = style.ink_on(colour)
                axes.text(
                    year, start + height / 2, scale.text(height), ha="center", va="center", size=8, color=ink
                )
        bottom = bottom + heights


def _draw_budgets(axes: Axes, budgets: pd.Series[float], scale: Scale, top: float, lang: str) -> None:
    for index, (year, budget) in enumerate(budgets.items()):
        at = float(str(year))
        name = word("budget", lang) if index == 0 else None
        axes.plot([at - 0.42, at + 0.42], [budget, budget], color=style.INK, linewidth=1.8, label=name)
        axes.text(
            at,
            budget + 0.012 * top,
            scale.text(budget),
            ha="center",
            va="bottom",
            size=8,
            weight=style.heavy(),
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", ncols=3, fontsize=8, handlelength=1.2, columnspacing=1.0)
