"""An invented plan of the size and shape of the default case: 16 sites, 24 quarters, 3 tail years.

The figures follow simple rules; only their form matters: what reports read, and how they lay it out.
"""

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

FIRST, LAST = 2022, 2027
TAIL = 3
LEASED = {
    "Tokyo-1": (500, "2027-03-31"),
    "Tokyo-2": (400, "2025-09-30"),
    "Tokyo-3": (300, "2023-09-30"),
    "Tokyo-4": (250, "2024-09-30"),
    "Tokyo-5": (200, "2023-03-31"),
    "Saitama": (250, "2024-03-31"),
    "Yokohama": (200, "2024-03-31"),
    "Osaka-1": (250, "2027-09-30"),
    "Osaka-2": (200, "2025-03-31"),
    "Kyoto": (70, "2023-03-31"),
    "Nagoya": (120, "2026-09-30"),
    "Fukuoka": (100, "2026-03-31"),
    "Sendai": (80, "2026-03-31"),
    "Sapporo": (80, "2025-03-31"),
}
CITIES = ["Shiroi", "Matsue", "Tokyo", "Saitama", "Yokohama", "Osaka", "Kyoto", "Nagoya"]
CITIES += ["Fukuoka", "Sendai", "Sapporo"]
KANJI = ["白井", "松江", "東京", "埼玉", "横浜", "大阪", "京都", "名古屋", "福岡", "仙台", "札幌"]
JAPANESE = dict(zip(CITIES, KANJI, strict=True))
REGIONS = {
    "Shiroi": "Kanto",
    "Matsue": "Chugoku",
    "Osaka": "Kansai",
    "Kyoto": "Kansai",
    "Nagoya": "Chubu",
    "Fukuoka": "Kyushu",
    "Sendai": "Tohoku",
    "Sapporo": "Hokkaido",
}
OWNED = {
    "Shiroi-1": ("Shiroi", 700, None),
    "Shiroi-2a": ("Shiroi", 550, "2023-07-01"),
    "Shiroi-2b": ("Shiroi", 550, "2024-07-01"),
    "Shiroi-3a": ("Shiroi", 600, "2025-04-01"),
    "Shiroi-3b": ("Shiroi", 400, None),
    "Matsue-1": ("Matsue", 500, None),
    "Matsue-2": ("Matsue", 300, "2025-07-01"),
}
PROJECTS = [
    ("P2a", "Shiroi-2a", "2023-07-01", True),
    ("P2b", "Shiroi-2b", "2024-07-01", True),
    ("P3a", "Shiroi-3a", "2026-12-01", False),
    ("P3b", "Shiroi-3b", "2027-12-01", False),
    ("PM2", "Matsue-2", "2025-06-01", False),
]
EXITS = {
    "Kyoto": "2023-04-01",
    "Tokyo-5": "2023-04-01",
    "Tokyo-3": "2023-10-01",
    "Saitama": "2024-04-01",
    "Tokyo-2": "2025-10-01",
    "Sendai": "2026-04-01",
}
ANNOUNCED_EXITS = {"Kyoto": "2023-04-01"}
REDUCED = {"Tokyo-4": ("2024-10-01", 250, 140), "Osaka-2": ("2025-04-01", 200, 120)}
RETIRED = {"Tokyo-2": 420.0, "Shiroi-3a": 700.0}
DEMAND = np.linspace(3230, 4704, 4 * (LAST - FIRST + 1))
TERMS = {
    "energy_owned": (8_904.0, 7_011.0),
    "energy_leased": (9_871.0, 12_220.0),
    "demand_charge": (1_702.0, 1_390.0),
    "rent": (11_309.0, 14_511.0),
    "staff": (3_920.0, 4_615.0),
    "maintenance": (1_410.0, 1_190.0),
    "operations": (2_118.0, 2_118.0),
    "moves": (1_142.0, 0.0),
    "break_fee": (180.0, 0.0),
    "overlap_rent": (41.0, 0.0),
    "restoration": (284.0, 17.0),
    "restoration_accrual": (61.0, 102.0),
    "capex": (23_480.0, 21_990.0),
    "asset_tax": (702.0, 603.0),
    "instruments": (412.0, 171.0),
    "shadow_carbon": (0.0, 0.0),
    "terminal_capex": (-18_800.0, -16_070.0),
    "terminal_moves": (-420.0, 0.0),
}


