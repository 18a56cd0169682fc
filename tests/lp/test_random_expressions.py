"""The verbs against a naive evaluator that keeps one dict per term and loops over everything."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.lp.program import Program

LABELS = {"a": ["a0", "a1", "a2"], "b": [10, 20], "t": ["t0", "t1", "t2", "t3"], "g": ["g0", "g1"]}
numbers = st.sampled_from([-2.0, -1.0, 0.0, 0.5, 1.0, 3.0])


class Naive:
    """Terms as (labels, column, coefficient) with labels in a dict."""

    def __init__(self, dims, terms):
        self.dims, self.terms = tuple(dims), list(terms)

    def times(self, dims, table):
        shared = [dim for dim in dims if dim in self.dims]
        found = []
        for labels, col, coef in self.terms:
            for row, number in table.items():
                other = dict(zip(dims, row, strict=True))
                if all(labels[dim] == other[dim] for dim in shared):
                    found.append((labels | other, col, coef * number))
        return Naive((*self.dims, *(dim for dim in dims if dim not in shared)), found)

    def sum(self, *dims):
        kept = [dim for dim in self.dims if dim not in dims]
        return Naive(kept, [({d: labels[d] for d in kept}, col, coef) for labels, col, coef in self.terms])

    def shift(self, dim, by, opening):
        found, order = [], LABELS[dim]
        for labels, col, coef in self.terms:
            place = order.index(labels[dim]) + by
            if place < len(order):
                found.append((labels | {dim: order[place]}, col, coef))
        rest = [each for each in self.dims if each != dim]
        for row, number in (opening or {}).items():
            found += [(dict(zip(rest, row, strict=True)) | {dim: label}, -1, number) for label in order[:by]]
        return Naive(self.dims, found)

    def merged(self):
        total: dict[object, float] = {}
        for labels, col, coef in self.terms:
            key = (frozenset(labels.items()), col)
            total[key] = total.get(key, 0.0) + coef
        return total

    def value(self, values):
        total: dict[object, float] = {}
        for labels, col, coef in self.terms:
            key = tuple(labels[dim] for dim in self.dims)
            total[key] = total.get(key, 0.0) + coef * (1.0 if col < 0 else values[col])
        return total


def merged(expr):
    names = [expr.labels[dim].index.to_numpy()[row] for dim, row in zip(expr.dims, expr.codes, strict=True)]
    terms = []
    for place in range(expr.size):
        labels = {dim: column[place] for dim, column in zip(expr.dims, names, strict=True)}
        terms.append((labels, int(expr.col[place]), float(expr.coef[place])))
    return Naive(expr.dims, terms).merged()


def as_series(dims, table):
    rows = list(table)
    index = pd.MultiIndex.from_arrays(
        [[row[place] for row in rows] for place in range(len(dims))], names=dims
    )
    return pd.Series(list(table.values()), index=index, dtype=float)


@st.composite
def tables(draw, expr, dims):
    """A table that holds every label of the expression on the shared dims, and random others."""
    shared = [dim for dim in dims if dim in expr.dims]
    rows = set(draw(st.lists(st.tuples(*(st.sampled_from(LABELS[dim]) for dim in dims)), max_size=8)))
    new = [dim for dim in dims if dim not in shared]
    for labels, _, _ in expr.terms:
        extra = draw(st.tuples(*(st.sampled_from(LABELS[dim]) for dim in new)))
        both = {dim: labels[dim] for dim in shared} | dict(zip(new, extra, strict=True))
        rows.add(tuple(both[dim] for dim in dims))
    ordered = draw(st.permutations(sorted(rows, key=str)))
    return {row: draw(numbers) for row in ordered}


@st.composite
def histories(draw):
    """A program and the same random expression built twice: by the engine and naively."""
    p = Program("random")
    for dim, labels in LABELS.items():
        p.dimension(dim, labels)
    dims = draw(st.permutations(["a", "b", "t"]))
    every = list(itertools.product(*(LABELS[dim] for dim in dims)))
    rows = draw(st.lists(st.sampled_from(every), min_size=1, max_size=12, unique=True))
    expr = p.variable("x", pd.DataFrame(rows, columns=dims))
    naive = Naive(dims, [(dict(zip(dims, row, strict=True)), col, 1.0) for col, row in enumerate(rows)])
    for verb in draw(
        st.lists(st.sampled_from(["table", "number", "sum", "join", "shift", "plus"]), max_size=4)
    ):
        expr, naive = apply(draw, verb, expr, naive)
    return p, expr, naive


def apply(draw, verb, expr, naive):
    if verb == "number":
        number = draw(numbers)
        return expr * number, Naive(
            naive.dims, [(labels, col, coef * number) for labels, col, coef in naive.terms]
        )
    if verb == "table" and naive.dims:
        dims = draw(st.lists(st.sampled_from(list(LABELS)), min_size=1, max_size=3, unique=True))
        if set(dims) & set(naive.dims) and len(naive.terms) < 200:
            table = draw(tables(naive, dims))
            return expr * as_series(dims, table), naive.times(dims, table)
    if verb == "sum" and naive.dims:
        dims = draw(st.lists(st.sampled_from(list(naive.dims)), min_size=1, unique=True))
        return expr.sum(*dims), naive.sum(*dims)
    if verb == "join" and "a" in naive.dims and "g" not in naive.dims:
        pairs = dict.fromkeys(draw(tables(naive, ["a", "g"])), 1.0)
        frame = pd.DataFrame(list(pairs), columns=["a", "g"])
        return expr.join(frame), naive.times(["a", "g"], pairs)
    if verb == "shift" and "t" in naive.dims:
        by, rest = draw(st.integers(1, 5)), [dim for dim in naive.dims if dim != "t"]
        if not rest or draw(st.booleans()):
            return expr.shift("t", by=by), naive.shift("t", by, None)
        table = draw(tables(naive.sum("t"), rest))
        return expr.shift("t", by=by, opening=as_series(rest, table)), naive.shift("t", by, table)
    if verb == "plus":
        return expr - expr * 0.5, Naive(
            naive.dims, naive.terms + [(la, c, -0.5 * k) for la, c, k in naive.terms]
        )
    return expr, naive


@settings(max_examples=150, deadline=None)
@given(histories())
def test_the_engine_agrees_with_the_naive_evaluator(history):
    p, expr, naive = history
    assert set(expr.dims) == set(naive.dims)
    assert merged(expr) == naive.merged()
    values = np.arange(1.0, p.size + 1.0)
    found = expr.value(values)
    expected = naive.value(values)
    if not naive.dims:
        assert found == sum(expected.values())
        return
    for labels, number in expected.items():
        by_name = dict(zip(naive.dims, labels, strict=True))
        key = tuple(by_name[dim] for dim in expr.dims)
        np.testing.assert_allclose(found.loc[key if len(key) > 1 else key[0]], number, atol=1e-9)
    assert len(found) == len(expected)


@settings(max_examples=100, deadline=None)
@given(histories(), numbers)
def test_rows_agree_with_the_naive_evaluator(history, right):
    p, expr, naive = history
    rows = sorted({tuple(labels[dim] for dim in expr.dims) for labels, _, _ in naive.terms}, key=str)
    over = pd.DataFrame(rows, columns=list(expr.dims)) if expr.dims else None
    # A large slack keeps rows of constants from being refused.
    p.limit("row", expr.or_zero() <= right + 1e6, over=over)
    matrix = p.matrix()
    values = np.arange(1.0, p.size + 1.0)
    slack = matrix.row_upper - matrix.activity(values)
    total = naive.value(values)
    keys = [tuple(row) for row in matrix.blocks.rows["row"].frame().itertuples(index=False)]
    for key, found in zip(keys or [()], slack, strict=False):
        by_name = dict(zip(expr.dims, key, strict=True))
        np.testing.assert_allclose(found, right + 1e6 - total[tuple(by_name[dim] for dim in naive.dims)])


@settings(max_examples=60, deadline=None)
@given(histories())
def test_addition_is_the_union_of_terms(history):
    _, expr, naive = history
    constants = {tuple(labels[dim] for dim in naive.dims): 2.0 for labels, _, _ in naive.terms}
    if not naive.dims or not constants:
        return
    added = expr + as_series(list(naive.dims), constants)
    together = Naive(
        naive.dims,
        naive.terms + [(dict(zip(naive.dims, row, strict=True)), -1, 2.0) for row in constants],
    )
    assert merged(added) == together.merged()
