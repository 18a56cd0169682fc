"""Diversity: no class stands or falls with one site or one region."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.model.context import Context


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
    m = c.tables
    largest = m.largest_share[place].stack()
    by_hall = m.eligible[["hall", place]].drop_duplicates()
    racks = p["racks"].join(by_hall).sum("hall")
    over = largest.index.to_frame(index=False)
    p.limit(f"{place}_share", racks <= largest, over=over, unit="racks")
