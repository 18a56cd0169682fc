"""The tie-outs of a plan's money as printed text, each with its figures to one yen."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dcplan.controls.engine import ControlReport
    from dcplan.controls.verify import Verification

LABEL = 37
AMOUNT = 18
LISTED = 20


def verification_text(found: Verification) -> str:
    """Return what was verified in words: each audit, each tie-out with its figures, then what fails."""
    lines = [f"{name.replace('_', ' ')}: {report}" for name, report in found.audits.items()]
    lines += [f"CHANGED after the export: {name}" for name in found.changed]
    if lines:
        lines.append("")
    lines += _controls(found.controls)
    findings = found.controls.findings()
    if findings:
        lines += ["", *(f"FAIL  {each}" for each in findings[:LISTED])]
        if len(findings) > LISTED:
            lines.append(f"      +{len(findings) - LISTED:,} more")
    verdict = "verified" if found.passed else "NOT VERIFIED"
    count = len(found.controls.lines)
    lines += ["", f"{verdict}: {count:,} pairs of figures of {len(found.controls.table())} controls"]
    return "\n".join(lines) + "\n"


def _controls(report: ControlReport) -> list[str]:
    head = f"{'control (sums in M JPY, to one yen)':{LABEL + 5}}{'one side':>{AMOUNT}}{'the other':>{AMOUNT}}"
    lines = [head]
    for row in report.table().to_dict("records"):
        first, *rest = textwrap.wrap(str(row["tie_out"]), LABEL)
        mark = ("ok   " if row["ties"] else "none ") if row["passed"] else "FAIL "
        lines.append(
            f"{mark}{first:{LABEL}}{row['left_mjpy']:>{AMOUNT},.6f}{row['right_mjpy']:>{AMOUNT},.6f}"
        )
        lines += [f"     {each}" for each in rest]
    return lines


def verification_document(found: Verification) -> dict[str, Any]:
    """Return what was verified as plain data."""
    return {
        "folder": found.folder,
        "kind": found.kind,
        "passed": found.passed,
        "audits": {name: report.to_dict() for name, report in found.audits.items()},
        "changed": list(found.changed),
        "controls": found.controls.table(),
        "failures": found.controls.failures,
    }
