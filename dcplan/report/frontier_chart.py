"""The frontier as a picture: the cost of each plan over what it saves, the knee, the ends."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from matplotlib.ticker import FuncFormatter, MaxNLocator

from dcplan.report import style
from dcplan.report.labels import LANGUAGES, word

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = (style.BLUE, style.SKY, style.ORANGE, style.GREEN, style.VERMILION, style.PURPLE)


def frontier_chart(points: pd.DataFrame, between: Sequence[str], lang: str = "en") -> Figure:
    """Draw a frontier: cost upwards, the second objective to the right, a third one by panels of its own.

    Args:
        points: the table of the frontier; only plans that are on it are drawn.
        between: the objectives, cost first.
        lang: `en` or `ja`.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang = {lang!r}: must be one of {', '.join(LANGUAGES)}")
    with style.look(lang):
        curve = points[(points["twin"] == "") & (points["beaten_by"] == "")]
        made = style.figure(4.4 + 3.2 * (len(between) - 1), 4.6)
        panels = made.subplots(1, len(between) - 1, sharey=True, squeeze=False)[0]
        for axes, name in zip(panels, between[1:], strict=True):
            _draw(
                axes, curve.sort_values(name, kind="stable"), name, lang, line=len(between) == len(COST_AND)
            )
        panels[0].set_ylabel(word("frontier_cost", lang))
        panels[0].set_title(word("frontier", lang))
        return made


COST_AND = ("cost", "other")


def _draw(axes: Axes, curve: pd.DataFrame, name: str, lang: str, *, line: bool) -> None:
    scale = 1000.0 if name in {"carbon", "market"} and curve[name].max() >= 20_000 else 1.0
    across, cost = curve[name] / scale, curve["cost"]
    if line:
        axes.plot(across, cost, color=style.LINE, linewidth=1.0, zorder=1)
    for x, low, high in zip(across, curve["bound_mjpy"], cost, strict=True):
        axes.plot([x, x], [low, high], color=style.ORANGE, linewidth=2.2, zorder=2, solid_capstyle="butt")
    axes.scatter(across, cost, color=style.BLUE, s=26, zorder=3)
    knee = curve[curve["knee"].astype(bool)]
    axes.scatter(
        knee[name] / scale, knee["cost"], s=110, facecolor="none", edgecolor=style.VERMILION, linewidth=1.6,
        zorder=4,
    )  # fmt: skip
    for x, y in zip(knee[name] / scale, knee["cost"], strict=True):
        axes.annotate(
            word("knee", lang), (x, y), xytext=(9, 9), textcoords="offset points", color=style.VERMILION
        )
    lowest = curve["bound_mjpy"].min()
    axes.annotate(
        word("proven", lang), (0.98, 0.97), xycoords="axes fraction", ha="right", va="top", color=style.INK,
        fontsize=8,
    )  # fmt: skip
    axes.set_xlabel(word(f"frontier_{name}{'_kt' if scale > 1 else ''}", lang))
    axes.xaxis.set_major_locator(MaxNLocator(6))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(FuncFormatter(_plain))
    span = max(cost.max() - lowest, 1e-9)
    axes.set_ylim(lowest - 0.08 * span, cost.max() + 0.16 * span)
    axes.margins(x=0.08)
    axes.grid(True)


def _plain(value: float, _place: object) -> str:
    text = f"{value:,.2f}".rstrip("0").rstrip(".")
    return text or "0"


def write_frontier_charts(points: pd.DataFrame, between: Sequence[str], folder: Path) -> list[Path]:
    """Write the picture of a frontier in English and Japanese, as PNG and SVG."""
    files: list[Path] = []
    for lang in LANGUAGES:
        made = frontier_chart(points, between, lang)
        with style.look(lang):
            files += style.save(made, folder, "frontier" + ("" if lang == "en" else f"_{lang}"))
    return files
