"""Keyed CSV tables read into arrays: every key once, nothing unknown, nothing missing."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dcplan.plans.audit.reading import Codes, Flags, Floats, Sheet, UnreadableError, read_sheet
from dcplan.plans.audit.report import LISTED, Axis, Ledger, Numbers


@dataclass
class Reader:
    """Reads the tables of one folder; what is wrong becomes a finding of `rule` and sets `broken`."""

    folder: Path
    ledger: Ledger
    rule: str
    broken: bool = False

    def table(
        self,
        file: str,
        axes: Sequence[Axis],
        required: Flags,
        columns: Sequence[str],
        allowed: Flags | None = None,
        empty: Sequence[str] = (),
    ) -> tuple[dict[str, Floats], Flags]:
        """Return each column over the axes, 0 where there is no row, and which rows there are.

        Args:
            file: The name of the CSV file.
            axes: The key columns with their labels, in the order of the arrays' dimensions.
            required: Keys that must have a row.
            columns: The columns of numbers to return.
            allowed: Further keys that may have a row.
            empty: The columns in which a cell may be empty (NaN).
        """
        found = {column: np.zeros(required.shape) for column in columns}
        self.ledger.checks[self.rule] += int(required.sum())
        if not required.any() and not (self.folder / file).exists():
            return found, np.zeros(required.shape, np.bool_)
        try:
            sheet = read_sheet(self.folder / file)
            codes = [axis_codes(sheet, axis) for axis in axes]
            values = {column: sheet.numbers(column, optional=column in empty) for column in columns}
        except UnreadableError as fault:
            self.refuse(fault.where, "readable", "unreadable", fault.message)
            return found, np.zeros(required.shape, np.bool_)
        before = self.broken
        self.broken = False
        present = self._match(
            file, axes, codes, required, required if allowed is None else required | allowed
        )
        if not self.broken:
            for column in columns:
                found[column][tuple(codes)] = values[column]
        self.broken = self.broken or before
        return found, present

    def agree(
        self,
        file: str,
        axes: Sequence[Axis],
        expected: Mapping[str, tuple[Numbers, Numbers]],
        required: Flags,
        allowed: Flags | None = None,
    ) -> None:
        """Compare a published table cell by cell; `expected` holds (number, scale) by column.

        A file that does not exist is not compared: derived tables may be deleted.
        """
        if not (self.folder / file).exists():
            return
        self.broken = False
        found, present = self.table(file, axes, required, list(expected), allowed, list(expected))
        if self.broken:
            return
        for column, (number, scale) in expected.items():
            message = f"{file}: {column} is not what inputs and decisions give"
            self.ledger.equal(self.rule, axes, number, found[column], scale, message, present)

    def _match(
        self, file: str, axes: Sequence[Axis], codes: Sequence[Codes], required: Flags, allowed: Flags
    ) -> Flags:
        known = np.all([code >= 0 for code in codes], axis=0)
        for row in np.flatnonzero(~known)[:LISTED].tolist():
            bad = next(axis[0] for axis, code in zip(axes, codes, strict=True) if code[row] < 0)
            self.refuse({"file": file, "row": str(row + 2)}, "a known label", "unknown", f"unknown {bad}")
        count = np.zeros(required.shape, dtype=np.int64)
        np.add.at(count, tuple(code[known] for code in codes), 1)
        for wrong, message, want in (
            (required & (count == 0), "the row is missing", "1 row"),
            (count > 1, "the key is repeated", "1 row"),
            (~allowed & (count > 0), "the row has no place in this table", "no row"),
        ):
            for place in np.argwhere(wrong)[:LISTED]:
                labels = {name: str(of[i]) for (name, of), i in zip(axes, place, strict=True)}
                self.refuse({"file": file, **labels}, want, f"{count[tuple(place)]} rows", message)
        return np.asarray(count > 0)

    def refuse(self, where: Mapping[str, str], expected: str, actual: str, message: str) -> None:
        """Write a finding and remember that the table cannot be used."""
        self.broken = True
        self.ledger.require(self.rule, False, where, expected, actual, message)


def axis_codes(sheet: Sheet, axis: Axis) -> Codes:
    """Return the place of each cell among the axis labels, -1 where unknown; FY2022 and 2022 are one year."""
    name, labels = axis
    cells = [cell.removeprefix("FY") if name == "fiscal_year" else cell for cell in sheet.text(name)]
    known = {str(label): i for i, label in enumerate(labels)}
    return np.array([known.get(cell, -1) for cell in cells], dtype=np.int64)
