"""Changes of a random case that must not matter to its optimum, or only as said."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from tempfile import mkdtemp

import numpy as np
import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.lp.solution import Solution, Status
from dcplan.solvers import highs
from tests.model.test_properties import MONEY, MONEY_SETTINGS
from tests.model.toys import with_rows, with_settings, with_table
from tests.random_cases.solving import EXACT, model_of, valid

OPTION_RENT = "option_rent_jpy_per_rack_month"
POWERS = {
    "class_years": ["mean_kw", "peak_kw", "contract_kw"],
    "halls": ["it_kw", "max_rack_kw"],
    "connections": ["receiving_kw"],
    "projects": ["adds_receiving_kw"],
    "sites": ["opening_peak_kw"],
    "onsite_pv": ["mwh_per_year"],
    "instrument_years": ["volume_mwh"],
}
PER_POWER = {
    "tariffs": [
        "energy_jpy_per_kwh",
        "fuel_adjustment_jpy_per_kwh",
        "surcharge_jpy_per_kwh",
        "demand_jpy_per_kw_month",
    ],
    "instrument_years": ["price_jpy_per_kwh"],
    "grid_factors": ["kg_per_kwh"],
}


def scaled(case: Case, columns: dict[str, list[str]], factor: float) -> Case:
    for table, names in columns.items():
        frame = case[table]
        if len(frame):
            numbers = {name: frame[name].astype(float) * factor for name in names}
            case = with_table(case, table, frame.assign(**numbers))
    return case


def dearer(case: Case) -> Case:
    """Ten times the prices, and budgets that grow with them."""
    money = MONEY | {"leases": [*MONEY["leases"], OPTION_RENT]}
    case = scaled(case, money, 10.0)
    return with_settings(case, **{name: 10.0 * case.settings[name] for name in MONEY_SETTINGS})


def in_watts(case: Case) -> Case:
    """Powers and energies a thousand times as large, prices per unit a thousandth: kW written as W."""
    case = scaled(scaled(case, POWERS, 1000.0), PER_POWER, 1e-3)
    targets = case["targets"]
    if len(targets):
        per_mwh = targets["metric"].isin(["renewable_share", "pue"])
        price = targets["miss_price"].where(~per_mwh, targets["miss_price"] * 1e-3)
        case = with_table(case, "targets", targets.assign(miss_price=price))
    return case


def shuffled(case: Case) -> Case:
    tables = {
        name: table.sample(frac=1.0, random_state=7).reset_index(drop=True)
        for name, table in case.tables.items()
    }
    return replace(case, tables=tables)


def renamed(case: Case) -> Case:
    """Other names for sites, halls, classes, leases, projects and instruments, in another order."""
    tables = dict(case.tables)
    names: dict[str, dict[str, str]] = {}
    for kind, table in (("site", "sites"), ("hall", "halls"), ("class", "classes"), ("lease", "leases"),
                        ("project", "projects"), ("instrument", "instruments")):  # fmt: skip
        labels = list(case[table][kind])
        names[kind] = {label: f"{kind} {len(labels) - i}" for i, label in enumerate(labels)}
    names["after_project"] = names["project"]
    for name, table in tables.items():
        columns = {column: table[column].replace(new) for column, new in names.items() if column in table}
        tables[name] = table.assign(**columns)
    return replace(case, tables=tables)


def split_demand(case: Case) -> Case:
    """One more row of demand between two others, on the line between them."""
    rows = case["demand"]
    name = rows["class"].iloc[0]
    first, second = rows[rows["class"] == name].sort_values("date").iloc[:2].to_dict("records")
    days = (second["date"] - first["date"]).days
    middle = first["date"] + (second["date"] - first["date"]) * (1 / 5)  # 73 of 365 days
    share = (middle - first["date"]).days / days
    racks = first["racks"] + share * (second["racks"] - first["racks"])
    return with_rows(case, "demand", {"class": name, "date": middle, "racks": racks})


def dominated(case: Case) -> Case:
    """A dear copy of the first project's hall, or the case as it is where nothing is built."""
    projects = case["projects"]
    halls = projects.loc[projects["hall"] != "", "hall"]
    if halls.empty:
        return case
    hall = halls.iloc[0]
    row = case["halls"].set_index("hall", drop=False).loc[hall].to_dict()
    project = projects[projects["hall"] == hall].iloc[0].to_dict()
    case = with_rows(case, "halls", {**row, "hall": "copy"})
    new = {"project": "build-copy", "hall": "copy", "cost_mjpy": 1e5, "committed": False,
           "service_date": None, "spent_mjpy": 0.0}  # fmt: skip
    case = with_rows(case, "projects", {**project, **new})
    shares = case["project_assets"][case["project_assets"]["project"] == project["project"]]
    copies = [{**share, "project": "build-copy"} for share in shares.to_dict("records")]
    return with_rows(case, "project_assets", *copies)


