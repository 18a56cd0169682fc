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
from dcplan.errors import InputError, Problem
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
KW_PER_MW = 1e3

Sets = dict[str, np.ndarray]
"""Hours of a fiscal year by site: true where the load counts, false where the supply does."""


@dataclass(frozen=True)
class Hours:
    """The hours of one fiscal year at the sites of one boundary."""

    context: Context
    fiscal_year: int
    boundary: str
    profile: str

    @cached_property
    def sites(self) -> list[str]:
        """Sites inside the boundary."""
        m = self.context.tables
        return m.owned_sites if self.boundary == "owned" else [*m.owned_sites, *m.leased_sites]

    @cached_property
    def periods(self) -> pd.DataFrame:
        """Periods of the year: period, start, end, hours."""
        rows = self.context.tables.periods
        return rows[rows["fiscal_year"] == self.fiscal_year].reset_index(drop=True)

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

    def sun(self, site: str) -> np.ndarray:
        """Generation of a kW of panels at a site in each hour; 0 where it is not known."""
        known = self.context.tables.onsite.sun.get(site)
        return np.zeros(self.typical.size) if known is None else known[self.typical]

    def panels(self, site: str) -> np.ndarray:
        """Generation of the panels that stand, in each hour [kW]: by the sun, or evenly without one."""
        m = self.context.tables
        keys = [(site, label) for label in self.periods["period"]]
        if site in m.onsite.sun:
            return np.asarray(m.standing_panels_kw.loc[keys].to_numpy()[self.period] * self.sun(site))
        even = (
            m.onsite_mwh.reindex(keys).fillna(0.0).to_numpy() * KW_PER_MW / self.periods["hours"].to_numpy()
        )
        return np.asarray(even[self.period])

    def claim_shape(self, site: str) -> np.ndarray:
        """Share of a claimed MWh of the fiscal year that comes in each hour.

        Raises:
            InputError: the sun of the site is wanted and not known.
        """
        year = (fiscal_year_start(self.fiscal_year), fiscal_year_start(self.fiscal_year + 1))
        if self.profile == "flat":
            return np.full(self.typical.size, 1.0 / typical_hours(*year).size)
        sun = self.context.tables.onsite.sun.get(site)
        if sun is None:
            rule = f"claims at {site} cannot come like the sun: no irradiance is known there"
            remedy = "Write flat, or add a row of pv_options.csv (max_kw 0) for the site."
            raise InputError([Problem("targets.csv", None, "claims_profile", "solar", rule, remedy)])
        return np.asarray(sun[self.typical] / sun[typical_hours(*year)].sum())

    def first_sets(self) -> list[Sets]:
        """Return the sets of hours to start with: none, and those with more and more sun."""
        none = np.zeros(self.typical.size, dtype=np.bool_)
        found = [dict.fromkeys(self.sites, none)]
        for step in range(THRESHOLDS):
            sets = {}
            for site in self.sites:
                sun = self.sun(site)
                bright = sun[sun > 0.0]
                least = np.quantile(bright, step / THRESHOLDS) if bright.size else np.inf
                sets[site] = sun >= least
            found.append(sets)
        return found if any(sets[site].any() for sets in found for site in self.sites) else found[:1]


def hours_of(c: Context, row: Mapping[Any, Any]) -> Hours:
    """Return the hours that a target of one fiscal year looks at."""
    return Hours(c, int(row["fiscal_year"]), str(row["boundary"]), str(row["claims_profile"]))


def hourly_rows(c: Context) -> list[dict[Any, Any]]:
    """Return the hourly targets in force, one a fiscal year: target, fiscal_year, boundary, value, ..."""
    rows = targets_in_force(c.tables)
    return rows[rows["metric"] == METRIC].to_dict("records")


def hourly_target(p: Program, c: Context) -> None:
    r"""Of what the sites inside a boundary draw in a fiscal year, a share is carbon-free in the same hour.

    $$ \sum_{s} \Bigl[ \sum_{h \in A_s} L_{s,h} + \sum_{h \notin A_s} R_{s,h} \Bigr] + \mu \ge
       \tau \sum_{s,h} L_{s,h} \qquad \forall A \quad [\mathrm{MWh}] $$

    L is the load and R the carbon-free supply of an hour, panels and claims; \(\mu\) the miss of a target
    that carries a price. The least left side over all sets A is \(\sum \min(L, R)\). The program holds the sets of
    the hours with at least so much sun; what they leave open a plan is asked for again, with the set of hours
    in which its own load is below its supply, until it is met.
    """
    for row in hourly_rows(c):
        hours = hours_of(c, row)
        for place, sets in enumerate(hours.first_sets()):
            name = f"hourly_target_{row['target']}_{row['fiscal_year']}_{place}"
            p.limit(name, cut_of(p, c, row, hours, sets) >= 0, unit="MWh")


def cut_of(p: Program, c: Context, row: Mapping[Any, Any], hours: Hours, sets: Sets) -> Expr:
    """Return load in a set of hours plus supply outside it, less the share of all load: MWh, no dims."""
    inside = np.stack([sets[site] for site in hours.halls["site"]])
    target = float(row["value"])
    total = (_load(p, c, hours, inside) - _load(p, c, hours, np.ones_like(inside)) * target).sum()
    total = total + _supply(p, c, hours, sets)
    at = pd.DataFrame({"target": [row["target"]], "fiscal_year": [row["fiscal_year"]]})
    if not np.isnan(float(row["miss_price"] if row["miss_price"] is not None else np.nan)):
        total = total + p["target_miss"].where(at).sum()
    return total


