r"""The program as arrays: what solvers read, and what checks an answer.

$$ \min\, c^\top x + c_0 \quad \text{s.t.} \quad r^l \le A x \le r^u,\ l \le x \le u,
   \ x_j \in \mathbb{Z}\ (j \in I) $$
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from dcplan.lp.arrays import Arrays
from dcplan.lp.labels import Bools, Floats, Ints, Labels, ProgramError, some


@dataclass(frozen=True, eq=False)
class Block:
    """One named run of columns or of rows, with a label combination for each.

    Attributes:
        name: name of the variable or of the rows.
        dims: dimensions; none for a single column or row.
        start: first position in the matrix.
        stop: position after the last.
        unit: unit of the variable, or of both sides of the rows.
        family: the family that stated it ("" outside of one).
        doc: one sentence.
        codes: (dims, stop - start) label codes.
        labels: the label registry.
    """

    name: str
    dims: tuple[str, ...]
    start: int
    stop: int
    unit: str = ""
    family: str = ""
    doc: str = ""
    codes: Ints = field(default_factory=lambda: np.empty((0, 1), dtype=np.int64), repr=False)
    labels: Labels = field(default_factory=Labels, repr=False)

    def __len__(self) -> int:
        """Number of columns or rows."""
        return self.stop - self.start

    def __getitem__(self, place: int) -> str:
        """Name of one column or row by its place in the block: ``racks[cloud,Shiroi-1,FY2022Q1]``."""
        if not self.dims:
            return self.name
        return f"{self.name}[{self.labels.names(self.dims, self.codes[:, [place]])[0]}]"

    def names(self) -> list[str]:
        """Names of all its columns or rows."""
        if not self.dims:
            return [self.name] * len(self)
        return [f"{self.name}[{labels}]" for labels in self.labels.names(self.dims, self.codes)]

    def frame(self) -> pd.DataFrame:
        """One row of labels per column or row."""
        return self.labels.frame(self.dims, self.codes[:, : len(self)])


class Blocks(NamedTuple):
    """The blocks of a program by name, in order of position."""

    variables: Mapping[str, Block]
    rows: Mapping[str, Block]


class Rows(NamedTuple):
    """A sparse matrix by rows: row ``i`` holds ``indices[indptr[i]:indptr[i + 1]]``."""

    indptr: Ints
    indices: Ints
    data: Floats


@dataclass(frozen=True, eq=False)
class Matrix(Arrays):
    """A minimisation problem as `dcplan.lp.arrays.Arrays` has it, with its names.

    Attributes:
        name: name of the program.
        blocks: names and labels of columns and rows.
    """

    name: str
    blocks: Blocks

    def __post_init__(self) -> None:
        """Refuse numbers that solvers would take without a word: NaN, infinite terms, crossed bounds."""
        self._refuse(~np.isfinite(self.cost), "cost", self.cost, self.col_name)
        self._refuse(~np.isfinite(self.data), "coefficient", self.data, self._term_name)
        if not np.isfinite(self.offset):
            raise ProgramError(f"{self.name}: the constant part of the cost is {self.offset}")
        for side, lower, upper, name in (
            ("column", self.col_lower, self.col_upper, self.col_name),
            ("row", self.row_lower, self.row_upper, self.row_name),
        ):
            self._refuse(np.isnan(lower) | (lower == np.inf), f"lower bound of {side}", lower, name)
            self._refuse(np.isnan(upper) | (upper == -np.inf), f"upper bound of {side}", upper, name)
            self._refuse(lower > upper, f"upper bound below the lower bound of {side}", upper, name)

    def csr(self) -> Rows:
        """The same matrix by rows, columns in order within a row."""
        order = np.argsort(self.indices, kind="stable")
        counts = np.bincount(self.indices, minlength=self.rows)
        indptr = np.concatenate([[0], np.cumsum(counts)])
        return Rows(indptr, self.column_of[order], self.data[order])

    def col_name(self, column: int) -> str:
        """Name of a column: ``racks[cloud,Shiroi-1,FY2022Q1]``."""
        return _name(self.blocks.variables, column)

    def row_name(self, row: int) -> str:
        """Name of a row: ``rack_places[Shiroi-1,FY2022Q1]``."""
        return _name(self.blocks.rows, row)

    def _term_name(self, term: int) -> str:
        return f"{self.row_name(int(self.indices[term]))} on {self.col_name(int(self.column_of[term]))}"

    def _refuse(self, bad: Bools, what: str, numbers: Floats, name: Any) -> None:
        if bad.any():
            places = [f"{name(int(place))} ({numbers[place]})" for place in np.flatnonzero(bad)[:5]]
            raise ProgramError(f"{self.name}: {what} refused at {some(places)}; {int(bad.sum()):,} in all")

    def coefficient_range(self) -> tuple[float, float]:
        """Smallest and largest absolute coefficient of the matrix; (nan, nan) without any."""
        if not self.data.size:
            return float("nan"), float("nan")
        size = np.abs(self.data)
        return float(size.min()), float(size.max())

    def objective(self, values: Floats) -> float:
        """Cost of a solution, offset included."""
        return float(self.cost @ values) + self.offset

    def check(self, values: Floats, tol: float = 1e-6) -> list[str]:
        """What is wrong with a solution, the worst first; empty when it is right.

        Values must be finite, within bounds to ``tol`` x max(1, |value|), whole to ``tol`` where they must
        be, and every row must hold to ``tol`` x max(1, its largest term at ``values``).
        """
        values = np.asarray(values, dtype=np.float64)
        if values.shape != (self.columns,):
            return [f"{values.shape} values for {self.columns:,} columns"]
        if not np.isfinite(values).all():
            places = np.flatnonzero(~np.isfinite(values))
            return [f"{self.col_name(int(place))} = {values[place]} is not finite" for place in places[:5]]
        below, above, fraction, broken = self.faults(values)
        return [
            *_findings("breaks its lower bound", below, tol, self.col_name),
            *_findings("breaks its upper bound", above, tol, self.col_name),
            *_findings("is not a whole number", fraction, tol, self.col_name),
            *_findings("is broken", broken, tol, self.row_name),
        ]


def _findings(what: str, amount: Floats, tol: float, name: Any) -> list[str]:
    worst = np.argsort(-amount)[:5]
    return [
        f"{name(int(place))} {what} by {amount[place]:.3g} (relative)"
        for place in worst
        if amount[place] > tol
    ]


def _name(blocks: Mapping[str, Block], position: int) -> str:
    ordered = list(blocks.values())
    # An empty block starts where the next one does, and bisect_right passes it over.
    block = ordered[bisect_right([each.start for each in ordered], position) - 1]
    return block[position - block.start]
