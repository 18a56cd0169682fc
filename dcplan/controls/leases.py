"""Controls of leases: liability and right of use, rent, restoration, and the two standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from dcplan.controls.control import (
    Blocks,
    Books,
    Control,
    by_year,
    continued,
    cost_by_year,
    keys_of,
    tie,
    tie_sums,
)
from dcplan.metrics.money.lease_maturity import BANDS
from dcplan.metrics.money.lease_schedule import rent_by_period

if TYPE_CHECKING:
    from typing import Any

VIEWS = {"leases_ifrs16": "T24", "leases_jgaap": "T24b"}
KEYS = ["lease", "fiscal_year"]


def liabilities_roll(books: Books) -> Blocks:
    """Liability: opening + recognised + interest - payments - taken off = closing, on both standards."""
    parts = []
    for name, code in VIEWS.items():
        rows = books[name]
        where = f"{code} " + keys_of(rows, *KEYS)
        rolled = (
            rows["opening_liability_mjpy"]
            + rows["recognised_mjpy"]
            + rows["interest_mjpy"]
            - rows["payments_mjpy"]
            - rows["derecognised_liability_mjpy"]
        )
        parts += [
            tie(where, rolled, rows["closing_liability_mjpy"]),
            continued(rows, "lease", "opening_liability_mjpy", "closing_liability_mjpy"),
        ]
    return parts


def rights_of_use_roll(books: Books) -> Blocks:
    """Right of use: opening + recognised - depreciation - taken off = closing; a break's gain is the rest."""
    parts = []
    for name, code in VIEWS.items():
        rows = books[name]
        where = f"{code} " + keys_of(rows, *KEYS)
        rolled = (
            rows["opening_rou_mjpy"]
            + rows["recognised_mjpy"]
            - rows["rou_depreciation_mjpy"]
            - rows["derecognised_rou_mjpy"]
        )
        gain = rows["derecognised_liability_mjpy"] - rows["derecognised_rou_mjpy"]
        parts += [
            tie(where, rolled, rows["closing_rou_mjpy"]),
            tie("gain on break of " + where, rows["gain_on_break_mjpy"], gain),
            continued(rows, "lease", "opening_rou_mjpy", "closing_rou_mjpy"),
        ]
    return parts


def rent_is_what_cohorts_pay(books: Books) -> Blocks:
    """Rent of the cost table is racks x rate of every cohort, by period; T24 pays the same in each year."""
    costs = books["costs"]
    rent = costs[costs["term"] == "rent"].groupby("period")["mjpy"].sum()
    paid = rent_by_period(books.tables).groupby("period")["mjpy"].sum()
    years = by_year(books["leases_ifrs16"], "payments_mjpy")
    return [tie_sums(paid, rent), tie_sums(years, cost_by_year(books, "rent"), "T24 ")]


def standards_pay_the_same(books: Books) -> Blocks:
    """Rent expense and payments of the Japanese view (T24b) are the payments under IFRS 16 (T24)."""
    japan = books["leases_jgaap"]
    cash = (japan["rent_expense_mjpy"] + japan["payments_mjpy"]).groupby([japan[key] for key in KEYS]).sum()
    return [tie_sums(cash, books["leases_ifrs16"].groupby(KEYS)["payments_mjpy"].sum())]


def maturities_are_the_liability(books: Books) -> Blocks:
    """Rents still to be paid by maturity (T24d), less the interest in them, are the liability (T24)."""
    rows = books["lease_maturity"]
    where = keys_of(rows, *KEYS)
    stands = rows.groupby(KEYS)["liability_mjpy"].sum()
    return [
        tie_sums(stands, books["leases_ifrs16"].groupby(KEYS)["closing_liability_mjpy"].sum()),
        tie("by maturity, " + where, rows[list(BANDS)].sum(axis=1), rows["undiscounted_mjpy"]),
        tie(where, rows["undiscounted_mjpy"] - rows["interest_mjpy"], rows["liability_mjpy"]),
    ]


def standards_reconcile(books: Books) -> Blocks:
    """The two standards differ in net position by what they have charged differently so far (T24c)."""
    rows = books["lease_reconciliation"]
    wide = {
        name: rows.pivot_table(index="fiscal_year", columns="line", values=name, aggfunc="sum")
        for name in ("ifrs16_mjpy", "jgaap_mjpy", "difference_mjpy")
    }
    left = wide["ifrs16_mjpy"]["net_position"] - wide["jgaap_mjpy"]["net_position"]
    right = wide["jgaap_mjpy"]["charge_to_profit"] - wide["ifrs16_mjpy"]["charge_to_profit"]
    parts = [
        tie_sums(left, right.cumsum(), "net position of "),
        tie(
            keys_of(rows, "line", "fiscal_year"),
            rows["jgaap_mjpy"] - rows["ifrs16_mjpy"],
            rows["difference_mjpy"],
        ),
    ]
    for name, column in (("leases_ifrs16", "ifrs16_mjpy"), ("leases_jgaap", "jgaap_mjpy")):
        parts += _lines(books[name], wide[column], VIEWS[name])
    return parts


