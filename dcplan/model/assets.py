"""What a started project leaves behind: its assets, their taxes, and what they are worth after the span."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import calendar as time
from dcplan.finance.depreciation import last_fiscal_year, straight_line
from dcplan.model import schedule
from dcplan.model.schedule import START

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.model.schedule import Schedule

    Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Assets:
    """The assets of every start (project, start_period), by asset class."""

    schedule: Schedule

    @cached_property
    def lives(self) -> pd.DataFrame:
        """Lives by asset class: asset_class, life_years, tax_life_years (the same where none is stated)."""
        return self.schedule.onsite.lives

    @cached_property
    def rows(self) -> pd.DataFrame:
        """Columns of `Schedule.starts` with asset_class, share, life_years, tax_life_years.

        Units that are bought (`Onsite`) are among them.
        """
        case = self.schedule.tables.case
        shares = case["project_assets"][["project", "asset_class", "share"]]
        row = {name: place for place, name in enumerate(self.lives["asset_class"])}
        lives = self.lives.take([row[name] for name in shares["asset_class"]])
        years = {name: lives[name].to_numpy() for name in ("life_years", "tax_life_years")}
        built = self.schedule.starts.merge(shares.assign(**years), on="project")
        if self.schedule.onsite.vintages.empty:
            return built
        units = self.schedule.onsite.assets
        parts = [part for part in (built, units[list(built.columns)]) if not part.empty]
        return pd.concat(parts, ignore_index=True) if parts else built

    @cached_property
    def asset_tax(self) -> pd.DataFrame:
        r"""Asset tax of a start: project, start_period, fiscal_year, mjpy.

        $$ \text{tax}_{FY} = \tau \sum_a C_a \max(0, 1 - \tfrac{m}{12 L_a}) $$

        on the book value of the 1 January before the fiscal year, m the months since service; only fiscal
        years within the optimised span.
        """
        m = self.schedule.tables
        years = [y for y in m.fiscal_years if date(y + 1, 4, 1) <= m.end]
        first = np.array([date(year, 1, 1).toordinal() for year in years], dtype=np.int64)
        days = self.rows["service_date"]
        service = np.array([day.toordinal() for day in days], dtype=np.int64)
        begun = np.array([day.year * 12 + day.month for day in days], dtype=np.int64)
        row, year = np.nonzero(first[None, :] > service[:, None])
        taxed = np.array(years, dtype=np.int64)[year]
        rows = self.rows[[*START, "cost", "share", "life_years"]].take(row)
        months = (taxed * 12 + 1 - begun[row]).astype(float)
        left = np.maximum(0.0, 1.0 - months / (12.0 * rows["life_years"]))
        amount = m.case.settings["asset_tax_rate"] * rows["cost"] * rows["share"] * left
        rows = rows[START].assign(fiscal_year=taxed, mjpy=amount)
        return rows.groupby([*START, "fiscal_year"], sort=False)["mjpy"].sum().reset_index()

    def terminal(self, method: str, *, after_tax: bool = False) -> pd.Series[float]:
        """Value of a start's assets at the end of the optimised span: (project, start_period) M JPY then.

        ``annuity``: the present value then of the annuities still to bear; ``book``: straight-line;
        ``none``: 0. What was spent before ``as_of`` carries no value: it is sunk. ``after_tax`` takes the
        cost less the present value, at service, of the whole tax shield, so that the span bears its part of
        the cost after tax.
        """
        rows, m = self.rows, self.schedule.tables
        age = np.array([(m.end - day).days / time.DAYS_PER_YEAR for day in rows["service_date"]])
        rate = m.case.settings["discount_rate"]
        left = schedule.remaining_share(age, rows["life_years"].to_numpy(dtype=float), rate, method)
        base = (rows["cost"] - rows["spent_mjpy"]) * rows["share"]
        if after_tax:
            at_service = np.array([m.discount(day) for day in rows["service_date"]])
            base = base - self._relieved.sum(axis=1) / at_service
        value: pd.Series[float] = (base * left).groupby([rows[key] for key in START], sort=False).sum()
        return value

    @cached_property
    def tax_shield(self) -> pd.DataFrame:
        r"""Tax saved by depreciation within the span: project, start_period, fiscal_year, mjpy (positive).

        $$ \text{shield}_{FY} = \tau \sum_a \text{charge}_{a,FY} $$
        """
        m = self.schedule.tables
        within = pd.Index(m.fiscal_years, name="fiscal_year")
        saved = self._rate * self._charges(np.array(within, dtype=np.int64))
        table = pd.DataFrame(saved, columns=within).assign(**{key: self.rows[key] for key in START})
        yearly = table.melt(id_vars=START, var_name="fiscal_year", value_name="mjpy")
        yearly = yearly.astype({"fiscal_year": "int64", "mjpy": "float64"})
        return yearly.groupby([*START, "fiscal_year"], sort=False)["mjpy"].sum().reset_index()

    @cached_property
    def shield_left(self) -> pd.Series[float]:
        """Present value, at the end of the span, of the tax saved after it: (project, start_period)."""
        after = self._relieved[:, self._years > self.schedule.tables.fiscal_years[-1]].sum(axis=1)
        value = pd.Series(after / self.schedule.tables.discount(self.schedule.tables.end))
        left: pd.Series[float] = value.groupby([self.rows[key] for key in START], sort=False).sum()
        return left

    @cached_property
    def _years(self) -> npt.NDArray[np.int64]:
        """Every fiscal year in which an asset may be depreciated for tax."""
        m, rows = self.schedule.tables, self.rows
        last = last_fiscal_year(rows["tax_life_years"].to_numpy(dtype=float), list(rows["service_date"]))
        return np.arange(m.fiscal_years[0], max([m.fiscal_years[-1], *last.tolist()]) + 1)

    @cached_property
    def _relieved(self) -> Floats:
        """Present value at ``as_of`` of the tax saved, (asset, year); paid at the middle of the year."""
        m = self.schedule.tables
        days = [
            (time.fiscal_year_start(int(year)) - m.as_of).days + time.days_in_fiscal_year(int(year)) / 2
            for year in self._years
        ]
        factor = (1.0 + m.case.settings["discount_rate"]) ** -(np.array(days) / time.DAYS_PER_YEAR)
        return np.asarray(self._rate * self._charges(self._years) * factor)

    def _charges(self, years: npt.NDArray[np.int64]) -> Floats:
        rows = self.rows
        cost = (rows["cost"] * rows["share"]).to_numpy(dtype=float)
        life = rows["tax_life_years"].to_numpy(dtype=float)
        return straight_line(cost, life, list(rows["service_date"]), years)

    @property
    def _rate(self) -> float:
        return float(self.schedule.tables.case.settings["tax_rate"])
