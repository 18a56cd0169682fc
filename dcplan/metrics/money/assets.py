"""Fixed assets: depreciation by asset (T23), the roll by class (T22), and the view of the asset tax."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.finance.depreciation import accumulated, months_in_use, statutory_rate
from dcplan.metrics.money.capex import project_assets
from dcplan.metrics.money.settings import first_of_april, fiscal_years_of, segments, span_end, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

ROLL = (
    "opening_cost_mjpy", "additions_mjpy", "disposals_mjpy", "closing_cost_mjpy",
    "opening_accumulated_mjpy", "depreciation_mjpy", "closing_accumulated_mjpy",
    "opening_book_mjpy", "closing_book_mjpy",
)  # fmt: skip


def depreciation(tables: Tables, settings: MoneySettings, *, tax_life: bool = False) -> pd.DataFrame:
    """Return the depreciation of every asset in service: (asset, fiscal_year, basis), nominal M JPY.

    Japanese straight line by months from the month of service to a memo value of 1 yen. An asset that serves
    after the horizon has no row: it is construction in progress.

    Args:
        tables: the plan.
        settings: of the plan.
        tax_life: use the tax life in place of the accounting life.

    Returns:
        project, site, asset_class, cost_mjpy, service_date, life_years, rate_per_year, months, then
        opening_cost_mjpy .. closing_book_mjpy. Assets are not disposed of within a plan: owned halls stay.
    """
    assets, years = tables["assets"], segments(settings)
    edges = [*years["start"], years["end"].iloc[-1]]
    served = to_days(assets["service_date"])
    life = assets["tax_life_years" if tax_life else "life_years"].to_numpy(dtype=float)
    cost = assets["cost_mjpy"].to_numpy(dtype=float)
    months = months_in_use(served.tolist(), edges)
    worn = accumulated(cost, life, months)
    gross = np.where(served[:, None] < to_days(edges)[None, :], cost[:, None], 0.0)
    keys = ["asset", "project", "site", "asset_class", "cost_mjpy", "service_date"]
    table = assets[keys].assign(life_years=life, rate_per_year=statutory_rate(life))
    table = table.merge(years[["fiscal_year", "basis"]], how="cross")
    table["months"] = np.diff(months, axis=1).ravel()
    columns = (
        gross[:, :-1], np.diff(gross, axis=1), 0.0 * gross[:, 1:], gross[:, 1:],
        worn[:, :-1], np.diff(worn, axis=1), worn[:, 1:],
        gross[:, :-1] - worn[:, :-1], gross[:, 1:] - worn[:, 1:],
    )  # fmt: skip
    for name, values in zip(ROLL, columns, strict=True):
        table[name] = values.ravel()
    return table[table["closing_cost_mjpy"] > 0.0].reset_index(drop=True)


def asset_roll(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return the fixed-asset roll by class: (asset_class, fiscal_year, basis), nominal M JPY.

    $$ B_1 = B_0 + \text{additions} - \text{disposals} - \text{depreciation} $$

    with additions the transfers from construction in progress. Columns as of `depreciation`.
    """
    rows = depreciation(tables, settings)
    keys = ["asset_class", "fiscal_year", "basis"]
    return rows.groupby(keys, sort=False)[list(ROLL)].sum().reset_index()


def tax_depreciation(tables: Tables) -> pd.DataFrame:
    """Return the tax depreciation of project assets by fiscal year until it ends: fiscal_year, mjpy, asset.

    Over the whole tax life, also after the optimised span: what a tax shield is worth needs all of it.
    """
    assets = project_assets(tables)
    served = to_days(assets["service_date"])
    life = assets["tax_life_years"].to_numpy(dtype=float)
    if assets.empty:
        return pd.DataFrame({"asset": [], "fiscal_year": [], "mjpy": []})
    first = int(fiscal_years_of(served).min())
    last = int((fiscal_years_of(served) + np.ceil(life)).max()) + 1
    years = np.arange(first, last + 1)
    edges = first_of_april(np.append(years, last + 1)).tolist()
    worn = accumulated(assets["cost_mjpy"].to_numpy(dtype=float), life, months_in_use(served.tolist(), edges))
    rows = assets[["asset"]].merge(pd.DataFrame({"fiscal_year": years}), how="cross")
    rows["mjpy"] = np.diff(worn, axis=1).ravel()
    return rows[rows["mjpy"] != 0.0].reset_index(drop=True)


def asset_tax(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return what the fixed-asset tax is assessed on: (site, asset_class, fiscal_year), nominal M JPY.

    $$ V = C\,\max(0,\, 1 - m / 12 L) \quad \text{on 1 January of FYn's first calendar year} $$

    for project assets that served before that day, m months after the month of service. The tax of FYn is
    paid over the year; `tax_mjpy` is missing where the settings tell no rate. `part` is `plan` or `tail`.
    """
    assets, end = project_assets(tables), span_end(tables)
    years = np.arange(
        int(fiscal_years_of(to_days([settings.as_of]))[0]), int(fiscal_years_of(to_days([end]))[0])
    )
    served = to_days(assets["service_date"])
    month = served.astype("datetime64[M]").astype(np.int64)
    january = 12 * (years - 1970)
    age = january[None, :] - month[:, None]
    life = 12.0 * assets["life_years"].to_numpy(dtype=float)
    assessed = january.astype("datetime64[M]").astype("datetime64[D]")[None, :] > served[:, None]
    value = assets["cost_mjpy"].to_numpy(dtype=float)[:, None] * np.maximum(0.0, 1.0 - age / life[:, None])
    rows = assets[["site", "asset_class"]].merge(pd.DataFrame({"fiscal_year": years}), how="cross")
    rows["assessed_mjpy"] = np.where(assessed, value, 0.0).ravel()
    table = rows.groupby(["site", "asset_class", "fiscal_year"], sort=False).sum().reset_index()
    rate = np.nan if settings.asset_tax_rate is None else settings.asset_tax_rate
    table["tax_mjpy"] = rate * table["assessed_mjpy"]
    last = int(fiscal_years_of(to_days([settings.horizon_end]))[0])
    table["part"] = np.where(table["fiscal_year"] < last, "plan", "tail")
    return table[table["assessed_mjpy"] > 0.0].reset_index(drop=True)
