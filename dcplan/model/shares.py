"""How much of a class may stand at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.model.tables import Tables

TIE = 1e-9
"""Room for rounding noise where a number of racks is rounded down."""


def largest_share(m: Tables, place: str) -> pd.DataFrame:
    r"""Return the largest racks of a class at a site or in a region, opening racks grandfathered.

    $$ \lfloor \max(\text{share}_k D_{k,t},\; \text{opening}_{k,p} S_{k,t} + n_{k,p} e_t) \rfloor $$

    with n the halls of the place that hold opening racks and e the year turns so far: each turn rounds a
    hall's churn down by less than one rack.

    Args:
        m: the tables.
        place: `site` or `region`; the share is the column `max_<place>_share` of classes.

    Returns:
        Whole racks: a row for each (class, place), a column for each period.
    """
    named = list(zip(m.eligible["class"], m.eligible[place], strict=True))
    row = {pair: number for number, pair in enumerate(dict.fromkeys(named))}
    pair, racks = np.array([row[each] for each in named], dtype=np.int64), m.opening.to_numpy()
    opening, halls = (
        np.bincount(pair, weights=each, minlength=len(row))[:, None] for each in (racks, racks > 0)
    )
    classes = {name: number for number, name in enumerate(m.case["classes"]["class"])}
    own = [classes[name] for name, _ in row]
    share = m.case["classes"][f"max_{place}_share"].to_numpy(dtype=float)[own, None]
    demand, survival = (m.wide[name].to_numpy()[own] for name in ("demand", "survival"))
    kept = opening * survival + halls * m.year_turns.to_numpy().cumsum()
    most = np.maximum(share * demand, np.where(opening > 0, kept, 0.0))
    index = pd.MultiIndex.from_tuples(row, names=["class", place])
    return pd.DataFrame(np.floor(most + TIE), index=index, columns=m.wide["demand"].columns)
