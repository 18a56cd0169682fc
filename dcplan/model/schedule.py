"""What starting a project in a period means: its dates, its payments, and which periods allow it.

A project brings a *unit* into service: a candidate hall, or more receiving power at an owned site. Everything
here is by project, so that start, build time, order, cash and budgets are the same for both.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.data.rules_projects import committed_in_span
from dcplan.errors import InputError
from dcplan.model.labelled import records

if TYPE_CHECKING:
    from typing import Any

    from dcplan.model.onsite import Onsite
    from dcplan.model.tables import Tables

START = ["project", "start_period"]
_PAYMENT = [*START, "site", "day", "period", "fiscal_year", "mjpy", "pv_mjpy", "sunk"]


@dataclass(frozen=True)
class Schedule:
    """Every start (project, start_period) with its consequences."""

    tables: Tables

    @cached_property
    def projects(self) -> pd.DataFrame:
        """Projects as in the inputs, `site` filled in for those of a hall."""
        rows = self.tables.case["projects"].copy()
        halls = self.tables.halls
        site = dict(zip(halls["hall"], halls["site"], strict=True))
        named = [site.get(hall, own) for hall, own in zip(rows["hall"], rows["site"], strict=True)]
        rows["site"] = pd.Series(named, index=rows.index, dtype=object)
        return rows

    @cached_property
    def project_site(self) -> pd.DataFrame:
        """Relation project -> site."""
        return self.projects[["project", "site"]]

    @cached_property
    def unit_site(self) -> pd.DataFrame:
        """Relation project -> site, of projects and of the units that are bought (`Onsite`)."""
        units = self.onsite.units
        names = {"project": [*self.projects["project"], *units["unit"]]}
        names["site"] = [*self.projects["site"], *units["site"]]
        return pd.DataFrame(names, dtype=object)

    @cached_property
    def hall_project(self) -> pd.DataFrame:
        """Relation hall -> project, of candidate halls."""
        return self.projects.loc[self.projects["hall"] != "", ["hall", "project"]].reset_index(drop=True)

    @cached_property
    def committed_projects(self) -> list[str]:
        """Projects that are committed."""
        return list(self.projects["project"][self.projects["committed"].astype(bool)])

    @cached_property
    def committed_halls(self) -> list[str]:
        """Candidate halls whose project is committed, in service from its date whatever else is decided."""
        rows = zip(self.projects["hall"], self.projects["committed"], strict=True)
        return [hall for hall, committed in rows if hall and committed]

    @cached_property
    def upgrades(self) -> pd.DataFrame:
        """Projects that add receiving power: project, site, adds_receiving_kw."""
        rows = self.projects[self.projects["hall"] == ""]
        return rows[["project", "site", "adds_receiving_kw"]].reset_index(drop=True)

    @cached_property
    def starts(self) -> pd.DataFrame:
        """Allowed starts: project, hall, site, start_period, service_date, cost, spent_mjpy, profile.

        Beside these the column committed. An open project starts at the beginning of a period that leaves
        the build months from ``as_of``; a committed one on its date, which counts from the first whole
        period. `hall` is empty for an upgrade.

        Raises:
            InputError: a committed project comes after the last period.
        """
        if late := list(committed_in_span(self.tables.case, self.tables.calendar)):
            raise InputError(late)
        asked = ["committed", "service_date", "build_months", "earliest_date"]
        found = [self._starts_of(row) for row in records(self.projects, asked)]
        starts = [start for of_project in found for start in of_project]
        rows = self.projects.take(np.repeat(np.arange(len(found)), [len(each) for each in found]))
        rows = rows.reset_index(drop=True)
        service = pd.Series([day for _, day in starts], index=rows.index, dtype=object)
        days = [(day - price).days for day, price in zip(service, rows["price_date"], strict=True)]
        years = np.where(rows["committed"], 0.0, np.array(days, dtype=float) / time.DAYS_PER_YEAR)
        rows = rows.assign(
            start_period=pd.Series([period for period, _ in starts], index=rows.index, dtype=object),
            service_date=service,
            cost=rows["cost_mjpy"] * (1.0 + rows["escalation"]) ** years,
        )
        names = ["project", "hall", "site", "start_period", "service_date", "cost", "spent_mjpy", "profile"]
        return rows[[*names, "committed"]]

    def _starts_of(self, row: dict[str, Any]) -> list[tuple[str, date]]:
        """Return the periods in which a project may start, with the day of service that each means."""
        if row["committed"]:
            period = self.tables.calendar.first_whole_period(row["service_date"])
            return [] if period is None else [(period, row["service_date"])]
        built, fixed = time.add_months(self.tables.as_of, int(row["build_months"])), row["earliest_date"]
        earliest = max(built, fixed) if isinstance(fixed, date) else built
        periods = self.tables.periods
        named = zip(periods["period"], periods["start"], strict=True)
        return [(period, start) for period, start in named if start >= earliest]

    @cached_property
    def allowed(self) -> pd.DataFrame:
        """Pairs (project, period) in which its unit may be in service."""
        labels, projects = self.tables.period_labels, list(self.projects["project"])
        place = {label: at for at, label in enumerate(labels)}
        first = dict.fromkeys(projects, len(labels))  # one that may never start
        for project, label in zip(self.starts["project"], self.starts["start_period"], strict=True):
            first[project] = min(first[project], place[label])
        grid = self.tables.grid(project=projects, period=labels)
        from_first = np.arange(len(labels)) >= np.array([first[each] for each in projects])[:, None]
        return grid[from_first.ravel()].reset_index(drop=True)

    @cached_property
    def allowed_halls(self) -> pd.DataFrame:
        """Pairs (hall, period) in which a candidate hall may be in service."""
        held = dict(iter(self.allowed.groupby("project", sort=False)["period"]))
        named = zip(self.hall_project["hall"], self.hall_project["project"], strict=True)
        rows = [(hall, period) for hall, project in named for period in held.get(project, ())]
        return pd.DataFrame(rows, columns=["hall", "period"], dtype=object)

    @cached_property
    def allowed_upgrades(self) -> pd.DataFrame:
        """Pairs (project, period) in which an upgrade may be in service."""
        rows = self.allowed[self.allowed["project"].isin(self.upgrades["project"])]
        return rows.reset_index(drop=True)

    @cached_property
    def payments(self) -> pd.DataFrame:
        r"""Every payment of a start: `START`, site, day, period, fiscal_year, mjpy, pv_mjpy, sunk, term.

        $$ \text{payment} = \text{share}_m C (1 + e)^{(d - d_0)/365.25}
           \quad \text{on } d - m \text{ months} $$

        A started project is finished: all its milestones are here, those after the optimised span as well
        (their period is empty). Of a committed project what fell due before ``as_of`` is sunk; an open one,
        which cannot have paid before, pays it on ``as_of``. The present value of what is sunk is 0. A unit
        that is bought (`Onsite`) is a start of its own; `term` is the cost term of the payment.
        """
        milestones = self.tables.case["milestones"][["profile", "months_before", "share"]]
        rows = self.starts.merge(milestones, on="profile")
        as_of = self.tables.as_of
        due = [
            time.add_months(day, -int(months))
            for day, months in zip(rows["service_date"], rows["months_before"], strict=True)
        ]
        sunk = [day < as_of and bool(fixed) for day, fixed in zip(due, rows["committed"], strict=True)]
        rows["sunk"] = np.array(sunk, dtype=bool)
        rows["day"] = [d if sunk else max(d, as_of) for d, sunk in zip(due, rows["sunk"], strict=True)]
        rows["mjpy"] = rows["share"] * rows["cost"]
        rows["period"] = [self.tables.period_of(day) or "" for day in rows["day"]]
        rows["fiscal_year"] = [time.fiscal_year(day) for day in rows["day"]]
        factor = np.array([self.tables.discount(day) for day in rows["day"]])
        rows["pv_mjpy"] = np.where(rows["sunk"], 0.0, rows["mjpy"] * factor)
        projects = rows[_PAYMENT].assign(term="capex")
        if self.onsite.vintages.empty:
            return projects
        parts = [part for part in (projects, self.onsite.payments) if not part.empty]
        return pd.concat(parts, ignore_index=True) if parts else projects

    @property
    def onsite(self) -> Onsite:
        """Batteries and panels, whose units are bought as projects start."""
        return self.tables.onsite

    @cached_property
    def cash(self) -> pd.DataFrame:
        """Payments within the optimised span, columns as `payments`."""
        return self.payments[self.payments["period"] != ""].reset_index(drop=True)

    @cached_property
    def cash_of_starts(self) -> dict[str, pd.DataFrame]:
        """Payments within the span by cost term: mjpy and pv_mjpy by (project, start_period, period)."""
        dims = ["project", "start_period", "period"]
        terms = {str(name): rows for name, rows in self.cash.groupby("term", sort=False)}
        terms.setdefault("capex", self.cash.iloc[:0])
        amounts = ["mjpy", "pv_mjpy"]
        return {name: rows.groupby(dims, sort=False)[amounts].sum() for name, rows in terms.items()}

    @cached_property
    def unpaid(self) -> pd.Series[float]:
        """What a started project still owes at the end of the span, at that day: (project, start_period)."""
        rows = self.payments[(self.payments["period"] == "") & ~self.payments["sunk"]]
        owed: pd.Series[float] = rows.groupby(START, sort=False)["pv_mjpy"].sum()
        return owed / self.tables.discount(self.tables.end)


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
