"""The monthly update: what is planned becomes what is there, and nothing else changes."""

import json
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli
from dcplan.data.actuals import read_actuals
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.errors import InputError
from dcplan.plans.make import solve_case
from dcplan.plans.plan import Plan, open_plan
from dcplan.studies import update as study
from dcplan.studies.update import Update, plan_against_actual
from dcplan.studies.update_case import rolled
from tests.model.toys import with_value
from tests.shared import recorded

NEXT = date(2023, 4, 1)


def occupancy_of(plan: Plan, day: date) -> pd.DataFrame:
    """Return the racks that a plan has on a day, as actuals."""
    periods = plan.tables["periods"]
    last = periods.loc[[end <= day for end in periods["end"]], "period"].iloc[-1]
    rows = plan.tables["racks"]
    rows = rows[(rows["period"] == last) & (rows["racks"] > 0)]
    return rows[["class", "hall", "racks"]].astype({"racks": int})


def given(folder: Path, **tables: pd.DataFrame) -> list[Path]:
    files = []
    for name, table in tables.items():
        files.append(folder / f"{name}.csv")
        table.to_csv(files[-1], index=False)
    return files


@pytest.fixture(scope="module")
def asked(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Update]:
    """Return what the command prints a year on, as planned, and the update that it printed."""
    folder = tmp_path_factory.mktemp("update")
    (file,) = given(folder, actual_occupancy=occupancy_of(open_plan(toy_plan_folder), NEXT))
    words = ["update", str(toy_plan_folder), "--actuals", str(file), "-o", str(folder / "out"), "--quiet"]
    with recorded(study, "update") as updates:
        done = CliRunner().invoke(cli, [*words, "--as-of", "2023-04", "--json"])
    assert done.exit_code == 0, done.output
    return done, *updates


@pytest.fixture(scope="module")
def moved(asked: tuple[Result, Update]) -> Update:
    return asked[1]


def test_a_year_as_planned_changes_no_decision(moved: Update) -> None:
    assert moved.changes.empty
    assert moved.racks["difference_racks"].eq(0).all()
    assert moved.plan.manifest["as_of"] == "2023-04-01"
    assert moved.plan.manifest["audit"]["passed"]


def test_what_is_still_to_come_costs_what_it_did(moved: Update, toy_plan_folder: Path) -> None:
    """Every cash term from the new opening day on is the old plan's, in nominal M JPY."""
    old = open_plan(toy_plan_folder).tables["costs"]
    new = moved.plan.tables["costs"]
    known = set(new["period"])
    sums = [
        rows[rows["cash"] & rows["period"].isin(known)].groupby("term")["mjpy"].sum() for rows in (old, new)
    ]
    both = pd.concat(sums, axis=1, keys=["old", "new"]).fillna(0.0)
    assert len(both) > 8
    assert both["new"].to_numpy() == pytest.approx(both["old"].to_numpy(), abs=1e-6)


def test_a_metered_peak_stands_beside_the_plans_and_opens_the_new_case(
    toy_case: Case, toy_plan_folder: Path, tmp_path: Path
):
    """Campus draws 50 kW more than the plan's highest of the year; the new case opens with it."""
    plan = open_plan(toy_plan_folder)
    energy = plan.tables["site_energy"].merge(plan.tables["periods"], on="period")
    top = energy[(energy["site"] == "Campus") & (energy["fiscal_year"] == 2022)]["peak_kw"].max()
    peaks = pd.DataFrame({"site": ["Campus"], "peak_kw": [top + 50.0]})
    files = given(tmp_path, actual_occupancy=occupancy_of(plan, NEXT), actual_peaks=peaks)
    actuals = read_actuals(files, toy_case, NEXT)
    parts = plan_against_actual(plan, actuals, NEXT)
    assert parts["peaks"].to_numpy().tolist() == [["Campus", top, top + 50.0, pytest.approx(50.0)]]
    year = parts["years"].set_index("measure").loc["sum of site peaks"]
    assert (year["unit"], year["difference"]) == ("kW", pytest.approx(50.0))
    sites = rolled(toy_case, plan.tables, actuals, NEXT).tables["sites"].set_index("site")
    assert sites.loc["Campus", "opening_peak_kw"] == pytest.approx(top + 50.0)


