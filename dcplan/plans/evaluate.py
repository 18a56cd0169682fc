"""Expressions of the model evaluated at a solution, as tidy tables."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.lp.placed import Placed, placed

if TYPE_CHECKING:
    from dcplan.lp.labels import Floats, Ints
    from dcplan.lp.terms import Expr

CENT = 1e-9
"""Amounts and racks up to this are none."""


@dataclass(frozen=True, eq=False)
class Outline:
    """A table whose rows are the same in every plan: its labels, and expressions tied to them.

    Where the model has no term the number is zero.
    """

    labels: pd.DataFrame
    numbers: dict[str, Placed]

    def at(self, values: Floats) -> dict[str, Floats]:
        """Return the numbers of every row at a solution, by column."""
        return {name: placed.sums(values) for name, placed in self.numbers.items()}

    def table(self, values: Floats) -> pd.DataFrame:
        """Return the labels with the numbers at a solution."""
        return self.labels.assign(**self.at(values))


def outline(labels: pd.DataFrame, **numbers: Expr) -> Outline:
    """Tie expressions to a table of labels, which must hold the labels of all their terms."""
    return Outline(labels, placed(labels, **numbers))


def summed(place: Ints, size: int, *numbers: Floats) -> Floats:
    """Return the sums of numbers by place: (numbers, size); NaN where there is nothing to add up."""
    sums = pd.DataFrame(np.stack(numbers, axis=1)).groupby(place).sum()
    found = np.full((len(numbers), size), np.nan)
    found[:, sums.index] = sums.to_numpy().T
    return found
