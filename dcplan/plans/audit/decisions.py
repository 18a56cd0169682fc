"""The decision tables of a saved plan as arrays, read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from dcplan.plans.audit.cells import Reader
from dcplan.plans.audit.contracts import Contracts
from dcplan.plans.audit.inputs import Case
from dcplan.plans.audit.onsite import KINDS
from dcplan.plans.audit.reading import Flags, Floats
from dcplan.plans.audit.report import Axis, Ledger

DECISION_TABLES = (
    "racks",
    "halls",
    "upgrades",
    "sites",
    "leases",
    "contract",
    "claims",
    "ppas",
    "unserved",
    "misses",
)
"""Tables that every plan has; `onsite` and `battery_cuts` stand where there are batteries or panels."""


@dataclass(frozen=True)
class Decisions:
    """Published decisions; ineligible (class, hall) pairs hold 0 racks, halls of leased sites are in service.

    Shapes: racks, moved_out, churned, placed (K, H, T); in_service (H, T); upgraded (P, T); kept (S, T);
    leased, released, added (L, T); contract_kw (S, T); claimed_mwh (I, S, Y);
    contracted_mw (I, S, first year); unserved (K, T);
    miss (targets,); bought, by kind of unit, (S, Y); peak_cut_kw (S, T).
    """

    racks: Floats
    moved_out: Floats
    churned: Floats
    placed: Floats
    in_service: Floats
    upgraded: Floats
    kept: Floats
    leased: Floats
    released: Floats
    added: Floats
    contract_kw: Floats
    claimed_mwh: Floats
    contracted_mw: Floats
    unserved: Floats
    miss: Floats
    bought: dict[str, Floats]
    peak_cut_kw: Floats


def read_decisions(folder: Path, case: Case, contracts: Contracts, ledger: Ledger) -> Decisions | None:
    """Return the decisions saved in a tables folder, or None when a table is not complete.

    What is missing, repeated, unknown or not a number becomes a finding of the rule `completeness`.
    """
    clock, halls, sites = case.clock, case.halls, case.sites
    periods: Axis = ("period", clock.labels)
    years: Axis = ("fiscal_year", [str(year) for year in clock.years])
    site: Axis = ("site", list(sites.rows))
    klass: Axis = ("class", list(case.classes.rows))
    hall: Axis = ("hall", list(halls.rows))
    lease: Axis = ("lease", list(contracts.leases.rows))
    reader = Reader(folder, ledger, "completeness")

    def every(rows: Flags) -> Flags:
        return np.repeat(rows[..., None], clock.size, axis=-1)

    rack_columns = ("racks", "moved_out", "churned", "placed")
    racks, _ = reader.table("racks.csv", (klass, hall, periods), every(case.classes.eligible), rack_columns)
    service, _ = reader.table("halls.csv", (hall, periods), every(halls.owned), ("in_service",))
    upgrade = np.array([project.upgrade for project in contracts.projects], dtype=np.bool_)
    project: Axis = ("project", [project.name for project in contracts.projects])
    upgrades, _ = reader.table("upgrades.csv", (project, periods), every(upgrade), ("in_service",))
    kept, _ = reader.table("sites.csv", (site, periods), every(sites.owned | True), ("kept",))
    all_leases = np.ones(len(contracts.leases.rows), np.bool_)
    lease_columns = ("leased_racks", "released_racks", "added_racks")
    leases, _ = reader.table("leases.csv", (lease, periods), every(all_leases), lease_columns)
    contract, _ = reader.table("contract.csv", (site, periods), every(sites.owned), ("contract_kw",))
    usable = np.repeat(contracts.instruments.usable[:, :, None], len(clock.years), axis=2)
    instrument: Axis = ("instrument", list(contracts.instruments.rows))
    claims, _ = reader.table("claims.csv", (instrument, site, years), usable, ("claimed_mwh",))
    signed = contracts.instruments.usable[:, :, None] & (contracts.instruments.offers.term_years > 0)[:, None]
    start: Axis = ("start_year", years[1])
    ppas, _ = reader.table("ppas.csv", (instrument, site, start), signed, ("contracted_mw",))
    all_classes = np.ones(len(case.classes.rows), np.bool_)
    unserved, _ = reader.table("unserved.csv", (klass, periods), every(all_classes), ("unserved_racks",))
    miss = _misses(reader, contracts, years)
    offered = np.repeat(contracts.onsite.with_option[:, None], len(clock.years), axis=1)
    bought, _ = reader.table("onsite.csv", (site, years), offered, KINDS)
    cuts, _ = reader.table(
        "battery_cuts.csv", (site, periods), every(contracts.onsite.with_battery), ("peak_cut_kw",)
    )
    if reader.broken:
        return None
    return Decisions(
        **racks,
        in_service=np.where(halls.owned[:, None], service["in_service"], 1.0),
        upgraded=upgrades["in_service"],
        kept=kept["kept"],
        leased=leases["leased_racks"],
        released=leases["released_racks"],
        added=leases["added_racks"],
        contract_kw=contract["contract_kw"],
        claimed_mwh=claims["claimed_mwh"],
        contracted_mw=ppas["contracted_mw"],
        unserved=unserved["unserved_racks"],
        miss=miss,
        bought=bought,
        peak_cut_kw=cuts["peak_cut_kw"],
    )


def _misses(reader: Reader, contracts: Contracts, years: Axis) -> Floats:
    """Return the published miss of every target and year; a hard target may have no rows."""
    names = list(dict.fromkeys(target.name for target in contracts.targets))
    place = {year: i for i, year in enumerate(years[1])}
    at = [(names.index(target.name), place[str(target.year)]) for target in contracts.targets]
    required, optional = (np.zeros((len(names), len(years[1])), np.bool_) for _ in range(2))
    for target, cell in zip(contracts.targets, at, strict=True):
        (optional if target.hard else required)[cell] = True
    found, _ = reader.table("misses.csv", (("target", names), years), required, ("miss",), optional)
    return np.array([found["miss"][cell] for cell in at], dtype=np.float64)
