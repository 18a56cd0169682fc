"""Controls of energy and KPIs: balances, sums of parts, and every ratio formed anew."""

from __future__ import annotations

import numpy as np
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
REASON_OF = {
    "peak_kw": "peak_reason",
    "fuel_kl": "genset_reason",
    "fuel_gj": "genset_reason",
    "e_genset_mwh": "genset_reason",
    "water_in_m3": "water_reason",
    "water_potable_m3": "water_reason",
    "water_discharge_m3": "water_reason",
    "heat_reuse_mwh": "heat_reason",
    "pue": "pue_reason",
    "benchmark_gap": "pue_reason",
    "new_site_gap": "pue_reason",
    "ref": "pue_reason",
    "re_share_annual": "pue_reason",
    "cue_location": "cue_location_reason",
    "cue_market": "cue_market_reason",
    "scope1_tco2e": "scope1_reason",
    "hourly_re_share": "hourly_reason",
    "cfe_score": "hourly_reason",
    "wue": "wue_reason",
    "erf": "erf_reason",
    "cer": "cer_reason",
    "load_factor": "load_factor_reason",
    "utilisation": "utilisation_reason",
    "itee_sv": "itee_reason",
    "iteu_sv": "itee_reason",
}
"""Figures that may be missing, each with the column that must then say why."""
AUDITED = (
    "e_dc_mwh",
    "e_it_mwh",
    "pue",
    "ref",
    "utilisation",
    "load_factor",
    "crude_oil_kl",
    "cue_location",
)
"""KPIs that the independent audit forms from inputs and decisions."""


def energy_balances(held: Statements) -> Blocks:
    """Import + on-site self-use + generators = energy of the data center, by site and fiscal year."""
    rows = held["site_energy"]
    came = rows["e_import_mwh"] + rows["e_onsite_selfuse_mwh"] + rows["e_genset_mwh"].fillna(0.0)
    made = rows["e_onsite_selfuse_mwh"] + rows["e_export_mwh"]
    owner = rows["e_it_own_mwh"] + rows["e_it_tenant_mwh"]
    used = rows["e_it_mwh"] + rows["e_overhead_mwh"]
    where = keys_of(rows, *KEYS)
    return [
        beside(where, came, rows["e_dc_mwh"]),
        beside("on-site generation of " + where, made, rows["e_onsite_re_mwh"]),
        beside("IT energy by owner of " + where, owner, rows["e_it_mwh"]),
        beside("IT and overhead of " + where, used, rows["e_dc_mwh"]),
    ]


def periods_make_the_year(held: Statements) -> Blocks:
    """The periods (T06a) of a site add up to its year (T06)."""
    periods, years = held["site_energy_periods"].groupby(KEYS), held["site_energy"].groupby(KEYS)
    names = ("e_dc_mwh", "e_it_mwh", "e_onsite_selfuse_mwh")
    parts = [sums_beside(periods[name].sum(), years[name].sum(), f"{name} of ") for name in names]
    hours = sums_beside(periods["hours"].sum(), years["hours_held"].sum(), "hours of ")
    return [*parts, hours]


def sites_make_the_entity(held: Statements) -> Blocks:
    """All sites (T06) are the fleet (T07), owned and leased ones are all; halls (T07a) are their sites."""
    kpi, energy = held["site_kpi"], held["site_energy"]
    parts = []
    for name in ("e_dc_mwh", "e_it_mwh", "crude_oil_kl", "crude_oil_kl_restated"):
        whole = kpi[kpi["scope"] == "fleet"].groupby("fiscal_year")[name].sum()
        parts.append(sums_beside(energy.groupby("fiscal_year")[name].sum(), whole, f"{name}, "))
        halves = kpi[kpi["scope"].isin(("owned", "leased"))].groupby("fiscal_year")[name].sum()
        parts.append(sums_beside(halves, whole, f"{name}, owned and leased, "))
    halls = held["hall_kpi"].groupby(KEYS)
    for name in ("e_dc_mwh", "e_it_mwh"):
        parts.append(sums_beside(halls[name].sum(), energy.groupby(KEYS)[name].sum(), f"{name}, halls of "))
    return parts


