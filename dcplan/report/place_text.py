"""The answer to an order enquiry as printed text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

TERMS = 8


def enquiry_text(answer: Mapping[str, Any]) -> str:
    """Return the answer in words: whether it fits, where, at what cost, and what it changes.

    Args:
        answer: the answer as plain data (`dcplan.studies.place.enquiry_document`).
    """
    order = answer["order"]
    where = f" in {order['region']}" if order["region"] else ""
    until = f" until {order['until']}" if order["until"] else ""
    lines = [f"{order['racks']:,} racks of {order['rack_class']}{where} from {order['start']}{until}"]
    if answer["fits"]:
        lines.append("fits from the day asked for")
    else:
        lines.append(f"does not fit by then; the earliest period in which it does starts on {answer['from']}")
    lines += ["", cost_line(answer["cost_mjpy"]), ""]
    lines += [
        "Racks more than without the order, at the end of the period of arrival",
        _table(answer["where"]),
    ]
    if answer["changes"].empty:
        lines += ["", "No decision changes."]
    else:
        lines += ["", "Decisions that change", _table(answer["changes"])]
    terms = answer["terms"]
    terms = terms.loc[terms["difference_mjpy"].abs().sort_values(ascending=False).index]
    terms = terms[terms["difference_mjpy"].abs() >= 0.05].head(TERMS)
    lines += [
        "",
        f"Largest differences by cost term, present value in M JPY (of {len(answer['terms'])} terms)",
    ]
    shown = terms[["term", "difference_mjpy"]].assign(
        difference_mjpy=[f"{value:+,.1f}" for value in terms["difference_mjpy"]]
    )
    return "\n".join([*lines, _table(shown)]) + "\n"


def cost_line(cost: Mapping[str, Any]) -> str:
    """Return the cost of the order in words, as honest as the gaps of both solves."""
    low, high = f"{cost['low']:+,.1f}", f"{cost['high']:+,.1f}"
    between = f"{low if low == high else f'between {low} and {high}'} M JPY present value"
    if cost["verdict"] == "not distinguishable":
        return f"Cost of the order: not distinguishable from nothing ({between}); prove more with --gap"
    note = "" if cost["verdict"] == "resolved" else " (the sign is proven; prove more with --gap)"
    return f"Cost of the order: {between}{note}"


def _table(rows: pd.DataFrame) -> str:
    return rows.to_string(index=False, float_format=lambda value: f"{value:+,.0f}")
