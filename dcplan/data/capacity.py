r"""Proof, without a solver, that demand cannot be placed: necessary conditions of Hall's type.

For every set of classes S and period t, the racks of S cannot exceed what the halls where S may stand hold
at most:

$$ \sum_{k \in S} D_{k,t} \le \sum_r \min\Bigl(\sum_{s \in r} U_{S,s,t},\; \sum_{k \in S} R_{k,r,t}\Bigr) $$

with \(U\) the largest number of racks of S at a site (places, hall power, site power, site shares, earliest
possible services, leases without renewal ended) and \(R\) the largest racks of a class in a region. A case
that breaks one has no plan; a case that keeps all may still have none.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import chain, combinations
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from dcplan.data.calendar import Calendar, add_months, days_in_fiscal_year, demand_by_period
from dcplan.data.case import Case
from dcplan.data.rules_demand import eligible_pairs
from dcplan.data.spread import by_period
from dcplan.errors import Problem

Array = npt.NDArray[np.float64]

MOST_CLASSES: Final = 10
"""With more classes only single classes and all together are tried, not every set."""
_TIE: Final = 1e-9
_NO_LIMIT: Final = 1e12


@dataclass(frozen=True, eq=False)
class Capacity:
    """The proof: a table of demand against capacity, and the sets of classes that cannot be placed.

    `table`: period, classes (one class or `all`), demand_racks, largest_racks (places and power, without
    the shares of sites and regions, which grow with demand), spare_racks.
    """

    table: pd.DataFrame
    shortfalls: list[Problem]


def earliest_services(case: Case, calendar: Calendar) -> dict[str, date]:
    """Return the first day on which each project can be in service; absent when it cannot be at all.

    Open projects: the first period that starts build_months after as_of, on or after earliest_date, and
    after_months after the project before. Committed ones: their date.
    """
    rows = {str(row["project"]): row for row in case["projects"].to_dict("records")}
    starts = list(calendar.periods["start"])
    found: dict[str, date | None] = {}

    def service(name: str) -> date | None:
        if name not in found:
            found[name] = _service(rows[name])
        return found[name]

    def _service(row: dict[Hashable, Any]) -> date | None:
        if row["committed"]:
            day: date = row["service_date"]
            return day if calendar.first_whole_period(day) else None
        ready = add_months(case.info.as_of, int(row["build_months"]))
        if isinstance(row["earliest_date"], date):
            ready = max(ready, row["earliest_date"])
        if row["after_project"]:
            before = service(str(row["after_project"]))
            if before is None:
                return None
            ready = max(ready, add_months(before, int(row["after_months"])))
        return next((start for start in starts if start >= ready), None)

    services = {name: service(name) for name in rows}
    return {name: day for name, day in services.items() if day is not None}


def hall_places(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Return the most racks that each hall can hold in each period: halls by periods (whole racks)."""
    starts = np.array([day.toordinal() for day in calendar.periods["start"]])
    ends = np.array([day.toordinal() for day in calendar.periods["end"]])
    services = earliest_services(case, calendar)
    project_of = dict(zip(case["projects"]["hall"], case["projects"]["project"], strict=True))
    leases = {str(row["hall"]): row for row in case["leases"].to_dict("records")}
    rows = {}
    for hall in case["halls"].to_dict("records"):
        name = str(hall["hall"])
        places = float(hall["rack_places"])
        open_ = np.ones(len(starts), dtype=bool)
        if hall["status"] == "candidate":
            first = services.get(project_of.get(name, ""))
            open_ = np.zeros_like(open_) if first is None else starts >= first.toordinal()
        elif name in leases:
            lease = leases[name]
            places = float(lease["racks"] + lease["option_racks"])
            if lease["renewal"] == "none":
                open_ = ends <= (lease["term_end"] + timedelta(days=1)).toordinal()
        rows[name] = np.floor(places * float(hall["largest_fill"]) + _TIE) * open_
    return pd.DataFrame.from_dict(rows, orient="index", columns=calendar.labels)


def receiving_kw(case: Case, calendar: Calendar) -> pd.DataFrame:
    """Return the most receiving power of every owned site in every period [kW]: sites by periods.

    The latest row with from_date <= start of the period counts, and every upgrade from the first day on
    which it can be in service.
    """
    starts = np.array([day.toordinal() for day in calendar.periods["start"]])
    rows = {}
    for site, dated in case["connections"].sort_values("from_date").groupby("site", sort=False):
        days = np.array([day.toordinal() for day in dated["from_date"]])
        power = np.concatenate([[0.0], dated["receiving_kw"].to_numpy(dtype=float)])
        rows[str(site)] = power[np.searchsorted(days, starts, side="right")]
    services = earliest_services(case, calendar)
    for upgrade in case["projects"].query("hall == ''").to_dict("records"):
        first = services.get(str(upgrade["project"]))
        if first is not None:
            rows[str(upgrade["site"])] += upgrade["adds_receiving_kw"] * (starts >= first.toordinal())
    return pd.DataFrame.from_dict(rows, orient="index", columns=calendar.labels)


