"""Yearly figures of a plan: sums over periods and sites, and ratios of those sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import pandas as pd

from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import numpy.typing as npt

    Tables = Mapping[str, pd.DataFrame]
    Places = npt.NDArray[np.intp]


MONEY: Final = {
    "cash_mjpy": None,
    "capex_mjpy": CAPEX,
    "rent_mjpy": ("rent", "overlap_rent"),
    "energy_mjpy": ("energy_owned", "energy_leased", "demand_charge"),
}
"""Cost terms of the columns of money; None for all that is cash."""


def years_of(tables: Tables) -> pd.DataFrame:
    """Return the relation period -> fiscal_year of the plan's years; the tail is never reported."""
    periods = tables["periods"]
    return periods.loc[~periods["tail"].astype(bool), ["period", "fiscal_year"]]


def in_years(tables: Tables, rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the plan's years, told by their period, with their fiscal_year."""
    years = years_of(tables)
    place = pd.Index(years["period"]).get_indexer(rows["period"])
    told: pd.DataFrame = rows[place >= 0]
    return told.assign(fiscal_year=years["fiscal_year"].to_numpy()[place[place >= 0]])


class _Years:
    """The fiscal years of a plan, and sums over them.

    Places are those of rows among the years; a row at a negative place counts in no year.

    Attributes:
        every: the fiscal years in order.
    """

    def __init__(self, tables: Tables) -> None:
        periods = tables["periods"]
        shown = ~periods["tail"].to_numpy(dtype=bool)
        years = periods["fiscal_year"].to_numpy(dtype=int)[shown]
        self._periods = pd.Index(periods["period"])[shown]
        self.every = pd.Index(np.unique(years), name="fiscal_year")
        # the last element answers for what is no period of these, as the tail
        self._year: Places = np.append(self.every.get_indexer(years), -1)
        last = np.append(self._year[:-1] != self._year[1:], False)  # periods come in order
        self._year_ended: Places = np.where(last, self._year, -1)

    def of(self, periods: pd.Series[str]) -> Places:
        """Return the places of periods; negative in the tail, which is never reported."""
        places: Places = self._year[self._periods.get_indexer(periods)]
        return places

    def ended_by(self, periods: pd.Series[str]) -> Places:
        """Return the places of the periods that are the last of their fiscal year."""
        places: Places = self._year_ended[self._periods.get_indexer(periods)]
        return places

    def named(self, years: pd.Series[int]) -> Places:
        """Return the places of fiscal years."""
        places: Places = self.every.get_indexer(years)
        return places

    def sums(self, figure: pd.Series[Any], places: Places) -> pd.Series[Any]:
        """Return the sums of a figure by fiscal year; NaN where a year has no row of it."""
        counted = places >= 0
        sums = figure[counted].groupby(places[counted]).sum()
        return sums.reindex(range(len(self.every))).set_axis(self.every)


def _money(tables: Tables, years: _Years, terms: Sequence[tuple[str, ...] | None]) -> list[pd.Series[float]]:
    """Return nominal cost by fiscal year for each group of cost terms; all cash where a group is None."""
    rows = tables["costs"]
    places = years.of(rows["period"])
    groups = [rows["cash"].astype(bool) if group is None else rows["term"].isin(group) for group in terms]
    sums = [years.sums(rows["mjpy"], np.where(group, places, -1)) for group in groups]
    return [figure.fillna(0.0) for figure in sums]  # a year without a cost of that kind


def racks_at_year_end(tables: Tables) -> pd.Series[float]:
    """Return racks in place in the last period of each fiscal year: (fiscal_year) racks."""
    return _at_year_end(tables["racks"], "racks", _Years(tables))


def _at_year_end(rows: pd.DataFrame, figure: str, years: _Years) -> pd.Series[Any]:
    return years.sums(rows[figure], years.ended_by(rows["period"]))


def energy(tables: Tables) -> pd.DataFrame:
    """Return it_mwh, facility_mwh and onsite_mwh of the fleet by fiscal year."""
    years, rows = _Years(tables), tables["site_energy"]
    places = years.of(rows["period"])
    return pd.DataFrame(
        {name: years.sums(rows[name], places) for name in ("it_mwh", "facility_mwh", "onsite_mwh")}
    )


def pue(tables: Tables) -> pd.Series[float]:
    r"""Return the fleet's PUE by fiscal year, a ratio of sums.

    $$ \mathrm{PUE}_y = \frac{\sum_{s,t} E_{s,t}}{\sum_{s,t} E^{IT}_{s,t}} \quad [-] $$

    A planned figure: design PUE in the sense of ISO/IEC 30134-2, not a measurement.
    """
    sums = energy(tables)
    return sums["facility_mwh"] / sums["it_mwh"]


def renewable_share(tables: Tables, owned: list[str], renewable: list[str]) -> pd.Series[float]:
    """Return the renewable share of owned sites by fiscal year: (claims + self-used) / facility energy."""
    years, rows, claims = _Years(tables), tables["site_energy"], tables["claims"]
    ours = np.where(rows["site"].isin(owned), years.of(rows["period"]), -1)
    green = np.where(claims["instrument"].isin(renewable), years.named(claims["fiscal_year"]), -1)
    claimed = years.sums(claims["claimed_mwh"], green).fillna(0.0)  # nothing is claimed in that year
    return (years.sums(rows["onsite_mwh"], ours) + claimed) / years.sums(rows["facility_mwh"], ours)


def location_tco2e(tables: Tables) -> pd.Series[float]:
    """Return location-based emissions of the fleet's racks by fiscal year, landlord overhead included [t]."""
    years, rows = _Years(tables), tables["emissions"]
    return years.sums(rows["location_tco2e"], years.named(rows["fiscal_year"]))


def cash(tables: Tables, terms: tuple[str, ...] | None = None) -> pd.Series[float]:
    """Return nominal cash cost by fiscal year, of the named terms or of all cash terms [M JPY]."""
    return _money(tables, _Years(tables), [terms])[0]


def summary(tables: Tables, owned: list[str], renewable: list[str]) -> pd.DataFrame:
    """Return the yearly summary: racks, energy, PUE, renewable share, emissions, money, sites, halls."""
    years, used = _Years(tables), energy(tables)
    table = pd.DataFrame(
        {
            "racks": racks_at_year_end(tables),
            "it_mwh": used["it_mwh"],
            "facility_mwh": used["facility_mwh"],
            "pue": used["facility_mwh"] / used["it_mwh"],
            "renewable_share": renewable_share(tables, owned, renewable),
            "location_tco2e": location_tco2e(tables),
            **dict(zip(MONEY, _money(tables, years, list(MONEY.values())), strict=True)),
            "sites": _at_year_end(tables["sites"], "kept", years),
            "halls": _at_year_end(tables["halls"], "in_service", years),
        }
    )
    return table.reset_index()


def totals(tables: Tables, plan: str) -> pd.DataFrame:
    """Return the totals of a plan for comparison: plan, measure, unit, value.

    Cost terms are present values over the whole optimised span, so that they add up to the objective; energy,
    emissions and CAPEX are sums over the plan's fiscal years, those of its `summary`.
    """
    terms = tables["costs"].groupby("term", sort=False)["pv_mjpy"].sum()
    yearly, racks = tables["summary"], tables["racks"]
    moved = racks.loc[_Years(tables).of(racks["period"]) >= 0, "moved_out"]
    rows = [(plan, f"cost:{name}", "M JPY PV", float(value)) for name, value in terms.items()]
    rows += [
        (plan, "cost", "M JPY PV", float(terms.sum())),
        (plan, "energy:facility_mwh", "MWh", float(yearly["facility_mwh"].sum())),
        (plan, "energy:it_mwh", "MWh", float(yearly["it_mwh"].sum())),
        (plan, "carbon:location_tco2e", "tCO2e", float(yearly["location_tco2e"].sum())),
        (plan, "capex", "M JPY", float(yearly["capex_mjpy"].sum())),
        (plan, "cash", "M JPY", float(yearly["cash_mjpy"].sum())),
        (plan, "racks:moved_out", "racks", float(moved.sum())),
    ]
    return pd.DataFrame(rows, columns=["plan", "measure", "unit", "value"])
