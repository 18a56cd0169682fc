"""Repairs as case folders and plan folders, and an explanation as plain data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.data.load import load
from dcplan.data.tables import TABLES
from dcplan.data.writing import copy_case, write_table
from dcplan.plans.make import solve_case
from dcplan.plans.plan import refuse_existing

if TYPE_CHECKING:
    from dcplan.data.case import Case
    from dcplan.studies.repair import Explanation

Tell = Callable[[str], None]
SOFT_DEMAND = "demand"


def save_repairs(
    found: Explanation, output: Path, tell: Tell | None = None, **asked: Any
) -> tuple[Path, ...]:
    """Write each repaired case and its plan into a new folder, and return the plan folders in order.

    A repair that leaves racks without a place is solved with soft demand.

    Args:
        found: an explanation with repairs.
        output: the new folder: `1/case`, `1/plan`, `2/case`, ...
        tell: called with short texts of progress.
        asked: further options of `solve_case`.

    Raises:
        InputError: the folder exists, or a repaired case is refused.
        AuditError: a plan failed its audit.
    """
    refuse_existing(output)
    plans = []
    for count, repair in enumerate(found.repairs, start=1):
        if tell:
            tell(f"solving repair {count} of {len(found.repairs)}")
        home = output / str(count)
        case = repaired_case(repair.case, home / "case")
        solve_case(case, output=home / "plan", soft=SOFT_DEMAND if repair.soft else "", **asked)
        plans.append(home / "plan")
    return tuple(plans)


def repaired_case(case: Case, folder: Path) -> Path:
    """Write the case that a repair leads to into a new folder, and return it.

    Raises:
        InputError: the changed inputs are refused.
    """
    copy_case(case.folder, folder)
    before = load(case.folder)
    for name in TABLES:
        if not case[name].equals(before[name]):
            write_table(folder, name, case[name])
    load(folder)
    return folder


def explanation_document(found: Explanation, plans: Sequence[Path] = ()) -> dict[str, Any]:
    """Return an explanation as plain data."""
    folders = [*map(str, plans), *[""] * (len(found.repairs) - len(plans))]
    cheapest = found.repairs[0].proof if found.repairs else None
    repairs = []
    for repair, folder in zip(found.repairs, folders, strict=True):
        price = repair.price(cheapest) if cheapest is not None else None
        repairs.append(
            {
                "words": repair.words,
                "steps": [
                    {"promise": step.key, "words": step.words, "amount": step.amount, "unit": step.unit}
                    for step in repair.steps
                ],
                "soft": repair.soft,
                "cost_mjpy": repair.proof.cost,
                "bound_mjpy": repair.proof.bound,
                "low_mjpy": price.low if price else None,
                "high_mjpy": price.high if price else None,
                "verdict": price.verdict.value if price else "",
                "decisions": repair.decisions,
                "folder": folder,
            }
        )
    conflicts = [
        {
            "promises": [
                {"promise": each.key, "words": each.words, "inputs": list(each.inputs)}
                for each in conflict.promises
            ],
            "shown_by": conflict.shown_by,
            "minimal": conflict.minimal,
            "why": conflict.why,
        }
        for conflict in found.conflicts
    ]
    return {"conflicts": conflicts, "repairs": repairs, "refused": [list(each) for each in found.refused]}
