"""Why a case has no plan, and its repairs, as text."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

WIDTH = 100


def explain_text(document: Mapping[str, Any]) -> str:
    """Return an explanation as text, at most 100 columns."""
    conflicts, repairs = document["conflicts"], document["repairs"]
    if not conflicts:
        return "Every promise of this case can be kept: it has a plan, racks divisible.\n"
    lines: list[str] = []
    for count, conflict in enumerate(conflicts):
        lines += [*([""] if lines else []), *_conflict(conflict, first=count == 0)]
    lines += ["", *_repairs(repairs)]
    for words, reason in document["refused"]:
        lines += textwrap.wrap(f"No repair: {words} ({reason})", WIDTH, subsequent_indent="  ")
    return "\n".join(lines) + "\n"


def _conflict(conflict: Mapping[str, Any], *, first: bool) -> list[str]:
    count = len(conflict["promises"])
    head = "No plan keeps" if first else "Once that is out of the way, no plan keeps"
    what = "this promise" if count == 1 else f"these {count} promises together"
    proof = "" if conflict["minimal"] else " (not every one is proven to be needed)"
    lines = [f"{head} {what}{proof}:"]
    for promise in conflict["promises"]:
        lines += textwrap.wrap(promise["words"], WIDTH, initial_indent="  - ", subsequent_indent="    ")
        lines += [f"      {cell}" for cell in promise["inputs"]]
    if conflict["why"]:
        lines += textwrap.wrap(f"Why: {conflict['why']}", WIDTH, initial_indent="  ", subsequent_indent="  ")
    if count > 1:
        lines.append("  Without any one of them the others can be kept.")
    return lines


def _repairs(repairs: list[Mapping[str, Any]]) -> list[str]:
    if not repairs:
        return ["No change of a single promise repairs it."]
    lines = ["Repairs, each proven by a solve, the cheapest plan first (M JPY present value):"]
    for count, repair in enumerate(repairs, start=1):
        low, high = repair["low_mjpy"], repair["high_mjpy"]
        more = "the cheapest" if count == 1 else f"{low:+,.1f} .. {high:+,.1f}"
        if count > 1 and repair["verdict"] == "not distinguishable":
            more = "not distinguishable from the cheapest"
        words = f"{count}. {repair['words']}: {repair['cost_mjpy']:,.1f}, {more}"
        lines += textwrap.wrap(words, WIDTH, initial_indent="  ", subsequent_indent="     ")
        lines += textwrap.wrap(
            repair["decisions"] or "no start, no exit",
            WIDTH,
            initial_indent="     ",
            subsequent_indent="     ",
        )
        if repair["soft"]:
            lines.append("     SOFT DEMAND: racks without a place cost the case's price of unserved racks.")
        if repair["folder"]:
            lines.append(f"     {repair['folder']}")
    return lines
