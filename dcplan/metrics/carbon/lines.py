"""T08, emission lines of electricity: Scope 2 by every method, landlord overhead, category 3."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.books import energy_by_site
from dcplan.metrics.carbon.factors import LOCATION, SHK_CHANGE, ZERO, in_force, single
from dcplan.metrics.carbon.ledger import MENUS, claims_of

if TYPE_CHECKING:
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
    energy = energy_by_site(books.tables, books.inputs)
    parts, claims = parts_of(energy), claims_of(books)
    return pd.concat(
        [
            location_lines(parts, register),
            market_lines(parts, claims, register, books.factor_set),
            shk_lines(parts, claims, register, "shk_basic"),
            shk_lines(parts, claims, register, "shk_adjusted"),
            upstream_lines(parts, register, books.factor_set),
        ],
        ignore_index=True,
    )


def location_lines(parts: Frame, register: Frame) -> Frame:
    r"""Return location-based emissions by site, fiscal year, part and factor set.

    $$ t = E^{grid}\, \mathrm{EF}^{grid}_{area,\,FY_{n-1}} \quad [\mathrm{MWh} \cdot \mathrm{t/MWh}] $$

    No instrument enters: the function does not see any.
    """
    sets = pd.DataFrame({"factor_set": sorted(set(_of(register, LOCATION)["factor_set"]))})
    rows = parts.merge(sets, how="cross")
    rows = _with_factor(rows, in_force(register, LOCATION), ["factor_set"])
    return _scoped(rows.assign(method="location"))


def market_lines(parts: Frame, claims: Frame, register: Frame, factor_set: str) -> Frame:
    r"""Return market-based emissions: claimed MWh at the rate of their instrument, the rest at the residual.

    $$ t = \sum_i Q_i\, \mathrm{EF}_i + (E - \sum_i Q_i)\, \mathrm{EF}^{res} $$

    Order of factors: instruments, the retailer's residual menu, its standard menu, the grid average (told by
    `quality_flag`: Japan publishes no national residual mix). A site's claims cover its parts pro rata.
    """
    ours = parts[parts["part"] != LANDLORD]
    held = ours.merge(claims, on=["site", "fiscal_year"])
    held = held.assign(mwh=held["claimed_mwh"] * held["share"], instrument_id=held["instrument"])
    held = held.assign(factor_id=ZERO, factor_value=0.0, quality_flag="instrument")
    sums = held.groupby(KEYS)["mwh"].sum().rename("matched").reset_index()
    rest = parts.merge(sums, how="left", on=KEYS)
    rest["mwh"] = rest["mwh"] - rest["matched"].fillna(0.0)  # no claim at the site in that year
    _refuse_overclaim(rest)
    rest["mwh"] = rest["mwh"].clip(lower=0.0)
    rest = _by_order(rest, register, factor_set)
    return _scoped(pd.concat([held, rest], ignore_index=True).assign(method="market", factor_set=""))


def _refuse_overclaim(rest: Frame) -> None:
    over = rest[rest["mwh"] < -1e-6 * rest["matched"].abs().clip(lower=1.0)]
    if not over.empty:
        first = over.iloc[0]
        raise ValueError(
            f"{first['site']} claims {-first['mwh']:g} MWh more than it imports in FY{first['fiscal_year']}"
        )


def _by_order(rows: Frame, register: Frame, factor_set: str) -> Frame:
    """Give each row the first factor of the market-based order that its area and year have."""
    found = rows.assign(factor_id=pd.Series(None, index=rows.index, dtype=object), factor_value=np.nan)
    found = found.assign(quality_flag="")
    choices = [(name, in_force(register, name)) for name in MARKET_ORDER]
    choices.append(("no_residual_mix", in_force(register, LOCATION, factor_set)))
    for name, factors in choices:
        given = _with_factor(rows, factors)
        take = found["factor_id"].isna() & given["factor_id"].notna()
        for column in ("factor_id", "factor_value"):
            found[column] = found[column].where(~take, given[column])
        found["quality_flag"] = found["quality_flag"].where(~take, name)
    return found


def shk_lines(parts: Frame, claims: Frame, register: Frame, method: str) -> Frame:
    r"""Return emissions by the reporting law: what was bought, and the customer's own certificates.

    $$ t = (E - E_{menu})\, \mathrm{EF} - \min\big( Q\, \mathrm{EF}^{JP}\, r,\; t_{bought} \big) $$

    EF is the retailer's basic or adjusted factor, EF^JP the national average, r the correction rate of
    certificates. Up to activity FY2023 the basic factor is physical: neither menus nor certificates touch it;
    from FY2024 both do. Adjusted emissions always count both.
    """
    ours = parts[parts["part"] != LANDLORD].reset_index(drop=True)
    menus = claims["kind"].isin(MENUS)
    touched = (ours["fiscal_year"] >= SHK_CHANGE) | (method == "shk_adjusted")
    zero = np.where(touched, ours["share"] * _claimed(ours, claims[menus]), 0.0)
    bought = _with_factor(ours.assign(mwh=ours["mwh"] - zero), in_force(register, method))
    bought = bought.assign(method=method, factor_set="", quality_flag="retailer")
    menu = ours.assign(mwh=zero, factor_id=ZERO, factor_value=0.0, method=method, factor_set="")
    menu = menu[menu["mwh"] > 0].assign(quality_flag="menu")
    sums = bought["mwh"] * bought["factor_value"]
    nation = in_force(register, "national_average").drop(columns="subject")
    owned = ours.merge(
        nation.rename(columns={"factor_id": "nation_id", "factor_value": "nation"}),
        how="left",
        on="fiscal_year",
    )
    rate = single(register, "certificate_correction")["factor_value"]
    correction = float(rate.iloc[0]) if len(rate) else 1.0
    certified = owned["share"] * _claimed(ours, claims[~menus])
    most = sums.to_numpy()
    full = certified * owned["nation"].to_numpy(dtype=float) * correction
    less = owned.assign(mwh=certified, factor_id=owned["nation_id"], factor_value=owned["nation"])
    less = less.assign(tco2e=-np.minimum(full, most), method=method, factor_set="")
    less = less[touched.to_numpy() & (certified > 0)].assign(
        quality_flag="certificates: kWh x national average x correction, up to the purchase",
        instrument_id="certificates",
    )
    less = less.drop(columns=["nation", "nation_id"])
    known = [
        frame.assign(tco2e=frame["mwh"] * frame["factor_value"].astype(float)) for frame in (bought, menu)
    ]
    return _scoped(pd.concat([*known, less], ignore_index=True))


def _claimed(ours: Frame, claims: Frame) -> np.ndarray[Any, Any]:
    sums = claims.groupby(["site", "fiscal_year"])["claimed_mwh"].sum()
    keys = pd.MultiIndex.from_frame(ours[["site", "fiscal_year"]])
    return sums.reindex(keys).fillna(0.0).to_numpy(dtype=float)  # nothing claimed there


def upstream_lines(parts: Frame, register: Frame, factor_set: str) -> Frame:
    r"""Return category 3 of the power in Scope 2: upstream of its fuels, and losses of the grid.

    $$ t = E\, u, \qquad t = E\, \frac{\lambda}{1 - \lambda}\, \mathrm{EF}^{grid} $$

    Imports are measured at the site's meter, so losses are never part of Scope 2.
    """
    ours = parts[parts["part"] != LANDLORD]
    up = _with_single(ours, single(register, "upstream_electricity"), "electricity")
    up = up.assign(tco2e=up["mwh"] * up["factor_value"], quality_flag="upstream")
    loss = _with_single(ours, single(register, "grid_loss"), "electricity")
    grid = _with_factor(ours, in_force(register, LOCATION, factor_set))["factor_value"].to_numpy(dtype=float)
    rate = loss["factor_value"].to_numpy(dtype=float)
    loss = loss.assign(tco2e=loss["mwh"].to_numpy() * rate / (1 - rate) * grid)
    loss = loss.assign(quality_flag="grid_loss")
    rows = pd.concat([up, loss], ignore_index=True)
    rows = rows.assign(method="activity", factor_set="", s3_category=3)
    return _scoped(rows, scope=3)


def _of(register: Frame, factor_type: str) -> Frame:
    return register[register["factor_type"] == factor_type]


def _with_factor(rows: Frame, factors: Frame, more: list[str] | None = None) -> Frame:
    keys = ["grid_area", "fiscal_year", *(more or [])]
    named = factors.rename(columns={"subject": "grid_area"})
    if more is None:
        named = named.drop(columns="factor_set")
    out = rows.merge(named, how="left", on=keys)
    out.index = rows.index
    return out


def _with_single(rows: Frame, factors: Frame, subject: str) -> Frame:
    chosen = factors[factors["subject"] == subject]
    known = not chosen.empty
    return rows.assign(
        factor_id=chosen["factor_id"].iloc[0] if known else None,
        factor_value=float(chosen["factor_value"].iloc[0]) if known else np.nan,
    )


def _scoped(rows: Frame, scope: int | None = None) -> Frame:
    """Add scopes in both views, activity, unit, gas and what is null with its reason."""
    table = rows.rename(columns={"site": "site_id", "mwh": "activity"}).reset_index(drop=True)
    part = table["part"]
    table["scope"] = part.map(SCOPE) if scope is None else scope
    table["scope_view_b"] = part.map(SCOPE_VIEW_B) if scope is None else scope
    if scope is None:
        table["s3_category"] = part.map(CATEGORY).astype("Int64")
        table["s3_category_view_b"] = part.map(CATEGORY_VIEW_B).astype("Int64")
    else:
        table["s3_category_view_b"] = table["s3_category"]
    if "tco2e" not in table:
        table["tco2e"] = table["activity"] * table["factor_value"].astype(float)
    table["activity_unit"], table["factor_unit"], table["gas"] = "MWh", "kg/kWh", "CO2e"
    table["allocation_rule"] = part.map(RULE)
    table["value_status"] = np.where(part == LANDLORD, "estimated", "calculated")
    table["null_reason"] = np.where(table["tco2e"].isna(), "no_factor", "")
    return table
