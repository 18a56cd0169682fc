"""Everything that can be said about a case before a solve, the numbers of its program included."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from dcplan.data import check as data_check
from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.errors import InputError, Problem
from dcplan.model import build

if TYPE_CHECKING:
    from dcplan.lp.matrix import Matrix

SMALLEST, LARGEST = 1e-4, 1e6
"""Coefficients outside of this range make a solver's tolerances mean something else than they say."""


def check(case_or_folder: Case | str | Path) -> data_check.CheckReport:
    """Return every problem of a case and, for a sound case, also the coefficient ranges of its program.

    Never raises for wrong inputs: they are in `problems`. A case that is refused, or whose demand cannot be
    placed, has no ranges.
    """
    try:
        case = case_or_folder if isinstance(case_or_folder, Case) else load(case_or_folder)
    except InputError as error:
        return data_check.CheckReport(Path(str(case_or_folder)).name, problems=error.problems)
    report = data_check.check(case)
    if not report.ok:
        return report
    numbers = coefficient_ranges(build(case, make_calendar(case.info)).program.matrix())
    far = [
        Problem(
            "case.toml",
            None,
            None,
            None,
            f"the rows of {row['family']} hold coefficients from {row['smallest']:.1e} to "
            f"{row['largest']:.1e}, outside of {SMALLEST:.0e} to {LARGEST:.0e}",
            "Look for a unit slip in the largest and smallest amounts of the case.",
        )
        for row in numbers.iloc[:-1].to_dict("records")
        if row["smallest"] < SMALLEST or row["largest"] > LARGEST
    ]
    return replace(report, numbers=numbers, warnings=[*report.warnings, *far])


def coefficient_ranges(matrix: Matrix) -> pd.DataFrame:
    """Return the size of a program by family, in the order of its rows; the last row is the whole matrix.

    Returns:
        family, rows, terms, smallest, largest (absolute coefficients; terms counts those that are not 0).
    """
    family = pd.Series("", index=range(matrix.rows), dtype=object)
    for block in matrix.blocks.rows.values():
        family.iloc[block.start : block.stop] = block.family
    terms = pd.DataFrame({"family": family.to_numpy()[matrix.indices], "size": np.abs(matrix.data)})
    sizes = terms.groupby("family", sort=False)["size"].agg(terms="size", smallest="min", largest="max")
    table = family.value_counts(sort=False).rename_axis("family").rename("rows").to_frame().join(sizes)
    table = table.dropna().reset_index().astype({"terms": "int64"})
    smallest, largest = matrix.coefficient_range()
    whole = {
        "family": "all",
        "rows": matrix.rows,
        "terms": len(terms),
        "smallest": smallest,
        "largest": largest,
    }
    return pd.concat([table, pd.DataFrame([whole])], ignore_index=True)