def _lines(roll: pd.DataFrame, lines: pd.DataFrame, code: str) -> list[pd.DataFrame]:
    """Return the lines of the reconciliation beside the roll that they sum up."""
    rows = roll if "rent_expense_mjpy" in roll else roll.assign(rent_expense_mjpy=0.0)
    sums = {
        "rent_expense": by_year(rows, "rent_expense_mjpy"),
        "right_of_use_depreciation": by_year(rows, "rou_depreciation_mjpy"),
        "interest": by_year(rows, "interest_mjpy"),
        "gain_on_break": by_year(rows, "gain_on_break_mjpy"),
        "ebitda_effect": by_year(rows, "payments_mjpy"),
        "closing_liability": by_year(rows, "closing_liability_mjpy"),
        "closing_right_of_use": by_year(rows, "closing_rou_mjpy"),
    }
    charge: pd.Series[Any] = (
        sums["rent_expense"] + sums["right_of_use_depreciation"] + sums["interest"] - sums["gain_on_break"]
    )
    sums["charge_to_profit"] = charge
    sums["cumulative_charge"] = charge.cumsum()
    sums["net_position"] = sums["closing_right_of_use"] - sums["closing_liability"]
    return [tie_sums(lines[name], amounts, f"{code} {name} of ") for name, amounts in sums.items()]


def restoration_rolls(books: Books) -> Blocks:
    """Restoration: provision and asset roll forward (T24a); what is settled is what the cost table pays."""
    rows = books["restoration_roll"]
    where = keys_of(rows, *KEYS)
    provision = rows["opening_provision_mjpy"] + rows["recognised_mjpy"] + rows["unwinding_mjpy"]
    asset = rows["opening_asset_mjpy"] + rows["recognised_mjpy"] - rows["asset_depreciation_mjpy"]
    settled = by_year(rows, "settled_mjpy")
    return [
        tie(where, provision - rows["settled_mjpy"], rows["closing_provision_mjpy"]),
        tie("asset of " + where, asset, rows["closing_asset_mjpy"]),
        continued(rows, "lease", "opening_provision_mjpy", "closing_provision_mjpy"),
        continued(rows, "lease", "opening_asset_mjpy", "closing_asset_mjpy"),
        tie_sums(settled, cost_by_year(books, "restoration"), "settled in "),
    ]


def releases_are_paid(books: Books) -> Blocks:
    """Break fees and restoration of all releases (P3) are those of the cost table, by period."""
    rows, costs = books["releases"], books["costs"]
    parts = []
    for term in ("break_fee", "restoration"):
        owed = rows.groupby("period")[f"{term}_mjpy"].sum()
        paid = costs[costs["term"] == term].groupby("period")["mjpy"].sum()
        parts.append(tie_sums(owed, paid, f"{term} of "))
    return parts


CONTROLS = (
    Control(
        "liabilities_roll",
        "opening + recognised + interest - payments - taken off (T24, T24b)",
        "closing liability",
        "Lease liability rolls forward",
        "リース負債の増減",
        liabilities_roll,
    ),
    Control(
        "rights_of_use_roll",
        "opening + recognised - depreciation - taken off (T24, T24b)",
        "closing right of use",
        "Right of use rolls forward",
        "使用権資産の増減",
        rights_of_use_roll,
    ),
    Control(
        "rent_is_what_cohorts_pay",
        "racks x rent of every cohort (P4, P5); payments (T24)",
        "rent of the cost table",
        "Lease terms x rents = rent paid",
        "賃借期間×賃料=支払賃料",
        rent_is_what_cohorts_pay,
    ),
    Control(
        "standards_pay_the_same",
        "rent expense + payments (T24b)",
        "payments (T24)",
        "Both standards, the same cash",
        "両基準で支払額は同一",
        standards_pay_the_same,
    ),
    Control(
        "maturities_are_the_liability",
        "rents still to be paid - interest in them (T24d)",
        "closing liability (T24)",
        "Lease maturities - interest = liability",
        "リース料の期日別残高-利息=負債",
        maturities_are_the_liability,
    ),
    Control(
        "standards_reconcile",
        "difference in net position (T24c)",
        "charges that differ so far (T24c); lines of T24 and T24b",
        "IFRS 16 and the Japanese standard reconcile",
        "IFRSと日本基準の調整",
        standards_reconcile,
    ),
    Control(
        "restoration_rolls",
        "opening + recognised + unwinding - settled (T24a)",
        "closing provision; restoration paid",
        "Provision for restoration rolls forward",
        "原状回復引当の増減",
        restoration_rolls,
    ),
    Control(
        "releases_are_paid",
        "break fees and restoration of releases (P3)",
        "the cost table",
        "Releases = fees and restoration paid",
        "返却に伴う解約金・原状回復費の一致",
        releases_are_paid,
    ),
)