@dataclass
class FakePlan:
    """What `dcplan.plans.plan.Plan` offers to a report."""

    manifest: dict[str, Any]
    tables: dict[str, pd.DataFrame]
    references: dict[str, dict[str, pd.DataFrame]]
    comparison: pd.DataFrame
    folder: Path | None = None
    case: dict[str, pd.DataFrame] = field(default_factory=dict)


def day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def periods() -> pd.DataFrame:
    rows = []
    for year in range(FIRST, LAST + 1):
        for quarter in range(4):
            month = 4 + 3 * quarter
            start = date(year + (month > 12), (month - 1) % 12 + 1, 1)
            month += 3
            end = date(year + (month > 12), (month - 1) % 12 + 1, 1)
            rows.append((f"FY{year}Q{quarter + 1}", start, end, year, False))
    for year in range(LAST + 1, LAST + 1 + TAIL):
        rows.append((f"FY{year}", date(year, 4, 1), date(year + 1, 4, 1), year, True))
    frame = pd.DataFrame(rows, columns=["period", "start", "end", "fiscal_year", "tail"])
    frame["days"] = [(b - a).days for a, b in zip(frame["start"], frame["end"], strict=True)]
    frame["hours"] = 24 * frame["days"]
    frame["months"] = [3 if not tail else 12 for tail in frame["tail"]]
    return frame[["period", "start", "end", "fiscal_year", "days", "hours", "months", "tail"]]


def case() -> dict[str, pd.DataFrame]:
    """Return the input tables that reports read."""
    halls, sites = [], []
    for site in ("Shiroi", "Matsue"):
        sites.append((site, JAPANESE[site] + "データセンターキャンパス", "owned", REGIONS[site]))
    for hall, (site, places, _) in OWNED.items():
        status = "in_service" if hall in ("Shiroi-1", "Matsue-1") else "candidate"
        halls.append((hall, site, hall.replace(site, JAPANESE[site] + " "), status, places, 0.95))
    leases = []
    for site, (racks, end) in LEASED.items():
        name_ja = JAPANESE[site.split("-")[0]] + site[len(site.split("-")[0]) :]
        sites.append((site, name_ja, "leased", REGIONS.get(site.split("-")[0], "Kanto")))
        halls.append((f"{site}-hall", site, name_ja, "in_service", racks, 1.0))
        leases.append((f"L-{site}", f"{site}-hall", racks, day(end)))
    projects = [(name, hall, 14, day(service), done) for name, hall, service, done in PROJECTS]
    years = range(FIRST, LAST + 1)
    history = [
        (
            year,
            "group_capex",
            mjpy,
            "US-GAAP" if year == 2016 else "IFRS",
            "target" if year == 2021 else "actual",
        )
        for year, mjpy in zip(range(2016, 2022), [16500, 20700, 15100, 15200, 15200, 17500], strict=True)
    ]
    history += [
        (2017 + i, "shiroi_capex", mjpy, "IFRS", "actual") for i, mjpy in enumerate([1200, 2100, 2000, 1500])
    ]
    history += [
        (2021, "shiroi_capex_1q3q", 600, "IFRS", "partial"),
        (2020, "shiroi_capex_1q3q", 1500, "IFRS", "partial"),
    ]
    history += [(2016, "group_depreciation", 10900, "US-GAAP", "actual")]
    classes = pd.DataFrame(
        [
            ("cloud", "クラウド", True),
            ("colo_east", "コロケーション東", True),
            ("network", "ネットワーク", False),
        ],
        columns=["class", "name_ja", "movable"],
    )
    return {
        "sites": pd.DataFrame(sites, columns=["site", "name_ja", "ownership", "region"]),
        "halls": pd.DataFrame(
            halls, columns=["hall", "site", "name_ja", "status", "rack_places", "largest_fill"]
        ),
        "leases": pd.DataFrame(leases, columns=["lease", "hall", "racks", "term_end"]),
        "projects": pd.DataFrame(
            projects, columns=["project", "hall", "build_months", "service_date", "committed"]
        ),
        "budgets": pd.DataFrame(
            {"fiscal_year": list(years), "capex_mjpy": [4500.0, 6500, 5500, 4500, 7500, 4500]}
        ),
        "history": pd.DataFrame(history, columns=["fiscal_year", "category", "mjpy", "standard", "status"]),
        "classes": classes,
    }


