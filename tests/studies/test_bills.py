"""The energy and demand cost of a plan is the bill of the plan's readings."""

from pathlib import Path

import pytest

from dcplan.errors import InputError
from dcplan.physics.bill import DEMAND_LINES, ENERGY_LINES
from dcplan.plans.plan import Plan, open_plan
from dcplan.studies.bills import plan_bills, yearly_bills


@pytest.fixture(params=["toy_plan_folder", "iij_plan_folder"], ids=["toy", "iij"])
def plan(request: pytest.FixtureRequest) -> Plan:
    folder: Path = request.getfixturevalue(request.param)
    return open_plan(folder)


TERMS = (
    ("energy_owned", "owned", ENERGY_LINES),
    ("demand_charge", "owned", DEMAND_LINES),
    ("energy_leased", "leased", ENERGY_LINES),
)


def test_the_cost_of_a_plan_is_the_bill_of_its_readings(plan):
    for which in ("", *plan.references):
        costs = (plan.references[which] if which else plan.tables)["costs"].set_index(["site", "period"])
        bills = plan_bills(plan, which).set_index(["site", "period"])
        for term, ownership, lines in TERMS:
            billed = bills.loc[bills["ownership"] == ownership, list(lines)].sum(axis=1)
            paid = costs.loc[costs["term"] == term, "mjpy"]
            assert not billed.empty
            expected = paid.reindex(billed.index).fillna(0.0)  # zero rows are left out of the cost table
            assert billed.to_numpy() == pytest.approx(expected.to_numpy(), rel=1e-9, abs=1e-12)
            assert billed.sum() == pytest.approx(paid.sum(), rel=1e-9)


def test_the_first_year_of_the_tutorial_by_hand(toy_plan_folder):
    # 5,498.89 MWh at 20 JPY/kWh and 790 kW at 1,700 JPY for twelve months.
    bills = plan_bills(open_plan(toy_plan_folder)).set_index(["site", "period"])
    row = bills.loc[("Campus", "FY2022")]
    assert row["net_mjpy"] == pytest.approx(5_498.891428571428 * 0.02 + 790 * 1_700 * 12 / 1e6)
    assert row["excess_kw"] == 0.0


def test_a_plan_that_was_not_saved_has_no_bill(toy_plan_folder):
    saved = open_plan(toy_plan_folder)
    with pytest.raises(InputError, match="not saved"):
        plan_bills(Plan(saved.manifest, saved.tables, saved.references, saved.comparison))


def test_years_are_sums_and_the_fleet_is_the_sum_of_sites(toy_plan_folder):
    yearly = yearly_bills(plan_bills(open_plan(toy_plan_folder)))
    total = yearly[yearly["site"] == "all"].set_index("fiscal_year")
    sites = yearly[yearly["site"] != "all"].groupby("fiscal_year")[["kwh", "net_mjpy", "billed_kw"]].sum()
    assert list(total.index) == [2022, 2023, 2024]
    assert total[sites.columns].to_numpy() == pytest.approx(sites.to_numpy())
