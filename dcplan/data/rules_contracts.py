"""Rules on leases, targets, budgets and pins."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dcplan.data.case import Case
from dcplan.data.rule import (
    at,
    exactly_one,
    in_leased_sites,
    leased_sites,
    needs,
    rows_where,
    text_of,
)
from dcplan.errors import Problem


@needs("sites", "halls", "leases")
def one_lease(case: Case) -> Iterator[Problem]:
    """Each leased hall has exactly one lease, and no other hall has one."""
    halls = case["halls"]["hall"].to_numpy()[in_leased_sites(case)]
    yield from exactly_one(case, "leases", halls, "a leased hall")


@needs("halls", "leases")
def lease_places(case: Case) -> Iterator[Problem]:
    """The places of a leased hall are the racks of its lease and of its option."""
    leases = case["leases"]
    known = dict(zip(case["halls"]["hall"], case["halls"]["rack_places"], strict=True))
    places = np.array([known.get(hall, np.nan) for hall in leases["hall"]], dtype=float)
    for position in rows_where(places != (leases["racks"] + leases["option_racks"]).to_numpy()):
        rule = f"with option_racks must be the rack_places of its hall ({places[position]:g})"
        yield at(case, "leases", position, "racks", rule, "Mend leases.csv or halls.csv.")


@needs("leases")
def lease_options(case: Case) -> Iterator[Problem]:
    """Racks, minimum and option are whole steps; an option has a term, and nothing else has one."""
    leases = case["leases"]
    for column in ("racks", "least_racks", "option_racks"):
        for position in rows_where(leases[column] % leases["step_racks"] != 0):
            rule = f"must be a multiple of step_racks ({leases['step_racks'].iloc[position]})"
            yield at(case, "leases", position, column, rule, "Choose a step that divides it.")
    for position in rows_where(leases["least_racks"] > leases["racks"]):
        rule = f"must be at most the racks of the lease ({leases['racks'].iloc[position]})"
        yield at(case, "leases", position, "least_racks", rule, "Lower the committed minimum.")
    option = leases["option_racks"] > 0
    for position in rows_where(option & (leases["option_months"] < 1)):
        rule = "must be at least 1 month where there is an option"
        yield at(case, "leases", position, "option_months", rule, "Enter the term of a tranche.")
    idle = leases["option_until"].notna() | leases["option_rent_jpy_per_rack_month"].notna()
    idle |= leases["option_months"] > 0
    for position in rows_where(~option & idle):
        rule = "must be more than 0 where a term, rent or last day of an option is given"
        yield at(
            case, "leases", position, "option_racks", rule, "Enter the racks of the option, or clear it."
        )


@needs("case", "leases")
def lease_terms(case: Case) -> Iterator[Problem]:
    """A term ends after as_of; a renewal has a length, and a lease without renewal has none."""
    leases = case["leases"]
    for position in rows_where(np.array([end < case.info.as_of for end in leases["term_end"]])):
        rule = f"must not be before as_of ({case.info.as_of})"
        yield at(case, "leases", position, "term_end", rule, "Enter the end of the current term.")
    none = leases["renewal"] == "none"
    for position in rows_where(~none & (leases["renewal_months"] < 1)):
        rule = "must be at least 1 month where the lease is renewed"
        yield at(case, "leases", position, "renewal_months", rule, "Enter the length of a renewal.")
    for position in rows_where(none & (leases["renewal_months"] != 0)):
        yield at(case, "leases", position, "renewal_months", "must be 0 without renewal", "Write 0.")


_RANGES = {"renewable_share": (0.0, 1.0, "Write a share as a fraction: 50 % is 0.5."),
           "hourly_carbon_free_share": (0.0, 1.0, "Write a share as a fraction: 50 % is 0.5."),
           "pue": (1.0, 3.0, "Write PUE as a ratio: 1.4."),
           "location_tco2e": (0.0, 1e9, "Write tonnes.")}  # fmt: skip


@needs("targets")
def target_values(case: Case) -> Iterator[Problem]:
    """A target's value fits its metric, and one target has one metric and boundary."""
    targets = case["targets"]
    for position, (metric, value) in enumerate(zip(targets["metric"], targets["value"], strict=True)):
        low, high, remedy = _RANGES[metric]
        if not low <= value <= high:
            rule = f"must be from {low:g} to {high:g} for {metric}"
            yield at(case, "targets", position, "value", rule, remedy)
    for column in ("metric", "boundary", "claims_profile"):
        first = targets.groupby("target", sort=False)[column].transform("first")
        for position in rows_where(first != targets[column]):
            rule = f"must be {first.iloc[position]}, as in the first row of the target"
            yield at(case, "targets", position, column, rule, "Give another target another name.")


