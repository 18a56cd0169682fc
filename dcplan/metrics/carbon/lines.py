"""T08, emission lines of electricity: Scope 2 by every method, landlord overhead, category 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.factors import LOCATION, SHK_CHANGE, ZERO
from dcplan.metrics.carbon.ledger import MENUS, claims_of
from dcplan.metrics.carbon.lookup import Factors

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.metrics.carbon.books import CarbonBooks

    Frame = pd.DataFrame

TENANT, OPERATOR, LANDLORD = "tenant_it", "operator", "landlord_overhead"
SCOPE = {OPERATOR: 2, TENANT: 2, LANDLORD: 3}
SCOPE_VIEW_B = {OPERATOR: 2, TENANT: 3, LANDLORD: 3}
CATEGORY = {LANDLORD: 8}
CATEGORY_VIEW_B = {LANDLORD: 8, TENANT: 13}
RULE = {
    OPERATOR: "all energy but the IT of customers",
    TENANT: "customers' IT energy, self-generation pro rata",
    LANDLORD: "metered IT energy x (PUE - 1) of the landlord, estimated",
}
MARKET_ORDER = ("residual", "shk_adjusted")
"""Unmatched MWh take the residual factor, else the supplier's rate, else the grid average."""
KEYS = ["site", "fiscal_year", "part"]
UPSTREAM = "activity"
"""The method of category 3, which is in Scope 3 whatever part of the power it is of."""


def parts_of(energy: Frame) -> Frame:
    """Return the grid energy of every site and fiscal year by part, MWh above 0: site, fiscal_year, part,
    ownership, grid_area, mwh, share (of the site's controlled_mwh).
    """  # noqa: D205
    mwh = {
        OPERATOR: energy["controlled_mwh"] - energy["tenant_mwh"],
        TENANT: energy["tenant_mwh"],
        LANDLORD: energy["landlord_mwh"],
    }
    whole = energy["controlled_mwh"].where(energy["controlled_mwh"] > 0)
    head = energy[["site", "fiscal_year", "ownership", "grid_area"]]
    rows = [head.assign(part=part, mwh=value, share=value / whole) for part, value in mwh.items()]
    table = pd.concat(rows, ignore_index=True)
    return table[table["mwh"] > 0].reset_index(drop=True)


def electricity_lines(books: CarbonBooks, register: Frame) -> Frame:
    """Return the lines of electricity: location, market, both SHK methods, and category 3."""
    factors = Factors(register)
    parts, claims = parts_of(books.energy), claims_of(books)
    bought = bought_of(parts, claims)
    lines = pd.concat(
        [
            location_lines(parts, factors),
            market_lines(parts, claims, factors, books.factor_set),
            shk_lines(bought, factors, "shk_basic"),
            shk_lines(bought, factors, "shk_adjusted"),
            upstream_lines(parts, factors, books.factor_set),
        ],
        ignore_index=True,
    )
    return scoped(lines)


def location_lines(parts: Frame, factors: Factors) -> Frame:
    r"""Return location-based emissions by site, fiscal year, part and factor set.

    $$ t = E^{grid}\, \mathrm{EF}^{grid}_{area,\,FY_{n-1}} \quad [\mathrm{MWh} \cdot \mathrm{t/MWh}] $$

    No instrument enters: the function does not see any.
    """
    sets = factors.location_sets
    rows = parts.iloc[np.repeat(np.arange(len(parts)), len(sets))].reset_index(drop=True)
    rows["factor_set"] = pd.Series(sets * len(parts), dtype=object)
    places = np.empty((len(parts), len(sets)), dtype=np.intp)
    for number, name in enumerate(sets):
        places[:, number] = factors.of_year(LOCATION, parts, name)
    return _emitted(rows, factors, places.ravel(), "location")


def market_lines(parts: Frame, claims: Frame, factors: Factors, factor_set: str) -> Frame:
    r"""Return market-based emissions: claimed MWh at the rate of their instrument, the rest at the residual.

    $$ t = \sum_i Q_i\, \mathrm{EF}_i + (E - \sum_i Q_i)\, \mathrm{EF}^{res} $$

    Order of factors: instruments, the retailer's residual menu, its standard menu, the grid average (told by
    `quality_flag`: Japan publishes no national residual mix). A site's claims cover its parts pro rata.
    """
    ours = parts.assign(row=np.arange(len(parts)))[parts["part"] != LANDLORD]
    held = ours.merge(claims, on=["site", "fiscal_year"])
    held["mwh"] = held["claimed_mwh"] * held["share"]
    matched = np.zeros(len(parts))  # no claim at the site in that year
    matched[held["row"]] = held.groupby(KEYS)["mwh"].transform("sum")
    held = held.assign(
        instrument_id=held["instrument"],
        factor_id=ZERO,
        factor_value=0.0,
        tco2e=held["mwh"] * 0.0,
        quality_flag="instrument",
    )
    rest = parts.assign(mwh=parts["mwh"] - matched, matched=matched)
    _refuse_overclaim(rest)
    rest["mwh"] = rest["mwh"].clip(lower=0.0)
    places, flags = _by_order(rest, factors, factor_set)
    rest = _emitted(rest, factors, places, "market").assign(quality_flag=flags)
    return pd.concat([held, rest], ignore_index=True).assign(method="market", factor_set="")


def _refuse_overclaim(rest: Frame) -> None:
    over = rest[rest["mwh"] < -1e-6 * rest["matched"].abs().clip(lower=1.0)]
    if not over.empty:
        first = over.iloc[0]
        raise ValueError(
            f"{first['site']} claims {-first['mwh']:g} MWh more than it imports in FY{first['fiscal_year']}"
        )


