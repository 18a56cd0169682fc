"""What `dcplan.check` adds to the check of the tables: the numbers of the program."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

import dcplan
from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.data.shipped import case_folder
from dcplan.model import FAMILIES, build
from dcplan.plans.check import LARGEST, SMALLEST, check, coefficient_ranges
from dcplan.report.check_text import check_text
from tests.model.toys import with_value


@pytest.mark.parametrize("name", ["iij", "toy"])
def test_the_coefficients_of_the_shipped_cases_are_of_one_size(name: str) -> None:
    """The model's units keep every coefficient within 1e-4 to 1e6, those of the objective too."""
    report = check(case_folder(name))
    assert report.ok
    whole = report.numbers.iloc[-1]
    assert SMALLEST <= whole["smallest"] <= whole["largest"] <= LARGEST
    assert not [each for each in report.warnings if "coefficients" in each.rule]
    known = {family.__name__ for family in FAMILIES}
    assert set(report.numbers["family"].iloc[:-1]) <= known
    assert report.numbers["terms"].iloc[:-1].sum() == whole["terms"]
    assert report.numbers["rows"].iloc[:-1].sum() == whole["rows"]
    assert json.loads(json.dumps(report.to_dict()))["numbers"][-1]["family"] == "all"
    assert max(map(len, check_text(report).splitlines())) <= 80


def test_the_ranges_are_those_of_the_rows(toy_case: Case) -> None:
    matrix = build(toy_case, make_calendar(toy_case.info)).program.matrix()
    table = coefficient_ranges(matrix).set_index("family")
    blocks = [block for block in matrix.blocks.rows.values() if block.family == "rack_places"]
    inside = sum((matrix.indices >= block.start) & (matrix.indices < block.stop) for block in blocks)
    sizes = np.abs(matrix.data[inside.astype(bool)])
    found = table.loc["rack_places"]
    assert (found["rows"], found["terms"]) == (sum(map(len, blocks)), inside.sum())
    assert (found["smallest"], found["largest"]) == (sizes.min(), sizes.max())
    assert found["largest"] == 100.0  # the places of hall B, filled to the last


def test_numbers_far_apart_are_a_warning(toy_case: Case) -> None:
    """An IT power of 5e6 kW in one hall stands in its power limit, and its losses in the energy of a year."""
    report = check(with_value(toy_case, "halls", "it_kw", 5e6, hall="B"))
    assert report.ok
    far = [each.rule for each in report.warnings if "coefficients" in each.rule]
    assert [rule.split()[3] for rule in far] == ["hall_power", "claims", "targets"]


def test_a_refused_case_has_no_program(tmp_path: Path) -> None:
    folder = Path(shutil.copytree(case_folder("toy"), tmp_path / "toy"))
    path = folder / "halls.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("in_service", "in_sevice", 1), encoding="utf-8")
    report = dcplan.check(folder)
    assert not report.ok
    assert report.name == "toy"
    assert report.numbers.empty
