"""Leases: racks are given back at term ends or for a fee, options are taken, a site once left stays left."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model.variables import active_tranches, kept, released_racks

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context
    from dcplan.model.lease_terms import TermsBefore


def lease_state(p: Program, c: Context) -> None:
    r"""Leased racks change only by releases, in steps; none are leased at a site that was left.

    $$ l_{l,i} = l_{l,i-1} - \sigma_l\, r_{l,i}, \qquad l_{l,i} \le N_l\, \kappa_{s,i}
       \quad [\mathrm{racks}] $$

    i counts the terms of the lease: a new one opens at every date on which racks can be given back. Those
    are the term ends that notice can still reach from `as_of` (any of them where a renewal needs the
    tenant's word) and, where the contract knows a break fee, the starts of the periods between. \(\sigma\)
    is the smallest step. A lease without renewal ends with its term.
    """
    opening = c.leases.lease_number("racks")
    state, terms = p["leased_racks"], c.leases.lease_terms
    released = released_racks(p, c).rename(period="term")
    change = state - _term_before(state, c.leases.lease_terms_before, p.constant(opening)) + released
    p.limit("lease_state", change == 0, over=terms, unit="racks")
    inside = c.leases.terms_by_stay
    most = p["kept"].rename(term="stay").join(inside) * opening
    over = inside[["lease", "term", "stay"]]
    p.limit("lease_kept", state.join(over) - most.sum("site") <= 0, over=over, unit="racks")
    if not c.leases.ended.empty:
        p.limit("lease_ended", state.where(c.leases.ended) <= 0, over=c.leases.ended, unit="racks")


def committed_minimum(p: Program, c: Context) -> None:
    r"""While a site is kept, its lease keeps the committed minimum of racks.

    $$ l_{l,i} \ge n_l\, \kappa_{s,i} \quad [\mathrm{racks}] $$
    """
    least = c.leases.lease_number("least_racks")
    rows, ended = c.leases.terms_by_stay, c.leases.ended
    gone = set(zip(ended["lease"], ended["term"], strict=True))
    needed = set(least.index[least > 0])
    stays = [
        lease in needed and (lease, term) not in gone
        for lease, term in zip(rows["lease"], rows["term"], strict=True)
    ]
    rows = rows[stays].reset_index(drop=True)
    if rows.empty:
        return
    over = rows[["lease", "term", "stay"]]
    wanted = (p["kept"].rename(term="stay").join(rows, partial=True) * least).sum("site")
    held = p["leased_racks"].join(over, partial=True)
    p.limit("committed_minimum", held - wanted >= 0, over=over, unit="racks")


def lease_options(p: Program, c: Context) -> None:
    r"""Tranches in force never exceed the option, and there are none at a site that was left.

    $$ \sigma_l \sum_{\tau \le t < \tau + n_l} a_{l,\tau} \le O_l\, \kappa_{s,t} \quad [\mathrm{racks}] $$

    A tranche taken in period \(\tau\) is a term of its own: it binds for n months and ends without renewal.
    """
    periods = c.leases.tranche_periods
    if periods.empty:
        return
    over = periods[["lease", "period"]].drop_duplicates().reset_index(drop=True)
    sites = c.leases.lease_site
    most = kept(p, c).join(sites[sites["lease"].isin(over["lease"])], partial=True).sum("site")
    most = (most * c.leases.lease_number("option_racks")).where(over)
    p.limit("lease_options", active_tranches(p, c, whole=False) - most <= 0, over=over, unit="racks")


def kept_once(p: Program, c: Context) -> None:
    r"""A leased site that was left stays left.

    $$ \kappa_{s,i} \le \kappa_{s,i-1}, \qquad \kappa \in \{0, 1\} \quad [-] $$
    """
    opening = pd.Series(1.0, index=pd.Index(c.tables.leased_sites, name="site", dtype=object))
    stays = c.leases.site_terms
    before = _term_before(p["kept"], c.leases.site_terms_before, p.constant(opening))
    p.limit("kept_once", p["kept"] - before <= 0, over=stays, unit="-")


def _term_before(state: Expr, before: TermsBefore, opening: Expr) -> Expr:
    """Return the state of the term before; the opening state before the first."""
    held = opening.join(before.first, partial=True)
    if before.later.empty:
        return state * 0.0 + held
    return state.rename(term="earlier").join(before.later, partial=True).sum("earlier") + held


def exit_cut(p: Program, c: Context) -> None:
    r"""Leaving a site means that all its surviving racks moved out: a valid inequality, not a promise.

    $$ \sum_{\tau < i} m_{k,h,\tau} / S_{k,\tau} \ge x^0_{k,h} (1 - \kappa_{s,i}) \quad [\mathrm{racks}] $$

    S is the survival of the opening racks; moves count up to the term's first period, or before it where the
    overlap of a move fills a period. It follows from flow and lease_state for whole \(\kappa\) and lifts the
    relaxation.
    """
    m = c.tables
    racks = m.eligible.assign(racks=m.opening.to_numpy())  # both by eligible pair
    held = racks[(racks["ownership"] == "leased") & racks["class"].isin(m.movable) & (racks["racks"] > 0)]
    grid = held.merge(c.leases.site_terms, on="site")
    grid = grid[grid["term"] != m.period_labels[0]].reset_index(drop=True)
    if grid.empty:
        return
    cut = p.labels.numbers(grid, ["class", "hall", "term"], "racks")
    moved = p["moved_out"].where(held[["class", "hall"]]) * (1.0 / m.survival)
    moved = moved.rename(period="moved_period").join(_moves_before(c), partial=True).sum("moved_period")
    over = grid[["class", "hall", "term"]]
    gone = p["kept"].join(held[["site", "hall", "class"]], partial=True).sum("site").where(over)
    p.limit("exit_cut", moved.where(over) + gone * cut >= cut, over=over, unit="racks")


def _moves_before(c: Context) -> pd.DataFrame:
    """Return the relation (term, moved_period) of the periods whose moves empty a site for a term."""
    labels, fills = c.tables.period_labels, set(c.tables.overlap["period"])
    pairs = [
        (term, moved) for first, term in enumerate(labels) for moved in labels[: first + (term not in fills)]
    ]
    return pd.DataFrame(pairs, columns=["term", "moved_period"])
