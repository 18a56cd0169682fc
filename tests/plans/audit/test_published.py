"""Each derived table and the manifest, falsified in one cell: the audit names that rule alone."""

from __future__ import annotations

import pytest

from dcplan.errors import InputError
from dcplan.plans.audit import audit, audit_all

FALSE = [
    ("hours", "periods", "hours", "FY2023,", 8760),
    ("hours", "periods", "end", "FY2022H1,", "2022-10-02"),
    ("hours", "periods", "tail", "FY2023,", "false"),
    ("energy", "energy", "it_mwh", "O1,FY2022H1", 834.49),
    ("energy", "energy", "facility_mwh", "L1,FY2022H1", 0.001),
    ("energy", "site_energy", "imported_mwh", "Own,FY2023", 2721),
    ("energy", "site_energy", "onsite_mwh", "Own,FY2022H1", 36.5),
    ("peak", "site_energy", "peak_kw", "Own,FY2022H1", 297),
    ("peak", "site_energy", "peak_kw", "Stay,FY2022H1", 0),
    ("emissions", "emissions", "location_tco2e", "Own,2022", 909),
    ("emissions", "emissions", "imported_mwh", "Stay,2022", 210),
    ("cost:rent", "costs", "pv_mjpy", "rent,Let,FY2022H1", 7.3),
    ("cost:capex", "costs", "mjpy", "capex,Own,FY2022H1", 41),
    ("cost:asset_tax", "costs", "mjpy", "asset_tax,Own,FY2023", 1.4),
    ("cost_table", "costs", "term", "moves,Let,FY2022H1", "move"),
    ("cost_table", "costs", "site", "moves,Let,FY2022H1", "Leet"),
    ("cost_table", "costs", "mjpy", "moves,Let,FY2022H1", "ten"),
    ("capex_table", "capex", "mjpy", "o2,2022", 90),
    ("capex_table", "capex", "fiscal_year", "o2,2022", 2023),
    ("moves_list", "moves", "racks", "web,L1", 9),
    ("moves_list", "moves", "to_hall", "web,L1", "L1"),
    ("moves_list", "moves", "to_hall", "web,L1", "O2"),
    ("moves_list", "moves", "period", "web,L1", "FY2022H2"),
    ("moves_list", "moves", "class", "web,L1", "colo"),
    ("starts_table", "starts", "period", "o2,O2", "FY2022H1"),
    ("starts_table", "starts", "service_date", "o2,O2", "2022-10-02"),
    ("starts_table", "starts", "announced_date", "o2,O2", "2022-11-01"),
    ("starts_table", "starts", "announced_date", "o2,O2", ""),
    ("starts_table", "starts", "project", "o2,O2", "o9"),
    ("exits_table", "exits", "period", "Let,", "FY2022H1"),
    ("exits_table", "exits", "date", "Let,", "2022-10-31"),
    ("exits_table", "exits", "site", "Let,", "Stay"),
    ("targets_table", "targets", "actual", "pue,2022", 1.33),
    ("targets_table", "targets", "value", "green,2022", 0.21),
    ("targets_table", "targets", "miss", "carbon,2022", 90),
    ("targets_table", "targets", "binding", "pue,2022", "true"),
    ("targets_table", "targets", "binding", "carbon,2022", "false"),
    ("targets_table", "targets", "boundary", "pue,2022", "fleet"),
    ("limits", "limits", "used", "rack_places,O1,FY2022H1", 30),
    ("limits", "limits", "available", "move_limit_site,Let,FY2023", 12),
    ("limits", "limits", "binding", "capex_budget,fleet,FY2023", "true"),
    ("limits", "limits", "binding", "capex_budget,fleet,FY2022", "false"),
    ("limits", "limits", "binding", "rack_places,O2,FY2022H1", "true"),
    ("limits", "limits", "scope", "site_power,Own,FY2023", "Stay"),
    ("summary", "summary", "racks", "2022,", 44),
    ("summary", "summary", "pue", "2022,", 1.34),
    ("summary", "summary", "renewable_share", "2022,", 0.25),
    ("summary", "summary", "halls", "2022,", 1),
]


@pytest.mark.parametrize("rule, table, column, key, value", FALSE)
def test_a_false_cell_is_named(hand, rule, table, column, key, value):
    header, rows = hand.tables[table]
    row = next(row for row in rows if ",".join(map(str, row)).startswith(key))
    row[header.split(",").index(column)] = value
    report = audit(hand.write())
    assert {finding.rule for finding in report.findings} == {rule}, str(report)


