"""A conflict that was planted is explained by its cause, and the first repair works.

`DCPLAN_RANDOM=400 pytest tests/random_cases/test_planted_conflicts.py` plants one hundred, ten of each kind.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dcplan.data.case import Case
from dcplan.data.check import check
from dcplan.data.load import load
from dcplan.solvers import highs
from dcplan.studies.explain import DATA, prepared
from dcplan.studies.repair import Explanation, explained
from dcplan.studies.soft import softened
from tests.random_cases.planted import KINDS, Planted
from tests.random_cases.solving import EXACT, drawn_cases, model_of

MOST = 60


def planted(seed: int, folder: Path) -> tuple[str, Planted]:
    """The conflict of a seed: its kind in turn, in the first case that has a plan without it."""
    kind = KINDS[seed % len(KINDS)]
    for extra in range(MOST):
        for _, place in drawn_cases(10_000 + 7 * seed + extra, folder / str(extra)):
            if not check(place).ok:
                continue
            case = load(place)
            found = kind(case)
            if found is not None and possible(case) and not possible(found[0]):
                return kind.__name__, found
            break
    raise AssertionError(f"no case for {kind.__name__}")


def possible(case: Case) -> bool:
    model = model_of(case)
    return model is not None and highs.solve(model.program.matrix(), EXACT).has_values


def test_the_cause_is_named_and_the_first_repair_works(planted_seed: int, tmp_path: Path) -> None:
    name, (case, cause) = planted(planted_seed, tmp_path)
    found = explained(case)
    keys = [promise.key for promise in found.conflicts[0].promises]
    assert any(key.startswith(cause) for key in keys), f"{name}: {keys}"
    assert all(promise.words for promise in found.conflicts[0].promises)
    refuse_what_is_not_minimal(case, found)
    assert found.repairs, f"{name}: {found.refused}"
    first = found.repairs[0]
    assert np.isfinite(first.proof.cost)
    if first.soft:
        assert highs.solve(softened(first.case).program.matrix(), EXACT).has_values, name
    else:
        assert possible(first.case), f"{name}: {first.words}"
    assert all(step.amount > 0 or step.unit == "days" for step in first.steps)


def refuse_what_is_not_minimal(case: Case, found: Explanation) -> None:
    """Without any one promise of the conflict the others can be kept; all together they cannot."""
    conflict = found.conflicts[0]
    if conflict.shown_by == DATA:
        return
    at = prepared(case)
    held = [each for each in at.promises if each.key in {promise.key for promise in conflict.promises}]
    assert not highs.solve(at.kept(held), EXACT).has_values
    for left_out in held:
        rest = [each for each in held if each is not left_out]
        assert highs.solve(at.kept(rest), EXACT).has_values, f"{left_out.key} is not needed"


def test_every_kind_is_planted() -> None:
    assert len(KINDS) == len(set(KINDS)) == 10
