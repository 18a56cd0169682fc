"""A rule that is shown nothing but what it declares: what it does not declare is not there to be read."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from dcplan.data.case import Case
from dcplan.data.rule import Rule
from dcplan.errors import Problem


def narrowed(rule: Rule) -> Rule:
    """The same rule, of a case that has only the tables that the rule needs."""

    def find(case: Case) -> Iterator[Problem]:
        held = {name: case[name] for name in rule.needs if name in case.tables}
        shown = replace(
            case,
            tables=held,
            info=case.info if "case" in rule.needs else None,
            settings=case.settings if "settings" in rule.needs else {},
            weather={},
            irradiance=case.irradiance if "weather" in rule.needs else {},
            folder=case.folder if "weather" in rule.needs else Path("nowhere"),
        )
        return rule.find(shown)

    return replace(rule, find=find)
