"""A monthly update as printed text: plan against actual, and what changed in the decisions."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    import pandas as pd

LINES = 12


def update_text(told: Mapping[str, Any]) -> str:
    """Return an update in words.

    Args:
        told: the update as plain data (`dcplan.studies.update.update_document`).
    """
    lines = [f"Plan from {told['as_of']}: {told['cost_mjpy']:,.0f} M JPY, gap {100 * told['gap']:.3f} %", ""]
    lines += ["Plan against actual (causes: more or fewer IT MWh, another PUE, another price per MWh)"]
    lines.append(_bridge(told["years"]))
    away = told["racks"]
    away = away[away["difference_racks"] != 0]
    if len(away):
        order = away["difference_racks"].abs().sort_values(ascending=False).index
        lines += ["", f"Racks that differ most ({len(away)} of {len(told['racks'])} places)"]
        lines.append(away.loc[order].head(LINES).to_string(index=False, float_format=lambda v: f"{v:,.0f}"))
    if told["remarks"]:
        lines += ["", "Moved on", *[f"  {remark}" for remark in told["remarks"]]]
    changes = told["changes"]
    lines += ["", "Decisions that change" if len(changes) else "No decision changes."]
    if len(changes):
        lines.append(changes.to_string(index=False))
    return "\n".join(lines) + "\n"


def _bridge(years: pd.DataFrame) -> str:
    shown = years.copy()
    shown["fiscal_year"] = "FY" + shown["fiscal_year"].astype(str)
    for name in ("plan", "actual"):
        shown[name] = [f"{value:,.1f}" for value in shown[name]]
    for name in ("difference", "volume", "pue", "price"):
        shown[name] = [f"{value:+,.1f}" if value == value else "" for value in shown[name]]  # noqa: PLR0124
    return shown.to_string(index=False)
