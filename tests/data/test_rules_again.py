"""A case is read again with few changes: a rule is asked again only if what it reads has changed."""

from dataclasses import replace

import pytest

from dcplan.data import rules
from dcplan.data.rule import Rule
from dcplan.data.rules import RULES

from .conftest import Folder, cell
from .faults_onsite import PANELS


def test_a_rule_is_asked_once_about_the_same_tables_and_again_when_one_of_them_changed(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def told(rule: Rule) -> Rule:
        return replace(rule, find=lambda case: (asked.append(rule.name), rule.find(case))[1])

    monkeypatch.setattr(rules, "RULES", tuple(map(told, RULES)))
    assert folder.messages() == []
    assert asked == [rule.name for rule in RULES]
    asked.clear()
    assert folder.messages() == []
    assert asked == []
    cell("halls", "it_kw", "801", hall="A")(folder)
    folder.messages()
    assert asked == [rule.name for rule in RULES if "halls" in rule.needs]
    asked.clear()
    folder.set_case("objective", '"after_tax"')
    folder.messages()
    assert asked == [rule.name for rule in RULES if "case" in rule.needs]


def test_panels_are_looked_at_again_when_the_weather_lost_its_sun(folder: Folder) -> None:
    (weather,) = (folder.path / "weather").glob("*.csv")
    without = weather.read_text(encoding="utf-8")
    header, *hours = without.splitlines()
    sunny = [f"{header},dni_w_m2,dhi_w_m2", *(f"{hour},100,50" for hour in hours)]
    weather.write_text("\n".join(sunny) + "\n", encoding="utf-8")
    folder.create("pv_options", PANELS.format("Campus"))
    assert folder.messages() == []
    weather.write_text(without, encoding="utf-8")
    assert ["has no irradiance in the weather file" in text for text in folder.messages()] == [True]
