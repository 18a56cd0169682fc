"""SCIP, an independent code base, as second opinion: on random programs, the tutorial and the default case.

SCIP reads the matrix itself, so that no adapter of dcplan stands between the two. Two proofs agree when no
bound is beyond the other's solution, and the solutions agree to the larger of 1e-6 and the gap.
"""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from dcplan.data.shipped import case_folder
from dcplan.lp.program import Program
from dcplan.lp.solution import Status
from dcplan.model import build
from dcplan.plans.request import Request
from dcplan.solvers import child, highs
from dcplan.solvers.options import SolveOptions

scip = pytest.importorskip("pyscipopt")


def opinion(matrix, gap):
    """Cost and proven bound by SCIP; (inf, inf) for a program without a solution."""
    model = scip.Model()
    model.hideOutput()
    model.setParam("limits/gap", gap)
    columns = zip(
        matrix.integrality.tolist(), matrix.col_lower.tolist(), matrix.col_upper.tolist(),
        matrix.cost.tolist(), strict=True,
    )  # fmt: skip
    x = [
        model.addVar(
            vtype="I" if whole else "C",
            lb=None if math.isinf(lower) else lower,
            ub=None if math.isinf(upper) else upper,
            obj=cost,
        )
        for whole, lower, upper, cost in columns
    ]
    indptr, indices, data = (array.tolist() for array in matrix.csr())
    for row, (lower, upper) in enumerate(zip(matrix.row_lower, matrix.row_upper, strict=True)):
        inside = range(indptr[row], indptr[row + 1])
        body = scip.quicksum(data[term] * x[indices[term]] for term in inside)
        if lower == upper:
            model.addCons(body == lower)
            continue
        if math.isfinite(upper):
            model.addCons(body <= upper)
        if math.isfinite(lower):
            model.addCons(body >= lower)
    model.optimize()
    if model.getStatus() == "infeasible":
        return math.inf, math.inf
    assert model.getStatus() in {"optimal", "gaplimit"}
    return model.getObjVal() + matrix.offset, model.getDualbound() + matrix.offset


def agree(matrix, gap, solve=highs.solve):
    """Assert that HiGHS and SCIP agree; return what HiGHS found."""
    found = solve(matrix, SolveOptions(gap=gap))
    cost, bound = opinion(matrix, gap)
    if found.status is Status.INFEASIBLE:
        assert math.isinf(cost)
        return found
    near = 1e-6 * max(1.0, abs(cost))
    assert found.bound <= cost + near
    assert bound <= found.objective + near
    assert abs(found.objective - cost) <= max(near, gap * abs(cost))
    return found


def fleet(seed):
    """A random program shaped as a plan: halls that open once, places, power, a budget, unserved racks."""
    rng = np.random.default_rng(seed)
    halls, years = range(rng.integers(2, 5)), range(rng.integers(2, 5))
    p = Program(f"fleet-{seed}")
    p.dimension("hall", halls)
    p.dimension("year", years)
    both = pd.MultiIndex.from_product([halls, years], names=["hall", "year"])
    frame, by_year = both.to_frame(index=False), pd.DataFrame({"year": years})
    hall, year = pd.RangeIndex(len(halls), name="hall"), pd.RangeIndex(len(years), name="year")
    racks = p.variable("racks", frame, integer=bool(seed % 3))
    opened = p.variable("open", frame, upper=1, integer=True)
    short = p.variable("short", by_year, upper=float(rng.integers(0, 30)))
    p.limit(
        "places", racks - opened * pd.Series(rng.integers(4, 30, len(halls)) * 1.0, hall) <= 0, over=frame
    )
    demand = pd.Series(rng.integers(3, 50, len(years)).astype(float), year)
    p.limit("demand", racks.sum("hall") + short == demand, over=by_year)
    p.limit("start_once", opened - opened.shift("year", opening=0) >= 0, over=frame)
    power = pd.Series(rng.uniform(0.5, 4, len(halls)).round(2), hall)
    p.limit("power", (racks * power).sum("hall") <= float(rng.integers(40, 160)), over=by_year)
    price = pd.Series(rng.uniform(1, 9, len(both)).round(2), both)
    p.minimize(running=racks * price, opening=opened * float(rng.integers(1, 60)), short=short * 30, sunk=11)
    return p


@pytest.mark.parametrize("first", range(0, 200, 50))
def test_two_hundred_random_programs(first):
    solved = [agree(fleet(seed).matrix(), 0.0).status for seed in range(first, first + 50)]
    assert set(solved) <= {Status.OPTIMAL, Status.INFEASIBLE}
    assert solved.count(Status.OPTIMAL) > 10


def program_of(name, **asked):
    case, calendar = Request(str(case_folder(name)), **asked).open()
    return build(case, calendar).program


@pytest.mark.parametrize("by", ["year", "half"])
def test_the_tutorial_case(by):
    assert agree(program_of("toy", by=by).matrix(), 0.0).status is Status.OPTIMAL


@pytest.mark.default_case
def test_the_default_case_by_year(record_property):
    """All sixteen sites, every class, lease and family: no bound beyond the other's solution."""
    program = program_of("iij", by="year")
    sites = set(program.labels["site"].index) - {"fleet"}
    assert len(sites) == 16
    found = agree(program.matrix(), 1e-3, child.solve)
    record_property("seconds", round(found.seconds, 1))
    assert found.status is Status.OPTIMAL
