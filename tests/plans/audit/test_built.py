"""What is built and taxed, audited: a wrong cell of every table, and a model that is wrong in one place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from dcplan.data.case import Case
from dcplan.data.load import load
from dcplan.data.shipped import case_folder
from dcplan.model import FAMILIES, building, costs_assets, power
from dcplan.model.assets import Assets
from dcplan.model.schedule import Schedule
from dcplan.plans.audit import audit
from tests.model import toys
from tests.model.toys import audited, pinned, with_info, with_rows, with_upgrade, with_value
from tests.plans.audit.mutating import replaced, rows_of
from tests.plans.audit.remembering import remembering

Patch = pytest.MonkeyPatch


def taxed(case: Case) -> Case:
    """Return the toy case after tax with a thin connection, hall B, and the upgrade that hall B needs.

    Of hall B a fifth is paid a year after service, beyond the span; the upgrade is committed and has paid
    half before the opening.
    """
    case = with_info(pinned(case, "B", 1), objective="after_tax")
    case = with_value(case, "connections", "receiving_kw", 1000.0)
    case = with_value(case, "budgets", "capex_mjpy", 400.0)
    late = [(12, 0.5), (0, 0.3), (-12, 0.2)]
    rows = [{"profile": "late", "months_before": months, "share": share} for months, share in late]
    case = with_value(with_rows(case, "milestones", *rows), "projects", "profile", "late", project="hall-b")
    fixed = {"committed": True, "service_date": date(2022, 10, 1), "spent_mjpy": 30.0, "profile": "two_steps"}
    return with_upgrade(case, "feed", adds_receiving_kw=400.0, cost_mjpy=60.0, **fixed)


@pytest.fixture(scope="module")
def case() -> Case:
    return load(case_folder("toy"))


@pytest.fixture(scope="module")
def plan(case: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A saved plan of the taxed case that passes the audit."""
    folder = tmp_path_factory.mktemp("taxed")
    _, report = audited(taxed(case), folder)
    assert report.passed, str(report)[:2000]
    return folder / "plan"


@pytest.fixture(autouse=True, scope="module")
def unchanged_files_audited_once() -> Iterator[None]:
    """No wrong cell of a plan touches its inputs, and its other tables stay as they are."""
    with remembering():
        yield


def rules(plan: Path) -> set[str]:
    return {finding.rule for finding in audit(plan).findings}


def test_the_plan_shows_every_kind_of_row(plan: Path) -> None:
    payments = pd.read_csv(plan / "tables" / "payments.csv")
    assert payments["sunk"].tolist().count(True) == 1
    assert payments["period"].isna().sum() == 2  # one sunk, one after the span
    terms = set(pd.read_csv(plan / "tables" / "costs.csv")["term"])
    assert terms >= {"tax_relief", "tax_shield", "deferred_relief", "terminal_tax_shield"}


WRONG = [
    ("upgrades", "project", 0, "feed-2", "completeness"),
    ("upgrades", "site", 0, "City", "upgrades_table"),
    ("upgrades", "period", 0, "FY2030", "completeness"),
    ("upgrades", "in_service", 1, "0", "build_time"),
    ("upgrades", "in_service", 1, "0.5", "start_once"),
    ("upgrades", "in_service", 2, "0", "start_once"),
    ("payments", "project", 0, "feed", "payments_table"),
    ("payments", "day", 0, "2023-04-02", "payments_table"),
    ("payments", "period", 0, "FY2022", "payments_table"),
    ("payments", "period", 2, "FY2024", "payments_table"),
    ("payments", "fiscal_year", 0, "2022", "payments_table"),
    ("payments", "mjpy", 0, "200.001", "payments_table"),
    ("payments", "sunk", 3, "false", "payments_table"),
    ("payments", "term", 0, "onsite_capex", "payments_table"),
    ("assets", "asset", 1, "hall-b:walls", "assets_table"),
    ("assets", "project", 1, "feed", "assets_table"),
    ("assets", "site", 1, "City", "assets_table"),
    ("assets", "asset_class", 1, "plant", "assets_table"),
    ("assets", "cost_mjpy", 1, "200.001", "assets_table"),
    ("assets", "cost_mjpy", 0, "300.001", "assets_table"),
    ("assets", "service_date", 1, "2024-04-02", "assets_table"),
    ("assets", "life_years", 2, "15", "assets_table"),
    ("assets", "tax_life_years", 2, "20", "assets_table"),
    ("assets", "opening", 0, "false", "assets_table"),
    ("starts", "hall", 1, "B", "starts_table"),
    ("starts", "service_date", 1, "2023-04-01", "starts_table"),
]


@pytest.mark.parametrize("table, column, row, cell, rule", WRONG)
def test_a_wrong_cell_is_found(plan: Path, table: str, column: str, row: int, cell: str, rule: str) -> None:
    path = plan / "tables" / f"{table}.csv"
    header, *body = rows_of(path)
    assert body[row][header.index(column)] != cell
    body[row][header.index(column)] = cell
    with replaced(path, [header, *body]):
        assert rule in rules(plan)
    assert not rules(plan)


def test_every_new_column_is_among_them(plan: Path) -> None:
    for table in ("upgrades", "payments", "assets"):
        header, *_ = rows_of(plan / "tables" / f"{table}.csv")
        assert {column for name, column, *_ in WRONG if name == table} == set(header)


@pytest.mark.parametrize("table", ["upgrades", "payments", "assets"])
def test_a_missing_and_a_repeated_row_are_found(plan: Path, table: str) -> None:
    path = plan / "tables" / f"{table}.csv"
    header, *body = rows_of(path)
    for wrong in (body[:-1], [*body, body[-1]]):
        with replaced(path, [header, *wrong]):
            assert rules(plan) & {f"{table}_table", "completeness"}


