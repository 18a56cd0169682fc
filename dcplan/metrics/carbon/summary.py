"""T09, emissions by boundary and fiscal year: sums of lines, and ratios of those sums."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.metrics.carbon.factors import shk_definition
from dcplan.metrics.yearly import years_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy.typing as npt

    from dcplan.metrics.carbon.books import CarbonBooks

    Frame = pd.DataFrame

BOUNDARIES = ("fleet", "owned", "leased")
GRID_METHODS = ("location", "market", "shk_basic", "shk_adjusted")
READ = (
    "fiscal_year", "ownership", "scope", "s3_category", "scope_view_b", "s3_category_view_b", "method",
    "factor_set", "tco2e", "spread_tco2e", "null_reason",
)  # fmt: skip
"""Columns of T08 that T09 is made of."""
SUMMARY = (
    "boundary", "fiscal_year", "basis", "factor_set", "decided_with", "claimable", "shk_definition",
    "s1_fuel_tco2e", "s1_refrigerant_tco2e", "s1_tco2e", "s1_null_reason",
    "s2_location_tco2e", "s2_market_tco2e", "s2_shk_basic_tco2e", "s2_shk_adjusted_tco2e",
    "s2_location_excl_tenant_tco2e", "s2_market_excl_tenant_tco2e",
    "s3_cat2_tco2e", "s3_cat2_spread_memo_tco2e", "s3_cat3_tco2e",
    "s3_cat8_location_tco2e", "s3_cat8_market_tco2e",
    "s3_cat13_location_tco2e", "s3_cat13_market_tco2e", "s3_null_reason",
    "s1s2_location_tco2e", "s1s2_market_tco2e", "s1s2_location_view_b_tco2e", "s1s2_market_view_b_tco2e",
    "facility_tco2e", "decision_tco2e", "decision_factor_year", "credits_retired_t", "credits_null_reason",
    "it_mwh", "facility_mwh", "intensity_location_kg_per_kwh_it", "intensity_market_kg_per_kwh_it",
    "base_value_tco2e", "pct_vs_base", "announced_facility_tco2e", "avoided_vs_announced_tco2e",
)  # fmt: skip


def ghg_summary(books: CarbonBooks, lines: Frame) -> Frame:
    """Return T09: (boundary, fiscal_year, factor_set), `SUMMARY`.

    - A figure is null where one of its lines is; `s1_tco2e` is the sum of what is known, and
      `s1_null_reason` tells what is not.
    - Scope 2 is given by every method and never without its name. `*_excl_tenant` and `*_view_b` leave
      customers' IT energy to category 13; with it they add up to view A.
    - `facility_tco2e`: Scope 1 and the location-based emissions of all energy of the fleet's racks, landlord
      overhead included: the boundary of decisions. `decision_tco2e`: what the plan was decided with, by the
      factor of the same year instead of the year before (`emissions`).
    - Only the fleet is `claimable`: what moves between boundaries changes the owned ones without a reduction.
    - `base_value_tco2e` and `pct_vs_base` are of `facility_tco2e` against the first year of the plan;
      `avoided_vs_announced_tco2e` stands apart and is subtracted from nothing.
    """
    energy = _bounded(books.energy)
    table = _summed(_bounded(lines[list(READ)]), energy, books)
    table["basis"], table["claimable"] = "plan", table["boundary"] == "fleet"
    table["decided_with"] = table["factor_set"] == books.factor_set
    table["shk_definition"] = shk_definition(table["fiscal_year"])
    table["credits_retired_t"], table["credits_null_reason"] = np.nan, "not_modelled"
    keys = [table["boundary"], table["factor_set"]]
    table["base_value_tco2e"] = table["facility_tco2e"].groupby(keys).transform("first")
    table["pct_vs_base"] = 100.0 * (table["facility_tco2e"] / table["base_value_tco2e"] - 1.0)
    return table[list(SUMMARY)]


def _bounded(rows: Frame) -> Frame:
    """Return rows once for the fleet and once for the boundary of their ownership."""
    return pd.concat(
        [rows.assign(boundary="fleet"), rows.assign(boundary=rows["ownership"])], ignore_index=True
    )


def _index(lines: Frame, books: CarbonBooks) -> pd.MultiIndex:
    """Return boundary, fiscal year and factor set of every row; a boundary without lines has one set."""
    located = lines.loc[lines["method"] == "location", ["boundary", "factor_set"]]
    known = set(located.itertuples(index=False, name=None))
    sets = {name: sorted(each for at, each in known if at == name) for name in BOUNDARIES}
    rows = [
        (boundary, year, each)
        for boundary, own in sets.items()
        for year in books.years
        for each in own or [books.factor_set]
    ]
    boundaries, years, factor_sets = zip(*rows, strict=True)
    return pd.MultiIndex.from_arrays(
        [pd.Index(boundaries, dtype="str"), pd.Index(years), pd.Index(factor_sets, dtype=object)],
        names=["boundary", "fiscal_year", "factor_set"],
    )


def _summed(lines: Frame, energy: Frame, books: CarbonBooks) -> Frame:
    """Return the sums of lines, and ratios of them, by boundary, fiscal year and factor set."""
    index = _index(lines, books)
    sums = _Sums(lines, index)
    scope, kind = lines["scope"].to_numpy(dtype=int), lines["method"].to_numpy(dtype=object)
    view_b, category, category_b = (
        lines[name].to_numpy(dtype=float, na_value=np.nan)
        for name in ("scope_view_b", "s3_category", "s3_category_view_b")
    )
    grid = (scope == 2) | (scope == 3)
    table: dict[str, Any] = {}
    for method in GRID_METHODS:
        of = grid & (kind == method)
        table[f"s2_{method}_tco2e"] = sums.where(of & (scope == 2))
        if method in ("location", "market"):
            table[f"s2_{method}_excl_tenant_tco2e"] = sums.where(of & (view_b == 2))
            table[f"s3_cat8_{method}_tco2e"] = sums.where(of & (category == 8))
            table[f"s3_cat13_{method}_tco2e"] = sums.where(of & (category_b == 13))
    table |= _scope_1(lines, scope == 1, kind, sums)
    third = (scope == 3) & ((kind == "spend") | (kind == "activity"))
    goods = third & (category == 2)
    table["s3_cat2_tco2e"] = sums.where(goods)
    table["s3_cat2_spread_memo_tco2e"] = sums.where(goods, "spread_tco2e")
    table["s3_cat3_tco2e"] = sums.where(third & (category == 3))
    table["s3_null_reason"] = _reasons(lines[third], index)
    table |= _together(table, index, energy, books)
    return pd.DataFrame(table, index=index).reset_index()


def _scope_1(
    lines: Frame, ours: npt.NDArray[np.bool_], kind: npt.NDArray[np.object_], sums: _Sums
) -> dict[str, Any]:
    first = lines[ours]
    fuel, gas = (sums.where(ours & (kind == method)) for method in ("fuel", "refrigerant"))
    # nothing is owned in a boundary: no fuel and no gas of the operator
    none = ~sums.index.get_level_values("boundary").isin(set(first["boundary"]))
    known = np.where(np.isnan(fuel), gas, np.where(np.isnan(gas), fuel, fuel + gas))
    figures = {"s1_fuel_tco2e": fuel, "s1_refrigerant_tco2e": gas, "s1_tco2e": known}
    return {
        **{name: np.where(none, 0.0, figure) for name, figure in figures.items()},
        "s1_null_reason": _reasons(first, sums.index),
    }


def _together(
    table: Mapping[str, Any], index: pd.MultiIndex, energy: Frame, books: CarbonBooks
) -> dict[str, Any]:
    """Return sums over scopes, what the plan was decided with, and intensities."""
    known = table["s1_tco2e"]
    first = np.where(np.isnan(known), 0.0, known)  # null Scope 1 is told beside the sum, by s1_null_reason
    more: dict[str, Any] = {}
    for method in ("location", "market"):
        more[f"s1s2_{method}_tco2e"] = first + table[f"s2_{method}_tco2e"]
        more[f"s1s2_{method}_view_b_tco2e"] = first + table[f"s2_{method}_excl_tenant_tco2e"]
    more["facility_tco2e"] = more["s1s2_location_tco2e"] + table["s3_cat8_location_tco2e"]
    market = more["s1s2_market_tco2e"] + table["s3_cat8_market_tco2e"]
    keys = index.droplevel("factor_set")
    sites = energy[["boundary", "site"]].drop_duplicates()
    more["decision_tco2e"] = decided = _decided(books.tables, sites).reindex(keys).to_numpy()
    more["decision_factor_year"] = keys.get_level_values("fiscal_year")
    used = energy.groupby(["boundary", "fiscal_year"])[["it_mwh", "facility_mwh"]].sum().reindex(keys)
    more |= {name: used[name].to_numpy() for name in ("it_mwh", "facility_mwh")}
    it = np.where(more["it_mwh"] > 0, more["it_mwh"], np.nan)
    more["intensity_location_kg_per_kwh_it"] = more["facility_tco2e"] / it
    more["intensity_market_kg_per_kwh_it"] = market / it
    announced = np.full(len(index), np.nan)
    if books.announced is not None:
        announced = _decided(books.announced, sites).reindex(keys).to_numpy()
    more["announced_facility_tco2e"] = announced
    more["avoided_vs_announced_tco2e"] = announced - decided
    return more


def _decided(tables: Mapping[str, Frame], sites: Frame) -> pd.Series[float]:
    """Return the emissions that a plan was decided with, by boundary and fiscal year."""
    known = set(years_of(tables)["fiscal_year"])
    rows = tables["emissions"]
    rows = rows[rows["fiscal_year"].isin(known)].merge(sites, on="site")
    return rows.groupby(["boundary", "fiscal_year"])["location_tco2e"].sum()


class _Sums:
    """Sums of lines by boundary, fiscal year and factor set; lines without a factor set count in each.

    Attributes:
        index: boundary, fiscal year and factor set of every sum.
    """

    def __init__(self, lines: Frame, index: pd.MultiIndex) -> None:
        self.index, self._lines = index, lines
        levels = [pd.Index(level) for level in index.levels]
        self._shape = [len(level) for level in levels]
        self._inside, self._year, self._factors = (
            level.get_indexer(pd.Index(lines[name])) for level, name in zip(levels, index.names, strict=True)
        )
        placed = (self._inside >= 0) & (self._year >= 0)
        self._own = placed & (self._factors >= 0)
        self._plain = placed & (lines["factor_set"] == "").to_numpy()

    def where(self, chosen: npt.NDArray[np.bool_], figure: str = "tco2e") -> npt.NDArray[np.float64]:
        """Return the sums of some lines; null where one of them is null, 0 where there is none."""
        values = self._lines[figure].to_numpy(dtype=float)
        sums = np.zeros(self._shape)
        own, plain = chosen & self._own, chosen & self._plain
        np.add.at(sums, (self._inside[own], self._year[own], self._factors[own]), values[own])
        np.add.at(sums, (self._inside[plain], self._year[plain]), values[plain, None])
        return sums[tuple(self.index.codes)]


def _reasons(lines: Frame, index: pd.MultiIndex) -> list[str]:
    """Return by boundary and fiscal year what is null and why: `refrigerant: no_input; ...`."""
    void = lines[lines["null_reason"] != ""]
    texts: dict[tuple[str, int], set[str]] = {}
    read = ["boundary", "fiscal_year", "scope", "method", "s3_category", "null_reason"]
    for boundary, year, scope, method, category, reason in zip(*(void[name] for name in read), strict=True):
        what = method if scope == 1 else f"category {category}"
        texts.setdefault((boundary, year), set()).add(f"{what}: {reason}")
    return ["; ".join(sorted(texts.get(key, ()))) for key in index.droplevel("factor_set")]
