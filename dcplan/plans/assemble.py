"""Put a plan folder together from what was published, audit it, and give it its name only if it passes."""

from __future__ import annotations

import platform
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan import __version__
from dcplan.data.docs import datapackage
from dcplan.data.provenance import assumption_share
from dcplan.errors import AuditError
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import SCHEMA_VERSION, Plan, copy_inputs, open_plan, write_csv, write_json

if TYPE_CHECKING:
    from pathlib import Path

    from dcplan.data.case import Case
    from dcplan.lp.solution import Solution
    from dcplan.plans.certificate import Proof
    from dcplan.plans.make import Clock
    from dcplan.plans.publication import Publication
    from dcplan.plans.request import Request

SOFT_NOTE = "SOFT DEMAND: racks may find no place, at the case's price of unserved racks."
"""Stands first in the note that every output of such a plan carries."""
RATES = ("discount_rate", "tax_rate", "borrowing_rate", "asset_tax_rate")
"""Settings that every money table rests on."""


def assemble(
    request: Request,
    case: Case,
    searched: Solution,
    publishing: Publication,
    target: Path,
    timer: Clock,
    interrupted: bool,
    proof: Proof | None = None,
) -> Plan:
    """Write, audit and name the plan folder; one of an interrupted solve says so.

    Raises:
        AuditError: a plan failed the audit; the folder does not appear.
    """
    draft = publishing.workshop / "plan"
    optimised = publishing.workshop / publishing.published["folder"]
    draft.mkdir()
    copy_inputs(case.folder, draft / "inputs")
    (optimised / "tables").rename(draft / "tables")
    totals = [pd.read_csv(optimised / "totals.csv")]
    for name in publishing.references:
        (draft / name).mkdir()
        (publishing.workshop / name / "tables").rename(draft / name / "tables")
        totals.append(pd.read_csv(publishing.workshop / name / "totals.csv"))
    write_csv(pd.concat(totals, ignore_index=True), draft / "comparison.csv")
    write_json(datapackage(case), draft / "datapackage.json")
    manifest = _manifest(request, case, searched, publishing)
    manifest["certificate"] = None
    if proof is not None:
        from dcplan.plans.certificate import certificate_entry, write_certificate

        manifest["certificate"] = certificate_entry(proof.certificate)
        write_certificate(proof, draft)
    if interrupted:
        manifest["status"] = "interrupted"
    write_json(manifest, draft / "manifest.json")
    manifest["audit"] = _audited(draft)
    timer.lap("audit")
    manifest["seconds"] = timer.seconds
    write_json(manifest, draft / "manifest.json")
    (draft / "log.txt").write_text(_log(manifest, searched, publishing), "utf-8")
    draft.rename(target)
    return replace(open_plan(target), case=case)


def _audited(draft: Path) -> dict[str, Any]:
    """Audit every plan of the folder.

    Raises:
        AuditError: one of them failed.
    """
    reports = audit_all(draft)
    faults = [finding for report in reports.values() for finding in report.findings]
    if faults:
        raise AuditError(faults)
    checks = {name: report.checks for name, report in reports.items()}
    return {"passed": True, "rules": len(reports["optimised"].rules), "checks": checks}


def _manifest(request: Request, case: Case, searched: Solution, publishing: Publication) -> dict[str, Any]:
    best = publishing.published
    gap = publishing.gap(searched.bound)
    proven = "optimal" if gap <= request.gap else "feasible"
    rows, share = assumption_share(case)
    return {
        "schema_version": SCHEMA_VERSION,
        "dcplan_version": __version__,
        "case": case.info.name,
        "title": case.info.title,
        "title_ja": case.info.title_ja,
        "edition": case.info.edition,
        "scenario": request.scenario,
        "as_of": case.info.as_of.isoformat(),
        "horizon_end": case.info.horizon_end.isoformat(),
        "granularity": case.info.granularity,
        "tail_years": case.info.tail_years,
        "terminal_value": case.info.terminal_value,
        "objective": case.info.objective,
        **{name: case.settings[name] for name in RATES},
        "status": proven,
        "published_cost_mjpy": best["cost"],
        "bound_mjpy": searched.bound,
        "gap": gap,
        "requested_gap": request.gap,
        "seconds": {},
        "first_incumbent_seconds": searched.first_incumbent_seconds,
        "nodes": searched.nodes,
        "simplex_iterations": searched.simplex_iterations,
        "solver": request.solver,
        "seed": request.seed,
        "threads": request.threads,
        "versions": {"python": platform.python_version(), **dict(searched.versions)},
        "inputs": dict(case.hashes),
        "case_hash": case.fingerprint,
        "read_from": dict(case.origin),
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "soft": request.soft,
        "note": f"{SOFT_NOTE} {case.info.notice}" if request.unserved else case.info.notice,
        "assumptions": {"rows": rows, "share_of_rows": share},
        "terminal_values": best["terminal_values"],
        "notes": list(searched.notes),
    }


def _log(manifest: dict[str, Any], searched: Solution, publishing: Publication) -> str:
    """Return the log of a solve, one fact a line."""
    seconds = "  ".join(f"{stage} {value:.1f} s" for stage, value in manifest["seconds"].items())
    lines = [
        f"case {manifest['case']}, {manifest['granularity']}, edition {manifest['edition']}",
        f"search: {searched.status.value}, {searched.nodes} nodes, {searched.simplex_iterations} iterations",
        f"search: best {searched.objective:.3f}, bound {searched.bound:.3f} M JPY",
        f"published: {manifest['published_cost_mjpy']:.3f} M JPY, {publishing.offered} solutions offered",
        f"gap {manifest['gap']:.6f} of {manifest['requested_gap']} requested: {manifest['status']}",
        f"seconds: {seconds}",
    ]
    return "".join(f"{line}\n" for line in lines)
