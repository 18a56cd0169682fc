"""What a column and a table are: one declaration that feeds reader, checks, templates and documents."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Kind = Literal["text", "int", "float", "bool", "date", "choice"]
Default = str | int | float | bool | None

MISSING = ("", "NA")
"""Cell texts that mean *no value*."""


@dataclass(frozen=True)
class Hint:
    """A likely slip: what to tell a planner whose value lies above or below a trigger."""

    text: str
    above: float | None = None
    below: float | None = None

    def applies(self, value: float) -> bool:
        """Say whether the value lies beyond the trigger."""
        return (self.above is not None and value > self.above) or (
            self.below is not None and value < self.below
        )


@dataclass(frozen=True)
class Column:
    """One column of a table.

    `lower` and `upper` are inclusive bounds, `above` and `below` exclusive ones, all in `unit`.
    An `optional` cell may be empty (and the column may be absent); it then reads as `default`, or as
    NaN (float), None (date) or '' (text, choice). `references` is `table.column` of a foreign key.
    `remedy` ends the error message of a value out of bounds when no hint applies.
    """

    name: str
    kind: Kind
    unit: str = ""
    doc: str = ""
    lower: float | None = None
    upper: float | None = None
    above: float | None = None
    below: float | None = None
    optional: bool = False
    default: Default = None
    choices: tuple[str, ...] = ()
    references: str = ""
    hints: tuple[Hint, ...] = ()
    remedy: str = ""

    def __post_init__(self) -> None:
        """Refuse a declaration that could not be read back."""
        if (self.kind == "choice") != bool(self.choices):
            raise ValueError(f"{self.name}: choices belong to kind 'choice'")
        if self.optional and self.kind in {"int", "bool"} and self.default is None:
            raise ValueError(f"{self.name}: an optional {self.kind} needs a default")

    @property
    def parent(self) -> tuple[str, str] | None:
        """The (table, column) that the values must be found in, if any."""
        if not self.references:
            return None
        table, _, column = self.references.partition(".")
        return table, column

    def breach(self, value: float) -> str:
        """Return the rule that a number breaks, or '' when it lies within the bounds."""
        unit = f" {self.unit}" if self.unit and self.unit != "-" else ""
        if self.lower is not None and value < self.lower:
            return f"must be at least {self.lower:g}{unit}"
        if self.above is not None and value <= self.above:
            return f"must be more than {self.above:g}{unit}"
        if self.upper is not None and value > self.upper:
            return f"must be at most {self.upper:g}{unit}"
        if self.below is not None and value >= self.below:
            return f"must be less than {self.below:g}{unit}"
        return ""

    def hint(self, value: float) -> str:
        """Return the remedy for a number out of bounds: the slip it looks like, else the range."""
        for hint in self.hints:
            if hint.applies(value):
                return hint.text
        return self.remedy or self.range_text()

    def range_text(self) -> str:
        """Return the allowed range as a sentence, or ''."""
        low = self.lower if self.lower is not None else self.above
        high = self.upper if self.upper is not None else self.below
        if low is not None and high is not None:
            return f"Write a value from {low:g} to {high:g}."
        if low is not None:
            return f"Write a value {'of at least' if self.lower is not None else 'above'} {low:g}."
        if high is not None:
            return f"Write a value {'of at most' if self.upper is not None else 'below'} {high:g}."
        return ""


@dataclass(frozen=True)
class Table:
    """One CSV file of a case: its key, its columns, and the column that low and high speak about."""

    name: str
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    doc: str
    measure: str = ""
    optional_file: bool = False
    provenance: bool = True
    series: bool = False
    """True when `fiscal_year` is part of the key and the series may have no gap."""

    def __post_init__(self) -> None:
        """Refuse a key or a measure that is not a column."""
        names = [column.name for column in self.columns]
        if len(set(names)) != len(names):
            raise ValueError(f"{self.name}: repeated column")
        if names[: len(self.key)] != list(self.key):
            raise ValueError(f"{self.name}: key columns come first")
        if self.measure and self.measure not in names:
            raise ValueError(f"{self.name}: measure {self.measure} is not a column")

    @property
    def file(self) -> str:
        """The file name in the case folder."""
        return f"{self.name}.csv"

    @property
    def all_columns(self) -> tuple[Column, ...]:
        """The columns of the file in order, provenance columns included."""
        return self.columns + PROVENANCE if self.provenance else self.columns

    @property
    def column_names(self) -> tuple[str, ...]:
        """The header of the file."""
        return tuple(column.name for column in self.all_columns)

    def column(self, name: str) -> Column:
        """Return a column by name; KeyError when there is none."""
        for column in self.all_columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")


def text(name: str, doc: str, *, references: str = "", optional: bool = False) -> Column:
    """Declare a text column, with `references="table.column"` for a foreign key."""
    return Column(name, "text", doc=doc, references=references, optional=optional)


def choice(name: str, choices: Iterable[str], doc: str, *, optional: bool = False) -> Column:
    """Declare a column that takes one of a few words."""
    return Column(name, "choice", doc=doc, choices=tuple(choices), optional=optional)


def flag(name: str, doc: str) -> Column:
    """Declare a true/false column."""
    return Column(name, "bool", doc=doc)


def day(name: str, doc: str, *, optional: bool = False) -> Column:
    """Declare a date column, written YYYY-MM-DD."""
    return Column(name, "date", doc=doc, optional=optional)


PERCENT = Hint("Write a rate as a fraction: 5 % is 0.05.", above=0.9999)

PROVENANCE: tuple[Column, ...] = (
    text("source", "Where the row comes from.", references="sources.source"),
    choice(
        "basis",
        ("disclosed", "public", "derived", "assumption"),
        "What the row rests on: the operator's own disclosure, other public text, arithmetic on "
        "these, or an assumption.",
    ),
    Column("low", "float", doc="Lowest plausible value of the measure (assumptions only).", optional=True),
    Column("high", "float", doc="Highest plausible value of the measure (assumptions only).", optional=True),
    text("reason", "Why this value: required for an assumption.", optional=True),
    day("known_on", "The day from which the row was public.", optional=True),
)
"""The columns that every table but `sources` ends with."""
