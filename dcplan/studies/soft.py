"""Demand that may find no place, at the price of the case: what `--soft demand` means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.model import build

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.data.case import Case
    from dcplan.model import PlanningModel


def softened(case: Case, most: Mapping[tuple[str, int], float] | None = None) -> PlanningModel:
    """Return the model of a case in which racks may find no place, at `unserved_mjpy_per_rack_year`.

    Args:
        case: the case.
        most: the most racks of a class in a fiscal year that may; none elsewhere. None: any number.
    """
    model = build(case, make_calendar(case.info), unserved=True)
    if most is not None:
        index = model.context.tables.demand.index
        years = model.context.tables.per_period("fiscal_year")
        upper = [most.get((name, int(years[period])), 0.0) for name, period in index.to_list()]
        model.program.bound("unserved", upper=pd.Series(np.array(upper, dtype=float), index=index))
    return model
