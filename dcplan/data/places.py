"""Where in a workbook a problem lies: tables become sheets, rows and columns become cells."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from dcplan.data.tables import TABLES
from dcplan.data.workbook_layout import CASE_SHEET, WEATHER_SHEET
from dcplan.errors import Problem

CASE_FILE: Final = "case.toml"
WEATHER: Final = "weather"

_FILES: Final = re.compile(r"\b(" + "|".join(TABLES) + r")\.csv\b")


@dataclass(frozen=True)
class Places:
    """The cells of a workbook by what the tables call them.

    Attributes:
        file: name of the workbook.
        columns: letter of each column by sheet and column name; in the weather sheet by file name.
        keys: row of each key of case.toml in the sheet `case`.
    """

    file: str
    columns: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)

    def place(self, problem: Problem) -> Problem:
        """Return a problem of a table with its sheet and cell; others are returned as they are."""
        if problem.cell is not None:
            return problem
        sheet, _, name = problem.file.partition("/")
        if sheet == WEATHER and name:
            column = name if problem.column == "temp_c" else None
            cell = self._cell(WEATHER_SHEET, problem.row, column)
        elif problem.file == CASE_FILE:
            row = self.keys.get(problem.column or "")
            cell = CASE_SHEET if row is None else f"{CASE_SHEET}!B{row}"
        elif problem.file.removesuffix(".csv") in TABLES:
            cell = self._cell(problem.file.removesuffix(".csv"), problem.row, problem.column)
        else:
            return problem
        rule, remedy = _in_sheets(problem.rule), _in_sheets(problem.remedy)
        return replace(problem, file=self.file, rule=rule, remedy=remedy, cell=cell)

    def _cell(self, sheet: str, row: int | None, column: str | None) -> str:
        """Return `sheet!D7`; column A where the problem is about a whole row, the sheet for all of it."""
        if row is None:
            return sheet
        first = (column or "").split(",")[0].strip()
        return f"{sheet}!{self.columns.get(sheet, {}).get(first, 'A')}{row}"


def _in_sheets(text: str) -> str:
    """Name sheets where a sentence names files."""
    return _FILES.sub(r"sheet \1", text).replace(CASE_FILE, f"sheet {CASE_SHEET}")
