"""The Gantt picture: when halls come into service and leased sites are left."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import pandas as pd
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from dcplan.report import decisions, style
from dcplan.report.labels import fiscal_year, word
from dcplan.report.source import day, fiscal_years, horizon, number, records

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from dcplan.report.source import Inputs

BAR = 0.62
LABEL, SHORT_LABEL = timedelta(days=500), timedelta(days=340)
"""About the length of a hall's and of a lease's label on the time axis."""
NAME = {"en": "hall", "ja": "name_ja"}


def timeline(tables: decisions.Tables, case: Inputs, lang: str = "en") -> Figure:
    """Draw owned halls (construction, service) and leased sites (racks held, exit) over the horizon."""
    periods = horizon(tables)
    begin, end = periods["start"].iloc[0], periods["end"].iloc[-1]
    owned = _owned_rows(tables, case, lang, begin, end)
    leased = _leased_rows(tables, case, lang, begin, end)
    rows = len(owned) + len(leased) + 2
    made = style.figure(9.6, 1.2 + 0.27 * rows)
    axes = made.add_subplot()
    place = 0.0
    for heading, entries in (("owned", owned), ("leased", leased)):
        if entries:
            axes.text(number(begin), place, word(heading, lang), weight=style.heavy(), va="center", ha="left")
            place += 1.0
        for entry in entries:
            _draw_row(axes, place, entry)
            place += 1.0
    _finish(made, axes, tables, lang, place)
    return made


def _owned_rows(
    tables: decisions.Tables, case: Inputs, lang: str, begin: date, end: date
) -> list[dict[str, Any]]:
    ownership = case["sites"].set_index("site")["ownership"]
    built = decisions.builds(tables, case).set_index("hall")
    months = case["projects"].set_index("hall")["build_months"]
    rows = []
    for hall in records(case["halls"]):
        if ownership[hall["site"]] != "owned":
            continue
        row: dict[str, Any] = {
            "name": hall[NAME[lang]],
            "bars": [],
            "marks": [],
            "text": "",
            "at": begin,
        }
        rows.append(row)
        if hall["hall"] not in built.index:
            row["bars"].append((begin, end, style.BLUE, None))
            continue
        project = built.loc[hall["hall"]]
        service, announced = day(project["service_date"]), day(project["announced_date"])
        row["text"] = _service_words(project, lang)
        if announced and announced < end and not project["committed"]:
            row["marks"].append(announced)
        if service is None:
            row["at"] = min(announced or end, end)
            continue
        ordered = (pd.Timestamp(service) - pd.DateOffset(months=int(months[hall["hall"]]))).date()
        row["bars"] += [
            (max(ordered, begin), service, style.SKY, "//////"),
            (service, end, style.BLUE, None),
        ]
        row["at"] = max(ordered, begin)
    return rows


def _service_words(project: Any, lang: str) -> str:
    if pd.isna(project["service_date"]):
        return word("never", lang)
    words = f"{project['service_date']:%Y-%m}"
    if project["committed"]:
        return words + word("committed", lang)
    if pd.isna(project["months_later"]):
        return words
    months = int(project["months_later"])
    if months == 0:
        return words + word("as_announced", lang)
    return words + word("later" if months > 0 else "earlier", lang, n=abs(months))


def _leased_rows(
    tables: decisions.Tables, case: Inputs, lang: str, begin: date, end: date
) -> list[dict[str, Any]]:
    sites = case["sites"][case["sites"]["ownership"] == "leased"]
    made = decisions.Decided(tables, case)
    left = {row["site"]: row["date"] for row in records(made.exits)}
    cuts: dict[str, list[dict[str, Any]]] = {}
    for cut in records(made.reductions):
        cuts.setdefault(cut["site"], []).append(cut)
    renewed: dict[str, list[date]] = {}
    for kept in records(made.renewals):
        renewed.setdefault(kept["site"], []).append(kept["term_end"])
    rows = []
    for site in records(sites):
        name, stop = site["site"], left.get(site["site"], end)
        row: dict[str, Any] = {
            "name": site["name_ja"] if lang == "ja" else name,
            "bars": [],
            "marks": [],
            "cuts": [],
            "ticks": [term for term in renewed.get(name, []) if term >= begin],
            "text": "",
            "at": stop,
        }
        start, shades = begin, (style.ORANGE, "#F5CE85", "#FAE6C3")
        changes = cuts.get(name, [])
        for index, cut in enumerate(changes):
            row["bars"].append((start, cut["start"], shades[min(index, 2)], None))
            start = cut["start"]
        row["cuts"] = _cut_labels(changes, begin, stop, lang)
        row["bars"].append((start, stop, shades[min(len(changes), 2)], None))
        if name in left:
            row["text"] = word("left", lang, month=f"{stop:%Y-%m}")
        rows.append(row)
    return sorted(rows, key=lambda row: (row["at"], row["ticks"][-1:] or [end]))


def _cut_labels(
    changes: list[dict[str, Any]], begin: date, stop: date, lang: str
) -> list[tuple[date, date, date, str]]:
    """Return what is written of the cuts of a site: first free day before, day, last free day, words.

    Cuts that follow each other more closely than a label is long are told as one.
    """
    told: list[list[dict[str, Any]]] = []
    for cut in changes:
        if told and cut["start"] - told[-1][-1]["start"] < SHORT_LABEL:
            told[-1].append(cut)
        else:
            told.append([cut])
    ends = [*(run[0]["start"] for run in told[1:]), stop]
    starts = [begin, *(run[-1]["start"] for run in told)]
    return [
        (
            start,
            run[0]["start"],
            end,
            word("cut", lang, before=round(run[0]["before"]), after=round(run[-1]["after"])),
        )
        for start, run, end in zip(starts, told, ends, strict=False)
    ]


def _draw_row(axes: Axes, place: float, row: dict[str, Any]) -> None:
    for start, stop, colour, hatch in row["bars"]:
        axes.barh(
            place,
            number(stop) - number(start),
            left=number(start),
            height=BAR,
            color=colour if hatch is None else "white",
            edgecolor=colour,
            hatch=hatch,
            linewidth=0.8,
        )
    for mark in row["marks"]:
        axes.plot(
            [number(mark)],
            [place],
            marker="D",
            markersize=5,
            color="white",
            markeredgecolor=style.INK,
            zorder=4,
        )
    for tick in row.get("ticks", []):
        axes.plot(
            [number(tick)] * 2, [place - BAR / 2, place + BAR / 2], color=style.INK, linewidth=1.2, zorder=4
        )
    written = date.min
    for before, since, until, text in row.get("cuts", []):
        written = _cut_label(axes, place, (max(before, written), since, until), text) or written
    if row["text"]:
        _label(axes, place, row)
    axes.text(-0.008, place, row["name"], transform=axes.get_yaxis_transform(), ha="right", va="center")


def _cut_label(axes: Axes, place: float, span: tuple[date, date, date], text: str) -> date | None:
    """Write the racks before and after the cut behind it, or before it where the bar behind is too short.

    ``span`` is the first free day before the cut, the cut, and the end of the bar behind it. Returns the day
    up to which the label reaches; None where there is no room for it.
    """
    before, since, until = span
    if until - since < SHORT_LABEL and since - before < SHORT_LABEL:
        return None
    shift, side = (5, "left") if until - since >= SHORT_LABEL else (-5, "right")
    axes.annotate(
        text,
        (number(since), place),
        (shift, 0),
        textcoords="offset points",
        va="center",
        ha=side,
        size=7.5,
        zorder=5,
    )
    return since + SHORT_LABEL if side == "left" else since


def _label(axes: Axes, place: float, row: dict[str, Any]) -> None:
    """Write the date beside its bar: after an exit; within a hall's service, or before its start."""
    service = [(start, stop) for start, stop, colour, _ in row["bars"] if colour == style.BLUE]
    starts = [start for start, stop in service if stop - start >= SHORT_LABEL]
    if starts and not any(starts[0] <= mark <= starts[0] + LABEL for mark in row["marks"]):
        at, shift, side, ink = starts[0], 6, "left", "white"
    elif service or not row["bars"]:
        at, shift, side, ink = row["at"], -7, "right", style.INK
    else:
        at, shift, side, ink = row["at"], 5, "left", style.INK
    axes.annotate(
        row["text"],
        (number(at), place),
        (shift, 0),
        textcoords="offset points",
        va="center",
        ha=side,
        size=8,
        color=ink,
        zorder=5,
    )


