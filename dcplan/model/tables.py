"""The numbers of the model: one place where a case becomes labelled tables.

Families read these tables by name and never touch the raw inputs, so that a family states a promise and
nothing else. Everything here is data: no variable, no row.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.data import spread
from dcplan.data.rules_demand import eligible_pairs
from dcplan.lp.labels import label_index, label_table
from dcplan.model.labelled import dated, labels_of, product, series
from dcplan.model.onsite import Onsite
from dcplan.model.shares import TIE, largest_share
from dcplan.physics import bill, cooling

if TYPE_CHECKING:
    from datetime import date

    from dcplan.data.calendar import Calendar
    from dcplan.data.case import Case


@dataclass(frozen=True, eq=False)
class Tables:
    """A case on a calendar, as labelled tables (racks, kW, MWh, M JPY, tCO2e).

    Shapes are named by their dimensions, e.g. ``demand: (class, period) racks``.
    """

    case: Case
    calendar: Calendar
    terminal_value: str = "annuity"

    @property
    def after_tax(self) -> bool:
        """Whether costs count after tax."""
        return self.case.info.objective == "after_tax"

    # ---- time ------------------------------------------------------------------------------------------
    @cached_property
    def periods(self) -> pd.DataFrame:
        """Periods with start, end, fiscal_year, days, hours, months, tail; in time order."""
        return self.calendar.periods

    @property
    def as_of(self) -> date:
        """The day from which cash is discounted and lead times count."""
        return self.case.info.as_of

    @cached_property
    def end(self) -> date:
        """Last day (exclusive) of the optimised years, tail included."""
        return self.calendar.end

    def per_period(self, column: str) -> pd.Series[float]:
        """Return a column of the calendar as ``(period)``."""
        return self._by_period[column]

    @cached_property
    def _by_period(self) -> dict[str, pd.Series[float]]:
        numbers = ("fiscal_year", "days", "hours", "months")
        return {name: series(self.periods, ["period"], name) for name in numbers}

    @cached_property
    def fiscal_year_of(self) -> pd.DataFrame:
        """Relation period -> fiscal_year."""
        return self.periods[["period", "fiscal_year"]]

    @cached_property
    def fiscal_years(self) -> list[int]:
        """Every fiscal year of the optimised span, tail included."""
        return self.calendar.fiscal_years

    @property
    def _rate(self) -> float:
        return float(self.case.settings["discount_rate"])

    def discount(self, day: date) -> float:
        """Return the present value at ``as_of`` of 1 paid on ``day``: (1 + w)^(-days / 365.25)."""
        return self.calendar.discount_factor(self._rate, day)

    @cached_property
    def discount_period(self) -> pd.Series[float]:
        """Present value of 1 paid evenly over a period, taken at its middle: (period)."""
        return self.calendar.mid_discount_factor(self._rate)

    @cached_property
    def discount_year(self) -> pd.Series[float]:
        """Present value of 1 paid at the middle of a fiscal year: (fiscal_year)."""
        return self.calendar.fiscal_year_discount_factor(self._rate)

    @cached_property
    def year_end_period(self) -> pd.DataFrame:
        """Relation fiscal_year -> its last period, where yearly amounts are booked."""
        last = self.periods.groupby("fiscal_year", sort=True)["period"].last()
        return last.rename("period").reset_index()

    @cached_property
    def _starts(self) -> dict[str, date]:
        return dict(zip(self.period_labels, self.periods["start"], strict=True))

    def period_of(self, day: date) -> str | None:
        """Return the period that contains ``day``, or None outside the optimised span."""
        return self.calendar.period_of(day)

    # ---- what exists -----------------------------------------------------------------------------------
    @cached_property
    def halls(self) -> pd.DataFrame:
        """Halls with the ownership and place of their site, one row a hall, in input order."""
        sites = self.case["sites"][["site", "ownership", "region", "grid_area", "tariff", "demand_rule"]]
        return self.case["halls"].merge(sites, on="site", how="left", validate="many_to_one")

    @cached_property
    def hall_site(self) -> pd.DataFrame:
        """Relation hall -> site."""
        return self.halls[["hall", "site"]]

    @cached_property
    def owned_hall_site(self) -> pd.DataFrame:
        """Relation hall -> site of the owned halls."""
        return self.halls.loc[self.halls["ownership"] == "owned", ["hall", "site"]].reset_index(drop=True)

    @cached_property
    def owned_halls(self) -> list[str]:
        """Halls of owned sites."""
        return list(self.halls.loc[self.halls["ownership"] == "owned", "hall"])

    @cached_property
    def leased_halls(self) -> list[str]:
        """Halls of leased sites."""
        return list(self.halls.loc[self.halls["ownership"] == "leased", "hall"])

    @cached_property
    def owned_sites(self) -> list[str]:
        """Owned sites."""
        sites = self.case["sites"]
        return list(sites.loc[sites["ownership"] == "owned", "site"])

    @cached_property
    def leased_sites(self) -> list[str]:
        """Leased sites."""
        sites = self.case["sites"]
        return list(sites.loc[sites["ownership"] == "leased", "site"])

    @cached_property
    def existing(self) -> list[str]:
        """Owned halls in service at ``as_of``."""
        rows = (self.halls["ownership"] == "owned") & (self.halls["status"] == "in_service")
        return list(self.halls.loc[rows, "hall"])

    @cached_property
    def candidates(self) -> list[str]:
        """Owned halls that a project may bring into service."""
        rows = (self.halls["ownership"] == "owned") & (self.halls["status"] == "candidate")
        return list(self.halls.loc[rows, "hall"])

    @cached_property
    def usable_places(self) -> pd.Series[float]:
        """Whole rack places that may be filled in a hall: (hall) racks."""
        return (self.hall_number("rack_places") * self.hall_number("largest_fill") + TIE) // 1.0

    def hall_number(self, column: str) -> pd.Series[float]:
        """Return a numeric column of the halls as ``(hall)``."""
        return self._by_hall[column]

    @cached_property
    def _by_hall(self) -> pd.DataFrame:
        return self.halls.set_index("hall").select_dtypes("number").astype(float)

    def grid(self, **labels: list[str] | list[int]) -> pd.DataFrame:
        """Return every combination of the labels, one row each; made once for the same labels."""
        asked = tuple((name, *part) for name, part in labels.items())
        if asked not in self._grids:
            self._grids[asked] = product(labels)
        return self._grids[asked].copy(deep=False)

    @cached_property
    def _grids(self) -> dict[tuple[tuple[str | int, ...], ...], pd.DataFrame]:
        return {}

    @cached_property
    def period_labels(self) -> list[str]:
        """Periods in time order."""
        return self.calendar.labels

    # ---- demand and placement --------------------------------------------------------------------------
    @cached_property
    def eligible(self) -> pd.DataFrame:
        """Pairs (class, hall) where a class may live: region allowed, contract kW within the hall's rack."""
        pairs, sites = eligible_pairs(self.case), self.case["sites"]
        order = {c: i for i, c in enumerate(self.case["classes"]["class"])}
        halls = {h: i for i, h in enumerate(self.halls["hall"])}
        keys = [(order[c], halls[h]) for c, h in zip(pairs["class"], pairs["hall"], strict=True)]
        pairs = pairs.take(sorted(range(len(keys)), key=keys.__getitem__)).reset_index(drop=True)
        ownership = dict(zip(sites["site"], sites["ownership"], strict=True))
        held = [ownership[site] for site in pairs["site"]]
        return pairs.assign(ownership=pd.Series(held, index=pairs.index, dtype=object))

    @cached_property
    def triples(self) -> pd.DataFrame:
        """Every eligible (class, hall, period)."""
        pairs, labels = self.eligible, self.period_labels
        row, period = (each.ravel() for each in np.indices((len(pairs), len(labels))))
        columns = [pairs[name].to_numpy()[row] for name in ("class", "hall")]
        return label_table(["class", "hall", "period"], [*columns, label_index(labels).to_numpy()[period]])

    @cached_property
    def movable(self) -> list[str]:
        """Classes whose racks may be moved."""
        classes = self.case["classes"]
        return [str(k) for k in classes.loc[classes["movable"], "class"]]

    @cached_property
    def movable_triples(self) -> pd.DataFrame:
        """Eligible (class, hall, period) of the classes that may move."""
        movable = self.triples["class"].isin(self.movable).to_numpy()
        return self.triples if movable.all() else self.triples[movable].reset_index(drop=True)

    @cached_property
    def _demand(self) -> pd.DataFrame:
        rows = time.demand_by_period(self.case, self.calendar)
        index = labels_of(rows, ["class", "period"])
        return pd.DataFrame({name: rows[name].to_numpy(float) for name in ("racks", "mean_share")}, index)

    @cached_property
    def demand(self) -> pd.Series[float]:
        """Whole racks to place, the highest of the period: (class, period)."""
        return self._demand["racks"]

    @cached_property
    def mean_share(self) -> pd.Series[float]:
        """Mean demand of a period over its highest: (class, period), used for energy."""
        return self._demand["mean_share"]

    def class_year(self, column: str) -> pd.Series[float]:
        """Return a column of class_years as ``(class, period)``; the tail holds the last year."""
        return self._class_years[column]

    @cached_property
    def _class_years(self) -> pd.DataFrame:
        table = self.case["class_years"]
        columns = list(table.select_dtypes("number").columns.drop("fiscal_year"))
        return spread.columns_by_period(table, ["class"], columns, self.calendar)

    @cached_property
    def year_turns(self) -> pd.Series[float]:
        """1 in the first period of a fiscal year after the opening one, else 0: (period)."""
        years = self.per_period("fiscal_year")
        turns: pd.Series[float] = (years.diff() > 0).astype(float)
        return turns

    @cached_property
    def churn(self) -> pd.Series[float]:
        r"""Share of racks that leave as yearly contracts end, at the turn of the year: (class, period).

        $$ c_{k,t} = \mathrm{rate}_{k,FY_t - 1} \ \text{in the first period of a fiscal year, else } 0 $$
        """
        rate = self.class_year("churn_rate")
        before = rate.groupby(level="class", sort=False).shift(1).fillna(0.0)  # nothing churns at the opening
        return before * self.year_turns.reindex(before.index.get_level_values("period")).to_numpy()

    @cached_property
    def survival(self) -> pd.Series[float]:
        """Share of the opening racks still there at the end of a period: (class, period)."""
        return (1.0 - self.churn).groupby(level="class", sort=False).cumprod()

    @cached_property
    def wide(self) -> dict[str, pd.DataFrame]:
        """`demand`, `churn` and `survival` with a row for each class and a column for each period."""
        index = pd.Index(self.case["classes"]["class"], name="class")
        columns = pd.Index(self.period_labels, name="period", dtype=object)
        known = {"demand": self.demand, "churn": self.churn, "survival": self.survival}
        wide = {name: values.reindex(self.demand.index).to_numpy(float) for name, values in known.items()}
        shape = (len(index), len(columns))  # demand has every class and period, in this order
        return {name: pd.DataFrame(values.reshape(shape), index, columns) for name, values in wide.items()}

    @cached_property
    def opening(self) -> pd.Series[float]:
        """Racks at ``as_of`` of every eligible pair: (class, hall)."""
        held = series(self.case["occupancy"], ["class", "hall"], "racks")
        pairs = labels_of(self.eligible, ["class", "hall"])
        return held.reindex(pairs).fillna(0.0)  # an absent row of occupancy means no racks, by the dictionary

    @cached_property
    def largest_share(self) -> dict[str, pd.DataFrame]:
        """Largest racks of a class at a `site` and in a `region`: rows (class, place), columns periods."""
        return {place: largest_share(self, place) for place in ("site", "region")}

    # ---- physics ---------------------------------------------------------------------------------------
    @cached_property
    def fixed_kw(self) -> pd.Series[float]:
        """Load-independent facility overhead of a hall in service: (hall) kW."""
        return self._fit["fixed_share"] * self.hall_number("it_kw")

    @cached_property
    def _fit(self) -> pd.DataFrame:
        return cooling.fit_proportional_share(self.case).set_index("hall")

    @cached_property
    def facility_per_it(self) -> pd.Series[float]:
        """Mean facility kW per IT kW over all hours of the period, fixed part apart: (hall, period)."""
        return 1.0 + self._proportional("mean_overhead")

    @cached_property
    def peak_per_it(self) -> pd.Series[float]:
        """Facility kW per IT kW in the period's hottest hour, fixed part apart: (hall, period)."""
        return 1.0 + self._proportional("peak_overhead")

    @cached_property
    def extreme_per_it(self) -> pd.Series[float]:
        """Facility kW per IT kW at the design temperature, fixed part apart: (hall)."""
        return 1.0 + self._fit["proportional_share"] + cooling.extreme_overhead(self.case)

    def _proportional(self, column: str) -> pd.Series[float]:
        fitted = self._fit["proportional_share"].to_numpy().repeat(len(self.period_labels))
        return pd.Series(self._overhead[column].to_numpy() + fitted, index=self._overhead.index)

    @cached_property
    def least_per_it(self) -> pd.Series[float]:
        """Facility kW per IT kW in the period's coldest hour, fixed part apart: (hall, period)."""
        return 1.0 + self._proportional("least_overhead")

    @cached_property
    def _overhead(self) -> pd.DataFrame:
        return cooling.period_overhead(self.case, self.calendar)

    @property
    def diversity(self) -> float:
        """Share of the racks' peaks that coincide (-)."""
        return float(self.case.settings["peak_diversity"])

    @cached_property
    def it_mwh_per_rack(self) -> pd.Series[float]:
        """IT energy of a rack over a period, at the period's mean demand: (class, period) MWh."""
        hours = self.per_period("hours").reindex(self.mean_share.index.get_level_values("period")).to_numpy()
        return self.class_year("mean_kw").reindex(self.mean_share.index) * self.mean_share * hours / 1000.0

    @cached_property
    def receiving_kw(self) -> pd.Series[float]:
        """Grid connection of an owned site from the first whole period after its date: (site, period) kW."""
        return dated(self.case["connections"], "receiving_kw", self._starts)

    @cached_property
    def onsite_mwh(self) -> pd.Series[float]:
        """Self-used on-site generation that stands: (site, period) MWh, for every owned site.

        In the hours of the sun at a site with an option of panels, elsewhere day by day alike.
        """
        index = labels_of(self.grid(site=self.owned_sites, period=self.period_labels), ["site", "period"])
        if self.case["onsite_pv"].empty:
            return pd.Series(0.0, index=index)
        yearly = dated(self.case["onsite_pv"], "mwh_per_year", self._starts)
        days = self.periods["fiscal_year"].map(time.days_in_fiscal_year)
        share = pd.Series((self.periods["days"] / days).to_numpy(), index=self.periods["period"])
        even = share.reindex(yearly.index.get_level_values("period")).to_numpy()
        sunny = self.onsite.yields["share"].reindex(yearly.index)
        spread: pd.Series[float] = yearly * sunny.where(sunny.notna(), even)
        return spread.reindex(index).fillna(0.0)  # no row of onsite_pv: no panels there yet

    @cached_property
    def onsite(self) -> Onsite:
        """Batteries and panels."""
        return Onsite(self)

    # ---- moves -----------------------------------------------------------------------------------------
    def overlap_periods(self, months: float) -> int:
        """Return the whole periods of ``months`` that the overlap fills."""
        return math.floor(self.case.settings["overlap_months"] / months + 1e-9)

    @cached_property
    def overlap(self) -> pd.DataFrame:
        """Relation (period, moved_period): a rack moved in ``moved_period`` still occupies its source."""
        rows: list[tuple[str, str]] = []
        labels = self.period_labels
        for i, (months, tail) in enumerate(zip(self.periods["months"], self.periods["tail"], strict=True)):
            count = 0 if tail else self.overlap_periods(float(months))
            rows += [(labels[i], labels[i - j]) for j in range(count) if i - j >= 0]
        return pd.DataFrame(rows, columns=["period", "moved_period"])

    @cached_property
    def priced_overlap_months(self) -> pd.Series[float]:
        """Months of overlap shorter than a period, which are priced: (period)."""
        months = self.per_period("months")
        whole = months.map(self.overlap_periods) * months
        return (whole * -1.0 + float(self.case.settings["overlap_months"])).clip(lower=0.0)

    # ---- prices ----------------------------------------------------------------------------------------
    def by_year(self, table: str, keys: list[str], column: str) -> pd.Series[float]:
        """Return a yearly column as ``(*keys, fiscal_year)``; the tail holds the last year."""
        return spread.by_fiscal_year(self.case[table], keys, column, self.calendar)

    @cached_property
    def site_price(self) -> pd.DataFrame:
        """Columns energy (M JPY per MWh) and demand (M JPY per kW and period) by (site, period)."""
        return bill.coefficients(self.case, self.calendar)

    @cached_property
    def kg_per_kwh(self) -> pd.Series[float]:
        """Location-based factor of the chosen set: (site, period) tCO2e per MWh."""
        factors = self.case["grid_factors"]
        chosen = factors[factors["factor_set"] == self.case.info.grid_factor_set]
        factor = spread.by_period(chosen, ["grid_area"], "kg_per_kwh", self.calendar)
        frame = factor.rename("factor").reset_index()
        rows = self.case["sites"][["site", "grid_area"]].merge(frame, on="grid_area")
        return series(rows, ["site", "period"], "factor")
