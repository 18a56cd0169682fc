r"""The month-by-month measurement of lease cohorts that every lease view is made of.

A cohort (a row of `lease_spans`) is racks of one lease that stay from `start` to `end` within a contractual
term that binds until `term_end`. Its payments are those of the whole term, at the rents in force
(`lease_rates`; renewals, uplifts and yearly rises are known when the term starts), by days, in arrears at the
end of each month:

$$ L_0 = \sum_i P_i (1+r)^{-k_i/12} \quad [\text{M JPY}] $$

with k the months from the start and r the borrowing rate (IFRS 16.26-27, ASBJ Statement 34). Rents are
without power and services; short terms are measured like long ones.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.settings import first_of_april, fiscal_years_of, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import Days, Floats

    Tables = Mapping[str, pd.DataFrame]

KEYS = ["cohort", "lease", "part"]


def lease_schedule(tables: Tables, rate: float, first: Days | None = None) -> pd.DataFrame:
    """Return the monthly schedule of every cohort over its contractual term, also beyond a break.

    Args:
        tables: the plan: `lease_spans`, `lease_rates`, `periods`.
        rate: borrowing rate per year.
        first: where given, a day before which nothing is measured: terms that run on it start on it.

    Returns:
        A row a cohort and month (or part of one), in order: cohort, lease, part, start, end, term_end, racks,
        from, to (days, exclusive), payment_mjpy, opening_mjpy, interest_mjpy, closing_mjpy (liability),
        initial_mjpy (liability at the start), rou_opening_mjpy, rou_depreciation_mjpy, rou_closing_mjpy
        (right of use, straight line over the term), within (before the cohort's end).
    """
    rows = _months(_cohorts(tables, first))
    rows["payment_mjpy"] = _payments(tables, rows)
    begin = _position(rows["start"].to_numpy())
    k0, k1 = _position(rows["from"].to_numpy()) - begin, _position(rows["to"].to_numpy()) - begin
    term = _position(rows["term_end"].to_numpy()) - begin
    growth = np.log1p(rate) / 12.0
    value = pd.Series(rows["payment_mjpy"].to_numpy() * np.exp(-growth * k1), index=rows.index)
    total = value.groupby(rows["cohort"]).transform("sum").to_numpy()
    later = total - value.groupby(rows["cohort"]).cumsum().to_numpy()
    last = (rows["to"] == rows["term_end"]).to_numpy()
    later = np.where(last, 0.0, later)
    rows["opening_mjpy"] = np.exp(growth * k0) * (later + value.to_numpy())
    rows["interest_mjpy"] = rows["opening_mjpy"] * np.expm1(growth * (k1 - k0))
    rows["closing_mjpy"] = np.exp(growth * k1) * later
    rows["initial_mjpy"] = total
    rows["rou_opening_mjpy"] = total * (1.0 - k0 / term)
    rows["rou_depreciation_mjpy"] = total * (k1 - k0) / term
    rows["rou_closing_mjpy"] = total * (1.0 - k1 / term)
    rows["within"] = rows["to"] <= rows["end"]
    return rows


def rent_by_period(tables: Tables) -> pd.DataFrame:
    """Return the rent that cohorts pay while they stay: (lease, period) mjpy, nominal M JPY.

    Racks x rate x months of the period x share of its days, summed over cohorts; 0 rows are left out.
    """
    spans = _cohorts(tables, None)
    periods = _periods(tables)
    rows = spans.merge(periods, how="cross")
    until = rows["end"].where(rows["end"] < rows["period_end"], rows["period_end"])
    since = rows["start"].where(rows["start"] > rows["period_start"], rows["period_start"])
    rows["share"] = (until - since).dt.days / (rows["period_end"] - rows["period_start"]).dt.days
    rows = rows[rows["share"] > 0.0].merge(tables["lease_rates"], how="left", on=["lease", "part", "period"])
    rows["mjpy"] = rows["racks"] * rows["rent_jpy_per_rack_month"] * rows["months"] * rows["share"] / 1e6
    return rows.groupby(["lease", "period"], sort=False)["mjpy"].sum(min_count=1).reset_index()


def _cohorts(tables: Tables, first: Days | None) -> pd.DataFrame:
    spans = tables["lease_spans"].reset_index(drop=True)
    table = pd.DataFrame({"cohort": np.arange(len(spans)), "lease": spans["lease"]})
    table["part"] = spans["part"].astype(str)
    for name in ("start", "end", "term_end"):
        table[name] = to_days(spans[name]).astype("datetime64[s]")
    table["racks"] = spans["racks"].astype(float)
    table["rent_escalation"] = spans["rent_escalation"].astype(float)
    if first is not None:
        day = first.astype("datetime64[s]")[0]
        table = table[table["end"] > day].reset_index(drop=True)
        table["start"] = table["start"].where(table["start"] >= day, day)
    return table


def _months(cohorts: pd.DataFrame) -> pd.DataFrame:
    """Return the cohorts with a row for each month of the term, cut at its end and at a break."""
    if cohorts.empty:
        return cohorts.assign(**{"from": cohorts["start"], "to": cohorts["end"]})
    months = np.arange(
        cohorts["start"].min().to_datetime64().astype("datetime64[M]"),
        cohorts["term_end"].max().to_datetime64().astype("datetime64[M]") + 1,
    )
    marks = cohorts[["cohort", "start", "term_end"]].merge(
        pd.DataFrame({"to": months.astype("datetime64[D]").astype("datetime64[s]")}), how="cross"
    )
    marks = marks[(marks["to"] > marks["start"]) & (marks["to"] < marks["term_end"])][["cohort", "to"]]
    ends = [cohorts[["cohort", name]].rename(columns={name: "to"}) for name in ("end", "term_end")]
    marks = pd.concat([marks, *ends]).drop_duplicates().sort_values(["cohort", "to"], ignore_index=True)
    rows = cohorts.merge(marks, on="cohort")
    rows["from"] = rows.groupby("cohort")["to"].shift(1)
    rows["from"] = rows["from"].where(rows["from"].notna(), rows["start"])
    return rows


def _periods(tables: Tables) -> pd.DataFrame:
    periods = tables["periods"]
    start, end = (to_days(periods[name]) for name in ("start", "end"))
    months = end.astype("datetime64[M]").astype(np.int64) - start.astype("datetime64[M]").astype(np.int64)
    return pd.DataFrame(
        {
            "period": periods["period"],
            "period_start": start.astype("datetime64[s]"),
            "period_end": end.astype("datetime64[s]"),
            "months": months,
        }
    )


def _payments(tables: Tables, rows: pd.DataFrame) -> Floats:
    """Return what each row pays: rent of its period by days; after the span the last rent with its rises.

    Raises:
        ValueError: a cohort stays in a period for which it has no rent.
    """
    periods = _periods(tables)
    first = rows["from"].to_numpy()
    place = np.searchsorted(periods["period_start"].to_numpy(), first, side="right") - 1
    after = first >= periods["period_end"].max()
    at = periods.iloc[place].reset_index(drop=True)
    rents = tables["lease_rates"].astype({"part": str}).set_index(["lease", "part", "period"])
    keys = pd.MultiIndex.from_arrays([rows["lease"], rows["part"], at["period"]])
    rent = rents["rent_jpy_per_rack_month"].reindex(keys).to_numpy(dtype=float)
    last_rent = _last_rents(tables, periods).reindex(keys.droplevel(2)).to_numpy(dtype=float)
    rent = np.where(np.isnan(rent) & after, last_rent, rent)
    if np.isnan(rent).any():
        lost = rows.loc[np.isnan(rent), "lease"].iloc[0]
        raise ValueError(f"lease_rates has no rent of lease {lost} in a period in which its racks stay")
    years = fiscal_years_of(first.astype("datetime64[D]"))
    last_year = int(fiscal_years_of(periods["period_start"].to_numpy().astype("datetime64[D]"))[-1])
    risen = (1.0 + rows["rent_escalation"].to_numpy()) ** np.maximum(years - last_year, 0)
    year_days = (first_of_april(years + 1) - first_of_april(years)).astype(np.int64)
    period_days = (at["period_end"] - at["period_start"]).dt.days.to_numpy()
    daily = rent * np.where(after, risen * 12.0 / year_days, at["months"].to_numpy() / period_days)
    days = (rows["to"] - rows["from"]).dt.days.to_numpy()
    return np.asarray(rows["racks"].to_numpy() * daily * days / 1e6)


def _last_rents(tables: Tables, periods: pd.DataFrame) -> pd.Series[float]:
    """Return the last rent that is known of each part of a lease: (lease, part)."""
    order = {label: place for place, label in enumerate(periods["period"])}
    rents = tables["lease_rates"].astype({"part": str})
    rents = rents.assign(order=rents["period"].map(order)).sort_values("order")
    last: pd.Series[float] = rents.groupby(["lease", "part"])["rent_jpy_per_rack_month"].last()
    return last


def _position(days: Days) -> Floats:
    """Return a day's place in months: whole on the first of a month, by days within it."""
    month = days.astype("datetime64[M]")
    length = ((month + 1).astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    into = (days.astype("datetime64[D]") - month.astype("datetime64[D]")).astype(np.int64)
    return np.asarray(month.astype(np.int64) + into / length)
