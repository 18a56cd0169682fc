"""The first sheet of the TCFD pack: what the plan is, its boundary, methods and factors, and its controls."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from dcplan.report.pack_labels import unit_label, words
from dcplan.report.pack_lines import (
    book_of,
    control_lines,
    plan_lines,
    provenance_lines,
    sheet_lines,
)
from dcplan.report.pack_tcfd_words import BOUNDARY, CONVENTIONS, METHODS
from dcplan.report.workbook import Book, Line

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.report.dictionary import Sheet
    from dcplan.report.source import Inputs, PlanTables

    Pages = Sequence[tuple[Sheet, pd.DataFrame]]

COLOURS = {"T04": "#7F7F7F", "T04a": "#7F7F7F", "T41": "#70AD47", "T42": "#70AD47"}
"""Colours of tabs: registers grey, controls and dictionary green."""


def read_me(
    plan: PlanTables,
    case: Inputs,
    pages: Pages,
    lang: str,
    controls: pd.DataFrame,
    pictures: Sequence[bytes] = (),
) -> Book:
    """Return the workbook of the pack: its first sheet from manifest and inputs, then its tables."""
    manifest = plan.manifest
    tables = {sheet.name: table for sheet, table in pages}
    lines = [
        *plan_lines(manifest, lang),
        *control_lines(controls, lang, _held),
        *_boundary_lines(case, lang),
        *_named("method", METHODS, lang),
        *_factor_lines(tables["factor_register"], tables["ghg_line"], case, lang),
        *_convention_lines(manifest, lang),
        *sheet_lines(pages, lang),
        *provenance_lines(manifest, lang),
    ]
    return book_of(manifest, "tcfd_title", lines, pages, lang, pictures, clauses=True, colours=COLOURS)


def _named(heading: str, names: Sequence[str], lang: str, **values: Any) -> list[Line]:
    """Return a heading and a line a name; each has its text under `<name>_text`."""
    listed = [Line(words(name, lang), words(f"{name}_text", lang, **values)) for name in names]
    return [Line(words(heading, lang)), *listed]


def _held(row: Any, verdict: str, lang: str) -> str:
    """Return the sums of a control, and whether they stand in their relation."""
    sums = {"left": row["left_sum"], "relation": row["relation"], "right": row["right_sum"]}
    unit = "" if row["unit"] in {"-", "by row"} else unit_label(row["unit"], lang)
    return words("quantity_control_text", lang, verdict=verdict, unit=unit, pairs=row["pairs"], **sums)


def _boundary_lines(case: Inputs, lang: str) -> list[Line]:
    owned = int((case["sites"]["ownership"] == "owned").sum())
    count = len(case["sites"])
    return _named("boundary", BOUNDARY, lang, sites=count, owned=owned, leased=count - owned)


def _factor_lines(register: pd.DataFrame, lines: pd.DataFrame, case: Inputs, lang: str) -> list[Line]:
    """Return which factors figures use, how many of them are projected or estimated, and their vintage."""
    used = register[register["factor_id"].isin(set(lines["factor_id"].dropna()))]
    values = {
        "count": len(register),
        "used": len(used),
        "projected": int(used["projected"].sum()),
        "estimated": int((used["value_status"] == "estimated").sum()),
        "factor_set": str(case.info.grid_factor_set),  # type: ignore[attr-defined]
    }
    return _named("factors", ("factors_used", "factors_vintage", "factors_grid"), lang, **values)


def _convention_lines(manifest: Any, lang: str) -> list[Line]:
    assumed = manifest["assumptions"]
    share, rows = assumed["share_of_rows"], assumed["rows"]
    return _named("conventions", CONVENTIONS, lang, share=share, rows=rows)
