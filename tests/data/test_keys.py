"""Keys, references, yearly series, provenance and bounds: the message names the cell and the remedy."""

import pytest

from dcplan.data.case import Case
from dcplan.data.load import read_case
from dcplan.data.tables import SETTINGS

from .conftest import Damage, Folder, both, cell, gone, row

KEYS: dict[str, tuple[Damage, str]] = {
    "repeated key": (row("halls"), "halls.csv row 5, hall = A: repeats the key of row 2. Remove one"),
    "near key": (
        row("sites", {"site": "City"}, site="ｃｉｔｙ"),
        "sites.csv row 4, site = ｃｉｔｙ: differs from City in row 3 only by width or letter case",
    ),
    "repeated pair": (row("occupancy"), "class, hall = cloud, A: repeats the key of row 2"),
    "unknown site": (
        cell("halls", "site", "Kampus"),
        "site = Kampus: is not in sites.csv. Did you mean Campus?",
    ),
    "unknown tariff": (
        cell("sites", "tariff", "zzz"),
        "tariff = zzz: is not in tariffs.csv. Add it to tariffs.csv.",
    ),
    "unknown source": (cell("halls", "source", "none"), "source = none: is not in sources.csv"),
    "unknown profile": (cell("projects", "profile", "two_step"), "Did you mean two_steps?"),
    "unknown region": (cell("sites", "region", "Kantou"), "region = Kantou: must be one of Hokkaido"),
    "gap": (
        gone("tariffs", tariff="owned", fiscal_year="2023"),
        "tariffs.csv row 2, fiscal_year: owned has no row for FY2023. Add the missing fiscal "
        "years; nothing is filled",
    ),
    "short series": (
        gone("budgets", fiscal_year="2024"),
        "budgets.csv row 3, fiscal_year: has no row for FY2024",
    ),
    "late series": (gone("class_years", fiscal_year="2022"), "class_years.csv: cloud has no row for FY2022"),
    "class without years": (
        gone("class_years", **{"class": "colo"}),
        "class_years.csv: colo has no row for FY2022, FY2023, FY2024",
    ),
    "area without factor": (
        cell("sites", "grid_area", "JP-KN", site="City"),
        "grid_factors.csv: national, JP-KN has no row for FY2022, FY2023, FY2024",
    ),
    "instrument without prices": (
        row("instruments", instrument="second"),
        "instrument_years.csv: second has no row for FY2022",
    ),
    "target gap": (
        gone("targets", target="owned_renewable", fiscal_year="2023"),
        "owned_renewable has no row for FY2023",
    ),
    "target that stops": (
        gone("targets", target="owned_renewable", fiscal_year="2024"),
        "targets.csv row 3, fiscal_year: owned_renewable has no row for FY2024",
    ),
    "assumption without low": (
        cell("halls", "low", ""),
        "low = (empty): must not be empty: an assumption states the range",
    ),
    "assumption without reason": (
        cell("halls", "reason", ""),
        "reason = (empty): must not be empty: an assumption says why",
    ),
    "low above": (cell("halls", "low", "1.31"), "low = 1.31: must be at most the value of pue (1.3)"),
    "high below": (cell("halls", "high", "1.2"), "high = 1.2: must be at least the value of pue (1.3)"),
    "range of a fact": (
        cell("halls", "basis", "public"),
        "low = 1.25: must be empty: only assumptions have a range",
    ),
    "range without measure": (
        cell("policy", "low", "1"),
        "low = 1: must be empty: this table has no measure",
    ),
    "unknown basis": (
        cell("halls", "basis", "guess"),
        "must be one of disclosed, public, derived, assumption",
    ),
    "unknown setting": (
        row("settings", setting="discount_rates"),
        "setting = discount_rates: is not a setting",
    ),
    "missing setting": (
        gone("settings", setting="asset_tax_rate"),
        "settings.csv: has no row for the setting asset_tax_rate",
    ),
    "setting unit": (
        cell("settings", "unit", "%"),
        "unit = %: must be per year. Give discount_rate in per year.",
    ),
    "setting in percent": (
        both(cell("settings", "value", "5"), cell("settings", "high", "6")),
        "value = 5: discount_rate must be less than 1 per year. Write a rate as a fraction: 5 % is 0.05.",
    ),
}


