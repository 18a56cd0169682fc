"""From how far a promise gives way to changed inputs, in the units that planners use."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan.errors import InfeasibleError
from dcplan.studies.explain_promises import BY_YEAR, CAP, PIN

if TYPE_CHECKING:
    from datetime import date

    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.studies.explain import Explained
    from dcplan.studies.explain_promises import Promise

LATER = PIN
_TINY = 1e-6


@dataclass(frozen=True)
class Change:
    """A change of inputs.

    Attributes:
        key: the promise that gives way.
        words: the change as a planner says it.
        amount: how much.
        unit: racks, kW, %, M JPY, days, MWh, t.
        edit: makes the changed tables.
        of: class of the racks, where demand is left without a place.
        year: its fiscal year.
    """

    key: str
    words: str
    amount: float
    unit: str
    edit: Callable[[Case], Case]
    of: str = ""
    year: int = 0

    @property
    def unserved(self) -> bool:
        """Whether racks find no place."""
        return bool(self.of)

    def applied(self, case: Case) -> Case:
        """Return the case with the change."""
        return self.edit(case)


def row_of(case: Case, table: str, key: str, name: str) -> dict[str, Any]:
    """Return one input row by its key."""
    frame = case[table]
    row = frame[frame[key] == name].iloc[0]
    return {str(column): row[column] for column in frame.columns}


def with_cells(case: Case, table: str, column: str, change: Callable[[Any], Any], **where: Any) -> Case:
    """Return the case with a column changed in the rows that `where` picks."""
    frame = case[table].copy()
    mask = np.ones(len(frame), dtype=np.bool_)
    for key, wanted in where.items():
        mask &= (frame[key.rstrip("_")].astype(str) == str(wanted)).to_numpy()
    old = frame[column]
    new = [change(value) if chosen else value for value, chosen in zip(old, mask, strict=True)]
    frame[column] = pd.Series(new, index=frame.index, dtype=old.dtype)
    tables = {**case.tables, table: frame}
    changed = replace(case, tables=tables)
    if table == "settings":
        values = dict(zip(frame["setting"], frame["value"], strict=True))
        changed = replace(
            changed, settings={**case.settings, **{str(k): float(v) for k, v in values.items()}}
        )
    return changed


def without_rows(case: Case, table: str, **where: Any) -> Case:
    """Return the case without the rows that `where` picks."""
    frame = case[table]
    mask = np.ones(len(frame), dtype=np.bool_)
    for key, wanted in where.items():
        mask &= (frame[key.rstrip("_")].astype(str) == str(wanted)).to_numpy()
    return replace(case, tables={**case.tables, table: frame[~mask].reset_index(drop=True)})


def up(amount: float, step: float = 1.0) -> float:
    """Return an amount rounded up to a step, at least one step."""
    return max(step, math.ceil(amount / step - _TINY) * step)


def changes_of(at: Explained, promise: Promise, given: float, values: Floats | None = None) -> Change:
    """Return the change of inputs by which a promise gives way.

    Args:
        at: the case and its model.
        promise: the promise.
        given: how far: in the unit of its rows, periods given up for dates, NaN where it is all or nothing.
        values: (columns) the solution that needs no more.

    Raises:
        InfeasibleError: no input of the case lets it give way.
    """
    block = promise.block
    if block.startswith(PIN):
        return _pin(at, promise, given)
    if block.startswith(CAP):
        name = block.removeprefix(CAP)
        amount = up(given)
        return _added(
            promise, "caps", "value", amount, "of its unit", f"raise the cap {name} by {amount:g}", cap=name
        )
    if block not in _HOW:
        raise InfeasibleError("no input lets it give way")
    return _HOW[block](at, promise, given, values)


def _added(
    promise: Promise, table: str, column: str, amount: float, unit: str, words: str, **where: Any
) -> Change:
    return Change(
        promise.key, words, abs(amount), unit,
        lambda case: with_cells(case, table, column, lambda old: old + type(old)(amount), **where),
    )  # fmt: skip


def _demand(_at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    name, year, racks = promise.label("class"), int(promise.label(BY_YEAR)), up(given)
    words = f"leave up to {racks:g} racks of {name} without a place in FY{year}"
    return Change(promise.key, words, racks, "racks", lambda case: case, name, year)


def _flow(at: Explained, promise: Promise, _given: float, _values: Floats | None) -> Change:
    name = promise.label("class")
    row = row_of(at.case, "classes", "class", name)
    if bool(row["movable"]):
        raise InfeasibleError("its racks may be moved already")
    opening = float(at.case["occupancy"].query("`class` == @name")["racks"].sum())

    def edit(case: Case) -> Case:
        case = with_cells(case, "classes", "movable", lambda _: True, class_=name)
        return with_cells(case, "classes", "yearly_move_share", lambda old: old or 1.0, class_=name)

    return Change(promise.key, f"let the {opening:g} racks of {name} be moved", opening, "racks", edit)


def _budget(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    last = int(at.case["budgets"][BY_YEAR].max())
    year, amount = min(int(promise.label(BY_YEAR)), last), up(given, 0.1)
    words = f"raise the CAPEX budget of FY{year} by {amount:,.1f} M JPY"
    return _added(promise, "budgets", "capex_mjpy", amount, "M JPY", words, fiscal_year=year)


def _target(at: Explained, promise: Promise, given: float, values: Floats | None) -> Change:
    from dcplan.model import energy

    name, case = promise.label("target"), at.case
    mine = case["targets"][case["targets"]["target"] == name]
    year = min(int(promise.label(BY_YEAR)), int(mine[BY_YEAR].max()))
    row = mine[mine[BY_YEAR] == year].iloc[0]
    where = {"target": name, "fiscal_year": year}
    if row["metric"] == "location_tco2e":
        amount = up(given, 0.1)
        words = f"raise the target {name} of FY{year} by {amount:,.1f} t"
        return _added(promise, "targets", "value", amount, "t", words, **where)
    p, c = at.model.program, at.model.context
    pue = row["metric"] == "pue"
    quantity = (energy.site_it_mwh if pue else energy.site_facility_mwh)(p, c)
    sites = case["sites"]
    inside = sites if row["boundary"] == "fleet" else sites[sites["ownership"] == "owned"]
    periods = c.tables.periods
    when = periods[periods[BY_YEAR] == int(promise.label(BY_YEAR))][["period"]]
    if values is None:
        raise InfeasibleError("giving way here does not help")
    mwh = quantity.where(inside[["site"]]).where(when).sum("site", "period").value(values)
    exact = given / max(float(np.sum(mwh)), 1e-9)
    share = math.ceil(exact * (1.0 + 1e-7) / 0.001) * 0.001  # what is a hair too little breaks the target
    if pue:
        words = f"raise the PUE target {name} of FY{year} by {share:.3f}"
        return _added(promise, "targets", "value", share, "PUE", words, **where)
    words = f"lower the target {name} of FY{year} by {100 * share:.1f} % points"
    lower = lambda case: with_cells(case, "targets", "value", lambda old: max(0.0, old - share), **where)  # noqa: E731
    return Change(promise.key, words, 100 * share, "% points", lower)


def _grid(_at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    site, amount = promise.label("site"), up(given)
    words = f"raise the grid connection of {site} by {amount:,.0f} kW"
    return _added(promise, "connections", "receiving_kw", amount, "kW", words, site=site)


def _hall_power(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    hall, amount = promise.label("hall"), up(given)
    row = row_of(at.case, "halls", "hall", hall)
    if promise.block == "hall_power_leased":  # by rack under lease: enough when all racks are
        held = row_of(at.case, "leases", "hall", hall)["racks"]
        amount = up(given * float(row["rack_places"]) / float(held))
    words = f"raise the IT power of {hall} by {amount:,.0f} kW"
    return _added(promise, "halls", "it_kw", amount, "kW", words, hall=hall)


def _places(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    hall = promise.label("hall")
    fill = float(row_of(at.case, "halls", "hall", hall)["largest_fill"])
    amount = up(given / fill)
    if promise.block == "rack_places_owned":
        words = f"add {amount:,.0f} rack places to {hall}"
        return _added(promise, "halls", "rack_places", amount, "racks", words, hall=hall)
    step = int(row_of(at.case, "leases", "hall", hall)["step_racks"])
    more = up(amount, float(step))

    def edit(case: Case) -> Case:
        kw = row_of(case, "halls", "hall", hall)
        by_rack = float(kw["it_kw"]) / float(kw["rack_places"])
        case = with_cells(case, "halls", "rack_places", lambda old: old + int(more), hall=hall)
        case = with_cells(case, "halls", "it_kw", lambda old: old + more * by_rack, hall=hall)
        return with_cells(case, "leases", "racks", lambda old: old + int(more), hall=hall)

    return Change(promise.key, f"lease {more:,.0f} racks more in {hall} from the start", more, "racks", edit)


def _fewer(table: str, words: str) -> Callable[..., Change]:
    def change(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
        amount = up(given)
        labels = {key: label for key, label in promise.labels if key in at.case[table].columns}
        text = words.format(amount=amount, **dict(promise.labels))
        where = {f"{key}_": label for key, label in labels.items()}
        column = {"leases": "least_racks"}.get(table, "racks")
        return Change(
            promise.key, text, amount, "racks",
            lambda case: with_cells(case, table, column, lambda old: max(0, old - int(amount)), **where),
        )  # fmt: skip

    return change


def _moves(setting: str, words: str) -> Callable[..., Change]:
    def change(_at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
        amount = up(given, 0.1)
        text = words.format(amount=amount, **dict(promise.labels))
        return _added(promise, "settings", "value", amount, "racks a month", text, setting=setting)

    return change


def _yearly_moves(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    name = promise.label("class")
    opening = float(at.case["occupancy"].query("`class` == @name")["racks"].sum())
    share = up((given + 1.0 - _TINY) / opening, 0.01)
    words = f"let {100 * share:.0f} % points more of {name} move in a year"
    return _added(promise, "classes", "yearly_move_share", share, "% points", words, class_=name)


def _share(column: str, place: str) -> Callable[..., Change]:
    def change(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
        name = promise.label("class")
        demand = at.model.context.tables.demand
        least = float(demand[demand.index.get_level_values("class") == name].replace(0.0, np.nan).min())
        old = float(row_of(at.case, "classes", "class", name)[column])
        share = min(up((given + 1.0 - _TINY) / least, 0.01), 1.0 - old)
        if share <= 0.0:
            raise InfeasibleError("it may stand there wholly already")
        words = f"let {100 * share:.0f} % points more of {name} stand in one {place}"
        return _added(promise, "classes", column, share, "% points", words, class_=name)

    return change


def _volume(at: Explained, promise: Promise, given: float, _values: Floats | None) -> Change:
    name, amount = promise.label("instrument"), up(given, 0.1)
    rows = at.case["instrument_years"]
    year = min(int(promise.label(BY_YEAR)), int(rows[rows["instrument"] == name][BY_YEAR].max()))
    words = f"find {amount:,.1f} MWh more of {name} in FY{year}"
    where = {"instrument": name, "fiscal_year": year}
    return _added(promise, "instrument_years", "volume_mwh", amount, "MWh", words, **where)


def _order(at: Explained, promise: Promise, _given: float, _values: Floats | None) -> Change:
    name = promise.label("project")
    row = row_of(at.case, "projects", "project", name)
    days = 30.0 * float(row["after_months"] or 0)

    def edit(case: Case) -> Case:
        case = with_cells(case, "projects", "after_project", lambda _: "", project=name)
        return with_cells(case, "projects", "after_months", lambda _: 0, project=name)

    return Change(promise.key, f"build {name} without waiting for {row['after_project']}", days, "days", edit)


def _periods(at: Explained, promise: Promise) -> list[str]:
    frame = at.model.program.blocks.rows[promise.block].frame()
    start = at.model.program.blocks.rows[promise.block].start
    return [str(label) for label in frame["period"].iloc[promise.rows - start]]


def _day_after(at: Explained, promise: Promise, freed: float) -> date | None:
    """Return the day from which a promise still holds when it gives up its first periods."""
    labels = _periods(at, promise)
    if math.isinf(freed) or int(freed) >= len(labels):
        return None
    starts = at.model.context.tables.periods.set_index("period")["start"]
    found: date = starts[labels[int(freed)]]
    return found


def _pin(at: Explained, promise: Promise, freed: float) -> Change:
    name = promise.block.removeprefix(PIN)
    row = row_of(at.case, "pins", "pin", name)
    day = _day_after(at, promise, freed) if promise.rows.size else None
    first = max(row["period_from"], at.case.info.as_of)
    if day is None:
        end = row["period_to"] or at.model.context.tables.end
        days = float((end - first).days)
        return Change(
            promise.key,
            f"drop the pin {name}",
            days,
            "days",
            lambda case: without_rows(case, "pins", pin=name),
        )
    days = float((day - first).days)
    words = f"let the pin {name} begin {days:.0f} days later, on {day}"
    return Change(
        promise.key, words, days, "days",
        lambda case: with_cells(case, "pins", "period_from", lambda _: day, pin=name),
    )  # fmt: skip


def _committed(at: Explained, promise: Promise, freed: float, _values: Floats | None) -> Change:
    name = promise.label("project")
    row = row_of(at.case, "projects", "project", name)
    day = _day_after(at, promise, freed)
    if day is None or day >= at.case.info.horizon_end:
        raise InfeasibleError("it would have to come after the horizon")
    days = float((day - row["service_date"]).days)
    words = f"bring {name} into service {days:.0f} days later, on {day}"
    return Change(
        promise.key, words, days, "days",
        lambda case: with_cells(case, "projects", "service_date", lambda _: day, project=name),
    )  # fmt: skip


_HOW: dict[str, Callable[..., Change]] = {
    "meet_demand": _demand,
    "flow": _flow,
    "capex_budget": _budget,
    "target_renewable_share": _target,
    "target_location_tco2e": _target,
    "target_pue": _target,
    "target_hourly_carbon_free_share": _target,
    "site_power": _grid,
    "hall_power_owned": _hall_power,
    "hall_power_leased": _hall_power,
    "rack_places_owned": _places,
    "rack_places_leased": _places,
    "pinned_racks": _fewer("pinned_racks", "free {amount:g} racks of {class} from {hall}"),
    "reserved_arriving": _fewer("reservations", "book {amount:g} racks of {class} fewer"),
    "reserved_standing": _fewer("reservations", "book {amount:g} racks of {class} fewer"),
    "committed_minimum": _fewer("leases", "lower the committed minimum of {lease} by {amount:g} racks"),
    "move_limit_fleet": _moves("move_limit_fleet_racks_per_month", "move {amount:.1f} racks a month more"),
    "move_limit_site": _moves(
        "move_limit_site_racks_per_month", "move {amount:.1f} racks a month more out of a site"
    ),
    "move_limit_class": _yearly_moves,
    "site_share": _share("max_site_share", "site"),
    "region_share": _share("max_region_share", "region"),
    "claims_volume": _volume,
    "precedence": _order,
    "build_time": _committed,
}
