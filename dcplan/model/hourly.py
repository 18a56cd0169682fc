"""Carbon-free supply by the hour: what a site draws and has in every hour, and the cuts of a share of it.

The load of an hour is the mean IT load of its period under the model's curve at the hour's temperature.
Panels give what the irradiance says. A certificate or a menu has no hours of its own: the target says whether
its MWh come evenly over the fiscal year (`flat`) or like the sun at the site (`solar`), which must have a row
of pv_options.csv. Sites do not help each other, and no hour helps another.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import fiscal_year_start, typical_hours
from dcplan.model import energy
from dcplan.model.panels import bought_panels_kw
from dcplan.model.variables import in_service
from dcplan.model.variables import targets as targets_in_force
from dcplan.physics import cooling

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

METRIC = "hourly_carbon_free_share"
THRESHOLDS = 6
"""Sets of hours that every program starts with: those with at least so much sun."""
CUT = ["target", "fiscal_year", "cut"]
KW_PER_MW = 1e3

Sets = dict[str, np.ndarray]
"""Hours of a fiscal year by site: true where the load counts, false where the supply does."""


@dataclass(frozen=True, eq=False)
class Hours:
    """One hourly target in one fiscal year: its sites, their hours, and what is drawn and given in them."""

    program: Program
    context: Context
    row: Mapping[Any, Any]

    @cached_property
    def sites(self) -> list[str]:
        """Sites inside the boundary."""
        m = self.context.tables
        return m.owned_sites if self.row["boundary"] == "owned" else [*m.owned_sites, *m.leased_sites]

    @cached_property
    def supplied(self) -> list[str]:
        """Sites inside the boundary with panels or claims: the owned ones."""
        return [site for site in self.sites if site in self.context.tables.owned_sites]

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Periods of the year: period, start, end, hours."""
        rows = self.context.tables.periods
        year = int(self.row["fiscal_year"])
        return rows[rows["fiscal_year"] == year].reset_index(drop=True)

    @cached_property
    def first(self) -> np.ndarray:
        """Place of the first hour of each period."""
        return np.concatenate(([0], np.cumsum(self.periods["hours"].to_numpy(dtype=np.int64))[:-1]))

    @cached_property
    def period(self) -> np.ndarray:
        """Place of the period of each hour."""
        return np.repeat(np.arange(len(self.periods)), self.periods["hours"].to_numpy(dtype=np.int64))

    @cached_property
    def typical(self) -> np.ndarray:
        """Place of each hour in the typical year."""
        return typical_hours(self.periods["start"].iloc[0], self.periods["end"].iloc[-1])

    @cached_property
    def halls(self) -> pd.DataFrame:
        """Halls inside the boundary: hall, site, owned."""
        rows = self.context.tables.halls
        rows = rows[rows["site"].isin(self.sites)][["hall", "site", "ownership"]].reset_index(drop=True)
        return rows.assign(owned=rows["ownership"] == "owned")

    @cached_property
    def per_it(self) -> np.ndarray:
        """Facility power per IT power of each hall in each hour, fixed part apart: (hall, hour)."""
        case = self.context.tables.case
        share = cooling.fit_proportional_share(case).set_index("hall")["proportional_share"]
        hourly = cooling.hourly_overhead(case)[list(self.halls["hall"])].to_numpy(dtype=float).T
        own = share.reindex(self.halls["hall"]).to_numpy(dtype=float)[:, np.newaxis]
        return np.asarray(1.0 + own + hourly[:, self.typical])

    @cached_property
    def by_hall(self) -> pd.MultiIndex:
        """Halls inside the boundary by period."""
        labels = [self.halls["hall"], self.periods["period"]]
        return pd.MultiIndex.from_product(labels, names=["hall", "period"])

    @cached_property
    def it(self) -> Expr:
        """IT energy: (hall, period) MWh."""
        return energy.it_mwh(self.program, self.context).where(self.by_hall.to_frame(index=False))

    @cached_property
    def on(self) -> Expr:
        """Owned halls in service: (hall, period)."""
        there = self.by_hall[np.repeat(self.halls["owned"].to_numpy(), len(self.periods))]
        return in_service(self.program, self.context.tables).where(there.to_frame(index=False))

    @cached_property
    def fixed_kw(self) -> np.ndarray:
        """Fixed power of each hall; 0 for a leased one."""
        # a leased hall has no fixed part: its landlord bills a PUE
        return np.asarray(self.context.tables.fixed_kw.reindex(self.halls["hall"]).fillna(0.0), dtype=float)

    @cached_property
    def bought(self) -> Expr | None:
        """Bought panels: (site, period) kW; None where none may be bought."""
        lit = [site for site in self.context.schedule.onsite.panel_sites if site in self.supplied]
        if not self.program.has("pv_kw") or not lit:
            return None
        there = self.context.tables.grid(site=lit, period=list(self.periods["period"]))
        return bought_panels_kw(self.program, self.context).where(there)

    def sun(self, site: str) -> np.ndarray:
        """Generation of a kW of panels at a site in each hour; 0 where it is not known."""
        known = self.context.tables.onsite.sun.get(site)
        return np.zeros(self.typical.size) if known is None else known[self.typical]

    @cached_property
    def standing(self) -> dict[str, np.ndarray]:
        """Generation of the panels that stand, in each hour [kW]: by the sun, or evenly without one."""
        m, found = self.context.tables, {}
        for site in self.supplied:
            keys = [(site, label) for label in self.periods["period"]]
            if site in m.onsite.sun:
                found[site] = m.onsite.standing_panels_kw.loc[keys].to_numpy()[self.period] * self.sun(site)
            else:
                hours = self.periods["hours"].to_numpy(dtype=float)
                # no row of onsite_pv: no panels there
                found[site] = (m.onsite_mwh.reindex(keys).fillna(0.0).to_numpy() * KW_PER_MW / hours)[
                    self.period
                ]
        return found

    @cached_property
    def claim_shape(self) -> dict[str, np.ndarray]:
        """Share of a claimed MWh of the fiscal year that comes in each hour, by site."""
        year = int(self.row["fiscal_year"])
        whole = typical_hours(fiscal_year_start(year), fiscal_year_start(year + 1))
        if self.row["claims_profile"] == "flat":
            return {site: np.full(self.typical.size, 1.0 / whole.size) for site in self.supplied}
        return {
            site: self.sun(site) / self.context.tables.onsite.sun[site][whole].sum() for site in self.supplied
        }

    def first_sets(self) -> list[Sets]:
        """Return the sets of hours to start with: none, and those with more and more sun."""
        found = [dict.fromkeys(self.sites, np.zeros(self.typical.size, dtype=np.bool_))]
        for step in range(THRESHOLDS):
            sets = {}
            for site in self.sites:
                sun = self.sun(site)
                bright = sun[sun > 0.0]
                least = np.quantile(bright, step / THRESHOLDS) if bright.size else np.inf
                sets[site] = sun >= least
            if any((sets[site] != found[-1][site]).any() for site in self.sites):
                found.append(sets)
        return found

    def cut(self, sets: Sets) -> Expr:
        """Return load in a set of hours plus supply outside it, less the share of all load: MWh, no dims."""
        inside = np.stack([sets[site] for site in self.halls["site"]])
        total = self._load(inside - float(self.row["value"])) + self._supply(sets)
        if self.row["miss_price"] is None or np.isnan(float(self.row["miss_price"])):
            return total
        at = pd.DataFrame({"target": [self.row["target"]], "fiscal_year": [self.row["fiscal_year"]]})
        return total + self.program["target_miss"].where(at).sum()

    def _load(self, weight: np.ndarray) -> Expr:
        """Return the load of halls, each hour times a weight (hall, hour): MWh, no dims."""
        lengths = self.periods["hours"].to_numpy(dtype=float)
        slope = np.add.reduceat(self.per_it * weight, self.first, axis=1) / lengths
        counted = np.add.reduceat(weight, self.first, axis=1)
        running = self.it * pd.Series(slope.ravel(), index=self.by_hall)
        fixed = pd.Series((counted * self.fixed_kw[:, np.newaxis] / KW_PER_MW).ravel(), index=self.by_hall)
        owned = np.repeat(self.halls["owned"].to_numpy(), len(self.periods))
        return (running + self.on * fixed[owned]).sum("hall", "period")

    def _supply(self, sets: Sets) -> Expr:
        """Return the carbon-free supply outside a set of hours: MWh, no dims."""
        year = self.row["fiscal_year"]
        share = {(s, year): float(self.claim_shape[s][~sets[s]].sum()) for s in self.supplied}
        index = pd.MultiIndex.from_tuples(list(share), names=["site", "fiscal_year"])
        claimed = self.program["claimed_mwh"].where(index.to_frame(index=False))
        total = (claimed * pd.Series(list(share.values()), index=index)).sum()
        total = total + sum(float(self.standing[s][~sets[s]].sum()) for s in self.supplied) / KW_PER_MW
        if self.bought is None:
            return total
        lit = [site for site in self.context.schedule.onsite.panel_sites if site in self.supplied]
        given = [np.add.reduceat(self.sun(s) * ~sets[s], self.first) / KW_PER_MW for s in lit]
        at = pd.MultiIndex.from_product([lit, self.periods["period"]], names=["site", "period"])
        return total + (self.bought * pd.Series(np.concatenate(given), index=at)).sum()

    def measured(self, values: np.ndarray) -> tuple[float, float, Sets]:
        """Return what a solution matches by the hour and draws [MWh], and the hours with more supply."""
        it = _grid(self.it.value(values), list(self.halls["hall"]), list(self.periods["period"]))
        mean = it * KW_PER_MW / self.periods["hours"].to_numpy(dtype=float)
        on = _grid(self.on.value(values), list(self.halls["hall"]), list(self.periods["period"]))
        standing = self.fixed_kw[:, np.newaxis] * on
        power = mean[:, self.period] * self.per_it + standing[:, self.period]
        claimed = self._claimed(values)
        bought = self.bought
        panels = bought.value(values) if bought is not None else 0.0
        bought_kw = _grid(panels, self.sites, list(self.periods["period"]))
        matched = drawn = 0.0
        sets = {}
        for place, site in enumerate(self.sites):
            load = power[(self.halls["site"] == site).to_numpy()].sum(axis=0)
            supply = np.zeros_like(load)
            if site in self.supplied:
                certified = claimed.get(site, 0.0) * KW_PER_MW
                supply = self.standing[site] + bought_kw[place][self.period] * self.sun(site)
                supply = supply + certified * self.claim_shape[site]
            sets[site] = load < supply
            matched += float(np.minimum(load, supply).sum()) / KW_PER_MW
            drawn += float(load.sum()) / KW_PER_MW
        return matched, drawn, sets

    def _claimed(self, values: np.ndarray) -> dict[str, float]:
        table = self.program.table("claimed_mwh", values)
        table = table[table["fiscal_year"] == self.row["fiscal_year"]]
        return {str(site): float(mwh) for site, mwh in table.groupby("site")["claimed_mwh"].sum().items()}


