"""The lease engine by hand: dates, fees, steps, minimum and tranches of the toy case's one lease.

City: 60 racks at 100,000 JPY a rack-month (0.1 M JPY), term to 31 March 2024, then 24 months at +5 %, six
months' notice, restoration 0.2 M JPY a rack; fiscal years 2022 to 2024, no tail.
"""

from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar, months_between
from dcplan.data.case import Case
from dcplan.model.context import Context
from dcplan.model.lease_terms import LeaseTerms
from dcplan.model.tables import Tables
from tests.model.toys import audited, best, pinned, with_table, with_value

NO_FEE = float("nan")


def lease(case: Case, **values: object) -> Case:
    """Return the case with other terms of its lease."""
    table = case["leases"].copy()
    for column, value in values.items():
        table[column] = pd.Series([value] * len(table), dtype=table[column].dtype)
    return with_table(case, "leases", table)


def terms(case: Case, by: str = "year") -> LeaseTerms:
    return Context(Tables(case, make_calendar(case.info, by))).leases


def windows(case: Case, by: str = "year") -> dict[str, tuple[str, str, float]]:
    """Return period -> (day, kind, months of fee)."""
    rows = terms(case, by).windows
    return {
        row["period"]: (str(row["day"]), row["kind"], round(row["fee_months"], 6))
        for row in rows.to_dict("records")
    }


def test_months_between_counts_calendar_months_and_days_of_the_last() -> None:
    assert months_between(date(2023, 10, 1), date(2025, 4, 1)) == 18
    assert months_between(date(2024, 1, 31), date(2024, 2, 29)) == 1
    assert months_between(date(2024, 2, 1), date(2024, 3, 16)) == pytest.approx(1 + 15 / 31)
    assert months_between(date(2024, 2, 1), date(2024, 2, 1)) == 0


def test_a_term_end_is_free_only_while_notice_can_reach_it(toy_case: Case) -> None:
    assert windows(toy_case) == {"FY2024": ("2024-04-01", "term_end", 0)}
    assert windows(lease(toy_case, notice_months=25)) == {}  # 1 March 2022 is past: renewed to 2026
    assert windows(lease(toy_case, notice_months=24)) == {"FY2024": ("2024-04-01", "term_end", 0)}


def test_where_a_renewal_needs_the_tenants_word_silence_ends_it(toy_case: Case) -> None:
    asked = lease(toy_case, notice_months=25, renewal="by_consent")
    assert windows(asked) == {"FY2024": ("2024-04-01", "term_end", 0)}


def test_a_lease_without_renewal_ends_whether_or_not_notice_was_given(toy_case: Case) -> None:
    last = lease(toy_case, notice_months=25, renewal="none", renewal_months=0)
    assert windows(last) == {"FY2024": ("2024-04-01", "final", 0)}
    assert list(terms(last).ended["term"]) == ["FY2024"]


def test_a_break_costs_its_fee_but_never_more_than_the_months_left(toy_case: Case) -> None:
    """By quarters: notice of six months reaches 1 October 2022; 18, 15, ... 3 months are left then."""
    by_quarter = windows(lease(toy_case, break_fee_months=10.0), "quarter")
    fees = {period: months for period, (_, kind, months) in by_quarter.items() if kind == "break"}
    assert fees == {
        "FY2022Q3": 10, "FY2022Q4": 10, "FY2023Q1": 10, "FY2023Q2": 9, "FY2023Q3": 6, "FY2023Q4": 3,
        "FY2024Q2": 10, "FY2024Q3": 10, "FY2024Q4": 10,
    }  # fmt: skip
    assert by_quarter["FY2024Q1"] == ("2024-04-01", "term_end", 0)


def test_after_a_missed_notice_the_months_left_run_to_the_next_term_end(toy_case: Case) -> None:
    """Notice of 13 months for 1 April 2023 is missed: bound to 1 April 2025, 23 months after 1 May 2023."""
    missed = lease(toy_case, term_end=date(2023, 3, 31), notice_months=13, break_fee_months=30.0)
    by_month = windows(missed, "month")
    assert by_month["2023-05"] == ("2023-05-01", "break", 23)
    assert "2023-04" not in by_month


