"""The TCFD pack: energy, KPIs, instruments and emissions of a plan as an Excel workbook and a CSV package.

Formatting only: every figure comes from `dcplan.metrics.energy` and `dcplan.metrics.carbon`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from dcplan.controls.statements import run_quantities, statements_of
from dcplan.errors import AuditError
from dcplan.plans.audit.engine import OPTIMISED
from dcplan.plans.plan import open_plan, refuse_existing
from dcplan.report.data_package import write_data_package
from dcplan.report.dictionary import Sheet, dictionary_table, sheets
from dcplan.report.pack_folder import refuse_unaudited, write_folder
from dcplan.report.pack_lines import inputs_digest
from dcplan.report.pack_tcfd_lines import read_me
from dcplan.report.source import inputs_of
from dcplan.report.workbook import Book, write_workbook

if TYPE_CHECKING:
    import pandas as pd

    from dcplan.controls.quantity import QuantityReport, Statements
    from dcplan.plans.plan import Plan
    from dcplan.report.source import Inputs

PACK = "tcfd"
DICTIONARY = "data_dictionary"
CONTROLS = "quantity_controls"
FORMAT_VERSION = 1
COLOURS = {"T04": "#7F7F7F", "T04a": "#7F7F7F", "T41": "#70AD47", "T42": "#70AD47"}
"""Colours of tabs: registers grey, controls and dictionary green."""


def export_tcfd(plan: str | Path, output: str | Path, *, lang: str = "en") -> list[Path]:
    """Write the TCFD pack of a saved plan into a new folder and return its files.

    The folder holds `tcfd.xlsx`, `data/<table>.csv` and `datapackage.json`. It is written under another name
    beside the target and renamed when complete. The same plan gives the same bytes.

    Args:
        plan: a plan folder.
        output: the folder to write; it must not exist.
        lang: language of labels in the workbook, `en` or `ja`; the CSV package carries both.

    Raises:
        InputError: the output exists, the folder is no plan, or the plan lacks a table that is needed.
        AuditError: the plan fails its audit, or a control of energy or emissions; nothing is written.
    """
    target = Path(output)
    refuse_existing(target)
    saved = open_plan(plan)
    reports = refuse_unaudited(Path(plan))
    case = inputs_of(saved)
    statements = statements_of(saved, case, reports[OPTIMISED])
    controls = run_quantities(statements)
    if not controls.passed:
        raise AuditError(controls.findings())
    return write_folder(target, lambda folder: _write(saved, case, (statements, controls), folder, lang))


def _write(
    plan: Plan, case: Inputs, found: tuple[Statements, QuantityReport], folder: Path, lang: str
) -> list[Path]:
    statements, controls = found
    known = sheets(PACK)
    tables = {**statements.tables, CONTROLS: controls.table()}
    held = [sheet for name, sheet in known.items() if name in tables or name == DICTIONARY]
    contents = {**tables, DICTIONARY: dictionary_table(held)}
    unknown = sorted(set(contents) - set(known))
    if unknown:
        raise LookupError(f"the dictionary of the pack {PACK} does not hold the tables {unknown}")
    pages: list[tuple[Sheet, pd.DataFrame]] = [(sheet, contents[sheet.name]) for sheet in held]
    book = read_me(plan, case, pages, lang, controls.table())
    write_workbook(book, folder / "tcfd.xlsx")
    files = write_data_package(pages, folder, _head(plan, case, book))
    return [folder / "tcfd.xlsx", *files]


def _head(plan: Plan, case: Inputs, book: Book) -> dict[str, Any]:
    manifest = plan.manifest
    return {
        "name": "dcplan-tcfd",
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
        "boundary_policy": "operational control",
        "tenant_it_policy": "view A; view B beside it",
        "grid_factor_set": str(case.info.grid_factor_set),  # type: ignore[attr-defined]
    }
