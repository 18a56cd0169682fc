"""The promises of a model by name: which rows state each, in words, with the input rows that ask for it.

What is accounting or physics (racks that stay where they are, leases that go on, peaks that are billed) binds
as well and is never asked away: it is the background of every explanation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dcplan.data.calendar import fiscal_year
from dcplan.data.tables import TABLES

if TYPE_CHECKING:
    import numpy.typing as npt

    from dcplan.data.case import Case
    from dcplan.lp.matrix import Block
    from dcplan.model import PlanningModel

    Places = npt.NDArray[np.int64]

BY_YEAR = "fiscal_year"
GROUPS: dict[str, tuple[str, ...]] = {
    "meet_demand": ("class", BY_YEAR),
    "flow": ("class",),
    "pinned_racks": ("class", "hall"),
    "reserved_arriving": ("class", "area"),
    "reserved_standing": ("class", "area"),
    "rack_places_owned": ("hall",),
    "rack_places_leased": ("hall",),
    "hall_power_owned": ("hall",),
    "hall_power_leased": ("hall",),
    "site_power": ("site",),
    "build_time": ("project",),
    "precedence": ("project",),
    "committed_minimum": ("lease",),
    "move_limit_fleet": (),
    "move_limit_site": ("site",),
    "move_limit_class": ("class",),
    "site_share": ("class",),
    "region_share": ("class",),
    "claims_volume": ("instrument", BY_YEAR),
    "capex_budget": (BY_YEAR,),
    "target_renewable_share": ("target", BY_YEAR),
    "target_location_tco2e": ("target", BY_YEAR),
    "target_pue": ("target", BY_YEAR),
    "target_hourly_carbon_free_share": ("target", BY_YEAR),
}
"""Blocks of rows that state promises, and the labels by which they are named apart."""
PIN, CAP = "pin_", "cap_"


@dataclass(frozen=True, eq=False)
class Promise:
    """One promise that a plan must keep.

    Attributes:
        block: name of its block of rows.
        labels: (dimension, label) pairs that name it within the block.
        rows: positions of its rows.
        words: the promise as a planner says it.
        inputs: the input rows that ask for it, as `budgets.csv row 3: capex_mjpy = 200`.
    """

    block: str
    labels: tuple[tuple[str, str], ...]
    rows: Places
    words: str
    inputs: tuple[str, ...]

    @property
    def key(self) -> str:
        """Return the promise as one short name: `capex_budget[2023]`."""
        return f"{self.block}[{','.join(label for _, label in self.labels)}]" if self.labels else self.block

    def label(self, dim: str) -> str:
        """Return one of its labels."""
        return dict(self.labels)[dim]


def promises(model: PlanningModel) -> list[Promise]:
    """Return every promise of a model that may be asked away, in the order of the model."""
    found: list[Promise] = []
    for name, block in model.program.blocks.rows.items():
        if name in GROUPS:
            found += _groups(model, block, GROUPS[name])
        elif name.startswith((PIN, CAP)):
            found += _groups(model, block, ())
    return found


def _groups(model: PlanningModel, block: Block, dims: tuple[str, ...]) -> Iterator[Promise]:
    frame = block.frame()
    if BY_YEAR in dims and BY_YEAR not in frame:
        frame = frame.merge(model.context.tables.fiscal_year_of, how="left", on="period")
    places = np.arange(block.start, block.stop, dtype=np.int64)
    if not dims:
        yield _promise(model, block.name, (), places)
        return
    for labels, rows in frame.groupby(list(dims), sort=False).indices.items():
        named = labels if isinstance(labels, tuple) else (labels,)
        pairs = tuple((dim, str(label)) for dim, label in zip(dims, named, strict=True))
        yield _promise(model, block.name, pairs, places[np.sort(rows)])


def _promise(model: PlanningModel, block: str, labels: tuple[tuple[str, str], ...], rows: Places) -> Promise:
    words, inputs = told(model.context.tables.case, block, dict(labels))
    return Promise(block, labels, rows, words, inputs)


def told(case: Case, block: str, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    """Return a promise in words, and the input rows that ask for it."""
    if block.startswith(PIN):
        return _pin(case, block.removeprefix(PIN))
    if block.startswith(CAP):
        name = block.removeprefix(CAP)
        row = case["caps"].set_index("cap").loc[name]
        words = f"the cap {name}: {row['measure']} of the horizon at most {row['value']:g}"
        return words, cells(case, "caps", "value", cap=name)
    return _SAID[block](case, labels)


def cells(case: Case, table: str, column: str, **where: Any) -> tuple[str, ...]:
    """Return input cells as text, `budgets.csv row 3: capex_mjpy = 200`, at most four of them."""
    frame = case[table]
    mask = np.ones(len(frame), dtype=np.bool_)
    for key, wanted in where.items():
        mask &= (frame[key.rstrip("_")].astype(str) == str(wanted)).to_numpy()
    places = np.flatnonzero(mask)
    file = TABLES[table].file
    said = [
        f"{file} row {case.row_number(table, int(place))}: {column} = {_text(frame[column].iloc[place])}"
        for place in places
    ]
    return tuple(said if len(said) <= MOST else [*said[: MOST - 1], f"and {len(said) - MOST + 1} rows more"])


MOST = 4


def _text(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float | np.floating) else str(value)


def _pin(case: Case, name: str) -> tuple[str, tuple[str, ...]]:
    frame = case["pins"]
    row: dict[Any, Any] = frame[frame["pin"] == name].iloc[0].to_dict()
    who = next(
        (str(row[key]) for key in ("hall", "site", "project", "lease", "class") if row[key]), "the fleet"
    )
    until = f" to {row['period_to']}" if row["period_to"] is not None else ""
    words = (
        f"the pin {name}: {row['decision']} {who} {row['sense']} {float(row['value']):g} "
        f"from {row['period_from']}{until} ({row['reason']})"
    )
    return words, cells(case, "pins", "value", pin=name)


def _demand(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    name, year = labels["class"], int(labels[BY_YEAR])
    rows = case["demand"]
    mine = rows[rows["class"] == name]
    near = mine[[year <= fiscal_year(day) <= year + 1 for day in mine["date"]]]
    near = mine.tail(1) if near.empty else near
    said = tuple(
        f"demand.csv row {case.row_number('demand', int(place))}: racks = {_text(rows['racks'].iloc[place])} "
        f"on {rows['date'].iloc[place]}"
        for place in near.index[:MOST]
    )
    return f"the demand of {name} in FY{year} (up to {near['racks'].max():g} racks)", said


def _flow(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    name = labels["class"]
    movable = bool(case["classes"].set_index("class").loc[name, "movable"])
    words = "leave a hall only by churn or a move" if movable else "may not be moved, and leave only by churn"
    return f"racks of {name} {words}", cells(case, "classes", "movable", class_=name)


def _of(words: str, table: str, column: str, key: str) -> Callable[..., tuple[str, tuple[str, ...]]]:
    def say(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
        found = cells(case, table, column, **{f"{key}_": labels[key]})
        return words.format(name=labels[key]), found

    return say


def _lease_places(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    hall = labels["hall"]
    ends = cells(case, "leases", "term_end", hall=hall)
    return f"no more racks in {hall} than are leased there", (
        *cells(case, "leases", "racks", hall=hall),
        *ends,
    )


def _setting(words: str, setting: str) -> Callable[..., tuple[str, tuple[str, ...]]]:
    def say(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
        return words.format(**labels), cells(case, "settings", "value", setting=setting)

    return say


def _year(words: str, table: str, column: str, key: str = "") -> Callable[..., tuple[str, tuple[str, ...]]]:
    def say(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
        year = min(int(labels[BY_YEAR]), int(case[table][BY_YEAR].max()))
        where = {f"{key}_": labels[key]} if key else {}
        found = cells(case, table, column, fiscal_year=year, **where)
        return words.format(name=labels.get(key, ""), year=labels[BY_YEAR]), found

    return say


def _pinned(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    where = {"class_": labels["class"], "hall": labels["hall"]}
    words = f"the racks of {labels['class']} that a contract holds in {labels['hall']}"
    return words, cells(case, "pinned_racks", "racks", **where)


def _reserved(case: Case, labels: dict[str, str]) -> tuple[str, tuple[str, ...]]:
    words = f"the bookings of {labels['class']} in {labels['area']}"
    return words, cells(case, "reservations", "racks", class_=labels["class"])


_SAID: dict[str, Callable[..., tuple[str, tuple[str, ...]]]] = {
    "meet_demand": _demand,
    "flow": _flow,
    "pinned_racks": _pinned,
    "reserved_arriving": _reserved,
    "reserved_standing": _reserved,
    "rack_places_owned": _of("the rack places of {name}", "halls", "rack_places", "hall"),
    "rack_places_leased": _lease_places,
    "hall_power_owned": _of("the IT power of {name}", "halls", "it_kw", "hall"),
    "hall_power_leased": _of("the contract power of {name}", "halls", "it_kw", "hall"),
    "site_power": _of("the grid connection of {name}", "connections", "receiving_kw", "site"),
    "build_time": _of("the committed date of {name}", "projects", "service_date", "project"),
    "precedence": _of("{name} comes after the project it stands on", "projects", "after_project", "project"),
    "committed_minimum": _of("the committed minimum of {name}", "leases", "least_racks", "lease"),
    "move_limit_fleet": _setting("moves of the fleet in a month", "move_limit_fleet_racks_per_month"),
    "move_limit_site": _setting("moves out of {site} in a month", "move_limit_site_racks_per_month"),
    "move_limit_class": _of("moves of {name} in a year", "classes", "yearly_move_share", "class"),
    "site_share": _of("the largest share of {name} at one site", "classes", "max_site_share", "class"),
    "region_share": _of("the largest share of {name} in one region", "classes", "max_region_share", "class"),
    "claims_volume": _year(
        "the volume of {name} in FY{year}", "instrument_years", "volume_mwh", "instrument"
    ),
    "capex_budget": _year("the CAPEX budget of FY{year}", "budgets", "capex_mjpy"),
    "target_renewable_share": _year("the target {name} of FY{year}", "targets", "value", "target"),
    "target_location_tco2e": _year("the target {name} of FY{year}", "targets", "value", "target"),
    "target_pue": _year("the target {name} of FY{year}", "targets", "value", "target"),
    "target_hourly_carbon_free_share": _year("the target {name} of FY{year}", "targets", "value", "target"),
}
