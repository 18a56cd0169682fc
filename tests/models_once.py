"""Models that are built again and again: the model of one case is built once, and its tables are made once.

For tests of what is done with a model, not of how it is built: a study opens the same saved plan ten times.
A model is a function of the case, the calendar and what is asked of it, and the tables of a plan are one of
the model and its values. Everybody gets a program of their own (`Program.copy`), for rows are added and
variables fixed. Not for tests that plant faults in the model: they have to build it anew.
"""

from __future__ import annotations

import hashlib
import sys
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from dcplan.data.calendar import Calendar
from dcplan.data.case import Case
from dcplan.lp.labels import Labels
from dcplan.model import PlanningModel, build
from dcplan.plans.publish import tables_of

OWN = {__name__, "tests.figures_once"}
"""The modules that remember: they alone go on to call the functions themselves."""
MOST = 16
"""Models, and tables of plans, that are kept: those that were asked for last."""
MODELS: OrderedDict[Hashable, PlanningModel] = OrderedDict()
TABLES: OrderedDict[Hashable, tuple[PlanningModel, dict[str, pd.DataFrame]]] = OrderedDict()


@contextmanager
def models_once() -> Iterator[None]:
    """Let every module that builds models and makes tables of plans do it once for the same."""
    with instead({build: built_once, tables_of: tables_once}):
        yield


@contextmanager
def instead(others: Mapping[Callable[..., Any], Callable[..., Any]]) -> Iterator[None]:
    """Let every module call other functions instead of these."""
    for real, other in others.items():
        _replace(real, other)
    try:
        yield
    finally:
        for real, other in others.items():
            _replace(other, real)  # also where a module was imported meanwhile


def _replace(old: Callable[..., Any], new: Callable[..., Any]) -> None:
    for name, module in list(sys.modules.items()):
        if name.split(".")[0] in {"dcplan", "tests"} and name not in OWN:
            for called, each in list(vars(module).items()):
                if each is old:
                    setattr(module, called, new)


def built_once(case: Case, calendar: Calendar, **asked: Any) -> PlanningModel:
    """Build a model, or copy the one that was built of the same; a context is what it was computed from."""
    told = {**asked}
    if (context := told.pop("context", None)) is not None:
        case, calendar = context.tables.case, context.tables.calendar
        told["terminal_value"] = context.tables.terminal_value
    words = tuple(
        (name, value if isinstance(value, Hashable) else tuple(value)) for name, value in sorted(told.items())
    )
    key = (words, of_case(case), of_table(calendar.periods))
    model = kept(MODELS, key, lambda: build(case, calendar, **asked))
    program = model.program.copy()
    program.labels = Labels({**program.labels.dimensions})  # rows that are added may bring dimensions
    return replace(model, program=program, costs=[*model.costs])


def tables_once(
    model: PlanningModel, values: np.ndarray, announced: dict[str, date | None]
) -> dict[str, pd.DataFrame]:
    """Make the tables of a plan, or copy those that were made of the same values of the same model."""
    variables = tuple(model.program.blocks.variables)
    key = (id(model.context), tuple(map(id, model.costs)), variables, values.tobytes(), repr(announced))
    made = kept(TABLES, key, lambda: (model, tables_of(model, values, announced)))  # ids stay in use
    return {name: table.copy() for name, table in made[1].items()}


def kept(known: OrderedDict[Hashable, Any], key: Hashable, make: Callable[[], Any]) -> Any:
    """Return what is known under a key, made where it is not."""
    if key not in known:
        known[key] = make()
    known.move_to_end(key)
    if len(known) > MOST:
        known.popitem(last=False)
    return known[key]


def of_case(case: Case) -> Hashable:
    """Tell what a model is made of: keys, tables, settings, weather; its files have the light, too."""
    told = hashlib.sha256(repr((case.info, sorted(case.settings.items()))).encode())
    for name, table in case.tables.items():
        told.update(repr((name, of_table(table))).encode())
    for each in (case.weather, case.irradiance):
        for name, hours in each.items():
            told.update(name.encode() + np.ascontiguousarray(hours).tobytes())
    for path in sorted((case.folder / "weather").glob("*")) if case.folder.is_dir() else ():
        told.update(path.name.encode() + path.read_bytes())
    return told.hexdigest()


def of_table(table: pd.DataFrame) -> Hashable:
    """Tell the cells of a table, their types and their order."""
    return repr([(name, str(column.dtype), column.tolist()) for name, column in table.items()])
