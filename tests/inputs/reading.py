"""Reads the shipped cases with nothing but the csv module, so that the tests do not lean on the loader."""

import csv
import tomllib
from pathlib import Path
from typing import Any

INPUTS = Path(__file__).parents[2] / "inputs"
CASES = ("iij", "toy")
MEASURES = {
    "caps": "value",
    "settings": "value",
    "stations": "m08",
    "sites": "staff_fte",
    "cooling": "slope_per_c",
    "halls": "pue",
    "classes": "move_mjpy_per_rack",
    "class_years": "mean_kw",
    "load_shapes": "h12",
    "demand": "racks",
    "occupancy": "racks",
    "pinned_racks": "racks",
    "reservations": "racks",
    "commitments": "price_mjpy",
    "leases": "rent_jpy_per_rack_month",
    "asset_classes": "life_years",
    "projects": "cost_mjpy",
    "project_assets": "share",
    "opening_assets": "cost_mjpy",
    "milestones": "share",
    "connections": "receiving_kw",
    "tariffs": "energy_jpy_per_kwh",
    "grid_factors": "kg_per_kwh",
    "emission_factors": "value",
    "generators": "test_hours_per_year",
    "refrigerants": "leak_rate",
    "carbon_prices": "shadow_jpy_per_t",
    "onsite_pv": "mwh_per_year",
    "batteries": "power_kw",
    "battery_options": "energy_jpy_per_kwh",
    "pv_options": "cost_jpy_per_kw",
    "instrument_years": "price_jpy_per_kwh",
    "ppa_offers": "price_jpy_per_kwh",
    "targets": "value",
    "budgets": "capex_mjpy",
    "history": "mjpy",
}

Row = dict[str, str]


def rows(case: str, table: str) -> list[Row]:
    with (INPUTS / case / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def by(case: str, table: str, *key: str) -> dict[Any, Row]:
    """The rows of a table by their key: a text for one column, a tuple for several."""
    return {
        row[key[0]] if len(key) == 1 else tuple(row[name] for name in key): row for row in rows(case, table)
    }


def tables(case: str) -> dict[str, list[Row]]:
    """Every table of a case that has provenance columns."""
    names = sorted(path.stem for path in (INPUTS / case).glob("*.csv"))
    return {name: rows(case, name) for name in names if name != "sources"}


def told_tables(case: str) -> dict[str, list[Row]]:
    """Every table that says where its rows come from: those of the case, its vintages, its calibration."""
    inner = sorted(path.relative_to(INPUTS / case) for path in (INPUTS / case).glob("[!w]*/*.csv"))
    return tables(case) | {name: rows(case, name) for name in (str(path.with_suffix("")) for path in inner)}


def info(case: str) -> dict[str, Any]:
    return tomllib.loads((INPUTS / case / "case.toml").read_text(encoding="utf-8"))