def test_an_ordered_project_is_committed_with_what_was_paid(toy_case: Case, toy_plan_folder: Path, tmp_path):
    """Hall B costs 400 M JPY: half with the order in April 2023, half at service in April 2024."""
    plan = open_plan(toy_plan_folder)
    day = date(2024, 1, 1)
    spend = pd.DataFrame({"project": ["hall-b"], "fiscal_year": [2023], "mjpy": [230.0]})
    files = given(tmp_path, actual_occupancy=occupancy_of(plan, NEXT), actual_spend=spend)
    after = rolled(toy_case, plan.tables, read_actuals(files, toy_case, day), day)
    project = after.tables["projects"].iloc[0]
    assert project["committed"]
    assert (project["cost_mjpy"], project["spent_mjpy"]) == (430.0, 230.0)
    own = after.tables["milestones"].query("profile == @project.profile")
    shares = dict(zip(own["months_before"], own["share"], strict=True))
    assert shares == pytest.approx({12: 230 / 430, 0: 200 / 430})


def test_a_project_in_service_is_a_hall_and_an_asset(toy_case: Case, toy_plan_folder: Path, tmp_path: Path):
    plan = open_plan(toy_plan_folder)
    day = date(2024, 4, 1)
    files = given(tmp_path, actual_occupancy=occupancy_of(plan, day))
    after = rolled(toy_case, plan.tables, read_actuals(files, toy_case, day), day).tables
    assert after["halls"].set_index("hall")["status"]["B"] == "in_service"
    assert after["projects"].empty
    assert after["opening_assets"]["cost_mjpy"].sum() - toy_case["opening_assets"]["cost_mjpy"].sum() == 200.0


def test_demand_keeps_its_growth_from_what_is_there(toy_case: Case, toy_plan_folder: Path, tmp_path: Path):
    plan = open_plan(toy_plan_folder)
    there = occupancy_of(plan, NEXT)
    there.loc[there.query("`class` == 'cloud' and hall == 'A'").index, "racks"] -= 4
    files = given(tmp_path, actual_occupancy=there)
    after = rolled(toy_case, plan.tables, read_actuals(files, toy_case, NEXT), NEXT)
    cloud = after.tables["demand"].query("`class` == 'cloud'").set_index("date")["racks"]
    day_after = pytest.approx(66 + 10 / 366)
    assert cloud[[NEXT, date(2024, 4, 1), date(2025, 4, 1)]].tolist() == [66, 76, 86]
    assert cloud[date(2023, 4, 2)] == day_after, "the curve goes on as it was"
    assert any("-4 racks" in remark for remark in after.remarks)


def test_a_lease_moves_to_the_term_and_the_rent_in_force(toy_case: Case, toy_plan_folder: Path, tmp_path):
    """City is kept: its term to March 2024 is renewed by 24 months at 5 % more."""
    plan = open_plan(toy_plan_folder)
    leases = plan.tables["leases"].assign(leased_racks=60.0)
    files = given(tmp_path, actual_occupancy=occupancy_of(plan, NEXT))
    day = date(2024, 10, 1)
    tables = {**plan.tables, "leases": leases}
    lease = rolled(toy_case, tables, read_actuals(files, toy_case, day), day).tables["leases"].iloc[0]
    assert lease["term_end"] == date(2026, 3, 31)
    assert lease["rent_jpy_per_rack_month"] == pytest.approx(105_000)


def test_what_is_left_is_no_longer_in_the_case(moved: Update, tmp_path: Path) -> None:
    """City is left on 1 April 2024: a further year on there is one site, and the case is sound."""
    day = date(2024, 4, 1)
    files = given(tmp_path, actual_occupancy=occupancy_of(moved.plan, day))
    gone = moved.plan.tables["leases"].assign(leased_racks=0.0)
    tables = {**moved.plan.tables, "leases": gone}
    case = load(moved.case)
    after = rolled(case, tables, read_actuals(files, case, day), day)
    assert list(after.tables["sites"]["site"]) == ["Campus"]
    assert "City-hall" not in set(after.tables["halls"]["hall"])
    assert any("City-hall is left" in remark for remark in after.remarks)


def test_notice_that_was_given_is_kept_on_the_day(toy_case: Case, toy_plan_folder: Path, tmp_path: Path):
    """City's 60 racks go back on 1 April 2024 itself: a plan from that day on has no City."""
    plan, day = open_plan(toy_plan_folder), date(2024, 4, 1)
    assert plan.tables["leases"].query("period == 'FY2023'")["leased_racks"].tolist() == [60]
    racks = occupancy_of(plan, day)
    empty = racks[racks["hall"] != "City-hall"]
    read = read_actuals(given(tmp_path, actual_occupancy=empty), toy_case, day)
    after = rolled(toy_case, plan.tables, read, day)
    assert list(after.tables["sites"]["site"]) == ["Campus"]
    assert any("60 of 60 racks of City-lease" in remark for remark in after.remarks)
    stay = pd.concat([empty, pd.DataFrame({"class": ["cloud"], "hall": ["City-hall"], "racks": [7]})])
    read = read_actuals(given(tmp_path, actual_occupancy=stay), toy_case, day)
    after = rolled(toy_case, plan.tables, read, day)
    assert after.tables["leases"]["racks"].tolist() == [7], "what is occupied cannot go back"
    assert any("53 of 60 racks of City-lease" in remark for remark in after.remarks)