def _load(p: Program, c: Context, hours: Hours, inside: np.ndarray) -> Expr:
    """Return the load of halls in a set of hours: (hall, period) MWh."""
    m = c.tables
    first = np.concatenate(([0], np.cumsum(hours.periods["hours"].to_numpy(dtype=np.int64))[:-1]))
    lengths = hours.periods["hours"].to_numpy(dtype=float)
    slope = np.add.reduceat(hours.per_it * inside, first, axis=1) / lengths
    count = np.add.reduceat(inside.astype(float), first, axis=1)
    names = ["hall", "period"]
    index = pd.MultiIndex.from_product([hours.halls["hall"], hours.periods["period"]], names=names)
    there = index.to_frame(index=False)
    running = energy.it_mwh(p, c).where(there) * pd.Series(slope.ravel(), index=index)
    owned = np.repeat(hours.halls["owned"].to_numpy(), len(hours.periods))
    at = index[owned]
    fixed = m.fixed_kw.reindex(at.get_level_values("hall")).to_numpy() / KW_PER_MW
    standing = pd.Series(count.ravel()[owned] * fixed, index=at)
    return running + in_service(p, m).where(at.to_frame(index=False)) * standing


def _supply(p: Program, c: Context, hours: Hours, sets: Sets) -> Expr:
    """Return the carbon-free supply of owned sites outside a set of hours: MWh, no dims."""
    owned = [site for site in hours.sites if site in c.tables.owned_sites]
    standing = sum(float((hours.panels(site) * ~sets[site]).sum()) for site in owned) / KW_PER_MW
    year = hours.fiscal_year
    share = {(site, year): float((hours.claim_shape(site) * ~sets[site]).sum()) for site in owned}
    index = pd.MultiIndex.from_tuples(list(share), names=["site", "fiscal_year"])
    claims = p["claimed_mwh"].where(index.to_frame(index=False)) * pd.Series(
        list(share.values()), index=index
    )
    total = claims.sum() + standing
    if not p.has("pv_kw"):
        return total
    first = np.concatenate(([0], np.cumsum(hours.periods["hours"].to_numpy(dtype=np.int64))[:-1]))
    lit = [site for site in c.schedule.onsite.panel_sites if site in owned]
    given = [np.add.reduceat(hours.sun(site) * ~sets[site], first) / KW_PER_MW for site in lit]
    at = pd.MultiIndex.from_product([lit, hours.periods["period"]], names=["site", "period"])
    there = at.to_frame(index=False)
    return total + (bought_panels_kw(p, c).where(there) * pd.Series(np.concatenate(given), index=at)).sum()


def measured(p: Program, c: Context, row: Mapping[Any, Any], values: np.ndarray) -> tuple[float, float, Sets]:
    """Return what a solution matches by the hour and draws [MWh], and the hours in which it draws less."""
    hours, m = hours_of(c, row), c.tables
    labels = list(hours.periods["period"])
    it = _grid(energy.it_mwh(p, c).value(values), list(hours.halls["hall"]), labels)
    mean = it * KW_PER_MW / hours.periods["hours"].to_numpy(dtype=float)
    on = _grid(in_service(p, m).value(values), list(hours.halls["hall"]), labels)
    fixed = m.fixed_kw.reindex(hours.halls["hall"]).fillna(0.0).to_numpy()[:, np.newaxis] * on
    power = mean[:, hours.period] * hours.per_it + fixed[:, hours.period]
    claimed = _claims(p, values)
    bought = None if not p.has("pv_kw") else _grid(bought_panels_kw(p, c).value(values), hours.sites, labels)
    matched = drawn = 0.0
    sets = {}
    for place, site in enumerate(hours.sites):
        load = power[(hours.halls["site"] == site).to_numpy()].sum(axis=0)
        supply = np.zeros_like(load)
        if site in m.owned_sites:
            supply = hours.panels(site)
            supply = supply + claimed.get((site, hours.fiscal_year), 0.0) * KW_PER_MW * hours.claim_shape(
                site
            )
            if bought is not None:
                supply = supply + bought[place][hours.period] * hours.sun(site)
        sets[site] = load < supply
        matched += float(np.minimum(load, supply).sum()) / KW_PER_MW
        drawn += float(load.sum()) / KW_PER_MW
    return matched, drawn, sets


def _claims(p: Program, values: np.ndarray) -> dict[tuple[str, int], float]:
    table = p.table("claimed_mwh", values)
    sums = table.groupby(["site", "fiscal_year"])["claimed_mwh"].sum()
    return {(str(site), int(year)): float(mwh) for (site, year), mwh in sums.items()}


def _grid(found: pd.Series[Any] | float, rows: list[str], periods: list[str]) -> np.ndarray:
    """Return a (label, period) quantity as an array; what has no term is 0."""
    if isinstance(found, float):
        return np.zeros((len(rows), len(periods)))
    index = pd.MultiIndex.from_product([rows, periods])
    return np.asarray(found.reindex(index).fillna(0.0).to_numpy(dtype=float).reshape(len(rows), len(periods)))