@dataclass(frozen=True, eq=False)
class _Bounds:
    """Largest racks as arrays, the last dimension the period.

    `hall` is (class, hall), `power` and `site_share` (class, site), `region_share` (class, region);
    `site_of` and `region_of` place halls and sites.
    """

    hall: Array
    power: Array
    site_share: Array
    region_share: Array
    site_of: npt.NDArray[np.int64]
    region_of: npt.NDArray[np.int64]

    def of(self, classes: tuple[int, ...], *, shares: bool = True) -> Array:
        """Return the most racks of a set of classes in every period, with or without the largest shares."""
        rows = list(classes)
        sites, regions = self.power.shape[1], self.region_share.shape[1]
        at_site = _sum_by(self.hall[rows].max(axis=0), self.site_of, sites)
        at_site = np.minimum(at_site, self.power[rows].max(axis=0))
        if not shares:
            return _total(at_site)
        at_site = np.minimum(at_site, self.site_share[rows].sum(axis=0))
        in_region = _sum_by(at_site, self.region_of, regions)
        return _total(np.minimum(in_region, self.region_share[rows].sum(axis=0)))


def _total(values: Array) -> Array:
    total: Array = values.sum(axis=0)
    return total


def _sum_by(values: Array, groups: npt.NDArray[np.int64], count: int) -> Array:
    """Return the rows of `values` summed by group."""
    total = np.zeros((count, values.shape[1]))
    np.add.at(total, groups, values)
    return total


def prove(case: Case, calendar: Calendar, overhead: pd.Series[float] | None = None) -> Capacity:
    """Compare the demand of every set of classes with the most racks that can be placed, period by period.

    `overhead` is facility over IT power at the design temperature by hall (1 + a1 + c_ext); without it site
    power is compared with IT power alone.
    """
    demand_table = demand_by_period(case, calendar)
    classes = [str(name) for name in case["classes"]["class"]]
    demand = demand_table["racks"].to_numpy(dtype=float).reshape(len(classes), -1)
    bounds = _bounds(case, calendar, classes, demand, overhead)
    singles = [(k,) for k in range(len(classes))]
    everyone = tuple(range(len(classes)))
    pairs = chain.from_iterable(combinations(everyone, n) for n in range(2, len(classes)))
    sets: Iterable[tuple[int, ...]] = [*singles, *(pairs if len(classes) <= MOST_CLASSES else ())]
    sets = [*sets, everyone] if len(classes) > 1 else sets
    frames: list[pd.DataFrame] = []
    short: list[tuple[tuple[int, ...], Problem]] = []
    for chosen in sets:
        needed, most = demand[list(chosen)].sum(axis=0), bounds.of(chosen)
        lacking = np.flatnonzero(needed > most + _TIE)
        if lacking.size and not any(set(smaller) <= set(chosen) for smaller, _ in short):
            short.append((chosen, _shortfall(calendar, [classes[k] for k in chosen], needed, most)))
        if len(chosen) == 1 or chosen == everyone:
            name = classes[chosen[0]] if len(chosen) == 1 else "all"
            frames.append(_rows(calendar, name, needed, bounds.of(chosen, shares=False)))
    return Capacity(pd.concat(frames, ignore_index=True), [problem for _, problem in short])


def _rows(calendar: Calendar, name: str, needed: Array, most: Array) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "period": pd.Series(calendar.labels, dtype=object),
            "classes": name,
            "demand_racks": needed.astype(np.int64),
            "largest_racks": np.floor(most + _TIE).astype(np.int64),
            "spare_racks": np.floor(most - needed + _TIE).astype(np.int64),
        }
    )


def _shortfall(calendar: Calendar, names: list[str], needed: Array, most: Array) -> Problem:
    """Return the sentence that says from when how many racks are short."""
    lacking = needed - most
    first = int(np.flatnonzero(lacking > _TIE)[0])
    worst = int(np.argmax(lacking))
    who = f"class {names[0]} needs" if len(names) == 1 else f"classes {', '.join(names)} together need"
    rule = (
        f"{who} {needed[first]:,.0f} racks in {calendar.labels[first]}, and at most "
        f"{np.floor(most[first] + _TIE):,.0f} can stand: {np.ceil(lacking[first] - _TIE):,.0f} short"
    )
    if worst != first:
        rule += f", up to {np.ceil(lacking[worst] - _TIE):,.0f} in {calendar.labels[worst]}"
    remedy = "Add places or power, an earlier project, a lease that renews, or larger shares and regions."
    return Problem("demand.csv", None, None, None, rule, remedy)


