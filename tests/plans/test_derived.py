"""Tables that follow from decisions, worked by hand."""

from types import SimpleNamespace
from typing import Any

import pandas as pd

from dcplan.plans.limits import earlier_table, spent_by_year

CASH = [
    ("A", "P1", 2022, 60.0),
    ("A", "P1", 2023, 40.0),
    ("A", "P2", 2023, 60.0),
    ("A", "P2", 2024, 40.0),
    ("B", "P3", 2024, 20.0),  # build time allows no earlier start
    ("C", "P1", 2022, 30.0),
    ("C", "P2", 2023, 30.0),
]


class Schedule(SimpleNamespace):
    """What stands for a schedule; it may be remembered, as a schedule is."""

    __hash__ = object.__hash__


def model() -> Any:
    """Three periods, two open projects and one that is committed, budgets of three years."""
    budgets = pd.DataFrame({"fiscal_year": [2022, 2023, 2024], "capex_mjpy": [50.0, 100.0, 10.0]})
    tables = SimpleNamespace(period_labels=["P1", "P2", "P3"], case={"budgets": budgets})
    schedule = Schedule(
        projects=pd.DataFrame({"project": ["A", "B", "C"], "committed": [False, False, True]}),
        cash=pd.DataFrame(CASH, columns=["project", "start_period", "fiscal_year", "mjpy"]),
    )
    return SimpleNamespace(context=SimpleNamespace(tables=tables, schedule=schedule))


def test_budgets_that_stop_an_earlier_start() -> None:
    """A in P1 pays 60 in FY2022, over 50, and 40 in FY2023, with 30 of C within 100.

    In FY2024 it pays nothing, and the 20 of B are over 10 in any case: a reference plan heeds no budget.
    """
    started = pd.DataFrame({"project": ["A", "B", "C"], "period": ["P2", "P3", "P2"]})
    capex = pd.DataFrame({"fiscal_year": [2023, 2024, 2023, 2024], "mjpy": [60.0, 40.0, 30.0, 20.0]})
    found = earlier_table(model(), started, spent_by_year(capex))
    assert found.to_dict("records") == [
        {"project": "A", "period": "P1", "fiscal_year": 2022, "used": 60.0, "available": 50.0},
        {"project": "A", "period": "P1", "fiscal_year": 2024, "used": 20.0, "available": 10.0},
    ]
