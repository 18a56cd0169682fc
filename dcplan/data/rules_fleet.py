"""Rules on sites, halls, cooling types, connections and on-site generation."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from dcplan.data.calendar import HOURS_PER_YEAR
from dcplan.data.case import Case
from dcplan.data.irradiance import irradiance_of
from dcplan.data.rule import at, in_leased_sites, leased_sites, needs, rows_of, rows_where
from dcplan.errors import Problem

LEAST_KW_PER_PLACE = 0.3
MOST_KW_PER_PLACE = 60.0


@needs("sites")
def site_contracts(case: Case) -> Iterator[Problem]:
    """An owned site has a demand rule; a leased one has neither rule nor opening peak."""
    sites = case["sites"]
    owned = sites["ownership"] == "owned"
    for position in rows_where(owned & (sites["demand_rule"] == "none")):
        remedy = "Write agreed or ratchet."
        yield at(case, "sites", position, "demand_rule", "an owned site pays a demand charge", remedy)
    for position in rows_where(~owned & (sites["demand_rule"] != "none")):
        rule = "must be none: the landlord bills a leased site by energy"
        yield at(case, "sites", position, "demand_rule", rule, "Write none.")
    for position in rows_where(~owned & (sites["opening_peak_kw"] != 0)):
        yield at(case, "sites", position, "opening_peak_kw", "must be 0 for a leased site", "Write 0.")


@needs("sites", "halls")
def site_has_hall(case: Case) -> Iterator[Problem]:
    """Every site has a hall."""
    for position in rows_where(~case["sites"]["site"].isin(case["halls"]["site"])):
        remedy = "Add its hall to halls.csv, or remove the site."
        yield at(case, "sites", position, "site", "has no hall", remedy)


@needs("sites", "halls")
def leased_halls_in_service(case: Case) -> Iterator[Problem]:
    """A leased hall is in service at as_of: projects build only owned halls."""
    for position in rows_where(in_leased_sites(case) & (case["halls"]["status"] == "candidate").to_numpy()):
        rule = "must be in_service for a leased hall"
        yield at(case, "halls", position, "status", rule, "Only halls of owned sites are built by projects.")


@needs("halls")
def plausible_hall_power(case: Case) -> Iterator[Problem]:
    """Design IT power per place is that of a data hall: a slip of MW and kW is caught here."""
    halls = case["halls"]
    per_place = halls["it_kw"] / halls["rack_places"]
    for position in rows_where((per_place < LEAST_KW_PER_PLACE) | (per_place > MOST_KW_PER_PLACE)):
        value = float(per_place.iloc[position])
        slip = "Is it in MW? Write kW." if value < LEAST_KW_PER_PLACE else "Is it in W? Write kW."
        rule = (
            f"gives {value:.3g} kW a rack place, outside {LEAST_KW_PER_PLACE:g} to {MOST_KW_PER_PLACE:g} kW"
        )
        yield at(case, "halls", position, "it_kw", rule, slip)


@needs("cooling")
def cooling_range(case: Case) -> Iterator[Problem]:
    """The overhead rises between two different temperatures."""
    cooling = case["cooling"]
    for position in rows_where(cooling["t_full_c"] <= cooling["t_start_c"]):
        start = cooling["t_start_c"].iloc[position]
        rule = f"must be above t_start_c ({start:g} degC)"
        yield at(case, "cooling", position, "t_full_c", rule, "Check the order of the two temperatures.")


@needs("sites", "halls", "cooling")
def leased_fixed_share(case: Case) -> Iterator[Problem]:
    """A leased hall has no fixed share: its landlord bills by metered IT energy."""
    for position in rows_where(in_leased_sites(case) & (_fixed_share(case) != 0)):
        rule = "a leased hall needs a cooling type with fixed_share 0"
        remedy = "Choose another cooling type; the contract PUE carries the fixed losses."
        yield at(case, "halls", position, "cooling", rule, remedy)


def _fixed_share(case: Case) -> npt.NDArray[np.float64]:
    """Return the fixed share of every hall's cooling type."""
    types = case["cooling"]
    share = dict(zip(types["cooling"], types["fixed_share"], strict=True))
    return np.array([share[cooling] for cooling in case["halls"]["cooling"]], dtype=np.float64)


@needs("case", "sites", "connections")
def connected_sites(case: Case) -> Iterator[Problem]:
    """An owned site has a connection at as_of; a leased one has none."""
    sites, connections = case["sites"], case["connections"]
    early = connections[np.array([day <= case.info.as_of for day in connections["from_date"]], dtype=bool)]
    for position in rows_where((sites["ownership"] == "owned") & ~sites["site"].isin(early["site"])):
        rule = f"an owned site needs receiving power at {case.info.as_of}"
        yield at(
            case, "sites", position, "site", rule, "Add a row from that day or before to connections.csv."
        )
    yield from _owned_only(case, "connections", "a leased site has no grid connection of its own")


