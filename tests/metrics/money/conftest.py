"""Fixtures of the money tests: a plan that can be worked by hand."""

from __future__ import annotations

from datetime import date

import pandas as pd
import pytest

from dcplan.metrics.money.settings import MoneySettings
from tests.metrics.money import paper

Tables = dict[str, pd.DataFrame]


@pytest.fixture
def settings() -> MoneySettings:
    """Return round rates; lease payments are not discounted, so that they can be added on paper."""
    return MoneySettings(
        as_of=date(2022, 4, 1),
        horizon_end=date(2025, 4, 1),
        discount_rate=0.05,
        tax_rate=0.3,
        borrowing_rate=0.0,
        asset_tax_rate=0.014,
    )


@pytest.fixture
def small() -> Tables:
    """Return the plan tables that the money of a plan is made of."""
    return {
        "periods": paper.periods(),
        "assets": paper.assets(),
        "payments": paper.payments(),
        **paper.leases(),
        "costs": paper.costs(),
        **paper.use(),
    }
