"""Each promise, broken once in a hand-made plan: the audit names that rule and no other."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from dcplan.plans.audit import audit
from dcplan.plans.audit.decisions import DECISION_TABLES
from dcplan.plans.audit.inputs import read_case

from .mutating import replaced, rows_of

# rule | what is broken | cells: table.column [first labels of the row] = value
BROKEN = """
meet_demand | meet_demand | demand.racks [colo,2023-04-01] = 15
flow | placed | racks.placed [web,O1,FY2022H1] = 9
flow | leaves | racks.churned [web,L1,FY2022H1] = 0 ; racks.moved_out [web,L1,FY2022H1] = 9
flow | fixed class | classes.movable [web] = false
whole_racks | half | racks.moved_out [web,O1,FY2022H2] = 0.5 ; racks.placed [web,O1,FY2022H2] = 0.5
whole_churn | none due | racks.churned [colo,O1,FY2022H2] = 1 ; racks.placed [colo,O1,FY2022H2] = 1
whole_churn | too little | racks.churned [colo,O1,FY2023] = 1.9 ; racks.placed [colo,O1,FY2023] = 1.9
whole_churn | too much | racks.churned [colo,S1,FY2023] = 1 ; racks.placed [colo,S1,FY2023] = 1
whole_churn | rate | class_years.churn_rate [colo] = 0.25
rack_places | owned | halls.rack_places [O2,Own] = 9
rack_places | overlap | halls.largest_fill [L1] = 0.8
hall_power | leased | halls.it_kw [S1] = 20
site_power | receiving | connections.receiving_kw [Own] = 390
build_time | build | projects.build_months [o2] = 7
build_time | earliest | projects.earliest_date [o2] = 2022-10-02
build_time | committed | projects.committed [o2] = true ; projects.service_date [o2] = 2022-10-02
precedence | never starts | projects.after_project [o2] = o1
lease_state | notice | leases.notice_months [let] = 7
lease_state | state | leases.leased_racks [stay,FY2022H1] = 6
lease_state | none | leases.renewal [stay] = none
kept_monotone | again | sites.kept [Let,FY2023] = 1
kept_monotone | owned | sites.kept [Own,FY2023] = 0
move_limit | fleet | settings.value [move_limit_fleet_racks_per_month] = 1.6
move_limit | site | settings.value [move_limit_site_racks_per_month] = 1.5
move_limit | class | classes.yearly_move_share [web] = 0.3
site_share | share | classes.max_site_share [colo] = 0.5
region_share | share | classes.max_region_share [colo] = 0.9
demand_charge | agreed | contract.contract_kw [Own,FY2022H1] = 377
demand_charge | tail | contract.contract_kw [Own,FY2023] = 377
demand_charge | ratchet | sites.demand_rule [Own,owned] = ratchet ; sites.opening_peak_kw [Own,owned] = 400
claims | volume | instrument_years.volume_mwh [cert] = 999
claims | imports | instrument_years.volume_mwh [cert] = 2281 ; claims.claimed_mwh [cert,Own,2022] = 2280
targets | share | targets.value [green,2022] = 0.25
targets | pue | targets.value [pue,2022] = 1.3
target_misses | uncovered | misses.miss [carbon,2022] = 93
target_misses | negative | targets.value [carbon,2022] = 2000 ; misses.miss [carbon,2022] = -1 ;\
 misses.miss [carbon,2023] = 0
capex_budget | budget | budgets.capex_mjpy [2022] = 99
pins | kept | pins.sense [keep] = <= ; pins.value [keep] = 0
pins | racks | pins.decision [keep] = racks ; pins.value [keep] = 5
pins | moves | pins.decision [keep] = moved_out ; pins.site [keep] =  ; pins.sense [keep] = = ;\
 pins.value [keep] = 10
pins | hall | pins.decision [keep] = in_service ; pins.site [keep] =  ; pins.hall [keep] = O2 ;\
 pins.period_to [keep] = 2022-10-01
