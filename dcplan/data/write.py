"""Writes a case as plain files: UTF-8, ISO dates, shortest exact numbers; what every reader takes."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import HOURS_PER_YEAR
from dcplan.data.case import Case
from dcplan.data.cells import FORMULA_STARTS
from dcplan.data.irradiance import irradiance_of
from dcplan.data.places import CASE_FILE, WEATHER
from dcplan.data.schema import Column, Table
from dcplan.data.tables import TABLES
from dcplan.data.weather_file import IRRADIANCE, Hourly


def write_case(case: Case, folder: str | Path) -> list[Path]:
    """Write case.toml, every table that holds rows, and weather/ into a new folder; return the files.

    Reading the folder gives the same case: `case_hash` does not change. Texts that a spreadsheet would take
    for formulas get an apostrophe before them, which reading takes away again.

    Raises:
        FileExistsError: the folder is there.
    """
    folder = Path(folder)
    (folder / WEATHER).mkdir(parents=True)
    texts = {folder / CASE_FILE: toml(asdict(case.info))}
    for name, table in TABLES.items():
        if not (table.optional_file and case[name].empty):
            texts[folder / table.file] = table_text(table, case[name])
    stations = case["stations"][["station", "file"]].itertuples(index=False)
    for name, file in stations:
        irradiance = irradiance_of(case, str(file))
        texts[folder / WEATHER / str(file)] = hours_text(case.weather[str(name)], irradiance)
    for path, text in texts.items():
        path.write_text(text, encoding="utf-8", newline="\n")
    return list(texts)


def toml(values: Mapping[str, Any]) -> str:
    """Return keys and values as TOML: texts in quotes, dates and numbers bare."""
    return "".join(f"{key} = {toml_value(value)}\n" for key, value in values.items())


def toml_value(value: str | int | float | bool | date) -> str:
    """Return one value as TOML."""
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else str(value)


def table_text(table: Table, frame: pd.DataFrame) -> str:
    """Return a typed table as CSV text with every column of the dictionary."""
    columns = [cell_texts(frame[column.name].tolist(), column) for column in table.all_columns]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(table.column_names)
    writer.writerows(zip(*columns, strict=True))
    return out.getvalue()


def cell_texts(values: Iterable[Any], column: Column) -> list[str]:
    """Return typed values as the cells of a column; what is empty is the empty text."""
    return [cell_of(value, column) for value in values]


def cell_of(value: Any, column: Column) -> str:
    """Return one typed value as a cell."""
    if value is None or value == "" or (isinstance(value, float) and np.isnan(value)):
        return ""
    if isinstance(value, bool | np.bool_):
        return "true" if value else "false"
    if column.kind == "float":
        number = float(value)
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    if column.kind == "text" and str(value).startswith(FORMULA_STARTS):
        return "'" + str(value)
    return str(value)


def hours_text(temperatures: Hourly, irradiance: npt.NDArray[np.float64] | None = None) -> str:
    """Return hourly temperatures [degC], and irradiance [W/m2] if any, as the text of a weather file."""
    names = ["hour_of_year", "temp_c", *(() if irradiance is None else IRRADIANCE)]
    columns = [temperatures.tolist(), *([] if irradiance is None else irradiance.T.tolist())]
    rows = zip(range(HOURS_PER_YEAR), *columns, strict=True)
    lines = [",".join([str(hour), *(repr(value) for value in values)]) for hour, *values in rows]
    return "\n".join([",".join(names), *lines]) + "\n"
