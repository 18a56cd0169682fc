"""Audits of one plan that is changed a cell at a time: what follows from unchanged bytes is done once.

Every part of the audit is a function of what it is given and of the tables that it reads. A part that is
given the same and reads the same bytes again is not run again: it gives what it gave. Only parts that found
nothing are remembered, so that no finding is ever lost.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any

import pytest

from dcplan.plans.audit import engine, reading, tables
from dcplan.plans.audit.decisions import DECISION_TABLES
from dcplan.plans.audit.report import Ledger

KEPT = (*DECISION_TABLES, "onsite", "battery_cuts")
"""What the audit takes decisions from; the last two stand where there are batteries or panels."""
COMPUTED = ("read_contracts", "overheads", "purchases", "aged", "energy", "World", "make_bills")
OF_THE_WORLD = (
    "check_racks", "check_halls", "check_projects", "check_leases", "check_fleet", "check_onsite",
    "check_inputs",
)  # fmt: skip
OF_TABLES = (
    "_periods", "_energy", "_emissions", "check_emissions", "_costs", "_capex", "_summary", "_limits",
    "_targets", "check_moves", "check_starts", "check_earlier", "check_upgrades", "check_payments",
    "check_assets", "check_exits", "check_lease_tables",
)  # fmt: skip
PLAIN = (str, int, float, bool, type(None))


@contextmanager
def remembering() -> Iterator[None]:
    """Run audits that remember; no file of inputs may be changed meanwhile."""
    parsed, read = lru_cache(maxsize=1000)(reading.parsed), set[str]()

    def noted(file: str, data: bytes, columns: tuple[str, ...] | None) -> reading.Sheet:
        read.add(file)
        return parsed(file, data, columns)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "kept", noted)
        patch.setattr(engine, "read_manifest", remembered(engine.read_manifest, of_manifest))
        patch.setattr(
            engine, "read_case", remembered(engine.read_case, lambda *given: (given[0], id(given[1])))
        )
        patch.setattr(engine, "read_decisions", remembered(engine.read_decisions, of_decisions))
        for name in (*COMPUTED, *OF_THE_WORLD):
            patch.setattr(engine, name, remembered(getattr(engine, name), of_what_is_given))
        for name in OF_TABLES:
            patch.setattr(tables, name, remembered_of_files(getattr(tables, name), read))
        yield


def of_what_is_given(*given: Any, **named: Any) -> Hashable:
    """Tell what was given: plain values as they are, everything else by its identity."""
    return tuple(_told(each) for each in (*given, *named.items()) if not isinstance(each, Ledger))


def _told(each: Any) -> Hashable:
    if isinstance(each, tuple):
        return tuple(map(_told, each))
    if isinstance(each, set):
        return frozenset(each)
    return repr(each) if isinstance(each, PLAIN) or (isinstance(each, dict) and not each) else id(each)


def of_manifest(folder: Path) -> Hashable:
    return contents(folder, {"manifest.json"})


def of_decisions(folder: Path, case: Any, contracts: Any, ledger: Ledger) -> Hashable:
    return id(case), id(contracts), contents(folder, {f"{name}.csv" for name in KEPT})


def contents(folder: Path, files: set[str]) -> Hashable:
    """Tell the bytes of some files of a folder, and which files there are."""
    there = sorted(path.name for path in folder.iterdir())
    return tuple((name, (folder / name).read_bytes() if name in files else b"") for name in there)


def remembered(
    work_out: Callable[..., Any], key: Callable[..., Hashable], most: int = 20
) -> Callable[..., Any]:
    """Work out once for each key; the last few are kept, with what was given: an id in use stays its own."""
    known: dict[Hashable, tuple[Any, Any, Any]] = {}

    def told(*given: Any, **named: Any) -> Any:
        mine = key(*given, **named)
        if mine in known:
            return known[mine][0]
        before = _findings(given)
        found = work_out(*given, **named)
        if _findings(given) == before:
            known[mine] = (found, given, named)
            if len(known) > most:
                del known[next(iter(known))]
        return found

    return told


def remembered_of_files(check: Callable[..., Any], read: set[str]) -> Callable[..., Any]:
    """Leave out a check of tables that passed on the same world and the same bytes of the files it read."""
    passed: dict[Hashable, tuple[set[str], Hashable, Any]] = {}

    def told(*given: Any) -> None:
        world, folder = given[0], given[-2]
        mine = id(world), folder
        if mine in passed and contents(folder, passed[mine][0]) == passed[mine][1]:
            return
        before = _findings(given)
        read.clear()
        check(*given)
        if _findings(given) == before:
            files = set(read)
            passed.clear()
            passed[mine] = (files, contents(folder, files), given)

    return told


def _findings(given: tuple[Any, ...]) -> int:
    return sum(len(each.findings) for each in given if isinstance(each, Ledger))
