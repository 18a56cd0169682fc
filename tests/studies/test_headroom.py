"""Headroom of a solved plan: it adds up, and its picture and text can be made."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from dcplan.cli import cli
from dcplan.plans.plan import open_plan
from dcplan.studies.headroom import headroom


def test_room_is_what_the_limits_leave(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    room = headroom(plan).halls
    limits = plan.tables["limits"].query("limit == 'rack_places'").rename(columns={"scope": "hall"})
    both = room.merge(limits, on=["hall", "period"])
    assert len(both) == len(room)
    left = (both["available"] // 1 - both["used"]).clip(lower=0.0)
    assert (left - both["free_places"]).abs().max() < 1e-6
    assert not room["period"].isin(plan.tables["periods"].query("tail")["period"]).any()


def test_more_sales_fill_the_plan_no_later(toy_plan_folder: Path) -> None:
    plan = open_plan(toy_plan_folder)
    months = [headroom(plan, sales_higher=share).months["unplaced_racks"] for share in (0.0, 0.2, 0.9)]
    assert months[0].max() == pytest.approx(0.0, abs=1e-6), "the plan's own demand has its places"
    assert (months[1] <= months[2] + 1e-9).all()
    assert months[2].max() > 0


def test_the_command_prints_draws_and_refuses(toy_plan_folder: Path, tmp_path: Path) -> None:
    run = CliRunner()
    file = tmp_path / "room.png"
    done = run.invoke(cli, ["headroom", str(toy_plan_folder), "--chart", str(file), "--lang", "ja"])
    assert done.exit_code == 0, done.output
    assert "kW/rack" in done.output
    assert file.stat().st_size > 10_000
    told = json.loads(run.invoke(cli, ["headroom", str(toy_plan_folder), "--json"]).output)
    assert {row["binds"] for row in told["halls"]} <= {"places", "it_kw", "receiving_kw", "closed"}
    assert run.invoke(cli, ["headroom", str(toy_plan_folder), "--chart", "room.txt"]).exit_code == 2
