"""How much of a class may stand at one place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.model.tables import Tables

TIE = 1e-9
"""Room for rounding noise where a number of racks is rounded down."""


def largest_share(m: Tables, place: str) -> pd.Series[float]:
    r"""Return the largest racks of a class at a site or in a region, opening racks grandfathered.

    $$ \lfloor \max(\text{share}_k D_{k,t},\; \text{opening}_{k,p} S_{k,t} + n_{k,p} e_t) \rfloor $$

    with n the halls of the place that hold opening racks and e the year turns so far: each turn rounds a
    hall's churn down by less than one rack.

    Args:
        m: the tables.
        place: `site` or `region`; the share is the column `max_<place>_share` of classes.

    Returns:
        (class, place, period) whole racks.
    """
    pairs = m.eligible.assign(opening=m.opening.to_numpy())
    pairs["halls"] = (pairs["opening"] > 0).astype(float)
    held = pairs.groupby(["class", place], sort=False)[["opening", "halls"]].sum()
    classes, labels = held.index.get_level_values("class"), m.period_labels
    share = m.case["classes"].set_index("class")[f"max_{place}_share"].reindex(classes)
    demand, survival = (
        each.unstack("period").reindex(index=classes, columns=labels).to_numpy(float)
        for each in (m.demand, m.survival)
    )
    opening, halls = (held[name].to_numpy()[:, None] for name in ("opening", "halls"))
    kept = opening * survival + halls * m.year_turns[labels].cumsum().to_numpy()
    most = np.maximum(share.to_numpy(float)[:, None] * demand, np.where(opening > 0, kept, 0.0))
    rows = held.index.repeat(len(labels)).to_frame(index=False).assign(period=labels * len(held))
    return pd.Series(np.floor(most + TIE).ravel(), index=pd.MultiIndex.from_frame(rows))
