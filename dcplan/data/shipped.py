"""Where the cases that come with dcplan are: inside an installed wheel, or in a checkout's `inputs/`."""

from __future__ import annotations

from pathlib import Path

from dcplan.data.workbook_layout import is_workbook
from dcplan.errors import InputError, Problem

DEFAULT = "iij"
"""The case that a command uses when none is named."""


def _homes() -> tuple[Path, ...]:
    package = Path(__file__).resolve().parent.parent
    return package / "_cases", package.parent / "inputs"


def case_names() -> list[str]:
    """Return the names of the shipped cases, sorted."""
    found = {path.parent.name for home in _homes() for path in home.glob("*/case.toml")}
    return sorted(found)


def case_folder(name: str = DEFAULT) -> Path:
    """Return the folder of a shipped case.

    Raises:
        InputError: there is no shipped case of that name.
    """
    names = case_names()
    if name in names:
        return next(home / name for home in _homes() if (home / name / "case.toml").is_file())
    known = ", ".join(names) or "none"
    raise InputError(
        [Problem(name, None, None, None, "is not a shipped case", f"The shipped cases are: {known}.")]
    )


def case_path(case: str | Path) -> Path:
    """Return the folder or workbook of a case; one of that name comes before a shipped case.

    Raises:
        InputError: there is none, and no shipped case of that name.
    """
    given = Path(case)
    return given if given.is_dir() or is_workbook(given) else case_folder(str(case))
