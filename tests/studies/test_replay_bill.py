"""The bill of the hours."""

import pytest

from dcplan.plans.plan import open_plan
from dcplan.studies.bills import plan_bills, yearly_bills
from dcplan.studies.plan_case import reopened
from dcplan.studies.replay import Hours
from dcplan.studies.replay_bill import replayed_bills


def linear(hours: Hours) -> Hours:
    """Hours whose full physics is the linear curve with the load at its mean."""
    values = {name: getattr(hours, name) for name in hours.__dataclass_fields__}
    return Hours(**{**values, "full": hours.linear, "full_peak": hours.linear_peak})


@pytest.mark.parametrize("name", ["toy", "iij"])
def test_the_bill_of_the_linear_hours_is_the_bill_of_the_plan(name, request):
    """8,760 hourly readings a year make the same bill as the plan's readings, to 1e-9."""
    plan = open_plan(request.getfixturevalue(f"{name}_plan_folder"))
    case, calendar = reopened(plan)
    hours = linear(request.getfixturevalue(f"{name}_replay").hours)
    found = replayed_bills(case, calendar, plan.tables, hours).set_index(["site", "fiscal_year"])
    assert found["full_mjpy"].to_numpy() == pytest.approx(found["plan_mjpy"].to_numpy(), rel=1e-9)
    yearly = yearly_bills(plan_bills(plan)).set_index(["site", "fiscal_year"])["net_mjpy"]
    sites = found[found.index.get_level_values("site") != "owned"]
    assert sites["plan_mjpy"].to_numpy() == pytest.approx(yearly.reindex(sites.index).to_numpy(), rel=1e-9)


def test_full_physics_costs_little_energy_and_more_demand(iij_replay):
    owned = iij_replay.bills.query("site == 'owned'")
    assert (owned["difference_mjpy"].abs() / owned["plan_mjpy"] < 0.01).all()
    assert (owned["demand_mjpy"] > 0.0).sum() >= 5
    parts = owned["energy_mjpy"] + owned["demand_mjpy"]
    assert parts.tolist() == pytest.approx(owned["difference_mjpy"].tolist())
