"""Racks over capacity: the fleet stacked by group of halls, and every group against its own capacity."""

from __future__ import annotations

import math
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator, StrMethodFormatter

from dcplan.report import decisions, style
from dcplan.report.labels import fiscal_year, region, word
from dcplan.report.source import fiscal_years, horizon, number, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dcplan.report.source import Inputs

HEADROOM = 1.17
"""The height of the axes over the highest line: room for the names of the lines."""
BREADTH = 1.15
"""What a label needs over its own size."""


def groups(case: Inputs, lang: str = "en") -> pd.DataFrame:
    """Return the group of every hall: hall, group. Owned sites stand alone; leased halls go by region.

    The region with the most leased racks has its own group, the others share one.
    """
    halls = case["halls"][["hall", "site", "rack_places"]].merge(
        case["sites"][["site", "name_ja", "ownership", "region"]], on="site"
    )
    leased = halls[halls["ownership"] == "leased"].groupby("region")["rack_places"].sum()
    largest = str(leased.idxmax()) if len(leased) else ""
    names = []
    for row in records(halls):
        if row["ownership"] == "owned":
            names.append(row["name_ja"] if lang == "ja" else row["site"])
        elif row["region"] == largest:
            names.append(word("leased_in", lang, region=region(largest, lang)))
        else:
            names.append(word("leased_other", lang))
    return pd.DataFrame({"hall": halls["hall"], "group": names, "owned": halls["ownership"] == "owned"})


