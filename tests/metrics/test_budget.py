"""The budget review: history with its marks, shares over equal months, and a bridge without residual."""

from __future__ import annotations

import io
import math
from datetime import date

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.data.case import Case
from dcplan.metrics.money import budget

Tables = dict[str, pd.DataFrame]
YEARS = (2022, 2023, 2024)


def plan(*payments: tuple[str, int, float], sunk: tuple[tuple[str, int, float], ...] = ()) -> Tables:
    """Return the tables of a plan of three years and a tail year with these payments."""
    rows = [(*row, False) for row in payments] + [(*row, True) for row in sunk]
    periods = [(f"FY{y}", date(y, 4, 1), date(y + 1, 4, 1), y, y > YEARS[-1]) for y in (*YEARS, 2025)]
    return {
        "periods": pd.DataFrame(periods, columns=["period", "start", "end", "fiscal_year", "tail"]),
        "payments": pd.DataFrame(rows, columns=["project", "fiscal_year", "mjpy", "sunk"]).astype(
            {"fiscal_year": "int64", "mjpy": float, "sunk": bool}
        ),
    }


def budgets(*amounts: float) -> pd.DataFrame:
    return pd.DataFrame({"fiscal_year": YEARS[: len(amounts)], "capex_mjpy": amounts})


ANNOUNCED = plan(
    ("a", 2022, 200.0), ("a", 2023, 800.0), ("b", 2023, 300.0), ("b", 2024, 200.0), ("c", 2024, 400.0)
)
CHOSEN = plan(
    ("a", 2023, 220.0),
    ("a", 2024, 880.0),
    ("b", 2024, 324.0),
    ("b", 2025, 216.0),
    ("d", 2022, 50.0),
    sunk=(("d", 2021, 10.0),),
)


@pytest.fixture(scope="module")
def bridge() -> pd.DataFrame:
    return budget.budget_bridge(CHOSEN, ANNOUNCED, budgets(300.0, 1200.0, 700.0))


def step(bridge: pd.DataFrame, name: str, project: str = "") -> dict[int, float]:
    rows = bridge[(bridge["step"] == name) & (bridge["project"] == project)]
    return dict(zip(rows["fiscal_year"], rows["mjpy"], strict=True))


def test_a_project_a_year_later_and_a_tenth_dearer(bridge: pd.DataFrame) -> None:
    """a: 1,000 announced, 1,100 now; its 220 and 880 are 200 and 800 of announced cost."""
    assert step(bridge, "price", "a") == pytest.approx({2023: 20.0, 2024: 80.0})
    assert step(bridge, "timing", "a") == pytest.approx({2022: -200.0, 2023: 200.0 - 800.0, 2024: 800.0})
    assert step(bridge, "volume", "a") == {}


def test_work_that_the_horizon_no_longer_pays_is_volume(bridge: pd.DataFrame) -> None:
    """b: 540, not 500; 324 of it within the years = 300 of announced cost: 200 of 500 less, as announced."""
    assert step(bridge, "price", "b") == pytest.approx({2024: 24.0})
    assert step(bridge, "volume", "b") == pytest.approx({2023: -120.0, 2024: -80.0})
    assert step(bridge, "timing", "b") == pytest.approx({2023: -180.0, 2024: 180.0})


def test_a_project_of_one_plan_only_is_scope(bridge: pd.DataFrame) -> None:
    assert step(bridge, "scope", "c") == {2024: -400.0}
    assert step(bridge, "scope", "d") == {2022: 50.0}  # its sunk 10 is in no budget
    assert set(bridge.loc[bridge["project"].isin(["c", "d"]), "step"]) == {"scope"}


