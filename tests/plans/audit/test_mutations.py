"""Seeded falsifications of single cells of plans that pass: the audit must find every one.

A mutation changes one number by a seeded share or step, borrows the number of another row, or swaps one label
for another label of its column, in a decision, energy or cost table. What is not generated, because no audit
could or should find it:

- a number changed by less than 1e-4 of its size or of 1 rack, kW, MWh or M JPY: near the promised tolerance
  of 1e-6 of a row's largest term, where a sum of a hundred terms may hide it;
- the label of a cost of less than 1e-4 M JPY, for the same reason: what it stands for is then below the
  tolerance of a term of 100 M JPY;
- a cell replaced by itself, as the file is then unchanged.

No mutation that is generated may pass. A longer search than the 200 mutations of every run:
`DCPLAN_MUTATIONS=3000 pytest tests/plans/audit/test_mutations.py`; each count has seeds of its own, so that
another count is another search.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from dcplan.plans.audit import audit
from dcplan.plans.audit.decisions import DECISION_TABLES
from dcplan.plans.audit.report import Finding, Ledger

from .mutating import mutation_of_each_column, mutations, replaced, rows_of
from .remembering import KEPT, remembering

COUNT = int(os.environ.get("DCPLAN_MUTATIONS", "200"))
DERIVED = ("energy", "site_energy", "emissions", "costs")
CARBON = ("class_energy", "ghg_years")
LEASES = ("releases", "lease_spans", "lease_rates")
BUILT = ("payments", "assets", "capex", "starts", "earlier")
LISTS = (*LEASES, *BUILT, "periods", "exits", "moves", "targets", "limits", "summary")


class FoundError(Exception):
    """The first finding of an audit: from here on the plan has failed."""


@pytest.fixture(autouse=True, scope="module")
def unchanged_files_audited_once():
    """No mutation of a plan touches the inputs, and most of its tables stay as they are."""
    with remembering():
        yield


def passes(folder: Path, plan: str = "optimised") -> bool:
    """Audit a plan to its first finding: no finding is taken back, so the verdict is that of the whole."""

    def found(ledger: Ledger, finding: Finding) -> None:
        if finding.rule not in ledger.lenient:
            raise FoundError(str(finding))
        ledger.misses.append(finding)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ledger, "add", found)
        try:
            return audit(folder, plan).passed
        except FoundError:
            return False


def copied(source: Path, place: Path) -> Path:
    folder = Path(shutil.copytree(source, place))
    report = audit(folder)
    assert report.passed, str(report)
    return folder


def bared(folder: Path) -> Path:
    """Delete everything that follows from inputs and decisions."""
    for plan in (folder, *(inner for inner in folder.iterdir() if (inner / "tables").is_dir())):
        for path in (plan / "tables").glob("*.csv"):
            if path.stem not in KEPT:
                path.unlink()
    (folder / "comparison.csv").unlink(missing_ok=True)
    return folder


def missed(folder: Path, names: tuple[str, ...], seed: int, plan: str = "optimised") -> list[str]:
    tables = folder / "tables" if plan == "optimised" else folder / plan / "tables"
    drawn = mutations(tables, names, seed + COUNT, COUNT)
    found = [str(mutation) for mutation in drawn if passes(folder, plan)]
    assert audit(folder, plan).passed
    return found


def test_every_mutation_of_the_plan_made_by_hand_is_found(hand):
    assert missed(hand.write(), (*DECISION_TABLES, *DERIVED, *LISTS), 1) == []


def test_decisions_of_the_plan_made_by_hand_give_a_mutation_away(hand):
    assert missed(hand.only_decisions().write(), DECISION_TABLES, 2) == []


def test_every_mutation_of_the_tutorial_plan_is_found(toy_plan_folder, tmp_path):
    folder = copied(toy_plan_folder, tmp_path / "plan")
    assert missed(folder, (*DECISION_TABLES, *DERIVED), 3) == []
    assert missed(folder, LISTS, 4) == []


def test_every_mutation_of_emissions_is_found(toy_plan_folder, tmp_path):
    assert missed(copied(toy_plan_folder, tmp_path / "plan"), CARBON, 9) == []


def test_every_mutation_of_a_reference_plan_is_found(toy_plan_folder, tmp_path):
    folder = copied(toy_plan_folder, tmp_path / "plan")
    assert missed(folder, (*DECISION_TABLES, *DERIVED, *LISTS), 5, "as_announced") == []


def test_decisions_of_the_tutorial_plan_give_a_mutation_away(toy_plan_folder, tmp_path):
    folder = bared(copied(toy_plan_folder, tmp_path / "plan"))
    assert missed(folder, DECISION_TABLES, 6) == []


@pytest.mark.default_case
def test_every_mutation_of_the_default_plan_is_found(iij_plan_folder, tmp_path):
    folder = copied(iij_plan_folder, tmp_path / "plan")
    assert missed(folder, (*DECISION_TABLES, *DERIVED), 7) == []


@pytest.mark.default_case
def test_decisions_of_the_default_plan_give_a_mutation_away(iij_plan_folder, tmp_path):
    folder = bared(copied(iij_plan_folder, tmp_path / "plan"))
    assert missed(folder, DECISION_TABLES, 8) == []


def test_every_published_column_is_audited(toy_plan_folder, tmp_path):
    folder = copied(toy_plan_folder, tmp_path / "plan")
    drawn = mutation_of_each_column(folder / "tables", COUNT)
    assert [str(mutation) for mutation in drawn if passes(folder)] == []


@pytest.mark.default_case
def test_every_published_column_of_the_default_plan_is_audited(iij_plan_folder, tmp_path):
    folder = copied(iij_plan_folder, tmp_path / "plan")
    drawn = mutation_of_each_column(folder / "tables", COUNT)
    assert [str(mutation) for mutation in drawn if passes(folder)] == []


def test_every_published_table_is_audited(toy_plan_folder):
    for tables in toy_plan_folder.rglob("tables"):
        assert {path.stem for path in tables.iterdir()} <= {*DECISION_TABLES, *DERIVED, *CARBON, *LISTS}


def test_a_row_left_out_or_twice_there_is_found(toy_plan_folder, tmp_path):
    folder = copied(toy_plan_folder, tmp_path / "plan")
    unseen = []
    for path in sorted((folder / "tables").glob("*.csv")):
        header, *body = rows_of(path)
        for row, cells in enumerate(body):
            with replaced(path, [header, *body, cells]):
                unseen += [f"{path.name}: {cells} twice"] if passes(folder) else []
            with replaced(path, [header, *body[:row], *body[row + 1 :]]):
                quiet = passes(folder) and not says_the_same(path.stem, cells)
                unseen += [f"{path.name}: {cells} left out"] if quiet else []
    assert unseen == []


def says_the_same(table: str, cells: list[str]) -> bool:
    """Say whether a table tells the same without a row.

    limits: 0 used of 0 available is a hall that is not in service, and halls.csv says so. misses: a target
    that may not be missed has a miss of 0 or no row.
    """
    if table == "limits":
        return [float(cell) for cell in cells[3:5]] == [0.0, 0.0]
    return table == "misses" and cells[0] == "owned_renewable" and float(cells[2]) == 0.0