def _racks_by_hall(exits: dict[str, str], services: dict[str, date | None]) -> pd.DataFrame:
    """Fill leased halls first and the owned ones with the rest."""
    rows = []
    for index, row in enumerate(periods().itertuples()):
        need = float(DEMAND[min(index, len(DEMAND) - 1)])
        for site, (racks, _) in LEASED.items():
            left = day(exits.get(site))
            placed = 0.0 if left and left <= row.start else min(need, round(0.72 * racks))
            rows.append(("cloud", f"{site}-hall", row.period, placed))
            need -= placed
        for hall, (_, places, _) in OWNED.items():
            begin = services[hall]
            placed = 0.0 if begin is None or begin > row.start else min(need, 0.95 * places)
            rows.append(("network" if hall.endswith("1") else "cloud", hall, row.period, round(placed)))
            need -= placed
        rows.append(("colo_east", "Tokyo-1-hall", row.period, max(0.0, round(need))))
    frame = pd.DataFrame(rows, columns=["class", "hall", "period", "racks"])
    return frame.groupby(["class", "hall", "period"], as_index=False, sort=False).sum()


YEARS = list(range(FIRST, LAST + 1))
CAPEX = [
    ("P2a", 2022, 3900.0),
    ("P2a", 2023, 2650.0),
    ("P2b", 2023, 2550.0),
    ("P2b", 2024, 2000.0),
    ("P3a", 2024, 3500.0),
    ("P3a", 2025, 3480.0),
    ("PM2", 2024, 0.0),
    ("PM2", 2025, 1020.0),
    ("PM2", 2026, 3980.0),
]
MOVES = [
    ("cloud", "Tokyo-2-hall", "Shiroi-3a", "FY2025Q1", 120),
    ("colo_east", "Tokyo-3-hall", "Shiroi-2a", "FY2023Q2", 96),
    ("cloud", "Saitama-hall", "Shiroi-2a", "FY2023Q4", 90),
    ("cloud", "Tokyo-5-hall", "Shiroi-1", "FY2022Q4", 64),
    ("network", "Kyoto-hall", "Matsue-1", "FY2022Q4", 38),
    ("cloud", "Sendai-hall", "Matsue-2", "FY2025Q4", 30),
]


def _fiscal_year(when: date) -> int:
    return when.year - (when.month < 4)


def _period_of(when: pd.DataFrame, start: date) -> str:
    return str(when.loc[when["start"] >= start, "period"].iloc[0])


def _services(early: bool) -> dict[str, date | None]:
    """Return the service date of every owned hall."""
    announced = {hall: day(service) for _, hall, service, _ in PROJECTS}
    services: dict[str, date | None] = {"Shiroi-1": date(2019, 5, 1), "Matsue-1": date(2011, 4, 1)}
    for hall, (_, _, mine) in OWNED.items():
        if hall not in services:
            services[hall] = day(mine) if early else announced[hall]
    return services


def _leases(when: pd.DataFrame, exits: dict[str, str], early: bool) -> pd.DataFrame:
    rows = []
    for site, (racks, _) in LEASED.items():
        before, left, cut = racks, day(exits.get(site)), REDUCED.get(site) if early else None
        for row in when.itertuples():
            held = 0 if left and left <= row.start else racks
            if cut and day(cut[0]) <= row.start:
                held = cut[2]
            rows.append((f"L-{site}", row.period, held, before - held))
            before = held
    return pd.DataFrame(rows, columns=["lease", "period", "leased_racks", "released_racks"])