def test_every_cost_term_is_checked_in_both_columns(hand, hand_costs, make_hand):
    for number, (term, site) in enumerate(hand_costs):
        for column in ("mjpy", "pv_mjpy"):
            plan = make_hand(f"{number}{column}")
            row = next(row for row in plan.tables["costs"][1] if row[:2] == [term, site])
            row[3 if column == "mjpy" else 4] += 0.01
            assert {finding.rule for finding in audit(plan.write()).findings} == {f"cost:{term}"}


def test_a_cost_row_that_is_left_out_or_twice_there(hand, make_hand):
    report = audit(hand.drop("costs", "staff,Let").write())
    assert {finding.rule for finding in report.findings} == {"cost:staff"}
    plan = make_hand("twice")
    plan.tables["costs"][1].append(plan.tables["costs"][1][0])
    assert {finding.rule for finding in audit(plan.write()).findings} == {"cost_table"}


@pytest.mark.parametrize(
    "rule, told",
    [
        ("cost_total", {"published_cost_mjpy": 269.64, "bound_mjpy": 269.64, "gap": 0.0}),
        ("cost_total", {"terminal_values": {"annuity": 269.64}}),
        ("gap", {"gap": 0.0}),
        ("gap", {"bound_mjpy": 300.0, "gap": 0.0}),
        ("gap", {"status": "done"}),
        ("gap", {"requested_gap": 0.0001}),
        ("gap", {"bound_mjpy": None}),
        ("inputs", {"as_of": "2022-07-01"}),
        ("inputs", {"horizon_end": "2024-04-01"}),
        ("inputs", {"case": "foot"}),
        ("inputs", {"inputs": {"demand.csv": "0" * 64}}),
        ("inputs", {"inputs": {"absent.csv": "0" * 64}}),
        ("assumptions", {"assumptions": {"rows": 1, "share_of_rows": 0.0}}),
    ],
)
def test_a_false_manifest_is_named(hand, rule, told):
    hand.manifest |= told
    report = audit(hand.write())
    assert {finding.rule for finding in report.findings} == {rule}, str(report)


def test_a_manifest_or_an_input_that_cannot_be_read(hand):
    folder = hand.write()
    (folder / "manifest.json").write_text("[]")
    assert {finding.rule for finding in audit(folder).findings} == {"readable"}
    hand.write()
    (folder / "inputs" / "halls.csv").unlink()
    assert {finding.rule for finding in audit(folder).findings} == {"readable"}


@pytest.mark.parametrize(
    "table, column, key, value",
    [
        ("settings", "setting", "asset_tax_rate", "tax_rate"),
        ("settings", "value", "asset_tax_rate", "x"),
        ("halls", "site", "L1", "Leet"),
        ("projects", "profile", "o2", "three"),
        ("projects", "price_date", "o2", "soon"),
        ("classes", "movable", "web", "perhaps"),
        ("occupancy", "hall", "colo,O1", "O9"),
        ("tariffs", "fiscal_year", "t", "2021"),
        ("class_years", "fiscal_year", "web", "2022.5"),
        ("demand", "date", "web,2022-04-01", "2022-04-02"),
        ("instruments", "site", "cert", "Nowhere"),
        ("connections", "site", "Own", "Nowhere"),
        ("sites", "site", "Let", "Stay"),
        ("leases", "term_end", "let", ""),
    ],
)
def test_inputs_that_cannot_be_read_are_a_finding(hand, table, column, key, value):
    report = audit(hand.given(table, column, key, value).write())
    assert {finding.rule for finding in report.findings} == {"readable"}


def test_a_case_without_projects_instruments_targets_or_leases_is_read(hand):
    for name in (
        "projects",
        "instruments",
        "targets",
        "pins",
        "pinned_racks",
        "onsite_pv",
        "carbon_prices",
        "leases",
    ):
        hand.inputs.pop(name)
    for name in ("misses", "claims"):
        hand.tables[name][1].clear()
    hand.only_decisions().tables["leases"][1].clear()
    rules = {finding.rule for finding in audit(hand.write()).findings}
    assert {"start_once", "rack_places", "cost_total"} <= rules
    assert "completeness" not in rules


