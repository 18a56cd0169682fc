"""The printed summary: status first, 80 columns, nothing of the tail, differences with their sign."""

import pandas as pd
import pytest

from dcplan.report import decisions, text
from dcplan.report.document import plain, plan_document, to_json
from tests.report import fakes


@pytest.fixture(scope="module")
def plan() -> fakes.FakePlan:
    return fakes.plan()


@pytest.fixture(scope="module")
def lines(plan: fakes.FakePlan) -> list[str]:
    return text.summary(plan, plan.case).splitlines()


def test_fits_a_terminal(lines: list[str]):
    assert max(map(len, lines)) <= 80
    assert len(lines) <= 52
    assert all(line == line.rstrip() for line in lines)


def test_first_line_is_status_and_gap(lines: list[str]):
    assert lines[0] == "fake: optimal within 0.09 % (0.10 % asked): 46,316 M JPY, bound 46,274"
    assert lines[1].startswith("Retrospective edition: opens on 2022-04-01")


@pytest.mark.parametrize(
    "manifest,says",
    [
        ({"bound_mjpy": 46274.97}, "fake: optimal within 0.09 % (0.10 % asked): 46,316 M JPY, bound 46,274"),
        ({"status": "feasible", "gap": 0.023}, "fake: NOT PROVEN within 0.10 %, gap 2.30 %: 46,316 M JPY"),
        ({"status": "interrupted", "gap": None}, "fake: INTERRUPTED, NOT PROVEN within 0.10 %, gap unknown"),
        (
            {"status": "feasible", "bound_mjpy": None},
            "fake: NOT PROVEN within 0.10 %, gap 0.09 %: 46,316 M JPY, no",
        ),
    ],
)
def test_a_plan_that_is_not_proven_says_so_first(manifest: dict[str, object], says: str):
    assert " ".join(text.headline(fakes.plan(**manifest))).startswith(says)


def test_a_plan_without_audit_says_so():
    assert "NOT AUDITED." in " ".join(text.headline(fakes.plan(audit=None)))


@pytest.mark.parametrize("edition", ["retrospective", "foresight-2022", "tutorial", "other"])
def test_every_edition_has_its_banner(edition: str):
    assert "ition" in text.headline(fakes.plan(edition=edition))[1] or edition == "tutorial"


def test_years(lines: list[str]):
    rows = [line.split() for line in lines if line[:4].isdigit()]
    assert [row[0] for row in rows] == [str(year) for year in range(2022, 2028)]
    assert rows[1] == [
        "2023",
        "3,679",
        "13",
        "1",
        "3",
        ".",
        "137.2",
        "1.498",
        "54",
        "%",
        "59.5",
        "9,888",
        "5,200",
    ]
    total = next(line.split() for line in lines if line.startswith("sum"))
    assert total == ["sum", "4", "6", "2", "924.0", "1.459", "380.1", "63,630", "23,080"]


def test_decisions(lines: list[str]):
    page = "\n".join(lines)
    assert "Shiroi-2a 2023-07 (committed)" in page
    assert "Shiroi-3a 2025-04 (20 months early)" in page
    assert "Shiroi-3b never (announced 2027-12)" in page
    assert "Matsue-2 2025-07 (1 month late)" in page
    assert "2024-10 Tokyo-4 250 to 140 racks" in page
    assert "2023-04 Kyoto, Tokyo-5; 2023-10 Tokyo-3" in page
    assert "2027-09 Osaka-1" in page
    assert "FY2025Q1 120 cloud Tokyo-2-hall to Shiroi-3a" in page


def test_racks_taken_under_an_option_are_told(plan: fakes.FakePlan):
    """Racks that a lease takes on are a decision like those it gives back; without any there is no line."""
    leases = plan.tables["leases"].copy()
    osaka = leases["lease"] == "L-Osaka-1"
    later = osaka & (leases["period"] >= "FY2023Q2")
    leases.loc[later, "leased_racks"] = 270
    leases.loc[osaka & (leases["period"] >= "FY2024Q4"), "leased_racks"] = 290
    tables = {**plan.tables, "leases": leases}
    page = "\n".join(text.decision_lines(decisions.Decided(tables, plan.case)))
    assert "Lease more     2023-07 to 2025-01 Osaka-1 250 to 290 racks" in page
    assert "Lease more" not in "\n".join(text.decision_lines(decisions.Decided(plan.tables, plan.case)))


def test_what_is_bought_is_told_in_its_first_year(plan: fakes.FakePlan):
    held = pd.DataFrame(
        [("Shiroi", 2026, 0.0, 0.0, 0.0), ("Shiroi", 2027, 10.04, 10.14, 1000.0),
         ("Matsue", 2026, 0.0, 0.0, 300.0), ("Matsue", 2027, 0.0, 0.0, 300.0)],
        columns=["site", "fiscal_year", "battery_kw", "battery_kwh", "pv_kw"],
    )  # fmt: skip
    signed = pd.DataFrame(
        [("sun", "Shiroi", 2025, 2.0), ("sun", "Shiroi", 2026, 0.0)],
        columns=["instrument", "site", "start_year", "contracted_mw"],
    )
    tables = {**plan.tables, "onsite": held, "ppas": signed}
    page = " ".join(" ".join(text.decision_lines(decisions.Decided(tables, plan.case))).split())
    assert (
        "Buy FY2025 Shiroi 2 MW of sun, FY2026 Matsue 300 kW of panels, FY2027 Shiroi 1,000 kW of panels, "
        "FY2027 Shiroi 10.04 kW of battery, FY2027 Shiroi 10.14 kWh of battery" in page
    )
    nothing = {
        **tables,
        "onsite": held.assign(battery_kw=0.0, battery_kwh=0.0, pv_kw=0.0),
        "ppas": signed[1:],
    }
    assert "Buy" not in "\n".join(text.decision_lines(decisions.Decided(nothing, plan.case)))


