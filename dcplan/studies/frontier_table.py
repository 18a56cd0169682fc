"""A frontier as tables: its plans with what is proven of each, and the steps between neighbours."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.studies.measures import COST
from dcplan.studies.place_changes import decision_changes
from dcplan.studies.resolve_interval import Proof, Verdict, difference

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dcplan.plans.plan import Plan

SAME = 1e-7
BEND = 0.02
STEP_COLUMNS = [
    "from", "to", "kind", "name", "before", "after", "objective", "change", "low_mjpy", "high_mjpy",
    "verdict", "low_mjpy_per_unit", "high_mjpy_per_unit",
]  # fmt: skip


def points_table(
    between: Sequence[str], plans: Mapping[str, Plan], values: Mapping[str, Mapping[str, float]]
) -> pd.DataFrame:
    """Return one row a plan, from the cheapest on: point, objectives, bound, gap, knee, twin, beaten_by.

    `twin` names an earlier point whose objectives are the same; `beaten_by` one that is at least as good in
    all objectives and better in one: both plans are at hand, so that no gap enters.
    """
    order = sorted(plans, key=lambda name: [values[name][each] for each in between])
    rows: list[dict[str, Any]] = []
    for name in order:
        told, found = plans[name].manifest, values[name]
        row: dict[str, Any] = {"point": name}
        row |= {each: found[each] for each in between}
        row |= {"bound_mjpy": float(told["bound_mjpy"]), "gap": float(told["gap"]), "status": told["status"]}
        row["twin"] = next((old["point"] for old in rows if _same(old, row, between)), "")
        row["beaten_by"] = next(
            (other for other in order if other != name and _beats(values[other], found, between)), ""
        )
        rows.append(row)
    table = pd.DataFrame(rows)
    table["knee"] = False
    return table


def _same(one: Mapping[str, Any], other: Mapping[str, Any], between: Sequence[str]) -> bool:
    return all(abs(one[each] - other[each]) <= SAME * max(1.0, abs(one[each])) for each in between)


def _beats(one: Mapping[str, float], other: Mapping[str, float], between: Sequence[str]) -> bool:
    room = {each: SAME * max(1.0, abs(other[each])) for each in between}
    no_worse = all(one[each] <= other[each] + room[each] for each in between)
    return no_worse and any(one[each] < other[each] - room[each] for each in between)


def on_curve(table: pd.DataFrame) -> pd.DataFrame:
    """Return the plans that are on the frontier: each once, none that another one beats."""
    return table[(table["twin"] == "") & (table["beaten_by"] == "")].reset_index(drop=True)


def knee_of(table: pd.DataFrame, between: Sequence[str]) -> str:
    """Return the point farthest below the line (the plane) through the ends, each objective from 0 to 1.

    Empty where none lies below it by `BEND`: the price of a step is the same all along.
    """
    curve = on_curve(table)
    scaled = np.zeros(len(curve))
    for each in between:
        low, high = curve[each].min(), curve[each].max()
        scaled += ((curve[each] - low) / (high - low)).to_numpy() if high > low else 0.0
    place = int(np.argmin(scaled))
    return str(curve["point"].iloc[place]) if scaled[place] < 1.0 - BEND else ""


def neighbours(table: pd.DataFrame, plans: Mapping[str, Plan], between: Sequence[str]) -> pd.DataFrame:
    """Return what changes from each plan of the curve to the next, and what the step costs.

    One row a decision that changes: from, to, kind, name, before, after. The columns objective and change
    say what the step changes beside cost; its cost lies between low_mjpy and high_mjpy; per unit of the
    objective it saves it is given only where it is known beyond the gaps.
    """
    curve = on_curve(table).to_dict("records")
    rows = []
    for one, other in itertools.pairwise(curve):
        price = difference(_proof(one), _proof(other))
        saved = {each: other[each] - one[each] for each in between if each != COST}
        objective = min(saved, key=lambda each: saved[each] / max(1.0, abs(one[each])))
        known = price.verdict is not Verdict.OPEN and saved[objective] < 0
        unit = {
            "low_mjpy_per_unit": price.low / -saved[objective] if known else None,
            "high_mjpy_per_unit": price.high / -saved[objective] if known else None,
        }
        step = {"from": one["point"], "to": other["point"], "objective": objective,
                "change": saved[objective], "low_mjpy": price.low, "high_mjpy": price.high,
                "verdict": price.verdict.value, **unit}  # fmt: skip
        changed = decision_changes(plans[str(one["point"])].tables, plans[str(other["point"])].tables)
        for change in changed.to_dict("records") or [
            {"kind": "racks", "name": "", "before": "", "after": ""}
        ]:
            rows.append({**step, **{str(key): value for key, value in change.items()}})
    return pd.DataFrame(rows, columns=STEP_COLUMNS)


def _proof(row: Mapping[Any, Any]) -> Proof:
    return Proof(float(row["bound_mjpy"]), float(row[COST]))
