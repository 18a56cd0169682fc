"""Dimensions and their labels: the only place where labels become integer codes.

A dimension (``hall``) is declared once with its ordered labels; a code is a label's place in that order.
Everything that looks a label up goes through here, so an unknown, missing or repeated label is an error
that names the dimension and the label, never a silent gap.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Ints: TypeAlias = NDArray[np.int64]
Floats: TypeAlias = NDArray[np.float64]
Bools: TypeAlias = NDArray[np.bool_]

_SHOWN = 5
_FEW = 1_000
"""So many labels are looked up in a dict; an index is quicker from there on."""
_LARGEST_KEY = 2**62


class ProgramError(ValueError):
    """A linear program was written down wrongly: a mistake in the formulation or in its numbers."""


class LabelError(ProgramError):
    """A label or a dimension does not match: unknown, missing, repeated or left over."""


class InfeasibleRowError(ProgramError):
    """A row without variables is broken by its own constants: infeasible by data alone."""


def some(items: Iterable[object]) -> str:
    """The first five items as text, and how many more there are."""
    listed = [str(item) for item in items]
    more = len(listed) - _SHOWN
    return ", ".join(listed[:_SHOWN]) + (f" and {more:,} more" if more > 0 else "")


def label_index(labels: Sequence[Any], name: str | None = None) -> pd.Index[Any]:
    """Labels as an index; texts as objects, as in the tables of a case: joins of one kind are quicker."""
    texts = any(isinstance(label, str) for label in labels)
    index: pd.Index[Any] = pd.Index(labels, dtype=object if texts else None, name=name)
    return index


def label_table(dims: Sequence[str], columns: Sequence[NDArray[Any]]) -> pd.DataFrame:
    """Labels as a table, one column per dim; texts as objects, as in the tables of a case."""
    if dims and all(column.dtype == object for column in columns):  # one block costs less than columns
        return pd.DataFrame(np.array(columns, dtype=object).T, columns=list(dims), dtype=object)
    size = len(columns[0]) if dims else 1
    parts = {dim: pd.Index(column, dtype=column.dtype) for dim, column in zip(dims, columns, strict=True)}
    return pd.DataFrame(parts, index=pd.RangeIndex(size))


@dataclass(frozen=True, eq=False)
class Dimension:
    """One dimension: its name and its ordered, unique labels."""

    name: str
    index: pd.Index[Any]

    def __len__(self) -> int:
        """Number of labels."""
        return self.size

    @cached_property
    def size(self) -> int:
        """Number of labels."""
        return len(self.index)

    def encode(self, values: Any, where: str) -> Ints:
        """Codes of ``values``; an unknown label raises `LabelError` naming the dimension and the label."""
        asked: Any = values.array if isinstance(values, pd.Series) else values
        codes = self.find(asked)
        if codes.min(initial=0) < 0:
            unknown = pd.unique(pd.Index(values)[codes < 0])
            raise LabelError(f"{where}: no such {self.name}: {some(unknown)}")
        return codes

    def find(self, asked: Any) -> Ints:
        """Codes of some labels (an array or an index); -1 for an unknown one."""
        if len(asked) >= _FEW:
            return self.index.get_indexer(asked).astype(np.int64)
        places = self.places
        return np.array([places.get(label, -1) for label in asked.tolist()], dtype=np.int64)

    @cached_property
    def array(self) -> NDArray[Any]:
        """The labels as an array: taking from it costs less than from an index."""
        return self.index.to_numpy()

    @cached_property
    def places(self) -> dict[Any, int]:
        """The place of each label: few labels are found faster in a dict than in an index."""
        return {label: place for place, label in enumerate(self.index.tolist())}


@dataclass(frozen=True, eq=False)
class Coded:
    """Rows of labels as codes, with a number each: a table as expressions see it.

    ``codes`` has the shape (dims, rows); ``numbers`` has the shape (rows).
    """

    dims: tuple[str, ...]
    codes: Ints
    numbers: Floats


@dataclass(frozen=True)
class Labels:
    """The label registry of a program: every declared dimension by name."""

    dimensions: dict[str, Dimension] = field(default_factory=dict)

    def declare(self, name: str, labels: Sequence[Any] | pd.Series[Any] | pd.Index[Any]) -> None:
        """Declare dimension ``name`` with its ordered labels; they must be unique and not missing."""
        if name in self.dimensions:
            raise LabelError(f"dimension {name} is declared already")
        index = label_index(list(labels), name)
        if index.hasnans:
            raise LabelError(f"dimension {name}: a label is missing")
        if not index.is_unique:
            raise LabelError(f"dimension {name}: repeated labels {some(index[index.duplicated()].unique())}")
        self.dimensions[name] = Dimension(name, index)

    def __getitem__(self, name: str) -> Dimension:
        """The dimension ``name``; raises `LabelError` when it is not declared."""
        if name not in self.dimensions:
            raise LabelError(f"no dimension {name!r}: declared are {some(self.dimensions) or 'none'}")
        return self.dimensions[name]

    def keys(self, dims: Sequence[str], codes: Ints) -> Ints:
        """One whole number per row of codes, ordered as the rows are (mixed radix over ``dims``)."""
        sizes = [self[dim].size for dim in dims]
        if math.prod(sizes) > _LARGEST_KEY:
            raise ProgramError(f"too many label combinations over {', '.join(dims)}")
        if not sizes:
            return np.zeros(codes.shape[1], dtype=np.int64)
        key: Ints = codes[0]
        for size, row in zip(sizes[1:], codes[1:], strict=True):
            key = key * size + row
        return key

    def names(self, dims: Sequence[str], codes: Ints) -> list[str]:
        """Labels as text, one entry per row of codes: ``cloud,Shiroi-1``."""
        parts = [self[dim].index[row].astype(str) for dim, row in zip(dims, codes, strict=True)]
        return [",".join(labels) for labels in zip(*parts, strict=True)]

    def index(self, dims: Sequence[str], codes: Ints) -> pd.Index[Any]:
        """The rows of codes as a labelled pandas index (a MultiIndex for two or more dims)."""
        if len(dims) == 1:
            return self[dims[0]].index.take(codes[0])
        levels: list[Any] = [self[dim].index for dim in dims]
        return pd.MultiIndex(levels=levels, codes=list(codes), names=list(dims), verify_integrity=False)

    def frame(self, dims: Sequence[str], codes: Ints) -> pd.DataFrame:
        """The rows of codes as a table with one label column per dim."""
        return label_table(dims, [self[dim].array[row] for dim, row in zip(dims, codes, strict=True)])

    def rows(self, frame: pd.DataFrame, where: str) -> tuple[tuple[str, ...], Ints]:
        """Dims and codes of a table of labels; its rows must be unique."""
        if not isinstance(frame, pd.DataFrame):
            raise TypeError(f"{where}: a table of labels (DataFrame) is wanted, not {type(frame).__name__}")
        dims = tuple(str(column) for column in frame.columns)
        if not dims:
            raise LabelError(f"{where}: a table of labels needs at least one column")
        if len(set(dims)) < len(dims):
            raise LabelError(f"{where}: repeated column in {', '.join(dims)}")
        few = len(frame) < _FEW  # taken apart at once, columns cost less than one by one
        columns = frame.to_numpy(dtype=object).T if few else [frame[dim] for dim in frame.columns]
        coded = [self[dim].encode(column, where) for dim, column in zip(dims, columns, strict=True)]
        codes = np.array(coded, dtype=np.int64).reshape(len(dims), len(frame))
        self._refuse_repeats(dims, codes, where)
        return dims, codes

    def table(self, series: pd.Series[Any], where: str, *, finite: bool = True) -> Coded:
        """A Series with a named (Multi)Index as codes and numbers; labels unique, numbers finite."""
        index = series.index
        if any(name is None for name in index.names):
            raise LabelError(f"{where}: name the index levels of the table after dimensions")
        dims = tuple(str(name) for name in index.names)
        if len(set(dims)) < len(dims):
            raise LabelError(f"{where}: repeated level in {', '.join(dims)}")
        codes = np.array(self._level_codes(index, dims, where), dtype=np.int64).reshape(
            len(dims), len(series)
        )
        self._refuse_repeats(dims, codes, where)
        return self._numbered(dims, codes, series, where, finite=finite)

    def numbers(self, frame: pd.DataFrame, dims: Sequence[str], column: str, where: str = "numbers") -> Coded:
        """A column of a table as codes and numbers, labelled by its columns ``dims``; as `table` has it."""
        coded = [self[dim].encode(frame[dim], where) for dim in dims]
        codes = np.array(coded, dtype=np.int64).reshape(len(dims), len(frame))
        self._refuse_repeats(tuple(dims), codes, where)
        return self._numbered(tuple(dims), codes, frame[column], where)

    def _numbered(
        self, dims: tuple[str, ...], codes: Ints, series: pd.Series[Any], where: str, *, finite: bool = True
    ) -> Coded:
        plain = isinstance(series.dtype, np.dtype) and series.dtype.kind in "biuf"
        if not plain and any(isinstance(each, str) for each in series):
            raise ProgramError(f"{where}: the table over {', '.join(dims)} holds text, not numbers")
        if plain:
            numbers = np.array(series.to_numpy(), dtype=np.float64)
        else:
            numbers = series.to_numpy(dtype=np.float64, na_value=np.nan)
        bad = ~np.isfinite(numbers) if finite else np.isnan(numbers)
        if bad.any():
            places = self.names(dims, codes[:, bad])
            raise ProgramError(f"{where}: not a finite number at {', '.join(dims)} = {some(places)}")
        return Coded(dims, codes, numbers)

    def _level_codes(self, index: pd.Index[Any], dims: tuple[str, ...], where: str) -> list[Ints]:
        if not isinstance(index, pd.MultiIndex):
            return [self[dims[0]].encode(index, where)]
        coded = []
        for dim, level, row in zip(dims, index.levels, index.codes, strict=True):
            places = np.asarray(row, dtype=np.int64)
            if places.min(initial=0) < 0:
                raise LabelError(f"{where}: a label of {dim} is missing")
            codes = self[dim].find(level)[places]
            if codes.min(initial=0) < 0:  # a level may hold unknown labels that no row has
                self[dim].encode(level[np.unique(places)], where)
            coded.append(codes)
        return coded

    def _refuse_repeats(self, dims: tuple[str, ...], codes: Ints, where: str) -> None:
        own = self.keys(dims, codes)
        if own.size < _FEW and len(set(own.tolist())) == own.size:
            return
        keys, counts = np.unique(own, return_counts=True)
        if keys.size == own.size:
            return
        repeated = np.isin(own, keys[counts > 1])
        places = dict.fromkeys(self.names(dims, codes[:, repeated]))
        raise LabelError(f"{where}: repeated labels at {', '.join(dims)} = {some(places)}")


def match(left: Ints, right: Ints) -> tuple[Ints, Ints, Ints]:
    """Every pair of equal keys: places in ``left``, places in ``right``, and the count per left key.

    Pairs come in the order of ``left``, then of ``right``.
    """
    order = right.argsort(kind="stable")
    largest = int(max(left.max(initial=0), right.max(initial=0)))
    if largest < 8 * (left.size + right.size):  # few keys: counting beats searching
        starts = np.zeros(largest + 2, dtype=np.int64)
        np.bincount(right, minlength=largest + 1).cumsum(out=starts[1:])
        first = starts[left]
        count = starts[left + 1] - first
    else:
        ranked = right[order]
        first = ranked.searchsorted(left, "left")
        count = ranked.searchsorted(left, "right") - first
    if (count == 1).all():
        return np.arange(left.size), order[first], count
    from_left = np.arange(left.size).repeat(count)
    before = count.cumsum() - count
    from_right = order[np.arange(from_left.size) + (first - before).repeat(count)]
    return from_left, from_right, count
