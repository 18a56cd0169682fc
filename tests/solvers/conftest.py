"""Small programs with known answers."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from dcplan.lp.program import Program


def knapsack(items=60, limits=25, seed=0):
    """An integer program that takes HiGHS about a second at two thousand nodes."""
    rng = np.random.default_rng(seed)
    p = Program("knapsack")
    p.dimension("item", range(items))
    p.dimension("limit", range(limits))
    x = p.variable("taken", pd.DataFrame({"item": range(items)}), upper=4, integer=True)
    both = pd.MultiIndex.from_product([range(items), range(limits)], names=["item", "limit"])
    weight = pd.Series(rng.integers(5, 60, items * limits).astype(float), index=both)
    worth = pd.Series(rng.integers(10, 80, items).astype(float), index=pd.RangeIndex(items, name="item"))
    p.limit("weight", (x * weight).sum("item") <= 50.0 * items, over=pd.DataFrame({"limit": range(limits)}))
    p.minimize(worth=x * -worth, fixed=100)
    return p


def trickle(sites=3, big=1e7):
    """Closed sites serve nothing: 10 MW take one opening at 1000 and 0.01 per MW, 1000.1 in all."""
    p = Program("trickle")
    p.dimension("site", range(sites))
    index = pd.DataFrame({"site": range(sites)})
    opened, served = p.variable("open", index, upper=1, integer=True), p.variable("served", index)
    p.limit("link", served - opened * big <= 0, over=index)
    p.limit("demand", served.sum() >= 10)
    p.minimize(opening=opened * 1000, serving=served * 0.01)
    return p


@pytest.fixture(name="knapsack")
def _knapsack():
    return knapsack


@pytest.fixture(name="trickle")
def _trickle():
    return trickle


@pytest.fixture(name="lp")
def _lp():
    """Minimise 2x + 3y + 1 with x + y >= 4, x <= 3: x = 3, y = 1, cost 10."""
    p = Program("lp")
    x, y = p.variable("x", upper=3), p.variable("y")
    p.limit("sum", x + y >= 4)
    p.minimize(cost=2 * x + 3 * y + 1)
    return p
