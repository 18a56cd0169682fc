"""How many random cases are tried: `DCPLAN_RANDOM=500 pytest tests/random_cases` is the long run."""

from __future__ import annotations

import os

import pytest

N = int(os.environ.get("DCPLAN_RANDOM", "5"))
COUNTS = {"brute_seed": N, "changed_seed": 6 * N // 10, "route_seed": 4 * N // 10, "lease_seed": N,
          "planted_seed": N // 4}  # fmt: skip
"""Cases against the brute force, changes that must not matter, cases by three routes, single
leases, planted conflicts."""


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Give each test its seeds."""
    for name in COUNTS.keys() & set(metafunc.fixturenames):
        metafunc.parametrize(name, range(COUNTS[name]))