def _limits(when: pd.DataFrame) -> pd.DataFrame:
    rows = [("capex_budget", "fleet", f"FY{year}", 4500.0, 4500.0, year in (2023, 2025)) for year in YEARS]
    for period in when.loc[~when["tail"], "period"]:
        busy = "FY2023" in period or "FY2025" in period
        rows.append(("move_limit_fleet", "fleet", period, 120.0, 120.0, busy))
        rows.append(("move_limit_site", "Tokyo-2", period, 45.0, 45.0, "FY2025" in period))
        rows.append(("rack_places", "Shiroi-2a", period, 522.0, 522.0, period > "FY2024"))
        rows.append(("site_power", "Shiroi", period, 9999.0, 10000.0, "FY2026" in period))
    return pd.DataFrame(rows, columns=["limit", "scope", "period", "used", "available", "binding"])


def _summary(exits: dict[str, str], services: dict[str, date | None], early: bool) -> pd.DataFrame:
    size = 1.0 if early else 1.03
    facility = np.linspace(126_000, 182_000, 6) * size
    it = facility / np.linspace(1.52, 1.41 if early else 1.46, 6)
    left = [_fiscal_year(day(when)) for when in exits.values()]
    begun = [_fiscal_year(when) for when in services.values() if when]
    return pd.DataFrame(
        {
            "fiscal_year": YEARS,
            "racks": np.round(DEMAND[3::4]),
            "it_mwh": it,
            "facility_mwh": facility,
            "pue": facility / it,
            "renewable_share": np.linspace(0.5, 0.72, 6),
            "location_tco2e": np.linspace(56_900, 69_800, 6) * size,
            "cash_mjpy": np.linspace(9_410, 11_800, 6) * size,
            "capex_mjpy": [3900.0, 5200, 5500, 4500, 3980, 0],
            "rent_mjpy": np.linspace(4_300, 2_500, 6),
            "energy_mjpy": np.linspace(3_100, 4_400, 6),
            "sites": [16 - sum(at <= year for at in left) for year in YEARS],
            "halls": [sum(at <= year for at in begun) for year in YEARS],
        }
    )


def _costs(when: pd.DataFrame, early: bool) -> pd.DataFrame:
    rows = []
    parts = np.linspace(0.8, 1.2, 24)
    for term, (mine, theirs) in TERMS.items():
        total = mine if early else theirs
        cash = not term.startswith(("terminal_", "shadow_")) and term != "restoration_accrual"
        for period, part in zip(when.loc[~when["tail"], "period"], parts / parts.sum(), strict=True):
            rows.append((term, "Shiroi", period, cash, 0.7 * total * part * 1.06, 0.7 * total * part))
        rows.append((term, "Shiroi", "FY2030", cash, 0.3 * total * 1.2, 0.3 * total))
    return pd.DataFrame(rows, columns=["term", "site", "period", "cash", "mjpy", "pv_mjpy"])


def _targets(early: bool) -> pd.DataFrame:
    rows = []
    for i, year in enumerate(YEARS):
        value = 0.5 + 0.044 * i
        actual, miss = (value, 0.0) if early else (0.41, 2_000.0)
        binds = early and i in (0, 4, 5)
        rows.append(("renewable", year, "renewable_share", "owned", value, actual, miss, binds))
    columns = ["target", "fiscal_year", "metric", "boundary", "value", "actual", "miss", "binding"]
    return pd.DataFrame(rows, columns=columns)


def _starts(when: pd.DataFrame, services: dict[str, date | None]) -> pd.DataFrame:
    rows = [
        (project, hall, _period_of(when, services[hall]), services[hall], day(announced))
        for project, hall, announced, _ in PROJECTS
        if services[hall]
    ]
    return pd.DataFrame(rows, columns=["project", "hall", "period", "service_date", "announced_date"])


