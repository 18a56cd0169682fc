"""Damages to optional tables, one for every rule of theirs; `test_rules` does them."""

from __future__ import annotations

from .conftest import Damage, both, cell
from .faults_onsite import ONSITE


def offer() -> Damage:
    """Offer a power purchase of the instrument that is a certificate."""
    header = "instrument,fiscal_year,price_jpy_per_kwh,mwh_per_mw_year,most_mw,term_years"
    line = "certificate,2023,12,1000,5,10,tutorial,derived,,,"
    return lambda f: f.create("ppa_offers", f"{header},source,basis,low,high,reason\n{line}\n")


def load_shape(days: str) -> Damage:
    """Give the class cloud one flat day."""
    hours = [f"h{hour:02d}" for hour in range(24)]
    header = ",".join(["class", "days", *hours, "source,basis,low,high,reason"])
    line = ",".join(["cloud", days, *["1"] * 24, "tutorial,derived,,,"])
    return lambda f: f.create("load_shapes", f"{header}\n{line}\n")


OF_CARBON: dict[str, list[tuple[Damage, str]]] = {
    "claims_like_the_sun": [
        (
            both(
                cell("targets", "metric", "hourly_carbon_free_share", metric="renewable_share"),
                cell("targets", "claims_profile", "solar", metric="hourly_carbon_free_share"),
            ),
            "claims_profile = solar: claims at Campus cannot come like the sun",
        ),
    ],
    "ppa_offered": [
        (cell("instruments", "kind", "physical_ppa"), "certificate: has no row in ppa_offers.csv"),
        (cell("instruments", "kind", "physical_ppa"), "is a contract in MW: its price and yield stand in"),
        (
            offer(),
            "ppa_offers.csv row 2, instrument = certificate: must be an instrument of kind physical_ppa",
        ),
    ],
    "factor_units": [
        (
            cell("emission_factors", "unit", "t/t", factor="basic-2021"),
            "emission_factors.csv row 2, unit = t/t: must be kg/kWh for a factor of type shk_basic",
        ),
    ],
    "factor_years": [
        (cell("emission_factors", "supply_fy", "", factor="basic-2021"), "belongs to a year of supply"),
        (
            cell("emission_factors", "supply_fy", "2022", factor="diesel"),
            "of this type has no year of supply",
        ),
    ],
    "one_factor_a_revision": [
        (
            cell("emission_factors", "revision", "0", factor="basic-2021-r1"),
            "factor = basic-2021-r1: is the second factor of its type, subject, year and revision",
        ),
    ],
    "owned_sources": [
        (
            cell("generators", "hall", "City-hall", hall="B"),
            "generators.csv row 3, hall = City-hall: must be a",
        ),
    ],
}

OF_OPTIONAL_TABLES: dict[str, list[tuple[Damage, str]]] = OF_CARBON | ONSITE
"""With those of batteries and panels."""
