"""Energy by site and fiscal year: the identity, the units of the law, and what is not told."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.metrics.energy.conversions import conversion, conversions
from dcplan.metrics.energy.from_carbon import fuels_of
from dcplan.metrics.energy.site_energy import site_energy, site_energy_periods
from tests.metrics.energy.paper import LABELS, Paper, fuels, paper, row


@pytest.fixture
def small() -> Paper:
    return paper()


def test_import_and_self_use_are_the_energy_and_fuel_counts_once(small: Paper):
    """Big in FY2022: 160 MWh, of which 10 from its roof: 150 are imported. 0.5 kL of tests are 19 GJ."""
    small.tables["site_energy"].loc[0, ["onsite_mwh", "imported_mwh"]] = 10.0, 70.0
    found = row(site_energy(small.tables, small.inputs, fuels([("Big", 2022, 0.5, 19.0)])), "Big", 2022)
    assert found["e_import_mwh"] == pytest.approx(150.0)
    parts = found["e_import_mwh"] + found["e_onsite_selfuse_mwh"] + found["e_genset_mwh"]
    assert parts == pytest.approx(found["e_dc_mwh"]) == pytest.approx(160.0)
    assert found["e_overhead_mwh"] == pytest.approx(60.0)
    assert (found["e_it_own_mwh"], found["e_it_tenant_mwh"]) == pytest.approx((60.0, 40.0))
    assert found["energy_gj_delivered"] == pytest.approx(3.6 * 160.0 + 19.0)
    assert found["energy_gj_law"] == pytest.approx(9.76 * 150.0 + 19.0)  # own sun was outside the Act
    assert found["energy_gj_law_restated"] == pytest.approx(8.64 * 150.0 + 3.6 * 10.0 + 19.0)


def test_a_lease_that_ends_counts_its_months_only(small: Paper):
    table = site_energy(small.tables, small.inputs)
    found = row(table, "Rent", 2023)
    assert (found["hours_held"], found["hours"]) == (4392, 8784)
    assert found["e_dc_mwh"] == pytest.approx(17.0)
    assert found["peak_reason"] == "not_controlled"
    assert set(table["fiscal_year"]) == {2022, 2023}  # the tail is no plan


def test_periods_add_up_to_the_year(small: Paper):
    periods = site_energy_periods(small.tables, small.inputs)
    assert periods["period"].isin(LABELS[:4]).all()
    keys, names = ["site_id", "fiscal_year"], ["e_dc_mwh", "e_it_mwh"]
    sums = periods.groupby(keys)[names].sum()
    years = site_energy(small.tables, small.inputs).set_index(keys)[names]
    pd.testing.assert_frame_equal(sums.sort_index(), years.sort_index())


def test_what_no_input_tells_is_empty_with_its_reason(small: Paper):
    table = site_energy(small.tables, small.inputs)
    for name in ("water_in_m3", "water_potable_m3", "water_discharge_m3", "heat_reuse_mwh", "e_genset_mwh"):
        assert table[name].isna().all(), name
    for name in ("water_reason", "heat_reason", "genset_reason"):
        assert (table[name] == "not_modelled").all(), name


def test_conversions_cover_every_year_once():
    years = pd.Series(range(2010, 2060))
    for quantity in conversions()["quantity"].unique():
        if quantity.endswith("pue"):
            continue
        assert len(conversion(quantity, years)) == len(years)
    with pytest.raises(LookupError, match="2005"):
        conversion("law_purchased", pd.Series([2005]))
    for each in conversions().to_dict("records"):
        assert each["document"]
        assert each["basis"] in {"public", "assumption"}
        assert each["note"]


def test_fuel_is_heat_at_the_table_of_its_year():
    """10 kL of diesel: 377 GJ in FY2022, 380 from FY2023; a fuel that nobody told is empty and says why."""
    lines = pd.DataFrame(
        [
            ("A", 2022, 1, "fuel", 10.0, "fuel:diesel", ""),
            ("A", 2023, 1, "fuel", 10.0, "fuel:diesel", ""),
            ("B", 2023, 1, "fuel", None, None, "no_input"),
            ("C", 2023, 1, "fuel", 3.0, None, "no_factor"),
            ("A", 2023, 1, "refrigerant", 5.0, "gas", ""),
        ],
        columns=["site_id", "fiscal_year", "scope", "method", "activity", "factor_id", "null_reason"],
    )
    register = pd.DataFrame({"factor_id": ["fuel:diesel"], "subject": ["diesel"]})
    found = fuels_of(lines, register).set_index(["site_id", "fiscal_year"])
    assert found["fuel_gj"].tolist()[:2] == pytest.approx([377.0, 380.0])
    assert found.loc[("B", 2023), "genset_reason"] == "no_input"
    assert found.loc[("C", 2023), "genset_reason"] == "no_factor"
    assert found["fuel_gj"].isna().tolist() == [False, False, True, True]
