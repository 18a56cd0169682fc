"""How a case lies in a workbook: sheet names, the rows of a table's sheet, and the words of its units row.

One sheet a table: column names in row 1, units in row 2, data from row 3. `case` holds the keys of case.toml,
`weather` the hourly temperatures of every station file side by side, and their irradiance
where there is any, so that one workbook is a whole case.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from dcplan.data.schema import Column

README_SHEET: Final = "Read me"
CASE_SHEET: Final = "case"
WEATHER_SHEET: Final = "weather"
NOTICES_SHEET: Final = "notices"
SCRATCH_MARK: Final = "_"
"""A sheet whose name starts with this is the planner's own and is not read."""

NAME_ROW: Final = 1
UNIT_ROW: Final = 2
FIRST_ROW: Final = 3

HOUR: Final = "hour_of_year"
DEGREES: Final = "degC"

_SUFFIXES: Final = {".xlsx", ".xlsm", ".xltx", ".xltm", ".xlsb", ".xls", ".ods"}
_UNITS: Final = {"text": "text", "choice": "choice", "bool": "true/false", "date": "date"}


def is_workbook(path: str | Path) -> bool:
    """Say whether a path names a spreadsheet file; of these only .xlsx can be read."""
    path = Path(path)
    return path.suffix.lower() in _SUFFIXES and not path.is_dir()


def unit_text(column: Column) -> str:
    """Return what the units row says of a column: its unit, or its type where it has none."""
    if column.kind in _UNITS:
        return _UNITS[column.kind]
    return column.unit if column.unit and column.unit != "-" else "number"


def light_columns(file: str) -> tuple[str, str]:
    """Return the columns of the weather sheet that hold the irradiance of a weather file."""
    return f"{file} dni_w_m2", f"{file} dhi_w_m2"