@needs("targets", "sites", "pv_options")
def claims_like_the_sun(case: Case) -> Iterator[Problem]:
    """Claims come like the sun only where the sun of every owned site is known."""
    targets, sites = case["targets"], case["sites"]
    owned = sites.loc[sites["ownership"] == "owned", "site"]
    dark = owned[~owned.isin(case["pv_options"]["site"])].tolist()
    asked = (targets["metric"] == "hourly_carbon_free_share") & (targets["claims_profile"] == "solar")
    for position in rows_where(asked & bool(dark)):
        rule = f"claims at {', '.join(dark)} cannot come like the sun, which is not known there"
        remedy = (
            "Write flat, or add a row of pv_options.csv for the site, with max_kw 0 where nothing may come."
        )
        yield at(case, "targets", position, "claims_profile", rule, remedy)


_SUBJECTS = ("class", "hall", "site", "project", "lease")
_NEEDED = {"in_service": ("hall",), "kept": ("site",), "upgraded": ("project",)}
_MAY_NAME = {"leased_racks": ("lease",), "racks": ("class", "hall"), "moved_out": ("class", "hall")} | _NEEDED


@needs("sites", "halls", "classes", "projects", "pins")
def pin_subjects(case: Case) -> Iterator[Problem]:
    """A pin names what its decision speaks about, and nothing else."""
    if case["pins"].empty:
        return
    leased = leased_sites(case)
    candidates = set(case["halls"].loc[case["halls"]["status"] == "candidate", "hall"])
    upgrades = set(case["projects"].loc[case["projects"]["hall"] == "", "project"])
    for position, pin in enumerate(case["pins"].to_dict("records")):
        decision = pin["decision"]
        for column in _NEEDED.get(decision, ()):
            if not pin[column]:
                yield at(
                    case, "pins", position, column, f"must not be empty for {decision}", f"Name the {column}."
                )
        for column in _SUBJECTS:
            if pin[column] and column not in _MAY_NAME[decision]:
                yield at(case, "pins", position, column, f"must be empty for {decision}", "Clear it.")
        if decision == "in_service" and pin["hall"] and pin["hall"] not in candidates:
            rule = "must be a candidate hall: only these are decided"
            yield at(case, "pins", position, "hall", rule, "Choose a hall with a project.")
        if decision == "upgraded" and pin["project"] and pin["project"] not in upgrades:
            rule = "must be an upgrade of a connection; a hall is pinned by in_service"
            yield at(case, "pins", position, "project", rule, "Choose a project without a hall.")
        if decision == "kept" and pin["site"] and pin["site"] not in leased:
            yield at(
                case,
                "pins",
                position,
                "site",
                "must be a leased site: owned sites are kept",
                "Choose another.",
            )
        if pin["period_to"] is not None and pin["period_to"] <= pin["period_from"]:
            rule = f"must be after period_from ({text_of(pin['period_from'])})"
            yield at(case, "pins", position, "period_to", rule, "The end is exclusive.")


@needs("pins")
def pin_reasons(case: Case) -> Iterator[Problem]:
    """Every pin has a reason."""
    for position in rows_where(case["pins"]["reason"] == ""):
        yield at(case, "pins", position, "reason", "must not be empty", "Say why the planner fixes this.")


RULES = (
    one_lease,
    lease_places,
    lease_options,
    lease_terms,
    target_values,
    claims_like_the_sun,
    pin_subjects,
    pin_reasons,
)
