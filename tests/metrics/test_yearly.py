"""Yearly figures are sums over plan tables, and ratios are ratios of sums."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics import yearly
from dcplan.plans.plan import open_plan

Tables = dict[str, pd.DataFrame]


@pytest.fixture(scope="module")
def tables(toy_plan_folder: Path) -> Tables:
    return open_plan(toy_plan_folder).tables


def test_the_figures_of_the_toy_plan_are_those_of_the_paper(tables: Tables) -> None:
    """FY2024 of *leave*: 6,876.6 MWh of IT, 8,952.7 at the campus, 3,541.1 t, no site but the campus."""
    summary = yearly.summary(tables, ["Campus"], ["certificate"]).set_index("fiscal_year")
    year = summary.loc[2024]
    assert year["it_mwh"] == pytest.approx(4808.3 + 2068.3, abs=0.1)
    assert year["facility_mwh"] == pytest.approx(8952.7, abs=0.1)
    assert year["pue"] == pytest.approx(8952.7 / 6876.6, abs=1e-4)
    assert year["location_tco2e"] == pytest.approx(3541.1, abs=0.1)
    assert year["renewable_share"] == pytest.approx(0.5)
    assert (year["racks"], year["sites"], year["halls"]) == (150, 1, 2)
    assert year["capex_mjpy"] == pytest.approx(200.0)
    assert year["rent_mjpy"] == pytest.approx(40 * 3 * 0.105)
    assert year["energy_mjpy"] == pytest.approx(177.054 + 26.112, abs=2e-3)
    assert summary["capex_mjpy"].tolist() == pytest.approx([0, 200, 200])
    assert summary["sites"].tolist() == [2, 2, 1]


def test_cash_leaves_out_what_is_not_cash(tables: Tables) -> None:
    costs = tables["costs"]
    shadows = {"restoration_accrual", "terminal_capex", "terminal_moves", "terminal_restoration"}
    assert set(costs.loc[~costs["cash"], "term"]) >= shadows
    assert yearly.cash(tables).sum() == pytest.approx(costs.loc[costs["cash"], "mjpy"].sum())
    assert yearly.cash(tables, ("rent",)).sum() == pytest.approx(
        costs.loc[costs["term"] == "rent", "mjpy"].sum()
    )


def test_totals_add_up_to_the_objective(tables: Tables) -> None:
    totals = yearly.totals(tables, "optimised").set_index("measure")["value"]
    terms = totals[totals.index.str.startswith("cost:")]
    assert terms.sum() == pytest.approx(totals["cost"])
    assert totals["cost"] == pytest.approx(965.474, abs=1e-3)
    assert totals["capex"] == pytest.approx(400.0)
    assert totals["racks:moved_out"] == pytest.approx(40.0)
    assert totals["energy:facility_mwh"] == pytest.approx(tables["site_energy"]["facility_mwh"].sum())