def test_the_bridge_adds_up_by_year_and_over_the_horizon(bridge: pd.DataFrame) -> None:
    table = budget.bridge_by_year(bridge)
    assert list(table.index) == list(budget.STEPS)
    assert table.loc["budget"].tolist() == [300.0, 1200.0, 700.0, 2200.0]
    assert table.loc["unallocated"].tolist() == [-100.0, -100.0, -100.0, -300.0]
    assert table.loc["timing"].tolist() == [-200.0, -780.0, 980.0, 0.0]
    assert table.loc["forecast"].tolist() == [50.0, 220.0, 1204.0, 1474.0]
    assert (table.loc["residual"] == 0.0).all()
    steps = table.loc[["budget", "price", "volume", "scope", "timing", "lease_standard", "unallocated"]]
    assert steps.sum().tolist() == pytest.approx(table.loc["forecast"].tolist())


def test_what_is_not_separated_is_missing_and_says_why(bridge: pd.DataFrame) -> None:
    rates = bridge[bridge["step"] == "fx"]
    assert rates["mjpy"].isna().all()
    assert rates["reason"].str.startswith("not_separated").all()
    assert bridge.loc[bridge["step"] == "lease_standard", "reason"].str.startswith("same_basis").all()
    assert budget.bridge_by_year(bridge).loc["fx"].isna().all()


def test_the_announced_plan_itself_has_only_what_it_leaves_free() -> None:
    table = budget.bridge_by_year(budget.budget_bridge(ANNOUNCED, ANNOUNCED, budgets(300.0, 1200.0, 700.0)))
    assert (table.loc[["price", "volume", "scope", "timing", "residual"]] == 0.0).all(axis=None)


def test_a_year_without_a_budget_is_not_bridged() -> None:
    bridge = budget.budget_bridge(CHOSEN, ANNOUNCED, budgets(300.0, 1200.0))
    assert set(bridge["fiscal_year"]) == {2022, 2023}
    assert budget.budget_bridge(CHOSEN, ANNOUNCED, budgets()).empty


