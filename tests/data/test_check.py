import json
import pickle
import time
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dcplan.data.calendar import add_months, make_calendar
from dcplan.data.capacity import earliest_services, hall_places, prove, receiving_kw
from dcplan.data.case import Case
from dcplan.data.check import check
from dcplan.data.load import load
from dcplan.data.provenance import (
    assumption_share,
    assumptions,
    basis_shares,
    changed_files,
    input_files,
    sha256,
)
from dcplan.data.rules_demand import eligible_pairs
from dcplan.data.shipped import case_folder
from dcplan.data.tables import TABLES
from dcplan.errors import (
    AuditError,
    DcplanError,
    InfeasibleError,
    InputError,
    Problem,
    SolverError,
)

from .conftest import Folder


@pytest.mark.parametrize("name", ["iij", "toy"])
def test_the_shipped_cases_pass(name: str) -> None:
    report = check(case_folder(name))
    assert report.ok
    assert report.exit_code == 0
    assert report.problems == report.shortfalls == []
    assert json.loads(json.dumps(report.to_dict()))["ok"] is True
    assert len(report.pue_fit) == len(load(case_folder(name))["halls"])
    assert (report.capacity["spare_racks"] >= 0).all()


def test_load_and_check_are_quick() -> None:
    folder = case_folder("iij")
    assert quickest(lambda: load(folder)) < 0.5
    assert quickest(lambda: check(folder)) < 3.0


