"""The controls of a plan as printed text: money to one yen, energy and emissions in their units."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcplan.controls.verify import Verification

LABEL = 37
AMOUNT = 18
LISTED = 20


def verification_text(found: Verification) -> str:
    """Return what was verified in words: each audit, each control with its figures, then what fails."""
    lines = [f"{name.replace('_', ' ')}: {report}" for name, report in found.audits.items()]
    lines += [f"CHANGED after the export: {name}" for name in found.changed]
    reports = [each for each in (found.controls, found.quantities) if each is not None]
    for title, table in _tables(found):
        lines += ["", title] if lines else [title]
        lines += [line for row in table for line in _control(row)]
    findings = [finding for report in reports for finding in report.findings()]
    if findings:
        lines += ["", *(f"FAIL  {each}" for each in findings[:LISTED])]
        if len(findings) > LISTED:
            lines.append(f"      +{len(findings) - LISTED:,} more")
    verdict = "verified" if found.passed else "NOT VERIFIED"
    pairs, count = sum(len(each.lines) for each in reports), sum(len(each.table()) for each in reports)
    lines += ["", f"{verdict}: {pairs:,} pairs of figures of {count:,} controls"]
    return "\n".join(lines) + "\n"


def _tables(found: Verification) -> Iterator[tuple[str, list[tuple[bool, int, str, str, str]]]]:
    """Yield the head of each table of controls, and of each control: passed, pairs, name, both sides."""
    if found.controls is not None:
        rows = [
            (
                bool(row["passed"]),
                int(row["ties"]),
                str(row["tie_out"]),
                f"{row['left_mjpy']:,.6f}",
                f"{row['right_mjpy']:,.6f}",
            )
            for row in found.controls.table().to_dict("records")
        ]
        yield _head("control (sums in M JPY, to one yen)"), rows
    if found.quantities is not None:
        rows = [
            (
                bool(row["passed"]),
                int(row["pairs"]),
                f"{row['tie_out']} [{row['unit']}]",
                f"{row['left_sum']:,.6f}",
                f"{row['relation']} {row['right_sum']:,.6f}",
            )
            for row in found.quantities.table().to_dict("records")
        ]
        yield _head("control of energy and emissions (sums)"), rows


def _head(title: str) -> str:
    return f"{title:{LABEL + 5}}{'one side':>{AMOUNT}}{'the other':>{AMOUNT}}"


def _control(row: tuple[bool, int, str, str, str]) -> list[str]:
    passed, pairs, name, left, right = row
    first, *rest = textwrap.wrap(name, LABEL)
    mark = ("ok   " if pairs else "none ") if passed else "FAIL "
    return [f"{mark}{first:{LABEL}}{left:>{AMOUNT}}{right:>{AMOUNT}}", *(f"     {each}" for each in rest)]


def verification_document(found: Verification) -> dict[str, Any]:
    """Return what was verified as plain data."""
    money, quantities = found.controls, found.quantities
    return {
        "folder": found.folder,
        "kind": found.kind,
        "passed": found.passed,
        "audits": {name: report.to_dict() for name, report in found.audits.items()},
        "changed": list(found.changed),
        "controls": [] if money is None else money.table(),
        "failures": [] if money is None else money.failures,
        "quantity_controls": [] if quantities is None else quantities.table(),
        "quantity_failures": [] if quantities is None else quantities.failures,
    }
