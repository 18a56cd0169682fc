"""Reads the hourly temperatures of a station: 8,760 rows in order, every one a plausible temperature."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from dcplan.data.calendar import HOURS_PER_YEAR
from dcplan.data.cells import CellError, parse_float
from dcplan.data.reader import LARGEST_ROWS, RawTable, decode, read_bytes, read_csv
from dcplan.errors import InputError, Problem

COLDEST_C: Final = -40.0
HOTTEST_C: Final = 50.0
BRIGHTEST_W_M2: Final = 1400.0
IRRADIANCE: Final = ("dni_w_m2", "dhi_w_m2")

Hourly = npt.NDArray[np.float64]
Irradiance = npt.NDArray[np.float64]
"""Direct normal and diffuse horizontal irradiance by hour: (8,760, 2) [W/m2]."""


def read_weather(path: Path, file: str) -> tuple[Hourly | None, list[Problem], str]:
    """Return the 8,760 temperatures [degC] of a file, its problems, and its encoding.

    The file has the columns hour_of_year (0..8759, in order) and temp_c; dni_w_m2 and dhi_w_m2 are read by
    `read_irradiance`, other columns by nothing.
    """
    content, problems = read_bytes(path, file)
    if problems:
        return None, problems, ""
    text, encoding, problems = decode(content, file)
    if problems:
        return None, problems, ""
    header, _, body = text.partition("\n")
    fast = _fast(tuple(name.strip() for name in header.split(",")), body)
    if fast is not None:
        return fast, [], encoding
    temperatures, problems = read_hours(read_csv(path, file))
    return temperatures, problems, encoding


def is_plain(path: Path) -> bool:
    """Say whether a file is UTF-8 with plain numbers alone, so that any reader takes it."""
    content, problems = read_bytes(path, path.name)
    text, encoding, more = decode(content, path.name)
    header, _, body = text.partition("\n")
    plain = (
        not problems and not more and encoding in {"utf-8", "utf-8-sig"} and "\r" not in body.strip("\r\n")
    )
    return plain and _fast(tuple(name.strip() for name in header.split(",")), body) is not None


@lru_cache(maxsize=32)
def _fast(names: tuple[str, ...], body: str) -> Hourly | None:
    """Read a faultless file with numpy, once for the same text; None means that it needs a closer look."""
    if (
        body.count("\n") > LARGEST_ROWS
        or names.count("hour_of_year") != 1
        or names.count("temp_c") != 1
        or '"' in body
    ):
        return None
    columns = (names.index("hour_of_year"), names.index("temp_c"))
    try:
        values = np.loadtxt(body.splitlines(), delimiter=",", usecols=columns, comments=None, ndmin=2)
    except ValueError:
        return None
    hourly = plausible(values[:, 0], values[:, 1]) if values.shape == (HOURS_PER_YEAR, 2) else None
    if hourly is not None:
        hourly.flags.writeable = False  # every case that reads this text shares it
    return hourly


def read_irradiance(path: Path) -> npt.NDArray[np.float64] | None:
    """Return direct normal and diffuse horizontal irradiance of a weather file: (8,760, 2) [W/m2].

    They stand in the columns dni_w_m2 and dhi_w_m2, whose value of an hour is that of the hour's end. None
    where the file is not there or lacks one of them: temperatures alone make a case.

    Raises:
        InputError: the columns hold something else than 8,760 numbers from 0 to 1,400.
    """
    if not path.is_file():
        return None
    content, problems = read_bytes(path, path.name)
    text, _, more = decode(content, path.name)
    header, _, body = text.partition("\n")
    names = [name.strip() for name in header.split(",")]
    if problems or more:
        raise InputError([*problems, *more])
    if not set(IRRADIANCE) <= set(names):
        return None
    columns = tuple(names.index(name) for name in IRRADIANCE)
    try:
        values = np.loadtxt(body.splitlines(), delimiter=",", usecols=columns, comments=None, ndmin=2)
    except ValueError:
        values = np.empty((0, 2))
    if problems := implausible(values, path.name):
        raise InputError(problems)
    return values


def implausible(values: Irradiance, file: str) -> list[Problem]:
    """Return what is wrong with the irradiance of a weather file."""
    if values.shape == (HOURS_PER_YEAR, 2) and ((values >= 0.0) & (values <= BRIGHTEST_W_M2)).all():
        return []
    rule = f"must be {HOURS_PER_YEAR:,} numbers from 0 to {BRIGHTEST_W_M2:g} W/m2"
    remedy = "Divide MJ/m2h by 0.0036, or leave both columns out."
    return [Problem(file, None, " and ".join(IRRADIANCE), None, rule, remedy)]


def plausible(hours: npt.ArrayLike, temperatures: npt.ArrayLike) -> Hourly | None:
    """Return the temperatures if they are one plausible year, hour by hour; None: look closer."""
    values = np.ascontiguousarray(temperatures, dtype=np.float64)
    if not np.array_equal(hours, np.arange(HOURS_PER_YEAR)) or values.shape != (HOURS_PER_YEAR,):
        return None
    return values if bool(((values >= COLDEST_C) & (values <= HOTTEST_C)).all()) else None


def read_hours(raw: RawTable) -> tuple[Hourly | None, list[Problem]]:
    """Return the 8,760 temperatures [degC] of text cells and every problem, cell by cell."""
    problems = list(raw.problems)
    for name in ("hour_of_year", "temp_c"):
        count = raw.header.count(name)
        if raw.header and count != 1:
            rule = "is a missing column" if not count else f"stands {count} times in the header"
            problems.append(
                Problem(raw.file, 1, name, None, rule, "Weather files have hour_of_year and temp_c.")
            )
    if problems:
        return None, problems
    at_hour, at_temperature = raw.header.index("hour_of_year"), raw.header.index("temp_c")
    temperatures = np.full(len(raw.rows), np.nan)
    for position, (number, cells) in enumerate(raw.rows):
        if len(cells) <= max(at_hour, at_temperature):
            rule = f"has {len(cells)} cells where the header has {len(raw.header)}"
            problems.append(Problem(raw.file, number, None, None, rule, "Add the missing cells."))
            continue
        try:
            temperatures[position] = _temperature(cells[at_temperature])
        except CellError as error:
            cell = cells[at_temperature].strip()
            problems.append(Problem(raw.file, number, "temp_c", cell, error.rule, error.remedy))
    problems += _hour_problems(raw, at_hour)
    return (None if problems else temperatures), problems


def _temperature(cell: str) -> float:
    value = parse_float(cell)
    if not COLDEST_C <= value <= HOTTEST_C:
        remedy = "Is it in degrees Fahrenheit or in tenths of a degree?"
        raise CellError(f"must be from {COLDEST_C:g} to {HOTTEST_C:g} degC", remedy)
    return value


def _hour_problems(raw: RawTable, at_hour: int) -> list[Problem]:
    """Report the first row whose hour is out of order, and a wrong number of rows."""
    problems = []
    for expected, (number, cells) in enumerate(raw.rows):
        cell = cells[at_hour].strip() if len(cells) > at_hour else ""
        try:
            right = parse_float(cell) == expected
        except CellError:
            right = False
        if not right:
            rule = f"must be {expected}: the hours count from 0 without gap"
            problems.append(
                Problem(raw.file, number, "hour_of_year", cell, rule, "Sort the rows; keep every hour.")
            )
            break
    if len(raw.rows) != HOURS_PER_YEAR:
        rule = f"has {len(raw.rows):,} hours instead of {HOURS_PER_YEAR:,}"
        remedy = "A typical year has 365 days; leave 29 February out."
        problems.append(Problem(raw.file, None, None, None, rule, remedy))
    return problems
