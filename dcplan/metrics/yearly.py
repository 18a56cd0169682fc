"""Yearly figures of a plan: sums over periods and sites, and ratios of those sums."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    Tables = Mapping[str, pd.DataFrame]


def years_of(tables: Tables) -> pd.DataFrame:
    """Return the relation period -> fiscal_year of the plan's years; the tail is never reported."""
    periods = tables["periods"]
    return periods.loc[~periods["tail"].astype(bool), ["period", "fiscal_year"]]


def racks_at_year_end(tables: Tables) -> pd.Series[float]:
    """Return racks in place in the last period of each fiscal year: (fiscal_year) racks."""
    years = years_of(tables)
    last = years.groupby("fiscal_year")["period"].last().rename("period").reset_index()
    return tables["racks"].merge(last, on="period").groupby("fiscal_year")["racks"].sum()


def energy(tables: Tables) -> pd.DataFrame:
    """Return it_mwh, facility_mwh and onsite_mwh of the fleet by fiscal year."""
    rows = tables["site_energy"].merge(years_of(tables), on="period")
    return rows.groupby("fiscal_year")[["it_mwh", "facility_mwh", "onsite_mwh"]].sum()


def pue(tables: Tables) -> pd.Series[float]:
    r"""Return the fleet's PUE by fiscal year, a ratio of sums.

    $$ \mathrm{PUE}_y = \frac{\sum_{s,t} E_{s,t}}{\sum_{s,t} E^{IT}_{s,t}} \quad [-] $$

    A planned figure: design PUE in the sense of ISO/IEC 30134-2, not a measurement.
    """
    sums = energy(tables)
    return sums["facility_mwh"] / sums["it_mwh"]


def renewable_share(tables: Tables, owned: list[str], renewable: list[str]) -> pd.Series[float]:
    """Return the renewable share of owned sites by fiscal year: (claims + self-used) / facility energy."""
    rows = tables["site_energy"].merge(years_of(tables), on="period")
    sums = rows[rows["site"].isin(owned)].groupby("fiscal_year")[["facility_mwh", "onsite_mwh"]].sum()
    claims = tables["claims"]
    claimed = claims[claims["instrument"].isin(renewable)].groupby("fiscal_year")["claimed_mwh"].sum()
    green = sums["onsite_mwh"] + claimed.reindex(sums.index, fill_value=0.0)
    return green / sums["facility_mwh"]


def location_tco2e(tables: Tables) -> pd.Series[float]:
    """Return location-based emissions of the fleet's racks by fiscal year, landlord overhead included [t]."""
    known = set(years_of(tables)["fiscal_year"])
    rows = tables["emissions"]
    return rows[rows["fiscal_year"].isin(known)].groupby("fiscal_year")["location_tco2e"].sum()


def cash(tables: Tables, terms: tuple[str, ...] | None = None) -> pd.Series[float]:
    """Return nominal cash cost by fiscal year, of the named terms or of all cash terms [M JPY]."""
    return _cash(*_costs(tables), terms)


def _costs(tables: Tables) -> tuple[pd.DataFrame, list[int]]:
    """Return the costs of the plan's years with their fiscal year, and these years."""
    years = years_of(tables)
    return tables["costs"].merge(years, on="period"), sorted(set(years["fiscal_year"]))


def _cash(rows: pd.DataFrame, years: list[int], terms: tuple[str, ...] | None = None) -> pd.Series[float]:
    chosen = rows["cash"].astype(bool) if terms is None else rows["term"].isin(terms)
    sums = rows.loc[chosen, "mjpy"].groupby(rows["fiscal_year"]).sum()
    return sums.reindex(years, fill_value=0.0)


def summary(tables: Tables, owned: list[str], renewable: list[str]) -> pd.DataFrame:
    """Return the yearly summary: racks, energy, PUE, renewable share, emissions, money, sites, halls."""
    used, costs = energy(tables), _costs(tables)
    years = years_of(tables)
    last = years.groupby("fiscal_year")["period"].last().rename("period").reset_index()
    sites = tables["sites"].merge(last, on="period").groupby("fiscal_year")["kept"].sum()
    halls = tables["halls"].merge(last, on="period").groupby("fiscal_year")["in_service"].sum()
    table = pd.DataFrame(
        {
            "racks": racks_at_year_end(tables),
            "it_mwh": used["it_mwh"],
            "facility_mwh": used["facility_mwh"],
            "pue": used["facility_mwh"] / used["it_mwh"],
            "renewable_share": renewable_share(tables, owned, renewable),
            "location_tco2e": location_tco2e(tables),
            "cash_mjpy": _cash(*costs),
            "capex_mjpy": _cash(*costs, CAPEX),
            "rent_mjpy": _cash(*costs, ("rent", "overlap_rent")),
            "energy_mjpy": _cash(*costs, ("energy_owned", "energy_leased", "demand_charge")),
            "sites": sites,
            "halls": halls,
        }
    )
    return table.rename_axis("fiscal_year").reset_index()


def totals(tables: Tables, plan: str) -> pd.DataFrame:
    """Return the totals of a plan for comparison: plan, measure, unit, value.

    Cost terms are present values over the whole optimised span, so that they add up to the objective; energy,
    emissions and CAPEX are sums over the plan's fiscal years.
    """
    terms = tables["costs"].groupby("term", sort=False)["pv_mjpy"].sum()
    used, costs = energy(tables), _costs(tables)
    rows = [(plan, f"cost:{name}", "M JPY PV", float(value)) for name, value in terms.items()]
    rows.append((plan, "cost", "M JPY PV", float(terms.sum())))
    rows.append((plan, "energy:facility_mwh", "MWh", float(used["facility_mwh"].sum())))
    rows.append((plan, "energy:it_mwh", "MWh", float(used["it_mwh"].sum())))
    rows.append((plan, "carbon:location_tco2e", "tCO2e", float(location_tco2e(tables).sum())))
    rows.append((plan, "capex", "M JPY", float(_cash(*costs, CAPEX).sum())))
    rows.append((plan, "cash", "M JPY", float(_cash(*costs).sum())))
    moved = tables["racks"].merge(years_of(tables), on="period")["moved_out"].sum()
    rows.append((plan, "racks:moved_out", "racks", float(moved)))
    return pd.DataFrame(rows, columns=["plan", "measure", "unit", "value"])
