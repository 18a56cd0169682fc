"""Programs: dimensions, variables, rows and named costs, gathered block by block."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, TypeAlias

import numpy as np
import pandas as pd

from dcplan.lp.labels import Bools, Coded, Floats, Ints, LabelError, Labels, ProgramError, match, some
from dcplan.lp.matrix import Block, Blocks, Matrix
from dcplan.lp.rows import Over, Terms, state
from dcplan.lp.terms import CONSTANT, Expr, Number, Relation

Amount: TypeAlias = "Number | pd.Series[Any]"


@dataclass(eq=False)
class _Columns:
    block: Block
    lower: Floats
    upper: Floats
    integer: Bools
    unit: str = ""


@dataclass(frozen=True, eq=False)
class _RowSet:
    block: Block
    terms: Terms


class Hint(NamedTuple):
    """Advice for a search, as plain data."""

    kind: str
    payload: Any


@dataclass(frozen=True, eq=False)
class _Cost:
    expr: Expr
    family: str


class _Origin:
    """Tells the variables of one program and its copies from those of others."""


@dataclass(eq=False)
class Program:
    """A linear program over labels: what is decided, what must hold and what it costs.

    Attributes:
        name: name of the program.
        labels: its dimensions.
        hints: advice for searches, in the order given.
        variables_of: what copies of a program share: expressions over its variables hold for all of them.
    """

    name: str
    labels: Labels = field(default_factory=Labels)
    hints: list[Hint] = field(default_factory=list)
    variables_of: _Origin = field(default_factory=_Origin)
    _columns: dict[str, _Columns] = field(default_factory=dict, repr=False)
    _rows: dict[str, _RowSet] = field(default_factory=dict, repr=False)
    _costs: dict[str, _Cost] = field(default_factory=dict, repr=False)
    _family: str = field(default="", repr=False)

    def copy(self) -> Program:
        """A program with the same variables that may be fixed otherwise; all may be added to."""
        columns = {
            name: replace(each, lower=each.lower.copy(), upper=each.upper.copy(), integer=each.integer.copy())
            for name, each in self._columns.items()
        }
        rows, costs, hints = {**self._rows}, {**self._costs}, [*self.hints]
        return Program(self.name, self.labels, hints, self.variables_of, columns, rows, costs, self._family)

    def bare(self) -> Program:
        """A copy with neither rows nor costs."""
        bare = self.copy()
        bare._rows, bare._costs = {}, {}
        return bare

    # -- stating ---------------------------------------------------------------------------------------------

    def dimension(self, name: str, labels: Sequence[Any] | pd.Series[Any] | pd.Index[Any]) -> None:
        """Declare a dimension once, with its ordered and unique labels."""
        self.labels.declare(name, labels)

    @contextmanager
    def family(self, name: str) -> Iterator[None]:
        """Tag everything that is stated inside as belonging to the family ``name``."""
        outside, self._family = self._family, name
        try:
            yield
        finally:
            self._family = outside

    def variable(
        self,
        name: str,
        index: pd.DataFrame | None = None,
        lower: Amount = 0.0,
        upper: Amount = np.inf,
        integer: bool = False,
        unit: str = "",
        doc: str = "",
    ) -> Expr:
        """Add one column per row of ``index`` and return them as an expression.

        Args:
            name: unique name.
            index: label table, its columns are the dims and its rows are unique; None for one column.
            lower: lower bound: a number, or a Series over some of the dims that holds every label.
            upper: upper bound, likewise.
            integer: whether the values are whole numbers.
            unit: unit of the values.
            doc: one sentence.

        Raises:
            LabelError: a label is unknown, repeated, or has no bound in a Series.
        """
        if name in self._columns:
            raise ProgramError(f"variable {name} exists already")
        dims, codes = self._index(index, name)
        start, size = self.size, codes.shape[1]
        block = Block(name, dims, start, start + size, unit, self._family, doc, codes, self.labels)
        columns = _Columns(block, np.zeros(size), np.full(size, np.inf), np.full(size, integer))
        self._columns[name] = columns
        try:
            self._set(columns.lower, block, lower, "lower", every=True)
            self._set(columns.upper, block, upper, "upper", every=True)
        except Exception:
            del self._columns[name]
            raise
        return self[name]

    def __getitem__(self, name: str) -> Expr:
        """The variable ``name`` as an expression."""
        block = self._variable(name).block
        col = np.arange(block.start, block.stop, dtype=np.int64)
        return Expr(self.labels, block.dims, block.codes, col, np.ones(len(block)))

    def has(self, name: str) -> bool:
        """Whether there is a variable ``name``."""
        return name in self._columns

    def constant(self, amount: Amount) -> Expr:
        """A table (or a number, without dims) as an expression of constants."""
        if isinstance(amount, pd.Series):
            return Expr.constant(self.labels, self.labels.table(amount, "constant"))
        none = np.empty((0, 0), dtype=np.int64)
        return Expr(self.labels, (), none, none.ravel(), np.empty(0)) + amount

    def limit(
        self,
        name: str,
        relation: Relation,
        over: pd.DataFrame | None = None,
        unit: str = "",
        doc: str = "",
    ) -> None:
        """Add one row per row of ``over``, or a single row.

        Every term must be at a label of ``over``, and every label of ``over`` must have a term with a
        variable (not for an expression marked `Expr.or_zero`); a table on the right side must hold every
        label of ``over`` likewise. Rows whose variables all cancel are dropped if their constants keep the
        promise.

        Args:
            name: unique name of the rows.
            relation: ``lhs <= rhs``, ``lhs >= rhs`` or ``lhs == rhs``.
            over: label table, its columns are the dims of the relation; None for one row without dims.
            unit: unit of both sides.
            doc: one sentence.

        Raises:
            LabelError: terms and ``over`` do not match; up to five labels are named.
            InfeasibleRowError: a row without variables is broken by its constants.
        """
        if name in self._rows:
            raise ProgramError(f"rows {name} exist already")
        if not isinstance(relation, Relation):
            raise TypeError(
                f"{name}: limit takes a relation such as lhs <= rhs, not {type(relation).__name__}"
            )
        dims, codes = self._index(over, name)
        terms = state(relation, Over(name, self.labels, dims, codes), self.size)
        start, kept = self._row_count, codes[:, terms.live]
        block = Block(name, dims, start, start + kept.shape[1], unit, self._family, doc, kept, self.labels)
        self._rows[name] = _RowSet(block, terms)

    def adopt(self, other: Program, family: str) -> None:
        """State the rows of a family as a program with the same first variables has them.

        Raises:
            ProgramError: the variables are others, or rows of such a name exist already.
        """
        if other.variables_of is not self.variables_of:
            raise ProgramError(f"{family}: rows over the variables of another program")
        for name, rows in other._rows.items():
            if rows.block.family != family:
                continue
            if name in self._rows:
                raise ProgramError(f"rows {name} exist already")
            start = self._row_count
            block = replace(rows.block, start=start, stop=start + len(rows.block))
            self._rows[name] = replace(rows, block=block)

    def minimize(self, **costs: Expr | Number) -> None:
        """Add named cost terms; each keeps its dims, so that a cost table can be evaluated by label."""
        for name, cost in costs.items():
            if name in self._costs:
                raise ProgramError(f"cost {name} exists already")
            expr = cost if isinstance(cost, Expr) else self.constant(cost)
            if not np.isfinite(expr.coef).all():
                raise ProgramError(f"cost {name}: a coefficient is not finite")
            self._costs[name] = _Cost(expr, self._family)

    def fix(self, name: str, value: Amount) -> None:
        """Fix a variable, or its entries at the labels of a Series, to a value."""
        columns = self._variable(name)
        self._set(columns.lower, columns.block, value, "fix")
        self._set(columns.upper, columns.block, value, "fix")

    def bound(self, name: str, lower: Amount | None = None, upper: Amount | None = None) -> None:
        """Replace bounds of a variable; a Series over some of its dims changes only the labels it holds."""
        columns = self._variable(name)
        if lower is not None:
            self._set(columns.lower, columns.block, lower, "lower")
        if upper is not None:
            self._set(columns.upper, columns.block, upper, "upper")

    def integer(self, name: str, integer: bool, index: pd.DataFrame | None = None) -> None:
        """Make a variable whole or not, everywhere or at the labels of ``index`` over some of its dims."""
        columns = self._variable(name)
        if index is None:
            columns.integer[:] = integer
            return
        dims, codes = self.labels.rows(index, name)
        places, _ = self._entries(columns.block, Coded(dims, codes, np.ones(codes.shape[1])), name)
        columns.integer[places] = integer

    def hint(self, kind: str, payload: Any) -> None:
        """Leave advice for a search."""
        self.hints.append(Hint(kind, payload))

    # -- reading ---------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """Number of columns."""
        return next(reversed(self._columns.values())).block.stop if self._columns else 0

    @property
    def blocks(self) -> Blocks:
        """The blocks of columns and of rows by name."""
        variables = {name: columns.block for name, columns in self._columns.items()}
        return Blocks(variables, {name: rows.block for name, rows in self._rows.items()})

    @property
    def cost_names(self) -> tuple[str, ...]:
        """Names of the cost terms, in the order given."""
        return tuple(self._costs)

    def cost(self, name: str) -> Expr:
        """A cost term with its dims."""
        if name not in self._costs:
            raise ProgramError(f"no cost {name!r}: there are {some(self._costs) or 'none'}")
        return self._costs[name].expr

    def cost_family(self, name: str) -> str:
        """The family that stated a cost term."""
        self.cost(name)
        return self._costs[name].family

    def table(self, name: str, values: Floats) -> pd.DataFrame:
        """A variable at a solution: its dims as label columns and the column ``name``, in index order."""
        block = self._variable(name).block
        frame = block.frame()
        frame[name] = np.asarray(values, dtype=np.float64)[block.start : block.stop]
        return frame

    def matrix(self) -> Matrix:
        """The program as arrays; refuses NaN, infinite coefficients and crossed bounds by name."""
        size, columns = self.size, list(self._columns.values())
        rows = [each.terms for each in self._rows.values()]
        starts = [each.block.start for each in self._rows.values()]
        row = _joined([terms.row + start for terms, start in zip(rows, starts, strict=True)], np.int64)
        col = _joined([terms.col for terms in rows], np.int64)
        coef = _joined([terms.coef for terms in rows], np.float64)
        order = np.argsort(col * max(1, self._row_count) + row)
        indptr = np.concatenate([[0], np.cumsum(np.bincount(col, minlength=size))])
        cost_col = _joined([each.expr.col for each in self._costs.values()], np.int64)
        cost_coef = _joined([each.expr.coef for each in self._costs.values()], np.float64)
        constant = cost_col == CONSTANT
        cost = np.bincount(cost_col[~constant], weights=cost_coef[~constant], minlength=size).astype(
            np.float64
        )
        return Matrix(
            name=self.name,
            cost=cost,
            offset=float(cost_coef[constant].sum()),
            col_lower=_joined([each.lower for each in columns], np.float64),
            col_upper=_joined([each.upper for each in columns], np.float64),
            integrality=_joined([each.integer for each in columns], np.bool_),
            row_lower=_joined([each.lower for each in rows], np.float64),
            row_upper=_joined([each.upper for each in rows], np.float64),
            indptr=indptr,
            indices=row[order],
            data=coef[order],
            blocks=self.blocks,
        )

    # -- helpers ---------------------------------------------------------------------------------------------

    @property
    def _row_count(self) -> int:
        return next(reversed(self._rows.values())).block.stop if self._rows else 0

    def _variable(self, name: str) -> _Columns:
        if name not in self._columns:
            raise ProgramError(f"no variable {name!r}: there are {some(self._columns) or 'none'}")
        return self._columns[name]

    def _index(self, index: pd.DataFrame | None, where: str) -> tuple[tuple[str, ...], Ints]:
        if index is None:
            return (), np.empty((0, 1), dtype=np.int64)
        return self.labels.rows(index, where)

    def _entries(self, block: Block, coded: Coded, where: str, *, every: bool = False) -> tuple[Ints, Ints]:
        """Places in the block and the table rows that speak of them.

        Every table row must find a place; with ``every``, every place must find a table row instead.
        """
        dims = coded.dims
        strange = [dim for dim in dims if dim not in block.dims]
        if strange:
            raise LabelError(f"{where}: {block.name} has no dim {', '.join(strange)}")
        mine = block.codes[[block.dims.index(dim) for dim in dims]]
        places, rows, count = match(self.labels.keys(dims, mine), self.labels.keys(dims, coded.codes))
        if every and not count.all():
            lost = dict.fromkeys(self.labels.names(dims, mine[:, count == 0]))
            raise LabelError(f"{where}: the table has no row for {', '.join(dims)} = {some(lost)}")
        unused = np.bincount(rows, minlength=coded.numbers.size) == 0
        if not every and unused.any():
            names = self.labels.names(dims, coded.codes[:, unused])
            raise LabelError(f"{where}: {block.name} has no {', '.join(dims)} = {some(names)}")
        return places, rows

    def _set(self, target: Floats, block: Block, amount: Amount, what: str, *, every: bool = False) -> None:
        where = f"{block.name}, {what}"
        if not isinstance(amount, pd.Series):
            if np.isnan(amount):
                raise ProgramError(f"{where}: not a number")
            target[:] = float(amount)
            return
        coded = self.labels.table(amount, where, finite=False)
        places, rows = self._entries(block, coded, where, every=every)
        target[places] = coded.numbers[rows]


def _joined(parts: list[Any], dtype: Any) -> Any:
    return np.concatenate(parts).astype(dtype, copy=False) if parts else np.empty(0, dtype=dtype)
