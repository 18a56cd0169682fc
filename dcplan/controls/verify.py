"""Verify a saved plan or an exported pack: its promises, its bound, and every control of its figures."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dcplan.controls.engine import ControlReport, books_of, run_controls
from dcplan.controls.exported import is_export, open_export, open_statements, pack_of
from dcplan.controls.statements import run_quantities, statements_of
from dcplan.data.load import load
from dcplan.errors import InputError, Problem
from dcplan.plans.audit import audit_all
from dcplan.plans.audit.engine import OPTIMISED
from dcplan.plans.certificate import check_certificate
from dcplan.plans.plan import open_plan

if TYPE_CHECKING:
    from dcplan.controls.quantity import QuantityReport
    from dcplan.plans.audit.report import AuditReport
    from dcplan.plans.certificate import CertificateReport


@dataclass(frozen=True)
class Verification:
    """What was verified.

    Attributes:
        folder: the plan or the export.
        kind: `plan` or `export`.
        audits: by plan name, the audit of promises, energy and costs; none for an export.
        controls: every tie-out of the money tables; None for an export without them.
        quantities: every control of energy, KPIs and emissions; None for an export without them.
        changed: files of an export that are not those that were exported.
        certificate: what proves the bound of a plan; None for an export, which is another's word for it.
    """

    folder: Path
    kind: str
    audits: dict[str, AuditReport]
    controls: ControlReport | None
    quantities: QuantityReport | None
    changed: tuple[str, ...] = ()
    certificate: CertificateReport | None = None

    @property
    def passed(self) -> bool:
        """Whether every audit, every control and the certificate passed, and no exported file changed."""
        audited = all(report.passed for report in self.audits.values())
        every = (self.controls, self.quantities, self.certificate)
        reports = [each for each in every if each is not None]
        return all(each.passed for each in reports) and audited and not self.changed


def verify(folder: str | Path) -> Verification:
    """Recompute a plan without the model that made it, and run every control over its figures.

    If the plan has a certificate, its bound is proven again in exact arithmetic; nothing is solved.

    Of an exported pack the files are compared with their hashes and the same controls run over what they
    hold: those of money for `capex`, those of energy and emissions for `tcfd`.

    Raises:
        InputError: the folder is neither; an exported file is missing; there is no plan *as announced*.
    """
    place = Path(folder)
    if is_export(place):
        if pack_of(place) == "tcfd":
            statements, changed = open_statements(place)
            return Verification(place, "export", {}, None, run_quantities(statements), tuple(changed))
        books, changed = open_export(place)
        return Verification(place, "export", {}, run_controls(books), None, tuple(changed))
    plan = open_plan(place)
    if "as_announced" not in plan.references:
        rule = "the plan *as announced* is missing: the solve was interrupted before it was made"
        raise InputError([Problem(str(place), None, None, None, rule, "Solve the case again.")])
    audits = audit_all(place)
    inputs = load(place / "inputs")
    books = books_of(plan, plan.references["as_announced"], inputs)
    proof = check_certificate(place, plan.manifest)
    if not audits[OPTIMISED].figures:  # an unreadable plan: the audit says why, and nothing can be formed
        return Verification(place, "plan", audits, run_controls(books), None, certificate=proof)
    quantities = run_quantities(statements_of(plan, inputs, audits[OPTIMISED]))
    return Verification(place, "plan", audits, run_controls(books), quantities, certificate=proof)
