"""The costs of a plan at their dates: what present values, tax and cash flows are recomputed from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.finance.discount import annuity, discount_factor, middle_years, remaining_share, years_after
from dcplan.metrics.money.assets import tax_depreciation
from dcplan.metrics.money.capex import project_assets
from dcplan.metrics.money.settings import first_of_april, fiscal_years_of, span_end, to_days
from dcplan.metrics.terms import CAPEX

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import Floats, MoneySettings

    Tables = Mapping[str, pd.DataFrame]

ANALYST = "analyst:"
BY_YEAR = ("asset_tax", "instruments", "ppa", "target_misses", "tax_shield")
ON_A_DAY = (*CAPEX, "restoration", "break_fee")
AT_THE_END = ("terminal_capex", "terminal_moves", "terminal_restoration", "terminal_tax_shield")
THROUGH_A_PERIOD = (
    "energy_owned", "energy_leased", "demand_charge", "rent", "staff", "maintenance", "operations",
    "onsite_maintenance", "moves",
    "overlap_rent", "restoration_accrual", "shadow_carbon", "unserved",
)  # fmt: skip
AT_A_START = ("commitment_change",)
TAX = ("tax_relief", "tax_shield", "deferred_relief", "terminal_tax_shield")
NOT_DEDUCTED = (*CAPEX, *TAX)
DEFERRED = ("restoration_accrual", "terminal_moves", "terminal_restoration")
COLUMNS = ["kind", "term", "site", "period", "cash", "fiscal_year", "part", "years", "mjpy"]
KINDS = ("period_middle", "period_start", "day", "fiscal_year_middle", "span_end")
"""Where in time a cost stands."""


def dated_costs(tables: Tables, settings: MoneySettings, *, after_tax: bool | None = None) -> pd.DataFrame:
    """Return every cost at its date: the `COLUMNS`, nominal M JPY.

    What runs through a period stands at its middle, what is settled by fiscal year at the year's middle,
    CAPEX at its payments, restoration and break fees at the day of the release, the price of a changed
    commitment at its period's start, terminal values at the end of the span: `kind`. `years` counts from the
    opening day; `part` is `plan`, `tail` or `end`. The tables tell no site of a release: `site` is empty.

    Args:
        tables: the plan.
        settings: of the plan.
        after_tax: with the tax terms, computed here; as the plan's objective where None.

    Raises:
        ValueError: the cost table has a term whose timing is not known.
    """
    costs = tables["costs"]
    known = {*BY_YEAR, *ON_A_DAY, *AT_THE_END, *THROUGH_A_PERIOD, *AT_A_START, *TAX}
    own = costs["term"].astype(str).str.startswith(ANALYST)
    lost = sorted(set(costs.loc[~own, "term"]) - known)
    if lost:
        raise ValueError(f"the timing of the cost terms {', '.join(lost)} is not known")
    flows = costs[costs["term"].isin((*THROUGH_A_PERIOD, *AT_A_START)) | own]
    base = pd.concat(
        [
            _flows(flows, tables, settings),
            _yearly(tables, settings),
            *_days(tables, settings),
            _end(tables, settings),
        ]
    )
    base = base[~base["term"].isin(TAX)][COLUMNS].reset_index(drop=True)
    wanted = settings.objective == "after_tax" if after_tax is None else after_tax
    return pd.concat([base, *_tax(base, tables, settings)], ignore_index=True) if wanted else base


def present_values(rows: pd.DataFrame, rate: float) -> pd.Series[float]:
    """Return the present value of dated costs by term [M JPY]."""
    value = rows["mjpy"] * discount_factor(rate, rows["years"].to_numpy(dtype=float))
    sums: pd.Series[float] = value.groupby(rows["term"], sort=False).sum()
    return sums


def asset_value(tables: Tables, settings: MoneySettings, rule: str, *, after_tax: bool) -> float:
    r"""Return what project assets are worth at the end of the span, less what is still to be paid [M JPY].

    $$ \sum_a (C_a - C^{sunk}_a - S_a)\,\lambda_a - \sum_{d \ge T} P_d\,(1+w)^{-(d-T)/365.25} $$

    with S the present value at service of the tax that depreciation saves (0 before tax) and
    \(\lambda\) the share left: by `annuity`, by `book` (straight line over the life) or `none`.
    """
    end, assets, paid = span_end(tables), project_assets(tables), tables["payments"]
    days = to_days(paid["day"])
    after = days >= np.datetime64(end)
    amounts = paid["mjpy"].to_numpy(dtype=float)
    unpaid = float(
        amounts[after] @ discount_factor(settings.discount_rate, years_after(end, days[after].tolist()))
    )
    served = to_days(assets["service_date"])
    inside = served < np.datetime64(end)
    if rule == "none" or not inside.any():
        return -unpaid
    sunk = paid[paid["sunk"].astype(bool)].groupby("project")["mjpy"].sum()
    cost = assets["cost_mjpy"].astype(float)
    whole = cost.groupby(assets["project"]).transform("sum")
    base = cost * (1.0 - assets["project"].map(sunk).astype(float).fillna(0.0) / whole)
    if after_tax:
        base = base - _shield_at_service(tables, settings, assets)
    age = -years_after(end, served.tolist())
    rate = 0.0 if rule == "book" else settings.discount_rate
    left = remaining_share(rate, assets["life_years"].to_numpy(dtype=float), np.maximum(age, 0.0))
    return float((base.to_numpy() * left)[inside].sum() - unpaid)


def equivalent_annual_cost(cost: Floats, life_years: Floats, rate: float) -> Floats:
    """Return cost x annuity: what an asset costs a year if it is replaced by its like for ever [M JPY]."""
    return np.asarray(cost * annuity(rate, life_years))


def _flows(rows: pd.DataFrame, tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    periods = tables["periods"]
    starts, ends = to_days(periods["start"]).tolist(), to_days(periods["end"]).tolist()
    placed = _booked(rows, tables)
    place = placed["period"].map({label: at for at, label in enumerate(periods["period"])}).to_numpy()
    first = placed["term"].isin(AT_A_START).to_numpy()
    middle = middle_years(settings.as_of, starts, ends)
    years = np.where(first, years_after(settings.as_of, starts)[place], middle[place])
    return placed.assign(kind=np.where(first, "period_start", "period_middle"), years=years)


def _booked(rows: pd.DataFrame, tables: Tables) -> pd.DataFrame:
    years = tables["periods"][["period", "fiscal_year", "tail"]]
    placed = rows[["term", "site", "period", "cash", "mjpy"]].merge(
        years, on="period", how="left", validate="m:1"
    )
    return placed.assign(part=np.where(placed["tail"].astype(bool), "tail", "plan"))


def _yearly(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    costs = tables["costs"]
    placed = _booked(costs[costs["term"].isin(BY_YEAR)], tables)
    years = _mid_year(placed["fiscal_year"].to_numpy(), settings)
    return placed.assign(kind="fiscal_year_middle", years=years)


def _mid_year(years: Floats, settings: MoneySettings) -> Floats:
    """Return the years from the opening day to the middle of fiscal years."""
    begin, end = first_of_april(years).tolist(), first_of_april(np.asarray(years) + 1).tolist()
    return middle_years(settings.as_of, begin, end)


def _days(tables: Tables, settings: MoneySettings) -> list[pd.DataFrame]:
    """Return payments within the span, restoration and break fees, each on its day."""
    paid, gone = tables["payments"], tables["releases"]
    day = to_days(paid["day"])
    open_ = ~paid["sunk"].to_numpy(dtype=bool) & (day < np.datetime64(span_end(tables)))
    assets = project_assets(tables)
    site = paid["project"].map(assets.groupby("project")["site"].first()).fillna("")
    due = paid[open_].assign(site=site[open_])
    named = due["term"] if "term" in due else pd.Series("capex", index=due.index)
    parts = [
        _on_days(str(term), due[named == term], "mjpy", settings) for term in CAPEX if (named == term).any()
    ]
    for term in ("restoration", "break_fee"):
        due = gone[gone[f"{term}_mjpy"].astype(float) != 0.0].assign(site="")
        parts.append(_on_days(term, due, f"{term}_mjpy", settings))
    return parts


def _on_days(term: str, rows: pd.DataFrame, amount: str, settings: MoneySettings) -> pd.DataFrame:
    days = to_days(rows["day"])
    tail = days >= np.datetime64(settings.horizon_end)
    return pd.DataFrame(
        {
            "kind": "day",
            "term": term,
            "site": rows["site"].to_numpy(),
            "period": rows["period"].to_numpy(),
            "cash": True,
            "fiscal_year": fiscal_years_of(days),
            "part": np.where(tail, "tail", "plan"),
            "years": years_after(settings.as_of, days.tolist()),
            "mjpy": rows[amount].to_numpy(dtype=float),
        }
    )


def _end(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    costs = tables["costs"]
    placed = _booked(costs[costs["term"].isin(AT_THE_END)], tables)
    at_end = float(years_after(settings.as_of, [span_end(tables)])[0])
    return placed.assign(kind="span_end", part="end", years=at_end)


def _tax(base: pd.DataFrame, tables: Tables, settings: MoneySettings) -> list[pd.DataFrame]:
    """Return relief, shield and what of both lies after the span, by their formulas."""
    rate = settings.tax_rate
    analyst = base["term"].str.startswith(ANALYST)
    paid = base[base["cash"].astype(bool) & ~base["term"].isin(NOT_DEDUCTED) & ~analyst]
    spread = base[base["term"].isin(DEFERRED)]
    relief = paid.assign(term="tax_relief", mjpy=-rate * paid["mjpy"])
    deferred = spread.assign(term="deferred_relief", cash=False, mjpy=-rate * spread["mjpy"])
    charges = _charges(tables, settings)
    end = span_end(tables)
    last = int(fiscal_years_of(to_days([end]))[0])
    horizon = int(fiscal_years_of(to_days([settings.horizon_end]))[0])
    shield = charges[["site", "fiscal_year"]].assign(term="tax_shield", cash=True, kind="fiscal_year_middle")
    label = tables["periods"].groupby("fiscal_year")["period"].last()
    shield["period"] = shield["fiscal_year"].map(label)
    shield["part"] = np.where(shield["fiscal_year"] < horizon, "plan", "tail")
    shield["years"] = _mid_year(charges["fiscal_year"].to_numpy(), settings)
    shield["mjpy"] = -rate * charges["mjpy"]
    at_end = float(years_after(settings.as_of, [end])[0])
    later = shield[(shield["fiscal_year"] >= last) & (settings.terminal_value != "none")]
    value = later["mjpy"] * discount_factor(settings.discount_rate, later["years"].to_numpy() - at_end)
    terminal = later.assign(
        term="terminal_tax_shield", cash=False, kind="span_end", part="end", fiscal_year=last - 1, mjpy=value
    ).assign(years=at_end, period=tables["periods"]["period"].iloc[-1])
    parts = [relief, deferred, shield[shield["fiscal_year"] < last], terminal]
    return [part[COLUMNS] for part in parts if not part.empty]


def _charges(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return tax depreciation from the opening year on of the assets that serve within the span."""
    rows = tax_depreciation(tables)
    first = int(fiscal_years_of(to_days([settings.as_of]))[0])
    served = project_assets(tables)
    inside = served.loc[to_days(served["service_date"]) < np.datetime64(span_end(tables)), "asset"]
    rows = rows[(rows["fiscal_year"] >= first) & rows["asset"].isin(inside)].reset_index(drop=True)
    return rows.assign(site=rows["asset"].map(served.set_index("asset")["site"]))


def _shield_at_service(tables: Tables, settings: MoneySettings, assets: pd.DataFrame) -> pd.Series[float]:
    """Return the present value, at its service, of the tax that each asset's depreciation saves."""
    rows = _charges(tables, settings)
    served = pd.Series(years_after(settings.as_of, to_days(assets["service_date"]).tolist()), assets["asset"])
    times = _mid_year(rows["fiscal_year"].to_numpy(), settings) - rows["asset"].map(served).to_numpy(
        dtype=float
    )
    value = settings.tax_rate * rows["mjpy"] * discount_factor(settings.discount_rate, times)
    saved = value.groupby(rows["asset"]).sum().reindex(assets["asset"]).fillna(0.0)
    return pd.Series(saved.to_numpy(), index=assets.index)
