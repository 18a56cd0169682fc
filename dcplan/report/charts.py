"""The pictures of a plan, as PNG and SVG files: the same plan gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.report import style
from dcplan.report.capex_chart import capex_chart
from dcplan.report.labels import LANGUAGES
from dcplan.report.money_chart import cost_chart
from dcplan.report.rack_chart import rack_chart
from dcplan.report.source import inputs_of
from dcplan.report.timeline import timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from dcplan.report.source import Inputs, PlanTables

__all__ = ["capex_chart", "cost_chart", "draw", "rack_chart", "timeline", "write_charts"]


def draw(plan: PlanTables, case: Inputs | None = None, *, lang: str = "en") -> dict[str, Figure]:
    """Return the figures of a plan by file name: timeline, racks, cost (against *as announced*) and capex.

    Args:
        plan: a plan that is saved or opened.
        case: its inputs; read from the plan folder when not given.
        lang: `en` or `ja`.
    """
    if lang not in LANGUAGES:
        raise ValueError(f"lang = {lang!r}: must be one of {', '.join(LANGUAGES)}")
    case = case if case is not None else inputs_of(plan)
    announced = plan.references.get("as_announced", plan.tables)
    with style.look(lang):
        made = {
            "timeline": timeline(plan.tables, case, lang),
            "racks": rack_chart(plan.tables, case, lang),
            "cost": cost_chart(plan.tables, announced, lang),
            "capex": capex_chart(plan.tables, case, lang),
        }
        return {name: style.marked(each, plan.manifest, lang) for name, each in made.items()}


def write_charts(
    plan: PlanTables, folder: str | Path | None = None, *, lang: str = "en", case: Inputs | None = None
) -> list[Path]:
    """Write the pictures into a folder, by default `<plan>/charts/`, and return the files.

    Japanese pictures end in `_ja`, so that both languages can stand side by side.
    """
    if folder is None:
        if plan.folder is None:
            raise ValueError("this plan is not saved: name a folder for its pictures")
        folder = plan.folder / "charts"
    target = Path(folder)
    made = draw(plan, case, lang=lang)
    target.mkdir(parents=True, exist_ok=True)
    ending = "" if lang == "en" else f"_{lang}"
    with style.look(lang):
        return [path for name, each in made.items() for path in style.save(each, target, name + ending)]
