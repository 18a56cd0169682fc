"""Random leases alone: what the model pays is the least over every choice that the contract allows.

One leased site with one hall holds all racks, so that nothing but its lease is left to decide: releases at
term ends, breaks, tranches, steps, the committed minimum. Leaving a site is among the cases of the brute
force, where racks have somewhere to go.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest

from tests.random_cases.draw import Drawing
from tests.random_cases.leases import Lease
from tests.random_cases.solving import least_cost, tried
from tests.random_cases.world import World


def test_a_lease_costs_the_least_that_its_choices_allow(lease_seed: int, tmp_path: Path) -> None:
    case, best = tried(
        20_000 + lease_seed, tmp_path, lambda number: Drawing(number, (("leased",),)).draw(), 1
    )
    solution = least_cost(case.case)
    if not math.isfinite(best.cost):
        assert solution is None
        return
    assert solution is not None
    assert solution.objective == pytest.approx(best.cost, rel=1e-6, abs=1e-6), f"case {case.seed}"


def test_the_leases_that_are_drawn_differ() -> None:
    rows = [Drawing(n, (("leased",),)).draw().tables["leases"][0] for n in range(200)]
    assert {row["renewal"] for row in rows} == {"automatic", "by_consent", "none"}
    assert {row["step_racks"] for row in rows} == {1, 2, 3}
    for column in ("least_racks", "option_racks", "break_fee_months", "option_until"):
        assert {bool(row[column]) for row in rows} == {True, False}


def test_a_missed_notice_binds_the_whole_renewal_by_hand(tmp_path: Path) -> None:
    """Notice of 12 months cannot reach a term end after six: racks go back 24 months later, not before."""
    drawn = next(
        case
        for n in range(2000)
        for case in [Drawing(n, (("leased",),)).draw()]
        if case.tables["leases"][0]["renewal"] == "automatic"
        and case.tables["leases"][0]["break_fee_months"] is None
        and case.info["granularity"] == "year"
        and case.info["horizon_end"].year == 2025
    )
    drawn.tables["leases"][0] |= {"term_end": "2022-09-30", "notice_months": 12, "renewal_months": 24}
    world = World(drawn.write(tmp_path / "case"))
    lease = Lease(world, world.rows("leases")[0])
    assert [(release.t, release.day.isoformat()) for release in lease.releases] == [(2, "2024-10-01")]
