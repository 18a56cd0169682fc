"""A case folder read into plain Python numbers, for the brute force: no part of dcplan is used here.

Everything is written out from the statement of the model (units: racks, kW, MWh, M JPY, tCO2e), period by
period and hour by hour, with no thought of speed.
"""

from __future__ import annotations

import csv
import math
import tomllib
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction
from functools import cache, cached_property, lru_cache
from pathlib import Path
from typing import Any

MONTHS = {"year": 12, "half": 6, "quarter": 3, "month": 1}
MONTH_DAYS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
NOISE = 1e-9
Row = dict[str, str]


def months_later(day: date, months: int) -> date:
    """The same day so many calendar months later, or the last one of that month."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    for back in range(4):
        try:
            return date(year, month + 1, day.day - back)
        except ValueError:
            continue
    raise AssertionError


def fiscal_year(day: date) -> int:
    return day.year if day.month >= 4 else day.year - 1


@dataclass(frozen=True)
class Period:
    label: str
    start: date
    end: date
    months: int
    tail: bool

    @property
    def year(self) -> int:
        return fiscal_year(self.start)

    @property
    def days(self) -> int:
        return (self.end - self.start).days

    @property
    def hours(self) -> int:
        return 24 * self.days


def optional_day(cell: str) -> date | None:
    return date.fromisoformat(cell) if cell else None


@lru_cache(maxsize=16)
def hourly(path: Path) -> tuple[float, ...]:
    with path.open(encoding="utf-8") as file:
        return tuple(float(row["temp_c"]) for row in csv.DictReader(file))


class World:
    """The numbers of a case."""

    def __init__(self, folder: Path, granularity: str | None = None) -> None:
        self.folder = folder
        self.info: dict[str, Any] = tomllib.loads((folder / "case.toml").read_text("utf-8"))
        if granularity:
            self.info["granularity"] = granularity
        self.as_of: date = self.info["as_of"]
        self.setting = {row["setting"]: float(row["value"]) for row in self.rows("settings")}
        self.sites = {row["site"]: row for row in self.rows("sites")}
        self.halls = {row["hall"]: row for row in self.rows("halls")}
        self.classes = {row["class"]: row for row in self.rows("classes")}
        self.owned = {s for s, row in self.sites.items() if row["ownership"] == "owned"}
        self.site_of = {h: row["site"] for h, row in self.halls.items()}
        self.lease_of = {row["hall"]: row for row in self.rows("leases")}
        self.projects = {row["project"]: row for row in self.rows("projects")}
        self.opening = {(row["class"], row["hall"]): int(row["racks"]) for row in self.rows("occupancy")}

    @cache  # noqa: B019 - a world lives as long as its test
    def rows(self, table: str) -> list[Row]:
        path = self.folder / f"{table}.csv"
        if not path.exists():
            return []
        with path.open(encoding="utf-8") as file:
            return list(csv.DictReader(file))

    # ---- time ----------------------------------------------------------------------------------------
    @cached_property
    def periods(self) -> list[Period]:
        found, start = [], self.as_of
        step = MONTHS[self.info["granularity"]]
        while start < self.info["horizon_end"]:
            end = months_later(start, step)
            found.append(Period(self._label(start, step), start, end, step, False))
            start = end
        for _ in range(self.info["tail_years"]):
            end = months_later(start, 12)
            found.append(Period(f"FY{fiscal_year(start)}", start, end, 12, True))
            start = end
        return found

    @staticmethod
    def _label(start: date, step: int) -> str:
        if step == 1:
            return f"{start:%Y-%m}"
        part = (start.month - 4) % 12 // step + 1
        return f"FY{fiscal_year(start)}" + {12: "", 6: f"H{part}", 3: f"Q{part}"}[step]

    @cached_property
    def end(self) -> date:
        return self.periods[-1].end

    @cached_property
    def years(self) -> list[int]:
        return sorted({period.year for period in self.periods})

    def factor(self, days: float) -> float:
        """Present value of 1 paid so many days after `as_of`."""
        return float((1.0 + self.setting["discount_rate"]) ** (-days / 365.25))

    def on(self, day: date) -> float:
        return self.factor((day - self.as_of).days)

    def middle(self, t: int) -> float:
        """Days from `as_of` to the middle of a period."""
        period = self.periods[t]
        return ((period.start - self.as_of).days + (period.end - self.as_of).days) / 2

    @cached_property
    def mid(self) -> list[float]:
        return [self.factor(self.middle(t)) for t in range(len(self.periods))]

    def mid_year(self, year: int) -> float:
        first, last = date(year, 4, 1), date(year + 1, 4, 1)
        return self.factor(((first - self.as_of).days + (last - self.as_of).days) / 2)

    def first_whole(self, day: date) -> int:
        """The first period that starts on or after a day; their number if there is none."""
        return next((t for t, p in enumerate(self.periods) if p.start >= day), len(self.periods))

    @cached_property
    def turns(self) -> list[bool]:
        """Whether a fiscal year begins with a period, the opening one apart."""
        return [t > 0 and p.year != self.periods[t - 1].year for t, p in enumerate(self.periods)]

    # ---- numbers by fiscal year ----------------------------------------------------------------------
    @cache  # noqa: B019
    def yearly(self, table: str, column: str, year: int, **key: str) -> float:
        """A number of a fiscal year; years after the last row (the tail) hold it."""
        found = {
            int(row["fiscal_year"]): float(row[column])
            for row in self.rows(table)
            if all(row[name] == label for name, label in key.items())
        }
        return found[min(year, max(found))]

    def class_year(self, column: str, k: str, t: int) -> float:
        return self.yearly("class_years", column, self.periods[t].year, **{"class": k})

    def price(self, s: str, t: int) -> float:
        """JPY per kWh at a site."""
        parts = ("energy_jpy_per_kwh", "fuel_adjustment_jpy_per_kwh", "surcharge_jpy_per_kwh")
        tariff, year = self.sites[s]["tariff"], self.periods[t].year
        return sum(self.yearly("tariffs", part, year, tariff=tariff) for part in parts)

    def demand_price(self, s: str, t: int) -> float:
        """M JPY per kW for a period."""
        tariff, period = self.sites[s]["tariff"], self.periods[t]
        charge = self.yearly("tariffs", "demand_jpy_per_kw_month", period.year, tariff=tariff)
        off = self.yearly("tariffs", "power_factor_discount", period.year, tariff=tariff)
        return charge * (1 - off) * period.months / 1e6

    def kg_per_kwh(self, s: str, year: int) -> float:
        chosen, area = self.info["grid_factor_set"], self.sites[s]["grid_area"]
        return self.yearly("grid_factors", "kg_per_kwh", year, factor_set=chosen, grid_area=area)

    def carbon_price(self, year: int) -> float:
        return self.yearly("carbon_prices", "shadow_jpy_per_t", year) if self.rows("carbon_prices") else 0.0

    # ---- demand and where it may stand ---------------------------------------------------------------
    def _demand_on(self, k: str, day: date) -> Fraction:
        knots = sorted(
            (date.fromisoformat(row["date"]), Fraction(row["racks"]))
            for row in self.rows("demand")
            if row["class"] == k
        )
        day = min(day, self.info["horizon_end"])
        before = max((knot for knot in knots if knot[0] <= day), key=lambda knot: knot[0])
        after = min((knot for knot in knots if knot[0] >= day), key=lambda knot: knot[0])
        if before[0] == after[0]:
            return before[1]
        share = Fraction((day - before[0]).days, (after[0] - before[0]).days)
        return before[1] + (after[1] - before[1]) * share

    @cached_property
    def demand(self) -> dict[str, list[int]]:
        """Whole racks: the larger end of each period, halves rounded up."""
        return {
            k: [
                math.floor(max(self._demand_on(k, p.start), self._demand_on(k, p.end)) + Fraction(1, 2))
                for p in self.periods
            ]
            for k in self.classes
        }

    @cached_property
    def share(self) -> dict[str, list[float]]:
        """Mean demand over whole racks."""
        found = {}
        for k in self.classes:
            ends = [(self._demand_on(k, p.start) + self._demand_on(k, p.end)) / 2 for p in self.periods]
            found[k] = [
                float(mean / racks) if racks else 0.0
                for mean, racks in zip(ends, self.demand[k], strict=True)
            ]
        return found

    @cached_property
    def pairs(self) -> list[tuple[str, str]]:
        """Where a class may stand: its regions, and halls that feed its racks."""
        allowed = {(row["class"], row["region"]) for row in self.rows("class_regions")}
        most = {
            k: max(float(row["contract_kw"]) for row in self.rows("class_years") if row["class"] == k)
            for k in self.classes
        }
        return [
            (k, h)
            for k in self.classes
            for h, row in self.halls.items()
            if (k, self.sites[row["site"]]["region"]) in allowed and most[k] <= float(row["max_rack_kw"])
        ]

    def churn(self, k: str, t: int) -> float:
        """Share of the racks that leaves when a fiscal year begins."""
        if not self.turns[t]:
            return 0.0
        return self.yearly("class_years", "churn_rate", self.periods[t].year - 1, **{"class": k})

    def usable(self, h: str) -> int:
        row = self.halls[h]
        return math.floor(int(row["rack_places"]) * float(row["largest_fill"]) + NOISE)

    def share_limit(self, k: str, t: int, halls: list[str], column: str) -> int:
        """Most racks of a class at a place; the surviving opening racks there are grandfathered."""
        held = [self.opening.get((k, h), 0) for h in halls if (k, h) in self.pairs]
        survival = math.prod(1 - self.churn(k, u) for u in range(t + 1))
        kept = sum(held) * survival + sum(n > 0 for n in held) * sum(self.turns[: t + 1])
        most = float(self.classes[k][column]) * self.demand[k][t]
        return math.floor(max(most, kept if sum(held) else 0.0) + NOISE)

    # ---- physics -------------------------------------------------------------------------------------
    @cache  # noqa: B019
    def _overheads(self, station: str, cooling: str) -> tuple[list[float], list[float], float]:
        """Sum and highest of each of the 365 typical days, and the overhead at the design temperature."""
        row = next(row for row in self.rows("stations") if row["station"] == station)
        kind = next(row for row in self.rows("cooling") if row["cooling"] == cooling)
        raw = hourly(self.folder / "weather" / row["file"])
        temperatures, first = [], 0
        for month, days in enumerate(MONTH_DAYS, start=1):
            part = raw[first : first + 24 * days]
            shift = float(row[f"m{month:02d}"]) - sum(part) / len(part)
            temperatures += [value + shift for value in part]
            first += 24 * days
        floor, slope, low = float(kind["floor"]), float(kind["slope_per_c"]), float(kind["t_start_c"])
        span = float(kind["t_full_c"]) - low

        def over(temperature: float) -> float:
            return floor + slope * min(max(temperature - low, 0.0), span)

        hours = [over(value) for value in temperatures]
        daily = [hours[24 * d : 24 * d + 24] for d in range(365)]
        hottest = max(temperatures) + self.setting["design_margin_c"]
        return [sum(day) for day in daily], [max(day) for day in daily], over(hottest)

    def overhead(self, h: str) -> tuple[list[float], list[float], float]:
        return self._overheads(self.sites[self.site_of[h]]["station"], self.halls[h]["cooling"])

    def _kind(self, h: str) -> Row:
        return next(row for row in self.rows("cooling") if row["cooling"] == self.halls[h]["cooling"])

    def fixed_kw(self, h: str) -> float:
        return float(self._kind(h)["fixed_share"]) * float(self.halls[h]["it_kw"])

    @cache  # noqa: B019
    def per_it(self, h: str, t: int) -> tuple[float, float, float]:
        """Facility kW per IT kW: mean and highest of a period, and at the design temperature."""
        sums, highs, extreme = self.overhead(h)
        row = self.halls[h]
        fixed = float(self._kind(h)["fixed_share"]) / float(row["reference_load"])
        proportional = float(row["pue"]) - 1 - fixed - sum(sums) / 8760
        days, day = [], self.periods[t].start
        while day < self.periods[t].end:
            of_month = min(day.day, MONTH_DAYS[day.month - 1])
            days.append(sum(MONTH_DAYS[: day.month - 1]) + of_month - 1)
            day += timedelta(days=1)
        mean = sum(sums[d] for d in days) / (24 * len(days))
        base = 1 + proportional
        return base + mean, base + max(highs[d] for d in days), base + extreme

    def onsite(self, s: str, t: int) -> float:
        """MWh of self-used generation."""
        period = self.periods[t]
        rows = [row for row in self.rows("onsite_pv") if row["site"] == s]
        dated = [(date.fromisoformat(row["from_date"]), float(row["mwh_per_year"])) for row in rows]
        here = [pair for pair in sorted(dated) if pair[0] <= period.start]
        whole = (date(period.year + 1, 4, 1) - date(period.year, 4, 1)).days
        return here[-1][1] * period.days / whole if here else 0.0

    def receiving(self, s: str, t: int) -> float:
        rows = [row for row in self.rows("connections") if row["site"] == s]
        dated = sorted((date.fromisoformat(row["from_date"]), float(row["receiving_kw"])) for row in rows)
        return [kw for day, kw in dated if day <= self.periods[t].start][-1]

    # ---- what a one-off is still worth at the end ------------------------------------------------------
    def left(self, age_years: float, life_years: float) -> float:
        """The share of a one-off cost that the years after the end bear."""
        method, rate = self.info["terminal_value"], self.setting["discount_rate"]
        rest = max(0.0, life_years - age_years)
        if method == "none":
            return 0.0
        if method == "book" or rate == 0.0:
            return float(rest / life_years)
        return float((1 - (1 + rate) ** -rest) / (1 - (1 + rate) ** -life_years))

    def age(self, day: date) -> float:
        return (self.end - day).days / 365.25
