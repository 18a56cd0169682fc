"""The list of rules across tables, in reading order."""

from __future__ import annotations

from collections.abc import Collection
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
from dcplan.data.rule import Rule
from dcplan.errors import Problem

RULES: Final[tuple[Rule, ...]] = (
    *rules_fleet.RULES,
    *rules_demand.RULES,
    *rules_reservations.RULES,
    *rules_contracts.RULES,
    *rules_projects.RULES,
    *rules_carbon.RULES,
)


def rule_problems(case: Case, clean: Collection[str]) -> list[Problem]:
    """Return the problems that every applicable rule finds.

    `clean` names the tables without a problem of their own (`case` for case.toml); a rule that needs
    another one is passed over, so that one wrong cell is not reported twice.
    """
    return [
        problem
        for rule in RULES
        if all(table in clean for table in rule.needs)
        for problem in rule.find(case)
    ]
