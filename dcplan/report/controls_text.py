"""The controls of a plan as printed text: money to one yen, energy and emissions in their units."""

from __future__ import annotations

import math
import textwrap
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dcplan.controls.verify import Verification
    from dcplan.plans.certificate import CertificateReport

LABEL = 37
AMOUNT = 18
LISTED = 20
WIDTH = 80


def verification_text(found: Verification) -> str:
    """Return what was verified in words: each audit, each control with its figures, then what fails."""
    lines = [f"{name.replace('_', ' ')}: {report}" for name, report in found.audits.items()]
    lines += [f"CHANGED after the export: {name}" for name in found.changed]
    lines += certificate_lines(found.certificate) if found.certificate is not None else []
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


def certificate_lines(report: CertificateReport) -> list[str]:
    """Return what proves the bound of a plan, or that nothing does."""
    if report.faults:
        return [line for each in report.faults for line in _wrapped(f"certificate: REFUSED: {each}")]
    stated = "no bound" if report.stated_mjpy is None else f"the bound {_down(Fraction(report.stated_mjpy))}"
    if not report.present or report.bound is None:
        said = f"{stated[0].upper()}{stated[1:]} M JPY is the word of {report.solver}, with no proof."
        return _wrapped(f"certificate: none. {said} `dcplan solve --certificate` writes one.")
    said = (
        f"certificate: {report.leaves:,} leaves ({report.empty:,} of them without any plan) prove in exact "
        f"arithmetic that no plan costs less than {_down(report.bound)} M JPY; {stated} of the "
        f"manifest holds ({report.seconds:.1f} s)"
    )
    return _wrapped(said)


def _down(amount: Fraction) -> str:
    """Return an amount in M JPY to the yen, rounded down."""
    return f"{Decimal(math.floor(amount * 10**6)).scaleb(-6):,.6f}"


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, WIDTH, subsequent_indent="  ", break_on_hyphens=False)


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
        "certificate": None if found.certificate is None else certificate_document(found.certificate),
        "controls": [] if money is None else money.table(),
        "failures": [] if money is None else money.failures,
        "quantity_controls": [] if quantities is None else quantities.table(),
        "quantity_failures": [] if quantities is None else quantities.failures,
    }


def certificate_document(report: CertificateReport) -> dict[str, Any]:
    """Return what proves the bound of a plan as plain data; the fraction is exact."""
    bound = report.bound
    return {
        "present": report.present,
        "passed": report.passed,
        "nodes": report.nodes,
        "leaves": report.leaves,
        "empty": report.empty,
        "bound_exactly": None if bound is None else str(bound),
        "bound_mjpy": None if bound is None else _down(bound),
        "stated_mjpy": report.stated_mjpy,
        "seconds": report.seconds,
        "faults": list(report.faults),
    }
