"""A cost that an analyst named stands in the cost table, and in every total that the audit recomputes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dcplan.plans.analyst import Workbench
from dcplan.plans.audit import audit


def test_a_named_cost_stands_in_the_cost_table(tmp_path: Path):
    bench = Workbench("toy", threads=1)
    m = bench.model
    bench.add_cost("loyalty", 3 * m.kept["City", "FY2022"] + 2)
    plan = bench.publish(tmp_path / "plan", bench.solve())
    costs = plan.tables["costs"].query("term == 'analyst:loyalty'")
    assert costs[["site", "period", "cash"]].values.tolist() == [
        ["City", "FY2022", False],
        ["fleet", "FY2024", False],
    ]
    assert costs["pv_mjpy"].tolist() == pytest.approx([3.0, 2.0])
    total = plan.tables["costs"]["pv_mjpy"].sum()
    assert total == pytest.approx(plan.manifest["published_cost_mjpy"])
    assert total == pytest.approx(965.4743453775441 + 5)
    assert plan.manifest["analyst"]["costs"] == ["analyst:loyalty"]
    report = audit(tmp_path / "plan")
    assert report.passed
    assert report.rules["not_audited:analyst:loyalty"] == 2
    folder = tmp_path / "plan" / "manifest.json"
    manifest = json.loads(folder.read_text("utf-8"))
    manifest["published_cost_mjpy"] -= 5
    folder.write_text(json.dumps(manifest), "utf-8")
    assert not audit(tmp_path / "plan").passed  # what it adds up to is audited all the same