def test_a_folder_without_a_plan_is_refused(tmp_path):
    with pytest.raises(InputError):
        audit(tmp_path)


def test_figures_do_not_depend_on_derived_tables(hand, make_hand):
    full, bare = audit(hand.write()), audit(make_hand("bare").only_decisions().write())
    assert full.figures == bare.figures
    assert bare.passed
    assert full.figures["years"]["FY2023"]["hours"] == 8784


def test_comparison_rows_are_checked_for_their_plan(hand, hand_costs):
    folder = hand.write()
    figures = audit(folder).figures
    terms = {f"cost:{term}": cost["pv_mjpy"] for term, cost in figures["cost"].items() if cost["mjpy"]}
    year = figures["years"]["FY2022"]
    told = {name: ("M JPY PV", value) for name, value in terms.items()} | {
        "cost": ("M JPY PV", figures["objective_mjpy"]),
        "energy:facility_mwh": ("MWh", 2557.44),
        "energy:it_mwh": ("MWh", 1913.76),
        "carbon:location_tco2e": ("tCO2e", year["location_tco2e"]),
        "capex": ("M JPY", 100.0),
        "cash": ("M JPY", year["cash_mjpy"]),
        "racks:moved_out": ("racks", 10.0),
    }
    assert len(terms) == len({term for term, _ in hand_costs})

    def compared(*rows, **changed):
        rows = [*rows, *(("optimised", name, *told[name]) for name in told if name not in changed)]
        rows += [("optimised", name, *cells) for name, cells in changed.items() if cells]
        lines = [f"{plan},{name},{unit},{value!r}" for plan, name, unit, value in rows]
        (folder / "comparison.csv").write_text("\n".join(["plan,measure,unit,value", *lines]))
        return [(finding.where["measure"], finding.message) for finding in audit(folder).findings]

    wrong = "the value is not what inputs and decisions give"
    assert compared() == []
    assert compared(**{"cost:rent": ("M JPY PV", 17.0)}) == [("cost:rent", wrong)]
    assert compared(cost=("M JPY PV", figures["objective_mjpy"] + 1e-5)) == [("cost", wrong)]
    assert compared(capex=("MWh", 100.0)) == [("capex", "the unit is wrong")]
    assert compared(capex=None) == [("capex", "the row is missing")]
    assert compared(**{"cost:moves": None}) == [("cost:moves", "the row is missing")]
    assert compared(("frozen", "cost", "M JPY PV", 1.0)) == [("cost", "unknown plan")]
    again = ("optimised", "cost:rent", *told["cost:rent"])
    assert compared(again) == [("cost:rent", "unknown or repeated")]
    assert compared(("optimised", "joy", "smiles", 1.0)) == [("joy", "unknown or repeated")]


def test_reference_plans_report_misses_of_what_is_not_imposed(hand):
    hand.write()
    hand.plan = "as_announced"
    hand.given("targets", "value", "green,2022", 0.25).given("budgets", "capex_mjpy", "2022", 99)
    hand.given("projects", "build_months", "o2", 7).given("pins", "sense", "keep", "<=")
    hand.given("pins", "value", "keep", 0).cell("targets", "value", "green,2022", 0.25)
    hand.cell("targets", "binding", "green,2022", "true")
    for year in (2022, 2023):
        hand.cell("limits", "available", f"capex_budget,fleet,FY{year}", 99)
    hand.cell("limits", "binding", "capex_budget,fleet,FY2022", "true")
    folder = hand.write()
    report = audit(folder, "as_announced")
    assert report.passed, str(report)
    assert {finding.rule for finding in report.misses} == {"targets", "capex_budget", "build_time", "pins"}
    both = audit_all(folder)
    assert list(both) == ["optimised", "as_announced"]
    assert not both["optimised"].passed


def test_a_frozen_plan_gives_back_no_racks(hand):
    hand.only_decisions().write()
    hand.plan = "frozen"
    report = audit(hand.write(), "frozen")
    assert {finding.rule for finding in report.findings} == {"lease_state"}


def test_the_report_says_what_it_found(hand):
    hand.cell("summary", "sites", "2022", 3)
    report = audit(hand.write())
    saved = report.to_dict()
    assert saved["passed"] is False
    assert saved["findings"][0]["where"] == {"fiscal_year": "2022"}
    assert saved["checks"] == report.checks == sum(report.rules.values())
    assert "expected 2, found 3" in str(report)