def test_the_fee_is_paid_at_the_rent_in_force(toy_case: Case, tmp_path: Path) -> None:
    """The term runs to 2027 and rent is 150,000; with hall B from FY2024 City leaves for three months' rent.

    20 racks that nobody needs go a year before the other 40: 60 x 3 x 0.15 = 27 M JPY in fees, 12 M JPY of
    restoration. The lease spans show both cohorts, whose term would have run to 1 April 2027.
    """
    case = lease(pinned(toy_case, "B", 1), term_end=date(2027, 3, 31), break_fee_months=3.0)
    case = with_value(case, "leases", "rent_jpy_per_rack_month", 150_000.0)
    plan, report = audited(case, tmp_path)
    assert report.passed, str(report)
    costs = plan.costs()
    assert costs["break_fee"] == pytest.approx(60 * 3 * 0.15)
    assert costs["restoration"] == pytest.approx(12)
    spans = pd.read_csv(tmp_path / "plan" / "tables" / "lease_spans.csv")
    assert spans[["start", "end", "term_end", "racks"]].to_numpy().tolist() == [
        ["2022-04-01", "2023-04-01", "2027-04-01", 20],
        ["2022-04-01", "2024-04-01", "2027-04-01", 40],
    ]
    releases = pd.read_csv(tmp_path / "plan" / "tables" / "releases.csv")
    assert releases[["day", "kind", "racks", "notice_by"]].to_numpy().tolist() == [
        ["2023-04-01", "break", 20, "2022-10-01"],
        ["2024-04-01", "break", 40, "2023-10-01"],
    ]


def test_without_a_break_clause_the_lease_binds_to_its_end(toy_case: Case) -> None:
    case = lease(pinned(toy_case, "B", 1), term_end=date(2027, 3, 31))
    assert best(case).left() == {}
    assert best(case).costs()["break_fee"] == 0


def test_racks_go_in_steps(toy_case: Case, tmp_path: Path) -> None:
    """*Stay* gives ten racks back in FY2024; in steps of 15 it gives none, in steps of 5 ten."""
    stay = pinned(toy_case, "B", 0)
    for step, racks in ((1, 10), (5, 10), (15, 0)):
        plan, report = audited(lease(stay, step_racks=step), tmp_path / str(step))
        assert report.passed, str(report)
        table = plan.table("released_steps")
        assert float(table["released_steps"].sum()) * step == pytest.approx(racks), step


def test_the_committed_minimum_stays_while_the_site_is_kept(toy_case: Case) -> None:
    """55 racks at least: *stay* gives back 5 instead of 10; *leave* is as before, for it keeps no site."""
    stay = best(lease(pinned(toy_case, "B", 0), least_racks=55))
    assert stay.table("released_steps")["released_steps"].sum() == pytest.approx(5)
    free, bound = (best(lease(pinned(toy_case, "B", 1), least_racks=n)) for n in (0, 55))
    assert free.cost == pytest.approx(bound.cost, abs=1e-6)


def test_a_tranche_has_its_own_rent_and_term(toy_case: Case) -> None:
    """Tranches of 12 months from a quarter that notice reaches: 1 October 2022 to 30 September 2023."""
    case = lease(toy_case, option_racks=20, option_months=12, option_until=date(2023, 1, 1))
    case = lease(case, option_rent_jpy_per_rack_month=130_000.0)
    rows = terms(case, "quarter").tranches
    assert rows[["start_period", "start", "end"]].to_numpy().tolist() == [
        ["FY2022Q3", date(2022, 10, 1), date(2023, 10, 1)],
        ["FY2022Q4", date(2023, 1, 1), date(2024, 1, 1)],
    ]
    rent = Context(Tables(case, make_calendar(case.info, "quarter"))).rents.tranche_rent
    assert rent["City-lease", "FY2022Q3", "FY2023Q2"] == pytest.approx(3 * 0.13)
    assert ("City-lease", "FY2022Q3", "FY2023Q3") not in rent.index


def test_a_tranche_that_ends_inside_a_period_is_paid_by_days_and_is_no_place_there(toy_case: Case) -> None:
    """18 months from 1 April 2023 by years: whole FY2023, 183 of 365 days of FY2024."""
    case = lease(toy_case, option_racks=20, option_months=18)
    rows = terms(case).tranche_periods.query("start_period == 'FY2023'")
    assert rows[["period", "share", "whole"]].to_numpy().tolist() == [
        ["FY2023", 1.0, True],
        ["FY2024", pytest.approx(183 / 365), False],
    ]


def test_an_option_is_taken_when_it_is_the_cheapest_place(toy_case: Case, tmp_path: Path) -> None:
    """City leases 40 racks with an option on 40 more, and there is no hall B: 50 cloud racks in FY2024.

    Ten are called for that year at 130,000 JPY. Rent: 40 x 1.2 twice, 40 x 1.26 after the uplift, and
    10 x 1.56 = 162 M JPY.
    """
    case = with_value(pinned(toy_case, "B", 0), "halls", "rack_places", 80, hall="City-hall")
    case = with_value(case, "halls", "it_kw", 640.0, hall="City-hall")
    case = lease(case, racks=40, option_racks=40, option_months=12, step_racks=5)
    case = lease(case, option_rent_jpy_per_rack_month=130_000.0)
    plan, report = audited(case, tmp_path)
    assert report.passed, str(report)
    added = plan.table("added_steps").set_index("start_period")["added_steps"]
    assert dict(added) == {"FY2023": 0, "FY2024": pytest.approx(2)}
    assert plan.costs()["rent"] == pytest.approx(162)
