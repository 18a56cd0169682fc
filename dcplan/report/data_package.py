"""Exported tables as CSV files with a Frictionless descriptor.

The files are UTF-8 with a byte-order mark, so that Excel opens Japanese text as it is; the descriptor names
the encoding. Numbers are in full precision, dates ISO, a missing value is an empty cell, and text that a
spreadsheet would take for a formula is led by an apostrophe.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.plans.plan import write_csv

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.report.dictionary import Field, Sheet

ENCODING = "utf-8-sig"
DESCRIPTOR = "datapackage.json"
_MARK = b"\xef\xbb\xbf"
_RUN = set("=+-@\t\r\n")
_TYPES = {"text": "string", "int": "integer", "float": "number", "bool": "boolean", "date": "date"}


def write_data_package(
    sheets: Sequence[tuple[Sheet, pd.DataFrame]], folder: Path, head: dict[str, Any]
) -> list[Path]:
    """Write `<folder>/data/<table>.csv` for every table and `<folder>/datapackage.json`; return the files.

    Args:
        sheets: each table with its dictionary.
        folder: where to write.
        head: the first entries of the descriptor: name, title, created, ...

    Raises:
        LookupError: a table holds a column that its dictionary does not.
    """
    data = folder / "data"
    data.mkdir(parents=True)
    files, resources = [], []
    for sheet, table in sheets:
        path = data / f"{sheet.name}.csv"
        write_csv(_typed(sheet.arranged(table), sheet), path)
        path.write_bytes(_MARK + path.read_bytes())
        files.append(path)
        resources.append(_resource(sheet, path, folder))
    descriptor = folder / DESCRIPTOR
    text = json.dumps({**head, "resources": resources}, indent=2, ensure_ascii=False)
    descriptor.write_text(text + "\n", "utf-8")
    return [*files, descriptor]


def _typed(table: pd.DataFrame, sheet: Sheet) -> pd.DataFrame:
    """Return a table as its file shows it: integers without a decimal point, text escaped and on lines."""
    made = table.astype({each.name: "Int64" for each in sheet.fields if each.kind == "int"})
    for each in sheet.fields:
        if each.kind == "text":
            made[each.name] = made[each.name].map(_plain)
    return made


def _plain(value: Any) -> Any:
    """Return text that no spreadsheet runs; a bare carriage return would end the row of a CSV file."""
    if not isinstance(value, str):
        return value
    led = "'" + value if value[:1] in _RUN else value
    return led.replace("\r\n", "\n").replace("\r", "\n")


def _resource(sheet: Sheet, path: Path, folder: Path) -> dict[str, Any]:
    content = path.read_bytes()
    return {
        "name": sheet.name.replace("_", "-"),
        "title": f"{sheet.code} {sheet.en}",
        "title_ja": sheet.ja,
        "description": sheet.doc("en"),
        "path": path.relative_to(folder).as_posix(),
        "format": "csv",
        "mediatype": "text/csv",
        "encoding": ENCODING,
        "bytes": len(content),
        "hash": f"sha256:{hashlib.sha256(content).hexdigest()}",
        "dialect": {"lineTerminator": "\n"},
        "schema": {
            "fields": [_field(each, required=each.name in sheet.key) for each in sheet.fields],
            "missingValues": [""],
        },
    }


def _field(each: Field, *, required: bool) -> dict[str, Any]:
    made: dict[str, Any] = {
        "name": each.name,
        "type": _TYPES[each.kind],
        "title": each.en,
        "title_ja": each.ja,
    }
    if each.unit:
        made["unit"] = each.unit
    made["description"] = each.definition
    if each.formula:
        made["formula"] = each.formula
    if each.clause:
        made["clause"] = each.clause
    if each.kind == "bool":
        made |= {"trueValues": ["true"], "falseValues": ["false"]}
    if required and each.kind != "text":
        made["constraints"] = {"required": True}
    return made
