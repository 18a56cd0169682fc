"""Diversity: no class stands or falls with one site or one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


def site_share(p: Program, c: Context) -> None:
    r"""No site holds more than the largest share of a class, opening racks grandfathered.

    $$ \sum_{h \in s} x_{k,h,t} \le \max(\sigma_k D_{k,t},\; x^0_{k,s} S_{k,t} + n_{k,s}) \quad [\mathrm{racks}] $$

    S is the share of opening racks that churn leaves; n, the site's halls with opening racks, is the carry of
    whole churn.
    """
    _share(p, c, "site")


def regions(p: Program, c: Context) -> None:
    r"""No region holds more than the largest share of a class, opening racks grandfathered.

    $$ \sum_{h \in r} x_{k,h,t} \le \max(\rho_k D_{k,t},\; x^0_{k,r} S_{k,t} + n_{k,r}) \quad [\mathrm{racks}] $$
    """
    _share(p, c, "region")


def _share(p: Program, c: Context, place: str) -> None:
    m = c.tables
    largest = m.largest_share[place]
    by_hall = m.eligible[["hall", place]].drop_duplicates()
    racks = p["racks"].join(by_hall).sum("hall")
    over = largest.index.to_frame(index=False)
    p.limit(f"{place}_share", racks <= largest, over=over, unit="racks")
