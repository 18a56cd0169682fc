"""The picture of headroom: further racks of the fleet by what binds, and hall by hall over time."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from matplotlib.ticker import StrMethodFormatter

from dcplan.metrics.headroom import BY, CLOSED, IT_KW, PLACES, RECEIVING_KW
from dcplan.report import style
from dcplan.report.labels import LANGUAGES, fiscal_year
from dcplan.report.source import inputs_of, number

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

    from dcplan.report.source import Inputs, PlanTables

WORDS = {
    "title": ("Headroom: further racks that fit the plan", "余力:計画にさらに収容できるラック数"),
    "halls": (
        "By hall: further racks of the typical mix; empty: not in service or not leased",
        "ホール別:標準構成でさらに収容できるラック数(空欄は未稼働または賃借なし)",
    ),
    "racks": ("racks", "ラック"),
    PLACES: ("bound by rack places", "制約:ラック数"),
    IT_KW: ("bound by IT power", "制約:IT電力"),
    RECEIVING_KW: ("bound by the grid connection", "制約:受電容量"),
    "extra": ("further racks if sales are {share} higher", "販売が{share}多い場合の追加ラック"),
    "out": ("from {month}: no place for {classes}", "{month}から収容不可:{classes}"),
}
COLOURS = {PLACES: style.SKY, IT_KW: style.ORANGE, RECEIVING_KW: style.PURPLE}
FORMATS = (".png", ".svg", ".pdf")
_WARM = LinearSegmentedColormap.from_list("room", ["#F3F3F3", "#CFE6F2", style.BLUE])


class HeadroomLike(Protocol):
    """Headroom as a report sees it; `dcplan.studies.headroom.Headroom` is one."""

    @property
    def halls(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def months(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def run_out(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def sales_higher(self) -> float: ...  # noqa: D102


def _word(name: str, lang: str, **values: object) -> str:
    return WORDS[name][LANGUAGES.index(lang)].format(**values)


def write_headroom_chart(room: HeadroomLike, plan: PlanTables, file: Path, *, lang: str = "en") -> Path:
    """Draw headroom into a PNG, SVG or PDF file; the same plan gives the same bytes.

    Raises:
        ValueError: the ending of the file is none of these, or the language is not known.
    """
    if file.suffix.lower() not in FORMATS:
        raise ValueError(f"{file.name}: must end in one of {', '.join(FORMATS)}")
    if lang not in LANGUAGES:
        raise ValueError(f"lang = {lang!r}: must be one of {', '.join(LANGUAGES)}")
    with style.look(lang):
        made = headroom_chart(room, plan.tables["periods"], inputs_of(plan), lang)
        style.marked(made, plan.manifest, lang)
        facts = {".png": {"Software": None}, ".svg": {"Date": None, "Creator": "dcplan"}}
        empty = {"CreationDate": None, "Producer": None, "Creator": "dcplan"}
        made.savefig(file, dpi=style.DPI, metadata=facts.get(file.suffix.lower(), empty))
    return file


def headroom_chart(room: HeadroomLike, periods: pd.DataFrame, case: Inputs, lang: str = "en") -> Figure:
    """Draw the fleet's headroom stacked by what binds over the racks of higher sales, and the halls below."""
    halls = room.halls
    count = halls["hall"].nunique()
    made = style.figure(9.6, 3.4 + 0.2 * count)
    grid = made.add_gridspec(2, 1, height_ratios=[2.6, 0.2 * count])
    known = periods[periods["period"].isin(set(halls["period"]))]
    edges = np.array([number(day) for day in [*known["start"], known["end"].iloc[-1]]])
    labels = list(known["period"])
    fleet, by_hall = made.add_subplot(grid[0]), made.add_subplot(grid[1])
    _draw_fleet(fleet, room, labels, edges, lang)
    _draw_halls(by_hall, halls, labels, edges, _names(case, lang))
    by_hall.set_title(_word("halls", lang), size=9.5)
    for axes in (fleet, by_hall):
        _years(axes, sorted(set(known["fiscal_year"])), lang)
        axes.set_xlim(edges[0], edges[-1])
    return made


def _names(case: Inputs, lang: str) -> dict[str, str]:
    halls = case["halls"]
    if lang == "en":
        return {str(name): str(name) for name in halls["hall"]}
    pairs = zip(halls["hall"], halls["name_ja"], strict=True)
    return {str(name): str(japanese) or str(name) for name, japanese in pairs}


