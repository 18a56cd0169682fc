"""Tables read back from an exported pack: what a reviewer holds is controlled, not what made it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.controls.control import Books
from dcplan.controls.quantity import Statements
from dcplan.errors import InputError, Problem
from dcplan.metrics.money.settings import money_settings

if TYPE_CHECKING:
    from collections.abc import Mapping

DESCRIPTOR = "datapackage.json"
PACKS = {"dcplan-capex": "capex", "dcplan-tcfd": "tcfd"}
"""Packs with figures to control, by the name in their descriptor."""
_ESCAPED = set("=+-@\t\r\n")


def is_export(folder: str | Path) -> bool:
    """Return whether a folder is an exported pack."""
    place = Path(folder) / DESCRIPTOR
    return place.is_file() and not (Path(folder) / "manifest.json").is_file()


def pack_of(folder: str | Path) -> str:
    """Return the name of an exported pack: `capex` or `tcfd`.

    Raises:
        InputError: the folder is no pack that has figures to control.
    """
    place = Path(folder)
    head = json.loads((place / DESCRIPTOR).read_text("utf-8"))
    name = str(head.get("name"))
    if name not in PACKS or (name == "dcplan-capex" and "controls" not in head):
        remedy = "Name a folder that `dcplan export --pack capex` or `--pack tcfd` wrote."
        rule = "only these packs have figures to control"
        raise InputError([Problem(str(place), None, "name", name, rule, remedy)])
    return PACKS[name]


def open_export(folder: str | Path) -> tuple[Books, list[str]]:
    """Read the CSV tables of an exported CAPEX pack, typed by its own descriptor.

    Returns:
        The books, and the files that are not those that were exported, by their hashes.

    Raises:
        InputError: it is no CAPEX pack, or a file of it is missing.
    """
    if pack_of(folder) != "capex":
        rule, remedy = "this pack has no money tables", "Name a folder that `--pack capex` wrote."
        raise InputError([Problem(str(folder), None, "name", None, rule, remedy)])
    head, tables, changed = _opened(Path(folder))
    told = head["controls"]
    books = Books(
        tables,
        money_settings({**told, "as_of": head["as_of"]}),
        float(told["published_cost_mjpy"]),
        float(told["announced_cost_mjpy"]),
    )
    return books, changed


def open_statements(folder: str | Path) -> tuple[Statements, list[str]]:
    """Read the CSV tables of an exported TCFD pack; as `open_export`."""
    _, tables, changed = _opened(Path(folder))
    return Statements(tables), changed


def _opened(place: Path) -> tuple[dict[str, Any], dict[str, pd.DataFrame], list[str]]:
    head = json.loads((place / DESCRIPTOR).read_text("utf-8"))
    changed = _changed(place, head["resources"])
    tables = {
        str(each["name"]).replace("-", "_"): _table(place / str(each["path"]), each["schema"]["fields"])
        for each in head["resources"]
    }
    return head, tables, changed


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
