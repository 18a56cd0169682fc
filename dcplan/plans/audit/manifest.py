"""What a plan says about itself: cost, bound, gap, status, inputs, and the comparison of plans."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dcplan.plans.audit.costs import Bill, is_cash
from dcplan.plans.audit.reading import Floats, UnreadableError, read_optional, read_sheet
from dcplan.plans.audit.report import TOLERANCE, Ledger
from dcplan.plans.audit.tables import horizon
from dcplan.plans.audit.world import World

STATUSES = ("optimal", "feasible", "interrupted")
SAME = ("as_of", "edition")
SAME_IF_TOLD = {"case": "name", "title": "title", "horizon_end": "horizon_end"}
RATES = ("discount_rate", "tax_rate", "borrowing_rate")
UNITS = {"energy": "MWh", "carbon": "tCO2e", "capex": "M JPY", "cash": "M JPY", "racks": "racks"}
COST_UNIT = "M JPY PV"
EXACT = 1e-3
"""Sums that only the order of additions can change agree to this share of the usual tolerance: to 1e-9."""


def read_manifest(folder: Path) -> dict[str, Any]:
    """Return the manifest of a plan folder."""
    try:
        found = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as fault:
        raise UnreadableError("manifest.json", f"cannot be read ({fault})") from None
    if not isinstance(found, dict):
        raise UnreadableError("manifest.json", "is not an object")
    return found


def check_manifest(
    bill: Bill, terminal_values: Mapping[str, float], manifest: Mapping[str, Any], ledger: Ledger
) -> None:
    """Check the manifest of the optimised plan against the audit's own numbers.

    The cost agrees to 1e-9 of its largest term: only the order of additions differs, and at 1e-6 the cost of
    a kW more in one contract would be lost in the price of a building.
    """
    where = {"file": "manifest.json"}
    published = _number(manifest, "published_cost_mjpy")
    message = "the published cost is not the sum of all present values"
    scale = EXACT * max(bill.largest, 1.0)
    ledger.number("cost_total", where, bill.total, published, scale, message)
    _gap(manifest, published, ledger)
    for rule, total in terminal_values.items():
        values = manifest.get("terminal_values")
        if isinstance(values, Mapping) and rule in values:
            found = _number(values, rule)
            message = f"the cost with terminal value by {rule} is wrong"
            ledger.number("cost_total", {**where, "terminal_value": rule}, total, found, scale, message)


def _number(table: Mapping[str, Any], key: str) -> float:
    value = table.get(key)
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else math.nan


def _gap(manifest: Mapping[str, Any], published: float, ledger: Ledger) -> None:
    """Gap = (published - bound) / published, the bound is no more than the cost, the status is earned."""
    where = {"file": "manifest.json"}
    bound, gap, asked = (_number(manifest, key) for key in ("bound_mjpy", "gap", "requested_gap"))
    status = str(manifest.get("status"))
    ledger.require("gap", status in STATUSES, where, " or ".join(STATUSES), status, "unknown status")
    if status != "optimal" and manifest.get("bound_mjpy") is None and manifest.get("gap") is None:
        return
    slack = TOLERANCE * max(abs(published), 1.0)
    holds = bound <= published + slack
    ledger.require("gap", holds, where, published, bound, "the bound is above the published cost", slack)
    expected = max(0.0, (published - bound) / published) if published else math.nan
    ledger.number("gap", where, expected, gap, 1.0, "the gap is not (published - bound) / published")
    if status == "optimal":
        holds = gap <= asked + TOLERANCE
        message = "the status is optimal with a gap above the requested one"
        ledger.require("gap", holds, where, asked, gap, message, TOLERANCE)


class Inputs:
    """The saved inputs of a plan folder as files; what is asked of them is worked out once."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self.folder = folder
        self._hashes: dict[str, str] = {}

    def hash_of(self, file: str) -> str:
        """Return the SHA-256 of a file, or that it is missing."""
        if file not in self._hashes:
            path = self.folder / file
            found = hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "missing"
            self._hashes[file] = found
        return self._hashes[file]

    @cached_property
    def assumptions(self) -> tuple[int, int]:
        """The rows with provenance over all tables of the case, and how many are assumptions."""
        sheets = [read_optional(path) for path in sorted(self.folder.glob("*.csv"))]
        cells = [sheet.columns["basis"] for sheet in sheets if sheet is not None and "basis" in sheet.columns]
        return sum(map(len, cells)), sum(column.count("assumption") for column in cells)


