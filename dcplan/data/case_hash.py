"""One hash for what a case says, whatever file it came from."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from dcplan.data.case import Case
from dcplan.data.schema import Column, Table
from dcplan.data.tables import TABLES

VERSION = "dcplan case 1"


def case_hash(case: Case) -> str:
    """Return the SHA-256 of the typed content of a case, as 64 hexadecimal digits.

    Two cases have the same hash if and only if every key of case.toml, every cell of every table (as the
    value that was read, not as the text) and every hourly temperature are the same. Encoding, number and date
    notation, order of columns, order of rows, blank rows, and whether the case is a folder or a workbook make
    no difference. Numbers compare exactly: 0.1 and 0.1000000001 differ, 5 and 5.0 do not; -0 is 0.
    """
    return hash_of(case, [table_content(table, _values(table, case[name])) for name, table in TABLES.items()])


def _values(table: Table, frame: pd.DataFrame) -> dict[str, list[Any]]:
    return {name: frame[name].tolist() for name in table.column_names}


def hash_of(case: Case, tables: Iterable[bytes]) -> str:
    """Return the hash of a case whose tables have this content, in the order of the data dictionary."""
    digest = hashlib.sha256(f"{VERSION}\n".encode())
    for item in fields(case.info):
        digest.update(f"{item.name}\t{_quoted(str(getattr(case.info, item.name)))}\n".encode())
    for content in tables:
        digest.update(content)
    for station in sorted(case.weather):
        digest.update(f"weather\t{_quoted(station)}\n".encode())
        digest.update(np.ascontiguousarray(case.weather[station] + 0.0, dtype="<f8").tobytes())
    return digest.hexdigest()


def table_content(table: Table, values: Mapping[str, Sequence[Any]]) -> bytes:
    """Return what a table says, with its rows sorted. `values` has one entry a row for each column."""
    columns = [_texts(values[column.name], column) for column in table.all_columns]
    rows = sorted("\t".join(row) for row in zip(*columns, strict=True))
    lines = ["\t".join([f"table {table.name}", *table.column_names]), *rows]
    return "".join(f"{line}\n" for line in lines).encode("utf-8")


def _texts(values: Sequence[Any], column: Column) -> list[str]:
    """Return the values of a column as canonical texts; what is empty is the empty text."""
    if column.kind == "float":
        return ["" if value is None or math.isnan(value) else repr(value + 0.0) for value in values]
    if column.kind in {"int", "bool"}:
        return [str(value) for value in values]
    return [_quoted(value) for value in values]


def _quoted(value: Any) -> str:
    """Return a text or a day as one line without tabs that no other value gives."""
    return "" if value is None else repr(value) if isinstance(value, str) else str(value)