def ratios_follow(held: Statements) -> Blocks:
    """Each ratio times what it divides by is what it divides: PUE, REF, CUE, utilisation; and both gaps."""
    parts = []
    for name, keys in (("site_kpi", KEYS), ("hall_kpi", ["hall", "fiscal_year"])):
        rows = held[name]
        told = rows[rows["pue"].notna()]
        parts.append(beside(keys_of(told, *keys), told["pue"] * told["e_it_mwh"], told["e_dc_mwh"]))
        told = rows[rows["utilisation"].notna()]
        capacity = told["utilisation"] * told["it_capacity_mwh"]
        parts.append(beside("utilisation of " + keys_of(told, *keys), capacity, told["e_it_mwh"]))
    rows = held["site_kpi"]
    told = rows[rows["pue"].notna()]
    where = keys_of(told, *KEYS)
    use = told["scope1_tco2e"].fillna(0.0)
    for name in ("location", "market"):
        tonnes = use + told[f"{name}_tco2e"]
        parts.append(beside(f"CUE ({name}) of " + where, told[f"cue_{name}"] * told["e_it_mwh"], tonnes))
    parts.append(beside("gap to 1.4 of " + where, told["benchmark_gap"] + 1.4, told["pue"]))
    parts.append(beside("gap to 1.3 of " + where, told["new_site_gap"] + 1.3, told["pue"]))
    used = rows[rows["e_dc_mwh"] > 0]
    parts.append(beside("REF of " + keys_of(used, *KEYS), used["ref"] * used["e_dc_mwh"], used["e_ren_mwh"]))
    return parts


def pue_is_above_one(held: Statements) -> Blocks:
    """PUE of every hall, site and boundary lies above 1."""
    parts = []
    for name, keys in (("site_kpi", KEYS), ("hall_kpi", ["hall", "fiscal_year"])):
        told = held[name][held[name]["pue"].notna()]
        parts.append(beside(keys_of(told, *keys), np.ones(len(told)), told["pue"]))
    return parts


def ref_is_at_most_one(held: Statements) -> Blocks:
    """REF, load factor, hourly share and carbon-free score are at most 1; no hour beats the year."""
    rows = held["site_kpi"]
    parts = []
    for name in ("ref", "load_factor", "hourly_re_share", "cfe_score"):
        told = rows[rows[name].notna()]
        parts.append(beside(f"{name} of " + keys_of(told, *KEYS), told[name], np.ones(len(told))))
    told = rows[rows["hourly_re_share"].notna()]
    parts.append(
        beside("hourly share of " + keys_of(told, *KEYS), told["hourly_re_share"], told["re_share_annual"])
    )
    return parts


def units_of_the_law(held: Statements) -> Blocks:
    """GJ and crude oil are MWh at the conversions that the rows name (T04a)."""
    rows = held["site_energy"]
    rates = held["conversions"].set_index("conversion_id")["value"]
    quantity = held["conversions"].set_index("conversion_id")["quantity"]
    where = keys_of(rows, *KEYS)
    fuel = rows["fuel_gj"].fillna(0.0)
    bought, own = rows["e_import_mwh"], rows["e_onsite_selfuse_mwh"]
    oil = float(rates[quantity[quantity == "crude_oil"].index[0]])
    parts = [
        beside(
            "law, " + where,
            rows["law_conversion_id"].map(rates) * bought
            + rows["law_selfuse_conversion_id"].map(rates) * own
            + fuel,
            rows["energy_gj_law"],
        ),
        beside(
            "law restated, " + where,
            rows["restated_conversion_id"].map(rates) * bought
            + rows["restated_selfuse_conversion_id"].map(rates) * own
            + fuel,
            rows["energy_gj_law_restated"],
        ),
        beside("delivered, " + where, 3.6 * (bought + own) + fuel, rows["energy_gj_delivered"]),
    ]
    for name in ("", "_restated"):
        litres = rows[f"energy_gj_law{name}"] * oil
        parts.append(beside(f"crude oil{name}, " + where, litres, rows[f"crude_oil_kl{name}"]))
    return parts


def kpis_are_the_audits(held: Statements) -> Blocks:
    """KPIs (T07) are those that the audit forms from inputs and decisions, without the tables of the plan."""
    audited = held.audited
    if audited.empty:
        return []
    rows = held["site_kpi"].merge(audited, on=KEYS, how="outer", suffixes=("", "_audited"), indicator=True)
    alone = rows["_merge"] != "both"
    parts = [beside(["rows of one side only"], [float(alone.sum())], [0.0])]
    rows = rows[~alone]
    for name in AUDITED:
        told = rows[rows[name].notna() | rows[f"{name}_audited"].notna()]
        where = f"{name} of " + keys_of(told, *KEYS)
        parts.append(beside(where, told[name], told[f"{name}_audited"]))
    return [*parts[1:], parts[0]]