def test_differences_come_by_cost_term_and_frozen_stands_apart(lines: list[str]):
    page = " ".join(" ".join(lines).split())
    assert "Against *as announced*: -3,552 M JPY (-7.1 %), 46,316 instead of 49,868" in page
    assert "rent -3,202 (-22.1 %)" in page
    assert "energy -28.0 GWh, CO2 -11.4 kt, CAPEX +1,100 M JPY" in page
    assert "renewable share target FY2022-FY2027, up to 12 racks unserved" in page
    assert "against *frozen* (every lease kept): -6,544 M JPY (-12.4 %)" in page


def test_the_shown_terms_and_the_rest_add_up(plan: fakes.FakePlan):
    terms = decisions.cost_differences(decisions.differences(plan, "as_announced"))
    total = sum(mine for mine, _ in fakes.TERMS.values()) - sum(theirs for _, theirs in fakes.TERMS.values())
    assert terms["difference"].sum() == pytest.approx(total)
    assert terms["difference"].abs().is_monotonic_decreasing


def test_binding(lines: list[str]):
    page = " ".join(" ".join(lines).split())
    assert "CAPEX budget FY2023, FY2025" in page
    assert "fleet moves FY2023Q1-Q4, FY2025Q1-Q4" in page
    assert "targets: renewable share (owned) FY2022, FY2026-FY2027" in page


def test_the_note_and_the_assumptions_are_always_there(plan: fakes.FakePlan):
    for which in ("optimised", "as_announced", "frozen"):
        page = " ".join(text.summary(plan, plan.case, which).split())
        assert "44 % of the input rows (412) are assumptions" in page
        assert "forward-looking statements" in page


def test_next_commands_name_the_folder(lines: list[str]):
    assert lines[-4:] == [
        "Plan folder: plans/fake-20260102-030405",
        "Next: dcplan show plans/fake-20260102-030405 --plan as_announced",
        "      dcplan charts plans/fake-20260102-030405",
        "      dcplan audit plans/fake-20260102-030405",
    ]


def test_a_plan_that_is_not_saved():
    plan = fakes.plan()
    plan.folder = plan.case = None
    assert text.closing_lines(plan)[-1] == "This plan is not saved."
    with pytest.raises(ValueError, match="not saved"):
        text.summary(plan)


def test_a_reference_plan_is_said_to_be_one(plan: fakes.FakePlan):
    page = text.summary(plan, plan.case, "frozen")
    assert page.startswith("fake: the plan *frozen*, a reference that is not optimised")
    assert "Against" not in page
    with pytest.raises(ValueError, match="holds no 'other': choose one of optimised, as_announced, frozen"):
        text.summary(plan, plan.case, "other")


def test_the_tail_is_never_reported(plan: fakes.FakePlan):
    """Exits, starts and moves after the horizon are optimised but are no plan."""
    tables = dict(plan.tables)
    late = fakes.day("2029-04-01")
    tables["exits"] = tables["exits"].assign(date=[late] * len(tables["exits"]))
    tables["starts"] = tables["starts"].assign(service_date=[late] * len(tables["starts"]))
    tables["moves"] = tables["moves"].assign(period="FY2029")
    assert decisions.exits(tables).empty
    assert decisions.builds(tables, plan.case)["service_date"].isna().all()
    assert decisions.largest_moves(tables, 5).empty
    assert "FY2028" not in " ".join(text.binding_lines(tables))


@pytest.mark.parametrize(
    "labels,shown",
    [
        (["FY2023"], "FY2023"),
        (["FY2023", "FY2025"], "FY2023, FY2025"),
        (["FY2022", "FY2023", "FY2024"], "FY2022-FY2024"),
        (["FY2024", "FY2022", "FY2026", "FY2028"], "4 periods from FY2022 to FY2028"),
    ],
)
def test_spans(labels: list[str], shown: str):
    assert text._spans(labels, [f"FY{year}" for year in range(2020, 2030)]) == shown


def test_json_document(plan: fakes.FakePlan):
    body = plain(plan_document(plan, plan.case))
    assert body["builds"][3] == {
        "project": "P3b", "hall": "Shiroi-3b", "committed": False, "service_date": None,
        "announced_date": "2027-12-01", "months_later": None,
    }  # fmt: skip
    assert body["binding"][0] == {"limit": "capex_budget", "scope": "fleet", "periods": ["FY2023", "FY2025"]}
    assert to_json("show", body).startswith('{\n  "schema_version": 1,')


def test_json_has_no_number_that_is_none():
    assert plain([float("nan"), float("inf"), None, True, 1, 1.5]) == [None, None, None, True, 1, 1.5]
