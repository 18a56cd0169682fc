"""Verify a saved plan or an exported pack: the audit of its promises, and every tie-out of its money."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.controls.engine import ControlReport, books_of, run_controls
from dcplan.controls.exported import is_export, open_export
from dcplan.data.load import load
from dcplan.errors import InputError, Problem
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import open_plan

if TYPE_CHECKING:
    from dcplan.plans.audit.report import AuditReport


@dataclass(frozen=True)
class Verification:
    """What was verified.

    Attributes:
        folder: the plan or the export.
        kind: `plan` or `export`.
        audits: by plan name, the audit of promises, energy and costs; none for an export.
        controls: every tie-out of the money tables.
        changed: files of an export that are not those that were exported.
    """

    folder: Path
    kind: str
    audits: dict[str, AuditReport]
    controls: ControlReport
    changed: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether every audit and every control passed, over the files that were exported."""
        audited = all(report.passed for report in self.audits.values())
        return self.controls.passed and audited and not self.changed


def verify(folder: str | Path) -> Verification:
    """Recompute a plan without the model that made it, and run every control over its money tables.

    Of an exported CAPEX pack the files are compared with their hashes and the same controls run over what
    they hold.

    Raises:
        InputError: the folder is neither; an exported file is missing; there is no plan *as announced*.
    """
    place = Path(folder)
    if is_export(place):
        books, changed = open_export(place)
        return Verification(place, "export", {}, run_controls(books), tuple(changed))
    plan = open_plan(place)
    if "as_announced" not in plan.references:
        rule = "the plan *as announced* is missing: the solve was interrupted before it was made"
        raise InputError([Problem(str(place), None, None, None, rule, "Solve the case again.")])
    audits = audit_all(place)
    books = books_of(plan, plan.references["as_announced"], load(place / "inputs"))
    return Verification(place, "plan", audits, run_controls(books))
