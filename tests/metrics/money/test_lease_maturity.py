"""What leases have still to pay, by maturity, against numbers worked by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from dcplan.metrics.money.lease_maturity import BANDS, lease_maturity
from dcplan.metrics.money.leases_ifrs16 import leases_ifrs16
from dcplan.metrics.money.settings import MoneySettings, money_settings
from dcplan.plans.plan import open_plan
from tests.metrics.money.paper import year

Tables = dict[str, pd.DataFrame]


def test_the_term_that_runs_counts_in_full_until_its_break(small: Tables, settings: MoneySettings) -> None:
    """31 March 2023: ten racks at 0.1 a month are bound for a year, four of which break the day after."""
    table = lease_maturity(small, settings)
    assert year(table, 2022)[list(BANDS)].tolist() == pytest.approx([12.0, 0.0, 0.0])
    assert year(table, 2023)[list(BANDS)].tolist() == pytest.approx([0.0, 0.0, 0.0])
    assert table["fiscal_year"].tolist() == [2022, 2023, 2024]


def test_a_long_term_falls_in_every_band(small: Tables, settings: MoneySettings) -> None:
    """Ten racks until 1 October 2028: at the end of FY2022 12 in a year, 48 until 2028, half a year after."""
    small["lease_spans"] = (
        small["lease_spans"].iloc[:1].assign(racks=10, end=date(2028, 10, 1), term_end=date(2028, 10, 1))
    )
    rates = small["lease_rates"]
    small["lease_rates"] = pd.concat(
        [rates.iloc[:1].assign(period=f"FY{y}") for y in (2022, 2023, 2024, 2025)], ignore_index=True
    )
    first = year(lease_maturity(small, settings), 2022)
    assert first[list(BANDS)].tolist() == pytest.approx([12.0, 48.0, 12 * 183 / 365])
    months = pd.date_range("2023-04-01", "2028-09-01", freq="MS")
    in_year = [366 if day.year - (day.month < 4) in (2023, 2027) else 365 for day in months]
    paid = 12.0 * months.days_in_month.to_numpy() / in_year
    value = sum(amount * 1.12 ** (-(n + 1) / 12) for n, amount in enumerate(paid))
    dear = year(lease_maturity(small, replace(settings, borrowing_rate=0.12)), 2022)
    assert dear["undiscounted_mjpy"] == pytest.approx(paid.sum())
    assert dear["liability_mjpy"] == pytest.approx(value, rel=1e-9)
    assert dear["interest_mjpy"] == pytest.approx(paid.sum() - value, rel=1e-9)


@pytest.mark.parametrize("day", [date(2024, 1, 1), date(2024, 1, 17)])
def test_maturities_less_interest_are_the_liability(
    small: Tables, settings: MoneySettings, day: date
) -> None:
    """Also of a term that begins within a month or a year."""
    spans = small["lease_spans"].iloc[1:].assign(start=day, end=date(2030, 1, 1), term_end=date(2030, 1, 1))
    spans = pd.concat([small["lease_spans"].assign(lease="M"), spans], ignore_index=True)
    rates = pd.concat(
        [
            small["lease_rates"].iloc[:1].assign(period=f"FY{y}", lease=lease)
            for y in (2022, 2023, 2024, 2025)
            for lease in ("L", "M")
        ],
        ignore_index=True,
    )
    changed, rate = (
        {**small, "lease_spans": spans, "lease_rates": rates},
        replace(settings, borrowing_rate=0.05),
    )
    table, roll = lease_maturity(changed, rate), leases_ifrs16(changed, rate)
    keys = ["lease", "fiscal_year"]
    stands = table.set_index(keys)["liability_mjpy"]
    assert stands[("L", 2024)] > 20.0
    pd.testing.assert_series_equal(
        stands, roll.set_index(keys)["closing_liability_mjpy"].reindex(stands.index), check_names=False
    )


def test_the_tutorial_plan_ties(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    settings = money_settings(plan.manifest)
    table, roll = lease_maturity(plan.tables, settings), leases_ifrs16(plan.tables, settings)
    left, right = (
        rows.groupby("fiscal_year")[name].sum()
        for rows, name in ((table, "liability_mjpy"), (roll, "closing_liability_mjpy"))
    )
    assert left.tolist() == pytest.approx(right.tolist(), abs=1e-9)