def targets_are_read_off(held: Statements) -> Blocks:
    """What a plan reaches of its targets (T10) are the KPIs of the boundary (T07)."""
    rows = held["targets"].rename(columns={"boundary": "site_id"})
    names = {"renewable_share": "re_share_annual", "pue": "pue"}
    rows = rows[rows["metric"].isin(names)].merge(held["site_kpi"], on=KEYS, how="left")
    parts = [
        beside(
            keys_of(rows[rows["metric"] == metric], "target_id", "fiscal_year"),
            rows.loc[rows["metric"] == metric, "plan_value"],
            rows.loc[rows["metric"] == metric, name],
        )
        for metric, name in names.items()
    ]
    told = held["targets"]
    over = told["plan_value"] - told["pathway_value"]
    gap = np.where(told["sense"] == "at_least", -over, over)
    return [*parts, beside("gap of " + keys_of(told, "target_id", "fiscal_year"), told["gap"], gap)]


def nothing_is_missing_silently(held: Statements) -> Blocks:
    """Figures that are missing name their reason: the number of silent gaps of every column is 0."""
    where, count = [], []
    for name in ("site_energy", "site_energy_periods", "site_kpi", "hall_kpi"):
        rows = held[name]
        for column in rows.columns:
            if not pd.api.types.is_numeric_dtype(rows[column]):
                continue
            reason = REASON_OF.get(str(column))
            empty = rows[column].isna()
            silent = empty if reason is None or reason not in rows else empty & rows[reason].fillna("").eq("")
            where.append(f"{name}.{column}")
            count.append(float(silent.sum()))
    return [beside(where, count, np.zeros(len(count)))]


CONTROLS = (
    QuantityControl(
        "energy_balances",
        "import + self-use + generators (T06)",
        "=",
        "energy of the data center (T06)",
        "MWh",
        "Energy balance of every site and year",
        "拠点・年度別の電力量収支",
        energy_balances,
    ),
    QuantityControl(
        "periods_make_the_year",
        "sum of periods (T06a)",
        "=",
        "year (T06)",
        "MWh",
        "Periods add up to the year",
        "期別合計=年度",
        periods_make_the_year,
    ),
    QuantityControl(
        "sites_make_the_entity",
        "sum of sites (T06), of halls (T07a)",
        "=",
        "fleet (T07), site (T06)",
        "MWh, kL",
        "Sites add up to the entity, halls to sites",
        "拠点合計=全社、ホール合計=拠点",
        sites_make_the_entity,
    ),
    QuantityControl(
        "ratios_follow",
        "ratio x denominator (T07, T07a)",
        "=",
        "numerator (T07, T07a)",
        "MWh, t",
        "Every ratio is its numerator over its denominator",
        "比率×分母=分子",
        ratios_follow,
    ),
    QuantityControl(
        "pue_is_above_one",
        "1",
        "<",
        "PUE (T07, T07a)",
        "-",
        "PUE is above 1",
        "PUEは1を超える",
        pue_is_above_one,
    ),
    QuantityControl(
        "ref_is_at_most_one",
        "REF, load factor, hourly share (T07)",
        "<=",
        "1; yearly share (T07)",
        "-",
        "Shares are at most 1, hourly at most yearly",
        "REF等の比率は1以下",
        ref_is_at_most_one,
    ),
    QuantityControl(
        "units_of_the_law",
        "MWh x conversion (T06, T04a)",
        "=",
        "GJ, kL (T06)",
        "GJ, kL",
        "GJ and crude oil by the conversions named",
        "熱量・原油換算の再計算",
        units_of_the_law,
    ),
    QuantityControl(
        "kpis_are_the_audits",
        "KPI (T07)",
        "=",
        "the same by the independent audit",
        "by row",
        "KPIs agree with the audit's own",
        "KPI=独立監査の再計算値",
        kpis_are_the_audits,
    ),
    QuantityControl(
        "targets_are_read_off",
        "value and gap of a target (T10)",
        "=",
        "KPI of its boundary (T07)",
        "-",
        "Targets read the KPIs",
        "目標の実績値=KPI",
        targets_are_read_off,
    ),
    QuantityControl(
        "nothing_is_missing_silently",
        "figures missing without a reason (T06, T07)",
        "=",
        "0",
        "cells",
        "Nothing is missing without a reason",
        "理由のない空欄なし",
        nothing_is_missing_silently,
        exact=True,
    ),
)
