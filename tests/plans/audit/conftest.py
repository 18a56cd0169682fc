"""The hand-made plan as a folder, for the tests of the audit; its numbers are in `handmade`."""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from .handmade import CASE, COSTS, INPUTS, TOTAL, Table, decisions, derived, parsed


@dataclass
class HandPlan:
    """A plan folder before it is written: change a cell, then `write`."""

    folder: Path
    case: str = CASE
    inputs: dict[str, Table] = field(default_factory=lambda: parsed(INPUTS))
    tables: dict[str, Table] = field(default_factory=lambda: decisions() | derived())
    manifest: dict[str, object] = field(default_factory=dict)
    plan: str = "optimised"

    def cell(self, table: str, column: str, key: str, value: object) -> HandPlan:
        """Set one cell of the plan; `key` holds the first labels of its row, with commas between them."""
        return self._set(self.tables[table], column, key, value)

    def given(self, table: str, column: str, key: str, value: object) -> HandPlan:
        """Set one cell of the inputs."""
        return self._set(self.inputs[table], column, key, value)

    def _set(self, table: Table, column: str, key: str, value: object) -> HandPlan:
        row = next(row for row in table[1] if ",".join(map(str, row)).startswith(key + ","))
        row[table[0].split(",").index(column)] = value
        return self

    def settle(self, cost: float) -> HandPlan:
        """Publish another cost, proven."""
        self.manifest |= {"published_cost_mjpy": cost, "bound_mjpy": cost, "gap": 0.0}
        return self

    def drop(self, table: str, key: str) -> HandPlan:
        """Remove the rows that start with `key`."""
        rows = self.tables[table][1]
        rows[:] = [row for row in rows if not ",".join(map(str, row)).startswith(key + ",")]
        return self

    def only_decisions(self) -> HandPlan:
        """Remove every derived table."""
        self.tables = {name: table for name, table in self.tables.items() if name in decisions()}
        return self

    def write(self) -> Path:
        """Write the folder and return it."""
        inner = self.folder if self.plan == "optimised" else self.folder / self.plan
        for place, tables in ((self.folder / "inputs", self.inputs), (inner / "tables", self.tables)):
            place.mkdir(parents=True, exist_ok=True)
            for name, (header, rows) in tables.items():
                with (place / f"{name}.csv").open("w", newline="", encoding="utf-8") as file:
                    csv.writer(file).writerows([header.split(","), *rows])
        weather = self.folder / "inputs" / "weather"
        weather.mkdir(exist_ok=True)
        (weather / "flat.csv").write_text(
            "hour_of_year,temp_c\n" + "".join(f"{h},20.0\n" for h in range(8760))
        )
        (self.folder / "inputs" / "case.toml").write_text(self.case, encoding="utf-8")
        saved = {
            path.relative_to(self.folder / "inputs").as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
            for path in sorted((self.folder / "inputs").rglob("*.*"))
        }
        told = {
            "as_of": "2022-04-01",
            "edition": "tutorial",
            "granularity": "half",
            "tail_years": 1,
            "terminal_value": "annuity",
            "status": "optimal",
            "published_cost_mjpy": TOTAL,
            "bound_mjpy": TOTAL - 0.1,
            "gap": 0.1 / TOTAL,
            "requested_gap": 0.001,
            "inputs": saved,
        }
        (self.folder / "manifest.json").write_text(json.dumps(told | self.manifest))
        return self.folder


@pytest.fixture
def hand(tmp_path: Path) -> HandPlan:
    return HandPlan(tmp_path / "plan")


@pytest.fixture
def make_hand(tmp_path: Path) -> Callable[[str], HandPlan]:
    return lambda name: HandPlan(tmp_path / name)


@pytest.fixture(scope="session")
def hand_costs() -> dict[tuple[str, str], tuple[float, float, float]]:
    return COSTS
