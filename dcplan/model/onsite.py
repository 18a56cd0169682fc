"""Batteries and panels at owned sites: what stands, what may be bought, what a unit costs and gives.

A *unit* is a kW or a kWh of one kind at one site: `battery_kw Shiroi`, `battery_kwh Shiroi`, `pv_kw Shiroi`.
It is bought for a fiscal year, comes on its 1 April, is paid on that day, and is replaced when its life ends.
Payments and assets are those of a project that starts in the first period of that year, so that CAPEX, taxes,
terminal value and budgets are the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.physics import battery, solar

if TYPE_CHECKING:
    from datetime import date

    from dcplan.model.tables import Tables

KINDS = ("battery_kw", "battery_kwh", "pv_kw")
"""Variables of what may be bought."""
BOUGHT, REPLACED = "onsite_capex", "onsite_replacement"
"""Cost terms of what is paid."""
_OPTION = [
    "site",
    "from_date",
    "price_date",
    "escalation",
    "maintenance_share",
    "asset_class",
    "fade_per_year",
]
_OPTIONS = (
    ("battery_kw", "battery_options", "max_kw", "power_jpy_per_kw"),
    ("battery_kwh", "battery_options", "max_kwh", "energy_jpy_per_kwh"),
    ("pv_kw", "pv_options", "max_kw", "cost_jpy_per_kw"),
)
"""Of each kind: its table, and the columns of the most that may be bought and of the price of a unit."""
_UNITS = ["kind", "most", "jpy", "unit", *_OPTION]


@dataclass(frozen=True)
class Onsite:
    """What stands and may come at owned sites, on the calendar of `tables`."""

    tables: Tables

    @cached_property
    def units(self) -> pd.DataFrame:
        """Units that may be bought: kind, most, jpy (a unit at price_date), unit (its name), `_OPTION`."""
        case, parts = self.tables.case, []
        offered = [option for option in _OPTIONS if not case[option[1]].empty]
        for kind, table, most, price in offered or _OPTIONS[:1]:
            rows = case[table]
            parts.append(rows[_OPTION].assign(kind=kind, most=rows[most], jpy=rows[price]))
        found = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
        return found.assign(unit=found["kind"] + " " + found["site"])[_UNITS]

    @cached_property
    def vintages(self) -> pd.DataFrame:
        """What may be bought when: columns of `units` with fiscal_year, day, start_period and cost.

        `cost` is that of a unit on the day [M JPY], `start_period` the period that starts on it.
        """
        m = self.tables
        starts = dict(zip(m.periods["start"], m.periods["period"], strict=True))
        days = [(y, time.fiscal_year_start(y)) for y in m.fiscal_years]
        years = pd.DataFrame(
            {
                "fiscal_year": [year for year, day in days if day in starts],
                "day": pd.Series([day for _, day in days if day in starts], dtype=object),
                "start_period": [starts[day] for _, day in days if day in starts],
            }
        )
        rows = self.units.merge(years, how="cross")
        may = [day >= first for day, first in zip(rows["day"], rows["from_date"], strict=True)]
        rows = rows[np.array(may, dtype=bool)].reset_index(drop=True)
        return rows.assign(cost=_price(rows, list(rows["day"])))

    @cached_property
    def lives(self) -> pd.DataFrame:
        """Lives by asset class: asset_class, life_years, tax_life_years (the same where none is stated)."""
        lives = self.tables.case["asset_classes"][["asset_class", "life_years", "tax_life_years"]]
        return lives.assign(tax_life_years=lives["tax_life_years"].fillna(lives["life_years"]))

    @cached_property
    def purchases(self) -> pd.DataFrame:
        """Every payment for a unit: columns of `vintages`, paid (the day), amount [M JPY], term, lives.

        The first is for the unit, later ones replace it at the end of its life, at the price of that day, as
        long as they fall due within the optimised span.
        """
        m = self.tables
        rows = self.vintages.merge(self.lives, on="asset_class")
        rows = rows.assign(paid=rows["day"], amount=rows["cost"], term=BOUGHT)
        parts, left = [rows], rows
        while not left.empty:
            months = (12 * left["life_years"]).round().astype(int)
            due = [time.add_months(day, n) for day, n in zip(left["paid"], months, strict=True)]
            left = left.assign(paid=pd.Series(due, index=left.index, dtype=object), term=REPLACED)
            left = left[np.array([day < m.end for day in left["paid"]], dtype=bool)]
            left = left.assign(amount=_price(left, list(left["paid"])))
            parts.append(left)
        return pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)

    @cached_property
    def payments(self) -> pd.DataFrame:
        """Payments of a unit as those of a project that starts: columns of `Schedule.payments`, and term."""
        m, rows = self.tables, self.purchases
        pv = [amount * m.discount(day) for amount, day in zip(rows["amount"], rows["paid"], strict=True)]
        return pd.DataFrame(
            {
                "project": rows["unit"].astype(object),
                "start_period": rows["start_period"].astype(object),
                "site": rows["site"].astype(object),
                "day": rows["paid"].astype(object),
                "period": pd.Series([m.period_of(day) or "" for day in rows["paid"]], dtype=object),
                "fiscal_year": pd.Series([time.fiscal_year(day) for day in rows["paid"]], dtype="int64"),
                "mjpy": rows["amount"].astype(float),
                "pv_mjpy": pd.Series(pv, dtype=float),
                "sunk": pd.Series(False, index=rows.index, dtype=bool),
                "term": rows["term"].astype(object),
            }
        )

    @cached_property
    def assets(self) -> pd.DataFrame:
        """Assets of a unit, the replaced ones included: columns of `Assets.rows`."""
        rows = self.purchases
        return pd.DataFrame(
            {
                "project": rows["unit"].astype(object),
                "hall": pd.Series("", index=rows.index, dtype=object),
                "site": rows["site"].astype(object),
                "start_period": rows["start_period"].astype(object),
                "service_date": rows["paid"].astype(object),
                "cost": rows["amount"].astype(float),
                "spent_mjpy": pd.Series(0.0, index=rows.index),
                "profile": pd.Series("", index=rows.index, dtype=object),
                "committed": pd.Series(False, index=rows.index, dtype=bool),
                "asset_class": rows["asset_class"].astype(object),
                "share": pd.Series(1.0, index=rows.index),
                "life_years": rows["life_years"].astype(float),
                "tax_life_years": rows["tax_life_years"].astype(float),
            }
        )

    def aged(self, kind: str) -> pd.DataFrame:
        """Vintages of a kind in each fiscal year from theirs on: site, installed, fiscal_year, left, upkeep.

        `left` is the share of a unit that is left in the middle of the year, after fade since it was bought
        or last replaced; `upkeep` its maintenance [M JPY a year].
        """
        m = self.tables
        rows = self.purchases[self.purchases["kind"] == kind]
        years = pd.DataFrame({"year": m.fiscal_years})
        rows = rows.merge(years, how="cross")
        spans = zip(rows["paid"], rows["year"], strict=True)
        ages = [time.years_between(day, _middle(year)) for day, year in spans]
        rows = rows.assign(age=np.array(ages, dtype=float))
        rows = rows[rows["age"] > 0.0].sort_values("age", ascending=False, kind="stable")
        keys = ["site", "fiscal_year", "year"]
        newest = rows.groupby(keys, sort=False).tail(1)
        left = (1.0 - newest["fade_per_year"] * newest["age"]).clip(lower=0.0)
        table = newest.assign(left=left, upkeep=newest["cost"] * newest["maintenance_share"])
        table = table.rename(columns={"fiscal_year": "installed", "year": "fiscal_year"})
        order = ["site", "installed", "fiscal_year"]
        return table[[*order, "left", "upkeep"]].sort_values(order, ignore_index=True)

    # ---- what stands -----------------------------------------------------------------------------------
    @cached_property
    def standing(self) -> pd.DataFrame:
        """Batteries that stand: site, fiscal_year, power_kw, usable_kwh (mid-year, after fade)."""
        table = self.tables.case["batteries"]
        rows = []
        for year in self.tables.fiscal_years:
            start, middle = time.fiscal_year_start(year), _middle(year)
            there = table[np.array([day <= start for day in table["from_date"]], dtype=bool)]
            latest = there.sort_values("from_date", kind="stable").groupby("site", sort=False).tail(1)
            for row in latest.to_dict("records"):
                age = time.years_between(row["from_date"], middle)
                left = battery.usable_kwh(row["energy_kwh"], row["fade_per_year"], age)
                rows.append((row["site"], year, row["power_kw"], left))
        columns = ["site", "fiscal_year", "power_kw", "usable_kwh"]
        return pd.DataFrame(rows, columns=columns)

    @cached_property
    def battery_sites(self) -> list[str]:
        """Owned sites with an option of a battery, in table order: what stands there cuts peaks as well."""
        named = set(self.tables.case["battery_options"]["site"])
        return [site for site in self.tables.owned_sites if site in named]

    @cached_property
    def panel_sites(self) -> list[str]:
        """Owned sites with an option of panels, in table order."""
        named = set(self.tables.case["pv_options"]["site"])
        return [site for site in self.tables.owned_sites if site in named]

    @cached_property
    def sun(self) -> dict[str, np.ndarray]:
        """Generation of a kW of panels by hour of the typical year, of the sites with an option of panels."""
        known = {site: solar.site_yield(self.tables.case, site) for site in self.panel_sites}
        return {site: found for site, found in known.items() if found is not None}

    @cached_property
    def yields(self) -> pd.DataFrame:
        """Generation of a kW of panels: columns of `solar.period_yield` by (site, period)."""
        found = {site: solar.period_yield(sun, self.tables.calendar) for site, sun in self.sun.items()}
        if not found:
            empty = pd.MultiIndex.from_arrays([[], []], names=["site", "period"])
            return pd.DataFrame({name: [] for name in ("mwh_per_kw", "share", "largest")}, index=empty)
        return pd.concat(found, names=["site", "period"])

    @cached_property
    def standing_panels_kw(self) -> pd.Series[float]:
        """Panels that stand, in kW that generate as the irradiance says: (site, period); 0 without a sun.

        Their yearly MWh are an input: this is what gives them in the hours of the sun.
        """
        per_kw = self.yields["mwh_per_kw"].reindex(self.tables.onsite_mwh.index)
        return (self.tables.onsite_mwh / per_kw).where(per_kw > 0.0, 0.0)


def _middle(year: int) -> date:
    """Return 1 October of a fiscal year."""
    return time.add_months(time.fiscal_year_start(year), 6)


def _price(rows: pd.DataFrame, days: list[date]) -> np.ndarray:
    """Return the cost of a unit on a day [M JPY]."""
    years = [time.years_between(first, day) for first, day in zip(rows["price_date"], days, strict=True)]
    growth = (1.0 + rows["escalation"].to_numpy(dtype=float)) ** np.array(years, dtype=float)
    return np.asarray(rows["jpy"].to_numpy(dtype=float) * growth / 1e6)
