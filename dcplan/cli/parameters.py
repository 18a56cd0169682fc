"""Parameter types of the command line: a percentage, a duration and a solver name."""

import re
import unicodedata
from datetime import date
from typing import Any

import click

_NUMBER = r"(\d+(?:\.\d*)?|\.\d+)"
_PERCENT = re.compile(rf"{_NUMBER}\s*%")
_DURATION = re.compile(rf"(?:{_NUMBER}\s*h)?\s*(?:{_NUMBER}\s*m(?:in)?)?\s*(?:{_NUMBER}\s*s)?")
_BARE = re.compile(_NUMBER)
_SOLVER = re.compile(r"highs|(pulp|pyomo):[A-Za-z0-9_.-]+")


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", str(value)).strip().lower()


class Percent(click.ParamType[float]):
    """A share typed with its % sign, from 0 % to below 100 %; the value is the fraction (0.1% -> 0.001)."""

    name = "percent"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the fraction, or refuse a value without its % sign."""
        if isinstance(value, float):
            return value
        text = _plain(value)
        if _BARE.fullmatch(text):
            number = float(text)
            self.fail(
                f"{value!r} has no % sign: write {text}% (a share of {number / 100:g}) "
                f"or {number * 100:g}% (a share of {number:g})",
                param,
                ctx,
            )
        match = _PERCENT.fullmatch(text)
        if match is None:
            self.fail(f"{value!r} is not a percentage: write it like 0.1%", param, ctx)
        share = float(match.group(1)) / 100.0
        if share >= 1.0:
            self.fail(f"{value!r} is not below 100 %", param, ctx)
        return share


class Duration(click.ParamType[float]):
    """A time span with units, such as 90s, 5m or 1h30m; the value is seconds."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return seconds, or refuse a span without units, empty or zero."""
        if isinstance(value, float):
            return value
        text = _plain(value)
        if _BARE.fullmatch(text):
            self.fail(f"{value!r} has no unit: write {text}s or {text}m", param, ctx)
        match = _DURATION.fullmatch(text)
        if not text or match is None:
            self.fail(f"{value!r} is not a time span: write it like 90s, 5m or 1h30m", param, ctx)
        hours, minutes, seconds = (float(part or 0.0) for part in match.groups())
        total = 3600.0 * hours + 60.0 * minutes + seconds
        if total <= 0.0:
            self.fail(f"{value!r} leaves no time to solve", param, ctx)
        return total


class SolverName(click.ParamType[str]):
    """`highs`, or a solver reached through PuLP or Pyomo: `pulp:NAME`, `pyomo:NAME`."""

    name = "solver"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the name, or refuse one that no adapter reads."""
        text = unicodedata.normalize("NFKC", str(value)).strip()
        if _SOLVER.fullmatch(text) is None:
            self.fail(f"{value!r} is not known: write highs, pulp:NAME or pyomo:NAME", param, ctx)
        return text


class Day(click.ParamType[date]):
    """A day, written YYYY-MM-DD, or YYYY-MM for the first of a month."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        """Return the day, or refuse what is none."""
        if isinstance(value, date):
            return value
        text = str(value).strip()
        try:
            return date.fromisoformat(f"{text}-01" if len(text) == len("2025-10") else text)
        except ValueError:
            self.fail(f"{value!r} is not a day: write it like 2025-10 or 2025-10-01", param, ctx)


PERCENT = Percent()
DURATION = Duration()
SOLVER = SolverName()
DAY = Day()
