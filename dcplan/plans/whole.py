"""Numbers of a solution that are whole, as whole numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints

WHOLE = 1e-4
"""How far from a whole number the solver may leave one."""


def whole(values: Floats) -> Ints:
    """Round to whole numbers, refusing what is not one."""
    rounded = np.round(values)
    near = np.abs(values - rounded) <= WHOLE
    if not near.all():
        place = int(np.argmin(near))
        message = f"not a whole number: {values[place]} at {place}"
        raise ValueError(message)
    return rounded.astype(np.int64)