pinned_racks | pinned | pinned_racks.racks [colo,S1] = 5
"""
CELL = re.compile(r"(\w+)\.(\w+) \[(.+?)\] = ?(.*)")
CASES = [[part.strip() for part in line.split("|")] for line in BROKEN.strip().splitlines()]


def test_the_plan_made_by_hand_passes(hand):
    report = audit(hand.write())
    assert report.passed, str(report)
    assert report.misses == ()
    assert report.rules["meet_demand"] == 12
    assert report.checks > 1000


@pytest.mark.parametrize("rule, name, cells", CASES, ids=[f"{rule}-{name}" for rule, name, _ in CASES])
def test_a_broken_promise_is_named(hand, rule, name, cells):
    hand.only_decisions()
    for cell in cells.split(";"):
        change(hand, *CELL.fullmatch(cell.strip()).groups())
    settle(hand)
    report = audit(hand.write())
    assert not report.passed
    assert {finding.rule for finding in report.findings} == {rule}, str(report)


def change(hand, table, column, key, value):
    """Change a decision where the plan has that column, else an input."""
    decided = table in hand.tables and column in hand.tables[table][0].split(",")
    (hand.cell if decided else hand.given)(table, column, key, value)


def settle(hand):
    """Publish the cost that the changed plan has, so that only the promise is broken."""
    cost = audit(hand.write()).figures["objective_mjpy"]
    hand.settle(cost)


def test_a_hall_that_leaves_service_breaks_start_once(hand):
    hand.only_decisions().cell("halls", "in_service", "O2,FY2023", 0)
    report = audit(hand.write())
    assert "start_once" in {finding.rule for finding in report.findings}


@pytest.mark.parametrize("value, rule", [(0.5, "start_once"), (2, "start_once"), (0, "start_once")])
def test_service_is_zero_or_one_and_existing_halls_are_in_service(hand, value, rule):
    hand.only_decisions().cell("halls", "in_service", "O1,FY2022H1", value)
    assert rule in {finding.rule for finding in audit(hand.write()).findings}


def test_opening_racks_in_a_hall_not_open_to_their_class(hand):
    hand.only_decisions().inputs["occupancy"][1].append(["colo", "L1", 1])
    assert "eligible" in {finding.rule for finding in audit(hand.write()).findings}


def test_unserved_demand_is_a_fault_of_an_optimised_plan_only(hand):
    hand.only_decisions()
    for column in ("racks", "placed"):
        hand.cell("racks", column, "web,O2,FY2022H2", 9)
    hand.cell("racks", "racks", "web,O2,FY2023", 9).cell("unserved", "unserved_racks", "web,FY2022H2", 1)
    hand.cell("unserved", "unserved_racks", "web,FY2023", 1)
    settle(hand)
    findings = audit(hand.write()).findings
    assert {finding.message for finding in findings} == {"an optimised plan serves all demand"}
    hand.plan = "as_announced"
    report = audit(hand.write(), "as_announced")
    assert {finding.message for finding in report.findings} == {"a miss that is not one"}
    hand.cell("misses", "miss", "carbon,2022", 0).cell("misses", "miss", "carbon,2023", 0)
    report = audit(hand.write(), "as_announced")
    assert report.passed
    assert {finding.where["target"] for finding in report.misses} == {"carbon"}
    assert report.figures["cost"]["unserved"]["mjpy"] == pytest.approx(10 * 0.5 + 10)


def third_hall(hand, after_months, in_service):
    """Add hall O3 with project o3, and let o2 wait for it."""
    hand.only_decisions()
    hand.inputs["halls"][1].append(["O3", "Own", "candidate", 10, 1, 0, 10, "air", 1.3, 0.5, 0, 0])
    hand.inputs["projects"][1].append(["o3", "O3", 0, "2022-10-01", 0, "two", 0, "", "", "false", "", 0, ""])
    hand.inputs["project_assets"][1].append(["o3", "all", 1])
    hand.given("projects", "after_project", "o2", "o3").given("projects", "after_months", "o2", after_months)
    for period, on in zip(("FY2022H1", "FY2022H2", "FY2023"), in_service, strict=True):
        hand.tables["halls"][1].append(["O3", period, on])
        hand.tables["racks"][1].extend([[name, "O3", period, 0, 0, 0, 0] for name in ("web", "colo")])
    settle(hand)
    return audit(hand.write())


@pytest.mark.parametrize(
    "after_months, in_service, holds",
    [
        (6, (1, 1, 1), True),
        (7, (1, 1, 1), False),
        (0, (0, 1, 1), True),
        (1, (0, 1, 1), False),
        (0, (0, 0, 1), False),
    ],
)
def test_precedence_counts_months_between_service_dates(hand, after_months, in_service, holds):
    report = third_hall(hand, after_months, in_service)
    assert report.passed == holds, str(report)
    assert {finding.rule for finding in report.findings} <= {"precedence"}


@pytest.mark.parametrize(
    "table, column, key, value",
    [
        ("racks", "period", "web,O1,FY2022H1", "FY2022H2"),
        ("racks", "class", "web,O1,FY2022H1", "web2"),
        ("racks", "racks", "web,O1,FY2022H1", ""),
        ("racks", "racks", "web,O1,FY2022H1", "nan"),
        ("racks", "racks", "web,O1,FY2022H1", "many"),
        ("racks", "hall", "colo,O1,FY2022H1", "L1"),
        ("claims", "site", "cert,Own,2022", "Stay"),
        ("sites", "kept", "Own,FY2022H1", "inf"),
        ("misses", "fiscal_year", "carbon,2022", "2024"),
    ],
)
def test_incomplete_decisions_stop_the_audit(hand, table, column, key, value):
    hand.only_decisions().cell(table, column, key, value)
    report = audit(hand.write())
    assert {finding.rule for finding in report.findings} == {"completeness"}
    assert report.figures == {}


@pytest.mark.parametrize(
    "table", ["racks", "halls", "sites", "leases", "contract", "claims", "unserved", "misses"]
)
def test_every_decision_table_is_required(hand, table):
    folder = hand.write()
    (folder / "tables" / f"{table}.csv").unlink()
    assert {finding.rule for finding in audit(folder).findings} == {"completeness"}


def test_a_dropped_row_is_missed(hand):
    hand.drop("leases", "stay,FY2023")
    (finding,) = audit(hand.write()).findings
    assert finding.where == {"file": "leases.csv", "lease": "stay", "period": "FY2023"}
    assert "missing" in str(finding)


@pytest.mark.parametrize(
    "granularity, turns", [("year", [1, 2, 3]), ("half", [2, 4, 5]), ("quarter", [4, 8, 9])]
)
def test_churn_is_due_at_the_turn_of_the_fiscal_year_at_the_rate_before(hand, granularity, turns):
    hand.case = hand.case.replace("horizon_end = 2023-04-01", "horizon_end = 2024-04-01")
    hand.inputs["class_years"][1].append(["colo", 2023, 4, 5, 6, 0.1])
    hand.inputs["class_years"][1].append(["web", 2023, 5, 6, 8, 0])
    for name, racks in (("web", 40), ("colo", 14)):
        hand.inputs["demand"][1].append([name, "2024-04-01", racks])
    for table, cells in (
        ("tariffs", ["t", 2023, 15, 2, 3, 2000, 0.15]),
        ("grid_factors", ["one", "JP-TK", 2023, 0.4]),
        ("carbon_prices", [2023, 1000]),
        ("budgets", [2023, 100]),
    ):
        hand.inputs[table][1].append(cells)
    case = read_case(hand.write() / "inputs", {"granularity": granularity, "tail_years": 2})
    due = case.classes.churn[case.classes.rows["colo"]]
    assert {t: rate for t, rate in enumerate(due) if rate} == dict(zip(turns, (0.2, 0.1, 0.1), strict=True))


@pytest.mark.parametrize("change", [1, -1])
def test_churn_of_whole_racks_is_rounded_down(toy_plan_folder, tmp_path, change):
    folder = Path(shutil.copytree(toy_plan_folder, tmp_path / "plan"))
    for path in (folder / "tables").glob("*.csv"):
        if path.stem not in DECISION_TABLES:
            path.unlink()
    assert audit(folder).passed
    racks = folder / "tables" / "racks.csv"
    header, *body = rows_of(racks)
    row = next(row for row in body if float(row[header.index("churned")]) > 0)
    for column in ("churned", "placed"):
        row[header.index(column)] = str(float(row[header.index(column)]) + change)
    with replaced(racks, [header, *body]):
        report = audit(folder)
    assert {finding.rule for finding in report.findings} == {"whole_churn"}, str(report)
