"""Empty files of a new case: one CSV a table with its header, and a commented case.toml."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any, Final

from dcplan.data.schema import Column
from dcplan.data.tables import CASE_KEYS, SETTINGS, TABLES
from dcplan.data.write import toml_value
from dcplan.errors import InputError, Problem


def write_templates(folder: str | Path) -> list[Path]:
    """Write empty tables into a folder, which is made if needed, and return the files in reading order.

    CSV files are UTF-8 with a byte-order mark, which Excel needs to show Japanese text.

    Raises:
        InputError: one of the files is there already; nothing is then written.
    """
    folder = Path(folder)
    files = {folder / "case.toml": case_toml()}
    files |= {folder / table.file: _csv(name) for name, table in TABLES.items()}
    there = [path for path in files if path.exists()]
    if there:
        rule, remedy = "is there already", "Choose another folder; nothing was written."
        raise InputError([Problem(str(path), None, None, None, rule, remedy) for path in there])
    (folder / "weather").mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        encoding = "utf-8-sig" if path.suffix == ".csv" else "utf-8"
        path.write_text(text, encoding=encoding, newline="\n")
    return list(files)


def _csv(name: str) -> str:
    """Return the header of a table; the settings come with their names and units."""
    lines = [",".join(TABLES[name].column_names)]
    if name == "settings":
        empty = "," * (len(TABLES[name].column_names) - 3)
        lines += [f"{column.name},,{column.unit}{empty}" for column in SETTINGS.values()]
    return "\n".join(lines) + "\n"


STARTS: Final[dict[str, Any]] = dict.fromkeys(CASE_KEYS, "") | {
    "name": "new-case", "as_of": date(2026, 4, 1), "horizon_end": date(2032, 4, 1), "tail_years": 3,
    "granularity": "quarter", "edition": "retrospective", "terminal_value": "annuity",
}  # fmt: skip
"""What the keys of case.toml hold before they are filled in; a key with a default holds that."""
STARTS.update({name: column.default for name, column in CASE_KEYS.items() if column.default is not None})


def case_toml() -> str:
    """Return a case.toml to be filled in, each key with a comment."""
    keys = CASE_KEYS.items()
    return "".join(f"{_comment(column)}\n{name} = {toml_value(STARTS[name])}\n" for name, column in keys)


def _comment(column: Column) -> str:
    words = f" One of: {', '.join(column.choices)}." if column.choices else ""
    return f"# {column.doc}{words}"
