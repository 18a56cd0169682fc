"""The exceptions of dcplan and the exit codes that they stand for.

```
DcplanError            1    a fault of ours, or a misuse of the library
|-- InputError         3    the inputs were refused; carries every problem at once
|-- InfeasibleError    4    no plan can keep every promise; carries the explanation
|-- SolverError        1    a solver failed or answered with a status that is not understood
`-- AuditError         6    a plan breaks a promise or its cost table does not add up
```
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

EXIT_SOLVED = 0
EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_INPUT = 3
EXIT_INFEASIBLE = 4
EXIT_STOPPED = 5
EXIT_AUDIT = 6
EXIT_INTERRUPTED = 130

_LISTED = 50


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong with an input: where, what, and the next step.

    `row` is the row as a spreadsheet shows it (the header is row 1), or None for a whole file;
    `column` and `value` are empty when the problem is not about one cell. `rule` completes the
    sentence, `remedy` is a sentence of its own. `cell` is the place in a workbook, which then is the file.

    >>> print(Problem("halls.csv", 4, "it_kw", "-20", "must be at least 0 kW", "Leave it empty."))
    halls.csv row 4, it_kw = -20: must be at least 0 kW. Leave it empty.
    >>> print(Problem("a.xlsx", 4, "it_kw", "-20", "must be at least 0 kW", cell="halls!G4"))
    a.xlsx halls!G4, it_kw = -20: must be at least 0 kW.
    """

    file: str
    row: int | None
    column: str | None
    value: str | None
    rule: str
    remedy: str = ""
    cell: str | None = None

    def __str__(self) -> str:
        """Return the problem as one line."""
        where = self.file
        if self.cell:
            where += f" {self.cell}"
        elif self.row is not None:
            where += f" row {self.row}"
        if self.column:
            where += f", {self.column}"
            if self.value is not None:
                where += f" = {_shown(self.value)}"
        elif self.value is not None:
            where += f", {_shown(self.value)}"
        remedy = f" {self.remedy}" if self.remedy else ""
        return f"{where}: {self.rule.rstrip('.')}.{remedy}"

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as a JSON-ready dict."""
        return asdict(self)

    def sort_key(self) -> tuple[str, str, int, str]:
        """Order by file, sheet, row and column; problems of a whole file come first."""
        sheet = (self.cell or "").partition("!")[0]
        return (self.file, sheet, -1 if self.row is None else self.row, self.column or "")


def _shown(value: str, longest: int = 60) -> str:
    """Return a cell's text on one line, without control characters, cut to a readable length."""
    if value == "":
        return "(empty)"
    text = "".join(c if c.isprintable() else repr(c)[1:-1] for c in value)
    return text if len(text) <= longest else text[: longest - 3] + "..."


class DcplanError(Exception):
    """Base of every error that dcplan raises on purpose."""

    exit_code: int = EXIT_FAULT


class InputError(DcplanError):
    """The inputs were refused. `problems` holds every problem, sorted by file and row."""

    exit_code = EXIT_INPUT

    def __init__(self, problems: Iterable[Problem]) -> None:
        """Keep the problems, sorted by file, row and column."""
        self.problems: list[Problem] = sorted(problems, key=Problem.sort_key)
        super().__init__(self.problems)

    def __str__(self) -> str:
        """Return the count and the first problems, one a line."""
        count = len(self.problems)
        lines = [f"{count} problem{'' if count == 1 else 's'} in the inputs"]
        lines += [f"  {problem}" for problem in self.problems[:_LISTED]]
        if count > _LISTED:
            lines.append(f"  +{count - _LISTED} more")
        return "\n".join(lines)


class InfeasibleError(DcplanError):
    """No plan keeps every promise. `details` says which rules are in conflict, one a line."""

    exit_code = EXIT_INFEASIBLE

    def __init__(self, message: str, details: Sequence[Any] = ()) -> None:
        """Keep the message and the details (texts or problems)."""
        self.message = message
        self.details = list(details)
        super().__init__(message, self.details)

    def __str__(self) -> str:
        """Return the message with its details."""
        return "\n".join([self.message, *(f"  {detail}" for detail in self.details)])


class SolverError(DcplanError):
    """A solver failed, was not found, or answered with a status that is not understood."""


class AuditError(DcplanError):
    """A plan failed the independent audit. `findings` lists what is broken."""

    exit_code = EXIT_AUDIT

    def __init__(self, findings: Iterable[Any]) -> None:
        """Keep the findings in their order."""
        self.findings: list[Any] = list(findings)
        super().__init__(self.findings)

    def __str__(self) -> str:
        """Return the count and the first findings, one a line."""
        count = len(self.findings)
        lines = [f"the audit found {count} fault{'' if count == 1 else 's'}"]
        lines += [f"  {finding}" for finding in self.findings[:_LISTED]]
        if count > _LISTED:
            lines.append(f"  +{count - _LISTED} more")
        return "\n".join(lines)
