"""Batteries of a case against the hours of its plan."""

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest

from dcplan.plans.plan import open_plan
from dcplan.studies.plan_case import reopened
from dcplan.studies.replay import Replay
from dcplan.studies.replay_battery import battery_years, standing
from dcplan.studies.replay_files import hours_table


@pytest.fixture
def found(iij_replay: Replay) -> Replay:
    return iij_replay


def test_the_powerpack_agrees_with_what_was_said_of_it(found):
    """It was bought for 50 M JPY in 15 years, 3.3 M a year; no input was fitted to that."""
    rows = found.batteries
    assert rows["site"].unique().tolist() == ["Shiroi"]
    assert rows["fiscal_year"].tolist() == list(range(2022, 2028))
    assert (rows["cut_kw"].iloc[:5] <= 174.0 + 1e-9).all()  # what the plan buys comes for FY2027, if at all
    assert rows["plan_cut_kw"].iloc[:5].between(0.0, 174.0 + 1e-9).all()
    assert rows["plan_cut_kw"].iloc[1:5].min() > 40.0
    assert 2.0 < rows["worth_mjpy"].mean() < 5.0


def test_fade_and_worth_by_hand(found):
    # From November 2019 to October 2022: 1,065 days at 2 % a year. Shiroi pays 1,455 JPY less 15 % in FY2022.
    first = found.batteries.iloc[0]
    assert first["usable_kwh"] == pytest.approx(696 * (1 - 0.02 * 1_065 / 365.25))
    assert first["worth_mjpy"] == pytest.approx(first["cut_kw"] * 1_455 * 0.85 * 12 / 1e6)
    assert first["loss_mwh"] == pytest.approx(first["discharged_mwh"] * (1 / 0.88 - 1))


def test_the_hours_hold_the_level(found):
    table = hours_table(found, ["Shiroi"])
    year = table[table["start"] < "2023-04-01"]
    first = found.batteries.iloc[0]
    left = (year["full_kw"] - year["battery_kw"]).max()
    assert left == pytest.approx(first["peak_kw"] - first["cut_kw"], abs=1e-3)
    given = year["battery_kw"].clip(lower=0.0)
    assert given.sum() / 1e3 == pytest.approx(first["discharged_mwh"], abs=1e-3)
    assert (hours_table(found, ["Matsue"])["battery_kw"] == 0.0).all()


@pytest.fixture(scope="module")
def toy(toy_plan_folder):
    case, calendar = reopened(open_plan(toy_plan_folder))
    rows = [
        ("Campus", date(2022, 10, 1), 20.0, 80.0, 0.9, 0.0),
        ("Campus", date(2024, 4, 1), 40.0, 160.0, 0.9, 0.0),
    ]
    names = ["site", "from_date", "power_kw", "energy_kwh", "round_trip", "fade_per_year"]
    table = pd.DataFrame(rows, columns=names)
    return replace(case, tables={**case.tables, "batteries": table}), calendar


def test_a_battery_counts_from_its_first_whole_year_and_a_later_one_replaces_it(
    toy, toy_replay, toy_plan_folder
):
    case, calendar = toy
    assert standing(case, "Campus", 2022) is None
    assert standing(case, "Campus", 2023).power_kw == 20.0
    assert standing(case, "Campus", 2024).power_kw == 40.0
    tables = open_plan(toy_plan_folder).tables
    rows, power = battery_years(case, calendar, toy_replay.hours, tables)
    assert rows["fiscal_year"].tolist() == [2023, 2024]
    assert not power["Campus"][: 365 * 24].any()


def test_a_case_without_batteries_has_no_rows(toy_replay):
    assert toy_replay.batteries.empty
