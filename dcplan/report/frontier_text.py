"""A frontier as text: its plans, the steps between them, what was left out."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import Any

import pandas as pd

WIDTH = 100
OPEN = "not distinguishable"
UNITS = {"cost": "M JPY", "carbon": "tCO2e", "market": "tCO2e", "capex": "M JPY"}
PER = {"carbon": "M JPY/tCO2e", "market": "M JPY/tCO2e", "capex": "M JPY/M JPY"}


def frontier_text(document: Mapping[str, Any]) -> str:
    """Return a frontier as text, at most 100 columns.

    Args:
        document: between, points, steps, notes and folder, as `dcplan.studies.frontier` tells them.
    """
    between, points = list(document["between"]), document["points"]
    names = [name for name in UNITS if name in points.columns]
    lines = ["".join([f"{'plan':<16}", *(f"{name + ', ' + UNITS[name]:>18}" for name in names), "     gap"])]
    for row in points.to_dict("records"):
        mark = " knee" if row["knee"] else ""
        mark += f" same as {row['twin']}" if row["twin"] else ""
        mark += f" beaten by {row['beaten_by']}" if row["beaten_by"] else ""
        numbers = "".join(f"{row[name]:>18,.1f}" for name in names)
        lines.append(f"{row['point']:<16}{numbers}  {100 * row['gap']:.3f} %{mark}")
    if len(between) > 1 and len(document["steps"]):
        lines += ["", *_steps(document["steps"])]
    for note in document["notes"]:
        lines += ["", *textwrap.wrap(note, WIDTH)]
    return "\n".join(lines) + "\n"


def _steps(steps: pd.DataFrame) -> list[str]:
    lines = ["From one plan to the next:"]
    for (one, other), rows in steps.groupby(["from", "to"], sort=False):
        first = rows.iloc[0]
        unit = UNITS[str(first["objective"])]
        saved = f"{first['objective']} {first['change']:+,.1f} {unit}"
        price = f"cost {first['low_mjpy']:+,.1f} .. {first['high_mjpy']:+,.1f} M JPY"
        if first["verdict"] == OPEN:
            price += f", {OPEN}"
        elif pd.notna(first["low_mjpy_per_unit"]):
            low, high = first["low_mjpy_per_unit"], first["high_mjpy_per_unit"]
            price += f", {low:,.3f} .. {high:,.3f} {PER[str(first['objective'])]}"
        lines.append(f"  {one} to {other}: {saved}; {price}")
        said = [_change(row) for row in rows.to_dict("records")]
        lines += textwrap.wrap("; ".join(said), WIDTH, initial_indent="    ", subsequent_indent="    ")
    return lines


def _change(row: Mapping[Any, Any]) -> str:
    if row["kind"] == "racks":
        return "the same starts, exits, leases and moves; racks stand elsewhere"
    return f"{row['kind']} {row['name']}: {row['before']} to {row['after']}"
