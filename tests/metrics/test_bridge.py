"""Plan against actual by hand."""

from datetime import date

import pandas as pd
import pytest

from dcplan.metrics import bridge

PLAN = pd.DataFrame(
    {
        "site": ["Own", "Rent"],
        "fiscal_year": [2024, 2024],
        "it_mwh": [1000.0, 500.0],
        "facility_mwh": [1300.0, 850.0],
        "cost_mjpy": [26.0, 17.0],
    }
)


def test_volume_pue_and_price_sum_to_the_difference() -> None:
    actual = PLAN.assign(it_mwh=[1100.0, 0.0], facility_mwh=[1540.0, 0.0], cost_mjpy=[38.5, 0.0])
    rows = bridge.energy_bridge(PLAN, actual).set_index("site")
    # 100 MWh more at PUE 1.3; 1,100 MWh at 1.4 instead of 1.3; 25 instead of 20 JPY/kWh on 1,540 MWh
    assert rows.loc["Own", ["volume_mwh", "pue_mwh"]].tolist() == pytest.approx([130.0, 110.0])
    assert rows.loc["Own", ["volume_mjpy", "pue_mjpy", "price_mjpy"]].tolist() == pytest.approx(
        [2.6, 2.2, 7.7]
    )
    # a site that was left early: all of it is volume
    assert rows.loc["Rent", ["volume_mjpy", "pue_mjpy", "price_mjpy"]].tolist() == pytest.approx([-17, 0, 0])
    causes = rows[["volume_mjpy", "pue_mjpy", "price_mjpy"]].sum(axis=1)
    assert (rows["actual_cost_mjpy"] - rows["plan_cost_mjpy"] - causes).abs().max() < 1e-9
    mwh = rows[["volume_mwh", "pue_mwh"]].sum(axis=1)
    assert (rows["actual_facility_mwh"] - rows["plan_facility_mwh"] - mwh).abs().max() < 1e-9


def test_what_was_not_metered_is_not_compared() -> None:
    assert list(bridge.energy_bridge(PLAN, PLAN.iloc[:1])["site"]) == ["Own"]


def test_capex_of_either_side_is_shown() -> None:
    plan = pd.DataFrame({"project": ["a", "b"], "fiscal_year": [2023, 2024], "mjpy": [100.0, 50.0]})
    paid = pd.DataFrame({"project": ["a", "c"], "fiscal_year": [2023, 2023], "mjpy": [120.0, 5.0]})
    rows = bridge.capex_bridge(plan, paid, [2023]).set_index("project")
    assert rows["difference_mjpy"].to_dict() == {"a": 20.0, "c": 5.0}


def test_peaks_of_metered_sites_are_compared() -> None:
    planned = pd.Series({"Own": 1000.0, "Other": 400.0})
    metered = pd.DataFrame({"site": ["Own", "Unknown"], "peak_kw": [1100.0, 5.0]})
    rows = bridge.peak_bridge(planned, metered)
    assert rows.to_numpy().tolist() == [["Own", 1000.0, 1100.0, 100.0]]


def test_planned_energy_sums_what_has_passed() -> None:
    periods = pd.DataFrame(
        {"period": ["Q1", "Q2"], "fiscal_year": [2024, 2024], "end": [date(2024, 7, 1)] * 2}
    )
    energy = pd.DataFrame(
        {"site": ["Own"] * 2, "period": ["Q1", "Q2"], "it_mwh": [10.0, 11.0], "facility_mwh": [13.0, 14.0]}
    )
    costs = pd.DataFrame(
        {
            "term": ["energy_owned", "demand_charge", "rent"],
            "site": ["Own"] * 3,
            "period": ["Q1"] * 3,
            "mjpy": [3.0, 1.0, 9.0],
        }
    )
    tables = {"periods": periods, "site_energy": energy, "costs": costs}
    row = bridge.planned_energy(tables, {"Q1"}).iloc[0]
    assert (row["it_mwh"], row["facility_mwh"], row["cost_mjpy"]) == (10.0, 13.0, 4.0)