def _draw_fleet(axes: Axes, room: HeadroomLike, labels: list[str], edges: np.ndarray, lang: str) -> None:
    halls = room.halls
    racks = halls.groupby(["period", "binds"])["shared_racks"].sum().unstack().fillna(0.0)
    bottom = np.zeros(len(labels))
    shown = [name for name in BY if name in racks.columns and racks[name].sum() > 0]
    for name in shown:
        above = bottom + racks[name].reindex(labels).fillna(0.0).to_numpy()
        axes.stairs(above, edges, baseline=bottom, fill=True, color=COLOURS[name], linewidth=0)
        bottom = above
    months = room.months
    at = [number(date(int(m[:4]) + int(m[5:]) // 12, int(m[5:]) % 12 + 1, 1)) for m in months["month"]]
    share = f"{100 * room.sales_higher:g} %"
    axes.plot(at, months["extra_racks"], color=style.VERMILION, linewidth=1.6)
    handles = [Patch(color=COLOURS[name], label=_word(name, lang)) for name in shown]
    line = axes.lines[0]
    line.set_label(_word("extra", lang, share=share))
    top = 1.18 * max(bottom.max(), months["extra_racks"].max(), 1.0)
    lost = months[months["unplaced_classes"] != ""]
    if len(lost):
        month, classes = str(lost["month"].iloc[0]), str(lost["unplaced_classes"].iloc[0])
        x = number(date(int(month[:4]), int(month[5:]), 1))
        axes.axvline(x, color=style.VERMILION, linewidth=0.9, linestyle=(0, (3, 2)))
        right = x > (edges[0] + edges[-1]) / 2
        text = f" {_word('out', lang, month=month, classes=classes)} "
        side = "right" if right else "left"
        axes.text(x, 0.86 * top, text, ha=side, va="top", size=8.5, color=style.VERMILION, bbox=style.PAPER)
    axes.legend(handles=[*handles, line], loc="upper right", fontsize=8, ncols=2)
    axes.set_ylim(0, top * 1.12)
    axes.set_ylabel(_word("racks", lang))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.set_title(_word("title", lang))
    axes.grid(axis="y")


def _draw_halls(
    axes: Axes, halls: pd.DataFrame, labels: list[str], edges: np.ndarray, names: dict[str, str]
) -> None:
    order = list(dict.fromkeys(halls["hall"]))
    racks = halls.pivot(index="hall", columns="period", values="headroom_racks").reindex(order)[labels]
    binds = halls.pivot(index="hall", columns="period", values="binds").reindex(order)[labels]
    values = np.ma.masked_array(racks.to_numpy(dtype=float), (binds == CLOSED).to_numpy())
    largest = max(float(np.nanmax(values.filled(0.0))), 1.0)
    rows = np.arange(len(order) + 1)
    axes.pcolormesh(edges, rows, np.sqrt(values), cmap=_WARM, vmin=0.0, vmax=np.sqrt(largest))
    size = 6.5 if len(labels) <= 24 else 4.5
    for (i, j), racks_here in np.ndenumerate(values.filled(np.nan)):
        if not np.isfinite(racks_here):
            continue
        kind = str(binds.iloc[i, j])
        colour = "white" if racks_here > 0.45 * largest else style.INK
        if kind != PLACES:
            axes.plot([edges[j], edges[j + 1]], [i + 0.97] * 2, color=COLOURS[kind], linewidth=2.2)
        axes.text(
            (edges[j] + edges[j + 1]) / 2, i + 0.5, f"{racks_here:,.0f}", ha="center", va="center",
            size=size, color=colour if racks_here >= 1 else style.VERMILION,
            weight="normal" if racks_here >= 1 else style.heavy(),
        )  # fmt: skip
    axes.set_yticks(rows[:-1] + 0.5, [names[hall] for hall in order], size=7.5)
    axes.set_ylim(len(order), 0)
    axes.tick_params(axis="y", length=0)
    axes.hlines(rows, edges[0], edges[-1], color="white", linewidth=0.8)


def _years(axes: Axes, years: list[int], lang: str) -> None:
    axes.set_xticks([number(date(year, 4, 1)) for year in years])
    axes.set_xticklabels([])
    axes.set_xticks([number(date(year, 10, 1)) for year in years], minor=True)
    axes.set_xticklabels([fiscal_year(year, lang) for year in years], minor=True)
    axes.tick_params(axis="x", which="minor", length=0)
