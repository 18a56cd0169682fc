"""A plan folder for a program that differs from a saved plan's by a few inputs: audited like any other plan.

What does not change is taken from the saved plan: its reference plans, its options, its case. Nothing is
solved twice and no second process runs.
"""

from __future__ import annotations

import shutil
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.data.docs import datapackage
from dcplan.data.load import load
from dcplan.data.provenance import assumption_share
from dcplan.errors import AuditError, SolverError
from dcplan.lp.solution import relative_gap
from dcplan.metrics import yearly
from dcplan.plans.audit import audit
from dcplan.plans.decisions import settled
from dcplan.plans.plan import REFERENCES, copy_inputs, open_plan, write_csv, write_json, write_tables
from dcplan.plans.press import FAST, FINE, ROUGH, STEP_NODES, finished, step_gap, terminal_values
from dcplan.plans.publish import publish
from dcplan.plans.reference import references
from dcplan.solvers.options import SolveOptions
from dcplan.studies.measures import as_model

if TYPE_CHECKING:
    from collections.abc import Callable

    from dcplan.lp.labels import Floats
    from dcplan.lp.matrix import Matrix
    from dcplan.lp.solution import Solution
    from dcplan.plans.plan import Plan
    from dcplan.studies.resolve_case import Opened

TIGHT_NODES = 50
"""Nodes of a step for each year where a plan in whole racks may not exist and is not waited for."""
HOPELESS = 3.0
"""Gaps, in units of the one asked for, that finer steps do not mend (what they gain: docs/performance.md)."""
SMALL = 5_000
"""Columns up to which whole racks are found to a tenth of the gap, however fine it is."""


def published(
    opened: Opened,
    matrix: Matrix,
    found: Solution,
    gap: float,
    seed: int = 0,
    stop: Callable[[], bool] | None = None,
    longest: int | None = None,
) -> Floats:
    """Return a searched solution of a changed program in whole racks, within the gap if steps can reach it.

    Steps are only as fine as that asks for: rough ones first, then those of a solve.

    ``longest`` is the most years of a large program that are decided together, as in `publish`, each within
    `TIGHT_NODES`; a small one is tried to the end.

    Raises:
        SolverError: these decisions have no plan in whole racks.
        GivenUpError: ``stop`` said so.
    """
    model = as_model(opened.model, matrix)
    best: Floats | None = None
    small = matrix.columns <= SMALL
    if small:
        longest = None
    nodes = None if small else STEP_NODES if longest is None else TIGHT_NODES
    for how in (ROUGH, FAST, FINE):
        step = 0.1 * gap if small else step_gap(gap, how)
        options = SolveOptions(gap=step, threads=1, seed=seed, node_limit=nodes)
        values = settled(opened.model, publish(model, found.found, options, stop, longest).found)
        if best is None or matrix.objective(values) < matrix.objective(best):
            best = values
        left = relative_gap(matrix.objective(best), found.bound)
        if small or left <= gap or left > HOPELESS * gap:
            break
    if best is None:
        raise SolverError("nothing was published")
    return best


def save_plan(
    opened: Opened, values: Floats, found: Solution, like: Plan, inputs: Path, target: Path, **told: Any
) -> Plan:
    """Write, audit and name the plan folder of a solution in whole racks.

    Args:
        opened: the model whose columns the solution has.
        values: (columns) the solution.
        found: the search that proved its bound.
        like: the saved plan from which reference plans and options are taken.
        inputs: the case folder that the plan keeps, changes included.
        target: the plan folder to write; it appears when it is complete and passes its audit.
        told: further keys of the manifest.

    Raises:
        AuditError: the plan failed its audit; nothing is saved.
    """
    case = load(inputs)
    known_on = references(opened.case)[0].known_on
    values = settled(opened.model, values)  # what another objective left above its need costs nothing
    tables = finished(opened.model, values, opened.case, known_on)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=target.parent) as room:
        draft = Path(room) / "plan"
        draft.mkdir()
        copy_inputs(inputs, draft / "inputs")
        write_tables(tables, draft / "tables")
        totals = [yearly.totals(tables, "optimised")]
        for name in REFERENCES:
            if like.folder is not None and (like.folder / name).is_dir():
                shutil.copytree(like.folder / name, draft / name)
        totals.append(like.comparison[like.comparison["plan"] != "optimised"])
        write_csv(pd.concat(totals, ignore_index=True), draft / "comparison.csv")
        write_json(datapackage(case), draft / "datapackage.json")
        cost = float(tables["costs"]["pv_mjpy"].sum())
        gap = max(0.0, relative_gap(cost, found.bound))
        asked = float(told.get("requested_gap", like.manifest["requested_gap"]))
        manifest = {
            **like.manifest,
            "status": "optimal" if gap <= asked else "feasible",
            "published_cost_mjpy": cost,
            "bound_mjpy": found.bound,
            "gap": gap,
            "seconds": {"search": round(found.seconds, 3)},
            "nodes": found.nodes,
            "simplex_iterations": found.simplex_iterations,
            "first_incumbent_seconds": found.first_incumbent_seconds,
            "inputs": dict(case.hashes),
            "case_hash": case.fingerprint,
            "assumptions": dict(zip(("rows", "share_of_rows"), assumption_share(case), strict=True)),
            "terminal_values": terminal_values(tables, values, opened.other_rules),
            "created": datetime.now(UTC).isoformat(timespec="seconds"),
            **told,
        }
        write_json(manifest, draft / "manifest.json")
        report = audit(draft)
        if report.findings:
            raise AuditError(report.findings)
        manifest["audit"] = {
            **like.manifest["audit"],
            "checks": {**like.manifest["audit"]["checks"], "optimised": report.checks},
        }
        write_json(manifest, draft / "manifest.json")
        (draft / "log.txt").write_text(
            f"search: {found.status.value}, bound {found.bound:.3f}; published {cost:.3f} M JPY\n", "utf-8"
        )
        draft.rename(target)
    return open_plan(target)
