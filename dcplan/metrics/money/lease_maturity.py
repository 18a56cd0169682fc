"""When lease payments fall due (T24d): the contractual rents behind each year's liability, by maturity."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.lease_schedule import lease_schedule
from dcplan.metrics.money.settings import segments, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

BANDS = ("within_1_year_mjpy", "years_1_to_5_mjpy", "after_5_years_mjpy")


def lease_maturity(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return what running leases have still to pay at a year's end: (lease, fiscal_year, basis).

    $$ L = \sum_b P_b - I $$

    Undiscounted rents P of the terms that run on that day, by the time to their payment (up to one year, up
    to five, later), less the interest I in them, is the liability of `leases_ifrs16` (IFRS 16.58). A term
    that the plan will break counts in full until then, as in the liability; renewals that have not begun
    are not bound and do not count.

    Returns:
        `BANDS`, undiscounted_mjpy (their sum), interest_mjpy (not yet accrued), liability_mjpy; nominal
        M JPY. A lease has a row in every year of the plan.
    """
    rows = lease_schedule(tables, settings.borrowing_rate)
    years = segments(settings)
    years = years[years["basis"] == "plan"].reset_index(drop=True)
    leases = pd.Index(rows["lease"].drop_duplicates(), name="lease")
    parts = [_due(rows, edge).reindex(leases).fillna(0.0) for edge in to_days(years["end"])]
    table = pd.concat(parts, keys=list(years["fiscal_year"]), names=["fiscal_year"]).reset_index()
    keys = ["lease", "fiscal_year", "basis"]
    table = table.assign(basis="plan").sort_values(["lease", "fiscal_year"], kind="stable", ignore_index=True)
    return table[[*keys, *BANDS, "undiscounted_mjpy", "interest_mjpy", "liability_mjpy"]]


def _due(rows: pd.DataFrame, edge: np.datetime64) -> pd.DataFrame:
    """Return what is due after a day, by lease: rows begin on the first of a month, so that none is cut."""
    day = pd.Timestamp(edge)
    open_ = (rows["start"] < day) & (rows["end"] >= day) & (rows["from"] >= day)
    held = rows[open_]
    in_1, in_5 = (held["to"] <= day + pd.DateOffset(years=n) for n in (1, 5))
    paid = held["payment_mjpy"]
    bands = (paid.where(in_1, 0.0), paid.where(in_5 & ~in_1, 0.0), paid.where(~in_5, 0.0))
    table = pd.DataFrame(dict(zip(BANDS, bands, strict=True)))
    table["undiscounted_mjpy"] = paid
    table["interest_mjpy"] = held["interest_mjpy"]
    table["liability_mjpy"] = paid - held["interest_mjpy"]
    return table.groupby(held["lease"]).sum()
