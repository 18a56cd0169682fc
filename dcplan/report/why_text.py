"""A why-not, marginals and a comparison as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd

from dcplan.report.alternatives_text import price

WIDTH = 100
_SHOWN = 0.05


def why_text(document: Mapping[str, Any]) -> str:
    """Return a why-not as text, at most 100 columns."""
    lines = textwrap.wrap("; ".join(document["asked"]), WIDTH)
    if document["done"]:
        lines.append("The plan does this already.")
    if document["verdict"] == "impossible":
        return "\n".join([*lines, "Impossible: no plan keeps every promise then.", ""])
    low, high = document["low_mjpy"], document["high_mjpy"]
    if document["verdict"] == "not distinguishable":
        text = f"It costs at most {high:,.2f} M JPY more: not distinguishable from nothing."
        return "\n".join([*lines, text, *_plans(document), ""])
    lines.append(f"It costs {low:,.1f} .. {high:,.1f} M JPY more (present value), all else planned anew.")
    lines += ["", "Of the two best plans found:"]
    terms = document["terms"]
    terms = terms[terms["difference_mjpy"].abs() >= _SHOWN]
    for row in terms.to_dict("records"):
        words = str(row["term"]).replace("_", " ")
        lines.append(f"  {words:<30}{row['difference_mjpy']:>+14,.1f} M JPY")
    for row in document["quantities"].to_dict("records"):
        if abs(row["difference"]) >= _SHOWN:
            words = str(row["quantity"]).replace("_", " ")
            lines.append(f"  {words:<30}{row['difference']:>+14,.1f} {row['unit']}")
    for head, names in (("Now binds", "now_bind"), ("Binds no longer", "no_longer_bind")):
        if document[names]:
            said = f"{head}: {'; '.join(document[names])}"
            lines += textwrap.wrap(said, WIDTH, subsequent_indent="  ")
    return "\n".join([*lines, *_plans(document), ""])


def _plans(document: Mapping[str, Any]) -> list[str]:
    if document["before"] == document["after"]:
        return [f"Starts and exits: {document['before'] or 'none'}"]
    return [
        *textwrap.wrap(
            f"Without: {document['before'] or 'no start, no exit'}", WIDTH, subsequent_indent="  "
        ),
        *textwrap.wrap(f"With: {document['after'] or 'no start, no exit'}", WIDTH, subsequent_indent="  "),
    ]


def break_even_text(found: Mapping[str, Any]) -> str:
    """Return a break-even as one line."""
    if found["low"] is None:
        return f"Break-even of {found['input']}: {found['note']}\n"
    between = f"between {found['low']:,.4g} and {found['high']:,.4g}"
    return f"Break-even of {found['input']}: {between} ({found['note']})\n"


def marginals_text(table: pd.DataFrame) -> str:
    """Return marginals as text."""
    lines = [f"{'one step more':<34}{'M JPY':>24}{'per unit':>24}{'fixed dual':>14}"]
    for row in table.to_dict("records"):
        step = f"{row['step']:g} {row['unit']}: {row['what']}"
        each, dual = "", ""
        if row["verdict"] not in ("impossible", "not distinguishable"):
            each = price(
                {**row, "low_mjpy": row["low_mjpy_per_unit"], "high_mjpy": row["high_mjpy_per_unit"]}
            )
        if row["dual_mjpy_per_unit"] is not None and pd.notna(row["dual_mjpy_per_unit"]):
            dual = f"{row['dual_mjpy_per_unit']:,.2f}"
        flag = "  misleads" if row["dual_misleads"] else ""
        shown = _room(row) if row["verdict"] == "not distinguishable" else price(row)
        lines.append(f"{step:<34}{shown:>24}{each:>24}{dual:>14}{flag}")
    lines += ["", *textwrap.wrap(MISLEADS, WIDTH)]
    return "\n".join(lines) + "\n"


MISLEADS = (
    "The fixed dual is the slope of the cost with starts, exits and leases as they are; it misleads where "
    "the step itself changes them."
)


def _room(row: Mapping[Any, Any]) -> str:
    return f"{row['low_mjpy']:,.1f} .. {row['high_mjpy']:,.1f} ?"


def comparison_text(document: Mapping[str, Any]) -> str:
    """Return a comparison as text, decisions first."""
    lines = ["Decisions:"]
    for row in document["decisions"].to_dict("records"):
        lines.append(f"  {row['kind']:<7}{row['name']:<26}{row['before']:>16} -> {row['after']}")
    if document["decisions"].empty:
        lines.append("  the same")
    table = document["stability"]
    kept = int(table["stands"].sum()) if len(table) else 0
    lines.append(f"  {kept} of {len(table)} starts and exits of the first plan stand in the second.")
    totals = document["causes"].sum(numeric_only=True)
    causes = [name for name in document["causes"].columns if name not in ("term", "difference_mjpy")]
    lines += ["", "Cost by cause, M JPY present value, second less first:"]
    lines.append(f"  {'term':<24}" + "".join(f"{name:>11}" for name in [*causes, "all"]))
    for row in document["causes"].to_dict("records"):
        if max(abs(row[name]) for name in [*causes, "difference_mjpy"]) >= _SHOWN:
            cells = "".join(f"{row[name]:>+11,.1f}" for name in [*causes, "difference_mjpy"])
            lines.append(f"  {str(row['term']).replace('_', ' '):<24}{cells}")
    cells = "".join(f"{totals[name]:>+11,.1f}" for name in [*causes, "difference_mjpy"])
    lines.append(f"  {'all':<24}{cells}")
    carbon = document["carbon"]
    said = ", ".join(f"{row['cause']} {row['difference_tco2e']:+,.0f}" for row in carbon.to_dict("records"))
    lines.append(f"Location-based emissions, t: {carbon['difference_tco2e'].sum():+,.0f} ({said})")
    if document["difference"] is not None and document["difference"]["verdict"] == "not distinguishable":
        lines += textwrap.wrap(SAME_CASE, WIDTH)
    return "\n".join(lines) + "\n"


SAME_CASE = (
    "Both plans are of the same inputs and their costs differ by less than their gaps: which one is cheaper "
    "is not distinguishable."
)