def series(tables: decisions.Tables, case: Inputs, lang: str = "en") -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return racks and capacity (racks) by period (rows, in order) and group (columns)."""
    known = groups(case, lang)
    other = known["group"] == word("leased_other", lang)
    order = list(
        dict.fromkeys(pd.concat([known[known["owned"]], known[~known["owned"] & ~other], known])["group"])
    )
    periods = list(horizon(tables)["period"])
    racks = tables["racks"].merge(known, on="hall").groupby(["period", "group"])["racks"].sum().unstack()
    halls = case["halls"][["hall", "rack_places", "largest_fill"]]
    service = tables["halls"].merge(halls, on="hall").merge(known, on="hall")
    service["places"] = service["rack_places"] * service["largest_fill"] * service["in_service"]
    leases = tables["leases"].merge(case["leases"][["lease", "hall"]], on="lease").merge(halls, on="hall")
    leases = leases.merge(known, on="hall")
    leases["places"] = leases["leased_racks"] * leases["largest_fill"]
    columns = ["period", "group", "places"]
    places = pd.concat([service.loc[service["owned"], columns], leases[columns]])
    capacity = places.groupby(["period", "group"])["places"].sum().unstack()
    racks = racks.reindex(index=periods, columns=order).fillna(0.0)
    return racks, capacity.reindex(index=periods, columns=order).fillna(0.0)


def rack_chart(tables: decisions.Tables, case: Inputs, lang: str = "en") -> Figure:
    """Draw the racks stacked by group with demand and capacity, and each group against its capacity."""
    racks, capacity = series(tables, case, lang)
    periods = horizon(tables)
    edges = np.array([number(day_) for day_ in [*periods["start"], periods["end"].iloc[-1]]])
    demand = racks.sum(axis=1) + tables["unserved"].groupby("period")["unserved_racks"].sum().reindex(
        racks.index
    )
    count = racks.shape[1]
    made = style.figure(9.6, 4.9)
    grid = made.add_gridspec(count, 2, width_ratios=[2.3, 1.0])
    fleet = made.add_subplot(grid[:, 0])
    _draw_fleet(fleet, edges, racks, capacity, demand, lang)
    _years(fleet, tables, lang)
    for index, name in enumerate(racks.columns):
        small = made.add_subplot(grid[index, 1])
        _draw_group(small, edges, racks[name], capacity[name], style.SERIES[index % len(style.SERIES)])
        small.set_title(str(name), size=8.5, weight="normal", pad=3)
        _years(small, tables, lang, labels=index == count - 1)
    made.draw_without_rendering()  # the layout says how wide the picture is, and so which label fits where
    _name_bands(fleet, edges, racks)
    return made


def _draw_fleet(
    axes: Axes,
    edges: np.ndarray,
    racks: pd.DataFrame,
    capacity: pd.DataFrame,
    demand: pd.Series[float],
    lang: str,
) -> None:
    limit = capacity.sum(axis=1).to_numpy()
    needed = demand.to_numpy()
    top = HEADROOM * max(np.max(limit), np.max(needed))
    bottom = np.zeros(len(racks))
    for index, name in enumerate(racks.columns):
        above = bottom + racks[name].to_numpy()
        colour = style.SERIES[index % len(style.SERIES)]
        axes.stairs(above, edges, baseline=bottom, fill=True, color=colour, linewidth=0)
        bottom = above
    wanted = word("demand", lang, first=round(needed[0]), last=round(needed[-1]))
    most = word("capacity", lang, most=round(limit.max()))
    axes.stairs(limit, edges, baseline=None, color=style.INK, linewidth=1.4, linestyle=(0, (4, 2)))
    axes.stairs(needed, edges, baseline=None, color=style.VERMILION, linewidth=1.6)
    lines = [Line2D([], [], color=style.INK, linewidth=1.4, linestyle=(0, (4, 2)), label=most)]
    lines += [Line2D([], [], color=style.VERMILION, linewidth=1.6, label=wanted)]
    axes.legend(handles=lines, loc="upper left", ncols=2, fontsize=8.5, handlelength=2.2)
    axes.set_title(word("rack_chart", lang))
    axes.set_ylabel(word("racks", lang))
    axes.set_ylim(0, top)
    axes.set_xlim(edges[0], edges[-1])
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.grid(axis="y")


def _name_bands(axes: Axes, edges: np.ndarray, racks: pd.DataFrame) -> None:
    """Write the name of each band where it fits; a band that is too thin for its name goes without."""
    bottom = np.zeros(len(racks))
    for index, name in enumerate(racks.columns):
        above = bottom + racks[name].to_numpy()
        colour = style.SERIES[index % len(style.SERIES)]
        label = axes.text(edges[0], 0.0, str(name), ha="center", va="center", size=8.5)
        label.set_color(style.ink_on(colour))
        box = label.get_window_extent()
        wide, high = (BREADTH * box.width / axes.bbox.width, BREADTH * box.height / axes.bbox.height)
        window = max(1, math.ceil(wide * len(racks)))
        x, y, room = _widest(edges, bottom, above, window) if window <= len(racks) else (0.0, 0.0, 0.0)
        if room > high * axes.get_ylim()[1]:
            label.set_position((x, y))
        else:
            label.remove()
        bottom = above


def _widest(
    edges: np.ndarray, bottom: np.ndarray, above: np.ndarray, window: int
) -> tuple[float, float, float]:
    """Return where a label of `window` periods fits a band best: x, y and the height that is free there."""
    spans = [slice(i, i + window) for i in range(len(above) - window + 1)]
    rooms = [float(above[span].min() - bottom[span].max()) for span in spans]
    best = spans[int(np.argmax(rooms))]
    x = (edges[best.start] + edges[best.stop]) / 2
    return float(x), float(above[best].min() + bottom[best].max()) / 2, max(rooms)


def _draw_group(
    axes: Axes, edges: np.ndarray, racks: pd.Series[float], capacity: pd.Series[float], colour: str
) -> None:
    axes.stairs(racks.to_numpy(), edges, fill=True, color=colour, linewidth=0)
    axes.stairs(
        capacity.to_numpy(), edges, baseline=None, color=style.INK, linewidth=1.1, linestyle=(0, (4, 2))
    )
    axes.set_xlim(edges[0], edges[-1])
    axes.set_ylim(0, 1.15 * max(capacity.max(), racks.max(), 1.0))
    axes.yaxis.set_major_locator(MaxNLocator(3, integer=True))
    axes.yaxis.set_major_formatter(StrMethodFormatter("{x:,.0f}"))
    axes.tick_params(labelsize=7.5)


def _years(axes: Axes, tables: decisions.Tables, lang: str, *, labels: bool = True) -> None:
    years = fiscal_years(tables)
    axes.set_xticks([number(date(year, 4, 1)) for year in years], minor=False)
    axes.set_xticklabels([])
    axes.set_xticks([number(date(year, 10, 1)) for year in years], minor=True)
    axes.tick_params(axis="x", which="minor", length=0)
    small = not axes.get_ylabel()
    names = [fiscal_year(year, lang, short=small) for year in years]
    axes.set_xticklabels(names if labels else [""] * len(years), minor=True)
