"""A loaded case: typed tables, settings, weather, and where every row came from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.places import Places
from dcplan.errors import Problem


@dataclass(frozen=True)
class CaseInfo:
    """What `case.toml` says."""

    name: str
    title: str
    title_ja: str
    as_of: date
    horizon_end: date
    tail_years: int
    granularity: str
    edition: str
    notice: str
    grid_factor_set: str
    terminal_value: str
    objective: str = "pre_tax"


@dataclass(frozen=True, eq=False)
class Case:
    """A case as read from its folder; nothing in it is changed after loading.

    `tables` holds every table of the data dictionary (an absent optional file is an empty table) with
    int64, float64 (NaN where an optional number is empty), bool, and object columns: str ('' where empty)
    and datetime.date (None where empty). `weather` has 8,760 hourly temperatures [degC] by station.
    `hashes` is the SHA-256 of every file read, `encodings` the text encoding of each, `rows` the
    spreadsheet row of each row of each table. A case that was read from a workbook has its `places`; `notes`
    is what was noticed while reading, and is no fault. `fingerprint` is its `case_hash` as it was read;
    `irradiance` is that of a workbook, by weather file; a folder's stays in its files (`data.irradiance`).
    `origin` has the hashes of the planner's own files where `plain_case` wrote them again.
    """

    info: CaseInfo
    tables: Mapping[str, pd.DataFrame]
    settings: Mapping[str, float]
    weather: Mapping[str, npt.NDArray[np.float64]]
    folder: Path
    hashes: Mapping[str, str]
    encodings: Mapping[str, str] = field(default_factory=dict)
    rows: Mapping[str, npt.NDArray[np.int64]] = field(default_factory=dict)
    places: Places | None = None
    notes: tuple[Problem, ...] = ()
    fingerprint: str = ""
    origin: Mapping[str, str] = field(default_factory=dict)
    irradiance: Mapping[str, npt.NDArray[np.float64]] = field(default_factory=dict)

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Return a table by name."""
        return self.tables[table]

    def row_number(self, table: str, position: int) -> int:
        """Return the spreadsheet row of a table's row (0-based position)."""
        numbers = self.rows.get(table)
        return position + 2 if numbers is None or position >= len(numbers) else int(numbers[position])

    def placed(self, problems: Iterable[Problem]) -> list[Problem]:
        """Return problems as a planner finds them: with sheet and cell if the case is a workbook."""
        return [problem if self.places is None else self.places.place(problem) for problem in problems]
