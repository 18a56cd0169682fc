"""What starting a project in a period means: its dates, its cash, its asset tax, its value at the end."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time

if TYPE_CHECKING:
    from collections.abc import Hashable
    from typing import Any

    import numpy.typing as npt

    from dcplan.model.tables import Tables

    Floats = npt.NDArray[np.float64]

START = ["hall", "start_period"]


@dataclass(frozen=True)
class Schedule:
    """Every start (hall, start_period) of a candidate hall, with its consequences."""

    tables: Tables

    @cached_property
    def projects(self) -> pd.DataFrame:
        """Projects with the site of their hall."""
        return self.tables.case["projects"].merge(self.tables.hall_site, on="hall")

    @cached_property
    def starts(self) -> pd.DataFrame:
        """Allowed starts: project, hall, site, start_period, service_date, cost_mjpy, spent_mjpy.

        An open project starts at the beginning of a period that leaves the build months from ``as_of``; a
        committed one on its date, which counts from the first whole period.
        """
        spans = self.tables.periods[["period", "start"]].rename(columns={"period": "start_period"})
        rows = self.projects.merge(spans, how="cross")
        rows = rows[[self._may_start(row) for row in rows.to_dict("records")]].copy()
        rows["svc"] = rows["service_date"].where(rows["committed"].astype(bool), rows["start"])
        days = [(svc - price).days for svc, price in zip(rows["svc"], rows["price_date"], strict=True)]
        years = np.where(rows["committed"], 0.0, np.array(days) / time.DAYS_PER_YEAR)
        rows["cost"] = rows["cost_mjpy"] * (1.0 + rows["escalation"]) ** years
        names = [
            "project",
            "hall",
            "site",
            "start_period",
            "svc",
            "cost",
            "spent_mjpy",
            "profile",
            "committed",
        ]
        return rows[names].rename(columns={"svc": "service_date"}).reset_index(drop=True)

    def _may_start(self, row: dict[Hashable, Any]) -> bool:
        if row["committed"]:
            return bool(row["start_period"] == self.tables.calendar.first_whole_period(row["service_date"]))
        built = time.add_months(self.tables.as_of, int(row["build_months"]))
        fixed = row["earliest_date"]
        return bool(row["start"] >= (max(built, fixed) if isinstance(fixed, date) else built))

    @cached_property
    def allowed(self) -> pd.DataFrame:
        """Pairs (hall, period) in which a candidate may be in service."""
        first = self.starts.groupby("hall")["start_period"].first()
        order = {t: i for i, t in enumerate(self.tables.period_labels)}
        grid = self.tables.grid(hall=self.tables.candidates, period=self.tables.period_labels)
        earliest = grid["hall"].map(first).map(order)
        return grid[(grid["period"].map(order) >= earliest).to_numpy()].reset_index(drop=True)

    @cached_property
    def cash(self) -> pd.DataFrame:
        r"""CAPEX cash of a start: hall, start_period, project, day, period, fiscal_year, mjpy, pv_mjpy.

        $$ \text{cash} = \text{share}_m C_h (1 + e)^{(d - d_0)/365.25}
           \quad \text{on } d - m \text{ months} $$

        What fell due before ``as_of`` is sunk and left out.
        """
        rows = self.starts.merge(
            self.tables.case["milestones"][["profile", "months_before", "share"]], on="profile"
        )
        rows["day"] = [
            time.add_months(day, -int(months))
            for day, months in zip(rows["service_date"], rows["months_before"], strict=True)
        ]
        rows = rows[[day >= self.tables.as_of for day in rows["day"]]].copy()
        rows["mjpy"] = rows["share"] * rows["cost"]
        rows["period"] = [self.tables.period_of(day) for day in rows["day"]]
        rows["fiscal_year"] = [time.fiscal_year(day) for day in rows["day"]]
        rows["pv_mjpy"] = rows["mjpy"] * np.array([self.tables.discount(day) for day in rows["day"]])
        return rows[
            ["hall", "start_period", "project", "site", "day", "period", "fiscal_year", "mjpy", "pv_mjpy"]
        ]

    @cached_property
    def _assets(self) -> pd.DataFrame:
        shares = self.tables.case["project_assets"][["project", "asset_class", "share"]]
        lives = self.tables.case["asset_classes"][["asset_class", "life_years"]]
        return self.starts.merge(shares.merge(lives, on="asset_class"), on="project")

    @cached_property
    def asset_tax(self) -> pd.DataFrame:
        r"""Asset tax of a start: hall, start_period, fiscal_year, mjpy.

        $$ \text{tax}_{FY} = \tau \sum_a C_a \max(0, 1 - \tfrac{m}{12 L_a}) $$

        on the book value of the 1 January before the fiscal year, m the months since service; only fiscal
        years within the optimised span.
        """
        years = pd.DataFrame(
            {"fiscal_year": [y for y in self.tables.fiscal_years if date(y + 1, 4, 1) <= self.tables.end]}
        )
        rows = self._assets.merge(years, how="cross")
        rows = rows[
            [date(y, 1, 1) > d for y, d in zip(rows["fiscal_year"], rows["service_date"], strict=True)]
        ].copy()
        months = [
            (y - d.year) * 12 + 1 - d.month
            for y, d in zip(rows["fiscal_year"], rows["service_date"], strict=True)
        ]
        left = np.maximum(0.0, 1.0 - np.array(months, dtype=float) / (12.0 * rows["life_years"]))
        rows["mjpy"] = self.tables.case.settings["asset_tax_rate"] * rows["cost"] * rows["share"] * left
        return rows.groupby([*START, "fiscal_year"], sort=False)["mjpy"].sum().reset_index()

    def terminal(self, method: str) -> pd.Series[float]:
        """Value left at the end of the optimised span: (hall, start_period) M JPY, at that day.

        ``annuity``: the present value then of the annuities still to bear; ``book``: straight-line;
        ``none``: 0. What was spent before ``as_of`` carries no value: it is sunk.
        """
        rows = self._assets
        age = [(self.tables.end - day).days / time.DAYS_PER_YEAR for day in rows["service_date"]]
        left = remaining_share(np.array(age), rows["life_years"].to_numpy(dtype=float), self._rate, method)
        value = (rows["cost"] - rows["spent_mjpy"]) * rows["share"] * left
        total: pd.Series[float] = value.groupby([rows["hall"], rows["start_period"]], sort=False).sum()
        return total

    @property
    def _rate(self) -> float:
        return float(self.tables.case.settings["discount_rate"])


def remaining_share(
    age_years: np.ndarray, life_years: np.ndarray | float, rate: float, method: str
) -> np.ndarray:
    r"""Return the share of a one-off cost that years after the horizon should bear.

    $$ \frac{1 - (1+w)^{-(L-a)}}{1 - (1+w)^{-L}} \ (\text{annuity}), \quad 1 - a/L \ (\text{book}), \quad
       0 \ (\text{none}) $$
    """
    left = np.maximum(0.0, life_years - age_years)
    if method == "none":
        return np.zeros_like(left)
    if method == "book" or rate == 0.0:
        return np.asarray(left / life_years)
    whole_life = 1.0 - (1.0 + rate) ** -np.asarray(life_years, dtype=float)
    return np.asarray((1.0 - (1.0 + rate) ** -left) / whole_life)


def annuity(rate: float, life_years: float) -> float:
    """Return the yearly payment that repays 1 over ``life_years`` at ``rate``."""
    return 1.0 / life_years if rate == 0.0 else rate / (1.0 - (1.0 + rate) ** -life_years)
