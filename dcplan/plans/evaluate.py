"""Expressions of the model evaluated at a solution, as tidy tables."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from dcplan.lp.terms import Expr


def frame(expr: Expr, values: np.ndarray, dims: list[str], name: str) -> pd.DataFrame:
    """Evaluate an expression as a tidy table with its dimensions in the given order."""
    return expr.frame(values, name, dims)


def complete(table: pd.DataFrame, grid: pd.DataFrame) -> pd.DataFrame:
    """Return the table on a full grid; where the model has no term the amount is zero."""
    return grid.merge(table, how="left", on=list(grid.columns)).fillna(0.0)