def check_inputs(world: World, manifest: Mapping[str, Any], inputs: Inputs, ledger: Ledger) -> None:
    """Check that the saved inputs are those that were solved, and the count of assumptions."""
    info = world.case.info
    hashes = manifest.get("inputs")
    for file, told in hashes.items() if isinstance(hashes, Mapping) else []:
        where = {"file": f"inputs/{file}"}
        found = inputs.hash_of(str(file))
        ledger.require(
            "inputs", found == told, where, str(told), found, "the saved input is not what was solved"
        )
    where = {"file": "manifest.json"}
    for key in SAME:
        told, held = str(manifest.get(key)), str(info.get(key))
        ledger.require("inputs", told == held, where, held, told, f"{key} is not that of case.toml")
    for key in SAME_IF_TOLD.keys() & manifest.keys():
        told, held = str(manifest[key]), str(info.get(SAME_IF_TOLD[key]))
        ledger.require("inputs", told == held, where, held, told, f"{key} is not that of case.toml")
    for key in RATES:
        if key in manifest:
            told_rate, rate = _number(manifest, key), world.case.setting(key)
            ledger.number("inputs", where, rate, told_rate, 1e-6, f"{key} is not that of settings.csv")
    if "objective" in manifest:
        told, held = str(manifest["objective"]), str(info.get("objective", "pre_tax"))
        ledger.require("inputs", told == held, where, held, told, "the objective is not that of case.toml")
    told_assumptions = manifest.get("assumptions")
    if isinstance(told_assumptions, Mapping):
        rows, assumed = inputs.assumptions
        share = assumed / rows if rows else 0.0
        found_rows = _number(told_assumptions, "rows")
        message = "the number of rows that are assumptions is wrong"
        ledger.number("assumptions", where, assumed, found_rows, 0.0, message)
        found_share = _number(told_assumptions, "share_of_rows")
        ledger.number("assumptions", where, share, found_share, 1.0, "the share of assumptions is wrong")


def check_comparison(
    world: World, bill: Bill, yearly: Mapping[str, Floats], folder: Path, ledger: Ledger
) -> None:
    """Check this plan's rows of comparison.csv: costs as present values, the rest over reported years.

    `yearly` is the summary of the plan.
    """
    path = folder / "comparison.csv"
    if not path.exists():
        return
    sheet = read_sheet(path)
    expected = _measures(world, bill, yearly)
    values, units = sheet.numbers("value"), sheet.text("unit")
    plans = {"optimised", *(inner.name for inner in folder.iterdir() if (inner / "tables").is_dir())}
    seen: set[str] = set()
    for row, (plan, measure) in enumerate(zip(sheet.text("plan"), sheet.text("measure"), strict=True)):
        where = {"file": "comparison.csv", "plan": plan, "measure": measure}
        ledger.require("comparison", plan in plans, where, "a plan of this folder", plan, "unknown plan")
        if plan != world.plan:
            continue
        known = measure in expected and measure not in seen
        seen.add(measure)
        if ledger.require(
            "comparison", known, where, "a known measure, once", measure, "unknown or repeated"
        ):
            want, scale = expected[measure]
            message = "the value is not what inputs and decisions give"
            ledger.number("comparison", where, want, float(values[row]), scale, message)
            unit = UNITS.get(measure.split(":")[0], COST_UNIT)
            ledger.require("comparison", units[row] == unit, where, unit, units[row], "the unit is wrong")
    for measure, (want, scale) in expected.items():
        missing = measure not in seen and abs(want) > TOLERANCE * scale
        where = {"file": "comparison.csv", "plan": world.plan, "measure": measure}
        ledger.require("comparison", not missing, where, want, "0 rows", "the row is missing")


def _measures(world: World, bill: Bill, yearly: Mapping[str, Floats]) -> dict[str, tuple[float, float]]:
    """Return each measure of comparison.csv with its value and its scale."""
    planned = horizon(world)
    figures = {name: float(column[planned].sum()) for name, column in yearly.items()}
    reported = ~world.case.clock.tail
    nominal = {term: float(table[:, reported].sum()) for term, table in bill.nominal.items()}
    cash = sum(amount for term, amount in nominal.items() if is_cash(term))
    moved = float(world.decisions.moved_out[:, :, reported].sum())
    found = {f"cost:{term}": float(table.sum()) for term, table in bill.present.items()}
    found |= {
        "cost": bill.total,
        "energy:facility_mwh": figures["facility_mwh"],
        "energy:it_mwh": figures["it_mwh"],
        "carbon:location_tco2e": figures["location_tco2e"],
        "capex": figures["capex_mjpy"],
        "cash": cash,
        "racks:moved_out": moved,
    }
    exact = EXACT * max(bill.largest, 1.0)
    return {
        measure: (value, exact if measure.startswith("cost") else max(abs(value), 1.0))
        for measure, value in found.items()
        if np.isfinite(value)
    }
