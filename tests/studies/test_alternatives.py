"""What is forced, preferred or free on the tutorial case, against every start and exit tried in turn."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.model import PlanningModel, build
from dcplan.plans.audit import audit
from dcplan.plans.plan import Plan, open_plan
from dcplan.report.alternatives_text import alternatives_text
from dcplan.report.why_text import comparison_text, marginals_text, why_text
from dcplan.solvers import highs
from dcplan.studies.alternatives import Alternatives, Standing, alternatives, opposites
from dcplan.studies.alternatives_edges import edge_expressions
from dcplan.studies.compare import CAUSES, carbon_causes, compare, comparison_document
from dcplan.studies.marginals import marginals, misleads
from dcplan.studies.resolve import Limits
from dcplan.studies.resolve_case import Opened, opened_plan
from dcplan.studies.resolve_changes import Question, compiled
from dcplan.studies.resolve_interval import Interval
from dcplan.studies.resolve_rows import cost_row, minimising
from dcplan.studies.why import why_document, why_of
from dcplan.studies.why_words import wishes
from tests.random_cases.solving import EXACT, whole
from tests.studies.enumerated import cheapest, decided_plans

HERE = Limits(gaps=(1e-7,), workers=0)


@pytest.fixture(scope="module")
def plan(toy_plan_folder: Path) -> Plan:
    return open_plan(toy_plan_folder)


@pytest.fixture(scope="module")
def opened(plan: Plan) -> Opened:
    return opened_plan(plan)


@pytest.fixture(scope="module")
def model(toy_case: Case) -> PlanningModel:
    return build(toy_case, make_calendar(toy_case.info))


@pytest.fixture(scope="module")
def found(plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Alternatives:
    folder = tmp_path_factory.mktemp("edges") / "edges"
    return alternatives(plan, within=0.01, output=folder, limits=HERE)


def test_every_price_is_that_of_all_plans_tried(found: Alternatives, opened: Opened) -> None:
    """10.7 M JPY for each: without hall B City stays, and with City kept B does not pay."""
    base = cheapest(opened.model)
    for each, answer in zip(found.asked, found.answers.answers, strict=True):
        changed = compiled(opened.matrix, each.question).applied(whole(opened.model))
        price = _cheapest_of(changed, opened) - base
        assert answer.interval is not None
        assert answer.interval.low - 1e-4 <= price <= answer.interval.high + 1e-4, each.name
    assert [each.kind for each in found.asked] == ["start", "exit", "move"]


def _cheapest_of(matrix, opened: Opened) -> float:  # type: ignore[no-untyped-def]
    yes_or_no = np.flatnonzero(opened.matrix.integrality)
    best = np.inf
    for choice, _ in decided_plans(opened.model):
        lower, upper = matrix.col_lower.copy(), matrix.col_upper.copy()
        if (choice < lower[yes_or_no]).any() or (choice > upper[yes_or_no]).any():
            continue
        lower[yes_or_no] = upper[yes_or_no] = choice
        found = highs.solve(replace(matrix, col_lower=lower, col_upper=upper), EXACT)
        best = min(best, found.objective) if found.values is not None else best
    return float(best)


def test_a_decision_is_forced_within_one_margin_and_preferred_within_a_wider_one(found: Alternatives) -> None:
    """10.7 of 965.5 M JPY is 1.1 %."""
    assert set(found.frame()["standing"]) == {"forced"}
    wide = replace(found, within=0.02)
    assert set(wide.frame()["standing"]) == {"preferred"}
    coarse = replace(found, within=0.05, gap=0.02)
    assert [coarse.standing(answer) for answer in found.answers.answers] == [Standing.FREE] * 3


def test_edges_are_the_least_of_all_plans_within_the_margin(found: Alternatives, opened: Opened) -> None:
    most = found.answers.base.proof.cost * 1.01
    for edge, (name, expr) in zip(found.edges, edge_expressions(opened).items(), strict=True):
        asked = [
            highs.solve(minimising(matrix, expr), EXACT)
            for _, matrix in decided_plans(opened.model, [cost_row(opened.matrix, most)])
        ]
        least = min(each.objective for each in asked if each.values is not None)
        assert edge.name == name
        assert edge.bound <= least + 1e-6
        assert edge.value <= least + 1e-6 or edge.value == pytest.approx(least, rel=5e-3)
        assert edge.folder is not None
        assert audit(edge.folder).passed
        assert "it is not the cheapest" in open_plan(edge.folder).manifest["notes"][0]


def test_the_opposite_of_what_is_not_done_is_to_do_it(plan: Plan, opened: Opened) -> None:
    tables = dict(plan.tables)
    tables["starts"] = tables["starts"].iloc[:0]
    tables["exits"] = tables["exits"].iloc[:0]
    undone = replace(plan, tables=tables)
    words = {each.kind: each.opposite for each in opposites(undone, opened)}
    assert words["start"] == "start B by FY2024"
    assert words["exit"] == "leave City within the horizon"


def test_the_text_names_every_decision_and_edge(found: Alternatives) -> None:
    base = found.answers.base.proof
    text = alternatives_text({
        "within": 0.01, "cost_mjpy": base.cost, "bound_mjpy": base.bound, "alternatives": found.frame(),
        "edges": found.edge_frame(),
    })  # fmt: skip
    for words in ("start B on 2024-04-01", "leave City", "least CAPEX", "fewest moves"):
        assert words in text


# ---- marginals ---------------------------------------------------------------------------------------------


def test_marginals_equal_the_case_solved_with_so_much_more(
    plan: Plan, toy_case: Case, model: PlanningModel
) -> None:
    """Five racks; the dual is the slope with hall B built and City left."""
    from dcplan.studies.place import Order, with_order

    table = marginals(plan, racks=5, limits=HERE).set_index("what")
    more = with_order(toy_case, Order("cloud", 5, toy_case.info.as_of))
    price = cheapest(build(more, make_calendar(more.info))) - cheapest(model)
    row = table.loc["racks of cloud"]
    assert row["low_mjpy"] - 1e-3 <= price <= row["high_mjpy"] + 1e-3
    assert row["low_mjpy_per_unit"] == pytest.approx(row["low_mjpy"] / 5)
    assert table.loc["racks of colo", "low_mjpy"] > 0.0
    power = table.loc["receiving power of Campus"]
    assert power["verdict"] == "not distinguishable"
    assert not power["dual_misleads"]
    share = table.loc["renewable share, every target"]
    assert share["low_mjpy"] > 0.0
    assert not share["dual_misleads"]
    assert "misleads" in marginals_text(table.reset_index())


def test_a_slope_outside_of_the_proof_misleads() -> None:
    assert misleads(1.0, Interval(4.0, 5.0))
    assert misleads(float("inf"), Interval(4.0, 5.0))
    assert not misleads(4.5, Interval(4.0, 5.0))
    assert not misleads(3.6, Interval(4.0, 5.0))


# ---- why ---------------------------------------------------------------------------------------------------


def test_a_why_not_prices_the_wish_and_splits_it_by_term(plan: Plan, opened: Opened) -> None:
    found = why_of(plan, opened, "not start hall=B", limits=HERE)
    told = why_document(found)
    assert told["asked"] == ["drop hall=B"]
    assert not told["done"]
    assert told["low_mjpy"] == pytest.approx(10.74, abs=0.05)
    assert found.terms["difference_mjpy"].sum() == pytest.approx(told["low_mjpy"], abs=0.01)
    assert (told["before"], told["after"]) == ("start B FY2024; leave City FY2024", "")
    assert any("City-hall" in each for each in told["now_bind"])
    assert any("CAPEX budget" in each for each in told["no_longer_bind"])
    assert "no start, no exit" in why_text(told)


def test_what_the_plan_does_already_costs_nothing_and_prints_no_difference(
    plan: Plan, opened: Opened
) -> None:
    told = why_document(
        why_of(plan, opened, "leave site=City by=2024-04; start hall=B by=2024-04", limits=HERE)
    )
    assert told["done"]
    assert told["verdict"] == "not distinguishable"
    assert told["terms"].empty
    assert told["quantities"].empty
    assert "does this already" in why_text(told)


def test_what_breaks_a_promise_is_impossible(plan: Plan, opened: Opened) -> None:
    told = why_document(why_of(plan, opened, "leave site=City by=2024-04; drop hall=B", limits=HERE))
    assert told["verdict"] == "impossible"
    assert "Impossible" in why_text(told)


@pytest.mark.parametrize(
    "words, said",
    [
        ("start hall=B by=2022-04", "cannot be in service before 2023-04-01"),
        ("start hall=Z by=2024-04", "hall = Z is unknown"),
        ("open hall=B", "is no verb"),
        ("start hall=B by=soon", "is not a day"),
        ("keep site=City racks=3", "takes no racks"),
        ("place class=cloud hall=A", "racks = (missing)"),
        ("start hall=B now", "'now' is not understood"),
        ("not place class=cloud hall=A racks=1", "has no opposite"),
        (" ; ", "says nothing"),
    ],
)
def test_words_that_are_not_understood_are_refused(plan: Plan, opened: Opened, words: str, said: str) -> None:
    from dcplan.errors import InputError

    with pytest.raises(InputError) as caught:
        why_of(plan, opened, words, limits=HERE)
    assert said in str(caught.value)


def test_the_break_even_is_where_the_wish_stops_costing(plan: Plan, opened: Opened) -> None:
    """The price of keeping City falls with its rent; at both ends it is that of all plans tried."""
    from dcplan.report.why_text import break_even_text
    from dcplan.studies.break_even import break_even, input_of

    limits = Limits(gaps=(1e-6,), workers=0)
    about = "leases.rent_jpy_per_rack_month lease=City-lease"
    even = break_even(plan, "keep site=City", about, between=(0.7, 1.2), limits=limits)
    assert even["value"] == 100_000
    assert even["high"] - even["low"] <= 0.011 * even["value"]
    assert 70_000 < even["low"] < even["high"] < 80_000
    assert "below it the wish costs nothing" in even["note"]
    assert "between" in break_even_text(even)
    rent, (wish,) = input_of(opened.case, about), wishes(opened, "keep site=City")
    for value, costs in ((even["low"], False), (even["high"], True)):
        case = rent.scaled(opened.case, value / even["value"])
        at = replace(opened, case=case, model=build(case, make_calendar(case.info)))
        matrix = at.model.program.matrix()
        kept = compiled(matrix, Question("", wish.changes)).applied(whole(at.model))
        price = _cheapest_of(kept, replace(at, matrix=matrix)) - cheapest(at.model)
        assert (price > 1e-2) == costs


# ---- compare -----------------------------------------------------------------------------------------------


def test_causes_add_up_to_the_difference_without_a_residual(plan: Plan, found: Alternatives) -> None:
    other = open_plan(plan.folder)  # type: ignore[arg-type]
    changed = dict(other.tables)
    changed["costs"] = changed["costs"].assign(
        mjpy=changed["costs"]["mjpy"] * 1.1, pv_mjpy=changed["costs"]["pv_mjpy"] * 1.2
    )
    energy = changed["site_energy"].copy()
    energy["it_mwh"] *= 0.9
    changed["site_energy"] = energy
    answer = compare(plan, replace(other, tables=changed))
    old, new = plan.tables["costs"], changed["costs"]
    wanted = new.groupby("term")["pv_mjpy"].sum() - old.groupby("term")["pv_mjpy"].sum()
    table = answer.causes.set_index("term")
    assert table["difference_mjpy"].to_dict() == pytest.approx(wanted.to_dict(), abs=1e-7)
    assert table[list(CAUSES)].sum(axis=1).to_dict() == pytest.approx(wanted.to_dict(), abs=1e-7)
    carbon = carbon_causes(plan.tables, changed)
    assert carbon["difference_tco2e"].sum() == pytest.approx(0.0, abs=1e-6)
    assert carbon.set_index("cause")["difference_tco2e"]["demand"] < 0.0


def test_a_plan_compared_with_itself_stands(plan: Plan) -> None:
    answer = compare(plan, plan)
    assert answer.decisions.empty
    assert answer.stands == 1.0
    assert (answer.causes["difference_mjpy"] == 0.0).all()
    text = comparison_text(comparison_document(answer))
    assert "2 of 2 starts and exits" in text
    assert "not distinguishable" in text


def test_prices_that_rise_alone_are_all_price(plan: Plan) -> None:
    changed = dict(plan.tables)
    costs = changed["costs"].copy()
    rent = costs["term"] == "rent"
    costs.loc[rent, ["mjpy", "pv_mjpy"]] *= 1.25
    changed["costs"] = costs
    table = compare(plan, replace(plan, tables=changed)).causes.set_index("term")
    before = plan.tables["costs"].query("term == 'rent'")["pv_mjpy"].sum()
    assert table.loc["rent", "price"] == pytest.approx(0.25 * before)
    assert table.loc["rent", ["demand", "pue", "timing", "scope"]].abs().max() < 1e-9
