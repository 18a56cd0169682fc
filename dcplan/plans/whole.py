"""Numbers of a solution that are whole, as whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WHOLE = 1e-4
"""How far from a whole number the solver may leave one."""


def whole(values: pd.Series[float]) -> pd.Series[int]:
    """Round to whole numbers, refusing what is not one."""
    rounded = values.round()
    far = (values - rounded).abs() > WHOLE
    if far.any():
        message = f"not a whole number: {values[far].iloc[0]} at {values.index[far][0]}"
        raise ValueError(message)
    return rounded.astype("int64")