def test_churn_leaves_on_the_first_of_april_alone(toy_case: Case, toy_plan_folder: Path, tmp_path: Path):
    """A tenth of 45 and of 25 racks, rounded down: 4 and 2 leave at the turn, and are sold again."""
    plan = open_plan(toy_plan_folder)
    case = with_value(toy_case, "class_years", "churn_rate", 0.1, fiscal_year=2022)
    racks = pd.DataFrame({"class": "cloud", "hall": ["A", "City-hall"], "racks": [45, 25]})
    files = given(tmp_path, actual_occupancy=racks)
    turn = rolled(case, plan.tables, read_actuals(files, case, NEXT), NEXT)
    held = turn.tables["occupancy"].set_index("hall")["racks"]
    assert held.to_dict() == {"A": 41, "City-hall": 23}
    assert "6 racks of cloud leave at the turn of the year" in turn.remarks
    demand = turn.tables["demand"].query("`class` == 'cloud'").set_index("date")["racks"]
    assert demand[NEXT] == 70, "who leaves is replaced"
    assert demand[date(2024, 4, 1)] == toy_demand(toy_case, date(2024, 4, 1))
    autumn = date(2023, 10, 1)
    later = rolled(case, plan.tables, read_actuals(files, case, autumn), autumn)
    assert later.tables["occupancy"]["racks"].tolist() == [45, 25]


def toy_demand(case: Case, day: date) -> float:
    rows = case["demand"].query("`class` == 'cloud'").set_index("date")["racks"]
    return float(rows[day])


def test_every_wrong_actual_is_named_at_once(toy_case: Case, tmp_path: Path) -> None:
    racks = pd.DataFrame({"class": ["cloud", "cluod"], "hall": ["A", "A"], "racks": [5, -2]})
    spend = pd.DataFrame({"project": ["hall-b"], "fiscal_year": [2025], "mjpy": [1.0]})
    files = given(tmp_path, actual_occupancy=racks, actual_spend=spend, actual_peak=racks)
    with pytest.raises(InputError) as refused:
        read_actuals([*files, tmp_path / "actual_energy.csv"], toy_case, NEXT)
    text = str(refused.value)
    for words in (
        "actual_occupancy.csv row 3, class = cluod",
        "actual_occupancy.csv row 3, racks = -2",
        "lies outside the time that has passed",
        "is not a table of actuals",
        "is not a file",
    ):
        assert words in text


def test_a_promise_has_a_price_and_is_kept_or_paid(toy_copy: Path, tmp_path: Path) -> None:
    """Hall B a year before what is best, at 7 M JPY; City's exit as it is best: 7 / 1.05^(365 / 365.25)."""
    header = "commitment,project,site,date,price_mjpy,source,basis,low,high,reason\n"
    rows = "b,hall-b,,2023-04-01,7,tutorial,derived,,,\ncity,,City,2024-04-01,11,tutorial,derived,,,\n"
    (toy_copy / "commitments.csv").write_text(header + rows, "utf-8")
    costs = (
        solve_case(toy_copy, output=tmp_path / "plan").tables["costs"].query("term == 'commitment_change'")
    )
    rate = load(toy_copy).settings["discount_rate"]
    assert costs[["site", "period", "cash", "mjpy"]].to_numpy().tolist() == [["Campus", "FY2023", False, 7.0]]
    assert costs["pv_mjpy"].iloc[0] == pytest.approx(7 * (1 + rate) ** -(365 / 365.25))


def test_the_command_asks_for_a_day_of_the_plan(
    asked: tuple[Result, Update], toy_plan_folder: Path, tmp_path: Path
) -> None:
    files = given(tmp_path, actual_occupancy=occupancy_of(open_plan(toy_plan_folder), NEXT))
    words = ["update", str(toy_plan_folder), "--actuals", str(files[0]), "-o", str(tmp_path / "o"), "--quiet"]
    wrong = CliRunner().invoke(cli, [*words, "--as-of", "2023-05-01"])
    assert wrong.exit_code == 3
    assert "The next one is 2024-04-01" in wrong.output
    told = json.loads(asked[0].output)
    assert told["as_of"] == "2023-04-01"
    assert told["changes"] == []
