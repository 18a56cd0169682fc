"""The regret of an earlier edition as printed text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

TERMS = 8


def regret_text(told: Mapping[str, Any]) -> str:
    """Return a regret in words: the three plans, the interval, the decisions that differ, the cost terms.

    Args:
        told: the regret as plain data (`dcplan.studies.regret.regret_document`).
    """
    plans, between = told["plans"], told["regret_mjpy"]
    interval = f"between {between['low']:,.1f} and {between['high']:,.1f} M JPY present value"
    words = {"resolved": "", "sign proven": " (the sign is proven)"}
    note = words.get(between["verdict"], " (not distinguishable from nothing: prove more with --gap)")
    lines = [
        f"Known on {told['known_on']}: a plan thought to cost {told['expected_mjpy']:,.0f} M JPY",
        f"What came: the best plan costs {plans['retrospective']['cost_mjpy']:,.0f} M JPY, "
        f"that plan's starts and exits {plans['carried']['cost_mjpy']:,.0f} M JPY",
        f"Regret: {interval}{note}",
    ]
    over = told["overspend"]
    lines += [
        f"Over the budget of FY{row['fiscal_year']}: {row['over_mjpy']:,.0f} M JPY"
        for row in over.to_dict("records")
    ]
    changes = told["changes"].rename(columns={"before": "all known", "after": "known then"})
    lines += ["", "Decisions that differ" if len(changes) else "No decision differs."]
    lines += [changes.to_string(index=False)] if len(changes) else []
    terms = told["terms"]
    terms = terms.loc[terms["difference_mjpy"].abs().sort_values(ascending=False).index]
    terms = terms[terms["difference_mjpy"].abs() >= 0.05].head(TERMS)
    shown = [f"  {row['term']:<24}{row['difference_mjpy']:>+12,.1f}" for row in terms.to_dict("records")]
    lines += ["", "Largest differences by cost term, present value in M JPY", *shown]
    return "\n".join(lines) + "\n"