def _tables(exits: dict[str, str], early: bool) -> dict[str, pd.DataFrame]:
    when, services = periods(), _services(early)
    halls = [
        (hall, row.period, int(begin is not None and begin <= row.start))
        for row in when.itertuples()
        for hall, begin in services.items()
    ]
    left = [(site, _period_of(when, day(stop)), day(stop)) for site, stop in exits.items()]
    move_columns = ["class", "from_hall", "to_hall", "period", "racks"]
    unserved = [("cloud", period, 0 if early else 12) for period in when["period"]]
    return {
        "periods": when,
        "racks": _racks_by_hall(exits, services),
        "halls": pd.DataFrame(halls, columns=["hall", "period", "in_service"]),
        "leases": _leases(when, exits, early),
        "earlier": pd.DataFrame([("Matsue-2", 2022)], columns=["project", "fiscal_year"]),
        "starts": _starts(when, services),
        "exits": pd.DataFrame(left, columns=["site", "period", "date"]),
        "moves": pd.DataFrame(MOVES if early else [], columns=move_columns),
        "capex": pd.DataFrame(CAPEX, columns=["project", "fiscal_year", "mjpy"]),
        "costs": _costs(when, early),
        "limits": _limits(when),
        "targets": _targets(early),
        "summary": _summary(exits, services, early),
        "unserved": pd.DataFrame(unserved, columns=["class", "period", "unserved_racks"]),
    }


def comparison() -> pd.DataFrame:
    rows = []
    for plan, which, scale in (("optimised", 0, 1.0), ("as_announced", 1, 1.0), ("frozen", 1, 1.06)):
        for term, values in TERMS.items():
            rows.append((plan, f"cost:{term}", "M JPY", values[which] * scale))
        rows.append((plan, "cost:total", "M JPY", sum(v[which] for v in TERMS.values()) * scale))
        rows.append((plan, "energy:facility_mwh", "MWh", 924_000.0 + 28_000 * which))
        rows.append((plan, "carbon:location_tco2e", "tCO2e", 380_100.0 + 11_400 * which))
        rows.append((plan, "capex", "M JPY", 23_080.0 - 1_100 * which))
    return pd.DataFrame(rows, columns=["plan", "measure", "unit", "value"])


def manifest(**changes: Any) -> dict[str, Any]:
    total = sum(mine for mine, _ in TERMS.values())
    return {
        "schema_version": 1,
        "dcplan_version": "0.1.0",
        "case": "fake",
        "edition": "retrospective",
        "as_of": "2022-04-01",
        "granularity": "quarter",
        "terminal_value": "annuity",
        "tail_years": TAIL,
        "status": "optimal",
        "published_cost_mjpy": total,
        "bound_mjpy": total * (1 - 0.0009),
        "gap": 0.0009,
        "requested_gap": 0.001,
        "seconds": {"build": 0.4, "references": 1.1, "solve": 9.2, "publish": 0.8, "audit": 0.9},
        "seed": 0,
        "threads": 2,
        "versions": {"python": "3.11.7", "highspy": "1.15.1"},
        "inputs": {"case.toml": "0" * 64},
        "created": "2026-01-02T03:04:05+00:00",
        "scenario": "",
        "note": "Dates, prices and volumes after the as-of date are assumptions or forward-looking "
        "statements of third parties; outcomes may differ. Not a statement by any operator.",
        "assumptions": {"rows": 412, "share_of_rows": 0.44},
        "audit": {"passed": True, "rules": 31, "checks": 48_211},
        "terminal_values": {"annuity": total, "book": total + 900.0, "none": total + 19_220.0},
        **changes,
    }


def plan(**changes: Any) -> FakePlan:
    """Return the invented plan; keyword arguments replace entries of its manifest."""
    late = _tables(ANNOUNCED_EXITS, early=False)
    return FakePlan(
        manifest=manifest(**changes),
        tables=_tables(EXITS, early=True),
        references={"as_announced": late, "frozen": _tables({}, early=False)},
        comparison=comparison(),
        folder=Path("plans/fake-20260102-030405"),
        case=case(),
    )


def write_manifest(folder: Path, **changes: Any) -> Path:
    """Write a folder that looks like a plan from outside: only its manifest."""
    folder.mkdir(parents=True)
    (folder / "manifest.json").write_text(json.dumps(manifest(**changes)), encoding="utf-8")
    return folder
