"""Controls of quantities: two figures with a unit and the relation that must hold between them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

import numpy as np
import pandas as pd

TOLERANCE = 1e-6
"""A relation holds within this share of the larger figure, and within as much of one unit near zero."""
Relation: TypeAlias = Literal["=", "<=", "<"]
Blocks: TypeAlias = Sequence[pd.DataFrame]
"""Figures side by side: where, left, right. The sums of the first block are what a control shows."""
COLUMNS = ("control", "headline", "where", "left", "relation", "right", "unit", "difference", "passed")


@dataclass(frozen=True)
class Statements:
    """What the controls of energy and emissions read.

    Attributes:
        tables: by name, as a plan exports them.
        audited: KPIs by site or boundary and fiscal year that the independent audit formed from the inputs;
            empty for an export, which has no inputs.
        without_ledger: the location-based lines of the plan formed again with no claim; None for an export.
    """

    tables: Mapping[str, pd.DataFrame]
    audited: pd.DataFrame = field(default_factory=pd.DataFrame)
    without_ledger: pd.DataFrame | None = None

    def __getitem__(self, name: str) -> pd.DataFrame:
        """Return a table."""
        return self.tables[name]


@dataclass(frozen=True)
class QuantityControl:
    """One control: `left` stands in `relation` to `right`; `exact` asks for the same to the last bit."""

    name: str
    left: str
    relation: Relation
    right: str
    unit: str
    en: str
    ja: str
    check: Callable[[Statements], Blocks]
    exact: bool = False


def beside(where: pd.Series[Any] | Sequence[Any], left: Any, right: Any) -> pd.DataFrame:
    """Return figures side by side; `left` and `right` in the order of `where`."""
    table = pd.DataFrame({"where": [str(each) for each in where]})
    table["left"] = np.asarray(left, dtype=float)
    table["right"] = np.asarray(right, dtype=float)
    return table


def sums_beside(left: pd.Series[Any], right: pd.Series[Any], prefix: str = "") -> pd.DataFrame:
    """Return two tables of sums side by side by their labels; what one of them lacks is 0 there."""
    labels = left.index.union(right.index, sort=False)
    where = [prefix + _label(key) for key in labels]
    return beside(where, left.reindex(labels, fill_value=0.0), right.reindex(labels, fill_value=0.0))


def keys_of(rows: pd.DataFrame, *names: str) -> pd.Series[Any]:
    """Return the labels of the rows of a table: `Shiroi, FY2023`."""
    held = rows[list(names)].itertuples(index=False, name=None)
    return pd.Series([_label(tuple(key)) for key in held], dtype=object)


def _label(key: Any) -> str:
    parts = key if isinstance(key, tuple) else (key,)
    return ", ".join(f"FY{part}" if isinstance(part, int | np.integer) else str(part) for part in parts)


@dataclass(frozen=True)
class QuantityReport:
    """The outcome of all controls: `lines`, a row a pair of figures, in the columns of `COLUMNS`."""

    lines: pd.DataFrame
    controls: Sequence[QuantityControl]

    @property
    def passed(self) -> bool:
        """Whether every relation holds."""
        return bool(self.lines["passed"].all())

    @property
    def failures(self) -> pd.DataFrame:
        """The pairs that do not stand in their relation."""
        return self.lines[~self.lines["passed"]]

    def table(self) -> pd.DataFrame:
        """Return a row a control, as it is exported (T41).

        Columns: control, tie_out, tie_out_ja, left, left_sum, relation, right, right_sum, unit, pairs,
        largest_difference, passed.
        """
        lines = self.lines
        shown = lines[lines["headline"]].groupby("control", sort=False)[["left", "right"]].sum()
        largest = lines["difference"].abs().groupby(lines["control"]).max()
        pairs = lines.groupby("control").size()
        passed = lines.groupby("control")["passed"].all()
        names = [each.name for each in self.controls]
        words = [
            (each.name, each.en, each.ja, each.left, each.relation, each.right, each.unit)
            for each in self.controls
        ]
        columns = ["control", "tie_out", "tie_out_ja", "left", "relation", "right", "unit"]
        table = pd.DataFrame(words, columns=columns)
        # a control without a pair has nothing to compare, as that of instruments in a plan without claims
        table["left_sum"] = shown["left"].reindex(names, fill_value=0.0).to_numpy()
        table["right_sum"] = shown["right"].reindex(names, fill_value=0.0).to_numpy()
        table["pairs"] = pairs.reindex(names, fill_value=0).to_numpy()
        table["largest_difference"] = largest.reindex(names, fill_value=0.0).to_numpy()
        table["passed"] = passed.reindex(names, fill_value=True).to_numpy(dtype=bool)
        order = ["control", "tie_out", "tie_out_ja", "left", "left_sum", "relation", "right", "right_sum"]
        return table[[*order, "unit", "pairs", "largest_difference", "passed"]]

    def findings(self) -> list[str]:
        """Return what failed, a line each, as an error lists it."""
        known = {each.name: each for each in self.controls}
        return [
            f"{known[str(row['control'])].en}: {row['where']}: {row['left']:,.6f} is not {row['relation']} "
            f"{row['right']:,.6f} {row['unit']}"
            for row in self.failures.to_dict("records")
        ]


def run(controls: Sequence[QuantityControl], statements: Statements) -> QuantityReport:
    """Run controls. A figure that is missing fails its control: nothing passes for want of a number."""
    parts = [
        block.assign(
            control=each.name, headline=place == 0, relation=each.relation, unit=each.unit,
            passed=_holds(block, each),
        )
        for each in controls
        for place, block in enumerate(each.check(statements))
    ]  # fmt: skip
    lines = pd.concat(parts, ignore_index=True)
    lines["difference"] = lines["left"] - lines["right"]
    return QuantityReport(lines[list(COLUMNS)].astype({"passed": bool, "headline": bool}), controls)


def _holds(rows: pd.DataFrame, control: QuantityControl) -> pd.Series[Any]:
    left, right = rows["left"], rows["right"]
    if control.exact:
        return left == right
    room = TOLERANCE * np.maximum(np.maximum(left.abs(), right.abs()), 1.0)
    if control.relation == "<":
        return left < right
    if control.relation == "<=":
        return left - right <= room
    return (left - right).abs() <= room
