"""Every family of the model as readable .lp text on the toy case.

Run with DCPLAN_UPDATE_GOLDEN=1 to write the files anew, then read what changed in them.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Callable
from datetime import date
from functools import cache
from pathlib import Path

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.lp.lpfile import write_lp
from dcplan.lp.program import Program
from dcplan.model import FAMILIES, build
from tests.model import toys

GOLDEN = Path(__file__).resolve().parent.parent / "golden" / "lp"
NAMES = [family.__name__ for family in FAMILIES]
COSTS = "costs"  # the variables with their bounds, and all named costs as one objective
DIGITS = 1e-9
NUMBER = re.compile(r"(?<![\w.])[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w.])")


def pinned_racks(case: Case) -> Case:
    """Ten cloud racks are held in City until the end of FY2022."""
    row = {"class": "cloud", "hall": "City-hall", "racks": 10, "until": date(2023, 4, 1)}
    return toys.with_rows(case, "pinned_racks", row)


def reserved(case: Case) -> Case:
    """Ten colocation racks are booked in Kanto from FY2023 on; five more were counted in the demand."""
    row = {"reservation": "order-1", "class": "colo", "region": "Kanto", "racks": 10, "until": None}
    first = row | {"from_date": date(2023, 4, 1), "counted": "on_top"}
    more = row | {"reservation": "order-2", "racks": 5, "from_date": date(2024, 7, 1), "counted": "in_demand"}
    return toys.with_rows(case, "reservations", first, more)


def committed(case: Case) -> Case:
    """Hall C is under construction and comes on 1 October 2023."""
    project = {"project": "hall-c", "committed": True, "service_date": date(2023, 10, 1)}
    return toys.with_hall(case, "C", "B", project)


def upgrade(case: Case) -> Case:
    """A new feed brings 400 kW more to the campus."""
    return toys.with_upgrade(case, "feed", adds_receiving_kw=400.0)


def chain(case: Case) -> Case:
    """Hall C stands on hall B, and B on the new feed; each comes a year after the other at the earliest."""
    project = {"project": "hall-c", "after_project": "hall-b", "after_months": 12}
    case = upgrade(toys.with_hall(case, "C", "B", project))
    case = toys.with_value(case, "projects", "after_project", "feed", project="hall-b")
    return toys.with_value(case, "projects", "after_months", 12, project="hall-b")


def pins(case: Case) -> Case:
    """Hall B must not be built, and City keeps at least 30 cloud racks in FY2023."""
    row = {
        "pin": "some-in-city", "decision": "racks", "class": "cloud", "hall": "City-hall", "site": "",
        "period_from": date(2023, 4, 1), "period_to": date(2024, 4, 1), "sense": ">=", "value": 30.0,
    }  # fmt: skip
    return toys.with_rows(toys.pinned(case, "B", 0), "pins", row)


def caps(case: Case) -> Case:
    """One cap on every measure, with a new feed that costs CAPEX as well."""
    values = {"location_tco2e": 11000.0, "market_tco2e": 9000.0, "capex_mjpy": 500.0, "moved_racks": 40.0}
    rows = [{"cap": name, "measure": name, "value": value} for name, value in values.items()]
    return toys.with_rows(upgrade(case), "caps", *rows)


def ended(case: Case) -> Case:
    """City's lease cannot be renewed, and may be broken for three months' rent in steps of five racks."""
    leases = case["leases"].assign(renewal="none", break_fee_months=3.0, step_racks=5)
    return toys.with_table(case, "leases", leases)


def minimum(case: Case) -> Case:
    """Thirty racks stay under contract while City is kept."""
    return toys.with_value(case, "leases", "least_racks", 30)


def option(case: Case) -> Case:
    """Twenty more racks may be taken in City for two years, in steps of ten."""
    leases = case["leases"].assign(option_racks=20, option_months=24, step_racks=10)
    return toys.with_table(case, "leases", leases)


def ratchet(case: Case) -> Case:
    """The campus is billed by its highest peak of the trailing twelve months."""
    return toys.with_value(case, "sites", "demand_rule", "ratchet", site="Campus")


def pue(case: Case) -> Case:
    """The campus also has a yearly PUE to keep."""
    row = {"target": "owned_pue", "fiscal_year": 2024, "metric": "pue", "boundary": "owned", "value": 1.35}
    return toys.with_rows(case, "targets", row | {"miss_price": float("nan")})


def contract(case: Case) -> Case:
    """Two MW of a contract for three years may be signed from FY2022, and one more from FY2023 for one."""
    return toys.with_ppa(case)


def batteries(case: Case) -> Case:
    """The campus has a battery and panels, and may buy more of both; the sun shines four hours a day."""
    folder = Path(tempfile.mkdtemp(prefix="dcplan-golden-"))
    case = toys.with_panels(toys.with_battery_option(toys.with_battery(toys.sunny(case, folder))))
    return toys.with_money(case)


def hourly(case: Case) -> Case:
    """A fifth of what the campus draws in FY2024 is carbon-free in the same hour, by claims like the sun."""
    row = {"target": "hourly", "fiscal_year": 2024, "metric": "hourly_carbon_free_share", "value": 0.2}
    row |= {"boundary": "owned", "miss_price": float("nan"), "claims_profile": "solar"}
    return toys.with_rows(batteries(case), "targets", row)


# a family that the toy case has no rows (or not every kind of row) for is shown on a variation
VARIATIONS = {
    "pinned_racks": pinned_racks,
    "reserved_racks": reserved,
    "build_time": committed,
    "precedence": chain,
    "start_once": upgrade,
    "site_power": upgrade,
    "capex_budget": upgrade,
    "pins": pins,
    "caps": caps,
    "lease_state": ended,
    "committed_minimum": minimum,
    "lease_options": option,
    "demand_charge": ratchet,
    "ppa_contracts": contract,
    "targets": pue,
    "onsite_stays": batteries,
    "self_use": batteries,
    "battery_cut": batteries,
    "hourly_target": hourly,
}


def plain(case: Case) -> Case:
    """The case as it is shipped."""
    return case


@cache
def program(case: Case, variation: Callable[[Case], Case]) -> Program:
    """Return the program of a variation: several families are shown on the same."""
    varied = variation(case)
    return build(varied, make_calendar(varied.info)).program


def lp_text(case: Case, name: str) -> str:
    made = program(case, VARIATIONS.get(name, plain))
    return write_lp(made, family="" if name == COSTS else name)


def same(text: str, golden: str) -> bool:
    """Whether two texts agree in every word, and in every number to nine digits."""
    if text == golden:
        return True
    if NUMBER.sub("#", text) != NUMBER.sub("#", golden):
        return False
    pairs = zip(NUMBER.findall(text), NUMBER.findall(golden), strict=True)
    return all(float(a) == pytest.approx(float(b), rel=DIGITS) for a, b in pairs)


@pytest.mark.parametrize("name", [*NAMES, COSTS])
def test_the_rows_of_a_family_read_as_before(toy_case: Case, name: str) -> None:
    text, file = lp_text(toy_case, name), GOLDEN / f"{name}.lp"
    if os.environ.get("DCPLAN_UPDATE_GOLDEN") == "1":
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, "utf-8")
    assert same(text, file.read_text("utf-8")), f"{name}: the model differs from {file}"


def test_every_family_has_one_golden_file_and_no_file_is_left_over() -> None:
    assert len(NAMES) == len(set(NAMES))
    assert sorted(path.stem for path in GOLDEN.glob("*.lp")) == sorted([*NAMES, COSTS])


@pytest.mark.parametrize("name", NAMES)
def test_every_golden_file_shows_rows(name: str) -> None:
    text = (GOLDEN / f"{name}.lp").read_text("utf-8")
    rows = text.split("subject to\n")[1].split("bounds\n")[0]
    assert len([line for line in rows.splitlines() if re.search(r"(<=|>=|=) ", line)]) > 0


@pytest.mark.parametrize("family", FAMILIES, ids=NAMES)
def test_every_family_states_its_promise_its_formula_and_its_unit(family: object) -> None:
    text = family.__doc__ or ""
    first = text.splitlines()[0]
    formulas = re.findall(r"\$\$(.*?)\$\$", text, flags=re.DOTALL)
    assert first.endswith(".")
    assert formulas
    assert any(re.search(r"\[(\\mathrm\{[^]]+|-)\]", formula) for formula in formulas), "no unit in brackets"


def test_a_changed_coefficient_is_seen(toy_case: Case) -> None:
    text = lp_text(toy_case, "rack_places")
    assert same(text, text.replace("100 in_service", "100.0000000001 in_service"))
    assert not same(text, text.replace("100 in_service", "101 in_service"))
