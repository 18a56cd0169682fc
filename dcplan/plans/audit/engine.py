"""The audit of a saved plan folder: reads inputs and decisions, recomputes everything, compares."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any

from dcplan.errors import InputError, Problem
from dcplan.plans.audit.analyst import read_analyst
from dcplan.plans.audit.contracts import Contracts, read_contracts
from dcplan.plans.audit.costs import RULES, make_bills
from dcplan.plans.audit.decisions import read_decisions
from dcplan.plans.audit.figures import make_figures, summary
from dcplan.plans.audit.inputs import Case, read_case
from dcplan.plans.audit.manifest import Inputs, check_comparison, check_inputs, check_manifest, read_manifest
from dcplan.plans.audit.onsite import aged, purchases
from dcplan.plans.audit.physics import Physics, energy, overheads
from dcplan.plans.audit.promises_fleet import check_fleet
from dcplan.plans.audit.promises_halls import check_halls
from dcplan.plans.audit.promises_leases import check_leases
from dcplan.plans.audit.promises_onsite import check_onsite
from dcplan.plans.audit.promises_projects import check_projects
from dcplan.plans.audit.promises_racks import check_racks
from dcplan.plans.audit.reading import UnreadableError
from dcplan.plans.audit.replayed import check_replay
from dcplan.plans.audit.report import AuditReport, Ledger
from dcplan.plans.audit.tables import check_tables
from dcplan.plans.audit.world import World

OPTIMISED = "optimised"
NOT_IMPOSED = frozenset({"targets", "capex_budget", "caps", "build_time", "pins", "reserved_racks"})


class _Solved:
    """What was solved, as it is saved in a plan folder: the same for all its plans, each part read once."""

    def __init__(self, folder: Path) -> None:
        """Read nothing yet."""
        self.folder, self.inputs = folder, Inputs(folder / "inputs")

    @cached_property
    def manifest(self) -> Mapping[str, Any]:
        return read_manifest(self.folder)

    @cached_property
    def case(self) -> Case:
        return read_case(self.inputs.folder, self.manifest)

    @cached_property
    def contracts(self) -> Contracts:
        return read_contracts(self.case)

    @cached_property
    def physics(self) -> Physics:
        return overheads(self.case)


def audit(folder: Path | str, plan: str = OPTIMISED) -> AuditReport:
    """Recompute a saved plan from its inputs and decisions, and compare every published number.

    Whole numbers must agree exactly, other rows to 1e-6 of the row's largest term. The figures of the report
    rest on inputs and decision tables alone: they are the same when every derived table is deleted.

    Args:
        folder: The plan folder, with `manifest.json`, `inputs` and `tables`.
        plan: `optimised`, or the name of a reference plan in the folder. Targets, the CAPEX budget, build
            times, pins and booked regions are not imposed on reference plans: what they break is in `misses`.

    Raises:
        InputError: The folder has no such plan.
    """
    return _audit(_Solved(Path(folder)), plan)


def audit_all(folder: Path | str) -> dict[str, AuditReport]:
    """Audit the optimised plan and every reference plan of a folder, by name."""
    solved = _Solved(Path(folder))
    names = sorted(inner.name for inner in solved.folder.iterdir() if (inner / "tables").is_dir())
    return {name: _audit(solved, name) for name in (OPTIMISED, *names)}


def _audit(solved: _Solved, plan: str) -> AuditReport:
    folder = solved.folder
    tables = folder / "tables" if plan == OPTIMISED else folder / plan / "tables"
    if not tables.is_dir():
        raise InputError(
            [Problem(str(tables), None, None, None, "no plan is saved here", "Name a plan folder.")]
        )
    ledger = Ledger(frozenset() if plan == OPTIMISED else NOT_IMPOSED)
    figures: Mapping[str, Any] = {}
    try:
        figures = _run(solved, tables, plan, ledger)
    except UnreadableError as fault:
        ledger.require("readable", False, fault.where, "readable", "unreadable", fault.message)
    return AuditReport(
        plan=plan,
        passed=not ledger.findings,
        findings=tuple(ledger.findings),
        misses=tuple(ledger.misses),
        figures=figures,
        rules=dict(sorted(ledger.checks.items())),
    )


def _run(solved: _Solved, tables: Path, plan: str, ledger: Ledger) -> Mapping[str, Any]:
    manifest = solved.manifest
    try:
        case, contracts = solved.case, solved.contracts
    except KeyError as fault:
        raise UnreadableError("inputs", f"{fault} is missing or unknown") from None
    decisions = read_decisions(tables, case, contracts, ledger)
    if decisions is None:
        return {}
    physics = solved.physics
    bought = purchases(contracts.onsite, decisions.bought, case.clock)
    panels = aged(bought, "pv_kw", len(case.sites.rows), case.clock)
    world = World(
        plan=plan,
        case=case,
        contracts=contracts,
        physics=physics,
        decisions=decisions,
        energy=energy(case, physics, decisions.racks, decisions.in_service, panels),
        bought=bought,
        terminal_value=str(manifest.get("terminal_value", case.info.get("terminal_value"))),
        objective=str(manifest.get("objective", case.info.get("objective", "pre_tax"))),
        soft=manifest.get("soft") == "demand",
        analyst=read_analyst(tables, case, ledger),
    )
    bills = make_bills(world, {world.terminal_value, *RULES})
    bill, terminal_values = bills[world.terminal_value], {rule: bills[rule].total for rule in RULES}
    check_racks(world, ledger)
    check_halls(world, ledger)
    check_projects(world, ledger)
    check_leases(world, ledger)
    check_fleet(world, ledger)
    check_onsite(world, ledger)
    yearly = summary(world, bill)
    check_tables(world, bill, yearly, tables, ledger)
    check_inputs(world, manifest, solved.inputs, ledger)
    check_replay(world, tables.parent / "replay", ledger)
    check_comparison(world, bill, yearly, solved.folder, ledger)
    if plan == OPTIMISED:
        check_manifest(bill, terminal_values, manifest, ledger)
    return make_figures(world, bill, yearly, terminal_values)
