"""Load curves of sites with a battery, part by part: one cooling type, one ratio of panels to load."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data.calendar import HOURS_PER_DAY, typical_hours
from dcplan.physics import cooling, cut

if TYPE_CHECKING:
    from dcplan.model.onsite import Onsite
    from dcplan.model.tables import Tables

STEPS = (0.0, 1.0 / 3.0, 1.0)
"""Parts of a site with panels: none, a third, and all of the largest ratio of panels to opening IT peak."""
STANDING, BOUGHT = OWNERS = ("standing", "bought")
NO_LOAD_SHARE = 0.5
"""Of the design IT power: taken for the opening IT peak of a site that opens empty."""


@dataclass(frozen=True)
class Curves:
    """The parts of every site with a battery."""

    tables: Tables
    onsite: Onsite

    @cached_property
    def parts(self) -> pd.DataFrame:
        """Parts: site, curve (its name), owner, cooling, hall (one of that type), ratio (panels to IT load).

        Each battery of a site, the one that stands and the one that is bought, cuts parts of its own.
        """
        rows = []
        for site in self.onsite.battery_sites:
            halls = self.tables.halls[self.tables.halls["site"] == site]
            for place, row in enumerate(halls.drop_duplicates("cooling").to_dict("records")):
                for owner, (step, ratio) in product(self._owners(site), enumerate(self._ratios(site))):
                    name = f"{owner}.{place + 1}.{step}"
                    rows.append((site, name, owner, row["cooling"], row["hall"], ratio))
        return pd.DataFrame(rows, columns=["site", "curve", "owner", "cooling", "hall", "ratio"])

    def _owners(self, site: str) -> list[str]:
        """Return which batteries a site may have."""
        case = self.tables.case
        options = case["battery_options"]
        stands = site in set(case["batteries"]["site"])
        offered = float(options.loc[options["site"] == site, "max_kwh"].sum()) > 0.0
        return [owner for owner, there in zip(OWNERS, (stands, offered), strict=True) if there]

    def _ratios(self, site: str) -> list[float]:
        """Return the ratios of panels to load at a site: 0 alone where there are none, or no sun is known."""
        m = self.tables
        options = m.case["pv_options"]
        most = float(options.loc[options["site"] == site, "max_kw"].sum())
        if site in self.onsite.sun:
            there = m.onsite.standing_panels_kw
            most += float(there[there.index.get_level_values("site") == site].max())
        if site not in self.onsite.sun or most <= 0.0:
            return [0.0]
        return [step * most / self._opening_peak(site) for step in STEPS]

    def _opening_peak(self, site: str) -> float:
        """Return the IT peak that a site opens with [kW]."""
        m = self.tables
        halls = m.halls.loc[m.halls["site"] == site]
        first = m.class_year("peak_kw").xs(m.period_labels[0], level="period")
        held = m.opening[m.opening.index.get_level_values("hall").isin(halls["hall"])]
        peak = float((held * first.reindex(held.index.get_level_values("class")).to_numpy()).sum())
        return peak * m.diversity if peak > 0.0 else NO_LOAD_SHARE * float(halls["it_kw"].sum())

    @cached_property
    def _slack(self) -> dict[tuple[str, str, str], np.ndarray]:
        """Slack of every part in every period: (day, 24), each typical day of the period once."""
        m = self.tables
        overhead = cooling.hourly_overhead(m.case)
        none = np.zeros(len(overhead))
        days = {
            label: np.unique(typical_hours(start, end)).reshape(-1, HOURS_PER_DAY)
            for label, start, end in zip(
                m.periods["period"], m.periods["start"], m.periods["end"], strict=True
            )
        }
        found = {}
        for part in self.parts.to_dict("records"):
            hourly = overhead[part["hall"]].to_numpy(dtype=float)
            sun = self.onsite.sun.get(part["site"], none)
            for label, hours in days.items():
                below = cut.slack(hourly[hours], sun[hours], part["ratio"])
                found[part["site"], part["curve"], label] = below
        return found

    @cached_property
    def table(self) -> pd.DataFrame:
        """Parts by period: columns of `parts` with period and largest_share (of the load that may be cut)."""
        rows = self.parts.merge(self.tables.periods[["period"]], how="cross")
        trips = [
            self._round_trip(site, owner) for site, owner in zip(rows["site"], rows["owner"], strict=True)
        ]
        keys = zip(rows["site"], rows["curve"], rows["period"], strict=True)
        shares = [cut.largest_share(self._slack[key], trip) for key, trip in zip(keys, trips, strict=True)]
        return rows.assign(largest_share=np.array(shares, dtype=float))

    @cached_property
    def capacity(self) -> pd.DataFrame:
        """Most that the batteries of an owner may ever be: power_kw, energy_kwh by (site, owner)."""
        options = self.tables.case["battery_options"].set_index("site")
        standing = self.onsite.standing.groupby("site")[["power_kw", "usable_kwh"]].max()
        rows = [
            (site, owner, *((standing if owner == STANDING else options[["max_kw", "max_kwh"]]).loc[site]))
            for site in self.onsite.battery_sites
            for owner in self._owners(site)
        ]
        columns = ["site", "owner", "power_kw", "energy_kwh"]
        return pd.DataFrame(rows, columns=columns).set_index(["site", "owner"])

    @cached_property
    def most(self) -> pd.DataFrame:
        """Bounds by (site, curve, period): curve_kw (the design IT power), curve_cut_kw, curve_kwh.

        They cut nothing off; without them the multipliers of a relaxation prove no bound.
        """
        halls = self.tables.halls.groupby(["site", "cooling"])["it_kw"].sum()
        rows = self.table.join(halls.rename("design"), on=["site", "cooling"])
        rows = rows.join(self.capacity, on=["site", "owner"])
        cut_kw = np.minimum(rows["largest_share"] * rows["design"], rows["power_kw"])
        bounds = {"curve_kw": rows["design"], "curve_cut_kw": cut_kw, "curve_kwh": rows["energy_kwh"]}
        return rows[["site", "curve", "period"]].assign(**bounds).set_index(["site", "curve", "period"])

    def _round_trip(self, site: str, owner: str) -> float:
        """Return the least round-trip efficiency of the batteries of an owner at a site."""
        rows = self.tables.case["batteries" if owner == STANDING else "battery_options"]
        return float(rows.loc[rows["site"] == site, "round_trip"].min())

    @cached_property
    def tangents(self) -> pd.DataFrame:
        """Tangents: site, curve, period, peak_hours (n), least_sum (A_n, kWh per kW); those that can bind."""
        frames = []
        for row in self.table.to_dict("records"):
            sums = cut.tangents(self._slack[row["site"], row["curve"], row["period"]])
            hours = cut.binding(sums, row["largest_share"])
            keys = {name: row[name] for name in ("site", "curve", "period")}
            frames.append(pd.DataFrame({**keys, "peak_hours": hours, "least_sum": sums[hours - 1]}))
        columns = ["site", "curve", "period", "peak_hours", "least_sum"]
        return pd.concat(frames, ignore_index=True)[columns] if frames else pd.DataFrame(columns=columns)