payments = st.lists(
    st.tuples(
        st.sampled_from("abcd"),
        st.sampled_from([*YEARS, 2025]),
        st.floats(0.01, 1e5).map(lambda v: v / 3.0),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(payments, payments)
def test_any_two_plans_are_bridged_to_the_last_thousandth_of_a_yen(
    first: list[tuple[str, int, float]], second: list[tuple[str, int, float]]
) -> None:
    bridge = budget.budget_bridge(plan(*first), plan(*second), budgets(100.0, 0.0, 7e4))
    grains = bridge.assign(n=np.round(bridge["mjpy"].fillna(0.0) / budget.GRAIN).astype("int64"))
    sums = grains.groupby(["fiscal_year", "step"])["n"].sum().unstack(fill_value=0)
    rest = [name for name in sums if name not in ("forecast", "residual")]
    assert (sums["residual"] == 0).all()
    assert (sums[rest].sum(axis=1) == sums["forecast"]).all()
    timing = grains[grains["step"] == "timing"].groupby("project")["n"].sum()
    assert (timing == 0).all()
    cash = math.fsum(amount for _, year, amount in first if year in YEARS)
    assert sums["forecast"].sum() * budget.GRAIN == pytest.approx(cash, abs=1e-6)


def test_a_plan_without_projects_as_its_file_is_read() -> None:
    """An empty table has no types."""
    header = "project,day,period,fiscal_year,mjpy,sunk\n"
    empty = {**CHOSEN, "payments": pd.read_csv(io.StringIO(header))}
    table = budget.bridge_by_year(budget.budget_bridge(empty, ANNOUNCED, budgets(300.0, 1200.0, 700.0)))
    assert table.loc["scope"].tolist() == [-200.0, -1100.0, -600.0, -1900.0]
    assert (table.loc[["price", "volume", "timing", "forecast", "residual"]] == 0.0).all(axis=None)
    assert (budget.bridge_by_year(budget.budget_bridge(empty, empty, budgets(1.0))).loc["scope"] == 0).all()
    assert budget.plan_capex(empty).empty
    assert (budget.against_budget(empty, empty, budgets(1.0))["plan_mjpy"] == 0.0).all()


def test_plan_beside_its_budget() -> None:
    table = budget.against_budget(CHOSEN, ANNOUNCED, budgets(300.0, 0.0)).set_index("fiscal_year")
    assert table["plan_mjpy"].tolist() == [50.0, 220.0, 1204.0]
    assert table["announced_mjpy"].tolist() == [200.0, 1100.0, 600.0]
    assert table.loc[2022, "headroom_mjpy"] == 250.0
    assert table.loc[2022, "used_share"] == pytest.approx(1 / 6)
    assert table.loc[2023, "headroom_mjpy"] == -220.0
    assert math.isnan(table.loc[2023, "used_share"])  # of nothing, there is no share
    assert math.isnan(table.loc[2024, "budget_mjpy"])
    projects = budget.plan_capex(CHOSEN)
    assert projects["project"].unique().tolist() == ["a", "b", "d"]
    assert len(projects) == 9
    assert projects["mjpy"].sum() == 50.0 + 220.0 + 1204.0


def test_history_of_the_default_case_is_marked(iij_case: Case) -> None:
    """FY2016 is US-GAAP; FY2021 is a target of 17,500 beside nine actual months of 11,540."""
    table = budget.capex_history(iij_case["history"])
    group = table[(table["scope"] == "group") & (table["measure"] == "capex")].set_index(
        ["fiscal_year", "months"]
    )
    assert group.loc[(2016, 12), "standard"] == "US-GAAP"
    assert not group.loc[(2016, 12), "comparable"]
    assert group.loc[(2021, 12), ["mjpy", "status", "comparable"]].tolist() == [17500.0, "target", False]
    assert group.loc[(2021, 9), ["mjpy", "status", "comparable"]].tolist() == [11540.0, "partial", False]
    assert group["comparable"].sum() == 4
    assert set(table["measure"]) == {"capex", "depreciation"}


def test_a_share_is_formed_over_equal_months_only(iij_case: Case) -> None:
    table = budget.group_share(iij_case["history"], CHOSEN).set_index(["fiscal_year", "months"])
    assert table.loc[(2017, 12), "share"] == pytest.approx(1200 / 20700)
    assert table.loc[(2021, 9), "share"] == pytest.approx(600 / 11540)
    assert table.loc[(2021, 12), ["status", "reason"]].tolist() == ["target", budget.NO_DATA_CENTER_FIGURE]
    assert math.isnan(table.loc[(2021, 12), "share"])
    assert table.loc[(2022, 12), ["status", "reason"]].tolist() == ["plan", budget.NO_GROUP_FIGURE]
    assert table.loc[(2022, 12), "data_center_mjpy"] == 50.0


def test_a_plan_year_stands_beside_the_last_comparable_year_of_the_group(iij_case: Case) -> None:
    """FY2021 is a target and nine months: the last comparable actual is FY2020's 15,200."""
    table = budget.group_share(iij_case["history"], CHOSEN).set_index(["fiscal_year", "months"])
    assert table.loc[(2022, 12), ["covers", "reference_fiscal_year"]].tolist() == ["all projects", 2020]
    assert table.loc[(2022, 12), "reference_share"] == pytest.approx(50 / 15200)
    assert table.loc[(2020, 12), ["covers", "reference_share"]].tolist() == ["shiroi", 1500 / 15200]
    assert table.loc[(2021, 9), ["reference_fiscal_year", "reference_share"]].isna().all()
    assert table.loc[(2016, 12), "covers"] == ""
    none = budget.group_share(iij_case["history"].query("status != 'actual'"), CHOSEN)
    assert none["reference_share"].isna().all()


def test_a_group_target_of_a_plan_year_gives_its_share(iij_case: Case) -> None:
    target = pd.DataFrame([(2023, "group_capex", 2200.0, "IFRS", "target")])
    target.columns = iij_case["history"].columns[:5]
    table = budget.group_share(pd.concat([iij_case["history"], target], ignore_index=True), CHOSEN)
    row = table.set_index("fiscal_year").loc[2023]
    assert (row["share"], row["status"], row["reason"]) == (pytest.approx(0.1), "plan", "")