def same(case: Case) -> Case:
    """The case itself, read again: the optimum is what it was."""
    return replace(case, tables={name: table.copy() for name, table in case.tables.items()})


CHANGES: list[tuple[Callable[[Case], Case], float]] = [
    (dearer, 10.0), (in_watts, 1.0), (shuffled, 1.0), (renamed, 1.0), (split_demand, 1.0), (dominated, 1.0),
]  # fmt: skip


@lru_cache(maxsize=4)
def base(seed: int) -> tuple[Case, Solution | None]:
    case = valid(seed, Path(mkdtemp(prefix="dcplan-"))).case
    return case, optimum(case)


def optimum(case: Case) -> Solution | None:
    model = model_of(case)
    if model is None:
        return None
    solution = highs.solve(model.program.matrix(), EXACT)
    return solution if solution.status is Status.OPTIMAL else None


def test_a_change_that_must_not_matter_does_not(changed_seed: int) -> None:
    change, factor = CHANGES[changed_seed % len(CHANGES)]
    case, before = base(1000 + changed_seed // len(CHANGES))
    after = optimum(change(case))
    if before is None:
        assert after is None
        return
    assert after is not None
    expected = factor * before.objective
    assert after.objective == pytest.approx(expected, rel=2e-6, abs=1e-6), (
        f"{case.info.name}: {change.__name__}"
    )


def test_a_pin_on_what_the_optimum_does_is_free() -> None:
    """Every choice of project and site in the optimum, pinned, leaves the cost as it is."""
    case, before = base(1001)
    assert before is not None
    model = model_of(case)
    assert model is not None
    assert before.values is not None
    pins = []
    state = model.program.table("in_service", before.values)
    for hall, rows in state.groupby("hall"):
        value = float(np.round(rows["in_service"].iloc[-1]))
        pins.append({"decision": "in_service", "hall": hall, "value": value})
    kept = model.program.table("kept", before.values)
    for site, rows in kept.groupby("site"):
        pins.append({"decision": "kept", "site": site, "value": float(np.round(rows["kept"].iloc[-1]))})
    last = model.context.tables.periods["start"].iloc[-1]
    plain = {"class": "", "hall": "", "site": "", "period_from": last, "period_to": None, "sense": "="}
    rows = [{"pin": f"pin-{i}", **plain, **pin} for i, pin in enumerate(pins)]
    after = optimum(with_rows(with_table(case, "pins", case["pins"].iloc[:0]), "pins", *rows))
    free = optimum(with_table(case, "pins", case["pins"].iloc[:0]))
    assert after is not None
    assert free is not None
    assert after.objective >= free.objective - 1e-6
    if case["pins"].empty:
        assert after.objective == pytest.approx(before.objective, rel=1e-6)


def test_the_changes_change_something() -> None:
    """The renamed case has none of the old names; the one in watts has other numbers."""
    case, _ = base(1000)
    assert set(renamed(case)["halls"]["hall"]).isdisjoint(case["halls"]["hall"])
    assert not pd.DataFrame.equals(in_watts(case)["class_years"], case["class_years"])
