"""The tables of a plan small enough for paper: an own site, a lease, two projects, three years and a tail."""

from __future__ import annotations

from datetime import date
from typing import Any

import pandas as pd

Tables = dict[str, pd.DataFrame]
YEARS = (2022, 2023, 2024, 2025)
RELEASES = [
    "lease", "part", "period", "day", "kind", "racks", "notice_by", "break_fee_mjpy", "restoration_mjpy",
]  # fmt: skip


def periods() -> pd.DataFrame:
    """Return yearly periods; the last one is the tail."""
    rows = [(f"FY{y}", date(y, 4, 1), date(y + 1, 4, 1), y, y == YEARS[-1]) for y in YEARS]
    table = pd.DataFrame(rows, columns=["period", "start", "end", "fiscal_year", "tail"])
    table["days"] = [365, 366, 365, 365]
    table["hours"] = 24 * table["days"]
    return table


def assets() -> pd.DataFrame:
    """Return an old battery, a hall of batteries and plant, and a hall that serves after the horizon."""
    rows = [
        ("old", "", "S", "battery", 60.0, date(2020, 10, 1), 6.0, 6.0, True),
        ("hall:battery", "hall", "S", "battery", 60.0, date(2023, 10, 1), 6.0, 6.0, False),
        ("hall:plant", "hall", "S", "plant", 150.0, date(2023, 10, 1), 15.0, 15.0, False),
        ("late:plant", "late", "S", "plant", 100.0, date(2025, 7, 1), 15.0, 15.0, False),
    ]
    names = ["asset", "project", "site", "asset_class", "cost_mjpy", "service_date", "life_years"]
    return pd.DataFrame(rows, columns=[*names, "tax_life_years", "opening"])


def payments() -> pd.DataFrame:
    """Return what the two projects pay: 21 of the first is sunk, 42 is paid half a year after service."""
    rows = [
        ("hall", date(2021, 10, 1), "", 2021, 21.0, True),
        ("hall", date(2022, 10, 1), "FY2022", 2022, 84.0, False),
        ("hall", date(2023, 10, 1), "FY2023", 2023, 63.0, False),
        ("hall", date(2024, 4, 1), "FY2024", 2024, 42.0, False),
        ("late", date(2024, 10, 1), "FY2024", 2024, 40.0, False),
        ("late", date(2025, 7, 1), "FY2025", 2025, 60.0, False),
    ]
    return pd.DataFrame(rows, columns=["project", "day", "period", "fiscal_year", "mjpy", "sunk"])


def leases() -> Tables:
    """Return ten racks at 0.1 M JPY a month: six stay for two years, four break after one."""
    end, leave = date(2024, 4, 1), date(2023, 4, 1)
    spans = pd.DataFrame(
        [
            ("L", "base", date(2022, 4, 1), leave, end, 4, 0.0),
            ("L", "base", date(2022, 4, 1), end, end, 6, 0.0),
        ],
        columns=["lease", "part", "start", "end", "term_end", "racks", "rent_escalation"],
    )
    rates = pd.DataFrame(
        [("L", "base", "FY2022", 1e5), ("L", "base", "FY2023", 1e5)],
        columns=["lease", "part", "period", "rent_jpy_per_rack_month"],
    )
    releases = pd.DataFrame(
        [
            ("L", "base", "FY2023", leave, "break", 4, "2022-10-01", 0.8, 0.4),
            ("L", "base", "FY2024", end, "final", 6, "", 0.0, 0.6),
        ],
        columns=[
            "lease",
            "part",
            "period",
            "day",
            "kind",
            "racks",
            "notice_by",
            "break_fee_mjpy",
            "restoration_mjpy",
        ],
    )
    held = pd.DataFrame({"lease": "L", "period": [f"FY{y}" for y in YEARS], "leased_racks": [10, 6, 0, 0]})
    return {"lease_spans": spans, "lease_rates": rates, "releases": releases, "leases": held}


def costs() -> pd.DataFrame:
    """Return costs by term and period; `pv_mjpy` is for the tests to work out."""
    amounts: dict[str, tuple[bool, tuple[float, ...]]] = {
        "energy_owned": (True, (10.0, 11.0, 12.0, 13.0)),
        "rent": (True, (12.0, 7.2, 0.0, 0.0)),
        "staff": (True, (2.0, 2.0, 2.0, 2.0)),
        "instruments": (True, (0.0, 1.0, 0.0, 0.0)),
        "asset_tax": (True, (0.0, 0.0, 2.87, 2.59)),
        "break_fee": (True, (0.0, 0.8, 0.0, 0.0)),
        "restoration": (True, (0.0, 0.4, 0.6, 0.0)),
        "capex": (True, (84.0, 63.0, 82.0, 60.0)),
        "shadow_carbon": (False, (3.0, 3.0, 3.0, 3.0)),
        "target_misses": (False, (0.0, 0.0, 5.0, 0.0)),
        "commitment_change": (False, (0.0, 0.5, 0.0, 0.0)),
        "restoration_accrual": (False, (0.1, 0.0, 0.0, 0.0)),
        "terminal_capex": (False, (0.0, 0.0, 0.0, -150.0)),
    }
    rows = [
        (term, "S", f"FY{year}", cash, amount)
        for term, (cash, values) in amounts.items()
        for year, amount in zip(YEARS, values, strict=True)
        if amount
    ]
    return pd.DataFrame(rows, columns=["term", "site", "period", "cash", "mjpy"])


def use() -> Tables:
    """Return eight racks that draw 100 kW, in a hall of ten places, on a grid of 0.5 t/MWh."""
    labels = [f"FY{y}" for y in YEARS]
    hours = [8760, 8784, 8760, 8760]
    return {
        "racks": pd.DataFrame({"class": "c", "hall": "A", "period": labels, "racks": 8.0}),
        "energy": pd.DataFrame({"hall": "A", "period": labels, "it_mwh": [0.1 * h for h in hours]}),
        "halls": pd.DataFrame({"hall": ["A"] * 4 + ["B"] * 4, "period": labels * 2, "in_service": 1}),
        "emissions": pd.DataFrame(
            {"site": "S", "fiscal_year": YEARS, "location_tco2e": [0.05 * h for h in hours]}
        ),
    }


def year(table: pd.DataFrame, fiscal_year: int, **keys: Any) -> pd.Series[Any]:
    """Return the one row of a fiscal year."""
    chosen = table[table["fiscal_year"] == fiscal_year]
    for name, value in keys.items():
        chosen = chosen[chosen[name] == value]
    assert len(chosen) == 1, f"{len(chosen)} rows of FY{fiscal_year} {keys}"
    return chosen.iloc[0]
