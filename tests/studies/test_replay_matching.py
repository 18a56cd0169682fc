"""Supply against load by the hour, worked by hand."""

import numpy as np
import pandas as pd
import pytest

from dcplan.plans.plan import open_plan
from dcplan.studies.replay import Replay
from dcplan.studies.replay_matching import Supply, _met, _spread, matching


def supplied(onsite: list[float], claimed: list[float], free: list[float] | None = None) -> Supply:
    both = np.array(claimed), np.array(claimed if free is None else free)
    return Supply(np.zeros((2, 1)), np.array(onsite), {"flat": both[0]}, {"flat": both[1]})


def share(load: list[float], supply: Supply, grid: float = 0.0) -> list[float]:
    total = sum(load)
    return (_met(np.array(load), supply, "flat", grid).sum(axis=1) / total).tolist()


def test_surplus_of_an_hour_never_carries_over():
    """Loads 10 and 10 with renewable supply 20 and 0: the year is covered, half of its hours are."""
    assert share([10.0, 10.0], supplied([0.0, 0.0], [20.0, 0.0])) == [0.5, 0.5]
    assert share([10.0, 10.0], supplied([10.0, 10.0], [0.0, 0.0])) == [1.0, 1.0]


def test_the_grid_gives_its_share_of_what_is_left():
    # 10 of 20 are met; of the other 10 the grid's 30 % are carbon-free.
    assert share([10.0, 10.0], supplied([0.0, 0.0], [20.0, 0.0]), 0.3) == pytest.approx([0.5, 0.65])


def test_nuclear_certificates_are_carbon_free_and_not_renewable():
    assert share([10.0], supplied([0.0], [2.0], [6.0])) == pytest.approx([0.2, 0.6])


def test_mwh_of_a_year_spread_by_weight():
    at = np.array([0, 0, 1, 1])
    found = _spread(np.array([1.0, 3.0, 1.0, 1.0]), np.array([0.008, 0.0]), at)
    assert found.tolist() == [2.0, 6.0, 0.0, 0.0]


def test_a_year_whose_sun_is_unknown_is_empty():
    found = _spread(np.full(4, np.nan), np.array([1.0, 0.0]), np.array([0, 0, 1, 1]))
    assert np.isnan(found[:2]).all()
    assert found[2:].tolist() == [0.0, 0.0]


@pytest.fixture(scope="module")
def table(iij_replay: Replay) -> pd.DataFrame:
    return iij_replay.matching


def test_the_hourly_share_is_at_most_the_yearly_one(table):
    assert (table["hourly_share"] <= table["yearly_share"] + 1e-12).all()
    assert (table["cfe_score"] >= table["hourly_share"] - 1e-12).all()
    late = table.query("site == 'owned' and fiscal_year == 2027").set_index("profile")
    assert late.loc["solar", "hourly_share"] < 0.5 < late.loc["flat", "hourly_share"]


def test_supply_keeps_the_mwh_of_the_plan(table, iij_plan_folder):
    plan = open_plan(iij_plan_folder)
    claims = plan.tables["claims"].query("site == 'Shiroi'").groupby("fiscal_year")["claimed_mwh"].sum()
    rows = table.query("site == 'Shiroi' and profile == 'flat'").set_index("fiscal_year")
    expected = claims.reindex(rows.index).fillna(0.0)
    assert rows["claimed_mwh"].tolist() == pytest.approx(expected.tolist())
    energy = plan.tables["site_energy"].merge(plan.tables["periods"], on="period").query("site == 'Shiroi'")
    planned = energy.groupby("fiscal_year")["onsite_mwh"].sum().reindex(rows.index)
    assert rows["onsite_mwh"].tolist() == pytest.approx(planned.tolist())
    assert rows["onsite_mwh"].tolist()[:5] == pytest.approx([0.0, 590.0, 590.0, 590.0, 590.0])


def test_a_site_without_irradiance_says_so(toy_replay):
    found = toy_replay.matching
    assert found["hourly_share"].isna().all()
    assert found["note"].str.contains("irradiance").all()
    assert found["yearly_share"].between(0.2, 0.6).all()


def test_a_share_is_a_share(iij_case):
    with pytest.raises(ValueError, match="between 0 and 1"):
        matching(iij_case, None, {}, None, grid_share=1.5)
