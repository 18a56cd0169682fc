"""Leases under IFRS 16 (T24): liability, right of use, and the provision for restoration, by fiscal year."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.lease_schedule import lease_schedule
from dcplan.metrics.money.settings import segments, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import Floats, MoneySettings

    Tables = Mapping[str, pd.DataFrame]

ROLL = (
    "opening_liability_mjpy", "recognised_mjpy", "interest_mjpy", "payments_mjpy",
    "derecognised_liability_mjpy", "closing_liability_mjpy", "opening_rou_mjpy", "rou_depreciation_mjpy",
    "derecognised_rou_mjpy", "closing_rou_mjpy", "gain_on_break_mjpy",
)  # fmt: skip


def leases_ifrs16(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return the roll of lease liabilities and rights of use: (lease, fiscal_year, basis), nominal M JPY.

    $$ L_1 = L_0 + \text{recognised} + \text{interest} - \text{payments} - \text{derecognised} $$
    $$ R_1 = R_0 + \text{recognised} - \text{depreciation} - \text{derecognised} $$

    The running term is measured at the opening day, its right of use equal to its liability (its history is
    not known); a renewal or a tranche when it starts, on that day. A break derecognises what is left of both;
    the difference is `gain_on_break_mjpy`, before the break fee. IFRS 16.23-36, 46.
    """
    rows = lease_schedule(tables, settings.borrowing_rate)
    return lease_roll(rows, segments(settings), settings)


def lease_roll(schedule: pd.DataFrame, years: pd.DataFrame, settings: MoneySettings) -> pd.DataFrame:
    """Return the roll of a schedule (`leases_ifrs16`) over some fiscal years, by lease."""
    years = years[years["basis"] == "plan"].reset_index(drop=True)
    leases = pd.Index(schedule["lease"].drop_duplicates(), name="lease")
    opening = to_days([settings.as_of])[0]
    starts, ends = to_days(years["start"]), to_days(years["end"])
    parts = [
        _year(schedule, begin, end, bool(begin == opening)).reindex(leases)
        for begin, end in zip(starts, ends, strict=True)
    ]
    if not parts or leases.empty:
        empty = pd.DataFrame(columns=["lease", "fiscal_year", "basis", *ROLL])
        return empty.astype(dict.fromkeys(ROLL, float))
    table = pd.concat(parts, keys=list(years["fiscal_year"]), names=["fiscal_year"])
    table = table.fillna(0.0)  # a lease without a cohort in a year
    return table.reset_index().assign(basis="plan")[["lease", "fiscal_year", "basis", *ROLL]]


def _year(rows: pd.DataFrame, begin: np.datetime64, end: np.datetime64, opening_day: bool) -> pd.DataFrame:
    """Return one year's roll by lease: balances are those of cohorts that started before the day."""
    begin, end = begin.astype("datetime64[s]"), end.astype("datetime64[s]")
    held = rows[rows["within"]]
    start, stop = held["start"], held["end"]
    first = held["from"] == start
    old = (start < begin) | ((start == begin) & opening_day & (held["part"] == "base"))
    new = (start >= begin) & (start < end) & ~old
    inside = (held["from"] >= begin) & (held["from"] < end)
    broken = (held["to"] == stop) & (stop < held["term_end"]) & (stop >= begin) & (stop < end)
    at_begin = np.where((held["to"] == begin) & old, 1.0, 0.0)
    at_end = np.where(held["to"] == end, 1.0, 0.0)
    opening_first = np.where(first & old & (start == begin), 1.0, 0.0)
    left, right = held["closing_mjpy"], held["rou_closing_mjpy"]
    initial = held["initial_mjpy"]
    values = {
        "opening_liability_mjpy": at_begin * left + opening_first * initial,
        "recognised_mjpy": initial.where(first & new, 0.0),
        "interest_mjpy": held["interest_mjpy"].where(inside, 0.0),
        "payments_mjpy": held["payment_mjpy"].where(inside, 0.0),
        "derecognised_liability_mjpy": left.where(broken, 0.0),
        "closing_liability_mjpy": at_end * left,
        "opening_rou_mjpy": at_begin * right + opening_first * initial,
        "rou_depreciation_mjpy": held["rou_depreciation_mjpy"].where(inside, 0.0),
        "derecognised_rou_mjpy": right.where(broken, 0.0),
        "closing_rou_mjpy": at_end * right,
        "gain_on_break_mjpy": (left - right).where(broken, 0.0),
    }
    table = pd.DataFrame(values).groupby(held["lease"]).sum()
    return table if len(table) else pd.DataFrame(columns=list(ROLL), dtype=float)


