"""The publishing process: reference plans first, then every better solution that the search finds.

Runs as `python -m dcplan.plans.publisher` beside the search, so that a published, whole-rack plan is at
hand whenever the search stops: at its end, at a limit, at Ctrl-C. It reads one JSON line (the request and
the workshop folder) and then one line per solution (the number of a `solution-N.npy` in the workshop); it
writes one JSON line per plan it finished. Only numbers cross: tables are written where the plan folder will
take them from.
"""

from __future__ import annotations

import gc
import json
import os
import queue
import sys
import threading
import time
import traceback
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import numpy as np

from dcplan.errors import SolverError
from dcplan.metrics import yearly
from dcplan.metrics.carbon.every import ghg_years
from dcplan.model import build
from dcplan.plans.decisions import settled
from dcplan.plans.plan import write_csv, write_tables
from dcplan.plans.publish import GivenUpError, publish, tables_of
from dcplan.plans.reference import announced_dates, reference_model, references
from dcplan.plans.request import Request

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

    from dcplan.data.case import Case
    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.model import PlanningModel

REFERENCE_GAP = 1e-4
FIRST, FAST, FINE = "first", "fast", "fine"
LOST = 1e-9
"""Share of its cost that a solution may lose in whole racks without being published again with more care."""


def step_gap(requested: float, how: str) -> float:
    """Return the gap of a publishing step: rough for the first plan, finer at the end of the search.

    Below 0.05 % requested the steps get no finer: whole racks cost more than that, and the steps would take
    longer than the search.
    """
    return 1e-2 if how == FIRST else max(requested, 5e-4) * (0.3 if how == FAST else 0.1)


METHODS = ("annuity", "book", "none")


def main(read: TextIO, write: TextIO) -> None:
    """Serve until the input ends."""
    lines: queue.Queue[str | None] = queue.Queue()
    job = json.loads(read.readline())
    request, workshop = Request(**job["request"]), Path(job["workshop"])
    threading.Thread(target=_listen, args=(read, lines), daemon=True).start()

    def tell(message: dict[str, Any]) -> None:
        write.write(json.dumps(message) + "\n")
        write.flush()

    try:
        case, calendar = request.open()
        model = build(case, calendar, unserved=request.unserved)
        for name in _references(model, request, workshop):
            tell({"kind": "reference", "plan": name})
        _serve(model, request, workshop, lines, tell)
    except Exception as error:
        tell(
            {
                "kind": "error",
                "type": type(error).__name__,
                "text": str(error),
                "trace": traceback.format_exc(),
            }
        )


def _serve(
    model: PlanningModel,
    request: Request,
    workshop: Path,
    lines: queue.Queue[str | None],
    tell: Callable[[dict[str, Any]], None],
) -> None:
    """Publish what is offered: the first plan roughly, so that there is one, and always the newest."""
    how, newer = FIRST, None
    others = cache(lambda: terminal_programs(model))
    while (offer := _latest(lines)) is not None:
        number, *fine = offer.split()
        try:
            message = _published(model, request, workshop, number, FINE if fine else how, newer, others)
        except GivenUpError:
            continue
        except SolverError as error:  # these decisions have no plan in whole racks; the next ones may
            tell({"kind": "failed", "number": int(number), "text": str(error)})
            continue
        tell(message)
        if how == FIRST:
            how, newer = FAST, lambda: not lines.empty()
            if message["rough"] and lines.empty():
                lines.put(offer)


def _listen(read: TextIO, lines: queue.Queue[str | None]) -> None:
    for line in read:
        lines.put(line)
    lines.put(None)


def _latest(lines: queue.Queue[str | None]) -> str | None:
    """Wait for an offer (`3`, or `3 fine`) and return the newest one; None when no more will come."""
    line = lines.get()
    while line is not None and not lines.empty():
        following = lines.get()
        if following is None:
            lines.put(None)
            break
        line = following
    return line


def _references(planned: PlanningModel, request: Request, workshop: Path) -> Iterator[str]:
    m = planned.context.tables
    for reference in references(m.case):
        model = reference_model(m.case, m.calendar, reference, planned.context)
        solution = publish(model, None, request.options(REFERENCE_GAP))
        tables = finished(model, solution.found, m.case, reference.known_on)
        save(tables, workshop / reference.name, reference.name)
        yield reference.name


def _published(
    model: PlanningModel,
    request: Request,
    workshop: Path,
    number: str,
    how: str,
    newer: Callable[[], bool] | None,
    others: Callable[[], dict[str, Matrix]],
) -> dict[str, Any]:
    began = time.perf_counter()
    case = model.context.tables.case
    searched = np.load(workshop / f"solution-{number}.npy", allow_pickle=False)
    solution = publish(model, searched, request.options(step_gap(request.gap, how)), newer)
    values = settled(model, solution.found)
    tables = finished(model, values, case, references(case)[0].known_on)
    cost, wanted = float(tables["costs"]["pv_mjpy"].sum()), model.program.matrix().objective(searched)
    folder = f"published-{number}-{time.monotonic_ns()}"
    save(tables, workshop / folder, "optimised")
    return {
        "kind": "published",
        "number": int(number),
        "rough": how == FIRST and cost > wanted + LOST * abs(wanted),
        "fine": how == FINE,
        "folder": folder,
        "cost": cost,
        "terminal_values": terminal_values(tables, values, others()),
        "seconds": time.perf_counter() - began,
    }


def finished(model: PlanningModel, values: Floats, case: Case, known_on: Any) -> dict[str, pd.DataFrame]:
    """Return every table of a published solution, the yearly summary included."""
    tables = tables_of(model, values, announced_dates(case, known_on))
    green = list(case["instruments"].query("renewable")["instrument"])
    tables["summary"] = yearly.summary(tables, model.context.tables.owned_sites, green)
    tables["ghg_years"] = ghg_years(tables, case)
    return tables


def save(tables: dict[str, pd.DataFrame], folder: Path, plan: str) -> None:
    """Write the tables of a plan and its totals; the folder appears when it is complete."""
    draft = folder.with_name(f".{folder.name}")
    write_tables(tables, draft / "tables")
    write_csv(yearly.totals(tables, plan), draft / "totals.csv")
    draft.rename(folder)


def terminal_programs(model: PlanningModel) -> dict[str, Matrix]:
    """Return the costs of a model under the terminal-value rules that it was not built with, without rows."""
    m, soft = model.context.tables, model.program.has("unserved")
    return {
        method: build(m.case, m.calendar, terminal_value=method, families=(), unserved=soft).program.matrix()
        for method in METHODS
        if method != m.terminal_value
    }


def terminal_values(
    tables: dict[str, pd.DataFrame], values: Floats, others: dict[str, Matrix]
) -> dict[str, float]:
    """Return the cost of a published plan under each terminal-value rule (present value, M JPY).

    ``others`` are the `terminal_programs` of its model.
    """
    own = float(tables["costs"]["pv_mjpy"].sum())
    return {method: others[method].objective(values) if method in others else own for method in METHODS}


if __name__ == "__main__":
    gc.set_threshold(100_000)  # as the command that started it
    words = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what a library prints goes to the log, never among the words
    main(sys.stdin, words)
