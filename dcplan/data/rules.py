"""The list of rules across tables, in reading order."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping
from typing import Final

from dcplan.data import (
    rules_carbon,
    rules_contracts,
    rules_demand,
    rules_fleet,
    rules_projects,
    rules_reservations,
)
from dcplan.data.case import Case
from dcplan.data.places import WEATHER
from dcplan.data.rule import Rule
from dcplan.data.typed import MOST_KEPT_ROWS, TypedTable
from dcplan.errors import Problem

RULES: Final[tuple[Rule, ...]] = (
    *rules_fleet.RULES,
    *rules_demand.RULES,
    *rules_reservations.RULES,
    *rules_contracts.RULES,
    *rules_projects.RULES,
    *rules_carbon.RULES,
)


_MOST_KEPT: Final = 4_096
_kept: set[tuple[Hashable, ...]] = set()
"""Rules that found nothing, each with the tables that it read."""


def rule_problems(case: Case, clean: Collection[str], tables: Mapping[str, TypedTable]) -> list[Problem]:
    """Return the problems that every applicable rule finds.

    `clean` names the tables without a problem of their own (`case` for case.toml, `weather`); a rule that
    needs another one is passed over, so that one wrong cell is not reported twice. A rule that found nothing
    is not asked again about the same `tables`: it reads only what it needs.
    """
    problems: list[Problem] = []
    for rule in RULES:
        if not all(table in clean for table in rule.needs):
            continue
        read = (rule, *(_read(case, name, tables) for name in rule.needs))
        if read not in _kept:
            found = list(rule.find(case))
            problems += found
            if not found:
                _keep(read)
    return problems


def _read(case: Case, name: str, tables: Mapping[str, TypedTable]) -> Hashable:
    """Return what stands for a need of a rule: equal if and only if the rule would read the same."""
    if name == "case":
        return case.info
    if name == "weather":
        book = case.places is not None
        return tuple((file, seen) for file, seen in case.hashes.items() if book or file.startswith(WEATHER))
    return tables[name]


def _keep(read: tuple[Hashable, ...]) -> None:
    """Remember that a rule found nothing; large tables are not held for it."""
    if len(_kept) >= _MOST_KEPT:
        _kept.clear()
    if not any(isinstance(each, TypedTable) and len(each.numbers) > MOST_KEPT_ROWS for each in read):
        _kept.add(read)
