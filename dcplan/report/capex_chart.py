"""CAPEX by project and fiscal year against the budget, beside the years before the plan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.patches import Patch

from dcplan.metrics.money.budget import capex_history, group_share
from dcplan.report import style
from dcplan.report.labels import fiscal_year, word
from dcplan.report.money_chart import SMALLEST_LABEL, Scale
from dcplan.report.source import fiscal_years, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from dcplan.report import decisions
    from dcplan.report.source import Inputs

PROJECTS = (style.BLUE, style.ORANGE, style.GREEN, style.SKY, style.PURPLE, style.VERMILION, style.YELLOW)
PAST = style.LINE
GROUP = "group"


def capex_chart(tables: decisions.Tables, case: Inputs, lang: str = "en") -> Figure:
    """Draw CAPEX by project and fiscal year with the budget, and the years before where they are known.

    Past figures are marked by what they are: another accounting standard, a target, nine months of a year.
    """
    years = fiscal_years(tables)
    past = past_capex(case, years[0])
    names = project_names(case, lang)
    capex = tables["capex"].groupby(["fiscal_year", "project"])["mjpy"].sum().unstack().fillna(0.0)
    capex = capex.reindex(index=years, columns=[p for p in names if p in capex.columns], fill_value=0.0)
    budgets = case["budgets"].set_index("fiscal_year")["capex_mjpy"].reindex(years).dropna()
    highest = float(np.nanmax([capex.sum(axis=1).max(), budgets.max(), past["mjpy"].max(), 1.0]))
    scale = Scale(highest)
    top = 1.22 * highest / scale.unit
    made = style.figure(9.6, 4.6)
    widths = [1.15 * past["fiscal_year"].nunique(), 1.7 * len(years)] if len(past) else [1]
    panels = made.subplots(1, len(widths), width_ratios=widths, sharey=True, squeeze=False)[0]
    if len(past):
        _draw_past(panels[0], past.assign(mjpy=past["mjpy"] / scale.unit), scale, top, lang)
    _draw_projects(panels[-1], capex / scale.unit, names, scale, top)
    _draw_budgets(panels[-1], budgets / scale.unit, scale, top, lang)
    panels[0].set_title(word("capex", lang))
    scale.label(panels[0], lang)
    panels[0].set_ylim(0, top)
    for axes, shown in zip(panels, [sorted(set(past["fiscal_year"])), years][-len(panels) :], strict=True):
        axes.set_xticks(shown, [fiscal_year(year, lang, short=axes is not panels[-1]) for year in shown])
        axes.tick_params(axis="x", length=0)
        axes.grid(axis="y")
    return made


def project_names(case: Inputs, lang: str) -> dict[str, str]:
    """Return the name of each project: that of its hall; a project without a hall keeps its own."""
    halls = {
        hall["hall"]: str(hall["name_ja" if lang == "ja" else "hall"]) for hall in records(case["halls"])
    }
    return {
        str(row["project"]): halls.get(row["hall"]) or str(row["project"])
        for row in records(case["projects"])
    }


def past_capex(case: Inputs, first: int) -> pd.DataFrame:
    """Return CAPEX before the plan: fiscal_year, whole_group, months, mjpy, standard, status, mark, share.

    Nine months of a year stand beside a target of the whole year, and alone where nothing else is known; an
    actual whole year replaces them. `mark` is empty for a comparable figure. `share` is the part of the
    group's CAPEX over the same months; missing for the group itself.
    """
    history = capex_history(case["history"])
    rows = history[(history["measure"] == "capex") & (history["fiscal_year"] < first)]
    rows = rows.assign(whole_group=rows["scope"] == GROUP)
    actual = rows[(rows["months"] == 12) & (rows["status"] == "actual")]
    known = pd.MultiIndex.from_frame(actual[["fiscal_year", "whole_group"]])
    here = pd.MultiIndex.from_frame(rows[["fiscal_year", "whole_group"]])
    rows = rows[(rows["months"] == 12) | ~here.isin(known)]
    keys = ["fiscal_year", "whole_group", "months"]
    rows = rows.groupby(keys, as_index=False).agg(
        mjpy=("mjpy", "sum"), standard=("standard", "first"), status=("status", "first"),
        comparable=("comparable", "all"),
    )  # fmt: skip
    other = ~rows["comparable"] & (rows["status"] == "actual")
    rows["mark"] = rows["standard"].where(other, rows["status"].where(~rows["comparable"], ""))
    share = group_share(case["history"])[["fiscal_year", "months", "share"]]
    rows = rows.merge(share, on=["fiscal_year", "months"], how="left")
    rows["share"] = rows["share"].where(~rows["whole_group"])
    return rows.sort_values(["whole_group", "fiscal_year", "months"], ascending=[False, True, False])


def _draw_past(axes: Axes, past: pd.DataFrame, scale: Scale, top: float, lang: str) -> None:
    for row in records(past):
        whole, part = bool(row["whole_group"]), row["status"] == "partial"
        axes.bar(
            row["fiscal_year"],
            row["mjpy"],
            0.84 if whole else 0.5,
            color="none" if whole else PAST,
            edgecolor=PAST,
            linestyle=":" if row["status"] == "target" else "--" if row["mark"] == row["standard"] else "-",
            hatch="//////" if part else None,
        )
        axes.text(
            row["fiscal_year"],
            row["mjpy"] + 0.01 * top,
            _past_label(row, scale, lang),
            ha="center",
            va="bottom",
            size=7.5,
            linespacing=1.05,
            bbox={**style.PAPER, "alpha": 1.0},
        )
    kinds = [
        Patch(
            facecolor="none" if whole else PAST,
            edgecolor=PAST,
            label=word("group" if whole else "share_of_group", lang),
        )
        for whole in dict.fromkeys(past["whole_group"])
    ]
    axes.legend(handles=kinds, loc="upper right", ncols=2, fontsize=8, handlelength=1.2, columnspacing=1.0)


def _past_label(row: dict[str, Any], scale: Scale, lang: str) -> str:
    """Return an amount, its share of the group, and what it is unless it is comparable."""
    share = f"\n{100 * row['share']:.0f} %" if pd.notna(row["share"]) else ""
    mark = row["mark"] if row["mark"] in ("", row["standard"]) else word(row["mark"], lang)
    return scale.text(row["mjpy"]) + share + (f"\n{mark}" if mark else "")


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
            _exact(budget, scale),
            ha="center",
            va="bottom",
            size=8,
            weight=style.heavy(),
        )
    if axes.get_legend_handles_labels()[0]:
        axes.legend(loc="upper right", ncols=3, fontsize=8, handlelength=1.2, columnspacing=1.0)


def _exact(amount: float, scale: Scale) -> str:
    """Return a budget with the second decimal that it was given with: 3.95 is not 4.0."""
    rounded = scale.text(amount)
    return f"{amount:,.2f}" if scale.billions and abs(amount - round(amount, 1)) > 1e-9 else rounded
