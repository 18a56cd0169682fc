"""The CAPEX review pack: the money tables of a plan as an Excel workbook and as a CSV package.

Formatting only: every figure comes from `dcplan.metrics.money` or from the plan's own tables.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from dcplan.errors import AuditError
from dcplan.metrics.money.assets import asset_roll, asset_tax, depreciation
from dcplan.metrics.money.capex import capex_cash, capex_projects
from dcplan.metrics.money.cip import cip_roll
from dcplan.metrics.money.leases_ifrs16 import leases_ifrs16, restoration_roll
from dcplan.metrics.money.leases_jgaap import lease_reconciliation, leases_jgaap
from dcplan.metrics.money.settings import money_settings
from dcplan.plans.audit import audit_all
from dcplan.plans.plan import open_plan, refuse_existing
from dcplan.report.budget_text import review_of
from dcplan.report.data_package import write_data_package
from dcplan.report.dictionary import Sheet, dictionary_table, sheets
from dcplan.report.pack_lines import inputs_digest, read_me
from dcplan.report.source import inputs_of
from dcplan.report.workbook import Book, write_workbook

if TYPE_CHECKING:
    from dcplan.report.source import Inputs, PlanTables

PACK = "capex"
DICTIONARY = "data_dictionary"
EVIDENCE = ("payments", "assets", "releases", "lease_spans")
"""Tables of the plan itself that the others are made of."""
FORMAT_VERSION = 1


def export_capex(plan: str | Path, output: str | Path, *, lang: str = "en") -> list[Path]:
    """Write the CAPEX review pack of a saved plan into a new folder and return its files.

    The folder holds `capex.xlsx`, `data/<table>.csv` and `datapackage.json`. It is written under another name
    beside the target and renamed when complete. The same plan gives the same bytes.

    Args:
        plan: a plan folder.
        output: the folder to write; it must not exist.
        lang: language of labels in the workbook, `en` or `ja`; the CSV package carries both.

    Raises:
        InputError: the output exists, or the plan folder is no plan.
        AuditError: the plan fails its audit; nothing is written.
    """
    target = Path(output)
    refuse_existing(target)
    saved = open_plan(plan)
    refuse_unaudited(Path(plan))
    case = inputs_of(saved)
    tables = capex_tables(saved, case)
    target.parent.mkdir(parents=True, exist_ok=True)
    draft = Path(tempfile.mkdtemp(prefix=".exporting-", dir=target.parent))
    try:
        files = _write(saved, case, tables, draft / "pack", lang)
        (draft / "pack").rename(target)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return [target / path.relative_to(draft / "pack") for path in files]


def refuse_unaudited(folder: Path) -> None:
    """Audit every plan of a folder.

    Raises:
        AuditError: one of them fails.
    """
    reports = audit_all(folder)
    findings = [finding for report in reports.values() for finding in report.findings]
    if findings:
        raise AuditError(findings)


def capex_tables(plan: PlanTables, case: Inputs) -> dict[str, pd.DataFrame]:
    """Return the tables of the pack by name, without its dictionary."""
    tables, settings = plan.tables, money_settings(plan.manifest)
    taxed = asset_tax(tables, settings)
    return {
        "capex_projects": capex_projects(tables, settings),
        "capex_cash": capex_cash(tables, settings),
        "asset_roll": asset_roll(tables, settings),
        "cip_roll": cip_roll(tables, settings),
        "depreciation": depreciation(tables, settings),
        "depreciation_tax": depreciation(tables, settings, tax_life=True),
        "asset_tax": taxed[taxed["part"] == "plan"].drop(columns="part"),  # the tail is never reported
        "leases_ifrs16": leases_ifrs16(tables, settings),
        "restoration_roll": restoration_roll(tables, settings),
        "leases_jgaap": leases_jgaap(tables, settings),
        "lease_reconciliation": lease_reconciliation(tables, settings),
        **review_of(plan, case),
        **{name: tables[name] for name in EVIDENCE},
    }


def _write(
    plan: PlanTables, case: Inputs, tables: Mapping[str, pd.DataFrame], folder: Path, lang: str
) -> list[Path]:
    folder.mkdir()
    known = sheets(PACK)
    held = [sheet for name, sheet in known.items() if name in tables or name == DICTIONARY]
    contents = {**tables, DICTIONARY: dictionary_table(held)}
    unknown = sorted(set(contents) - set(known))
    if unknown:
        raise LookupError(f"the dictionary of the pack {PACK} does not hold the tables {unknown}")
    pages: list[tuple[Sheet, pd.DataFrame]] = [(sheet, contents[sheet.name]) for sheet in held]
    book = read_me(plan, case, pages, lang, [_picture(plan, case, lang)])
    write_workbook(book, folder / "capex.xlsx")
    files = write_data_package(pages, folder, _head(plan, book))
    return [folder / "capex.xlsx", *files]


def _picture(plan: PlanTables, case: Inputs, lang: str) -> bytes:
    """Return the picture of CAPEX by fiscal year and project against the budget, as PNG."""
    from dcplan.report import style
    from dcplan.report.capex_chart import capex_chart

    held = BytesIO()
    with style.look(lang):
        made = capex_chart(plan.tables, case, lang)
        made.savefig(held, format="png", dpi=style.DPI, metadata={"Software": None})
    return held.getvalue()


def _head(plan: PlanTables, book: Book) -> dict[str, Any]:
    manifest = plan.manifest
    return {
        "name": "dcplan-capex",
        "title": book.title,
        "version": str(FORMAT_VERSION),
        "created": book.created.isoformat(),
        "dcplan_version": manifest["dcplan_version"],
        "case": manifest["case"],
        "scenario": manifest.get("scenario", ""),
        "as_of": manifest["as_of"],
        "status": manifest["status"],
        "gap": manifest["gap"],
        "notice": manifest["note"],
        "inputs_sha256": inputs_digest(manifest),
    }
