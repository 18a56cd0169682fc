"""Where the numbers of a case come from: hashes of its files, shares by basis, the list of assumptions."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from dcplan.data.case import Case
from dcplan.data.tables import TABLES

BASES: Final = ("disclosed", "public", "derived", "assumption")


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def input_files(case: Case) -> list[str]:
    """Return the files that the case was read from, relative to its folder, sorted."""
    return sorted(case.hashes)


def changed_files(case: Case) -> list[str]:
    """Return the files that are gone or no longer what they were when the case was read."""
    return [
        name
        for name, digest in case.hashes.items()
        if not (case.folder / name).is_file() or sha256(case.folder / name) != digest
    ]


def basis_shares(case: Case) -> pd.DataFrame:
    """Return how many rows of each table rest on what: table, rows, disclosed, public, derived, assumption.

    The four shares are fractions of the rows of the table; the last row, `all`, is the whole case.
    """
    bases = {name: case[name]["basis"] for name, table in TABLES.items() if table.provenance}
    told = pd.concat({name: basis for name, basis in bases.items() if len(basis)}, names=["table"])
    counts: pd.DataFrame = told.groupby("table", sort=False).value_counts().unstack(fill_value=0)
    counts = counts.reindex(columns=list(BASES), fill_value=0)
    counts.loc["all"] = counts.sum()
    rows = counts.sum(axis=1)
    shares = counts.div(rows.where(rows > 0, 1), axis=0).astype(float)
    shares.insert(0, "rows", rows.astype(np.int64))
    shares.columns.name = None
    return shares.reset_index()


def assumption_share(case: Case) -> tuple[int, float]:
    """Return how many rows of the case are assumptions, and their share of all rows."""
    total = basis_shares(case).iloc[-1]
    return round(float(total["rows"]) * float(total["assumption"])), float(total["assumption"])


def assumptions(case: Case) -> pd.DataFrame:
    """Return every assumption: table, key, measure, value, low, high, reason.

    `key` joins the key columns with `, `. Tables without a measure have an empty measure and NaN for value
    and range.
    """
    frames = []
    for name, table in TABLES.items():
        if not table.provenance:
            continue
        rows = case[name][case[name]["basis"] == "assumption"]
        if rows.empty:
            continue
        keys = rows[list(table.key)].astype(str).agg(", ".join, axis=1)
        value = rows[table.measure].astype(float) if table.measure else np.nan
        frames.append(
            pd.DataFrame(
                {
                    "table": name,
                    "key": keys,
                    "measure": table.measure,
                    "value": value,
                    "low": rows["low"],
                    "high": rows["high"],
                    "reason": rows["reason"],
                }
            )
        )
    columns = ["table", "key", "measure", "value", "low", "high", "reason"]
    return pd.concat(frames, ignore_index=True) if frames else pd.DataFrame(columns=columns)
