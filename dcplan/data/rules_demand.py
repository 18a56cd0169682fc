"""Rules on demand, occupancy and where classes may stand."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import pandas as pd

from dcplan.data.calendar import demand_on, fiscal_year, fiscal_year_start, make_calendar
from dcplan.data.case import Case
from dcplan.data.once import once_of_first
from dcplan.data.rule import about, at, listed, needs, rows_where
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
    halls = case["halls"][["hall", "site", "max_rack_kw"]].merge(case["sites"][["site", "region"]], on="site")
    contract = case["class_years"].groupby("class", sort=False)["contract_kw"].max().rename("contract_kw")
    pairs = case["class_regions"][["class", "region"]].merge(halls, on="region").merge(contract, on="class")
    pairs = pairs[pairs["contract_kw"] <= pairs["max_rack_kw"]]
    return pairs[["class", "hall", "site", "region"]].reset_index(drop=True)


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
    kinds = shapes.groupby("class", sort=False)["days"].nunique()
    alone = shapes["class"].map(kinds) == 1
    for position in rows_where(alone):
        rule = "the class has a shape for one kind of day alone, and levels count between the two"
        yield at(case, "load_shapes", position, "days", rule, "Add the row of the other days.")


@needs("case", "classes", "demand")
def demand_dates(case: Case) -> Iterator[Problem]:
    """Every class has demand from as_of to the end of the horizon."""
    demand = case["demand"]
    for name in case["classes"]["class"]:
        days = demand.loc[demand["class"] == name, "date"]
        if days.empty:
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
    rates = case["class_years"].groupby("class")["churn_rate"].max().to_dict()
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
    rates = case["class_years"].set_index(["class", "fiscal_year"])["churn_rate"]
    first, last = demand_on(case, starts), demand_on(case, ends)
    for name in first.columns:
        highest = np.maximum(first[name].to_numpy(), last[name].to_numpy())
        racks = np.floor(highest + 0.5 + _SLACK)
        for t, (before, now) in enumerate(pairwise(racks), start=1):
            leaves = float(rates[(name, years[t - 1])]) * before if years[t] > years[t - 1] else 0.0
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
    pairs = eligible_pairs(case)
    listed_classes = set(case["class_regions"]["class"])
    for position, name in enumerate(case["classes"]["class"]):
        if name not in listed_classes:
            rule = "has no region where it may stand"
            yield at(case, "classes", position, "class", rule, "Add its regions to class_regions.csv.")
        elif name not in set(pairs["class"]):
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
    pairs = set(eligible_pairs(case)[["class", "hall"]].itertuples(index=False, name=None))
    frame = case[table]
    for position, pair in enumerate(zip(frame["class"], frame["hall"], strict=True)):
        if pair not in pairs and frame["racks"].iloc[position] > 0:
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


def _leased_racks(case: Case) -> pd.DataFrame:
    """Return hall, racks of the leases; a second lease of a hall is another rule's problem."""
    return case["leases"][["hall", "racks"]].drop_duplicates("hall")


@needs("halls", "sites", "leases", "occupancy", "pinned_racks")
def racks_fit_places(case: Case) -> Iterator[Problem]:
    """Opening and pinned racks of a hall fit its usable places, or the usable part of its lease."""
    halls = case["halls"].merge(_leased_racks(case), on="hall", how="left")
    places = halls["racks"].fillna(halls["rack_places"]).where(halls["status"] == "in_service", 0)
    usable = pd.Series((places * halls["largest_fill"]).to_numpy(), index=halls["hall"])
    whole = pd.Series((halls["rack_places"] * halls["largest_fill"]).to_numpy(), index=halls["hall"])
    for table, room in (("occupancy", usable), ("pinned_racks", whole)):
        frame = case[table]
        total = frame.groupby("hall", sort=False)["racks"].sum()
        for hall, racks, most in zip(total.index, total, room.reindex(total.index), strict=True):
            if racks > most + _SLACK:
                position = rows_where(frame["hall"] == hall)[-1]
                rule = f"{hall} holds {racks:,} racks, but has {most:,.6g} usable places"
                yield at(case, table, position, "racks", rule, "Mend the racks, rack_places or largest_fill.")


@needs("case", "settings", "halls", "sites", "leases", "class_years", "occupancy")
def occupancy_fits_power(case: Case) -> Iterator[Problem]:
    """Opening racks fit the power of their hall: peaks if owned, contract power if leased."""
    year = fiscal_year(case.info.as_of)
    power = case["class_years"][case["class_years"]["fiscal_year"] == year].set_index("class")
    halls = case["halls"].merge(case["sites"][["site", "ownership"]], on="site", how="left")
    halls = halls.merge(_leased_racks(case), on="hall", how="left").set_index("hall")
    owned = halls["ownership"] == "owned"
    rows = case["occupancy"]
    peak = rows["racks"] * rows["class"].map(power["peak_kw"]) * case.settings["peak_diversity"]
    contract = rows["racks"] * rows["class"].map(power["contract_kw"])
    drawn = peak.where(rows["hall"].map(owned), contract).groupby(rows["hall"]).sum()
    limit = halls["it_kw"].where(owned, halls["it_kw"] * halls["racks"] / halls["rack_places"])
    limit, owned = limit.reindex(drawn.index), owned.reindex(drawn.index)
    for hall, kw, most, is_owned in zip(drawn.index, drawn, limit, owned, strict=True):
        if kw > most * (1 + _SLACK):
            position = rows_where(rows["hall"] == hall)[-1]
            kind = "peak" if is_owned else "contract"
            rule = f"{hall} draws {kw:,.0f} kW of {kind} power, above its {most:,.0f} kW"
            yield at(case, "occupancy", position, "racks", rule, "Mend the racks, kW per rack or it_kw.")


@needs("case", *_PLACES, "policy")
def policy_order(case: Case) -> Iterator[Problem]:
    """The placement policy names every class, each site once, and only sites where the class may stand."""
    policy = case["policy"]
    sites = set(eligible_pairs(case)[["class", "site"]].itertuples(index=False, name=None))
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
    counts = eligible_pairs(case).groupby("class")[["site", "region"]].nunique()
    for position, row in enumerate(case["classes"].itertuples(index=False)):
        name = str(row[0])
        if name not in counts.index:
            continue
        for column, dim in (("max_site_share", "site"), ("max_region_share", "region")):
            share = float(case["classes"][column].iloc[position])
            count = int(np.asarray(counts.loc[name, dim]))
            if share * count < 1 - _SLACK:
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
