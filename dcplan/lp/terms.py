"""Expressions: bags of terms, each a coefficient on a column of the program, under labels.

A term is (labels, column, coefficient). An expression over ``(hall, period)`` holds any number of terms per
label; its value at a label is the sum of its terms there. Column -1 is the constant 1. Verbs never loop over
terms, and none of them fills a gap silently: a label that does not match is an error.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

from dcplan.lp.labels import Coded, Floats, Ints, LabelError, Labels, ProgramError, match, some

Number: TypeAlias = float | int
Sense: TypeAlias = Literal["<=", ">=", "=="]

CONSTANT = -1


class Expr:
    """A labelled linear expression.

    Attributes:
        labels: the program's label registry.
        dims: names of the dimensions, in the order of the rows of ``codes``.
        codes: (dims, terms) label codes.
        col: (terms) columns of the program; -1 for a constant.
        coef: (terms) coefficients.
        zero_ok: labels without terms count as 0 (`or_zero`).
    """

    __slots__ = ("codes", "coef", "col", "dims", "labels", "zero_ok")
    # numpy and pandas must hand `array * expr` and `series * expr` over to this class.
    __array_ufunc__ = None
    __pandas_priority__ = 10_000
    __hash__ = None  # type: ignore[assignment]

    def __init__(
        self,
        labels: Labels,
        dims: Sequence[str],
        codes: Ints,
        col: Ints,
        coef: Floats,
        *,
        zero_ok: bool = False,
    ) -> None:
        """Hold the given terms; shapes as in the class docstring."""
        self.labels = labels
        self.dims = tuple(dims)
        self.codes = codes
        self.col = col
        self.coef = coef
        self.zero_ok = zero_ok

    @classmethod
    def constant(cls, labels: Labels, coded: Coded) -> Expr:
        """The numbers of a coded table as constant terms."""
        col = np.full(coded.numbers.size, CONSTANT, dtype=np.int64)
        return cls(labels, coded.dims, coded.codes, col, coded.numbers)

    @property
    def size(self) -> int:
        """Number of terms."""
        return int(self.col.size)

    def __repr__(self) -> str:
        """Dims and size."""
        return f"Expr({', '.join(self.dims) or 'no dims'}: {self.size:,} terms)"

    def keys(self) -> Ints:
        """One whole number per term for its labels; equal labels have equal keys."""
        return self.labels.keys(self.dims, self.codes)

    # -- verbs -----------------------------------------------------------------------------------------------

    def __mul__(self, other: object) -> Expr:
        """Multiply by a number, or join the numbers of a table on the shared labels.

        A table is a Series, or what `Labels.numbers` makes of a column. Its dims that the expression lacks
        are added. Every term must find its labels in the table.
        """
        if isinstance(other, pd.Series | Coded):
            return self._times(self._coded(other, "times"))
        if _is_number(other):
            return self._like(coef=self.coef * _finite(other, "times"))
        if isinstance(other, Expr):
            raise ProgramError("the product of two expressions is not linear")
        return NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: object) -> Expr:
        """Divide by a number that is not 0."""
        if not _is_number(other):
            return NotImplemented
        return self * (1.0 / _finite(other, "divided by"))

    def known(self, table: pd.Series[Any] | Coded) -> Expr:
        """Multiply by a table as ``*`` does, and drop the terms whose labels the table lacks."""
        return self._times(self._coded(table, "known"), partial=True)

    def outer(self, series: pd.Series[Any]) -> Expr:
        """Multiply by a Series that shares no dim: every term times every row."""
        coded = self.labels.table(series, "outer")
        shared = [dim for dim in coded.dims if dim in self.dims]
        if shared:
            raise LabelError(f"outer: {', '.join(shared)} is shared; write expr * series")
        return self._times(coded, outer=True)

    def sum(self, *dims: str) -> Expr:
        """Drop the named dims by adding up over them; all dims when none is named."""
        self._need(dims, "sum")
        gone = dims or self.dims
        kept = [dim for dim in self.dims if dim not in gone]
        return self._like(dims=kept, codes=self.codes[[self.dims.index(dim) for dim in kept]])

    def join(self, pairs: pd.DataFrame, partial: bool = False) -> Expr:
        """Follow a relation: keep the dims shared with ``pairs``, add its other columns as dims.

        One term per matching row of ``pairs``. A term without a row is an error unless ``partial``.
        """
        dims, codes = self.labels.rows(pairs, "join")
        shared = [dim for dim in dims if dim in self.dims]
        if not shared or len(shared) == len(dims):
            raise LabelError(
                f"join: {', '.join(dims)} needs a shared and a new dim; have {', '.join(self.dims)}"
            )
        left, right = self._match(
            Coded(dims, codes, np.ones(codes.shape[1])), shared, "join", partial=partial
        )
        new = [place for place, dim in enumerate(dims) if dim not in shared]
        return self._like(
            dims=self.dims + tuple(dims[place] for place in new),
            codes=np.vstack([self.codes[:, left], codes[new][:, right]]),
            col=self.col[left],
            coef=self.coef[left],
        )

    def rename(self, **dims: str) -> Expr:
        """Rename dims, ``rename(hall="to_hall")``; the new dim must hold the labels in use."""
        self._need(tuple(dims), "rename")
        renamed = tuple(dims.get(dim, dim) for dim in self.dims)
        if len(set(renamed)) < len(renamed):
            raise LabelError(f"rename: repeated dim in {', '.join(renamed)}")
        codes = self.codes.copy()
        for old, new in dims.items():
            place = self.dims.index(old)
            used, where = np.unique(self.codes[place], return_inverse=True)
            codes[place] = self.labels[new].encode(self.labels[old].index[used], "rename")[where]
        return self._like(dims=renamed, codes=codes)

    def where(self, index: pd.DataFrame) -> Expr:
        """Keep only the terms whose labels on the columns of ``index`` occur in it."""
        dims, codes = self.labels.rows(index, "where")
        self._need(dims, "where")
        mine = self.codes[[self.dims.index(dim) for dim in dims]]
        return self._take(np.isin(self.labels.keys(dims, mine), self.labels.keys(dims, codes)))

    def drop_zero(self) -> Expr:
        """Drop the terms whose coefficient is exactly 0."""
        return self._take(self.coef != 0.0)

    def shift(self, dim: str, by: int = 1, opening: pd.Series[Any] | Number | None = None) -> Expr:
        r"""The value at a label becomes that of the label ``by`` places earlier: $y_t = x_{t - by}$.

        At the first ``by`` labels the constants of ``opening`` stand: a Series over the other dims, which
        must hold every label of the expression there, or one number. Without it those labels have no terms.
        """
        self._need((dim,), "shift")
        if by < 1:
            raise ProgramError(f"shift: by = {by} must be at least 1 place")
        place, size = self.dims.index(dim), len(self.labels[dim])
        moved = self._take(self.codes[place] + by < size)
        codes = moved.codes.copy()
        codes[place] += by
        moved = moved._like(codes=codes)
        if opening is None:
            return moved
        coded = self._opening(dim, opening)
        first = np.arange(min(by, size))
        codes = np.vstack([np.repeat(coded.codes, first.size, axis=1), np.tile(first, coded.numbers.size)])
        numbers = np.repeat(coded.numbers, first.size)
        return moved + Expr.constant(self.labels, Coded((*coded.dims, dim), codes, numbers))

    def or_zero(self) -> Expr:
        """Labels without terms count as 0, so that `Program.limit` does not refuse them."""
        return self._like(zero_ok=True)

    def value(self, values: Floats) -> pd.Series[Any] | float:
        """The expression at a solution, summed by label and in label order; a float for no dims."""
        codes, totals = self._summed(values)
        if not self.dims:
            return float(totals.sum())
        return pd.Series(totals, index=self.labels.index(self.dims, codes))

    def frame(self, values: Floats, name: str, dims: Sequence[str]) -> pd.DataFrame:
        """`value` as a table: one label column per dim, in the order of ``dims``, and the column ``name``."""
        if not self.dims or set(dims) != set(self.dims):
            raise LabelError(f"{name}: dims ({', '.join(self.dims)}) are not ({', '.join(dims)})")
        codes, totals = self.sums(values, dims)
        table = self.labels.frame(dims, codes)
        table[name] = totals
        return table

    def sums(self, values: Floats, dims: Sequence[str]) -> tuple[Ints, Floats]:
        """`value` as codes (dims, rows), dims in the order given, and the sums of the terms there: (rows)."""
        if set(dims) != set(self.dims):
            raise LabelError(f"sums: dims ({', '.join(self.dims)}) are not ({', '.join(dims)})")
        codes, totals = self._summed(values)
        return codes[[self.dims.index(dim) for dim in dims]], totals

    def _summed(self, values: Floats) -> tuple[Ints, Floats]:
        """Labels that have terms, as codes in label order, and the sum of their terms at a solution."""
        terms = self.coef * np.append(values, 1.0)[self.col]  # column -1 is the appended 1
        _, first, where = np.unique(self.keys(), return_index=True, return_inverse=True)
        totals = np.bincount(where, weights=terms, minlength=first.size).astype(np.float64, copy=False)
        return self.codes[:, first], totals

    # -- sums and comparisons --------------------------------------------------------------------------------

    def __add__(self, other: object) -> Expr:
        """Add an expression or a table over the same dims, or a number at every label of the expression."""
        added = self._operand(other, "plus")
        if added is None:
            return NotImplemented
        if set(added.dims) != set(self.dims):
            raise LabelError(f"plus: dims ({', '.join(self.dims)}) and ({', '.join(added.dims)}) differ")
        codes = added.codes[[added.dims.index(dim) for dim in self.dims]]
        return self._like(
            codes=np.hstack([self.codes, codes]),
            col=np.concatenate([self.col, added.col]),
            coef=np.concatenate([self.coef, added.coef]),
            zero_ok=self.zero_ok or added.zero_ok,
        )

    __radd__ = __add__

    def __neg__(self) -> Expr:
        """Change the sign of every term."""
        return self._like(coef=-self.coef)

    def __sub__(self, other: object) -> Expr:
        """Subtract an expression, a table or a number."""
        subtracted = self._operand(other, "minus")
        return NotImplemented if subtracted is None else self + -subtracted

    def __rsub__(self, other: object) -> Expr:
        """Subtract the expression from a table or a number."""
        return -self + other

    def __le__(self, other: object) -> Relation:
        """At most."""
        return self._relation("<=", other)

    def __ge__(self, other: object) -> Relation:
        """At least."""
        return self._relation(">=", other)

    def __eq__(self, other: object) -> Relation:  # type: ignore[override]
        """Equal to: a relation for `Program.limit`, not a test."""
        return self._relation("==", other)

    # -- helpers ---------------------------------------------------------------------------------------------

    def _like(self, **changes: Any) -> Expr:
        same = {"dims": self.dims, "codes": self.codes, "col": self.col, "coef": self.coef}
        return Expr(self.labels, **{**same, "zero_ok": self.zero_ok, **changes})

    def _take(self, keep: Any) -> Expr:
        return self._like(codes=self.codes[:, keep], col=self.col[keep], coef=self.coef[keep])

    def _need(self, dims: Sequence[str], where: str) -> None:
        lacking = [dim for dim in dims if dim not in self.dims]
        if lacking:
            raise LabelError(f"{where}: no dim {', '.join(lacking)} in ({', '.join(self.dims)})")

    def _times(self, coded: Coded, *, outer: bool = False, partial: bool = False) -> Expr:
        shared = [dim for dim in coded.dims if dim in self.dims]
        if not shared and not outer:
            raise LabelError(
                f"times: ({', '.join(self.dims)}) and ({', '.join(coded.dims)}) share no dim; "
                "write expr.outer(series) if every combination is meant"
            )
        left, right = self._match(coded, shared, "times", partial=partial)
        new = [place for place, dim in enumerate(coded.dims) if dim not in shared]
        return self._like(
            dims=self.dims + tuple(coded.dims[place] for place in new),
            codes=np.vstack([self.codes[:, left], coded.codes[new][:, right]]),
            col=self.col[left],
            coef=self.coef[left] * coded.numbers[right],
        )

    def _match(
        self, coded: Coded, shared: Sequence[str], where: str, *, partial: bool = False
    ) -> tuple[Ints, Ints]:
        mine = self.codes[[self.dims.index(dim) for dim in shared]]
        theirs = coded.codes[[coded.dims.index(dim) for dim in shared]]
        left, right, count = match(self.labels.keys(shared, mine), self.labels.keys(shared, theirs))
        if not partial and not count.all():
            lost = dict.fromkeys(self.labels.names(shared, mine[:, count == 0]))
            raise LabelError(f"{where}: the table has no row for {', '.join(shared)} = {some(lost)}")
        return left, right

    def _opening(self, dim: str, opening: pd.Series[Any] | Number) -> Coded:
        rest = self.sum(dim)
        if _is_number(opening):
            _, first = np.unique(rest.keys(), return_index=True)
            numbers = np.full(first.size, _finite(opening, "shift, opening"))
            return Coded(rest.dims, rest.codes[:, first], numbers)
        if not isinstance(opening, pd.Series):
            raise TypeError(f"shift: opening is a Series or a number, not {type(opening).__name__}")
        coded = self.labels.table(opening, "shift, opening")
        if set(coded.dims) != set(rest.dims):
            raise LabelError(
                f"shift: opening is over ({', '.join(coded.dims)}), not over ({', '.join(rest.dims)})"
            )
        rest._match(coded, rest.dims, "shift, opening")
        return coded

    def _coded(self, table: pd.Series[Any] | Coded, where: str) -> Coded:
        return self.labels.table(table, where) if isinstance(table, pd.Series) else table

    def _operand(self, other: object, where: str) -> Expr | None:
        if isinstance(other, Expr):
            return other
        if isinstance(other, pd.Series | Coded):
            return Expr.constant(self.labels, self._coded(other, where))
        if _is_number(other):
            _, first = np.unique(self.keys(), return_index=True)
            codes = self.codes[:, first] if self.dims else np.empty((0, 1), dtype=np.int64)
            numbers = np.full(codes.shape[1], _finite(other, where))
            return Expr.constant(self.labels, Coded(self.dims, codes, numbers))
        return None

    def _relation(self, sense: Sense, other: object) -> Relation:
        if _is_number(other):
            return Relation(self, sense, _finite(other, sense))
        rhs = self._operand(other, sense)
        if rhs is None:
            raise TypeError(
                f"{sense}: an expression, a table or a number is wanted, not {type(other).__name__}"
            )
        if set(rhs.dims) != set(self.dims):
            raise LabelError(f"{sense}: dims ({', '.join(self.dims)}) and ({', '.join(rhs.dims)}) differ")
        return Relation(self, sense, rhs)


@dataclass(frozen=True, eq=False)
class Relation:
    """``lhs sense rhs``, to be stated as rows by `Program.limit`; a number on the right is in every row."""

    lhs: Expr
    sense: Sense
    rhs: Expr | float

    def __bool__(self) -> bool:
        """Refused: a relation is not a test, and ``a <= x <= b`` would lose its first half."""
        raise TypeError(
            "a relation is not true or false; pass it to Program.limit, and write a <= x <= b as two"
        )

    def difference(self) -> tuple[Expr, float]:
        """The relation as ``expression sense number``."""
        if isinstance(self.rhs, Expr):
            return self.lhs - self.rhs, 0.0
        return self.lhs, self.rhs

    @property
    def table(self) -> Expr | None:
        """The right side if it is a table of constants over dims, which has to cover every row."""
        if isinstance(self.rhs, Expr) and self.rhs.dims and bool((self.rhs.col == CONSTANT).all()):
            return self.rhs
        return None


def _is_number(value: object) -> Any:
    return isinstance(value, Real | np.floating | np.integer) and not isinstance(value, bool | np.bool_)


def _finite(value: Any, where: str) -> float:
    number = float(value)
    if not math.isfinite(number):
        raise ProgramError(f"{where}: {number} is not a finite number")
    return number
