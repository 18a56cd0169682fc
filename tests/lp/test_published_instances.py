"""Published instances with known optima: the label engine and HiGHS against the literature."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from dcplan.lp.program import Program
from dcplan.solvers import highs
from dcplan.solvers.options import SolveOptions

FOLDER = Path(__file__).parents[2] / "benchmarks" / "cflp"
OPTIMA = {
    "cap41": 1040444.375,
    "cap42": 1098000.450,
    "cap43": 1153000.450,
    "cap44": 1235500.450,
    "cap51": 1025208.225,
    "cap61": 932615.750,
    "cap62": 977799.400,
    "cap63": 1014062.050,
    "cap64": 1045650.250,
    "cap71": 932615.750,
    "cap72": 977799.400,
    "cap73": 1010641.450,
    "cap74": 1034976.975,
}


def program(name: str) -> Program:
    """State an instance: the share of a customer that a warehouse serves, and which warehouses are open."""
    numbers = np.array((FOLDER / f"{name}.txt").read_text("ascii").split(), dtype=float)
    warehouses, customers = int(numbers[0]), int(numbers[1])
    sites = numbers[2 : 2 + 2 * warehouses].reshape(warehouses, 2)
    blocks = numbers[2 + 2 * warehouses :].reshape(customers, 1 + warehouses)
    p = Program(name)
    p.dimension("site", [f"w{i}" for i in range(warehouses)])
    p.dimension("customer", [f"c{i}" for i in range(customers)])
    site = pd.Index([f"w{i}" for i in range(warehouses)], name="site")
    customer = pd.Index([f"c{i}" for i in range(customers)], name="customer")
    pairs = pd.MultiIndex.from_product([customer, site])
    served = p.variable("served", pairs.to_frame(index=False), upper=1.0)
    opened = p.variable("opened", site.to_frame(index=False), upper=1.0, integer=True)
    demand = pd.Series(blocks[:, 0], index=customer)
    cost = pd.Series(blocks[:, 1:].ravel(), index=pairs)
    p.limit("all_served", served.sum("site") == 1.0, over=customer.to_frame(index=False))
    load = (served * demand).sum("customer")
    p.limit(
        "capacity", load - opened * pd.Series(sites[:, 0], index=site) <= 0, over=site.to_frame(index=False)
    )
    linked = served - opened.join(pairs.to_frame(index=False))
    p.limit("linked", linked <= 0, over=pairs.to_frame(index=False))
    p.minimize(serving=served * cost, opening=opened * pd.Series(sites[:, 1], index=site))
    return p


@pytest.mark.parametrize("name,optimum", OPTIMA.items())
def test_optimum_is_the_published_one(name: str, optimum: float) -> None:
    solution = highs.solve(program(name).matrix(), SolveOptions(gap=0.0))
    assert solution.objective == pytest.approx(optimum, rel=1e-6)
