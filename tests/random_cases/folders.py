"""A drawn case as a folder of inputs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from tests.random_cases.world import MONTH_DAYS

Table = list[dict[str, Any]]
REASON = "The planner wants it."


@dataclass
class Drawn:
    """A case that was drawn: what stands in case.toml, and its tables."""

    info: dict[str, Any]
    tables: dict[str, Table]

    def write(self, folder: Path) -> Path:
        """Write the folder of inputs."""
        folder.mkdir(parents=True)
        lines = [f"{key} = {toml(value)}\n" for key, value in self.info.items()]
        (folder / "case.toml").write_text("".join(lines), "utf-8")
        for name, rows in self.tables.items():
            if rows:
                (folder / f"{name}.csv").write_text(as_csv(name, rows), "utf-8")
        (folder / "weather").mkdir()
        for row in self.tables["stations"]:
            (folder / "weather" / row["file"]).write_text(weather(float(row["m08"])), "utf-8")
        return folder


def toml(value: object) -> str:
    return (
        value.isoformat()
        if isinstance(value, date)
        else str(value)
        if isinstance(value, int)
        else f'"{value}"'
    )


def as_csv(name: str, rows: Table) -> str:
    """The rows with provenance; columns that a row leaves out are empty."""
    plain = {} if name == "sources" else {"source": "made_up", "basis": "derived", "low": "", "high": ""}
    if plain:
        plain["reason"] = REASON if name == "pins" else ""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    lines = [",".join([*columns, *plain])]
    for row in rows:
        cells = [cell(row.get(column, "")) for column in columns]
        lines.append(",".join([*cells, *plain.values()]))
    return "\n".join(lines) + "\n"


def cell(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else str(value)


def weather(summer: float) -> str:
    """A year whose days warm up by 8 degC from night to noon; months differ by their normals alone."""
    rows, hour = ["hour_of_year,temp_c"], 0
    for month, days in enumerate(MONTH_DAYS):
        for day in range(days):
            for of_day in range(24):
                swing = 4 - abs(of_day - 12) * 8 / 12
                rows.append(f"{hour},{summer - 3 * abs(7 - month) + swing + day % 3:.3f}")
                hour += 1
    return "\n".join(rows) + "\n"
