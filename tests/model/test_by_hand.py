"""Optima worked out by hand: the toy case and variations of it.

The toy case has two plans worth looking at (inputs/toy/README.md): *stay* in City, 976.215 M JPY, or *leave*
City and build hall B, 965.474 M JPY. FY2022 and FY2023 are the same in both; the choice is made by FY2024,
whose middle has the discount factor 0.8851. Each test changes one thing, says what follows on paper, and
asks the model.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.solvers import highs
from tests.model.toys import EXACT, Solved, best, pinned, with_info, with_rows, with_settings, with_value

LEAVE, STAY = 965.474, 976.215
SAVING = STAY - LEAVE
CENT = 2e-3  # the last digit of what is printed above

DAYS = 365.25
END = 1.05 ** -((date(2025, 4, 1) - date(2022, 4, 1)).days / DAYS)


def middle(year: int) -> float:
    """Discount factor of the middle of a fiscal year, at 5 % to 1 April 2022."""
    start, end = date(year, 4, 1), date(year + 1, 4, 1)
    days = (start - date(2022, 4, 1)).days + (end - start).days / 2
    return float(1.05 ** -(days / DAYS))


MID = middle(2024)


def annuities_left(age: float, life: float) -> float:
    """Share of a cost that the years after `age` of its life bear at 5 %."""
    return float((1 - 1.05 ** -(life - age)) / (1 - 1.05**-life))


def stays(plan: Solved) -> bool:
    """Whether a plan is the one that stays in City; otherwise it is the one that leaves."""
    assert plan.built() in ({}, {"B": "FY2024"})
    assert plan.left() == ({} if not plan.built() else {"City": "FY2024"})
    return not plan.built()


def choice(case: Case) -> tuple[Solved, float]:
    """The optimum, and what leaving saves against staying: the same model with hall B held open or closed."""
    plan = best(case)
    program = plan.model.program
    halls = program.table("in_service", np.arange(program.size, dtype=float))
    held = halls[(halls["hall"] == "B") & (halls["period"] >= "FY2024")]["in_service"].to_numpy(dtype=int)
    assert held.size
    cost = {}
    for value in (0.0, 1.0):
        matrix = program.matrix()
        lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
        assert (lower[held] <= value).all()
        assert (upper[held] >= value).all()
        lower[held] = upper[held] = value
        solution = highs.solve(replace(matrix, col_lower=lower, col_upper=upper), EXACT)
        cost[value] = solution.objective
    return plan, cost[0.0] - cost[1.0]


def test_the_shipped_case(toy_case: Case) -> None:
    plan = best(toy_case)
    assert not stays(plan)
    assert plan.cost == pytest.approx(LEAVE, abs=CENT)
    assert plan.racks("City-hall", "FY2023") == pytest.approx(40)
    assert plan.racks("City-hall", "FY2024", "moved_out") == pytest.approx(40)


def test_the_rent_at_which_leaving_turns(toy_case: Case) -> None:
    """Of the rent of FY2024, *stay* pays 50 racks x 12 months and *leave* 40 racks x 3 months of overlap.

    Both at 5 % uplift: the saving moves by 0.8851 x (600 - 120) x 1.05 / 1,000 = 0.4461 M JPY for each
    1,000 JPY of rent; 10.741 / 0.4461 = 24.08, so it turns at 100,000 - 24,080 = 75,920 JPY a rack-month.
    """
    per_yen = MID * (600 - 120) * 1.05 / 1e6
    turn = 100_000 - SAVING / per_yen
    assert turn == pytest.approx(75_920, abs=20)
    above = with_value(toy_case, "leases", "rent_jpy_per_rack_month", turn + 200)
    below = with_value(toy_case, "leases", "rent_jpy_per_rack_month", turn - 200)
    plan, saved = choice(above)
    assert not stays(plan)
    assert stays(best(below))
    assert saved == pytest.approx(200 * per_yen, abs=CENT)


def test_one_yen_less_of_budget_keeps_the_phase_away(toy_case: Case) -> None:
    """Hall B costs 200 in FY2023 and 200 in FY2024; with 199.999 in either year it cannot be paid: *stay*."""
    for year in (2023, 2024):
        plan = best(with_value(toy_case, "budgets", "capex_mjpy", 199.999, fiscal_year=year))
        assert stays(plan)
        assert plan.cost == pytest.approx(STAY, abs=CENT)


def test_a_budget_that_comes_early_brings_the_phase_forward(toy_case: Case) -> None:
    """With 200 in FY2022 and FY2023 and nothing in FY2024, hall B can only open in April 2023, a year early.

    City is made as cheap to run as A (its kWh at 1.20 of IT), so that nobody moves before he must, and so
    dear to rent, 300,000 JPY, that leaving is still worth hall B's year of standing empty:

    - 400 M JPY a year earlier: 200 on 1 April 2022 and 200 a year later instead of 2023 and 2024
    - one person (8) and maintenance (10) in FY2023, 18 M JPY
    - 40 kW standing: 40 x 8,784 / 1,000 = 351.36 MWh at 20 JPY = 7.027, certificates on 40 % of it, 0.141,
      and 40 x 1.7 x 12 / 1,000 = 0.816 of demand charge
    - asset tax in FY2024: 1.4 % of 200 x (1 - 9/480) + 200 x (1 - 9/240) on 1 January 2024
    - a year less of value left: 38 and 18 years instead of 39 and 19

    New cloud racks of FY2023 may go to B, but hall A has room for all of them: no other figure changes.
    """
    rich = with_value(toy_case, "leases", "rent_jpy_per_rack_month", 300_000.0)
    rich = with_value(rich, "leases", "contract_pue", 1.2)
    late = best(rich)
    paid = with_value(rich, "budgets", "capex_mjpy", 200.0, fiscal_year=2022)
    early = best(with_value(paid, "budgets", "capex_mjpy", 0.0, fiscal_year=2024))
    assert (late.built(), early.built()) == ({"B": "FY2024"}, {"B": "FY2023"})
    day = {year: 1.05 ** -((date(year, 4, 1) - date(2022, 4, 1)).days / DAYS) for year in (2022, 2024)}
    sooner = 200 * (day[2022] - day[2024])
    running = (18 + 0.35136 * 20 + 0.35136 * 0.4 + 0.816) * middle(2023)
    tax = 0.014 * (200 * (1 - 9 / 480) + 200 * (1 - 9 / 240)) * MID
    year = (date(2025, 4, 1) - date(2024, 4, 1)).days / DAYS
    two = (date(2025, 4, 1) - date(2023, 4, 1)).days / DAYS
    worth = sum(200 * (annuities_left(year, life) - annuities_left(two, life)) for life in (40, 20)) * END
    assert early.cost - late.cost == pytest.approx(sooner + running + tax + worth, abs=CENT)


def test_a_lower_move_limit_starts_the_moves_a_year_earlier(toy_case: Case) -> None:
    """With 110 places in A and 40 racks in City, 3 moves a month send 4 racks on their way in FY2023.

    City is made as cheap to run as A (its kWh at 1.20 of IT) at a rent of 300,000, so nobody moves before he
    must. A rack that moves a year earlier costs, each:

    - its move (1 M JPY) a year sooner, less a year of value left: 3.5 of 5 years instead of 4.5
    - three months' double rent at 0.300 in FY2023 instead of 0.315 in FY2024
    - a year in A: certificates on 40 % of its 1.2 x 5 kW x 0.9375 x 8.784 h, and 6 x 1.25 kW of demand charge
    """
    case = with_value(toy_case, "halls", "rack_places", 110, hall="A")
    case = with_value(case, "halls", "it_kw", 880.0, hall="A")
    case = with_value(case, "leases", "contract_pue", 1.2)
    case = with_value(case, "leases", "rent_jpy_per_rack_month", 300_000.0)
    loose, tight = best(case), best(with_settings(case, move_limit_fleet_racks_per_month=3.0))
    assert [loose.racks("City-hall", f"FY{y}", "moved_out") for y in (2022, 2023, 2024)] == pytest.approx(
        [0, 0, 40]
    )
    assert [tight.racks("City-hall", f"FY{y}", "moved_out") for y in (2022, 2023, 2024)] == pytest.approx(
        [0, 4, 36]
    )
    now, then = middle(2023), MID
    age = {y: (date(2025, 4, 1) - date(y, 4, 1)).days / DAYS for y in (2023, 2024)}
    age = {2023: age[2023] - 366 / 2 / DAYS, 2024: age[2024] - 365 / 2 / DAYS}
    move = now - then + (annuities_left(age[2024], 5) - annuities_left(age[2023], 5)) * END
    rent = 3 * (0.300 * now - 0.315 * then)
    certificate = 0.4 * 1.2 * 5 * 0.9375 * 8.784 / 1000 * now
    demand = 6 * 1.25 * 1.7 * 12 / 1000 * now
    assert tight.cost - loose.cost == pytest.approx(4 * (move + rent + certificate + demand), abs=CENT)


def test_a_ratchet_bills_the_opening_peak_for_a_year(toy_case: Case) -> None:
    """An opening peak of 2,000 kW is billed all of FY2022, by a ratchet but not by an agreed value.

    The campus peaks at 1.25 x (60 x 7 + 30 x 6) + 40 = 790 kW in FY2022; the rest, 1,210 kW x 1.7 x 12 /
    1,000 = 24.684 M JPY, is what the ratchet adds, at the discount factor 0.9759 of FY2022. From FY2023 on
    nothing.
    """
    case = with_value(toy_case, "sites", "opening_peak_kw", 2000.0, site="Campus")
    assert best(case).cost == pytest.approx(LEAVE, abs=CENT)
    plan = best(with_value(case, "sites", "demand_rule", "ratchet", site="Campus"))
    billed = plan.table("contract_kw").set_index("period")["contract_kw"]
    assert billed["FY2022"] == pytest.approx(2000)
    assert billed["FY2023"] == pytest.approx(1.25 * (60 * 7 + 40 * 6) + 40)
    assert plan.cost - LEAVE == pytest.approx(1210 * 1.7 * 12 / 1000 * middle(2022), abs=CENT)


def test_agreed_demand_is_the_years_highest_peak_and_a_ratchet_the_trailing_one(toy_case: Case) -> None:
    """Demand rises all year: `agreed` bills the last quarter's peak from April, a ratchet as it comes.

    *Stay* with an opening peak of 715 kW. Cloud ends the quarters of FY2022, after 91, 183, 275 and 365
    days, with 62.49, 65.01, 67.53 and 70 racks, in whole racks 62, 65, 68 and 70: the campus holds what is
    over City's 40, at 1.25 x 6 kW each, besides 60 x 7 kW of colo.
    """
    case = pinned(toy_case, "B", 0)
    peaks = [1.25 * (60 * 7 + (n - 40) * 6) + 40 for n in (62, 65, 68, 70)]
    for rule, expected in (("agreed", [peaks[-1]] * 4), ("ratchet", peaks)):
        plan = best(with_value(case, "sites", "demand_rule", rule, site="Campus"), "quarter")
        billed = plan.table("contract_kw").set_index("period")["contract_kw"]
        assert billed[[f"FY2022Q{i}" for i in range(1, 5)]].tolist() == pytest.approx(expected), rule


def test_a_site_share_holds_half_of_cloud_in_city(toy_case: Case) -> None:
    """No site may hold more than half of cloud: in FY2024 exactly 45 stand at Campus and 45 in City.

    A, full with 60 colo racks and 40 cloud, takes 45: five of the six colo racks that leave by churn are
    replaced in City. Compared with *stay*, 5 x (6 - 5 x 0.9444) kW x 8.76 h = 55.97 MWh of IT are in City
    instead of A: 0.5 x 20 JPY more for overhead, half of 1.2 less of certificates, 5 x (7 - 6) x 1.25 kW
    less of demand charge, and 0.5 x 0.4 t/MWh more of a miss at 10,000 JPY.
    """
    plan = best(with_value(toy_case, "classes", "max_site_share", 0.5, **{"class": "cloud"}))
    assert stays(plan)
    racks = plan.table("racks").set_index(["class", "hall", "period"])["racks"]
    assert racks["cloud", "City-hall"].tolist() == pytest.approx([40, 40, 45])
    assert racks["colo", "City-hall", "FY2024"] == pytest.approx(5)
    there = 5 * (6 - 5 * 85 / 90) * 8.76
    energy, certificates = 0.5 * 20 * there / 1000, 0.5 * 1.2 * there / 1000
    demand, miss = 5 * 1.25 * 1.7 * 12 / 1000, 0.5 * 0.4 * there * 0.01
    assert plan.cost - STAY == pytest.approx((energy - certificates - demand + miss) * MID, abs=CENT)


def test_a_pue_target_keeps_hall_b_unbuilt(toy_case: Case) -> None:
    """The campus has PUE 6,120.3 / 4,808.3 = 1.2729 with A full, 8,952.7 / 6,876.6 = 1.3019 with B half full.

    A hard target of 1.29 in FY2024 therefore means *stay*. Priced, *leave* misses it by 8,952.7 - 1.29 x
    6,876.6 = 81.9 MWh, which at 10.741 / 0.8851 / 81.9 = 0.148 M JPY/MWh eats up what leaving saves.
    """
    row = {"target": "owned_pue", "fiscal_year": 2024, "metric": "pue", "boundary": "owned", "value": 1.29}
    hard = best(with_rows(toy_case, "targets", row | {"miss_price": np.nan}))
    assert stays(hard)
    assert hard.cost == pytest.approx(STAY, abs=CENT)
    missed = 8952.7 - 1.29 * 6876.6
    turn = SAVING / MID / missed
    assert turn == pytest.approx(0.148, abs=5e-4)
    cheap = best(with_rows(toy_case, "targets", row | {"miss_price": turn - 0.002}))
    dear = best(with_rows(toy_case, "targets", row | {"miss_price": turn + 0.002}))
    assert not stays(cheap)
    assert stays(dear)
    miss = cheap.table("target_miss").set_index("target")["target_miss"]
    assert miss["owned_pue"] == pytest.approx(missed, abs=0.1)


def test_the_price_of_the_carbon_target_decides(toy_case: Case) -> None:
    """*Stay* misses FY2024's target by 164.6 t: 1.646 M JPY at 10,000 JPY/t, 1.457 of the saving of 10.741.

    At a rent of 75,000 the saving is 10.741 - 25 x 0.4461 = -0.412, so *stay* by a little. Another 0.412 /
    (164.6 x 0.8851) = 2,826 JPY/t turn it: *leave* from 12,826 JPY/t.
    """
    case = with_value(toy_case, "leases", "rent_jpy_per_rack_month", 75_000.0)
    lost = 25_000 * MID * 480 * 1.05 / 1e6 - SAVING
    turn = 10_000 + lost / (164.6 * MID) * 1e6
    assert turn == pytest.approx(12_826, abs=20)
    assert stays(best(with_value(case, "targets", "miss_price", turn - 50, target="fleet_carbon")))
    assert not stays(best(with_value(case, "targets", "miss_price", turn + 50, target="fleet_carbon")))
    hard = best(with_value(case, "targets", "miss_price", float("nan"), target="fleet_carbon"))
    assert not stays(hard)


def test_a_shadow_price_of_carbon_turns_the_choice(toy_case: Case) -> None:
    """*Leave* emits 3,814.6 - 3,541.1 = 273.5 t less in FY2024: 0.2421 M JPY of the saving per 1,000 JPY/t.

    At a rent of 75,000 it lacks 0.412 M JPY: the choice turns at 1,703 JPY/t.
    """
    case = with_value(toy_case, "leases", "rent_jpy_per_rack_month", 75_000.0)
    lost = 25_000 * MID * 480 * 1.05 / 1e6 - SAVING
    turn = lost / (273.5 * MID) * 1e6
    assert turn == pytest.approx(1_703, abs=20)
    assert stays(best(with_value(case, "carbon_prices", "shadow_jpy_per_t", turn - 50)))
    assert not stays(best(with_value(case, "carbon_prices", "shadow_jpy_per_t", turn + 50)))


def test_the_terminal_value_decides_whether_to_build(toy_case: Case) -> None:
    """What is left of hall B at the end pays for leaving.

    - annuity: 10.741 saved
    - book: hall B leaves 200 x 39/40 + 200 x 19/20 = 385, moves 40 x 4.5/5, restoration 12 x 9/10 against 2
      x 9/10, and 50 racks kept accrue a tenth of 0.2 a year: each straight-line instead of as annuities
    - none: nothing is left of 400 and nothing accrues: *stay*, by about 370
    """
    one = (date(2025, 4, 1) - date(2024, 4, 1)).days / DAYS
    half = 365 / 2 / DAYS
    book = 200 * (2 - one / 40 - one / 20) + 40 * (1 - half / 5) + 10 * (1 - one / 10)
    annuity = sum(200 * annuities_left(one, life) for life in (40, 20))
    annuity += 40 * annuities_left(half, 5) + 10 * annuities_left(one, 10)
    accrued = 0.2 * 50 * (0.05 / (1 - 1.05**-10))
    expected = {
        "annuity": SAVING,
        "book": SAVING + (book - annuity) * END - (accrued - 0.2 * 50 / 10) * MID,
        "none": SAVING - annuity * END - accrued * MID,
    }
    assert expected["book"] > 0 > expected["none"]
    for rule, amount in expected.items():
        case = with_info(toy_case, terminal_value=rule)
        plan, saved = choice(case)
        assert saved == pytest.approx(amount, abs=2 * CENT), rule
        assert stays(plan) == (amount < 0), rule


def test_a_tail_turns_an_exit(toy_case: Case) -> None:
    """At a rent of 70,000 *leave* lacks 30 x 0.4461 - 10.741 = 2.64 M JPY; one more year turns it.

    In FY2025, with 90 cloud racks all year, *leave* saves, M JPY:

    - City: 50 x 5 kW x 8.76 h = 2,190 MWh x 1.7 x 20 JPY = 74.46, rent 50 x 0.0735 x 12 = 44.10, accrual
      1.295, one person less, 8
    - the miss: (6,137.1 + 3,723.0) x 0.4 = 3,944.1 t, 294.1 over the target, 2.941; none when *leave*

    and pays for hall B:

    - (2,190 x 1.2 + 350.4) MWh x (20 + 0.5) JPY = 61.06, 415 kW x 0.0204 = 8.466, maintenance 10
    - asset tax of 1.4 % on 200 x (1 - 9/480) + 200 x (1 - 9/240) = 388.75, 5.443

    The value of hall B, moves and restorations that is left shrinks by a year and comes a year later.
    """
    case = with_value(toy_case, "leases", "rent_jpy_per_rack_month", 70_000.0)
    lost = 30_000 * MID * 480 * 1.05 / 1e6 - SAVING
    yearly = 74.46 + 44.10 + 10 / (1 - 1.05**-10) * 0.05 + 8 + 2.941 - 61.06 - 8.466 - 10 - 5.443
    left = {}
    for year in (2025, 2026):
        age = (date(year, 4, 1) - date(2024, 4, 1)).days / DAYS
        worth = sum(200 * annuities_left(age, life) for life in (40, 20)) + 10 * annuities_left(age, 10)
        worth += 40 * annuities_left(age - 365 / 2 / DAYS, 5)
        left[year] = worth * 1.05 ** -((date(year, 4, 1) - date(2022, 4, 1)).days / DAYS)
    plan, saved = choice(case)
    assert saved == pytest.approx(-lost, abs=2 * CENT)
    assert stays(plan)
    plan, saved = choice(with_info(case, tail_years=1))
    assert saved == pytest.approx(-lost + yearly * middle(2025) + left[2026] - left[2025], abs=2 * CENT)
    assert not stays(plan)
    assert not stays(best(with_info(case, tail_years=3)))


def test_a_lease_without_renewal_ends_and_its_restoration_is_owed(toy_case: Case) -> None:
    """City cannot be renewed: *leave* is forced, at the same cost as when it is chosen."""
    plan = best(with_value(toy_case, "leases", "renewal", "none"))
    assert plan.cost == pytest.approx(LEAVE, abs=CENT)
    assert plan.costs()["restoration"] == pytest.approx(12.0)


def test_a_missed_notice_keeps_the_lease_for_a_renewal_term(toy_case: Case) -> None:
    """Notice of 30 months for 1 April 2024 falls before 1 April 2022: City runs until 2026.

    Compared with *stay*, ten racks are not given back: their rent of 10 x 0.105 x 12 = 12.6 and accrual of
    10 x 0.2 x 0.1295 in FY2024 are paid, and the 2 M JPY of their restoration less its value left are not.
    """
    plan = best(with_value(toy_case, "leases", "notice_months", 30))
    assert plan.left() == {}
    assert plan.table("released_steps").empty
    one = (date(2025, 4, 1) - date(2024, 4, 1)).days / DAYS
    day = 1.05 ** -((date(2024, 4, 1) - date(2022, 4, 1)).days / DAYS)
    accrued = 10 * 0.2 * 0.05 / (1 - 1.05**-10)
    more = (12.6 + accrued) * MID - 2 * day + 2 * annuities_left(one, 10) * END
    assert plan.cost - STAY == pytest.approx(more, abs=CENT)


def test_a_term_that_ends_inside_a_period_is_paid_by_days(toy_case: Case) -> None:
    """City ends on 30 September 2024: in FY2024 a released rack pays 183 of 365 days at the old rent.

    *Leave*: 60 racks x 12 months x 0.1 x 183/365; the 5 % uplift comes with the new term, which nobody
    enters.
    """
    case = with_value(toy_case, "leases", "term_end", date(2024, 9, 30))
    plan = best(pinned(case, "B", 1))
    assert plan.left() == {"City": "FY2024"}
    rent = next(term for term in plan.model.costs if term.name == "rent").nominal.value(plan.values)
    assert isinstance(rent, pd.Series)
    assert rent.xs("FY2024", level="period").sum() == pytest.approx(60 * 12 * 0.1 * 183 / 365)
    assert rent.xs("FY2023", level="period").sum() == pytest.approx(72.0)
