"""A program with two halls, three periods, two classes and two sites."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.lp.program import Program
from dcplan.lp.terms import Expr


def series(dims, rows):
    """A table from {labels: number}; labels are a text or a tuple of texts."""
    keys = [key if isinstance(key, tuple) else (key,) for key in rows]
    if len(dims) == 1:
        index = pd.Index([key[0] for key in keys], name=dims[0])
    else:
        index = pd.MultiIndex.from_tuples(keys, names=dims)
    return pd.Series(list(rows.values()), index=index, dtype=float)


def terms(expr: Expr):
    """{(labels, column): coefficient} of an expression, labels in the order of its dims."""
    labels = [expr.labels[dim].index[row] for dim, row in zip(expr.dims, expr.codes, strict=True)]
    found: dict[tuple[object, int], float] = {}
    for place in range(expr.size):
        key = (tuple(column[place] for column in labels), int(expr.col[place]))
        found[key] = found.get(key, 0.0) + float(expr.coef[place])
    return found


@pytest.fixture(name="series")
def _series():
    return series


@pytest.fixture(name="terms")
def _terms():
    return terms


@pytest.fixture(name="halls_periods")
def _halls_periods():
    return pd.MultiIndex.from_product([["A", "B"], ["t1", "t2", "t3"]], names=["hall", "period"]).to_frame(
        index=False
    )


@pytest.fixture(name="p")
def _program(halls_periods):
    """Columns 0..5: x[A,t1], x[A,t2], x[A,t3], x[B,t1], x[B,t2], x[B,t3]."""
    program = Program("small")
    program.dimension("class", ["web", "hpc"])
    program.dimension("hall", ["A", "B", "C"])
    program.dimension("from_hall", ["A", "B"])
    program.dimension("site", ["North", "South"])
    program.dimension("period", ["t1", "t2", "t3"])
    program.dimension("year", [2022, 2023])
    program.variable("x", halls_periods, unit="racks")
    return program
