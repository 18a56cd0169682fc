"""Findings, the report, and the ledger that compares whole arrays and writes a finding per broken row."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import numpy as np

from dcplan.plans.audit.reading import Flags, Floats

TOLERANCE = 1e-6
LISTED = 100

Axis: TypeAlias = tuple[str, Sequence[str]]
Numbers: TypeAlias = Floats | float


@dataclass(frozen=True)
class Finding:
    """One broken row: the rule, the labels of the row, both values and the tolerance that was granted."""

    rule: str
    where: Mapping[str, str]
    expected: float | str
    actual: float | str
    tolerance: float
    message: str

    def __str__(self) -> str:
        """Return the finding as one line."""
        labels = ", ".join(f"{name} {label}" for name, label in self.where.items())
        values = f"expected {_shown(self.expected)}, found {_shown(self.actual)}"
        return f"{self.rule} [{labels}]: {self.message}: {values}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dict."""
        return {
            "rule": self.rule,
            "where": dict(self.where),
            "expected": self.expected,
            "actual": self.actual,
            "tolerance": self.tolerance,
            "message": self.message,
        }


@dataclass(frozen=True)
class AuditReport:
    """What the audit of one plan found.

    Attributes:
        plan: The audited plan: `optimised` or the name of a reference plan.
        passed: True when no promise is broken and every published number agrees.
        findings: Every broken row, at most 100 of one comparison.
        misses: What a reference plan breaks of the limits that are not imposed on it.
        figures: Recomputed numbers: objective, cost by term, energy, carbon and hours by fiscal year.
        rules: The rules that ran, each with its number of checks.
    """

    plan: str
    passed: bool
    findings: tuple[Finding, ...]
    misses: tuple[Finding, ...]
    figures: Mapping[str, Any]
    rules: Mapping[str, int]

    @property
    def checks(self) -> int:
        """The number of single comparisons."""
        return sum(self.rules.values())

    def __str__(self) -> str:
        """Return a short summary, then one line a finding."""
        verdict = "passed" if self.passed else f"FAILED, {len(self.findings)} findings"
        head = f"audit of {self.plan}: {verdict} ({len(self.rules)} rules, {self.checks} checks)"
        return "\n".join([head, *(f"  {finding}" for finding in self.findings)])

    def to_dict(self) -> dict[str, Any]:
        """Return the report as a JSON-ready dict."""
        return {
            "plan": self.plan,
            "passed": self.passed,
            "checks": self.checks,
            "rules": dict(self.rules),
            "findings": [finding.to_dict() for finding in self.findings],
            "misses": [finding.to_dict() for finding in self.misses],
            "figures": dict(self.figures),
        }


@dataclass
class Ledger:
    """Collects checks and findings; rules in `lenient` write misses instead of findings."""

    lenient: frozenset[str] = frozenset()
    findings: list[Finding] = field(default_factory=list)
    misses: list[Finding] = field(default_factory=list)
    checks: Counter[str] = field(default_factory=Counter)

    def equal(
        self,
        rule: str,
        axes: Sequence[Axis],
        expected: Numbers,
        actual: Numbers,
        scale: Numbers,
        message: str,
        where: Flags | None = None,
    ) -> None:
        """Check that two arrays agree to 1e-6 of `scale`; a scale of 0 asks for equal numbers."""
        self._compare(rule, axes, expected, actual, scale, message, where, two_sided=True)

    def at_most(
        self,
        rule: str,
        axes: Sequence[Axis],
        actual: Numbers,
        limit: Numbers,
        scale: Numbers,
        message: str,
        where: Flags | None = None,
    ) -> None:
        """Check that no entry is above its limit by more than 1e-6 of `scale`."""
        self._compare(rule, axes, limit, actual, scale, message, where, two_sided=False)

    def at_least(
        self,
        rule: str,
        axes: Sequence[Axis],
        actual: Numbers,
        limit: Numbers,
        scale: Numbers,
        message: str,
        where: Flags | None = None,
    ) -> None:
        """Check that no entry is below its limit by more than 1e-6 of `scale`."""
        self._compare(rule, axes, np.negative(limit), np.negative(actual), scale, message, where, False, -1.0)

    def whole(self, rule: str, axes: Sequence[Axis], actual: Floats, message: str, where: Flags) -> None:
        """Check that entries are exactly whole numbers."""
        self._compare(rule, axes, np.round(actual), actual, 0.0, message, where, two_sided=True)

    def require(
        self,
        rule: str,
        holds: bool,
        where: Mapping[str, str],
        expected: float | str,
        actual: float | str,
        message: str,
        tolerance: float = 0.0,
    ) -> bool:
        """Check one statement; return whether it holds."""
        self.checks[rule] += 1
        if not holds:
            self.add(Finding(rule, dict(where), expected, actual, tolerance, message))
        return holds

    def number(
        self, rule: str, where: Mapping[str, str], expected: float, actual: float, scale: float, message: str
    ) -> bool:
        """Check that one number agrees to 1e-6 of `scale`; two NaN agree."""
        tolerance = TOLERANCE * scale
        both_empty = math.isnan(expected) and math.isnan(actual)
        holds = both_empty or abs(expected - actual) <= tolerance
        return self.require(rule, holds, where, expected, actual, message, tolerance)

    def add(self, finding: Finding) -> None:
        """Add a finding, or a miss where its rule is not imposed on this plan."""
        (self.misses if finding.rule in self.lenient else self.findings).append(finding)

    def _compare(
        self,
        rule: str,
        axes: Sequence[Axis],
        expected: Numbers,
        actual: Numbers,
        scale: Numbers,
        message: str,
        where: Flags | None,
        two_sided: bool,
        sign: float = 1.0,
    ) -> None:
        shape = tuple(len(labels) for _, labels in axes)
        beyond = np.abs(np.subtract(actual, expected)) if two_sided else np.subtract(actual, expected)
        within = np.broadcast_to(beyond <= np.asarray(scale, dtype=np.float64) * TOLERANCE, shape)
        self.checks[rule] += within.size if where is None else int(np.broadcast_to(where, shape).sum())
        if within.all():
            return
        right, left = np.broadcast_to(expected, shape), np.broadcast_to(actual, shape)
        tolerance = np.broadcast_to(np.asarray(scale, dtype=np.float64) * TOLERANCE, shape)
        active = np.ones(shape, np.bool_) if where is None else np.broadcast_to(where, shape)
        bad = active & ~within
        if two_sided:
            bad &= (left != right) & ~(np.isnan(left) & np.isnan(right))
        for place in np.argwhere(bad)[:LISTED]:
            at = tuple(int(i) for i in place)
            labels = {name: str(of[i]) for (name, of), i in zip(axes, at, strict=True)}
            values = (sign * float(right[at]), sign * float(left[at]))
            self.add(Finding(rule, labels, *values, float(tolerance[at]), message))


def largest(*terms: Numbers, floor: float = 1.0) -> Floats:
    """Return the elementwise largest magnitude of the terms of a row, at least `floor`."""
    found = np.asarray(floor, dtype=np.float64)
    for term in terms:
        found = np.maximum(found, np.abs(term))
    return np.asarray(found)


def _shown(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