def _finish(made: Figure, axes: Axes, tables: decisions.Tables, lang: str, rows: float) -> None:
    periods = horizon(tables)
    axes.set_title(word("timeline", lang))
    axes.set_xlim(number(periods["start"].iloc[0]), number(periods["end"].iloc[-1]))
    axes.set_ylim(rows - 0.4, -0.8)
    axes.set_yticks([])
    years = fiscal_years(tables)
    edges = [date(year, 4, 1) for year in years[1:]]
    for edge in edges:
        axes.axvline(number(edge), color=style.PALE, linewidth=0.8, zorder=0)
    axes.set_xticks([number(date(year, 10, 1)) for year in years])
    axes.set_xticklabels([fiscal_year(year, lang) for year in years])
    axes.tick_params(length=0)
    axes.spines["left"].set_visible(False)
    marks = [
        Patch(facecolor="white", edgecolor=style.SKY, hatch="//////", label=word("building", lang)),
        Patch(facecolor=style.BLUE, label=word("in_service", lang)),
        Line2D(
            [],
            [],
            marker="D",
            linestyle="",
            color="white",
            markeredgecolor=style.INK,
            markersize=5,
            label=word("announced", lang),
        ),
        Patch(facecolor=style.ORANGE, label=word("lease_held", lang)),
        Line2D([], [], marker="|", linestyle="", color=style.INK, markersize=9, label=word("renewed", lang)),
    ]
    made.legend(handles=marks, loc="outside lower center", ncols=5, fontsize=8)
