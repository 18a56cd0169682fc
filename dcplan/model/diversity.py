"""Diversity: no class stands or falls with one site or one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.data.once import once_of_first

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context
    from dcplan.model.tables import Tables


def site_share(p: Program, c: Context) -> None:
    r"""No site holds more than the largest share of a class, opening racks grandfathered.

    $$ \sum_{h \in s} x_{k,h,t} \le
       \lfloor \max(\sigma_k D_{k,t},\; x^0_{k,s} S_{k,t} + n_{k,s} e_t) \rfloor \quad [\mathrm{racks}] $$

    S is the share of opening racks that churn leaves; each of the e year turns so far rounds the churn of
    the site's n halls with opening racks down by less than one rack.
    """
    _share(p, c, "site")


def regions(p: Program, c: Context) -> None:
    r"""No region holds more than the largest share of a class, opening racks grandfathered.

    $$ \sum_{h \in r} x_{k,h,t} \le
       \lfloor \max(\rho_k D_{k,t},\; x^0_{k,r} S_{k,t} + n_{k,r} e_t) \rfloor \quad [\mathrm{racks}] $$
    """
    _share(p, c, "region")


def _share(p: Program, c: Context, place: str) -> None:
    by_hall, largest = _places(c.tables)[place]
    racks = p["racks"].join(by_hall).sum("hall")
    dims = ["class", place, "period"]
    most = p.labels.numbers(largest, dims, "racks")
    p.limit(f"{place}_share", racks <= most, over=largest[dims], unit="racks")


@once_of_first
def _places(m: Tables) -> dict[str, tuple[pd.DataFrame, pd.DataFrame]]:
    """Return for sites and regions: relation hall -> place, and the largest racks by class and period."""
    found = {}
    for place, wide in m.largest_share.items():
        halls = dict.fromkeys(zip(m.eligible["hall"], m.eligible[place], strict=True))
        pairs, labels = list(wide.index), m.period_labels
        rows = [(name, where, period) for name, where in pairs for period in labels]
        largest = pd.DataFrame(rows, columns=["class", place, "period"], dtype=object)
        relation = pd.DataFrame(list(halls), columns=["hall", place], dtype=object)
        found[place] = (relation, largest.assign(racks=wide.to_numpy().ravel()))
    return found
