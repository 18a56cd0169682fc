"""A plan as one JSON document: what `--json` prints."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dcplan import __version__
from dcplan.report import decisions
from dcplan.report.source import OPTIMISED, fiscal_years, inputs_of, tables_of

if TYPE_CHECKING:
    from dcplan.report.source import Inputs, PlanTables

SCHEMA_VERSION = 1


def plan_document(plan: PlanTables, case: Inputs | None = None, which: str = OPTIMISED) -> dict[str, Any]:
    """Return the summary of a plan as plain data: manifest, years, decisions, differences, binding limits.

    Units are in the names: mjpy is million yen (present value in `differences`), mwh, tco2e.
    """
    case = case if case is not None else inputs_of(plan)
    tables = tables_of(plan, which)
    made = decisions.Decided(tables, case)
    years = tables["summary"][tables["summary"]["fiscal_year"].isin(fiscal_years(tables))]
    body: dict[str, Any] = {
        "plan": which,
        "folder": str(plan.folder) if plan.folder is not None else None,
        "manifest": dict(plan.manifest),
        "fiscal_years": years.merge(made.changes_by_year(), on="fiscal_year"),
        "builds": made.builds,
        "exits": made.exits,
        "reductions": made.reductions,
        "increases": made.increases,
        "renewals": made.renewals,
        "moves": decisions.moves(tables),
        "binding": decisions.binding(tables),
    }
    if which == OPTIMISED:
        body["differences"] = {name: decisions.differences(plan, name) for name in plan.references}
    return body


def to_json(command: str, body: Mapping[str, Any]) -> str:
    """Return one JSON document, its schema version first; a number that is not finite becomes null."""
    head = {"schema_version": SCHEMA_VERSION, "dcplan_version": __version__, "command": command}
    return json.dumps(plain({**head, **body}), ensure_ascii=False, indent=2, allow_nan=False)


def plain(value: Any) -> Any:
    """Return a value as JSON knows it: tables as records, dates as ISO text, numbers as Python's own."""
    if isinstance(value, pd.DataFrame):
        value = value.astype(object).to_dict("records")
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set):
        return [plain(item) for item in value]
    if value is None or value is pd.NA or value is pd.NaT:
        return None
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, Path) else value
