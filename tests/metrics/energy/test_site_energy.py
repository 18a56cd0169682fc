"""Energy by site and fiscal year: the identity, the units of the law, and what is not told."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.metrics.energy.conversions import conversion, conversions
from dcplan.metrics.energy.site_energy import site_energy, site_energy_periods
from tests.metrics.energy.paper import LABELS, Paper, paper, row


@pytest.fixture
def small() -> Paper:
    return paper()


def test_import_self_use_and_generators_are_the_energy(small: Paper):
    """Big in FY2022: 160 MWh, of which 10 from its roof and 2 from generators on test: 148 are imported."""
    small.tables["site_energy"].loc[0, "onsite_mwh"] = 10.0
    gensets = pd.DataFrame(
        [("Big", 2022, 2.0, 0.5, 19.0)],
        columns=["site", "fiscal_year", "e_genset_mwh", "fuel_diesel_kl", "fuel_gj"],
    )
    found = row(site_energy(small.tables, small.inputs, gensets), "Big", 2022)
    assert found["e_import_mwh"] == pytest.approx(148.0)
    parts = found["e_import_mwh"] + found["e_onsite_selfuse_mwh"] + found["e_genset_mwh"]
    assert parts == pytest.approx(found["e_dc_mwh"]) == pytest.approx(160.0)
    assert found["e_overhead_mwh"] == pytest.approx(60.0)
    # 3.6 x (148 + 10) + 19 GJ of fuel; the 2 MWh that the fuel gave are not counted again
    assert found["energy_gj_delivered"] == pytest.approx(3.6 * 158.0 + 19.0)
    assert found["energy_gj_law"] == pytest.approx(9.76 * 148.0 + 19.0)  # own sun was outside the Act
    assert found["energy_gj_law_restated"] == pytest.approx(8.64 * 148.0 + 3.6 * 10.0 + 19.0)


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
    keys, names = ["site", "fiscal_year"], ["e_dc_mwh", "e_it_mwh"]
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
