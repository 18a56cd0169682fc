"""An analyst's rules in Pyomo: five lines, any solver, and a published plan that keeps them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyomo.environ as pyo
import pytest

from dcplan.errors import SolverError
from dcplan.lp.labels import ProgramError
from dcplan.lp.solution import Status
from dcplan.plans.analyst import NOTE, Workbench
from dcplan.plans.audit import audit

pytestmark = pytest.mark.usefixtures("models_built_once")

BEST = 965.4743453775441
"""Cost of the tutorial case without a rule: B opens in FY2024 and City is left."""
STAYING = 976.2150590133052
"""The same with City kept; B stays closed."""


@pytest.fixture(name="bench")
def _bench() -> Workbench:
    return Workbench("toy", threads=1)


def test_five_lines(tmp_path: Path):
    bench = Workbench("toy")
    m = bench.model
    m.stay = pyo.Constraint(expr=m.kept["City", "FY2024"] == 1)
    m.few = pyo.Constraint(["cloud", "colo"], rule=lambda m, k: m.racks[k, "B", "FY2024"] <= 12.5)
    plan = bench.publish(tmp_path / "plan", bench.solve())

    assert plan.manifest["status"] == "optimal"
    assert plan.manifest["published_cost_mjpy"] == pytest.approx(STAYING)
    assert (plan.tables["sites"]["kept"] == 1).all()
    assert plan.tables["exits"].empty
    assert audit(tmp_path / "plan").passed
    told = plan.manifest["analyst"]
    assert (told["audited"], told["rules"], told["rows"]) == (False, ["stay", "few"], 3)
    assert NOTE in plan.manifest["notes"]
    rows = pd.read_csv(tmp_path / "plan" / "analyst" / "rows.csv")
    assert rows["audited"].eq(False).all()
    assert rows[["rule", "row", "sense", "right_side"]].values.tolist() == [
        ["stay", "stay", "equal", 1.0],
        ["few", "cloud", "at_most", 12.5],
        ["few", "colo", "at_most", 12.5],
    ]
    terms = pd.read_csv(tmp_path / "plan" / "analyst" / "terms.csv")
    assert terms["variable"].tolist()[:2] == ["kept[City,FY2024]", "racks[cloud,B,FY2024]"]
    assert [path.name for path in tmp_path.iterdir()] == ["plan"]


@pytest.mark.parametrize("solver", ["highs", "pyomo:highs", "pyomo:scip_direct", "pulp:HiGHS", "pulp:CBC"])
def test_any_solver_keeps_the_rule(bench: Workbench, solver: str):
    m = bench.model
    assert bench.solve(solver).objective == pytest.approx(BEST)
    assert m.kept["City", "FY2024"].value == 0  # the model holds the solution
    m.kept["City", "FY2024"].fix(1)
    found = bench.solve(solver)
    assert found.objective == pytest.approx(STAYING)
    assert m.kept["City", "FY2024"].value == 1
    bounds = bench.additions().bounds
    assert bounds[["variable", "lower", "upper"]].values.tolist() == [["kept[City,FY2024]", 1.0, 1.0]]
    assert (found.status is Status.OPTIMAL) == (solver != "pulp:CBC")  # whose proof is not believed


def test_a_model_that_the_analyst_solved_alone(bench: Workbench, tmp_path: Path):
    """Whoever solved it: the values are verified, the bound is that of the relaxation, the plan says so."""
    from pyomo.contrib.solver.solvers.highs import Highs

    m = bench.model
    m.stay = pyo.Constraint(expr=m.kept["City", "FY2024"] >= 1)
    Highs().solve(m)
    found = bench.take("my own solver")
    assert found.objective == pytest.approx(STAYING)
    assert found.bound < found.objective - 1.0
    assert found.status is Status.FEASIBLE
    assert any("not trusted with proofs" in note for note in found.notes)
    plan = bench.publish(tmp_path / "plan", found)
    assert plan.manifest["status"] == "feasible"
    m.kept["City", "FY2024"].set_value(0)
    with pytest.raises(SolverError, match=r"the answer of analyst is not a solution: .*analyst:stay"):
        bench.take()


def test_a_named_cost_is_part_of_the_objective(bench: Workbench):
    m = bench.model
    bench.add_cost("loyalty", 2 - 2 * m.kept["City", "FY2024"])
    assert bench.solve().objective == pytest.approx(BEST + 2)
    terms = bench.additions().costs[["cost", "variable", "coefficient"]]
    assert terms.values.tolist() == [["loyalty", "kept[City,FY2024]", -2.0], ["loyalty", "", 2.0]]
    bench.add_cost("more", 20 - 20 * m.kept["City", "FY2024"])
    assert bench.solve().objective == pytest.approx(STAYING)
    with pytest.raises(ProgramError, match="cost more exists already"):
        bench.add_cost("more", 1.0)
    with pytest.raises(ProgramError, match="letters, digits and _"):
        bench.add_cost("a:b", 1.0)


def refuse(bench: Workbench, message: str) -> None:
    with pytest.raises(ProgramError, match=message):
        bench.additions()


def test_what_has_no_place_in_a_plan_is_refused(bench: Workbench):
    m = bench.model
    kept, racks = m.kept["City", "FY2024"], m.racks["cloud", "B", "FY2024"]
    m.product = pyo.Constraint(expr=kept * racks <= 4)
    refuse(bench, "product is not linear")
    m.del_component(m.product)
    m.extra = pyo.Var()
    refuse(bench, "new variables cannot be read back: extra")
    m.del_component(m.extra)
    m.either = pyo.LogicalConstraint(expr=pyo.BooleanConstant(True))
    refuse(bench, "either: a LogicalConstraint cannot be read back")
    m.del_component(m.either)
    m.meet_demand.deactivate()
    refuse(bench, "cannot be switched off: meet_demand")
    m.meet_demand.activate()
    racks.domain = pyo.Integers
    refuse(bench, r"racks\[cloud,B,FY2024\]: what is whole cannot be changed")
    racks.domain = pyo.Reals
    cost = m.total_cost.expr
    m.total_cost.set_value(cost + 5 * racks)
    refuse(bench, "total_cost was changed without a name: use add_cost")
    m.total_cost.set_value(cost)
    m.other = pyo.Objective(expr=racks)
    refuse(bench, "active are total_cost, other: use add_cost")
    m.other.deactivate()
    m.both = pyo.Constraint(expr=(1, racks + 2, 5))
    assert bench.additions().rows[["sense", "right_side"]].values.tolist() == [
        ["at_least", -1.0],
        ["at_most", 3.0],
    ]
    m.both.deactivate()
    assert bench.additions().rows.empty


def test_nothing_to_publish(bench: Workbench, tmp_path: Path):
    m = bench.model
    m.impossible = pyo.Constraint(expr=m.kept["City", "FY2022"] <= -1)
    found = bench.solve()
    assert found.status is Status.INFEASIBLE
    with pytest.raises(SolverError, match="nothing to publish: infeasible"):
        bench.publish(tmp_path / "plan", found)
    assert not list(tmp_path.iterdir())
