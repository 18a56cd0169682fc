"""The control engine: run every tie-out over the money tables of a plan or of an export."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.controls import capital, leases, results
from dcplan.controls.control import TOLERANCE_MJPY, Blocks, Books, Control, tie
from dcplan.metrics.money.books import EVIDENCE, money_tables
from dcplan.metrics.money.settings import money_settings

if TYPE_CHECKING:
    from dcplan.plans.plan import Plan

COLUMNS = ("control", "headline", "where", "left_mjpy", "right_mjpy", "difference_jpy", "passed")
NOT_GIVEN = {
    "capex_projects": ("announced_cost_mjpy", "difference_mjpy"),
    "capex_cash": ("capitalised_interest_mjpy", "subsidy_mjpy"),
    "profit_and_loss": ("revenue_mjpy",),
    "budget_bridge": ("mjpy",),
    "against_budget": ("budget_mjpy", "headroom_mjpy"),
    "group_share": ("data_center_mjpy", "group_mjpy"),
}
"""Amounts that may be missing, each with its reason in its table."""


def nothing_is_missing(books: Books) -> Blocks:
    """Every amount of every table is a number, but for those that tell why they are not (`NOT_GIVEN`)."""
    where, whole, known = [], [], []
    for name, table in books.tables.items():
        given = [str(column) for column in table.columns if str(column).endswith("mjpy")]
        for column in [each for each in given if each not in NOT_GIVEN.get(name, ())]:
            amounts = table[column].astype(float)
            where.append(f"{name}.{column}")
            whole.append(amounts.sum(skipna=False))
            known.append(amounts.sum())
    return [tie(where, whole, known)]


CONTROLS: tuple[Control, ...] = (
    *capital.CONTROLS,
    *leases.CONTROLS,
    *results.CONTROLS,
    Control(
        "nothing_is_missing",
        "sum of a column of amounts",
        "sum of the amounts that are given",
        "No amount is missing",
        "金額の欠落なし",
        nothing_is_missing,
    ),
)


@dataclass(frozen=True)
class ControlReport:
    """The outcome of all controls: a row a pair of figures.

    Attributes:
        lines: control, headline, where, left_mjpy, right_mjpy, difference_jpy (left - right, in yen), passed.
    """

    lines: pd.DataFrame

    @property
    def passed(self) -> bool:
        """Whether every pair of figures is the same to one yen."""
        return bool(self.lines["passed"].all())

    @property
    def failures(self) -> pd.DataFrame:
        """The pairs that differ."""
        return self.lines[~self.lines["passed"]]

    def summary(self) -> pd.DataFrame:
        """Return a row a control: ties, left_mjpy, right_mjpy (of its headline), largest_jpy, passed."""
        lines = self.lines.assign(size=self.lines["difference_jpy"].abs())
        shown = lines["headline"].to_numpy(dtype=float)
        lines[["left_mjpy", "right_mjpy"]] = lines[["left_mjpy", "right_mjpy"]].mul(shown, axis=0)
        table = lines.groupby("control", sort=False).agg(
            ties=("where", "size"),
            left_mjpy=("left_mjpy", "sum"),
            right_mjpy=("right_mjpy", "sum"),
            largest_jpy=("size", "max"),
            passed=("passed", "all"),
        )
        # a control without a pair has nothing to compare, as that of leases in a fleet without any
        table = table.reindex([each.name for each in CONTROLS]).reset_index().astype({"passed": object})
        nothing = {"ties": 0, "left_mjpy": 0.0, "right_mjpy": 0.0, "largest_jpy": 0.0, "passed": True}
        return table.fillna(nothing).astype({"ties": "int64", "passed": bool})

    def table(self) -> pd.DataFrame:
        """Return `summary` with the words of each control, as it is exported (T41)."""
        words = [(each.name, each.en, each.ja, each.left, each.right) for each in CONTROLS]
        named = pd.DataFrame(words, columns=["control", "tie_out", "tie_out_ja", "left", "right"])
        table = named.merge(self.summary(), on="control", validate="1:1")
        order = ["control", "tie_out", "tie_out_ja", "left", "left_mjpy", "right", "right_mjpy", "ties"]
        return table[[*order, "largest_jpy", "passed"]]

    def findings(self) -> list[str]:
        """Return what failed, a line each, as an error lists it."""
        known = {each.name: each for each in CONTROLS}
        return [
            f"{known[str(row['control'])].en}: {row['where']}: {row['left_mjpy']:,.6f} is not "
            f"{row['right_mjpy']:,.6f} M JPY (difference {row['difference_jpy']:,.0f} JPY)"
            for row in self.failures.to_dict("records")
        ]


def run_controls(books: Books) -> ControlReport:
    """Run every control. A figure that is missing fails its control: nothing passes for want of a number."""
    parts = [
        block.assign(control=each.name, headline=place == 0)
        for each in CONTROLS
        for place, block in enumerate(each.check(books))
    ]
    lines = pd.concat(parts, ignore_index=True)
    difference = lines["left_mjpy"] - lines["right_mjpy"]
    lines["difference_jpy"] = difference * 1e6
    lines["passed"] = np.abs(difference) <= TOLERANCE_MJPY  # NaN compares as false
    return ControlReport(lines[list(COLUMNS)])


def books_of(plan: Plan, announced: Mapping[str, pd.DataFrame], inputs: Any) -> Books:
    """Return the books of a saved plan.

    Args:
        plan: the plan.
        announced: the tables of its plan *as announced*.
        inputs: the inputs saved with it, by table name.
    """
    settings = money_settings(plan.manifest)
    tables = money_tables(plan.tables, announced, settings, inputs)
    evidence = {name: plan.tables[name] for name in EVIDENCE}
    return Books(
        {**tables, **evidence},
        settings,
        float(plan.manifest["published_cost_mjpy"]),
        float(announced["costs"]["pv_mjpy"].sum()),
    )