def _bounds(
    case: Case, calendar: Calendar, classes: list[str], demand: Array, overhead: pd.Series[float] | None
) -> _Bounds:
    """Compute every bound as an array."""
    halls, sites = case["halls"], case["sites"]
    site_of = pd.Index(sites["site"]).get_indexer(pd.Index(halls["site"])).astype(np.int64)
    regions = pd.Index(sites["region"].unique())
    region_of = regions.get_indexer(pd.Index(sites["region"])).astype(np.int64)
    pairs = eligible_pairs(case)
    allowed = np.zeros((len(classes), len(halls)))
    hall_index = pd.Index(halls["hall"])
    allowed[
        pd.Index(classes).get_indexer(pd.Index(pairs["class"])),
        hall_index.get_indexer(pd.Index(pairs["hall"])),
    ] = 1
    peak = _class_power(case, calendar, "peak_kw", classes) * case.settings["peak_diversity"]
    contract = _class_power(case, calendar, "contract_kw", classes)
    owned = (sites["ownership"] == "owned").to_numpy()[site_of]
    rack_kw = np.where(owned[None, :, None], peak[:, None, :], contract[:, None, :])
    places = hall_places(case, calendar).loc[list(halls["hall"])].to_numpy()
    by_power = np.floor(halls["it_kw"].to_numpy(dtype=float)[None, :, None] / rack_kw + _TIE)
    at_hall = np.minimum(places[None], by_power) * allowed[:, :, None]
    churned = _survival(case, calendar, classes)
    site_of_opening, opening_site = _opening(case, classes, site_of, len(sites))
    in_region = (
        _regroup(opening_site, region_of, len(regions)),
        _regroup(site_of_opening, region_of, len(regions)),
    )
    shares = case["classes"]
    return _Bounds(
        hall=at_hall,
        power=_site_power(case, calendar, peak, overhead),
        site_share=_share_bound(shares["max_site_share"], demand, opening_site, site_of_opening, churned),
        region_share=_share_bound(shares["max_region_share"], demand, *in_region, churned),
        site_of=site_of,
        region_of=region_of,
    )


def _class_power(case: Case, calendar: Calendar, column: str, classes: list[str]) -> Array:
    """Return a power of `class_years` as (class, period)."""
    series = by_period(case["class_years"], ["class"], column, calendar).unstack("period")
    return series.loc[classes, calendar.labels].to_numpy(dtype=float)


def _survival(case: Case, calendar: Calendar, classes: list[str]) -> Array:
    """Return the share of the opening racks that churn has left, (class, period)."""
    rate = _class_power(case, calendar, "churn_rate", classes)
    length = np.array(
        [
            days / days_in_fiscal_year(int(year))
            for days, year in zip(calendar.periods["days"], calendar.periods["fiscal_year"], strict=True)
        ]
    )
    survival: Array = np.cumprod((1.0 - rate) ** length, axis=1)
    return survival


def _opening(
    case: Case, classes: list[str], site_of: npt.NDArray[np.int64], sites: int
) -> tuple[Array, Array]:
    """Return the halls with opening racks and the opening racks, each (class, site)."""
    rows = case["occupancy"]
    halls = pd.Index(case["halls"]["hall"]).get_indexer(pd.Index(rows["hall"]))
    at = (pd.Index(classes).get_indexer(pd.Index(rows["class"])), site_of[halls])
    count, racks = np.zeros((len(classes), sites)), np.zeros((len(classes), sites))
    np.add.at(count, at, (rows["racks"] > 0).to_numpy(dtype=float))
    np.add.at(racks, at, rows["racks"].to_numpy(dtype=float))
    return count, racks


def _regroup(values: Array, groups: npt.NDArray[np.int64], count: int) -> Array:
    return _sum_by(values.T, groups, count).T


def _share_bound(share: pd.Series, demand: Array, opening: Array, halls: Array, survival: Array) -> Array:
    """Return the most racks of a class at one place: (class, place, period).

    max(share x D, opening x survival + halls with opening racks); the last term is the carry of whole churn.
    """
    by_share = share.to_numpy(dtype=float)[:, None, None] * demand[:, None, :]
    kept = opening[:, :, None] * survival[:, None, :] + halls[:, :, None]
    return np.maximum(by_share, np.where(opening[:, :, None] > 0, kept, 0.0)) + _TIE


def _site_power(case: Case, calendar: Calendar, peak: Array, overhead: pd.Series[float] | None) -> Array:
    """Return the most racks of a class that a site's receiving power carries, (class, site, period)."""
    halls, sites = case["halls"], case["sites"]
    fixed_share = halls["cooling"].map(case["cooling"].set_index("cooling")["fixed_share"])
    idle = (
        (fixed_share * halls["it_kw"])
        .where(halls["status"] == "in_service", 0.0)
        .groupby(halls["site"])
        .sum()
    )
    factor = pd.Series(1.0, index=halls["hall"]) if overhead is None else overhead
    least = (
        pd.Series(factor.loc[list(halls["hall"])].to_numpy(), index=halls.index).groupby(halls["site"]).min()
    )
    received = receiving_kw(case, calendar).reindex(list(sites["site"])).to_numpy(dtype=float)
    names = list(sites["site"])
    for_racks = np.maximum(received - idle.loc[names].to_numpy()[:, None], 0.0)
    racks = for_racks[None] / (peak[:, None, :] * least.loc[names].to_numpy()[None, :, None])
    owned = (sites["ownership"] == "owned").to_numpy()[None, :, None]
    return np.where(owned, np.floor(racks + _TIE), _NO_LIMIT)