def quickest(job: object, times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        start = time.perf_counter()
        job()  # type: ignore[operator]
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def test_a_refused_case_is_a_report(folder: Folder) -> None:
    folder.set("halls", "it_kw", "-20")
    report = check(folder.path)
    assert not report.ok
    assert report.exit_code == 3
    assert report.to_dict()["problems"][0]["message"].startswith("halls.csv row 2, it_kw = -20: must be")
    assert report.capacity.empty


def test_an_impossible_pue_is_a_problem(folder: Folder) -> None:
    folder.set("halls", "pue", "1.1", hall="A")
    folder.set("halls", "low", "1.0", hall="A")
    report = check(folder.path)
    assert report.exit_code == 3
    assert report.problems[0].file == "halls.csv"


def test_too_much_demand_is_proved_before_any_solve(folder: Folder) -> None:
    folder.set("demand", "racks", "250", **{"class": "cloud", "date": "2024-04-01"})
    folder.set("demand", "racks", "260", **{"class": "cloud", "date": "2025-04-01"})
    folder.set_all("demand", "high", "300")
    report = check(folder.path)
    assert report.exit_code == 4
    assert [str(problem) for problem in report.shortfalls] == [
        "demand.csv: classes cloud, colo together need 310 racks in FY2023, and at most 260 can "
        "stand: 50 short, "
        "up to 60 in FY2024. Add places or power, an earlier project, a lease that renews, or "
        "larger shares and regions."
    ]
    everyone = report.capacity[report.capacity["classes"] == "all"].set_index("period")
    assert everyone.loc["FY2023", ["demand_racks", "largest_racks", "spare_racks"]].tolist() == [
        310,
        260,
        -50,
    ]


def test_power_counts_as_well_as_places(folder: Folder) -> None:
    folder.set("connections", "receiving_kw", "700")
    folder.set("connections", "low", "600")
    report = check(folder.path)
    (short,) = report.shortfalls
    assert "classes cloud, colo together need 150 racks in FY2024" in str(short)


def test_a_lease_without_renewal_takes_its_places_away(folder: Folder) -> None:
    folder.set("leases", "renewal", "none")
    folder.set("leases", "renewal_months", "0")
    case = load(folder.path)
    calendar = make_calendar(case.info)
    assert hall_places(case, calendar).loc["City-hall"].tolist() == [60, 60, 0]


def test_coarseness_alone_is_named(folder: Folder) -> None:
    """A lease that ends in March and a hall that opens in October: no plan by year, a plan by month."""
    folder.set("leases", "renewal", "none")
    folder.set("leases", "renewal_months", "0")
    folder.set("leases", "term_end", "2024-11-30")
    folder.set("projects", "committed", "true")
    folder.set("projects", "service_date", "2024-10-01")
    folder.set("class_years", "contract_kw", "8")
    report = check(folder.path)
    assert report.shortfalls
    messages = [str(warning) for warning in report.warnings]
    assert any(text.startswith("case.toml, granularity = year: makes demand impossible") for text in messages)
    assert (
        "projects.csv row 2, service_date = 2024-10-01: lies inside FY2024, so it counts from no period"
        in "".join(messages)
    )
    assert any("term_end = 2024-11-30: ends inside FY2024" in text for text in messages)


WARNINGS = {
    "connection inside a period": (
        lambda f: f.add("connections", from_date="2023-06-01", receiving_kw="2400"),
        "connections.csv row 3, from_date = 2023-06-01: lies inside FY2023, so it counts from FY2024",
    ),
    "late project": (
        lambda f: f.set("projects", "build_months", "60"),
        "projects.csv row 2, project = hall-b: cannot be in service before the horizon ends (2025-04-01)",
    ),
    "early announcement": (
        lambda f: f.set("projects", "service_date", "2022-10-01"),
        "service_date = 2022-10-01: is announced before it can be in service (2023-04-01)",
    ),
    "missed notice": (
        lambda f: f.set("leases", "term_end", "2022-06-30"),
        "term_end = 2022-06-30: could only be left with notice by 2022-01-01",
    ),
    "falling demand": (
        lambda f: (
            f.set("demand", "racks", "56", **{"class": "colo", "date": "2025-04-01"})
            and f.set("demand", "racks", "58", **{"class": "colo", "date": "2024-04-01"})
        ),
        "demand of colo falls from FY2024; whole racks leave by churn",
    ),
    "opening share": (
        lambda f: f.set("classes", "max_site_share", "0.6"),
        "max_site_share = 0.6: 67% of cloud opens in City: tolerated",
    ),
    "pins above occupancy": (
        lambda f: f.create(
            "pinned_racks",
            "class,hall,racks,until,source,basis,low,high,reason\ncloud,A,25,,tutorial,public,,,\n",
        ),
        "pinned_racks.csv row 2, racks = 25: is more than the 20 racks there at as_of",
    ),
    "hindsight": (
        lambda f: f.set_case("edition", '"foresight-2022"') or f.set("halls", "known_on", "2024-01-01"),
        "halls.csv row 2, known_on = 2024-01-01: is later than as_of (2022-04-01)",
    ),
    "idle pin": (
        lambda f: f.create(
            "pins",
            "pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason\n"
            "p,in_service,,B,,2023-05-01,2024-03-01,=,0,tutorial,public,,,late\n",
        ),
        "pins.csv row 2, period_from = 2023-05-01: touches no period",
    ),
    "Shift_JIS": (
        lambda f: (f.path / "halls.csv").write_bytes(
            (f.path / "halls.csv").read_bytes().decode("utf-8").encode("cp932")
        ),
        "halls.csv: was read as Shift_JIS (cp932)",
    ),
}


@pytest.mark.parametrize("name", WARNINGS)
def test_warnings(name: str, folder: Folder) -> None:
    damage, message = WARNINGS[name]
    damage(folder)
    report = check(folder.path)
    assert not report.problems, [str(p) for p in report.problems]
    assert any(message in str(warning) for warning in report.warnings), [str(w) for w in report.warnings]


def test_earliest_services_follow_the_chain(iij_case: Case) -> None:
    found = earliest_services(iij_case, make_calendar(iij_case.info))
    projects = iij_case["projects"].set_index("project")
    for name, row in projects.iterrows():
        if row["committed"]:
            assert found[name] == row["service_date"], name
        elif row["after_project"]:
            assert found[name] >= add_months(found[row["after_project"]], int(row["after_months"])), name


def test_receiving_power_is_dated_and_grows_with_the_earliest_upgrade(iij_case: Case) -> None:
    """Matsue has 6,000 kW, 1,000 more on 1 July 2022 (made up), and 3,000 by an upgrade of 18 months."""
    rows = iij_case["connections"]
    more = rows[rows["site"] == "Matsue"].assign(from_date=date(2022, 7, 1), receiving_kw=7000.0)
    tables = {**iij_case.tables, "connections": pd.concat([rows, more], ignore_index=True)}
    case = replace(iij_case, tables=tables)
    power = receiving_kw(case, make_calendar(case.info, "month")).loc["Matsue"]
    assert power["2022-06"] == 6000
    assert power["2022-07"] == power["2023-09"] == 7000
    assert power["2023-10"] == power.iloc[-1] == 10_000


def test_an_upgrade_that_cannot_come_in_time_proves_nothing(iij_case: Case) -> None:
    projects = iij_case["projects"].assign(build_months=240)
    case = replace(iij_case, tables={**iij_case.tables, "projects": projects})
    assert set(receiving_kw(case, make_calendar(case.info)).loc["Shiroi"]) == {10_000}


def test_a_project_that_waits_for_a_late_one_is_late(toy_case: Case) -> None:
    projects = pd.concat([toy_case["projects"]] * 2, ignore_index=True)
    projects["project"] = pd.Series(["one", "two"], dtype=object)
    projects["hall"] = pd.Series(["B", "C"], dtype=object)
    projects["after_project"] = pd.Series(["", "one"], dtype=object)
    projects["after_months"] = [0, 12]
    projects["earliest_date"] = pd.Series([date(2023, 5, 1), None], dtype=object)
    case = replace(toy_case, tables={**toy_case.tables, "projects": projects})
    calendar = make_calendar(case.info)
    assert earliest_services(case, calendar) == {"one": date(2024, 4, 1)}
    projects["earliest_date"] = pd.Series([None, None], dtype=object)
    assert earliest_services(case, calendar) == {"one": date(2023, 4, 1), "two": date(2024, 4, 1)}


@settings(max_examples=25, deadline=None)
@given(st.randoms(use_true_random=False))
def test_what_stands_is_never_refused(iij_case: Case, random: np.random.RandomState) -> None:
    """Any placement that fits halls, power and places keeps every necessary condition (no false alarm)."""
    case = placed_at_random(iij_case, random)
    assert prove(case, make_calendar(case.info)).shortfalls == []


def placed_at_random(case: Case, random: np.random.RandomState) -> Case:
    """Return the case with a random feasible placement as its opening and flat demand, without churn."""
    halls = case["halls"].merge(case["sites"][["site", "ownership"]], on="site")
    halls = halls[halls["status"] == "in_service"]
    power = case["class_years"].groupby("class")[["peak_kw", "contract_kw"]].max()
    left = {
        row.hall: [row.rack_places * row.largest_fill, row.it_kw, row.ownership == "owned"]
        for row in halls.itertuples()
    }
    received = {"Shiroi": 3000.0, "Matsue": 2000.0}
    site_of = dict(zip(halls["hall"], halls["site"], strict=True))
    pairs = [
        p for p in eligible_pairs(case)[["class", "hall"]].itertuples(index=False, name=None) if p[1] in left
    ]
    random.shuffle(pairs)
    rows = []
    for name, hall in pairs:
        places, kw, owned = left[hall]
        rack = power.loc[name, "peak_kw" if owned else "contract_kw"]
        site_kw = received.get(site_of[hall], 1e9) if owned else 1e9
        most = int(min(places, kw / rack, site_kw / rack))
        racks = random.randint(0, most)
        left[hall] = [places - racks, kw - racks * rack, owned]
        if owned:
            received[site_of[hall]] = site_kw - racks * rack
        rows.append((name, hall, racks))
    occupancy = pd.DataFrame(rows, columns=["class", "hall", "racks"])
    total = occupancy.groupby("class")["racks"].sum()
    demand = pd.DataFrame(
        [(name, day, float(total.get(name, 0))) for name in case["classes"]["class"] for day in
         (case.info.as_of, case.info.horizon_end)],
        columns=["class", "date", "racks"],
    )  # fmt: skip
    classes = case["classes"].assign(max_site_share=1.0, max_region_share=1.0)
    years = case["class_years"].assign(churn_rate=0.0)
    tables = {"occupancy": occupancy, "demand": demand, "classes": classes, "class_years": years}
    return replace(case, tables={**case.tables, **tables})


def test_shares_bound_a_class(iij_case: Case) -> None:
    """A class whose sites may hold 5 % each cannot be placed on its few sites."""
    classes = iij_case["classes"].assign(max_site_share=0.05)
    tables = {**iij_case.tables, "classes": classes, "occupancy": iij_case["occupancy"].iloc[:0]}
    found = prove(replace(iij_case, tables=tables), make_calendar(iij_case.info)).shortfalls
    assert any("class high_density need" in str(problem) for problem in found)


def test_many_classes_are_tried_one_by_one_and_together(toy_case: Case) -> None:
    names = [f"k{i}" for i in range(12)]

    def repeated(table: str) -> pd.DataFrame:
        rows = toy_case[table][toy_case[table]["class"] == "cloud"]
        return pd.concat(
            [
                rows.assign(**{"class": pd.Series([n] * len(rows), index=rows.index, dtype=object)})
                for n in names
            ],
            ignore_index=True,
        )

    tables = {n: repeated(n) for n in ("classes", "class_years", "class_regions", "demand")}
    tables["occupancy"] = toy_case["occupancy"].iloc[:0]
    found = prove(replace(toy_case, tables={**toy_case.tables, **tables}), make_calendar(toy_case.info))
    assert set(found.table["classes"]) == {*names, "all"}
    assert len(found.shortfalls) == 1


def test_basis_shares_add_up(iij_case: Case) -> None:
    shares = basis_shares(iij_case)
    kinds = ["disclosed", "public", "derived", "assumption"]
    assert np.allclose(shares[kinds].sum(axis=1), 1.0)
    assert shares["table"].iloc[-1] == "all"
    assert shares["rows"].iloc[-1] == shares["rows"].iloc[:-1].sum()
    rows, share = assumption_share(iij_case)
    assert rows == len(assumptions(iij_case))
    assert share == pytest.approx(rows / shares["rows"].iloc[-1])


def test_assumptions_lie_in_their_range(iij_case: Case) -> None:
    found = assumptions(iij_case)
    ranged = found[found["measure"] != ""]
    assert ((ranged["low"] <= ranged["value"]) & (ranged["value"] <= ranged["high"])).all()
    assert (found["reason"] != "").all()
    assert found["reason"].value_counts().max() <= 10


def test_hashes_follow_the_files(toy_copy: Path) -> None:
    case = load(toy_copy)
    assert changed_files(case) == []
    assert input_files(case) == sorted(
        str(path.relative_to(toy_copy).as_posix())
        for path in toy_copy.rglob("*")
        if path.suffix in {".csv", ".toml"}
    )
    assert case.hashes["halls.csv"] == sha256(toy_copy / "halls.csv")
    (toy_copy / "halls.csv").write_text("changed", encoding="utf-8")
    (toy_copy / "budgets.csv").unlink()
    assert changed_files(case) == ["budgets.csv", "halls.csv"]


def test_the_case_is_typed(iij_case: Case) -> None:
    for name, table in TABLES.items():
        frame = iij_case[name]
        assert tuple(frame.columns) == table.column_names
        for column in table.all_columns:
            kind = str(frame[column.name].dtype)
            assert kind == {"int": "int64", "float": "float64", "bool": "bool"}.get(column.kind, "object")
            if column.kind == "date":
                assert all(day is None or type(day) is date for day in frame[column.name])
    assert all(hourly.shape == (8760,) for hourly in iij_case.weather.values())
    assert iij_case.row_number("halls", 0) == 2
    assert replace(iij_case, rows={}).row_number("halls", 3) == 5
    assert set(pickle.loads(pickle.dumps(iij_case)).tables) == set(TABLES)


def test_errors_carry_exit_codes_and_survive_a_process_border() -> None:
    problem = Problem("halls.csv", 4, "it_kw", "-20", "must be at least 0 kW", "Leave it empty.")
    errors = {
        DcplanError("x"): 1,
        InputError([problem]): 3,
        InfeasibleError("no plan", [problem]): 4,
        SolverError("x"): 1,
        AuditError(["meet_demand"]): 6,
    }
    for error, code in errors.items():
        copy = pickle.loads(pickle.dumps(error))
        assert copy.exit_code == code
        assert str(copy) == str(error)
    assert "1 problem in the inputs\n  halls.csv row 4, it_kw = -20: must be at least 0 kW." in str(
        InputError([problem])
    )
    assert "no plan\n  halls.csv row 4" in str(InfeasibleError("no plan", [problem]))
    assert "+10 more" in str(InputError([problem] * 60))
    assert "+10 more" in str(AuditError([problem] * 60))


@pytest.mark.parametrize(
    "problem, text",
    [
        (Problem("a.csv", None, None, None, "is missing"), "a.csv: is missing."),
        (Problem("a.csv", 3, None, "x, y", "is odd", "Mend it."), "a.csv row 3, x, y: is odd. Mend it."),
        (Problem("a.csv", 3, "b", "", "is empty."), "a.csv row 3, b = (empty): is empty."),
        (Problem("a.csv", 3, "b", "1\n2\x00", "is odd"), "a.csv row 3, b = 1\\n2\\x00: is odd."),
        (Problem("a.csv", 3, "b", "x" * 99, "is long"), f"a.csv row 3, b = {'x' * 57}...: is long."),
    ],
)
def test_problems_read_as_one_line(problem: Problem, text: str) -> None:
    assert str(problem) == text
    assert "\n" not in str(problem)