def restoration_roll(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return the provision for restoration that the plan settles: (lease, fiscal_year, basis), M JPY.

    $$ V_d = R\,(1+r)^{-(D - d)/365.25} $$

    for restoration R due on day D, discounted at the borrowing rate, recognised at the opening day (a
    tranche's on its first day) with an asset of the same amount that is written off straight line until D.
    Restoration of racks that are kept beyond the optimised span has no date in a plan and is not included.
    The Japanese standard (ASBJ Statement 18) measures the same obligation; no difference is shown.

    Returns:
        opening_provision_mjpy, recognised_mjpy, unwinding_mjpy, settled_mjpy, closing_provision_mjpy,
        opening_asset_mjpy, asset_depreciation_mjpy, closing_asset_mjpy.
    """
    owed = tables["releases"]
    owed = owed[owed["restoration_mjpy"].astype(float) != 0.0].reset_index(drop=True)
    years = segments(settings)
    years = years[years["basis"] == "plan"].reset_index(drop=True)
    due = to_days(owed["day"])
    periods = dict(
        zip(tables["periods"]["period"].astype(str), to_days(tables["periods"]["start"]), strict=True)
    )
    opening = to_days([settings.as_of])[0]
    since = np.array([periods.get(str(part), opening) for part in owed["part"]], dtype="datetime64[D]")
    edges = to_days([*years["start"], years["end"].iloc[-1]])
    value = _provision(owed["restoration_mjpy"].to_numpy(dtype=float), since, due, edges, settings)
    initial = _provision_at(owed["restoration_mjpy"].to_numpy(dtype=float), due, since, settings)
    worn = np.clip(
        (edges[None, :] - since[:, None]) / np.maximum(due - since, np.timedelta64(1, "D"))[:, None], 0, 1
    )
    live = since[:, None] < edges[None, :]
    live[:, 0] |= since == edges[0]
    open_now = live & (due[:, None] >= edges[None, :])
    asset = np.where(open_now, initial[:, None] * (1.0 - worn), 0.0)
    fresh = initial[:, None] * (live[:, 1:] & ~live[:, :-1])
    gone = np.where((due[:, None] >= edges[None, :-1]) & (due[:, None] < edges[None, 1:]), 1.0, 0.0)
    settled = gone * owed["restoration_mjpy"].to_numpy(dtype=float)[:, None]
    rows = owed[["lease"]].merge(years[["fiscal_year", "basis"]], how="cross")
    columns = {
        "opening_provision_mjpy": value[:, :-1],
        "recognised_mjpy": fresh,
        "unwinding_mjpy": value[:, 1:] + settled - value[:, :-1] - fresh,
        "settled_mjpy": settled,
        "closing_provision_mjpy": value[:, 1:],
        "opening_asset_mjpy": asset[:, :-1],
        "asset_depreciation_mjpy": asset[:, :-1] + fresh - asset[:, 1:],
        "closing_asset_mjpy": asset[:, 1:],
    }
    for name, amounts in columns.items():
        rows[name] = amounts.ravel()
    return rows.groupby(["lease", "fiscal_year", "basis"], sort=False).sum().reset_index()


def _provision(
    amount: Floats, since: np.ndarray, due: np.ndarray, edges: np.ndarray, settings: MoneySettings
) -> Floats:
    """Return the provision of each obligation at each edge: 0 before it arises and after it is settled."""
    years = (due[:, None] - edges[None, :]).astype(np.int64) / 365.25
    arisen = since[:, None] < edges[None, :]
    arisen[:, 0] |= since == edges[0]
    value = amount[:, None] * (1.0 + settings.borrowing_rate) ** -years
    return np.asarray(np.where(arisen & (years >= 0.0), value, 0.0))


def _provision_at(amount: Floats, due: np.ndarray, day: np.ndarray, settings: MoneySettings) -> Floats:
    years = (due - day).astype(np.int64) / 365.25
    return np.asarray(amount * (1.0 + settings.borrowing_rate) ** -years)
