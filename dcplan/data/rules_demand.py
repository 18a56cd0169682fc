"""Rules on demand, occupancy and where classes may stand."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd

from dcplan.data.calendar import demand_on, fiscal_year, fiscal_year_start, make_calendar
from dcplan.data.case import Case
from dcplan.data.once import once_of_first
from dcplan.data.rule import about, at, in_leased_sites, listed, needs, rows_of, rows_where
from dcplan.errors import Problem

_SLACK = 1e-9


def eligible_pairs(case: Case) -> pd.DataFrame:
    """Return the pairs class, hall (with site and region) where a class may stand.

    The region of the hall's site is listed for the class, and the class's highest contract power fits a rack.
    Several rules ask for them: they are found once for a case.
    """
    return _eligible_pairs(case).copy()


@once_of_first
def _eligible_pairs(case: Case) -> pd.DataFrame:
    region = dict(zip(case["sites"]["site"], case["sites"]["region"], strict=True))
    halls: dict[str, list[tuple[str, str, float]]] = {}
    for hall, site, most in zip(
        *(case["halls"][name] for name in ("hall", "site", "max_rack_kw")), strict=True
    ):
        halls.setdefault(region[site], []).append((hall, site, most))
    contract = _highest(case, "contract_kw")
    regions = case["class_regions"]
    rows = [
        (name, hall, site, where)
        for name, where in zip(regions["class"], regions["region"], strict=True)
        for hall, site, most in halls.get(where, ())
        if name in contract and contract[name] <= most
    ]
    return pd.DataFrame(rows, columns=["class", "hall", "site", "region"], dtype=object)


def _highest(case: Case, column: str) -> dict[str, float]:
    """Return the highest value of each class over all years."""
    highest: dict[str, float] = {}
    years = case["class_years"]
    for name, value in zip(years["class"], years[column], strict=True):
        highest[name] = max(value, highest.get(name, value))
    return highest


@needs("class_years")
def peak_above_mean(case: Case) -> Iterator[Problem]:
    """A rack's peak is at least its mean."""
    years = case["class_years"]
    for position in rows_where(years["peak_kw"] < years["mean_kw"]):
        rule = f"must be at least mean_kw ({years['mean_kw'].iloc[position]:g} kW)"
        yield at(case, "class_years", position, "peak_kw", rule, "Check the two powers.")


@needs("load_shapes")
def load_shape_days(case: Case) -> Iterator[Problem]:
    """A class with a load shape has one for working days and one for weekends."""
    shapes = case["load_shapes"]
    pairs = set(zip(shapes["class"], shapes["days"], strict=True))
    kinds = Counter(name for name, _ in pairs)
    for position in rows_of(shapes["class"], {name for name, count in kinds.items() if count == 1}):
        rule = "the class has a shape for one kind of day alone, and levels count between the two"
        yield at(case, "load_shapes", position, "days", rule, "Add the row of the other days.")


@needs("case", "classes", "demand")
def demand_dates(case: Case) -> Iterator[Problem]:
    """Every class has demand from as_of to the end of the horizon."""
    demand = case["demand"]
    known: dict[str, list[date]] = {name: [] for name in case["classes"]["class"]}
    for name, day in zip(demand["class"], demand["date"], strict=True):
        known[name].append(day)
    for name, days in known.items():
        if not days:
            yield about("demand", f"class {name} has no row", "Add its racks at as_of and at horizon_end.")
            continue
        for key, day, covered in (
            ("as_of", case.info.as_of, min(days) <= case.info.as_of),
            ("horizon_end", case.info.horizon_end, max(days) >= case.info.horizon_end),
        ):
            if not covered:
                rule = f"class {name} has no demand at {key} ({day})"
                yield about(
                    "demand",
                    rule,
                    f"Add a row for that day{' or before' if key == 'as_of' else ' or later'}.",
                )


@needs("case", "classes", "class_years", "demand", "occupancy")
def opening_demand(case: Case) -> Iterator[Problem]:
    """Demand at as_of is exactly the racks that stand in the halls; on a 1 April churn may just have left."""
    rates = _highest(case, "churn_rate")
    turn = (case.info.as_of.month, case.info.as_of.day) == (4, 1)
    occupied = case["occupancy"].groupby("class")["racks"].sum()
    demand = demand_on(case, [case.info.as_of]).iloc[0]
    for name, racks in demand.items():
        there = int(occupied.get(name, 0))
        left = np.floor(float(rates[str(name)]) * racks + _SLACK) if turn else 0.0
        if not -_SLACK <= racks - there <= left + _SLACK:
            position = rows_where(case["demand"]["class"] == name)[0]
            rule = f"class {name} has {there:,} racks in occupancy.csv but a demand of {racks:,.6g} at as_of"
            yield at(case, "demand", position, "racks", rule, "The two must be equal: mend one of them.")


