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


@dataclass(frozen=True, eq=False)
class Dimension:
    """One dimension: its name and its ordered, unique labels."""

    name: str
    index: pd.Index[Any]

    def __len__(self) -> int:
        """Number of labels."""
        return len(self.index)

    def encode(self, values: Any, where: str) -> Ints:
        """Codes of ``values``; an unknown label raises `LabelError` naming the dimension and the label."""
        asked: Any = values.array if isinstance(values, pd.Series) else values
        if len(asked) < _FEW:
            places = self.places
            codes = np.array([places.get(label, -1) for label in asked.tolist()], dtype=np.int64)
        else:
            codes = self.index.get_indexer(asked).astype(np.int64)
        if (codes < 0).any():
            unknown = pd.unique(pd.Index(values)[codes < 0])
            raise LabelError(f"{where}: no such {self.name}: {some(unknown)}")
        return codes

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
        sizes = [len(self[dim]) for dim in dims]
        if math.prod(sizes) > _LARGEST_KEY:
            raise ProgramError(f"too many label combinations over {', '.join(dims)}")
        key = np.zeros(codes.shape[1], dtype=np.int64)
        for size, row in zip(sizes, codes, strict=True):
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
        columns = {dim: self[dim].array[row] for dim, row in zip(dims, codes, strict=True)}
        return pd.DataFrame(columns, index=pd.RangeIndex(codes.shape[1]))

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
        if not pd.api.types.is_numeric_dtype(series) and any(isinstance(each, str) for each in series):
            raise ProgramError(f"{where}: the table over {', '.join(dims)} holds text, not numbers")
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
            if (places < 0).any():
                raise LabelError(f"{where}: a label of {dim} is missing")
            used = np.unique(places)
            translated = np.full(len(level), -1, dtype=np.int64)
            translated[used] = self[dim].encode(level[used], where)
            coded.append(translated[places])
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
    order = np.argsort(right, kind="stable")
    largest = int(max(np.max(left, initial=0), np.max(right, initial=0)))
    if largest < 8 * (left.size + right.size):  # few keys: counting beats searching
        starts = np.concatenate([[0], np.cumsum(np.bincount(right, minlength=largest + 1))])
        first, count = starts[left], starts[left + 1] - starts[left]
    else:
        ranked = right[order]
        first = np.searchsorted(ranked, left, "left")
        count = np.searchsorted(ranked, left, "right") - first
    from_left = np.repeat(np.arange(left.size), count)
    before = np.cumsum(count) - count
    from_right = order[np.arange(from_left.size) + np.repeat(first - before, count)]
    return from_left, from_right, count
