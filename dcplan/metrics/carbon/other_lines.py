"""T08, emission lines besides electricity: fuel and refrigerants of Scope 1, capital goods of Scope 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from dcplan.metrics.carbon.books import CarbonBooks
    from dcplan.metrics.carbon.lookup import Factors

    Frame = pd.DataFrame

NO_INPUT, NO_FACTOR = "no_input", "no_factor"


def fuel_use(books: CarbonBooks) -> Frame:
    r"""Return the fuel of generator tests: site, fiscal_year, fuel, litres, mwh (of owned sites).

    $$ L = P\, u\, h\, \ell\, s \quad [\mathrm{kW} \cdot \mathrm{h} \cdot \mathrm{L/kWh}] $$

    P rated power, u load and h hours of the tests of a year, s the part of the year in service. Halls in
    service without a row in `generators` give a row of their own: no fuel, litres NaN. `mwh` is generated in
    the tests, into a load bank: it is fuel, and no energy that crosses the site's meter.
    """
    told = ["hall", "fuel", "rated_kw", "test_load", "test_hours_per_year", "litres_per_kwh"]
    rows = books.in_service.merge(books.inputs["generators"][told], how="left", on="hall")
    rows["mwh"] = rows["rated_kw"] * rows["test_load"] * rows["test_hours_per_year"] * rows["share"] / 1000.0
    rows["litres"] = rows["mwh"] * 1000.0 * rows["litres_per_kwh"]
    served = rows[rows["share"] > 0]
    fuels = served["fuel"].where(served["fuel"].notna(), "")
    keys = [served["site"], served["fiscal_year"], fuels.rename("fuel")]
    return served.groupby(keys, sort=False)[["litres", "mwh"]].sum(min_count=1).reset_index()


def fuel_lines(books: CarbonBooks, factors: Factors) -> Frame:
    """Return Scope 1 of generator tests, and category 3 upstream of their fuel; null where not told."""
    use = fuel_use(books).rename(columns={"fuel": "subject"})
    use["activity"] = use["litres"] / 1000.0
    parts = []
    for scope, factor_type, flag in ((1, "fuel", "generator_tests"), (3, "upstream_fuel", "upstream")):
        rows = _with_factor(use, factors, factor_type)
        rows["tco2e"] = rows["activity"] * rows["factor_value"]
        rows["null_reason"] = _why(rows)
        rows = rows.assign(scope=scope, method="fuel" if scope == 1 else "activity", quality_flag=flag)
        rows["s3_category"] = pd.NA if scope == 1 else 3
        parts.append(rows)
    return _finished(pd.concat(parts, ignore_index=True), "kL", "t/kL", "CO2e")


def refrigerant_lines(books: CarbonBooks, factors: Factors) -> Frame:
    r"""Return Scope 1 of leaks by owned site, fiscal year and gas: charge x leak rate x GWP.

    $$ t = m\, \lambda\, s\, \mathrm{GWP} / 1000 \quad [\mathrm{kg}] $$

    The first charge of a new hall is no leak. A site of which one hall has no row is null.
    """
    rows = books.in_service[books.in_service["share"] > 0]
    gases = books.inputs["refrigerants"][["hall", "gas", "charge_kg", "leak_rate"]]
    rows = rows.merge(gases, how="left", on="hall")
    rows["activity"] = rows["charge_kg"] * rows["leak_rate"] * rows["share"]
    rows["subject"] = rows["gas"].where(rows["gas"].notna(), "")
    keys = ["site", "fiscal_year", "subject"]
    sums = rows.groupby(keys, sort=False)["activity"].sum(min_count=1).reset_index()
    sums = _with_factor(sums, factors, "refrigerant_gwp")
    sums["tco2e"] = sums["activity"] / 1000.0 * sums["factor_value"]
    sums["null_reason"] = _why(sums)
    sums["gas"] = sums["subject"].where(sums["subject"] != "", "not_told")
    sums = sums.assign(scope=1, method="refrigerant", quality_flag="charge x rate")
    sums["s3_category"] = pd.NA
    return _finished(sums, "kg", "t/t", None)


def capital_lines(books: CarbonBooks, factors: Factors) -> Frame:
    """Return category 2: what was built, in the year in which it came into service, by site and class.

    Spend-based: the nominal cost of an asset times the factor of its class. Works of several years belong to
    the year in which the asset is complete; assets that stood at the opening are not in. `spread_tco2e` is
    the same emission spread over the asset's life, the view of a life-cycle assessment: a memo, in no total.
    """
    years = pd.DataFrame({"fiscal_year": books.years})
    assets = books.tables["assets"]
    new = assets[~assets["opening"].astype(bool)]
    served = pd.to_datetime(new["service_date"])
    new = new.assign(first=np.where(served.dt.month >= 4, served.dt.year, served.dt.year - 1))
    sites = books.inputs["sites"]
    owned = sites.loc[sites["ownership"] == "owned", "site"]
    names, classes = ["site", "fiscal_year", "asset_class"], books.inputs["asset_classes"]["asset_class"]
    keys = pd.MultiIndex.from_product([owned, books.years, classes], names=names)
    built = new.groupby(["site", "first", "asset_class"])["cost_mjpy"].sum()
    rows = keys.to_frame(index=False)
    rows["activity"] = built.reindex(keys).fillna(0.0).to_numpy()  # nothing of the class came into service
    rows["subject"] = rows["asset_class"]
    rows = _with_factor(rows, factors, "capital_goods")
    rows["tco2e"] = rows["activity"] * rows["factor_value"]
    spread = new.assign(yearly=new["cost_mjpy"] / new["life_years"]).merge(years, how="cross")
    spread = spread[spread["fiscal_year"] >= spread["first"]]
    yearly = spread.groupby(names)["yearly"].sum()
    rows["spread_tco2e"] = yearly.reindex(keys).fillna(0.0).to_numpy() * rows["factor_value"]
    rows["null_reason"] = _why(rows)
    rows = rows.assign(scope=3, s3_category=2, method="spend", quality_flag="nominal yen, year of service")
    return _finished(rows, "M JPY", "t/M JPY", "CO2e")


def _with_factor(rows: Frame, factors: Factors, kind: str) -> Frame:
    places = factors.of_subject(kind, rows["subject"])
    return rows.assign(factor_id=factors.ids(places), factor_value=factors.values(places))


def _why(rows: Frame) -> np.ndarray[Any, Any]:
    missing = rows["activity"].isna() | rows["subject"].eq("")
    return np.select([missing, rows["factor_value"].isna()], [NO_INPUT, NO_FACTOR], "")


def _finished(rows: Frame, unit: str, factor_unit: str, gas: str | None) -> Frame:
    table = rows.rename(columns={"site": "site_id"}).assign(
        activity_unit=unit, factor_unit=factor_unit, part="site", ownership="owned", factor_set=""
    )
    if gas is not None:
        table["gas"] = gas
    table["scope_view_b"] = table["scope"]
    table["s3_category"] = table["s3_category"].astype("Int64")
    table["s3_category_view_b"] = table["s3_category"]
    table["allocation_rule"], table["value_status"] = "site", "estimated"
    return table