@needs("case", "classes", "class_years", "demand")
def demand_not_below_churn(case: Case) -> Iterator[Problem]:
    """Demand never falls faster than churn: racks leave only by churn."""
    periods = make_calendar(case.info).periods
    periods = periods[~periods["tail"]]
    starts, ends, years = (list(periods[name]) for name in ("start", "end", "fiscal_year"))
    rows = case["class_years"]
    rates = dict(zip(zip(rows["class"], rows["fiscal_year"], strict=True), rows["churn_rate"], strict=True))
    first, last = demand_on(case, starts), demand_on(case, ends)
    for name in first.columns:
        highest = np.maximum(first[name].to_numpy(), last[name].to_numpy())
        racks = np.floor(highest + 0.5 + _SLACK)
        for t, (before, now) in enumerate(pairwise(racks), start=1):
            leaves = rates[(name, years[t - 1])] * before if years[t] > years[t - 1] else 0.0
            if now < before - np.floor(leaves + _SLACK):
                knots = case["demand"]
                after = knots.loc[(knots["class"] == name) & (knots["date"] >= ends[t - 1]), "date"]
                position = int(after.sort_values().index[0])
                rule = (
                    f"demand of {name} falls from {before:,.0f} to {now:,.0f} racks on {starts[t]}, but "
                    f"churn takes {np.floor(leaves + _SLACK):,.0f} then, at the turn of the fiscal year alone"
                )
                yield at(
                    case, "demand", position, "racks", rule, "Raise the demand or the churn_rate of the year."
                )
                break


@needs("classes", "class_regions", "class_years", "halls", "sites")
def classes_have_places(case: Case) -> Iterator[Problem]:
    """Every class may stand in some region, and there in some hall."""
    fitting = set(_eligible_pairs(case)["class"])
    listed_classes = set(case["class_regions"]["class"])
    for position, name in enumerate(case["classes"]["class"]):
        if name not in listed_classes:
            rule = "has no region where it may stand"
            yield at(case, "classes", position, "class", rule, "Add its regions to class_regions.csv.")
        elif name not in fitting:
            rule = "fits no hall of its regions: contract_kw is above max_rack_kw"
            yield at(case, "classes", position, "class", rule, "Add a region, or mend one of the two powers.")


def _eligibility_rule(case: Case, name: str, hall: str) -> str:
    """Say why a class may not stand in a hall."""
    site = case["halls"].set_index("hall")["site"].loc[hall]
    region = case["sites"].set_index("site")["region"].loc[site]
    regions = case["class_regions"]
    allowed = list(regions.loc[regions["class"] == name, "region"])
    if region not in allowed:
        return f"class {name} may not stand in {region}, only in {listed(allowed)}"
    return f"the contract_kw of class {name} is above max_rack_kw of {hall}"


def _racks_at_pairs(case: Case, table: str) -> Iterator[Problem]:
    """Report racks of a class in a hall where it may not stand."""
    eligible, frame = _eligible_pairs(case), case[table]
    pairs = set(zip(eligible["class"], eligible["hall"], strict=True))
    rows = zip(frame["class"], frame["hall"], frame["racks"], strict=True)
    for position, (*pair, racks) in enumerate(rows):
        if tuple(pair) not in pairs and racks > 0:
            rule = _eligibility_rule(case, *pair)
            yield at(
                case, table, position, "hall", rule, "Mend the row, class_regions.csv or the power limits."
            )


_PLACES = ("classes", "class_regions", "class_years", "halls", "sites")


@needs(*_PLACES, "occupancy")
def occupancy_allowed(case: Case) -> Iterator[Problem]:
    """Opening racks stand only where their class may stand."""
    yield from _racks_at_pairs(case, "occupancy")


@needs(*_PLACES, "pinned_racks")
def pinned_racks_allowed(case: Case) -> Iterator[Problem]:
    """Pinned racks are where their class may stand."""
    yield from _racks_at_pairs(case, "pinned_racks")


def _leased_racks(case: Case) -> pd.Series[float]:
    """Return the racks of every hall's lease (NaN without one), in the order of `halls`.

    A second lease of a hall is another rule's problem.
    """
    leases, halls = case["leases"], case["halls"]
    racks = dict(zip(leases["hall"][::-1], leases["racks"][::-1], strict=True))
    return pd.Series([racks.get(hall, np.nan) for hall in halls["hall"]], index=halls.index, dtype=float)


