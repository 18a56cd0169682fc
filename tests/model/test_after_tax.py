"""The objective after tax, worked out by hand on the toy case at a tax rate of 30 %.

Hall B costs 400 M JPY, half building (40 years: 2.5 % a year = 5.0) and half plant (15 years for tax: 6.7 % a
year = 13.4), in service on 1 April 2024, a year before the span ends.
"""

from __future__ import annotations

from datetime import date

import pytest

from dcplan.data.case import Case
from tests.model.toys import (
    Solved,
    best,
    pinned,
    published,
    with_info,
    with_settings,
    with_upgrade,
    with_value,
)

TAX = 0.3
NEAR = 0.01  # M JPY: the sums below take every fiscal year as 365.25 days
DAYS = 365.25
END = 1.05 ** -((date(2025, 4, 1) - date(2022, 4, 1)).days / DAYS)
MIDDLE_2024 = 1.05 ** -((date(2024, 9, 30) - date(2022, 4, 1)).days / DAYS + 0.5 / DAYS)


def after_tax(case: Case, value: int = 1) -> Case:
    """Return the case after tax, with hall B or without it."""
    return with_info(pinned(case, "B", value), objective="after_tax")


@pytest.fixture(scope="module")
def leave(toy_case: Case) -> Solved:
    """The plan that leaves City for hall B, after tax."""
    return best(after_tax(toy_case))


def present(plan: Solved) -> dict[str, float]:
    """Return the present value of every cost term."""
    return {term.name: float(term.present.value(plan.values).sum()) for term in plan.model.costs}


def years(count: int, first: float = 0.5) -> float:
    """Present value of 1 at the middle of each of so many years; the first middle lies `first` years away."""
    return float(sum(1.05 ** -(first + n) for n in range(count)))


# the charges after FY2024: building 39 x 5.0; plant 13 x 13.4 and what is left, 200 - 14 x 13.4 = 12.4
building_later = TAX * 5.0 * years(39)
plant_later = TAX * (13.4 * years(13) + 12.4 * 1.05**-13.5)
building_all = TAX * 5.0 * years(40)
plant_all = TAX * (13.4 * years(14) + 12.4 * 1.05**-14.5)


def share_left(life: float) -> float:
    """Share of a cost that the years after the first of its life bear, as annuities."""
    age = 365 / DAYS
    return float((1 - 1.05 ** -(life - age)) / (1 - 1.05**-life))


def test_depreciation_shields_income_in_its_year(leave: Solved) -> None:
    """FY2024: 30 % of 5.0 + 13.4 = 5.52 M JPY, at the middle of the year."""
    assert leave.costs()["tax_shield"] == pytest.approx(-5.52)
    assert present(leave)["tax_shield"] == pytest.approx(-5.52 * MIDDLE_2024)


def test_what_is_shielded_after_the_span_is_worth_its_present_value_at_the_end(leave: Solved) -> None:
    """26.16 for 39 years of building and 40.62 for 14 more years of plant: 66.78 on 1 April 2025."""
    assert building_later == pytest.approx(26.156, abs=1e-3)
    assert plant_later == pytest.approx(40.620, abs=1e-3)
    worth = leave.costs()["terminal_tax_shield"]
    assert worth == pytest.approx(-building_later - plant_later, abs=NEAR)
    assert present(leave)["terminal_tax_shield"] == pytest.approx(END * worth)


def test_the_hall_is_worth_its_cost_after_tax(leave: Solved) -> None:
    """200 - 26.37 of building and 200 - 42.61 of plant; 39 of 40 and 19 of 20 years of them are left."""
    assert building_all == pytest.approx(26.374, abs=1e-3)
    assert plant_all == pytest.approx(42.609, abs=1e-3)
    worth = (200 - building_all) * share_left(40) + (200 - plant_all) * share_left(20)
    assert worth == pytest.approx(324.82, abs=NEAR)
    assert leave.costs()["terminal_capex"] == pytest.approx(-worth, abs=NEAR)


def test_the_span_bears_its_year_of_the_cost_after_tax(leave: Solved) -> None:
    """CAPEX, the tax that it saves and the value at the end leave the first of 40 and of 20 annuities.

    They are annuities on 173.63 of building and 157.39 of plant, the costs after tax; beside them stands the
    interest on the half that is paid a year ahead.
    """
    terms = present(leave)
    service = 1.05 ** -((date(2024, 4, 1) - date(2022, 4, 1)).days / DAYS)
    ahead = 1.05 ** -((date(2023, 4, 1) - date(2022, 4, 1)).days / DAYS)
    spent = 200 * (ahead - service)  # interest on what was paid before service
    borne = (200 - building_all) * (1 - share_left(40) * END / service)
    borne += (200 - plant_all) * (1 - share_left(20) * END / service)
    found = sum(terms[name] for name in ("capex", "tax_shield", "terminal_tax_shield", "terminal_capex"))
    assert found == pytest.approx(spent + borne * service, abs=2 * NEAR)