def _owned_only(case: Case, table: str, rule: str) -> Iterator[Problem]:
    for position in rows_of(case[table]["site"], leased_sites(case)):
        yield at(case, table, position, "site", rule, "Remove the row, or make the site owned.")


@needs("sites", "onsite_pv")
def owned_generation(case: Case) -> Iterator[Problem]:
    """On-site generation stands at owned sites."""
    yield from _owned_only(case, "onsite_pv", "must be an owned site")


@needs("sites", "batteries")
def owned_batteries(case: Case) -> Iterator[Problem]:
    """Batteries stand at owned sites."""
    yield from _owned_only(case, "batteries", "must be an owned site: a landlord's meter is not the fleet's")


@needs("sites", "battery_options")
def owned_battery_options(case: Case) -> Iterator[Problem]:
    """A battery may come at owned sites."""
    rule = "must be an owned site: a landlord's meter is not the fleet's"
    yield from _owned_only(case, "battery_options", rule)


@needs("sites", "stations", "pv_options", "weather")
def sunny_options(case: Case) -> Iterator[Problem]:
    """Panels may come at owned sites whose weather file has irradiance."""
    yield from _owned_only(case, "pv_options", "must be an owned site: a landlord's roof is not the fleet's")
    for position, site in enumerate(case["pv_options"]["site"]):
        places = case["sites"].loc[case["sites"]["site"] == site].merge(case["stations"], on="station")
        known = [irradiance_of(case, str(name)) for name in places["file"]]
        if places.empty or any(each is None for each in known):
            rule = "has no irradiance in the weather file of its station"
            remedy = "Add the columns dni_w_m2 and dhi_w_m2 to that file, or take the option out."
            yield at(case, "pv_options", position, "site", rule, remedy)


@needs("sites", "instruments")
def owned_instruments(case: Case) -> Iterator[Problem]:
    """An instrument bound to a site is bound to an owned one."""
    yield from _owned_only(case, "instruments", "must be an owned site: instruments cover owned energy")


@needs("instruments", "instrument_years", "ppa_offers")
def ppa_offered(case: Case) -> Iterator[Problem]:
    """A physical PPA has an offer and no price by the year; other instruments have none."""
    kinds = case["instruments"].set_index("instrument")["kind"]
    contracts = kinds.index[kinds == "physical_ppa"]
    for position in rows_where(
        case["instruments"]["instrument"].isin(contracts)
        & ~case["instruments"]["instrument"].isin(case["ppa_offers"]["instrument"])
    ):
        remedy = "Add the years in which it may start."
        yield at(case, "instruments", position, "instrument", "has no row in ppa_offers.csv", remedy)
    for position in rows_where(~case["ppa_offers"]["instrument"].isin(contracts)):
        rule = "must be an instrument of kind physical_ppa"
        yield at(case, "ppa_offers", position, "instrument", rule, "Move its price to instrument_years.csv.")
    for position in rows_where(case["instrument_years"]["instrument"].isin(contracts)):
        rule = "is a contract in MW: its price and yield stand in ppa_offers.csv"
        yield at(case, "instrument_years", position, "instrument", rule, "Remove the row.")


@needs("sites", "halls", "cooling", "onsite_pv")
def generation_below_load(case: Case) -> Iterator[Problem]:
    """On-site generation never exceeds what the site draws with empty halls, so imports stay positive.

    mwh_per_year <= sum over halls in service at as_of of fixed_share x it_kw x 8,760 / 1,000.
    """
    halls = case["halls"]
    there = (halls["status"] == "in_service").to_numpy()
    idle_kw = (halls["it_kw"] * _fixed_share(case))[there].groupby(halls["site"]).sum()
    least = case["onsite_pv"]["site"].map(idle_kw).fillna(0.0) * HOURS_PER_YEAR / 1000
    for position in rows_where(case["onsite_pv"]["mwh_per_year"] > least):
        rule = f"could exceed what the site draws with empty halls ({least.iloc[position]:.0f} MWh a year)"
        remedy = "Enter only the energy that is always used on site."
        yield at(case, "onsite_pv", position, "mwh_per_year", rule, remedy)


@needs("case", "grid_factors")
def chosen_factor_set(case: Case) -> Iterator[Problem]:
    """The chosen set of emission factors exists."""
    sets = sorted(set(case["grid_factors"]["factor_set"]))
    if case.info.grid_factor_set not in sets:
        rule = "is not a factor_set of grid_factors.csv"
        value = case.info.grid_factor_set
        yield Problem("case.toml", None, "grid_factor_set", value, rule, f"The sets are {', '.join(sets)}.")


RULES = (
    site_contracts,
    site_has_hall,
    leased_halls_in_service,
    plausible_hall_power,
    cooling_range,
    leased_fixed_share,
    connected_sites,
    owned_generation,
    owned_batteries,
    owned_battery_options,
    sunny_options,
    owned_instruments,
    ppa_offered,
    generation_below_load,
    chosen_factor_set,
)