@needs("halls", "sites", "leases", "occupancy", "pinned_racks")
def racks_fit_places(case: Case) -> Iterator[Problem]:
    """Opening and pinned racks of a hall fit its usable places, or the usable part of its lease."""
    halls = case["halls"]
    fill, there = halls["largest_fill"], halls["status"] == "in_service"
    places = _leased_racks(case).fillna(halls["rack_places"]).where(there, 0)
    usable = dict(zip(halls["hall"], places * fill, strict=True))
    whole = dict(zip(halls["hall"], halls["rack_places"] * fill, strict=True))
    for table, room in (("occupancy", usable), ("pinned_racks", whole)):
        frame = case[table]
        for hall, racks in frame.groupby("hall", sort=False)["racks"].sum().items():
            most = room[hall]
            if racks > most + _SLACK:
                position = rows_where(frame["hall"] == hall)[-1]
                rule = f"{hall} holds {racks:,} racks, but has {most:,.6g} usable places"
                yield at(case, table, position, "racks", rule, "Mend the racks, rack_places or largest_fill.")


@needs("case", "settings", "halls", "sites", "leases", "class_years", "occupancy")
def occupancy_fits_power(case: Case) -> Iterator[Problem]:
    """Opening racks fit the power of their hall: peaks if owned, contract power if leased."""
    year = fiscal_year(case.info.as_of)
    power = case["class_years"][case["class_years"]["fiscal_year"] == year].set_index("class")
    halls, rows = case["halls"], case["occupancy"]
    owned_hall = dict(zip(halls["hall"], ~in_leased_sites(case), strict=True))
    rented = halls["it_kw"] * _leased_racks(case) / halls["rack_places"]
    limit = dict(zip(halls["hall"], halls["it_kw"].where(~in_leased_sites(case), rented), strict=True))
    peak = rows["racks"] * rows["class"].map(power["peak_kw"]) * case.settings["peak_diversity"]
    contract = rows["racks"] * rows["class"].map(power["contract_kw"])
    owned = np.array([owned_hall[hall] for hall in rows["hall"]], dtype=bool)
    for hall, kw in peak.where(owned, contract).groupby(rows["hall"]).sum().items():
        is_owned, most = owned_hall[hall], limit[hall]
        if kw > most * (1 + _SLACK):
            position = rows_where(rows["hall"] == hall)[-1]
            kind = "peak" if is_owned else "contract"
            rule = f"{hall} draws {kw:,.0f} kW of {kind} power, above its {most:,.0f} kW"
            yield at(case, "occupancy", position, "racks", rule, "Mend the racks, kW per rack or it_kw.")


@needs("case", *_PLACES, "policy")
def policy_order(case: Case) -> Iterator[Problem]:
    """The placement policy names every class, each site once, and only sites where the class may stand."""
    policy = case["policy"]
    eligible = _eligible_pairs(case)
    sites = set(zip(eligible["class"], eligible["site"], strict=True))
    twice = policy.duplicated(["class", "site"])
    for position, pair in enumerate(zip(policy["class"], policy["site"], strict=True)):
        if twice.iloc[position]:
            yield at(case, "policy", position, "site", f"stands twice for class {pair[0]}", "Remove one row.")
        elif pair not in sites:
            rule = f"has no hall where class {pair[0]} may stand"
            yield at(case, "policy", position, "site", rule, "Remove the row or mend class_regions.csv.")
    for name in case["classes"]["class"]:
        if name not in set(policy["class"]):
            yield about("policy", f"class {name} has no row", "Say where its new racks are placed first.")


@needs(*_PLACES)
def shares_reach_one(case: Case) -> Iterator[Problem]:
    """The largest shares of a class allow the whole of it to be placed."""
    eligible, classes = _eligible_pairs(case), case["classes"]
    known = {dim: set(zip(eligible["class"], eligible[dim], strict=True)) for dim in ("site", "region")}
    counts = {dim: Counter(name for name, _ in pairs) for dim, pairs in known.items()}
    for position, name in enumerate(classes["class"]):
        for column, dim in (("max_site_share", "site"), ("max_region_share", "region")):
            share, count = float(classes[column].iloc[position]), counts[dim][name]
            if count and share * count < 1 - _SLACK:
                rule = f"{count} {dim}s with at most {share:g} each cannot hold the whole class"
                yield at(case, "classes", position, column, rule, f"Raise it to at least {1 / count:.4g}.")


@needs("case")
def horizon_is_fiscal(case: Case) -> Iterator[Problem]:
    """The optimised years end no later than dates can be written."""
    last = fiscal_year_start(fiscal_year(case.info.horizon_end) + case.info.tail_years)
    if last.year > 2100:
        rule = f"the tail would end on {last}"
        yield Problem("case.toml", None, "tail_years", str(case.info.tail_years), rule, "Shorten the tail.")


RULES = (
    peak_above_mean,
    load_shape_days,
    demand_dates,
    opening_demand,
    demand_not_below_churn,
    classes_have_places,
    occupancy_allowed,
    pinned_racks_allowed,
    racks_fit_places,
    occupancy_fits_power,
    policy_order,
    shares_reach_one,
    horizon_is_fiscal,
)