def hourly_targets(p: Program, c: Context) -> list[Hours]:
    """Return the hourly targets in force, one a fiscal year."""
    rows = targets_in_force(c.tables)
    if METRIC not in set(rows["metric"]):
        return []
    return [Hours(p, c, row) for row in rows[rows["metric"] == METRIC].to_dict("records")]


def hourly_target(p: Program, c: Context) -> None:
    r"""Of what the sites inside a boundary draw in a fiscal year, a share is carbon-free in the same hour.

    $$ \sum_{s} \Bigl[ \sum_{h \in A_s} L_{s,h} + \sum_{h \notin A_s} R_{s,h} \Bigr] + \mu \ge
       \tau \sum_{s,h} L_{s,h} \qquad \forall A \quad [\mathrm{MWh}] $$

    L is the load and R the carbon-free supply of an hour, panels and claims; \(\mu\) the miss of a target
    that carries a price. The least left side over all sets A is \(\sum \min(L, R)\). The program holds
    the sets of hours with at least so much sun; a plan in whole racks is solved again with the hours in
    which its own load is below its supply, until it is met.
    """
    p.dimension("cut", list(range(THRESHOLDS + 1)))
    cuts, total = [], None
    for hours in hourly_targets(p, c):
        for place, sets in enumerate(hours.first_sets()):
            cuts.append((hours.row["target"], hours.row["fiscal_year"], place))
            at = pd.MultiIndex.from_tuples(cuts[-1:], names=CUT)
            cut = hours.cut(sets).outer(pd.Series([1.0], index=at))
            total = cut if total is None else total + cut
    if total is not None:
        over = pd.DataFrame(cuts, columns=CUT)
        p.limit(f"target_{METRIC}", total.or_zero() >= 0, over=over, unit="MWh")


def _grid(found: pd.Series[Any] | float, rows: list[str], periods: list[str]) -> np.ndarray:
    """Return a (label, period) quantity as an array; what has no term is 0."""
    if isinstance(found, float):
        return np.zeros((len(rows), len(periods)))
    index = pd.MultiIndex.from_product([rows, periods])
    return np.asarray(found.reindex(index).fillna(0.0).to_numpy(dtype=float).reshape(len(rows), len(periods)))
