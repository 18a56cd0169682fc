"""Leases under the Japanese standard: rent expense until ASBJ Statement 34 applies, and IFRS 16 beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.metrics.money.lease_schedule import lease_schedule
from dcplan.metrics.money.leases_ifrs16 import ROLL, lease_roll, leases_ifrs16
from dcplan.metrics.money.settings import segments, to_days

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dcplan.metrics.money.settings import MoneySettings

    Tables = Mapping[str, pd.DataFrame]

LINES = (
    "rent_expense",
    "right_of_use_depreciation",
    "interest",
    "gain_on_break",
    "charge_to_profit",
    "ebitda_effect",
    "closing_liability",
    "closing_right_of_use",
    "net_position",
    "cumulative_charge",
)


def leases_jgaap(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    """Return leases as the entity shows them: (lease, fiscal_year, basis), nominal M JPY.

    Until the first day of ASBJ Statement 34 (FY2027) rent is an expense and nothing stands on the balance
    sheet; on that day every running term is recognised at its remaining payments, its right of use equal to
    its liability, and later terms when they start, as under IFRS 16. Columns: rent_expense_mjpy,
    standard_applied (`rent` or `ASBJ 34`), then those of `leases_ifrs16`.
    """
    years = segments(settings)
    first = to_days([settings.lease_standard_from])
    roll = lease_roll(lease_schedule(tables, settings.borrowing_rate, first), years, settings)
    paid = lease_schedule(tables, settings.borrowing_rate)
    edges = to_days(years["start"]).astype("datetime64[s]")
    until = min(first[0], to_days(years["end"])[-1]).astype("datetime64[s]")
    paid = paid[paid["within"] & (paid["from"] < until)]
    place = np.searchsorted(edges, paid["from"].to_numpy(), side="right") - 1
    rent = paid["payment_mjpy"].groupby([paid["lease"], years["fiscal_year"].to_numpy()[place]]).sum()
    rent.index.names = ["lease", "fiscal_year"]
    keys = pd.MultiIndex.from_product(
        [paid["lease"].drop_duplicates(), years.loc[years["basis"] == "plan", "fiscal_year"]],
        names=["lease", "fiscal_year"],
    )
    every = keys.union(pd.MultiIndex.from_frame(roll[["lease", "fiscal_year"]]), sort=False)
    table = roll.drop(columns="basis").set_index(["lease", "fiscal_year"]).reindex(every).fillna(0.0)
    table.insert(0, "rent_expense_mjpy", rent.reindex(every).fillna(0.0))
    table = table.reset_index()
    table.insert(2, "basis", "plan")
    on = table["fiscal_year"].map(years.set_index("fiscal_year")["end"].groupby(level=0).last())
    applied = to_days(on) > first[0]
    table.insert(3, "standard_applied", np.where(applied, "ASBJ 34", "rent"))
    return table


def lease_reconciliation(tables: Tables, settings: MoneySettings) -> pd.DataFrame:
    r"""Return IFRS 16 and the Japanese standard line by line: (fiscal_year, basis, line), nominal M JPY.

    Columns: ifrs16_mjpy, jgaap_mjpy, difference_mjpy (Japanese less IFRS 16). Charges are costs. The EBITDA
    effect is what the standard adds to an EBITDA after rent: under IFRS 16 the rent of every year, in Japan
    from FY2027, with the same cash. The bridge closes, year by year:

    $$ (R - L)_{\text{IFRS}} - (R - L)_{\text{Japan}} =
       \textstyle\sum (\text{charge}_{\text{Japan}} - \text{charge}_{\text{IFRS}}) $$
    """
    keys = ["fiscal_year", "basis"]
    ifrs = leases_ifrs16(tables, settings).groupby(keys)[list(ROLL)].sum()
    names = [*ROLL, "rent_expense_mjpy"]
    japan = leases_jgaap(tables, settings).groupby(keys)[names].sum()
    both = {
        "ifrs16_mjpy": _lines(ifrs.assign(rent_expense_mjpy=0.0)),
        "jgaap_mjpy": _lines(japan),
    }
    table = pd.concat({name: lines.T.unstack() for name, lines in both.items()}, axis=1)
    table["difference_mjpy"] = table["jgaap_mjpy"] - table["ifrs16_mjpy"]
    return table.rename_axis([*keys, "line"]).reset_index()


def _lines(roll: pd.DataFrame) -> pd.DataFrame:
    charge = (
        roll["rent_expense_mjpy"]
        + roll["rou_depreciation_mjpy"]
        + roll["interest_mjpy"]
        - roll["gain_on_break_mjpy"]
    )
    columns = (
        roll["rent_expense_mjpy"],
        roll["rou_depreciation_mjpy"],
        roll["interest_mjpy"],
        roll["gain_on_break_mjpy"],
        charge,
        roll["payments_mjpy"],
        roll["closing_liability_mjpy"],
        roll["closing_rou_mjpy"],
        roll["closing_rou_mjpy"] - roll["closing_liability_mjpy"],
        charge.cumsum(),
    )
    return pd.DataFrame(dict(zip(LINES, columns, strict=True)))
