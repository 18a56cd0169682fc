"""A plan on paper: two owned sites and a leased one, FY2022 and FY2023 in halves, and a tail year."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from dcplan.metrics.energy.site_energy import site_energy
from dcplan.metrics.energy.site_kpi import site_kpi
from dcplan.metrics.energy.targets import targets

PERIODS = pd.DataFrame(
    [
        ("FY2022H1", "2022-04-01", 2022, 4392, False),
        ("FY2022H2", "2022-10-01", 2022, 4368, False),
        ("FY2023H1", "2023-04-01", 2023, 4392, False),
        ("FY2023H2", "2023-10-01", 2023, 4392, False),
        ("FY2024", "2024-04-01", 2024, 8760, True),
    ],
    columns=["period", "start", "fiscal_year", "hours", "tail"],
)
LABELS = PERIODS["period"].tolist()
IT = {"Big": 50.0, "Small": 5.0, "Rent": 10.0}
"""IT energy of a half-year [MWh]."""
PUE = {"Big": 1.6, "Small": 1.2, "Rent": 1.7}
SITES = list(IT)


@dataclass
class Paper:
    """What `metrics.energy` reads: the tables of a plan and its inputs."""

    tables: dict[str, pd.DataFrame]
    inputs: dict[str, pd.DataFrame]
    manifest: dict[str, Any] = field(default_factory=dict)


def paper() -> Paper:
    """Return the plan. Rent is left after FY2023H1; every hall has its site's name."""
    return Paper(_energy() | _contracts(), _inputs())


def _held() -> dict[tuple[str, str], float]:
    """Return where racks stand, by site and period, as 1 and 0."""
    grid = [(site, label) for site in SITES for label in LABELS]
    return {(s, t): float(s != "Rent" or t in LABELS[:3]) for s, t in grid}


def _energy() -> dict[str, pd.DataFrame]:
    """Return the tables of energy and emissions."""
    grid = [(site, label) for site in SITES for label in LABELS]
    kept = _held()
    energy = pd.DataFrame(
        [(s, t, IT[s] * kept[s, t], IT[s] * PUE[s] * kept[s, t], 0.0) for s, t in grid],
        columns=["site", "period", "it_mwh", "facility_mwh", "onsite_mwh"],
    )
    energy["imported_mwh"] = energy["facility_mwh"]
    by_class = energy[["site", "period", "it_mwh"]].assign(**{"class": "own"})
    theirs = by_class.assign(**{"class": "colo"}, it_mwh=by_class["it_mwh"] * 0.4)
    by_class["it_mwh"] = by_class["it_mwh"] * 0.6
    energy["peak_kw"] = energy["site"].map({"Big": 20.0, "Small": 2.0})
    of_hall = energy[["site", "period", "it_mwh", "facility_mwh"]].rename(columns={"site": "hall"})
    years = PERIODS[["period", "fiscal_year"]]
    carbon = energy.merge(years, on="period").groupby(["site", "fiscal_year"], sort=False)
    carbon = carbon["facility_mwh"].sum().mul(0.4).rename("location_tco2e").reset_index()
    return {
        "periods": PERIODS,
        "site_energy": energy,
        "energy": of_hall,
        "class_energy": pd.concat([by_class, theirs], ignore_index=True),
        "emissions": carbon,
    }


