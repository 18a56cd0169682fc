"""The marginal price of a target, by hand and against a solve of the tighter case."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.errors import InputError
from dcplan.lp.extend import extended, picked
from dcplan.lp.labels import LabelError, ProgramError
from dcplan.plans.plan import open_plan
from dcplan.studies.resolve import Limits, resolve
from dcplan.studies.resolve_case import opened_case
from dcplan.studies.resolve_changes import Also, Question, compiled
from dcplan.studies.target_prices import target_prices, tightened
from tests.model import toys
from tests.studies.test_resolve import depots

HERE = Limits(workers=0)


@pytest.fixture(scope="module")
def prices(toy_plan_folder: Path) -> pd.DataFrame:
    return target_prices(open_plan(toy_plan_folder), each_year=True, limits=HERE)


def test_a_percentage_point_costs_its_certificates(prices: pd.DataFrame) -> None:
    """1 % of the campus's 5,599 MWh in FY2022 and of 8,952.7 MWh in FY2024, at 1 JPY/kWh, discounted."""
    rows = prices[prices["target"] == "owned_renewable"].set_index("fiscal_years")
    for year, mwh, factor in (("FY2022", 5_598.8, 0.9759), ("FY2024", 8_952.7, 0.8851)):
        price = 0.01 * mwh * 1e-3 * factor
        assert rows.loc[year, "low_mjpy"] <= price * 1.0005
        assert rows.loc[year, "high_mjpy"] >= price * 0.9995
        assert rows.loc[year, "high_mjpy"] - rows.loc[year, "low_mjpy"] < 1e-3 * price
        assert rows.loc[year, "verdict"] == "resolved"
        assert rows.loc[year, "per"] == "M JPY per percentage point"
        assert rows.loc[year, "low_per_unit"] == pytest.approx(rows.loc[year, "low_mjpy"])


def test_a_target_that_is_met_with_room_costs_nothing(prices: pd.DataFrame) -> None:
    """Leaving City emits 3,541 t; one per cent less than 3,650 t is 3,613.5 t."""
    (row,) = prices[prices["target"] == "fleet_carbon"].to_dict("records")
    assert row["tighter"] == pytest.approx(3_613.5)
    assert row["verdict"] == "slack"
    assert row["low_mjpy"] == 0.0
    assert 0.0 <= row["high_mjpy"] < 1e-3


def test_a_step_beyond_the_slack_has_the_price_of_the_tighter_case(
    toy_case: Case, toy_plan_folder: Path
) -> None:
    """Five steps: 3,467.5 t, which even the plan that leaves misses, at 10,000 JPY a tonne."""
    frame = target_prices(open_plan(toy_plan_folder), steps=5.0, limits=HERE)
    (row,) = frame[frame["target"] == "fleet_carbon"].to_dict("records")
    tighter = toys.with_value(toy_case, "targets", "value", 3_467.5, target="fleet_carbon")
    price = toys.best(tighter).cost - toys.best(toy_case).cost
    assert row["kind"] == "priced"
    assert price > 0.1
    assert row["low_mjpy"] - 1e-5 <= price <= row["high_mjpy"] + 1e-5
    assert row["high_mjpy"] <= 182.5 * 10_000 / 1e6  # never more than the price of the miss
    assert row["low_per_unit"] == pytest.approx(row["low_mjpy"] * 1e6 / 182.5)


def test_all_years_at_once_cost_at_least_the_dearest_one(toy_plan_folder: Path, prices: pd.DataFrame) -> None:
    frame = target_prices(open_plan(toy_plan_folder), limits=HERE)
    row = frame[frame["target"] == "owned_renewable"].iloc[0]
    each = prices[prices["target"] == "owned_renewable"]
    assert row["fiscal_years"] == "FY2022-FY2024"
    assert row["high_mjpy"] >= each["low_mjpy"].max()
    assert row["low_mjpy"] <= each["high_mjpy"].sum() * 1.001  # certificates of each year are bought alone


def test_a_step_to_more_than_everything_is_refused(toy_plan_folder: Path) -> None:
    with pytest.raises(InputError, match="above 1"):
        target_prices(open_plan(toy_plan_folder), steps=60.0, limits=HERE)
    with pytest.raises(ValueError, match="above 0"):
        target_prices(open_plan(toy_plan_folder), steps=0.0)


def test_steps_tighten() -> None:
    assert tightened("renewable_share", 0.5, 3.0) == pytest.approx(0.53)
    assert tightened("location_tco2e", 50_000.0) == pytest.approx(49_500.0)
    assert tightened("pue", 1.4) == pytest.approx(1.395)


# -- rows that are added -------------------------------------------------------------------------------------


def test_added_rows_hold_as_well() -> None:
    """Nine racks from A (5, holds 4) and B (7, holds 5): 12. Another row closes A: nothing is left."""
    matrix = depots()
    row = np.array([matrix.blocks.rows["pin_no_C"].start])
    twice, lower, upper = picked(matrix, row)
    more = extended(matrix, "again", twice, lower, upper)
    assert more.rows == matrix.rows + 1
    assert more.row_name(matrix.rows) == "again"
    values = np.array([1.0, 1.0, 1.0])
    assert more.activity(values)[-1] == matrix.activity(values)[row[0]] == 1.0
    assert (np.diff(more.indptr) - np.diff(matrix.indptr)).tolist() == [0, 0, 1]
    with pytest.raises(ProgramError, match="exist already"):
        extended(more, "again", twice, lower, upper)


def test_a_restriction_that_the_base_keeps_is_not_solved() -> None:
    matrix = depots()
    again = Also(matrix, np.array([matrix.blocks.rows["pin_no_C"].start]))
    question = Question("still no C", (again,))
    assert question.restriction
    assert not question.relaxation
    (answer,) = resolve(matrix, [question], limits=HERE).answers
    assert answer.kept
    assert answer.seconds == 0.0
    assert answer.interval is not None
    assert (answer.interval.low, answer.verdict.value) == (0.0, "not distinguishable")


def test_rows_of_another_program_are_refused(toy_case: Case) -> None:
    other = opened_case(toy_case.folder).matrix
    with pytest.raises(LabelError, match="other columns"):
        compiled(depots(), Question("strange", (Also(other, np.array([0])),)))
    with pytest.raises(LabelError, match="no rows"):
        compiled(other, Question("nothing", (Also(other, np.array([], dtype=np.int64)),)))
