"""Unit costs by site, against numbers worked by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from dcplan.metrics.money.settings import MoneySettings
from dcplan.metrics.money.unit_cost import unit_cost, unit_cost_lines
from dcplan.metrics.money.unit_cost_sites import site_cost_lines, unit_cost_sites

Tables = dict[str, pd.DataFrame]
SIX, FIFTEEN = 0.05 / (1 - 1.05**-6), 0.05 / (1 - 1.05**-15)
HALLS = pd.DataFrame({"hall": ["A", "B"], "site": ["S", "R"], "rack_places": [10, 20], "it_kw": [200, 100]})
LEASES = pd.DataFrame({"lease": ["L"], "hall": ["B"]})


@pytest.fixture
def two(small: Tables) -> Tables:
    """The paper plan with its rent, fees and restoration at the rented site R, which holds no rack."""
    costs = small["costs"]
    rented = costs["term"].isin(["rent", "break_fee", "restoration"])
    small["costs"] = costs.assign(site=costs["site"].where(~rented, "R"))
    return small


def test_each_site_bears_its_own_cost(two: Tables, settings: MoneySettings) -> None:
    """R: rent 19.2, fee 0.8, restoration 1.0. S: the rest of three years, and the annuities of its assets."""
    lines = site_cost_lines(two, settings).set_index("site")
    assert lines.loc["R", "total_mjpy"] == pytest.approx(21.0)
    own = 1.5 * (60 * SIX + 150 * FIFTEEN)
    assert lines.loc["S", "own_assets_mjpy"] == pytest.approx(own)
    assert lines.loc["S", "total_mjpy"] == pytest.approx(own + 3 * 60 * SIX + 33 + 6 + 1 + 2.87)


def test_sold_and_built_are_those_of_the_site(two: Tables, settings: MoneySettings) -> None:
    """S: eight racks and 100 kW of ten and 200; R: ten leased racks, then six, at 5 kW; nobody in them."""
    table = unit_cost_sites(two, settings, HALLS, LEASES).set_index(["site", "measure"])
    quantity = {key: float(value) for key, value in table["quantity"].items()}
    assert quantity["S", "rack_month_sold"] == 8 * 36
    assert quantity["S", "rack_month_built"] == 10 * 36
    assert quantity["S", "kw_month_sold"] == pytest.approx(100 * 36)
    assert quantity["S", "kw_month_built"] == 200 * 36
    assert quantity["R", "rack_month_built"] == 12 * 16
    assert quantity["R", "kw_month_built"] == 12 * 16 * 5
    assert table.loc[("R", "rack_month_built"), "value"] == pytest.approx(21e6 / 192)
    empty = table.loc[("R", "rack_month_sold")]
    assert (pd.isna(empty["value"]), empty["reason"]) == (True, "nothing to divide by")


def test_sites_add_up_to_the_fleet(two: Tables, settings: MoneySettings) -> None:
    by_site = (
        unit_cost_sites(two, settings, HALLS, LEASES).groupby("measure")[["cost_mjpy", "quantity"]].sum()
    )
    fleet = unit_cost(two, settings, HALLS, LEASES)
    fleet = fleet[fleet["span"] == "horizon"].set_index("measure")[["cost_mjpy", "quantity"]]
    pd.testing.assert_frame_equal(by_site, fleet.reindex(by_site.index), check_dtype=False)
    lines = site_cost_lines(two, settings).drop(columns="site").sum()
    yearly = unit_cost_lines(two, settings).drop(columns="fiscal_year").sum()
    pd.testing.assert_series_equal(lines, yearly)
