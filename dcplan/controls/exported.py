"""Books read back from an exported CAPEX pack: what a reviewer holds is controlled, not what made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.controls.control import Books
from dcplan.errors import InputError, Problem
from dcplan.metrics.money.settings import money_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

DESCRIPTOR = "datapackage.json"
_ESCAPED = set("=+-@\t\r\n")


def is_export(folder: str | Path) -> bool:
    """Return whether a folder is an exported pack."""
    place = Path(folder) / DESCRIPTOR
    return place.is_file() and not (Path(folder) / "manifest.json").is_file()


def open_export(folder: str | Path) -> tuple[Books, list[str]]:
    """Read the CSV tables of an exported CAPEX pack, typed by its own descriptor.

    Returns:
        The books, and the files that are not those that were exported, by their hashes.

    Raises:
        InputError: it is no CAPEX pack, or a file of it is missing.
    """
    place = Path(folder)
    head = json.loads((place / DESCRIPTOR).read_text("utf-8"))
    if head.get("name") != "dcplan-capex" or "controls" not in head:
        remedy = "Name a folder that `dcplan export --pack capex` wrote."
        rule = "only the pack capex has money tables to control"
        raise InputError([Problem(str(place), None, "name", str(head.get("name")), rule, remedy)])
    changed = _changed(place, head["resources"])
    tables = {
        str(each["name"]).replace("-", "_"): _table(place / str(each["path"]), each["schema"]["fields"])
        for each in head["resources"]
    }
    told = head["controls"]
    books = Books(
        tables,
        money_settings({**told, "as_of": head["as_of"]}),
        float(told["published_cost_mjpy"]),
        float(told["announced_cost_mjpy"]),
    )
    return books, changed


def _changed(place: Path, resources: list[dict[str, Any]]) -> list[str]:
    """Return the files whose content is not what the descriptor tells."""
    missing = [str(place / each["path"]) for each in resources if not (place / each["path"]).is_file()]
    if missing:
        rule, remedy = "the file is missing from the export", "Export the plan again."
        raise InputError([Problem(name, None, None, None, rule, remedy) for name in missing])
    hashes = {each["path"]: hashlib.sha256((place / each["path"]).read_bytes()) for each in resources}
    return [
        each["path"] for each in resources if each["hash"] != f"sha256:{hashes[each['path']].hexdigest()}"
    ]


def _table(path: Path, fields: list[Mapping[str, Any]]) -> pd.DataFrame:
    """Read one table with the types that its fields tell."""
    raw = pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    return pd.DataFrame({each["name"]: _column(raw[each["name"]], each["type"]) for each in fields})


def _column(cells: pd.Series[str], kind: str) -> pd.Series[Any]:
    if kind == "string":
        led = cells.str.startswith("'") & cells.str[1:2].isin(_ESCAPED)
        return cells.where(~led, cells.str[1:])
    if kind == "boolean":
        return cells == "true"
    if kind == "integer" and not cells.eq("").any():
        return cells.astype("int64")
    if kind in ("number", "integer"):
        return pd.to_numeric(cells.where(cells != "", None))
    return cells
