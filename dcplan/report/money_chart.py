"""Cash by kind and fiscal year, for two plans side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dcplan.report import decisions, style
from dcplan.report.labels import COST_GROUPS, LANGUAGES, fiscal_year, word
from dcplan.report.source import fiscal_years

if TYPE_CHECKING:
    from matplotlib.axes import Axes

COLOURS = (style.BLUE, style.GREEN, style.ORANGE, style.SKY, style.PURPLE, style.VERMILION, style.YELLOW)
KINDS = dict(zip(COST_GROUPS, COLOURS, strict=True))
OTHER = list(COST_GROUPS)[-1]
ALWAYS = 5
"""So many kinds are named even where they are nothing: every plan pays for them."""
SMALLEST_LABEL = 0.035
BILLIONS_FROM = 5000.0
"""From this many M JPY on, a picture counts in billions with one decimal; below, in millions."""


def cash_by_kind(tables: decisions.Tables) -> pd.DataFrame:
    """Return nominal cash [M JPY] by fiscal year (rows) and kind (columns) over the horizon.

    Every term that the plan marks as cash is in one kind, so that a row sums to the cash of its year.
    """
    kind_of = {term: kind for kind, (_, _, terms) in COST_GROUPS.items() for term in terms}
    costs = tables["costs"].merge(tables["periods"][["period", "fiscal_year"]], on="period")
    costs = costs[costs["cash"].astype(bool)]
    costs = costs.assign(kind=costs["term"].map(kind_of).fillna(OTHER))
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
    paid = [kind for i, kind in enumerate(KINDS) if i < ALWAYS or any(plan[kind].any() for plan in plans)]
    scale = Scale(max(float(plan.clip(lower=0.0).sum(axis=1).max()) for plan in plans))
    plans = [plan[paid] / scale.unit for plan in plans]
    top = max(float(plan.clip(lower=0.0).sum(axis=1).max()) for plan in plans)
    low = min(float(plan.clip(upper=0.0).sum(axis=1).min()) for plan in plans)
    years = fiscal_years(tables)
    for offset, plan, pale in ((-0.21, plans[0], True), (0.21, plans[1], False)):
        _stack(axes, np.arange(len(years)) + offset, plan, scale, top, pale=pale)
    axes.set_title(word("cost", lang))
    scale.label(axes, lang)
    axes.set_xticks(range(len(years)), [fiscal_year(year, lang) for year in years])
    axes.set_xlim(-0.6, len(years) - 0.4)
    axes.set_ylim(1.15 * low, 1.1 * top)
    if low < 0:
        axes.axhline(0.0, color=style.LINE, linewidth=0.8)
    axes.tick_params(axis="x", length=0)
    axes.grid(axis="y")
    _kind_names(axes, plans[1], lang)
    return made


def _stack(axes: Axes, x: np.ndarray, plan: pd.DataFrame, scale: Scale, top: float, *, pale: bool) -> None:
    """Stack what is paid upwards and what comes back downwards; above stands what remains."""
    above, below = np.zeros(len(plan)), np.zeros(len(plan))
    for kind in plan.columns:
        heights = plan[kind].to_numpy()
        bottom = np.where(heights < 0, below, above)
        axes.bar(
            x, heights, 0.38, bottom, color=style.pale(KINDS[kind]) if pale else KINDS[kind], linewidth=0
        )
        for place, height, start in zip(x, heights, bottom, strict=True):
            if abs(height) > SMALLEST_LABEL * top:
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
        above, below = above + heights.clip(min=0.0), below + heights.clip(max=0.0)
    for place, end, back in zip(x, above, below, strict=True):
        axes.text(
            place,
            end + 0.01 * top,
            scale.text(end + back),
            ha="center",
            va="bottom",
            size=8,
            weight=style.heavy(),
        )


def _kind_names(axes: Axes, plan: pd.DataFrame, lang: str) -> None:
    """Name the kinds to the right of the last bar, pushed apart where they would overlap."""
    last = plan.iloc[-1]
    heights = last.to_numpy()
    ends = np.where(heights < 0, heights.clip(max=0.0).cumsum(), heights.clip(min=0.0).cumsum())
    centres = pd.Series(ends - heights / 2, index=last.index).sort_values(kind="stable")
    gap = 0.055 * np.ptp(axes.get_ylim())
    places = centres.to_numpy(copy=True)
    for index in range(1, len(places)):
        places[index] = max(places[index], places[index - 1] + gap)
    right = len(plan) - 1 + 0.40
    for kind, centre, place in zip(centres.index, centres, places, strict=True):
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
