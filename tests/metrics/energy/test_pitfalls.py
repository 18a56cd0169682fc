"""What an assurer of energy figures looks for first: each test bears the number of its pitfall."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.metrics.energy.conversions import conversions, rate
from dcplan.metrics.energy.site_energy import site_energy
from dcplan.metrics.energy.site_kpi import site_kpi
from tests.metrics.energy.paper import Paper, emissions, fuels, made, paper, row


@pytest.fixture
def small() -> Paper:
    return paper()


def kpi(plan: Paper) -> pd.DataFrame:
    return made(plan)["site_kpi"]


def test_01_pue_is_a_ratio_of_sums_and_no_mean(small: Paper):
    """100 and 10 MWh of IT at 1.6 and 1.2: the mean 1.40 would meet 1.4, the PUE is 1.564."""
    table = kpi(small)
    mean = (row(table, "Big", 2022)["pue"] + row(table, "Small", 2022)["pue"]) / 2
    assert mean == pytest.approx(1.40)
    owned = row(table, "owned", 2022)
    assert owned["pue"] == pytest.approx(1.564, abs=5e-4)
    assert owned["benchmark_gap"] > 0.16


def test_01_periods_make_a_year_by_their_energy(small: Paper):
    """Half a year at 1.6 with 50 MWh and half at 1.2 with 150 MWh: 1.30 and not 1.40."""
    rows = small.tables["site_energy"]
    winter = (rows["site"] == "Big") & (rows["period"] == "FY2022H2")
    rows.loc[winter, ["it_mwh", "facility_mwh"]] = 150.0, 180.0
    assert row(kpi(small), "Big", 2022)["pue"] == pytest.approx(260.0 / 200.0)


def test_04_cue_is_location_based_and_has_the_fuel_of_generators(small: Paper):
    """Every MWh has a certificate: the market-based figure is 0, CUE is not, and it is not PUE x factor."""
    rows = emissions([("Big", 2022, 3.0, 64.0, 0.0)])
    told = site_energy(small.tables, small.inputs)
    told = told[(told["site_id"] == "Big") & (told["fiscal_year"] == 2022)]
    found = row(site_kpi(small.tables, small.inputs, told, rows, "national"), "Big", 2022)
    assert found["cue_location"] == pytest.approx(67.0 / 100.0)
    assert found["cue_location"] != pytest.approx(found["pue"] * 0.4)
    assert found["cue_market"] == pytest.approx(3.0 / 100.0)  # fuel has no market
    assert not [name for name in found.index if name in {"cue", "co2", "co2e"}]


def test_06_the_factor_of_a_year_is_the_years_own(small: Paper, iij_case: Case):
    """Half the tonnes of a MWh, half the CUE; and the shipped case holds no factor flat after FY2024."""
    carbon = small.tables["emissions"]
    carbon.loc[carbon["fiscal_year"] == 2023, "location_tco2e"] *= 0.5
    table = kpi(small)
    later, before = (row(table, "Big", year)["cue_location"] for year in (2023, 2022))
    assert later == pytest.approx(0.5 * before)
    factors = iij_case["grid_factors"].pivot_table(
        index=["factor_set", "grid_area"], columns="fiscal_year", values="kg_per_kwh"
    )
    assert (factors[[2024, 2025, 2026, 2027]].diff(axis=1).iloc[:, 1:] < 0).all(axis=None)


def test_08_ref_is_at_most_one_and_surplus_of_a_site_stays_there(small: Paper):
    """Small retires 20 MWh for its 12: REF 1, not 1.67, and Big gets nothing of the 8 left over."""
    small.tables["claims"] = pd.DataFrame(
        [("green", "Small", 2022, 20.0)], columns=["instrument", "site", "fiscal_year", "claimed_mwh"]
    )
    table = kpi(small)
    found = row(table, "Small", 2022)
    assert found["ref"] == 1.0
    assert found["re_share_annual"] == pytest.approx(20.0 / 12.0)  # shown, so that nobody has to guess
    assert row(table, "Big", 2022)["ref"] == 0.0
    assert row(table, "owned", 2022)["ref"] == pytest.approx(12.0 / 172.0)
    assert row(table, "Small", 2023)["ref"] == 0.0  # nor does the next year


def test_09_nuclear_certificates_are_no_renewable_energy(small: Paper):
    assert row(kpi(small), "Big", 2022)["ref"] == 0.0
    assert row(kpi(small), "owned", 2022)["ref"] == pytest.approx(6.0 / 172.0)


def test_14_every_gj_says_by_which_rule(small: Paper):
    """1,500 kL of crude oil are 6,729 MWh at 8.64 GJ/MWh and 5,957 at 9.76, never 16,000."""
    table = site_energy(small.tables, small.inputs)
    assert "energy_gj" not in table
    oil, now = rate("crude_oil", pd.Series([2023])).iloc[0], rate("law_purchased", pd.Series([2023])).iloc[0]
    before = rate("law_purchased", pd.Series([2022])).iloc[0]
    assert 1500.0 / oil == pytest.approx(58_140, abs=1)
    assert 1500.0 / oil / now == pytest.approx(6_729, abs=1)
    assert 1500.0 / oil / before == pytest.approx(5_957, abs=1)
    found = row(table, "Big", 2022)
    assert found["energy_gj_delivered"] == pytest.approx(160 * 3.6)
    assert found["energy_gj_law"] == pytest.approx(160 * 9.76)
    assert found["law_conversion_id"] == "gj-law-purchased-9.76"
    assert found["energy_gj_law_restated"] == pytest.approx(160 * 8.64)
    later = row(table, "Big", 2023)
    assert later["law_conversion_id"] == later["restated_conversion_id"] == "gj-law-purchased-8.64"
    assert later["energy_gj_law"] == later["energy_gj_law_restated"] == pytest.approx(160 * 8.64)
    assert set(table["law_conversion_id"]) <= set(conversions()["conversion_id"])


def test_15_fy2023_has_a_leap_day(small: Paper):
    """FY2023 holds 29 February 2024: 8,784 hours; a constant load has a load factor of 1."""
    rows = small.tables["site_energy"].merge(small.tables["periods"], on="period")
    small.tables["site_energy"]["facility_mwh"] = (rows["hours"] * 0.02).to_numpy()
    small.tables["site_energy"]["it_mwh"] = (rows["hours"] * 0.01).to_numpy()
    told = site_energy(small.tables, small.inputs)
    assert (row(told, "Big", 2022)["hours"], row(told, "Big", 2023)["hours"]) == (8760, 8784)
    table = kpi(small)
    for year in (2022, 2023):
        found = row(table, "Big", year)
        assert found["load_factor"] == pytest.approx(1.0)
        assert found["utilisation"] == pytest.approx(0.5)
    assert row(told, "Big", 2023)["e_dc_mwh"] - row(told, "Big", 2022)["e_dc_mwh"] == pytest.approx(0.48)


def test_16_units_stand_in_the_names_and_hold_together(small: Paper):
    """kg per kWh is t per MWh: 64 t over 100 MWh is 0.64, and 1 kL of oil stands for 38.76 GJ."""
    found = row(kpi(small), "Big", 2022)
    assert found["cue_location"] == pytest.approx(found["location_tco2e"] * 1e3 / (found["e_it_mwh"] * 1e3))
    told = row(site_energy(small.tables, small.inputs), "Big", 2022)
    assert told["energy_gj_law"] / told["crude_oil_kl"] == pytest.approx(38.76, abs=0.01)
    quantities = [name for name in told.index if name.startswith(("e_", "energy", "water", "heat", "crude"))]
    units = ("_mwh", "_gj_delivered", "_gj_law", "_gj_law_restated", "_m3", "_kl", "_kl_restated")
    assert all(name.endswith((*units, "_reason")) for name in quantities)


def test_17_totals_come_from_unrounded_values(small: Paper):
    """Three sites of 0.4 MWh show 0 each and 1 together."""
    rows = small.tables["site_energy"]
    rows["facility_mwh"], rows["imported_mwh"], rows["it_mwh"] = 0.2, 0.2, 0.1
    table = kpi(small)
    parts = [row(table, site, 2022)["e_dc_mwh"] for site in ("Big", "Small", "Rent")]
    assert [round(part) for part in parts] == [0, 0, 0]
    assert row(table, "fleet", 2022)["e_dc_mwh"] == sum(parts) == pytest.approx(1.2)


def test_18_what_is_not_modelled_is_never_zero(small: Paper):
    found = made(small)
    for table, names in (
        ("site_energy", ("water_in_m3", "heat_reuse_mwh", "e_genset_mwh", "fuel_kl")),
        ("site_kpi", ("wue", "erf", "cer", "itee_sv", "iteu_sv", "cue_market", "market_tco2e")),
    ):
        for name in names:
            assert found[table][name].isna().all(), f"{table}.{name}"
    summed = found["site_kpi"].query("scope == 'fleet'")
    assert summed["scope1_tco2e"].isna().all()  # the sum of nothing known is not 0


def test_19_targets_are_gross(small: Paper):
    table = made(small)["targets"]
    assert (table["gross_net"] == "gross").all()
    assert not [name for name in table.columns if "credit" in name or "offset" in name]


def test_21_losses_of_the_grid_are_no_energy_of_a_site(small: Paper):
    """Import is metered at the site: facility energy less what is made there, with no grossing up."""
    told = row(site_energy(small.tables, small.inputs), "Big", 2022)
    assert told["e_import_mwh"] == told["e_dc_mwh"] == pytest.approx(160.0)


def test_22_a_generator_counts_once(small: Paper):
    """0.5 kL on test (19 GJ): E_DC stays 160 MWh and import with it; GJ have the fuel and no output."""
    told = site_energy(small.tables, small.inputs, fuels([("Big", 2022, 0.5, 19.0)]))
    found = row(told, "Big", 2022)
    assert (found["e_dc_mwh"], found["e_import_mwh"], found["e_genset_mwh"]) == pytest.approx((160, 160, 0))
    assert found["energy_gj_delivered"] == pytest.approx(160.0 * 3.6 + 19.0)
    other = row(told, "Rent", 2022)
    assert np.isnan(other["fuel_kl"])
    assert other["genset_reason"] == "not_controlled"


def test_12_customers_energy_is_in_the_pue(small: Paper):
    """40 of 100 MWh are customers': without them PUE would be 2.67."""
    told = row(site_energy(small.tables, small.inputs), "Big", 2022)
    assert told["e_it_tenant_mwh"] == pytest.approx(40.0)
    assert row(kpi(small), "Big", 2022)["pue"] == pytest.approx(160.0 / (60.0 + 40.0))


