"""Controls of emissions and instruments: every line formed anew, every sum of them, and the ledger."""

from __future__ import annotations

import pandas as pd

from dcplan.controls.quantity import (
    Blocks,
    QuantityControl,
    Statements,
    beside,
    keys_of,
    sums_beside,
)

KEYS = ["site_id", "fiscal_year"]
REFORMED = ("location", "market", "fuel", "spend")
"""Methods whose lines are activity x factor; certificates of the reporting law and losses have own rules."""
SUMMED = {
    "s2_location_tco2e": ("location", 2),
    "s2_market_tco2e": ("market", 2),
    "s2_shk_basic_tco2e": ("shk_basic", 2),
    "s2_shk_adjusted_tco2e": ("shk_adjusted", 2),
}
BOUNDARIES = {"owned": ("owned",), "leased": ("leased",), "fleet": ("owned", "leased")}


def lines_are_activity_times_factor(held: Statements) -> Blocks:
    """A line (T08) is its activity times its factor, and the factor is that of the register (T04)."""
    rows = held["ghg_line"]
    rows = rows[rows["method"].isin(REFORMED) & rows["tco2e"].notna()]
    where = keys_of(rows, "line_id")
    register = held["factor_register"].drop_duplicates("factor_id").set_index("factor_id")["value"]
    return [
        beside(where, rows["activity"] * rows["factor_value"], rows["tco2e"]),
        beside("factor of " + where, rows["factor_value"], rows["factor_id"].map(register)),
    ]


def summaries_are_lines(held: Statements) -> Blocks:
    """Scope 2 of a boundary by each method (T09) is the sum of its lines (T08)."""
    lines, summary = held["ghg_line"], held["ghg_summary"]
    parts = []
    for column, (method, scope) in SUMMED.items():
        rows = lines[(lines["method"] == method) & (lines["scope"] == scope)]
        for boundary, held_by in BOUNDARIES.items():
            told = summary[summary["boundary"] == boundary]
            inside = rows[rows["ownership"].isin(held_by)]
            sets = ["factor_set"] if method == "location" else []
            keys = ["fiscal_year", *sets]
            sums = inside.groupby(keys)["tco2e"].sum()
            parts.append(sums_beside(told.groupby(keys)[column].first(), sums, f"{column}, {boundary}, "))
    return parts


def location_knows_no_ledger(held: Statements) -> Blocks:
    """Location-based emissions are metered energy (T06) times grid factors (T04); no claim enters.

    Of a plan they are formed once more with every claim taken out: the same number to the last bit.
    """
    lines = held["ghg_line"]
    rows = lines[lines["method"] == "location"]
    anew = _from_meters(held)
    told = rows.groupby(["factor_set", *KEYS])["tco2e"].sum()
    named = float(rows["instrument_id"].fillna("").ne("").sum())
    return [sums_beside(told, anew), beside(["lines that name an instrument"], [named], [0.0])]


def _from_meters(held: Statements) -> pd.Series[float]:
    """Return metered energy of every site times the grid factor of its lines, by set, site and year."""
    lines = held["ghg_line"]
    rows = lines[lines["method"] == "location"]
    named = rows.groupby(["factor_set", *KEYS])["factor_id"].first().reset_index()
    register = held["factor_register"].drop_duplicates("factor_id").set_index("factor_id")["value"]
    named["factor"] = named["factor_id"].map(register)
    energy = held["site_energy"].copy()
    rows = named.merge(energy, on=KEYS, how="left", validate="m:1")
    rows["tonnes"] = rows["e_import_mwh"] * rows["factor"]
    return rows.groupby(["factor_set", *KEYS])["tonnes"].sum()


def location_without_the_ledger(held: Statements) -> Blocks:
    """Location-based lines are bit-identical when the instrument ledger is emptied."""
    if held.without_ledger is None:
        return []
    lines = held["ghg_line"]
    now = lines[lines["method"] == "location"]
    keys = ["site_id", "fiscal_year", "factor_set", "part"]
    both = now.merge(held.without_ledger, on=keys, how="outer", suffixes=("", "_emptied"), validate="1:1")
    return [beside(keys_of(both, *keys), both["tco2e"], both["tco2e_emptied"])]


def retired_within_import(held: Statements) -> Blocks:
    """Instruments retired for a site and year (T05) are at most its imports (T06)."""
    ledger = held["instrument_ledger"]
    bought = ledger[ledger["instrument_type"] != "onsite_pv"]
    retired = bought.groupby(KEYS)["retired_mwh"].sum()
    imports = held["site_energy"].groupby(KEYS)["e_import_mwh"].sum()
    keys = retired.index
    where = keys_of(keys.to_frame(index=False), *KEYS)
    return [beside(where, retired, imports.reindex(keys))]


def ledger_balances(held: Statements) -> Blocks:
    """Opening + acquired - retired - expired = closing (T05), and nothing is claimed twice."""
    rows = held["instrument_ledger"]
    keys = ["instrument_id", *KEYS]
    where = keys_of(rows, *keys)
    rolled = rows["opening_mwh"] + rows["acquired_mwh"] - rows["retired_mwh"] - rows["expired_mwh"]
    twice = rows.duplicated(keys).sum()
    return [
        beside(where, rolled, rows["closing_mwh"]),
        beside(["claims of one instrument, site and year that are told twice"], [float(twice)], [0.0]),
    ]


