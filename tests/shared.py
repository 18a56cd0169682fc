"""Work that several tests look at is done once: plans of a session, and what a command worked out."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from dcplan.data.shipped import case_folder


def solved_once(name: str, factory: pytest.TempPathFactory, **info: str) -> Path:
    """Solve a shipped case in the first worker that asks, and let the others wait for its plan folder.

    `info` are further keys of the case's case.toml: `objective="after_tax"`.
    """
    base = factory.getbasetemp()
    shared = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "solved"
    variant = "-".join([name, *(f"{key}-{value}" for key, value in sorted(info.items()))])
    folder = shared / variant / "plan"  # a folder of its own: two cases may be solved at once
    folder.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(shared / f"{variant}.lock"):
        if not folder.is_dir():
            from dcplan.plans.make import solve_case

            case = with_keys(name, shared / variant / name, info) if info else name
            solve_case(case, output=folder)
    return folder


def with_keys(name: str, target: Path, info: dict[str, str]) -> Path:
    """Write a shipped case with further keys of case.toml."""
    shutil.copytree(case_folder(name), target)
    with (target / "case.toml").open("a", encoding="utf-8") as file:
        file.writelines(f'{key} = "{value}"\n' for key, value in info.items())
    return target


@contextmanager
def exclusive(lock: Path) -> Iterator[None]:
    """Hold a lock file that one process at a time can hold; it is freed when its process dies."""
    with lock.open("w", encoding="utf-8") as file:
        if sys.platform != "win32":
            import fcntl

            fcntl.flock(file, fcntl.LOCK_EX)
        yield


@contextmanager
def recorded(module: ModuleType, name: str) -> Iterator[list[Any]]:
    """Collect what a function of a module returns while a command calls it: one solve for both."""
    found: list[Any] = []
    real = getattr(module, name)

    def told(*given: Any, **named: Any) -> Any:
        found.append(real(*given, **named))
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, told)
        yield found
