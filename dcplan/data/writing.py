"""Writes the tables of a case in memory back into a case folder."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pandas as pd

from dcplan.data.tables import TABLES

_KINDS = {".csv", ".toml", ".md", ".MIT"}
_FOLDERS = {"weather"}


def copy_case(source: Path, target: Path) -> None:
    """Copy the files of a case folder: case.toml, tables, weather and the notices beside them.

    Other folders (calibration, vintages) stay behind.
    """
    target.mkdir(parents=True)
    for path in sorted(source.iterdir()):
        if path.is_file() and path.suffix in _KINDS:
            shutil.copyfile(path, target / path.name)
        elif path.is_dir() and path.name in _FOLDERS:
            shutil.copytree(path, target / path.name)


def write_table(folder: Path, name: str, table: pd.DataFrame) -> None:
    """Write one table of a case as CSV in full precision; an optional table without rows has no file."""
    file = folder / TABLES[name].file
    if table.empty and TABLES[name].optional_file:
        file.unlink(missing_ok=True)
        return
    out = table.copy()
    for column in out.columns:
        if out[column].dtype == np.bool_:
            out[column] = out[column].map({True: "true", False: "false"})
        elif out[column].dtype == object:
            out[column] = ["" if value is None else str(value) for value in out[column]]
    file.write_text(out.to_csv(index=False, lineterminator="\n"), "utf-8")
