"""KPIs by hand: ratios of sums, and the boundaries beside the sites."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.data.tables import TABLES
from dcplan.metrics.energy.capacity import hall_capacity
from dcplan.metrics.energy.site_energy import site_energy
from dcplan.metrics.energy.site_kpi import COLUMNS, hall_kpi, site_kpi
from dcplan.metrics.energy.targets import METHODS, targets
from tests.metrics.energy.paper import Paper, emissions, made, paper, row


@pytest.fixture
def small() -> Paper:
    return paper()


@pytest.fixture
def table(small: Paper) -> pd.DataFrame:
    return made(small)["site_kpi"]


def test_every_boundary_is_the_ratio_of_its_sums(table: pd.DataFrame):
    """FY2022: Big 160/100, Small 12/10, Rent 34/20 MWh."""
    for site, dc, it in (("Big", 160, 100), ("owned", 172, 110), ("leased", 34, 20), ("fleet", 206, 130)):
        found = row(table, site, 2022)
        assert found["pue"] == pytest.approx(dc / it), site
        assert found["benchmark_gap"] == pytest.approx(dc / it - 1.4), site
        assert found["new_site_gap"] == pytest.approx(dc / it - 1.3), site
        assert found["cue_location"] == pytest.approx(0.4 * dc / it), site
        assert found["pue_category"] == "PUE2"


def test_a_plan_is_tagged_as_design_and_forecast(table: pd.DataFrame):
    assert row(table, "Rent", 2022)["pue_tag"] == "design forecast"
    assert row(table, "Rent", 2023)["pue_tag"] == "design forecast, interim"
    assert row(table, "fleet", 2023)["pue_tag"] == "design forecast"


def test_utilisation_and_load_factor(table: pd.DataFrame):
    """Big: 100 MWh IT of 20 kW x 8,760 h; 160 MWh of a peak of 20 kW. Rent: half of its 4 kW is rented."""
    found = row(table, "Big", 2022)
    assert found["utilisation"] == pytest.approx(100.0 / (20 * 8.76))
    assert found["load_factor"] == pytest.approx(160.0 / (20 * 8.76))
    assert row(table, "Rent", 2022)["utilisation"] == pytest.approx(20.0 / (4 * 0.5 * 8.76))
    assert row(table, "Rent", 2023)["utilisation"] == pytest.approx(10.0 / (4 * 0.5 * 4.392))
    owned = row(table, "owned", 2022)
    assert owned["load_factor"] == pytest.approx(172.0 / (22 * 8.76))
    fleet = row(table, "fleet", 2022)
    assert np.isnan(fleet["load_factor"])
    assert fleet["load_factor_reason"] == "not_controlled"  # the landlord's meter has the leased peaks


def test_a_boundary_with_a_missing_part_has_no_total(small: Paper):
    rows = emissions([("Big", 2022, 1.0, 64.0, 40.0), ("Small", 2022, 0.0, 4.8, np.nan)])
    told = site_energy(small.tables, small.inputs)
    told = told[(told["fiscal_year"] == 2022) & (told["ownership"] == "owned")]
    table = site_kpi(small.tables, small.inputs, told, rows, "national")
    assert row(table, "Big", 2022)["cue_market"] == pytest.approx(41.0 / 100.0)
    owned = row(table, "owned", 2022)
    assert np.isnan(owned["cue_market"])
    assert owned["cue_market_reason"] == "not_modelled"
    assert owned["cue_location"] == pytest.approx((1.0 + 68.8) / 110.0)


def test_a_site_that_is_held_and_empty_emits_nothing(small: Paper):
    """No energy has no line: 0 t, and the ratios of it have a reason; the boundary keeps its total."""
    told = site_energy(small.tables, small.inputs)
    told = told[told["fiscal_year"] == 2022]
    figures = ["e_dc_mwh", "e_it_mwh", "e_import_mwh", "e_onsite_selfuse_mwh"]
    told.loc[told["site_id"] == "Small", figures] = 0.0
    rows = emissions([("Big", 2022, 1.0, 64.0, 40.0), ("Rent", 2022, 0.0, 13.6, 13.6)])
    table = site_kpi(small.tables, small.inputs, told, rows, "national")
    empty = row(table, "Small", 2022)
    assert empty["location_tco2e"] == empty["market_tco2e"] == 0.0
    assert np.isnan([empty["pue"], empty["ref"], empty["re_share_annual"], empty["cue_location"]]).all()
    assert empty["pue_reason"] == empty["cue_location_reason"] == "no_it_load"
    assert row(table, "owned", 2022)["cue_location"] == pytest.approx((1.0 + 64.0) / 100.0)


def test_hourly_shares_come_from_a_replay(small: Paper):
    """45 of the 150 MWh of the replay stand in their hour: over the 160 MWh of the plan."""
    matching = pd.DataFrame(
        [
            ("Big", 2022, "flat", 150.0, 0.3, 0.4),
            ("Big", 2022, "solar", 150.0, 0.1, 0.2),
            ("owned", 2022, "flat", 160.0, 0.2, 0.3),
        ],
        columns=["site", "fiscal_year", "profile", "load_mwh", "hourly_share", "cfe_score"],
    )
    table = made(small, matching)["site_kpi"]
    assert row(table, "Big", 2022)["hourly_re_share"] == pytest.approx(45 / 160)
    assert row(table, "owned", 2022)["cfe_score"] == 0.3
    assert row(table, "Rent", 2022)["hourly_reason"] == "not_modelled"
    without = made(small)["site_kpi"]
    assert (without["hourly_reason"] == "replay_not_run").all()
    assert without["hourly_re_share"].isna().all()


def test_a_hall_stands_beside_its_published_pue_and_its_load(small: Paper):
    table = hall_kpi(small.tables, small.inputs).set_index(["hall", "fiscal_year"])
    found = table.loc[("Big", 2022)]
    assert (found["pue"], found["published_pue"], found["reference_load"]) == pytest.approx((1.6, 1.5, 0.6))
    assert found["utilisation"] == pytest.approx(100.0 / (20 * 8.76))
    assert found["quality_flag"] == "ramping"  # 57 % of its design load, 60 % is what 1.5 was published for
    assert table.loc[("Rent", 2022), "quality_flag"] == "landlord_pue"
    assert table.loc[("Rent", 2023), "pue_tag"].endswith("interim")


def test_a_hall_without_load_has_no_pue(small: Paper):
    small.tables["energy"] = small.tables["energy"].assign(
        it_mwh=lambda rows: rows["it_mwh"].where(rows["hall"] != "Small", 0.0)
    )
    found = hall_kpi(small.tables, small.inputs).set_index(["hall", "fiscal_year"]).loc[("Small", 2022)]
    assert np.isnan(found["pue"])
    assert found["pue_reason"] == "no_it_load"
    assert found["e_dc_mwh"] == pytest.approx(12.0)


def test_capacity_counts_hours_in_service(small: Paper):
    halls = small.tables["halls"]
    halls.loc[(halls["hall"] == "Small") & (halls["period"] == "FY2022H1"), "in_service"] = 0
    table = hall_capacity(small.tables, small.inputs).set_index(["hall", "fiscal_year"])
    assert table.loc[("Small", 2022), "it_capacity_mwh"] == pytest.approx(2 * 4.368)
    assert table.loc[("Small", 2022), "interim"]
    assert not table.loc[("Small", 2023), "interim"]


def test_no_kpi_is_empty_without_a_reason(table: pd.DataFrame):
    reasons = {
        "pue": "pue_reason",
        "benchmark_gap": "pue_reason",
        "new_site_gap": "pue_reason",
        "cue_location": "cue_location_reason",
        "location_tco2e": "cue_location_reason",
        "cue_market": "cue_market_reason",
        "market_tco2e": "cue_market_reason",
        "hourly_re_share": "hourly_reason",
        "cfe_score": "hourly_reason",
        "wue": "wue_reason",
        "erf": "erf_reason",
        "cer": "cer_reason",
        "load_factor": "load_factor_reason",
        "utilisation": "utilisation_reason",
        "scope1_tco2e": "scope1_reason",
        "itee_sv": "itee_reason",
        "iteu_sv": "itee_reason",
    }
    for name in COLUMNS:
        empty = table[name].isna()
        if name in reasons:
            assert (table.loc[empty, reasons[name]] != "").all(), name
        else:
            assert not empty.any(), name


def test_a_site_without_a_grid_factor_has_no_cue_and_says_why(small: Paper):
    small.tables["emissions"].loc[small.tables["emissions"]["site"] == "Big", "location_tco2e"] = np.nan
    found = made(small)["site_kpi"]
    big, other = row(found, "Big", 2022), row(found, "Small", 2022)
    assert np.isnan(big["cue_location"])
    assert (big["cue_location_reason"], other["cue_location_reason"]) == ("not_modelled", "")
    assert row(found, "owned", 2022)["cue_location_reason"] == "not_modelled"


def test_targets_with_their_pathway(small: Paper):
    table = targets(small.tables, small.inputs).set_index(["target_id", "fiscal_year"])
    assert list(table.index) == [("green", 2022), ("green", 2023), ("lean", 2023)]  # the tail is no plan
    green = table.loc[("green", 2023)]
    assert (green["base_fy"], green["target_fy"], green["target_value"]) == (2022, 2023, 0.10)
    assert green["base_value"] == pytest.approx(6.0 / 172.0)
    assert green["gap"] == pytest.approx(0.10)
    assert not green["met"]
    assert not green["hard"]
    lean = table.loc[("lean", 2023)]
    assert lean["gap"] == pytest.approx(172.0 / 110.0 - 1.4)
    assert lean["hard"]
    assert set(table["gross_net"]) == {"gross"}


def test_a_target_of_an_unknown_metric_is_refused(small: Paper):
    small.tables["targets"] = small.tables["targets"].replace({"metric": {"pue": "beauty"}})
    with pytest.raises(LookupError, match="beauty"):
        targets(small.tables, small.inputs)


def test_every_metric_of_a_target_has_unit_sense_and_method():
    (column,) = [column for column in TABLES["targets"].columns if column.name == "metric"]
    assert set(METHODS) == set(column.choices)


def test_an_hourly_share_has_a_base_only_where_its_series_covers_the_first_year(small: Paper):
    """No table of a plan holds its hours: what FY2022 reached stands in the series alone."""
    for name, rows in (("tables", small.tables), ("inputs", small.inputs)):
        table = rows["targets"].copy()
        lean = table["target"] == "lean"
        late = table[lean & (table["fiscal_year"] == 2023)].assign(target="late")
        table = pd.concat([table[~lean], table[table["target"] == "green"].assign(target="hourly"), late])
        if name == "tables":
            table.loc[table["target"].isin(["hourly", "late"]), "metric"] = "hourly_carbon_free_share"
        rows["targets"] = table.reset_index(drop=True)
    found = targets(small.tables, small.inputs).set_index("target_id")
    assert found.loc["hourly", "base_value"].tolist() == pytest.approx([6.0 / 172.0] * 2)
    assert (found.loc["hourly", "base_reason"] == "").all()
    assert pd.isna(found.loc["late", "base_value"])
    assert found.loc["late", "base_reason"] == "the series does not cover the first fiscal year"
