"""Batteries and panels in the plan: what is bought stays, panels feed the site, a battery cuts its peak."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.model.curves import OWNERS
from dcplan.model.onsite import KINDS
from dcplan.model.panels import aged, bought_panels_kw
from dcplan.model.variables import added, in_service

if TYPE_CHECKING:
    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

KW_PER_MW = 1e3


def onsite_stays(p: Program, _: Context) -> None:
    r"""What was bought for a site stays there and is replaced at the end of its life.

    $$ B_{s,y} \ge B_{s,y-1} \quad B \in \{\mathrm{battery\ kW}, \mathrm{battery\ kWh}, \mathrm{panel\ kW}\}
       \quad [\mathrm{kW}, \mathrm{kWh}] $$
    """
    for kind in KINDS:
        if p.has(kind):
            over = p.blocks.variables[kind].frame()
            p.limit(f"{kind}_stays", added(p, kind) >= 0, over=over, unit="kWh or kW")


def self_use(p: Program, c: Context) -> None:
    r"""Panels never generate more than the site draws: no energy is sold.

    $$ \gamma^{max}_{s,t} (S_{s,t} + V_{s,t}) \le \sum_{h \in s} \bigl[ (1 + a_{1,h} + c^{min}_{h,t})
       L_{h,t} + a_{0,h} P_h s_{h,t} \bigr] \quad [\mathrm{kW}] $$

    \(\gamma^{max}\) is the best hour of a kW of panels in the period, S what stands, V what was bought, after
    fade, L the mean IT load and \(c^{min}\) the overhead of the coldest hour: less than is drawn at any hour.
    """
    m, onsite = c.tables, c.schedule.onsite
    if not p.has("pv_kw"):
        return
    over = m.grid(site=onsite.panel_sites, period=m.period_labels)
    rate = KW_PER_MW / m.per_period("hours")
    mean_kw = m.it_mwh_per_rack * rate.reindex(m.it_mwh_per_rack.index.get_level_values("period")).to_numpy()
    racks = (p["racks"].where(m.grid(hall=m.owned_halls)) * mean_kw).sum("class")
    drawn = racks * m.least_per_it + in_service(p, m) * m.fixed_kw
    load = drawn.join(m.owned_hall_site).sum("hall").where(over)
    best = onsite.yields["largest"]
    generated = bought_panels_kw(p, c) * best
    there = m.onsite.standing_panels_kw.mul(best).reindex(pd.MultiIndex.from_frame(over))
    p.limit("self_use", load - generated >= there, over=over, unit="kW")


def battery_cut(p: Program, c: Context) -> None:
    r"""Batteries hold the level that they cut a peak to, on every day, and are full again by midnight.

    $$ x_{s,t} \le \sum_j x_{s,j,t}, \quad \sum_{j \in b} x_{s,j,t} \le B^{kW}_{b,y}, \quad
       n\,x_{s,j,t} - A_{s,j,t,n} \Lambda_{s,j,t} \le e_{s,j,t} \ \forall n, \quad
       \sum_{j \in b} e_{s,j,t} \le B^{kWh}_{b,y} \quad [\mathrm{kW}, \mathrm{kWh}] $$

    $$ x_{s,j,t} \le \xi_{s,j,t} \Lambda_{s,j,t}, \quad \sum_{j \in k} \Lambda_{s,j,t} \le
       \delta \sum_{h \in k} \sum_i \hat p_{i,t} x_{i,h,t}, \quad
       \sum_j r_j \Lambda_{s,j,t} \le S_{s,t} + V_{s,t} \quad [\mathrm{kW}] $$

    x is the cut of the peak that demand charges look at, \(B^{kWh}\) the energy after fade. The hourly curve
    of a site is that of its IT peak, held all day, by the outdoor temperature of each hour, less its panels.
    The energy that a cut needs is convex and homogeneous in (cut, load), so that a site may be taken as the
    sum of parts j. Each is cut by one battery b, the one that stands or the bought one, and has one cooling
    type k and \(r_j\) kW of panels per kW of IT load, so that its tangents are numbers: \(A_n\) is the least
    sum of the n smallest distances to the peak in a day, and \(\xi\) the largest share that is charged again
    by midnight (`dcplan.physics.cut`). One cooling type and one battery without panels is exact; a site of
    several parts needs no more than their sum. Panels narrow a peak and cut none. What batteries lose is in
    no cost.
    """
    m, onsite, curves = c.tables, c.schedule.onsite, c.curves
    if not onsite.battery_sites:
        return
    at = m.grid(site=onsite.battery_sites, period=m.period_labels)
    parts = curves.table[["site", "curve", "period"]]
    cut, load, need = p["curve_cut_kw"], p["curve_kw"], p["curve_kwh"]
    p.limit("battery_cut", p["peak_cut_kw"] - cut.sum("curve") <= 0, over=at, unit="kW")
    owners = curves.parts[["site", "curve", "owner"]]
    each = owners[["site", "owner"]].drop_duplicates().merge(m.periods[["period"]], how="cross")
    power, energy = _capacity(p, c, "power_kw", "battery_kw"), _capacity(p, c, "usable_kwh", "battery_kwh")
    cut_by, need_by = (part.join(owners).sum("curve") for part in (cut, need))
    p.limit("battery_power", (cut_by - power.where(each)).or_zero() <= 0, over=each, unit="kW")
    p.limit("battery_energy", (need_by - energy.where(each)).or_zero() <= 0, over=each, unit="kWh")
    rows = curves.tangents
    over = rows[["site", "curve", "period", "peak_hours"]]
    by = pd.MultiIndex.from_frame(over)
    hours = pd.Series(rows["peak_hours"].to_numpy(dtype=float), index=by)
    sums = pd.Series(rows["least_sum"].to_numpy(dtype=float), index=by)
    ones = pd.Series(1.0, index=by)
    p.limit("battery_tangent", cut * hours - load * sums - need * ones <= 0, over=over, unit="kWh")
    share = curves.table.set_index(["site", "curve", "period"])["largest_share"]
    p.limit("battery_recharge", cut - load * share <= 0, over=parts, unit="kW")
    _parts_of_the_load(p, c)


def _parts_of_the_load(p: Program, c: Context) -> None:
    """Parts of a cooling type together are no more than its IT peak, their panels no more than there are."""
    m, curves, load = c.tables, c.curves, p["curve_kw"]
    kinds = curves.table[["site", "curve", "cooling"]].drop_duplicates()
    over = kinds[["site", "cooling"]].drop_duplicates().merge(m.periods[["period"]], how="cross")
    of_type = load.join(kinds).sum("curve")
    halls = m.halls[m.halls["site"].isin(c.schedule.onsite.battery_sites)][["hall", "site", "cooling"]]
    racks = p["racks"].where(halls[["hall"]]) * (m.class_year("peak_kw") * m.diversity)
    peak = racks.sum("class").join(halls).sum("hall")
    p.limit("battery_load", (of_type - peak).or_zero() <= 0, over=over, unit="kW")
    sunny = curves.table[curves.table["ratio"] > 0.0]
    if sunny.empty:
        return
    at = sunny[["site", "period"]].drop_duplicates().reset_index(drop=True)
    ratio = sunny.set_index(["site", "curve", "period"])["ratio"]
    used = (load.where(sunny[["site", "curve", "period"]]) * ratio).sum("curve")
    if p.has("pv_kw"):
        used = used - bought_panels_kw(p, c).where(at)
    there = m.onsite.standing_panels_kw.reindex(pd.MultiIndex.from_frame(at))
    p.limit("battery_sun", used <= there, over=at, unit="kW")


def _capacity(p: Program, c: Context, column: str, kind: str) -> Expr:
    """Return what batteries hold after fade: (site, owner, period)."""
    m, onsite = c.tables, c.schedule.onsite
    grid = m.grid(site=onsite.battery_sites, fiscal_year=m.fiscal_years)
    there = grid.merge(onsite.standing, how="left", on=["site", "fiscal_year"])
    # a year without a row: no battery stands there yet
    numbers = there.set_index(["site", "fiscal_year"])[column].astype(float).fillna(0.0)
    owner = [pd.DataFrame({"site": onsite.battery_sites, "owner": name}) for name in OWNERS]
    total = p.constant(numbers).join(owner[0])
    if p.has(kind):
        held = p[kind] if kind == "battery_kw" else aged(p, c, kind, "left")  # power does not fade
        total = total + held.join(owner[1])
    return total.join(m.fiscal_year_of).sum("fiscal_year")
