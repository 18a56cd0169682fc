"""Frontiers: every point is the cheapest within its caps, ends are exact, an interrupted one goes on."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.data.calendar import make_calendar
from dcplan.data.case import Case
from dcplan.errors import InputError
from dcplan.model import PlanningModel, build
from dcplan.model.caps import measure
from dcplan.plans.audit import audit
from dcplan.plans.plan import open_plan
from dcplan.report.frontier_chart import frontier_chart
from dcplan.report.frontier_text import frontier_text
from dcplan.solvers import highs
from dcplan.studies import frontier as module
from dcplan.studies.frontier import Frontier, frontier, frontier_document
from dcplan.studies.frontier_points import Maker, Point
from dcplan.studies.frontier_table import knee_of, points_table
from dcplan.studies.resolve_rows import minimising, row_of
from tests.random_cases.solving import EXACT
from tests.studies.enumerated import cheapest, decided_plans

GAP = 1e-5
ASKED = {"between": ("cost", "market", "carbon"), "points": 4, "gap": GAP, "workers": 0}


@pytest.fixture(scope="module")
def toy_model(toy_case: Case) -> PlanningModel:
    return build(toy_case, make_calendar(toy_case.info))


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Frontier:
    return frontier("toy", tmp_path_factory.mktemp("frontier") / "toy", **ASKED)


def least_of(model: PlanningModel, name: str) -> float:
    """The least of a measure over every start and exit, racks whole."""
    expr = measure(model.program, model.context, name)
    answers = [highs.solve(minimising(matrix, expr), EXACT) for _, matrix in decided_plans(model)]
    return min(each.objective for each in answers if each.values is not None)


def test_every_point_is_the_cheapest_plan_within_its_caps(found: Frontier, toy_model: PlanningModel) -> None:
    """Against every start and exit, racks whole: no point costs more than its own gap allows."""
    columns = toy_model.program.size
    for row in found.points.to_dict("records"):
        expr = measure(toy_model.program, toy_model.context, "location_tco2e")
        best = cheapest(toy_model, [row_of("cap", expr, columns, upper=row["carbon"] * (1 + 1e-9))])
        assert row["bound_mjpy"] - 1e-6 <= best <= row["cost"] + 1e-6
        assert (row["cost"] - best) <= row["gap"] * row["cost"] + 1e-6


def test_the_ends_are_exact(found: Frontier, toy_model: PlanningModel) -> None:
    table = found.points
    assert table["cost"].iloc[0] == pytest.approx(cheapest(toy_model), rel=1e-7)
    assert table["carbon"].iloc[-1] == pytest.approx(least_of(toy_model, "location_tco2e"), rel=1e-7)


def test_points_are_spread_evenly_and_none_beats_another(found: Frontier) -> None:
    table = found.points
    assert len(table) == ASKED["points"]
    steps = -np.diff(table["carbon"])
    rack = 8.2  # tCO2e that one rack saves in a year outside City: points stand on whole racks
    assert (np.abs(steps - steps.mean()) <= 2 * rack).all()
    assert (np.diff(table["cost"]) > 0).all()
    assert (table["beaten_by"] == "").all()
    assert (table["twin"] == "").all()


def test_what_instruments_reach_alone_is_said_and_not_drawn(found: Frontier) -> None:
    assert found.between == ("cost", "carbon")
    (note,) = found.notes
    assert "market-based" in note
    assert "instruments alone" in note


def test_each_point_is_an_audited_plan_whose_inputs_hold_its_caps(found: Frontier) -> None:
    for name in found.points["point"].iloc[1:]:
        folder = found.folder / "points" / name
        report = audit(folder)
        assert report.passed
        assert report.rules["caps"] == 1
        assert open_plan(folder).manifest["status"] in {"optimal", "feasible"}


def test_an_interrupted_frontier_goes_on_to_the_same_files(
    found: Frontier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C at the second point; what is half done is swept away, and the rest is made again."""
    home = Path(shutil.copytree(found.folder, tmp_path / "again"))
    wanted = {name: (home / name).read_bytes() for name in ("frontier.csv", "neighbours.csv", "notes.csv")}
    tables = {p.name: p.read_bytes() for p in (home / "points" / "03" / "tables").iterdir()}
    for name in wanted:
        (home / name).unlink()
    for name in ("02", "03"):
        shutil.rmtree(home / "points" / name)
        (home / "points" / f"{name}.json").unlink()
    (home / "points" / ".capped-half").mkdir()
    plain = Maker.make

    def struck(self: Maker, point: Point, *rest: object) -> object:
        if point.name == "03":
            raise KeyboardInterrupt
        return plain(self, point, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(Maker, "make", struck)
    with pytest.raises(KeyboardInterrupt):
        frontier("toy", home, **ASKED)
    assert (home / "points" / "02.json").is_file()
    assert not (home / "frontier.csv").exists()
    monkeypatch.setattr(Maker, "make", plain)
    frontier("toy", home, **ASKED)
    assert {name: (home / name).read_bytes() for name in wanted} == wanted
    again = {p.name: p.read_bytes() for p in (home / "points" / "03" / "tables").iterdir()}
    assert again == tables
    assert not list((home / "points").glob(".*"))


def test_another_frontier_does_not_go_on_in_the_folder(found: Frontier, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="other options"):
        frontier("toy", found.folder, **{**ASKED, "points": 5})
    with pytest.raises(InputError, match="holds no frontier"):
        frontier("toy", tmp_path, **ASKED)


@pytest.mark.parametrize("between", [("cost",), ("carbon", "capex"), ("cost", "speed"), ("cost", "moves")])
def test_other_objectives_are_refused(between: Sequence[str], tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no choice of objectives"):
        frontier("toy", tmp_path / "x", between=between)


def test_no_price_is_printed_that_the_proof_does_not_carry(found: Frontier) -> None:
    steps = found.steps
    known = steps["low_mjpy_per_unit"].notna()
    assert (known == (steps["verdict"] != "not distinguishable")).all()
    assert (steps["low_mjpy"] <= steps["high_mjpy"]).all()
    text = frontier_text(frontier_document(found))
    assert text.count("From one plan") == 1
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("lang", ["en", "ja"])
def test_the_picture_shows_every_point(found: Frontier, lang: str) -> None:
    made = frontier_chart(found.points, found.between, lang)
    (axes,) = made.axes
    assert len(axes.collections[0].get_offsets()) == len(found.points)


class _Told:
    def __init__(self, cost: float) -> None:
        self.manifest = json.loads(f'{{"bound_mjpy": {cost}, "gap": 0.0, "status": "optimal"}}')


def table_of(*points: tuple[float, float]) -> pd.DataFrame:
    plans = {f"p{place}": _Told(cost) for place, (cost, _) in enumerate(points)}
    values = {f"p{place}": {"cost": cost, "carbon": t} for place, (cost, t) in enumerate(points)}
    return points_table(("cost", "carbon"), plans, values)  # type: ignore[arg-type]


def test_the_knee_lies_farthest_below_the_line_through_the_ends() -> None:
    """Scaled sums: 0 + 1, 0.2 + 0.1, 0.5 + 0.05, 1 + 0."""
    bent = table_of((100.0, 200.0), (120.0, 110.0), (150.0, 105.0), (200.0, 100.0))
    assert knee_of(bent, ("cost", "carbon")) == "p1"
    straight = table_of((100.0, 200.0), (150.0, 150.0), (200.0, 100.0))
    assert knee_of(straight, ("cost", "carbon")) == ""


def test_twins_and_beaten_plans_are_named() -> None:
    table = table_of((100.0, 200.0), (100.0, 200.0), (150.0, 201.0), (160.0, 100.0)).set_index("point")
    assert table.loc["p1", "twin"] == "p0"
    assert table.loc["p2", "beaten_by"] == "p0"
    assert table.loc["p3", "beaten_by"] == ""


def test_a_plan_at_hand_beats_another_within_the_gap_too() -> None:
    """The cheapest plan was published at 100.0; a plan with fewer emissions came out at 99.99."""
    table = table_of((100.0, 200.0), (99.99, 190.0), (160.0, 100.0)).set_index("point")
    assert table.loc["p0", "beaten_by"] == "p1"
    assert list(table.index[table["beaten_by"] == ""]) == ["p1", "p2"]


def test_a_frontier_without_a_span_says_so(found: Frontier) -> None:
    work = module._Work(found.folder / "case", found.folder, 0.5, 0, 0, {}, lambda _: None)
    plan = work.plan(module.CHEAPEST)
    assert work.range("carbon", plan, module.measured(plan, work.opened)) is None
    assert "a span within the gap" in work.notes[0]


def test_each_of_three_objectives_has_its_end_and_no_plan_beats_another(
    toy_model: PlanningModel, tmp_path: Path
) -> None:
    """Cost, emissions and CAPEX: each point is the cheapest plan that keeps both of its caps."""
    between, columns = ("cost", "carbon", "capex"), toy_model.program.size
    made = frontier("toy", tmp_path / "three", between=between, points=4, gap=GAP, workers=0)
    assert made.between == between
    table = made.points
    measures = {"carbon": "location_tco2e", "capex": "capex_mjpy"}
    for name, called in measures.items():
        assert table[name].min() == pytest.approx(least_of(toy_model, called), rel=1e-7, abs=1e-6)
    for row in table[table["beaten_by"] == ""].to_dict("records"):
        caps = [
            row_of(
                name, measure(toy_model.program, toy_model.context, called), columns,
                upper=row[name] * (1 + 1e-9) + 1e-9,
            )
            for name, called in measures.items()
        ]  # fmt: skip
        best = cheapest(toy_model, caps)
        assert best <= row["cost"] + 1e-6
        assert row["cost"] - best <= row["gap"] * row["cost"] + 1e-6
    kept = table[table["beaten_by"] == ""]
    values = kept[list(between)].to_numpy()
    worse = (values[:, None, :] >= values[None, :, :] - 1e-9).all(axis=2) & (
        values[:, None, :] > values[None, :, :] + 1e-6
    ).any(axis=2)
    assert not worse.any()
