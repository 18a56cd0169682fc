"""The toy case's README works out two plans on paper; the model must find the same figures."""

import re
import shutil
from pathlib import Path

import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.load import load
from dcplan.model import build
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions
from tests.inputs.reading import INPUTS

TOY = INPUTS / "toy"
NO_HALL_B = """pin,decision,class,hall,site,period_from,period_to,sense,value,source,basis,low,high,reason
no-b,in_service,,B,,2022-04-01,,=,0,tutorial,assumption,,,The plan that stays in City.
"""


def cost(folder: Path) -> float:
    case = load(folder)
    matrix = build(case, make_calendar(case.info)).program.matrix()
    solution = highs.solve(matrix, SolveOptions(gap=0.0, threads=1))
    assert solution.objective is not None
    return solution.objective


def on_paper() -> dict[str, float]:
    text = (TOY / "README.md").read_text(encoding="utf-8")
    found = re.search(
        r"\*\*([\d.]+)\*\* \(stay\) and \*\*([\d.]+) M JPY\*\* \(leave\).*saves (\d+\.\d+)", text
    )
    assert found
    return dict(zip(("stay", "leave", "saving"), map(float, found.groups()), strict=True))


def test_the_optimum_builds_hall_b_and_leaves_city() -> None:
    assert cost(TOY) == pytest.approx(on_paper()["leave"], abs=5e-4)


def test_staying_costs_what_the_paper_says(tmp_path: Path) -> None:
    folder = shutil.copytree(TOY, tmp_path / "toy")
    (folder / "pins.csv").write_text(NO_HALL_B, encoding="utf-8")
    assert cost(folder) == pytest.approx(on_paper()["stay"], abs=5e-4)


def test_the_paper_adds_up() -> None:
    told = on_paper()
    assert told["stay"] - told["leave"] == pytest.approx(told["saving"], abs=1.1e-3)