@pytest.mark.parametrize("term", ["tax_relief", "tax_shield", "deferred_relief", "terminal_tax_shield"])
@pytest.mark.parametrize("column", ["mjpy", "pv_mjpy"])
def test_a_wrong_amount_of_tax_is_found(plan: Path, term: str, column: str) -> None:
    path = plan / "tables" / "costs.csv"
    header, *body = rows_of(path)
    row = next(row for row in body if row[header.index("term")] == term)
    row[header.index(column)] = str(float(row[header.index(column)]) * 1.001)
    with replaced(path, [header, *body]):
        assert f"cost:{term}" in rules(plan)


@pytest.mark.parametrize(
    "key, value",
    [("objective", "pre_tax"), ("tax_rate", 0.31), ("borrowing_rate", 0.03), ("discount_rate", 0.06)],
)
def test_a_manifest_with_other_rates_is_found(plan: Path, key: str, value: object) -> None:
    path = plan / "manifest.json"
    honest = path.read_text("utf-8")
    try:
        path.write_text(
            honest.replace("{", f'{{"{key}": "{value}",' if key == "objective" else f'{{"{key}": {value},', 1)
        )
        assert "inputs" in rules(plan)
    finally:
        path.write_text(honest)


# -- a model that is wrong ---------------------------------------------------------------------------------


def found(case: Case, folder: Path) -> set[str]:
    _, report = audited(case, folder)
    return {finding.rule for finding in report.findings}


def test_power_that_is_there_before_the_upgrade(case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    """The upgrade counts without being built; nothing makes the plan build it."""
    thin = with_value(pinned(case, "B", 1), "connections", "receiving_kw", 1000.0)
    thin = with_upgrade(thin, "feed", adds_receiving_kw=400.0, cost_mjpy=60.0)
    added = power.upgraded_kw

    def always(p: Any, c: Any) -> Any:
        over = c.tables.grid(site=c.tables.owned_sites, period=c.tables.period_labels)
        return added(p, c) * 0.0 + pd.Series(400.0, index=pd.MultiIndex.from_frame(over))

    monkeypatch.setattr(power, "upgraded_kw", always)
    assert found(thin, tmp_path) >= {"site_power"}


FORGOTTEN: list[tuple[str, Callable[[Case], Case], str]] = [
    ("build_time", taxed, "build_time"),
    (
        "precedence",
        lambda case: with_value(
            with_upgrade(
                with_value(pinned(case, "B", 1), "budgets", "capex_mjpy", 400.0),
                "feed", adds_receiving_kw=400.0, cost_mjpy=60.0,
            ),
            "projects", "after_project", "feed", project="hall-b",
        ),
        "precedence",
    ),
]  # fmt: skip


@pytest.mark.parametrize("family, variation, rule", FORGOTTEN, ids=[name for name, *_ in FORGOTTEN])
def test_a_promise_about_projects_that_is_forgotten(
    case: Case, tmp_path: Path, monkeypatch: Patch, family: str, variation: Callable[[Case], Case], rule: str
) -> None:
    kept = tuple(each for each in FAMILIES if each is not getattr(building, family))
    monkeypatch.setattr(toys, "FAMILIES", kept)
    assert rule in found(variation(case), tmp_path)


def _without(owner: type, name: str, change: Callable[[Any], Any]) -> Any:
    computed = vars(owner)[name].func
    return property(lambda self: change(computed(self)))


def test_what_is_owed_and_saved_beyond_the_span_and_what_is_not_deducted(
    case: Case, tmp_path: Path, monkeypatch: Patch
) -> None:
    """Payments and shields after the span are forgotten, and CAPEX is relieved at once and depreciated too.

    Each shows in a cost of its own, and no other cost is blamed.
    """
    monkeypatch.setattr(Schedule, "unpaid", _without(Schedule, "unpaid", lambda owed: owed * 0.0))
    monkeypatch.setattr(Assets, "shield_left", _without(Assets, "shield_left", lambda left: left * 0.0))
    monkeypatch.setattr(costs_assets, "NOT_DEDUCTED", set())
    wrong = found(taxed(case), tmp_path)
    own = {"cost:terminal_capex", "cost:terminal_tax_shield", "cost:tax_relief"}
    assert {rule for rule in wrong if rule.startswith("cost:")} == own
    assert "cost_total" in wrong


def test_tax_lives_that_are_taken_from_the_books(case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    def books(lives: pd.DataFrame) -> pd.DataFrame:
        return lives.assign(tax_life_years=lives["life_years"])

    monkeypatch.setattr(Assets, "lives", _without(Assets, "lives", books))
    wrong = found(taxed(case), tmp_path)
    assert wrong >= {"cost:tax_shield", "cost:terminal_tax_shield", "cost:terminal_capex", "assets_table"}


def test_the_value_of_assets_before_tax(case: Case, tmp_path: Path, monkeypatch: Patch) -> None:
    plain = Assets.terminal
    monkeypatch.setattr(Assets, "terminal", lambda self, method, **_: plain(self, method))
    assert "cost:terminal_capex" in found(taxed(case), tmp_path)


@pytest.mark.parametrize(
    "rule, by, tail", [("annuity", "half", 1), ("book", "year", 2), ("none", "quarter", 0)]
)
def test_the_audit_agrees_under_every_rule_and_granularity(
    case: Case, tmp_path: Path, rule: str, by: str, tail: int
) -> None:
    varied = taxed(case)
    varied = replace(varied, info=replace(varied.info, terminal_value=rule, tail_years=tail))
    _, report = audited(varied, tmp_path, by)
    assert report.passed, str(report)[:2000]
