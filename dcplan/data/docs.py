"""The data dictionary as documents: `docs/inputs.md` and a Frictionless `datapackage.json`."""

from __future__ import annotations

from typing import Any, Final

from dcplan.data.case import Case
from dcplan.data.schema import MISSING, PROVENANCE, Column, Table
from dcplan.data.tables import CASE_KEYS, SETTINGS, TABLES

_FRICTIONLESS: Final = {
    "text": "string", "choice": "string", "int": "integer", "float": "number", "bool": "boolean", "date":
    "date",
}  # fmt: skip

_INTRO: Final = """\
# Input tables

<!-- Generated from dcplan/data/tables*.py by scripts/generate_docs.py; do not edit. -->

A case is a folder with `case.toml`, one CSV file a table, and hourly temperatures in `weather/`. `dcplan
check` reports every problem at once, with file, row, column and remedy.

- Text is UTF-8, with or without byte-order mark; Shift_JIS (cp932) as Japanese Excel writes it is read and
  reported.
- An empty cell or `NA` means *no value*. Numbers may be full-width or carry thousands separators (`"1,234"`);
  dates are `2026-04-01` or `2026/4/1`.
- A fiscal year n runs from 1 April n to 31 March n+1. Yearly series have no gap from the fiscal year of
  `as_of` to the last of the horizon; years after the last row, in the tail, hold the last value.
- Columns marked *optional* may be empty or absent. Files marked *optional* may be absent: the table is then
  empty.
"""


def inputs_markdown() -> str:
    """Return `docs/inputs.md`: every key, setting, table and column with unit, bounds and meaning."""
    parts = [_INTRO, "## case.toml\n", _column_table(CASE_KEYS.values(), key=())]
    parts += [
        "## Provenance: the last columns of every table but `sources`\n",
        _column_table(PROVENANCE, key=()),
    ]
    parts.append(
        "`low` and `high` are required for an assumption in a table with a measure, and empty otherwise;\n"
        "low <= measure <= high. One reason serves at most ten rows of a case.\n"
    )
    for table in TABLES.values():
        parts.append(_section(table))
        if table.name == "settings":
            parts += ["The settings, all required:\n", _column_table(SETTINGS.values(), key=())]
    parts.append(_WEATHER)
    return "\n".join(parts)


_WEATHER: Final = """\
## weather/*.csv

`hour_of_year` (0 to 8759, in order) and `temp_c` (degC, -40 to 50): 8,760 rows of a typical year without 29
February, the first row 1 January 00:00. Other columns are ignored. Temperatures are shifted month by month
to the normals of `stations`.
"""


def _section(table: Table) -> str:
    """Return the section of one table."""
    lines = [f"## {table.file}\n", table.doc + (" *Optional file.*" if table.optional_file else "") + "\n"]
    facts = [f"Key: {', '.join(f'`{name}`' for name in table.key)}."]
    if table.measure:
        facts.append(f"`low` and `high` speak about `{table.measure}`.")
    if not table.provenance:
        facts.append("No provenance columns.")
    lines += [" ".join(facts) + "\n", _column_table(table.columns, key=table.key)]
    return "\n".join(lines)


def _column_table(columns: Any, key: tuple[str, ...]) -> str:
    """Return columns as a Markdown table."""
    lines = ["| column | type | unit | allowed | meaning |", "|---|---|---|---|---|"]
    for column in columns:
        name = f"`{column.name}`" + (" (key)" if column.name in key else "")
        cells = (name, column.kind, column.unit or "", allowed(column), column.doc.replace("|", "\\|"))
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def allowed(column: Column) -> str:
    """Return what a column takes, in words: bounds, choices, reference, optional."""
    words = []
    if column.choices:
        words.append(", ".join(f"`{choice}`" for choice in column.choices))
    low, high = column.lower, column.upper
    if low is not None:
        words.append(f">= {low:g}")
    if column.above is not None:
        words.append(f"> {column.above:g}")
    if high is not None:
        words.append(f"<= {high:g}")
    if column.below is not None:
        words.append(f"< {column.below:g}")
    if column.references:
        words.append(f"in `{column.references}`")
    if column.optional:
        words.append("optional" if column.default is None else f"optional, default {column.default}")
    return ", ".join(words)


def field(column: Column, table: Table) -> dict[str, Any]:
    """Return a column as a Frictionless Table Schema field."""
    constraints: dict[str, Any] = {}
    if not column.optional:
        constraints["required"] = True
    if table.key == (column.name,):
        constraints["unique"] = True
    if column.choices:
        constraints["enum"] = list(column.choices)
    for bound, name in (
        (column.lower, "minimum"),
        (column.upper, "maximum"),
        (column.above, "exclusiveMinimum"),
        (column.below, "exclusiveMaximum"),
    ):
        if bound is not None:
            constraints[name] = int(bound) if column.kind == "int" else bound
    out: dict[str, Any] = {"name": column.name, "type": _FRICTIONLESS[column.kind], "description": column.doc}
    if column.kind == "date":
        out["format"] = "default"
    if column.kind == "bool":
        out |= {"trueValues": ["true"], "falseValues": ["false"]}
    if column.unit:
        out["unit"] = column.unit
    if constraints:
        out["constraints"] = constraints
    return out


def table_schema(table: Table, *, present: frozenset[str] | None = None) -> dict[str, Any]:
    """Return a table as a Frictionless Table Schema; `present` limits foreign keys to these tables."""
    keys = [
        {
            "fields": [column.name],
            "reference": {
                "resource": "" if column.parent[0] == table.name else column.parent[0],
                "fields": [column.parent[1]],
            },
        }
        for column in table.all_columns
        if column.parent is not None and (present is None or column.parent[0] in present)
    ]
    schema: dict[str, Any] = {
        "fields": [field(column, table) for column in table.all_columns],
        "missingValues": list(MISSING),
        "primaryKey": list(table.key),
    }
    return schema | ({"foreignKeys": keys} if keys else {})


def datapackage(case: Case) -> dict[str, Any]:
    """Return the Frictionless data package of a case: a resource for every table file that it has.

    Paths are relative to the case folder; hashes are the SHA-256 of the files as read.
    """
    present = frozenset(name for name, table in TABLES.items() if table.file in case.hashes)
    resources = [
        {
            "name": name,
            "path": table.file,
            "profile": "tabular-data-resource",
            "format": "csv",
            "mediatype": "text/csv",
            "encoding": case.encodings.get(table.file, "utf-8").replace("utf-8-sig", "utf-8"),
            "hash": f"sha256:{case.hashes[table.file]}",
            "description": table.doc,
            "schema": table_schema(table, present=present),
        }
        for name, table in TABLES.items()
        if name in present
    ]
    return {
        "profile": "tabular-data-package",
        "name": case.info.name.lower(),
        "title": case.info.title,
        "description": case.info.notice,
        "resources": resources,
    }
