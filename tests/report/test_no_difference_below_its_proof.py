"""No printed difference is smaller than its proof: what cannot be told apart has no price in any text."""

from __future__ import annotations

import math
import re

import pandas as pd
import pytest

from dcplan.report.alternatives_text import alternatives_text, price
from dcplan.report.explain_text import explain_text
from dcplan.report.frontier_text import frontier_text
from dcplan.report.why_text import marginals_text, why_text
from dcplan.studies.resolve_interval import Interval, Proof, Verdict, difference

OPEN = Interval(-3.25, 7.75)
PROVEN = Interval(50.0, 52.0)
MIDDLE = re.compile(r"\b2\.2|2\.3\b")
"""The middle of the open interval: a number that only a text that hides its proof would print."""


def told(interval: Interval) -> dict[str, object]:
    return {"low_mjpy": interval.low, "high_mjpy": interval.high, "verdict": interval.verdict.value}


def test_an_interval_with_zero_inside_is_open() -> None:
    """Costs 100 and 104 with bounds 99.25 and 96: the difference lies between -4 and 4.75."""
    found = difference(Proof(99.25, 100.0), Proof(96.0, 104.0))
    assert (found.low, found.high) == pytest.approx((-4.0, 4.75), abs=1e-5)
    assert found.verdict is Verdict.OPEN
    assert PROVEN.verdict is Verdict.RESOLVED


def test_the_price_of_an_opposite_is_its_most_or_an_interval() -> None:
    assert price(told(OPEN)) == "under 7.8"
    assert price(told(PROVEN)) == "50.0 .. 52.0"
    assert price({**told(Interval(math.inf, math.inf)), "verdict": "impossible"}) == "impossible"


def test_alternatives_print_no_price_that_is_not_proven() -> None:
    rows = [
        {"decision": "start A", "opposite": "not start A", "standing": standing, **told(interval)}
        for standing, interval in (("not settled", OPEN), ("preferred", PROVEN))
    ]
    document = {"within": 0.01, "cost_mjpy": 1e3, "bound_mjpy": 999.0, "alternatives": pd.DataFrame(rows)}
    text = alternatives_text({**document, "edges": pd.DataFrame()})
    assert "under 7.8" in text
    assert "50.0 .. 52.0" in text
    assert not MIDDLE.search(text)


def test_a_why_not_that_is_open_prints_its_most_and_no_terms() -> None:
    terms = pd.DataFrame([("rent", 1.0, 3.25, 2.25)], columns=["term", "before", "after", "difference_mjpy"])
    document = {"asked": ["keep site=X"], "done": False, "terms": terms, "quantities": terms.iloc[:0]}
    document |= {"now_bind": [], "no_longer_bind": [], "before": "", "after": ""}
    text = why_text({**document, **told(OPEN)})
    assert "at most 7.75 M JPY more: not distinguishable" in text
    assert not MIDDLE.search(text)
    assert "+2.2" in why_text({**document, **told(PROVEN)})


def test_a_marginal_that_is_open_has_no_price_per_unit() -> None:
    row = {"what": "racks of x", "step": 50.0, "unit": "racks", "dual_mjpy_per_unit": None}
    row |= {"low_mjpy_per_unit": -0.065, "high_mjpy_per_unit": 0.155, "dual_misleads": False, "note": ""}
    text = marginals_text(pd.DataFrame([{**row, **told(OPEN)}]))
    assert "-3.2 .. 7.8 ?" in text
    assert "0.1" not in text
    assert "0.1" in marginals_text(pd.DataFrame([{**row, **told(PROVEN)}]))


def test_a_step_of_a_frontier_that_is_open_has_no_price_per_unit() -> None:
    points = pd.DataFrame({"point": ["a", "b"], "cost": [100.0, 102.0], "carbon": [10.0, 5.0]})
    points = points.assign(gap=0.01, knee=False, twin="", beaten_by="")
    step = {"from": "a", "to": "b", "kind": "racks", "objective": "carbon", "change": -5.0}
    step |= {"low_mjpy_per_unit": None, "high_mjpy_per_unit": None}
    document = {"between": ["cost", "carbon"], "points": points, "notes": []}
    text = frontier_text({**document, "steps": pd.DataFrame([{**step, **told(OPEN)}])})
    assert "not distinguishable" in text
    assert "M JPY/tCO2e" not in text


def test_a_repair_that_is_no_dearer_by_proof_says_so() -> None:
    repair = {"words": "drop the pin", "decisions": "", "soft": False, "folder": "", "cost_mjpy": 100.0}
    repairs = [{**repair, **told(Interval(0.0, 0.0))}, {**repair, **told(OPEN), "cost_mjpy": 102.25}]
    promise = {"words": "the pin", "inputs": []}
    conflict = {"promises": [promise], "minimal": True, "why": ""}
    text = explain_text({"conflicts": [conflict], "repairs": repairs, "refused": []})
    assert "not distinguishable from the cheapest" in text
    assert "+7.8" not in text
