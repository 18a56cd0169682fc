"""What is forced, preferred and free, and the plans at the edges, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100
ORDER = ("forced", "preferred or forced", "preferred", "free", "not settled")
MEANING = {
    "forced": "no plan within the margin does the opposite",
    "preferred or forced": "the opposite costs more; whether beyond the margin is not proven",
    "preferred": "the opposite costs more, within the margin",
    "free": "the opposite costs no more than the gap of the plan",
    "not settled": "the proof ended wider than the gap of the plan",
}


def alternatives_text(document: Mapping[str, Any]) -> str:
    """Return the alternatives of a plan as text, at most 100 columns."""
    table, edges = document["alternatives"], document["edges"]
    margin, cost = 100 * document["within"], document["cost_mjpy"]
    head = (
        f"Within {margin:g} % of {cost:,.0f} M JPY (bound {document['bound_mjpy']:,.0f}): what the opposite "
        "of each decision costs, all else planned anew, M JPY present value."
    )
    lines = textwrap.wrap(head, WIDTH)
    for standing in ORDER:
        rows = table[table["standing"] == standing].to_dict("records")
        if rows:
            lines += ["", f"{standing}: {MEANING[standing]}"]
        for row in rows:
            lines.append(f"  {row['decision']:<50}{price(row):>24}  if {row['opposite']}".rstrip())
    if len(edges):
        lines += ["", f"Plans at the edges of the {margin:g} %:"]
        for row in edges.to_dict("records"):
            reach = f"{row['value']:,.0f} {row['unit']}"
            if row["bound"] < row["value"] - 0.5:
                reach += f" (no less than {row['bound']:,.0f})"
            lines.append(
                f"  {row['edge']:<14}{reach}, instead of {row['plan_value']:,.0f}; "
                f"{row['cost_mjpy']:,.0f} M JPY"
            )
            words = row["decisions"] or "no start, no exit"
            lines += textwrap.wrap(words, WIDTH, initial_indent="    ", subsequent_indent="    ")
            if row["folder"]:
                lines.append(f"    {row['folder']}")
    return "\n".join(lines) + "\n"


def price(row: Mapping[Any, Any]) -> str:
    """Return an interval as text: one number where both ends read the same."""
    if row["verdict"] == "impossible":
        return "impossible"
    if row["verdict"] == "not distinguishable":
        return f"under {row['high_mjpy']:,.1f}"
    low, high = f"{row['low_mjpy']:,.1f}", f"{row['high_mjpy']:,.1f}"
    return low if low == high else f"{low} .. {high}"