def market_is_at_most(held: Statements) -> Blocks:
    """Market-based emissions are at most the energy of a site times its highest factor (T08)."""
    rows = held["ghg_line"]
    rows = rows[rows["method"] == "market"]
    groups = rows.groupby(KEYS)
    sums = groups.agg(tonnes=("tco2e", "sum"), energy=("activity", "sum"), most=("factor_value", "max"))
    where = keys_of(sums.reset_index(), *KEYS)
    energy = held["site_energy"].groupby(KEYS)["e_import_mwh"].sum().reindex(sums.index)
    return [beside(where, sums["tonnes"], energy * sums["most"])]


def renewables_are_the_ledger(held: Statements) -> Blocks:
    """Supply by type (T11) is the ledger (T05), and with the rest of the grid all energy (T07)."""
    rows, kpi = held["renewables_by_type"], held["site_kpi"]
    parts = []
    for boundary in ("owned", "fleet"):
        inside = rows[rows["boundary"] == boundary]
        whole = kpi[kpi["site_id"] == boundary].groupby("fiscal_year")["e_dc_mwh"].sum()
        parts.append(sums_beside(inside.groupby("fiscal_year")["mwh"].sum(), whole, f"{boundary}, "))
        shares = inside.groupby("fiscal_year")["share_of_facility"].sum()
        parts.append(sums_beside(shares, 0.0 * shares + 1.0, f"shares of {boundary}, "))
    types = rows[(rows["boundary"] == "fleet") & (rows["supply_type"] != "unmatched_grid")]
    keys = ["fiscal_year", "supply_type"]
    ledger = held["instrument_ledger"].rename(columns={"instrument_type": "supply_type"})
    parts.append(
        sums_beside(types.groupby(keys)["mwh"].sum(), ledger.groupby(keys)["retired_mwh"].sum(), "ledger, ")
    )
    green = ledger[ledger["renewable"].astype(bool)].groupby(KEYS)["retired_mwh"].sum()
    sites = kpi[kpi["scope"] == "site"].set_index(KEYS)
    energy = sites["e_dc_mwh"]
    capped = green.reindex(energy.index, fill_value=0.0).clip(upper=energy)
    parts.append(sums_beside(sites["e_ren_mwh"], capped, "renewable energy of "))
    return parts


def bridges_close(held: Statements) -> Blocks:
    """Opening and every cause of the bridge are its closing, and owned and leased sites are the fleet."""
    rows = held["boundary_bridge"]
    keys = ["factor_set", "fiscal_year"]
    parts = []
    for name in ("fleet", "owned", "leased"):
        column = f"{name}_tco2e"
        steps = rows[rows["row"] != "closing"].groupby(keys)[column].sum()
        ends = rows[rows["row"] == "closing"].groupby(keys)[column].sum()
        parts.append(sums_beside(steps, ends, f"{name}, "))
    where = keys_of(rows, *keys, "row")
    both = rows["owned_tco2e"] + rows["leased_tco2e"]
    return [*parts, beside("owned and leased, " + where, both, rows["fleet_tco2e"])]


CONTROLS = (
    QuantityControl(
        "lines_are_activity_times_factor",
        "activity x factor (T08, T04)",
        "=",
        "emission of the line (T08)",
        "tCO2e",
        "Every line is its activity times a factor of the register",
        "活動量×排出係数=排出量",
        lines_are_activity_times_factor,
    ),
    QuantityControl(
        "summaries_are_lines",
        "Scope 2 by method and boundary (T09)",
        "=",
        "sum of lines (T08)",
        "tCO2e",
        "Summaries are sums of lines",
        "集計=明細の合計",
        summaries_are_lines,
    ),
    QuantityControl(
        "location_knows_no_ledger",
        "location-based emissions (T08)",
        "=",
        "metered energy x grid factor (T06, T04)",
        "tCO2e",
        "Location-based emissions are meters times grid factors",
        "ロケーション基準=使用量×系統係数",
        location_knows_no_ledger,
    ),
    QuantityControl(
        "location_without_the_ledger",
        "location-based emissions (T08)",
        "=",
        "the same with the instrument ledger emptied",
        "tCO2e",
        "An empty ledger changes no location-based figure",
        "証書台帳を空にしても不変",
        location_without_the_ledger,
        exact=True,
    ),
    QuantityControl(
        "retired_within_import",
        "instruments retired (T05)",
        "<=",
        "imports (T06)",
        "MWh",
        "Instruments retired are at most the imports of the site and year",
        "償却した証書量≦受電量",
        retired_within_import,
    ),
    QuantityControl(
        "ledger_balances",
        "opening + acquired - retired - expired (T05)",
        "=",
        "closing (T05)",
        "MWh",
        "The ledger balances and nothing is claimed twice",
        "証書台帳の増減",
        ledger_balances,
    ),
    QuantityControl(
        "market_is_at_most",
        "market-based emissions (T08)",
        "<=",
        "imports x highest factor of the site (T06, T08)",
        "tCO2e",
        "Market-based emissions are within their highest factor",
        "マーケット基準の上限",
        market_is_at_most,
    ),
    QuantityControl(
        "renewables_are_the_ledger",
        "supply by type (T11), renewable energy (T07)",
        "=",
        "ledger (T05), all energy (T07)",
        "MWh",
        "Supply by type is the ledger and completes the energy",
        "供給種別=台帳、合計=使用電力量",
        renewables_are_the_ledger,
    ),
    QuantityControl(
        "bridges_close",
        "opening and causes (T09a)",
        "=",
        "closing; owned + leased = fleet (T09a)",
        "tCO2e",
        "The boundary bridge closes",
        "境界別増減の一致",
        bridges_close,
    ),
)
