"""Expressions of the model evaluated at a solution, as tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

if TYPE_CHECKING:
    import numpy as np

    from dcplan.lp.terms import Expr


def frame(expr: Expr, values: np.ndarray, dims: list[str], name: str) -> pd.DataFrame:
    """Evaluate an expression as a tidy table with its dimensions in the given order."""
    result = expr.value(values)
    if not isinstance(result, pd.Series):
        raise TypeError(f"{name} has no dimensions")
    return result.rename(name).reset_index()[[*dims, name]]


def complete(table: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Return the table on a full grid; where the model has no term the amount is zero."""
    return grid.merge(table, how="left", on=list(grid.columns)).fillna(0.0)