@pytest.mark.parametrize("name", KEYS)
def test_keys_references_series_and_provenance(name: str, folder: Folder) -> None:
    damage, message = KEYS[name]
    damage(folder)
    found = folder.messages()
    assert any(message in text for text in found), found


def test_one_reason_serves_at_most_ten_rows(folder: Folder) -> None:
    for table in ("class_years", "demand"):
        folder.set_all(table, "reason", "The same words.")
    found = [text for text in folder.messages() if "one reason serves at most 10" in text]
    assert found == [
        "demand.csv row 6, reason = The same words.: stands on 14 rows, and one reason serves at most 10. "
        "Say what is particular about each value."
    ]


BOUNDS = {
    "PUE below 1": ("halls", "pue", "0.8", "DCiE"),
    "PUE in percent": ("halls", "pue", "130", "ratio"),
    "price per MWh": ("tariffs", "energy_jpy_per_kwh", "18200", "Yen per MWh?"),
    "instrument price per MWh": ("instrument_years", "price_jpy_per_kwh", "600", "Yen per MWh?"),
    "churn in percent": ("class_years", "churn_rate", "5", "5 % is 0.05"),
    "escalation in percent": ("leases", "rent_escalation", "2", "5 % is 0.05"),
    "fill in percent": ("halls", "largest_fill", "95", "95 % is 0.95"),
    "load in percent": ("halls", "reference_load", "60", "60 % is 0.6"),
    "share in percent": ("classes", "max_site_share", "40", "40 % is 0.4"),
    "grams per kWh": ("grid_factors", "kg_per_kwh", "437", "divide g/kWh"),
    "yen for M JPY": ("projects", "cost_mjpy", "7000000000", "million yen"),
    "negative racks": ("occupancy", "racks", "-1", "from 0"),
    "negative power": ("halls", "it_kw", "-20", "from 0"),
    "half a rack": ("occupancy", "racks", "1.5", "decimals"),
    "W for kW": ("halls", "max_rack_kw", "10000", "not W"),
    "year as two digits": ("budgets", "fiscal_year", "22", "four digits"),
    "missing number": ("halls", "it_kw", "", "Fill in: design IT power"),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_unit_slips_are_refused_with_a_hint(name: str, folder: Folder) -> None:
    table, column, value, remedy = BOUNDS[name]
    number = folder.set(table, column, value)
    found = [p for p in folder.problems() if (p.row, p.column) == (number, column)]
    assert len(found) == 1, folder.messages()
    assert remedy in found[0].remedy
    assert found[0].file == f"{table}.csv"


def test_a_wrong_cell_is_not_reported_twice(folder: Folder) -> None:
    folder.set("halls", "it_kw", "many")
    assert folder.messages() == [
        "halls.csv row 2, it_kw = many: must be a number. Write digits with a decimal point and no unit."
    ]


def test_an_unreadable_parent_does_not_blame_its_children(folder: Folder) -> None:
    folder.set("sites", "site", "a\nb", site="Campus")
    assert [(p.file, p.row) for p in folder.problems()] == [("sites.csv", 2)]


def test_settings_are_read_by_name(toy_case: Case) -> None:
    assert set(toy_case.settings) == set(SETTINGS)
    assert all(isinstance(value, float) for value in toy_case.settings.values())


def test_dates_and_optional_columns_may_be_absent(folder: Folder) -> None:
    case, problems = read_case(folder.path)
    assert not problems
    assert case is not None
    assert set(case["halls"]["known_on"]) == {None}
    folder.set("halls", "known_on", "2022/3/1", hall="A")
    case, problems = read_case(folder.path)
    assert not problems
    assert case is not None
    assert str(case["halls"]["known_on"].iloc[0]) == "2022-03-01"
