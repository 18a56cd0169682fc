"""Batteries, panels and contracts on offer in the default case: where, from when, at what price."""

from datetime import date

import pytest

from dcplan.data.knowledge import known_tables
from dcplan.data.shipped import case_folder
from tests.inputs.reading import by, rows


def test_batteries_and_panels_at_both_campuses() -> None:
    assert set(by("iij", "battery_options", "site")) == {"Shiroi", "Matsue"}
    assert set(by("iij", "pv_options", "site")) == {"Shiroi", "Matsue"}


def test_a_four_hour_battery_costs_what_its_reason_says() -> None:
    """135,000 a kWh and 60,000 a kW: 150,000 a kWh of four hours, 100,000 after five years of -7.8 %."""
    for row in rows("iij", "battery_options"):
        cost = float(row["energy_jpy_per_kwh"]) + float(row["power_jpy_per_kw"]) / 4
        assert cost == 150_000
        assert cost * (1 + float(row["escalation"])) ** 5 == pytest.approx(100_000, rel=2e-3)
        assert float(row["max_kwh"]) == 4 * float(row["max_kw"])


def test_a_contract_costs_what_its_reason_says() -> None:
    """22.5 delivered, less tax and the surcharge, which the bill adds; 0.135 of a year's hours."""
    offers = rows("iij", "ppa_offers")
    assert [row["fiscal_year"] for row in offers] == ["2024", "2025", "2026", "2027"]
    surcharges = [3.49, 3.98]  # facts of FY2024 and FY2025
    for row in offers:
        price = 22.5 / 1.1 - sum(surcharges) / 2
        assert float(row["price_jpy_per_kwh"]) == pytest.approx(price, abs=0.05)
        assert float(row["mwh_per_mw_year"]) == pytest.approx(8760 * 0.135, abs=1)


def test_in_march_2022_the_powerpack_counts_and_nothing_is_on_offer() -> None:
    known = known_tables(case_folder("iij"), date(2022, 3, 31))
    batteries = known["battery_options"]
    assert batteries["site"].tolist() == ["Shiroi"]
    assert batteries[["max_kw", "max_kwh"]].to_numpy().sum() == 0.0
    assert known["pv_options"].empty
    assert known["ppa_offers"].empty
    assert "solar_ppa" not in set(known["instruments"]["instrument"])
    assert known["batteries"]["energy_kwh"].tolist() == [696.0]