def test_deductible_cash_is_relieved_where_it_is_paid(toy_case: Case) -> None:
    """30 % of every cash cost but CAPEX, and none of shadow carbon, misses and values at the end."""
    case = with_value(toy_case, "carbon_prices", "shadow_jpy_per_t", 3000.0)
    plan, tables = published(after_tax(case, 0))
    costs = tables["costs"].query("cash and term not in ('capex', 'tax_relief', 'tax_shield')")
    paid = costs.groupby(["site", "period"])["pv_mjpy"].sum()
    relief = tables["costs"].query("term == 'tax_relief'").set_index(["site", "period"])["pv_mjpy"]
    assert (relief + TAX * paid).abs().max() < 1e-9
    assert set(costs["term"]) >= {"rent", "energy_owned", "staff", "instruments", "restoration"}
    assert plan.costs()["shadow_carbon"] > 1
    assert plan.costs()["target_misses"] > 1


def test_spread_costs_are_spread_after_tax(leave: Solved) -> None:
    """Restoration accrued, and what moves and restoration are worth later, count with 70 % of their amount.

    Otherwise a move of 1, relieved by 0.3 and credited with 0.9 of its cost, would be a gain.
    """
    costs = leave.costs()
    spread = costs["restoration_accrual"] + costs["terminal_moves"] + costs["terminal_restoration"]
    assert costs["deferred_relief"] == pytest.approx(-TAX * spread)
    assert spread == pytest.approx(3.108 - 36.427 - 11.047, abs=NEAR)


def test_the_plan_after_tax_costs_what_the_parts_say(toy_case: Case) -> None:
    """Both plans of the README: 70 % of what is deducted, and hall B as above; misses in full."""
    for value, told in ((0, 683.788), (1, 681.455)):
        before = present(best(pinned(toy_case, "B", value)))
        after = best(after_tax(toy_case, value))
        full = before["capex"] + before["target_misses"]
        rest = sum(before.values()) - full - before["terminal_capex"]
        tax_of_b = present(after)["tax_shield"] + END * (
            after.costs()["terminal_tax_shield"] + after.costs()["terminal_capex"]
        )
        assert after.cost == pytest.approx(full + (1 - TAX) * rest + tax_of_b, abs=1e-6)
        assert after.cost == pytest.approx(told, abs=1e-3)


def test_tax_weighs_more_on_building_than_on_renting(toy_case: Case) -> None:
    """Before tax leaving City saves 10.741; at 15 % it saves less than 85 % of that.

    Rent is deducted when it is paid, hall B over 15 and 40 years: its shield is late, so that tax weighs more
    on building than on renting.
    """

    def saving(rate: float) -> float:
        case = with_settings(toy_case, tax_rate=rate)
        return best(after_tax(case, 0)).cost - best(after_tax(case, 1)).cost

    assert saving(0.0) == pytest.approx(10.741, abs=2e-3)
    assert saving(0.15) < 0.85 * 10.741


def test_at_a_tax_rate_of_zero_nothing_changes(toy_case: Case) -> None:
    free = with_settings(toy_case, tax_rate=0.0)
    assert best(with_info(free, objective="after_tax")).cost == pytest.approx(best(toy_case).cost, abs=1e-6)


@pytest.mark.parametrize("rule", ["annuity", "book", "none"])
def test_a_tax_life_as_long_as_the_books_is_the_default(toy_case: Case, rule: str) -> None:
    """Empty: life_years. Plant of 20 instead of 15 years shields 200 x 5 % = 10.0 in FY2024, not 13.4."""
    case = with_value(toy_case, "asset_classes", "tax_life_years", float("nan"), asset_class="plant")
    plan = best(with_info(after_tax(case), terminal_value=rule))
    assert plan.costs()["tax_shield"] == pytest.approx(-0.3 * (5.0 + 10.0))
    later = plan.costs()["terminal_tax_shield"]
    assert (later == 0) if rule == "none" else (later < -50)


def test_an_upgrade_is_depreciated_too(toy_case: Case) -> None:
    """20 M JPY of plant: 1.34 a year, 0.402 of tax saved in FY2024."""
    case = with_value(toy_case, "connections", "receiving_kw", 1000.0)
    case = with_value(case, "budgets", "capex_mjpy", 300.0)
    case = with_upgrade(case, "feed", adds_receiving_kw=400.0, cost_mjpy=20.0)
    assert best(after_tax(case)).costs()["tax_shield"] == pytest.approx(-5.52 - 0.402)
