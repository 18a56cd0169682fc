"""Pins: decisions that the planner fixes or bans, one row each, so that each has a price."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dcplan.model.variables import in_service, kept, leased_racks

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.lp.program import Program
    from dcplan.lp.terms import Expr
    from dcplan.model.context import Context

KEYS = {
    "in_service": ["hall"],
    "upgraded": ["project"],
    "kept": ["site"],
    "leased_racks": ["lease"],
    "racks": ["class", "hall"],
    "moved_out": ["class", "hall"],
}


def pins(p: Program, c: Context) -> None:
    r"""A decision that the planner pinned keeps to its pin.

    $$ \mathrm{decision}_{i,t} \ \{\le, \ge, =\}\ \mathrm{value}_i
       \quad \forall t \in [\mathrm{from}, \mathrm{to}) \quad [\text{the decision's unit}] $$

    A pin without a class, hall or lease holds for the sum over them.
    """
    if c.tables.case["pins"].empty:
        return
    for pin in c.tables.case["pins"].to_dict("records"):
        over = _periods(pin, c)
        quantity = _decision(p, c, pin["decision"]).where(over)
        for key in KEYS[pin["decision"]]:
            if pin[key]:
                quantity = quantity.where(over.assign(**{key: pin[key]})[[key, "period"]])
        quantity = quantity.sum(*KEYS[pin["decision"]]).or_zero()
        value = float(pin["value"])
        relations = {"<=": quantity <= value, ">=": quantity >= value, "=": quantity == value}
        p.limit(f"pin_{pin['pin']}", relations[pin["sense"]], over=over, unit="the decision's unit")


def _decision(p: Program, c: Context, name: str) -> Expr:
    states = {
        "in_service": lambda: in_service(p, c.tables),
        "kept": lambda: kept(p, c),
        "leased_racks": lambda: leased_racks(p, c),
    }
    return states[name]() if name in states else p[name]


def _periods(pin: dict[Any, Any], c: Context) -> pd.DataFrame:
    """Return the periods that start within the pin's dates."""
    periods = c.tables.periods
    to = pin["period_to"]
    inside = [start >= pin["period_from"] and (to is None or start < to) for start in periods["start"]]
    return periods.loc[inside, ["period"]].reset_index(drop=True)
