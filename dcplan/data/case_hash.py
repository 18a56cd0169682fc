"""One hash for what a case says, whatever file it came from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import numpy as np
import pandas as pd

from dcplan.data.case import Case
from dcplan.data.schema import Column
from dcplan.data.tables import TABLES

VERSION = "dcplan case 1"


def case_hash(case: Case) -> str:
    """Return the SHA-256 of the typed content of a case, as 64 hexadecimal digits.

    Two cases have the same hash if and only if every key of case.toml, every cell of every table (as the
    value that was read, not as the text) and every hourly temperature are the same. Encoding, number and date
    notation, order of columns, order of rows, blank rows, and whether the case is a folder or a workbook make
    no difference. Numbers compare exactly: 0.1 and 0.1000000001 differ, 5 and 5.0 do not; -0 is 0.
    """
    digest = hashlib.sha256()
    for line in _lines(case):
        digest.update(line.encode("utf-8"))
        digest.update(b"\n")
    for station in sorted(case.weather):
        digest.update(f"weather\t{_quoted(station)}\n".encode())
        digest.update(np.ascontiguousarray(case.weather[station] + 0.0, dtype="<f8").tobytes())
    return digest.hexdigest()


def _lines(case: Case) -> Iterator[str]:
    """Yield the keys of case.toml, then each table with its rows sorted."""
    yield VERSION
    for item in fields(case.info):
        yield f"{item.name}\t{_quoted(str(getattr(case.info, item.name)))}"
    for name, table in TABLES.items():
        frame = case[name]
        yield "\t".join([f"table {name}", *table.column_names])
        columns = [_texts(frame[column.name], column) for column in table.all_columns]
        yield from sorted("\t".join(row) for row in zip(*columns, strict=True))


def _texts(values: pd.Series, column: Column) -> list[str]:
    """Return the values of a column as canonical texts; what is empty is the empty text."""
    if column.kind == "float":
        return ["" if value != value else repr(value + 0.0) for value in values.tolist()]  # noqa: PLR0124 - NaN
    if column.kind in {"int", "bool"}:
        return [str(value) for value in values.tolist()]
    return [_quoted(value) for value in values.tolist()]


def _quoted(value: Any) -> str:
    """Return a text or a day as one line without tabs that no other value gives."""
    return "" if value is None else repr(value) if isinstance(value, str) else str(value)
