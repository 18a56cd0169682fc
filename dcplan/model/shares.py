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
    pairs = m.eligible.assign(opening=m.opening.to_numpy())
    pairs["halls"] = (pairs["opening"] > 0).astype(float)
    held = pairs.groupby(["class", place], sort=False)[["opening", "halls"]].sum()
    classes = held.index.get_level_values("class")
    share = m.case["classes"].set_index("class")[f"max_{place}_share"].reindex(classes)
    demand, survival = (m.wide[name].loc[classes].to_numpy() for name in ("demand", "survival"))
    opening, halls = (held[name].to_numpy()[:, None] for name in ("opening", "halls"))
    kept = opening * survival + halls * m.year_turns[m.period_labels].cumsum().to_numpy()
    most = np.maximum(share.to_numpy(float)[:, None] * demand, np.where(opening > 0, kept, 0.0))
    return pd.DataFrame(np.floor(most + TIE), index=held.index, columns=m.wide["demand"].columns)
