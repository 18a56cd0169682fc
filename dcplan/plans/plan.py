"""A plan as a folder: manifest, tidy tables, the inputs that were solved, the reference plans."""

from __future__ import annotations

import csv
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.errors import InputError, Problem

if TYPE_CHECKING:
    from dcplan.data.case import Case

SCHEMA_VERSION = 1
REFERENCES = ("as_announced", "as_announced_2022", "frozen")
_FORMULA = frozenset("=+-@\t\r")
"""What a spreadsheet takes for the beginning of a formula."""


class SavedTables(Mapping[str, pd.DataFrame]):
    """The tables of a plan by name, each read from its folder when it is first asked for."""

    def __init__(self, folder: Path) -> None:
        """See which there are."""
        self._files = {path.stem: path for path in sorted(folder.glob("*.csv"))}
        self._read: dict[str, pd.DataFrame] = {}

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table."""
        if name not in self._read:
            self._read[name] = read_csv(self._files[name])
        return self._read[name]

    def __contains__(self, name: object) -> bool:
        """Say whether there is such a table, without reading it."""
        return name in self._files

    def __iter__(self) -> Iterator[str]:
        """Name them."""
        return iter(self._files)

    def __len__(self) -> int:
        """Count them."""
        return len(self._files)


@dataclass(frozen=True)
class Plan:
    """A published plan.

    ``tables`` holds the optimised plan by table name, ``references`` the plans it is compared with,
    ``comparison`` the totals of all of them (plan, measure, unit, value), ``manifest`` status, gap, bound,
    versions, hashes and seconds. ``case`` are the inputs of a plan that was made just now; those of one that
    was opened are read from its folder.
    """

    manifest: dict[str, Any]
    tables: Mapping[str, pd.DataFrame]
    references: Mapping[str, Mapping[str, pd.DataFrame]]
    comparison: pd.DataFrame
    folder: Path | None = None
    case: Case | None = None


def refuse_existing(folder: Path) -> None:
    """Refuse to write over what is there.

    Raises:
        InputError: the folder exists.
    """
    if folder.exists():
        raise InputError(
            [Problem(str(folder), None, None, None, "the folder exists", "Name a new folder with -o.")]
        )


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write a JSON document, readable and in UTF-8."""
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False, default=str) + "\n", "utf-8")


def copy_inputs(source: Path, target: Path) -> None:
    """Copy the files of a case: case.toml, tables, weather and the notices beside them."""
    kinds = {".csv", ".toml", ".md", ".MIT"}
    shutil.copytree(
        source,
        target,
        ignore=lambda folder, names: [
            n for n in names if (Path(folder) / n).is_file() and Path(n).suffix not in kinds
        ],
    )


def write_tables(tables: dict[str, pd.DataFrame], folder: Path) -> None:
    """Write each table as CSV."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, table in tables.items():
        write_csv(table, folder / f"{name}.csv")


def write_csv(table: pd.DataFrame, path: Path) -> None:
    """Write a table in full precision; no text of it can be taken for a formula by a spreadsheet."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(table.columns)
        out.writerows(zip(*([_safe(value) for value in table[name].tolist()] for name in table), strict=True))


def _safe(value: object) -> object:
    """Return what stands in a cell: numbers in full precision, true or false, nothing for what is missing."""
    if isinstance(value, str):
        return "'" + value if value[:1] in _FORMULA else value
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None or value is pd.NA or value != value else value  # noqa: PLR0124 - NaN


def read_tables(folder: Path) -> dict[str, pd.DataFrame]:
    """Read every table of a plan folder; dates as dates, booleans as booleans."""
    return {path.stem: read_csv(path) for path in sorted(folder.glob("*.csv"))}


def read_csv(path: Path) -> pd.DataFrame:
    """Read one plan table: only an empty cell is missing."""
    table = pd.read_csv(path, keep_default_na=False, na_values=[""])
    for name in table.columns:
        if name in {"start", "end", "date", "service_date", "announced_date"}:
            table[name] = [date.fromisoformat(v) if isinstance(v, str) else None for v in table[name]]
        elif (
            not pd.api.types.is_numeric_dtype(table[name])
            and len(table) > 0
            and table[name].isin(["true", "false"]).all()
        ):
            table[name] = table[name] == "true"
    return table


def open_plan(folder: str | Path) -> Plan:
    """Open a saved plan; tables of its reference plans are read when they are asked for.

    Raises:
        InputError: the folder is not a plan, or was written by another schema version.
    """
    folder = Path(folder)
    manifest_file = folder / "manifest.json"
    if not manifest_file.is_file():
        remedy = "Name a folder that `dcplan solve` wrote."
        raise InputError(
            [Problem(str(folder), None, None, None, "not a plan folder: manifest.json is missing", remedy)]
        )
    manifest = json.loads(manifest_file.read_text("utf-8"))
    if manifest.get("schema_version") != SCHEMA_VERSION:
        rule = f"schema_version must be {SCHEMA_VERSION}"
        found = manifest.get("schema_version")
        raise InputError(
            [Problem(str(manifest_file), None, "schema_version", str(found), rule, "Solve the case again.")]
        )
    comparison = read_csv(folder / "comparison.csv")
    kept = {name: folder / name / "tables" for name in REFERENCES if (folder / name).is_dir()}
    references = {name: SavedTables(tables) for name, tables in kept.items()}
    return Plan(manifest, read_tables(folder / "tables"), references, comparison, folder)
