"""What an exported table is: labels in two languages; unit, type, definition and formula of each column.

One declaration, `dictionary_tables.csv` and the files of `COLUMNS` beside this file, feeds the heads of the
workbook, its dictionary sheet and the schema of the CSV package. A column that is not declared is not
exported: it is an error. In each file the table `*` holds what a name means wherever it stands; a table lists
its columns in order, and what it leaves empty is taken from `*`.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Literal, cast

import pandas as pd

Kind = Literal["text", "int", "float", "bool", "date"]
LANGUAGES = ("en", "ja")
SHARED = "*"
COLUMNS = ("dictionary.csv", "dictionary_energy.csv")
"""Where columns are declared: money, then energy and emissions."""
_PARTS = ("kind", "unit", "en", "ja", "definition", "formula", "clause")


@dataclass(frozen=True)
class Field:
    """One exported column.

    `unit` is empty for text and dates and `-` for a ratio; `formula` is empty for what is not calculated,
    `clause` for what no standard asks for.
    """

    name: str
    kind: Kind
    unit: str
    en: str
    ja: str
    definition: str
    formula: str = ""
    clause: str = ""

    def label(self, lang: str) -> str:
        """Return the label in a language."""
        return (self.en, self.ja)[LANGUAGES.index(lang)]


@dataclass(frozen=True)
class Sheet:
    """One exported table: its code, machine name, key columns, labels, and `doc`, what it holds."""

    code: str
    name: str
    key: tuple[str, ...]
    en: str
    ja: str
    doc_en: str
    doc_ja: str
    fields: tuple[Field, ...]

    @property
    def title(self) -> str:
        """The name of the sheet: code and table; Excel allows 31 characters."""
        return f"{self.code} {self.name}"[:31]

    def label(self, lang: str) -> str:
        """Return the title of the table in a language."""
        return (self.en, self.ja)[LANGUAGES.index(lang)]

    def doc(self, lang: str) -> str:
        """Return what the table holds, in a language."""
        return (self.doc_en, self.doc_ja)[LANGUAGES.index(lang)]

    def arranged(self, table: pd.DataFrame) -> pd.DataFrame:
        """Return a table with the columns of the dictionary in its order.

        Raises:
            LookupError: the table and the dictionary do not hold the same columns.
        """
        names = [each.name for each in self.fields]
        if set(names) != set(table.columns):
            unknown = sorted(set(map(str, table.columns)) - set(names))
            absent = sorted(set(names) - set(map(str, table.columns)))
            raise LookupError(f"{self.name}: not in the dictionary {unknown}, not in the table {absent}")
        return table[names]


@cache
def sheets(pack: str) -> Mapping[str, Sheet]:
    """Return the tables of a pack by name, in the order of their codes.

    Raises:
        LookupError: a column is declared without type, labels or definition.
    """
    columns: list[dict[str, str]] = []
    shared: dict[tuple[str, str], dict[str, str]] = {}
    for name in COLUMNS:
        rows = _rows(name)
        columns += rows
        shared |= {(name, row["column"]): row for row in rows if row["table"] == SHARED}
    made = {}
    for row in _rows("dictionary_tables.csv"):
        if row["pack"] != pack:
            continue
        own = [each for each in columns if each["table"] == row["table"]]
        fields = tuple(_field(each, shared.get((each["file"], each["column"]), {})) for each in own)
        key = tuple(row["key"].split())
        if tuple(each.name for each in fields[: len(key)]) != key:
            raise LookupError(f"{row['table']}: the key columns {key} must come first in dictionary.csv")
        made[row["table"]] = Sheet(
            row["code"], row["table"], key, row["en"], row["ja"], row["doc_en"], row["doc_ja"], fields
        )
    return made


def _rows(name: str) -> list[dict[str, str]]:
    text = files("dcplan.report").joinpath(name).read_text(encoding="utf-8")
    return [{**row, "file": name} for row in csv.DictReader(text.splitlines())]


def _field(row: Mapping[str, str], shared: Mapping[str, str]) -> Field:
    found = {part: row.get(part) or shared.get(part) or "" for part in _PARTS}
    bare = [part for part in ("kind", "en", "ja", "definition") if not found[part]]
    if bare:
        raise LookupError(f"{row['file']}: {row['table']}.{row['column']} has no {', '.join(bare)}")
    return Field(
        row["column"],
        cast("Kind", found["kind"]),
        *(found[part] for part in ("unit", "en", "ja", "definition", "formula", "clause")),
    )


def dictionary_table(held: Sequence[Sheet]) -> pd.DataFrame:
    """Return the dictionary as a table (T42): one row a column of every sheet, in the order of the pack."""
    rows = [
        (sheet.name, each.name, sheet.code, each.name in sheet.key, *_described(each))
        for sheet in held
        for each in sheet.fields
    ]
    columns = ["table", "column", "code", "is_key", "label_en", "label_ja", "unit", "type", "definition"]
    return pd.DataFrame(rows, columns=[*columns, "formula", "clause"])


def _described(each: Field) -> tuple[str, ...]:
    return (each.en, each.ja, each.unit, each.kind, each.definition, each.formula, each.clause)