def _by_order(
    rows: Frame, factors: Factors, factor_set: str
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.str_]]:
    """Return the first factor of the market-based order that each row's area and year have, and its name."""
    choices = {name: factors.of_year(name, rows) for name in MARKET_ORDER}
    choices["no_residual_mix"] = factors.of_year(LOCATION, rows, factor_set)
    known = [places >= 0 for places in choices.values()]
    return np.select(known, list(choices.values()), -1), np.select(known, list(choices), "")


def bought_of(parts: Frame, claims: Frame) -> Frame:
    """Return the parts that the operator buys, with what its instruments cover of them: menus_mwh (comes with
    the power itself), certified_mwh.
    """  # noqa: D205
    ours = parts[parts["part"] != LANDLORD].reset_index(drop=True)
    menus = claims["kind"].isin(MENUS)
    keys = pd.MultiIndex.from_frame(ours[["site", "fiscal_year"]])
    return ours.assign(
        menus_mwh=ours["share"] * _claimed(keys, claims[menus]),
        certified_mwh=ours["share"] * _claimed(keys, claims[~menus]),
    )


def shk_lines(bought: Frame, factors: Factors, method: str) -> Frame:
    r"""Return emissions by the reporting law: what was bought, and the customer's own certificates.

    $$ t = (E - E_{menu})\, \mathrm{EF} - \min\big( Q\, \mathrm{EF}^{JP}\, r,\; t_{bought} \big) $$

    EF is the retailer's basic or adjusted factor, EF^JP the national average, r the correction rate of
    certificates. Up to activity FY2023 the basic factor is physical: neither menus nor certificates touch it;
    from FY2024 both do. Adjusted emissions always count both.

    Args:
        bought: of `bought_of`.
        factors: of the case.
        method: `shk_basic` or `shk_adjusted`.
    """
    touched = (bought["fiscal_year"].to_numpy() >= SHK_CHANGE) | (method == "shk_adjusted")
    zero = np.where(touched, bought["menus_mwh"], 0.0)
    paid = _emitted(bought.assign(mwh=bought["mwh"] - zero), factors, factors.of_year(method, bought), method)
    menu = bought.assign(mwh=zero, factor_id=ZERO, factor_value=0.0, tco2e=0.0)[zero > 0]
    nation, (_, rate) = factors.of_nation(bought), factors.one("certificate_correction")
    certified = bought["certified_mwh"].to_numpy(dtype=float)
    full = certified * factors.values(nation) * (1.0 if np.isnan(rate) else rate)
    less = bought.assign(
        mwh=certified,
        factor_id=factors.ids(nation),
        factor_value=factors.values(nation),
        tco2e=-np.minimum(full, paid["tco2e"].to_numpy()),
        instrument_id="certificates",
        quality_flag="certificates: kWh x national average x correction, up to the purchase",
    )[touched & (certified > 0)]
    rows = [paid.assign(quality_flag="retailer"), menu.assign(quality_flag="menu"), less]
    return pd.concat(rows, ignore_index=True).assign(method=method, factor_set="")


def _claimed(keys: pd.MultiIndex, claims: Frame) -> np.ndarray[Any, Any]:
    sums = claims.groupby(["site", "fiscal_year"])["claimed_mwh"].sum()
    return sums.reindex(keys).fillna(0.0).to_numpy(dtype=float)  # nothing claimed there


def upstream_lines(parts: Frame, factors: Factors, factor_set: str) -> Frame:
    r"""Return category 3 of the power in Scope 2: upstream of its fuels, and losses of the grid.

    $$ t = E\, u, \qquad t = E\, \frac{\lambda}{1 - \lambda}\, \mathrm{EF}^{grid} $$

    Imports are measured at the site's meter, so losses are never part of Scope 2.
    """
    ours = parts[parts["part"] != LANDLORD]
    up, u = factors.one("upstream_electricity", "electricity")
    loss, rate = factors.one("grid_loss", "electricity")
    grid = factors.values(factors.of_year(LOCATION, ours, factor_set))
    lost = ours["mwh"] * rate / (1 - rate) * grid
    rows = [
        ours.assign(factor_id=up, factor_value=u, tco2e=ours["mwh"] * u, quality_flag="upstream"),
        ours.assign(factor_id=loss, factor_value=rate, tco2e=lost, quality_flag="grid_loss"),
    ]
    return pd.concat(rows, ignore_index=True).assign(method=UPSTREAM, factor_set="")


def _emitted(rows: Frame, factors: Factors, places: npt.NDArray[np.intp], method: str) -> Frame:
    """Return rows with the factors at places and their emissions."""
    values = factors.values(places)
    return rows.assign(
        factor_id=factors.ids(places), factor_value=values, tco2e=rows["mwh"] * values, method=method
    )


def scoped(rows: Frame) -> Frame:
    """Return lines of electricity with scopes in both views, activity, unit, gas and why one is null."""
    table = rows.rename(columns={"site": "site_id", "mwh": "activity"})
    part, upstream = table["part"], table["method"] == UPSTREAM
    table["scope"] = part.map(SCOPE).mask(upstream, 3)
    table["scope_view_b"] = part.map(SCOPE_VIEW_B).mask(upstream, 3)
    table["s3_category"] = part.map(CATEGORY).mask(upstream, 3).astype("Int64")
    table["s3_category_view_b"] = part.map(CATEGORY_VIEW_B).mask(upstream, 3).astype("Int64")
    table["factor_id"] = table["factor_id"].astype(object)  # as where a factor is missing
    table["activity_unit"], table["factor_unit"], table["gas"] = "MWh", "kg/kWh", "CO2e"
    table["allocation_rule"] = part.map(RULE)
    table["value_status"] = np.where(part == LANDLORD, "estimated", "calculated")
    table["null_reason"] = np.where(table["tco2e"].isna(), "no_factor", "")
    return table
