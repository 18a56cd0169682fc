"""Order enquiries on the tutorial case: the cost of an order by hand, and orders that do not fit."""

import json
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest
from click.testing import CliRunner, Result

from dcplan.cli import cli
from dcplan.data.case import Case
from dcplan.errors import InfeasibleError, InputError
from dcplan.plans.plan import open_plan
from dcplan.studies import place as study
from dcplan.studies.place import Enquiry, Order, earliest, fits, refuse_wrong, with_order
from dcplan.studies.place_changes import decision_changes
from tests.shared import recorded

ORDER = Order("colo", 10, date(2023, 4, 1), "Kanto")


WORDS = ["--class", "colo", "--racks", "10", "--region", "Kanto", "--from", "2023-04", "--quiet"]


@pytest.fixture(scope="module")
def asked(toy_plan_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Result, Enquiry]:
    """Return what the command prints for the order, and the answer that it printed."""
    output = tmp_path_factory.mktemp("place") / "plan"
    with recorded(study, "place") as answers:
        done = CliRunner().invoke(cli, ["place", str(toy_plan_folder), *WORDS, "-o", str(output), "--json"])
    assert done.exit_code == 0, done.output
    return done, *answers


@pytest.fixture(scope="module")
def answer(asked: tuple[Result, Enquiry]) -> Enquiry:
    return asked[1]


def test_the_order_stands_on_top_and_its_cost_is_the_difference_of_two_plans(answer, toy_plan_folder: Path):
    assert answer.fits
    assert answer.where["ordered_racks"].sum() == 10
    assert answer.where["other_racks"].sum() == 0
    change = answer.terms["difference_mjpy"].sum()
    assert answer.cost.low <= change <= answer.cost.high
    assert answer.cost.verdict.proven
    saved = open_plan(answer.after.folder)
    assert saved.manifest["audit"]["passed"]
    added = saved.tables["racks"].groupby(["class", "period"])["racks"].sum()
    plain = open_plan(toy_plan_folder).tables["racks"].groupby(["class", "period"])["racks"].sum()
    assert (added - plain)["colo"].to_dict() == {"FY2022": 0, "FY2023": 10, "FY2024": 10}


def test_what_changes_is_what_the_tables_say(answer):
    """City is left at FY2024 without the order and kept with it."""
    exits = answer.changes.query("kind == 'exit'").set_index("name")
    assert tuple(exits.loc["City", ["before", "after"]]) == ("FY2024", "never")
    assert decision_changes(answer.before.tables, answer.before.tables).empty


def test_an_order_that_comes_too_early_gets_the_earliest_date(toy_case: Case):
    """Colocation fills hall A (95 places) and City before hall B is in service: 60 racks fit in FY2022 only
    with B, which takes time to build."""
    big = replace(ORDER, racks=40, start=date(2022, 4, 1))
    assert not fits(toy_case, big)
    found = earliest(toy_case, big)
    assert found.start > big.start
    assert fits(toy_case, found)
    with pytest.raises(InfeasibleError, match="no day of the horizon in Kanto"):
        earliest(toy_case, replace(ORDER, racks=1000))


@pytest.mark.parametrize(
    "changes, words",
    [
        ({"rack_class": "colocation"}, "is not a class"),
        ({"start": date(2021, 4, 1)}, "before as_of"),
        ({"start": date(2030, 4, 1)}, "after the horizon"),
        ({"region": "West"}, "no hall for class colo"),
        ({"until": date(2023, 1, 1)}, "later than from_date"),
        ({"until": date(2024, 4, 1), "racks": 30}, "leave only by churn"),
    ],
)
def test_an_order_that_no_plan_could_hold_is_refused(toy_case: Case, changes: dict[str, object], words: str):
    with pytest.raises(InputError, match=words) as refused:
        refuse_wrong(toy_case, replace(ORDER, **changes))
    assert all(problem.file == "the order" for problem in refused.value.problems)


def test_orders_add_up_in_a_half_of_the_country(toy_case: Case):
    case = with_order(toy_case, replace(ORDER, region="East"))
    assert fits(case, ORDER)
    assert isinstance(case["reservations"], pd.DataFrame)


def test_the_command_prints_one_document(asked: tuple[Result, Enquiry]):
    done, answer = asked
    assert answer.order == ORDER
    told = json.loads(done.output)
    assert told["fits"]
    assert told["cost_mjpy"]["low"] <= told["cost_mjpy"]["high"]
    assert told["cost_mjpy"]["low"] == pytest.approx(answer.cost.low)
    wrong = CliRunner().invoke(cli, ["place", "toy", *WORDS[:-3], "--from", "soon"])
    assert wrong.exit_code == 2
