"""Draws small valid cases: one to three sites, one to four halls, a few racks, every promise somewhere.

`draw(seed)` is the same case for the same seed; `write` makes its folder. Every number is made up.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from tests.random_cases.folders import Drawn, Table
from tests.random_cases.world import MONTHS, months_later

REGIONS = {"Kanto": "JP-TK", "Kansai": "JP-KN"}
FLEETS = (("owned",), ("leased",), ("owned", "leased"), ("owned", "leased"), ("owned", "leased"),
          ("owned", "owned"), ("leased", "leased"), ("owned", "leased", "leased"))  # fmt: skip
TUTORIAL = Path(__file__).absolute().parents[2] / "inputs" / "toy"


class Drawing:
    """One case in the making."""

    def __init__(self, seed: int, fleets: Sequence[tuple[str, ...]] = FLEETS) -> None:
        self.fleets = fleets
        self.rng = random.Random(seed)
        self.tables: dict[str, Table] = {}
        self.contract: dict[str, dict[str, int]] = {}
        rng = self.rng
        granularity = rng.choice(["year", "year", "half", "quarter"])
        self.as_of = date(2022, 4, 1)
        years = 1 if granularity == "quarter" else rng.choice([1, 2] if granularity == "half" else [1, 2, 3])
        if granularity == "half" and rng.random() < 0.3:
            self.as_of, years = date(2022, 10, 1), 2
        self.end = date(2022 + years, 4, 1)
        tail = rng.choice([0, 0, 1]) if years < 3 and granularity != "quarter" else 0
        self.last = self.end.year + tail
        self.info = {
            "name": f"drawn-{seed}", "title": "Drawn at random", "title_ja": "乱数", "as_of": self.as_of,
            "horizon_end": self.end, "tail_years": tail, "granularity": granularity, "edition": "tutorial",
            "grid_factor_set": "made_up",
            "terminal_value": rng.choice(["annuity", "annuity", "book", "none"]),
            "notice": "Made up.",
        }  # fmt: skip
        self.years = range(2022, self.end.year)
        self.periods = [self.as_of]
        while self.periods[-1] < self.end:
            self.periods.append(months_later(self.periods[-1], MONTHS[granularity]))

    def maybe(self, share: float) -> bool:
        return self.rng.random() < share

    def add(self, table: str, *rows: dict[str, Any]) -> None:
        self.tables.setdefault(table, []).extend(rows)

    def series(self, table: str, key: dict[str, Any], **draws: Iterable[Any]) -> None:
        """A row a fiscal year, each number drawn from its choices."""
        for year in self.years:
            drawn = {name: self.rng.choice(list(choices)) for name, choices in draws.items()}
            self.add(table, {**key, "fiscal_year": year, **drawn})

    def draw(self) -> Drawn:
        self._common()
        self._fleet()
        self._classes()
        self._racks()
        self._contracts()
        self._goals()
        self._pins()
        return Drawn(self.info, self.tables)

    # ---- what every case has -------------------------------------------------------------------------
    def _common(self) -> None:
        rng = self.rng
        self.add(
            "sources", {"source": "made_up", "title": "Made up", "where": "", "published": "", "grade": "A"}
        )
        values = {
            "discount_rate": rng.choice([0.0, 0.03, 0.06]),
            "staff_mjpy_per_fte_year": 8,
            "operations_jpy_per_rack_month": rng.choice([0, 10000]),
            "asset_tax_rate": 0.014,
            "peak_diversity": rng.choice([0.8, 1.0]),
            "design_margin_c": 3,
            "overlap_months": rng.choice([0, 1, 3, 4, 6]),
            "move_life_years": rng.choice([3, 5]),
            "restoration_life_years": rng.choice([5, 10]),
            "move_limit_fleet_racks_per_month": rng.choice([0.4, 1, 2]),
            "move_limit_site_racks_per_month": rng.choice([0.3, 0.7, 2]),
        }
        with (TUTORIAL / "settings.csv").open(encoding="utf-8") as file:  # all that a case needs, some drawn
            for row in csv.DictReader(file):
                value = values.get(row["setting"], row["value"])
                self.add("settings", {"setting": row["setting"], "value": value, "unit": row["unit"]})
        normals = {f"m{m:02d}": 20 - 2 * abs(8 - m) for m in range(1, 13)}
        self.add("stations", {"station": "hill", "file": "hill.csv", **normals})
        air = {"fixed_share": 0.04, "floor": 0.04, "t_start_c": 12, "t_full_c": 28, "slope_per_c": 0.008}
        chiller = {"fixed_share": 0, "floor": 0.15, "t_start_c": 15, "t_full_c": 30, "slope_per_c": 0.01}
        self.add("cooling", {"cooling": "air", **air}, {"cooling": "chiller", **chiller})
        if self.maybe(0.5):
            self.series("carbon_prices", {}, shadow_jpy_per_t=[0, 3000, 20000])
        self.add("asset_classes", {"asset_class": "building", "name_ja": "", "life_years": 30},
                 {"asset_class": "plant", "name_ja": "", "life_years": 12})  # fmt: skip
        self.add("milestones", {"profile": "two", "months_before": rng.choice([6, 9]), "share": 0.4},
                 {"profile": "two", "months_before": rng.choice([0, 0, -3]), "share": 0.6})  # fmt: skip

    # ---- sites and halls -----------------------------------------------------------------------------
    def _fleet(self) -> None:
        rng = self.rng
        self.kinds = rng.choice(self.fleets)
        self.add("sites")
        for number, kind in enumerate(self.kinds):
            region = rng.choice(list(REGIONS)) if self.maybe(0.25) else "Kanto"
            owned = kind == "owned"
            site = f"{kind}{number}"
            self.add("sites", {
                "site": site, "name_ja": "", "ownership": kind, "prefecture": "Chiba", "region": region,
                "grid_area": REGIONS[region], "seismic_zone": "low", "station": "hill",
                "tariff": "own" if owned else "let",
                "demand_rule": rng.choice(["agreed", "ratchet"]) if owned else "none",
                "opening_peak_kw": rng.choice([0, 30, 60]) if owned else 0,
                "staff_fte": rng.choice([0, 0.1, 0.4]), "latitude": 35, "longitude": 139,
            })  # fmt: skip
            if owned:
                self._own_halls(site, 3 - len(self.kinds))
            else:
                racks = rng.randint(3, 8)
                step = rng.choice([1, 1, 1, *(n for n in (2, 3) if racks % n == 0)])
                more = step * rng.randint(1, 2) if self.maybe(0.3) else 0
                self.contract[f"{site}-h"] = {"racks": racks, "step_racks": step, "option_racks": more}
                self._hall(site, f"{site}-h", "in_service", racks + more, "chiller")
        prices = {"energy_jpy_per_kwh": range(10, 25), "fuel_adjustment_jpy_per_kwh": [-2, 0, 3],
                  "surcharge_jpy_per_kwh": [1, 3.45]}  # fmt: skip
        for tariff, charge in (("own", [500, 2000]), ("let", [0])):
            self.series("tariffs", {"tariff": tariff}, **prices, demand_jpy_per_kw_month=charge,
                        power_factor_discount=[0, 0.15])  # fmt: skip
        for area in {row["grid_area"] for row in self.tables["sites"]}:
            self.series(
                "grid_factors", {"factor_set": "made_up", "grid_area": area}, kg_per_kwh=[0.3, 0.4, 0.5]
            )

    def _own_halls(self, site: str, candidates: int) -> None:
        rng = self.rng
        self._hall(site, f"{site}-a", "in_service", rng.randint(4, 8), "air")
        for letter in "bc"[: rng.choice([0, 1, 1, 2][: candidates + 2])]:
            self._hall(site, f"{site}-{letter}", "candidate", rng.randint(3, 6), "air")
        power = rng.choice([40, 60, 90, 400])
        self.add("connections", {"site": site, "from_date": date(2020, 4, 1), "receiving_kw": power})
        if self.maybe(0.3):
            later = rng.choice([date(2022, 10, 1), date(2023, 4, 1), date(2023, 1, 15)])
            self.add("connections", {"site": site, "from_date": later, "receiving_kw": power + 40})
        if self.maybe(0.3):
            since = rng.choice([date(2022, 4, 1), date(2022, 7, 1)])
            self.add("onsite_pv", {"site": site, "from_date": since,
                                   "pv_kw": 5, "mwh_per_year": rng.choice([2, 4])})  # fmt: skip

    def _hall(self, site: str, hall: str, status: str, places: int, cooling: str) -> None:
        rng = self.rng
        fixed = 0.04 / 0.5 if cooling == "air" else 0.0
        high = 0.168 if cooling == "air" else 0.30
        pue = round(1 + fixed + high + rng.choice([0.02, 0.1, 0.2]), 3)
        owned = cooling == "air"
        self.add("halls", {
            "hall": hall, "site": site, "name_ja": "", "status": status, "rack_places": places,
            "largest_fill": rng.choice([1, 1, 0.8]), "it_kw": places * rng.choice([5, 8, 8]),
            "max_rack_kw": rng.choice([12, 12, 12, 12, 7]), "cooling": cooling,
            "pue": pue, "reference_load": 0.5,
            "staff_fte": rng.choice([0, 0.2]) if owned else 0,
            "maintenance_mjpy_per_year": rng.choice([0.5, 2]) if owned else 0,
        })  # fmt: skip

    # ---- classes and racks ---------------------------------------------------------------------------
    def _classes(self) -> None:
        rng = self.rng
        regions = sorted({row["region"] for row in self.tables["sites"]})
        for k in ["web", "bank"][: rng.choice([1, 1, 2])]:
            self.add("classes", {
                "class": k, "name_ja": "", "movable": k == "web" or self.maybe(0.5),
                "move_mjpy_per_rack": rng.choice([0.1, 0.5, 1]), "yearly_move_share": rng.choice([0.5, 1, 1]),
                "max_site_share": 1 if len(self.kinds) == 1 else rng.choice([0.6, 1, 1]),
                "max_region_share": 1 if len(regions) == 1 else rng.choice([0.7, 1]),
                "unserved_mjpy_per_rack_year": 50,
            })  # fmt: skip
            kw, growth, churn = (
                rng.choice([3, 4, 5]),
                rng.choice([0, 0.25]),
                rng.choice([0, 0, 0.2, 0.34, 0.5]),
            )
            for year in self.years:
                mean = kw + growth * (year - 2022)
                self.add("class_years", {
                    "class": k, "fiscal_year": year, "mean_kw": mean, "peak_kw": mean + rng.choice([0, 1]),
                    "contract_kw": mean + 2, "churn_rate": churn,
                })  # fmt: skip
            allowed = regions if self.maybe(0.8) else [rng.choice(regions)]
            self.add("class_regions", *({"class": k, "region": region} for region in allowed))

    def _racks(self) -> None:
        """Opening racks where they fit, and demand that grows from them."""
        rng = self.rng
        halls = {row["hall"]: row for row in self.tables["halls"] if row["status"] == "in_service"}
        region = {row["site"]: row["region"] for row in self.tables["sites"]}
        held_now = {
            h: self.contract[h]["racks"] if h in self.contract else row["rack_places"]
            for h, row in halls.items()
        }
        room = {h: int(held_now[h] * row["largest_fill"] + 1e-9) for h, row in halls.items()}
        power = {h: row["it_kw"] / row["rack_places"] * held_now[h] for h, row in halls.items()}
        most = sum(int(row["rack_places"] * row["largest_fill"] + 1e-9) for row in self.tables["halls"])
        total = 0
        for row in self.tables["classes"]:
            k = row["class"]
            kw = max(r["contract_kw"] for r in self.tables["class_years"] if r["class"] == k)
            allowed = {r["region"] for r in self.tables["class_regions"] if r["class"] == k}
            may = [h for h, r in halls.items() if region[r["site"]] in allowed and kw <= r["max_rack_kw"]]
            held: dict[str, int] = {}
            for _ in range(rng.randint(1, 3) if total else rng.randint(2, 7)):
                fits = [h for h in may if room[h] > 0 and power[h] >= kw]
                if not fits:
                    break
                h = rng.choice(fits)
                held[h] = held.get(h, 0) + 1
                room[h], power[h] = room[h] - 1, power[h] - kw
            self.add("occupancy", *({"class": k, "hall": h, "racks": n} for h, n in held.items()))
            racks: float = sum(held.values())
            total += int(racks)
            for day in [self.as_of, *(date(year + 1, 4, 1) for year in self.years)]:
                self.add("demand", {"class": k, "date": day, "racks": f"{racks:g}"})
                racks += rng.choice(
                    [step for step in (0, 0.5, 1, 1, 1.75, 2, 3) if racks + step <= most * 0.8] or [0]
                )
            movable_first = sorted({r["site"] for h, r in halls.items() if h in may})
            self.add("policy", *({"class": k, "rank": i + 1, "site": s} for i, s in enumerate(movable_first)))
            if held and self.maybe(0.2):
                until = rng.choice([None, date(2022, 10, 1), date(2023, 4, 1)])
                h = rng.choice(list(held))
                self.add("pinned_racks", {"class": k, "hall": h, "racks": 1, "until": until})

    # ---- contracts -------------------------------------------------------------------------------------
    def _contracts(self) -> None:
        leased = {row["site"] for row in self.tables["sites"] if row["ownership"] == "leased"}
        for row in self.tables["halls"]:
            if row["site"] in leased:
                self.add("leases", self.lease(row))
        halls = [row for row in self.tables["halls"] if row["status"] == "candidate"]
        units = [{"hall": row["hall"], "site": "", "adds_receiving_kw": None} for row in halls]
        tight = [row["site"] for row in self.tables.get("connections", []) if row["receiving_kw"] < 150]
        if tight and self.maybe(0.6):
            units.append({"hall": "", "site": tight[0], "adds_receiving_kw": 30})
        previous = None
        for unit in units:
            previous = self._project(unit, previous)
        if self.tables.get("projects") and self.maybe(0.3):
            self.series("budgets", {}, capex_mjpy=[0, 5, 12, 50])

    def _project(self, unit: dict[str, Any], previous: str | None) -> str:
        rng, project = self.rng, f"build-{unit['hall'] or unit['site']}"
        committed = self.maybe(0.2)
        service = rng.choice(self.periods[:-1]) if committed else None
        cost = float(rng.choice([2, 6, 15, 40]))
        after = previous if previous and not committed and self.maybe(0.5) else None
        self.add("projects", {
            "project": project, **unit, "cost_mjpy": cost, "price_date": self.as_of,
            "escalation": 0 if committed else rng.choice([0, 0.04]), "profile": "two",
            "build_months": rng.choice([0, 3, 6, 12]), "after_project": after,
            "after_months": rng.choice([0, 6]) if after else "", "committed": committed,
            "service_date": service, "spent_mjpy": self._sunk(cost, service), "earliest_date": None,
        })  # fmt: skip
        self.add("project_assets", {"project": project, "asset_class": "building", "share": 0.5},
                 {"project": project, "asset_class": "plant", "share": 0.5})  # fmt: skip
        return project

    def _sunk(self, cost: float, service: date | None) -> float:
        if service is None:
            return 0.0
        due = [
            r for r in self.tables["milestones"] if months_later(service, -r["months_before"]) < self.as_of
        ]
        return round(sum(cost * r["share"] for r in due), 6)

    def lease(self, hall: dict[str, Any]) -> dict[str, Any]:
        """A lease of a hall."""
        rng, contract = self.rng, self.contract[hall["hall"]]
        renewal = rng.choice(["automatic", "automatic", "by_consent", "none"])
        last = months_later(self.as_of, rng.choice([6, 9, 12, 18, 24]))
        if renewal == "none" and self.maybe(0.8):
            last = months_later(self.periods[-1], 24)
        end = date.fromordinal(last.toordinal() - rng.choice([1, 1, 1, 47]))
        return {
            "lease": f"lease-{hall['hall']}", "hall": hall["hall"],
            "rent_jpy_per_rack_month": rng.choice([30000, 80000, 150000]),
            "rent_escalation": rng.choice([0, 0.03]),
            "term_end": end, "renewal": renewal,
            "renewal_months": 0 if renewal == "none" else rng.choice([12, 24, 6]),
            "renewal_uplift": 0 if renewal == "none" else rng.choice([0, 0.1]),
            "notice_months": rng.choice([0, 3, 6, 12]), "restoration_mjpy_per_rack": rng.choice([0, 0.2, 1]),
            "contract_pue": rng.choice([1.4, 1.8]), **contract,
            **self._terms(contract["step_racks"], contract["option_racks"] > 0),
        }  # fmt: skip

    def _terms(self, step: int, option: bool) -> dict[str, Any]:
        """What a contract may say beside its term: a committed minimum, a break, the rent of an option."""
        rng = self.rng
        return {
            "least_racks": step * rng.choice([0, 0, 0, 1]),
            "break_fee_months": rng.choice([None, None, 0, 3, 7.5, 40]),
            "option_rent_jpy_per_rack_month": rng.choice([None, 20000, 120000]) if option else None,
            "option_months": rng.choice([6, 12, 14, 24]) if option else 0,
            "option_until": rng.choice([None, months_later(self.as_of, 12)]) if option else None,
        }  # fmt: skip

    # ---- goals and pins --------------------------------------------------------------------------------
    def _goals(self) -> None:
        rng = self.rng
        owned = [row["site"] for row in self.tables["sites"] if row["ownership"] == "owned"]
        bought = owned and self.maybe(0.5)
        if bought:
            for name in ["menu", "certificate"][: rng.randint(1, 2)]:
                site = rng.choice(["", owned[0]])
                self.add("instruments", {"instrument": name, "name_ja": "", "kind": "fit_certificate",
                                         "site": site,
                                         "renewable": name == "menu" or self.maybe(0.7)})  # fmt: skip
                self.series("instrument_years", {"instrument": name}, price_jpy_per_kwh=[0.5, 1.5, 4],
                            volume_mwh=[20, 100, 5000])  # fmt: skip
        if owned and self.maybe(0.5):
            price = rng.choice([0.001, 0.003]) if not bought or self.maybe(0.7) else ""
            boundary = rng.choice(["owned", "owned", "fleet"])
            self._target("green", "renewable_share", boundary, [0.2, 0.5, 0.9], price)
        if self.maybe(0.4):
            price = rng.choice([5000, 50000]) if self.maybe(0.8) else ""
            self._target("carbon", "location_tco2e", "fleet", [40, 80, 120], price)
        if self.maybe(0.3):
            boundary = rng.choice(["owned", "fleet"]) if owned else "fleet"
            self._target("pue", "pue", boundary, [1.3, 1.4, 1.5], rng.choice([0.01, 0.05]))

    def _target(self, name: str, metric: str, boundary: str, values: list[float], price: object) -> None:
        first = self.rng.choice(list(self.years))
        for year in range(first, self.years[-1] + 1):
            self.add("targets", {"target": name, "fiscal_year": year, "metric": metric, "boundary": boundary,
                                 "value": self.rng.choice(values), "miss_price": price})  # fmt: skip

    def _pins(self) -> None:
        rng = self.rng
        plain = {
            "class": "",
            "hall": "",
            "site": "",
            "period_from": rng.choice(self.periods[:-1]),
            "period_to": None,
        }
        leased = [row["site"] for row in self.tables["sites"] if row["ownership"] == "leased"]
        pins = [
            {"decision": "racks", "class": "web", "hall": rng.choice(self.tables["halls"])["hall"],
             "sense": rng.choice(["<=", ">="]), "value": rng.randint(0, 3)},
            {"decision": "moved_out", "class": "web", "sense": "<=", "value": rng.randint(0, 1)},
        ]  # fmt: skip
        if leased:
            pins.append({"decision": "kept", "site": rng.choice(leased), "sense": ">=", "value": 1})
        if self.tables.get("projects"):
            hall = self.tables["projects"][0]["hall"]
            if hall:
                pins.append(
                    {"decision": "in_service", "hall": hall, "sense": "=", "value": rng.randint(0, 1)}
                )
        if self.maybe(0.2):
            pin = rng.choice(pins)
            ends = [day for day in self.periods if day > plain["period_from"]]
            to = rng.choice([None, *ends]) if pin["decision"] not in ("kept", "in_service") else None
            self.add("pins", {"pin": "wish", **plain, "period_to": to, **pin})


def draw(seed: int) -> Drawn:
    """The case of a seed."""
    return Drawing(seed).draw()


__all__ = ["Drawn", "draw"]
