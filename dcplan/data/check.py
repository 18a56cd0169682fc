"""Everything that can be said about a case before a solve."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import make_calendar
from dcplan.data.capacity import prove
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.provenance import basis_shares
from dcplan.data.remarks import remarks
from dcplan.errors import EXIT_INFEASIBLE, EXIT_INPUT, EXIT_SOLVED, InputError, Problem


@dataclass(frozen=True, eq=False)
class CheckReport:
    """What `check` found.

    Attributes:
        name: name of the case, or its folder when it could not be read.
        problems: why the inputs are refused; empty when they are sound.
        shortfalls: proofs that demand cannot be placed; a case with one has no plan.
        warnings: what is sound and still worth knowing.
        capacity: period, classes, demand_racks, largest_racks, spare_racks; `classes` is one class or `all`.
        pue_fit: hall, pue, reference_load, fixed_share, mean_overhead, proportional_share (fitted).
        basis: table, rows and the shares disclosed, public, derived, assumption; the last row is the whole
            case.
        files: text encoding of every file read.
        numbers: family, rows, terms, smallest, largest coefficient of the program; the last row is the whole.
            Filled by `dcplan.check`, which knows the model.
    """

    name: str
    problems: list[Problem] = field(default_factory=list)
    shortfalls: list[Problem] = field(default_factory=list)
    warnings: list[Problem] = field(default_factory=list)
    capacity: pd.DataFrame = field(default_factory=pd.DataFrame)
    pue_fit: pd.DataFrame = field(default_factory=pd.DataFrame)
    basis: pd.DataFrame = field(default_factory=pd.DataFrame)
    files: dict[str, str] = field(default_factory=dict)
    numbers: pd.DataFrame = field(default_factory=pd.DataFrame)

    @property
    def ok(self) -> bool:
        """Whether a solve makes sense: no problem, no shortfall."""
        return not self.problems and not self.shortfalls

    @property
    def exit_code(self) -> int:
        """3 when the inputs are refused, 4 when demand cannot be placed, else 0."""
        if self.problems:
            return EXIT_INPUT
        return EXIT_INFEASIBLE if self.shortfalls else EXIT_SOLVED

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON-ready dict."""
        return {
            "schema_version": 1,
            "name": self.name,
            "ok": self.ok,
            "problems": [problem.to_dict() | {"message": str(problem)} for problem in self.problems],
            "shortfalls": [problem.to_dict() | {"message": str(problem)} for problem in self.shortfalls],
            "warnings": [problem.to_dict() | {"message": str(problem)} for problem in self.warnings],
            "capacity": _records(self.capacity),
            "pue_fit": _records(self.pue_fit),
            "basis": _records(self.basis),
            "files": dict(self.files),
            "numbers": _records(self.numbers),
        }


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows with plain Python numbers."""
    return [
        {str(key): value.item() if isinstance(value, np.generic) else value for key, value in row.items()}
        for row in frame.to_dict("records")
    ]


def check(case_or_folder: Case | str | Path) -> CheckReport:
    """Return every problem of a case, and for a sound case the proofs and warnings.

    Never raises for wrong inputs: they are in `problems`.
    """
    if isinstance(case_or_folder, Case):
        return _report(case_or_folder)
    try:
        return _report(load(case_or_folder))
    except InputError as error:
        return CheckReport(Path(case_or_folder).name, problems=error.problems)


def _report(case: Case) -> CheckReport:
    from dcplan.physics import cooling

    problems: list[Problem] = []
    fit, overhead = pd.DataFrame(), None
    try:
        fit = cooling.fit_proportional_share(case)
    except InputError as error:
        problems = error.problems
    else:
        fit = case["halls"][["hall", "pue", "reference_load"]].merge(fit, on="hall")
        extreme = cooling.extreme_overhead(case)
        overhead = 1.0 + fit.set_index("hall")["proportional_share"] + extreme
    calendar = make_calendar(case.info)
    capacity = prove(case, calendar, overhead)
    warnings = remarks(case, calendar)
    if capacity.shortfalls and case.info.granularity != "month":
        monthly = prove(case, make_calendar(case.info, "month"), overhead)
        if not monthly.shortfalls:
            rule = "makes demand impossible to place; by month the same case passes"
            remedy = "Use a finer granularity, or put the dates at the start of a period."
            warnings.append(Problem("case.toml", None, "granularity", case.info.granularity, rule, remedy))
    return CheckReport(
        name=case.info.name,
        problems=case.placed(problems),
        shortfalls=case.placed(capacity.shortfalls),
        warnings=sorted(case.placed(warnings), key=Problem.sort_key),
        capacity=capacity.table,
        pue_fit=fit,
        basis=basis_shares(case),
        files=dict(case.encodings),
    )