def _contracts() -> dict[str, pd.DataFrame]:
    """Return what is kept, in service, leased, claimed and asked for."""
    kept = _held()
    return {
        "sites": pd.DataFrame([(s, t, kept[s, t]) for (s, t) in kept], columns=["site", "period", "kept"]),
        "halls": pd.DataFrame(
            [(s, t, 1) for s in ("Big", "Small") for t in LABELS], columns=["hall", "period", "in_service"]
        ),
        "leases": pd.DataFrame(
            [("rent", t, 20 * kept["Rent", t]) for t in LABELS], columns=["lease", "period", "leased_racks"]
        ),
        "claims": pd.DataFrame(
            [("green", "Small", 2022, 6.0), ("nuclear", "Big", 2022, 30.0)],
            columns=["instrument", "site", "fiscal_year", "claimed_mwh"],
        ),
        "targets": pd.DataFrame(
            [
                ("green", 2022, "renewable_share", "owned", 0.05, 6.0 / 172.0, 2.6, False),
                ("green", 2023, "renewable_share", "owned", 0.10, 0.0, 17.2, False),
                ("lean", 2023, "pue", "owned", 1.4, 172.0 / 110.0, 0.0, False),
                ("lean", 2024, "pue", "owned", 1.4, 172.0 / 110.0, 0.0, False),
            ],
            columns=["target", "fiscal_year", "metric", "boundary", "value", "actual", "miss", "binding"],
        ),
    }


def _inputs() -> dict[str, pd.DataFrame]:
    """Return the inputs of the plan."""
    return {
        "sites": pd.DataFrame({"site": SITES, "ownership": ["owned", "owned", "leased"]}),
        "halls": pd.DataFrame(
            {
                "hall": SITES,
                "site": SITES,
                "it_kw": [20.0, 2.0, 4.0],
                "rack_places": [100, 10, 40],
                "pue": [1.5, 1.2, 1.7],
                "reference_load": [0.6, 0.5, 0.6],
            }
        ),
        "leases": pd.DataFrame({"lease": ["rent"], "hall": ["Rent"]}),
        "classes": pd.DataFrame({"class": ["own", "colo"], "it_owner": ["operator", "customer"]}),
        "instruments": pd.DataFrame({"instrument": ["green", "nuclear"], "renewable": [True, False]}),
        "targets": pd.DataFrame(
            [
                ("green", 2022, None, "plan", "assumption"),
                ("green", 2023, 0.02, "plan", "assumption"),
                ("lean", 2023, None, "law", "public"),
                ("lean", 2024, None, "law", "public"),
            ],
            columns=["target", "fiscal_year", "miss_price", "source", "basis"],
        ).astype({"miss_price": float}),
    }


def fuels(rows: list[tuple[str, int, float, float]]) -> pd.DataFrame:
    """Return fuel of generators as `site_energy` takes it: site, year, kL, GJ."""
    table = pd.DataFrame(rows, columns=["site_id", "fiscal_year", "fuel_kl", "fuel_gj"])
    return table.assign(genset_reason="")


def grid(plan: Paper) -> pd.DataFrame:
    """Return the emissions of the plan's grid power; nothing else is told."""
    rows = plan.tables["emissions"].rename(columns={"site": "site_id"})
    return rows.assign(scope1_tco2e=np.nan, scope1_reason="fuel: no_input", market_tco2e=np.nan)


def emissions(rows: list[tuple[str, int, float, float, float]]) -> pd.DataFrame:
    """Return emissions as `site_kpi` takes them: site, year, Scope 1, location, market."""
    names = ["site_id", "fiscal_year", "scope1_tco2e", "location_tco2e", "market_tco2e"]
    return pd.DataFrame(rows, columns=names).assign(scope1_reason="")


def made(plan: Paper, matching: pd.DataFrame | None = None) -> dict[str, pd.DataFrame]:
    """Return the energy tables of the plan with the emissions of its grid power."""
    energy = site_energy(plan.tables, plan.inputs)
    return {
        "site_energy": energy,
        "site_kpi": site_kpi(plan.tables, plan.inputs, energy, grid(plan), "national", matching),
        "targets": targets(plan.tables, plan.inputs),
    }


def row(table: pd.DataFrame, site: str, year: int) -> pd.Series[Any]:
    """Return the one row of a site (or boundary) and fiscal year."""
    found = table[(table["site_id"] == site) & (table["fiscal_year"] == year)]
    assert len(found) == 1
    return found.iloc[0]