def test_24_growth_is_not_hidden_by_a_falling_ratio(small: Paper):
    """PUE falls while energy rises: both stand in the same row, and nothing avoided is taken off."""
    rows = small.tables["site_energy"]
    late = (rows["site"] == "Big") & rows["period"].str.startswith("FY2023")
    rows.loc[late, "it_mwh"] *= 2.0
    rows.loc[late, "facility_mwh"] *= 1.8
    before, after = (row(kpi(small), "Big", year) for year in (2022, 2023))
    assert after["pue"] < before["pue"]
    assert after["e_dc_mwh"] > before["e_dc_mwh"]


def test_29_a_ramping_site_is_flagged_and_never_left_out(small: Paper):
    table = kpi(small)
    assert row(table, "Big", 2022)["quality_flag"] == "ramping"
    rows = small.tables["site_energy"]
    tiny = rows["site"] == "Small"
    rows.loc[tiny, ["it_mwh", "facility_mwh"]] = 0.01, 0.012
    table = kpi(small)
    found = row(table, "Small", 2022)
    assert "small_it_energy" in found["quality_flag"]
    assert row(table, "owned", 2022)["e_it_mwh"] == pytest.approx(100.02)


def test_31_water_is_withdrawal_and_is_not_told(small: Paper):
    """m3/MWh is L/kWh; withdrawal and discharge stand apart, and consumption is neither."""
    table = site_energy(small.tables, small.inputs)
    assert {"water_in_m3", "water_discharge_m3", "water_potable_m3"} <= set(table.columns)
    assert not [name for name in table.columns if "consum" in name]
    assert (kpi(small)["wue_reason"] == "not_modelled").all()
