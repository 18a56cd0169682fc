"""Books, statements and yearly emissions of a plan that several tests form again: formed once for the same.

They are functions of the plan, its references and its inputs. For tests of what is done with the figures, not
of how they are formed. Whoever asks gets figures of their own.
"""

from __future__ import annotations

import hashlib
import pickle
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from contextlib import contextmanager
from functools import wraps
from typing import Any

import pandas as pd

from dcplan.controls.engine import books_of
from dcplan.controls.statements import REPLAY, statements_of
from dcplan.data.case import Case
from dcplan.metrics.carbon.every import ghg_years
from dcplan.plans.audit.report import AuditReport
from dcplan.plans.plan import Plan
from tests.models_once import instead, kept, of_case, of_table

FIGURES: OrderedDict[Hashable, bytes] = OrderedDict()


@contextmanager
def figures_once() -> Iterator[None]:
    """Let every module that forms figures of a plan do it once for the same plan."""
    with instead({each: formed_once(each) for each in (books_of, statements_of, ghg_years)}):
        yield


def formed_once(form: Callable[..., Any]) -> Callable[..., Any]:
    """Form figures once for each plan, and give everybody a copy."""

    @wraps(form)
    def told(*given: Any) -> Any:
        key = (form.__name__, *map(_told, given))
        made: bytes = kept(FIGURES, key, lambda: pickle.dumps(form(*given)))
        return pickle.loads(made)

    return told


def _told(each: Any) -> Hashable:
    if isinstance(each, Case):
        return (of_case(each), repr(each.hashes))
    if isinstance(each, Plan):
        replayed = each.folder / REPLAY if each.folder else None
        beside = replayed.read_bytes() if replayed and replayed.is_file() else b""
        return (repr(each.manifest), _told(each.tables), *map(_told, each.references.values()), beside)
    if isinstance(each, AuditReport):
        return pickle.dumps(each)
    assert isinstance(each, Mapping)
    assert all(isinstance(table, pd.DataFrame) for table in each.values())
    tables = sorted((name, of_table(table)) for name, table in each.items())
    return hashlib.sha256(repr(tables).encode()).hexdigest()
